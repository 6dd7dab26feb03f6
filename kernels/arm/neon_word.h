/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_word.h - the product of two 32-bit words in each lane, by class: what the dot and fused kernels are made of
 *
 *   F32: fmla. BF16: bfdot, where the tier has it. I16 is not here: it takes two smlal, which want a word's halves apart.
 *   I8:  A's bytes are unsigned. sudot (I8MM) takes them so. Without it they become signed by flipping their top bits, which takes 128
 *        from each: sdot. Whatever offset A came with, the kernels subtract its image: (flipped a) - (flipped offset) = a - offset.
 */
#ifndef FFP8_NEON_WORD_H
#define FFP8_NEON_WORD_H

#include "../kernels.h"
#include "neon_util.h"

#ifdef __ARM_FEATURE_MATMUL_INT8
enum { FLIP = 0 };
#define I8_DOT_LANE(acc, b, a, lane) vsudotq_laneq_s32(acc, vreinterpretq_s8_s32(b), vreinterpretq_u8_s32(a), lane)
#elif defined(__ARM_FEATURE_DOTPROD)
enum { FLIP = 0x80 };
#define I8_DOT_LANE(acc, b, a, lane) vdotq_laneq_s32(acc, vreinterpretq_s8_s32(b), vreinterpretq_s8_s32(a), lane)
#else
enum { FLIP = 0 };
#endif
#define BF16_DOT_LANE(acc, b, a, lane) \
    vreinterpretq_s32_f32(vbfdotq_laneq_f32(vreinterpretq_f32_s32(acc), vreinterpretq_bf16_s32(b), vreinterpretq_bf16_s32(a), lane))
#define F32_DOT_LANE(acc, b, a, lane) \
    vreinterpretq_s32_f32(vfmaq_laneq_f32(vreinterpretq_f32_s32(acc), vreinterpretq_f32_s32(b), vreinterpretq_f32_s32(a), lane))
/* A lane is part of the instruction; `lane` is constant once the kernel is inlined. */
#define OF_LANE(dot) (lane == 0 ? dot(acc, b, a, 0) : lane == 1 ? dot(acc, b, a, 1) : lane == 2 ? dot(acc, b, a, 2) : dot(acc, b, a, 3))

/* acc + b . a[lane] in each lane. */
static ALWAYS_INLINE int32x4_t word_dot_lane(int32x4_t acc, int32x4_t b, int32x4_t a, const int lane, const ffp8_class c) {
    if (c == FFP8_CLASS_F32) return OF_LANE(F32_DOT_LANE);
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
    if (c == FFP8_CLASS_BF16) return OF_LANE(BF16_DOT_LANE);
#endif
#ifdef __ARM_FEATURE_DOTPROD
    if (c == FFP8_CLASS_I8) return OF_LANE(I8_DOT_LANE);
#endif
    return acc;
}

/* Words of A as the dot takes them. */
static ALWAYS_INLINE int32x4_t word_of_a(int32x4_t a, const ffp8_class c) {
    return c == FFP8_CLASS_I8 && FLIP ? veorq_s32(a, vreinterpretq_s32_u8(vdupq_n_u8(FLIP))) : a;
}

/* I8, B expanded: what a column's sum starts from. `head` is -128 times the sum of its elements: times the offset that is left / -128. */
static ALWAYS_INLINE int32x4_t word_head(int32x4_t head, uint8_t a_offset) {
    if ((a_offset ^ FLIP) == 0) return vdupq_n_s32(0);
    return FLIP ? vnegq_s32(head) : head;
}

/* One word in all lanes. */
static ALWAYS_INLINE int32x4_t load_word(const uint8_t *p) {
    int32_t x;
    memcpy(&x, p, sizeof x);
    return vdupq_n_s32(x);
}

/* Two words in the lanes 0 and 1. */
static ALWAYS_INLINE int32x4_t load_two_words(const uint8_t *p) {
    int64_t x;
    memcpy(&x, p, sizeof x);
    return vreinterpretq_s32_s64(vdupq_n_s64(x));
}

#endif
