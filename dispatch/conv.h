/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.h - what the files of convolution share: checked problems, the packed layouts, the staging of rows
 */
#ifndef FFP8_CONV_H
#define FFP8_CONV_H

#include "../kernels/generic/conv_generic.h"
#include "finish.h"
#include "packed.h"
#include "stage.h"

/* The public functions on a given table, usable on this CPU. */
ffp8_status ffp8_conv_workspace_on(const struct ffp8_kernels *kernels, const ffp8_conv_args *args, size_t *bytes);
ffp8_status ffp8_conv_run(const struct ffp8_kernels *kernels, const ffp8_conv_args *args);
/* The oracle: one thread, no workspace. */
ffp8_status ffp8_conv_oracle(const ffp8_conv_args *args);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_check.c
 */

/* Shape and filter sizes only: what packing needs. FFP8_ERROR_SHAPE, FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_conv_filter_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims);
/* The whole shape. */
ffp8_status ffp8_conv_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims);
/* Format, order and scales of a plain filter; its data may be NULL (`query`). */
ffp8_status ffp8_conv_filter_check(const ffp8_filter *filter, const struct ffp8_conv_dims *dims, bool query);

/* A checked call. */
struct ffp8_conv_call {
    struct ffp8_conv_problem problem;
    /* Of the blob, or as the plain filter would be packed, all codes of its format counting as used. */
    struct ffp8_packed_header header;
    struct ffp8_packed_places places;
    bool packed;
};
/* Everything but the workspace's size. `query`: pointers other than the blob's may be NULL. */
ffp8_status ffp8_conv_check(const ffp8_conv_args *args, bool query, struct ffp8_conv_call *call);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_pack.c
 */

/* The header of a plain filter's blob without its measured members. FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_conv_layout(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header,
                             struct ffp8_packed_places *places);
/* The blob; `header` is complete but for the checksum. */
void ffp8_conv_write(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, const struct ffp8_packed_header *header,
                     const struct ffp8_packed_places *places, void *blob);
/* Which of the packed orders a header describes. */
enum ffp8_conv_order ffp8_conv_packed_order(const struct ffp8_packed_header *header);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_stage.c: rows of x become rows of elements with a zero border, channels innermost
 *
 * A slab is what some neighbouring output rows of one image read: staged rows of row_pixels pixels of pixel_elements elements. A pixel holds
 *     TAPS:  the groups one after the other, each padded with zeros to whole words;
 *     ROWS:  its channels, unpadded, so that the pixels of a kernel row are one run; zeros behind the row take up the last word of its last run;
 *     LANES: as TAPS, perhaps with a cache line of nothing behind it; with one channel a group, two rows of 16-bit elements make one staged row, each
 *            word of which holds a channel of the upper and of the lower row. Blocks of 2 * dilation rows are staged as `dilation` such pairs,
 *            so that two rows of a kernel's taps that a pair covers lie in one pair for all output rows alike.
 * Of a kernel one row high only every stride_h-th row is staged, and alike for columns. Rows are counted from the padding's first on.
 */
struct ffp8_conv_stage {
    const struct ffp8_kernels *kernels;
    const struct ffp8_operands *operands;
    const struct ffp8_conv_problem *problem;
    enum ffp8_conv_order order;
    bool pairs;                   /* two rows make one */
    size_t dilation;              /* rows between taps, 1 for kernels one row high */
    size_t row_step, column_step; /* rows and pixels between those of neighbouring outputs */
    size_t x_step_h, x_step_w;    /* rows and pixels of x between them */
    size_t group_elements, pixel_elements, pixel_bytes, row_pixels, tail_elements, row_bytes;
    bool planes;                                     /* x is NCHW, and that is not the same as NHWC */
    size_t turned_rows, turned_bytes, scratch_bytes; /* rows that are turned to NHWC at once; of them; of all that scratch holds */
};
void ffp8_conv_stage_init(struct ffp8_conv_stage *stage, const struct ffp8_kernels *kernels, const struct ffp8_operands *operands,
                          const struct ffp8_conv_problem *problem, enum ffp8_conv_order order);

/* Staged rows of a slab, at most. */
static inline size_t ffp8_conv_slab_rows(const struct ffp8_conv_stage *stage, size_t out_rows) {
    const size_t dilation = stage->dilation;
    const size_t rows = (out_rows - 1) * stage->row_step + (stage->problem->dims.kernel_h - 1) * dilation + 1;
    return stage->pairs ? ffp8_ceil_div(rows + 2 * dilation - 1, 2 * dilation) * dilation : rows;
}
/* In a slab that begins with output row `first`: the staged row under the first tap of output row `row`. */
static inline size_t ffp8_conv_slab_row(const struct ffp8_conv_stage *stage, size_t first, size_t row) {
    const size_t dilation = stage->dilation, from = first * stage->row_step, to = row * stage->row_step;
    return stage->pairs ? (to / (2 * dilation) - from / (2 * dilation)) * dilation + to % dilation : to - from;
}
/* Whether the first tap of output row `row` is the second row of its pair. */
static inline size_t ffp8_conv_second_of_pair(const struct ffp8_conv_stage *stage, size_t row) {
    return row * stage->row_step / stage->dilation % 2;
}
/* Output rows p .. p + out_rows - 1 of an image. Returns the number of staged rows. */
size_t ffp8_conv_stage_slab(const struct ffp8_conv_stage *stage, size_t image, size_t p, size_t out_rows, void *slab, void *scratch);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_finish.c
 */

/* How outputs are written. */
enum ffp8_conv_output_order {
    FFP8_CONV_PIXELS, /* to y, NHWC, or where NCHW is the same */
    FFP8_CONV_TURNED, /* NCHW by way of pixels: a quarter of the bytes to be turned if FFP8 codes are, and rows that are finished are longer */
    FFP8_CONV_PLANES /* NCHW: sums are turned, for residuals, the old y and stochastic rounding go by y's order */
};
enum ffp8_conv_output_order ffp8_conv_output_order(const struct ffp8_conv_problem *problem);

/* Where pixels go: output (pixel, channel) is element first + pixel * ld + channel of what output->c points to; modulo 2^64. */
struct ffp8_conv_pixels {
    size_t first, ld;
};

/* Sums of `columns` channels from `channel` on, of `pixels` outputs from `pixel` on (all images' outputs, row by row), which are overwritten.
 * bias: of bias_pixels pixels side by side, or NULL. Return the largest magnitude, as ffp8_output_row does. */
float ffp8_conv_finish_pixels(const struct ffp8_output *output, const struct ffp8_conv_pixels *to, const float *bias, size_t bias_pixels,
                              size_t pixel, size_t pixels, size_t channel, size_t columns, float *sums, size_t ld);
float ffp8_conv_finish_planes(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, const float *bias, size_t pixel,
                              size_t pixels, size_t channel, size_t columns, const float *sums, size_t ld);
/* Finished pixels to y: channels [channel, channel + columns), src points to the first one's. */
void ffp8_conv_turn(const struct ffp8_conv_problem *problem, const struct ffp8_kernels *kernels, const void *src, size_t pixel,
                    size_t pixels, size_t channel, size_t columns);

/* ---------------------------------------------------------------------------------------------------------------
 * depthwise.c: the LANES order, one output row at a time
 */

/* Taps of one output, at most, and words of the decoded weights. */
size_t ffp8_conv_lanes_taps(const struct ffp8_conv_stage *stage);
size_t ffp8_conv_lanes_words(const struct ffp8_conv_stage *stage);
void ffp8_conv_lanes_weights(const struct ffp8_conv_stage *stage, const uint8_t *codes, void *weights);
/* Which word of a pixel each output channel sees under a group's first word; false: its own, and nothing is written. */
bool ffp8_conv_lanes_map(const struct ffp8_conv_stage *stage, uint32_t *lane);
/* How many output rows from row p of an image on see the same words of x: 1 or 2. */
size_t ffp8_conv_lanes_together(const struct ffp8_conv_stage *stage, size_t p);
/* Sets what all pixels of depthwise->rows output rows from row p of an image on share. `staged`: the staged row of the first tap. Kernel rows
 * outside [begin, end) of the first of them are known to be zero.
 * pointers: (1 + FFP8_LANES_ROWS) * ffp8_conv_lanes_taps(). */
void ffp8_conv_lanes_begin(const struct ffp8_conv_stage *stage, const void *weights, const uint8_t *staged, size_t p, size_t begin,
                           size_t end, const void **pointers, struct ffp8_depthwise *depthwise);
void ffp8_conv_lanes_run(const struct ffp8_conv_stage *stage, const struct ffp8_depthwise *depthwise);

#endif
