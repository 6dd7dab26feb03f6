# SPDX-License-Identifier: Apache-2.0
"""NumKong's packed matrix product, a slice of it on request (worker.py). usage: numkong_worker.py TYPE M N K"""
import ctypes
import random
import sys

import numkong
from worker import serve

kind, m, n, k = sys.argv[1], *map(int, sys.argv[2:])


def matrix(rows, seed):
    data = bytearray(random.Random(seed).randbytes(rows * k))
    return numkong.from_pointer(ctypes.addressof(ctypes.c_char.from_buffer(data)), (rows, k), kind, owner=data)


a, w, c = matrix(m, 1), numkong.dots_pack(matrix(n, 2), dtype=kind), numkong.zeros((m, n), dtype="float32")
serve(lambda: numkong.dots_packed(a, w, out=c))
