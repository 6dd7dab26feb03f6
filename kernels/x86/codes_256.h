/* SPDX-License-Identifier: Apache-2.0
 *
 * codes_256.h - codes to elements in 256-bit registers: what packed lines, plain weights and arrays have in common
 *
 *   NIBBLE (I8, I16): step * (offset + low nibble), by two vpshufb and vpmaddubsw; I8 keeps the low byte.
 *   HALF (F32):   one arithmetic shift and one mask turn a code in the high byte of 16 bits into an FP16 number, which vcvtph2ps converts. The
 *                 numbers go through memory: of a register vcvtph2ps is a shuffle and a conversion, and its upper half takes another shuffle; of
 *                 memory it is the conversion alone. Many are stored before the first is loaded, so that loads do not wait for stores.
 *   FLOAT (F32):  the same shift and mask put a code where the upper half of an FP32 number has its exponent and fraction; the exponent's
 *                 bias is added, and to the lowest magnitudes, where subnormals are, what two vpshufb find.
 *   TABLE:        element by element, or as the file says.
 *   HALF_SPECIAL: HALF, but vectors that hold an Inf or NaN code, which are rare in weights, go the way of TABLE.
 */
#ifndef FFP8_CODES_256_H
#define FFP8_CODES_256_H

#include "../kernels.h"
#include "x86_util.h"

enum line_kind { LINE_TABLE, LINE_NIBBLE, LINE_HALF, LINE_HALF_SPECIAL, LINE_FLOAT };

struct line_decoder {
    const struct ffp8_lut *lut;
    __m256i step, offset;                             /* NIBBLE */
    __m256i word_mask;                                /* HALF, FLOAT: sign and magnitude */
    __m128i word_shift;                               /* right shift from the high byte */
    __m256i float_base, float_fix[2];                 /* FLOAT */
    __m256i magnitude_mask, special_lo, special_code; /* HALF_SPECIAL: magnitudes from special_lo on and special_code are special */
};

static ALWAYS_INLINE enum line_kind line_kind(const struct ffp8_lut *lut, ffp8_class c) {
    if (c <= FFP8_CLASS_I16) return lut->kind == FFP8_LUT_NIBBLE ? LINE_NIBBLE : LINE_TABLE;
    const bool special = lut->special_lo < 256 || lut->special_minus_zero;
    if (lut->kind == FFP8_LUT_FLOAT && !special) return LINE_FLOAT;
    if (lut->kind != FFP8_LUT_HALF) return LINE_TABLE;
    return special ? LINE_HALF_SPECIAL : LINE_HALF;
}

static ALWAYS_INLINE void line_decoder_init(struct line_decoder *t, const struct ffp8_lut *lut) {
    t->lut = lut;
    t->step = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->step));
    t->offset = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->offset));
    const int shift = lut->kind == FFP8_LUT_FLOAT ? lut->half_shift - 3 : lut->half_shift;
    t->word_mask = _mm256_set1_epi16((short)(lut->sign_mask << 8 | lut->magnitude_mask << shift));
    t->word_shift = _mm_cvtsi32_si128(8 - shift);
    t->float_base = _mm256_set1_epi16((short)lut->float_base);
    t->float_fix[0] = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->float_fix[0]));
    t->float_fix[1] = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->float_fix[1]));
    t->magnitude_mask = _mm256_set1_epi8((char)lut->magnitude_mask);
    t->special_lo = _mm256_set1_epi8((char)ffp8_min_size(lut->special_lo, 255));
    t->special_code = _mm256_set1_epi8((char)(lut->special_minus_zero ? 0x80 : ffp8_min_size(lut->special_lo, 255)));
}

/* Among 32 codes at each of `count` places. */
static ALWAYS_INLINE bool any_special(const struct line_decoder *t, const uint8_t *codes, size_t step, size_t count) {
    __m256i largest = _mm256_setzero_si256(), special = largest;
    UNROLL
    for (size_t i = 0; i < count; i++) {
        const __m256i code = _mm256_loadu_si256((const __m256i *)(codes + i * step));
        largest = _mm256_max_epu8(largest, _mm256_and_si256(code, t->magnitude_mask));
        special = _mm256_or_si256(special, _mm256_cmpeq_epi8(code, t->special_code));
    }
    special = _mm256_or_si256(special, _mm256_cmpeq_epi8(_mm256_max_epu8(largest, t->special_lo), largest));
    return !_mm256_testz_si256(special, special);
}

/* Codes in the high bytes of 16-bit lanes to FP16 (HALF). */
static ALWAYS_INLINE __m256i halves(const struct line_decoder *t, __m256i codes) {
    return _mm256_and_si256(_mm256_sra_epi16(codes, t->word_shift), t->word_mask);
}

/* FLOAT: the first four codes of each 128-bit lane, the next four, and so on, as FP32. */
static ALWAYS_INLINE void float_words(const struct line_decoder *t, __m256i codes, __m256i first[2], __m256i second[2]) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i low = _mm256_adds_epu8(_mm256_and_si256(codes, t->magnitude_mask), _mm256_set1_epi8(0x70)); /* from 16 on: 0 by vpshufb */
    const __m256i fix[2] = {_mm256_shuffle_epi8(t->float_fix[0], low), _mm256_shuffle_epi8(t->float_fix[1], low)};
    __m256i upper = _mm256_add_epi16(halves(t, _mm256_unpacklo_epi8(zero, codes)), t->float_base);
    upper = _mm256_add_epi16(upper, _mm256_unpacklo_epi8(fix[0], fix[1]));
    first[0] = _mm256_unpacklo_epi16(zero, upper);
    first[1] = _mm256_unpackhi_epi16(zero, upper);
    upper = _mm256_add_epi16(halves(t, _mm256_unpackhi_epi8(zero, codes)), t->float_base);
    upper = _mm256_add_epi16(upper, _mm256_unpackhi_epi8(fix[0], fix[1]));
    second[0] = _mm256_unpacklo_epi16(zero, upper);
    second[1] = _mm256_unpackhi_epi16(zero, upper);
}

/* NIBBLE: words of the codes in the lower and in the upper eight bytes of each 128-bit lane. */
static ALWAYS_INLINE void nibble_words(const struct line_decoder *t, __m256i codes, __m256i word[2]) {
    const __m256i zero = _mm256_setzero_si256(), low4 = _mm256_set1_epi8(15);
    __m256i top = _mm256_and_si256(_mm256_srli_epi16(codes, 4), low4);
    __m256i step = _mm256_shuffle_epi8(t->step, top);
    __m256i significand = _mm256_add_epi8(_mm256_shuffle_epi8(t->offset, top), _mm256_and_si256(codes, low4));
    word[0] = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(significand, zero), _mm256_unpacklo_epi8(step, step));
    word[1] = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(significand, zero), _mm256_unpackhi_epi8(step, step));
}

/* NIBBLE, I8: elements of 8 bits in the order of the codes. */
static ALWAYS_INLINE __m256i nibble_bytes(const struct line_decoder *t, __m256i codes) {
    const __m256i low8 = _mm256_set1_epi16(255);
    __m256i word[2];
    nibble_words(t, codes, word);
    return _mm256_packus_epi16(_mm256_and_si256(word[0], low8), _mm256_and_si256(word[1], low8));
}

/* HALF: FP16 numbers of codes 0..7, 16..23, 8..15, 24..31. */
struct stored_halves {
    alignas(32) __m128i eight[4];
};

static ALWAYS_INLINE void store_halves(const struct line_decoder *t, __m256i codes, struct stored_halves *to) {
    const __m256i zero = _mm256_setzero_si256();
    _mm256_store_si256((__m256i *)to->eight, halves(t, _mm256_unpacklo_epi8(zero, codes)));
    _mm256_store_si256((__m256i *)to->eight + 1, halves(t, _mm256_unpackhi_epi8(zero, codes)));
}

/* Eight FP16 numbers to FP32. In asm, because compilers see through the store. */
static ALWAYS_INLINE __m256i widen(const __m128i *eight) {
    __m256i word;
    __asm__("vcvtph2ps %1, %0" : "=x"(word) : "m"(*eight));
    return word;
}

/* Of 32 codes in order, the i-th eight. */
static ALWAYS_INLINE __m256i widen_in_order(const struct stored_halves *half, size_t i) { return widen(&half->eight[i % 2 * 2 + i / 2]); }

/* Sixteen FP16 numbers in a register to FP32. */
static ALWAYS_INLINE void widen_register(__m256i half, __m256i word[2]) {
    word[0] = _mm256_castps_si256(_mm256_cvtph_ps(_mm256_castsi256_si128(half)));
    word[1] = _mm256_castps_si256(_mm256_cvtph_ps(_mm256_extracti128_si256(half, 1)));
}

/* NIBBLE (I16) to two vectors, HALF and FLOAT to four, in the order of the codes. Mostly to be stored: HALF leaves the stores to them. */
static ALWAYS_INLINE void words_in_order(const struct line_decoder *t, __m256i codes, enum line_kind kind, __m256i *word) {
    const __m256i zero = _mm256_setzero_si256();
    if (kind == LINE_FLOAT) {
        float_words(t, _mm256_permutevar8x32_epi32(codes, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7)), word, word + 2);
        return;
    }
    codes = _mm256_permute4x64_epi64(codes, 0xD8); /* unpacks take the lower eight bytes of both lanes, then the upper ones */
    if (kind == LINE_NIBBLE) {
        nibble_words(t, codes, word);
    } else {
        widen_register(halves(t, _mm256_unpacklo_epi8(zero, codes)), word);
        widen_register(halves(t, _mm256_unpackhi_epi8(zero, codes)), word + 2);
    }
}

#endif
