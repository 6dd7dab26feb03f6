/* SPDX-License-Identifier: Apache-2.0
 *
 * fp32_conv.h - the FP32 network's layers, through oneDNN: what the 8-bit networks are compared with
 */
#ifndef FFP8_DEMO_FP32_CONV_H
#define FFP8_DEMO_FP32_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "ffp8/ffp8.h"

struct fp32_conv;

/* y = x * w + bias [+ residual] [then ReLU], NHWC; weights OIHW. `residual` says whether run() gets one. NULL where oneDNN fails. */
struct fp32_conv *fp32_conv_create(const ffp8_conv_shape *shape, const float *weight, const float *bias, bool residual, bool relu);
void fp32_conv_free(struct fp32_conv *conv);
/* y may hold the residual already: it is added in place. False where oneDNN fails. */
bool fp32_conv_run(struct fp32_conv *conv, const float *x, float *y);

#endif
