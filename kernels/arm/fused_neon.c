/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neon.c - the fused kernels of I16 by smlal and of F32 by fmla. Formula, registers, order, bound, tails: fused_neon.h.
 */
#include "fused_neon.h"

void ffp8_fused_i16_neon(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
void ffp8_fused_f32_neon(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_F32); }
