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
    bool packed;
};
/* Everything but the workspace's size. `query`: pointers other than the blob's may be NULL. */
ffp8_status ffp8_conv_check(const ffp8_conv_args *args, bool query, struct ffp8_conv_call *call);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_pack.c
 */

/* The header of a plain filter's blob without its measured members. FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_conv_layout(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header);
/* The blob; `header` is complete but for the checksum. */
void ffp8_conv_write(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, const struct ffp8_packed_header *header, void *blob);
/* Which of the packed orders a header describes. */
enum ffp8_conv_order ffp8_conv_packed_order(const struct ffp8_packed_header *header);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_stage.c: rows of x become rows of elements with a zero border, channels innermost
 *
 * A slab is what some neighbouring output rows of one image read: staged rows of row_pixels pixels of pixel_elements elements. A pixel holds
 *     TAPS:  the groups one after the other, each padded with zeros to whole words;
 *     ROWS:  its channels, unpadded, so that the pixels of a kernel row are one run; zeros behind the row take up the last word of its last run;
 *     LANES: for each channel c of a group, the c_out lanes' inputs: x[o / group_out * group_in + c], perhaps with a cache line of nothing behind them.
 * Of a kernel one row high only every stride_h-th row is staged, and alike for columns.
 */
struct ffp8_conv_stage {
    const struct ffp8_kernels *kernels;
    const struct ffp8_operands *operands;
    const struct ffp8_conv_problem *problem;
    enum ffp8_conv_order order;
    size_t row_step, column_step; /* staged rows and pixels between those of neighbouring outputs */
    size_t x_step_h, x_step_w;    /* rows and pixels of x between staged ones */
    size_t group_elements, pixel_elements, pixel_bytes, row_pixels, tail_elements, row_bytes;
    size_t scratch_bytes, transposed_bytes; /* of one row on its way; the latter part of it is an NCHW row turned to NHWC */
};
void ffp8_conv_stage_init(struct ffp8_conv_stage *stage, const struct ffp8_kernels *kernels, const struct ffp8_operands *operands,
                          const struct ffp8_conv_problem *problem, enum ffp8_conv_order order);

static inline size_t ffp8_conv_slab_rows(const struct ffp8_conv_stage *stage, size_t out_rows) {
    return (out_rows - 1) * stage->row_step + (stage->problem->dims.kernel_h - 1) * stage->problem->dims.dilation_h + 1;
}
/* Output rows p .. p + out_rows - 1 of an image. */
void ffp8_conv_stage_slab(const struct ffp8_conv_stage *stage, size_t image, size_t p, size_t out_rows, void *slab, void *scratch);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_finish.c
 */

/* Sums of `columns` channels from `channel` on, of `pixels` outputs from `pixel` on (all images' outputs, row by row), which are overwritten.
 * Returns the largest magnitude, as ffp8_output_row does. */
float ffp8_conv_finish(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, size_t pixel, size_t pixels,
                       size_t channel, size_t columns, float *sums, size_t ld);

/* ---------------------------------------------------------------------------------------------------------------
 * depthwise.c: the LANES order, one output row at a time
 */

/* Decodes the weights to [kh][kw][channel of the group][lanes] elements. */
void ffp8_conv_lanes_weights(const struct ffp8_conv_stage *stage, const struct ffp8_packed_header *header, const uint8_t *codes,
                             void *weights);
/* `row`: the staged row of the first tap. Taps in rows outside [begin, end) are known to be zero. pointers: 2 * kernel_h * kernel_w * group_in. */
void ffp8_conv_lanes_row(const struct ffp8_conv_stage *stage, const void *weights, const uint8_t *row, size_t begin, size_t end,
                         const float *scale, const void **pointers, float *c, size_t ldc);

#endif
