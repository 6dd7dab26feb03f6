/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_512.h - the dot kernels of the tiers with 512-bit registers
 *
 * c[r][j] (+)= sum over segments and words of A's word, broadcast, times 32 words of B, one a column; see struct ffp8_dot.
 * Registers: 14 rows x 2 accumulators of 16 columns = 28, two of B, one broadcast word of A: 31 of 32. 16 loads feed 28 dots, so that one
 * load a clock is enough even where two dots are issued a clock. Rows of A are addressed as base + {0, 1, 2} * lda from a base for every
 * third row, which fits the 16 general registers.
 * Order: one accumulator an element of C; segments and words in increasing order. Within a word: dot() below.
 * Bound: the dot instruction. Tails: an instance for each number of rows; store masks for columns.
 */
#ifndef FFP8_DOT_512_H
#define FFP8_DOT_512_H

#include "../kernels.h"
#include "x86_util.h"

enum { DOT_ROWS = 14, EACH_ROWS = DOT_ROWS / 2 };

/* acc + a . b in each 32-bit lane. BF16: acc + (a1 * b1 + a0 * b0) as the instruction sums it. One-instruction asm because gcc 12 copies
 * and spills accumulators around the intrinsics. */
static ALWAYS_INLINE __m512i dot(__m512i acc, __m512i a, __m512i b, ffp8_class c) {
    if (c == FFP8_CLASS_F32) __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#ifdef __AVX512BF16__
    if (c == FFP8_CLASS_BF16) __asm__("vdpbf16ps %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#endif
#ifdef __AVX512VNNI__
    if (c == FFP8_CLASS_I16) __asm__("vpdpwssd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
    if (c == FFP8_CLASS_I8) __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(b));
#else
    if (c == FFP8_CLASS_I16) __asm__("vpaddd %1, %0, %0" : "+v"(acc) : "v"(_mm512_madd_epi16(a, b)));
#endif
    return acc;
}

static ALWAYS_INLINE __m512i broadcast(const uint8_t *word) {
    int32_t x;
    memcpy(&x, word, sizeof x);
    return _mm512_set1_epi32(x);
}

static ALWAYS_INLINE uint32_t column_mask(const struct ffp8_dot *d) { return (uint32_t)((1ull << d->cols) - 1); }

/* Column scales j..j+15. */
static ALWAYS_INLINE __m512 column_scales(const struct ffp8_dot_scale *s, size_t j) {
    if (!s->e8m0) return _mm512_loadu_ps((const float *)s->col + j);
    const __m512i code = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)((const uint8_t *)s->col + j)));
    const __m512i bits = _mm512_max_epu32(_mm512_slli_epi32(code, 23), _mm512_set1_epi32(0x00400000)); /* code 0 is denormal */
    return _mm512_castsi512_ps(
        _mm512_mask_mov_epi32(bits, _mm512_cmpeq_epi32_mask(code, _mm512_set1_epi32(255)), _mm512_set1_epi32(0x7FC00000)));
}

static ALWAYS_INLINE void finish_half(const struct ffp8_dot *d, const struct ffp8_dot_scale *s, size_t r, size_t j, __m512 sum) {
    __mmask16 mask = (__mmask16)(column_mask(d) >> j);
    __m512 scale = column_scales(s, j);
    float *c = d->c + r * d->ldc + j;
    if (s->row) scale = _mm512_mul_ps(_mm512_set1_ps(s->row[r]), scale);
    __m512 y = s->add ? _mm512_fmadd_ps(sum, scale, _mm512_maskz_loadu_ps(mask, c)) : _mm512_mul_ps(sum, scale);
    _mm512_mask_storeu_ps(c, mask, y);
}

/* All columns of the halves: without masks, which slow stores down, and with the column scales in registers. */
static ALWAYS_INLINE void finish_whole(const struct ffp8_dot *d, const struct ffp8_dot_scale *s, __m512i (*sum)[2], size_t rows,
                                       size_t halves, bool add) {
    __m512 column[2];
    UNROLL
    for (size_t h = 0; h < halves; h++) column[h] = column_scales(s, 16 * h);
    float *c = d->c;
    UNROLL
    for (size_t r = 0; r < rows; r++, c += d->ldc) {
        UNROLL
        for (size_t h = 0; h < halves; h++) {
            const __m512 x = _mm512_castsi512_ps(sum[r][h]);
            const __m512 scale = s->row ? _mm512_mul_ps(_mm512_set1_ps(s->row[r]), column[h]) : column[h];
            _mm512_storeu_ps(c + 16 * h, add ? _mm512_fmadd_ps(x, scale, _mm512_loadu_ps(c + 16 * h)) : _mm512_mul_ps(x, scale));
        }
    }
}

/* Upper halves of I16 sums: what int32 lanes have carried on. */
struct high {
    alignas(64) int32_t sum[DOT_ROWS][FFP8_NR]; /* zeros at first; unused unless `carries` */
    bool carries;
};

/* For a sum over so many segments. */
static ALWAYS_INLINE void high_init(struct high *high, const struct ffp8_dot *d, size_t segments, size_t rows, ffp8_class c) {
    high->carries = c == FFP8_CLASS_I16 && segments * d->words > d->carry_words;
    if (high->carries) memset(high->sum, 0, rows * sizeof high->sum[0]);
}

/* On copies in memory and out of line: where gcc sees what is done to accumulators here, it keeps some of them in memory all the time. */
static NO_INLINE void carry_rows(int32_t (*low)[FFP8_NR], int32_t (*high)[FFP8_NR], size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < columns; j += 16) {
            const __m512i sum = _mm512_load_si512(low[r] + j);
            _mm512_store_si512(high[r] + j, _mm512_add_epi32(_mm512_load_si512(high[r] + j), _mm512_srai_epi32(sum, 16)));
            _mm512_store_si512(low[r] + j, _mm512_and_si512(sum, _mm512_set1_epi32(0xFFFF)));
        }
    }
}

static ALWAYS_INLINE void carry(__m512i (*acc)[2], struct high *high, size_t rows, size_t halves) {
    alignas(64) int32_t low[DOT_ROWS][FFP8_NR];
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < halves; h++) _mm512_store_si512(low[r] + 16 * h, acc[r][h]);
    }
    carry_rows(low, high->sum, rows, 16 * halves);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < halves; h++) acc[r][h] = _mm512_load_si512(low[r] + 16 * h);
    }
}

/* Words of a segment to run at once, of `left`; 0: carry first, then there is room again. */
static ALWAYS_INLINE size_t run_words(const struct ffp8_dot *d, size_t left, size_t *room, ffp8_class c) {
    if (c != FFP8_CLASS_I16) return left;
    const size_t words = ffp8_min_size(left, *room);
    *room = words ? *room - words : d->carry_words;
    return words;
}

/* Integer sums as floats, rounded once: both halves are exact ones, and the multiply-add is fused. */
static ALWAYS_INLINE __m512 join_halves(__m512i low, __m512i high) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(high), _mm512_set1_ps(65536), _mm512_cvtepi32_ps(low));
}

/* Sums that come from another call or go on to one, on copies in memory and out of line as carry_rows. high: or NULL. */
static NO_INLINE void pass_parts(const struct ffp8_dot *d, const int32_t (*low)[FFP8_NR], const int32_t (*high)[FFP8_NR]) {
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, 0);
    for (size_t r = 0; r < d->rows; r++) {
        for (size_t j = 0; j < d->cols; j += 16) {
            const size_t at = r * d->ld_part + j;
            __m512i x = _mm512_load_si512(low[r] + j), y = high ? _mm512_load_si512(high[r] + j) : _mm512_setzero_si512();
            if (d->flags & FFP8_DOT_PART_IN) {
                x = _mm512_add_epi32(x, _mm512_loadu_si512(d->low + at));
                if (d->high) y = _mm512_add_epi32(y, _mm512_loadu_si512(d->high + at));
            }
            if (d->high) {
                y = _mm512_add_epi32(y, _mm512_srai_epi32(x, 16));
                x = _mm512_and_si512(x, _mm512_set1_epi32(0xFFFF));
            }
            if (d->flags & FFP8_DOT_PART_OUT) {
                _mm512_storeu_si512(d->low + at, x);
                if (d->high) _mm512_storeu_si512(d->high + at, y);
            } else {
                finish_half(d, &scale, r, j, d->high ? join_halves(x, y) : _mm512_cvtepi32_ps(x));
            }
        }
    }
}

static ALWAYS_INLINE void to_floats(__m512i (*acc)[2], struct high *high, size_t rows, size_t halves, ffp8_class c) {
    if (c > FFP8_CLASS_I16) return;
    if (high->carries) carry(acc, high, rows, halves);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < halves; h++) {
            const __m512 sum = high->carries ? join_halves(acc[r][h], _mm512_load_si512(high->sum[r] + 16 * h))
                                             : _mm512_cvtepi32_ps(acc[r][h]);
            acc[r][h] = _mm512_castps_si512(sum);
        }
    }
}

/* The sums of segment i, or of all (i = 0). */
static ALWAYS_INLINE void finish(const struct ffp8_dot *d, size_t i, __m512i (*acc)[2], struct high *high, size_t rows, size_t halves,
                                 ffp8_class c) {
    if (c <= FFP8_CLASS_I16 && d->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT)) {
        alignas(64) int32_t low[DOT_ROWS][FFP8_NR];
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            UNROLL
            for (size_t h = 0; h < halves; h++) _mm512_store_si512(low[r] + 16 * h, acc[r][h]);
        }
        pass_parts(d, (const int32_t(*)[FFP8_NR])low, high->carries ? (const int32_t(*)[FFP8_NR])high->sum : NULL);
        return;
    }
    to_floats(acc, high, rows, halves, c);
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, i);
    if (d->cols == 16 * halves) {
        if (scale.add)
            finish_whole(d, &scale, acc, rows, halves, true);
        else
            finish_whole(d, &scale, acc, rows, halves, false);
        return;
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        finish_half(d, &scale, r, 0, _mm512_castsi512_ps(acc[r][0]));
        if (halves == 2 && d->cols > 16) finish_half(d, &scale, r, 16, _mm512_castsi512_ps(acc[r][1]));
    }
}

/* acc += the word, broadcast, . (b0, b1). One asm for all of it: accumulators, B and what this needs are all registers there are, and gcc 12
 * copies and spills accumulators where it may load broadcast words ahead. */
static ALWAYS_INLINE void dot_row(__m512i acc[2], const uint8_t *word, __m512i b0, __m512i b1, ffp8_class c) {
    const uint8_t(*a)[FFP8_WORD_BYTES] = (const void *)word;
    __m512i x, y;
    if (c == FFP8_CLASS_F32)
        __asm__("vbroadcastss %3, %2\n\tvfmadd231ps %4, %2, %0\n\tvfmadd231ps %5, %2, %1"
                : "+v"(acc[0]), "+v"(acc[1]), "=&v"(x)
                : "m"(*a), "v"(b0), "v"(b1));
#ifdef __AVX512BF16__
    if (c == FFP8_CLASS_BF16)
        __asm__("vpbroadcastd %3, %2\n\tvdpbf16ps %4, %2, %0\n\tvdpbf16ps %5, %2, %1"
                : "+v"(acc[0]), "+v"(acc[1]), "=&v"(x)
                : "m"(*a), "v"(b0), "v"(b1));
#endif
#ifdef __AVX512VNNI__
    (void)y;
    if (c == FFP8_CLASS_I16)
        __asm__("vpbroadcastd %3, %2\n\tvpdpwssd %4, %2, %0\n\tvpdpwssd %5, %2, %1"
                : "+v"(acc[0]), "+v"(acc[1]), "=&v"(x)
                : "m"(*a), "v"(b0), "v"(b1));
    if (c == FFP8_CLASS_I8)
        __asm__("vpbroadcastd %3, %2\n\tvpdpbusd %4, %2, %0\n\tvpdpbusd %5, %2, %1"
                : "+v"(acc[0]), "+v"(acc[1]), "=&v"(x)
                : "m"(*a), "v"(b0), "v"(b1));
#else
    if (c == FFP8_CLASS_I16)
        __asm__("vpbroadcastd %4, %2\n\tvpmaddwd %5, %2, %3\n\tvpmaddwd %6, %2, %2\n\tvpaddd %3, %0, %0\n\tvpaddd %2, %1, %1"
                : "+v"(acc[0]), "+v"(acc[1]), "=&v"(x), "=&v"(y)
                : "m"(*a), "v"(b0), "v"(b1));
#endif
}

/* `steps` words of one segment; moves the bases on. */
static ALWAYS_INLINE void dot_steps(__m512i (*acc)[2], const uint8_t **base, size_t lda, const uint8_t *b, size_t rows, size_t halves,
                                    size_t steps, ffp8_class c) {
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        __m512i b0 = _mm512_load_si512(b + s * FFP8_STEP_BYTES), b1 = b0;
        if (halves == 2) b1 = _mm512_load_si512(b + s * FFP8_STEP_BYTES + 64);
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            const uint8_t *word = base[r / 3] + r % 3 * lda + s * FFP8_WORD_BYTES;
            if (halves == 2)
                dot_row(acc[r], word, b0, b1, c);
            else
                acc[r][0] = dot(acc[r][0], broadcast(word), b0, c);
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r += 3) {
        base[r / 3] += steps * FFP8_WORD_BYTES;
        __asm__("" : "+r"(base[r / 3])); /* else clang derives each row's address from the one before, or keeps all of them on the stack */
    }
}

/* Segments [i, end) of the rows from `first` on into acc. */
static ALWAYS_INLINE void dot_segments(const struct ffp8_dot *d, size_t i, size_t end, size_t first, const uint8_t **fetch,
                                       __m512i (*acc)[2], struct high *high, size_t rows, size_t halves, ffp8_class c) {
    const size_t lda = d->lda_bytes, fetch_step = d->fetch_step;
    size_t room = d->carry_words;
    for (; i < end; i++) {
        const uint8_t *a = (const uint8_t *)d->a[i] + first * lda, *b = ffp8_dot_b(d, i), *base[(DOT_ROWS + 2) / 3];
        UNROLL
        for (size_t r = 0; r < rows; r += 3) base[r / 3] = a + r * lda;
        if (c == FFP8_CLASS_I8) {
            if (d->a_offset) {
                UNROLL
                for (size_t r = 0; r < rows; r++) {
                    acc[r][0] = _mm512_add_epi32(acc[r][0], _mm512_load_si512(b));
                    if (halves == 2) acc[r][1] = _mm512_add_epi32(acc[r][1], _mm512_load_si512(b + 64));
                }
            }
            b += FFP8_STEP_BYTES;
        }
        for (size_t left = d->words, run; left; left -= run) {
            if (c == FFP8_CLASS_I16 && room == 0) {
                carry(acc, high, rows, halves);
                room = d->carry_words;
            }
            size_t w = run = c == FFP8_CLASS_I16 ? ffp8_min_size(left, room) : left;
            room -= run;
            for (; w >= 4; w -= 4, b += 4 * FFP8_STEP_BYTES, *fetch += fetch_step) {
                _mm_prefetch((const char *)*fetch, _MM_HINT_T1);
                dot_steps(acc, base, lda, b, rows, halves, 4, c);
            }
            for (; w; w--, b += FFP8_STEP_BYTES) dot_steps(acc, base, lda, b, rows, halves, 1, c);
        }
    }
}

static NO_INLINE void fetch_places(const struct ffp8_dot *d) {
    for (size_t r = 0; r < d->rows; r++) {
        _mm_prefetch((const char *)(d->c + r * d->ldc), _MM_HINT_T0);
        _mm_prefetch((const char *)(d->c + r * d->ldc + d->cols - 1), _MM_HINT_T0);
    }
}

static ALWAYS_INLINE void dot_tile(const struct ffp8_dot *d, size_t rows, size_t halves, ffp8_class c) {
    const uint8_t *fetch = d->fetch;
    __m512i acc[DOT_ROWS][2];
    if (d->flags & FFP8_DOT_FAR) fetch_places(d);
    struct high high;
    high_init(&high, d, d->count, rows, c);
    UNROLL
    for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
    dot_segments(d, 0, d->count, 0, &fetch, acc, &high, rows, halves, c);
    finish(d, 0, acc, &high, rows, halves, c);
}

/* Segments that are scaled one by one: half as many rows at a time, whose C stays in registers beside the sums in progress. */
static ALWAYS_INLINE void each_tile(const struct ffp8_dot *d, size_t first, size_t rows, ffp8_class c) {
    const uint8_t *fetch = d->fetch;
    __m512i acc[EACH_ROWS][2];
    __m512 y[EACH_ROWS][2];
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < 2; h++) { /* -0 + product is the product, whatever its sign */
            const __mmask16 mask = d->flags & FFP8_DOT_ADD ? (__mmask16)(column_mask(d) >> 16 * h) : 0;
            y[r][h] = _mm512_mask_loadu_ps(_mm512_set1_ps(-0.0f), mask, d->c + (first + r) * d->ldc + 16 * h);
        }
    }
    for (size_t i = 0; i < d->count; i++) {
        struct high high;
        high_init(&high, d, 1, rows, c);
        UNROLL
        for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
        dot_segments(d, i, i + 1, first, &fetch, acc, &high, rows, 2, c);
        to_floats(acc, &high, rows, 2, c);
        const struct ffp8_dot_scale s = ffp8_dot_scale_of(d, i);
        const __m512 column[2] = {column_scales(&s, 0), column_scales(&s, 16)};
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            UNROLL
            for (size_t h = 0; h < 2; h++) {
                const __m512 scale = s.row ? _mm512_mul_ps(_mm512_set1_ps(s.row[first + r]), column[h]) : column[h];
                y[r][h] = _mm512_fmadd_ps(_mm512_castsi512_ps(acc[r][h]), scale, y[r][h]);
            }
        }
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            float *to = d->c + (first + r) * d->ldc + 16 * h;
            if (d->cols == FFP8_NR)
                _mm512_storeu_ps(to, y[r][h]);
            else
                _mm512_mask_storeu_ps(to, (__mmask16)(column_mask(d) >> 16 * h), y[r][h]);
        }
    }
}

static ALWAYS_INLINE void each_rows(const struct ffp8_dot *d, size_t first, size_t rows, ffp8_class c) {
    switch (rows) {
    case 1: each_tile(d, first, 1, c); break;
    case 2: each_tile(d, first, 2, c); break;
    case 3: each_tile(d, first, 3, c); break;
    case 4: each_tile(d, first, 4, c); break;
    case 5: each_tile(d, first, 5, c); break;
    case 6: each_tile(d, first, 6, c); break;
    case 7: each_tile(d, first, 7, c); break;
    }
}

/* One instance for each number of rows: a jump on d->rows, which is 1..14. */
static ALWAYS_INLINE void dot_halves(const struct ffp8_dot *d, size_t halves, ffp8_class c) {
    switch (d->rows) {
    case 1: dot_tile(d, 1, halves, c); break;
    case 2: dot_tile(d, 2, halves, c); break;
    case 3: dot_tile(d, 3, halves, c); break;
    case 4: dot_tile(d, 4, halves, c); break;
    case 5: dot_tile(d, 5, halves, c); break;
    case 6: dot_tile(d, 6, halves, c); break;
    case 7: dot_tile(d, 7, halves, c); break;
    case 8: dot_tile(d, 8, halves, c); break;
    case 9: dot_tile(d, 9, halves, c); break;
    case 10: dot_tile(d, 10, halves, c); break;
    case 11: dot_tile(d, 11, halves, c); break;
    case 12: dot_tile(d, 12, halves, c); break;
    case 13: dot_tile(d, 13, halves, c); break;
    case 14: dot_tile(d, 14, halves, c); break;
    }
}

/* Tiles other than whole ones. Up to 16 columns are one half: the dots of the other are left out. */
static ALWAYS_INLINE void dot_others(const struct ffp8_dot *d, ffp8_class c) {
    if (d->flags & FFP8_DOT_EACH) {
        for (size_t first = 0; first < d->rows; first += EACH_ROWS) each_rows(d, first, ffp8_min_size(EACH_ROWS, d->rows - first), c);
    } else {
        dot_halves(d, 1, c);
    }
}

/* others: dot_others, as a function of its own: with all of them in one, gcc 12 no longer finds registers for the accumulators of any. */
static ALWAYS_INLINE void dot_rows(const struct ffp8_dot *d, ffp8_class c, ffp8_dot_fn *others) {
    struct ffp8_dot copy;
    for (size_t column = 0; column < d->cols; column += FFP8_NR) {
        const struct ffp8_dot *panel = ffp8_dot_panel(d, column, &copy);
        if (d->flags & FFP8_DOT_EACH || panel->cols <= 16)
            others(panel);
        else
            dot_halves(panel, 2, c);
    }
}

#endif
