/* SPDX-License-Identifier: Apache-2.0
 *
 * onnxruntime.h - PyPI's ONNX Runtime: a whole network in FP32 or statically quantized to INT8, on one thread of a Python process
 */
#ifndef FFP8_BENCH_ONNXRUNTIME_H
#define FFP8_BENCH_ONNXRUNTIME_H

#include "worker.h"

enum bench_onnx_type { BENCH_ONNX_F32, BENCH_ONNX_INT8 };

struct bench_onnx_spec {
    enum bench_onnx_type type;
    const char *weights; /* safetensors */
    const char *name;    /* of a folder among the build's files, which keeps the models */
    size_t height, width, channels, batch;
    const float *images, *calibration; /* NHWC; `image_count` is a multiple of batch */
    size_t image_count, calibration_count;
};

/* A run is one batch, the images taken in turn; it says the library's version and which form of INT8 model is the faster. Its answer to
 * "logits" are those of all images, as text. NULL: not installed, or it fails. */
struct bench_worker *bench_onnx_create(const struct bench_onnx_spec *spec);
/* Of image_count images. False: it has ended, or there are not so many. */
bool bench_onnx_logits(struct bench_worker *worker, float *logits, size_t count);

#endif
