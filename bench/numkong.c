/* SPDX-License-Identifier: Apache-2.0
 *
 * numkong.c - numkong_worker.py
 */
#include "numkong.h"

#include <stdio.h>

#ifdef FFP8_NUMKONG_PYTHON
struct bench_worker *bench_numkong_create(const char *type, size_t m, size_t n, size_t k) {
    char sizes[3][24];
    snprintf(sizes[0], sizeof sizes[0], "%zu", m);
    snprintf(sizes[1], sizeof sizes[1], "%zu", n);
    snprintf(sizes[2], sizeof sizes[2], "%zu", k);
    return bench_worker_start((const char *const[]){FFP8_NUMKONG_PYTHON, FFP8_NUMKONG_WORKER, type, sizes[0], sizes[1], sizes[2], NULL});
}
#else
struct bench_worker *bench_numkong_create(const char *type, size_t m, size_t n, size_t k) {
    (void)type, (void)m, (void)n, (void)k;
    return NULL;
}
#endif
