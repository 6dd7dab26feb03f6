/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neon.c - packed lines to expanded panels, I16 and F32; layouts stand at ffp8_expand_fn, decoding in neon_decode.h
 *
 * A 16-byte group of a line is 4 columns of the panel's lower half and 4 of its upper one, as (k, k + 1).
 * I16: its 16 elements are two runs of 4 words. F32: two runs of 4 words in the step of k, two in that of k + 1.
 * Bound: stores, or decoding as there. Tails: an odd last word (F32) has the even half of its line.
 */
#include "arm_neon_kernels.h"
#include "neon_decode.h"

void ffp8_expand_i16_neon(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    const struct decoder d = decoder_of(lut);
    int16_t *step = panel;
    for (; words > 0; words--, lines += FFP8_LINE_BYTES, step += 2 * FFP8_NR) {
        if (lut->kind == FFP8_LUT_NIBBLE) {
            UNROLL for (size_t g = 0; g < 4; g++) {
                int16x8x2_t y = decode_nibbles(vld1q_u8(lines + 16 * g), &d);
                vst1q_s16(step + 8 * g, y.val[0]);
                vst1q_s16(step + FFP8_NR + 8 * g, y.val[1]);
            }
        } else {
            for (size_t i = 0; i < 2 * FFP8_NR; i++) step[i / 8 % 2 * FFP8_NR + i / 16 * 8 + i % 8] = (int16_t)lut->element[lines[i]];
        }
    }
}

static ALWAYS_INLINE void store_step(float *step, size_t g, float32x4x2_t y) {
    vst1q_f32(step + 4 * g, y.val[0]);
    vst1q_f32(step + FFP8_NR / 2 + 4 * g, y.val[1]);
}

static ALWAYS_INLINE void expand_f32(const uint8_t *lines, float *panel, size_t words, const struct ffp8_lut *lut,
                                     const enum decoding how) {
    const struct decoder d = decoder_of(lut);
    for (; words >= 2; words -= 2, lines += FFP8_LINE_BYTES, panel += 2 * FFP8_NR) {
        UNROLL for (size_t g = 0; g < 4; g++) {
            struct group_f32 y = decode_group_f32(lines + 16 * g, &d, how);
            store_step(panel, g, y.k[0]);
            store_step(panel + FFP8_NR, g, y.k[1]);
        }
    }
    if (words) {
        UNROLL for (size_t g = 0; g < 4; g++) store_step(panel, g, decode_group_f32(lines + 16 * g, &d, how).k[0]);
    }
}

void ffp8_expand_f32_neon(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    switch (decoding_f32(lut)) {
    case BY_HALF: expand_f32(lines, panel, words, lut, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: expand_f32(lines, panel, words, lut, BY_HALF_WITH_SPECIALS); break;
    default: expand_f32(lines, panel, words, lut, BY_TABLE); break;
    }
}
