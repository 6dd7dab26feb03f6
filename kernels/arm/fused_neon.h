/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neon.h - the fused kernels of the NEON tiers: up to 4 rows of A against packed lines, for GEMV and small batches
 *
 * Formula: struct ffp8_dot. Lanes are columns. Lines are decoded in registers (neon_decode.h), 4 groups to 32 columns. 1 and 2 rows take
 * all groups in one pass, 8 and 16 accumulators; 3 and 4 rows take two passes of 2 groups, 12 and 16 accumulators.
 * I8: the offset of A is one more row, whose sum is taken from the others' (neon_word.h).
 *
 * Order of summation: as dot_neon.h.
 * Bound: 1 row: decoding (for 16 weights I8: 6 instructions, I16: 11, BF16: 4 TBLs of 64 entries, F32 by half: 9); 4 rows: the multipliers.
 * Tails: an odd last word (F32) uses the even half of its line.
 */
#ifndef FFP8_FUSED_NEON_H
#define FFP8_FUSED_NEON_H

#include "arm_neon_kernels.h"
#include "neon_decode.h"
#include "neon_finish.h"
#include "neon_word.h"

/* `steps` words of X rows times G groups of B. */
static ALWAYS_INLINE void fuse_steps(int32x4_t acc[5][4][2], const int32x4_t x[5], const uint8_t *lines, const struct decoder *decoder,
                                     const size_t X, const size_t G, const size_t steps, const ffp8_class c, const enum decoding how) {
    UNROLL for (size_t g = 0; g < G; g++) {
        struct group y = decode_group(lines + 16 * g, decoder, c, how);
        if (c == FFP8_CLASS_I16) {
            int16x8_t lower = vreinterpretq_s16_s32(y.step[0][0]), upper = vreinterpretq_s16_s32(y.step[0][1]);
            int16x8_t element[2] = {vuzp1q_s16(lower, upper), vuzp2q_s16(lower, upper)};
            UNROLL for (size_t k = 0; k < 2; k++) {
                UNROLL for (size_t r = 0; r < X; r++) {
                    int16_t a = vreinterpretq_s16_s32(x[r])[k];
                    acc[r][g][0] = vmlal_n_s16(acc[r][g][0], vget_low_s16(element[k]), a);
                    acc[r][g][1] = vmlal_high_n_s16(acc[r][g][1], element[k], a);
                }
            }
            continue;
        }
        UNROLL for (size_t r = 0; r < X; r++) {
            UNROLL for (size_t half = 0; half < 2; half++) {
                acc[r][g][half] = word_dot_lane(acc[r][g][half], y.step[0][half], x[r], 0, c);
                if (steps == 2) acc[r][g][half] = word_dot_lane(acc[r][g][half], y.step[1][half], x[r], 1, c);
            }
        }
    }
}

static ALWAYS_INLINE void fuse(const struct ffp8_dot *d, const size_t R, const size_t g0, const size_t G, const ffp8_class c,
                               const enum decoding how, int32_t sum[][FFP8_NR]) {
    const struct decoder decoder = decoder_of(d->lut);
    const size_t steps = c == FFP8_CLASS_F32 ? 2 : 1, X = c == FFP8_CLASS_I8 ? R + 1 : R, lda = d->lda_bytes;
    int32x4_t acc[5][4][2], x[5];
    UNROLL for (size_t r = 0; r < X; r++) { UNROLL for (size_t g = 0; g < G; g++) acc[r][g][0] = acc[r][g][1] = vdupq_n_s32(0); }
    if (X > R) x[R] = word_of_a(vreinterpretq_s32_u8(vdupq_n_u8(d->a_offset)), c);
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = d->a[i], *lines = (const uint8_t *)d->b[i] + 16 * g0;
        size_t words = d->words;
        for (; words >= steps; words -= steps, a += steps * FFP8_WORD_BYTES, lines += lines_bytes(c)) {
            UNROLL for (size_t r = 0; r < R; r++) x[r] = word_of_a(steps == 2 ? load_two_words(a + r * lda) : load_word(a + r * lda), c);
            fuse_steps(acc, x, lines, &decoder, X, G, steps, c, how);
        }
        if (words) {
            UNROLL for (size_t r = 0; r < R; r++) x[r] = load_word(a + r * lda);
            fuse_steps(acc, x, lines, &decoder, X, G, 1, c, how);
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t g = 0; g < G; g++) {
            UNROLL for (size_t half = 0; half < 2; half++) vst1q_s32(sum[r] + half * FFP8_NR / 2 + 4 * (g0 + g),
                                                                     X > R ? vsubq_s32(acc[r][g][half], acc[R][g][half]) : acc[r][g][half]);
        }
    }
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, const ffp8_class c, const enum decoding how) {
    int32_t sum[NEON_FUSED_ROWS][FFP8_NR];
    switch (d->rows) {
    case 1: fuse(d, 1, 0, 4, c, how, sum); break;
    case 2: fuse(d, 2, 0, 4, c, how, sum); break;
    case 3:
        for (size_t g = 0; g < 4; g += 2) fuse(d, 3, g, 2, c, how, sum);
        break;
    default:
        for (size_t g = 0; g < 4; g += 2) fuse(d, 4, g, 2, c, how, sum);
        break;
    }
    finish_sums(d, sum, c);
}

static ALWAYS_INLINE void fused_class(const struct ffp8_dot *d, const ffp8_class c) {
    switch (decoding_of(d->lut, c)) {
    case BY_TABLE: fused_rows(d, c, BY_TABLE); break;
    case BY_MIRRORED_TABLE: fused_rows(d, c, BY_MIRRORED_TABLE); break;
    case BY_NIBBLE: fused_rows(d, c, BY_NIBBLE); break;
    case BY_HALF: fused_rows(d, c, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: fused_rows(d, c, BY_HALF_WITH_SPECIALS); break;
    }
}

#endif
