/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_case.h - one of FFP8's matrix products with its operands, to be timed
 */
#ifndef FFP8_BENCH_GEMM_CASE_H
#define FFP8_BENCH_GEMM_CASE_H

#include "ffp8/ffp8.h"
#include "measure.h"
#include "roofs.h"

enum bench_scaling {
    BENCH_SCALE_NONE,
    BENCH_SCALE_CHANNEL,  /* one per output channel */
    BENCH_SCALE_GROUP128, /* K-groups of 128 */
    BENCH_SCALE_BLOCK128, /* 128 x 128 */
    BENCH_SCALE_MX32      /* E8M0 per 32 of k, on both operands */
};

/* Operands by name: "e4m3", "e2m6" and so on are all-finite formats (unsigned where the widths sum to 8); "int8", "uint8" and other names
 * are the library's. Activations also "f32" (strict), "f32as16" (rounded to BF16) and "bf16". */
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
/* The class in which this product is computed on its tier. */
enum bench_dot bench_gemm_dot(const struct bench_gemm *gemm);

ffp8_status bench_format(const char *name, ffp8_format *format);
/* Copies of `bytes` that are more than any cache holds. */
size_t bench_cold_copies(size_t bytes);

#endif
