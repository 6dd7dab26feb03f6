/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_neonfp16.c - the expand kernel of F16. Formula, bound, tails: expand_neon.h.
 */
#include "expand_neon.h"

void ffp8_expand_f16_neonfp16(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_F16, FFP8_PANEL_UNZIPPED);
}
