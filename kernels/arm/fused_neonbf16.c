/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neonbf16.c - the fused kernels of I8 by sudot and of BF16 by bfdot. Formula, registers, order, bound, tails: fused_neon.h.
 */
#include "fused_neon.h"

void ffp8_fused_i8_neonbf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I8); }
void ffp8_fused_bf16_neonbf16(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_BF16); }
