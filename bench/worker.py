# SPDX-License-Identifier: Apache-2.0
"""The other side of worker.h: a program that does slices of work on request."""
import sys
import time


def serve(run, about="", answers=None):
    """Says "ready" and what it is. Then to each line, a number of runs, the seconds of processor time that they took; or the answer of that name."""
    print("ready", about, flush=True)
    for line in map(str.strip, sys.stdin):
        if answers and line in answers:
            print(answers[line](), flush=True)
            continue
        start = time.thread_time()
        for _ in range(int(line)):
            run()
        print(time.thread_time() - start, flush=True)
