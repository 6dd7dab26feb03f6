/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_case.c - operands for FFP8's convolutions: see conv_case.h
 */
#include "conv_case.h"

#include <stdlib.h>
#include <string.h>

#include "buffers.h"

struct bench_conv {
    struct bench_conv_spec spec;
    ffp8_conv_args args;
    struct bench_activations x, y, residual;
    float *bias;
    void *packed, *workspace;
    enum bench_dot dot;
};

static size_t groups_of(const ffp8_conv_shape *shape) { return shape->groups ? shape->groups : 1; }

double bench_conv_work(const ffp8_conv_shape *shape) {
    const size_t channels = shape->c_in / groups_of(shape);
    size_t out_h, out_w;
    if (ffp8_conv_output_size(shape, &out_h, &out_w) != FFP8_OK) return 0;
    return 2.0 * (double)(shape->batch * out_h * out_w) * (double)(shape->c_out * shape->kernel_h * shape->kernel_w * channels);
}

static bool pack(struct bench_conv *c) {
    const ffp8_conv_shape *shape = &c->args.shape;
    const size_t count = shape->c_out * (shape->c_in / groups_of(shape)) * shape->kernel_h * shape->kernel_w;
    uint8_t *codes = bench_alloc(count);
    ffp8_filter filter = {.data = codes};
    size_t bytes;
    bool ok = codes && bench_format(c->spec.w, &filter.format) == FFP8_OK && ffp8_conv_packed_size(shape, &filter, &bytes) == FFP8_OK;
    if (ok) {
        bench_fill_bytes(codes, count, 2);
        c->packed = bench_alloc(bytes);
        ok = c->packed && ffp8_conv_pack(shape, &filter, c->packed, bytes) == FFP8_OK;
        c->args.packed = (ffp8_packed){c->packed, bytes};
        c->dot = bench_product_dot(&c->x, &filter.format);
    }
    free(codes);
    return ok;
}

static bool create(struct bench_conv *c) {
    ffp8_conv_args init = FFP8_CONV_ARGS_INIT;
    const ffp8_conv_shape *shape = &c->spec.shape;
    size_t out_h, out_w;
    if (ffp8_conv_output_size(shape, &out_h, &out_w) != FFP8_OK) return false;
    const size_t inputs = shape->batch * shape->in_h * shape->in_w * shape->c_in, outputs = shape->batch * out_h * out_w * shape->c_out;
    c->bias = bench_alloc(shape->c_out * sizeof(float));
    if (!c->bias || bench_activations(c->spec.x, inputs, &c->x) != FFP8_OK || bench_activations(c->spec.y, outputs, &c->y) != FFP8_OK)
        return false;
    if (c->spec.residual && bench_activations(c->spec.y, outputs, &c->residual) != FFP8_OK) return false;
    bench_fill_floats(c->bias, shape->c_out, 3);
    c->args = init;
    c->args.shape = *shape;
    c->args.layout = c->spec.layout;
    c->args.x = c->x.data, c->args.x_type = c->x.type, c->args.x_format = c->x.format;
    c->args.accuracy = c->x.accuracy;
    c->args.y = c->y.data, c->args.y_type = c->y.type, c->args.y_format = c->y.format;
    c->args.y_scale = 16; /* sums of many terms would mostly saturate */
    c->args.epilogue.bias = c->bias;
    c->args.epilogue.activation = c->spec.activation;
    c->args.epilogue.residual = c->residual.data, c->args.epilogue.residual_type = c->residual.type;
    c->args.epilogue.residual_format = c->residual.format;
    c->args.threads = c->spec.threads;
    if (!pack(c) || !bench_use_tier(c->spec.isa) || ffp8_conv_workspace(&c->args, &c->args.workspace_bytes) != FFP8_OK) return false;
    c->args.workspace = c->workspace = bench_alloc(c->args.workspace_bytes);
    return c->workspace != NULL;
}

struct bench_conv *bench_conv_create(const struct bench_conv_spec *spec) {
    struct bench_conv *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->spec = *spec;
    if (!create(c)) {
        bench_conv_free(c);
        return NULL;
    }
    return c;
}

void bench_conv_free(struct bench_conv *conv) {
    if (!conv) return;
    free(conv->x.data);
    free(conv->y.data);
    free(conv->residual.data);
    free(conv->bias);
    free(conv->packed);
    free(conv->workspace);
    free(conv);
}

static double run(void *context, size_t repeats) {
    struct bench_conv *c = context;
    const bool one_thread = !c->spec.threads;
    if (!bench_use_tier(c->spec.isa)) return -1;
    double start = bench_clock(one_thread);
    for (size_t i = 0; i < repeats; i++) {
        if (ffp8_conv(&c->args) != FFP8_OK) return -1;
    }
    return bench_clock(one_thread) - start;
}

struct bench_contender bench_conv_contender(struct bench_conv *conv) {
    return (struct bench_contender){run, conv, bench_conv_work(&conv->args.shape)};
}

enum bench_dot bench_conv_dot(const struct bench_conv *conv) { return conv->dot; }
