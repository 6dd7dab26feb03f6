/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_finish.h - from a tile's sums to C: the second half of struct ffp8_dot's formula, shared by dot and fused kernels
 *
 * Sums pass through a small array: 8 stores and 8 loads a row, which a tile of usual depth does not notice, and one code for all column
 * tails.
 */
#ifndef FFP8_NEON_FINISH_H
#define FFP8_NEON_FINISH_H

#include "../kernels.h"
#include "neon_util.h"

static inline void finish_row(const struct ffp8_dot *d, size_t r, const float sum[FFP8_NR]) {
    float *c = d->c + r * d->ldc, row = d->row_scale ? d->row_scale[r] : 1.0f;
    bool add = d->flags & FFP8_DOT_ADD;
    size_t j = 0;
    for (; j + 4 <= d->cols; j += 4) {
        float32x4_t s = vmulq_n_f32(vld1q_f32(d->col_scale + j), row), t = vld1q_f32(sum + j);
        vst1q_f32(c + j, add ? vfmaq_f32(vld1q_f32(c + j), t, s) : vmulq_f32(t, s));
    }
    for (; j < d->cols; j++) {
        float s = row * d->col_scale[j];
        c[j] = add ? fmaf(sum[j], s, c[j]) : sum[j] * s;
    }
}

static inline void finish_f32(const struct ffp8_dot *d, int32_t sum[][FFP8_NR]) {
    for (size_t r = 0; r < d->rows; r++) {
        float x[FFP8_NR];
        memcpy(x, sum[r], sizeof x);
        finish_row(d, r, x);
    }
}

/* Exact sums: in double where they go on or come from another call, rounded to FP32 once. */
static inline void finish_s32(const struct ffp8_dot *d, int32_t sum[][FFP8_NR]) {
    for (size_t r = 0; r < d->rows; r++) {
        double *wide = d->wide + r * d->ldw;
        float rounded[FFP8_NR];
        if (d->flags & FFP8_DOT_WIDE_OUT) {
            bool in = d->flags & FFP8_DOT_WIDE_IN;
            for (size_t j = 0; j < d->cols; j++) wide[j] = in ? wide[j] + sum[r][j] : sum[r][j];
            continue;
        }
        if (d->flags & FFP8_DOT_WIDE_IN) {
            for (size_t j = 0; j < d->cols; j++) rounded[j] = (float)(wide[j] + sum[r][j]);
        } else {
            for (size_t j = 0; j < FFP8_NR; j += 4) vst1q_f32(rounded + j, vcvtq_f32_s32(vld1q_s32(sum[r] + j)));
        }
        finish_row(d, r, rounded);
    }
}

/* The tile's sums: int32, or the bits of FP32. */
static ALWAYS_INLINE void finish_sums(const struct ffp8_dot *d, int32_t sum[][FFP8_NR], const ffp8_class c) {
    if (c <= FFP8_CLASS_I16) {
        finish_s32(d, sum);
    } else {
        finish_f32(d, sum);
    }
}

#endif
