/* SPDX-License-Identifier: Apache-2.0
 *
 * fused_avx2.c - fused kernels of I16 and F32: one or two rows of A against packed lines
 *
 * Formula: struct ffp8_dot. Each code of B is read once and decoded in registers (line_avx2.h).
 * Registers: 2 rows x 4 accumulators of 8 columns = 8, the rest for decoding; decoding half a line at a time keeps within 16.
 * Order: one accumulator an element of C; segments and words in increasing order. I16 is exact, hence in any order. The chain of dependent
 * additions is shorter than the decoding of a line, so that phases would gain nothing.
 * Bound: decoding, near the memory's speed. Tails: an instance for each number of rows; masked stores for columns.
 */
#include "finish_avx2.h"
#include "line_avx2.h"
#include "x86_dot.h"

enum { FUSED_ROWS = 2 };

/* acc[x][r][u]: columns 16u + 8x + 0..7 */
static ALWAYS_INLINE void fused_line(const struct line_decoder *t, __m256i (*acc)[FUSED_ROWS][2], const uint8_t *a, size_t lda,
                                     const uint8_t *line, size_t rows, size_t steps, ffp8_class c, enum line_kind kind) {
    _mm_prefetch((const char *)line + PREFETCH_BYTES, _MM_HINT_T0);
    UNROLL
    for (size_t x = 0; x < 2; x++) {
        __m256i word[2][2];
        decode_half(t, line + x * HALF_BYTES, c, kind, word);
        UNROLL
        for (size_t s = 0; s < steps; s++) {
            UNROLL
            for (size_t r = 0; r < rows; r++) {
                __m256i k = broadcast(a + r * lda + s * FFP8_WORD_BYTES);
                acc[x][r][0] = dot(acc[x][r][0], k, word[s][0], c);
                acc[x][r][1] = dot(acc[x][r][1], k, word[s][1], c);
            }
        }
    }
}

static ALWAYS_INLINE void fused_tile(const struct ffp8_dot *d, size_t rows, ffp8_class c, enum line_kind kind) {
    struct line_decoder t;
    __m256i acc[2][FUSED_ROWS][2];
    const size_t lda = d->lda_bytes, steps = c == FFP8_CLASS_F32 ? 2 : 1;
    line_decoder_init(&t, d->lut);
    UNROLL
    for (size_t r = 0; r < rows; r++) acc[0][r][0] = acc[0][r][1] = acc[1][r][0] = acc[1][r][1] = _mm256_setzero_si256();
    for (size_t i = 0; i < d->count; i++) {
        const uint8_t *a = d->a[i], *line = d->b[i];
        size_t w = d->words;
        for (; w >= steps; w -= steps, a += steps * FFP8_WORD_BYTES, line += FFP8_LINE_BYTES) {
            fused_line(&t, acc, a, lda, line, rows, steps, c, kind);
        }
        if (w) fused_line(&t, acc, a, lda, line, rows, 1, c, kind);
    }
    finish(d, acc[0], rows, 0, 16, c);
    finish(d, acc[1], rows, 8, 24, c);
}

static ALWAYS_INLINE void fused_rows(const struct ffp8_dot *d, ffp8_class c, enum line_kind kind) {
    if (d->rows == 1) {
        fused_tile(d, 1, c, kind);
    } else {
        fused_tile(d, 2, c, kind);
    }
}

void ffp8_fused_i16_avx2(const struct ffp8_dot *d) {
    if (line_kind(d->lut, FFP8_CLASS_I16) == LINE_NIBBLE) {
        fused_rows(d, FFP8_CLASS_I16, LINE_NIBBLE);
    } else {
        fused_rows(d, FFP8_CLASS_I16, LINE_TABLE);
    }
}

void ffp8_fused_f32_avx2(const struct ffp8_dot *d) {
    switch (line_kind(d->lut, FFP8_CLASS_F32)) {
    case LINE_HALF: fused_rows(d, FFP8_CLASS_F32, LINE_HALF); break;
    case LINE_HALF_SPECIAL: fused_rows(d, FFP8_CLASS_F32, LINE_HALF_SPECIAL); break;
    default: fused_rows(d, FFP8_CLASS_F32, LINE_TABLE);
    }
}
