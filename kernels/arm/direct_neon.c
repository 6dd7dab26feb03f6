/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_neon.c - the direct kernels of I16 by smlal and of F32 by fmla. Formula, registers, order, bound, tails: direct_neon.h.
 */
#include "direct_neon.h"

void ffp8_direct_i16_neon(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
void ffp8_direct_f32_neon(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_F32); }
