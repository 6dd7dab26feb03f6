# SPDX-License-Identifier: Apache-2.0
#
# One tier of kernels. A kernel file's suffix names its tier, so nothing is listed twice: kernels/<folder>/*_<tier>.c are compiled with
# the tier's flags and only they are, or the compiler would put the tier's instructions where no CPU test stands before them.
include(CheckCCompilerFlag)

# ffp8_add_isa(TIER FOLDER [FLAG ...]): adds the objects to ffp8_kernel_objects and FFP8_HAVE_<TIER>=1 to ffp8_definitions. A folder without
# table_<tier>.c has no such tier; a compiler that does not know the flags gives a library without it, and ffp8_isa_explain says so.
macro(ffp8_add_isa tier folder)
  file(GLOB ffp8_isa_sources CONFIGURE_DEPENDS kernels/${folder}/*_${tier}.c)
  string(TOUPPER ${tier} ffp8_isa_upper)
  string(JOIN " " ffp8_isa_flags ${ARGN})
  if(EXISTS ${PROJECT_SOURCE_DIR}/kernels/${folder}/table_${tier}.c)
    if(ffp8_isa_flags)
      check_c_compiler_flag("${ffp8_isa_flags}" FFP8_COMPILER_HAS_${ffp8_isa_upper})
    else()
      set(FFP8_COMPILER_HAS_${ffp8_isa_upper} TRUE)
    endif()
    if(FFP8_COMPILER_HAS_${ffp8_isa_upper})
      add_library(ffp8_kernels_${tier} OBJECT ${ffp8_isa_sources})
      # Link-time optimisation merges files of different flags: it stays off for kernels, also where a CFLAGS asks for it.
      target_compile_options(ffp8_kernels_${tier} PRIVATE ${ARGN} -fno-lto)
      set_target_properties(ffp8_kernels_${tier} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
      target_link_libraries(ffp8_kernels_${tier} PRIVATE ffp8_options PkgConfig::SLEEF)
      target_include_directories(ffp8_kernels_${tier} PRIVATE ${PROJECT_SOURCE_DIR}/include)
      list(APPEND ffp8_tiers ${tier})
      list(APPEND ffp8_kernel_objects $<TARGET_OBJECTS:ffp8_kernels_${tier}>)
      list(APPEND ffp8_definitions FFP8_HAVE_${ffp8_isa_upper}=1)
    else()
      message(STATUS "ffp8: the compiler cannot build tier ${tier}")
    endif()
  endif()
endmacro()
