/* SPDX-License-Identifier: Apache-2.0
 *
 * onednn.h - oneDNN 2.x: matrix products and convolutions on one thread, weights in the order that it wants
 */
#ifndef FFP8_BENCH_ONEDNN_H
#define FFP8_BENCH_ONEDNN_H

#include "ffp8/ffp8.h"
#include "measure.h"

enum bench_dnnl_type {
    BENCH_DNNL_F32,
    BENCH_DNNL_BF16, /* products with f32 sums as output, convolutions with bf16 */
    BENCH_DNNL_U8S8  /* products with s32 output, convolutions with u8 */
};

/* Holds it to AVX2. Before the first use of oneDNN in the process. */
bool bench_dnnl_hold_to_avx2(void);

struct bench_dnnl;
/* Weights are rotated over `copies`. NULL: it does not serve this. */
struct bench_dnnl *bench_dnnl_matmul_create(enum bench_dnnl_type type, size_t m, size_t n, size_t k, size_t copies);
/* With bias and ReLU. Activations are NHWC, or in the order that oneDNN wants: whichever is the faster. */
struct bench_dnnl *bench_dnnl_conv_create(enum bench_dnnl_type type, const ffp8_conv_shape *shape);
void bench_dnnl_free(struct bench_dnnl *dnnl);
bench_run bench_dnnl_run; /* context: a struct bench_dnnl */
/* oneDNN's own name of the kernel: "brgconv:avx512_core_bf16". */
const char *bench_dnnl_kernel(const struct bench_dnnl *dnnl);

#endif
