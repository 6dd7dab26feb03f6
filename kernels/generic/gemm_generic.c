/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_generic.c - the oracle of the matrix product: direct loops over decoded values
 */
#include "gemm_generic.h"

#include <math.h>

#include "../../dispatch/lut.h"
#include "../kernel_util.h"
#include "dot_generic.h"

/* What the loops need beside the problem. */
struct oracle {
    const struct ffp8_gemm_problem *problem;
    float a_value[256], w_value[256], c_value[256], residual_value[256];
    float c_scale, residual_scale;
    struct ffp8_encoder a_encoder, c_encoder;
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

static uint8_t encode(const struct ffp8_encoder *encoder, float x, uint64_t index) {
    uint8_t code;
    ffp8_encode_of(&ffp8_kernels_generic, encoder)(&x, &code, 1, encoder, index);
    return code;
}

static void store(const struct oracle *o, size_t i, float y, uint64_t index) {
    const ffp8_gemm_args *args = o->problem->args;
    switch (args->c_type) {
    case FFP8_TYPE_F32: ((float *)args->c)[i] = y * (1.0f / o->c_scale); return;
    case FFP8_TYPE_BF16: ((uint16_t *)args->c)[i] = ffp8_bf16_from_f32(y * (1.0f / o->c_scale)); return;
    case FFP8_TYPE_F16: ((uint16_t *)args->c)[i] = ffp8_f16_from_f32(y * (1.0f / o->c_scale)); return;
    case FFP8_TYPE_FFP8: break;
    }
    ((uint8_t *)args->c)[i] = encode(&o->c_encoder, y, index);
}

/* A BF16 activation: rounded once, and zero where that is denormal. */
static float as_bf16(float x) {
    const float rounded = ffp8_f32_from_bf16(ffp8_bf16_from_f32(x));
    return fabsf(rounded) < 0x1p-126f ? copysignf(0, rounded) : rounded;
}

/* Row r of A as the values that are multiplied; returns its scale where that comes from quantization, else 1. */
static float read_row(struct oracle *o, size_t r, float *line) {
    const ffp8_gemm_args *args = o->problem->args;
    const bool bf16 = !o->problem->a_format && o->problem->product == FFP8_CLASS_BF16;
    for (size_t i = 0; i < args->k; i++) {
        line[i] = load(args->a, args->a_type, r * args->lda + i, o->a_value);
        if (bf16) line[i] = as_bf16(line[i]);
    }
    if (!args->a_quantize) return 1;
    const float scale = ffp8_row_scale(ffp8_kernels_generic.amax(line, args->k), ffp8_row_target(o->problem->a_format));
    o->a_encoder.scale = 1.0f / scale;
    for (size_t i = 0; i < args->k; i++) line[i] = o->a_value[encode(&o->a_encoder, line[i], i)];
    return scale;
}

static float weight(const struct oracle *o, size_t column, size_t i) {
    const struct ffp8_gemm_problem *p = o->problem;
    const ffp8_weights *w = &p->args->weights;
    size_t at;
    if (p->packed)
        at = column / FFP8_NR * (ffp8_ceil_div(p->args->k, 4) * 2) * FFP8_LINE_BYTES + ffp8_line_index(i, column % FFP8_NR);
    else
        at = w->order == FFP8_ORDER_NK ? column * w->ld + i : i * w->ld + column;
    return o->w_value[p->codes[at]];
}

/* The block along k that holds i ends here. */
static size_t block_end(const struct ffp8_scale_grid *scales, size_t i, size_t k) {
    if (!scales->data || !scales->block_k) return k;
    return ffp8_min_size(k, i + (scales->block_k - i % scales->block_k));
}

static float scale_at(const struct ffp8_scale_grid *scales, size_t row, size_t i) {
    return ffp8_scale_at(scales, scales->block_rows ? row / scales->block_rows : 0, scales->block_k ? i / scales->block_k : 0);
}

static float sum_of(const struct oracle *o, size_t row, size_t column, const float *line, float quantized_scale) {
    const struct ffp8_gemm_problem *p = o->problem;
    const struct ffp8_scale_grid *a_scales = &p->a_scales, *w_scales = &p->w_scales;
    const size_t k = p->args->k;
    float acc = 0;
    for (size_t i = 0; i < k;) {
        const size_t begin = i, end = ffp8_min_size(block_end(a_scales, i, k), block_end(w_scales, i, k));
        const float a_scale = p->args->a_quantize ? quantized_scale : scale_at(a_scales, row, begin);
        const float scale = a_scale * scale_at(w_scales, column, begin);
        double sum = 0;
        for (; i < end; i++) sum += (double)line[i] * (double)weight(o, column, i);
        acc = begin == 0 ? (float)sum * scale : fmaf((float)sum, scale, acc);
    }
    return acc;
}

float ffp8_gemm_generic(const struct ffp8_gemm_problem *problem, size_t row, size_t row_end, size_t column, size_t column_end,
                        float *line) {
    const ffp8_gemm_args *args = problem->args;
    const ffp8_epilogue *e = &args->epilogue;
    struct oracle o = {
        .problem = problem,
        .c_scale = args->c_scale == 0 ? 1 : args->c_scale,
        .residual_scale = e->residual_scale == 0 ? 1 : e->residual_scale,
    };
    if (problem->a_format) ffp8_format_values(problem->a_format, o.a_value);
    if (args->a_quantize) ffp8_encoder_init(&o.a_encoder, problem->a_format, 1, NULL);
    if (e->residual && e->residual_type == FFP8_TYPE_FFP8) ffp8_format_values(&e->residual_format, o.residual_value);
    if (args->c_type == FFP8_TYPE_FFP8) {
        ffp8_format_values(&args->c_format, o.c_value);
        ffp8_encoder_init(&o.c_encoder, &args->c_format, 1.0f / o.c_scale, &args->c_encoding);
    }
    ffp8_format_values(&problem->w_format, o.w_value);
    const struct ffp8_finish finish = {e->activation, e->clip_min, e->clip_max};

    float amax = 0;
    for (size_t r = row; r < row_end; r++) {
        const float quantized_scale = read_row(&o, r, line);
        for (size_t j = column; j < column_end; j++) {
            const size_t at = r * args->ldc + j;
            float y = sum_of(&o, r, j, line, quantized_scale), residual = 0, old = 0;
            if (e->residual) residual = load(e->residual, e->residual_type, r * e->ld_residual + j, o.residual_value) * o.residual_scale;
            if (args->accumulate) old = load(args->c, args->c_type, at, o.c_value) * o.c_scale;
            const float magnitude = ffp8_kernels_generic.epilogue(&y, 1, e->bias ? &e->bias[j] : NULL, e->residual ? &residual : NULL,
                                                                  args->accumulate ? &old : NULL, &finish);
            if (!(magnitude <= amax)) amax = isnan(amax) ? amax : magnitude; /* a NaN stays */
            store(&o, at, y, (uint64_t)r * args->n + j);
        }
    }
    return amax;
}
