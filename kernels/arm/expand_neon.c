/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neon.c - the expand kernels of I16 and F32. Formula, bound, tails: expand_neon.h.
 */
#include "expand_neon.h"

void ffp8_expand_i16_neon(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I16, FFP8_PANEL_STEPS);
}

void ffp8_expand_f32_neon(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_F32, FFP8_PANEL_STEPS);
}
