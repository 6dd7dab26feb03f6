/* SPDX-License-Identifier: Apache-2.0
 *
 * table_avx2.c - the table of the avx2 tier: AVX2, FMA, F16C
 *
 * vpmaddwd serves the integer classes, FMA the others; the generic kernels of I8 and BF16 are named for completeness, runs_as keeps them
 * from being used. A K block of 1024 words: two panels take 256 KB of L2, from where a tile streams them, while its rows of A, 24 KB, stay
 * in L1. 384 rows: a few MB of staged A in FP32, which are read once for each two panels.
 */
#include "../../dispatch/cpu.h"
#include "../generic/dot_generic.h"
#include "../generic/generic.h"
#include "x86_convert.h"
#include "x86_dot.h"

const struct ffp8_kernels ffp8_kernels_avx2 = {
    .name = "avx2",
    .isa = FFP8_ISA_AVX2,
    .needs = FFP8_CPU_AVX2 | FFP8_CPU_FMA | FFP8_CPU_F16C,
    .runs_as = {FFP8_CLASS_I16, FFP8_CLASS_I16, FFP8_CLASS_F32, FFP8_CLASS_F32, FFP8_CLASS_F32},
    .mr = {4, 6, 4, 6, 4},
    .fused_rows = 4,
    .direct_rows = 2,
    .most_direct_rows = {4, 4, 4, 4},
    .most_fused_rows = {4, 4, 4, 4},
    .most_fused_rows_short = {4, 4, 4, 4},
    .kc_bytes = 4096,
    .nc_columns = 64,
    .mc_rows = 384,
    .decode8 = ffp8_decode8_avx2,
    .decode16 = ffp8_decode16_avx2,
    .decode32 = ffp8_decode32_avx2,
    .decode_pairs = ffp8_decode_pairs_avx2,
    .transpose8 = ffp8_transpose8_avx2,
    .transpose16 = ffp8_transpose16_avx2,
    .transpose32 = ffp8_transpose32_avx2,
    .encode = ffp8_encode_avx2,
    .encode_table = ffp8_encode_table_generic,
    .widen_bf16 = ffp8_widen_bf16_avx2,
    .widen_f16 = ffp8_widen_f16_avx2,
    .narrow_bf16 = ffp8_narrow_bf16_avx2,
    .narrow_f16 = ffp8_narrow_f16_avx2,
    .rescale16 = ffp8_rescale16_generic,
    .rescale32 = ffp8_rescale32_avx2,
    .amax = ffp8_amax_avx2,
    .expand = {ffp8_expand_i8_generic, ffp8_expand_i16_avx2, ffp8_expand_16_generic, ffp8_expand_f32_avx2, ffp8_expand_16_generic},
    .dot = {ffp8_dot_i8_generic, ffp8_dot_i16_avx2, ffp8_dot_bf16_generic, ffp8_dot_f32_avx2, ffp8_dot_f16_generic},
    .fused = {ffp8_fused_i8_generic, ffp8_fused_i16_avx2, ffp8_fused_bf16_generic, ffp8_fused_f32_avx2, ffp8_fused_f16_generic},
    .direct = {ffp8_direct_i8_generic, ffp8_direct_i16_avx2, ffp8_direct_bf16_generic, ffp8_direct_f32_avx2, ffp8_direct_f16_generic},
    .depthwise_i16 = ffp8_depthwise_i16_avx2,
    .depthwise_bf16 = ffp8_depthwise_bf16_generic,
    .depthwise_f32 = ffp8_depthwise_f32_avx2,
    .epilogue = ffp8_epilogue_avx2,
    .finish_codes = ffp8_finish_codes_avx2,
};
