/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neondotprod.c - the dot kernel of I8 by sdot. Formula, registers, order, bound, tails: dot_neon.h.
 *
 * Rows stop at 4: at 8 x 8 one flip of A for every 8 dots would take a ninth of the multipliers' time, at 4 x 16 it is one for every 16.
 */
#include "dot_neon.h"

void ffp8_dot_i8_neondotprod(const struct ffp8_dot *d) { dot_rows(d, NEONDOTPROD_MR_I8, FFP8_CLASS_I8); }
