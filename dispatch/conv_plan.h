/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_plan.h - how a convolution will be computed: everything that is known before the first element is read
 */
#ifndef FFP8_CONV_PLAN_H
#define FFP8_CONV_PLAN_H

#include "conv.h"
#include "nest.h"

enum { FFP8_CONV_ALIGNMENT = 64 }; /* of all places in the workspace */

/* Places in the workspace: of a call, and within the share of a piece. */
struct ffp8_conv_places {
    size_t blob, scales, offsets, weights, lanes, bias, amax, pieces, bytes;
    size_t slabs, scratch, sums, tiles, pointers, nest, pixels, piece_bytes;
};

struct ffp8_conv_plan {
    struct ffp8_conv_call call;
    const struct ffp8_kernels *kernels;
    struct ffp8_operands operands;
    double unit; /* 2^operands.shift */
    struct ffp8_conv_stage stage;
    enum ffp8_conv_order order; /* of the packed weights */
    enum ffp8_conv_output_order output_order;
    const char *why; /* the oracle computes, because ...; NULL: this file does */
    bool flat;       /* tiles run on from row to row: 1 x 1 kernels */
    bool fused;
    bool meets_strangers;          /* output rows that read Inf or NaN are the oracle's */
    size_t band_rows, band_images; /* at most; band_images is 0 where an image takes several bands */
    size_t finish_pixels;          /* outputs that are finished together; SIZE_MAX: those of a band */
    size_t finish_columns;         /* channels of a tile that are finished together; 0: all */
    size_t bias_pixels;            /* whose biases are kept side by side */
    bool keeps_panels;             /* a piece's weights are expanded once */
    bool splits_columns;           /* outputs at the left and right border are tiles of their own, without the taps beside the image */
    size_t row_pieces, column_pieces;
    struct ffp8_conv_places at;
};

static inline size_t ffp8_conv_output_rows(const struct ffp8_conv_dims *d) { return d->batch * d->out_h; }
static inline size_t ffp8_conv_group_lanes(const struct ffp8_conv_dims *d) { return ffp8_conv_panels(d) * FFP8_NR; }

/* Channels of a piece with columns [begin, end): those of all groups. */
static inline size_t ffp8_conv_piece_channels(const struct ffp8_conv_plan *plan, size_t begin, size_t end) {
    return plan->call.problem.dims.groups > 1 ? plan->call.problem.dims.c_out : end - begin;
}

/* `query`: pointers other than the blob's may be NULL. */
ffp8_status ffp8_conv_plan_make(const struct ffp8_kernels *kernels, const ffp8_conv_args *args, bool query, struct ffp8_conv_plan *plan);
/* Everything of a nest but its places in the workspace. */
struct ffp8_nest ffp8_conv_plan_nest(const struct ffp8_conv_plan *plan, size_t column_begin, size_t column_end, size_t rows);
/* Scale of an output channel with both operands' shifts. False: it leaves FP32's normal range, where it would be rounded once more. */
bool ffp8_conv_plan_scale(const struct ffp8_conv_plan *plan, size_t channel, float *scale);

#endif
