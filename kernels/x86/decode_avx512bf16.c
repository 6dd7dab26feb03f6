/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_avx512bf16.c - codes to elements, 64 at a time, by byte look-ups in registers (VBMI)
 *
 * A plane of 256 bytes fills four registers: two vpermi2b look up 128 entries each, the code's top bit chooses. Where the upper half of the table
 * is the lower with a sign, one does, and the sign is inserted. The planes' bytes are interleaved by unpacks; the codes are permuted first,
 * so that unpacking within 128-bit lanes leaves the elements in order. FP32 elements of which only the upper 16 bits are set (all but scaled
 * ones and some codebooks) need two planes. Bound by the store port from 16-bit elements on. Tails: masks.
 */
#include <immintrin.h>

#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

struct plane {
    __m512i quarter[4];
};

INLINE struct plane load_plane(const uint8_t table[256]) {
    struct plane p;
    for (int i = 0; i < 4; i++) p.quarter[i] = _mm512_load_si512(table + 64 * i);
    return p;
}

INLINE __m512i look_up_half(const struct plane *p, __m512i code) { return _mm512_permutex2var_epi8(p->quarter[0], code, p->quarter[1]); }

INLINE __m512i look_up(const struct plane *p, __m512i code, bool mirrored) {
    __m512i low = look_up_half(p, code);
    if (mirrored) return low;
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(code), low, _mm512_permutex2var_epi8(p->quarter[2], code, p->quarter[3]));
}

/* The plane that holds the sign. */
INLINE __m512i look_up_top(const struct plane *p, __m512i code, bool mirrored) {
    __m512i y = look_up(p, code, mirrored);
    return mirrored ? _mm512_ternarylogic_epi32(y, code, _mm512_set1_epi8((char)0x80), 0xF8) : y; /* y | (code & 0x80) */
}

INLINE __mmask64 lanes_below(size_t left) { return left >= 64 ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1; }

void ffp8_decode8_avx512bf16(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    const struct plane p = load_plane(lut->plane[0]);
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 live = lanes_below(n - i);
        _mm512_mask_storeu_epi8(dst + i, live, look_up(&p, _mm512_maskz_loadu_epi8(live, src + i), false));
    }
}

INLINE void decode16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored) {
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    const struct plane low = load_plane(lut->plane[0]), high = load_plane(lut->plane[1]);
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 live = lanes_below(n - i);
        __m512i code = _mm512_permutexvar_epi64(order, _mm512_maskz_loadu_epi8(live, src + i));
        __m512i l = look_up(&low, code, mirrored), h = look_up_top(&high, code, mirrored);
        _mm512_mask_storeu_epi16(dst + i, (__mmask32)live, _mm512_unpacklo_epi8(l, h));
        if (live >> 32) _mm512_mask_storeu_epi16(dst + i + 32, (__mmask32)(live >> 32), _mm512_unpackhi_epi8(l, h));
    }
}

void ffp8_decode16_avx512bf16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->mirrored) decode16(src, dst, n, lut, true);
    else decode16(src, dst, n, lut, false);
}

/* Bytes of which the first `count` dwords exist, from 16-bit halves in the order of unpacks. */
INLINE void store_dwords(uint32_t *dst, __mmask64 live, __m512i lower_lo, __m512i upper_lo, __m512i lower_hi, __m512i upper_hi) {
    __m512i y[4] = {_mm512_unpacklo_epi16(lower_lo, upper_lo), _mm512_unpackhi_epi16(lower_lo, upper_lo),
                    _mm512_unpacklo_epi16(lower_hi, upper_hi), _mm512_unpackhi_epi16(lower_hi, upper_hi)};
    if (live == ~(__mmask64)0) {
        for (int j = 0; j < 4; j++) _mm512_storeu_si512(dst + 16 * j, y[j]);
        return;
    }
    for (int j = 0; j < 4 && live >> 16 * j; j++) _mm512_mask_storeu_epi32(dst + 16 * j, (__mmask16)(live >> 16 * j), y[j]);
}

INLINE void decode32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored, bool upper_only) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const struct plane p0 = load_plane(lut->plane[0]), p1 = load_plane(lut->plane[1]);
    const struct plane p2 = load_plane(lut->plane[2]), p3 = load_plane(lut->plane[3]);
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 live = lanes_below(n - i);
        __m512i code = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi8(live, src + i));
        __m512i b0 = _mm512_setzero_si512(), b1 = b0;
        if (!upper_only) b0 = look_up(&p0, code, mirrored), b1 = look_up(&p1, code, mirrored);
        __m512i b2 = look_up(&p2, code, mirrored), b3 = look_up_top(&p3, code, mirrored);
        store_dwords(dst + i, live, _mm512_unpacklo_epi8(b0, b1), _mm512_unpacklo_epi8(b2, b3), _mm512_unpackhi_epi8(b0, b1),
                     _mm512_unpackhi_epi8(b2, b3));
    }
}

static bool has_upper_only(const struct ffp8_lut *lut) {
    __m512i any = _mm512_setzero_si512();
    for (int i = 0; i < 256; i += 64)
        any = _mm512_or_si512(any, _mm512_or_si512(_mm512_load_si512(lut->plane[0] + i), _mm512_load_si512(lut->plane[1] + i)));
    return _mm512_test_epi32_mask(any, any) == 0;
}

void ffp8_decode32_avx512bf16(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (has_upper_only(lut)) {
        if (lut->mirrored) decode32(src, dst, n, lut, true, true);
        else decode32(src, dst, n, lut, false, true);
    } else {
        if (lut->mirrored) decode32(src, dst, n, lut, true, false);
        else decode32(src, dst, n, lut, false, false);
    }
}
