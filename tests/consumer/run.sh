#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs a build folder, moves the result elsewhere, and builds and runs a project against it by find_package and by pkg-config.
# usage: run.sh BUILD_DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
work=$build/consumer
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
cc=$(cached CMAKE_C_COMPILER)
cxx=$(cached CMAKE_CXX_COMPILER)
generator=$(cached CMAKE_GENERATOR)
toolchain=$(cached CMAKE_TOOLCHAIN_FILE)
sanitize=$(cached FFP8_SANITIZE)
flags=${sanitize:+-fsanitize=$sanitize}
runner=()
[ -z "$toolchain" ] || runner=(qemu-aarch64-static)

rm -rf "$work"
cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved" # whatever was installed must not remember where
prefix=$work/moved
if grep -rlI "$work/first\|$here" "$prefix"; then
    echo "FAILED: the files above name a folder of the build"
    exit 1
fi
passed=0

cmake -S "$here" -B "$work/cmake" -G "$generator" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH="$prefix" \
    -DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" \
    ${toolchain:+-DCMAKE_TOOLCHAIN_FILE="$toolchain"} ${toolchain:+-DFFP8_CROSS_CLANG="$(cached FFP8_CROSS_CLANG)"} \
    ${toolchain:--DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"} >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/cmake" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for program in ffp8_c ffp8_static_c ffp8_cc ffp8_static_cc; do
    "${runner[@]}" "$work/cmake/$program"
    passed=$((passed + 1))
done

if [ -n "$toolchain" ]; then # pkg-config knows one root only: either the sysroot's packages or this one
    echo "$passed passed, 0 failed"
    exit 0
fi
pc=$(dirname "$(find "$prefix" -name ffp8.pc)")
library=$(dirname "$pc")
export PKG_CONFIG_PATH=$pc
options="-std=c11 -Wall -Wextra -Werror $flags"
# shellcheck disable=SC2046,SC2086 # words are wanted
$cc $options $(pkg-config --cflags ffp8) "$here/use_ffp8.c" $(pkg-config --libs ffp8) -Wl,-rpath,"$library" -o "$work/pc_shared"
"$work/pc_shared"
mkdir "$work/static"
cp "$library/libffp8.a" "$work/static" # without the shared library beside it, -lffp8 takes this one
# shellcheck disable=SC2046,SC2086
$cc $options $(pkg-config --cflags ffp8) "$here/use_ffp8.c" -L"$work/static" $(pkg-config --static --libs ffp8 | sed "s#-L$prefix[^ ]*##") \
    -o "$work/pc_static"
"$work/pc_static"
passed=$((passed + 2))
if readelf -dW "$work/pc_static" | grep -q libffp8; then
    echo "FAILED: the static program needs the shared library"
    exit 1
fi
echo "$passed passed, 0 failed"
