/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_neondotprod.c - the direct kernel of I8 by sdot. Formula, registers, order, bound, tails: direct_neon.h.
 */
#include "direct_neon.h"

void ffp8_direct_i8_neondotprod(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I8); }
