/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx2.c - depthwise convolution of a row of pixels; the formula stands at struct ffp8_depthwise
 *
 * Channels lie in lanes, PIXELS pixels share each load of the weights. F32: 8 channels, one vfmadd a tap, in increasing order of taps as in
 * generic. I16: 16 channels; two taps are interleaved so that vpmaddwd multiplies and adds them: exact, hence in any order. That leaves the
 * channels in another order, which is mended once a pixel.
 * Registers: up to 8 accumulators, two of weights. Bound: loads (F32), shuffles (I16). Tails: the last block of channels overlaps the one
 * before, and so writes some results twice; fewer channels than a block are left to generic. Single pixels.
 */
#include "../generic/dot_generic.h"
#include "x86_dot.h"
#include "x86_util.h"

enum { PIXELS = 4, CHANNELS_I16 = 16, CHANNELS_F32 = 8 };

static ALWAYS_INLINE __m256i load_16(const void *p) { return _mm256_loadu_si256(p); }

static ALWAYS_INLINE void block_i16(const struct ffp8_depthwise *d, size_t p, size_t pixels, size_t ch) {
    __m256i acc[PIXELS][2];
    UNROLL
    for (size_t i = 0; i < pixels; i++) acc[i][0] = acc[i][1] = _mm256_setzero_si256();
    for (size_t t = 0; t < d->taps; t += 2) {
        bool pair = t + 1 < d->taps; /* a last odd tap is paired with zero */
        const int16_t *x0 = (const int16_t *)d->x[t] + p * d->ldx + ch, *x1 = pair ? (const int16_t *)d->x[t + 1] + p * d->ldx + ch : x0;
        __m256i w0 = load_16((const int16_t *)d->w[t] + ch);
        __m256i w1 = pair ? load_16((const int16_t *)d->w[t + 1] + ch) : _mm256_setzero_si256();
        __m256i w_low = _mm256_unpacklo_epi16(w0, w1), w_high = _mm256_unpackhi_epi16(w0, w1);
        UNROLL
        for (size_t i = 0; i < pixels; i++) {
            __m256i a = load_16(x0 + i * d->ldx), b = load_16(x1 + i * d->ldx);
            acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), w_low));
            acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), w_high));
        }
    }
    /* acc[i][0] holds channels 0-3, 8-11, acc[i][1] the others */
    __m256 scale0 = _mm256_loadu_ps(d->scale + ch), scale1 = _mm256_loadu_ps(d->scale + ch + 8);
    UNROLL
    for (size_t i = 0; i < pixels; i++) {
        float *c = d->c + (p + i) * d->ldc + ch;
        __m256 y0 = _mm256_cvtepi32_ps(_mm256_permute2x128_si256(acc[i][0], acc[i][1], 0x20));
        __m256 y1 = _mm256_cvtepi32_ps(_mm256_permute2x128_si256(acc[i][0], acc[i][1], 0x31));
        _mm256_storeu_ps(c, _mm256_mul_ps(y0, scale0));
        _mm256_storeu_ps(c + 8, _mm256_mul_ps(y1, scale1));
    }
}

static ALWAYS_INLINE void block_f32(const struct ffp8_depthwise *d, size_t p, size_t pixels, size_t ch) {
    __m256 acc[PIXELS];
    UNROLL
    for (size_t i = 0; i < pixels; i++) acc[i] = _mm256_setzero_ps();
    for (size_t t = 0; t < d->taps; t++) {
        const float *x = (const float *)d->x[t] + p * d->ldx + ch;
        __m256 w = _mm256_loadu_ps((const float *)d->w[t] + ch);
        UNROLL
        for (size_t i = 0; i < pixels; i++) acc[i] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i * d->ldx), w, acc[i]);
    }
    __m256 scale = _mm256_loadu_ps(d->scale + ch);
    UNROLL
    for (size_t i = 0; i < pixels; i++) _mm256_storeu_ps(d->c + (p + i) * d->ldc + ch, _mm256_mul_ps(acc[i], scale));
}

void ffp8_depthwise_i16_avx2(const struct ffp8_depthwise *d) {
    if (d->channels < CHANNELS_I16) {
        ffp8_depthwise_i16_generic(d);
        return;
    }
    for (size_t begin = 0; begin < d->channels; begin += CHANNELS_I16) {
        size_t ch = ffp8_min_size(begin, d->channels - CHANNELS_I16), p = 0;
        for (; p + PIXELS <= d->pixels; p += PIXELS) block_i16(d, p, PIXELS, ch);
        for (; p < d->pixels; p++) block_i16(d, p, 1, ch);
    }
}

void ffp8_depthwise_f32_avx2(const struct ffp8_depthwise *d) {
    if (d->channels < CHANNELS_F32) {
        ffp8_depthwise_f32_generic(d);
        return;
    }
    for (size_t begin = 0; begin < d->channels; begin += CHANNELS_F32) {
        size_t ch = ffp8_min_size(begin, d->channels - CHANNELS_F32), p = 0;
        for (; p + PIXELS <= d->pixels; p += PIXELS) block_f32(d, p, PIXELS, ch);
        for (; p < d->pixels; p++) block_f32(d, p, 1, ch);
    }
}
