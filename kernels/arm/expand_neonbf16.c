/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neonbf16.c - the expand kernels of I8 and BF16, to paired panels. Formula, bound, tails: expand_neon.h.
 *
 * An I8 panel's head, -128 times each column's sum, is a dot product: read back from the steps while they are in L1, 4 columns at a time.
 */
#include "expand_neon.h"

static int32x4_t add_bytes(int32x4_t sum, const int32_t *words) {
    return vdotq_s32(sum, vreinterpretq_s8_s32(vld1q_s32(words)), vdupq_n_s8(-128));
}

void ffp8_expand_i8_neonbf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    int32_t *head = panel, *steps = head + FFP8_NR;
    expand_class(lines, steps, words, lut, FFP8_CLASS_I8, FFP8_PANEL_PAIRED);
    for (size_t j = 0; j < FFP8_NR; j += 4) {
        int32x4_t first = vdupq_n_s32(0), second = first, last = first; /* both words of two columns, of the next two, and of four */
        for (size_t w = 0; w + 2 <= words; w += 2) {
            first = add_bytes(first, steps + w * FFP8_NR + 2 * j);
            second = add_bytes(second, steps + w * FFP8_NR + 2 * j + 4);
        }
        if (words % 2) last = add_bytes(last, steps + (words - 1) * FFP8_NR + j);
        vst1q_s32(head + j, vaddq_s32(vpaddq_s32(first, second), last));
    }
}

void ffp8_expand_bf16_neonbf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_BF16, FFP8_PANEL_PAIRED);
}
