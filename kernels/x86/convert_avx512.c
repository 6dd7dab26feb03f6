/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_avx512.c - 16-bit floats to FP32 and back, powers of two, and the largest magnitude
 *
 * Bound by memory but for data in L1. BF16 goes by integers: the instruction for it would flush denormals. Tails: masks.
 */
#include <immintrin.h>

#include "../kernel_util.h"
#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

/* Each step takes 16 elements, of which those exist whose bit in `live` is set: in whole steps a constant, as masked stores are slow. */
static const __mmask16 all = 0xFFFF;
INLINE __mmask16 first(size_t left) { return (__mmask16)(0xFFFFu >> (16 - left)); }

/* Bits of FP32 numbers: those above Inf. */
INLINE __mmask16 is_nan(__m512i bits) {
    return _mm512_cmpgt_epi32_mask(_mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF)), _mm512_set1_epi32(0x7F800000));
}

INLINE void widen_bf16_step(const uint16_t *src, float *dst, __mmask16 live) {
    __m512i x = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(live, src)), 16);
    x = _mm512_mask_or_epi32(x, is_nan(x), x, _mm512_set1_epi32(0x400000));
    _mm512_mask_storeu_epi32(dst, live, x);
}

void ffp8_widen_bf16_avx512(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) widen_bf16_step(src + i, dst + i, all);
    if (i < n) widen_bf16_step(src + i, dst + i, first(n - i));
}

INLINE void widen_f16_step(const uint16_t *src, float *dst, __mmask16 live) {
    _mm512_mask_storeu_ps(dst, live, _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(live, src)));
}

void ffp8_widen_f16_avx512(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) widen_f16_step(src + i, dst + i, all);
    if (i < n) widen_f16_step(src + i, dst + i, first(n - i));
}

INLINE void narrow_bf16_step(const float *src, uint16_t *dst, __mmask16 live) {
    __m512i x = _mm512_maskz_loadu_epi32(live, src), top = _mm512_srli_epi32(x, 16), odd = _mm512_and_si512(top, _mm512_set1_epi32(1));
    __m512i y = _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(x, _mm512_set1_epi32(0x7FFF)), odd), 16);
    y = _mm512_mask_or_epi32(y, is_nan(x), top, _mm512_set1_epi32(0x40));
    _mm256_mask_storeu_epi16(dst, live, _mm512_cvtepi32_epi16(y));
}

void ffp8_narrow_bf16_avx512(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) narrow_bf16_step(src + i, dst + i, all);
    if (i < n) narrow_bf16_step(src + i, dst + i, first(n - i));
}

INLINE void narrow_f16_step(const float *src, uint16_t *dst, __mmask16 live) {
    __m256i y = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(live, src), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_mask_storeu_epi16(dst, live, y);
}

void ffp8_narrow_f16_avx512(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) narrow_f16_step(src + i, dst + i, all);
    if (i < n) narrow_f16_step(src + i, dst + i, first(n - i));
}

/* Powers of two are added to the exponents of what has a magnitude from 1 to below Inf, as bits. */
INLINE void rescale16_step(uint16_t *x, __m512i power, __mmask32 live) {
    const __m512i y = _mm512_maskz_loadu_epi16(live, x), magnitude = _mm512_and_si512(y, _mm512_set1_epi16(0x7FFF));
    const __mmask32 moves = _mm512_cmplt_epu16_mask(_mm512_sub_epi16(magnitude, _mm512_set1_epi16(1)), _mm512_set1_epi16(0x7F7F));
    _mm512_mask_storeu_epi16(x, live, _mm512_mask_add_epi16(y, moves, y, power));
}

void ffp8_rescale16_avx512(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    uint16_t *x = elements;
    for (size_t count; n > 0; n -= count, x += count) {
        const __m512i power = _mm512_set1_epi16((short)((*e8m0++ - 127 + shift) * 0x80));
        size_t i = 0;
        count = ffp8_min_size(n, block);
        for (; i + 32 <= count; i += 32) rescale16_step(x + i, power, 0xFFFFFFFFu);
        if (i < count) rescale16_step(x + i, power, 0xFFFFFFFFu >> (32 - (count - i)));
    }
}

INLINE void rescale32_step(uint32_t *x, __m512i power, __mmask16 live) {
    const __m512i y = _mm512_maskz_loadu_epi32(live, x), magnitude = _mm512_and_si512(y, _mm512_set1_epi32(0x7FFFFFFF));
    const __mmask16 moves = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(magnitude, _mm512_set1_epi32(1)), _mm512_set1_epi32(0x7F7FFFFF));
    _mm512_mask_storeu_epi32(x, live, _mm512_mask_add_epi32(y, moves, y, power));
}

void ffp8_rescale32_avx512(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    uint32_t *x = elements;
    for (size_t count; n > 0; n -= count, x += count) {
        const __m512i power = _mm512_slli_epi32(_mm512_set1_epi32(*e8m0++ - 127 + shift), 23);
        size_t i = 0;
        count = ffp8_min_size(n, block);
        for (; i + 16 <= count; i += 16) rescale32_step(x + i, power, all);
        if (i < count) rescale32_step(x + i, power, first(count - i));
    }
}

/* Magnitudes order as their bits do, NaN above all. */
float ffp8_amax_avx512(const float *x, size_t n) {
    const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
    __m512i even = _mm512_setzero_si512(), odd = even;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        even = _mm512_max_epi32(even, _mm512_and_si512(magnitude, _mm512_loadu_si512(x + i)));
        odd = _mm512_max_epi32(odd, _mm512_and_si512(magnitude, _mm512_loadu_si512(x + i + 16)));
    }
    for (; i < n; i += 16) {
        __mmask16 live = n - i < 16 ? first(n - i) : all;
        even = _mm512_max_epi32(even, _mm512_and_si512(magnitude, _mm512_maskz_loadu_epi32(live, x + i)));
    }
    uint32_t bits = (uint32_t)_mm512_reduce_max_epi32(_mm512_max_epi32(even, odd));
    return ffp8_float(bits > 0x7F800000u ? 0x7FC00000u : bits);
}
