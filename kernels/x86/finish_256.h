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

static ALWAYS_INLINE void finish_8(const struct ffp8_dot *d, size_t r, size_t j, __m256 sum) {
    if (j >= d->cols) return;
    size_t n = d->cols - j;
    float *c = d->c + r * d->ldc + j;
    __m256 scale = _mm256_loadu_ps(d->col_scale + j);
    if (d->row_scale) scale = _mm256_mul_ps(_mm256_set1_ps(d->row_scale[r]), scale);
    if (d->flags & FFP8_DOT_ADD) {
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

/* Columns j..j+3 through `wide`: returns f32(t). */
static ALWAYS_INLINE __m128 pass_wide(const struct ffp8_dot *d, size_t r, size_t j, __m128i sum) {
    __m256d t = _mm256_cvtepi32_pd(sum);
    if (j < d->cols) {
        size_t n = d->cols - j;
        double *wide = d->wide + r * d->ldw + j;
        if (d->flags & FFP8_DOT_WIDE_IN) t = _mm256_add_pd(t, n >= 4 ? _mm256_loadu_pd(wide) : _mm256_maskload_pd(wide, lanes64(n)));
        if (d->flags & FFP8_DOT_WIDE_OUT) {
            if (n >= 4) {
                _mm256_storeu_pd(wide, t);
            } else {
                _mm256_maskstore_pd(wide, lanes64(n), t);
            }
        }
    }
    return _mm256_cvtpd_ps(t);
}

static NO_INLINE void finish_wide(const struct ffp8_dot *d, size_t r, size_t j, const int32_t sum[8]) {
    __m128 low = pass_wide(d, r, j, _mm_load_si128((const __m128i *)sum));
    __m128 high = pass_wide(d, r, j + 4, _mm_load_si128((const __m128i *)sum + 1));
    if (!(d->flags & FFP8_DOT_WIDE_OUT)) finish_8(d, r, j, _mm256_set_m128(high, low));
}

static ALWAYS_INLINE void finish(const struct ffp8_dot *d, __m256i (*acc)[2], size_t rows, size_t j, size_t j1, ffp8_class c) {
    const bool integer = c <= FFP8_CLASS_I16;
    if (integer && d->flags & (FFP8_DOT_WIDE_IN | FFP8_DOT_WIDE_OUT)) {
        alignas(32) int32_t sum[FFP8_MAX_MR][2][8];
        UNROLL
        for (size_t r = 0; r < rows; r++) {
            _mm256_store_si256((__m256i *)sum[r][0], acc[r][0]);
            _mm256_store_si256((__m256i *)sum[r][1], acc[r][1]);
        }
        for (size_t r = 0; r < rows; r++) {
            finish_wide(d, r, j, sum[r][0]);
            finish_wide(d, r, j1, sum[r][1]);
        }
        return;
    }
    UNROLL
    for (size_t r = 0; r < rows; r++) {
        finish_8(d, r, j, integer ? _mm256_cvtepi32_ps(acc[r][0]) : _mm256_castsi256_ps(acc[r][0]));
        finish_8(d, r, j1, integer ? _mm256_cvtepi32_ps(acc[r][1]) : _mm256_castsi256_ps(acc[r][1]));
    }
}

#endif
