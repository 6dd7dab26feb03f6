/* SPDX-License-Identifier: Apache-2.0
 *
 * numkong.h - PyPI's NumKong: matrix products of its own 8-bit floats, packed, on one thread of a Python process
 */
#ifndef FFP8_BENCH_NUMKONG_H
#define FFP8_BENCH_NUMKONG_H

#include "worker.h"

/* type: "e4m3" or "e5m2". NULL: it is not installed, or does not serve this. */
struct bench_worker *bench_numkong_create(const char *type, size_t m, size_t n, size_t k);

#endif
