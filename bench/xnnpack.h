/* SPDX-License-Identifier: Apache-2.0
 *
 * xnnpack.h - XNNPACK: FP32 convolution of NHWC images on one thread
 */
#ifndef FFP8_BENCH_XNNPACK_H
#define FFP8_BENCH_XNNPACK_H

#include "ffp8/ffp8.h"
#include "measure.h"

/* With bias and ReLU. NULL: it does not serve this. */
struct bench_xnn;
struct bench_xnn *bench_xnn_conv_create(const ffp8_conv_shape *shape);
void bench_xnn_free(struct bench_xnn *xnn);
bench_run bench_xnn_run; /* context: a struct bench_xnn */

#endif
