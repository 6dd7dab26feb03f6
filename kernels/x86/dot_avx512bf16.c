/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_avx512bf16.c - dot kernels by vpdpbusd, vpdpwssd and vdpbf16ps. Formula, registers, order, bound, tails: dot_512.h.
 */
#include "dot_512.h"
#include "x86_dot.h"

static NO_INLINE void others_i8(const struct ffp8_dot *d) { dot_others(d, FFP8_CLASS_I8); }
void ffp8_dot_i8_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I8, others_i8); }
static NO_INLINE void others_i16(const struct ffp8_dot *d) { dot_others(d, FFP8_CLASS_I16); }
void ffp8_dot_i16_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I16, others_i16); }
static NO_INLINE void others_bf16(const struct ffp8_dot *d) { dot_others(d, FFP8_CLASS_BF16); }
void ffp8_dot_bf16_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_BF16, others_bf16); }
