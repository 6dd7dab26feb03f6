/* SPDX-License-Identifier: Apache-2.0
 *
 * network.c - reads a CIFAR-style ResNet's architecture and runs it on an executor
 */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t network_channels(const struct tensors *tensors) {
    struct tensor weight;
    return tensors_find(tensors, "conv1.weight", &weight) && weight.rank == 4 ? weight.shape[1] : 0;
}

void network_normalization(const struct tensors *tensors, struct normalization *normalization) {
    const char *mean = tensors_metadata(tensors, "mean"), *std = tensors_metadata(tensors, "std");
    *normalization = (struct normalization){{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};
    for (int c = 0; mean && std && c < 3; c++) {
        normalization->mean[c] = strtof(mean, NULL);
        normalization->std[c] = strtof(std, NULL);
    }
}

/* Appends layer `name`, its input being c_in channels of in_h x in_w. */
static bool add_layer(struct network *network, const struct tensors *tensors, const char *name, size_t c_in, size_t in_h, size_t in_w,
                      size_t stride, char *text, size_t bytes) {
    char tensor_name[64];
    struct tensor weight, bias;
    struct layer *layer = &network->layers[network->layer_count];
    snprintf(layer->name, sizeof layer->name, "%s", name);
    snprintf(tensor_name, sizeof tensor_name, "%s.weight", name);
    bool ok = network->layer_count < NETWORK_MAX_LAYERS && tensors_find(tensors, tensor_name, &weight) && weight.rank >= 2 &&
              weight.shape[1] == c_in;
    snprintf(tensor_name, sizeof tensor_name, "%s.bias", name);
    ok = ok && tensors_find(tensors, tensor_name, &bias) && bias.count == weight.shape[0] && bias.count > 0;
    if (!ok) {
        snprintf(text, bytes, "%s: no FP32 weight of %zu input channels with a bias", name, c_in);
        return false;
    }
    size_t kernel_h = weight.rank == 4 ? weight.shape[2] : 1, kernel_w = weight.rank == 4 ? weight.shape[3] : 1;
    layer->shape = (ffp8_conv_shape){
        .batch = 1,
        .in_h = in_h,
        .in_w = in_w,
        .c_in = c_in,
        .c_out = weight.shape[0],
        .kernel_h = kernel_h,
        .kernel_w = kernel_w,
        .stride_h = stride,
        .stride_w = stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .pad_top = kernel_h / 2,
        .pad_left = kernel_w / 2,
        .pad_bottom = kernel_h / 2,
        .pad_right = kernel_w / 2,
        .groups = 1,
    };
    layer->weight = weight.data;
    layer->bias = bias.data;
    layer->relu = true;
    if (ffp8_conv_output_size(&layer->shape, &layer->out_h, &layer->out_w) != FFP8_OK) {
        snprintf(text, bytes, "%s: the kernel does not fit the image", name);
        return false;
    }
    size_t in = in_h * in_w * c_in, out = layer->out_h * layer->out_w * layer->shape.c_out;
    if (in > network->largest_activation) network->largest_activation = in;
    if (out > network->largest_activation) network->largest_activation = out;
    network->weight_count += weight.count;
    network->layer_count++;
    return true;
}

bool network_init(struct network *network, const struct tensors *tensors, size_t height, size_t width, char *text, size_t bytes) {
    *network = (struct network){0};
    if (!add_layer(network, tensors, "conv1", network_channels(tensors), height, width, 1, text, bytes)) return false;
    for (size_t stage = 1;; stage++) {
        size_t block = 0;
        for (;; block++) {
            char name[2][48], weight_name[64];
            for (int i = 0; i < 2; i++) snprintf(name[i], sizeof name[i], "layer%zu.%zu.conv%d", stage, block, i + 1);
            snprintf(weight_name, sizeof weight_name, "%s.weight", name[0]);
            struct tensor weight;
            if (!tensors_find(tensors, weight_name, &weight)) break;
            struct layer *before = &network->layers[network->layer_count - 1];
            size_t c_in = before->shape.c_out, stride = stage > 1 && block == 0 ? 2 : 1;
            if (!add_layer(network, tensors, name[0], c_in, before->out_h, before->out_w, stride, text, bytes)) return false;
            struct layer *first = &network->layers[network->layer_count - 1];
            if (!add_layer(network, tensors, name[1], first->shape.c_out, first->out_h, first->out_w, 1, text, bytes)) return false;
            struct layer *second = &network->layers[network->layer_count - 1];
            second->residual = true;
            if (second->shape.c_out < c_in) {
                snprintf(text, bytes, "%s: fewer channels than its shortcut", name[1]);
                return false;
            }
        }
        if (block == 0) break;
    }
    if (!add_layer(network, tensors, "linear", network->layers[network->layer_count - 1].shape.c_out, 1, 1, 1, text, bytes)) return false;
    network->layers[network->layer_count - 1].relu = false;
    network_normalization(tensors, &network->normalization);
    return true;
}

size_t network_peak_activation(const struct network *network) {
    size_t peak = 0;
    for (size_t i = 0; i < network->layer_count; i++) {
        const struct layer *l = &network->layers[i];
        size_t out = l->out_h * l->out_w * l->shape.c_out,
               elements = l->shape.in_h * l->shape.in_w * l->shape.c_in + out * (l->residual ? 2 : 1);
        if (elements > peak) peak = elements;
    }
    return peak;
}

/* Shortcut A from x (the input of `first`) to the shape of the output of the block that `first` begins. */
static void shortcut(const struct layer *first, size_t element, size_t batch, const unsigned char *x, unsigned char *y) {
    const ffp8_conv_shape *s = &first->shape;
    size_t before = (s->c_out - s->c_in) / 2 * element, pixel = s->c_in * element, out_pixel = s->c_out * element;
    memset(y, 0, batch * first->out_h * first->out_w * out_pixel);
    for (size_t b = 0; b < batch; b++)
        for (size_t h = 0; h < first->out_h; h++)
            for (size_t w = 0; w < first->out_w; w++)
                memcpy(y + ((b * first->out_h + h) * first->out_w + w) * out_pixel + before,
                       x + ((b * s->in_h + h * s->stride_h) * s->in_w + w * s->stride_w) * pixel, pixel);
}

size_t network_scratch(const struct network *network, size_t element_bytes, size_t batch) {
    return 4 * batch * network->largest_activation * element_bytes;
}

bool network_run(const struct network *network, const struct executor *executor, size_t batch, const void *x, float *logits,
                 void *scratch) {
    size_t step = batch * network->largest_activation * executor->element_bytes, last = network->layer_count - 1;
    unsigned char *stream = scratch, *inner = stream + step, *out = inner + step, *skip = out + step;
    if (!executor->conv(executor->self, 0, batch, x, NULL, stream)) return false;
    for (size_t i = 1; i < last; i += 2) {
        const struct layer *first = &network->layers[i];
        const unsigned char *residual = stream;
        if (first->shape.c_out != first->shape.c_in || first->shape.stride_h != 1) {
            shortcut(first, executor->element_bytes, batch, stream, skip);
            residual = skip;
        }
        if (!executor->conv(executor->self, i, batch, stream, NULL, inner) ||
            !executor->conv(executor->self, i + 1, batch, inner, residual, out))
            return false;
        unsigned char *swap = stream;
        stream = out;
        out = swap;
    }
    return executor->head(executor->self, batch, stream, logits);
}
