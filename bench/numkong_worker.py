# SPDX-License-Identifier: Apache-2.0
"""NumKong's packed matrix product, a slice of it for each line on standard input.

usage: numkong_worker.py TYPE M N K. Answers "ready"; then to each line, a number of runs, the seconds of processor time that they took.
"""
import ctypes
import random
import sys
import time

import numkong

kind, m, n, k = sys.argv[1], *map(int, sys.argv[2:])


def matrix(rows, seed):
    data = bytearray(random.Random(seed).randbytes(rows * k))
    return numkong.from_pointer(ctypes.addressof(ctypes.c_char.from_buffer(data)), (rows, k), kind, owner=data)


a, w, c = matrix(m, 1), numkong.dots_pack(matrix(n, 2), dtype=kind), numkong.zeros((m, n), dtype="float32")
print("ready", flush=True)
for line in sys.stdin:
    start = time.thread_time()
    for _ in range(int(line)):
        numkong.dots_packed(a, w, out=c)
    print(time.thread_time() - start, flush=True)
