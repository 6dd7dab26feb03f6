/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_avx2.c - codes to elements, 32 at a time
 *
 * NIBBLE, HALF and FLOAT by codes_256.h; of the latter, codes that are Inf or NaN are put right one by one.
 *   TABLE   planes of bytes: a vpshufb for each 16 entries (by the lower nibble), then a tree of blends (by the upper): 31 instructions a
 *           plane, or 15 where the upper half of the table is the lower with a sign; Inf and NaN may differ, being put right one by one.
 *           FP32 elements of which only the upper 16 bits are set (all but scaled ones and some codebooks) need two planes of four.
 * Planes are interleaved by unpacks within 128-bit lanes; the codes are permuted first, so that the elements come out in order. TABLE is
 * bound by the two ports that shuffle and blend, the others by the stores. Tails: through 32 codes on the stack.
 */
#include <string.h>

#include "codes_256.h"
#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

enum { STEP = 32 };

INLINE __m256i load(const uint8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE void store(void *p, __m256i x) { _mm256_storeu_si256((__m256i *)p, x); }
INLINE __m256i row_of(const void *p) { return _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)p)); }
INLINE __m256i low_nibble(__m256i code) { return _mm256_and_si256(code, _mm256_set1_epi8(15)); }

/* Bytes of one plane of the table. Blends look at the top bit of each byte of c << 1, c << 2, c << 3. */
INLINE __m256i look_up(const uint8_t table[256], __m256i code, bool mirrored) {
    __m256i nibble = low_nibble(code), bit4 = _mm256_slli_epi16(code, 3), bit5 = _mm256_slli_epi16(code, 2),
            bit6 = _mm256_slli_epi16(code, 1);
    __m256i half[2];
    for (int h = 0; h < (mirrored ? 1 : 2); h++) {
        __m256i quarter[2];
        for (int q = 0; q < 2; q++) {
            const uint8_t *t = table + 128 * h + 64 * q;
            __m256i a = _mm256_blendv_epi8(_mm256_shuffle_epi8(row_of(t), nibble), _mm256_shuffle_epi8(row_of(t + 16), nibble), bit4);
            __m256i b = _mm256_blendv_epi8(_mm256_shuffle_epi8(row_of(t + 32), nibble), _mm256_shuffle_epi8(row_of(t + 48), nibble), bit4);
            quarter[q] = _mm256_blendv_epi8(a, b, bit5);
        }
        half[h] = _mm256_blendv_epi8(quarter[0], quarter[1], bit6);
    }
    return mirrored ? half[0] : _mm256_blendv_epi8(half[0], half[1], code);
}

/* The plane that holds the sign. */
INLINE __m256i look_up_top(const uint8_t table[256], __m256i code, bool mirrored) {
    __m256i y = look_up(table, code, mirrored);
    return mirrored ? _mm256_or_si256(y, _mm256_and_si256(code, _mm256_set1_epi8((char)0x80))) : y;
}

/* A bit for each code that is Inf or NaN. */
INLINE uint32_t specials(__m256i code, const struct ffp8_lut *lut) {
    __m256i magnitude = _mm256_and_si256(code, _mm256_set1_epi8((char)lut->magnitude_mask)), special = _mm256_setzero_si256();
    if (lut->special_lo < 256) special = _mm256_cmpeq_epi8(_mm256_max_epu8(magnitude, _mm256_set1_epi8((char)lut->special_lo)), magnitude);
    if (lut->special_minus_zero) special = _mm256_or_si256(special, _mm256_cmpeq_epi8(code, _mm256_set1_epi8((char)0x80)));
    return (uint32_t)_mm256_movemask_epi8(special);
}

/* Whether the upper half of the table is the lower with the top bit set, Inf and NaN apart. To know costs as much as some hundred codes. */
static bool is_mirrored(const struct ffp8_lut *lut, uint32_t top_bit, size_t n) {
    if (lut->mirrored || n < 1024) return lut->mirrored;
    uint32_t wrong = 0;
    unsigned end = lut->special_lo < 128 ? lut->special_lo : 128;
    for (unsigned c = lut->special_minus_zero; c < end; c++)
        wrong |= (lut->element[c] ^ lut->element[c | 0x80] ^ top_bit) | (lut->element[c] & top_bit);
    return wrong == 0;
}

INLINE __m256i decode8_step(__m256i code, const struct line_decoder *t, enum line_kind kind) {
    return kind == LINE_NIBBLE ? nibble_bytes(t, code) : look_up(t->lut->plane[0], code, false);
}

INLINE void decode8(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut, enum line_kind kind) {
    struct line_decoder t;
    size_t i = 0;
    line_decoder_init(&t, lut);
    for (; i + STEP <= n; i += STEP) store(dst + i, decode8_step(load(src + i), &t, kind));
    if (i < n) {
        uint8_t in[STEP] = {0}, out[STEP];
        memcpy(in, src + i, n - i);
        store(out, decode8_step(load(in), &t, kind));
        memcpy(dst + i, out, n - i);
    }
}

void ffp8_decode8_avx2(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->kind == FFP8_LUT_NIBBLE)
        decode8(src, dst, n, lut, LINE_NIBBLE);
    else
        decode8(src, dst, n, lut, LINE_TABLE);
}

INLINE void decode16_step(const uint8_t *src, uint16_t *dst, const struct line_decoder *t, enum line_kind kind, bool mirrored) {
    const struct ffp8_lut *lut = t->lut;
    __m256i y[2];
    if (kind == LINE_NIBBLE) {
        words_in_order(t, load(src), LINE_NIBBLE, y);
    } else {
        __m256i code = _mm256_permute4x64_epi64(load(src), 0xD8);
        __m256i low = look_up(lut->plane[0], code, mirrored), high = look_up_top(lut->plane[1], code, mirrored);
        y[0] = _mm256_unpacklo_epi8(low, high);
        y[1] = _mm256_unpackhi_epi8(low, high);
    }
    store(dst, y[0]);
    store(dst + 16, y[1]);
    if (mirrored)
        for (uint32_t left = specials(load(src), lut); left; left &= left - 1) {
            int j = __builtin_ctz(left);
            dst[j] = (uint16_t)lut->element[src[j]];
        }
}

INLINE void decode16(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut, enum line_kind kind, bool mirrored) {
    struct line_decoder t;
    size_t i = 0;
    line_decoder_init(&t, lut);
    for (; i + STEP <= n; i += STEP) decode16_step(src + i, dst + i, &t, kind, mirrored);
    if (i < n) {
        uint8_t in[STEP] = {0};
        uint16_t out[STEP];
        memcpy(in, src + i, n - i);
        decode16_step(in, out, &t, kind, mirrored);
        memcpy(dst + i, out, (n - i) * sizeof *dst);
    }
}

void ffp8_decode16_avx2(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->kind == FFP8_LUT_NIBBLE)
        decode16(src, dst, n, lut, LINE_NIBBLE, false);
    else if (is_mirrored(lut, 0x8000u, n))
        decode16(src, dst, n, lut, LINE_TABLE, true);
    else
        decode16(src, dst, n, lut, LINE_TABLE, false);
}

/* How decode32 finds elements. */
enum path { BY_HALF, BY_FLOAT, BY_UPPER_PLANES, BY_PLANES };

INLINE void decode32_step(const uint8_t *src, uint32_t *dst, const struct line_decoder *t, enum path path, bool mirrored) {
    const struct ffp8_lut *lut = t->lut;
    if (path <= BY_FLOAT) {
        __m256i word[4];
        words_in_order(t, load(src), path == BY_HALF ? LINE_HALF : LINE_FLOAT, word);
        for (int i = 0; i < 4; i++) store(dst + 8 * i, word[i]);
    } else {
        __m256i code = _mm256_permutevar8x32_epi32(load(src), _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
        __m256i b0 = _mm256_setzero_si256(), b1 = b0;
        if (path == BY_PLANES) b0 = look_up(lut->plane[0], code, mirrored), b1 = look_up(lut->plane[1], code, mirrored);
        __m256i b2 = look_up(lut->plane[2], code, mirrored), b3 = look_up_top(lut->plane[3], code, mirrored);
        __m256i lower = _mm256_unpacklo_epi8(b0, b1), upper = _mm256_unpacklo_epi8(b2, b3);
        store(dst, _mm256_unpacklo_epi16(lower, upper));
        store(dst + 8, _mm256_unpackhi_epi16(lower, upper));
        lower = _mm256_unpackhi_epi8(b0, b1), upper = _mm256_unpackhi_epi8(b2, b3);
        store(dst + 16, _mm256_unpacklo_epi16(lower, upper));
        store(dst + 24, _mm256_unpackhi_epi16(lower, upper));
    }
    if (path <= BY_FLOAT || mirrored)
        for (uint32_t left = specials(load(src), lut); left; left &= left - 1) {
            int j = __builtin_ctz(left);
            dst[j] = lut->element[src[j]];
        }
}

INLINE void decode32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut, enum path path, bool mirrored) {
    struct line_decoder t;
    size_t i = 0;
    line_decoder_init(&t, lut);
    for (; i + STEP <= n; i += STEP) decode32_step(src + i, dst + i, &t, path, mirrored);
    if (i < n) {
        uint8_t in[STEP] = {0};
        uint32_t out[STEP];
        memcpy(in, src + i, n - i);
        decode32_step(in, out, &t, path, mirrored);
        memcpy(dst + i, out, (n - i) * sizeof *dst);
    }
}

static bool has_upper_only(const struct ffp8_lut *lut) {
    __m256i any = _mm256_setzero_si256();
    for (int i = 0; i < 256; i += 32) any = _mm256_or_si256(any, _mm256_or_si256(load(lut->plane[0] + i), load(lut->plane[1] + i)));
    return _mm256_testz_si256(any, any);
}

void ffp8_decode32_avx2(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    if (lut->kind == FFP8_LUT_HALF) {
        decode32(src, dst, n, lut, BY_HALF, false);
    } else if (lut->kind == FFP8_LUT_FLOAT) {
        decode32(src, dst, n, lut, BY_FLOAT, false);
    } else if (is_mirrored(lut, 0x80000000u, n)) {
        if (has_upper_only(lut))
            decode32(src, dst, n, lut, BY_UPPER_PLANES, true);
        else
            decode32(src, dst, n, lut, BY_PLANES, true);
    } else {
        if (has_upper_only(lut))
            decode32(src, dst, n, lut, BY_UPPER_PLANES, false);
        else
            decode32(src, dst, n, lut, BY_PLANES, false);
    }
}
