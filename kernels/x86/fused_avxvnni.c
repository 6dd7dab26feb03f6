/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avxvnni.c - fused kernels by vpdpbusd and vpdpwssd. Formula, registers, order, bound, tails: fused_256.h.
 */
#include "fused_256.h"
#include "x86_dot.h"

void ffp8_fused_i8_avxvnni(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I8); }
void ffp8_fused_i16_avxvnni(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
