/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neonfp16.c - the dot kernel of F16 by fmlal. Formula, registers, order, bound, tails: dot_neon.h.
 */
#include "dot_neon.h"

void ffp8_dot_f16_neonfp16(const struct ffp8_dot *d) { dot_rows(d, NEON_MR, FFP8_CLASS_F16); }
