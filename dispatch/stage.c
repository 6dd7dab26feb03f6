/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.c - chooses the arithmetic of a product and turns activations into its elements
 */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#include "../kernels/kernel_util.h"
#include "format.h"
#include "lut.h"

ffp8_class ffp8_product_class(const ffp8_format *a_format, ffp8_dtype a_type, unsigned b_classes, ffp8_accuracy accuracy) {
    unsigned a_classes = 1u << FFP8_CLASS_F32;
    if (a_format)
        a_classes = ffp8_format_classes(a_format, NULL);
    else if (a_type == FFP8_TYPE_BF16 || accuracy == FFP8_ACCURACY_BF16)
        a_classes |= 1u << FFP8_CLASS_BF16;
    return ffp8_class_of_product(a_classes, b_classes);
}

/* Range of a format's integer elements. */
struct range {
    double low, high;
};

static struct range integer_range(const ffp8_format *format) {
    struct ffp8_span span;
    ffp8_format_span(format, &span);
    return (struct range){ldexp(span.min, -span.lowest_bit), ldexp(span.max, -span.lowest_bit)};
}

/* Whether FP32 has products of elements that are values times 2^-shift as well as those of the values, or sums of up to 2^30 of them. Little
 * is known of wider activations: there elements may be so much smaller or larger than values. */
enum { WIDE_SHIFT = 32, SUM_BITS = 2 + 30 /* of products: above both exponents */ };
static bool shift_fits(const ffp8_format *a_format, const ffp8_format *b_format, int shift) {
    if (!a_format) return abs(shift) <= WIDE_SHIFT;
    struct ffp8_span a, b;
    ffp8_format_span(a_format, &a);
    ffp8_format_span(b_format, &b);
    return a.lowest_bit + b.lowest_bit - shift >= -149 && a.highest + b.highest + SUM_BITS - shift <= 127;
}

static double largest_magnitude(struct range r) { return fmax(-r.low, r.high); }

/* Whether FP16 holds what FP32 products take of A. */
static bool a_is_half(ffp8_class product, const ffp8_format *a_format, ffp8_dtype a_type) {
    return a_format ? ffp8_format_is_part_of_half(a_format) : a_type == FFP8_TYPE_F16 && product == FFP8_CLASS_F32;
}

void ffp8_operands_init(struct ffp8_operands *operands, const struct ffp8_kernels *kernels, const ffp8_format *a_format, ffp8_dtype a_type,
                        const ffp8_format *b_format, unsigned b_classes, bool b_finite, ffp8_accuracy accuracy) {
    struct range a = {0, 0}, b = {0, 0};
    ffp8_class class_of = operands->product = ffp8_product_class(a_format, a_type, b_classes, accuracy);
    if (class_of <= FFP8_CLASS_I16) { /* A is FFP8: wider types have no integer class */
        a = integer_range(a_format);
        b = integer_range(b_format);
    }
    /* 8-bit dot products take one signed and one unsigned operand: B is the signed one, and A can be made unsigned by an offset. */
    if (class_of == FFP8_CLASS_I8 && (b.low < -128 || b.high > 127)) class_of = FFP8_CLASS_I16;
    class_of = operands->class_of = kernels->runs_as[class_of];
    if (class_of == FFP8_CLASS_F32 && b_classes >> FFP8_CLASS_F16 & 1 && a_is_half(operands->product, a_format, a_type))
        class_of = operands->class_of = kernels->runs_as[FFP8_CLASS_F16];
    operands->a_offset = class_of == FFP8_CLASS_I8 && a.low < 0 ? 128 : 0;
    operands->exact_terms = SIZE_MAX;
    operands->a_most = class_of == FFP8_CLASS_I16 ? largest_magnitude(a) : 0;
    if (class_of <= FFP8_CLASS_I16) {
        /* I8: with an offset, elements up to 255 meet a sum that begins at -128 times that of B's. Besides what is left by a carry. */
        const double most = (largest_magnitude(a) + 2 * operands->a_offset) * largest_magnitude(b);
        const double room = INT32_MAX - UINT16_MAX;
        operands->exact_terms = most == 0 ? INT32_MAX : (size_t)(room / most);
    }

    struct ffp8_landmarks b_marks;
    ffp8_format_landmarks(b_format, &b_marks);
    operands->pad_code = (uint8_t)(b_marks.zero >= 0 ? b_marks.zero : b_marks.smallest);
    ffp8_lut_init(&operands->b, b_format, class_of, b_finite);
    if (a_format) ffp8_lut_init(&operands->a, a_format, class_of, false);
    operands->shift = operands->b.shift + (a_format ? operands->a.shift : 0);
    if (class_of >= FFP8_CLASS_F32 && operands->shift && !shift_fits(a_format, b_format, operands->shift)) {
        operands->class_of = FFP8_CLASS_F32;
        ffp8_lut_init_values(&operands->b, b_format, b_finite);
        if (a_format) ffp8_lut_init_values(&operands->a, a_format, false);
        operands->shift = 0;
    }
    if (operands->a_offset) {
        for (unsigned c = 0; c < 256; c++) operands->a.element[c] ^= operands->a_offset; /* adds 128 modulo 256 */
        for (unsigned c = 0; c < 256; c++) operands->a.plane[0][c] ^= operands->a_offset;
        operands->a.kind = FFP8_LUT_TABLE;
        operands->a.negated = operands->a.same = false;
    }
}

struct ffp8_exponents ffp8_operands_rescale(const struct ffp8_operands *operands, const ffp8_format *a_format,
                                            const ffp8_format *b_format) {
    const struct ffp8_exponents none = {1, 0};
    struct ffp8_span a, b;
    if (operands->class_of <= FFP8_CLASS_I16 || operands->class_of == FFP8_CLASS_F16) return none;
    ffp8_format_span(a_format, &a);
    ffp8_format_span(b_format, &b);
    /* Of elements of A, then of products and sums. */
    const int lowest[] = {a.lowest_bit - operands->a.shift, a.lowest_bit + b.lowest_bit - operands->shift};
    const int highest[] = {a.highest - operands->a.shift, a.highest + b.highest + SUM_BITS - operands->shift};
    const int low = lowest[0] < lowest[1] ? lowest[0] : lowest[1], high = highest[0] > highest[1] ? highest[0] : highest[1];
    return low < -126 || high > 127 ? none : (struct ffp8_exponents){-126 - low, 127 - high};
}

static void decode(const struct ffp8_kernels *kernels, const struct ffp8_operands *operands, const uint8_t *src, size_t n, void *dst) {
    switch (operands->class_of) {
    case FFP8_CLASS_I8: kernels->decode8(src, dst, n, &operands->a); return;
    case FFP8_CLASS_I16:
    case FFP8_CLASS_BF16:
    case FFP8_CLASS_F16: kernels->decode16(src, dst, n, &operands->a); return;
    case FFP8_CLASS_F32: kernels->decode32(src, dst, n, &operands->a); return;
    }
}

/* What the BF16 dot products of hardware do to their operands. */
static void flush_denormals(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = ffp8_bits(x[i]);
        x[i] = ffp8_float(bits & 0x7F800000u ? bits : bits & 0x80000000u);
    }
}

static void widen(const struct ffp8_kernels *kernels, ffp8_dtype type, const void *src, size_t n, float *dst) {
    if (type == FFP8_TYPE_F32)
        memcpy(dst, src, n * sizeof *dst);
    else if (type == FFP8_TYPE_BF16)
        kernels->widen_bf16(src, dst, n);
    else
        kernels->widen_f16(src, dst, n);
}

void ffp8_stage(const struct ffp8_kernels *kernels, const struct ffp8_operands *operands, ffp8_dtype type, const void *src, size_t n,
                void *dst) {
    const bool to_bf16 = operands->class_of == FFP8_CLASS_BF16, as_bf16 = operands->product == FFP8_CLASS_BF16;
    if (type == FFP8_TYPE_FFP8) {
        decode(kernels, operands, src, n, dst);
    } else if (ffp8_stage_is_identity(operands, type)) {
        memcpy(dst, src, n * ffp8_type_bytes(type));
    } else if (to_bf16 && type == FFP8_TYPE_F32) {
        kernels->narrow_bf16(src, dst, n);
    } else if (to_bf16) { /* from F16 */
        float wide[FFP8_STAGE_CHUNK];
        for (size_t i = 0; i < n; i += FFP8_STAGE_CHUNK) {
            const size_t count = ffp8_min_size(FFP8_STAGE_CHUNK, n - i);
            kernels->widen_f16((const uint16_t *)src + i, wide, count);
            kernels->narrow_bf16(wide, (uint16_t *)dst + i, count);
        }
    } else {
        widen(kernels, type, src, n, dst);
        if (!as_bf16) return;
        uint16_t narrow[FFP8_STAGE_CHUNK];
        float *x = dst;
        for (size_t i = 0; i < n && type != FFP8_TYPE_BF16; i += FFP8_STAGE_CHUNK) {
            const size_t count = ffp8_min_size(FFP8_STAGE_CHUNK, n - i);
            kernels->narrow_bf16(x + i, narrow, count);
            kernels->widen_bf16(narrow, x + i, count);
        }
        flush_denormals(x, n);
    }
}

void ffp8_stage_zeros(const struct ffp8_operands *operands, size_t n, void *dst) {
    memset(dst, operands->a_offset, n * ffp8_class_bytes(operands->class_of));
}

float ffp8_stage_quantized(const struct ffp8_kernels *kernels, const struct ffp8_operands *operands, ffp8_dtype type, const void *src,
                           size_t n, struct ffp8_encoder *encoder, float largest, void *dst) {
    float wide[FFP8_STAGE_CHUNK], amax = 0;
    uint8_t code[FFP8_STAGE_CHUNK];
    const uint8_t *from = src;
    for (size_t i = 0; i < n; i += FFP8_STAGE_CHUNK) {
        const size_t count = ffp8_min_size(FFP8_STAGE_CHUNK, n - i);
        widen(kernels, type, from + i * ffp8_type_bytes(type), count, wide);
        amax = ffp8_larger(amax, kernels->amax(wide, count));
    }
    const float scale = ffp8_row_scale(amax, largest);
    encoder->scale = 1.0f / scale;
    for (size_t i = 0; i < n; i += FFP8_STAGE_CHUNK) {
        const size_t count = ffp8_min_size(FFP8_STAGE_CHUNK, n - i);
        widen(kernels, type, from + i * ffp8_type_bytes(type), count, wide);
        ffp8_encode_of(kernels, encoder)(wide, code, count, encoder, i);
        decode(kernels, operands, code, count, (uint8_t *)dst + i * ffp8_class_bytes(operands->class_of));
    }
    return scale;
}
