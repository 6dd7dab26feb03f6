/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_generic.c - arrays of 16-bit floats to FP32 and back, times powers of two, and the largest magnitude of an array
 */
#include "../kernel_util.h"
#include "generic.h"

void ffp8_widen_bf16_generic(const uint16_t *src, float *dst, size_t n) {
    for (size_t i = 0; i < n; i++) dst[i] = ffp8_f32_from_bf16(src[i]);
}

void ffp8_widen_f16_generic(const uint16_t *src, float *dst, size_t n) {
    for (size_t i = 0; i < n; i++) dst[i] = ffp8_f32_from_f16(src[i]);
}

void ffp8_narrow_bf16_generic(const float *src, uint16_t *dst, size_t n) {
    for (size_t i = 0; i < n; i++) dst[i] = ffp8_bf16_from_f32(src[i]);
}

void ffp8_narrow_f16_generic(const float *src, uint16_t *dst, size_t n) {
    for (size_t i = 0; i < n; i++) dst[i] = ffp8_f16_from_f32(src[i]);
}

void ffp8_rescale16_generic(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    uint16_t *x = elements;
    for (size_t i = 0; i < n; i++) x[i] = ffp8_bf16_rescaled(x[i], e8m0[i / block] - 127 + shift);
}

void ffp8_rescale32_generic(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift) {
    uint32_t *x = elements;
    for (size_t i = 0; i < n; i++) x[i] = ffp8_f32_rescaled(x[i], e8m0[i / block] - 127 + shift);
}

/* Magnitudes order as their bits do, NaN above all. */
float ffp8_amax_generic(const float *x, size_t n) {
    uint32_t max = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t magnitude = ffp8_bits(x[i]) & 0x7FFFFFFFu;
        if (magnitude > max) max = magnitude;
    }
    return max > 0x7F800000u ? NAN : ffp8_float(max);
}
