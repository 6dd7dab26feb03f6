/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_check.c - says whether the arguments of a convolution make sense, before anything is written
 *
 * Order: struct, enums, shape, formats, weights, scales, pointers; the workspace comes last, in conv.c. Products of sizes are bounded by
 * half of size_t in bytes, so that no index and no difference of pointers can wrap later.
 */
#include "conv.h"

#include <math.h>
#include <string.h>

#include "scales.h"
#include "stage.h"

/* Bytes of an array of up to six extents, in elements of at most 4 bytes. */
static bool fits(const size_t *extent, size_t count) {
    size_t product = sizeof(float);
    bool overflow = false, zero = false;
    for (size_t i = 0; i < count; i++) {
        zero |= extent[i] == 0;
        overflow |= __builtin_mul_overflow(product, extent[i], &product);
    }
    return zero || (!overflow && product <= SIZE_MAX / 2);
}

ffp8_status ffp8_conv_filter_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims) {
    const size_t groups = shape->groups ? shape->groups : 1;
    if (!shape->c_in || !shape->c_out || !shape->kernel_h || !shape->kernel_w) return FFP8_ERROR_SHAPE;
    if (shape->c_in % groups || shape->c_out % groups) return FFP8_ERROR_SHAPE;
    *dims = (struct ffp8_conv_dims){
        .c_in = shape->c_in,
        .c_out = shape->c_out,
        .kernel_h = shape->kernel_h,
        .kernel_w = shape->kernel_w,
        .dilation_w = shape->dilation_w ? shape->dilation_w : 1,
        .groups = groups,
        .group_in = shape->c_in / groups,
        .group_out = shape->c_out / groups,
    };
    const size_t filter[] = {dims->c_out, dims->group_in, dims->kernel_h, dims->kernel_w};
    return fits(filter, 4) ? FFP8_OK : FFP8_ERROR_OVERFLOW;
}

/* Positions of a dilated kernel on a padded extent. */
static ffp8_status output_extent(size_t in, size_t kernel, size_t dilation, size_t pad_before, size_t pad_after, size_t stride,
                                 size_t *out) {
    size_t padded, span;
    if (__builtin_add_overflow(in, pad_before, &padded) || __builtin_add_overflow(padded, pad_after, &padded)) return FFP8_ERROR_OVERFLOW;
    if (__builtin_mul_overflow(kernel - 1, dilation, &span)) return FFP8_ERROR_OVERFLOW;
    if (padded <= span) return FFP8_ERROR_SHAPE;
    *out = (padded - span - 1) / stride + 1;
    return FFP8_OK;
}

ffp8_status ffp8_conv_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims) {
    ffp8_status status = ffp8_conv_filter_dims(shape, dims);
    if (status != FFP8_OK) return status;
    dims->batch = shape->batch;
    dims->in_h = shape->in_h;
    dims->in_w = shape->in_w;
    dims->stride_h = shape->stride_h ? shape->stride_h : 1;
    dims->stride_w = shape->stride_w ? shape->stride_w : 1;
    dims->dilation_h = shape->dilation_h ? shape->dilation_h : 1;
    dims->pad_top = shape->pad_top;
    dims->pad_left = shape->pad_left;
    status = output_extent(dims->in_h, dims->kernel_h, dims->dilation_h, dims->pad_top, shape->pad_bottom, dims->stride_h, &dims->out_h);
    if (status != FFP8_OK) return status;
    status = output_extent(dims->in_w, dims->kernel_w, dims->dilation_w, dims->pad_left, shape->pad_right, dims->stride_w, &dims->out_w);
    if (status != FFP8_OK) return status;
    const size_t x[] = {dims->batch, dims->in_h, dims->in_w, dims->c_in}, y[] = {dims->batch, dims->out_h, dims->out_w, dims->c_out};
    return fits(x, 4) && fits(y, 4) ? FFP8_OK : FFP8_ERROR_OVERFLOW;
}

ffp8_status ffp8_conv_output_size(const ffp8_conv_shape *shape, size_t *out_h, size_t *out_w) {
    struct ffp8_conv_dims dims;
    if (!shape || !out_h || !out_w) return FFP8_ERROR_NULL;
    const ffp8_status status = ffp8_conv_dims(shape, &dims);
    if (status != FFP8_OK) return status;
    *out_h = dims.out_h;
    *out_w = dims.out_w;
    return FFP8_OK;
}

ffp8_status ffp8_conv_filter_check(const ffp8_filter *filter, const struct ffp8_conv_dims *dims, bool query) {
    if ((unsigned)filter->order > FFP8_ORDER_OIHW) return FFP8_ERROR_ENUM;
    const ffp8_status status = ffp8_format_check(&filter->format);
    if (status != FFP8_OK) return status;
    if (filter->scales.block_k) return FFP8_ERROR_SCALE;
    if (!filter->data && !query) return FFP8_ERROR_NULL;
    return (query ? ffp8_scales_check_shape : ffp8_scales_check)(&filter->scales, dims->c_out,
                                                                 dims->group_in * dims->kernel_h * dims->kernel_w);
}

static bool is_type(ffp8_dtype type) { return (unsigned)type <= FFP8_TYPE_FFP8; }

/* 0 means 1. Y's is divided by. */
static bool is_scale(float scale) { return scale == 0 || (isfinite(scale) && scale > 0 && isfinite(1.0f / scale)); }

static ffp8_status check_enums(const ffp8_conv_args *args) {
    const ffp8_epilogue *e = &args->epilogue;
    if ((unsigned)args->layout > FFP8_LAYOUT_NCHW || !is_type(args->x_type) || !is_type(args->y_type)) return FFP8_ERROR_ENUM;
    if (args->accumulate != 0 && args->accumulate != 1) return FFP8_ERROR_ENUM;
    if ((unsigned)args->accuracy > FFP8_ACCURACY_BF16 || (unsigned)e->activation > FFP8_ACTIVATION_GELU_TANH) return FFP8_ERROR_ENUM;
    if (e->residual && !is_type(e->residual_type)) return FFP8_ERROR_ENUM;
    if (args->y_type != FFP8_TYPE_FFP8) return FFP8_OK;
    if ((unsigned)args->y_encoding.rounding > FFP8_ROUND_STOCHASTIC || (unsigned)args->y_encoding.overflow > FFP8_OVERFLOW_SPECIAL)
        return FFP8_ERROR_ENUM;
    return (unsigned)args->y_encoding.nan < FFP8_NAN_ERROR ? FFP8_OK : FFP8_ERROR_ENUM;
}

static ffp8_status check_formats(const ffp8_conv_args *args) {
    ffp8_status status = FFP8_OK;
    if (args->x_type == FFP8_TYPE_FFP8) status = ffp8_format_check(&args->x_format);
    if (status == FFP8_OK && args->y_type == FFP8_TYPE_FFP8) status = ffp8_format_check(&args->y_format);
    if (status == FFP8_OK && args->epilogue.residual && args->epilogue.residual_type == FFP8_TYPE_FFP8)
        status = ffp8_format_check(&args->epilogue.residual_format);
    return status;
}

static ffp8_status check_packed(const ffp8_conv_args *args, struct ffp8_conv_call *call) {
    const struct ffp8_conv_dims *d = &call->problem.dims;
    const struct ffp8_packed_header *header;
    const ffp8_status status = ffp8_packed_header_check(args->packed, &header, &call->places);
    if (status != FFP8_OK) return status;
    if (header->kind == FFP8_PACKED_GEMM || header->n != d->c_out || header->groups != d->groups) return FFP8_ERROR_MISMATCH;
    if (header->kernel_h != d->kernel_h || header->kernel_w != d->kernel_w) return FFP8_ERROR_MISMATCH;
    if (header->k != d->group_in * d->kernel_h * d->kernel_w) return FFP8_ERROR_MISMATCH;
    call->problem.order = ffp8_conv_packed_order(header);
    if (call->problem.order == FFP8_CONV_ROWS && (d->dilation_w != 1 || d->groups != 1)) return FFP8_ERROR_MISMATCH;
    call->packed = true;
    call->header = *header;
    call->problem.codes = ffp8_packed_lines(header);
    call->problem.w_format = ffp8_packed_format(header, &call->places);
    call->problem.w_scales = ffp8_packed_scales(header, &call->places);
    return FFP8_OK;
}

static ffp8_status check_filter(const ffp8_conv_args *args, bool query, struct ffp8_conv_call *call) {
    ffp8_status status = ffp8_conv_filter_check(&args->filter, &call->problem.dims, query);
    if (status == FFP8_OK) status = ffp8_conv_layout(&call->problem.dims, &args->filter, &call->header, &call->places);
    if (status != FFP8_OK) return status;
    bool used[256];
    memset(used, true, sizeof used);
    ffp8_packed_measure(&call->header, &args->filter.format, &(struct ffp8_scale_grid){0}, used); /* queries do not read scales */
    call->problem.codes = args->filter.data;
    call->problem.order = (enum ffp8_conv_order)args->filter.order;
    call->problem.w_format = args->filter.format;
    call->problem.w_scales = ffp8_scale_grid_of(&args->filter.scales);
    return FFP8_OK;
}

ffp8_status ffp8_conv_check(const ffp8_conv_args *args, bool query, struct ffp8_conv_call *call) {
    if (!args) return FFP8_ERROR_NULL;
    if (args->struct_size != sizeof *args) return FFP8_ERROR_STRUCT_SIZE;
    const ffp8_epilogue *e = &args->epilogue;
    struct ffp8_conv_problem *problem = &call->problem;
    *call = (struct ffp8_conv_call){.problem.args = args};
    ffp8_status status = check_enums(args);
    if (status == FFP8_OK) status = ffp8_conv_dims(&args->shape, &problem->dims);
    if (status == FFP8_OK) status = check_formats(args);
    if (status != FFP8_OK) return status;

    if (args->packed.data && args->filter.data) return FFP8_ERROR_NULL;
    status = args->packed.data ? check_packed(args, call) : check_filter(args, query, call);
    if (status != FFP8_OK) return status;
    const ffp8_format *x_format = args->x_type == FFP8_TYPE_FFP8 ? &args->x_format : NULL;
    problem->class_of = ffp8_product_class(x_format, args->x_type, call->header.classes, args->accuracy);

    if (!is_scale(args->x_scale) || !is_scale(args->y_scale) || (e->residual && !is_scale(e->residual_scale))) return FFP8_ERROR_SCALE;
    if (e->residual && e->ld_residual) return FFP8_ERROR_STRIDE;
    if (args->threads && !args->threads->parallel_for) return FFP8_ERROR_NULL;
    if (query) return FFP8_OK;
    const struct ffp8_conv_dims *d = &problem->dims;
    const bool no_outputs = d->batch == 0, no_inputs = no_outputs || d->in_h == 0 || d->in_w == 0;
    return (!args->x && !no_inputs) || (!args->y && !no_outputs) ? FFP8_ERROR_NULL : FFP8_OK;
}
