/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neon.h - the dot kernels of the NEON tiers
 *
 * c[r][j] (+)= sum over segments and words of A's word times 4 Q words of B, one a column; see struct ffp8_dot.
 * Lanes are columns. A tile is R rows times 4 Q columns; a panel of 32 columns takes 32 / 4Q passes, and lies in L1 from the first one on:
 *     rows 8: 8 x 8     4: 4 x 16     2: 2 x 32     1: 1 x 32       (other row counts are sums of these)
 * Registers at 8 x 8: 16 accumulators, 8 of A (4 words of each row, used by element), 2 of B (I16: 4). At 4 x 16: 16, 4, 4.
 * I16: B's pairs are unzipped to (k, 8 columns) and (k + 1, 8 columns), each multiplied by smlal and smlal2. F16: its panels lie so
 * (FFP8_PANEL_UNZIPPED), for fmlal and fmlal2 are twice as fast.
 * I8: neon_word.h says how A's bytes are read; the head of B makes up for what is left of their offset.
 *
 * Order of summation: segments and words in increasing order into one sum; within a word as the instruction does. F32 and F16 equal generic bit
 * for bit; I8 and I16 are exact in any order.
 * Bound: the multipliers, at 16 (I16: 32) of their instructions for 4 (8 x 8) or 5 (4 x 16) loads. Independent chains: 16.
 * Tails: words that do not fill 16 bytes are taken one by one; columns beyond cols are computed as they lie in the panel and not stored.
 */
#ifndef FFP8_DOT_NEON_H
#define FFP8_DOT_NEON_H

#include "arm_neon_kernels.h"
#include "neon_finish.h"
#include "neon_word.h"

/* dot_step of I16 and F16, whose words are two multiplications. */
static ALWAYS_INLINE void dot_step_halves(int32x4_t acc[8][8], const int32x4_t x[8], const int lane, const int32_t *b, const size_t R,
                                          const size_t Q, const ffp8_class c) {
    UNROLL for (size_t q = 0; q < Q; q += 2) {
        const int32x4_t first = vld1q_s32(b + 4 * q), second = vld1q_s32(b + 4 * q + 4);
        const struct halves y = c == FFP8_CLASS_F16 ? (struct halves){{vreinterpretq_s16_s32(first), vreinterpretq_s16_s32(second)}}
                                                    : halves_of(first, second);
        UNROLL for (size_t k = 0; k < 2; k++) {
            UNROLL for (size_t r = 0; r < R; r++) {
                UNROLL for (size_t half = 0; half < 2; half++)
                    acc[r][q + half] = halves_dot_lane(acc[r][q + half], y.of[k], half, x[r], 2 * lane + (int)k, c);
            }
        }
    }
}

/* One word of each row (`lane` of x) times one step of B. */
static ALWAYS_INLINE void dot_step(int32x4_t acc[8][8], const int32x4_t x[8], const int lane, const int32_t *b, const size_t R,
                                   const size_t Q, const ffp8_class c) {
    int32x4_t y[8];
    if (word_has_halves(c)) {
        dot_step_halves(acc, x, lane, b, R, Q, c);
        return;
    }
    UNROLL for (size_t q = 0; q < Q; q++) y[q] = vld1q_s32(b + 4 * q);
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = word_dot_lane(acc[r][q], y[q], x[r], lane, c);
    }
}

/* `words` words of R rows at a, and of B at b: moves both on. */
static ALWAYS_INLINE void dot_run(int32x4_t acc[8][8], const uint8_t **a, size_t lda, const int32_t **b, size_t words, const size_t R,
                                  const size_t Q, const ffp8_class c) {
    int32x4_t x[8];
    for (; words >= 4; words -= 4, *a += 16, *b += 4 * FFP8_NR) {
        UNROLL for (size_t r = 0; r < R; r++) x[r] = word_of_a(vreinterpretq_s32_u8(load_lanes(*a + r * lda)), c);
        dot_step(acc, x, 0, *b, R, Q, c);
        dot_step(acc, x, 1, *b + FFP8_NR, R, Q, c);
        dot_step(acc, x, 2, *b + 2 * FFP8_NR, R, Q, c);
        dot_step(acc, x, 3, *b + 3 * FFP8_NR, R, Q, c);
    }
    for (; words > 0; words--, *a += 4, *b += FFP8_NR) {
        UNROLL for (size_t r = 0; r < R; r++) x[r] = word_of_a(load_word(*a + r * lda), c);
        dot_step(acc, x, 0, *b, R, Q, c);
    }
}

/* Segments [i, end) of R rows from `row` on and of 4 Q columns from `column` on. */
static ALWAYS_INLINE void dot_tile(const struct ffp8_dot *d, size_t i, size_t end, size_t row, size_t column, const size_t R,
                                   const size_t Q, const ffp8_class c, struct sums *sums) {
    int32x4_t acc[8][8];
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = vdupq_n_s32(0); }
    size_t lda = d->lda_bytes, room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + row * lda;
        const int32_t *b = (const int32_t *)(const void *)ffp8_dot_b(d, i) + column;
        if (c == FFP8_CLASS_I8) {
            UNROLL for (size_t q = 0; q < Q; q++) {
                int32x4_t head = word_head(vld1q_s32(b + 4 * q), d->a_offset);
                UNROLL for (size_t r = 0; r < R; r++) acc[r][q] = vaddq_s32(acc[r][q], head);
            }
            b += FFP8_NR;
        }
        for (size_t left = d->words, run; left > 0; left -= run) {
            if (c == FFP8_CLASS_I16 && room == 0) {
                UNROLL for (size_t r = 0; r < R; r++) {
                    UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = carry(acc[r][q], sums->high[row + r] + column + 4 * q);
                }
                room = d->carry_words;
            }
            run = c == FFP8_CLASS_I16 ? ffp8_min_size(left, room) : left;
            room -= run;
            dot_run(acc, &a, lda, &b, run, R, Q, c);
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t q = 0; q < Q; q++) vst1q_s32(sums->low[row + r] + column + 4 * q, acc[r][q]);
    }
}

static ALWAYS_INLINE void dot_segments(const struct ffp8_dot *d, size_t i, size_t end, const size_t most_rows, const ffp8_class c,
                                       struct sums *sums) {
    size_t row = 0;
    if (most_rows >= 8 && d->rows & 8) {
        for (size_t column = 0; column < d->cols; column += 8) dot_tile(d, i, end, row, column, 8, 2, c, sums);
        row += 8;
    }
    if (d->rows & 4) {
        for (size_t column = 0; column < d->cols; column += 16) dot_tile(d, i, end, row, column, 4, 4, c, sums);
        row += 4;
    }
    if (d->rows & 2) {
        dot_tile(d, i, end, row, 0, 2, 8, c, sums);
        row += 2;
    }
    if (d->rows & 1) dot_tile(d, i, end, row, 0, 1, 8, c, sums);
}

static ALWAYS_INLINE void dot_panel(const struct ffp8_dot *d, const size_t most_rows, const ffp8_class c) {
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    struct sums sums;
    size_t i = 0;
    do {
        sums_begin(&sums, d, step * d->words, c);
        dot_segments(d, i, i + step, most_rows, c, &sums);
        sums_finish(d, i, &sums, c);
        i += step;
    } while (i < d->count);
}

static ALWAYS_INLINE void dot_rows(const struct ffp8_dot *d, const size_t most_rows, const ffp8_class c) {
    struct ffp8_dot copy;
    for (size_t column = 0; column < d->cols; column += FFP8_NR) dot_panel(ffp8_dot_panel(d, column, &copy), most_rows, c);
}

#endif
