/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_neonfp16.c - the direct kernel of F16 by fmlal. Formula, registers, order, bound, tails: direct_neon.h.
 */
#include "direct_neon.h"

void ffp8_direct_f16_neonfp16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_F16); }
