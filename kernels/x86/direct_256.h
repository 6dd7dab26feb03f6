/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_256.h - the direct kernels of the tiers with 256-bit registers: one or two rows of A against plain rows of weights
 *
 * Formula: struct ffp8_dot. k lies in the lanes: 32 codes of a column (I8: 64) are decoded (as in line_256.h, but in increasing k) and
 * multiplied with as many elements of each row of A.
 * Registers: 4 columns x 1 row or 2 x 2, each with two accumulators: 8; the rest for decoding. Columns share the loads of A and are
 * prefetched a group of columns ahead into L2, and from there some lines ahead into L1: no hardware follows so many streams.
 * I8: as in fused_256.h, the offset of A is one more row. I8, I16: each int32 sum has a share of the terms; they are added in int64.
 * Order: 16 sums (I8, I16: exact in any order), k mod 16 says which; the two accumulators are added, then their lanes in a tree. The order
 * depends on nothing but the number of terms.
 * Bound: decoding, near the memory's speed. Tails: single columns; what is left of a row is copied, so that nothing is read beyond it.
 */
#ifndef FFP8_DIRECT_256_H
#define FFP8_DIRECT_256_H

#include "finish_256.h"
#include "line_256.h"

enum { DIRECT_ROWS = 2, DIRECT_COLUMNS = 4, MOST_RUN = 64 };

/* Codes of a column that are decoded at once, to 2 vectors, or to 4 (F32). */
static ALWAYS_INLINE size_t run_codes(ffp8_class c) { return c == FFP8_CLASS_I8 ? 64 : 32; }

static NO_INLINE void look_up_run(const struct ffp8_lut *lut, const uint8_t *codes, ffp8_class c, void *elements) {
    const size_t bytes = ffp8_class_bytes(c);
    for (size_t i = 0; i < run_codes(c); i++) memcpy((uint8_t *)elements + i * bytes, &lut->element[codes[i]], bytes);
}

/* word[i]: the i-th vector of elements. */
static ALWAYS_INLINE void decode_run(const struct line_decoder *t, const uint8_t *at, ffp8_class c, enum line_kind kind, __m256i word[4]) {
    const __m256i codes = _mm256_loadu_si256((const __m256i *)at);
    if (kind == LINE_NIBBLE && c == FFP8_CLASS_I8) {
        word[0] = nibble_bytes(t, codes);
        word[1] = nibble_bytes(t, _mm256_loadu_si256((const __m256i *)at + 1));
    } else if (kind == LINE_TABLE || (kind == LINE_HALF_SPECIAL && any_special(t, at, 0, 1))) {
        alignas(32) uint8_t element[4 * sizeof(__m256i)];
        look_up_run(t->lut, at, c, element);
        for (size_t i = 0; i < (c == FFP8_CLASS_F32 ? 4 : 2); i++) word[i] = _mm256_load_si256((const __m256i *)element + i);
    } else {
        words_in_order(t, codes, kind, word);
    }
}

/* One run of one column with each row. acc[rows]: I8 only, what the offset of A adds. */
static ALWAYS_INLINE void direct_run(const struct line_decoder *t, __m256i (*acc)[2], const uint8_t *a, size_t lda, __m256i a_offset,
                                     const uint8_t *w, size_t rows, ffp8_class c, enum line_kind kind) {
    const size_t vectors = c == FFP8_CLASS_F32 ? 4 : 2;
    __m256i word[4];
    decode_run(t, w, c, kind, word);
    UNROLL
    for (size_t i = 0; i < vectors; i++) {
        UNROLL
        for (size_t r = 0; r < rows; r++)
            acc[r][i % 2] = dot(acc[r][i % 2], _mm256_loadu_si256((const __m256i *)(a + r * lda) + i), word[i], c);
        if (c == FFP8_CLASS_I8) acc[rows][i] = dot(acc[rows][i], a_offset, word[i], c);
    }
}

/* HALF, and HALF_SPECIAL where no code is special: one run of each column. */
static ALWAYS_INLINE void direct_halves(const struct line_decoder *t, __m256i (*acc)[DIRECT_ROWS + 1][2], const uint8_t *a, size_t lda,
                                        const uint8_t *w, size_t ldb, size_t columns, size_t rows) {
    struct stored_halves half[DIRECT_COLUMNS];
    UNROLL
    for (size_t j = 0; j < columns; j++) {
        _mm_prefetch((const char *)w + (j + columns) * ldb, _MM_HINT_T1);
        if (columns > 1) _mm_prefetch((const char *)w + j * ldb + NEAR_BYTES, _MM_HINT_T0);
        store_halves(t, _mm256_loadu_si256((const __m256i *)(w + j * ldb)), &half[j]);
    }
    UNROLL
    for (size_t i = 0; i < 4; i++) {
        __m256i k[DIRECT_ROWS];
        UNROLL
        for (size_t r = 0; r < rows; r++) k[r] = _mm256_loadu_si256((const __m256i *)(a + r * lda) + i);
        UNROLL
        for (size_t j = 0; j < columns; j++) {
            const __m256i word = widen_in_order(&half[j], i);
            UNROLL
            for (size_t r = 0; r < rows; r++) acc[j][r][i % 2] = dot(acc[j][r][i % 2], k[r], word, FFP8_CLASS_F32);
        }
    }
}

static ALWAYS_INLINE float float_sum(const __m256i acc[2]) {
    __m256 all = _mm256_add_ps(_mm256_castsi256_ps(acc[0]), _mm256_castsi256_ps(acc[1]));
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/* Two vectors of int32, of which the sum need not be one, rounded once. */
static ALWAYS_INLINE float integer_sum(const struct ffp8_dot *d, const __m256i acc[2], size_t r, size_t j) {
    __m256i all = _mm256_setzero_si256();
    UNROLL
    for (size_t i = 0; i < 2; i++) {
        all = _mm256_add_epi64(all, _mm256_cvtepi32_epi64(_mm256_castsi256_si128(acc[i])));
        all = _mm256_add_epi64(all, _mm256_cvtepi32_epi64(_mm256_extracti128_si256(acc[i], 1)));
    }
    __m128i half = _mm_add_epi64(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    int64_t lanes[2];
    memcpy(lanes, &half, sizeof lanes);
    return ffp8_dot_pass_part(d, r, j, lanes[0] + lanes[1]);
}

/* Columns j..j+columns-1: their sums to sum[row][column]. */
static ALWAYS_INLINE void direct_columns(const struct ffp8_dot *d, const struct line_decoder *t, float (*sum)[FFP8_NR], size_t j,
                                         size_t columns, size_t rows, ffp8_class c, enum line_kind kind) {
    const uint8_t offset = c == FFP8_CLASS_I8 ? d->a_offset : 0;
    const __m256i a_offset = _mm256_set1_epi8((char)offset);
    __m256i acc[DIRECT_COLUMNS][DIRECT_ROWS + 1][2];
    const size_t run = run_codes(c), element_bytes = ffp8_class_bytes(c), lda = d->lda_bytes, ldb = d->ldb;
    const uint8_t *a = d->a[0], *w = ffp8_dot_b(d, 0) + j * ldb;
    size_t left = d->terms;
    UNROLL
    for (size_t i = 0; i < columns; i++) {
        UNROLL
        for (size_t r = 0; r <= rows; r++) acc[i][r][0] = acc[i][r][1] = _mm256_setzero_si256();
    }
    for (; left >= run; left -= run, w += run, a += run * element_bytes) {
        if (kind == LINE_HALF || (kind == LINE_HALF_SPECIAL && !any_special(t, w, ldb, columns))) {
            direct_halves(t, acc, a, lda, w, ldb, columns, rows);
            continue;
        }
        UNROLL
        for (size_t i = 0; i < columns; i++) {
            _mm_prefetch((const char *)w + (i + columns) * ldb, _MM_HINT_T1);
            if (columns > 1) _mm_prefetch((const char *)w + i * ldb + NEAR_BYTES, _MM_HINT_T0);
            direct_run(t, acc[i], a, lda, a_offset, w + i * ldb, rows, c, kind);
        }
    }
    if (left) {
        uint8_t last_a[DIRECT_ROWS][4 * sizeof(__m256i)], last_w[MOST_RUN];
        memset(last_a, offset, sizeof last_a); /* zeros, of which nothing is left beside the row of offsets */
        for (size_t r = 0; r < rows; r++) memcpy(last_a[r], a + r * lda, left * element_bytes);
        UNROLL
        for (size_t i = 0; i < columns; i++) {
            memset(last_w, d->pad_code, sizeof last_w);
            memcpy(last_w, w + i * ldb, left);
            direct_run(t, acc[i], last_a[0], sizeof last_a[0], a_offset, last_w, rows, c, kind);
        }
    }
    UNROLL
    for (size_t i = 0; i < columns; i++) {
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            if (c == FFP8_CLASS_I8) {
                acc[i][r][0] = _mm256_sub_epi32(acc[i][r][0], acc[i][rows][0]);
                acc[i][r][1] = _mm256_sub_epi32(acc[i][r][1], acc[i][rows][1]);
            }
            sum[r][j + i] = c == FFP8_CLASS_F32 ? float_sum(acc[i][r]) : integer_sum(d, acc[i][r], r, j + i);
        }
    }
}

static ALWAYS_INLINE void direct_tile(const struct ffp8_dot *d, size_t rows, ffp8_class c, enum line_kind kind) {
    const size_t columns = DIRECT_COLUMNS / rows;
    alignas(32) float sum[DIRECT_ROWS][FFP8_NR] = {{0}};
    struct line_decoder t;
    size_t j = 0;
    line_decoder_init(&t, d->lut);
    for (; j + columns <= d->cols; j += columns) direct_columns(d, &t, sum, j, columns, rows, c, kind);
    for (; j < d->cols; j++) direct_columns(d, &t, sum, j, 1, rows, c, kind);
    if (d->flags & FFP8_DOT_PART_OUT) return;
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, 0);
    for (size_t r = 0; r < rows; r++)
        for (j = 0; j < FFP8_NR; j += 8) finish_8(d, &scale, r, j, _mm256_load_ps(sum[r] + j));
}

static ALWAYS_INLINE void direct_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (d->rows == 1) {
        direct_tile(d, 1, c, kind);
    } else {
        direct_tile(d, 2, c, kind);
    }
}

static ALWAYS_INLINE void direct_panel(const struct ffp8_dot *d, ffp8_class c) {
    switch (line_kind(d->lut, c)) {
    case LINE_TABLE: direct_rows(d, c, LINE_TABLE); break;
    case LINE_NIBBLE: direct_rows(d, c, LINE_NIBBLE); break;
    case LINE_HALF: direct_rows(d, c, LINE_HALF); break;
    case LINE_HALF_SPECIAL: direct_rows(d, c, LINE_HALF_SPECIAL); break;
    case LINE_FLOAT: direct_rows(d, c, LINE_FLOAT); break;
    }
}

static ALWAYS_INLINE void direct_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, direct_panel); }

#endif
