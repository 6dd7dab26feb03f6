/* SPDX-License-Identifier: Apache-2.0
 *
 * direct_avx512.c - direct kernels by 16-bit look-ups, vpmaddwd and FMA. Formula, registers, order, bound, tails: direct_512.h.
 */
#include "direct_512.h"
#include "x86_dot.h"

void ffp8_direct_i16_avx512(const struct ffp8_dot *d) { direct_class(d, FFP8_CLASS_I16); }
void ffp8_direct_f32_avx512(const struct ffp8_dot *d) {
    if (ffp8_dot_by_halves(d))
        ffp8_direct_f32_avx2(d);
    else
        direct_class(d, FFP8_CLASS_F32);
}
