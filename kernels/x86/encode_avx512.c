/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_avx512.c - FP32 to codes by arithmetic, 64 at a time, with or without an epilogue before it
 *
 * Rounding, two vectors of 16 floats at a time, gives 16-bit codes: by the formula of kernels.h (variable shifts; all roundings, all formats),
 * or for nearest-even by the addition of 2^(23 - fraction_bits) times v's power of two, or the format's lowest, which gives the sum's last
 * bit the weight of the format's last one: one fma. The low half of a sum is the rounded significand, the high half of the power its
 * exponent: from there on all is done in words, then in bytes, to which words are packed with saturation: what exceeds 255 exceeds
 * max_code too, or is max_code = 255. Inf, NaN and what is too large for the addition are settled behind a branch.
 * Nearest-even: about 40 instructions for 64 elements, which move 320 bytes: faster than memory, slower than L1. Tails: masks.
 */
#include <immintrin.h>

#include "encode_x86.h"
#include "x86_convert.h"

/* Loop invariants, broadcast. Words: exponent << 8 (NOT_NEGATIVE: << 7), as `above` has them. */
struct constants {
    __m512 scale, smallest_normal, step;
    __m512i lowest, shift, fraction_bits, key;
    __m512i lowest_word, most_word;
    __m128i word_shift;
    __m512i max_code, overflow[2], zero[2], infinity[2], negative, nan;
    __m512i most; /* the bits of the largest magnitude that rounding can take */
};

/* 2^exponent, as long as that is a normal float; elsewhere it is not used. */
INLINE __m512 power_of_two(int exponent) { return _mm512_castsi512_ps(_mm512_set1_epi32((int)((uint32_t)(exponent + 127) << 23))); }

INLINE struct constants broadcast(const struct ffp8_encoder *e, uint32_t key, struct way way) {
    const int shift = 23 - (int)e->fraction_bits, word = way.sign == NOT_NEGATIVE ? 7 : 8;
    const int most_exponent = way.path == BY_ADDITION ? 254 - shift : 254; /* biased */
    struct constants c = {
        .scale = _mm512_set1_ps(e->scale),
        .smallest_normal = power_of_two(e->lowest_exponent),
        .step = power_of_two(shift),
        .lowest = _mm512_set1_epi32(e->lowest_exponent),
        .shift = _mm512_set1_epi32(shift),
        .fraction_bits = _mm512_set1_epi32((int)e->fraction_bits),
        .key = _mm512_set1_epi32((int)key),
        .lowest_word = _mm512_set1_epi16((short)((e->lowest_exponent + 127) << word)),
        .most_word = _mm512_set1_epi16((short)(((most_exponent + 1) << word) - 1)),
        .word_shift = _mm_cvtsi32_si128(word - (int)e->fraction_bits),
        .max_code = _mm512_set1_epi8((char)e->max_code),
        .negative = _mm512_set1_epi8((char)e->negative),
        .nan = _mm512_set1_epi8((char)e->nan),
        .most = _mm512_set1_epi32(((most_exponent + 1) << 23) - 1),
    };
    for (int s = 0; s < 2; s++) {
        c.overflow[s] = _mm512_set1_epi8((char)e->overflow[s]);
        c.infinity[s] = _mm512_set1_epi8((char)e->infinity[s]);
        c.zero[s] = _mm512_set1_epi8((char)e->zero[s]);
    }
    return c;
}

/* ffp8_mix32 */
INLINE __m512i mix(__m512i x) {
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
    x = _mm512_mullo_epi32(x, _mm512_set1_epi32(0x7feb352d));
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 15));
    x = _mm512_mullo_epi32(x, _mm512_set1_epi32((int)0x846ca68bu));
    return _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
}

INLINE __m512i shift_16(__m512i magnitude, __m512i index, const struct constants *c, ffp8_rounding rounding) {
    const __m512i one = _mm512_set1_epi32(1);
    __m512i biased = _mm512_srli_epi32(magnitude, 23);
    __m512i significand = _mm512_and_si512(magnitude, _mm512_set1_epi32(0x7FFFFF));
    significand = _mm512_mask_or_epi32(significand, _mm512_test_epi32_mask(biased, biased), significand, _mm512_set1_epi32(0x800000));
    __m512i exponent = _mm512_sub_epi32(_mm512_max_epu32(biased, one), _mm512_set1_epi32(127));
    __m512i row = _mm512_max_epi32(exponent, c->lowest);
    __m512i shift = _mm512_add_epi32(c->shift, _mm512_sub_epi32(row, exponent));
    __m512i code = _mm512_add_epi32(_mm512_sllv_epi32(_mm512_sub_epi32(row, c->lowest), c->fraction_bits),
                                    _mm512_srlv_epi32(significand, shift));
    if (rounding == FFP8_ROUND_TOWARD_ZERO) return code;

    /* One of both counts is negative, hence too large, and gives 0 (or both are 0). */
    __m512i above = _mm512_sub_epi32(_mm512_set1_epi32(32), shift);
    __m512i rest = _mm512_or_si512(_mm512_sllv_epi32(significand, above),
                                   _mm512_srlv_epi32(significand, _mm512_sub_epi32(_mm512_setzero_si512(), above)));
    __m512i limit = _mm512_set1_epi32(0x7FFFFFFF); /* up when rest > limit */
    if (rounding == FFP8_ROUND_NEAREST_EVEN) limit = _mm512_sub_epi32(_mm512_set1_epi32(INT32_MIN), _mm512_and_si512(code, one));
    if (rounding == FFP8_ROUND_STOCHASTIC) limit = mix(_mm512_xor_si512(index, c->key));
    return _mm512_mask_add_epi32(code, _mm512_cmpgt_epu32_mask(rest, limit), code, one);
}

/* The low (odd = 0) or high halves of 32 elements, in order. */
INLINE __m512i halves(__m512i x, __m512i y, int odd) {
    const __m512i low = _mm512_setr_epi32(0x00020000, 0x00060004, 0x000A0008, 0x000E000C, 0x00120010, 0x00160014, 0x001A0018, 0x001E001C,
                                          0x00220020, 0x00260024, 0x002A0028, 0x002E002C, 0x00320030, 0x00360034, 0x003A0038, 0x003E003C);
    return _mm512_permutex2var_epi16(x, odd ? _mm512_add_epi16(low, _mm512_set1_epi16(1)) : low, y);
}

/* 32 elements: their codes, before signs and special cases, as words; the high halves of v or of its power of two; and their exponents. */
struct words {
    __m512i code, high, above;
};

INLINE struct words round_by_addition(const __m512 v[2], const struct constants *c, enum signs sign) {
    const __m512i mask = _mm512_set1_epi32(sign == NOT_NEGATIVE ? 0x7F800000 : (int)0xFF800000);
    __m512i power[2], sum[2];
    for (int i = 0; i < 2; i++) {
        __m512 p = _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(v[i]), mask));
        p = _mm512_range_ps(p, c->smallest_normal, 3); /* the larger magnitude, with p's sign */
        power[i] = _mm512_castps_si512(p);
        sum[i] = _mm512_castps_si512(_mm512_fmadd_ps(p, c->step, v[i]));
    }
    struct words w = {.high = halves(power[0], power[1], 1)};
    w.above = sign == NOT_NEGATIVE ? w.high : _mm512_slli_epi16(w.high, 1);
    w.code = _mm512_add_epi16(halves(sum[0], sum[1], 0), _mm512_srl_epi16(_mm512_sub_epi16(w.above, c->lowest_word), c->word_shift));
    return w;
}

INLINE struct words round_by_shifts(const __m512 v[2], uint32_t index, const struct constants *c, ffp8_rounding rounding) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i code[2];
    for (int i = 0; i < 2; i++) {
        const __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(v[i]), _mm512_set1_epi32(0x7FFFFFFF));
        code[i] = shift_16(magnitude, _mm512_add_epi32(lane, _mm512_set1_epi32((int)(index + 16u * (unsigned)i))), c, rounding);
        code[i] = _mm512_min_epi32(code[i], _mm512_set1_epi32(INT16_MAX)); /* 8 fraction bits: larger codes than a word has */
    }
    const __m512i high = halves(_mm512_castps_si512(v[0]), _mm512_castps_si512(v[1]), 1);
    return (struct words){halves(code[0], code[1], 0), high, _mm512_slli_epi16(high, 1)};
}

INLINE __m512 load_16(const struct source *s, size_t i, __mmask16 live) {
    __m512 x = _mm512_maskz_loadu_ps(live, s->y + i);
    if (s->bias) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->bias + i));
    if (s->residual) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->residual + i));
    if (s->addend) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->addend + i));
    /* Where operands are equal or unordered the result is the second. Zeros keep a sign that encode_64 ignores. */
    if (s->activation == FFP8_ACTIVATION_RELU) x = _mm512_max_ps(_mm512_setzero_ps(), x);
    if (s->activation == FFP8_ACTIVATION_CLIP)
        x = _mm512_min_ps(_mm512_set1_ps(s->clip_max), _mm512_max_ps(_mm512_set1_ps(s->clip_min), x));
    return x;
}

/* Codes of what rounding could not take, put into y. */
INLINE __m512i special_cases(__m512i y, const __m512 v[4], const struct constants *c, enum signs sign) {
    __mmask64 minus = 0, beyond = 0, infinite = 0, nan = 0;
    for (int i = 0; i < 4; i++) {
        const __m512i bits = _mm512_castps_si512(v[i]), magnitude = _mm512_and_si512(bits, _mm512_set1_epi32(0x7FFFFFFF));
        if (sign != NOT_NEGATIVE) minus |= (__mmask64)_mm512_movepi32_mask(bits) << 16 * i;
        beyond |= (__mmask64)_mm512_cmpgt_epi32_mask(magnitude, c->most) << 16 * i;
        infinite |= (__mmask64)_mm512_fpclass_ps_mask(v[i], 0x18) << 16 * i;
        nan |= (__mmask64)_mm512_cmp_ps_mask(v[i], v[i], _CMP_UNORD_Q) << 16 * i;
    }
    y = _mm512_mask_mov_epi8(y, beyond, _mm512_mask_blend_epi8(minus, c->overflow[0], c->overflow[1]));
    y = _mm512_mask_mov_epi8(y, infinite, _mm512_mask_blend_epi8(minus, c->infinity[0], c->infinity[1]));
    return _mm512_mask_mov_epi8(y, nan, c->nan);
}

/* signs: in the top bits, where there are any. */
INLINE __m512i settle(__m512i bytes, __m512i signs, const struct constants *c, struct way way) {
    const __mmask64 minus = way.sign == NOT_NEGATIVE || (way.sign == SIGNED && way.simple) ? 0 : _mm512_movepi8_mask(signs);
    __m512i y = way.simple ? _mm512_min_epu8(bytes, c->max_code) : bytes;
    if (way.sign == SIGNED) y = _mm512_ternarylogic_epi32(y, signs, _mm512_set1_epi8((char)0x80), 0xF8); /* y | (signs & 0x80) */
    if (way.sign == UNSIGNED) y = _mm512_mask_mov_epi8(y, minus, c->negative);
    if (way.simple) return y;
    y = _mm512_mask_mov_epi8(y, _mm512_cmpgt_epu8_mask(bytes, c->max_code), _mm512_mask_blend_epi8(minus, c->overflow[0], c->overflow[1]));
    return _mm512_mask_mov_epi8(y, _mm512_testn_epi8_mask(bytes, bytes), _mm512_mask_blend_epi8(minus, c->zero[0], c->zero[1]));
}

/* 64 codes of a row from `first` on; live has a bit for each element that exists. */
INLINE void encode_64(const struct source *row, size_t first, __mmask64 live, const struct constants *c, struct way way) {
    const uint32_t index = (uint32_t)(row->index + first);
    __m512 v[4];
    struct words w[2];
    for (int i = 0; i < 4; i++) v[i] = _mm512_mul_ps(load_16(row, first + 16 * (size_t)i, (__mmask16)(live >> 16 * i)), c->scale);
    for (int i = 0; i < 2; i++)
        w[i] = way.path == BY_ADDITION ? round_by_addition(v + 2 * i, c, way.sign)
                                       : round_by_shifts(v + 2 * i, index + 32u * (unsigned)i, c, way.rounding);
    __m512i y = settle(_mm512_packus_epi16(w[0].code, w[1].code), _mm512_packs_epi16(w[0].high, w[1].high), c, way);
    y = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), y); /* packs go lane by lane */
    if (__builtin_expect(_mm512_cmpgt_epu16_mask(_mm512_max_epu16(w[0].above, w[1].above), c->most_word) != 0, 0))
        y = special_cases(y, v, c, way.sign);
    _mm512_mask_storeu_epi8(row->dst + first, live, y);
}

INLINE void encode_run(const struct source *src, const struct ffp8_encoder *e, struct way way) {
    const uint32_t key = way.rounding == FFP8_ROUND_STOCHASTIC ? ffp8_random_key(e->seed, src->index) : 0;
    const struct constants c = broadcast(e, key, way);
    struct source row = *src;
    for (size_t r = 0; r < src->rows; r++, row.y += src->ld_y, row.dst += src->ld_dst, row.index += src->ld_dst) {
        size_t i = 0;
        for (; i + 64 <= src->n; i += 64) encode_64(&row, i, ~(__mmask64)0, &c, way);
        if (i < src->n) encode_64(&row, i, ~(__mmask64)0 >> (64 - (src->n - i)), &c, way);
    }
}

void ffp8_encode_avx512(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    encode(src, dst, n, e, index);
}

void ffp8_finish_codes_avx512(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    if (one_pass_serves(finish, e))
        finish_codes(sums, finish, e);
    else
        ffp8_finish_in_two_passes(sums, finish, e, ffp8_epilogue_avx512, ffp8_encode_avx512);
}
