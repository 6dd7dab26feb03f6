/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neon.c - the batch-reduce micro-kernels on expanded panels, I16 and F32; the formula stands at struct ffp8_dot
 *
 * Lanes are columns. A tile is R rows times 4 Q columns; a panel of 32 columns takes 32 / 4Q passes, and lies in L1 from the first one on:
 *     F32 rows 8: 8 x 8     4: 4 x 16     2: 2 x 32     1: 1 x 32       (other row counts are sums of these)
 *     I16      8: 8 x 8     4: 4 x 16     2: 2 x 16     1: 1 x 16
 * Registers at 8 x 8: 16 accumulators, 8 of A (16 bytes of k from each row, used by element), 2 of B (I16: 4, before and after unzipping).
 * I16: a word's two elements are unzipped to (k, 8 columns) and (k + 1, 8 columns), each multiplied by smlal and smlal2: exact int32.
 *
 * Order of summation: segments, words, elements in a word, each in increasing order, into one sum: F32 equals generic bit for bit.
 * Bound: the multipliers, at 16 (F32) or 32 (I16) of their instructions for each 2 loads of B and 2 of A. Independent chains: 16.
 * Tails: words that do not fill 16 bytes are taken one by one; columns beyond cols are computed as they lie in the panel and not stored.
 */
#include "arm_neon_kernels.h"
#include "neon_finish.h"

static ALWAYS_INLINE void tile_f32(const struct ffp8_dot *d, size_t row, size_t column, const size_t R, const size_t Q,
                                   float sum[][FFP8_NR]) {
    float32x4_t acc[8][8];
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = vdupq_n_f32(0); }
    size_t lda = d->lda_bytes;
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + row * lda;
        const float *b = (const float *)d->b[i] + column;
        size_t words = d->words;
        for (; words >= 4; words -= 4, a += 16, b += 4 * FFP8_NR) {
            float32x4_t x[8];
            UNROLL for (size_t r = 0; r < R; r++) x[r] = vreinterpretq_f32_u8(load_lanes(a + r * lda));
            UNROLL for (size_t k = 0; k < 4; k++) {
                float32x4_t y[8];
                UNROLL for (size_t q = 0; q < Q; q++) y[q] = vld1q_f32(b + k * FFP8_NR + 4 * q);
                UNROLL for (size_t r = 0; r < R; r++) {
                    UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = vfmaq_n_f32(acc[r][q], y[q], x[r][k]);
                }
            }
        }
        for (; words > 0; words--, a += 4, b += FFP8_NR) {
            UNROLL for (size_t r = 0; r < R; r++) {
                float x;
                memcpy(&x, a + r * lda, sizeof x);
                UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = vfmaq_n_f32(acc[r][q], vld1q_f32(b + 4 * q), x);
            }
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t q = 0; q < Q; q++) vst1q_f32(sum[row + r] + column + 4 * q, acc[r][q]); }
}

/* One step of words: A's elements 2k, 2k + 1 of x times B's words at b. */
static ALWAYS_INLINE void step_s16(int32x4_t acc[8][8], const int16x8_t x[8], const size_t k, const int16_t *b, const size_t R,
                                   const size_t Q) {
    UNROLL for (size_t q = 0; q < Q; q += 2) {
        int16x8_t lo = vld1q_s16(b + 8 * q), hi = vld1q_s16(b + 8 * q + 8);
        int16x8_t even = vuzp1q_s16(lo, hi), odd = vuzp2q_s16(lo, hi);
        UNROLL for (size_t r = 0; r < R; r++) {
            acc[r][q] = vmlal_n_s16(acc[r][q], vget_low_s16(even), x[r][2 * k]);
            acc[r][q + 1] = vmlal_high_n_s16(acc[r][q + 1], even, x[r][2 * k]);
        }
        UNROLL for (size_t r = 0; r < R; r++) {
            acc[r][q] = vmlal_n_s16(acc[r][q], vget_low_s16(odd), x[r][2 * k + 1]);
            acc[r][q + 1] = vmlal_high_n_s16(acc[r][q + 1], odd, x[r][2 * k + 1]);
        }
    }
}

static ALWAYS_INLINE void tile_s16(const struct ffp8_dot *d, size_t row, size_t column, const size_t R, const size_t Q,
                                   int32_t sum[][FFP8_NR]) {
    int32x4_t acc[8][8];
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t q = 0; q < Q; q++) acc[r][q] = vdupq_n_s32(0); }
    size_t lda = d->lda_bytes;
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + row * lda;
        const int16_t *b = (const int16_t *)d->b[i] + 2 * column;
        size_t words = d->words;
        int16x8_t x[8];
        for (; words >= 4; words -= 4, a += 16, b += 4 * 2 * FFP8_NR) {
            UNROLL for (size_t r = 0; r < R; r++) x[r] = vreinterpretq_s16_u8(load_lanes(a + r * lda));
            UNROLL for (size_t k = 0; k < 4; k++) step_s16(acc, x, k, b + k * 2 * FFP8_NR, R, Q);
        }
        for (; words > 0; words--, a += 4, b += 2 * FFP8_NR) {
            UNROLL for (size_t r = 0; r < R; r++) {
                uint32_t word;
                memcpy(&word, a + r * lda, sizeof word);
                x[r] = vreinterpretq_s16_u32(vdupq_n_u32(word));
            }
            step_s16(acc, x, 0, b, R, Q);
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t q = 0; q < Q; q++) vst1q_s32(sum[row + r] + column + 4 * q, acc[r][q]); }
}

void ffp8_dot_f32_neon(const struct ffp8_dot *d) {
    float sum[NEON_MR][FFP8_NR];
    size_t row = 0;
    if (d->rows & 8) {
        for (size_t column = 0; column < d->cols; column += 8) tile_f32(d, row, column, 8, 2, sum);
        row += 8;
    }
    if (d->rows & 4) {
        for (size_t column = 0; column < d->cols; column += 16) tile_f32(d, row, column, 4, 4, sum);
        row += 4;
    }
    if (d->rows & 2) {
        tile_f32(d, row, 0, 2, 8, sum);
        row += 2;
    }
    if (d->rows & 1) tile_f32(d, row, 0, 1, 8, sum);
    finish_f32(d, sum);
}

void ffp8_dot_i16_neon(const struct ffp8_dot *d) {
    int32_t sum[NEON_MR][FFP8_NR];
    size_t row = 0;
    if (d->rows & 8) {
        for (size_t column = 0; column < d->cols; column += 8) tile_s16(d, row, column, 8, 2, sum);
        row += 8;
    }
    if (d->rows & 4) {
        for (size_t column = 0; column < d->cols; column += 16) tile_s16(d, row, column, 4, 4, sum);
        row += 4;
    }
    if (d->rows & 2) {
        for (size_t column = 0; column < d->cols; column += 16) tile_s16(d, row, column, 2, 4, sum);
        row += 2;
    }
    if (d->rows & 1) {
        for (size_t column = 0; column < d->cols; column += 16) tile_s16(d, row, column, 1, 4, sum);
    }
    finish_s32(d, sum);
}
