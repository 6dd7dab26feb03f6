/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_util.h - what the NEON kernels ask of the compiler
 *
 * A tile is one always-inline function with constant sizes. Its accumulators stay in registers only if every loop over them is unrolled
 * completely, which neither compiler does on its own at these sizes.
 */
#ifndef FFP8_NEON_UTIL_H
#define FFP8_NEON_UTIL_H

#include <arm_neon.h>

#include "../kernel_util.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* 16 bytes at any address, as one register. gcc would turn a load whose lanes are then used one by one into scalar loads, too many to stay
 * in registers: the empty statement hides from it where the register came from. */
static ALWAYS_INLINE uint8x16_t load_lanes(const uint8_t *p) {
    uint8x16_t x = vld1q_u8(p);
    __asm__("" : "+w"(x));
    return x;
}

/* The halves of 8 words: elements k and k + 1 of 8 columns. */
struct halves {
    int16x8_t of[2];
};
static ALWAYS_INLINE struct halves halves_of(int32x4_t lower, int32x4_t upper) {
    const int16x8_t x = vreinterpretq_s16_s32(lower), y = vreinterpretq_s16_s32(upper);
    return (struct halves){{vuzp1q_s16(x, y), vuzp2q_s16(x, y)}};
}

#endif
