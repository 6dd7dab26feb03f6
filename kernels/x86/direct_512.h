/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_512.h - the direct kernels of the tiers with 512-bit registers: few rows of A against plain rows of weights
 *
 * Formula: struct ffp8_dot. k lies in the lanes: 64 codes of a column are decoded as a packed line is (line_512.h), after a permutation that
 * makes the elements come out in increasing k, and are multiplied with 64 elements of each row of A.
 * Registers: 8 columns x 1 or 2 rows, 4 x 4 or 2 x 8: 16 accumulators; tables up to 8, the rest for decoding. BF16 has 4 x 6 or 3 x 8, as its tables
 * can stay in memory. More than 4 rows of F32 are two tiles, the second of which finds the panel in L2: 2 columns x 8 rows load A from L2 twice as
 * often, which takes longer than decoding.
 * Several columns share the loads of A and are prefetched a group of columns ahead into L2 (L1 has too few fill buffers for that), and from there
 * some lines ahead into L1: no hardware follows so many streams.
 * Order: 16 sums (I8, I16: exact in any order), k mod 64 says which, in increasing k; then a tree of lanes. The order depends on nothing but the
 * number of terms.
 * I8: as in fused_512.h, the offset of A is one more dot. I8, I16: each int32 sum has a share of the terms; they are added in int64.
 * Bound: reading the codes, then decoding. Tails: an instance for each number of rows, single columns, masked loads.
 */
#ifndef FFP8_DIRECT_512_H
#define FFP8_DIRECT_512_H

#include "dot_512.h"
#include "line_512.h"

enum { DIRECT_ROWS = 8, DIRECT_COLUMNS = 8, RUN = 64 /* codes of a column that are decoded at once */ };

/* Which operand is permuted so that both have their elements in the same order: codes before they are decoded, or each row of A, which is
 * less where there are fewer rows than half the columns. But that order of A would make another order of summation: for integers only. */
static ALWAYS_INLINE bool permutes_a(size_t rows, ffp8_class c) { return c == FFP8_CLASS_I16 && rows <= 2; }

/* word[i]: the i-th vector of elements. */
static ALWAYS_INLINE void decode_run(const struct line_tables *t, __m512i codes, size_t rows, ffp8_class c, enum line_kind kind,
                                     __m512i word[4]) {
    if (c == FFP8_CLASS_I8) {
        word[0] = decode_bytes(t, codes, kind);
    } else if (c == FFP8_CLASS_F32) {
        /* pairs of codes 16 apart, each fourth of them to its 128-bit lane */
        const __m512i transpose = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        const __m512i pairs = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15));
        __m512i step[2][2];
        decode_floats(t, _mm512_shuffle_epi8(_mm512_permutexvar_epi32(transpose, codes), pairs), 2, kind, step);
        UNROLL
        for (size_t i = 0; i < 4; i++) word[i] = step[i % 2][i / 2];
    } else {
        if (!permutes_a(rows, c)) codes = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), codes);
        decode_pairs(t, codes, kind, word);
    }
}

/* The i-th vector of 64 elements of A, of which those exist whose bit in `live` is set; the others are zero. */
static ALWAYS_INLINE __m512i load_elements(const uint8_t *a, size_t i, uint64_t live, bool whole, ffp8_class c) {
    a += i * 64;
    if (whole) return _mm512_loadu_si512(a);
    if (c == FFP8_CLASS_I8) return _mm512_maskz_loadu_epi8(live, a);
    if (c == FFP8_CLASS_F32) return _mm512_maskz_loadu_epi32((__mmask16)(live >> i * 16), a);
    return _mm512_maskz_loadu_epi16((__mmask32)(live >> i * 32), a);
}

/* Dots with 64 bytes of A where they lie. */
static ALWAYS_INLINE __m512i dot_memory(__m512i acc, const uint8_t *a, __m512i word, ffp8_class c) {
#ifdef __AVX512BF16__
    if (c == FFP8_CLASS_BF16) {
        __asm__("vdpbf16ps %1, %2, %0" : "+v"(acc) : "m"(*(const uint8_t(*)[64])a), "v"(word));
        return acc;
    }
#endif
#ifdef __AVX512VNNI__
    if (c == FFP8_CLASS_I16) {
        __asm__("vpdpwssd %1, %2, %0" : "+v"(acc) : "m"(*(const uint8_t(*)[64])a), "v"(word));
        return acc;
    }
#endif
    return dot(acc, _mm512_loadu_si512(a), word, c);
}

/* Those of four columns with row r. One asm where that is an instruction, as dot_row of dot_512.h is: 16 accumulators, 8 vectors and the tables
 * leave gcc 12 no choice that it makes well. */
static ALWAYS_INLINE void dot_four(__m512i (*acc)[DIRECT_ROWS], size_t r, const uint8_t *a, __m512i (*word)[4], size_t i, ffp8_class c) {
    __m512i x;
#ifdef __AVX512BF16__
    if (c == FFP8_CLASS_BF16) {
        __asm__("vmovdqu32 %5, %4\n\tvdpbf16ps %6, %4, %0\n\tvdpbf16ps %7, %4, %1\n\tvdpbf16ps %8, %4, %2\n\tvdpbf16ps %9, %4, %3"
                : "+v"(acc[0][r]), "+v"(acc[1][r]), "+v"(acc[2][r]), "+v"(acc[3][r]), "=&v"(x)
                : "m"(*(const uint8_t(*)[64])a), "v"(word[0][i]), "v"(word[1][i]), "v"(word[2][i]), "v"(word[3][i]));
        return;
    }
#endif
#ifdef __AVX512VNNI__
    if (c == FFP8_CLASS_I16) {
        __asm__("vmovdqu32 %5, %4\n\tvpdpwssd %6, %4, %0\n\tvpdpwssd %7, %4, %1\n\tvpdpwssd %8, %4, %2\n\tvpdpwssd %9, %4, %3"
                : "+v"(acc[0][r]), "+v"(acc[1][r]), "+v"(acc[2][r]), "+v"(acc[3][r]), "=&v"(x)
                : "m"(*(const uint8_t(*)[64])a), "v"(word[0][i]), "v"(word[1][i]), "v"(word[2][i]), "v"(word[3][i]));
        return;
    }
#endif
    x = _mm512_loadu_si512(a);
    UNROLL
    for (size_t m = 0; m < 4; m++) acc[m][r] = dot(acc[m][r], x, word[m][i], c);
}

/* Columns that share a load of A. Each for itself, where that is measured to be faster: dots read A from memory then. */
static ALWAYS_INLINE size_t columns_together(size_t columns, size_t rows, ffp8_class c) {
    if (c == FFP8_CLASS_F32 || (c >= FFP8_CLASS_I16 && rows == 3) || (c == FFP8_CLASS_I16 && rows > 4)) return 1;
    return columns < 4 ? columns : 4;
}

/* One run of each column with each row. acc[column][row]; offset_sum[column]: I8 only. */
static ALWAYS_INLINE void direct_run(const struct ffp8_dot *d, const struct line_tables *t, __m512i (*acc)[DIRECT_ROWS],
                                     __m512i *offset_sum, const uint8_t *a, const uint8_t *w, size_t columns, size_t rows, uint64_t live,
                                     bool whole, ffp8_class c, enum line_kind kind) {
    const size_t vectors = FFP8_WORD_BYTES / ffp8_class_elements(c), ahead = columns == 1 ? PREFETCH_BYTES : columns * d->ldb;
    const size_t together = columns_together(columns, rows, c);
    UNROLL
    for (size_t j = 0; j < columns; j += together) {
        __m512i word[4][4];
        UNROLL
        for (size_t m = 0; m < together; m++) {
            const uint8_t *at = w + (j + m) * d->ldb;
            if (whole) _mm_prefetch((const char *)at + ahead, _MM_HINT_T1);
            if (whole && columns > 1) _mm_prefetch((const char *)at + NEAR_BYTES, _MM_HINT_T0);
            decode_run(t, whole ? _mm512_loadu_si512(at) : _mm512_mask_loadu_epi8(_mm512_set1_epi8((char)d->pad_code), live, at), rows, c,
                       kind, word[m]);
            if (c == FFP8_CLASS_I8)
                offset_sum[j + m] = dot(offset_sum[j + m], _mm512_maskz_mov_epi8(live, _mm512_set1_epi8((char)d->a_offset)), word[m][0], c);
        }
        UNROLL
        for (size_t i = 0; i < vectors; i++) {
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                const uint8_t *row = a + r * d->lda_bytes;
                if (whole && !permutes_a(rows, c) && together == 1) {
                    acc[j][r] = dot_memory(acc[j][r], row + i * 64, word[0][i], c);
                    continue;
                }
                if (whole && !permutes_a(rows, c) && together == 4) {
                    dot_four(acc + j, r, row + i * 64, word, i, c);
                    continue;
                }
                __m512i x = load_elements(row, permutes_a(rows, c) ? 0 : i, live, whole, c);
                if (permutes_a(rows, c)) { /* every other eight elements */
                    const __m512i y = load_elements(row, 1, live, whole, c);
                    x = i == 0 ? _mm512_shuffle_i64x2(x, y, 0x88) : _mm512_shuffle_i64x2(x, y, 0xDD);
                }
                UNROLL
                for (size_t m = 0; m < together; m++) acc[j + m][r] = dot(acc[j + m][r], x, word[m][i], c);
            }
        }
    }
}

/* The lanes' sum, which need not be an int32, rounded once. */
static ALWAYS_INLINE float integer_sum(const struct ffp8_dot *d, __m512i acc, __m512i offset_sum, size_t r, size_t j) {
    __m512i all = _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(acc)),
                                   _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(acc, 1)));
    all = _mm512_sub_epi64(all, _mm512_cvtepi32_epi64(_mm512_castsi512_si256(offset_sum)));
    all = _mm512_sub_epi64(all, _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(offset_sum, 1)));
    return ffp8_dot_pass_part(d, r, j, _mm512_reduce_add_epi64(all));
}

/* What the columns of a panel leave: integers their sums, floats their lanes, which are added up for 16 columns at once. */
struct direct_sums {
    alignas(64) float of[DIRECT_ROWS][FFP8_NR];
    __m512 lanes[FFP8_NR][DIRECT_ROWS];
};

/* Columns j..j+columns-1. */
static ALWAYS_INLINE void direct_columns(const struct ffp8_dot *d, const struct line_tables *t, struct direct_sums *sums, size_t j,
                                         size_t columns, size_t rows, ffp8_class c, enum line_kind kind) {
    __m512i acc[DIRECT_COLUMNS][DIRECT_ROWS], offset_sum[DIRECT_COLUMNS];
    const uint8_t *a = d->a[0], *w = ffp8_dot_b(d, 0) + j * d->ldb;
    size_t left = d->terms;
    UNROLL
    for (size_t i = 0; i < columns; i++) {
        offset_sum[i] = _mm512_setzero_si512();
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[i][r] = _mm512_setzero_si512();
    }
    for (; left >= RUN; left -= RUN, w += RUN, a += RUN * ffp8_class_bytes(c))
        direct_run(d, t, acc, offset_sum, a, w, columns, rows, UINT64_MAX, true, c, kind);
    if (left) direct_run(d, t, acc, offset_sum, a, w, columns, rows, ((uint64_t)1 << left) - 1, false, c, kind);
    UNROLL
    for (size_t i = 0; i < columns; i++) {
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            if (c <= FFP8_CLASS_I16)
                sums->of[r][j + i] = integer_sum(d, acc[i][r], offset_sum[i], r, j + i);
            else
                sums->lanes[j + i][r] = _mm512_castsi512_ps(acc[i][r]);
        }
    }
}

/* Lane i: the sum of x[i]'s lanes; those 8 apart are added first, then those 4 apart, 2, 1. */
static ALWAYS_INLINE __m512 sum_lanes(__m512 x[16]) {
    UNROLL
    for (size_t i = 0; i < 8; i++) {
        const __m512 a = x[i / 4 * 8 + i % 4], b = x[i / 4 * 8 + i % 4 + 4];
        x[i / 4 * 8 + i % 4] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xEE));
    }
    UNROLL
    for (size_t i = 0; i < 4; i++)
        x[i] = _mm512_add_ps(_mm512_shuffle_f32x4(x[i], x[i + 8], 0x88), _mm512_shuffle_f32x4(x[i], x[i + 8], 0xDD));
    UNROLL
    for (size_t i = 0; i < 4; i += 2)
        x[i] = _mm512_add_ps(_mm512_shuffle_ps(x[i], x[i + 1], 0x44), _mm512_shuffle_ps(x[i], x[i + 1], 0xEE));
    return _mm512_add_ps(_mm512_shuffle_ps(x[0], x[2], 0x88), _mm512_shuffle_ps(x[0], x[2], 0xDD));
}

/* Out of line: once for all numbers of rows. */
static NO_INLINE void add_up_lanes(struct direct_sums *sums, size_t rows, size_t cols) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < cols; j += 16) {
            __m512 x[16];
            UNROLL
            for (size_t i = 0; i < 16; i++) x[i] = sums->lanes[j + i][r];
            _mm512_store_ps(sums->of[r] + j, sum_lanes(x));
        }
    }
}

static ALWAYS_INLINE void direct_tile(const struct ffp8_dot *d, size_t rows, ffp8_class c, enum line_kind of_lut) {
    const enum line_kind kind = line_kind_of_tile(of_lut, rows);
    const size_t columns = rows <= 2 ? DIRECT_COLUMNS : rows <= 4 ? 4 : c != FFP8_CLASS_BF16 ? 2 : rows <= 6 ? 4 : 3;
    struct direct_sums sums;
    struct line_tables t;
    size_t j = 0;
    line_tables_load(&t, d->lut, c, kind);
    for (; j + columns <= d->cols; j += columns) direct_columns(d, &t, &sums, j, columns, rows, c, kind);
    if (columns == 3)
        for (; j + 2 <= d->cols; j += 2) direct_columns(d, &t, &sums, j, 2, rows, c, kind);
    for (; j < d->cols; j++) direct_columns(d, &t, &sums, j, 1, rows, c, kind);
    if (d->flags & FFP8_DOT_PART_OUT) return;
    for (; j % 16; j++) {
        UNROLL
        for (size_t r = 0; r < rows; r++) sums.of[r][j] = 0, sums.lanes[j][r] = _mm512_setzero_ps();
    }
    if (c > FFP8_CLASS_I16) add_up_lanes(&sums, rows, d->cols);
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, 0);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        finish_half(d, &scale, r, 0, _mm512_load_ps(sums.of[r]));
        if (d->cols > 16) finish_half(d, &scale, r, 16, _mm512_load_ps(sums.of[r] + 16));
    }
}

static ALWAYS_INLINE void direct_few(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    switch (d->rows) {
    case 1: direct_tile(d, 1, c, kind); break;
    case 2: direct_tile(d, 2, c, kind); break;
    case 3: direct_tile(d, 3, c, kind); break;
    case 4: direct_tile(d, 4, c, kind); break;
    }
}

static ALWAYS_INLINE void direct_many(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    switch (d->rows) {
    case 5: direct_tile(d, 5, c, kind); break;
    case 6: direct_tile(d, 6, c, kind); break;
    case 7: direct_tile(d, 7, c, kind); break;
    case 8: direct_tile(d, 8, c, kind); break;
    }
}

static ALWAYS_INLINE void direct_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (d->rows <= 4)
        direct_few(d, c, kind);
    else
        direct_many(d, c, kind);
}

/* Functions of their own: gcc 12 finds fewer registers for the tiles of few rows beside these, which need all of them. */
static NO_INLINE void direct_four_mirrored(const struct ffp8_dot *d) { direct_tile(d, 4, FFP8_CLASS_BF16, LINE_MIRRORED); }
static NO_INLINE void direct_four_full(const struct ffp8_dot *d) { direct_tile(d, 4, FFP8_CLASS_BF16, LINE_FULL); }
static NO_INLINE void direct_many_mirrored(const struct ffp8_dot *d) { direct_many(d, FFP8_CLASS_BF16, LINE_MIRRORED); }
static NO_INLINE void direct_many_full(const struct ffp8_dot *d) { direct_many(d, FFP8_CLASS_BF16, LINE_FULL); }

/* BF16, from 4 rows on. */
static ALWAYS_INLINE void direct_needing_all(const struct ffp8_dot *d, enum line_kind kind) {
    if (kind == LINE_MIRRORED)
        (d->rows == 4 ? direct_four_mirrored : direct_many_mirrored)(d);
    else
        (d->rows == 4 ? direct_four_full : direct_many_full)(d);
}

/* F32: more than 4 rows as two tiles. */
static ALWAYS_INLINE void direct_floats(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (c == FFP8_CLASS_BF16 && d->rows >= 4) {
        direct_needing_all(d, kind);
        return;
    }
    const void *a = d->a[0];
    struct ffp8_dot tile = *d;
    tile.a = &a;
    for (size_t left = d->rows; left; left -= tile.rows) {
        tile.rows = left > 4 ? left - left / 2 : left;
        direct_few(&tile, c, kind);
        a = (const uint8_t *)a + tile.rows * d->lda_bytes;
        tile.c += tile.rows * d->ldc;
        if (d->row_scale) tile.row_scale += tile.rows;
    }
}

static ALWAYS_INLINE void direct_panel(const struct ffp8_dot *d, ffp8_class c) {
    const enum line_kind kind = line_kind(d->lut, c, d->rows);
    if (c == FFP8_CLASS_I8 && kind == LINE_SAME)
        direct_rows(d, c, LINE_SAME);
    else if (c <= FFP8_CLASS_I16 && kind == LINE_NIBBLE)
        direct_rows(d, c, LINE_NIBBLE);
    else if (c <= FFP8_CLASS_I16)
        direct_rows(d, c, LINE_FULL);
    else if (kind == LINE_MIRRORED)
        direct_floats(d, c, LINE_MIRRORED);
    else if (c == FFP8_CLASS_F32 && kind == LINE_WIDE)
        direct_floats(d, c, LINE_WIDE);
    else
        direct_floats(d, c, LINE_FULL);
}

static ALWAYS_INLINE void direct_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, direct_panel); }

#endif
