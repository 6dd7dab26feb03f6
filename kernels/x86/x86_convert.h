/* SPDX-License-Identifier: Apache-2.0
 *
 * x86_convert.h - the elementwise kernels of the x86 tiers: decode, encode, 16-bit floats, amax, epilogue
 *
 * The meaning of each stands in kernels.h beside its type. Tiers above inherit what is not named here.
 */
#ifndef FFP8_X86_CONVERT_H
#define FFP8_X86_CONVERT_H

#include "../kernels.h"

ffp8_decode8_fn ffp8_decode8_avx2;
ffp8_decode16_fn ffp8_decode16_avx2;
ffp8_decode32_fn ffp8_decode32_avx2;
ffp8_decode_pairs_fn ffp8_decode_pairs_avx2;
ffp8_transpose_fn ffp8_transpose8_avx2, ffp8_transpose16_avx2, ffp8_transpose32_avx2;
ffp8_encode_fn ffp8_encode_avx2;
ffp8_widen_fn ffp8_widen_bf16_avx2, ffp8_widen_f16_avx2;
ffp8_narrow_fn ffp8_narrow_bf16_avx2, ffp8_narrow_f16_avx2;
ffp8_rescale_fn ffp8_rescale32_avx2;
ffp8_amax_fn ffp8_amax_avx2;
ffp8_epilogue_fn ffp8_epilogue_avx2;
ffp8_finish_codes_fn ffp8_finish_codes_avx2;

ffp8_decode8_fn ffp8_decode8_avx512;
ffp8_decode16_fn ffp8_decode16_avx512;
ffp8_decode32_fn ffp8_decode32_avx512;
ffp8_decode_pairs_fn ffp8_decode_pairs_avx512;
ffp8_encode_fn ffp8_encode_avx512;
ffp8_widen_fn ffp8_widen_bf16_avx512, ffp8_widen_f16_avx512;
ffp8_narrow_fn ffp8_narrow_bf16_avx512, ffp8_narrow_f16_avx512;
ffp8_rescale_fn ffp8_rescale16_avx512, ffp8_rescale32_avx512;
ffp8_amax_fn ffp8_amax_avx512;
ffp8_epilogue_fn ffp8_epilogue_avx512;
ffp8_finish_codes_fn ffp8_finish_codes_avx512;

ffp8_decode8_fn ffp8_decode8_avx512bf16;
ffp8_decode16_fn ffp8_decode16_avx512bf16;
ffp8_decode32_fn ffp8_decode32_avx512bf16;
ffp8_decode_pairs_fn ffp8_decode_pairs_avx512bf16;

#endif
