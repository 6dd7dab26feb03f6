/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neonbf16.c - the dot kernels of I8 by usmmla, of I16 by smmla, of BF16 by bfmmla. Formula, registers, order, bound, tails: mmla_neon.h.
 */
#include "mmla_neon.h"

void ffp8_dot_i8_neonbf16(const struct ffp8_dot *d) { mmla(d, FFP8_CLASS_I8); }
void ffp8_dot_i16_neonbf16(const struct ffp8_dot *d) { mmla(d, FFP8_CLASS_I16); }
void ffp8_dot_bf16_neonbf16(const struct ffp8_dot *d) { mmla(d, FFP8_CLASS_BF16); }
