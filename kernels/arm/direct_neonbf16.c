/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_neonbf16.c - the direct kernels of I8 by usdot and of BF16 by bfdot. Formula, registers, order, bound, tails: direct_neon.h.
 */
#include "direct_neon.h"

void ffp8_direct_i8_neonbf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I8); }
void ffp8_direct_bf16_neonbf16(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_BF16); }
