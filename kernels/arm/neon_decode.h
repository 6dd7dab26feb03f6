/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_decode.h - 16 codes to elements, in registers: what decode, expand and fused kernels share
 *
 * HALF: with the code in the high byte of a 16-bit lane, an arithmetic shift right puts its magnitude where half precision has it; the mask
 * drops the sign's copies and whatever the low byte held, so that of a pair (k, k + 1) the odd element needs no unpacking and the even one
 * a shift by 8. F16 elements are these halves themselves. Codes at special_lo and above, and 0x80 where it is NaN, are rare: one test a block
 * sends it to the table.
 * NIBBLE: step * (offset + low nibble) = step * (offset + low - 128) + (step << 7): step and the sum less 128 are signed bytes. I8 is the
 * low byte of the product alone.
 * TABLE: I16, F32: elements are loaded lane by lane. I8, BF16: by TBL, 64 entries each, of one plane of 256 bytes, or of two of 128 where
 * the sign is the code's; more TBLs, for more planes, would be slower than loads.
 */
#ifndef FFP8_NEON_DECODE_H
#define FFP8_NEON_DECODE_H

#include "../kernels.h"
#include "neon_util.h"

/* How a lut's elements are found; constant in each kernel's loop. BY_MIRRORED_TABLE: BF16 only. BY_SAME: I8 only,
 * codes are elements. */
enum decoding { BY_TABLE, BY_MIRRORED_TABLE, BY_SAME, BY_NIBBLE, BY_HALF, BY_HALF_WITH_SPECIALS };

struct decoder {
    const struct ffp8_lut *lut;
    uint8x16_t offset; /* NIBBLE: less 128 */
    int8x16_t step;
    int16x8_t half_shift, half_mask;
    uint8x16_t magnitude_mask, last_normal, not_minus_zero;
};

static inline struct decoder decoder_of(const struct ffp8_lut *lut) {
    struct decoder d = {
        .lut = lut,
        .offset = vsubq_u8(vld1q_u8(lut->offset), vdupq_n_u8(128)),
        .step = vld1q_s8(lut->step),
        .half_shift = vdupq_n_s16((int16_t)(lut->half_shift - 8)),
        .half_mask = vreinterpretq_s16_u16(vdupq_n_u16((uint16_t)(lut->sign_mask << 8 | lut->magnitude_mask << lut->half_shift))),
        .magnitude_mask = vdupq_n_u8(lut->magnitude_mask),
        .last_normal = vdupq_n_u8((uint8_t)(lut->special_lo - 1)),
        .not_minus_zero = vdupq_n_u8(lut->special_minus_zero ? 0 : 1), /* set in all codes, it keeps them from being 0x80 */
    };
    return d;
}

static ALWAYS_INLINE enum decoding decoding_of(const struct ffp8_lut *lut, const ffp8_class c) {
    if (c == FFP8_CLASS_I8 && lut->same) return BY_SAME;
    if (c <= FFP8_CLASS_I16) return lut->kind == FFP8_LUT_NIBBLE ? BY_NIBBLE : BY_TABLE;
    if (c == FFP8_CLASS_BF16) return lut->mirrored ? BY_MIRRORED_TABLE : BY_TABLE;
    if (lut->kind != FFP8_LUT_HALF) return BY_TABLE;
    return lut->special_lo < 256 || lut->special_minus_zero ? BY_HALF_WITH_SPECIALS : BY_HALF;
}

/* 16 codes to I16 in their order. */
static ALWAYS_INLINE int16x8x2_t decode_nibbles(uint8x16_t c, const struct decoder *d) {
    uint8x16_t row = vshrq_n_u8(c, 4), low = vandq_u8(c, vdupq_n_u8(15));
    int8x16_t step = vqtbl1q_s8(d->step, row), sum = vreinterpretq_s8_u8(vaddq_u8(vqtbl1q_u8(d->offset, row), low));
    return (int16x8x2_t){{vmlal_s8(vshll_n_s8(vget_low_s8(step), 7), vget_low_s8(step), vget_low_s8(sum)),
                          vmlal_high_s8(vshll_high_n_s8(step, 7), step, sum)}};
}

/* plane[c], c below `entries`. An index beyond TBL's 64 entries gives 0. */
static ALWAYS_INLINE uint8x16_t look_up(const uint8_t *plane, uint8x16_t c, const unsigned entries) {
    uint8x16_t y = vqtbl4q_u8(vld1q_u8_x4(plane), c);
    UNROLL for (unsigned i = 64; i < entries; i += 64) {
        y = vorrq_u8(y, vqtbl4q_u8(vld1q_u8_x4(plane + i), veorq_u8(c, vdupq_n_u8((uint8_t)i))));
    }
    return y;
}

/* 16 codes to I8 in their order. */
static ALWAYS_INLINE uint8x16_t decode_bytes(uint8x16_t c, const struct decoder *d, const enum decoding how) {
    if (how == BY_SAME) return c;
    if (how == BY_TABLE) return look_up(d->lut->plane[0], c, 256);
    uint8x16_t row = vshrq_n_u8(c, 4), low = vandq_u8(c, vdupq_n_u8(15)), offset = vaddq_u8(d->offset, vdupq_n_u8(128));
    return vmulq_u8(vqtbl1q_u8(vreinterpretq_u8_s8(d->step), row), vaddq_u8(vqtbl1q_u8(offset, row), low));
}

/* 16 codes to 16-bit elements in their order, by the planes of their bytes. */
static ALWAYS_INLINE uint8x16x2_t decode_by_planes(uint8x16_t c, const struct ffp8_lut *lut, const enum decoding how) {
    const bool mirrored = how == BY_MIRRORED_TABLE;
    const uint8x16_t index = mirrored ? vandq_u8(c, vdupq_n_u8(0x7F)) : c;
    uint8x16_t low = look_up(lut->plane[0], index, mirrored ? 128 : 256), high = look_up(lut->plane[1], index, mirrored ? 128 : 256);
    if (mirrored) high = vbslq_u8(vdupq_n_u8(0x80), c, high);
    return (uint8x16x2_t){{vzip1q_u8(low, high), vzip2q_u8(low, high)}};
}

static ALWAYS_INLINE bool any_special(uint8x16_t c, const struct decoder *d) {
    uint8x16_t beyond = vcgtq_u8(vandq_u8(c, d->magnitude_mask), d->last_normal);
    uint8x16_t minus_zero = vceqq_u8(vorrq_u8(c, d->not_minus_zero), vdupq_n_u8(0x80));
    return vmaxvq_u8(vorrq_u8(beyond, minus_zero)) != 0;
}

/* 8 codes in the high bytes of x to FP16. */
static ALWAYS_INLINE int16x8_t halves_of_codes(int16x8_t x, const struct decoder *d) {
    return vandq_s16(vshlq_s16(x, d->half_shift), d->half_mask);
}

/* The same to FP32. */
static ALWAYS_INLINE float32x4x2_t decode_halves(int16x8_t x, const struct decoder *d) {
    float16x8_t h = vreinterpretq_f16_s16(halves_of_codes(x, d));
    return (float32x4x2_t){{vcvt_f32_f16(vget_low_f16(h)), vcvt_high_f32_f16(h)}};
}

/* Codes p[0], p[2], p[4], p[6] to FP32. */
static ALWAYS_INLINE float32x4_t load_elements_f32(const uint8_t *p, const uint32_t *element) {
    uint32x4_t y = vld1q_dup_u32(element + p[0]);
    y = vld1q_lane_u32(element + p[2], y, 1);
    y = vld1q_lane_u32(element + p[4], y, 2);
    return vreinterpretq_f32_u32(vld1q_lane_u32(element + p[6], y, 3));
}

/* 8 codes to I16. */
static ALWAYS_INLINE int16x8_t load_elements_s16(const uint8_t *p, const uint32_t *element) {
    int16x8_t y = vdupq_n_s16((int16_t)element[p[0]]);
    UNROLL for (size_t i = 1; i < 8; i++) y[i] = (int16_t)element[p[i]];
    return y;
}

/* A 16-byte group of packed lines as words: in each step, 4 columns of the lower and 4 of the upper half of the panel. */
struct group {
    int32x4_t step[2][2]; /* the second one: F32 only, whose lines are two steps */
};

static ALWAYS_INLINE void decode_group_f32(const uint8_t *group, const struct decoder *d, const enum decoding how, struct group *y) {
    const uint8x16_t c = vld1q_u8(group);
    const int16x8_t pairs = vreinterpretq_s16_u8(c);
    float32x4x2_t x[2];
    if (how == BY_TABLE || (how == BY_HALF_WITH_SPECIALS && any_special(c, d))) {
        UNROLL for (size_t k = 0; k < 2; k++) {
            UNROLL for (size_t half = 0; half < 2; half++) x[k].val[half] = load_elements_f32(group + k + 8 * half, d->lut->element);
        }
    } else {
        x[0] = decode_halves(vshlq_n_s16(pairs, 8), d);
        x[1] = decode_halves(pairs, d);
    }
    UNROLL for (size_t k = 0; k < 2; k++) {
        UNROLL for (size_t half = 0; half < 2; half++) y->step[k][half] = vreinterpretq_s32_f32(x[k].val[half]);
    }
}

static ALWAYS_INLINE struct group decode_group(const uint8_t *group, const struct decoder *d, const ffp8_class c, const enum decoding how) {
    struct group y = {{{{0}}}};
    if (c == FFP8_CLASS_F32) {
        decode_group_f32(group, d, how, &y);
    } else if (c == FFP8_CLASS_BF16) {
        uint8x16x2_t x = decode_by_planes(vld1q_u8(group), d->lut, how);
        UNROLL for (size_t half = 0; half < 2; half++) y.step[0][half] = vreinterpretq_s32_u8(x.val[half]);
    } else if (c == FFP8_CLASS_I16 || c == FFP8_CLASS_F16) {
        const uint8x16_t codes = vld1q_u8(group), zero = vdupq_n_u8(0);
        int16x8x2_t x;
        if (how == BY_TABLE || (how == BY_HALF_WITH_SPECIALS && any_special(codes, d))) {
            UNROLL for (size_t half = 0; half < 2; half++) x.val[half] = load_elements_s16(group + 8 * half, d->lut->element);
        } else if (c == FFP8_CLASS_F16) {
            x.val[0] = halves_of_codes(vreinterpretq_s16_u8(vzip1q_u8(zero, codes)), d);
            x.val[1] = halves_of_codes(vreinterpretq_s16_u8(vzip2q_u8(zero, codes)), d);
        } else {
            x = decode_nibbles(codes, d);
        }
        UNROLL for (size_t half = 0; half < 2; half++) y.step[0][half] = vreinterpretq_s32_s16(x.val[half]);
    } else {
        uint16x8_t first = vreinterpretq_u16_u8(decode_bytes(vld1q_u8(group), d, how));
        uint16x8_t second = vreinterpretq_u16_u8(decode_bytes(vld1q_u8(group + FFP8_LINE_BYTES), d, how));
        y.step[0][0] = vreinterpretq_s32_u16(vzip1q_u16(first, second));
        y.step[0][1] = vreinterpretq_s32_u16(vzip2q_u16(first, second));
    }
    return y;
}

/* A group of I16 or F16 by its elements, k and k + 1 of the same 8 columns. */
static ALWAYS_INLINE struct halves decode_group_halves(const uint8_t *group, const struct decoder *d, const ffp8_class c,
                                                       const enum decoding how) {
    const uint8x16_t codes = vld1q_u8(group);
    if (how == BY_HALF || (how == BY_HALF_WITH_SPECIALS && !any_special(codes, d))) {
        const int16x8_t pairs = vreinterpretq_s16_u8(codes);
        return (struct halves){{halves_of_codes(vshlq_n_s16(pairs, 8), d), halves_of_codes(pairs, d)}};
    }
    const struct group y = decode_group(group, d, c, how);
    return halves_of(y.step[0][0], y.step[0][1]);
}

/* Bytes of the lines whose groups decode_group takes. */
static ALWAYS_INLINE size_t lines_bytes(const ffp8_class c) { return c == FFP8_CLASS_I8 ? 2 * FFP8_LINE_BYTES : FFP8_LINE_BYTES; }

#endif
