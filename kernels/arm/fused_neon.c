/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_neon.c - the batch-reduce micro-kernels on packed lines, decoded in registers, for up to 4 rows of A: GEMV and small batches
 *
 * Lanes are columns. One line is 2 k-steps of 32 columns in 4 groups (layout: ffp8_expand_fn, decoding: neon_decode.h). 1 and 2 rows take
 * all groups in one pass, 8 and 16 accumulators; 3 and 4 rows take two passes of 2 groups, 12 and 16 accumulators.
 *
 * Order of summation: as dot_neon.c: one sum in increasing k, F32 equals generic bit for bit; I16 exact in int32.
 * Bound: 1 row: decoding (I16: 11 instructions for 16 weights, F32 by half: 9); 4 rows: the multipliers.
 * Tails: an odd last word (F32) uses the even half of its line.
 */
#include "arm_neon_kernels.h"
#include "neon_decode.h"
#include "neon_finish.h"

static ALWAYS_INLINE void fuse_f32(const struct ffp8_dot *d, const size_t R, const size_t g0, const size_t G, const enum decoding how,
                                   float sum[][FFP8_NR]) {
    const struct decoder decoder = decoder_of(d->lut);
    float32x4_t acc[4][4][2];
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t g = 0; g < G; g++) acc[r][g][0] = acc[r][g][1] = vdupq_n_f32(0); }
    size_t lda = d->lda_bytes;
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = d->a[i], *line = (const uint8_t *)d->b[i] + 16 * g0;
        size_t words = d->words;
        for (; words >= 2; words -= 2, a += 8, line += FFP8_LINE_BYTES) {
            float32x2_t x[4];
            UNROLL for (size_t r = 0; r < R; r++) x[r] = vreinterpret_f32_u8(vld1_u8(a + r * lda));
            UNROLL for (size_t g = 0; g < G; g++) {
                struct group_f32 y = decode_group_f32(line + 16 * g, &decoder, how);
                UNROLL for (size_t k = 0; k < 2; k++) {
                    UNROLL for (size_t r = 0; r < R; r++) {
                        acc[r][g][0] = vfmaq_n_f32(acc[r][g][0], y.k[k].val[0], x[r][k]);
                        acc[r][g][1] = vfmaq_n_f32(acc[r][g][1], y.k[k].val[1], x[r][k]);
                    }
                }
            }
        }
        if (words) {
            UNROLL for (size_t r = 0; r < R; r++) {
                float x;
                memcpy(&x, a + r * lda, sizeof x);
                UNROLL for (size_t g = 0; g < G; g++) {
                    struct group_f32 y = decode_group_f32(line + 16 * g, &decoder, how);
                    acc[r][g][0] = vfmaq_n_f32(acc[r][g][0], y.k[0].val[0], x);
                    acc[r][g][1] = vfmaq_n_f32(acc[r][g][1], y.k[0].val[1], x);
                }
            }
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t g = 0; g < G; g++) {
            vst1q_f32(sum[r] + 4 * (g0 + g), acc[r][g][0]);
            vst1q_f32(sum[r] + FFP8_NR / 2 + 4 * (g0 + g), acc[r][g][1]);
        }
    }
}

static ALWAYS_INLINE void fuse_s16(const struct ffp8_dot *d, const size_t R, const size_t g0, const size_t G, const enum decoding how,
                                   int32_t sum[][FFP8_NR]) {
    const struct decoder decoder = decoder_of(d->lut);
    int32x4_t acc[4][4][2];
    UNROLL for (size_t r = 0; r < R; r++) { UNROLL for (size_t g = 0; g < G; g++) acc[r][g][0] = acc[r][g][1] = vdupq_n_s32(0); }
    size_t lda = d->lda_bytes;
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = d->a[i], *line = (const uint8_t *)d->b[i] + 16 * g0;
        for (size_t words = d->words; words > 0; words--, a += 4, line += FFP8_LINE_BYTES) {
            int16x4_t x[4];
            UNROLL for (size_t r = 0; r < R; r++) {
                uint32_t word;
                memcpy(&word, a + r * lda, sizeof word);
                x[r] = vreinterpret_s16_u32(vdup_n_u32(word));
            }
            UNROLL for (size_t g = 0; g < G; g++) {
                int16x8x2_t y = decode_group_s16(line + 16 * g, &decoder, how);
                UNROLL for (size_t k = 0; k < 2; k++) {
                    UNROLL for (size_t r = 0; r < R; r++) {
                        acc[r][g][0] = vmlal_n_s16(acc[r][g][0], vget_low_s16(y.val[k]), x[r][k]);
                        acc[r][g][1] = vmlal_high_n_s16(acc[r][g][1], y.val[k], x[r][k]);
                    }
                }
            }
        }
    }
    UNROLL for (size_t r = 0; r < R; r++) {
        UNROLL for (size_t g = 0; g < G; g++) {
            vst1q_s32(sum[r] + 4 * (g0 + g), acc[r][g][0]);
            vst1q_s32(sum[r] + FFP8_NR / 2 + 4 * (g0 + g), acc[r][g][1]);
        }
    }
}

static ALWAYS_INLINE void fused_f32(const struct ffp8_dot *d, const enum decoding how) {
    float sum[NEON_FUSED_ROWS][FFP8_NR];
    switch (d->rows) {
    case 1: fuse_f32(d, 1, 0, 4, how, sum); break;
    case 2: fuse_f32(d, 2, 0, 4, how, sum); break;
    case 3:
        for (size_t g = 0; g < 4; g += 2) fuse_f32(d, 3, g, 2, how, sum);
        break;
    default:
        for (size_t g = 0; g < 4; g += 2) fuse_f32(d, 4, g, 2, how, sum);
        break;
    }
    finish_f32(d, sum);
}

static ALWAYS_INLINE void fused_s16(const struct ffp8_dot *d, const enum decoding how) {
    int32_t sum[NEON_FUSED_ROWS][FFP8_NR];
    switch (d->rows) {
    case 1: fuse_s16(d, 1, 0, 4, how, sum); break;
    case 2: fuse_s16(d, 2, 0, 4, how, sum); break;
    case 3:
        for (size_t g = 0; g < 4; g += 2) fuse_s16(d, 3, g, 2, how, sum);
        break;
    default:
        for (size_t g = 0; g < 4; g += 2) fuse_s16(d, 4, g, 2, how, sum);
        break;
    }
    finish_s32(d, sum);
}

void ffp8_fused_f32_neon(const struct ffp8_dot *d) {
    switch (decoding_f32(d->lut)) {
    case BY_HALF: fused_f32(d, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: fused_f32(d, BY_HALF_WITH_SPECIALS); break;
    default: fused_f32(d, BY_TABLE); break;
    }
}

void ffp8_fused_i16_neon(const struct ffp8_dot *d) {
    switch (decoding_s16(d->lut)) {
    case BY_NIBBLE: fused_s16(d, BY_NIBBLE); break;
    default: fused_s16(d, BY_TABLE); break;
    }
}
