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

/* First of a group's 4 columns in the lower or upper half of the panel. */
static ALWAYS_INLINE size_t group_column(size_t g, size_t half) { return half * FFP8_NR / 2 + 4 * g; }

/* `steps` words of X rows times G groups of B. */
static ALWAYS_INLINE void fuse_steps(int32x4_t acc[5][4][2], const int32x4_t x[5], const uint8_t *lines, const struct decoder *decoder,
                                     const size_t X, const size_t G, const size_t steps, const ffp8_class c, const enum decoding how) {
    UNROLL for (size_t g = 0; g < G; g++) {
        if (word_has_halves(c)) {
            const struct halves y = decode_group_halves(lines + 16 * g, decoder, c, how);
            UNROLL for (size_t k = 0; k < 2; k++) {
                UNROLL for (size_t r = 0; r < X; r++) {
                    UNROLL for (size_t half = 0; half < 2; half++)
                        acc[r][g][half] = halves_dot_lane(acc[r][g][half], y.of[k], half, x[r], (int)k, c);
                }
            }
            continue;
        }
        const struct group y = decode_group(lines + 16 * g, decoder, c, how);
        UNROLL for (size_t r = 0; r < X; r++) {
            UNROLL for (size_t half = 0; half < 2; half++) {
                acc[r][g][half] = word_dot_lane(acc[r][g][half], y.step[0][half], x[r], 0, c);
                if (steps == 2) acc[r][g][half] = word_dot_lane(acc[r][g][half], y.step[1][half], x[r], 1, c);
            }
        }
    }
}

/* Segments [i, end) of R rows and of G groups from g0 on. */
static ALWAYS_INLINE void fuse(const struct ffp8_dot *d, size_t i, size_t end, const size_t R, const size_t g0, const size_t G,
                               const ffp8_class c, const enum decoding how, struct sums *sums) {
    const struct decoder decoder = decoder_of(d->lut);
    const size_t steps = c == FFP8_CLASS_F32 ? 2 : 1, X = c == FFP8_CLASS_I8 ? R + 1 : R, lda = d->lda_bytes;
    int32x4_t acc[5][4][2], x[5];
    size_t room = d->carry_words;
    UNROLL for (size_t r = 0; r < X; r++) { UNROLL for (size_t g = 0; g < G; g++) acc[r][g][0] = acc[r][g][1] = vdupq_n_s32(0); }
    if (X > R) x[R] = word_of_a(vreinterpretq_s32_u8(vdupq_n_u8(d->a_offset)), c);
    for (; i < end; i++) {
        const uint8_t *a = d->a[i], *lines = ffp8_dot_b(d, i) + 16 * g0;
        for (size_t left = d->words, run; left > 0; left -= run) {
            if (c == FFP8_CLASS_I16 && room == 0) {
                UNROLL for (size_t r = 0; r < R; r++) {
                    UNROLL for (size_t g = 0; g < G; g++) {
                        UNROLL for (size_t half = 0; half < 2; half++)
                            acc[r][g][half] = carry(acc[r][g][half], sums->high[r] + group_column(g0 + g, half));
                    }
                }
                room = d->carry_words;
            }
            size_t words = run = c == FFP8_CLASS_I16 ? ffp8_min_size(left, room) : left;
            room -= run;
            for (; words >= steps; words -= steps, a += steps * FFP8_WORD_BYTES, lines += lines_bytes(c)) {
                UNROLL for (size_t r = 0; r < R; r++)
                    x[r] = word_of_a(steps == 2 ? load_two_words(a + r * lda) : load_word(a + r * lda), c);
                fuse_steps(acc, x, lines, &decoder, X, G, steps, c, how);
            }
            if (words) {
                UNROLL for (size_t r = 0; r < R; r++) x[r] = load_word(a + r * lda);
                fuse_steps(acc, x, lines, &decoder, X, G, 1, c, how);
            }
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t g = 0; g < G; g++) {
            UNROLL for (size_t half = 0; half < 2; half++) {
                int32x4_t sum = acc[r][g][half];
                if (X > R) sum = vsubq_s32(sum, acc[R][g][half]);
                vst1q_s32(sums->low[r] + group_column(g0 + g, half), sum);
            }
        }
    }
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, const ffp8_class c, const enum decoding how) {
    const size_t step = d->flags & FFP8_DOT_EACH ? 1 : d->count; /* segments of a sum */
    struct sums sums;
    size_t i = 0;
    do {
        const size_t end = i + step;
        sums_begin(&sums, d, step * d->words, c);
        switch (d->rows) {
        case 1: fuse(d, i, end, 1, 0, 4, c, how, &sums); break;
        case 2: fuse(d, i, end, 2, 0, 4, c, how, &sums); break;
        case 3:
            for (size_t g = 0; g < 4; g += 2) fuse(d, i, end, 3, g, 2, c, how, &sums);
            break;
        default:
            for (size_t g = 0; g < 4; g += 2) fuse(d, i, end, 4, g, 2, c, how, &sums);
            break;
        }
        sums_finish(d, i, &sums, c);
        i = end;
    } while (i < d->count);
}

static ALWAYS_INLINE void fused_panel(const struct ffp8_dot *d, const ffp8_class c) {
    switch (decoding_of(d->lut, c)) {
    case BY_TABLE: fused_rows(d, c, BY_TABLE); break;
    case BY_MIRRORED_TABLE: fused_rows(d, c, BY_MIRRORED_TABLE); break;
    case BY_SAME: fused_rows(d, c, BY_SAME); break;
    case BY_NIBBLE: fused_rows(d, c, BY_NIBBLE); break;
    case BY_HALF: fused_rows(d, c, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: fused_rows(d, c, BY_HALF_WITH_SPECIALS); break;
    }
}

static ALWAYS_INLINE void fused_class(const struct ffp8_dot *d, ffp8_class c) { ffp8_dot_panels(d, c, fused_panel); }

#endif
