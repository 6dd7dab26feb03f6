/* SPDX-License-Identifier: Apache-2.0
 *
 * finish_256.h - what the product kernels of the tiers with 256-bit registers share: one step, and the way from sums to C
 *
 * acc[r][0], acc[r][1] are the sums of columns j..j+7 and j1..j1+7. Columns from d->cols on are masked; vmaskmov, being slow, is used at
 * the edge only.
 */
#ifndef FFP8_FINISH_256_H
#define FFP8_FINISH_256_H

#include "../kernels.h"
#include "x86_util.h"

/* acc + a . b in each 32-bit lane. One-instruction asm because gcc 12 copies and spills accumulators around the intrinsics. {vex}: the
 * assembler's first choice would be AVX-512's encoding. */
static ALWAYS_INLINE __m256i dot(__m256i acc, __m256i a, __m256i b, ffp8_class c) {
    if (c == FFP8_CLASS_F32) __asm__("vfmadd231ps %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
#ifdef __AVXVNNI__
    if (c == FFP8_CLASS_I16) __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
    if (c == FFP8_CLASS_I8) __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(a), "x"(b));
#else
    if (c == FFP8_CLASS_I16) __asm__("vpaddd %1, %0, %0" : "+x"(acc) : "x"(_mm256_madd_epi16(a, b)));
#endif
    return acc;
}

static ALWAYS_INLINE __m256i broadcast(const uint8_t *word) {
    int32_t x;
    memcpy(&x, word, sizeof x);
    return _mm256_set1_epi32(x);
}

/* The first n of 8 lanes (n may be beyond 8). */
static ALWAYS_INLINE __m256i lanes32(size_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)ffp8_min_size(n, 8)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static ALWAYS_INLINE __m256i lanes64(size_t n) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)ffp8_min_size(n, 4)), _mm256_setr_epi64x(0, 1, 2, 3));
}

/* Column scales j..j+7. */
static ALWAYS_INLINE __m256 column_scales(const struct ffp8_dot_scale *s, size_t j) {
    if (!s->e8m0) return _mm256_loadu_ps((const float *)s->col + j);
    const __m256i code = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const uint8_t *)s->col + j)));
    const __m256i bits = _mm256_max_epu32(_mm256_slli_epi32(code, 23), _mm256_set1_epi32(0x00400000)); /* code 0 is denormal */
    const __m256i is_nan = _mm256_cmpeq_epi32(code, _mm256_set1_epi32(255));
    return _mm256_castsi256_ps(_mm256_blendv_epi8(bits, _mm256_set1_epi32(0x7FC00000), is_nan));
}

static ALWAYS_INLINE void finish_8(const struct ffp8_dot *d, const struct ffp8_dot_scale *s, size_t r, size_t j, __m256 sum) {
    if (j >= d->cols) return;
    size_t n = d->cols - j;
    float *c = d->c + r * d->ldc + j;
    __m256 scale = column_scales(s, j);
    if (s->row) scale = _mm256_mul_ps(_mm256_set1_ps(s->row[r]), scale);
    if (s->add) {
        sum = _mm256_fmadd_ps(sum, scale, n >= 8 ? _mm256_loadu_ps(c) : _mm256_maskload_ps(c, lanes32(n)));
    } else {
        sum = _mm256_mul_ps(sum, scale);
    }
    if (n >= 8) {
        _mm256_storeu_ps(c, sum);
    } else {
        _mm256_maskstore_ps(c, lanes32(n), sum);
    }
}

/* All of 2 x 8 columns: without masks, and with the column scales in registers. */
static ALWAYS_INLINE void finish_whole(const struct ffp8_dot *d, const struct ffp8_dot_scale *s, __m256i (*sum)[2], size_t rows, size_t j,
                                       size_t j1) {
    const __m256 column[2] = {column_scales(s, j), column_scales(s, j1)};
    const bool add = s->add;
    const size_t ldc = d->ldc, at[2] = {0, j1 - j};
    float *c = d->c + j;
    UNROLL
    for (size_t r = 0; r < rows; r++, c += ldc) {
        const __m256 row = _mm256_set1_ps(s->row ? s->row[r] : 1);
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            const __m256 x = _mm256_castsi256_ps(sum[r][h]), scale = _mm256_mul_ps(row, column[h]);
            _mm256_storeu_ps(c + at[h], add ? _mm256_fmadd_ps(x, scale, _mm256_loadu_ps(c + at[h])) : _mm256_mul_ps(x, scale));
        }
    }
}

static ALWAYS_INLINE __m256i load_words(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

/* Upper halves of I16 sums: what int32 lanes have carried on. */
struct high {
    alignas(32) int32_t sum[FFP8_MAX_MR][2][8]; /* zeros at first; unused unless `carries` */
    bool carries;
};

/* For a sum over so many segments. */
static ALWAYS_INLINE void high_init(struct high *high, const struct ffp8_dot *d, size_t segments, size_t rows, ffp8_class c) {
    high->carries = c == FFP8_CLASS_I16 && segments * d->words > d->carry_words;
    if (high->carries) memset(high->sum, 0, rows * sizeof high->sum[0]);
}

static ALWAYS_INLINE void carry(__m256i (*acc)[2], struct high *high, size_t rows) {
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            __m256i *at = (__m256i *)high->sum[r][h];
            _mm256_store_si256(at, _mm256_add_epi32(_mm256_load_si256(at), _mm256_srai_epi32(acc[r][h], 16)));
            acc[r][h] = _mm256_and_si256(acc[r][h], _mm256_set1_epi32(0xFFFF));
        }
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
static ALWAYS_INLINE __m256 join_halves(__m256i low, __m256i high) {
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(high), _mm256_set1_ps(65536), _mm256_cvtepi32_ps(low));
}

/* Sums of columns j..j+7 that come from another call or go on to one. high: or NULL. */
static NO_INLINE void pass_parts(const struct ffp8_dot *d, size_t r, size_t j, const int32_t low[8], const int32_t *high) {
    const size_t at = r * d->ld_part + j;
    __m256i x = load_words(low), y = high ? load_words(high) : _mm256_setzero_si256();
    if (d->flags & FFP8_DOT_PART_IN) {
        x = _mm256_add_epi32(x, load_words(d->low + at));
        if (d->high) y = _mm256_add_epi32(y, load_words(d->high + at));
    }
    if (d->high) {
        y = _mm256_add_epi32(y, _mm256_srai_epi32(x, 16));
        x = _mm256_and_si256(x, _mm256_set1_epi32(0xFFFF));
    }
    if (d->flags & FFP8_DOT_PART_OUT) {
        _mm256_storeu_si256((__m256i *)(d->low + at), x);
        if (d->high) _mm256_storeu_si256((__m256i *)(d->high + at), y);
        return;
    }
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, 0);
    finish_8(d, &scale, r, j, d->high ? join_halves(x, y) : _mm256_cvtepi32_ps(x));
}

/* The sums of segment i, or of all (i = 0). */
static ALWAYS_INLINE void finish(const struct ffp8_dot *d, size_t i, __m256i (*acc)[2], struct high *high, size_t rows, size_t j, size_t j1,
                                 ffp8_class c) {
    if (c <= FFP8_CLASS_I16 && d->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT)) {
        alignas(32) int32_t low[FFP8_MAX_MR][2][8];
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            _mm256_store_si256((__m256i *)low[r][0], acc[r][0]);
            _mm256_store_si256((__m256i *)low[r][1], acc[r][1]);
        }
        for (size_t r = 0; r < rows; r++) {
            pass_parts(d, r, j, low[r][0], high->carries ? high->sum[r][0] : NULL);
            pass_parts(d, r, j1, low[r][1], high->carries ? high->sum[r][1] : NULL);
        }
        return;
    }
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, i);
    if (high->carries) carry(acc, high, rows);
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            __m256 sum = c <= FFP8_CLASS_I16 ? _mm256_cvtepi32_ps(acc[r][h]) : _mm256_castsi256_ps(acc[r][h]);
            if (high->carries) sum = join_halves(acc[r][h], load_words(high->sum[r][h]));
            acc[r][h] = _mm256_castps_si256(sum);
        }
    }
    if (j + 8 <= d->cols && j1 + 8 <= d->cols) {
        finish_whole(d, &scale, acc, rows, j, j1);
        return;
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        finish_8(d, &scale, r, j, _mm256_castsi256_ps(acc[r][0]));
        finish_8(d, &scale, r, j1, _mm256_castsi256_ps(acc[r][1]));
    }
}

#endif
