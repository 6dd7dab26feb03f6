/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_256.h - the expand kernels of the tiers with 256-bit registers
 *
 * panel[word][column] = decoded lines; see kernels.h and line_256.h. Bound: the decoding's shuffles and conversions.
 * The head of an I8 panel, -128 times each column's sum, is itself a dot product with the constant 128.
 */
#ifndef FFP8_EXPAND_256_H
#define FFP8_EXPAND_256_H

#include "finish_256.h"
#include "line_256.h"

/* What decode_half takes: one step, or two of one line (F32). sum[u][x]: I8 only, 128 times the sums of columns 16u + 8x + 0..7. */
static ALWAYS_INLINE void expand_steps(const struct line_decoder *t, const uint8_t *lines, uint8_t *panel, size_t steps, ffp8_class c,
                                       enum line_kind kind, __m256i (*sum)[2]) {
    prefetch_lines(lines, c);
    UNROLL
    for (size_t x = 0; x < 2; x++) {
        __m256i word[2][2];
        decode_half(t, lines + x * HALF_BYTES, c, kind, word);
        UNROLL
        for (size_t s = 0; s < steps; s++) {
            UNROLL
            for (size_t u = 0; u < 2; u++) {
                _mm256_store_si256((__m256i *)(panel + s * FFP8_STEP_BYTES + u * 64 + x * 32), word[s][u]);
                if (c == FFP8_CLASS_I8) sum[u][x] = dot(sum[u][x], _mm256_set1_epi8(-128), word[s][u], c);
            }
        }
    }
}

static ALWAYS_INLINE void expand_kind(const uint8_t *lines, uint8_t *panel, size_t words, const struct ffp8_lut *lut, ffp8_class c,
                                      enum line_kind kind) {
    struct line_decoder t;
    const __m256i zero = _mm256_setzero_si256();
    __m256i sum[2][2] = {{zero, zero}, {zero, zero}};
    const size_t steps = c == FFP8_CLASS_F32 ? 2 : 1;
    uint8_t *step = c == FFP8_CLASS_I8 ? panel + FFP8_STEP_BYTES : panel;
    line_decoder_init(&t, lut);
    for (; words >= steps; words -= steps, lines += lines_bytes(c), step += steps * FFP8_STEP_BYTES)
        expand_steps(&t, lines, step, steps, c, kind, sum);
    if (words) expand_steps(&t, lines, step, 1, c, kind, sum);
    if (c == FFP8_CLASS_I8) {
        UNROLL
        for (size_t i = 0; i < 4; i++) _mm256_store_si256((__m256i *)panel + i, _mm256_sub_epi32(zero, sum[i / 2][i % 2]));
    }
}

static ALWAYS_INLINE void expand_class(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut, ffp8_class c) {
    switch (line_kind(lut, c)) {
    case LINE_TABLE: expand_kind(lines, panel, words, lut, c, LINE_TABLE); break;
    case LINE_NIBBLE: expand_kind(lines, panel, words, lut, c, LINE_NIBBLE); break;
    case LINE_HALF: expand_kind(lines, panel, words, lut, c, LINE_HALF); break;
    case LINE_HALF_SPECIAL: expand_kind(lines, panel, words, lut, c, LINE_HALF_SPECIAL); break;
    case LINE_FLOAT: expand_kind(lines, panel, words, lut, c, LINE_FLOAT); break;
    }
}

#endif
