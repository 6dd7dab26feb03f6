/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_avx2.c - dot kernels by vpmaddwd + vpaddd and by vfmadd231ps. Formula, registers, order, bound, tails: dot_256.h.
 */
#include "dot_256.h"
#include "x86_dot.h"

void ffp8_dot_i16_avx2(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I16); }
void ffp8_dot_f32_avx2(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_F32); }
