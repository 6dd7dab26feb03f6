/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_check.c - refuses what ffp8_gemm cannot compute, before anything is written
 *
 * Order: structure, enums, formats, strides, scales, overflow, the blob, missing pointers, values behind pointers.
 */
#include <math.h>

#include "gemm.h"
#include "lut.h"
#include "packed.h"
#include "scales.h"
#include "stage.h"

static bool is_flag(int x) { return x == 0 || x == 1; }

/* Whether `rows` rows of `row` elements, ld apart, span more bytes than pointers can count. */
static bool extent_overflows(size_t rows, size_t ld, size_t row, size_t bytes_each) {
    size_t extent;
    return rows > 0 && row > 0 &&
           (__builtin_mul_overflow(rows - 1, ld, &extent) || __builtin_add_overflow(extent, row, &extent) ||
            extent > PTRDIFF_MAX / bytes_each);
}

ffp8_status ffp8_gemm_weights_check(size_t n, size_t k, const ffp8_weights *weights, bool query) {
    if ((unsigned)weights->order > FFP8_ORDER_KN) return FFP8_ERROR_ENUM;
    const ffp8_status format = ffp8_format_check(&weights->format);
    if (format != FFP8_OK) return format;
    const bool nk = weights->order == FFP8_ORDER_NK;
    const size_t rows = nk ? n : k, row = nk ? k : n;
    if (weights->ld < row) return FFP8_ERROR_STRIDE;
    if (extent_overflows(rows, weights->ld, row, 1)) return FFP8_ERROR_OVERFLOW;
    if (query) return ffp8_scales_check_shape(&weights->scales, n, k);
    if (n > 0 && k > 0 && !weights->data) return FFP8_ERROR_NULL;
    return ffp8_scales_check(&weights->scales, n, k);
}

static ffp8_status check_enums(const ffp8_gemm_args *args) {
    if ((unsigned)args->a_type > FFP8_TYPE_FFP8 || (unsigned)args->c_type > FFP8_TYPE_FFP8) return FFP8_ERROR_ENUM;
    if (!is_flag(args->a_quantize) || !is_flag(args->accumulate)) return FFP8_ERROR_ENUM;
    if (args->a_quantize && args->a_type == FFP8_TYPE_FFP8) return FFP8_ERROR_ENUM;
    if ((unsigned)args->accuracy > FFP8_ACCURACY_BF16) return FFP8_ERROR_ENUM;
    if ((unsigned)args->epilogue.activation > FFP8_ACTIVATION_GELU_TANH) return FFP8_ERROR_ENUM;
    if (args->epilogue.residual && (unsigned)args->epilogue.residual_type > FFP8_TYPE_FFP8) return FFP8_ERROR_ENUM;
    if (args->c_type == FFP8_TYPE_FFP8) {
        const ffp8_encoding *e = &args->c_encoding;
        if ((unsigned)e->rounding > FFP8_ROUND_STOCHASTIC || (unsigned)e->overflow > FFP8_OVERFLOW_SPECIAL) return FFP8_ERROR_ENUM;
        if ((unsigned)e->nan > FFP8_NAN_MAX) return FFP8_ERROR_ENUM; /* FFP8_NAN_ERROR: the output would be half written */
    }
    return FFP8_OK;
}

static ffp8_status check_formats(const ffp8_gemm_args *args) {
    ffp8_status status = FFP8_OK;
    if (args->a_type == FFP8_TYPE_FFP8 || args->a_quantize) status = ffp8_format_check(&args->a_format);
    if (status == FFP8_OK && args->c_type == FFP8_TYPE_FFP8) status = ffp8_format_check(&args->c_format);
    if (status == FFP8_OK && args->epilogue.residual && args->epilogue.residual_type == FFP8_TYPE_FFP8)
        status = ffp8_format_check(&args->epilogue.residual_format);
    return status;
}

static bool scalar_scale_is_valid(float scale) { return scale == 0 || (isfinite(scale) && scale > 0 && isfinite(1.0f / scale)); }

static ffp8_status check_matrices(const ffp8_gemm_args *args) {
    const ffp8_epilogue *e = &args->epilogue;
    if (args->lda < args->k || args->ldc < args->n || (e->residual && e->ld_residual < args->n)) return FFP8_ERROR_STRIDE;
    if (!scalar_scale_is_valid(args->c_scale) || (e->residual && !scalar_scale_is_valid(e->residual_scale))) return FFP8_ERROR_SCALE;
    if (args->a_quantize && args->a_scales.data) return FFP8_ERROR_SCALE;
    if (extent_overflows(args->m, args->lda, args->k, ffp8_type_bytes(args->a_type))) return FFP8_ERROR_OVERFLOW;
    if (extent_overflows(args->m, args->ldc, args->n, ffp8_type_bytes(args->c_type))) return FFP8_ERROR_OVERFLOW;
    if (e->residual && extent_overflows(args->m, e->ld_residual, args->n, ffp8_type_bytes(e->residual_type))) return FFP8_ERROR_OVERFLOW;
    return ffp8_scales_check_shape(&args->a_scales, args->m, args->k);
}

static ffp8_status check_blob(const ffp8_gemm_args *args, struct ffp8_gemm_problem *problem) {
    const struct ffp8_packed_header *header;
    struct ffp8_packed_places places;
    const ffp8_status status = ffp8_packed_header_check(args->packed, &header, &places);
    if (status != FFP8_OK) return status;
    if (header->kind != FFP8_PACKED_GEMM || header->n != args->n || header->k != args->k) return FFP8_ERROR_MISMATCH;
    problem->packed = true;
    problem->codes = ffp8_packed_lines(header);
    problem->w_format = ffp8_packed_format(header, &places);
    problem->w_scales = ffp8_packed_scales(header, &places);
    problem->w_exponents = (struct ffp8_exponents){header->scale_low, header->scale_high};
    problem->w_classes = header->classes;
    problem->w_finite = !header->special_used;
    return FFP8_OK;
}

ffp8_status ffp8_gemm_check(const ffp8_gemm_args *args, bool query, struct ffp8_gemm_problem *problem) {
    if (!args) return FFP8_ERROR_NULL;
    if (args->struct_size != sizeof *args) return FFP8_ERROR_STRUCT_SIZE;
    ffp8_status status = check_enums(args);
    if (status == FFP8_OK) status = check_formats(args);
    if (status == FFP8_OK) status = check_matrices(args);
    if (status != FFP8_OK) return status;
    if (args->packed.data && args->weights.data) return FFP8_ERROR_NULL;

    *problem = (struct ffp8_gemm_problem){.args = args, .a_scales = ffp8_scale_grid_of(&args->a_scales)};
    if (args->packed.data) {
        status = check_blob(args, problem);
    } else {
        status = ffp8_gemm_weights_check(args->n, args->k, &args->weights, query);
        problem->codes = args->weights.data;
        problem->w_format = args->weights.format;
        problem->w_scales = ffp8_scale_grid_of(&args->weights.scales);
        if (status == FFP8_OK) problem->w_classes = ffp8_format_classes(&args->weights.format, NULL);
    }
    if (status != FFP8_OK) return status;
    if (args->a_type == FFP8_TYPE_FFP8 || args->a_quantize) problem->a_format = &args->a_format;
    problem->product = ffp8_product_class(problem->a_format, args->a_type, problem->w_classes, args->accuracy);
    if (query) return FFP8_OK;
    if (args->m > 0 && ((args->k > 0 && args->n > 0 && !args->a) || (args->n > 0 && !args->c))) return FFP8_ERROR_NULL;
    status = ffp8_scales_check(&args->a_scales, args->m, args->k);
    if (status == FFP8_OK && !problem->packed) problem->w_exponents = ffp8_scales_exponents(&problem->w_scales, args->n, args->k);
    return status;
}
