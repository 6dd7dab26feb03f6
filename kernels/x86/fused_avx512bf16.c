/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avx512bf16.c - fused kernels by vpermi2b and the dot instructions. Formula, registers, order, bound, tails: fused_512.h.
 */
#include "fused_512.h"
#include "x86_dot.h"

void ffp8_fused_i8_avx512bf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I8); }
void ffp8_fused_i16_avx512bf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
void ffp8_fused_bf16_avx512bf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_BF16); }
void ffp8_fused_f32_avx512bf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_F32); }
