/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_avx2.c - expand kernels of I16 and F32
 *
 * panel[word][column] = decoded lines; see kernels.h and line_avx2.h. Bound: the decoding's shuffles and conversions.
 */
#include "line_avx2.h"
#include "x86_dot.h"

/* One line: one step (I16), two or one (F32). */
static ALWAYS_INLINE void expand_line(const struct line_decoder *t, const uint8_t *line, uint8_t *panel, size_t steps, ffp8_class c,
                                      enum line_kind kind) {
    _mm_prefetch((const char *)line + PREFETCH_BYTES, _MM_HINT_T0);
    UNROLL
    for (size_t x = 0; x < 2; x++) {
        __m256i word[2][2];
        decode_half(t, line + x * HALF_BYTES, c, kind, word);
        UNROLL
        for (size_t s = 0; s < steps; s++) {
            _mm256_store_si256((__m256i *)(panel + s * FFP8_STEP_BYTES + x * 32), word[s][0]);
            _mm256_store_si256((__m256i *)(panel + s * FFP8_STEP_BYTES + x * 32 + 64), word[s][1]);
        }
    }
}

static ALWAYS_INLINE void expand_kind(const uint8_t *line, uint8_t *panel, size_t words, const struct ffp8_lut *lut, ffp8_class c,
                                      enum line_kind kind) {
    struct line_decoder t;
    const size_t steps = c == FFP8_CLASS_F32 ? 2 : 1;
    line_decoder_init(&t, lut);
    for (; words >= steps; words -= steps, line += FFP8_LINE_BYTES, panel += steps * FFP8_STEP_BYTES) {
        expand_line(&t, line, panel, steps, c, kind);
    }
    if (words) expand_line(&t, line, panel, 1, c, kind);
}

void ffp8_expand_i16_avx2(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    if (line_kind(lut, FFP8_CLASS_I16) == LINE_NIBBLE) {
        expand_kind(lines, panel, words, lut, FFP8_CLASS_I16, LINE_NIBBLE);
    } else {
        expand_kind(lines, panel, words, lut, FFP8_CLASS_I16, LINE_TABLE);
    }
}

void ffp8_expand_f32_avx2(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    switch (line_kind(lut, FFP8_CLASS_F32)) {
    case LINE_HALF: expand_kind(lines, panel, words, lut, FFP8_CLASS_F32, LINE_HALF); break;
    case LINE_HALF_SPECIAL: expand_kind(lines, panel, words, lut, FFP8_CLASS_F32, LINE_HALF_SPECIAL); break;
    default: expand_kind(lines, panel, words, lut, FFP8_CLASS_F32, LINE_TABLE);
    }
}
