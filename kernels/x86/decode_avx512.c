/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_avx512.c - codes to elements, 32 or 64 at a time
 *
 * NIBBLE luts: step and offset of the upper nibble by vpshufb, then (offset + lower nibble) * step by vpmaddubsw: 16 instructions for 64.
 * Others: word look-ups in registers, about 10 instructions for 32. A table of 256 words fills eight registers; four vpermi2w look up 64
 * entries each, the code's two top bits choose. Where the upper half of the table is the lower with a sign, two do
 * (mirrored_512.h). FP32 elements are two words; if no element has a lower one (all but scaled ones and some codebooks), one look-up does.
 * Results are interleaved by unpacks within 128-bit lanes; the codes are permuted first, so that the elements come out in order.
 * Near the bound of the store port, one or two cycles for each 64 bytes. Tails: masks.
 */
#include <immintrin.h>

#include "mirrored_512.h"
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
        __m512i h = widen(_mm256_load_si256((const __m256i *)(high + 32 * i))),
                l = widen(_mm256_load_si256((const __m256i *)(low + 32 * i)));
        w.part[i] = _mm512_or_si512(_mm512_slli_epi16(h, 8), l);
    }
    return w;
}

/* Those that hold the sign. */
INLINE struct words load_top(const uint8_t low[256], const uint8_t high[256], bool mirrored) {
    struct words w = load_words(low, high);
    for (int i = 0; mirrored && i < 4; i++) w.part[i] = ffp8_less_codes_words(w.part[i], 32 * i);
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

/* In those that hold the sign. */
INLINE __m512i look_up_top(const struct words *w, __m512i code, bool mirrored) {
    __m512i y = look_up(w, code, mirrored);
    return mirrored ? _mm512_add_epi16(y, _mm512_slli_epi16(code, 8)) : y;
}

/* Each step takes 32 or 64 codes, of which those exist whose bit in `live` is set: in whole steps a constant, as masked stores are slow. */
static const __mmask64 all = ~(__mmask64)0;
INLINE __mmask64 first(size_t left) { return all >> (64 - left); }

/* NIBBLE: words of the codes in the lower and in the upper eight bytes of each 128-bit lane. */
INLINE void integers(const struct ffp8_lut *lut, __m512i code, __m512i y[2]) {
    const __m512i mask = _mm512_set1_epi8(15), zero = _mm512_setzero_si512();
    __m512i row = _mm512_and_si512(_mm512_srli_epi16(code, 4), mask);
    __m512i step = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)lut->step)), row);
    __m512i offset = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)lut->offset)), row);
    __m512i count = _mm512_add_epi8(offset, _mm512_and_si512(code, mask));
    y[0] = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(count, zero), _mm512_unpacklo_epi8(step, zero));
    y[1] = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(count, zero), _mm512_unpackhi_epi8(step, zero));
}

INLINE void decode8_integers_step(const uint8_t *src, uint8_t *dst, __mmask64 live, const struct ffp8_lut *lut) {
    const __m512i byte = _mm512_set1_epi16(0xFF);
    __m512i y[2];
    integers(lut, _mm512_maskz_loadu_epi8(live, src), y);
    _mm512_mask_storeu_epi8(dst, live, _mm512_packus_epi16(_mm512_and_si512(y[0], byte), _mm512_and_si512(y[1], byte)));
}

static void decode8_integers(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode8_integers_step(src + i, dst + i, all, lut);
    if (i < n) decode8_integers_step(src + i, dst + i, first(n - i), lut);
}

INLINE void decode8_words_step(const uint8_t *src, uint8_t *dst, __mmask32 live, const struct words *w) {
    __m512i y = look_up(w, widen(_mm256_maskz_loadu_epi8(live, src)), false);
    _mm256_mask_storeu_epi8(dst, live, _mm512_cvtepi16_epi8(y));
}

static void decode8_words(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    const struct words w = load_words(lut->plane[0], lut->plane[0]);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) decode8_words_step(src + i, dst + i, (__mmask32)all, &w);
    if (i < n) decode8_words_step(src + i, dst + i, (__mmask32)first(n - i), &w);
}

void ffp8_decode8_avx512(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->kind == FFP8_LUT_NIBBLE)
        decode8_integers(src, dst, n, lut);
    else
        decode8_words(src, dst, n, lut);
}

INLINE void decode16_integers_step(const uint8_t *src, uint16_t *dst, __mmask64 live, const struct ffp8_lut *lut) {
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    __m512i y[2];
    integers(lut, _mm512_permutexvar_epi64(order, _mm512_maskz_loadu_epi8(live, src)), y);
    _mm512_mask_storeu_epi16(dst, (__mmask32)live, y[0]);
    if (live >> 32) _mm512_mask_storeu_epi16(dst + 32, (__mmask32)(live >> 32), y[1]);
}

static void decode16_integers(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    for (; i + 64 <= n; i += 64) decode16_integers_step(src + i, dst + i, all, lut);
    if (i < n) decode16_integers_step(src + i, dst + i, first(n - i), lut);
}

INLINE void decode16_words_step(const uint8_t *src, uint16_t *dst, __mmask32 live, const struct words *w, bool mirrored) {
    _mm512_mask_storeu_epi16(dst, live, look_up_top(w, widen(_mm256_maskz_loadu_epi8(live, src)), mirrored));
}

INLINE void decode16_words(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored) {
    const struct words w = load_top(lut->plane[0], lut->plane[1], mirrored);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) decode16_words_step(src + i, dst + i, (__mmask32)all, &w, mirrored);
    if (i < n) decode16_words_step(src + i, dst + i, (__mmask32)first(n - i), &w, mirrored);
}

void ffp8_decode16_avx512(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->kind == FFP8_LUT_NIBBLE)
        decode16_integers(src, dst, n, lut);
    else if (lut->mirrored)
        decode16_words(src, dst, n, lut, true);
    else
        decode16_words(src, dst, n, lut, false);
}

/* w[0]: lower words, w[1]: upper ones. */
INLINE void decode32_step(const uint8_t *src, uint32_t *dst, __mmask32 live, const struct words w[2], bool mirrored, bool upper_only) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m512i code = widen(_mm256_permutexvar_epi32(order, _mm256_maskz_loadu_epi8(live, src)));
    __m512i lower = upper_only ? _mm512_setzero_si512() : look_up(&w[0], code, mirrored), upper = look_up_top(&w[1], code, mirrored);
    _mm512_mask_storeu_epi32(dst, (__mmask16)live, _mm512_unpacklo_epi16(lower, upper));
    if (live >> 16) _mm512_mask_storeu_epi32(dst + 16, (__mmask16)(live >> 16), _mm512_unpackhi_epi16(lower, upper));
}

INLINE void decode32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut, bool mirrored, bool upper_only) {
    const struct words w[2] = {load_words(lut->plane[0], lut->plane[1]), load_top(lut->plane[2], lut->plane[3], mirrored)};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) decode32_step(src + i, dst + i, (__mmask32)all, w, mirrored, upper_only);
    if (i < n) decode32_step(src + i, dst + i, (__mmask32)first(n - i), w, mirrored, upper_only);
}

static bool has_upper_only(const struct ffp8_lut *lut) {
    __m512i any = _mm512_setzero_si512();
    for (int i = 0; i < 256; i += 64)
        any = _mm512_or_si512(any, _mm512_or_si512(_mm512_load_si512(lut->plane[0] + i), _mm512_load_si512(lut->plane[1] + i)));
    return _mm512_test_epi32_mask(any, any) == 0;
}

void ffp8_decode32_avx512(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
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
