/* SPDX-License-Identifier: Apache-2.0
 *
 * table_generic.c - the table of the generic tier: plain C, the specification of every kernel
 */
#include "dot_generic.h"
#include "generic.h"

const struct ffp8_kernels ffp8_kernels_generic = {
    .name = "generic",
    .isa = FFP8_ISA_GENERIC,
    .needs = 0,
    .runs_as = {FFP8_CLASS_I8, FFP8_CLASS_I16, FFP8_CLASS_BF16, FFP8_CLASS_F32, FFP8_CLASS_F16},
    .mr = {4, 4, 4, 4, 4},
    .fused_rows = 1,
    .direct_rows = 1,
    .most_direct_rows = {1, 1, 1, 1, 1},
    .most_fused_rows = {1, 1, 1, 1, 1},
    .most_fused_rows_short = {1, 1, 1, 1, 1},
    .kc_bytes = 1024,
    .nc_columns = 512,
    .mc_rows = 128,
    .decode8 = ffp8_decode8_generic,
    .decode16 = ffp8_decode16_generic,
    .decode32 = ffp8_decode32_generic,
    .decode_pairs = ffp8_decode_pairs_generic,
    .transpose8 = ffp8_transpose8_generic,
    .transpose16 = ffp8_transpose16_generic,
    .transpose32 = ffp8_transpose32_generic,
    .encode = ffp8_encode_generic,
    .encode_table = ffp8_encode_table_generic,
    .widen_bf16 = ffp8_widen_bf16_generic,
    .widen_f16 = ffp8_widen_f16_generic,
    .narrow_bf16 = ffp8_narrow_bf16_generic,
    .narrow_f16 = ffp8_narrow_f16_generic,
    .rescale16 = ffp8_rescale16_generic,
    .rescale32 = ffp8_rescale32_generic,
    .amax = ffp8_amax_generic,
    .expand = {ffp8_expand_i8_generic, ffp8_expand_16_generic, ffp8_expand_16_generic, ffp8_expand_f32_generic, ffp8_expand_16_generic},
    .dot = {ffp8_dot_i8_generic, ffp8_dot_i16_generic, ffp8_dot_bf16_generic, ffp8_dot_f32_generic, ffp8_dot_f16_generic},
    .fused = {ffp8_fused_i8_generic, ffp8_fused_i16_generic, ffp8_fused_bf16_generic, ffp8_fused_f32_generic, ffp8_fused_f16_generic},
    .direct = {ffp8_direct_i8_generic, ffp8_direct_i16_generic, ffp8_direct_bf16_generic, ffp8_direct_f32_generic, ffp8_direct_f16_generic},
    .depthwise_i16 = ffp8_depthwise_i16_generic,
    .depthwise_bf16 = ffp8_depthwise_bf16_generic,
    .depthwise_f32 = ffp8_depthwise_f32_generic,
    .epilogue = ffp8_epilogue_generic,
    .finish_codes = ffp8_finish_codes_generic,
};
