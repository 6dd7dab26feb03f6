/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_512.h - the expand kernels of the tiers with 512-bit registers
 *
 * panel[word][column] = decoded lines; see kernels.h and line_512.h. Two words a turn. Bound: the table look-ups, then the stores.
 * The head of an I8 panel, -128 times each column's sum, is itself a dot product with the constant 128.
 */
#ifndef FFP8_EXPAND_512_H
#define FFP8_EXPAND_512_H

#include "dot_512.h"
#include "line_512.h"

/* Returns with the words' sums (times 128) added to sum: I8 only. */
static ALWAYS_INLINE void expand_steps(const struct line_tables *t, const uint8_t *lines, uint8_t *panel, size_t steps, ffp8_class c,
                                       enum line_kind kind, __m512i sum[2]) {
    __m512i word[2][2];
    decode_words(t, lines, steps, c, kind, word);
    UNROLL
    for (size_t s = 0; s < steps; s++) {
        UNROLL
        for (size_t h = 0; h < 2; h++) {
            _mm512_store_si512(panel + s * FFP8_STEP_BYTES + h * 64, word[s][h]);
            if (c == FFP8_CLASS_I8) sum[h] = dot(sum[h], _mm512_set1_epi8(-128), word[s][h], c);
        }
    }
}

static ALWAYS_INLINE void expand_kind(const uint8_t *lines, uint8_t *panel, size_t words, const struct ffp8_lut *lut, ffp8_class c,
                                      enum line_kind kind) {
    struct line_tables t;
    const __m512i zero = _mm512_setzero_si512();
    __m512i sum[2] = {zero, zero};
    uint8_t *step = c == FFP8_CLASS_I8 ? panel + FFP8_STEP_BYTES : panel;
    line_tables_load(&t, lut, c, kind);
    for (; words >= 2; words -= 2, lines += two_steps_bytes(c), step += 2 * FFP8_STEP_BYTES) expand_steps(&t, lines, step, 2, c, kind, sum);
    if (words) expand_steps(&t, lines, step, 1, c, kind, sum);
    if (c == FFP8_CLASS_I8) {
        _mm512_store_si512(panel, _mm512_sub_epi32(zero, sum[0]));
        _mm512_store_si512(panel + 64, _mm512_sub_epi32(zero, sum[1]));
    }
}

static ALWAYS_INLINE void expand_class(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut, ffp8_class c) {
    const enum line_kind kind = line_kind(lut, c, 0);
    if (c == FFP8_CLASS_I8 && kind == LINE_SAME)
        expand_kind(lines, panel, words, lut, c, LINE_SAME);
    else if (c <= FFP8_CLASS_I16 && kind == LINE_NIBBLE)
        expand_kind(lines, panel, words, lut, c, LINE_NIBBLE);
    else if (c >= FFP8_CLASS_BF16 && kind == LINE_MIRRORED)
        expand_kind(lines, panel, words, lut, c, LINE_MIRRORED);
    else if (c == FFP8_CLASS_F32 && kind == LINE_WIDE)
        expand_kind(lines, panel, words, lut, c, LINE_WIDE);
    else
        expand_kind(lines, panel, words, lut, c, LINE_FULL);
}

#endif
