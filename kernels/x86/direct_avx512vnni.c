/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_avx512vnni.c - direct kernels of the integer classes by vpdpbusd and vpdpwssd. Formula, registers, order, bound, tails: direct_512.h.
 */
#include "direct_512.h"
#include "x86_dot.h"

void ffp8_direct_i8_avx512vnni(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I8); }
void ffp8_direct_i16_avx512vnni(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
