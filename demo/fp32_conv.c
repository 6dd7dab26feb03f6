/* SPDX-License-Identifier: Apache-2.0
 *
 * fp32_conv.c - FP32 convolution by oneDNN 2.x
 */
#include "fp32_conv.h"

#include <dnnl.h>
#include <stdlib.h>

struct fp32_conv {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_memory_t weight, bias, x, y;
};

static dnnl_engine_t cpu_engine(void) {
    dnnl_engine_t engine = NULL;
    return dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success ? engine : NULL;
}

static bool tensor_desc(dnnl_memory_desc_t *desc, size_t a, size_t b, size_t c, size_t d, dnnl_format_tag_t tag) {
    const dnnl_dims_t dims = {(dnnl_dim_t)a, (dnnl_dim_t)b, (dnnl_dim_t)c, (dnnl_dim_t)d};
    return dnnl_memory_desc_init_by_tag(desc, 4, dims, dnnl_f32, tag) == dnnl_success;
}

/* The weights in the order that the primitive wants. */
static bool reorder_weights(struct fp32_conv *conv, const_dnnl_primitive_desc_t desc, const dnnl_memory_desc_t *plain,
                            const float *weight) {
    const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0);
    dnnl_memory_t source = NULL;
    dnnl_primitive_desc_t reorder_desc = NULL;
    dnnl_primitive_t reorder = NULL;
    bool ok = dnnl_memory_create(&source, plain, conv->engine, (void *)weight) == dnnl_success &&
              dnnl_memory_create(&conv->weight, wanted, conv->engine, DNNL_MEMORY_ALLOCATE) == dnnl_success &&
              dnnl_reorder_primitive_desc_create(&reorder_desc, plain, conv->engine, wanted, conv->engine, NULL) == dnnl_success &&
              dnnl_primitive_create(&reorder, reorder_desc) == dnnl_success;
    if (ok) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, conv->weight}};
        ok = dnnl_primitive_execute(reorder, conv->stream, 2, args) == dnnl_success && dnnl_stream_wait(conv->stream) == dnnl_success;
    }
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(reorder_desc);
    dnnl_memory_destroy(source);
    return ok;
}

static bool create(struct fp32_conv *conv, const ffp8_conv_shape *s, const float *weight, const float *bias, bool residual, bool relu) {
    size_t out_h, out_w;
    dnnl_memory_desc_t x, y, any_weight, plain_weight, bias_desc;
    const dnnl_dims_t bias_dims = {(dnnl_dim_t)s->c_out};
    const dnnl_dims_t strides = {(dnnl_dim_t)s->stride_h, (dnnl_dim_t)s->stride_w};
    const dnnl_dims_t pad_begin = {(dnnl_dim_t)s->pad_top, (dnnl_dim_t)s->pad_left};
    const dnnl_dims_t pad_end = {(dnnl_dim_t)s->pad_bottom, (dnnl_dim_t)s->pad_right};
    dnnl_convolution_desc_t convolution;
    conv->engine = cpu_engine();
    if (!conv->engine || ffp8_conv_output_size(s, &out_h, &out_w) != FFP8_OK ||
        dnnl_stream_create(&conv->stream, conv->engine, dnnl_stream_default_flags) != dnnl_success ||
        !tensor_desc(&x, s->batch, s->c_in, s->in_h, s->in_w, dnnl_nhwc) || !tensor_desc(&y, s->batch, s->c_out, out_h, out_w, dnnl_nhwc) ||
        !tensor_desc(&any_weight, s->c_out, s->c_in, s->kernel_h, s->kernel_w, dnnl_format_tag_any) ||
        !tensor_desc(&plain_weight, s->c_out, s->c_in, s->kernel_h, s->kernel_w, dnnl_oihw) ||
        dnnl_memory_desc_init_by_tag(&bias_desc, 1, bias_dims, dnnl_f32, dnnl_a) != dnnl_success ||
        dnnl_convolution_forward_desc_init(&convolution, dnnl_forward_inference, dnnl_convolution_direct, &x, &any_weight, &bias_desc, &y,
                                           strides, pad_begin, pad_end) != dnnl_success)
        return false;

    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t ops = NULL;
    dnnl_primitive_desc_t desc = NULL;
    bool ok = dnnl_primitive_attr_create(&attributes) == dnnl_success && dnnl_post_ops_create(&ops) == dnnl_success &&
              (!residual || dnnl_post_ops_append_sum(ops, 1) == dnnl_success) &&
              (!relu || dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0) == dnnl_success) &&
              dnnl_primitive_attr_set_post_ops(attributes, ops) == dnnl_success &&
              dnnl_primitive_desc_create(&desc, &convolution, attributes, conv->engine, NULL) == dnnl_success &&
              dnnl_primitive_create(&conv->primitive, desc) == dnnl_success && reorder_weights(conv, desc, &plain_weight, weight) &&
              dnnl_memory_create(&conv->bias, &bias_desc, conv->engine, (void *)bias) == dnnl_success &&
              dnnl_memory_create(&conv->x, &x, conv->engine, DNNL_MEMORY_NONE) == dnnl_success &&
              dnnl_memory_create(&conv->y, &y, conv->engine, DNNL_MEMORY_NONE) == dnnl_success;
    dnnl_primitive_desc_destroy(desc);
    dnnl_post_ops_destroy(ops);
    dnnl_primitive_attr_destroy(attributes);
    return ok;
}

struct fp32_conv *fp32_conv_create(const ffp8_conv_shape *shape, const float *weight, const float *bias, bool residual, bool relu) {
    struct fp32_conv *conv = calloc(1, sizeof *conv);
    if (conv && !create(conv, shape, weight, bias, residual, relu)) {
        fp32_conv_free(conv);
        conv = NULL;
    }
    return conv;
}

void fp32_conv_free(struct fp32_conv *conv) {
    if (!conv) return;
    dnnl_memory_destroy(conv->x);
    dnnl_memory_destroy(conv->y);
    dnnl_memory_destroy(conv->bias);
    dnnl_memory_destroy(conv->weight);
    dnnl_primitive_destroy(conv->primitive);
    dnnl_stream_destroy(conv->stream);
    dnnl_engine_destroy(conv->engine);
    free(conv);
}

bool fp32_conv_run(struct fp32_conv *conv, const float *x, float *y) {
    const dnnl_exec_arg_t args[] = {
        {DNNL_ARG_SRC, conv->x},
        {DNNL_ARG_WEIGHTS, conv->weight},
        {DNNL_ARG_BIAS, conv->bias},
        {DNNL_ARG_DST, conv->y},
    };
    return dnnl_memory_set_data_handle(conv->x, (void *)x) == dnnl_success && dnnl_memory_set_data_handle(conv->y, y) == dnnl_success &&
           dnnl_primitive_execute(conv->primitive, conv->stream, 4, args) == dnnl_success && dnnl_stream_wait(conv->stream) == dnnl_success;
}
