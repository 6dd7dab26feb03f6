/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_neon.h - the direct kernels of the NEON tiers: up to 4 rows of A against plain rows of weights
 *
 * Formula: struct ffp8_dot. k lies in the lanes: 16 words of a column are decoded (neon_decode.h), in increasing k, and multiplied with 16 words
 * of each row of A, 4 words at a time.
 * Registers: 4 columns x 1 row, 2 x 2 or 1 x 4, each with 4 accumulators: 16; the rest for decoding. Columns share the loads of A and are
 * prefetched a group of columns ahead.
 * I8: the offset of A is one more row, whose sum is taken from the others' (neon_word.h). I8, I16: each int32 sum has a share of the terms; they
 * are added in int64.
 * Order: 16 sums (I8, I16: exact in any order), the word's number modulo 16 says which; within a word as the instruction does. F16: a sum has the
 * elements of one number modulo 4 of each fourth run of 8. They are added in a tree. The order depends on nothing but the number of terms.
 * Bound: decoding. Tails: single columns; what is left of a row is copied, so that nothing is read beyond it.
 */
#ifndef FFP8_DIRECT_NEON_H
#define FFP8_DIRECT_NEON_H

#include "arm_neon_kernels.h"
#include "neon_decode.h"
#include "neon_finish.h"
#include "neon_word.h"

enum { RUN_VECTORS = 4, RUN_BYTES = 64 /* of A */, DIRECT_COLUMNS = 4 };

/* word[i]: the i-th vector of words. */
static ALWAYS_INLINE void decode_run(const uint8_t *at, const struct decoder *d, const ffp8_class c, const enum decoding how,
                                     int32x4_t word[RUN_VECTORS]) {
    if (c == FFP8_CLASS_F32) {
        const uint8x16_t codes = vld1q_u8(at), zero = vdupq_n_u8(0);
        if (how == BY_TABLE || (how == BY_HALF_WITH_SPECIALS && any_special(codes, d))) {
            int32_t element[16];
            for (size_t i = 0; i < 16; i++) element[i] = (int32_t)d->lut->element[at[i]];
            UNROLL for (size_t i = 0; i < RUN_VECTORS; i++) word[i] = vld1q_s32(element + 4 * i);
            return;
        }
        float32x4x2_t first = decode_halves(vreinterpretq_s16_u8(vzip1q_u8(zero, codes)), d);
        float32x4x2_t second = decode_halves(vreinterpretq_s16_u8(vzip2q_u8(zero, codes)), d);
        UNROLL for (size_t i = 0; i < 2; i++) {
            word[i] = vreinterpretq_s32_f32(first.val[i]);
            word[2 + i] = vreinterpretq_s32_f32(second.val[i]);
        }
    } else if (c == FFP8_CLASS_I8) {
        UNROLL for (size_t i = 0; i < RUN_VECTORS; i++) word[i] = vreinterpretq_s32_u8(decode_bytes(vld1q_u8(at + 16 * i), d, how));
    } else {
        UNROLL for (size_t i = 0; i < RUN_VECTORS; i += 2) {
            struct group y = decode_group(at + 8 * i, d, c, how); /* in the order of the codes */
            word[i] = y.step[0][0];
            word[i + 1] = y.step[0][1];
        }
    }
}

/* One run of one column with each row. acc[rows]: I8 only, what the offset of A adds. */
static ALWAYS_INLINE void direct_run(int32x4_t (*acc)[RUN_VECTORS], const uint8_t *a, size_t lda, int32x4_t a_offset, const uint8_t *w,
                                     const struct decoder *d, const size_t rows, const ffp8_class c, const enum decoding how) {
    int32x4_t word[RUN_VECTORS];
    decode_run(w, d, c, how, word);
    UNROLL for (size_t i = 0; i < RUN_VECTORS; i++) {
        UNROLL for (size_t r = 0; r < rows; r++) {
            int32x4_t x = word_of_a(vreinterpretq_s32_u8(vld1q_u8(a + r * lda + 16 * i)), c);
            acc[r][i] = words_dot(acc[r][i], word[i], x, c);
        }
        if (c == FFP8_CLASS_I8) acc[rows][i] = words_dot(acc[rows][i], word[i], a_offset, c);
    }
}

static ALWAYS_INLINE float float_sum(const int32x4_t acc[RUN_VECTORS]) {
    float32x4_t x[RUN_VECTORS];
    UNROLL for (size_t i = 0; i < RUN_VECTORS; i++) x[i] = vreinterpretq_f32_s32(acc[i]);
    return vaddvq_f32(vaddq_f32(vaddq_f32(x[0], x[1]), vaddq_f32(x[2], x[3])));
}

/* Sums in int32, of which the sum need not be one, rounded once. */
static ALWAYS_INLINE float integer_sum(const struct ffp8_dot *d, const int32x4_t acc[RUN_VECTORS], size_t r, size_t j) {
    int64_t all = 0;
    UNROLL for (size_t i = 0; i < RUN_VECTORS; i++) all += vaddlvq_s32(acc[i]);
    return ffp8_dot_pass_part(d, r, j, all);
}

/* Columns j..j+columns-1: their sums to sum[row][column]. */
static ALWAYS_INLINE void direct_columns(const struct ffp8_dot *d, const struct decoder *decoder, float (*sum)[FFP8_NR], size_t j,
                                         const size_t columns, const size_t rows, const ffp8_class c, const enum decoding how) {
    const uint8_t offset = c == FFP8_CLASS_I8 ? d->a_offset : 0;
    const int32x4_t a_offset = word_of_a(vreinterpretq_s32_u8(vdupq_n_u8(offset)), c);
    const size_t element_bytes = ffp8_class_bytes(c), run = RUN_BYTES / element_bytes, lda = d->lda_bytes, ldb = d->ldb;
    const uint8_t *a = d->a[0], *w = ffp8_dot_b(d, 0) + j * ldb;
    int32x4_t acc[DIRECT_COLUMNS][NEON_FUSED_ROWS + 1][RUN_VECTORS];
    size_t left = d->terms;
    UNROLL for (size_t i = 0; i < columns; i++) {
        UNROLL for (size_t r = 0; r <= rows; r++) { UNROLL for (size_t v = 0; v < RUN_VECTORS; v++) acc[i][r][v] = vdupq_n_s32(0); }
    }
    for (; left >= run; left -= run, w += run, a += RUN_BYTES) {
        UNROLL for (size_t i = 0; i < columns; i++) {
            __builtin_prefetch(w + (i + columns) * ldb);
            direct_run(acc[i], a, lda, a_offset, w + i * ldb, decoder, rows, c, how);
        }
    }
    if (left) {
        uint8_t last_a[NEON_FUSED_ROWS][RUN_BYTES], last_w[RUN_BYTES];
        memset(last_a, offset, sizeof last_a); /* zeros, of which nothing is left beside the row of offsets */
        for (size_t r = 0; r < rows; r++) memcpy(last_a[r], a + r * lda, left * element_bytes);
        UNROLL for (size_t i = 0; i < columns; i++) {
            memset(last_w, d->pad_code, sizeof last_w);
            memcpy(last_w, w + i * ldb, left);
            direct_run(acc[i], last_a[0], sizeof last_a[0], a_offset, last_w, decoder, rows, c, how);
        }
    }
    UNROLL for (size_t i = 0; i < columns; i++) {
        UNROLL for (size_t r = 0; r < rows; r++) {
            if (c == FFP8_CLASS_I8) {
                UNROLL for (size_t v = 0; v < RUN_VECTORS; v++) acc[i][r][v] = vsubq_s32(acc[i][r][v], acc[i][rows][v]);
            }
            sum[r][j + i] = c <= FFP8_CLASS_I16 ? integer_sum(d, acc[i][r], r, j + i) : float_sum(acc[i][r]);
        }
    }
}

static ALWAYS_INLINE void direct_tile(const struct ffp8_dot *d, const size_t rows, const ffp8_class c, const enum decoding how) {
    const size_t columns = rows == 1 ? DIRECT_COLUMNS : rows == 2 ? 2 : 1;
    const struct decoder decoder = decoder_of(d->lut);
    float sum[NEON_FUSED_ROWS][FFP8_NR];
    size_t j = 0;
    for (; j + columns <= d->cols; j += columns) direct_columns(d, &decoder, sum, j, columns, rows, c, how);
    for (; j < d->cols; j++) direct_columns(d, &decoder, sum, j, 1, rows, c, how);
    if (d->flags & FFP8_DOT_PART_OUT) return;
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, 0);
    for (size_t r = 0; r < rows; r++) finish_row(d, &scale, r, sum[r]);
}

static ALWAYS_INLINE void direct_rows(const struct ffp8_dot *d, const ffp8_class c, const enum decoding how) {
    switch (d->rows) {
    case 1: direct_tile(d, 1, c, how); break;
    case 2: direct_tile(d, 2, c, how); break;
    case 3: direct_tile(d, 3, c, how); break;
    case 4: direct_tile(d, 4, c, how); break;
    }
}

static ALWAYS_INLINE void direct_panel(const struct ffp8_dot *d, const ffp8_class c) {
    switch (decoding_of(d->lut, c)) {
    case BY_TABLE: direct_rows(d, c, BY_TABLE); break;
    case BY_MIRRORED_TABLE: direct_rows(d, c, BY_MIRRORED_TABLE); break;
    case BY_SAME: direct_rows(d, c, BY_SAME); break;
    case BY_NIBBLE: direct_rows(d, c, BY_NIBBLE); break;
    case BY_HALF: direct_rows(d, c, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: direct_rows(d, c, BY_HALF_WITH_SPECIALS); break;
    }
}

static ALWAYS_INLINE void direct_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, direct_panel); }

#endif
