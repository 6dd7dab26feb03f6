/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_avx512bf16.c - direct kernels by vpermi2b and the dot instructions. Formula, registers, order, bound, tails: direct_512.h.
 */
#include "direct_512.h"
#include "x86_dot.h"

void ffp8_direct_i8_avx512bf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I8); }
void ffp8_direct_i16_avx512bf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
void ffp8_direct_bf16_avx512bf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_BF16); }
void ffp8_direct_f32_avx512bf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_F32); }
