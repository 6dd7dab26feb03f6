/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_avx2.c - FP32 to codes by arithmetic, 32 at a time
 *
 * Rounding makes 32-bit codes of 8 floats: by the formula of kernels.h (variable shifts; all roundings, all formats), or for nearest-even
 * by two additions: bits + (half - 1 + odd) for normal results, |v| + 2^(23 - fraction_bits + lowest_exponent) for subnormal ones, whose
 * last bit then has the weight of the format's last one. Four such vectors are packed to bytes with saturation: what exceeds 255 exceeds
 * max_code too, or is max_code = 255. Signs, zeros and overflow are settled in bytes, Inf and NaN behind a branch. Nearest-even: about 75
 * instructions for 32 elements, which move 160 bytes. Tails: through 32 elements on the stack.
 */
#include <immintrin.h>

#include "../kernel_util.h"
#include "x86_convert.h"

#define INLINE static inline __attribute__((always_inline))

enum path { BY_ADDITION, BY_SHIFTS };

/* Loop invariants, broadcast. */
struct constants {
    __m256 scale, magic;
    __m256i rebias, half_less_one, lowest, shift, fraction_bits, key;
    __m256i max_code, overflow[2], zero[2], infinity[2], negative, nan;
};

INLINE struct constants broadcast(const struct ffp8_encoder *e, uint32_t key) {
    uint32_t shift = 23 - e->fraction_bits;
    struct constants c = {
        .scale = _mm256_set1_ps(e->scale),
        .magic = _mm256_castsi256_ps(
            _mm256_set1_epi32((int)((uint32_t)(e->lowest_exponent + (int)shift + 127) << 23))), /* unused where out of range */
        .rebias = _mm256_set1_epi32((int)((uint32_t)(e->lowest_exponent + 126) << 23)),
        .half_less_one = _mm256_set1_epi32((1 << (shift - 1)) - 1),
        .lowest = _mm256_set1_epi32(e->lowest_exponent),
        .shift = _mm256_set1_epi32((int)shift),
        .key = _mm256_set1_epi32((int)key),
        .max_code = _mm256_set1_epi8((char)e->max_code),
        .negative = _mm256_set1_epi8((char)e->negative),
        .nan = _mm256_set1_epi8((char)e->nan),
        .fraction_bits = _mm256_set1_epi32((int)e->fraction_bits),
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

INLINE __m256i round_by_addition(__m256i magnitude, const struct constants *c) {
    __m256i normal = _mm256_sub_epi32(magnitude, c->rebias);
    __m256i odd = _mm256_and_si256(_mm256_srlv_epi32(normal, c->shift), _mm256_set1_epi32(1));
    __m256i code = _mm256_srlv_epi32(_mm256_add_epi32(_mm256_add_epi32(normal, c->half_less_one), odd), c->shift);
    __m256i subnormal = _mm256_cmpgt_epi32(_mm256_set1_epi32(1 << 23), normal);
    __m256 sum = _mm256_add_ps(_mm256_castsi256_ps(magnitude), c->magic);
    return _mm256_blendv_epi8(code, _mm256_sub_epi32(_mm256_castps_si256(sum), _mm256_castps_si256(c->magic)), subnormal);
}

INLINE __m256i round_by_shifts(__m256i magnitude, __m256i index, const struct constants *c, ffp8_rounding rounding) {
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

/* Undoes the order in which two packs of four vectors leave their dwords. */
INLINE __m256i in_order(__m256i packed) { return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)); }

INLINE __m256i pack_codes(const __m256i x[4]) {
    return in_order(_mm256_packus_epi16(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3])));
}

/* Bytes with the signs of what is packed in their top bits: signed saturation keeps them. */
INLINE __m256i pack_signs(const __m256i x[4]) {
    return in_order(_mm256_packs_epi16(_mm256_packs_epi32(x[0], x[1]), _mm256_packs_epi32(x[2], x[3])));
}

/* 32 codes. index counts the low half. */
INLINE void encode_32(const float *src, uint8_t *dst, uint32_t index, const struct constants *c, ffp8_rounding rounding, enum path path,
                      bool has_sign) {
    const __m256i largest = _mm256_set1_epi32(0x7F7FFFFF);
    __m256i bits[4], magnitude[4], code[4], large = _mm256_setzero_si256();
    for (int i = 0; i < 4; i++) {
        bits[i] = _mm256_castps_si256(_mm256_mul_ps(_mm256_loadu_ps(src + 8 * i), c->scale));
        magnitude[i] = _mm256_and_si256(bits[i], _mm256_set1_epi32(0x7FFFFFFF));
        large = _mm256_max_epi32(large, magnitude[i]);
        if (path == BY_ADDITION) {
            code[i] = round_by_addition(magnitude[i], c);
        } else {
            __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            code[i] = round_by_shifts(magnitude[i], _mm256_add_epi32(lane, _mm256_set1_epi32((int)(index + 8u * (unsigned)i))), c,
                                      rounding);
        }
    }
    __m256i bytes = pack_codes(code), minus = pack_signs(bits);

    __m256i y = has_sign ? _mm256_or_si256(bytes, _mm256_and_si256(minus, _mm256_set1_epi8((char)0x80)))
                         : _mm256_blendv_epi8(bytes, c->negative, minus);
    __m256i fits = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, c->max_code), bytes);
    y = _mm256_blendv_epi8(_mm256_blendv_epi8(c->overflow[0], c->overflow[1], minus), y, fits);
    y = _mm256_blendv_epi8(y, _mm256_blendv_epi8(c->zero[0], c->zero[1], minus), _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()));
    large = _mm256_cmpgt_epi32(large, largest);
    if (__builtin_expect(!_mm256_testz_si256(large, large), 0)) {
        __m256i special[4], nan[4];
        for (int i = 0; i < 4; i++) {
            special[i] = _mm256_cmpgt_epi32(magnitude[i], largest);
            nan[i] = _mm256_cmpgt_epi32(magnitude[i], _mm256_set1_epi32(0x7F800000));
        }
        y = _mm256_blendv_epi8(y, _mm256_blendv_epi8(c->infinity[0], c->infinity[1], minus), pack_signs(special));
        y = _mm256_blendv_epi8(y, c->nan, pack_signs(nan));
    }
    _mm256_storeu_si256((__m256i *)dst, y);
}

INLINE void encode_run(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index, ffp8_rounding rounding,
                       enum path path, bool has_sign) {
    uint32_t key = rounding == FFP8_ROUND_STOCHASTIC ? ffp8_random_key(e->seed, index) : 0;
    const struct constants c = broadcast(e, key);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) encode_32(src + i, dst + i, (uint32_t)(index + i), &c, rounding, path, has_sign);
    if (i < n) {
        float in[32] = {0};
        uint8_t out[32];
        memcpy(in, src + i, (n - i) * sizeof *src);
        encode_32(in, out, (uint32_t)(index + i), &c, rounding, path, has_sign);
        memcpy(dst + i, out, n - i);
    }
}

INLINE void encode_signs(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index, ffp8_rounding rounding,
                         enum path path) {
    if (e->sign_bits)
        encode_run(src, dst, n, e, index, rounding, path, true);
    else
        encode_run(src, dst, n, e, index, rounding, path, false);
}

/* Additions need a magic number that is a normal float. */
static bool additions_serve(const struct ffp8_encoder *e) { return e->lowest_exponent + 23 - (int)e->fraction_bits <= 127; }

void ffp8_encode_avx2(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
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
