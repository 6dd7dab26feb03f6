/* SPDX-License-Identifier: Apache-2.0
 *
 * table_neon.c - the table of the neon tier
 *
 * Block sizes: a panel of 1024 bytes a column is 32 KB, half of the usual 64 KB L1 (each row tile passes over it up to 4 times); 8 panels
 * are 256 KB, half of the smallest usual private L2.
 */
#include "../../dispatch/cpu.h"
#include "../generic/dot_generic.h"
#include "../generic/generic.h"
#include "arm_neon_kernels.h"

const struct ffp8_kernels ffp8_kernels_neon = {
    .name = "neon",
    .isa = FFP8_ISA_NEON,
    .needs = FFP8_CPU_NEON,
    .runs_as = {FFP8_CLASS_I16, FFP8_CLASS_I16, FFP8_CLASS_F32, FFP8_CLASS_F32, FFP8_CLASS_F32},
    .mr = {4, NEON_MR, 4, NEON_MR, 4},
    .fused_rows = NEON_FUSED_ROWS,
    .direct_rows = NEON_FUSED_ROWS,
    .most_direct_rows = {NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS},
    .most_fused_rows = {NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS},
    .most_fused_rows_short = {NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS, NEON_FUSED_ROWS},
    .kc_bytes = 1024,
    .nc_columns = 256,
    .mc_rows = 128,
    .decode8 = ffp8_decode8_neon,
    .decode16 = ffp8_decode16_neon,
    .decode32 = ffp8_decode32_neon,
    .decode_pairs = ffp8_decode_pairs_neon,
    .transpose8 = ffp8_transpose8_neon,
    .transpose16 = ffp8_transpose16_neon,
    .transpose32 = ffp8_transpose32_neon,
    .encode = ffp8_encode_neon,
    .encode_table = ffp8_encode_table_generic,
    .widen_bf16 = ffp8_widen_bf16_neon,
    .widen_f16 = ffp8_widen_f16_neon,
    .narrow_bf16 = ffp8_narrow_bf16_neon,
    .narrow_f16 = ffp8_narrow_f16_neon,
    .rescale16 = ffp8_rescale16_neon,
    .rescale32 = ffp8_rescale32_neon,
    .amax = ffp8_amax_neon,
    .expand = {ffp8_expand_i8_generic, ffp8_expand_i16_neon, ffp8_expand_16_generic, ffp8_expand_f32_neon, ffp8_expand_16_generic},
    .dot = {ffp8_dot_i8_generic, ffp8_dot_i16_neon, ffp8_dot_bf16_generic, ffp8_dot_f32_neon, ffp8_dot_f16_generic},
    .fused = {ffp8_fused_i8_generic, ffp8_fused_i16_neon, ffp8_fused_bf16_generic, ffp8_fused_f32_neon, ffp8_fused_f16_generic},
    .direct = {ffp8_direct_i8_generic, ffp8_direct_i16_neon, ffp8_direct_bf16_generic, ffp8_direct_f32_neon, ffp8_direct_f16_generic},
    .depthwise_i16 = ffp8_depthwise_i16_neon,
    .depthwise_bf16 = ffp8_depthwise_bf16_generic,
    .depthwise_f32 = ffp8_depthwise_f32_neon,
    .epilogue = ffp8_epilogue_neon,
    .finish_codes = ffp8_finish_codes_neon,
};
