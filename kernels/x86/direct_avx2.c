/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_avx2.c - direct kernels by vpmaddwd + vpaddd and by vfmadd231ps. Formula, registers, order, bound, tails: direct_256.h.
 */
#include "direct_256.h"
#include "x86_dot.h"

void ffp8_direct_i16_avx2(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
void ffp8_direct_f32_avx2(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_F32); }
