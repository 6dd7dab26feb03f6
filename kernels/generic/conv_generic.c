/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_generic.c - the oracle of convolution: direct loops over decoded values
 *
 * Order of summation: (kh, kw, channel), in double. For I8 and I16 every partial sum is exact, so the order is immaterial.
 */
#include "conv_generic.h"

#include <math.h>

#include "../../dispatch/lut.h"

/* What the loops need beside the problem. */
struct oracle {
    const struct ffp8_conv_problem *problem;
    float x_value[256], w_value[256], residual_value[256], y_value[256];
    size_t x_channel;  /* between neighbouring channels of a pixel */
    size_t plain_step; /* between their weights' codes; 0: packed, ask for each */
    bool x_bf16;       /* activations count as BF16 elements */
    float x_scale, residual_scale, y_scale;
    struct ffp8_encoder encoder;
};

static float load(const void *data, ffp8_dtype type, size_t i, const float value[256]) {
    switch (type) {
    case FFP8_TYPE_F32: return ((const float *)data)[i];
    case FFP8_TYPE_BF16: return ffp8_f32_from_bf16(((const uint16_t *)data)[i]);
    case FFP8_TYPE_F16: return ffp8_f32_from_f16(((const uint16_t *)data)[i]);
    case FFP8_TYPE_FFP8: break;
    }
    return value[((const uint8_t *)data)[i]];
}

static void store(const struct oracle *o, size_t i, float v) {
    const ffp8_conv_args *args = o->problem->args;
    const float scaled = v * (1.0f / o->y_scale);
    switch (args->y_type) {
    case FFP8_TYPE_F32: ((float *)args->y)[i] = scaled; return;
    case FFP8_TYPE_BF16: ((uint16_t *)args->y)[i] = ffp8_bf16_from_f32(scaled); return;
    case FFP8_TYPE_F16: ((uint16_t *)args->y)[i] = ffp8_f16_from_f32(scaled); return;
    case FFP8_TYPE_FFP8: break;
    }
    ffp8_encode_of(&ffp8_kernels_generic, &o->encoder)(&v, (uint8_t *)args->y + i, 1, &o->encoder, i);
}

/* A BF16 activation: rounded once, and zero where that is denormal. */
static float as_bf16(float x) {
    const float rounded = ffp8_f32_from_bf16(ffp8_bf16_from_f32(x));
    return fabsf(rounded) < 0x1p-126f ? copysignf(0, rounded) : rounded;
}

/* Sum of output (image b, row p, column q, channel). Taps outside the image multiply zeros: of consequence only where
 * the weight is Inf or NaN. */
static double sum_of(const struct oracle *o, size_t b, size_t p, size_t q, size_t channel) {
    const struct ffp8_conv_problem *problem = o->problem;
    const struct ffp8_conv_dims *d = &problem->dims;
    const size_t first = channel / d->group_out * d->group_in;
    double sum = 0;
    for (size_t i = 0; i < d->kernel_h; i++) {
        for (size_t j = 0; j < d->kernel_w; j++) {
            /* Rows and columns left of zero wrap around to large numbers. */
            const size_t h = p * d->stride_h + i * d->dilation_h - d->pad_top, w = q * d->stride_w + j * d->dilation_w - d->pad_left;
            const bool inside = h < d->in_h && w < d->in_w;
            const size_t base = inside ? (b * d->in_h + h) * d->in_w + w : 0;
            const size_t pixel = problem->args->layout == FFP8_LAYOUT_NHWC ? base * d->c_in : base + b * (d->c_in - 1) * d->in_h * d->in_w;
            const size_t code = ffp8_conv_code_index(d, problem->order, channel, i, j, 0);
            for (size_t c = 0; c < d->group_in; c++) {
                const size_t at = o->plain_step ? code + c * o->plain_step : ffp8_conv_code_index(d, problem->order, channel, i, j, c);
                float x = 0;
                if (inside) x = load(problem->args->x, problem->args->x_type, pixel + (first + c) * o->x_channel, o->x_value);
                sum += (double)(o->x_bf16 ? as_bf16(x) : x) * (double)o->w_value[problem->codes[at]];
            }
        }
    }
    return sum;
}

/* The sum rounded to FP32, times the scale. An exact sum may leave FP32's range where its product with the scale does not: the integer
 * classes keep its exponent apart. */
static float scaled(const struct ffp8_conv_problem *problem, double sum, float scale) {
    int exponent;
    if (problem->class_of > FFP8_CLASS_I16) return (float)sum * scale;
    const float rounded = (float)frexp(sum, &exponent);
    return (float)ldexp((double)rounded * scale, exponent);
}

float ffp8_conv_generic(const struct ffp8_conv_problem *problem, size_t begin, size_t end) {
    const ffp8_conv_args *args = problem->args;
    const struct ffp8_conv_dims *d = &problem->dims;
    const ffp8_epilogue *e = &args->epilogue;
    const bool nhwc = args->layout == FFP8_LAYOUT_NHWC;
    struct oracle o = {
        .problem = problem,
        .x_channel = nhwc ? 1 : d->in_h * d->in_w,
        .plain_step = problem->order == FFP8_CONV_OHWI   ? 1
                      : problem->order == FFP8_CONV_OIHW ? d->kernel_h * d->kernel_w
                                                         : 0,
        .x_bf16 = problem->class_of == FFP8_CLASS_BF16 && args->x_type != FFP8_TYPE_FFP8,
        .x_scale = args->x_scale == 0 ? 1 : args->x_scale,
        .residual_scale = e->residual_scale == 0 ? 1 : e->residual_scale,
        .y_scale = args->y_scale == 0 ? 1 : args->y_scale,
    };
    if (args->x_type == FFP8_TYPE_FFP8) ffp8_format_values(&args->x_format, o.x_value);
    if (e->residual && e->residual_type == FFP8_TYPE_FFP8) ffp8_format_values(&e->residual_format, o.residual_value);
    if (args->y_type == FFP8_TYPE_FFP8) {
        ffp8_format_values(&args->y_format, o.y_value);
        ffp8_encoder_init(&o.encoder, &args->y_format, 1.0f / o.y_scale, &args->y_encoding);
    }
    ffp8_format_values(&problem->w_format, o.w_value);
    const struct ffp8_finish finish = {e->activation, e->clip_min, e->clip_max};

    float amax = 0;
    for (size_t row = begin; row < end; row++) {
        const size_t b = row / d->out_h, p = row % d->out_h;
        for (size_t q = 0; q < d->out_w; q++) {
            for (size_t c = 0; c < d->c_out; c++) {
                const size_t i = nhwc ? (row * d->out_w + q) * d->c_out + c : ((b * d->c_out + c) * d->out_h + p) * d->out_w + q;
                const size_t block = problem->w_scales.block_rows ? c / problem->w_scales.block_rows : 0;
                const float scale = o.x_scale * ffp8_scale_at(&problem->w_scales, block, 0);
                float residual = 0, old = 0, v = scaled(problem, sum_of(&o, b, p, q, c), scale);
                if (e->residual) residual = load(e->residual, e->residual_type, i, o.residual_value) * o.residual_scale;
                if (args->accumulate) old = load(args->y, args->y_type, i, o.y_value) * o.y_scale;
                const float magnitude = ffp8_kernels_generic.epilogue(&v, 1, e->bias ? &e->bias[c] : NULL, e->residual ? &residual : NULL,
                                                                      args->accumulate ? &old : NULL, &finish);
                if (!(magnitude <= amax)) amax = isnan(amax) ? amax : magnitude; /* a NaN stays */
                store(&o, i, v);
            }
        }
    }
    return amax;
}
