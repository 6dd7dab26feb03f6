/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_generic.c - the batch-reduce micro-kernels, on expanded panels (dot), packed lines (fused) and plain rows (direct)
 *
 * The formula stands at struct ffp8_dot. Order of summation: segments, words, elements in a word, each in increasing order, into one sum.
 * I8, I16: in int64, exact. BF16, F16: the product is exact in FP32, so that its fused multiply-add is an addition. F32: fused multiply-add.
 */
#include <math.h>

#include "../kernel_util.h"
#include "dot_generic.h"

enum source { PANEL, LINES, PLAIN }; /* what B is */

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
    if (c == FFP8_CLASS_F16) {
        memcpy(&half, (const uint8_t *)p + i * sizeof half, sizeof half);
        return ffp8_f32_from_f16(half);
    }
    memcpy(&x, (const uint8_t *)p + i * sizeof x, sizeof x);
    return x;
}

/* Element k of column j of B's segment i, as it lies in memory: zero-extended. */
static uint32_t b_bits(const struct ffp8_dot *d, size_t i, size_t k, size_t j, ffp8_class c, enum source source) {
    if (source == PLAIN) return d->lut->element[ffp8_dot_b(d, i)[j * d->ldb + k]];
    if (source == LINES) return d->lut->element[ffp8_dot_b(d, i)[ffp8_line_index(k, j)]];
    size_t per_word = ffp8_class_elements(c), bytes = ffp8_class_bytes(c), word = k / per_word + (c == FFP8_CLASS_I8);
    uint32_t bits = 0;
    memcpy(&bits, ffp8_dot_b(d, i) + word * FFP8_STEP_BYTES + j * FFP8_WORD_BYTES + k % per_word * bytes, bytes);
    return bits;
}

/* Segments that are summed before they are scaled. */
static size_t segments_of_sum(const struct ffp8_dot *d) { return d->flags & FFP8_DOT_EACH ? 1 : d->count; }

/* The sum of segment i, or of all (i = 0). */
static void finish(const struct ffp8_dot *d, size_t i, size_t r, size_t j, float sum) {
    const struct ffp8_dot_scale s = ffp8_dot_scale_of(d, i);
    const float column = s.e8m0 ? ffp8_f32_from_e8m0(((const uint8_t *)s.col)[j]) : ((const float *)s.col)[j];
    const float scale = s.row ? s.row[r] * column : column;
    float *c = d->c + r * d->ldc + j;
    *c = s.add ? fmaf(sum, scale, *c) : sum * scale;
}

static void finish_integer(const struct ffp8_dot *d, size_t i, size_t r, size_t j, int64_t sum) {
    const float rounded = ffp8_dot_pass_part(d, r, j, sum);
    if (!(d->flags & FFP8_DOT_PART_OUT)) finish(d, i, r, j, rounded);
}

static int64_t int_sum(const struct ffp8_dot *d, size_t i, size_t end, size_t r, size_t j, ffp8_class c, enum source source) {
    const size_t elements = source == PLAIN ? d->terms : d->words * ffp8_class_elements(c);
    int64_t sum = 0;
    for (; i < end; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + r * d->lda_bytes;
        if (c == FFP8_CLASS_I8 && source == PANEL && d->a_offset) sum += ((const int32_t *)(const void *)ffp8_dot_b(d, i))[j];
        for (size_t k = 0; k < elements; k++) {
            const uint32_t b = b_bits(d, i, k, j, c, source);
            if (c == FFP8_CLASS_I8)
                sum += (a[k] - (source == PANEL ? 0 : d->a_offset)) * (int8_t)b;
            else
                sum += int_at(a, k, c) * (int16_t)b;
        }
    }
    return sum;
}

static float float_sum(const struct ffp8_dot *d, size_t i, size_t end, size_t r, size_t j, ffp8_class c, enum source source) {
    const size_t elements = source == PLAIN ? d->terms : d->words * ffp8_class_elements(c);
    float sum = 0;
    for (; i < end; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + r * d->lda_bytes;
        for (size_t k = 0; k < elements; k++) {
            const uint32_t b = b_bits(d, i, k, j, c, source);
            sum = fmaf(float_at(a, k, c), float_at(&b, 0, c), sum);
        }
    }
    return sum;
}

static void dot_panel(const struct ffp8_dot *d, ffp8_class c, enum source source) {
    const size_t step = segments_of_sum(d);
    for (size_t r = 0; r < d->rows; r++) {
        for (size_t j = 0; j < d->cols; j++) {
            size_t i = 0;
            do {
                if (c <= FFP8_CLASS_I16)
                    finish_integer(d, i, r, j, int_sum(d, i, i + step, r, j, c, source));
                else
                    finish(d, i, r, j, float_sum(d, i, i + step, r, j, c, source));
                i += step;
            } while (i < d->count);
        }
    }
}

static void dot(const struct ffp8_dot *d, ffp8_class c, enum source source) {
    struct ffp8_dot copy;
    for (size_t column = 0; column < d->cols; column += FFP8_NR) dot_panel(ffp8_dot_panel(d, column, &copy), c, source);
}

void ffp8_dot_i8_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I8, PANEL); }
void ffp8_dot_i16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I16, PANEL); }
void ffp8_dot_bf16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_BF16, PANEL); }
void ffp8_dot_f16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F16, PANEL); }
void ffp8_dot_f32_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F32, PANEL); }
void ffp8_fused_i8_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I8, LINES); }
void ffp8_fused_i16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I16, LINES); }
void ffp8_fused_bf16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_BF16, LINES); }
void ffp8_fused_f16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F16, LINES); }
void ffp8_fused_f32_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F32, LINES); }
void ffp8_direct_i8_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I8, PLAIN); }
void ffp8_direct_i16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_I16, PLAIN); }
void ffp8_direct_bf16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_BF16, PLAIN); }
void ffp8_direct_f16_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F16, PLAIN); }
void ffp8_direct_f32_generic(const struct ffp8_dot *d) { dot(d, FFP8_CLASS_F32, PLAIN); }
