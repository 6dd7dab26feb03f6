/* SPDX-License-Identifier: Apache-2.0
 *
 * line_256.h - decoding packed lines in 256-bit registers
 *
 * decode_half: 32 bytes of a line, which are columns 8x..8x+7 and 16+8x..16+8x+7 (x = 0, 1 the half) times a pair of k, to words in column
 * order. I8: of two lines, a word being two pairs.
 * By the ways of codes_256.h; TABLE is element by element: codebooks, and Inf and NaN codes that are not HALF's.
 * All kinds are exact, so that the choice among them never shows.
 */
#ifndef FFP8_LINE_256_H
#define FFP8_LINE_256_H

#include "codes_256.h"

enum { HALF_BYTES = 32 };

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

/* Bytes of lines that decode_half has halves of; their prefetch. */
static ALWAYS_INLINE size_t lines_bytes(ffp8_class c) { return c == FFP8_CLASS_I8 ? 2 * FFP8_LINE_BYTES : FFP8_LINE_BYTES; }

static ALWAYS_INLINE void prefetch_lines(const uint8_t *lines, ffp8_class c) {
    UNROLL
    for (size_t at = 0; at < lines_bytes(c); at += FFP8_LINE_BYTES) _mm_prefetch((const char *)lines + at + PREFETCH_BYTES, _MM_HINT_T1);
}

/* HALF: eight[2s + u] is word[s][u]. The 8 lower columns go to the low lane, the 8 upper ones to the high lane, in each first k, then k+1. */
static ALWAYS_INLINE void store_half_line(const struct line_decoder *t, __m256i codes, struct stored_halves *to) {
    const __m256i even_odd = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
    store_halves(t, _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(codes, even_odd), _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)), to);
}

/* One step (I8, I16) or two (F32). */
static ALWAYS_INLINE void decode_half(const struct line_decoder *t, const uint8_t *half, ffp8_class c, enum line_kind kind,
                                      __m256i (*word)[2]) {
    const __m256i codes = _mm256_loadu_si256((const __m256i *)half);
    if (kind == LINE_NIBBLE && c == FFP8_CLASS_I8) {
        __m256i first = nibble_bytes(t, codes), second = nibble_bytes(t, _mm256_loadu_si256((const __m256i *)(half + FFP8_LINE_BYTES)));
        word[0][0] = _mm256_unpacklo_epi16(first, second);
        word[0][1] = _mm256_unpackhi_epi16(first, second);
    } else if (kind == LINE_NIBBLE) {
        nibble_words(t, codes, word[0]);
    } else if (kind == LINE_FLOAT) {
        const __m256i even_odd = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
        float_words(t, _mm256_shuffle_epi8(codes, even_odd), word[0], word[1]);
    } else if (kind == LINE_TABLE || (kind == LINE_HALF_SPECIAL && any_special(t, half, 0, 1))) {
        alignas(32) uint32_t element[2][2][8];
        look_up_half(t->lut, half, c, element);
        for (size_t s = 0; s < (c == FFP8_CLASS_F32 ? 2 : 1); s++) {
            word[s][0] = _mm256_load_si256((const __m256i *)element[s][0]);
            word[s][1] = _mm256_load_si256((const __m256i *)element[s][1]);
        }
    } else {
        struct stored_halves stored;
        store_half_line(t, codes, &stored);
        UNROLL
        for (size_t i = 0; i < 4; i++) word[i / 2][i % 2] = widen(&stored.eight[i]);
    }
}

#endif
