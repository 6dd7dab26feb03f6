/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_generic.c - output channels in lanes, a row of pixels; the formula stands at struct ffp8_depthwise
 *
 * Order of summation: increasing tap, then element of the word. I16 in int32, exact; F32 by fused multiply-add, as is BF16, whose products are
 * exact in FP32.
 */
#include <math.h>

#include "../kernel_util.h"
#include "dot_generic.h"

static uint32_t x_word(const struct ffp8_depthwise *d, size_t t, size_t p, size_t ch) {
    return ((const uint32_t *)d->x[t])[(d->first + p) * d->ldx + (d->lane ? d->lane[ch] : ch)];
}

static uint32_t w_word(const struct ffp8_depthwise *d, size_t r, size_t t, size_t ch) {
    return ((const uint32_t *)d->w[r * d->taps + t])[ch];
}

static float sum_i16(const struct ffp8_depthwise *d, size_t r, size_t p, size_t ch) {
    int32_t sum = 0;
    for (size_t t = 0; t < d->taps; t++) {
        const uint32_t x = x_word(d, t, p, ch), w = w_word(d, r, t, ch);
        sum += (int16_t)x * (int16_t)w + (int16_t)(x >> 16) * (int16_t)(w >> 16);
    }
    return (float)sum;
}

static float sum_bf16(const struct ffp8_depthwise *d, size_t r, size_t p, size_t ch) {
    float sum = 0;
    for (size_t t = 0; t < d->taps; t++) {
        const uint32_t x = x_word(d, t, p, ch), w = w_word(d, r, t, ch);
        sum = fmaf(ffp8_float(x << 16), ffp8_float(w << 16), sum);
        sum = fmaf(ffp8_float(x & 0xFFFF0000u), ffp8_float(w & 0xFFFF0000u), sum);
    }
    return sum;
}

static float sum_f32(const struct ffp8_depthwise *d, size_t r, size_t p, size_t ch) {
    float sum = 0;
    for (size_t t = 0; t < d->taps; t++) sum = fmaf(ffp8_float(x_word(d, t, p, ch)), ffp8_float(w_word(d, r, t, ch)), sum);
    return sum;
}

static void depthwise(const struct ffp8_depthwise *d, float (*sum)(const struct ffp8_depthwise *d, size_t r, size_t p, size_t ch)) {
    for (size_t r = 0; r < d->rows; r++)
        for (size_t p = 0; p < d->pixels; p++)
            for (size_t ch = 0; ch < d->channels; ch++) d->c[r * d->row_stride + p * d->ldc + ch] = sum(d, r, p, ch) * d->scale[ch];
}

void ffp8_depthwise_i16_generic(const struct ffp8_depthwise *d) { depthwise(d, sum_i16); }
void ffp8_depthwise_bf16_generic(const struct ffp8_depthwise *d) { depthwise(d, sum_bf16); }
void ffp8_depthwise_f32_generic(const struct ffp8_depthwise *d) { depthwise(d, sum_f32); }
