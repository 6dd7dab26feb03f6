/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_neon.c - arrays of 16-bit floats to FP32 and back, 8 at a time, times powers of two, and the largest magnitude of an array
 *
 * Half precision: the conversion instructions, which quiet a NaN as kernel_util.h does.
 * BF16: integer arithmetic; adding and keeping the high half is one instruction.
 * Powers of two are added to the exponents of what has a magnitude from 1 to below Inf, as bits.
 * Largest magnitude: of the bits, which order as the magnitudes do, NaN above all.
 * Bound: loads and stores. Tails: one by one.
 */
#include "arm_neon_kernels.h"
#include "neon_util.h"

void ffp8_widen_bf16_neon(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint16x8_t h = vld1q_u16(src + i);
        uint16x8_t is_nan = vcgtq_u16(vbicq_u16(h, vdupq_n_u16(0x8000)), vdupq_n_u16(0x7F80));
        h = vorrq_u16(h, vandq_u16(is_nan, vdupq_n_u16(0x40)));
        vst1q_f32(dst + i, vreinterpretq_f32_u32(vshll_n_u16(vget_low_u16(h), 16)));
        vst1q_f32(dst + i + 4, vreinterpretq_f32_u32(vshll_high_n_u16(h, 16)));
    }
    for (; i < n; i++) dst[i] = ffp8_f32_from_bf16(src[i]);
}

void ffp8_widen_f16_neon(const uint16_t *src, float *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        float16x8_t h = vreinterpretq_f16_u16(vld1q_u16(src + i));
        vst1q_f32(dst + i, vcvt_f32_f16(vget_low_f16(h)));
        vst1q_f32(dst + i + 4, vcvt_high_f32_f16(h));
    }
    for (; i < n; i++) dst[i] = ffp8_f32_from_f16(src[i]);
}

static ALWAYS_INLINE uint16x4_t narrow_bf16(float32x4_t x) {
    uint32x4_t u = vreinterpretq_u32_f32(x), odd = vandq_u32(vshrq_n_u32(u, 16), vdupq_n_u32(1));
    uint16x4_t rounded = vaddhn_u32(u, vaddq_u32(odd, vdupq_n_u32(0x7FFF)));
    uint16x4_t quiet = vorr_u16(vshrn_n_u32(u, 16), vdup_n_u16(0x40));
    return vbsl_u16(vmovn_u32(vceqq_f32(x, x)), rounded, quiet);
}

void ffp8_narrow_bf16_neon(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) vst1q_u16(dst + i, vcombine_u16(narrow_bf16(vld1q_f32(src + i)), narrow_bf16(vld1q_f32(src + i + 4))));
    for (; i < n; i++) dst[i] = ffp8_bf16_from_f32(src[i]);
}

void ffp8_narrow_f16_neon(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        float16x4_t low = vcvt_f16_f32(vld1q_f32(src + i));
        vst1q_u16(dst + i, vreinterpretq_u16_f16(vcvt_high_f16_f32(low, vld1q_f32(src + i + 4))));
    }
    for (; i < n; i++) dst[i] = ffp8_f16_from_f32(src[i]);
}

static ALWAYS_INLINE uint32x4_t magnitude_4(const float *x) {
    return vbicq_u32(vreinterpretq_u32_f32(vld1q_f32(x)), vdupq_n_u32(0x80000000u));
}

void ffp8_rescale16_neon(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    const uint16x8_t one = vdupq_n_u16(1), normal = vdupq_n_u16(0x7F7F);
    uint16_t *x = elements;
    for (size_t count; n > 0; n -= count, x += count) {
        const int exponent = *e8m0++ - 127 + shift;
        const uint16x8_t step = vdupq_n_u16((uint16_t)(exponent * 0x80));
        size_t i = 0;
        count = ffp8_min_size(n, block);
        for (; i + 8 <= count; i += 8) {
            const uint16x8_t y = vld1q_u16(x + i), magnitude = vbicq_u16(y, vdupq_n_u16(0x8000));
            vst1q_u16(x + i, vaddq_u16(y, vandq_u16(vcltq_u16(vsubq_u16(magnitude, one), normal), step)));
        }
        for (; i < count; i++) x[i] = ffp8_bf16_rescaled(x[i], exponent);
    }
}

void ffp8_rescale32_neon(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    const uint32x4_t one = vdupq_n_u32(1), normal = vdupq_n_u32(0x7F7FFFFF);
    uint32_t *x = elements;
    for (size_t count; n > 0; n -= count, x += count) {
        const int exponent = *e8m0++ - 127 + shift;
        const uint32x4_t step = vdupq_n_u32((uint32_t)exponent << 23);
        size_t i = 0;
        count = ffp8_min_size(n, block);
        for (; i + 4 <= count; i += 4) {
            const uint32x4_t y = vld1q_u32(x + i), magnitude = vbicq_u32(y, vdupq_n_u32(0x80000000));
            vst1q_u32(x + i, vaddq_u32(y, vandq_u32(vcltq_u32(vsubq_u32(magnitude, one), normal), step)));
        }
        for (; i < count; i++) x[i] = ffp8_f32_rescaled(x[i], exponent);
    }
}

float ffp8_amax_neon(const float *x, size_t n) {
    uint32x4_t max[4] = {{0}, {0}, {0}, {0}};
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        UNROLL for (size_t j = 0; j < 4; j++) max[j] = vmaxq_u32(max[j], magnitude_4(x + i + 4 * j));
    }
    for (; i + 4 <= n; i += 4) max[0] = vmaxq_u32(max[0], magnitude_4(x + i));
    uint32_t largest = vmaxvq_u32(vmaxq_u32(vmaxq_u32(max[0], max[1]), vmaxq_u32(max[2], max[3])));
    for (; i < n; i++) {
        uint32_t magnitude = ffp8_bits(x[i]) & 0x7FFFFFFFu;
        if (magnitude > largest) largest = magnitude;
    }
    return largest > 0x7F800000u ? NAN : ffp8_float(largest);
}
