/* SPDX-License-Identifier: Apache-2.0
 *
 * generic.h - the kernels in plain C, which are the specification and what a tier names for slots that it does not speed up
 */
#ifndef FFP8_GENERIC_H
#define FFP8_GENERIC_H

#include "../kernels.h"

ffp8_decode8_fn ffp8_decode8_generic;
ffp8_decode16_fn ffp8_decode16_generic;
ffp8_decode32_fn ffp8_decode32_generic;
ffp8_decode_pairs_fn ffp8_decode_pairs_generic;
ffp8_transpose_fn ffp8_transpose8_generic, ffp8_transpose16_generic, ffp8_transpose32_generic;
ffp8_encode_fn ffp8_encode_generic;
ffp8_encode_fn ffp8_encode_table_generic;
ffp8_widen_fn ffp8_widen_bf16_generic;
ffp8_widen_fn ffp8_widen_f16_generic;
ffp8_narrow_fn ffp8_narrow_bf16_generic;
ffp8_narrow_fn ffp8_narrow_f16_generic;
ffp8_rescale_fn ffp8_rescale16_generic, ffp8_rescale32_generic;
ffp8_amax_fn ffp8_amax_generic;
ffp8_epilogue_fn ffp8_epilogue_generic;
ffp8_finish_codes_fn ffp8_finish_codes_generic;

#endif
