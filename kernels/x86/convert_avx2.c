/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_avx2.c - 16-bit floats to FP32 and back, powers of two, and the largest magnitude
 *
 * Bound by memory but for data in L1. Tails: the scalar functions of kernel_util.h, which F16C agrees with bit for bit.
 */
#include <immintrin.h>

#include "../kernel_util.h"
#include "x86_convert.h"

/* Bits of FP32 numbers: a mask of those above Inf. */
static inline __m256i is_nan(__m256i bits) {
    return _mm256_cmpgt_epi32(_mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF)), _mm256_set1_epi32(0x7F800000));
}

void ffp8_widen_bf16_avx2(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i x = _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(src + i))), 16);
        x = _mm256_or_si256(x, _mm256_and_si256(is_nan(x), _mm256_set1_epi32(0x400000)));
        _mm256_storeu_si256((__m256i *)(dst + i), x);
    }
    for (; i < n; i++) dst[i] = ffp8_f32_from_bf16(src[i]);
}

void ffp8_widen_f16_avx2(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) _mm256_storeu_ps(dst + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(src + i))));
    for (; i < n; i++) dst[i] = ffp8_f32_from_f16(src[i]);
}

/* 16-bit results in dwords. */
static inline __m256i bf16_of(__m256i x) {
    __m256i top = _mm256_srli_epi32(x, 16), odd = _mm256_and_si256(top, _mm256_set1_epi32(1));
    __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(0x7FFF)), odd), 16);
    return _mm256_blendv_epi8(rounded, _mm256_or_si256(top, _mm256_set1_epi32(0x40)), is_nan(x));
}

void ffp8_narrow_bf16_avx2(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i low = bf16_of(_mm256_loadu_si256((const __m256i *)(src + i)));
        __m256i high = bf16_of(_mm256_loadu_si256((const __m256i *)(src + i + 8)));
        _mm256_storeu_si256((__m256i *)(dst + i), _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xD8));
    }
    for (; i < n; i++) dst[i] = ffp8_bf16_from_f32(src[i]);
}

void ffp8_narrow_f16_avx2(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(dst + i), _mm256_cvtps_ph(_mm256_loadu_ps(src + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    for (; i < n; i++) dst[i] = ffp8_f16_from_f32(src[i]);
}

/* Powers of two are added to the exponents of what has a magnitude from 1 to below Inf, as bits. */
void ffp8_rescale32_avx2(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    const __m256i zero = _mm256_setzero_si256(), infinity = _mm256_set1_epi32(0x7F800000);
    uint32_t *x = elements;
    for (size_t count; n > 0; n -= count, x += count) {
        const int exponent = *e8m0++ - 127 + shift;
        const __m256i step = _mm256_slli_epi32(_mm256_set1_epi32(exponent), 23);
        size_t i = 0;
        count = ffp8_min_size(n, block);
        for (; i + 8 <= count; i += 8) {
            const __m256i y = _mm256_loadu_si256((const __m256i *)(x + i)), magnitude = _mm256_and_si256(y, _mm256_set1_epi32(0x7FFFFFFF));
            const __m256i moves = _mm256_and_si256(_mm256_cmpgt_epi32(magnitude, zero), _mm256_cmpgt_epi32(infinity, magnitude));
            _mm256_storeu_si256((__m256i *)(x + i), _mm256_add_epi32(y, _mm256_and_si256(moves, step)));
        }
        for (; i < count; i++) x[i] = ffp8_f32_rescaled(x[i], exponent);
    }
}

/* Magnitudes order as their bits do, NaN above all. */
float ffp8_amax_avx2(const float *x, size_t n) {
    const __m256i magnitude = _mm256_set1_epi32(0x7FFFFFFF);
    __m256i even = _mm256_setzero_si256(), odd = even;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        even = _mm256_max_epi32(even, _mm256_and_si256(magnitude, _mm256_loadu_si256((const __m256i *)(x + i))));
        odd = _mm256_max_epi32(odd, _mm256_and_si256(magnitude, _mm256_loadu_si256((const __m256i *)(x + i + 8))));
    }
    even = _mm256_max_epi32(even, odd);
    __m128i four = _mm_max_epi32(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
    four = _mm_max_epi32(four, _mm_unpackhi_epi64(four, four));
    uint32_t max = (uint32_t)_mm_cvtsi128_si32(_mm_max_epi32(four, _mm_srli_epi64(four, 32)));
    for (; i < n; i++) {
        uint32_t bits = ffp8_bits(x[i]) & 0x7FFFFFFFu;
        max = bits > max ? bits : max;
    }
    return ffp8_float(max > 0x7F800000u ? 0x7FC00000u : max);
}
