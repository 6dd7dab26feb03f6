/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neonfp16.c - the fused kernel of F16 by fmlal. Formula, registers, order, bound, tails: fused_neon.h.
 */
#include "fused_neon.h"

void ffp8_fused_f16_neonfp16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_F16); }
