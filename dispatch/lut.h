/* SPDX-License-Identifier: Apache-2.0
 *
 * lut.h - from formats to what kernels see: values, arithmetic classes, look-up tables, encoders
 */
#ifndef FFP8_LUT_H
#define FFP8_LUT_H

#include "../kernels/kernels.h"

/* The exact value of every code (NaN codes: the quiet NaN 0x7FC00000). The format has passed ffp8_format_check. */
void ffp8_format_values(const ffp8_format *format, float value[256]);

/* Classes in which the finite values are exact up to a power of two, as bits 1 << ffp8_class. Inf and NaN codes exclude I8 and I16, unless
 * `used` (256 flags, NULL: all codes) tells that they do not occur: a weight tensor without its format's NaN codes may be I16. Finite codes
 * count whether used or not, since luts hold them all. F32 is always among the classes; F16 says that FP16 holds the format. */
unsigned ffp8_format_classes(const ffp8_format *format, const bool used[256]);

/* The product's class: the narrowest that both operands have; F16 is none. */
ffp8_class ffp8_class_of_product(unsigned a_classes, unsigned b_classes);

/* Builds the lut for a class that the format has. finite_only: the caller knows that no Inf or NaN code occurs, so those codes' elements
 * are arbitrary and special_lo is 256. I8 elements are uint8 where sign_mask is 0 (no value is negative), else int8. A float NaN has its
 * code's sign, so that NaN does not spoil `mirrored`. Shifts: I8, I16: the unit is the smallest step. BF16: 0 where all elements are
 * then zero or BF16-normal, else the shift that puts the smallest nonzero magnitude well inside BF16's normal range. F16, and F32 of kind
 * HALF: 15 - bias. Other F32: 0. */
void ffp8_lut_init(struct ffp8_lut *lut, const ffp8_format *format, ffp8_class class_of, bool finite_only);

/* F32 with elements that are the values: for products whose elements by kind HALF would leave FP32 though values do not. */
void ffp8_lut_init_values(struct ffp8_lut *lut, const ffp8_format *format, bool finite_only);

/* Luts of ffp8_decode: element = value * scale, as FP32 bits, or rounded to BF16 / F16 bits. shift = 0. */
void ffp8_lut_init_scaled(struct ffp8_lut *lut, const struct ffp8_kernels *kernels, const ffp8_format *format, float scale, ffp8_dtype to);

/* encoding NULL: all zero. */
void ffp8_encoder_init(struct ffp8_encoder *encoder, const ffp8_format *format, float scale, const ffp8_encoding *encoding);

/* What ffp8_quantize_rows makes of rows: the value that a row's largest magnitude is scaled to (the largest one of the format), and the
 * scale. The scale is kept at or above 2^-126 and finite, so that its reciprocal is finite too. */
float ffp8_row_target(const ffp8_format *format);
float ffp8_row_scale(float amax, float target);

#endif
