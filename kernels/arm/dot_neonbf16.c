/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_neonbf16.c - the dot kernels of I8 by sudot and of BF16 by bfdot. Formula, registers, order, bound, tails: dot_neon.h.
 */
#include "dot_neon.h"

void ffp8_dot_i8_neonbf16(const struct ffp8_dot *d) { dot_rows(d, NEON_MR, FFP8_CLASS_I8); }
void ffp8_dot_bf16_neonbf16(const struct ffp8_dot *d) { dot_rows(d, NEON_MR, FFP8_CLASS_BF16); }
