/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_neonbf16.c - arrays of FP32 to BF16, 8 at a time, by the conversion instruction, which quiets a NaN as kernel_util.h does
 *
 * Bound: loads and stores. Tails: one by one.
 */
#include "arm_neon_kernels.h"
#include "neon_util.h"

void ffp8_narrow_bf16_neonbf16(const float *src, uint16_t *dst, size_t n) {
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        bfloat16x8_t low = vcvtq_low_bf16_f32(vld1q_f32(src + i));
        vst1q_u16(dst + i, vreinterpretq_u16_bf16(vcvtq_high_bf16_f32(low, vld1q_f32(src + i + 4))));
    }
    for (; i < n; i++) dst[i] = ffp8_bf16_from_f32(src[i]);
}
