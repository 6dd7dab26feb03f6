/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neondotprod.c - the dot kernels of I8 and I16 by sdot. Formula, registers, order, bound, tails: dot_neon.h, mmla_neon.h.
 *
 * I8: rows stop at 4: at 8 x 8 one flip of A for every 8 dots would take a ninth of the multipliers' time, at 4 x 16 it is one for every 16.
 */
#include "dot_neon.h"
#include "mmla_neon.h"

void ffp8_dot_i8_neondotprod(const struct ffp8_dot *d) { dot_rows(d, NEONDOTPROD_MR, FFP8_CLASS_I8); }
void ffp8_dot_i16_neondotprod(const struct ffp8_dot *d) { mmla(d, FFP8_CLASS_I16); }
