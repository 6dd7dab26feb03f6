/* SPDX-License-Identifier: Apache-2.0
 *
 * network.h - the architecture of a CIFAR-style ResNet, read off its tensors, and the order in which its layers run
 *
 * He et al. 2016, section 4.2: a 3x3 convolution, stages of basic blocks (two 3x3 convolutions, shortcut A: every second pixel, new
 * channels zero), mean over the image, linear. Batch norms are folded. Names: conv1, layer<stage>.<block>.conv<1,2>, linear.
 */
#ifndef FFP8_DEMO_NETWORK_H
#define FFP8_DEMO_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "ffp8/ffp8.h"
#include "images.h"
#include "tensors.h"

enum { NETWORK_MAX_LAYERS = 512 };

/* Layer i reads some activation and writes activation i + 1; activation 0 is the image. The last layer is the linear one: it reads the mean
 * over activation layer_count - 1, which is activation layer_count itself, and writes logits. */
struct layer {
    char name[48];
    ffp8_conv_shape shape; /* batch 1; the linear layer is a 1x1 convolution of a 1x1 image */
    size_t out_h, out_w;
    const float *weight, *bias; /* OIHW */
    bool residual, relu;
};

struct network {
    size_t layer_count; /* the linear layer is layers[layer_count - 1] */
    struct layer layers[NETWORK_MAX_LAYERS];
    size_t largest_activation; /* elements an image */
    size_t weight_count;
    struct normalization normalization;
};

/* The architecture for images of that size. False, with a message, where tensors are missing or have other shapes. */
bool network_init(struct network *network, const struct tensors *tensors, size_t height, size_t width, char *text, size_t bytes);
/* Input channels of the first layer, 0 where there is none. */
size_t network_channels(const struct tensors *tensors);
/* The network's own (metadata "mean" and "std"), or CIFAR-10's usual one. */
void network_normalization(const struct tensors *tensors, struct normalization *normalization);

/* The largest input + output (+ residual) of any layer for one image, in elements. */
size_t network_peak_activation(const struct network *network);

/* What a number format brings to the network: how one layer and the head are computed on elements of its size. */
struct executor {
    void *self;
    size_t element_bytes; /* zero bits mean zero */
    bool (*conv)(void *self, size_t layer, size_t batch, const void *x, const void *residual, void *y);
    bool (*head)(void *self, size_t batch, const void *x, float *logits);
};

/* Bytes of scratch for network_run. */
size_t network_scratch(const struct network *network, size_t element_bytes, size_t batch);
/* x: batch images as elements, NHWC. */
bool network_run(const struct network *network, const struct executor *executor, size_t batch, const void *x, float *logits, void *scratch);

#endif
