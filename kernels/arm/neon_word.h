/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_word.h - the product of two 32-bit words in each lane, by class: what the dot, fused and direct kernels are made of
 *
 *   F32: fmla. BF16: bfdot, where the tier has it. I16 and, where the tier has it, F16: a multiplication for each half of a word, smlal or fmlal,
 *        whose second form takes the upper four of eight elements. By element of A they want the halves of B's words apart (struct halves).
 *   I8:  A's bytes are unsigned. sudot (I8MM) takes them so. Without it they become signed by flipping their top bits, which takes 128
 *        from each: sdot. Whatever offset A came with, the kernels subtract its image: (flipped a) - (flipped offset) = a - offset.
 */
#ifndef FFP8_NEON_WORD_H
#define FFP8_NEON_WORD_H

#include "../kernels.h"
#include "neon_util.h"

#if defined(__ARM_FEATURE_DOTPROD) && !defined(__ARM_FEATURE_MATMUL_INT8)
#define FLIP 0x80
#define I8_DOT "sdot"
#else
#define FLIP 0
#define I8_DOT "sudot"
#endif

/* acc += b . a[lane]. A lane is part of the instruction; `lane` is constant once a kernel is inlined. One-instruction asm because gcc 12 copies and
 * spills accumulators around the intrinsics, volatile because it would load ahead for several steps and run out of registers. */
#define ADD_DOT_LANE(instruction, of_b, of_a, lane) \
    __asm__ volatile(instruction " %0." of_b ", %2." of_a "[" #lane "]" : "+w"(acc) : "w"(b), "w"(a))
#define ADD_DOT(instruction, of_b, of_a)                      \
    switch (lane) {                                           \
    case 0: ADD_DOT_LANE(instruction, of_b, of_a, 0); break;  \
    case 1: ADD_DOT_LANE(instruction, of_b, of_a, 1); break;  \
    case 2: ADD_DOT_LANE(instruction, of_b, of_a, 2); break;  \
    default: ADD_DOT_LANE(instruction, of_b, of_a, 3); break; \
    }

/* acc + b . a[lane] in each lane. */
static ALWAYS_INLINE int32x4_t word_dot_lane(int32x4_t acc, int32x4_t b, int32x4_t a, const int lane, const ffp8_class c) {
    if (c == FFP8_CLASS_F32) ADD_DOT("fmla", "4s, %1.4s", "s")
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
    if (c == FFP8_CLASS_BF16) ADD_DOT("bfdot", "4s, %1.8h", "2h")
#endif
#ifdef __ARM_FEATURE_DOTPROD
    if (c == FFP8_CLASS_I8) ADD_DOT(I8_DOT, "4s, %1.16b", "4b")
#endif
    return acc;
}

/* Whether words are multiplied half by half. */
static ALWAYS_INLINE bool word_has_halves(const ffp8_class c) { return c == FFP8_CLASS_I16 || c == FFP8_CLASS_F16; }

#ifdef __ARM_FEATURE_FP16_FML
/* The element is of one of the first 16 registers. */
#define ADD_HALF_LANE(instruction, lane) __asm__ volatile(instruction " %0.4s, %1.4h, %2.h[" #lane "]" : "+w"(acc) : "w"(b), "x"(a))
#define ADD_HALF(instruction)                      \
    switch (lane) {                                \
    case 0: ADD_HALF_LANE(instruction, 0); break;  \
    case 1: ADD_HALF_LANE(instruction, 1); break;  \
    case 2: ADD_HALF_LANE(instruction, 2); break;  \
    case 3: ADD_HALF_LANE(instruction, 3); break;  \
    case 4: ADD_HALF_LANE(instruction, 4); break;  \
    case 5: ADD_HALF_LANE(instruction, 5); break;  \
    case 6: ADD_HALF_LANE(instruction, 6); break;  \
    default: ADD_HALF_LANE(instruction, 7); break; \
    }
#endif

/* acc + b's lower or upper four elements times a[lane]. */
static ALWAYS_INLINE int32x4_t halves_dot_lane(int32x4_t acc, int16x8_t b, const bool upper, int32x4_t a, const int lane,
                                               const ffp8_class c) {
#ifdef __ARM_FEATURE_FP16_FML
    if (c == FFP8_CLASS_F16) {
        if (upper)
            ADD_HALF("fmlal2")
        else
            ADD_HALF("fmlal")
        return acc;
    }
#endif
    (void)c;
    const int16_t x = vreinterpretq_s16_s32(a)[lane];
    return upper ? vmlal_high_n_s16(acc, b, x) : vmlal_n_s16(acc, vget_low_s16(b), x);
}

/* acc + b . a in each lane; of I16 and F16, whose words' halves fall to two lanes, in all lanes together. */
static ALWAYS_INLINE int32x4_t words_dot(int32x4_t acc, int32x4_t b, int32x4_t a, const ffp8_class c) {
    if (c == FFP8_CLASS_F32)
        return vreinterpretq_s32_f32(vfmaq_f32(vreinterpretq_f32_s32(acc), vreinterpretq_f32_s32(b), vreinterpretq_f32_s32(a)));
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
    if (c == FFP8_CLASS_BF16)
        return vreinterpretq_s32_f32(vbfdotq_f32(vreinterpretq_f32_s32(acc), vreinterpretq_bf16_s32(b), vreinterpretq_bf16_s32(a)));
#endif
#ifdef __ARM_FEATURE_MATMUL_INT8
    if (c == FFP8_CLASS_I8) return vusdotq_s32(acc, vreinterpretq_u8_s32(a), vreinterpretq_s8_s32(b));
#elif defined(__ARM_FEATURE_DOTPROD)
    if (c == FFP8_CLASS_I8) return vdotq_s32(acc, vreinterpretq_s8_s32(b), vreinterpretq_s8_s32(a));
#endif
#ifdef __ARM_FEATURE_FP16_FML
    if (c == FFP8_CLASS_F16) {
        const float16x8_t f = vreinterpretq_f16_s32(a), g = vreinterpretq_f16_s32(b);
        return vreinterpretq_s32_f32(vfmlalq_high_f16(vfmlalq_low_f16(vreinterpretq_f32_s32(acc), f, g), f, g));
    }
#endif
    const int16x8_t x = vreinterpretq_s16_s32(a), y = vreinterpretq_s16_s32(b);
    return vmlal_high_s16(vmlal_s16(acc, vget_low_s16(x), vget_low_s16(y)), x, y);
}

/* Words of A as the dot takes them. */
static ALWAYS_INLINE int32x4_t word_of_a(int32x4_t a, const ffp8_class c) {
    return c == FFP8_CLASS_I8 && FLIP != 0 ? veorq_s32(a, vreinterpretq_s32_u8(vdupq_n_u8(FLIP))) : a;
}

/* I8, B expanded: what a column's sum starts from. `head` is -128 times the sum of its elements: times the offset that is left / -128. */
static ALWAYS_INLINE int32x4_t word_head(int32x4_t head, uint8_t a_offset) {
    if ((a_offset ^ FLIP) == 0) return vdupq_n_s32(0);
    return FLIP != 0 ? vnegq_s32(head) : head;
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
