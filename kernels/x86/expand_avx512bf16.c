/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_avx512bf16.c - expand kernels by byte planes and vpermi2b. Formula and bound: expand_512.h.
 */
#include "expand_512.h"
#include "x86_dot.h"

void ffp8_expand_i8_avx512bf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I8);
}

void ffp8_expand_i16_avx512bf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I16);
}

void ffp8_expand_bf16_avx512bf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_BF16);
}

void ffp8_expand_f32_avx512bf16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_F32);
}
