/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avx512.c - fused kernels by vpermi2w or nibble arithmetic, and vpmaddwd or vfmadd. Formula, registers, order, bound, tails:
 * fused_512.h.
 */
#include "fused_512.h"
#include "x86_dot.h"

void ffp8_fused_i16_avx512(const struct ffp8_dot *d) { fused_class(d, FFP8_CLASS_I16); }
void ffp8_fused_f32_avx512(const struct ffp8_dot *d) {
    if (ffp8_dot_by_halves(d))
        ffp8_fused_f32_avx2(d);
    else
        fused_class(d, FFP8_CLASS_F32);
}
