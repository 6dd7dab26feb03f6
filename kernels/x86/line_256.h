/* SPDX-License-Identifier: Apache-2.0
 *
 * line_256.h - decoding packed lines in 256-bit registers
 *
 * decode_half: 32 bytes of a line, which are columns 8x..8x+7 and 16+8x..16+8x+7 (x = 0, 1 the half) times a pair of k, to words in column
 * order. I8: of two lines, a word being two pairs.
 *   NIBBLE (I8, I16): step * (offset + low nibble), by two vpshufb and vpmaddubsw; I8 keeps the low byte.
 *   HALF (F32):   one arithmetic shift and one mask turn a code in the high byte of 16 bits into an FP16 number, which vcvtph2ps converts.
 *                 HALF_SPECIAL: halves that hold an Inf or NaN code, which are rare in weights, go the way of TABLE.
 *   TABLE:        element by element. Codebooks and formats with 6 or more exponent bits.
 * All kinds are exact, so that the choice among them never shows.
 */
#ifndef FFP8_LINE_256_H
#define FFP8_LINE_256_H

#include "../kernels.h"
#include "x86_util.h"

enum line_kind { LINE_TABLE, LINE_NIBBLE, LINE_HALF, LINE_HALF_SPECIAL };
enum { HALF_BYTES = 32 };

struct line_decoder {
    const struct ffp8_lut *lut;
    __m256i step, offset;                             /* NIBBLE */
    __m256i half_mask;                                /* HALF: sign and magnitude */
    __m128i half_shift;                               /* right shift from the high byte */
    __m256i magnitude_mask, special_lo, special_code; /* HALF_SPECIAL: magnitudes from special_lo on and special_code are special */
};

static ALWAYS_INLINE enum line_kind line_kind(const struct ffp8_lut *lut, ffp8_class c) {
    if (c <= FFP8_CLASS_I16) return lut->kind == FFP8_LUT_NIBBLE ? LINE_NIBBLE : LINE_TABLE;
    if (lut->kind != FFP8_LUT_HALF) return LINE_TABLE;
    return lut->special_lo < 256 || lut->special_minus_zero ? LINE_HALF_SPECIAL : LINE_HALF;
}

static ALWAYS_INLINE void line_decoder_init(struct line_decoder *t, const struct ffp8_lut *lut) {
    t->lut = lut;
    t->step = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->step));
    t->offset = _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)lut->offset));
    t->half_mask = _mm256_set1_epi16((short)(lut->sign_mask << 8 | lut->magnitude_mask << lut->half_shift));
    t->half_shift = _mm_cvtsi32_si128(8 - lut->half_shift);
    t->magnitude_mask = _mm256_set1_epi8((char)lut->magnitude_mask);
    t->special_lo = _mm256_set1_epi8((char)ffp8_min_size(lut->special_lo, 255));
    t->special_code = _mm256_set1_epi8((char)(lut->special_minus_zero ? 0x80 : ffp8_min_size(lut->special_lo, 255)));
}

/* word[s][u]: step s, columns 16u + 8x + 0..7 */
static NO_INLINE void look_up_half(const struct ffp8_lut *lut, const uint8_t *codes, ffp8_class c, uint32_t word[2][2][8]) {
    const uint32_t *element = lut->element;
    for (size_t i = 0; i < 16; i++) {
        size_t upper = i / 8, column = i % 8;
        const uint8_t *code = codes + column / 4 * 16 + upper * 8 + column % 4 * 2, *next = code + FFP8_LINE_BYTES;
        uint32_t first = element[code[0]], second = element[code[1]];
        if (c == FFP8_CLASS_I8) {
            word[0][upper][column] = first | second << 8 | element[next[0]] << 16 | element[next[1]] << 24;
        } else if (c == FFP8_CLASS_I16) {
            word[0][upper][column] = first | second << 16;
        } else {
            word[0][upper][column] = first;
            word[1][upper][column] = second;
        }
    }
}

static ALWAYS_INLINE bool any_special(const struct line_decoder *t, __m256i codes) {
    __m256i magnitude = _mm256_and_si256(codes, t->magnitude_mask);
    __m256i special = _mm256_cmpeq_epi8(_mm256_max_epu8(magnitude, t->special_lo), magnitude);
    special = _mm256_or_si256(special, _mm256_cmpeq_epi8(codes, t->special_code));
    return !_mm256_testz_si256(special, special);
}

/* Codes in the high bytes of 16-bit lanes to FP16. */
static ALWAYS_INLINE __m256i halves(const struct line_decoder *t, __m256i codes) {
    return _mm256_and_si256(_mm256_sra_epi16(codes, t->half_shift), t->half_mask);
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

/* Sixteen FP16 numbers to FP32. */
static ALWAYS_INLINE void widen_halves(__m256i half, __m256i word[2]) {
    word[0] = _mm256_castps_si256(_mm256_cvtph_ps(_mm256_castsi256_si128(half)));
    word[1] = _mm256_castps_si256(_mm256_cvtph_ps(_mm256_extracti128_si256(half, 1)));
}

/* Bytes of lines that decode_half has halves of; their prefetch. */
static ALWAYS_INLINE size_t lines_bytes(ffp8_class c) { return c == FFP8_CLASS_I8 ? 2 * FFP8_LINE_BYTES : FFP8_LINE_BYTES; }

static ALWAYS_INLINE void prefetch_lines(const uint8_t *lines, ffp8_class c) {
    UNROLL
    for (size_t at = 0; at < lines_bytes(c); at += FFP8_LINE_BYTES) _mm_prefetch((const char *)lines + at + PREFETCH_BYTES, _MM_HINT_T1);
}

/* One step (I8, I16) or two (F32). */
static ALWAYS_INLINE void decode_half(const struct line_decoder *t, const uint8_t *half, ffp8_class c, enum line_kind kind,
                                      __m256i (*word)[2]) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i codes = _mm256_loadu_si256((const __m256i *)half);
    if (kind == LINE_NIBBLE && c == FFP8_CLASS_I8) {
        __m256i first = nibble_bytes(t, codes), second = nibble_bytes(t, _mm256_loadu_si256((const __m256i *)(half + FFP8_LINE_BYTES)));
        word[0][0] = _mm256_unpacklo_epi16(first, second);
        word[0][1] = _mm256_unpackhi_epi16(first, second);
    } else if (kind == LINE_NIBBLE) {
        nibble_words(t, codes, word[0]);
    } else if (kind == LINE_TABLE || (kind == LINE_HALF_SPECIAL && any_special(t, codes))) {
        alignas(32) uint32_t element[2][2][8];
        look_up_half(t->lut, half, c, element);
        for (size_t s = 0; s < (c == FFP8_CLASS_F32 ? 2 : 1); s++) {
            word[s][0] = _mm256_load_si256((const __m256i *)element[s][0]);
            word[s][1] = _mm256_load_si256((const __m256i *)element[s][1]);
        }
    } else {
        /* the 8 lower columns to the low lane, the 8 upper ones to the high lane, in each first k, then k+1 */
        const __m256i even_odd = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
        codes = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(codes, even_odd), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        widen_halves(halves(t, _mm256_unpacklo_epi8(zero, codes)), word[0]);
        widen_halves(halves(t, _mm256_unpackhi_epi8(zero, codes)), word[1]);
    }
}

#endif
