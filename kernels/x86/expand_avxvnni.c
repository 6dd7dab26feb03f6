/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_avxvnni.c - the expand kernel of I8, whose head is a dot product by vpdpbusd. Formula and bound: expand_256.h.
 */
#include "expand_256.h"
#include "x86_dot.h"

void ffp8_expand_i8_avxvnni(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    expand_class(lines, panel, words, lut, FFP8_CLASS_I8);
}
