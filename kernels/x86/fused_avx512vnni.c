/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avx512vnni.c - fused kernels of the integer classes by vpdpbusd and vpdpwssd. Formula, registers, order, bound, tails: fused_512.h.
 */
#include "fused_512.h"
#include "x86_dot.h"

void ffp8_fused_i8_avx512vnni(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I8); }
void ffp8_fused_i16_avx512vnni(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
