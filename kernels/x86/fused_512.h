/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_512.h - the fused kernels of the tiers with 512-bit registers: few rows of A against packed lines
 *
 * Formula: struct ffp8_dot. Each code of B is decoded in registers (line_512.h) and multiplied with all rows of the tile.
 * Registers: 8 rows x 2 accumulators of 16 columns = 16, tables up to 8, the rest for decoding.
 * Order: that of the dot kernels: one accumulator an element of C, segments and words in increasing order, so that a row's sums do not depend
 * on how many rows there are. One row makes one chain of dots, the latency of which is less than the time that memory takes for a line; F32,
 * whose lines are two dots, makes two chains.
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

/* The sums of a panel. */
struct fused_sums {
    __m512i acc[FUSED_ROWS][2], offset_sum[2];
    struct high high;
};

/* Segments [i, end) of one panel, or of two side by side. */
static ALWAYS_INLINE void fused_segments(const struct ffp8_dot *d, const struct line_tables *t, size_t i, size_t end,
                                         struct fused_sums *sums, size_t panels, size_t rows, ffp8_class c, enum line_kind kind) {
    const __m512i a_offset = _mm512_set1_epi8((char)d->a_offset);
    const size_t lda = d->lda_bytes;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = d->a[i], *lines = ffp8_dot_b(d, i);
        for (size_t left = d->words, run; left; left -= run) {
            size_t w = run = run_words(d, left, &room, c);
            if (!run) {
                UNROLL
                for (size_t p = 0; p < panels; p++) carry(sums[p].acc, &sums[p].high, rows, 2);
            }
            for (; w >= 2; w -= 2, a += 2 * FFP8_WORD_BYTES, lines += two_steps_bytes(c)) {
                UNROLL
                for (size_t p = 0; p < panels; p++)
                    fused_steps(t, sums[p].acc, sums[p].offset_sum, a_offset, a, lda, lines + p * d->b_step, rows, 2, c, kind);
            }
            if (!w) continue;
            UNROLL
            for (size_t p = 0; p < panels; p++)
                fused_steps(t, sums[p].acc, sums[p].offset_sum, a_offset, a, lda, lines + p * d->b_step, rows, 1, c, kind);
            if (c == FFP8_CLASS_I16) a += FFP8_WORD_BYTES, lines += FFP8_LINE_BYTES; /* the segment may go on behind a carry */
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

static ALWAYS_INLINE void fused_tile(const struct ffp8_dot *d, size_t panels, size_t rows, ffp8_class c, enum line_kind of_lut) {
    const enum line_kind kind = line_kind_of_tile(of_lut, rows);
    struct line_tables t;
    struct ffp8_dot copy;
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    size_t i = 0;
    line_tables_load(&t, d->lut, c, kind);
    do {
        struct fused_sums sums[2];
        UNROLL
        for (size_t p = 0; p < panels; p++) {
            high_init(&sums[p].high, d, step, rows, c);
            sums[p].offset_sum[0] = sums[p].offset_sum[1] = _mm512_setzero_si512();
            UNROLL
            for (size_t r = 0; r < rows; r++) sums[p].acc[r][0] = sums[p].acc[r][1] = _mm512_setzero_si512();
        }
        if (d->flags & FFP8_DOT_EACH) fetch_scales(d, i);
        fused_segments(d, &t, i, i + step, sums, panels, rows, c, kind);
        UNROLL
        for (size_t p = 0; p < panels; p++) {
            UNROLL
            for (size_t r = 0; c == FFP8_CLASS_I8 && r < rows; r++) {
                sums[p].acc[r][0] = _mm512_sub_epi32(sums[p].acc[r][0], sums[p].offset_sum[0]);
                sums[p].acc[r][1] = _mm512_sub_epi32(sums[p].acc[r][1], sums[p].offset_sum[1]);
            }
            finish(ffp8_dot_panel(d, p * FFP8_NR, &copy), i, sums[p].acc, &sums[p].high, rows, 2, c);
        }
        i += step;
    } while (i < d->count);
}

/* One row of F32 takes two panels at once: each line adds to a sum twice, and one panel's sums would wait for each other longer than decoding
 * takes. The other classes add once; for them one stream of lines from memory is faster than two. */
static ALWAYS_INLINE bool takes_two(const struct ffp8_dot *d, ffp8_class c) { return c == FFP8_CLASS_F32 && d->rows == 1; }

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (takes_two(d, c) && d->cols > FFP8_NR) {
        fused_tile(d, 2, 1, c, kind);
        return;
    }
    switch (d->rows) {
    case 1: fused_tile(d, 1, 1, c, kind); break;
    case 2: fused_tile(d, 1, 2, c, kind); break;
    case 3: fused_tile(d, 1, 3, c, kind); break;
    case 4: fused_tile(d, 1, 4, c, kind); break;
    case 5: fused_tile(d, 1, 5, c, kind); break;
    case 6: fused_tile(d, 1, 6, c, kind); break;
    case 7: fused_tile(d, 1, 7, c, kind); break;
    case 8: fused_tile(d, 1, 8, c, kind); break;
    }
}

static ALWAYS_INLINE void fused_panels(const struct ffp8_dot *d, ffp8_class c) {
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

static ALWAYS_INLINE void fused_class(const struct ffp8_dot *d, ffp8_class c) {
    const size_t most = takes_two(d, c) ? 2 * FFP8_NR : FFP8_NR;
    struct ffp8_dot copy;
    for (size_t column = 0; column < d->cols; column += most) fused_panels(ffp8_dot_columns(d, column, most, &copy), c);
}

#endif
