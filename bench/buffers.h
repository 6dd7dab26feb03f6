/* SPDX-License-Identifier: Apache-2.0
 *
 * buffers.h - operands for benchmarks: aligned memory and reproducible contents
 */
#ifndef FFP8_BENCH_BUFFERS_H
#define FFP8_BENCH_BUFFERS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ffp8/ffp8.h"

static inline void *bench_alloc(size_t bytes) { return aligned_alloc(64, (bytes + 64) / 64 * 64); }

/* xorshift32 from a fixed seed: the same operands in every run. */
static inline uint32_t bench_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static inline void bench_fill_bytes(uint8_t *x, size_t n, uint32_t seed) {
    uint32_t state = seed * 2654435761u | 1u;
    for (size_t i = 0; i < n; i++) x[i] = (uint8_t)(bench_random(&state) >> 24);
}

/* Evenly in -1..1. */
static inline void bench_fill_floats(float *x, size_t n, uint32_t seed) {
    uint32_t state = seed * 2654435761u | 1u;
    for (size_t i = 0; i < n; i++) x[i] = (float)(int32_t)bench_random(&state) * 0x1p-31f;
}

/* The upper halves: BF16. */
static inline void bench_fill_bf16(uint16_t *x, size_t n, uint32_t seed) {
    uint32_t state = seed * 2654435761u | 1u;
    for (size_t i = 0; i < n; i++) {
        float value = (float)(int32_t)bench_random(&state) * 0x1p-31f;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        x[i] = (uint16_t)(bits >> 16);
    }
}

#endif
