/* SPDX-License-Identifier: Apache-2.0
 *
 * mmla_neon.h - the dot kernels of NEON tiers with matrix instructions: usmmla for I8, bfmmla for BF16; I16 by bytes (split_neon.h), also of
 * neondotprod
 *
 * Formula: struct ffp8_dot. One instruction multiplies two rows of two words with two columns of two words and adds to 2 x 2 sums: twice as
 * many products as a dot instruction. Panels are paired (ffp8_expand_fn), so that 16 bytes are two columns. A's rows are gathered two by two
 * into a buffer, once for all columns where they fit: `steps` of two words, each with 16 bytes for each two rows. An odd last row goes with
 * itself, an odd last word with zero.
 *
 * Registers: rows 7 and 8: 4 x 6 blocks of sums (8 rows, 12 columns; the last 8 of a panel: 4 x 4), 4 of A, 1 of B; fewer: up to 3 x 8.
 * Order of summation: words in increasing order into one sum. bfmmla is two bfdot, the first word's and the second's: bit for bit those of the
 * fused kernels, but for the sign of a zero. I8 is exact in any order.
 * Bound: the multipliers, at 24 of their instructions for 10 loads. Independent chains: 24; bfmmla's sum takes 5 cycles at 4 a cycle.
 * Tails: columns beyond cols are computed as they lie in the panel and not stored.
 */
#ifndef FFP8_MMLA_NEON_H
#define FFP8_MMLA_NEON_H

#include "arm_neon_kernels.h"
#include "neon_finish.h"
#include "neon_word.h"
#include "split_neon.h"

enum {
    MMLA_STEPS = 256, /* of the buffer: 16 KiB, half of the smallest L1 cache */
    MMLA_STEP_WORDS = 2 * FFP8_NR
};

/* Rows in pairs: [step][pairs of rows]. I16: steps are twice as long. */
union row_pairs {
    int32x4_t step[MMLA_STEPS * NEON_MR / 2];
    struct split split[MMLA_STEPS / 2 * NEON_MR / 2];
};

/* Whole segments, or a part of one. */
struct part {
    size_t segment, count, word, words;
};

static ALWAYS_INLINE struct part next_part(const struct ffp8_dot *d, size_t segment, size_t word, size_t end, const ffp8_class c) {
    const size_t step = c == FFP8_CLASS_I16 ? SPLIT_WORDS : 2, words = ffp8_ceil_div(d->words, step) * step, room = 2 * MMLA_STEPS;
    const size_t most = words > 0 && words <= room ? room / words : 1;
    return (struct part){segment, ffp8_min_size(end - segment, most), word, ffp8_min_size(d->words - word, room)};
}

static ALWAYS_INLINE int32x4_t two_rows(const uint8_t *first, const uint8_t *second) {
    return vreinterpretq_s32_u8(vcombine_u8(vld1_u8(first), vld1_u8(second)));
}

/* Where the rows of segment i begin; of a pair that is not whole, and of units of one row, both are the same. */
static ALWAYS_INLINE void find_rows(const struct ffp8_dot *d, const struct part *part, size_t i, const size_t pairs,
                                    const uint8_t *row[NEON_MR]) {
    const uint8_t *a = (const uint8_t *)d->a[part->segment + i] + part->word * FFP8_WORD_BYTES;
    for (size_t r = 0; r < 2 * pairs; r++) row[r] = a + ffp8_min_size(r * UNIT_ROWS / 2, d->rows - 1) * d->lda_bytes;
}

static ALWAYS_INLINE int16x8_t load_split(const uint8_t *row, size_t words) {
    uint8_t word[SPLIT_WORDS * FFP8_WORD_BYTES] = {0};
    if (words >= SPLIT_WORDS) return vreinterpretq_s16_u8(vld1q_u8(row));
    memcpy(word, row, words * FFP8_WORD_BYTES);
    return vreinterpretq_s16_u8(vld1q_u8(word));
}

static ALWAYS_INLINE void gather_split(const struct ffp8_dot *d, const struct part *part, const size_t pairs, struct split *to) {
    const uint8_t *row[NEON_MR];
    for (size_t i = 0; i < part->count; i++) {
        find_rows(d, part, i, pairs, row);
        for (size_t w = 0; w < part->words; w += SPLIT_WORDS) {
            for (size_t p = 0; p < pairs; p++) {
                const size_t at = w * FFP8_WORD_BYTES, left = part->words - w;
                *to++ = split_elements(load_split(row[2 * p] + at, left), load_split(row[2 * p + 1] + at, left));
            }
        }
    }
}

static ALWAYS_INLINE void gather_rows(const struct ffp8_dot *d, const struct part *part, const size_t pairs, int32x4_t *step) {
    const uint8_t *row[NEON_MR];
    for (size_t i = 0; i < part->count; i++) {
        find_rows(d, part, i, pairs, row);
        size_t w = 0;
        for (; w + 4 <= part->words; w += 4, step += 2 * pairs) {
            UNROLL for (size_t p = 0; p < pairs; p++) {
                int64x2_t x = vreinterpretq_s64_u8(vld1q_u8(row[2 * p] + w * FFP8_WORD_BYTES));
                int64x2_t y = vreinterpretq_s64_u8(vld1q_u8(row[2 * p + 1] + w * FFP8_WORD_BYTES));
                step[p] = vreinterpretq_s32_s64(vzip1q_s64(x, y));
                step[pairs + p] = vreinterpretq_s32_s64(vzip2q_s64(x, y));
            }
        }
        for (; w < part->words; w += 2, step += pairs) {
            for (size_t p = 0; p < pairs; p++) {
                uint8_t word[2][2 * FFP8_WORD_BYTES] = {{0}, {0}};
                const size_t bytes = ffp8_min_size(part->words - w, 2) * FFP8_WORD_BYTES;
                memcpy(word[0], row[2 * p] + w * FFP8_WORD_BYTES, bytes);
                memcpy(word[1], row[2 * p + 1] + w * FFP8_WORD_BYTES, bytes);
                step[p] = two_rows(word[0], word[1]);
            }
        }
    }
}

/* acc += two rows of A times two columns of B. One-instruction asm for the reasons that neon_word.h gives. */
static ALWAYS_INLINE int32x4_t multiply(int32x4_t acc, int32x4_t a, int32x4_t b, const ffp8_class c) {
#ifdef __ARM_FEATURE_MATMUL_INT8
    if (c == FFP8_CLASS_I8) __asm__ volatile("usmmla %0.4s, %1.16b, %2.16b" : "+w"(acc) : "w"(a), "w"(b));
#endif
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
    if (c == FFP8_CLASS_BF16) __asm__ volatile("bfmmla %0.4s, %1.8h, %2.8h" : "+w"(acc) : "w"(a), "w"(b));
#endif
    (void)a, (void)b, (void)c;
    return acc;
}

/* Two blocks of 2 x 2 to two rows of four columns, or back. */
static ALWAYS_INLINE void turn_blocks(int32x4_t *x, int32x4_t *y) {
    int64x2_t first = vreinterpretq_s64_s32(*x), second = vreinterpretq_s64_s32(*y);
    *x = vreinterpretq_s32_s64(vzip1q_s64(first, second));
    *y = vreinterpretq_s32_s64(vzip2q_s64(first, second));
}

/* Columns from `column` on, two by two: Q such pairs. Goes on from the sums so far. */
static ALWAYS_INLINE void mmla_tile(const struct ffp8_dot *d, const struct part *part, const union row_pairs *rows, size_t column,
                                    const size_t P, const size_t Q, const ffp8_class c, struct sums *sums) {
    int32x4_t acc[NEON_MR / 2][8], head[4]; /* of head: half as many as Q */
    const int32x4_t *a = rows->step;
    UNROLL for (size_t q = 0; q < Q / 2; q++) head[q] = vdupq_n_s32(0);
    UNROLL for (size_t p = 0; p < P; p++) {
        UNROLL for (size_t q = 0; q < Q; q += 2) {
            acc[p][q] = vld1q_s32(sums->low[2 * p] + column + 2 * q);
            acc[p][q + 1] = vld1q_s32(sums->low[2 * p + 1] + column + 2 * q);
            turn_blocks(&acc[p][q], &acc[p][q + 1]);
        }
    }
    for (size_t i = 0; i < part->count; i++) {
        const int32_t *b = (const int32_t *)(const void *)ffp8_dot_b(d, part->segment + i);
        if (c == FFP8_CLASS_I8) {
            if (part->word == 0) {
                UNROLL for (size_t q = 0; q < Q / 2; q++)
                    head[q] = vaddq_s32(head[q], word_head(vld1q_s32(b + column + 4 * q), d->a_offset));
            }
            b += FFP8_NR;
        }
        b += part->word * FFP8_NR + 2 * column;
        size_t words = part->words;
        for (; words >= 2; words -= 2, b += MMLA_STEP_WORDS, a += P) {
            UNROLL for (size_t q = 0; q < Q; q++) {
                const int32x4_t y = vld1q_s32(b + 4 * q);
                UNROLL for (size_t p = 0; p < P; p++) acc[p][q] = multiply(acc[p][q], a[p], y, c);
            }
        }
        if (words) { /* a plain step */
            UNROLL for (size_t q = 0; q < Q; q++) {
                const int32x2_t y = vld1_s32(b - column + 2 * q);
                const int32x4_t with_zeros = vzip1q_s32(vcombine_s32(y, y), vdupq_n_s32(0));
                UNROLL for (size_t p = 0; p < P; p++) acc[p][q] = multiply(acc[p][q], a[p], with_zeros, c);
            }
            a += P;
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        UNROLL for (size_t q = 0; q < Q; q += 2) {
            turn_blocks(&acc[p][q], &acc[p][q + 1]);
            UNROLL for (size_t r = 0; r < 2; r++) {
                if (c == FFP8_CLASS_I8) acc[p][q + r] = vaddq_s32(acc[p][q + r], head[q / 2]);
                vst1q_s32(sums->low[2 * p + r] + column + 2 * q, acc[p][q + r]);
            }
        }
    }
}

/* Four columns of a unit's row r, of the blocks of two columns each. */
static ALWAYS_INLINE int32x4_t row_of_blocks(int32x4_t x, int32x4_t y, size_t r) {
    if (UNIT_ROWS == 1) return vpaddq_s32(x, y);
    turn_blocks(&x, &y);
    return r == 0 ? x : y;
}

/* I16: two units of rows, or one, times 8 columns from `column` on. */
static ALWAYS_INLINE void split_tile(const struct ffp8_dot *d, const struct part *part, const union row_pairs *rows, size_t pair,
                                     size_t pairs, size_t column, const size_t P, struct sums *sums) {
    int32x4_t acc[3][2][4];
    UNROLL for (size_t s = 0; s < 3; s++) {
        UNROLL for (size_t p = 0; p < P; p++) { UNROLL for (size_t q = 0; q < 4; q++) acc[s][p][q] = vdupq_n_s32(0); }
    }
    const struct split *a = rows->split + pair;
    for (size_t i = 0; i < part->count; i++) {
        const int32_t *b = (const int32_t *)(const void *)ffp8_dot_b(d, part->segment + i) + part->word * FFP8_NR;
        size_t words = part->words;
        for (; words >= SPLIT_WORDS; words -= SPLIT_WORDS, b += SPLIT_WORDS * FFP8_NR, a += pairs) {
            const int8_t *y = (const int8_t *)(b + SPLIT_WORDS * column);
            UNROLL for (size_t q = 0; q < 4; q++)
                multiply_split(acc, a, (struct split){vld1q_s8(y + 32 * q), vld1q_s8(y + 32 * q + 16)}, P, q);
        }
        if (words) { /* plain steps */
            UNROLL for (size_t q = 0; q < 4; q++) multiply_split(acc, a, split_last(b + column + 2 * q, words), P, q);
            a += pairs;
        }
    }
    UNROLL for (size_t p = 0; p < P; p++) {
        UNROLL for (size_t q = 0; q < 4; q += 2) {
            UNROLL for (size_t r = 0; r < UNIT_ROWS; r++) {
                const size_t row = UNIT_ROWS * (pair + p) + r, at = column + 2 * q;
                int32x4_t x[3];
                UNROLL for (size_t s = 0; s < 3; s++) x[s] = row_of_blocks(acc[s][p][q], acc[s][p][q + 1], r);
                add_split(sums->low[row] + at, sums->high[row] + at, x[0], x[1], x[2]);
            }
        }
    }
}

/* The segments of one sum, for one panel. *gathered: `rows` holds all of the call's, from the panel before. */
static ALWAYS_INLINE void mmla_sum(const struct ffp8_dot *d, size_t segment, size_t end, const size_t P, const ffp8_class c, bool *gathered,
                                   union row_pairs *rows, struct sums *sums) {
    memset(sums->low, 0, UNIT_ROWS * P * sizeof *sums->low);
    if (c == FFP8_CLASS_I16) memset(sums->high, 0, UNIT_ROWS * P * sizeof *sums->high);
    for (size_t word = 0; segment < end;) {
        const struct part part = next_part(d, segment, word, end, c);
        if (!*gathered && c == FFP8_CLASS_I16) gather_split(d, &part, P, rows->split);
        if (!*gathered && c != FFP8_CLASS_I16) gather_rows(d, &part, P, rows->step);
        *gathered = part.count == d->count && part.words == d->words;
        size_t column = 0;
        if (c == FFP8_CLASS_I16) {
            for (; column < d->cols; column += 8) {
                for (size_t p = 0; p + 2 <= P; p += 2) split_tile(d, &part, rows, p, P, column, 2, sums);
                if (P % 2) split_tile(d, &part, rows, P - 1, P, column, 1, sums);
            }
        } else if (P == 4) {
            for (; column + 8 < d->cols && column < 24; column += 12) mmla_tile(d, &part, rows, column, P, 6, c, sums);
            if (column < d->cols) mmla_tile(d, &part, rows, column, P, 4, c, sums);
        } else {
            for (; column < d->cols; column += 16) mmla_tile(d, &part, rows, column, P, 8, c, sums);
        }
        word += part.words;
        if (word == d->words) segment += part.count, word = 0;
    }
}

static ALWAYS_INLINE void mmla_pairs(const struct ffp8_dot *d, const size_t P, const ffp8_class c) {
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    union row_pairs rows;
    struct sums sums;
    struct ffp8_dot copy;
    bool gathered = false;
    for (size_t column = 0; column < d->cols; column += FFP8_NR) {
        const struct ffp8_dot *panel = ffp8_dot_panel(d, column, &copy);
        size_t i = 0;
        do {
            sums.carried = c == FFP8_CLASS_I16; /* always in two halves */
            mmla_sum(panel, i, i + step, P, c, &gathered, &rows, &sums);
            sums_finish(panel, i, &sums, c);
            i += step;
        } while (i < d->count);
    }
}

static ALWAYS_INLINE void mmla(const struct ffp8_dot *d, const ffp8_class c) {
    switch (ffp8_ceil_div(d->rows, UNIT_ROWS)) {
    case 1: mmla_pairs(d, 1, c); break;
    case 2: mmla_pairs(d, 2, c); break;
    case 3: mmla_pairs(d, 3, c); break;
    default: mmla_pairs(d, 4, c); break;
    }
}

#endif
