/* SPDX-License-Identifier: Apache-2.0
 *
 * dot_generic.h - the generic kernels of matrix products: expand, dot, fused, direct, depthwise
 */
#ifndef FFP8_DOT_GENERIC_H
#define FFP8_DOT_GENERIC_H

#include "../kernels.h"

/* Where the code of element k of a column stands in packed lines. */
static inline size_t ffp8_line_index(size_t k, size_t column) {
    size_t group = column % 16 / 4, upper = column / 16;
    return k / 2 * FFP8_LINE_BYTES + group * 16 + upper * 8 + column % 4 * 2 + k % 2;
}

void ffp8_expand_i8_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut);
void ffp8_expand_16_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut); /* I16, BF16 and F16 */
void ffp8_expand_f32_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut);
void ffp8_dot_i8_generic(const struct ffp8_dot *d);
void ffp8_dot_i16_generic(const struct ffp8_dot *d);
void ffp8_dot_bf16_generic(const struct ffp8_dot *d);
void ffp8_dot_f16_generic(const struct ffp8_dot *d);
void ffp8_dot_f32_generic(const struct ffp8_dot *d);
void ffp8_fused_i8_generic(const struct ffp8_dot *d);
void ffp8_fused_i16_generic(const struct ffp8_dot *d);
void ffp8_fused_bf16_generic(const struct ffp8_dot *d);
void ffp8_fused_f16_generic(const struct ffp8_dot *d);
void ffp8_fused_f32_generic(const struct ffp8_dot *d);
void ffp8_direct_i8_generic(const struct ffp8_dot *d);
void ffp8_direct_i16_generic(const struct ffp8_dot *d);
void ffp8_direct_bf16_generic(const struct ffp8_dot *d);
void ffp8_direct_f16_generic(const struct ffp8_dot *d);
void ffp8_direct_f32_generic(const struct ffp8_dot *d);
void ffp8_depthwise_i16_generic(const struct ffp8_depthwise *d);
void ffp8_depthwise_bf16_generic(const struct ffp8_depthwise *d);
void ffp8_depthwise_f32_generic(const struct ffp8_depthwise *d);

#endif
