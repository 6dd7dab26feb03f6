/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_avx512.c - codes to elements, 32 at a time, by word look-ups in registers (vpermi2w)
 *
 * A table of 256 words fills eight registers: four vpermi2w look up 64 entries each, the code's two top bits choose. Where the upper half
 * of the table is the lower with a sign, two do, and the sign is inserted. FP32 elements are two words; if no element has a low one (all but scaled
 * ones and some codebooks), one look-up does. Their codes are permuted first, so that unpacking within 128-bit lanes leaves the elements
 * in order. About 10 instructions for 32 codes, against one or two cycles of the store port for each 64 bytes. Tails: masks.
 */
#include <immintrin.h>

#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

struct words {
    __m512i part[8];
};

INLINE __m512i widen(__m256i bytes) { return _mm512_cvtepu8_epi16(bytes); }

/* Words of two planes of bytes. */
INLINE struct words load_words(const uint8_t low[256], const uint8_t high[256]) {
    struct words w;
    for (int i = 0; i < 8; i++) {
        __m512i h = widen(_mm256_load_si256((const __m256i *)(high + 32 * i))), l = widen(_mm256_load_si256((const __m256i *)(low + 32 * i)));
        w.part[i] = _mm512_or_si512(_mm512_slli_epi16(h, 8), l);
    }
    return w;
}

/* Elements of 32 codes (zero-extended to words). */
INLINE __m512i look_up(const struct words *w, __m512i code, bool mirrored) {
    __mmask32 bit6 = _mm512_test_epi16_mask(code, _mm512_set1_epi16(0x40));
    __m512i low = _mm512_mask_blend_epi16(bit6, _mm512_permutex2var_epi16(w->part[0], code, w->part[1]),
                                          _mm512_permutex2var_epi16(w->part[2], code, w->part[3]));
    if (mirrored) return low;
    __m512i high = _mm512_mask_blend_epi16(bit6, _mm512_permutex2var_epi16(w->part[4], code, w->part[5]),
                                           _mm512_permutex2var_epi16(w->part[6], code, w->part[7]));
    return _mm512_mask_blend_epi16(_mm512_test_epi16_mask(code, _mm512_set1_epi16(0x80)), low, high);
}

/* The word that holds the sign. */
INLINE __m512i look_up_top(const struct words *w, __m512i code, bool mirrored) {
    __m512i y = look_up(w, code, mirrored), sign = _mm512_set1_epi16(INT16_MIN);
    return mirrored ? _mm512_ternarylogic_epi32(y, _mm512_slli_epi16(code, 8), sign, 0xF8) : y; /* y | (code << 8 & sign) */
}

INLINE __mmask32 lanes_below(size_t left) { return left >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << left) - 1; }

void ffp8_decode8_avx512(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    const struct words w = load_words(lut->plane[0], lut->plane[0]);
    for (size_t i = 0; i < n; i += 32) {
        __mmask32 live = lanes_below(n - i);
        __m512i y = look_up(&w, widen(_mm256_maskz_loadu_epi8(live, src + i)), false);
        _mm256_mask_storeu_epi8(dst + i, live, _mm512_cvtepi16_epi8(y));
    }
}

INLINE void decode16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored) {
    const struct words w = load_words(lut->plane[0], lut->plane[1]);
    for (size_t i = 0; i < n; i += 32) {
        __mmask32 live = lanes_below(n - i);
        _mm512_mask_storeu_epi16(dst + i, live, look_up_top(&w, widen(_mm256_maskz_loadu_epi8(live, src + i)), mirrored));
    }
}

void ffp8_decode16_avx512(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->mirrored) decode16(src, dst, n, lut, true);
    else decode16(src, dst, n, lut, false);
}

INLINE void decode32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored, bool upper_only) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const struct words lower = load_words(lut->plane[0], lut->plane[1]), upper = load_words(lut->plane[2], lut->plane[3]);
    for (size_t i = 0; i < n; i += 32) {
        __mmask32 live = lanes_below(n - i);
        __m512i code = widen(_mm256_permutexvar_epi32(order, _mm256_maskz_loadu_epi8(live, src + i)));
        __m512i l = upper_only ? _mm512_setzero_si512() : look_up(&lower, code, mirrored), u = look_up_top(&upper, code, mirrored);
        _mm512_mask_storeu_epi32(dst + i, (__mmask16)live, _mm512_unpacklo_epi16(l, u));
        if (live >> 16) _mm512_mask_storeu_epi32(dst + i + 16, (__mmask16)(live >> 16), _mm512_unpackhi_epi16(l, u));
    }
}

static bool has_upper_only(const struct ffp8_lut *lut) {
    __m512i any = _mm512_setzero_si512();
    for (int i = 0; i < 256; i += 64)
        any = _mm512_or_si512(any, _mm512_or_si512(_mm512_load_si512(lut->plane[0] + i), _mm512_load_si512(lut->plane[1] + i)));
    return _mm512_test_epi32_mask(any, any) == 0;
}

void ffp8_decode32_avx512(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (has_upper_only(lut)) {
        if (lut->mirrored) decode32(src, dst, n, lut, true, true);
        else decode32(src, dst, n, lut, false, true);
    } else {
        if (lut->mirrored) decode32(src, dst, n, lut, true, false);
        else decode32(src, dst, n, lut, false, false);
    }
}
