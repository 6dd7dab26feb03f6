/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_256.h - the fused kernels of the tiers with 256-bit registers: one or two rows of A against packed lines
 *
 * Formula: struct ffp8_dot. Each code of B is read once and decoded in registers (line_256.h).
 * Registers: 2 rows x 4 accumulators of 8 columns = 8, the rest for decoding; decoding half a line at a time keeps within 16.
 * Order: one accumulator an element of C; segments and words in increasing order. I8 and I16 are exact, hence in any order. The chain of dependent
 * additions is shorter than the decoding of a line, so that phases would gain nothing.
 * HALF takes two lines at a time; see codes_256.h.
 * I8: -a_offset times the sum of B's elements is one more dot, with a_offset as its A.
 * Bound: decoding, near the memory's speed. Tails: an instance for each number of rows; masked stores for columns.
 */
#ifndef FFP8_FUSED_256_H
#define FFP8_FUSED_256_H

#include "finish_256.h"
#include "line_256.h"

enum { FUSED_ROWS = 2 };

enum { HALF_STEPS = 4 }; /* of HALF at once */

/* HALF: one line or two. */
static ALWAYS_INLINE void fused_halves(const struct line_decoder *t, __m256i (*acc)[FUSED_ROWS][2], const uint8_t *a, size_t lda,
                                       const uint8_t *lines, size_t rows, size_t steps) {
    struct stored_halves half[HALF_STEPS / 2][2];
    UNROLL
    for (size_t line = 0; line < (steps + 1) / 2; line++, lines += FFP8_LINE_BYTES) {
        prefetch_lines(lines, FFP8_CLASS_F32);
        UNROLL
        for (size_t x = 0; x < 2; x++) store_half_line(t, _mm256_loadu_si256((const __m256i *)(lines + x * HALF_BYTES)), &half[line][x]);
    }
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        __m256i k[FUSED_ROWS];
        UNROLL
        for (size_t r = 0; r < rows; r++) k[r] = broadcast(a + r * lda + s * FFP8_WORD_BYTES);
        UNROLL
        for (size_t i = 0; i < 4; i++) {
            const __m256i word = widen(&half[s / 2][i / 2].eight[s % 2 * 2 + i % 2]);
            UNROLL
            for (size_t r = 0; r < rows; r++) acc[i / 2][r][i % 2] = dot(acc[i / 2][r][i % 2], k[r], word, FFP8_CLASS_F32);
        }
    }
}

/* acc[x][r][u], offset_sum[x][u]: columns 16u + 8x + 0..7 */
static ALWAYS_INLINE void fused_steps(const struct line_decoder *t, __m256i (*acc)[FUSED_ROWS][2], __m256i (*offset_sum)[2],
                                      __m256i a_offset, const uint8_t *a, size_t lda, const uint8_t *lines, size_t rows, size_t steps,
                                      ffp8_class c, enum line_kind kind) {
    if (kind == LINE_HALF) {
        fused_halves(t, acc, a, lda, lines, rows, steps);
        return;
    }
    prefetch_lines(lines, c);
    UNROLL
    for (size_t x = 0; x < 2; x++) {
        __m256i word[2][2];
        decode_half(t, lines + x * HALF_BYTES, c, kind, word);
        UNROLL
        for (size_t s = 0; s < steps; s++) {
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                __m256i k = broadcast(a + r * lda + s * FFP8_WORD_BYTES);
                acc[x][r][0] = dot(acc[x][r][0], k, word[s][0], c);
                acc[x][r][1] = dot(acc[x][r][1], k, word[s][1], c);
            }
        }
        if (c == FFP8_CLASS_I8) {
            offset_sum[x][0] = dot(offset_sum[x][0], a_offset, word[0][0], c);
            offset_sum[x][1] = dot(offset_sum[x][1], a_offset, word[0][1], c);
        }
    }
}

/* Segments [i, end) into acc. */
static ALWAYS_INLINE void fused_segments(const struct ffp8_dot *d, const struct line_decoder *t, size_t i, size_t end,
                                         __m256i (*acc)[FUSED_ROWS][2], struct high *high, size_t rows, ffp8_class c, enum line_kind kind) {
    const __m256i zero = _mm256_setzero_si256(), a_offset = _mm256_set1_epi8((char)d->a_offset);
    __m256i offset_sum[2][2] = {{zero, zero}, {zero, zero}};
    const size_t lda = d->lda_bytes, steps = c == FFP8_CLASS_F32 ? 2 : 1;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = d->a[i], *lines = ffp8_dot_b(d, i);
        for (size_t left = d->words, run; left; left -= run) {
            size_t w = run = run_words(d, left, &room, c);
            if (!run) {
                carry(acc[0], &high[0], rows);
                carry(acc[1], &high[1], rows);
            }
            if (kind == LINE_HALF)
                for (; w >= HALF_STEPS; w -= HALF_STEPS, a += HALF_STEPS * FFP8_WORD_BYTES, lines += HALF_STEPS / 2 * FFP8_LINE_BYTES)
                    fused_halves(t, acc, a, lda, lines, rows, HALF_STEPS);
            for (; w >= steps; w -= steps, a += steps * FFP8_WORD_BYTES, lines += lines_bytes(c))
                fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, rows, steps, c, kind);
            if (w) fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, rows, 1, c, kind);
        }
    }
    if (c == FFP8_CLASS_I8) {
        UNROLL
        for (size_t x = 0; x < 2; x++) {
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                acc[x][r][0] = _mm256_sub_epi32(acc[x][r][0], offset_sum[x][0]);
                acc[x][r][1] = _mm256_sub_epi32(acc[x][r][1], offset_sum[x][1]);
            }
        }
    }
}

static ALWAYS_INLINE void fused_tile(const struct ffp8_dot *d, size_t rows, ffp8_class c, enum line_kind kind) {
    struct line_decoder t;
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    size_t i = 0;
    line_decoder_init(&t, d->lut);
    do {
        __m256i acc[2][FUSED_ROWS][2];
        struct high high[2];
        high_init(&high[0], d, step, rows, c);
        high_init(&high[1], d, step, rows, c);
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[0][r][0] = acc[0][r][1] = acc[1][r][0] = acc[1][r][1] = _mm256_setzero_si256();
        fused_segments(d, &t, i, i + step, acc, high, rows, c, kind);
        UNROLL
        for (size_t x = 0; x < 2; x++) finish(d, i, acc[x], &high[x], rows, 8 * x, 16 + 8 * x, c);
        i += step;
    } while (i < d->count);
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (d->rows == 1) {
        fused_tile(d, 1, c, kind);
    } else {
        fused_tile(d, 2, c, kind);
    }
}

/* A function of its own: within one, gcc 12 keeps words of FLOAT, which needs all registers, in memory. */
static NO_INLINE void fused_half(const struct ffp8_dot *d) { fused_rows(d, FFP8_CLASS_F32, LINE_HALF); }

static ALWAYS_INLINE void fused_panel(const struct ffp8_dot *d, ffp8_class c) {
    switch (line_kind(d->lut, c)) {
    case LINE_TABLE: fused_rows(d, c, LINE_TABLE); break;
    case LINE_NIBBLE: fused_rows(d, c, LINE_NIBBLE); break;
    case LINE_HALF: fused_half(d); break;
    case LINE_HALF_SPECIAL: fused_rows(d, c, LINE_HALF_SPECIAL); break;
    case LINE_FLOAT: fused_rows(d, c, LINE_FLOAT); break;
    }
}

static ALWAYS_INLINE void fused_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, fused_panel); }

#endif
