/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx2.c - output channels in lanes; the formula stands at struct ffp8_depthwise
 *
 * A vector is 8 output channels; 7 pixels of a row, or 4 of two rows, share each load of the weights. F32: one vfmadd a tap, in increasing order of taps as in
 * generic. I16: vpmaddwd and vpaddd, exact. Words under `lane` come by one load of the run of words that the 8 channels see, and vpermd; where
 * that is longer than a vector, by a gather.
 * Registers: 7 or 8 accumulators, up to 2 weights, the lanes' indices. Bound: loads (F32), the two ports of vpmaddwd and vpaddd (I16). Tails: the last block of
 * channels overlaps the one before, and so writes some results twice; fewer channels than a block are left to generic. Single pixels.
 */
#include "../generic/dot_generic.h"
#include "x86_dot.h"
#include "finish_256.h"

enum { CHANNELS = 8, MOST_PIXELS = 7 };

enum seen { OWN, NEAR, FAR }; /* the words that 8 channels see: their own; within 8 words; further apart */

struct channels {
    size_t first, first_word;
    __m256i lane, words; /* lane within the run; which words of it there are */
};

static ALWAYS_INLINE __m256i load_x(const int32_t *x, const struct channels *ch, enum seen seen) {
    if (seen == OWN) return _mm256_loadu_si256((const __m256i *)x);
    if (seen == FAR) return _mm256_i32gather_epi32(x, ch->lane, 4);
    return _mm256_permutevar8x32_epi32(_mm256_maskload_epi32(x, ch->words), ch->lane);
}

static ALWAYS_INLINE __m256i load_w(const struct ffp8_depthwise *d, size_t t, const struct channels *ch) {
    return _mm256_loadu_si256((const __m256i *)((const int32_t *)d->w[t] + ch->first));
}

static ALWAYS_INLINE void block(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, const struct channels *ch,
                                ffp8_class c, enum seen seen) {
    __m256i acc[FFP8_LANES_ROWS][MOST_PIXELS];
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t i = 0; i < pixels; i++) acc[r][i] = _mm256_setzero_si256();
    }
    for (size_t t = 0; t < d->taps; t++) {
        const int32_t *x = (const int32_t *)d->x[t] + (d->first + p) * d->ldx + ch->first_word;
        const __m256i w[FFP8_LANES_ROWS] = {load_w(d, t, ch), rows > 1 ? load_w(d, d->taps + t, ch) : _mm256_setzero_si256()};
        UNROLL
        for (size_t i = 0; i < pixels; i++) {
            const __m256i word = load_x(x + i * d->ldx, ch, seen);
            UNROLL
            for (size_t r = 0; r < rows; r++) acc[r][i] = dot(acc[r][i], word, w[r], c);
        }
    }
    const __m256 scale = _mm256_loadu_ps(d->scale + ch->first);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        float *y = d->c + r * d->row_stride + p * d->ldc + ch->first;
        UNROLL
        for (size_t i = 0; i < pixels; i++) {
            const __m256 sum = c == FFP8_CLASS_I16 ? _mm256_cvtepi32_ps(acc[r][i]) : _mm256_castsi256_ps(acc[r][i]);
            _mm256_storeu_ps(y + i * d->ldc, _mm256_mul_ps(sum, scale));
        }
    }
}

static ALWAYS_INLINE void channels(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, size_t first, ffp8_class c) {
    struct channels ch = {.first = first, .first_word = first};
    if (!d->lane) {
        block(d, p, rows, pixels, &ch, c, OWN);
        return;
    }
    const size_t last = d->lane[first + CHANNELS - 1] - d->lane[first];
    ch.first_word = d->lane[first];
    ch.lane = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(d->lane + first)), _mm256_set1_epi32((int)d->lane[first]));
    ch.words = lanes32(last + 1);
    if (last < CHANNELS)
        block(d, p, rows, pixels, &ch, c, NEAR);
    else
        block(d, p, rows, pixels, &ch, c, FAR);
}

static ALWAYS_INLINE void all_channels(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, ffp8_class c) {
    for (size_t begin = 0; begin < d->channels; begin += CHANNELS)
        channels(d, p, rows, pixels, ffp8_min_size(begin, d->channels - CHANNELS), c);
}

/* 7 pixels of one row, or 4 of two: as many accumulators as there are registers for. */
static ALWAYS_INLINE void some_rows(const struct ffp8_depthwise *d, size_t rows, size_t most, ffp8_class c) {
    size_t p = 0;
    for (; p + most <= d->pixels; p += most) all_channels(d, p, rows, most, c);
    for (; p < d->pixels; p++) all_channels(d, p, rows, 1, c);
}

static ALWAYS_INLINE void depthwise(const struct ffp8_depthwise *d, ffp8_class c) {
    if (d->rows == 1)
        some_rows(d, 1, 7, c);
    else
        some_rows(d, 2, 4, c);
}

void ffp8_depthwise_i16_avx2(const struct ffp8_depthwise *d) {
    if (d->channels < CHANNELS)
        ffp8_depthwise_i16_generic(d);
    else
        depthwise(d, FFP8_CLASS_I16);
}

void ffp8_depthwise_f32_avx2(const struct ffp8_depthwise *d) {
    if (d->channels < CHANNELS)
        ffp8_depthwise_f32_generic(d);
    else
        depthwise(d, FFP8_CLASS_F32);
}
