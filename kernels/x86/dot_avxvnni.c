/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_avxvnni.c - dot kernels by vpdpbusd and vpdpwssd. Formula, registers, order, bound, tails: dot_256.h.
 */
#include "dot_256.h"
#include "x86_dot.h"

void ffp8_dot_i8_avxvnni(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I8); }
void ffp8_dot_i16_avxvnni(const struct ffp8_dot *d) { dot_rows(d, FFP8_CLASS_I16); }
