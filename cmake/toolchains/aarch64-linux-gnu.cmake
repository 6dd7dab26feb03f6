# SPDX-License-Identifier: Apache-2.0
#
# Debian's cross compiler (gcc, or clang with -DFFP8_CROSS_CLANG=ON), the arm64 libraries that scripts/setup ci unpacks, and qemu to run the result.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
cmake_path(SET FFP8_SYSROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot-arm64)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FFP8_CROSS_CLANG)
if(FFP8_CROSS_CLANG)
  set(CMAKE_C_COMPILER clang)
  set(CMAKE_CXX_COMPILER clang++)
  set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
  set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)
else()
  set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
  set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
endif()
foreach(tool AR NM OBJDUMP RANLIB READELF STRIP)
  string(TOLOWER ${tool} name)
  set(CMAKE_${tool} aarch64-linux-gnu-${name})
endforeach()

# The C library is the cross compiler's own; every other one lies in the unpacked folder.
list(APPEND CMAKE_FIND_ROOT_PATH ${FFP8_SYSROOT}) # after what a caller asks for
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${FFP8_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${FFP8_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig)
include_directories(SYSTEM ${FFP8_SYSROOT}/usr/include/aarch64-linux-gnu)
add_link_options(-Wl,-rpath-link,${FFP8_SYSROOT}/usr/lib/aarch64-linux-gnu -Wl,-rpath-link,${FFP8_SYSROOT}/lib/aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${FFP8_SYSROOT})
