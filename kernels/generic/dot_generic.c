/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_generic.c - the batch-reduce micro-kernels, on expanded panels (dot) and on packed lines (fused)
 *
 * The formula stands at struct ffp8_dot. Order of summation: segments, words, elements in a word, each in increasing order, into one sum.
 * I8, I16: in int64, exact. BF16: the product is exact in FP32, so that its fused multiply-add is an addition. F32: fused multiply-add.
 */
#include <math.h>

#include "../kernel_util.h"
#include "dot_generic.h"

static int32_t int_at(const void *p, size_t i, ffp8_class c) {
    if (c == FFP8_CLASS_I8) return ((const int8_t *)p)[i];
    int16_t x;
    memcpy(&x, (const uint8_t *)p + i * sizeof x, sizeof x);
    return x;
}

static float float_at(const void *p, size_t i, ffp8_class c) {
    uint16_t half;
    float x;
    if (c == FFP8_CLASS_BF16) {
        memcpy(&half, (const uint8_t *)p + i * sizeof half, sizeof half);
        return ffp8_f32_from_bf16(half);
    }
    memcpy(&x, (const uint8_t *)p + i * sizeof x, sizeof x);
    return x;
}

/* Element k of column j of B's segment i, as it lies in memory: zero-extended. */
static uint32_t b_bits(const struct ffp8_dot *d, size_t i, size_t k, size_t j, ffp8_class c, bool fused) {
    if (fused) return d->lut->element[((const uint8_t *)d->b[i])[ffp8_line_index(k, j)]];
    size_t per_word = ffp8_class_elements(c), bytes = ffp8_class_bytes(c), word = k / per_word + (c == FFP8_CLASS_I8);
    uint32_t bits = 0;
    memcpy(&bits, (const uint8_t *)d->b[i] + word * FFP8_STEP_BYTES + j * FFP8_WORD_BYTES + k % per_word * bytes, bytes);
    return bits;
}

static void finish(const struct ffp8_dot *d, size_t r, size_t j, float sum) {
    float scale = d->row_scale ? d->row_scale[r] * d->col_scale[j] : d->col_scale[j];
    float *c = d->c + r * d->ldc + j;
    *c = d->flags & FFP8_DOT_ADD ? fmaf(sum, scale, *c) : sum * scale;
}

static void finish_wide(const struct ffp8_dot *d, size_t r, size_t j, int64_t sum) {
    double t = (double)sum;
    if (d->flags & FFP8_DOT_WIDE_IN) t += d->wide[r * d->ldw + j];
    if (d->flags & FFP8_DOT_WIDE_OUT) {
        d->wide[r * d->ldw + j] = t;
    } else {
        finish(d, r, j, (float)t);
    }
}

static void dot_int(const struct ffp8_dot *d, ffp8_class c, bool fused) {
    size_t elements = d->words * ffp8_class_elements(c);
    for (size_t r = 0; r < d->rows; r++) {
        for (size_t j = 0; j < d->cols; j++) {
            int64_t sum = 0;
            for (size_t i = 0; i < d->count; i++) {
                const uint8_t *a = (const uint8_t *)d->a[i] + r * d->lda_bytes;
                if (c == FFP8_CLASS_I8 && !fused && d->a_offset) sum += ((const int32_t *)d->b[i])[j];
                for (size_t k = 0; k < elements; k++) {
                    uint32_t b = b_bits(d, i, k, j, c, fused);
                    if (c == FFP8_CLASS_I8) {
                        sum += (a[k] - (fused ? d->a_offset : 0)) * (int8_t)b;
                    } else {
                        sum += int_at(a, k, c) * (int16_t)b;
                    }
                }
            }
            finish_wide(d, r, j, sum);
        }
    }
}

static void dot_float(const struct ffp8_dot *d, ffp8_class c, bool fused) {
    size_t elements = d->words * ffp8_class_elements(c);
    for (size_t r = 0; r < d->rows; r++) {
        for (size_t j = 0; j < d->cols; j++) {
            float sum = 0;
            for (size_t i = 0; i < d->count; i++) {
                const uint8_t *a = (const uint8_t *)d->a[i] + r * d->lda_bytes;
                for (size_t k = 0; k < elements; k++) {
                    uint32_t b = b_bits(d, i, k, j, c, fused);
                    sum = fmaf(float_at(a, k, c), ffp8_float(c == FFP8_CLASS_BF16 ? b << 16 : b), sum);
                }
            }
            finish(d, r, j, sum);
        }
    }
}

void ffp8_dot_i8_generic(const struct ffp8_dot *d) { dot_int(d, FFP8_CLASS_I8, false); }
void ffp8_dot_i16_generic(const struct ffp8_dot *d) { dot_int(d, FFP8_CLASS_I16, false); }
void ffp8_dot_bf16_generic(const struct ffp8_dot *d) { dot_float(d, FFP8_CLASS_BF16, false); }
void ffp8_dot_f32_generic(const struct ffp8_dot *d) { dot_float(d, FFP8_CLASS_F32, false); }
void ffp8_fused_i8_generic(const struct ffp8_dot *d) { dot_int(d, FFP8_CLASS_I8, true); }
void ffp8_fused_i16_generic(const struct ffp8_dot *d) { dot_int(d, FFP8_CLASS_I16, true); }
void ffp8_fused_bf16_generic(const struct ffp8_dot *d) { dot_float(d, FFP8_CLASS_BF16, true); }
void ffp8_fused_f32_generic(const struct ffp8_dot *d) { dot_float(d, FFP8_CLASS_F32, true); }
