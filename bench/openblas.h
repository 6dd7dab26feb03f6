/* SPDX-License-Identifier: Apache-2.0
 *
 * openblas.h - sgemm and sgemv of PyPI's scipy-openblas32
 */
#ifndef FFP8_BENCH_OPENBLAS_H
#define FFP8_BENCH_OPENBLAS_H

#include "measure.h"

/* Loads it with kernels for `core` ("Haswell"), or the best ones for this CPU if core is NULL, whatever the environment says. Once a process:
 * later calls return what the first did. `threads`: the most that a case may use. False: it is not installed. */
bool bench_openblas_load(const char *core, int threads);
/* The core whose kernels it chose; "none" when it is not loaded. */
const char *bench_openblas_core(void);

/* C[m][n] = A[m][k] * W, W as n rows of k or as k rows of n, whichever is the faster; m = 1 is sgemv. Weights are rotated over `copies`. NULL:
 * not loaded, or out of memory. */
struct bench_sgemm;
struct bench_sgemm *bench_sgemm_create(size_t m, size_t n, size_t k, size_t copies, int threads);
void bench_sgemm_free(struct bench_sgemm *sgemm);
bench_run bench_sgemm_run; /* context: a struct bench_sgemm */

#endif
