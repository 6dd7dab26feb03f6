/* SPDX-License-Identifier: Apache-2.0
 *
 * split_neon.h - I16 by the instructions that multiply bytes: what mmla_neon.h needs of it
 *
 * An element is low + 256 high, low from -128 to 127, high from -16 to 16 (FFP8_I16_LIMIT), so that
 *     a . b = low.low + 256 (low.high + high.low) + 65536 high.high
 * is four smmla (I8MM), or eight sdot, for what takes eight smlal at half the rate. Both operands are split beforehand: B in its panel
 * (FFP8_PANEL_SPLIT), A when it is gathered. The unit of A is two rows; for sdot one row twice, the halves of which meet two columns.
 * Registers: 2 x 4 blocks (2 units, 8 columns) of three sums each, 4 of A, 2 of B.
 * Bound: the multipliers, at 32 of their instructions for 12 loads. Independent chains: 24.
 */
#ifndef FFP8_SPLIT_NEON_H
#define FFP8_SPLIT_NEON_H

#include "arm_neon_kernels.h"
#include "neon_finish.h"

#ifdef __ARM_FEATURE_MATMUL_INT8
#define MULTIPLY_BYTES "smmla"
enum { UNIT_ROWS = 2 };
#else
#define MULTIPLY_BYTES "sdot"
enum { UNIT_ROWS = 1 };
#endif
enum { SPLIT_WORDS = 4 }; /* 8 elements */

/* A unit of A, or two columns of B. */
struct split {
    int8x16_t low, high;
};

static ALWAYS_INLINE struct split split_elements(int16x8_t first, int16x8_t second) {
    return (struct split){vcombine_s8(vmovn_s16(first), vmovn_s16(second)), vcombine_s8(vrshrn_n_s16(first, 8), vrshrn_n_s16(second, 8))};
}

/* Steps [begin, words) of the columns `column` and `column` + 1, fewer than SPLIT_WORDS, as they lie in plain steps. */
static ALWAYS_INLINE struct split split_last(const int32_t *steps, size_t words) {
    int32_t column[2][SPLIT_WORDS] = {{0}, {0}};
    for (size_t w = 0; w < words; w++) {
        column[0][w] = steps[w * FFP8_NR];
        column[1][w] = steps[w * FFP8_NR + 1];
    }
    return split_elements(vreinterpretq_s16_s32(vld1q_s32(column[0])), vreinterpretq_s16_s32(vld1q_s32(column[1])));
}

/* The same four sums of several blocks at once, so that no sum waits for its own. */
static ALWAYS_INLINE void multiply_split(int32x4_t acc[3][2][4], const struct split *a, struct split b, const size_t P, const size_t q) {
#define MULTIPLY(sum, x, y) __asm__ volatile(MULTIPLY_BYTES " %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(x), "w"(y))
    UNROLL for (size_t p = 0; p < P; p++) MULTIPLY(acc[1][p][q], a[p].low, b.high);
    UNROLL for (size_t p = 0; p < P; p++) MULTIPLY(acc[0][p][q], a[p].low, b.low);
    UNROLL for (size_t p = 0; p < P; p++) MULTIPLY(acc[2][p][q], a[p].high, b.high);
    UNROLL for (size_t p = 0; p < P; p++) MULTIPLY(acc[1][p][q], a[p].high, b.low);
#undef MULTIPLY
}

/* Adds to four sums of 16 bits and what is above them. Of up to 1024 terms `low` is below 2^24, `middle` below 2^23. */
static ALWAYS_INLINE void add_split(int32_t *sum, int32_t *upper, int32x4_t low, int32x4_t middle, int32x4_t high) {
    low = vaddq_s32(low, vld1q_s32(sum));
    low = vaddq_s32(low, vshlq_n_s32(vandq_s32(middle, vdupq_n_s32(0xFF)), 8));
    high = vaddq_s32(vsraq_n_s32(high, middle, 8), vld1q_s32(upper));
    vst1q_s32(upper, vsraq_n_s32(high, low, 16));
    vst1q_s32(sum, vandq_s32(low, vdupq_n_s32(0xFFFF)));
}

#endif
