/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avx2.c - fused kernels by vpmaddwd + vpaddd and by vfmadd231ps. Formula, registers, order, bound, tails: fused_256.h.
 */
#include "fused_256.h"
#include "x86_dot.h"

void ffp8_fused_i16_avx2(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
void ffp8_fused_f32_avx2(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_F32); }
