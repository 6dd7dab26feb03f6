/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_512.h - the fused kernels of the tiers with 512-bit registers: few rows of A against packed lines
 *
 * Formula: struct ffp8_dot. Each code of B is decoded in registers (line_512.h) and multiplied with all rows of the tile.
 * Registers: 8 rows x 2 accumulators of 16 columns = 16, tables up to 8, the rest for decoding.
 * Order: that of the dot kernels: one accumulator an element of C, segments and words in increasing order, so that a row's sums do not depend
 * on how many rows there are. One row makes one chain of dots, the latency of which is less than the time that memory takes for a line.
 * I8: -a_offset times the sum of B's elements is one more dot, with a_offset as its A.
 * Bound: reading the lines, which are prefetched, with one or two rows; then decoding; from 6 rows on the dot instruction.
 * Tails: an instance for each number of rows, store masks.
 */
#ifndef FFP8_FUSED_512_H
#define FFP8_FUSED_512_H

#include "dot_512.h"
#include "line_512.h"

enum { FUSED_ROWS = 8 };

static ALWAYS_INLINE void fused_steps(const struct line_tables *t, __m512i (*acc)[2], __m512i offset_sum[2], __m512i a_offset,
                                      const uint8_t *a, size_t lda, const uint8_t *lines, size_t rows, size_t steps, ffp8_class c,
                                      enum line_kind kind) {
    __m512i word[2][2];
    decode_words(t, lines, steps, c, kind, word);
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            __m512i k = broadcast(a + r * lda + s * FFP8_WORD_BYTES);
            acc[r][0] = dot(acc[r][0], k, word[s][0], c);
            acc[r][1] = dot(acc[r][1], k, word[s][1], c);
        }
        if (c == FFP8_CLASS_I8) {
            offset_sum[0] = dot(offset_sum[0], a_offset, word[s][0], c);
            offset_sum[1] = dot(offset_sum[1], a_offset, word[s][1], c);
        }
    }
}

/* Segments [i, end) into acc. */
static ALWAYS_INLINE void fused_segments(const struct ffp8_dot *d, const struct line_tables *t, size_t i, size_t end, __m512i (*acc)[2],
                                         struct high *high, size_t rows, ffp8_class c, enum line_kind kind) {
    const __m512i zero = _mm512_setzero_si512(), a_offset = _mm512_set1_epi8((char)d->a_offset);
    __m512i offset_sum[2] = {zero, zero};
    const size_t lda = d->lda_bytes;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = d->a[i], *lines = ffp8_dot_b(d, i);
        for (size_t left = d->words, run; left; left -= run) {
            size_t w = run = run_words(d, left, &room, c);
            if (!run) carry(acc, high, rows, 2);
            for (; w >= 2; w -= 2, a += 2 * FFP8_WORD_BYTES, lines += two_steps_bytes(c))
                fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, rows, 2, c, kind);
            if (!w) continue;
            fused_steps(t, acc, offset_sum, a_offset, a, lda, lines, rows, 1, c, kind);
            if (c == FFP8_CLASS_I16) a += FFP8_WORD_BYTES, lines += FFP8_LINE_BYTES; /* the segment may go on behind a carry */
        }
    }
    if (c == FFP8_CLASS_I8) {
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            acc[r][0] = _mm512_sub_epi32(acc[r][0], offset_sum[0]);
            acc[r][1] = _mm512_sub_epi32(acc[r][1], offset_sum[1]);
        }
    }
}

/* Where scales lie as they are packed, each group's are in a page of their own: those of the next panel are fetched along with this one's. */
static ALWAYS_INLINE void fetch_scales(const struct ffp8_dot *d, size_t i) {
    const size_t bytes = FFP8_NR * (d->flags & FFP8_DOT_E8M0 ? 1 : sizeof(float));
    const char *next = (const char *)ffp8_dot_scale_of(d, i).col + bytes;
    _mm_prefetch(next, _MM_HINT_T1);
    if (bytes > FFP8_LINE_BYTES) _mm_prefetch(next + FFP8_LINE_BYTES, _MM_HINT_T1);
}

static ALWAYS_INLINE void fused_tile(const struct ffp8_dot *d, size_t rows, ffp8_class c, enum line_kind kind) {
    struct line_tables t;
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    size_t i = 0;
    line_tables_load(&t, d->lut, c, kind);
    do {
        __m512i acc[FUSED_ROWS][2];
        struct high high;
        high_init(&high, d, step, rows, c);
        if (d->flags & FFP8_DOT_EACH) fetch_scales(d, i);
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
        fused_segments(d, &t, i, i + step, acc, &high, rows, c, kind);
        finish(d, i, acc, &high, rows, 2, c);
        i += step;
    } while (i < d->count);
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    switch (d->rows) {
    case 1: fused_tile(d, 1, c, kind); break;
    case 2: fused_tile(d, 2, c, kind); break;
    case 3: fused_tile(d, 3, c, kind); break;
    case 4: fused_tile(d, 4, c, kind); break;
    case 5: fused_tile(d, 5, c, kind); break;
    case 6: fused_tile(d, 6, c, kind); break;
    case 7: fused_tile(d, 7, c, kind); break;
    case 8: fused_tile(d, 8, c, kind); break;
    }
}

static ALWAYS_INLINE void fused_panel(const struct ffp8_dot *d, ffp8_class c) {
    const enum line_kind kind = line_kind(d->lut, c, d->rows);
    if (c == FFP8_CLASS_I8 && kind == LINE_SAME)
        fused_rows(d, c, LINE_SAME);
    else if (c <= FFP8_CLASS_I16 && kind == LINE_NIBBLE)
        fused_rows(d, c, LINE_NIBBLE);
    else if (c >= FFP8_CLASS_BF16 && kind == LINE_MIRRORED)
        fused_rows(d, c, LINE_MIRRORED);
    else if (c == FFP8_CLASS_F32 && kind == LINE_WIDE)
        fused_rows(d, c, LINE_WIDE);
    else
        fused_rows(d, c, LINE_FULL);
}

static ALWAYS_INLINE void fused_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, fused_panel); }

#endif
