/* SPDX-License-Identifier: Apache-2.0
 *
 * arm_neon_kernels.h - the kernels of the NEON tiers
 *
 * The meaning of each stands in kernels.h beside its type.
 */
#ifndef FFP8_ARM_NEON_KERNELS_H
#define FFP8_ARM_NEON_KERNELS_H

#include "../kernels.h"

enum {
    NEON_MR = 8,        /* rows of a dot kernel's tile */
    NEONDOTPROD_MR = 4, /* of I8 and I16: dot_neondotprod.c */
    NEON_FUSED_ROWS = 4 /* beyond, decoding each weight once and storing it is faster */
};

ffp8_decode8_fn ffp8_decode8_neon;
ffp8_decode16_fn ffp8_decode16_neon;
ffp8_decode32_fn ffp8_decode32_neon;
ffp8_decode_pairs_fn ffp8_decode_pairs_neon;
ffp8_transpose_fn ffp8_transpose8_neon, ffp8_transpose16_neon, ffp8_transpose32_neon;
ffp8_encode_fn ffp8_encode_neon;
ffp8_widen_fn ffp8_widen_bf16_neon, ffp8_widen_f16_neon;
ffp8_rescale_fn ffp8_rescale16_neon, ffp8_rescale32_neon;
ffp8_narrow_fn ffp8_narrow_bf16_neon, ffp8_narrow_f16_neon;
ffp8_amax_fn ffp8_amax_neon;
ffp8_expand_fn ffp8_expand_i16_neon, ffp8_expand_f32_neon;
ffp8_dot_fn ffp8_dot_i16_neon, ffp8_dot_f32_neon;
ffp8_dot_fn ffp8_fused_i16_neon, ffp8_fused_f32_neon;
ffp8_dot_fn ffp8_direct_i16_neon, ffp8_direct_f32_neon;
ffp8_depthwise_fn ffp8_depthwise_i16_neon, ffp8_depthwise_f32_neon;
ffp8_epilogue_fn ffp8_epilogue_neon;
ffp8_finish_codes_fn ffp8_finish_codes_neon;

ffp8_expand_fn ffp8_expand_f16_neonfp16;
ffp8_dot_fn ffp8_dot_f16_neonfp16, ffp8_fused_f16_neonfp16, ffp8_direct_f16_neonfp16;

ffp8_expand_fn ffp8_expand_i8_neondotprod, ffp8_expand_i16_neondotprod;
ffp8_dot_fn ffp8_dot_i8_neondotprod, ffp8_dot_i16_neondotprod, ffp8_fused_i8_neondotprod, ffp8_direct_i8_neondotprod;

ffp8_narrow_fn ffp8_narrow_bf16_neonbf16;
ffp8_expand_fn ffp8_expand_i8_neonbf16, ffp8_expand_bf16_neonbf16;
ffp8_dot_fn ffp8_dot_i8_neonbf16, ffp8_dot_i16_neonbf16, ffp8_dot_bf16_neonbf16;
ffp8_dot_fn ffp8_fused_i8_neonbf16, ffp8_fused_bf16_neonbf16;
ffp8_dot_fn ffp8_direct_i8_neonbf16, ffp8_direct_bf16_neonbf16;

#endif
