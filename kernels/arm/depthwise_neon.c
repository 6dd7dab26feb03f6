/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_neon.c - output channels in lanes, I16 and F32; the formula stands at struct ffp8_depthwise
 *
 * A vector is 4 output channels. A tile is PIXELS pixels times 1 or 4 vectors; each load of a weight serves all pixels. I16: words are narrowed
 * to their lower and their upper elements. Words under `lane` are loaded one by one.
 * Order of summation: increasing tap into one sum, F32 by fused multiply-add from 0: equal to generic bit for bit; I16 exact in int32.
 * Bound: loads (F32), narrowing (I16). Tails: pixels 1 by 1; channels 4 at a time, then 1 by 1.
 */
#include "arm_neon_kernels.h"
#include "neon_util.h"

enum { PIXELS = 4, VECTORS = 4 };

static ALWAYS_INLINE uint32x4_t load_x(const struct ffp8_depthwise *d, const uint32_t *x, size_t channel, const bool lanes) {
    if (!lanes) return vld1q_u32(x + channel);
    uint32x4_t y = vdupq_n_u32(x[d->lane[channel]]);
    y = vld1q_lane_u32(x + d->lane[channel + 1], y, 1);
    y = vld1q_lane_u32(x + d->lane[channel + 2], y, 2);
    return vld1q_lane_u32(x + d->lane[channel + 3], y, 3);
}

/* The lower and the upper elements of words. */
static ALWAYS_INLINE int16x4x2_t elements(uint32x4_t words) {
    return (int16x4x2_t){{vreinterpret_s16_u16(vmovn_u32(words)), vreinterpret_s16_u16(vshrn_n_u32(words, 16))}};
}

static ALWAYS_INLINE void tile_f32(const struct ffp8_depthwise *d, size_t pixel, size_t channel, const size_t P, const size_t Q,
                                   const bool lanes) {
    float32x4_t acc[PIXELS][VECTORS];
    UNROLL for (size_t p = 0; p < P; p++) { UNROLL for (size_t q = 0; q < Q; q++) acc[p][q] = vdupq_n_f32(0); }
    for (size_t t = 0; t < d->taps; t++) {
        const uint32_t *x = (const uint32_t *)d->x[t] + (d->first + pixel) * d->ldx;
        UNROLL for (size_t q = 0; q < Q; q++) {
            float32x4_t w = vld1q_f32((const float *)d->w[t] + channel + 4 * q);
            UNROLL for (size_t p = 0; p < P; p++) {
                acc[p][q] = vfmaq_f32(acc[p][q], vreinterpretq_f32_u32(load_x(d, x + p * d->ldx, channel + 4 * q, lanes)), w);
            }
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        float *c = d->c + (pixel + p) * d->ldc + channel;
        UNROLL for (size_t q = 0; q < Q; q++) vst1q_f32(c + 4 * q, vmulq_f32(acc[p][q], vld1q_f32(d->scale + channel + 4 * q)));
    }
}

static ALWAYS_INLINE void tile_i16(const struct ffp8_depthwise *d, size_t pixel, size_t channel, const size_t P, const size_t Q,
                                   const bool lanes) {
    int32x4_t acc[PIXELS][VECTORS];
    UNROLL for (size_t p = 0; p < P; p++) { UNROLL for (size_t q = 0; q < Q; q++) acc[p][q] = vdupq_n_s32(0); }
    for (size_t t = 0; t < d->taps; t++) {
        const uint32_t *x = (const uint32_t *)d->x[t] + (d->first + pixel) * d->ldx;
        UNROLL for (size_t q = 0; q < Q; q++) {
            int16x4x2_t w = elements(vld1q_u32((const uint32_t *)d->w[t] + channel + 4 * q));
            UNROLL for (size_t p = 0; p < P; p++) {
                int16x4x2_t y = elements(load_x(d, x + p * d->ldx, channel + 4 * q, lanes));
                acc[p][q] = vmlal_s16(vmlal_s16(acc[p][q], y.val[0], w.val[0]), y.val[1], w.val[1]);
            }
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        float *c = d->c + (pixel + p) * d->ldc + channel;
        UNROLL for (size_t q = 0; q < Q; q++) {
            vst1q_f32(c + 4 * q, vmulq_f32(vcvtq_f32_s32(acc[p][q]), vld1q_f32(d->scale + channel + 4 * q)));
        }
    }
}

static ALWAYS_INLINE void tile(const struct ffp8_depthwise *d, size_t pixel, size_t channel, const size_t P, const size_t Q,
                               const bool lanes, const ffp8_class c) {
    if (c == FFP8_CLASS_I16)
        tile_i16(d, pixel, channel, P, Q, lanes);
    else
        tile_f32(d, pixel, channel, P, Q, lanes);
}

static ALWAYS_INLINE void pixels(const struct ffp8_depthwise *d, size_t pixel, const size_t P, const bool lanes, const ffp8_class c) {
    size_t channel = 0;
    for (; channel + 4 * VECTORS <= d->channels; channel += 4 * VECTORS) tile(d, pixel, channel, P, VECTORS, lanes, c);
    for (; channel + 4 <= d->channels; channel += 4) tile(d, pixel, channel, P, 1, lanes, c);
}

static ALWAYS_INLINE void whole_vectors(const struct ffp8_depthwise *d, const bool lanes, const ffp8_class c) {
    size_t pixel = 0;
    for (; pixel + PIXELS <= d->pixels; pixel += PIXELS) pixels(d, pixel, PIXELS, lanes, c);
    for (; pixel < d->pixels; pixel++) pixels(d, pixel, 1, lanes, c);
}

/* The last 1..3 channels. */
static ALWAYS_INLINE void rest(const struct ffp8_depthwise *d, const ffp8_class c) {
    for (size_t channel = d->channels / 4 * 4; channel < d->channels; channel++) {
        const size_t word = d->lane ? d->lane[channel] : channel;
        for (size_t p = 0; p < d->pixels; p++) {
            int32_t integer = 0;
            float sum = 0;
            for (size_t t = 0; t < d->taps; t++) {
                const uint32_t x = ((const uint32_t *)d->x[t])[(d->first + p) * d->ldx + word], w = ((const uint32_t *)d->w[t])[channel];
                if (c == FFP8_CLASS_I16)
                    integer += (int16_t)x * (int16_t)w + (int16_t)(x >> 16) * (int16_t)(w >> 16);
                else
                    sum = fmaf(ffp8_float(x), ffp8_float(w), sum);
            }
            d->c[p * d->ldc + channel] = (c == FFP8_CLASS_I16 ? (float)integer : sum) * d->scale[channel];
        }
    }
}

/* Row by row: two at once would take more registers than there are. */
static ALWAYS_INLINE void depthwise(const struct ffp8_depthwise *d, const ffp8_class c) {
    struct ffp8_depthwise row = *d;
    for (size_t r = 0; r < d->rows; r++, row.w += d->taps, row.c += d->row_stride) {
        if (d->lane)
            whole_vectors(&row, true, c);
        else
            whole_vectors(&row, false, c);
        rest(&row, c);
    }
}

void ffp8_depthwise_i16_neon(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_I16); }
void ffp8_depthwise_f32_neon(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_F32); }
