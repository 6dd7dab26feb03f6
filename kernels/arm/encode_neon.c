/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_neon.c - FP32 to codes by arithmetic, 16 at a time; the formula stands at struct ffp8_encoder
 *
 * Per 4 elements, by shifts, with E' = max(biased exponent, 1) - 1 = E + 126 and L = lowest_exponent + 126:
 *     m = |v| - (E' << 23)      row = max(E', L)      base = (row - L) << fraction_bits      count = E' - row - (23 - fraction_bits)
 *     q = m << count            rest32 = m << (count + 32)
 * A vector shift goes right by a negative count and gives 0 from 32 on, but reads its count from one signed byte: count is held to -64,
 * where both results are 0. The shift to the left drops what belongs to q.
 *
 * Nearest-even by one addition, where the format lets it: |v| + 2^(e + 23 - fraction_bits) rounds |v| to a multiple of
 * 2^(e - fraction_bits); the sum's low bits are q + up. |v| is first held to the first power of two beyond all values, so that no sum
 * overflows.
 *
 * Per 16 elements, on bytes: what becomes of them as a class (0 ordinary, -1 too large, -2 Inf, -3 NaN, -4 zero) and their sign index a
 * small table of result codes; ordinary elements index nothing in it and keep their own code. Unsigned formats have its entry 0 for
 * ordinary negative ones.
 * Bound: arithmetic, 6 (addition) or 8 (shifts) instructions an element. Tails: the last 1..15 elements go through a buffer.
 */
#include "arm_neon_kernels.h"
#include "neon_util.h"

enum { NEAREST_EVEN_BY_ADDITION = FFP8_ROUND_STOCHASTIC + 1 }; /* beside ffp8_rounding */

struct encoder {
    float32x4_t scale;
    int32x4_t lowest, fraction_bits, shift; /* L, fraction_bits, 23 - fraction_bits */
    uint32x4_t max_code;
    uint32x4_t limit, lowest_row, to_addend; /* nearest-even by addition: FP32 bits, and what is added to them */
    uint8x16_t sign_bit, result;
    int8x16_t index_base;
    uint32_t key;
};

/* Biased exponent of the first power of two beyond all values. */
static int32_t limit_exponent(const struct ffp8_encoder *e) {
    int32_t top = (int32_t)(e->max_code >> e->fraction_bits);
    return e->lowest_exponent + (top > 0 ? top : 1) + 127;
}

/* Whether base is even and no addend beyond FP32. */
static bool addition_serves(const struct ffp8_encoder *e) {
    return e->fraction_bits >= 1 && limit_exponent(e) + 23 - (int32_t)e->fraction_bits <= 254;
}

static struct encoder encoder_of(const struct ffp8_encoder *e) {
    uint8_t result[16] = {e->negative}, *entry = result + !e->sign_bits;
    for (unsigned s = 0; s < 2; s++) {
        entry[0 + s] = e->overflow[s];
        entry[2 + s] = e->infinity[s];
        entry[4 + s] = e->nan;
        entry[6 + s] = e->zero[s];
    }
    return (struct encoder){
        .scale = vdupq_n_f32(e->scale),
        .lowest = vdupq_n_s32(e->lowest_exponent + 126),
        .fraction_bits = vdupq_n_s32((int32_t)e->fraction_bits),
        .shift = vdupq_n_s32(23 - (int32_t)e->fraction_bits),
        .max_code = vdupq_n_u32(e->max_code),
        .limit = vdupq_n_u32((uint32_t)limit_exponent(e) << 23),
        .lowest_row = vdupq_n_u32((uint32_t)(e->lowest_exponent + 127) << 23),
        .to_addend = vdupq_n_u32((23 - e->fraction_bits) << 23),
        .sign_bit = vdupq_n_u8(e->sign_bits ? 0x80 : 0),
        .result = vld1q_u8(result),
        .index_base = vdupq_n_s8(e->sign_bits ? -2 : -1),
    };
}

static ALWAYS_INLINE uint32x4_t mix32(uint32x4_t x) {
    x = veorq_u32(x, vshrq_n_u32(x, 16));
    x = vmulq_n_u32(x, 0x7feb352du);
    x = veorq_u32(x, vshrq_n_u32(x, 15));
    x = vmulq_n_u32(x, 0x846ca68bu);
    return veorq_u32(x, vshrq_n_u32(x, 16));
}

static ALWAYS_INLINE uint32x4_t code_by_addition(uint32x4_t magnitude, const struct encoder *e) {
    uint32x4_t held = vminq_u32(magnitude, e->limit);
    uint32x4_t row = vmaxq_u32(vandq_u32(held, vdupq_n_u32(0x7F800000u)), e->lowest_row), addend = vaddq_u32(row, e->to_addend);
    uint32x4_t sum = vreinterpretq_u32_f32(vaddq_f32(vreinterpretq_f32_u32(held), vreinterpretq_f32_u32(addend)));
    uint32x4_t base = vshlq_u32(vsubq_u32(row, e->lowest_row), vnegq_s32(e->shift));
    return vaddq_u32(base, vsubq_u32(sum, addend));
}

static ALWAYS_INLINE uint32x4_t code_by_shifts(uint32x4_t magnitude, const struct encoder *e, const int rounding, uint32x4_t index) {
    uint32x4_t exponent = vqsubq_u32(vshrq_n_u32(magnitude, 23), vdupq_n_u32(1));
    uint32x4_t significand = vsubq_u32(magnitude, vshlq_n_u32(exponent, 23));

    int32x4_t row = vmaxq_s32(vreinterpretq_s32_u32(exponent), e->lowest);
    uint32x4_t base = vshlq_u32(vreinterpretq_u32_s32(vsubq_s32(row, e->lowest)), e->fraction_bits);
    int32x4_t count = vsubq_s32(vsubq_s32(vreinterpretq_s32_u32(exponent), row), e->shift);
    count = vmaxq_s32(count, vdupq_n_s32(-64));
    uint32x4_t code = vaddq_u32(base, vshlq_u32(significand, count));
    uint32x4_t rest = vshlq_u32(significand, vaddq_s32(count, vdupq_n_s32(32)));

    switch (rounding) {
    case FFP8_ROUND_NEAREST_EVEN: /* rest > 2^31, or >= where the code is odd */
        return vsubq_u32(code, vcgtq_u32(rest, vsubq_u32(vdupq_n_u32(0x80000000u), vandq_u32(code, vdupq_n_u32(1)))));
    case FFP8_ROUND_NEAREST_AWAY: return vsraq_n_u32(code, rest, 31);
    case FFP8_ROUND_STOCHASTIC: return vsubq_u32(code, vcgtq_u32(rest, mix32(veorq_u32(index, vdupq_n_u32(e->key)))));
    default: return code;
    }
}

/* What 4 elements become before they are narrowed. */
struct rounded {
    uint32x4_t bits; /* of v: its sign is the top one */
    uint32x4_t code;
    uint32x4_t class_of; /* 0, -1, -2, -3 */
};

static ALWAYS_INLINE struct rounded round_4(float32x4_t x, const struct encoder *e, const int rounding, uint32x4_t index) {
    struct rounded r = {.bits = vreinterpretq_u32_f32(vmulq_f32(x, e->scale))};
    uint32x4_t magnitude = vbicq_u32(r.bits, vdupq_n_u32(0x80000000u));
    r.code = rounding == NEAREST_EVEN_BY_ADDITION ? code_by_addition(magnitude, e) : code_by_shifts(magnitude, e, rounding, index);
    /* 1 for Inf and 2 for NaN, which all have codes that are too large. */
    uint32x4_t beyond = vminq_u32(vqsubq_u32(magnitude, vdupq_n_u32(0x7F7FFFFFu)), vdupq_n_u32(2));
    r.class_of = vsubq_u32(vcgtq_u32(r.code, e->max_code), beyond);
    return r;
}

static ALWAYS_INLINE uint8x16_t low_bytes(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) {
    uint16x8_t ab = vuzp1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)),
               cd = vuzp1q_u16(vreinterpretq_u16_u32(c), vreinterpretq_u16_u32(d));
    return vuzp1q_u8(vreinterpretq_u8_u16(ab), vreinterpretq_u8_u16(cd));
}

static ALWAYS_INLINE uint8x16_t high_bytes(uint32x4_t a, uint32x4_t b, uint32x4_t c, uint32x4_t d) {
    uint16x8_t ab = vuzp2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)),
               cd = vuzp2q_u16(vreinterpretq_u16_u32(c), vreinterpretq_u16_u32(d));
    return vuzp2q_u8(vreinterpretq_u8_u16(ab), vreinterpretq_u8_u16(cd));
}

/* 16 elements, of which the first has the given index. */
static ALWAYS_INLINE uint8x16_t encode_16(const float *src, const struct encoder *e, const int rounding, uint32_t index) {
    const uint32x4_t lane = {0, 1, 2, 3};
    struct rounded r[4];
    UNROLL for (uint32_t i = 0; i < 4; i++) {
        r[i] = round_4(vld1q_f32(src + 4 * i), e, rounding, vaddq_u32(lane, vdupq_n_u32(index + 4 * i)));
    }
    uint8x16_t code = low_bytes(r[0].code, r[1].code, r[2].code, r[3].code);
    int8x16_t class_of = vreinterpretq_s8_u8(low_bytes(r[0].class_of, r[1].class_of, r[2].class_of, r[3].class_of));
    uint8x16_t top = high_bytes(r[0].bits, r[1].bits, r[2].bits, r[3].bits);

    uint8x16_t is_zero = vceqq_u8(vorrq_u8(code, vreinterpretq_u8_s8(class_of)), vdupq_n_u8(0));
    class_of = vbslq_s8(is_zero, vdupq_n_s8(-4), class_of);
    int8x16_t minus_sign = vshrq_n_s8(vreinterpretq_s8_u8(top), 7);
    uint8x16_t index8 = vreinterpretq_u8_s8(vsubq_s8(e->index_base, vaddq_s8(vaddq_s8(class_of, class_of), minus_sign)));
    return vqtbx1q_u8(vbslq_u8(e->sign_bit, top, code), e->result, index8);
}

static ALWAYS_INLINE void encode_run(const float *src, uint8_t *dst, size_t n, const struct encoder *e, const int rounding,
                                     uint32_t index) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) vst1q_u8(dst + i, encode_16(src + i, e, rounding, index + (uint32_t)i));
    if (i < n) {
        float x[16] = {0};
        uint8_t code[16];
        memcpy(x, src + i, (n - i) * sizeof *x);
        vst1q_u8(code, encode_16(x, e, rounding, index + (uint32_t)i));
        memcpy(dst + i, code, n - i);
    }
}

void ffp8_encode_neon(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *encoder, uint64_t index) {
    struct encoder e = encoder_of(encoder);
    switch (encoder->rounding) {
    case FFP8_ROUND_NEAREST_EVEN:
        if (addition_serves(encoder))
            encode_run(src, dst, n, &e, NEAREST_EVEN_BY_ADDITION, 0);
        else
            encode_run(src, dst, n, &e, FFP8_ROUND_NEAREST_EVEN, 0);
        break;
    case FFP8_ROUND_NEAREST_AWAY: encode_run(src, dst, n, &e, FFP8_ROUND_NEAREST_AWAY, 0); break;
    case FFP8_ROUND_TOWARD_ZERO: encode_run(src, dst, n, &e, FFP8_ROUND_TOWARD_ZERO, 0); break;
    case FFP8_ROUND_STOCHASTIC:
        while (n > 0) { /* runs of one key */
            uint64_t left = (UINT64_C(1) << 32) - (uint32_t)index;
            size_t run = n < left ? n : (size_t)left;
            e.key = ffp8_random_key(encoder->seed, index);
            encode_run(src, dst, run, &e, FFP8_ROUND_STOCHASTIC, (uint32_t)index);
            src += run;
            dst += run;
            n -= run;
            index += run;
        }
        break;
    }
}
