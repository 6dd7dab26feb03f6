/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_512.h - output channels in lanes, on the tiers with 512-bit registers; the formula stands at struct ffp8_depthwise
 *
 * A vector is 16 output channels. A tile is 14 pixels of one row or 7 of two (7 divides the maps of networks made for 224 x 224 images).
 * Words under `lane` come by one load of the run of words that the 16 channels see, and vpermd, or by a broadcast; taps that are neighbouring pixels share them,
 * three at a time, so that 16 such words serve 42 dots. Where the run is longer than a vector they are gathered.
 * Registers: 14 accumulators, up to 3 weights, a word of x, the lanes' indices.
 * Order: one accumulator an output, increasing taps; within a word: dot_512.h.
 * Bound: the dot instruction with two rows (9 loads for 14 dots) and with taps that share words; else loads (15 for 14). Tails: masks for
 * channels; tiles of 7, 3 and 1 pixels.
 */
#ifndef FFP8_DEPTHWISE_512_H
#define FFP8_DEPTHWISE_512_H

#include "dot_512.h"
#include "x86_dot.h"

enum seen {
    OWN,
    SAME,
    WITHIN_8,
    WITHIN_16,
    FAR
}; /* the words that 16 channels see: their own, a single one, in a run of so many words, any */

struct channels {
    size_t first, first_word;
    __mmask16 mask, words; /* channels, and words of their run, that exist */
    __m512i lane;          /* within the run */
};

static ALWAYS_INLINE __m512i load_x(const uint32_t *x, const struct channels *ch, enum seen seen) {
    if (seen == OWN) return _mm512_maskz_loadu_epi32(ch->mask, x);
    if (seen == SAME) return _mm512_set1_epi32((int)*x);
    if (seen == FAR) return _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), ch->mask, ch->lane, x, 4);
    /* Half a vector where that is enough: it seldom crosses a cache line. */
    const __m512i run = seen == WITHIN_8 ? _mm512_castsi256_si512(_mm256_maskz_loadu_epi32((__mmask8)ch->words, x))
                                         : _mm512_maskz_loadu_epi32(ch->words, x);
    return _mm512_permutexvar_epi32(ch->lane, run);
}

static ALWAYS_INLINE const uint32_t *x_of(const struct ffp8_depthwise *d, size_t t, size_t p, const struct channels *ch) {
    return (const uint32_t *)d->x[t] + (d->first + p) * d->ldx + ch->first_word;
}

static ALWAYS_INLINE __m512i load_w(const struct ffp8_depthwise *d, size_t t, const struct channels *ch) {
    return _mm512_maskz_loadu_epi32(ch->mask, (const uint32_t *)d->w[t] + ch->first);
}

/* Pixels are addressed as base + {0, 1, 2} * ldx from a base for every third, which fits the general registers. */
enum { BASES = (FFP8_LANES_TILE + 4) / 3 };

static ALWAYS_INLINE void set_bases(const uint32_t *x, size_t ldx, size_t pixels, const uint32_t *base[BASES]) {
    UNROLL
    for (size_t i = 0; i < pixels; i += 3) {
        base[i / 3] = x + i * ldx;
        __asm__("" : "+r"(base[i / 3])); /* else an address is computed for each pixel */
    }
}

static ALWAYS_INLINE void one_tap(const struct ffp8_depthwise *d, size_t t, size_t p, size_t rows, size_t pixels, const struct channels *ch,
                                  ffp8_class c, enum seen seen, __m512i (*acc)[FFP8_LANES_TILE]) {
    const __m512i w[FFP8_LANES_ROWS] = {load_w(d, t, ch), rows > 1 ? load_w(d, d->taps + t, ch) : _mm512_setzero_si512()};
    const uint32_t *base[BASES];
    set_bases(x_of(d, t, p, ch), d->ldx, pixels, base);
    UNROLL
    for (size_t i = 0; i < pixels; i++) {
        const __m512i word = load_x(base[i / 3] + i % 3 * d->ldx, ch, seen);
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[r][i] = dot(acc[r][i], word, w[r], c);
    }
}

/* Taps that see pixel p, p + 1, p + 2. */
static ALWAYS_INLINE void three_taps(const struct ffp8_depthwise *d, size_t t, size_t p, size_t pixels, const struct channels *ch,
                                     ffp8_class c, enum seen seen, __m512i (*acc)[FFP8_LANES_TILE]) {
    const __m512i w[3] = {load_w(d, t, ch), load_w(d, t + 1, ch), load_w(d, t + 2, ch)};
    const uint32_t *base[BASES];
    set_bases(x_of(d, t, p, ch), d->ldx, pixels + 2, base);
    UNROLL
    for (size_t i = 0; i < pixels + 2; i++) {
        const __m512i word = load_x(base[i / 3] + i % 3 * d->ldx, ch, seen);
        UNROLL
        for (size_t j = 0; j < 3; j++)
            if (i >= j && i - j < pixels) acc[0][i - j] = dot(acc[0][i - j], word, w[j], c);
    }
}

static ALWAYS_INLINE bool are_neighbours(const struct ffp8_depthwise *d, size_t t) {
    const size_t step = d->ldx * FFP8_WORD_BYTES;
    const uint8_t *x = d->x[t];
    return t + 3 <= d->taps && d->x[t + 1] == x + step && d->x[t + 2] == x + 2 * step;
}

static ALWAYS_INLINE void block(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, const struct channels *ch,
                                ffp8_class c, enum seen seen) {
    __m512i acc[FFP8_LANES_ROWS][FFP8_LANES_TILE];
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t i = 0; i < pixels; i++) acc[r][i] = _mm512_setzero_si512();
    }
    for (size_t t = 0; t < d->taps; t++) {
        if (seen != OWN && seen != FAR && rows == 1 && are_neighbours(d, t)) {
            three_taps(d, t, p, pixels, ch, c, seen, acc);
            t += 2;
        } else {
            one_tap(d, t, p, rows, pixels, ch, c, seen, acc);
        }
    }
    const __m512 scale = _mm512_maskz_loadu_ps(ch->mask, d->scale + ch->first);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        float *y = d->c + r * d->row_stride + p * d->ldc + ch->first;
        UNROLL
        for (size_t i = 0; i < pixels; i++) {
            const __m512 sum = c == FFP8_CLASS_I16 ? _mm512_cvtepi32_ps(acc[r][i]) : _mm512_castsi512_ps(acc[r][i]);
            _mm512_mask_storeu_ps(y + i * d->ldc, ch->mask, _mm512_mul_ps(sum, scale));
        }
    }
}

static ALWAYS_INLINE void block_pixels(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, const struct channels *ch,
                                       ffp8_class c, enum seen seen) {
    if (rows == 1 && pixels == 14) {
        block(d, p, 1, 14, ch, c, seen);
        return;
    }
    for (; pixels >= 7; p += 7, pixels -= 7) block(d, p, rows, 7, ch, c, seen);
    for (; pixels >= 3; p += 3, pixels -= 3) block(d, p, rows, 3, ch, c, seen);
    for (; pixels; p++, pixels--) block(d, p, rows, 1, ch, c, seen);
}

/* Channels within pixels: x, w and c are read and written as they lie in memory. Whole vectors have a constant mask, which costs nothing. */
static ALWAYS_INLINE void own_words(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, ffp8_class c) {
    size_t first = 0;
    for (; first + 16 <= d->channels; first += 16)
        block_pixels(d, p, rows, pixels, &(struct channels){.first = first, .first_word = first, .mask = 0xFFFF}, c, OWN);
    if (first == d->channels) return;
    const __mmask16 mask = (__mmask16)((1u << (d->channels - first)) - 1);
    block_pixels(d, p, rows, pixels, &(struct channels){.first = first, .first_word = first, .mask = mask}, c, OWN);
}

static ALWAYS_INLINE void words_of_lanes(const struct ffp8_depthwise *d, size_t p, size_t rows, size_t pixels, ffp8_class c) {
    for (size_t first = 0; first < d->channels; first += 16) {
        const size_t count = ffp8_min_size(16, d->channels - first), last = d->lane[first + count - 1] - d->lane[first];
        const __mmask16 mask = (__mmask16)((1u << count) - 1);
        const struct channels ch = {
            .first = first,
            .first_word = d->lane[first],
            .mask = mask,
            .words = (__mmask16)((2u << (last & 15)) - 1),
            .lane = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(mask, d->lane + first), _mm512_set1_epi32((int)d->lane[first])),
        };
        if (last == 0)
            block_pixels(d, p, rows, pixels, &ch, c, SAME);
        else if (last < 8)
            block_pixels(d, p, rows, pixels, &ch, c, WITHIN_8);
        else if (last < 16)
            block_pixels(d, p, rows, pixels, &ch, c, WITHIN_16);
        else
            for (size_t i = 0; i < pixels; i++) block(d, p + i, rows, 1, &ch, c, FAR);
    }
}

static ALWAYS_INLINE void some_rows(const struct ffp8_depthwise *d, size_t rows, ffp8_class c) {
    for (size_t p = 0, pixels; p < d->pixels; p += pixels) {
        pixels = ffp8_min_size(FFP8_LANES_TILE / rows, d->pixels - p);
        if (d->lane)
            words_of_lanes(d, p, rows, pixels, c);
        else
            own_words(d, p, rows, pixels, c);
    }
}

static ALWAYS_INLINE void depthwise(const struct ffp8_depthwise *d, ffp8_class c) {
    const struct ffp8_depthwise copy = *d; /* stores to c may not change it, which the compiler cannot know of the original */
    if (d->rows == 1)
        some_rows(&copy, 1, c);
    else
        some_rows(&copy, 2, c);
}

#endif
