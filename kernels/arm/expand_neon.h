/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neon.h - the expand kernels of the NEON tiers; layouts stand at ffp8_expand_fn, decoding in neon_decode.h
 *
 * A 16-byte group of a line is 4 columns of the panel's lower half and 4 of its upper one. Of an I8 panel these are the steps: no head.
 * Bound: stores, or decoding. Tails: an odd last word (F32) has the even half of its line.
 */
#ifndef FFP8_EXPAND_NEON_H
#define FFP8_EXPAND_NEON_H

#include "arm_neon_kernels.h"
#include "neon_decode.h"
#include "split_neon.h"

static ALWAYS_INLINE void expand_steps(const uint8_t *lines, int32_t *panel, const struct decoder *d, const size_t steps,
                                       const ffp8_class c, const enum decoding how) {
    UNROLL for (size_t g = 0; g < 4; g++) {
        struct group y = decode_group(lines + 16 * g, d, c, how);
        UNROLL for (size_t s = 0; s < steps; s++) {
            UNROLL for (size_t half = 0; half < 2; half++) vst1q_s32(panel + s * FFP8_NR + half * FFP8_NR / 2 + 4 * g, y.step[s][half]);
        }
    }
}

/* A step of F16, by its elements. */
static ALWAYS_INLINE void expand_unzipped(const uint8_t *lines, int32_t *panel, const struct decoder *d, const enum decoding how) {
    UNROLL for (size_t g = 0; g < 4; g++) {
        const struct halves x = decode_group_halves(lines + 16 * g, d, FFP8_CLASS_F16, how);
        UNROLL for (size_t k = 0; k < 2; k++) {
            int16_t *to = (int16_t *)(panel + g / 2 * 8 + 4 * k) + g % 2 * 4;
            vst1_s16(to, vget_low_s16(x.of[k]));
            vst1_s16(to + FFP8_NR, vget_high_s16(x.of[k])); /* the panel's upper half */
        }
    }
}

/* Two steps beside each other. */
static ALWAYS_INLINE void expand_pair(const uint8_t *lines, int32_t *panel, const struct decoder *d, const ffp8_class c,
                                      const enum decoding how) {
    UNROLL for (size_t g = 0; g < 4; g++) {
        struct group x = decode_group(lines + 16 * g, d, c, how), y = decode_group(lines + lines_bytes(c) + 16 * g, d, c, how);
        UNROLL for (size_t half = 0; half < 2; half++) {
            int32_t *to = panel + 2 * (half * FFP8_NR / 2 + 4 * g);
            vst1q_s32(to, vzip1q_s32(x.step[0][half], y.step[0][half]));
            vst1q_s32(to + 4, vzip2q_s32(x.step[0][half], y.step[0][half]));
        }
    }
}

/* I16: elements of four steps by their bytes. */
static ALWAYS_INLINE void expand_split(const uint8_t *lines, int32_t *panel, const struct decoder *d, const enum decoding how) {
    UNROLL for (size_t g = 0; g < 4; g++) {
        struct group y[SPLIT_WORDS];
        UNROLL for (size_t w = 0; w < SPLIT_WORDS; w++) y[w] = decode_group(lines + w * FFP8_LINE_BYTES + 16 * g, d, FFP8_CLASS_I16, how);
        UNROLL for (size_t half = 0; half < 2; half++) {
            int8_t *to = (int8_t *)(panel + SPLIT_WORDS * (half * FFP8_NR / 2 + 4 * g));
            int32x4x2_t early = vzipq_s32(y[0].step[0][half], y[1].step[0][half]), late = vzipq_s32(y[2].step[0][half], y[3].step[0][half]);
            UNROLL for (size_t i = 0; i < 2; i++, to += 32) { /* columns 0 and 1, 2 and 3 */
                int64x2_t x = vreinterpretq_s64_s32(early.val[i]), z = vreinterpretq_s64_s32(late.val[i]);
                struct split split = split_elements(vreinterpretq_s16_s64(vzip1q_s64(x, z)), vreinterpretq_s16_s64(vzip2q_s64(x, z)));
                vst1q_s8(to, split.low);
                vst1q_s8(to + 16, split.high);
            }
        }
    }
}

static ALWAYS_INLINE void expand_kind(const uint8_t *lines, int32_t *panel, size_t words, const struct ffp8_lut *lut, const ffp8_class c,
                                      const enum ffp8_panel layout, const enum decoding how) {
    const struct decoder d = decoder_of(lut);
    const size_t steps = c == FFP8_CLASS_F32 ? 2 : 1;
    for (; layout == FFP8_PANEL_SPLIT && words >= SPLIT_WORDS; words -= SPLIT_WORDS, lines += SPLIT_WORDS * FFP8_LINE_BYTES)
        expand_split(lines, panel, &d, how), panel += SPLIT_WORDS * FFP8_NR;
    for (; layout == FFP8_PANEL_PAIRED && words >= 2; words -= 2, lines += 2 * lines_bytes(c), panel += 2 * FFP8_NR)
        expand_pair(lines, panel, &d, c, how);
    for (; layout == FFP8_PANEL_UNZIPPED && words > 0; words--, lines += lines_bytes(c), panel += FFP8_NR)
        expand_unzipped(lines, panel, &d, how);
    for (; words >= steps; words -= steps, lines += lines_bytes(c), panel += steps * FFP8_NR) expand_steps(lines, panel, &d, steps, c, how);
    if (words) expand_steps(lines, panel, &d, 1, c, how);
}

static ALWAYS_INLINE void expand_class(const uint8_t *lines, int32_t *panel, size_t words, const struct ffp8_lut *lut, const ffp8_class c,
                                       const enum ffp8_panel layout) {
    switch (decoding_of(lut, c)) {
    case BY_TABLE: expand_kind(lines, panel, words, lut, c, layout, BY_TABLE); break;
    case BY_MIRRORED_TABLE: expand_kind(lines, panel, words, lut, c, layout, BY_MIRRORED_TABLE); break;
    case BY_SAME: expand_kind(lines, panel, words, lut, c, layout, BY_SAME); break;
    case BY_NIBBLE: expand_kind(lines, panel, words, lut, c, layout, BY_NIBBLE); break;
    case BY_HALF: expand_kind(lines, panel, words, lut, c, layout, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: expand_kind(lines, panel, words, lut, c, layout, BY_HALF_WITH_SPECIALS); break;
    }
}

#endif
