/* SPDX-License-Identifier: Apache-2.0
 *
 * table_avx512.c - the table of the avx512 tier: AVX-512 F, BW, DQ, VL
 *
 * Block sizes: as in table_avx512bf16.c. vpmaddwd serves the integer classes, FMA the others; the generic kernels of I8 and BF16 are named
 * for completeness, runs_as keeps them from being used.
 */
#include "../../dispatch/cpu.h"
#include "../generic/dot_generic.h"
#include "../generic/generic.h"
#include "x86_convert.h"
#include "x86_dot.h"

const struct ffp8_kernels ffp8_kernels_avx512 = {
    .name = "avx512",
    .isa = FFP8_ISA_AVX512,
    .needs = FFP8_CPU_AVX2 | FFP8_CPU_FMA | FFP8_CPU_F16C | FFP8_CPU_AVX512F | FFP8_CPU_AVX512BW | FFP8_CPU_AVX512DQ | FFP8_CPU_AVX512VL,
    .runs_as = {FFP8_CLASS_I16, FFP8_CLASS_I16, FFP8_CLASS_F32, FFP8_CLASS_F32, FFP8_CLASS_F32},
    .mr = {4, 14, 4, 14, 4},
    .fused_rows = 8,
    .direct_rows = 8,
    .most_direct_rows = {16, 16, 8, 8},
    .most_fused_rows = {16, 16, 32, 32},
    .most_fused_rows_short = {16, 7, 28, 28},
    .kc_bytes = 4096,
    .nc_columns = 128,
    .mc_rows = 1036,
    .decode8 = ffp8_decode8_avx512,
    .decode16 = ffp8_decode16_avx512,
    .decode32 = ffp8_decode32_avx512,
    .decode_pairs = ffp8_decode_pairs_avx512,
    .transpose8 = ffp8_transpose8_avx2,
    .transpose16 = ffp8_transpose16_avx2,
    .transpose32 = ffp8_transpose32_avx2,
    .encode = ffp8_encode_avx512,
    .encode_table = ffp8_encode_table_generic,
    .widen_bf16 = ffp8_widen_bf16_avx512,
    .widen_f16 = ffp8_widen_f16_avx512,
    .narrow_bf16 = ffp8_narrow_bf16_avx512,
    .narrow_f16 = ffp8_narrow_f16_avx512,
    .rescale16 = ffp8_rescale16_avx512,
    .rescale32 = ffp8_rescale32_avx512,
    .amax = ffp8_amax_avx512,
    .expand = {ffp8_expand_i8_generic, ffp8_expand_i16_avx512, ffp8_expand_16_generic, ffp8_expand_f32_avx512, ffp8_expand_16_generic},
    .dot = {ffp8_dot_i8_generic, ffp8_dot_i16_avx512, ffp8_dot_bf16_generic, ffp8_dot_f32_avx512, ffp8_dot_f16_generic},
    .fused = {ffp8_fused_i8_generic, ffp8_fused_i16_avx512, ffp8_fused_bf16_generic, ffp8_fused_f32_avx512, ffp8_fused_f16_generic},
    .direct = {ffp8_direct_i8_generic, ffp8_direct_i16_avx512, ffp8_direct_bf16_generic, ffp8_direct_f32_avx512, ffp8_direct_f16_generic},
    .depthwise_i16 = ffp8_depthwise_i16_avx512,
    .depthwise_bf16 = ffp8_depthwise_bf16_generic,
    .depthwise_f32 = ffp8_depthwise_f32_avx512,
    .epilogue = ffp8_epilogue_avx512,
    .finish_codes = ffp8_finish_codes_avx512,
};
