/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx512.c - depthwise convolution of a row of pixels; the formula stands at struct ffp8_depthwise
 *
 * Channels lie in lanes; PIXELS pixels share each load of the weights (7 divides the maps of networks made for 224 x 224 images).
 * F32: 16 channels, one vfmadd a tap, in increasing order of taps as in generic.
 * I16: 32 channels; two taps are interleaved so that vpmaddwd multiplies and adds them: exact, hence in any order. That leaves the channels
 * in another order, which is mended once a pixel.
 * Registers: up to 14 accumulators, two of weights. Bound: loads (F32), shuffles (I16). Tails: masks for channels, single pixels.
 */
#include "x86_dot.h"
#include "x86_util.h"

enum { PIXELS = 7 };

static ALWAYS_INLINE void block_i16(const struct ffp8_depthwise *d, size_t p, size_t pixels, size_t ch, __mmask32 mask) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i acc[PIXELS][2];
    UNROLL
    for (size_t i = 0; i < pixels; i++) acc[i][0] = acc[i][1] = zero;
    for (size_t t = 0; t < d->taps; t += 2) {
        bool pair = t + 1 < d->taps; /* a last odd tap is paired with zero */
        const int16_t *x0 = (const int16_t *)d->x[t] + p * d->ldx + ch, *x1 = pair ? (const int16_t *)d->x[t + 1] + p * d->ldx + ch : x0;
        __m512i w0 = _mm512_maskz_loadu_epi16(mask, (const int16_t *)d->w[t] + ch);
        __m512i w1 = pair ? _mm512_maskz_loadu_epi16(mask, (const int16_t *)d->w[t + 1] + ch) : zero;
        __m512i w_low = _mm512_unpacklo_epi16(w0, w1), w_high = _mm512_unpackhi_epi16(w0, w1);
        UNROLL
        for (size_t i = 0; i < pixels; i++) {
            __m512i a = _mm512_maskz_loadu_epi16(mask, x0 + i * d->ldx), b = _mm512_maskz_loadu_epi16(mask, x1 + i * d->ldx);
            acc[i][0] = _mm512_add_epi32(acc[i][0], _mm512_madd_epi16(_mm512_unpacklo_epi16(a, b), w_low));
            acc[i][1] = _mm512_add_epi32(acc[i][1], _mm512_madd_epi16(_mm512_unpackhi_epi16(a, b), w_high));
        }
    }
    /* acc[i][0] holds channels 0-3, 8-11, 16-19, 24-27, acc[i][1] the others */
    const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
    const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
    __mmask16 mask0 = (__mmask16)mask, mask1 = (__mmask16)(mask >> 16);
    __m512 scale0 = _mm512_maskz_loadu_ps(mask0, d->scale + ch), scale1 = _mm512_maskz_loadu_ps(mask1, d->scale + ch + 16);
    UNROLL
    for (size_t i = 0; i < pixels; i++) {
        float *c = d->c + (p + i) * d->ldc + ch;
        __m512 y0 = _mm512_cvtepi32_ps(_mm512_permutex2var_epi32(acc[i][0], first, acc[i][1]));
        __m512 y1 = _mm512_cvtepi32_ps(_mm512_permutex2var_epi32(acc[i][0], second, acc[i][1]));
        _mm512_mask_storeu_ps(c, mask0, _mm512_mul_ps(y0, scale0));
        _mm512_mask_storeu_ps(c + 16, mask1, _mm512_mul_ps(y1, scale1));
    }
}

static ALWAYS_INLINE void block_f32(const struct ffp8_depthwise *d, size_t p, size_t pixels, size_t ch, __mmask16 mask) {
    __m512 acc[PIXELS];
    UNROLL
    for (size_t i = 0; i < pixels; i++) acc[i] = _mm512_setzero_ps();
    for (size_t t = 0; t < d->taps; t++) {
        const float *x = (const float *)d->x[t] + p * d->ldx + ch;
        __m512 w = _mm512_maskz_loadu_ps(mask, (const float *)d->w[t] + ch);
        UNROLL
        for (size_t i = 0; i < pixels; i++) acc[i] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, x + i * d->ldx), w, acc[i]);
    }
    __m512 scale = _mm512_maskz_loadu_ps(mask, d->scale + ch);
    UNROLL
    for (size_t i = 0; i < pixels; i++) _mm512_mask_storeu_ps(d->c + (p + i) * d->ldc + ch, mask, _mm512_mul_ps(acc[i], scale));
}

/* Channels within pixels: x, w and c are read and written as they lie in memory. */
static ALWAYS_INLINE void pixels_i16(const struct ffp8_depthwise *d, size_t p, size_t pixels) {
    size_t ch = 0;
    for (; ch + 32 <= d->channels; ch += 32) block_i16(d, p, pixels, ch, ~(__mmask32)0);
    if (ch < d->channels) block_i16(d, p, pixels, ch, (__mmask32)((1u << (d->channels - ch)) - 1));
}

static ALWAYS_INLINE void pixels_f32(const struct ffp8_depthwise *d, size_t p, size_t pixels) {
    size_t ch = 0;
    for (; ch + 16 <= d->channels; ch += 16) block_f32(d, p, pixels, ch, (__mmask16)~0u);
    if (ch < d->channels) block_f32(d, p, pixels, ch, (__mmask16)((1u << (d->channels - ch)) - 1));
}

void ffp8_depthwise_i16_avx512(const struct ffp8_depthwise *d) {
    size_t p = 0;
    for (; p + PIXELS <= d->pixels; p += PIXELS) pixels_i16(d, p, PIXELS);
    for (; p < d->pixels; p++) pixels_i16(d, p, 1);
}

void ffp8_depthwise_f32_avx512(const struct ffp8_depthwise *d) {
    size_t p = 0;
    for (; p + PIXELS <= d->pixels; p += PIXELS) pixels_f32(d, p, PIXELS);
    for (; p < d->pixels; p++) pixels_f32(d, p, 1);
}
