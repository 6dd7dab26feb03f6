/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_avx2.c - FP32 to codes by arithmetic, 32 at a time, with or without an epilogue before it
 *
 * Rounding makes codes of four vectors of 8 floats: by the formula of kernels.h (variable shifts; all roundings, all formats), or for
 * nearest-even by the addition of 2^(23 - fraction_bits) times |v|'s power of two, or the format's lowest, which gives the sum's last bit the
 * weight of the format's last one: one fma. The low half of a sum is the rounded significand, the high half of the power its exponent;
 * vpmaddwd adds them. Codes are packed to bytes with saturation: what exceeds 255 exceeds max_code too, or is max_code = 255. Inf, NaN and
 * what is too large for the addition are settled behind a branch. Nearest-even: about 50 instructions for 32 elements, which move 160 bytes.
 * Tails: through 32 elements on the stack.
 */
#include <immintrin.h>

#include "encode_x86.h"
#include "x86_convert.h"

/* Loop invariants, broadcast. */
struct constants {
    __m256 scale, smallest_normal, step;
    __m256i lowest, shift, fraction_bits, key;
    __m256i weights, lowest_word, most_word; /* lowest_word: exponent << 7. most_word: the same in high halves, which alone are compared */
    __m128i word_shift;
    __m256i max_code, overflow[2], zero[2], infinity[2], negative, nan;
    __m256i most; /* the bits of the largest magnitude that rounding can take */
};

/* 2^exponent, as long as that is a normal float; elsewhere it is not used. */
INLINE __m256 power_of_two(int exponent) { return _mm256_castsi256_ps(_mm256_set1_epi32((int)((uint32_t)(exponent + 127) << 23))); }

INLINE struct constants broadcast(const struct ffp8_encoder *e, uint32_t key, struct way way) {
    const int shift = 23 - (int)e->fraction_bits, most_exponent = way.path == BY_ADDITION ? 254 - shift : 254; /* biased */
    struct constants c = {
        .scale = _mm256_set1_ps(e->scale),
        .smallest_normal = power_of_two(e->lowest_exponent),
        .step = power_of_two(shift),
        .lowest = _mm256_set1_epi32(e->lowest_exponent),
        .shift = _mm256_set1_epi32(shift),
        .fraction_bits = _mm256_set1_epi32((int)e->fraction_bits),
        .key = _mm256_set1_epi32((int)key),
        .weights = _mm256_set1_epi32(1 << 16 | (0x80 >> e->fraction_bits)),
        .lowest_word = _mm256_set1_epi16((short)((e->lowest_exponent + 127) << 7)),
        .most_word = _mm256_set1_epi32((((most_exponent + 1) << 7) - 1) << 16 | INT16_MAX),
        .word_shift = _mm_cvtsi32_si128(7 - (int)e->fraction_bits),
        .max_code = _mm256_set1_epi8((char)e->max_code),
        .negative = _mm256_set1_epi8((char)e->negative),
        .nan = _mm256_set1_epi8((char)e->nan),
        .most = _mm256_set1_epi32(((most_exponent + 1) << 23) - 1),
    };
    for (int s = 0; s < 2; s++) {
        c.overflow[s] = _mm256_set1_epi8((char)e->overflow[s]);
        c.infinity[s] = _mm256_set1_epi8((char)e->infinity[s]);
        c.zero[s] = _mm256_set1_epi8((char)e->zero[s]);
    }
    return c;
}

/* ffp8_mix32 */
INLINE __m256i mix(__m256i x) {
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x7feb352d));
    x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
    x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int)0x846ca68bu));
    return _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
}

INLINE __m256i shift_8(__m256i magnitude, __m256i index, const struct constants *c, ffp8_rounding rounding) {
    const __m256i one = _mm256_set1_epi32(1), top = _mm256_set1_epi32(INT32_MIN);
    __m256i biased = _mm256_srli_epi32(magnitude, 23);
    __m256i hidden = _mm256_andnot_si256(_mm256_cmpeq_epi32(biased, _mm256_setzero_si256()), _mm256_set1_epi32(0x800000));
    __m256i significand = _mm256_or_si256(_mm256_and_si256(magnitude, _mm256_set1_epi32(0x7FFFFF)), hidden);
    __m256i exponent = _mm256_sub_epi32(_mm256_max_epi32(biased, one), _mm256_set1_epi32(127));
    __m256i row = _mm256_max_epi32(exponent, c->lowest);
    __m256i shift = _mm256_add_epi32(c->shift, _mm256_sub_epi32(row, exponent));
    __m256i code = _mm256_add_epi32(_mm256_sllv_epi32(_mm256_sub_epi32(row, c->lowest), c->fraction_bits),
                                    _mm256_srlv_epi32(significand, shift));
    if (rounding == FFP8_ROUND_TOWARD_ZERO) return code;

    /* One of both counts is negative, hence too large, and gives 0 (or both are 0). */
    __m256i above = _mm256_sub_epi32(_mm256_set1_epi32(32), shift);
    __m256i rest = _mm256_or_si256(_mm256_sllv_epi32(significand, above),
                                   _mm256_srlv_epi32(significand, _mm256_sub_epi32(_mm256_setzero_si256(), above)));
    /* Up when rest > limit; both compared as signed after the top bit is flipped. */
    __m256i flipped_limit = _mm256_set1_epi32(-1);
    if (rounding == FFP8_ROUND_NEAREST_EVEN) flipped_limit = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_and_si256(code, one));
    if (rounding == FFP8_ROUND_STOCHASTIC) flipped_limit = _mm256_xor_si256(mix(_mm256_xor_si256(index, c->key)), top);
    return _mm256_sub_epi32(code, _mm256_cmpgt_epi32(_mm256_xor_si256(rest, top), flipped_limit));
}

/* 32 elements: their codes, before signs and special cases, as words in the order of packs; and the exponents, in high halves. */
struct words {
    __m256i code[2], largest;
};

INLINE __m256i largest_of(const __m256i x[4]) { return _mm256_max_epu16(_mm256_max_epu16(x[0], x[1]), _mm256_max_epu16(x[2], x[3])); }

INLINE __m256i magnitude_of(__m256 v) { return _mm256_and_si256(_mm256_castps_si256(v), _mm256_set1_epi32(0x7FFFFFFF)); }

INLINE struct words round_by_addition(const __m256 v[4], const struct constants *c, enum signs sign) {
    struct words w;
    __m256i x[4];
    for (int i = 0; i < 4; i++) {
        const __m256 magnitude = sign == NOT_NEGATIVE ? v[i] : _mm256_castsi256_ps(magnitude_of(v[i]));
        const __m256 power = _mm256_and_ps(v[i], _mm256_castsi256_ps(_mm256_set1_epi32(0x7F800000)));
        const __m256 p = _mm256_max_ps(power, c->smallest_normal), sum = _mm256_fmadd_ps(p, c->step, magnitude);
        x[i] = _mm256_blend_epi16(_mm256_castps_si256(sum), _mm256_castps_si256(p), 0xAA);
    }
    for (int i = 0; i < 2; i++) {
        /* significand << (7 - fraction_bits), plus exponent << 7 */
        w.code[i] = _mm256_packus_epi32(_mm256_madd_epi16(x[2 * i], c->weights), _mm256_madd_epi16(x[2 * i + 1], c->weights));
        w.code[i] = _mm256_srl_epi16(_mm256_sub_epi16(w.code[i], c->lowest_word), c->word_shift);
    }
    w.largest = largest_of(x);
    return w;
}

INLINE struct words round_by_shifts(const __m256 v[4], uint32_t index, const struct constants *c, ffp8_rounding rounding) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i magnitude[4], code[4];
    for (int i = 0; i < 4; i++) {
        magnitude[i] = magnitude_of(v[i]);
        code[i] = shift_8(magnitude[i], _mm256_add_epi32(lane, _mm256_set1_epi32((int)(index + 8u * (unsigned)i))), c, rounding);
    }
    return (struct words){{_mm256_packs_epi32(code[0], code[1]), _mm256_packs_epi32(code[2], code[3])}, largest_of(magnitude)};
}

/* Undoes the order in which two packs of four vectors leave their dwords. */
INLINE __m256i in_order(__m256i packed) { return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)); }

/* Bytes with the signs of what is packed in their top bits: signed saturation keeps them. */
INLINE __m256i pack_signs(const __m256i x[4]) { return _mm256_packs_epi16(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3])); }

/* All in the order of packs. signs: in the top bits. */
INLINE __m256i settle(__m256i bytes, __m256i signs, const struct constants *c, struct way way) {
    __m256i y = way.simple ? _mm256_min_epu8(bytes, c->max_code) : bytes;
    if (way.sign == SIGNED) y = _mm256_or_si256(y, _mm256_and_si256(signs, _mm256_set1_epi8((char)0x80)));
    if (way.sign == UNSIGNED) y = _mm256_blendv_epi8(y, c->negative, signs);
    if (way.simple) return y;
    const __m256i fits = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, c->max_code), bytes);
    y = _mm256_blendv_epi8(_mm256_blendv_epi8(c->overflow[0], c->overflow[1], signs), y, fits);
    return _mm256_blendv_epi8(y, _mm256_blendv_epi8(c->zero[0], c->zero[1], signs), _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
}

/* Codes of what rounding could not take, put into y. */
INLINE __m256i special_cases(__m256i y, __m256i signs, const __m256 v[4], const struct constants *c) {
    __m256i beyond[4], infinite[4], nan[4];
    for (int i = 0; i < 4; i++) {
        const __m256i magnitude = magnitude_of(v[i]);
        beyond[i] = _mm256_cmpgt_epi32(magnitude, c->most);
        infinite[i] = _mm256_cmpeq_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
        nan[i] = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(0x7F800000));
    }
    y = _mm256_blendv_epi8(y, _mm256_blendv_epi8(c->overflow[0], c->overflow[1], signs), pack_signs(beyond));
    y = _mm256_blendv_epi8(y, _mm256_blendv_epi8(c->infinity[0], c->infinity[1], signs), pack_signs(infinite));
    return _mm256_blendv_epi8(y, c->nan, pack_signs(nan));
}

INLINE __m256 load_8(const struct source *s, size_t i) {
    __m256 x = _mm256_loadu_ps(s->y + i);
    if (s->bias) x = _mm256_add_ps(x, _mm256_loadu_ps(s->bias + i));
    if (s->residual) x = _mm256_add_ps(x, _mm256_loadu_ps(s->residual + i));
    if (s->addend) x = _mm256_add_ps(x, _mm256_loadu_ps(s->addend + i));
    /* Where operands are equal or unordered the result is the second. Zeros keep a sign that NOT_NEGATIVE ignores. */
    if (s->activation == FFP8_ACTIVATION_RELU) x = _mm256_max_ps(_mm256_setzero_ps(), x);
    if (s->activation == FFP8_ACTIVATION_CLIP)
        x = _mm256_min_ps(_mm256_set1_ps(s->clip_max), _mm256_max_ps(_mm256_set1_ps(s->clip_min), x));
    return x;
}

/* 32 codes of a row from `first` on. */
INLINE void encode_32(const struct source *row, size_t first, const struct constants *c, struct way way) {
    const uint32_t index = (uint32_t)(row->index + first);
    __m256 v[4];
    __m256i bits[4];
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_mul_ps(load_8(row, first + 8 * (size_t)i), c->scale);
        bits[i] = _mm256_castps_si256(v[i]);
    }
    const struct words w = way.path == BY_ADDITION ? round_by_addition(v, c, way.sign) : round_by_shifts(v, index, c, way.rounding);
    const __m256i signs = way.sign == NOT_NEGATIVE ? _mm256_setzero_si256() : pack_signs(bits);
    const __m256i large = _mm256_cmpgt_epi16(w.largest, c->most_word);
    __m256i y = settle(_mm256_packus_epi16(w.code[0], w.code[1]), signs, c, way);
    if (__builtin_expect(!_mm256_testz_si256(large, large), 0)) y = special_cases(y, signs, v, c);
    _mm256_storeu_si256((__m256i *)(row->dst + first), in_order(y));
}

/* The last elements of an array, of which there are less than 32, moved to where 32 can be read. */
INLINE const float *copy_last(float *array, const float *from, size_t i, size_t n) {
    if (!from) return NULL;
    memset(array, 0, 32 * sizeof *array);
    memcpy(array, from + i, (n - i) * sizeof *array);
    return array;
}

INLINE void encode_run(const struct source *src, const struct ffp8_encoder *e, struct way way) {
    const uint32_t key = way.rounding == FFP8_ROUND_STOCHASTIC ? ffp8_random_key(e->seed, src->index) : 0;
    const struct constants c = broadcast(e, key, way);
    const size_t n = src->n, whole = n / 32 * 32;
    struct source row = *src;
    for (size_t r = 0; r < src->rows; r++, row.y += src->ld_y, row.dst += src->ld_dst, row.index += src->ld_dst) {
        for (size_t i = 0; i < whole; i += 32) encode_32(&row, i, &c, way);
        if (whole == n) continue;
        uint8_t out[32];
        float array[4][32];
        struct source last = row;
        last.y = copy_last(array[0], row.y, whole, n);
        last.bias = copy_last(array[1], row.bias, whole, n);
        last.residual = copy_last(array[2], row.residual, whole, n);
        last.addend = copy_last(array[3], row.addend, whole, n);
        last.dst = out;
        last.index += whole;
        encode_32(&last, 0, &c, way);
        memcpy(row.dst + whole, out, n - whole);
    }
}

void ffp8_encode_avx2(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    encode(src, dst, n, e, index);
}

void ffp8_finish_codes_avx2(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    if (one_pass_serves(finish, e))
        finish_codes(sums, finish, e);
    else
        ffp8_finish_in_two_passes(sums, finish, e, ffp8_epilogue_avx2, ffp8_encode_avx2);
}
