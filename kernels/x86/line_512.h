/* SPDX-License-Identifier: Apache-2.0
 *
 * line_512.h - decoding packed lines in 512-bit registers
 *
 * decode_words: one or two k-steps of 32 columns, from packed lines to words in column order, which expand stores and fused multiplies.
 * Everything but NIBBLE is a table look-up of 16-bit elements: the low 16 bits of lut->element (I16, BF16), or the high 16 (F32), which
 * is all there is of an 8-bit float that is normal in FP32. Codebooks may need all 32 bits: WIDE looks up both halves.
 *   VBMI: byte planes by vpermi2b, 128 codes at a time; low and high bytes meet in an unpack, which also puts the columns in order.
 *   else: 16-bit elements by vpermi2w, 64 codes at a time, after an unpack with zero. I8 packs them again.
 * MIRRORED tables are half as large; the sign, a bit of the code, is added (mirrored_512.h). INSERTED: the same, but it is inserted.
 * NIBBLE: step * (offset + low nibble), by two vpshufb and vpmaddubsw, which leaves the ports that permute free for unpacks and dots.
 * SAME: codes are elements.
 * All kinds are exact, so that the choice among them never shows.
 */
#ifndef FFP8_LINE_512_H
#define FFP8_LINE_512_H

#include "../kernels.h"
#include "mirrored_512.h"
#include "x86_util.h"

enum line_kind {
    LINE_FULL,
    LINE_SAME,     /* I8 */
    LINE_NIBBLE,   /* I8, I16 */
    LINE_MIRRORED, /* BF16, F32 */
    LINE_INSERTED, /* MIRRORED, for many rows of A */
    LINE_WIDE      /* F32 */
};

/* element[c] >> shift, as 16 bits. */
struct line_table {
#ifdef __AVX512VBMI__
    __m512i low[4], high[4];
#else
    __m512i word[8];
#endif
};

struct line_tables {
    struct line_table element, low_half; /* low_half: WIDE only */
    __m512i step, offset;                /* NIBBLE only */
};

/* For so many rows of A; 0: elements are stored. */
static ALWAYS_INLINE enum line_kind line_kind(const struct ffp8_lut *lut, ffp8_class c, size_t rows) {
    if (c == FFP8_CLASS_I8 && lut->same) return LINE_SAME;
#ifdef __AVX512VBMI__
    if (c == FFP8_CLASS_I8) return LINE_FULL;               /* NIBBLE makes 16-bit elements */
    if (c == FFP8_CLASS_I16 && rows <= 2) return LINE_FULL; /* fewer instructions; but on the ports that permute, which dots use too */
#else
    (void)rows;
#endif
    if (c <= FFP8_CLASS_I16) return lut->kind == FFP8_LUT_NIBBLE ? LINE_NIBBLE : LINE_FULL;
    if (c == FFP8_CLASS_F32) {
        __m512i any = _mm512_setzero_si512();
        for (size_t i = 0; i < 256; i += 16) any = _mm512_or_si512(any, _mm512_load_si512(lut->element + i));
        if (_mm512_test_epi32_mask(any, _mm512_set1_epi32(0xFFFF))) return LINE_WIDE;
    }
    return lut->mirrored ? LINE_MIRRORED : LINE_FULL;
}

/* MIRRORED in a tile of so many rows. As measured on Zen 4, addition is faster by 2 to 11 % up to three rows, and insertion by 1 to 15 % with more,
 * whose dots keep their ports busy all the time. */
static ALWAYS_INLINE enum line_kind line_kind_of_tile(enum line_kind kind, size_t rows) {
    return kind == LINE_MIRRORED && rows > 3 ? LINE_INSERTED : kind;
}

static ALWAYS_INLINE void line_table_load(struct line_table *t, const struct ffp8_lut *lut, unsigned shift, enum line_kind kind) {
#ifdef __AVX512VBMI__
    UNROLL
    for (size_t i = 0; i < 4; i++) {
        t->low[i] = _mm512_load_si512(lut->plane[shift / 8] + 64 * i);
        t->high[i] = _mm512_load_si512(lut->plane[shift / 8 + 1] + 64 * i);
        if (kind == LINE_MIRRORED) t->high[i] = ffp8_less_codes_bytes(t->high[i], 64 * (int)i);
    }
#else
    UNROLL
    for (size_t i = 0; i < 8; i++) {
        __m512i e0 = _mm512_load_si512(lut->element + 32 * i), e1 = _mm512_load_si512(lut->element + 32 * i + 16);
        __m256i w0 = _mm512_cvtepi32_epi16(_mm512_srli_epi32(e0, shift)), w1 = _mm512_cvtepi32_epi16(_mm512_srli_epi32(e1, shift));
        t->word[i] = _mm512_inserti64x4(_mm512_castsi256_si512(w0), w1, 1);
        if (kind == LINE_MIRRORED) t->word[i] = ffp8_less_codes_words(t->word[i], 32 * (int)i);
    }
#endif
}

static ALWAYS_INLINE void line_tables_load(struct line_tables *t, const struct ffp8_lut *lut, ffp8_class c, enum line_kind kind) {
    if (kind == LINE_SAME) return;
    if (kind == LINE_NIBBLE) {
        t->step = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)lut->step));
        t->offset = _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)lut->offset));
        return;
    }
    line_table_load(&t->element, lut, c == FFP8_CLASS_F32 ? 16 : 0, kind);
    if (kind == LINE_WIDE) line_table_load(&t->low_half, lut, 0, kind);
}

#ifdef __AVX512VBMI__
/* Full tables: vpermi2b leaves lanes that its mask excludes as they are, so that the second look-up completes the first without a blend. */
static ALWAYS_INLINE __m512i look_up_bytes(const __m512i table[4], __m512i codes, enum line_kind kind) {
    if (kind == LINE_MIRRORED || kind == LINE_INSERTED) return _mm512_permutex2var_epi8(table[0], codes, table[1]);
    __mmask64 upper = _mm512_movepi8_mask(codes);
    codes = _mm512_mask2_permutex2var_epi8(table[2], codes, upper, table[3]);
    return _mm512_mask2_permutex2var_epi8(table[0], codes, ~upper, table[1]);
}

/* pair[h]: columns 16h..16h+15, elements k and k+1. */
static ALWAYS_INLINE void look_up_line(const struct line_table *t, __m512i codes, enum line_kind kind, __m512i pair[2]) {
    __m512i low = look_up_bytes(t->low, codes, kind), high = look_up_bytes(t->high, codes, kind);
    if (kind == LINE_MIRRORED) high = _mm512_add_epi8(high, codes);
    if (kind == LINE_INSERTED) high = _mm512_or_si512(high, _mm512_and_si512(codes, _mm512_set1_epi8(-128)));
    pair[0] = _mm512_unpacklo_epi8(low, high);
    pair[1] = _mm512_unpackhi_epi8(low, high);
}
#else
static ALWAYS_INLINE __m512i look_up_words(const __m512i table[4], __m512i codes) {
    __m512i lower = _mm512_permutex2var_epi16(table[0], codes, table[1]);
    __m512i upper = _mm512_permutex2var_epi16(table[2], codes, table[3]);
    return _mm512_mask_blend_epi16(_mm512_test_epi16_mask(codes, _mm512_set1_epi16(64)), lower, upper);
}

static ALWAYS_INLINE void look_up_line(const struct line_table *t, __m512i codes, enum line_kind kind, __m512i pair[2]) {
    pair[0] = _mm512_unpacklo_epi8(codes, _mm512_setzero_si512());
    pair[1] = _mm512_unpackhi_epi8(codes, _mm512_setzero_si512());
    UNROLL
    for (size_t h = 0; h < 2; h++) {
        __m512i x = pair[h], lower = look_up_words(t->word, x);
        if (kind == LINE_MIRRORED) {
            pair[h] = _mm512_add_epi16(lower, _mm512_slli_epi16(x, 8));
        } else if (kind == LINE_INSERTED) {
            pair[h] = _mm512_or_si512(lower, _mm512_and_si512(_mm512_slli_epi16(x, 8), _mm512_set1_epi16(-32768)));
        } else {
            pair[h] = _mm512_mask_blend_epi16(_mm512_test_epi16_mask(x, _mm512_set1_epi16(128)), lower, look_up_words(t->word + 4, x));
        }
    }
}
#endif

static ALWAYS_INLINE void nibble_line(const struct line_tables *t, __m512i codes, __m512i pair[2]) {
    const __m512i low4 = _mm512_set1_epi8(15), zero = _mm512_setzero_si512();
    __m512i top = _mm512_and_si512(_mm512_srli_epi16(codes, 4), low4);
    __m512i step = _mm512_shuffle_epi8(t->step, top);
    __m512i significand = _mm512_add_epi8(_mm512_shuffle_epi8(t->offset, top), _mm512_and_si512(codes, low4));
    pair[0] = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(significand, zero), _mm512_unpacklo_epi8(step, step));
    pair[1] = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(significand, zero), _mm512_unpackhi_epi8(step, step));
}

/* I8: elements of 8 bits in the order of the codes. */
static ALWAYS_INLINE __m512i decode_bytes(const struct line_tables *t, __m512i codes, enum line_kind kind) {
    if (kind == LINE_SAME) return codes;
#ifdef __AVX512VBMI__
    return look_up_bytes(t->element.low, codes, kind);
#else
    __m512i pair[2];
    if (kind == LINE_NIBBLE) { /* the low byte: UINT8 has integers up to 255 */
        nibble_line(t, codes, pair);
        pair[0] = _mm512_and_si512(pair[0], _mm512_set1_epi16(255));
        pair[1] = _mm512_and_si512(pair[1], _mm512_set1_epi16(255));
    } else {
        look_up_line(&t->element, codes, kind, pair);
    }
    return _mm512_packus_epi16(pair[0], pair[1]);
#endif
}

static ALWAYS_INLINE __m512i load_line(const uint8_t *line) {
    _mm_prefetch((const char *)line + PREFETCH_BYTES, _MM_HINT_T1);
    return _mm512_loadu_si512(line);
}

/* F32: word[s][h] is 32-bit lane 16h and up of element s of each pair. */
static ALWAYS_INLINE void decode_floats(const struct line_tables *t, __m512i codes, size_t steps, enum line_kind kind, __m512i (*word)[2]) {
    __m512i pair[2], low[2];
    look_up_line(&t->element, codes, kind, pair);
    if (kind == LINE_WIDE) look_up_line(&t->low_half, codes, kind, low);
    UNROLL
    for (size_t h = 0; h < 2; h++) {
        word[0][h] = _mm512_slli_epi32(pair[h], 16);
        if (kind == LINE_WIDE) word[0][h] = _mm512_or_si512(word[0][h], _mm512_and_si512(low[h], _mm512_set1_epi32(0xFFFF)));
        if (steps == 1) continue;
        word[1][h] = _mm512_and_si512(pair[h], _mm512_set1_epi32((int)0xFFFF0000));
        if (kind == LINE_WIDE) word[1][h] = _mm512_or_si512(word[1][h], _mm512_srli_epi32(low[h], 16));
    }
}

/* I16, BF16. */
static ALWAYS_INLINE void decode_pairs(const struct line_tables *t, __m512i codes, enum line_kind kind, __m512i pair[2]) {
    if (kind == LINE_NIBBLE) {
        nibble_line(t, codes, pair);
    } else {
        look_up_line(&t->element, codes, kind, pair);
    }
}

/* word[s][h]: step s < steps (1 or 2), columns 16h..16h+15. */
static ALWAYS_INLINE void decode_words(const struct line_tables *t, const uint8_t *lines, size_t steps, ffp8_class c, enum line_kind kind,
                                       __m512i (*word)[2]) {
    if (c == FFP8_CLASS_F32) { /* both steps lie in one line */
        decode_floats(t, load_line(lines), steps, kind, word);
        return;
    }
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        if (c == FFP8_CLASS_I8) {
            __m512i first = decode_bytes(t, load_line(lines + s * 2 * FFP8_LINE_BYTES), kind);
            __m512i second = decode_bytes(t, load_line(lines + (s * 2 + 1) * FFP8_LINE_BYTES), kind);
            word[s][0] = _mm512_unpacklo_epi16(first, second);
            word[s][1] = _mm512_unpackhi_epi16(first, second);
        } else {
            decode_pairs(t, load_line(lines + s * FFP8_LINE_BYTES), kind, word[s]);
        }
    }
}

/* Bytes of lines in two steps. */
static ALWAYS_INLINE size_t two_steps_bytes(ffp8_class c) {
    return c == FFP8_CLASS_I8 ? 4 * FFP8_LINE_BYTES : c == FFP8_CLASS_F32 ? FFP8_LINE_BYTES : 2 * FFP8_LINE_BYTES;
}

#endif
