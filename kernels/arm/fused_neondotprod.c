/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neondotprod.c - the fused kernel of I8 by sdot. Formula, registers, order, bound, tails: fused_neon.h.
 */
#include "fused_neon.h"

void ffp8_fused_i8_neondotprod(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I8); }
