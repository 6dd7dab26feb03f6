/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_case.h - one of FFP8's matrix products with its operands, to be timed
 */
#ifndef FFP8_BENCH_GEMM_CASE_H
#define FFP8_BENCH_GEMM_CASE_H

#include "ffp8/ffp8.h"
#include "measure.h"
#include "operands.h"

enum bench_scaling {
    BENCH_SCALE_NONE,
    BENCH_SCALE_CHANNEL,  /* one per output channel */
    BENCH_SCALE_GROUP128, /* K-groups of 128 */
    BENCH_SCALE_BLOCK128, /* 128 x 128 */
    BENCH_SCALE_MX32      /* E8M0 per 32 of k, on both operands */
};

/* a and w: names of operands.h. */
struct bench_gemm_spec {
    ffp8_isa isa;
    size_t m, n, k;
    const char *a, *w;
    enum bench_scaling scaling;
    bool cold;  /* weights are rotated over more than any cache holds */
    bool plain; /* weights are not packed: n rows of k */
    const ffp8_threads *threads;
};

struct bench_gemm;
struct bench_gemm *bench_gemm_create(const struct bench_gemm_spec *spec); /* NULL: out of memory, or the library refuses it */
void bench_gemm_free(struct bench_gemm *gemm);
/* Its work is 2 m n k, or the bytes of the weights if `bytes`. */
struct bench_contender bench_gemm_contender(struct bench_gemm *gemm, bool bytes);
/* The class of its arithmetic. */
enum bench_dot bench_gemm_dot(const struct bench_gemm *gemm);

#endif
