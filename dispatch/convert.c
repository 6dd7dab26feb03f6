/* SPDX-License-Identifier: Apache-2.0
 *
 * convert.c - arrays of FP32, BF16 and F16 to codes and back
 *
 * 16-bit floats pass through a block of FP32 on the stack on their way to codes; on the way back the lut already holds rounded 16-bit
 * results.
 */
#include <float.h>

#include "../kernels/kernel_util.h"
#include "format.h"
#include "lut.h"
#include "select.h"

enum { BLOCK = 512 };

static bool scale_is_valid(float scale) { return isfinite(scale) && scale != 0; }

static ffp8_status check_encoding(const ffp8_encoding *encoding, ffp8_dtype src_type) {
    if (src_type != FFP8_TYPE_F32 && src_type != FFP8_TYPE_BF16 && src_type != FFP8_TYPE_F16) return FFP8_ERROR_ENUM;
    if (!encoding) return FFP8_OK;
    /* Through unsigned: an enum may be signed and hold anything. */
    if ((unsigned)encoding->rounding > FFP8_ROUND_STOCHASTIC || (unsigned)encoding->overflow > FFP8_OVERFLOW_SPECIAL ||
        (unsigned)encoding->nan > FFP8_NAN_ERROR)
        return FFP8_ERROR_ENUM;
    return FFP8_OK;
}

ffp8_status ffp8_decode(const ffp8_format *format, const uint8_t *src, float scale, void *dst, ffp8_dtype dst_type, size_t n) {
    ffp8_status status = ffp8_format_check(format);
    if (status != FFP8_OK) return status;
    if (dst_type != FFP8_TYPE_F32 && dst_type != FFP8_TYPE_BF16 && dst_type != FFP8_TYPE_F16) return FFP8_ERROR_ENUM;
    if (!scale_is_valid(scale)) return FFP8_ERROR_SCALE;
    if (n == 0) return FFP8_OK;
    if (!src || !dst) return FFP8_ERROR_NULL;

    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    struct ffp8_lut lut;
    ffp8_lut_init_scaled(&lut, kernels, format, scale, dst_type);
    if (dst_type == FFP8_TYPE_F32)
        kernels->decode32(src, dst, n, &lut);
    else
        kernels->decode16(src, dst, n, &lut);
    return FFP8_OK;
}

/* The next elements of an array as FP32: in place where they are FP32, else in the block. */
static const float *load(const struct ffp8_kernels *kernels, const void *src, ffp8_dtype type, size_t first, size_t n, float block[BLOCK]) {
    if (type == FFP8_TYPE_F32) return (const float *)src + first;
    (type == FFP8_TYPE_BF16 ? kernels->widen_bf16 : kernels->widen_f16)((const uint16_t *)src + first, block, n);
    return block;
}

/* max |src[i]|, or NaN if any is NaN. */
static float largest_magnitude(const struct ffp8_kernels *kernels, const void *src, ffp8_dtype type, size_t first, size_t n) {
    float block[BLOCK], max = 0;
    if (type == FFP8_TYPE_F32) return kernels->amax((const float *)src + first, n);
    for (size_t i = 0; i < n; i += BLOCK) {
        size_t count = ffp8_min_size(n - i, BLOCK);
        float amax = kernels->amax(load(kernels, src, type, first + i, count, block), count);
        if (isnan(amax)) return amax;
        if (amax > max) max = amax;
    }
    return max;
}

static void encode(const struct ffp8_kernels *kernels, const struct ffp8_encoder *encoder, const void *src, ffp8_dtype type, size_t first,
                   uint8_t *dst, size_t n, uint64_t index) {
    ffp8_encode_fn *encode_block = ffp8_encode_of(kernels, encoder);
    float block[BLOCK];
    size_t step = type == FFP8_TYPE_F32 ? n : BLOCK;
    for (size_t i = 0; i < n; i += step) {
        size_t count = ffp8_min_size(n - i, step);
        encode_block(load(kernels, src, type, first + i, count, block), dst + i, count, encoder, index + i);
    }
}

static bool nan_is_an_error(const ffp8_format *format, const ffp8_encoding *encoding) {
    if (!encoding || encoding->nan != FFP8_NAN_ERROR) return false;
    struct ffp8_landmarks mark;
    ffp8_format_landmarks(format, &mark);
    return mark.nan < 0;
}

ffp8_status ffp8_encode(const ffp8_format *format, const void *src, ffp8_dtype src_type, float scale, uint8_t *dst, size_t n,
                        const ffp8_encoding *encoding) {
    ffp8_status status = ffp8_format_check(format);
    if (status != FFP8_OK) return status;
    status = check_encoding(encoding, src_type);
    if (status != FFP8_OK) return status;
    if (!scale_is_valid(scale)) return FFP8_ERROR_SCALE;
    if (n == 0) return FFP8_OK;
    if (!src || !dst) return FFP8_ERROR_NULL;

    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    if (nan_is_an_error(format, encoding) && isnan(largest_magnitude(kernels, src, src_type, 0, n))) return FFP8_ERROR_NAN;
    struct ffp8_encoder encoder;
    ffp8_encoder_init(&encoder, format, scale, encoding);
    encode(kernels, &encoder, src, src_type, 0, dst, n, 0);
    return FFP8_OK;
}

float ffp8_row_target(const ffp8_format *format) {
    struct ffp8_span span;
    ffp8_format_span(format, &span);
    /* A codebook without positive values is scaled by its most negative one; without any but zero it needs no scale. */
    return span.max > 0 ? span.max : -span.min;
}

float ffp8_row_scale(float amax, float target) {
    if (!(amax > 0 && amax <= FLT_MAX) || target == 0) return 1;
    float scale = amax / target;
    return scale < 0x1p-126f ? 0x1p-126f : scale > FLT_MAX ? FLT_MAX : scale;
}

/* Whether a matrix of bytes_each-byte elements has an extent that size_t cannot hold. */
static bool extent_overflows(size_t rows, size_t ld, size_t row, size_t bytes_each) {
    size_t extent;
    return rows > 0 && (__builtin_mul_overflow(rows - 1, ld, &extent) || __builtin_add_overflow(extent, row, &extent) ||
                        __builtin_mul_overflow(extent, bytes_each, &extent));
}

ffp8_status ffp8_quantize_rows(const ffp8_format *format, const void *src, ffp8_dtype src_type, size_t ld_src, size_t m, size_t k,
                               uint8_t *dst, size_t ld_dst, float *scales, const ffp8_encoding *encoding) {
    ffp8_status status = ffp8_format_check(format);
    if (status != FFP8_OK) return status;
    status = check_encoding(encoding, src_type);
    if (status != FFP8_OK) return status;
    if (ld_src < k || ld_dst < k) return FFP8_ERROR_STRIDE;
    if (extent_overflows(m, ld_src, k, src_type == FFP8_TYPE_F32 ? 4 : 2) || extent_overflows(m, ld_dst, k, 1)) return FFP8_ERROR_OVERFLOW;
    if (m == 0) return FFP8_OK;
    if (!scales || (k > 0 && (!src || !dst))) return FFP8_ERROR_NULL;

    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    if (nan_is_an_error(format, encoding))
        for (size_t i = 0; i < m; i++)
            if (isnan(largest_magnitude(kernels, src, src_type, i * ld_src, k))) return FFP8_ERROR_NAN;

    float target = ffp8_row_target(format);
    struct ffp8_encoder encoder;
    ffp8_encoder_init(&encoder, format, 1, encoding);
    for (size_t i = 0; i < m; i++) {
        scales[i] = ffp8_row_scale(largest_magnitude(kernels, src, src_type, i * ld_src, k), target);
        encoder.scale = 1 / scales[i];
        encode(kernels, &encoder, src, src_type, i * ld_src, dst + i * ld_dst, k, (uint64_t)i * k);
    }
    return FFP8_OK;
}
