#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Counts the tests in ctest's JUnit file. A Criterion program counts as the tests that it synthesised, a program that closes with
# 'N passed, N failed' as those, any other test as one. usage: count-tests.py JUNIT.xml
import re
import sys
import xml.etree.ElementTree

CRITERION = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
CRITERION_SKIP = re.compile(r"\[SKIP\] ([^\n]+)")
PLAIN = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")

passed = failed = 0
skipped = []
for case in xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
    name, status = case.get("name"), case.get("status")
    output = ANSI.sub("", case.findtext("system-out") or "")
    reasons = [f"{name}: {text}" for text in CRITERION_SKIP.findall(output)]
    reasons += [f"{name}: {line[9:]}" for line in output.splitlines() if line.startswith("skipped: ")]
    good = bad = 0
    if status == "notrun" or status == "disabled":
        skipped += reasons or [name]
        continue
    criterion, plain = CRITERION.findall(output), PLAIN.findall(output)
    if criterion:
        for _, passing, failing, _ in criterion:  # a crash is counted among the failing too
            good, bad = good + int(passing), bad + int(failing)
    elif plain:
        good, bad = int(plain[-1][0]), int(plain[-1][1])
        reasons += [f"{name}: {plain[-1][2]} tests"] if plain[-1][2] not in ("", "0") and not reasons else []
    else:
        good = 1
    if status != "run":  # ctest says that it failed, whatever the program counted
        good, bad = (good, bad) if bad else (0, 1)
    passed, failed, skipped = passed + good, failed + bad, skipped + reasons
for text in skipped:
    print("skipped:", text)
print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
sys.exit(failed > 0 or passed == 0)
