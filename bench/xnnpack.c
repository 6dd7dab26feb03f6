/* SPDX-License-Identifier: Apache-2.0
 *
 * xnnpack.c - see xnnpack.h
 */
#include "xnnpack.h"

#include <math.h>
#include <stdlib.h>
#include <xnnpack.h>

#include "buffers.h"

struct bench_xnn {
    xnn_operator_t operator;
    float *x, *w, *bias, *y;
};

static size_t at_least_one(size_t x) { return x ? x : 1; }

static bool create(struct bench_xnn *xnn, const ffp8_conv_shape *s) {
    size_t out_h, out_w, groups = at_least_one(s->groups);
    if (xnn_initialize(NULL) != xnn_status_success || ffp8_conv_output_size(s, &out_h, &out_w) != FFP8_OK) return false;
    const size_t inputs = s->batch * s->in_h * s->in_w * s->c_in, outputs = s->batch * out_h * out_w * s->c_out;
    const size_t weights = s->c_out * s->kernel_h * s->kernel_w * (s->c_in / groups);
    xnn->x = bench_alloc(inputs * sizeof(float) + XNN_EXTRA_BYTES);
    xnn->w = bench_alloc(weights * sizeof(float));
    xnn->bias = bench_alloc(s->c_out * sizeof(float));
    xnn->y = bench_alloc(outputs * sizeof(float) + XNN_EXTRA_BYTES);
    if (!xnn->x || !xnn->w || !xnn->bias || !xnn->y) return false;
    bench_fill_floats(xnn->x, inputs, 1);
    bench_fill_floats(xnn->w, weights, 2);
    bench_fill_floats(xnn->bias, s->c_out, 3);
    return xnn_create_convolution2d_nhwc_f32((uint32_t)s->pad_top, (uint32_t)s->pad_right, (uint32_t)s->pad_bottom, (uint32_t)s->pad_left,
                                             (uint32_t)s->kernel_h, (uint32_t)s->kernel_w, (uint32_t)at_least_one(s->stride_h),
                                             (uint32_t)at_least_one(s->stride_w), (uint32_t)at_least_one(s->dilation_h),
                                             (uint32_t)at_least_one(s->dilation_w), (uint32_t)groups, s->c_in / groups, s->c_out / groups,
                                             s->c_in, s->c_out, xnn->w, xnn->bias, 0, INFINITY, 0, &xnn->operator) == xnn_status_success &&
           xnn_setup_convolution2d_nhwc_f32(xnn->operator, s->batch, s->in_h, s->in_w, xnn->x, xnn->y, NULL) == xnn_status_success;
}

struct bench_xnn *bench_xnn_conv_create(const ffp8_conv_shape *shape) {
    struct bench_xnn *xnn = calloc(1, sizeof *xnn);
    if (xnn && !create(xnn, shape)) {
        bench_xnn_free(xnn);
        xnn = NULL;
    }
    return xnn;
}

void bench_xnn_free(struct bench_xnn *xnn) {
    if (!xnn) return;
    if (xnn->operator) xnn_delete_operator(xnn->operator);
    free(xnn->x);
    free(xnn->w);
    free(xnn->bias);
    free(xnn->y);
    free(xnn);
}

double bench_xnn_run(void *context, size_t repeats) {
    struct bench_xnn *xnn = context;
    double start = bench_clock(true);
    for (size_t i = 0; i < repeats; i++) {
        if (xnn_run_operator(xnn->operator, NULL) != xnn_status_success) return -1;
    }
    return bench_clock(true) - start;
}
