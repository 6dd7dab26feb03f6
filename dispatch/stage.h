/* SPDX-License-Identifier: Apache-2.0
 *
 * stage.h - activations of any type become elements of the class that a kernel multiplies in
 */
#ifndef FFP8_STAGE_H
#define FFP8_STAGE_H

#include "../kernels/kernels.h"
#include "scales.h"

enum { FFP8_STAGE_CHUNK = 256 }; /* elements that pass through buffers on the stack at a time; whole words of every class */

/* Which arithmetic a product runs in on a tier, and what its operands need for it. */
struct ffp8_operands {
    ffp8_class product;   /* the class that ffp8.h's numerics speak of */
    ffp8_class class_of;  /* the class of the kernels: runs_as of the product's */
    uint8_t a_offset;     /* I8: what staging adds to A's elements */
    double a_most;        /* I16: A's largest magnitude as an integer */
    size_t exact_terms;   /* I8, I16 */
    uint8_t pad_code;     /* of B: a finite code, that of zero where there is one */
    int shift;            /* of both operands together: value of a product = product of elements * 2^shift */
    struct ffp8_lut a, b; /* a: only if A is FFP8; with the offset in it */
};

/* `a_format` is NULL for activations of wider types, of which a_type is one. b_classes: classes of the weights, bits 1 << ffp8_class;
 * b_finite: no Inf or NaN code occurs among them. */
void ffp8_operands_init(struct ffp8_operands *operands, const struct ffp8_kernels *kernels, const ffp8_format *a_format, ffp8_dtype a_type,
                        const ffp8_format *b_format, unsigned b_classes, bool b_finite, ffp8_accuracy accuracy);

/* A is FFP8. Powers of two that its elements may be multiplied by, from the low to the high one (none: low is above high): elements, all products and sums
 * of up to 2^30 of those are zero or in the normal range of FP32 (and BF16), with the powers and without. Then it makes no difference to any bit
 * whether elements or sums are multiplied. */
struct ffp8_exponents ffp8_operands_rescale(const struct ffp8_operands *operands, const ffp8_format *a_format, const ffp8_format *b_format);

/* The product's class alone. */
ffp8_class ffp8_product_class(const ffp8_format *a_format, ffp8_dtype a_type, unsigned b_classes, ffp8_accuracy accuracy);

/* Bytes from one staged row of so many words to the next: whole cache lines, an odd number of them, so that the rows of a tile do not
 * compete for the same sets of a cache. */
static inline size_t ffp8_stage_stride(size_t words) {
    return ((words * FFP8_WORD_BYTES + FFP8_LINE_BYTES - 1) / FFP8_LINE_BYTES | 1) * FFP8_LINE_BYTES;
}

static inline size_t ffp8_type_bytes(ffp8_dtype type) { return type == FFP8_TYPE_F32 ? 4 : type == FFP8_TYPE_FFP8 ? 1 : 2; }

/* Whether kernels may read activations as they are. */
static inline bool ffp8_stage_is_identity(const struct ffp8_operands *operands, ffp8_dtype type) {
    return (type == FFP8_TYPE_F32 && operands->class_of == FFP8_CLASS_F32 && operands->product == FFP8_CLASS_F32) ||
           (type == FFP8_TYPE_BF16 && operands->class_of == FFP8_CLASS_BF16) ||
           (type == FFP8_TYPE_F16 && operands->class_of == FFP8_CLASS_F16);
}

/* n activations of `type` to n elements at dst. */
void ffp8_stage(const struct ffp8_kernels *kernels, const struct ffp8_operands *operands, ffp8_dtype type, const void *src, size_t n,
                void *dst);
/* What follows them up to a whole word or more: elements zero. */
void ffp8_stage_zeros(const struct ffp8_operands *operands, size_t n, void *dst);

/* The larger of two amax results: NaN if either is. */
static inline float ffp8_larger(float a, float b) { return a >= b || a != a ? a : b; }

/* Dynamic quantization of a row: its scale as ffp8_quantize_rows has it, and its elements. `encoder` is that of the format with any scale,
 * which is overwritten; `largest` the format's largest value. */
float ffp8_stage_quantized(const struct ffp8_kernels *kernels, const struct ffp8_operands *operands, ffp8_dtype type, const void *src,
                           size_t n, struct ffp8_encoder *encoder, float largest, void *dst);

#endif
