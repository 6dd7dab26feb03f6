/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neon.c - the dot kernels of I16 by smlal and of F32 by fmla. Formula, registers, order, bound, tails: dot_neon.h.
 */
#include "dot_neon.h"

void ffp8_dot_i16_neon(const struct ffp8_dot *d) { dot_rows(d, NEON_MR, FFP8_CLASS_I16); }
void ffp8_dot_f32_neon(const struct ffp8_dot *d) { dot_rows(d, NEON_MR, FFP8_CLASS_F32); }
