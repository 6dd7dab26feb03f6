/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neondotprod.c - the expand kernels of I8, and of I16 to split panels. Formula, bound, tails: expand_neon.h.
 *
 * I8: the panel's head, -128 times each column's sum, is a dot product: read back from the steps, 4 columns at a time, while they are in L1.
 */
#include "expand_neon.h"

void ffp8_expand_i8_neondotprod(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    int32_t *head = panel, *steps = head + FFP8_NR;
    expand_class(lines, steps, words, lut, FFP8_CLASS_I8, FFP8_PANEL_STEPS);
    for (size_t j = 0; j < FFP8_NR; j += 16) {
        int32x4_t sum[4] = {{0}, {0}, {0}, {0}};
        for (size_t w = 0; w < words; w++) {
            UNROLL for (size_t q = 0; q < 4; q++)
                sum[q] = vdotq_s32(sum[q], vreinterpretq_s8_s32(vld1q_s32(steps + w * FFP8_NR + j + 4 * q)), vdupq_n_s8(-128));
        }
        UNROLL for (size_t q = 0; q < 4; q++) vst1q_s32(head + j + 4 * q, sum[q]);
    }
}

void ffp8_expand_i16_neondotprod(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I16, FFP8_PANEL_SPLIT);
}
