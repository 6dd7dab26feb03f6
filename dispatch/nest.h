/* SPDX-License-Identifier: Apache-2.0
 *
 * nest.h - the one loop nest under GEMM, GEMV and convolution
 *
 * for each block of columns: for each block of k: expand B's panels once; for each tile of rows: for each panel: dot.
 * When k is done, finish() turns the block's FP32 sums into output. No ISA knowledge beyond the table's numbers.
 *
 * k is a list of segments of equal length: one for GEMM, one per tap or row of taps for convolution (implicit GEMM: a segment is an address
 * offset). How k is cut depends on nothing but the class, the table, segments, words, groups and exact_terms, so that neither rows nor
 * columns nor threads change a sum.
 */
#ifndef FFP8_NEST_H
#define FFP8_NEST_H

#include "../kernels/kernels.h"

/* Up to mr rows (fused: fused_rows) of staged A, lda_bytes apart. Segments outside [segment_begin, segment_end) are known to be zero
 * (convolution's padding). */
struct ffp8_tile {
    const uint8_t *a;
    size_t row; /* its first row in c */
    size_t rows;
    size_t segment_begin, segment_end;
};

struct ffp8_nest {
    const struct ffp8_kernels *kernels;
    ffp8_class class_of; /* kernels->runs_as already applied */
    bool fused;          /* read lines directly: for few rows. The caller decides by the size of the whole problem, not of its piece */
    size_t chunk_bytes;  /* expanded bytes of a column that are kept at once; 0: the table's kc_bytes. Decided as `fused` is */
    bool panels_ready;   /* the last call left them in scratch: same B, columns and cut, and ffp8_nest_keeps_panels */

    /* B: [panels][segments][segment_lines][64 bytes] */
    const uint8_t *lines;
    /* Or plain rows of weights, one a column, plain_ld apart, of plain_k codes (fused, one segment): instead of lines. */
    const uint8_t *plain;
    size_t plain_ld, plain_k;
    uint8_t pad_code;
    const struct ffp8_lut *lut;
    size_t column_begin, column_end; /* of this call; column_begin is a multiple of 32 */
    size_t segments, segment_lines;

    /* A */
    const size_t *segment_offset; /* bytes from a tile's a, one a segment; NULL: zero (one segment) */
    size_t segment_words;         /* words of A in a segment; the lines may hold up to 3 elements of padding more */
    size_t lda_bytes;
    uint8_t a_offset;
    const struct ffp8_tile *tiles;
    size_t tile_count, rows; /* rows: of c, one more than the largest that a tile has */

    /* Scales, both operands' shifts folded in. Groups along k: group_words words each (a multiple of whole lines; only with one segment);
     * without groups group_words is 0 and there is one row of each. Indexed by column and by row of c. */
    const float *col_scale; /* [groups][ld_col_scale], ld_col_scale a multiple of 32, 32 readable from each panel's first column */
    size_t ld_col_scale;
    const float *row_scale; /* [groups][ld_row_scale], or NULL: ones */
    size_t ld_row_scale;
    size_t group_words;

    size_t exact_terms; /* I8, I16: k terms whose sum is exact in int32 */

    /* Sums: c[row * ldc + column - (direct ? 0 : first column of the block)]. */
    float *c;
    size_t ldc;  /* not direct: at least ffp8_nest_columns() */
    bool direct; /* c is the user's FP32 matrix and needs no finish */
    void (*finish)(void *context, size_t column, size_t columns, float *c, size_t ldc); /* all rows of one block of columns */
    void *context;

    void *scratch; /* ffp8_nest_scratch bytes, 64-byte aligned */
};

/* Columns that finish() sees at most. */
size_t ffp8_nest_columns(const struct ffp8_nest *nest);
/* Whether one call expands each panel once and leaves all of them in scratch. */
bool ffp8_nest_keeps_panels(const struct ffp8_nest *nest);
/* Bytes of scratch for panels and wide sums. Looks at kernels, class_of, fused, chunk_bytes, columns, segments, segment_words, group_words, exact_terms
 * and rows (the most that one call has). SIZE_MAX: overflow. */
size_t ffp8_nest_scratch(const struct ffp8_nest *nest);
void ffp8_nest_run(const struct ffp8_nest *nest);

#endif
