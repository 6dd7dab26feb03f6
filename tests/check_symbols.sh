#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the libraries show to others, and that no kernel is forgotten. usage: check_symbols.sh LIBFFP8.so LIBFFP8.a; NM and READELF name the tools
set -uo pipefail
shared=$1
static=$2
nm=${NM:-nm}
readelf=${READELF:-readelf}
passed=0
failed=0

# report NAME BAD-LINES: nothing bad is a pass.
report() {
    if [ -z "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s:\n%s\n' "$1" "$2"
    fi
}

exported=$("$nm" -D --defined-only "$shared" | awk '{print $NF}')
report "the shared library exports nothing" "$([ -n "$exported" ] || echo "no dynamic symbol in $shared")"
report "the shared library exports only ffp8_" "$(grep -v '^ffp8_' <<<"$exported")"
report "kernels are not exported" "$(grep -E '^ffp8_.*_(generic|avx|neon)|^ffp8_kernels_' <<<"$exported")"

header="$(dirname "$0")/../include/ffp8/ffp8.h"
declared=$(grep -oE '^FFP8_API .*' "$header" | grep -oE 'ffp8_[a-z0-9_]+\(' | tr -d '(' | sort -u)
report "each declared function is exported" "$(comm -23 <(printf '%s\n' "$declared") <(sort -u <<<"$exported"))"
report "each exported symbol is declared" "$(comm -13 <(printf '%s\n' "$declared") <(sort -u <<<"$exported"))"

globals=$("$nm" -g --defined-only "$static" | awk 'NF == 3 {print $3}')
report "the static library defines only ffp8_" "$(grep -v '^ffp8_' <<<"$globals")"
report "no symbol is defined twice" "$(sort <<<"$globals" | uniq -d)"

# A stack that may be executed: a segment flag in the shared library, a missing note in an object.
report "the stack is not executable" "$("$readelf" -lW "$shared" | grep GNU_STACK | grep -v ' RW ')"
report "each object says so" "$("$readelf" -SW "$static" | awk '/^File:/ {file = $2} /\.note\.GNU-stack/ {noted[file] = 1; if (/ X /) print file}
    /^File:/ {files[file] = 1} END {for (f in files) if (!(f in noted)) print f}')"
report "no text relocation" "$("$readelf" -dW "$shared" | grep TEXTREL)"

# A kernel that neither a table nor a driver names is never run and never tested. Kernel objects bear a tier's name, tables begin with table_.
tier='(generic|avx[a-z0-9]*|neon[a-z0-9]*)'
kernels=$("$nm" -A -g --defined-only "$static" | grep -E ":[a-z0-9_]+_$tier\.c\.o:.* [TW] ffp8_" | awk '{print $NF}' | sort -u)
named=$("$readelf" -rW "$static" | awk -v kernel="_${tier}[.]c[.]o" '/^File:/ {counts = /[(\/]table_/ || $0 !~ kernel} counts' |
    grep -oE '\bffp8_[a-z0-9_]+' | sort -u)
report "there are kernels" "$([ -n "$kernels" ] || echo "no kernel symbol in $static")"
report "each kernel is named in a table or by a driver" "$(comm -23 <(printf '%s\n' "$kernels") <(printf '%s\n' "$named"))"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
