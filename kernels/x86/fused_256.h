/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_256.h - the fused kernels of the tiers with 256-bit registers: up to four rows of A against packed lines
 *
 * Formula: struct ffp8_dot. Each code of B is read once and decoded in registers (line_256.h).
 * Registers: 2 rows x 4 accumulators of 8 columns = 8, the rest for decoding; decoding half a line at a time keeps within 16. Three and four rows
 * go over a panel twice, for the halves of its lines: 4 rows x 2 accumulators. The second time the panel comes from L2.
 * Order: one accumulator an element of C; segments and words in increasing order. I8 and I16 are exact, hence in any order. The chain of dependent
 * additions is shorter than the decoding of a line, so that phases would gain nothing.
 * HALF: see codes_256.h.
 * I8: -a_offset times the sum of B's elements is one more dot, with a_offset as its A.
 * Bound: decoding, near the memory's speed. Tails: an instance for each number of rows; masked stores for columns.
 */
#ifndef FFP8_FUSED_256_H
#define FFP8_FUSED_256_H

#include "finish_256.h"
#include "line_256.h"

enum { FUSED_ROWS = 4 };

/* Halves of a line: the first of them and how many. */
struct span {
    size_t first, count;
};

/* HALF: a line's FP16 numbers. */
static ALWAYS_INLINE void store_line(const struct line_decoder *t, const uint8_t *line, struct span of, struct stored_halves half[2]) {
    prefetch_lines(line, FFP8_CLASS_F32);
    UNROLL
    for (size_t x = 0; x < of.count; x++)
        store_half_line(t, _mm256_loadu_si256((const __m256i *)(line + (of.first + x) * HALF_BYTES)), &half[x]);
}

static ALWAYS_INLINE void multiply_line(const struct stored_halves half[2], __m256i (*acc)[FUSED_ROWS][2], const uint8_t *a, size_t lda,
                                        struct span of, size_t rows) {
    UNROLL
    for (size_t s = 0; s < 2; s++) {
        __m256i k[FUSED_ROWS];
        UNROLL
        for (size_t r = 0; r < rows; r++) k[r] = broadcast(a + r * lda + s * FFP8_WORD_BYTES);
        UNROLL
        for (size_t i = 0; i < 2 * of.count; i++) {
            const __m256i word = widen(&half[i / 2].eight[2 * s + i % 2]);
            UNROLL
            for (size_t r = 0; r < rows; r++) acc[i / 2][r][i % 2] = dot(acc[i / 2][r][i % 2], k[r], word, FFP8_CLASS_F32);
        }
    }
}

/* HALF: lines of two words, an even number of them that is not zero, each stored while the one before is multiplied. */
static ALWAYS_INLINE void fused_halves(const struct line_decoder *t, __m256i (*acc)[FUSED_ROWS][2], const uint8_t *a, size_t lda,
                                       const uint8_t *lines, size_t count, struct span of, size_t rows) {
    enum { A_STEP = 2 * FFP8_WORD_BYTES };
    struct stored_halves half[2][2];
    store_line(t, lines, of, half[0]);
    store_line(t, lines + FFP8_LINE_BYTES, of, half[1]);
    for (; count > 2; count -= 2, a += 2 * A_STEP) {
        lines += 2 * FFP8_LINE_BYTES;
        multiply_line(half[0], acc, a, lda, of, rows);
        store_line(t, lines, of, half[0]);
        multiply_line(half[1], acc, a + A_STEP, lda, of, rows);
        store_line(t, lines + FFP8_LINE_BYTES, of, half[1]);
    }
    multiply_line(half[0], acc, a, lda, of, rows);
    multiply_line(half[1], acc, a + A_STEP, lda, of, rows);
}

/* acc[x][r][u], offset_sum[x][u]: columns 16u + 8(first + x) + 0..7 */
static ALWAYS_INLINE void fused_steps(const struct line_decoder *t, __m256i (*acc)[FUSED_ROWS][2], __m256i (*offset_sum)[2],
                                      __m256i a_offset, const uint8_t *a, size_t lda, const uint8_t *lines, struct span of, size_t rows,
                                      size_t steps, ffp8_class c, enum line_kind kind) {
    prefetch_lines(lines, c);
    UNROLL
    for (size_t x = 0; x < of.count; x++) {
        __m256i word[2][2];
        decode_half(t, lines + (of.first + x) * HALF_BYTES, c, kind, word);
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
                                         __m256i (*acc)[FUSED_ROWS][2], struct high *high, struct span of, size_t rows, ffp8_class c,
                                         enum line_kind kind) {
    const __m256i zero = _mm256_setzero_si256(), a_offset = _mm256_set1_epi8((char)d->a_offset);
    __m256i offset_sum[2][2] = {{zero, zero}, {zero, zero}};
    const size_t lda = d->lda_bytes, steps = c == FFP8_CLASS_F32 ? 2 : 1;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = d->a[i], *lines = ffp8_dot_b(d, i);
        for (size_t left = d->words, run; left; left -= run) {
            size_t w = run = run_words(d, left, &room, c);
            if (!run) {
                UNROLL
                for (size_t x = 0; x < of.count; x++) carry(acc[x], &high[x], rows);
            }
            if (kind == LINE_HALF && w >= 4) {
                const size_t count = w / 4 * 2;
                fused_halves(t, acc, a, lda, lines, count, of, rows);
                w -= 2 * count, a += 2 * count * FFP8_WORD_BYTES, lines += count * FFP8_LINE_BYTES;
            }
            for (; w >= steps; w -= steps, a += steps * FFP8_WORD_BYTES, lines += lines_bytes(c))
                fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, of, rows, steps, c, kind);
            if (w) fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, of, rows, 1, c, kind);
        }
    }
    if (c == FFP8_CLASS_I8) {
        UNROLL
        for (size_t x = 0; x < of.count; x++) {
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                acc[x][r][0] = _mm256_sub_epi32(acc[x][r][0], offset_sum[x][0]);
                acc[x][r][1] = _mm256_sub_epi32(acc[x][r][1], offset_sum[x][1]);
            }
        }
    }
}

static ALWAYS_INLINE void fused_tile(const struct ffp8_dot *d, struct span of, size_t rows, ffp8_class c, enum line_kind kind) {
    struct line_decoder t;
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    size_t i = 0;
    line_decoder_init(&t, d->lut);
    do {
        __m256i acc[2][FUSED_ROWS][2];
        struct high high[2];
        UNROLL
        for (size_t x = 0; x < of.count; x++) {
            high_init(&high[x], d, step, rows, c);
            UNROLL
            for (size_t r = 0; r < rows; r++) acc[x][r][0] = acc[x][r][1] = _mm256_setzero_si256();
        }
        fused_segments(d, &t, i, i + step, acc, high, of, rows, c, kind);
        UNROLL
        for (size_t x = 0; x < of.count; x++) {
            const size_t j = 8 * (of.first + x);
            finish(d, i, acc[x], &high[x], rows, j, 16 + j, c);
        }
        i += step;
    } while (i < d->count);
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    const struct span both = {0, 2}, lower = {0, 1}, upper = {1, 1};
    if (d->rows == 1) {
        fused_tile(d, both, 1, c, kind);
    } else if (d->rows == 2) {
        fused_tile(d, both, 2, c, kind);
    } else if (d->rows == 3) {
        fused_tile(d, lower, 3, c, kind);
        fused_tile(d, upper, 3, c, kind);
    } else {
        fused_tile(d, lower, 4, c, kind);
        fused_tile(d, upper, 4, c, kind);
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
