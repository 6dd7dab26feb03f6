/* SPDX-License-Identifier: Apache-2.0
 *
 * table_avx512bf16.c - the table of the avx512bf16 tier: AVX-512 with VBMI, VNNI and BF16
 *
 * Every class runs as itself. A K block of 1024 words makes panels of 128 KB, which a tile streams from L2; 128 columns of them fill half of
 * the smallest L2 that CPUs with these instructions have, 1 MB. Shorter blocks cost more passes over C. An M block is 74 tiles, of which 1024
 * rows are one.
 */
#include "../../dispatch/cpu.h"
#include "../generic/dot_generic.h"
#include "../generic/generic.h"
#include "x86_convert.h"
#include "x86_dot.h"

const struct ffp8_kernels ffp8_kernels_avx512bf16 = {
    .name = "avx512bf16",
    .isa = FFP8_ISA_AVX512BF16,
    .needs = FFP8_CPU_AVX2 | FFP8_CPU_FMA | FFP8_CPU_F16C | FFP8_CPU_AVX512F | FFP8_CPU_AVX512BW | FFP8_CPU_AVX512DQ | FFP8_CPU_AVX512VL |
             FFP8_CPU_AVX512VBMI | FFP8_CPU_AVX512VNNI | FFP8_CPU_AVX512BF16,
    .runs_as = {FFP8_CLASS_I8, FFP8_CLASS_I16, FFP8_CLASS_BF16, FFP8_CLASS_F32, FFP8_CLASS_F32},
    .mr = {14, 14, 14, 14, 4},
    .fused_rows = 8,
    .direct_rows = 8,
    .most_direct_rows = {16, 48, 48, 16},
    .most_fused_rows = {16, 48, 128, 32},
    .most_fused_rows_short = {16, 14, 40, 28},
    .kc_bytes = 4096,
    .nc_columns = 128,
    .mc_rows = 1036,
    .decode8 = ffp8_decode8_avx512bf16,
    .decode16 = ffp8_decode16_avx512bf16,
    .decode32 = ffp8_decode32_avx512bf16,
    .decode_pairs = ffp8_decode_pairs_avx512bf16,
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
    .expand = {ffp8_expand_i8_avx512bf16, ffp8_expand_i16_avx512bf16, ffp8_expand_bf16_avx512bf16, ffp8_expand_f32_avx512bf16,
               ffp8_expand_16_generic},
    .dot = {ffp8_dot_i8_avx512bf16, ffp8_dot_i16_avx512bf16, ffp8_dot_bf16_avx512bf16, ffp8_dot_f32_avx512, ffp8_dot_f16_generic},
    .fused = {ffp8_fused_i8_avx512bf16, ffp8_fused_i16_avx512bf16, ffp8_fused_bf16_avx512bf16, ffp8_fused_f32_avx512bf16,
              ffp8_fused_f16_generic},
    .direct = {ffp8_direct_i8_avx512bf16, ffp8_direct_i16_avx512bf16, ffp8_direct_bf16_avx512bf16, ffp8_direct_f32_avx512bf16,
               ffp8_direct_f16_generic},
    .depthwise_i16 = ffp8_depthwise_i16_avx512bf16,
    .depthwise_bf16 = ffp8_depthwise_bf16_avx512bf16,
    .depthwise_f32 = ffp8_depthwise_f32_avx512,
    .epilogue = ffp8_epilogue_avx512,
    .finish_codes = ffp8_finish_codes_avx512,
};
