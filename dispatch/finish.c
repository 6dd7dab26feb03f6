/* SPDX-License-Identifier: Apache-2.0
 *
 * finish.c - from FP32 sums to output, a few hundred elements at a time so that nothing but the stack is needed
 */
#include "finish.h"

#include <math.h>
#include <string.h>

#include "lut.h"
#include "stage.h"

enum { CHUNK = 256 };

void ffp8_output_init(struct ffp8_output *output, const struct ffp8_kernels *kernels, void *c, ffp8_dtype c_type,
                      const ffp8_format *c_format, float c_scale, const ffp8_encoding *encoding, bool accumulate,
                      const ffp8_epilogue *epilogue) {
    output->kernels = kernels;
    output->c = c;
    output->c_type = c_type;
    output->c_scale = c_scale == 0 ? 1 : c_scale;
    output->accumulate = accumulate;
    output->residual = epilogue->residual;
    output->residual_type = epilogue->residual_type;
    output->residual_scale = epilogue->residual_scale == 0 ? 1 : epilogue->residual_scale;
    output->has_epilogue = accumulate || epilogue->bias || epilogue->residual || epilogue->activation != FFP8_ACTIVATION_NONE ||
                           epilogue->amax;
    output->wants_amax = epilogue->amax != NULL;
    output->finish = (struct ffp8_finish){epilogue->activation, epilogue->clip_min, epilogue->clip_max};
    if (c_type == FFP8_TYPE_FFP8) {
        ffp8_encoder_init(&output->encoder, c_format, 1.0f / output->c_scale, encoding);
        if (accumulate) ffp8_lut_init_scaled(&output->c_values, kernels, c_format, output->c_scale, FFP8_TYPE_F32);
    }
    output->makes_codes = c_type == FFP8_TYPE_FFP8 && !output->wants_amax && !output->encoder.by_table;
    if (epilogue->residual && epilogue->residual_type == FFP8_TYPE_FFP8)
        ffp8_lut_init_scaled(&output->residual_values, kernels, &epilogue->residual_format, output->residual_scale, FFP8_TYPE_F32);
}

static void multiply(float *x, size_t n, float factor) {
    for (size_t i = 0; i < n; i++) x[i] *= factor;
}

/* Real values of stored ones; `values` has the scale in it. */
static void load(const struct ffp8_kernels *kernels, const void *data, ffp8_dtype type, float scale, const struct ffp8_lut *values,
                 size_t index, size_t n, float *dst) {
    switch (type) {
    case FFP8_TYPE_F32: memcpy(dst, (const float *)data + index, n * sizeof *dst); break;
    case FFP8_TYPE_BF16: kernels->widen_bf16((const uint16_t *)data + index, dst, n); break;
    case FFP8_TYPE_F16: kernels->widen_f16((const uint16_t *)data + index, dst, n); break;
    case FFP8_TYPE_FFP8: kernels->decode32((const uint8_t *)data + index, (uint32_t *)dst, n, values); return;
    }
    if (scale != 1) multiply(dst, n, scale);
}

static void store(const struct ffp8_output *output, float *y, size_t n, size_t c_index, uint64_t index) {
    const struct ffp8_kernels *kernels = output->kernels;
    if (output->c_type == FFP8_TYPE_FFP8) { /* the encoder multiplies */
        uint8_t *c = (uint8_t *)output->c + c_index;
        ffp8_encode_of(kernels, &output->encoder)(y, c, n, &output->encoder, index);
        return;
    }
    if (output->c_scale != 1) multiply(y, n, 1.0f / output->c_scale);
    switch (output->c_type) {
    case FFP8_TYPE_F32:
        if (y != (float *)output->c + c_index) memcpy((float *)output->c + c_index, y, n * sizeof *y);
        break;
    case FFP8_TYPE_BF16: kernels->narrow_bf16(y, (uint16_t *)output->c + c_index, n); break;
    default: kernels->narrow_f16(y, (uint16_t *)output->c + c_index, n); break;
    }
}

float ffp8_output_row(const struct ffp8_output *output, float *y, size_t n, const float *bias, size_t c_index, size_t residual_index,
                      uint64_t index) {
    float residual[CHUNK], addend[CHUNK], amax = 0;
    const size_t most = output->residual || output->accumulate ? CHUNK : n; /* what is added besides is loaded some at a time */
    for (size_t i = 0, count; i < n; i += count) {
        count = n - i < most ? n - i : most;
        if (output->residual)
            load(output->kernels, output->residual, output->residual_type, output->residual_scale, &output->residual_values,
                 residual_index + i, count, residual);
        if (output->accumulate)
            load(output->kernels, output->c, output->c_type, output->c_scale, &output->c_values, c_index + i, count, addend);
        const float *terms[] = {bias ? bias + i : NULL, output->residual ? residual : NULL, output->accumulate ? addend : NULL};
        if (output->makes_codes) {
            const struct ffp8_sums sums = {.y = y + i,
                                           .dst = (uint8_t *)output->c + c_index + i,
                                           .rows = 1,
                                           .n = count,
                                           .bias = terms[0],
                                           .residual = terms[1],
                                           .addend = terms[2],
                                           .index = index + i};
            output->kernels->finish_codes(&sums, &output->finish, &output->encoder);
            continue;
        }
        if (output->has_epilogue)
            amax = ffp8_larger(amax, output->kernels->epilogue(y + i, count, terms[0], terms[1], terms[2], &output->finish));
        store(output, y + i, count, c_index + i, index + i);
    }
    return amax;
}

float ffp8_output_rows(const struct ffp8_output *output, float *y, size_t ld_y, size_t rows, size_t n, const float *bias, size_t index,
                       size_t ld) {
    if (output->makes_codes && !output->residual && !output->accumulate) {
        const struct ffp8_sums sums = {
            .y = y, .dst = (uint8_t *)output->c + index, .rows = rows, .n = n, .ld_y = ld_y, .ld_dst = ld, .bias = bias, .index = index};
        output->kernels->finish_codes(&sums, &output->finish, &output->encoder);
        return 0;
    }
    float amax = 0;
    for (size_t r = 0; r < rows; r++, y += ld_y, index += ld)
        amax = ffp8_larger(amax, ffp8_output_row(output, y, n, bias, index, index, index));
    return amax;
}
