/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_avxvnni.c - direct kernels by vpdpbusd and vpdpwssd. Formula, registers, order, bound, tails: direct_256.h.
 */
#include "direct_256.h"
#include "x86_dot.h"

void ffp8_direct_i8_avxvnni(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I8); }
void ffp8_direct_i16_avxvnni(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
