/* SPDX-License-Identifier: Apache-2.0
 *
 * nest.h - the one loop nest under GEMM, GEMV and convolution
 *
 * for each block of columns: for each block of k: expand B's panels once; for each tile of rows: for each panel: dot.
 * With the last block of k, finish() turns FP32 sums into output, a few tiles at a time. No ISA knowledge beyond the table's numbers.
 *
 * k is a list of segments of equal length: one for GEMM, one per tap or row of taps for convolution (implicit GEMM: a segment is an address
 * offset). How k is cut depends on nothing but the class, the table, segments, words, groups and exact_terms, so that neither rows nor
 * columns nor threads change a sum.
 */
#ifndef FFP8_NEST_H
#define FFP8_NEST_H

#include "../kernels/kernels.h"

/* Up to mr rows (fused: fused_rows) of staged A, a_step bytes apart, whose sums lie c_step rows of c apart. Its segments are those in
 * [segment_begin, segment_end), the first and the last of them included, whose index modulo nest.segments_across lies in
 * [across_begin, across_end); the others are known to be zero (convolution's padding). None: segment_begin == segment_end. */
struct ffp8_tile {
    const uint8_t *a;
    size_t a_step;
    size_t row, c_step; /* its first row in c */
    size_t rows;
    size_t segment_begin, segment_end;
    size_t across_begin, across_end;
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
    size_t segments_across; /* of a row of taps */

    /* A */
    const size_t *segment_offset; /* bytes from a tile's a, one a segment; NULL: zero (one segment) */
    size_t segment_words;         /* words of A in a segment; the lines may hold up to 3 elements of padding more */
    uint8_t a_offset;
    const struct ffp8_tile *tiles;
    size_t tile_count, rows; /* rows: of c, one more than the largest that a tile has */

    /* Scales, both operands' shifts folded in. Groups along k: group_words words each (a multiple of whole lines; only with one segment);
     * without groups group_words is 0 and there is one row of each. Indexed by column and by row of c. */
    const void *col_scale; /* [groups][ld_col_scale], ld_col_scale a multiple of 32, 32 readable from each panel's first column */
    size_t ld_col_scale;
    bool col_e8m0; /* E8M0 codes, else FP32 */
    /* Fills col_scale for a block of columns, the first of which is then col_scale's first. NULL: col_scale has all columns. */
    void (*scale_block)(void *context, size_t column, size_t columns);
    const float *row_scale; /* [groups][ld_row_scale], or NULL: ones */
    size_t ld_row_scale;
    size_t group_words;

    size_t exact_terms; /* I8, I16: k terms whose sum is exact in int32 */

    /* Sums: c[row * ldc + column - (direct ? 0 : first column of the block)]. Where all of k is kept expanded at once and c is not direct,
     * rows begin anew at c's top after each finish(), so that they stay in the nearest cache. */
    float *c;
    size_t ldc;         /* not direct: at least ffp8_nest_columns() */
    bool direct;        /* c has all columns: the user's FP32 matrix, or groups side by side */
    size_t finish_rows; /* rows to complete before they are finished, or more. SIZE_MAX: all; needed where tiles do not follow each other */
    /* A multiple of 32, or 0. Where rows begin anew and a block has more columns: each tile is finished so many columns at a time, at c's top
     * with ldc = finish_columns, so that sums never leave the nearest cache. */
    size_t finish_columns;
    /* Some rows of one block of columns, or of a strip; c is that of the first of both. NULL: sums stay as they are. */
    void (*finish)(void *context, size_t row, size_t rows, size_t column, size_t columns, float *c, size_t ldc);
    void *context;

    void *scratch; /* ffp8_nest_scratch bytes, 64-byte aligned */
};

/* Columns that finish() and scale_block() see at most. */
size_t ffp8_nest_columns(const struct ffp8_nest *nest);
/* Whether one call expands each panel once and leaves all of them in scratch. */
bool ffp8_nest_keeps_panels(const struct ffp8_nest *nest);
/* Whether the integer classes' sums are as short as kernels.h asks. */
bool ffp8_nest_sums_fit(const struct ffp8_nest *nest);
/* Bytes of scratch for panels and parts of sums. Looks at kernels, class_of, fused, chunk_bytes, columns, segments, segment_words, group_words, exact_terms
 * and rows (the most that one call has). SIZE_MAX: overflow. */
size_t ffp8_nest_scratch(const struct ffp8_nest *nest);
void ffp8_nest_run(const struct ffp8_nest *nest);

#endif
