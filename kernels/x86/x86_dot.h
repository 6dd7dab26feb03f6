/* SPDX-License-Identifier: Apache-2.0
 *
 * x86_dot.h - the x86 tiers' kernels of matrix products: expand, dot, fused, depthwise
 *
 * The meaning of each stands in kernels.h beside its type. Tiers above inherit what is not named here.
 */
#ifndef FFP8_X86_DOT_H
#define FFP8_X86_DOT_H

#include "../kernels.h"

ffp8_expand_fn ffp8_expand_i16_avx2, ffp8_expand_f32_avx2;
ffp8_dot_fn ffp8_dot_i16_avx2, ffp8_dot_f32_avx2;
ffp8_dot_fn ffp8_fused_i16_avx2, ffp8_fused_f32_avx2;
ffp8_dot_fn ffp8_direct_i16_avx2, ffp8_direct_f32_avx2;
ffp8_depthwise_fn ffp8_depthwise_i16_avx2, ffp8_depthwise_f32_avx2;

ffp8_expand_fn ffp8_expand_i8_avxvnni;
ffp8_dot_fn ffp8_dot_i8_avxvnni, ffp8_dot_i16_avxvnni;
ffp8_dot_fn ffp8_fused_i8_avxvnni, ffp8_fused_i16_avxvnni;
ffp8_dot_fn ffp8_direct_i8_avxvnni, ffp8_direct_i16_avxvnni;

ffp8_expand_fn ffp8_expand_i16_avx512, ffp8_expand_f32_avx512;
ffp8_dot_fn ffp8_dot_i16_avx512, ffp8_dot_f32_avx512;
ffp8_dot_fn ffp8_fused_i16_avx512, ffp8_fused_f32_avx512;
ffp8_dot_fn ffp8_direct_i16_avx512, ffp8_direct_f32_avx512;
ffp8_depthwise_fn ffp8_depthwise_i16_avx512, ffp8_depthwise_f32_avx512;

ffp8_expand_fn ffp8_expand_i8_avx512vnni;
ffp8_dot_fn ffp8_dot_i8_avx512vnni, ffp8_dot_i16_avx512vnni;
ffp8_dot_fn ffp8_fused_i8_avx512vnni, ffp8_fused_i16_avx512vnni;
ffp8_dot_fn ffp8_direct_i8_avx512vnni, ffp8_direct_i16_avx512vnni;
ffp8_depthwise_fn ffp8_depthwise_i16_avx512vnni;

ffp8_expand_fn ffp8_expand_i8_avx512bf16, ffp8_expand_i16_avx512bf16, ffp8_expand_bf16_avx512bf16, ffp8_expand_f32_avx512bf16;
ffp8_dot_fn ffp8_dot_i8_avx512bf16, ffp8_dot_i16_avx512bf16, ffp8_dot_bf16_avx512bf16;
ffp8_dot_fn ffp8_fused_i8_avx512bf16, ffp8_fused_i16_avx512bf16, ffp8_fused_bf16_avx512bf16, ffp8_fused_f32_avx512bf16;
ffp8_dot_fn ffp8_direct_i8_avx512bf16, ffp8_direct_i16_avx512bf16, ffp8_direct_bf16_avx512bf16, ffp8_direct_f32_avx512bf16;
ffp8_depthwise_fn ffp8_depthwise_i16_avx512bf16, ffp8_depthwise_bf16_avx512bf16;

/* F32, one or two rows: without vpermi2b, FP16 numbers and vcvtph2ps in 256-bit registers are faster than look-ups in 512, where no code is Inf or NaN.
 * Sums have the same order. */
static inline bool ffp8_dot_by_halves(const struct ffp8_dot *d) {
    return d->rows <= 2 && d->lut->kind == FFP8_LUT_HALF && d->lut->special_lo >= 256 && !d->lut->special_minus_zero;
}

#endif
