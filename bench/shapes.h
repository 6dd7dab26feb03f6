/* SPDX-License-Identifier: Apache-2.0
 *
 * shapes.h - sizes that real networks have, for benchmarks and targets alike
 */
#ifndef FFP8_BENCH_SHAPES_H
#define FFP8_BENCH_SHAPES_H

#include "ffp8/ffp8.h"

struct bench_gemm_shape {
    size_t m, n, k;
};

static const struct bench_gemm_shape bench_gemm_shapes[] = {
    {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048}, {128, 4096, 4096}, {512, 4096, 4096}};

/* Decoder layers of large language models, one token. */
static const struct bench_gemm_shape bench_gemv_shapes[] = {{1, 4096, 4096}, {1, 11008, 4096}, {1, 4096, 14336}};

struct bench_conv_shape {
    const char *name;
    ffp8_conv_shape shape;
};

/* `side` x `side` pixels, a square kernel, padding that keeps the size at stride 1. */
#define BENCH_CONV(side, in, out, kernel, stride, group_count)                                                                        \
    {                                                                                                                                 \
        .batch = 1, .in_h = side, .in_w = side, .c_in = in, .c_out = out, .kernel_h = kernel, .kernel_w = kernel, .stride_h = stride, \
        .stride_w = stride, .pad_top = (kernel) / 2, .pad_left = (kernel) / 2, .pad_bottom = (kernel) / 2, .pad_right = (kernel) / 2, \
        .groups = group_count                                                                                                         \
    }

static const struct bench_conv_shape bench_resnet50[] = {
    {"56x56x64-64_3x3", BENCH_CONV(56, 64, 64, 3, 1, 1)},     {"28x28x128-128_3x3", BENCH_CONV(28, 128, 128, 3, 1, 1)},
    {"14x14x256-256_3x3", BENCH_CONV(14, 256, 256, 3, 1, 1)}, {"7x7x512-512_3x3", BENCH_CONV(7, 512, 512, 3, 1, 1)},
    {"56x56x64-256_1x1", BENCH_CONV(56, 64, 256, 1, 1, 1)},   {"14x14x1024-256_1x1", BENCH_CONV(14, 1024, 256, 1, 1, 1)},
    {"7x7x512-2048_1x1", BENCH_CONV(7, 512, 2048, 1, 1, 1)},  {"224x224x3-64_7x7s2", BENCH_CONV(224, 3, 64, 7, 2, 1)},
};

/* MobileNet V1 to V3. */
static const struct bench_conv_shape bench_depthwise[] = {
    {"112x112x32_3x3", BENCH_CONV(112, 32, 32, 3, 1, 32)},  {"112x112x64_3x3s2", BENCH_CONV(112, 64, 64, 3, 2, 64)},
    {"56x56x128_3x3", BENCH_CONV(56, 128, 128, 3, 1, 128)}, {"28x28x256_3x3", BENCH_CONV(28, 256, 256, 3, 1, 256)},
    {"14x14x512_3x3", BENCH_CONV(14, 512, 512, 3, 1, 512)}, {"14x14x512_3x3s2", BENCH_CONV(14, 512, 512, 3, 2, 512)},
    {"56x56x72_5x5s2", BENCH_CONV(56, 72, 72, 5, 2, 72)},   {"28x28x120_5x5", BENCH_CONV(28, 120, 120, 5, 1, 120)},
    {"14x14x672_5x5", BENCH_CONV(14, 672, 672, 5, 1, 672)}, {"7x7x960_5x5", BENCH_CONV(7, 960, 960, 5, 1, 960)},
};

#define BENCH_COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
