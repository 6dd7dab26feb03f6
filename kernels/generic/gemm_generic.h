/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_generic.h - a matrix product whose arguments have been checked, and the oracle that computes it from first principles
 */
#ifndef FFP8_GEMM_GENERIC_H
#define FFP8_GEMM_GENERIC_H

#include "../../dispatch/scales.h"
#include "../kernels.h"

struct ffp8_gemm_problem {
    const ffp8_gemm_args *args;
    const ffp8_format *a_format; /* of FFP8 or quantized activations; NULL for wider ones */
    const uint8_t *codes;        /* the blob's lines, or plain weights; NULL in size queries */
    bool packed;
    ffp8_format w_format;
    struct ffp8_scale_grid a_scales, w_scales;
    struct ffp8_exponents w_exponents; /* of w_scales: not in size queries */
    unsigned w_classes;                /* bits 1 << ffp8_class */
    bool w_finite;                     /* no Inf or NaN code occurs */
    ffp8_class product;
};

/* Rows [row, row_end) and columns [column, column_end) of C; `line` is scratch for k floats. Returns the block's amax as ffp8_amax_fn does.
 *
 * p: products of decoded values of one scale block, added in double (exact for I8 and I16), rounded once to FP32; acc = p * scale for the first
 * block along k, then fma(p, scale, acc); then the steps of the epilogue as ffp8.h orders them. Slow on purpose: nothing here shares code with
 * the fast path but the scalar kernels of the generic table. */
float ffp8_gemm_generic(const struct ffp8_gemm_problem *problem, size_t row, size_t row_end, size_t column, size_t column_end, float *line);

#endif
