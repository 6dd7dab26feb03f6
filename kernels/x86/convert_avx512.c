/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_avx512.c - 16-bit floats to FP32 and back, and the largest magnitude
 *
 * Bound by memory but for data in L1. BF16 goes by integers: the instruction for it would flush denormals. Tails: masks.
 */
#include <immintrin.h>

#include "../kernel_util.h"
#include "x86_convert.h"

static inline __mmask16 lanes_below(size_t left) { return (__mmask16)(left >= 16 ? 0xFFFFu : (1u << left) - 1u); }

/* Bits of FP32 numbers: those above Inf. */
static inline __mmask16 is_nan(__m512i bits) {
    return _mm512_cmpgt_epi32_mask(_mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF)), _mm512_set1_epi32(0x7F800000));
}

void ffp8_widen_bf16_avx512(const uint16_t *src, float *dst, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 live = lanes_below(n - i);
        __m512i x = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(live, src + i)), 16);
        x = _mm512_mask_or_epi32(x, is_nan(x), x, _mm512_set1_epi32(0x400000));
        _mm512_mask_storeu_epi32(dst + i, live, x);
    }
}

void ffp8_widen_f16_avx512(const uint16_t *src, float *dst, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 live = lanes_below(n - i);
        _mm512_mask_storeu_ps(dst + i, live, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(live, src + i)));
    }
}

void ffp8_narrow_bf16_avx512(const float *src, uint16_t *dst, size_t n) {
    const __m512i one = _mm512_set1_epi32(1), half_less_one = _mm512_set1_epi32(0x7FFF);
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 live = lanes_below(n - i);
        __m512i x = _mm512_maskz_loadu_epi32(live, src + i), top = _mm512_srli_epi32(x, 16);
        __m512i y = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(x, half_less_one), _mm512_and_si512(top, one)), 16);
        y = _mm512_mask_or_epi32(y, is_nan(x), top, _mm512_set1_epi32(0x40));
        _mm256_mask_storeu_epi16(dst + i, live, _mm512_cvtepi32_epi16(y));
    }
}

void ffp8_narrow_f16_avx512(const float *src, uint16_t *dst, size_t n) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 live = lanes_below(n - i);
        __m256i y = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(live, src + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        _mm256_mask_storeu_epi16(dst + i, live, y);
    }
}

/* Magnitudes order as their bits do, NaN above all. */
float ffp8_amax_avx512(const float *x, size_t n) {
    const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
    __m512i max = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 16)
        max = _mm512_max_epi32(max, _mm512_and_si512(magnitude, _mm512_maskz_loadu_epi32(lanes_below(n - i), x + i)));
    uint32_t bits = (uint32_t)_mm512_reduce_max_epi32(max);
    return ffp8_float(bits > 0x7F800000u ? 0x7FC00000u : bits);
}
