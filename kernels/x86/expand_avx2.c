/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_avx2.c - expand kernels of I16 and F32. Formula and bound: expand_256.h.
 */
#include "expand_256.h"
#include "x86_dot.h"

void ffp8_expand_i16_avx2(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I16);
}

void ffp8_expand_f32_avx2(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_F32);
}
