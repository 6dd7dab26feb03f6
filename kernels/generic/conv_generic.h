/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_generic.h - a convolution whose arguments have been checked, and the oracle that computes it from first principles
 */
#ifndef FFP8_CONV_GENERIC_H
#define FFP8_CONV_GENERIC_H

#include "../../dispatch/scales.h"
#include "../kernel_util.h"
#include "dot_generic.h"

/* The shape with its defaults filled in; all products of sizes that index x, y and the filter fit size_t. */
struct ffp8_conv_dims {
    size_t batch, in_h, in_w, c_in, c_out, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
    size_t out_h, out_w;        /* 0 where only packing is asked for */
    size_t group_in, group_out; /* channels of one group */
};

/* Where the code of one weight stands. */
enum ffp8_conv_order {
    FFP8_CONV_OHWI = FFP8_ORDER_OHWI, /* plain */
    FFP8_CONV_OIHW = FFP8_ORDER_OIHW,
    FFP8_CONV_TAPS, /* lines, one segment per (kh, kw): k runs over the group's channels */
    FFP8_CONV_ROWS, /* lines, one segment per kh: k runs over (kw, channel) */
    FFP8_CONV_LANES /* [kh][kw][channel of the group][c_out padded to 64]: output channels in lanes */
};

static inline size_t ffp8_conv_panels(const struct ffp8_conv_dims *d) { return ffp8_ceil_div(d->group_out, FFP8_NR); }
static inline size_t ffp8_conv_lanes(const struct ffp8_conv_dims *d) { return ffp8_ceil_div(d->c_out, FFP8_LINE_BYTES) * FFP8_LINE_BYTES; }
static inline size_t ffp8_conv_segments(const struct ffp8_conv_dims *d, enum ffp8_conv_order order) {
    return order == FFP8_CONV_ROWS ? d->kernel_h : d->kernel_h * d->kernel_w;
}
/* Elements of k in a segment, and the lines that they take: whole words of every class. */
static inline size_t ffp8_conv_segment_k(const struct ffp8_conv_dims *d, enum ffp8_conv_order order) {
    return order == FFP8_CONV_ROWS ? d->kernel_w * d->group_in : d->group_in;
}
static inline size_t ffp8_conv_segment_lines(const struct ffp8_conv_dims *d, enum ffp8_conv_order order) {
    return ffp8_ceil_div(ffp8_conv_segment_k(d, order), 4) * 2;
}

/* Index of the code of output channel o, tap (i, j), channel c of o's group. */
static inline size_t ffp8_conv_code_index(const struct ffp8_conv_dims *d, enum ffp8_conv_order order, size_t o, size_t i, size_t j,
                                          size_t c) {
    switch (order) {
    case FFP8_CONV_OHWI: return ((o * d->kernel_h + i) * d->kernel_w + j) * d->group_in + c;
    case FFP8_CONV_OIHW: return ((o * d->group_in + c) * d->kernel_h + i) * d->kernel_w + j;
    case FFP8_CONV_LANES: return ((i * d->kernel_w + j) * d->group_in + c) * ffp8_conv_lanes(d) + o;
    case FFP8_CONV_TAPS:
    case FFP8_CONV_ROWS: break;
    }
    const size_t panel = o / d->group_out * ffp8_conv_panels(d) + o % d->group_out / FFP8_NR;
    const size_t segment = order == FFP8_CONV_ROWS ? i : i * d->kernel_w + j;
    const size_t k = order == FFP8_CONV_ROWS ? j * d->group_in + c : c;
    const size_t lines = (panel * ffp8_conv_segments(d, order) + segment) * ffp8_conv_segment_lines(d, order);
    return lines * FFP8_LINE_BYTES + ffp8_line_index(k, o % d->group_out % FFP8_NR);
}

struct ffp8_conv_problem {
    const ffp8_conv_args *args;
    struct ffp8_conv_dims dims;
    const uint8_t *codes; /* of the filter; NULL in size queries */
    enum ffp8_conv_order order;
    ffp8_format w_format;
    struct ffp8_scale_grid w_scales;
    ffp8_class class_of; /* of the product */
};

/* Output rows [begin, end) of the batch * out_h rows; returns their amax as ffp8_amax_fn does.
 *
 * sum: products of decoded values added in double (exact for I8 and I16), rounded once to 24 bits; times the scale, itself rounded to FP32;
 * then the steps of the epilogue as ffp8.h orders them. Slow on purpose: nothing here shares code with the fast path but the scalar kernels of
 * the generic table. */
float ffp8_conv_generic(const struct ffp8_conv_problem *problem, size_t begin, size_t end);

#endif
