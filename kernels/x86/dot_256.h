/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_256.h - the dot kernels of the tiers with 256-bit registers
 *
 * Formula: struct ffp8_dot. The panel's two halves of 16 columns are done one after the other, for 32 columns would leave only 3 rows.
 * Registers: 6 rows x 2 accumulators of 8 columns = 12, two of B, one broadcast word of A, one product (vpmaddwd): 16 of 16.
 * Order: one accumulator an element of C; segments and words in increasing order. I8 and I16 are exact, hence in any order.
 * Bound: the multiplier. Tails: an instance for each number of rows; masked stores for columns.
 */
#ifndef FFP8_DOT_256_H
#define FFP8_DOT_256_H

#include "finish_256.h"

enum { DOT_ROWS = 6 };

/* acc += the word, broadcast, . (b0, b1). One asm for all of it: accumulators, B and what this needs are all registers there are, and gcc 12
 * keeps accumulators in memory where it may load broadcast words ahead. */
static ALWAYS_INLINE void dot_row(__m256i acc[2], const uint8_t *word, __m256i b0, __m256i b1, ffp8_class c) {
    const uint8_t(*a)[FFP8_WORD_BYTES] = (const void *)word;
    __m256i x, y;
    if (c == FFP8_CLASS_F32)
        __asm__("vbroadcastss %3, %2\n\tvfmadd231ps %4, %2, %0\n\tvfmadd231ps %5, %2, %1"
                : "+x"(acc[0]), "+x"(acc[1]), "=&x"(x)
                : "m"(*a), "x"(b0), "x"(b1));
#ifdef __AVXVNNI__
    (void)y;
    if (c == FFP8_CLASS_I16)
        __asm__("vpbroadcastd %3, %2\n\t%{vex%} vpdpwssd %4, %2, %0\n\t%{vex%} vpdpwssd %5, %2, %1"
                : "+x"(acc[0]), "+x"(acc[1]), "=&x"(x)
                : "m"(*a), "x"(b0), "x"(b1));
    if (c == FFP8_CLASS_I8)
        __asm__("vpbroadcastd %3, %2\n\t%{vex%} vpdpbusd %4, %2, %0\n\t%{vex%} vpdpbusd %5, %2, %1"
                : "+x"(acc[0]), "+x"(acc[1]), "=&x"(x)
                : "m"(*a), "x"(b0), "x"(b1));
#else
    if (c == FFP8_CLASS_I16)
        __asm__("vpbroadcastd %4, %2\n\tvpmaddwd %5, %2, %3\n\tvpmaddwd %6, %2, %2\n\tvpaddd %3, %0, %0\n\tvpaddd %2, %1, %1"
                : "+x"(acc[0]), "+x"(acc[1]), "=&x"(x), "=&x"(y)
                : "m"(*a), "x"(b0), "x"(b1));
#endif
}

/* `steps` words of one segment; moves the bases and b on. */
static ALWAYS_INLINE void dot_steps(__m256i (*acc)[2], const uint8_t *base[2], size_t lda, const uint8_t **b, size_t rows, size_t steps,
                                    ffp8_class c) {
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        __m256i b0 = _mm256_load_si256((const __m256i *)(*b + s * FFP8_STEP_BYTES));
        __m256i b1 = _mm256_load_si256((const __m256i *)(*b + s * FFP8_STEP_BYTES + 32));
        UNROLL
        for (size_t r = 0; r < rows; r++) dot_row(acc[r], base[r / 3] + r % 3 * lda + s * FFP8_WORD_BYTES, b0, b1, c);
    }
    *b += steps * FFP8_STEP_BYTES;
    UNROLL
    for (size_t i = 0; i < 2; i++) {
        base[i] += steps * FFP8_WORD_BYTES;
        __asm__("" : "+r"(base[i])); /* else clang derives each row's address from the one before */
    }
}

/* Segments [i, end) of 16 columns from j on into acc. */
static ALWAYS_INLINE void dot_segments(const struct ffp8_dot *d, size_t i, size_t end, size_t j, __m256i (*acc)[2], struct high *high,
                                       size_t rows, ffp8_class c) {
    const size_t lda = d->lda_bytes;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *b = ffp8_dot_b(d, i) + j * FFP8_WORD_BYTES, *base[2] = {d->a[i], (const uint8_t *)d->a[i] + 3 * lda};
        if (c == FFP8_CLASS_I8) {
            if (d->a_offset) {
                UNROLL
                for (size_t r = 0; r < rows; r++) {
                    acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_load_si256((const __m256i *)b));
                    acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_load_si256((const __m256i *)b + 1));
                }
            }
            b += FFP8_STEP_BYTES;
        }
        for (size_t left = d->words, run; left; left -= run) {
            size_t w = run = run_words(d, left, &room, c);
            if (!run) carry(acc, high, rows);
            for (; w >= 4; w -= 4) dot_steps(acc, base, lda, &b, rows, 4, c);
            if (w & 2) dot_steps(acc, base, lda, &b, rows, 2, c);
            if (w & 1) dot_steps(acc, base, lda, &b, rows, 1, c);
        }
    }
}

static ALWAYS_INLINE void dot_half(const struct ffp8_dot *d, size_t rows, size_t j, ffp8_class c) {
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    size_t i = 0;
    if (d->flags & FFP8_DOT_FAR) {
        UNROLL
        for (size_t r = 0; r < rows; r++) _mm_prefetch((const char *)(d->c + r * d->ldc + j), _MM_HINT_T0);
    }
    do {
        __m256i acc[DOT_ROWS][2];
        struct high high;
        high_init(&high, d, step, rows, c);
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm256_setzero_si256();
        dot_segments(d, i, i + step, j, acc, &high, rows, c);
        finish(d, i, acc, &high, rows, j, j + 8, c);
        i += step;
    } while (i < d->count);
}

static ALWAYS_INLINE void dot_panel(const struct ffp8_dot *d, ffp8_class c) {
    for (size_t j = 0; j < d->cols; j += 16) {
        switch (d->rows) {
        case 1: dot_half(d, 1, j, c); break;
        case 2: dot_half(d, 2, j, c); break;
        case 3: dot_half(d, 3, j, c); break;
        case 4: dot_half(d, 4, j, c); break;
        case 5: dot_half(d, 5, j, c); break;
        case 6: dot_half(d, 6, j, c); break;
        }
    }
}

static ALWAYS_INLINE void dot_rows(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, dot_panel); }

#endif
