/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_avx512bf16.c - dot kernels by vpdpbusd, vpdpwssd and vdpbf16ps. Formula, registers, order, bound, tails: dot_512.h.
 */
#include "dot_512.h"
#include "x86_dot.h"

void ffp8_dot_i8_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I8); }
void ffp8_dot_i16_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I16); }
void ffp8_dot_bf16_avx512bf16(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_BF16); }
