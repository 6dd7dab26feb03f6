#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the checker on an old CPU, emulated, where an instruction that the CPU lacks ends the program: the tiers that it can run must be found and pass,
# all others must be refused. usage: old_cpu.sh CPU "USABLE TIERS" "ALL TIERS" ON_TIER FFP8_CHECK [ARG ...]
set -uo pipefail
cpu=$1
usable=$2
all=$3
on_tier=$4
shift 4
qemu=$(command -v qemu-x86_64-static || command -v qemu-x86_64) || { echo "skipped: no qemu-x86_64"; exit 77; }
for tier in $all; do
    "$qemu" -cpu "$cpu" "$on_tier" "$tier" /bin/true >/dev/null 2>&1
    status=$?
    want=77
    [[ " $usable " != *" $tier "* ]] || want=0
    [ $status = $want ] || { echo "FAILED: $cpu: tier $tier: status $status instead of $want"; exit 1; }
done
FFP8_EXPECT_ISA=${usable// /,} "$qemu" -cpu "$cpu" "$@" 2> >(grep -v "TCG doesn't support requested feature" >&2)
