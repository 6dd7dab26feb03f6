/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_avx512.c - FP32 to codes by arithmetic, 64 at a time, with or without an epilogue before it
 *
 * Rounding makes 32-bit codes of 16 floats: by the formula of kernels.h (variable shifts; all roundings, all formats), or for
 * nearest-even by the addition of 2^(23 - fraction_bits) times |v|'s power of two, or the format's lowest, which gives the sum's last bit the
 * weight of the format's last one. Four such vectors are packed to bytes with saturation: what exceeds
 * 255 exceeds max_code too, or is max_code = 255. Signs, zeros and overflow are settled in bytes, Inf and NaN behind a branch.
 * Nearest-even: about 60 instructions for 64 elements, which move 320 bytes: faster than memory, slower than L1. Tails: masks.
 */
#include <immintrin.h>

#include "../kernel_util.h"
#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

enum path { BY_ADDITION, BY_SHIFTS };
enum signs { SIGNED, UNSIGNED, NOT_NEGATIVE /* signs of zeros and NaNs mean nothing */ };

/* Loop invariants, broadcast. */
struct constants {
    __m512 scale;
    __m512i magic, most, smallest_normal, lowest, shift, fraction_bits, key;
    __m512i max_code, sign, overflow[2], zero[2], infinity[2], negative, nan;
};

/* The bits of 2^exponent, as long as that is a normal float; unsigned, for elsewhere they only must not trap. */
INLINE __m512i float_exponent(int exponent) { return _mm512_set1_epi32((int)((uint32_t)(exponent + 127) << 23)); }

INLINE struct constants broadcast(const struct ffp8_encoder *e, uint32_t key, enum path path) {
    uint32_t shift = 23 - e->fraction_bits;
    struct constants c = {
        .scale = _mm512_set1_ps(e->scale),
        .magic = float_exponent(e->lowest_exponent + (int)shift), /* unused where out of range */
        .most = path == BY_ADDITION ? _mm512_sub_epi32(float_exponent(128 - (int)shift), _mm512_set1_epi32(1))
                                    : _mm512_set1_epi32(0x7F7FFFFF),
        .smallest_normal = float_exponent(e->lowest_exponent),
        .lowest = _mm512_set1_epi32(e->lowest_exponent),
        .shift = _mm512_set1_epi32((int)shift),
        .key = _mm512_set1_epi32((int)key),
        .max_code = _mm512_set1_epi8((char)e->max_code),
        .sign = _mm512_set1_epi8((char)0x80),
        .negative = _mm512_set1_epi8((char)e->negative),
        .nan = _mm512_set1_epi8((char)e->nan),
        .fraction_bits = _mm512_set1_epi32((int)e->fraction_bits),
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

/* above: by how much the exponent exceeds the lowest, where it stands in a float. */
INLINE __m512i round_by_addition(__m512i magnitude, const struct constants *c) {
    __m512i above = _mm512_subs_epu16(_mm512_and_si512(magnitude, _mm512_set1_epi32(0x7F800000)), c->smallest_normal);
    __m512i magic = _mm512_add_epi32(above, c->magic);
    __m512 sum = _mm512_add_ps(_mm512_castsi512_ps(magnitude), _mm512_castsi512_ps(magic));
    return _mm512_add_epi32(_mm512_sub_epi32(_mm512_castps_si512(sum), magic), _mm512_srlv_epi32(above, c->shift));
}

INLINE __m512i round_by_shifts(__m512i magnitude, __m512i index, const struct constants *c, ffp8_rounding rounding) {
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

/* Undoes the order in which two packs of four vectors leave their dwords. Signed saturation keeps the sign bit of what is packed. */
INLINE __m512i in_order(__m512i packed) {
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), packed);
}

/* What is encoded: y itself, or what the epilogue makes of it. NULL: none. */
struct source {
    const float *y, *bias, *residual, *addend;
    ffp8_activation activation; /* NONE, RELU or CLIP */
    __m512 clip_min, clip_max;
};

INLINE __m512 load_16(const struct source *s, size_t i, __mmask16 live) {
    __m512 x = _mm512_maskz_loadu_ps(live, s->y + i);
    if (s->bias) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->bias + i));
    if (s->residual) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->residual + i));
    if (s->addend) x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(live, s->addend + i));
    /* Where operands are equal or unordered the result is the second. Zeros keep a sign that encode_64 ignores. */
    if (s->activation == FFP8_ACTIVATION_RELU) x = _mm512_max_ps(_mm512_setzero_ps(), x);
    if (s->activation == FFP8_ACTIVATION_CLIP) x = _mm512_min_ps(s->clip_max, _mm512_max_ps(s->clip_min, x));
    return x;
}

/* 64 codes of src from `first` on; live has a bit for each element that exists. index counts the low half. */
INLINE void encode_64(const struct source *src, size_t first, uint8_t *dst, __mmask64 live, uint32_t index, const struct constants *c,
                      ffp8_rounding rounding, enum path path, enum signs sign) {
    __m512 v[4];
    __m512i code[4];
    __m512i largest = _mm512_setzero_si512();
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_mul_ps(load_16(src, first + 16 * (size_t)i, (__mmask16)(live >> 16 * i)), c->scale);
        __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(v[i]), _mm512_set1_epi32(0x7FFFFFFF));
        largest = _mm512_max_epi32(largest, magnitude);
        if (path == BY_ADDITION) {
            code[i] = round_by_addition(magnitude, c);
        } else {
            __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            code[i] = round_by_shifts(magnitude, _mm512_add_epi32(lane, _mm512_set1_epi32((int)(index + 16u * (unsigned)i))), c, rounding);
        }
    }
    __m512i bytes = in_order(_mm512_packus_epi16(_mm512_packs_epi32(code[0], code[1]), _mm512_packs_epi32(code[2], code[3])));
    __m512i y = bytes;
    __mmask64 minus = 0;
    if (sign != NOT_NEGATIVE) {
        __m512i signs = in_order(_mm512_packs_epi16(_mm512_packs_epi32(_mm512_castps_si512(v[0]), _mm512_castps_si512(v[1])),
                                                    _mm512_packs_epi32(_mm512_castps_si512(v[2]), _mm512_castps_si512(v[3]))));
        minus = _mm512_movepi8_mask(signs);
        y = sign == SIGNED ? _mm512_ternarylogic_epi32(bytes, signs, c->sign, 0xF8) /* bytes | (signs & sign) */
                           : _mm512_mask_mov_epi8(bytes, minus, c->negative);
    }
    y = _mm512_mask_mov_epi8(y, _mm512_cmpgt_epu8_mask(bytes, c->max_code), _mm512_mask_blend_epi8(minus, c->overflow[0], c->overflow[1]));
    y = _mm512_mask_mov_epi8(y, _mm512_testn_epi8_mask(bytes, bytes), _mm512_mask_blend_epi8(minus, c->zero[0], c->zero[1]));
    if (__builtin_expect(_mm512_cmpgt_epi32_mask(largest, c->most) != 0, 0)) {
        __mmask64 beyond = 0, infinite = 0, nan = 0;
        for (int i = 0; i < 4; i++) {
            const __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(v[i]), _mm512_set1_epi32(0x7FFFFFFF));
            beyond |= (__mmask64)_mm512_cmpgt_epi32_mask(magnitude, c->most) << 16 * i;
            infinite |= (__mmask64)_mm512_fpclass_ps_mask(v[i], 0x18) << 16 * i;
            nan |= (__mmask64)_mm512_cmp_ps_mask(v[i], v[i], _CMP_UNORD_Q) << 16 * i;
        }
        y = _mm512_mask_mov_epi8(y, beyond, _mm512_mask_blend_epi8(minus, c->overflow[0], c->overflow[1]));
        y = _mm512_mask_mov_epi8(y, infinite, _mm512_mask_blend_epi8(minus, c->infinity[0], c->infinity[1]));
        y = _mm512_mask_mov_epi8(y, nan, c->nan);
    }
    _mm512_mask_storeu_epi8(dst, live, y);
}

INLINE void encode_run(const struct source *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index,
                       ffp8_rounding rounding, enum path path, enum signs sign) {
    uint32_t key = rounding == FFP8_ROUND_STOCHASTIC ? ffp8_random_key(e->seed, index) : 0;
    const struct constants c = broadcast(e, key, path);
    size_t i = 0;
    for (; i + 64 <= n; i += 64) encode_64(src, i, dst + i, ~(__mmask64)0, (uint32_t)(index + i), &c, rounding, path, sign);
    if (i < n) encode_64(src, i, dst + i, ~(__mmask64)0 >> (64 - (n - i)), (uint32_t)(index + i), &c, rounding, path, sign);
}

INLINE void encode_signs(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index, ffp8_rounding rounding,
                         enum path path) {
    const struct source plain = {.y = src, .activation = FFP8_ACTIVATION_NONE};
    if (e->sign_bits)
        encode_run(&plain, dst, n, e, index, rounding, path, SIGNED);
    else
        encode_run(&plain, dst, n, e, index, rounding, path, UNSIGNED);
}

/* Additions need magic numbers that are normal floats, for all finite values of the format, and codes that are even where significands are. */
static bool additions_serve(const struct ffp8_encoder *e) {
    const int rows = (int)(e->max_code >> e->fraction_bits), shift = 23 - (int)e->fraction_bits;
    return e->fraction_bits > 0 && e->lowest_exponent + rows + shift <= 127;
}

void ffp8_encode_avx512(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    switch (e->rounding) {
    case FFP8_ROUND_NEAREST_EVEN:
        if (additions_serve(e))
            encode_signs(src, dst, n, e, index, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION);
        else
            encode_signs(src, dst, n, e, index, FFP8_ROUND_NEAREST_EVEN, BY_SHIFTS);
        break;
    case FFP8_ROUND_NEAREST_AWAY: encode_signs(src, dst, n, e, index, FFP8_ROUND_NEAREST_AWAY, BY_SHIFTS); break;
    case FFP8_ROUND_TOWARD_ZERO: encode_signs(src, dst, n, e, index, FFP8_ROUND_TOWARD_ZERO, BY_SHIFTS); break;
    case FFP8_ROUND_STOCHASTIC:
        /* A key serves as many elements as have the same upper half of the index. */
        while (n) {
            size_t run = ffp8_min_size(n, 0x100000000u - (uint32_t)index);
            encode_signs(src, dst, run, e, index, FFP8_ROUND_STOCHASTIC, BY_SHIFTS);
            src += run, dst += run, n -= run, index += run;
        }
        break;
    }
}

INLINE void finish_run(struct source src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, ffp8_activation activation) {
    src.activation = activation;
    if (activation == FFP8_ACTIVATION_RELU)
        encode_run(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, NOT_NEGATIVE);
    else if (e->sign_bits)
        encode_run(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, SIGNED);
    else
        encode_run(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, UNSIGNED);
}

/* In one pass where the epilogue is a few instructions and rounding is by addition. */
void ffp8_finish_codes_avx512(float *y, uint8_t *dst, size_t n, const float *bias, const float *residual, const float *addend,
                              const struct ffp8_finish *finish, const struct ffp8_encoder *e, uint64_t index) {
    if (e->rounding != FFP8_ROUND_NEAREST_EVEN || !additions_serve(e) || finish->activation > FFP8_ACTIVATION_CLIP) {
        ffp8_epilogue_avx512(y, n, bias, residual, addend, finish);
        ffp8_encode_avx512(y, dst, n, e, index);
        return;
    }
    const struct source src = {
        y, bias, residual, addend, FFP8_ACTIVATION_NONE, _mm512_set1_ps(finish->clip_min), _mm512_set1_ps(finish->clip_max)};
    switch (finish->activation) {
    case FFP8_ACTIVATION_RELU: finish_run(src, dst, n, e, FFP8_ACTIVATION_RELU); break;
    case FFP8_ACTIVATION_CLIP: finish_run(src, dst, n, e, FFP8_ACTIVATION_CLIP); break;
    default: finish_run(src, dst, n, e, FFP8_ACTIVATION_NONE); break;
    }
}
