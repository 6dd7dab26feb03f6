/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel_util.h - scalar helpers shared by C kernels and by the code that prepares their arguments
 */
#ifndef FFP8_KERNEL_UTIL_H
#define FFP8_KERNEL_UTIL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t ffp8_bits(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline float ffp8_float(uint32_t u) {
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^(code - 127); NaN for 255. */
static inline float ffp8_f32_from_e8m0(uint8_t code) {
    return ffp8_float(code == 255 ? 0x7FC00000u : code == 0 ? 0x00400000u : (uint32_t)code << 23);
}

/* Chris Wellons' "lowbias32": a bijection of 32-bit words with near-ideal avalanche (bias 0.17). */
static inline uint32_t ffp8_mix32(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

/* Stochastic rounding: the key of all elements whose index has the same upper half ... */
static inline uint32_t ffp8_random_key(uint64_t seed, uint64_t index) {
    return ffp8_mix32((uint32_t)seed ^ ffp8_mix32((uint32_t)(seed >> 32) ^ ffp8_mix32((uint32_t)(index >> 32))));
}

/* ... and the element's 32 random bits. */
static inline uint32_t ffp8_random32(uint32_t key, uint32_t index_low) { return ffp8_mix32(index_low ^ key); }

static inline uint16_t ffp8_bf16_from_f32(float x) {
    uint32_t u = ffp8_bits(x);
    if ((u & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(u >> 16 | 0x40u);
    return (uint16_t)((u + 0x7FFFu + (u >> 16 & 1u)) >> 16);
}

static inline float ffp8_f32_from_bf16(uint16_t h) { return ffp8_float((uint32_t)h << 16 | ((h & 0x7FFFu) > 0x7F80u ? 0x400000u : 0u)); }

static inline uint16_t ffp8_f16_from_f32(float x) {
    uint32_t u = ffp8_bits(x), sign = u >> 16 & 0x8000u, mag = u & 0x7FFFFFFFu;
    if (mag > 0x7F800000u) return (uint16_t)(sign | 0x7E00u | (mag >> 13 & 0x3FFu));
    if (mag >= 0x477FF000u) return (uint16_t)(sign | 0x7C00u); /* 65520 and up round to Inf */
    if (mag < 0x38800000u)                                     /* below 2^-14: adding 2^-1 puts the last bit at 2^-24 */
        return (uint16_t)(sign | (ffp8_bits(ffp8_float(mag) + 0.5f) - 0x3F000000u));
    return (uint16_t)(sign | ((mag - 0x38000000u + 0xFFFu + (mag >> 13 & 1u)) >> 13));
}

static inline float ffp8_f32_from_f16(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000u) << 16, mag = h & 0x7FFFu;
    if (mag > 0x7C00u) return ffp8_float(sign | 0x7FC00000u | mag << 13);
    if (mag == 0x7C00u) return ffp8_float(sign | 0x7F800000u);
    if (mag < 0x400u) return ffp8_float(sign | ffp8_bits((float)mag * 0x1p-24f));
    return ffp8_float(sign | ((mag << 13) + 0x38000000u));
}

/* Times 2^exponent, which keeps it in the normal range; zeros, Inf and NaN stay. */
static inline uint16_t ffp8_bf16_rescaled(uint16_t h, int exponent) {
    const uint16_t magnitude = h & 0x7FFFu;
    return magnitude == 0 || magnitude >= 0x7F80u ? h : (uint16_t)(h + exponent * 0x80);
}

static inline uint32_t ffp8_f32_rescaled(uint32_t u, int exponent) {
    const uint32_t magnitude = u & 0x7FFFFFFFu;
    return magnitude == 0 || magnitude >= 0x7F800000u ? u : u + (uint32_t)exponent * 0x800000u;
}

static inline size_t ffp8_min_size(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ffp8_ceil_div(size_t a, size_t b) { return a / b + (a % b != 0); }

#endif
