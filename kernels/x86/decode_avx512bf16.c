/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_avx512bf16.c - codes to elements, 64 at a time, by byte look-ups in registers (VBMI)
 *
 * A plane of 256 bytes fills four registers: two vpermi2b look up 128 entries each, the code's top bit chooses. Where the upper half of
 * the table is the lower with a sign, one does (mirrored_512.h). The planes' bytes are interleaved by unpacks; the codes are
 * permuted first, so that unpacking within 128-bit lanes leaves the elements in order. FP32 elements of which only the upper 16 bits are
 * set (all but scaled ones and some codebooks) need two planes. Bound by the store port from 16-bit elements on. Tails: masks.
 */
#include <immintrin.h>
#include <string.h>

#include "mirrored_512.h"
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

/* The plane that holds the sign. */
INLINE struct plane load_top(const uint8_t table[256], bool mirrored) {
    struct plane p = load_plane(table);
    for (int i = 0; mirrored && i < 2; i++) p.quarter[i] = ffp8_less_codes_bytes(p.quarter[i], 64 * i);
    return p;
}

INLINE __m512i look_up(const struct plane *p, __m512i code, bool mirrored) {
    const __m512i low = _mm512_permutex2var_epi8(p->quarter[0], code, p->quarter[1]);
    if (mirrored) return low;
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(code), low, _mm512_permutex2var_epi8(p->quarter[2], code, p->quarter[3]));
}

/* In the plane that holds the sign. */
INLINE __m512i look_up_top(const struct plane *p, __m512i code, bool mirrored) {
    __m512i y = look_up(p, code, mirrored);
    return mirrored ? _mm512_add_epi8(y, code) : y;
}

/* Each step takes 64 codes, of which those exist whose bit in `live` is set: in whole steps a constant, as masked stores are slow. */
static const __mmask64 all = ~(__mmask64)0;
INLINE __mmask64 first(size_t left) { return all >> (64 - left); }

INLINE void decode8_step(const uint8_t *src, uint8_t *dst, __mmask64 live, const struct plane *p) {
    _mm512_mask_storeu_epi8(dst, live, look_up(p, _mm512_maskz_loadu_epi8(live, src), false));
}

void ffp8_decode8_avx512bf16(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    const struct plane p = load_plane(lut->plane[0]);
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode8_step(src + i, dst + i, all, &p);
    if (i < n) decode8_step(src + i, dst + i, first(n - i), &p);
}

INLINE void decode16_step(const uint8_t *src, uint16_t *dst, __mmask64 live, const struct plane p[2], bool mirrored) {
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    __m512i code = _mm512_permutexvar_epi64(order, _mm512_maskz_loadu_epi8(live, src));
    __m512i low = look_up(&p[0], code, mirrored), high = look_up_top(&p[1], code, mirrored);
    _mm512_mask_storeu_epi16(dst, (__mmask32)live, _mm512_unpacklo_epi8(low, high));
    if (live >> 32) _mm512_mask_storeu_epi16(dst + 32, (__mmask32)(live >> 32), _mm512_unpackhi_epi8(low, high));
}

INLINE void decode16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored) {
    const struct plane p[2] = {load_plane(lut->plane[0]), load_top(lut->plane[1], mirrored)};
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode16_step(src + i, dst + i, all, p, mirrored);
    if (i < n) decode16_step(src + i, dst + i, first(n - i), p, mirrored);
}

void ffp8_decode16_avx512bf16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->mirrored)
        decode16(src, dst, n, lut, true);
    else
        decode16(src, dst, n, lut, false);
}

/* Words of two elements: codes of both arrays are interleaved, so that an element's bytes meet beside the other array's. `keep`: which bits are not
 * made 0. */
INLINE void decode_pairs_step(const uint8_t *const src[2], uint32_t *dst, __mmask64 live, const struct plane p[2], bool mirrored,
                              uint32_t keep) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i a = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi8(live, src[0])),
                  b = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi8(live, src[1]));
    for (int h = 0; h < 2; h++) {
        const __m512i code = h ? _mm512_unpackhi_epi8(a, b) : _mm512_unpacklo_epi8(a, b);
        const __m512i low = look_up(&p[0], code, mirrored), high = look_up_top(&p[1], code, mirrored);
        for (int j = 2 * h; j < 2 * h + 2; j++) {
            __m512i y = j & 1 ? _mm512_unpackhi_epi8(low, high) : _mm512_unpacklo_epi8(low, high);
            if (keep != ~0u) y = _mm512_and_si512(y, _mm512_set1_epi32((int)keep));
            if (live >> 16 * j) _mm512_mask_storeu_epi32(dst + 16 * j, (__mmask16)(live >> 16 * j), y);
        }
    }
}

INLINE void decode_pairs(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored,
                         uint32_t keep) {
    const struct plane p[2] = {load_plane(lut->plane[0]), load_top(lut->plane[1], mirrored)};
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode_pairs_step((const uint8_t *[]){low + i, high + i}, dst + i, all, p, mirrored, keep);
    if (i < n) decode_pairs_step((const uint8_t *[]){low + i, high + i}, dst + i, first(n - i), p, mirrored, keep);
}

/* Where an array is missing the other takes its place, and its elements are masked. */
void ffp8_decode_pairs_avx512bf16(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    const uint32_t keep = (low ? 0xFFFFu : 0) | (high ? 0xFFFF0000u : 0);
    if (!keep)
        memset(dst, 0, n * sizeof *dst);
    else if (keep != ~0u)
        decode_pairs(low ? low : high, high ? high : low, dst, n, lut, false, keep);
    else if (lut->mirrored)
        decode_pairs(low, high, dst, n, lut, true, ~0u);
    else
        decode_pairs(low, high, dst, n, lut, false, ~0u);
}

INLINE void decode32_step(const uint8_t *src, uint32_t *dst, __mmask64 live, const struct plane p[4], bool mirrored, bool upper_only) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i code = _mm512_permutexvar_epi32(order, _mm512_maskz_loadu_epi8(live, src));
    __m512i b0 = _mm512_setzero_si512(), b1 = b0;
    if (!upper_only) b0 = look_up(&p[0], code, mirrored), b1 = look_up(&p[1], code, mirrored);
    __m512i b2 = look_up(&p[2], code, mirrored), b3 = look_up_top(&p[3], code, mirrored);
    __m512i lower[2] = {_mm512_unpacklo_epi8(b0, b1), _mm512_unpackhi_epi8(b0, b1)};
    __m512i upper[2] = {_mm512_unpacklo_epi8(b2, b3), _mm512_unpackhi_epi8(b2, b3)};
    for (int j = 0; j < 4; j++) {
        __m512i y = j & 1 ? _mm512_unpackhi_epi16(lower[j / 2], upper[j / 2]) : _mm512_unpacklo_epi16(lower[j / 2], upper[j / 2]);
        if (live >> 16 * j) _mm512_mask_storeu_epi32(dst + 16 * j, (__mmask16)(live >> 16 * j), y);
    }
}

INLINE void decode32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored, bool upper_only) {
    const struct plane p[4] = {load_plane(lut->plane[0]), load_plane(lut->plane[1]), load_plane(lut->plane[2]),
                               load_top(lut->plane[3], mirrored)};
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode32_step(src + i, dst + i, all, p, mirrored, upper_only);
    if (i < n) decode32_step(src + i, dst + i, first(n - i), p, mirrored, upper_only);
}

static bool has_upper_only(const struct ffp8_lut *lut) {
    __m512i any = _mm512_setzero_si512();
    for (int i = 0; i < 256; i += 64)
        any = _mm512_or_si512(any, _mm512_or_si512(_mm512_load_si512(lut->plane[0] + i), _mm512_load_si512(lut->plane[1] + i)));
    return _mm512_test_epi32_mask(any, any) == 0;
}

void ffp8_decode32_avx512bf16(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (has_upper_only(lut)) {
        if (lut->mirrored)
            decode32(src, dst, n, lut, true, true);
        else
            decode32(src, dst, n, lut, false, true);
    } else {
        if (lut->mirrored)
            decode32(src, dst, n, lut, true, false);
        else
            decode32(src, dst, n, lut, false, false);
    }
}
