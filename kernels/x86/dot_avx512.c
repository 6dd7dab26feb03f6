/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_avx512.c - dot kernels by vpmaddwd + vpaddd and by vfmadd. Formula, registers, order, bound, tails: dot_512.h.
 */
#include "dot_512.h"
#include "x86_dot.h"

static NO_INLINE void others_i16(const struct ffp8_dot *d) { dot_others(d, FFP8_CLASS_I16); }
void ffp8_dot_i16_avx512(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I16, others_i16); }
static NO_INLINE void others_f32(const struct ffp8_dot *d) { dot_others(d, FFP8_CLASS_F32); }
void ffp8_dot_f32_avx512(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_F32, others_f32); }
