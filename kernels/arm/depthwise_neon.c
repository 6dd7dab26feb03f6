/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_neon.c - depthwise convolution of a row of pixels, I16 and F32; the formula stands at struct ffp8_depthwise
 *
 * Lanes are channels. A tile is 4 pixels times 16 channels: 16 accumulators, and each load of a weight serves 4 pixels.
 * Order of summation: increasing tap into one sum, F32 by fused multiply-add from 0: equal to generic bit for bit; I16 exact in int32.
 * Bound: loads, one per multiply-add (F32) or per two (I16). Tails: pixels 1 by 1; channels 4 (F32) or 8 (I16) at a time, then 1 by 1.
 */
#include "arm_neon_kernels.h"
#include "neon_util.h"

static ALWAYS_INLINE void tile_f32(const struct ffp8_depthwise *d, size_t pixel, size_t channel, const size_t P, const size_t Q) {
    float32x4_t acc[4][4];
    UNROLL for (size_t p = 0; p < P; p++) { UNROLL for (size_t q = 0; q < Q; q++) acc[p][q] = vdupq_n_f32(0); }
    for (size_t t = 0; t < d->taps; t++) {
        const float *x = (const float *)d->x[t] + pixel * d->ldx + channel, *w = (const float *)d->w[t] + channel;
        UNROLL for (size_t q = 0; q < Q; q++) {
            float32x4_t weight = vld1q_f32(w + 4 * q);
            UNROLL for (size_t p = 0; p < P; p++) acc[p][q] = vfmaq_f32(acc[p][q], vld1q_f32(x + p * d->ldx + 4 * q), weight);
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        float *c = d->c + (pixel + p) * d->ldc + channel;
        UNROLL for (size_t q = 0; q < Q; q++) vst1q_f32(c + 4 * q, vmulq_f32(acc[p][q], vld1q_f32(d->scale + channel + 4 * q)));
    }
}

static ALWAYS_INLINE void pixels_f32(const struct ffp8_depthwise *d, size_t pixel, const size_t P) {
    size_t channel = 0;
    for (; channel + 16 <= d->channels; channel += 16) tile_f32(d, pixel, channel, P, 4);
    for (; channel + 4 <= d->channels; channel += 4) tile_f32(d, pixel, channel, P, 1);
    for (; channel < d->channels; channel++) {
        for (size_t p = pixel; p < pixel + P; p++) {
            float sum = 0;
            for (size_t t = 0; t < d->taps; t++)
                sum = fmaf(((const float *)d->x[t])[p * d->ldx + channel], ((const float *)d->w[t])[channel], sum);
            d->c[p * d->ldc + channel] = sum * d->scale[channel];
        }
    }
}

void ffp8_depthwise_f32_neon(const struct ffp8_depthwise *d) {
    size_t pixel = 0;
    for (; pixel + 4 <= d->pixels; pixel += 4) pixels_f32(d, pixel, 4);
    for (; pixel < d->pixels; pixel++) pixels_f32(d, pixel, 1);
}

/* Q counts 8 channels here. */
static ALWAYS_INLINE void tile_i16(const struct ffp8_depthwise *d, size_t pixel, size_t channel, const size_t P, const size_t Q) {
    int32x4_t acc[4][2][2];
    UNROLL for (size_t p = 0; p < P; p++) { UNROLL for (size_t q = 0; q < Q; q++) acc[p][q][0] = acc[p][q][1] = vdupq_n_s32(0); }
    for (size_t t = 0; t < d->taps; t++) {
        const int16_t *x = (const int16_t *)d->x[t] + pixel * d->ldx + channel, *w = (const int16_t *)d->w[t] + channel;
        UNROLL for (size_t q = 0; q < Q; q++) {
            int16x8_t weight = vld1q_s16(w + 8 * q);
            UNROLL for (size_t p = 0; p < P; p++) {
                int16x8_t y = vld1q_s16(x + p * d->ldx + 8 * q);
                acc[p][q][0] = vmlal_s16(acc[p][q][0], vget_low_s16(y), vget_low_s16(weight));
                acc[p][q][1] = vmlal_high_s16(acc[p][q][1], y, weight);
            }
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        float *c = d->c + (pixel + p) * d->ldc + channel;
        const float *scale = d->scale + channel;
        UNROLL for (size_t q = 0; q < Q; q++) {
            UNROLL for (size_t half = 0; half < 2; half++) {
                size_t j = 8 * q + 4 * half;
                vst1q_f32(c + j, vmulq_f32(vcvtq_f32_s32(acc[p][q][half]), vld1q_f32(scale + j)));
            }
        }
    }
}

static ALWAYS_INLINE void pixels_i16(const struct ffp8_depthwise *d, size_t pixel, const size_t P) {
    size_t channel = 0;
    for (; channel + 16 <= d->channels; channel += 16) tile_i16(d, pixel, channel, P, 2);
    for (; channel + 8 <= d->channels; channel += 8) tile_i16(d, pixel, channel, P, 1);
    for (; channel < d->channels; channel++) {
        for (size_t p = pixel; p < pixel + P; p++) {
            int32_t sum = 0;
            for (size_t t = 0; t < d->taps; t++)
                sum += ((const int16_t *)d->x[t])[p * d->ldx + channel] * ((const int16_t *)d->w[t])[channel];
            d->c[p * d->ldc + channel] = (float)sum * d->scale[channel];
        }
    }
}

void ffp8_depthwise_i16_neon(const struct ffp8_depthwise *d) {
    size_t pixel = 0;
    for (; pixel + 4 <= d->pixels; pixel += 4) pixels_i16(d, pixel, 4);
    for (; pixel < d->pixels; pixel++) pixels_i16(d, pixel, 1);
}
