/* SPDX-License-Identifier: Apache-2.0
 *
 * onednn.c - see onednn.h
 */
#include "onednn.h"

#include <dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "buffers.h"

static dnnl_engine_t engine;
static dnnl_stream_t stream;

struct bench_dnnl {
    dnnl_primitive_t primitive;
    dnnl_memory_t source, bias, target, *weights; /* [copies] */
    size_t copies, next;
    char kernel[64];
};

bool bench_dnnl_hold_to_avx2(void) { return dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2) == dnnl_success; }

static bool start(void) {
    omp_set_num_threads(1);
    return engine || (dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
                      dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) == dnnl_success);
}

static bool describe(dnnl_memory_desc_t *desc, int count, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(desc, count, dims, type, tag) == dnnl_success;
}

static bool reorder(dnnl_memory_t from, const dnnl_memory_desc_t *from_desc, dnnl_memory_t to, const dnnl_memory_desc_t *to_desc) {
    dnnl_primitive_desc_t desc = NULL;
    dnnl_primitive_t primitive = NULL;
    bool ok = dnnl_reorder_primitive_desc_create(&desc, from_desc, engine, to_desc, engine, NULL) == dnnl_success &&
              dnnl_primitive_create(&primitive, desc) == dnnl_success;
    if (ok) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
        ok = dnnl_primitive_execute(primitive, stream, 2, args) == dnnl_success && dnnl_stream_wait(stream) == dnnl_success;
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(desc);
    return ok;
}

/* Memory in the order that a primitive wants, filled from random FP32 numbers in -range..range, or 0..range for unsigned integers. */
static dnnl_memory_t create_filled(const dnnl_memory_desc_t *desc, uint32_t seed) {
    static const dnnl_format_tag_t plain_tags[] = {dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde};
    const float range = desc->data_type == dnnl_u8 || desc->data_type == dnnl_s8 ? 127 : 1;
    dnnl_memory_desc_t plain;
    dnnl_memory_t memory = NULL, numbers = NULL;
    void *data = NULL;
    size_t count = 1;
    for (int i = 0; i < desc->ndims; i++) count *= (size_t)desc->dims[i];
    bool ok = describe(&plain, desc->ndims, desc->dims, dnnl_f32, plain_tags[desc->ndims - 1]) &&
              dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE) == dnnl_success &&
              dnnl_memory_create(&numbers, &plain, engine, DNNL_MEMORY_ALLOCATE) == dnnl_success &&
              dnnl_memory_get_data_handle(numbers, &data) == dnnl_success;
    if (ok) {
        bench_fill_floats(data, count, seed);
        for (size_t i = 0; i < count; i++) {
            float x = ((float *)data)[i] * range;
            ((float *)data)[i] = desc->data_type == dnnl_u8 && x < 0 ? -x : x;
        }
        ok = reorder(numbers, &plain, memory, desc);
    }
    dnnl_memory_destroy(numbers);
    if (ok) return memory;
    dnnl_memory_destroy(memory);
    return NULL;
}

/* Everything behind the description of the operation. */
static struct bench_dnnl *create(const void *operation, const_dnnl_primitive_attr_t attributes, size_t copies, bool bias) {
    struct bench_dnnl *d = calloc(1, sizeof *d);
    dnnl_primitive_desc_t desc = NULL;
    const char *kernel = "";
    if (!d) return NULL;
    d->weights = calloc(copies, sizeof *d->weights);
    bool ok = d->weights && dnnl_primitive_desc_create(&desc, operation, attributes, engine, NULL) == dnnl_success &&
              dnnl_primitive_create(&d->primitive, desc) == dnnl_success &&
              dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &kernel) == dnnl_success;
    if (ok) {
        snprintf(d->kernel, sizeof d->kernel, "%s", kernel);
        d->source = create_filled(dnnl_primitive_desc_query_md(desc, dnnl_query_src_md, 0), 1);
        d->target = create_filled(dnnl_primitive_desc_query_md(desc, dnnl_query_dst_md, 0), 4);
        if (bias) d->bias = create_filled(dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 1), 3);
        ok = d->source && d->target && (!bias || d->bias);
        for (; ok && d->copies < copies; d->copies++) {
            d->weights[d->copies] = create_filled(dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0), 2);
            ok = d->weights[d->copies] != NULL;
        }
    }
    dnnl_primitive_desc_destroy(desc);
    if (ok) return d;
    bench_dnnl_free(d);
    return NULL;
}

void bench_dnnl_free(struct bench_dnnl *dnnl) {
    if (!dnnl) return;
    for (size_t i = 0; i < dnnl->copies; i++) dnnl_memory_destroy(dnnl->weights[i]);
    dnnl_memory_destroy(dnnl->source);
    dnnl_memory_destroy(dnnl->bias);
    dnnl_memory_destroy(dnnl->target);
    dnnl_primitive_destroy(dnnl->primitive);
    free(dnnl->weights);
    free(dnnl);
}

double bench_dnnl_run(void *context, size_t repeats) {
    struct bench_dnnl *d = context;
    omp_set_num_threads(1);
    double begin = bench_clock(true);
    for (size_t i = 0; i < repeats; i++) {
        const dnnl_exec_arg_t args[] = {
            {DNNL_ARG_SRC, d->source}, {DNNL_ARG_WEIGHTS, d->weights[d->next]}, {DNNL_ARG_DST, d->target}, {DNNL_ARG_BIAS, d->bias}};
        d->next = (d->next + 1) % d->copies;
        if (dnnl_primitive_execute(d->primitive, stream, d->bias ? 4 : 3, args) != dnnl_success) return -1;
    }
    if (dnnl_stream_wait(stream) != dnnl_success) return -1;
    return bench_clock(true) - begin;
}

const char *bench_dnnl_kernel(const struct bench_dnnl *dnnl) { return dnnl->kernel; }

struct bench_dnnl *bench_dnnl_matmul_create(enum bench_dnnl_type type, size_t m, size_t n, size_t k, size_t copies) {
    static const dnnl_data_type_t types[][3] = {
        [BENCH_DNNL_F32] = {dnnl_f32, dnnl_f32, dnnl_f32},
        [BENCH_DNNL_BF16] = {dnnl_bf16, dnnl_bf16, dnnl_f32},
        [BENCH_DNNL_U8S8] = {dnnl_u8, dnnl_s8, dnnl_s32},
    };
    const dnnl_dims_t a = {(dnnl_dim_t)m, (dnnl_dim_t)k}, w = {(dnnl_dim_t)k, (dnnl_dim_t)n}, c = {(dnnl_dim_t)m, (dnnl_dim_t)n};
    dnnl_memory_desc_t source, weights, target;
    dnnl_matmul_desc_t operation;
    if (!start() || !describe(&source, 2, a, types[type][0], dnnl_ab) || !describe(&weights, 2, w, types[type][1], dnnl_format_tag_any) ||
        !describe(&target, 2, c, types[type][2], dnnl_ab) ||
        dnnl_matmul_desc_init(&operation, &source, &weights, NULL, &target) != dnnl_success)
        return NULL;
    return create(&operation, NULL, copies, false);
}

static struct bench_dnnl *create_conv(enum bench_dnnl_type type, const ffp8_conv_shape *s, dnnl_format_tag_t order) {
    static const dnnl_data_type_t types[][3] = {
        [BENCH_DNNL_F32] = {dnnl_f32, dnnl_f32, dnnl_f32},
        [BENCH_DNNL_BF16] = {dnnl_bf16, dnnl_bf16, dnnl_bf16},
        [BENCH_DNNL_U8S8] = {dnnl_u8, dnnl_s8, dnnl_u8},
    };
    const float output_scale = 1.0f / 4096;
    const dnnl_dim_t groups = s->groups ? (dnnl_dim_t)s->groups : 1, c_in = (dnnl_dim_t)s->c_in, c_out = (dnnl_dim_t)s->c_out;
    size_t out_h, out_w;
    if (!start() || ffp8_conv_output_size(s, &out_h, &out_w) != FFP8_OK) return NULL;
    const dnnl_dims_t x = {(dnnl_dim_t)s->batch, c_in, (dnnl_dim_t)s->in_h, (dnnl_dim_t)s->in_w};
    const dnnl_dims_t y = {(dnnl_dim_t)s->batch, c_out, (dnnl_dim_t)out_h, (dnnl_dim_t)out_w};
    const dnnl_dims_t w = {groups, c_out / groups, c_in / groups, (dnnl_dim_t)s->kernel_h, (dnnl_dim_t)s->kernel_w}, b = {c_out};
    const dnnl_dims_t strides = {s->stride_h ? (dnnl_dim_t)s->stride_h : 1, s->stride_w ? (dnnl_dim_t)s->stride_w : 1};
    const dnnl_dims_t holes = {s->dilation_h ? (dnnl_dim_t)s->dilation_h - 1 : 0, s->dilation_w ? (dnnl_dim_t)s->dilation_w - 1 : 0};
    const dnnl_dims_t before = {(dnnl_dim_t)s->pad_top, (dnnl_dim_t)s->pad_left},
                      after = {(dnnl_dim_t)s->pad_bottom, (dnnl_dim_t)s->pad_right};
    dnnl_memory_desc_t source, weights, bias, target;
    dnnl_convolution_desc_t operation;
    dnnl_post_ops_t ops = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    struct bench_dnnl *d = NULL;
    if (describe(&source, 4, x, types[type][0], order) && describe(&target, 4, y, types[type][2], order) &&
        describe(&weights, groups > 1 ? 5 : 4, groups > 1 ? w : w + 1, types[type][1], dnnl_format_tag_any) &&
        describe(&bias, 1, b, dnnl_f32, dnnl_a) &&
        dnnl_dilated_convolution_forward_desc_init(&operation, dnnl_forward_inference, dnnl_convolution_direct, &source, &weights, &bias,
                                                   &target, strides, holes, before, after) == dnnl_success &&
        dnnl_primitive_attr_create(&attributes) == dnnl_success && dnnl_post_ops_create(&ops) == dnnl_success &&
        dnnl_post_ops_append_eltwise(ops, 1, dnnl_eltwise_relu, 0, 0) == dnnl_success &&
        dnnl_primitive_attr_set_post_ops(attributes, ops) == dnnl_success &&
        (type != BENCH_DNNL_U8S8 || dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &output_scale) == dnnl_success))
        d = create(&operation, attributes, 1, true);
    dnnl_post_ops_destroy(ops);
    dnnl_primitive_attr_destroy(attributes);
    return d;
}

static double best_time(struct bench_dnnl *d) {
    double best = 1e9;
    for (int round = 0; round < 6; round++) {
        double time = bench_dnnl_run(d, 1);
        if (round > 0 && time < best) best = time; /* the first warms up */
    }
    return best;
}

struct bench_dnnl *bench_dnnl_conv_create(enum bench_dnnl_type type, const ffp8_conv_shape *shape) {
    struct bench_dnnl *nhwc = create_conv(type, shape, dnnl_nhwc), *own = create_conv(type, shape, dnnl_format_tag_any);
    if (!nhwc || !own) return nhwc ? nhwc : own;
    bool keep_nhwc = best_time(nhwc) <= best_time(own);
    bench_dnnl_free(keep_nhwc ? own : nhwc);
    return keep_nhwc ? nhwc : own;
}
