/* SPDX-License-Identifier: Apache-2.0
 *
 * expand_generic.c - packed lines to expanded panels
 *
 * panel[word][column] = the elements k = word * E .. word * E + E-1 of the column, E elements a word. The I8 panel has a head: kernels.h.
 */
#include <string.h>

#include "dot_generic.h"

void ffp8_expand_i8_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    int32_t *head = panel;
    int8_t *element = (int8_t *)panel + FFP8_STEP_BYTES;
    memset(head, 0, FFP8_STEP_BYTES);
    for (size_t k = 0; k < 4 * words; k++) {
        for (size_t j = 0; j < FFP8_NR; j++) {
            int8_t e = (int8_t)lut->element[lines[ffp8_line_index(k, j)]];
            element[k / 4 * FFP8_STEP_BYTES + j * 4 + k % 4] = e;
            head[j] -= 128 * e;
        }
    }
}

void ffp8_expand_16_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    uint16_t *element = panel;
    for (size_t k = 0; k < 2 * words; k++) {
        for (size_t j = 0; j < FFP8_NR; j++) {
            element[(k / 2 * FFP8_NR + j) * 2 + k % 2] = (uint16_t)lut->element[lines[ffp8_line_index(k, j)]];
        }
    }
}

void ffp8_expand_f32_generic(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    uint32_t *element = panel;
    for (size_t k = 0; k < words; k++) {
        for (size_t j = 0; j < FFP8_NR; j++) element[k * FFP8_NR + j] = lut->element[lines[ffp8_line_index(k, j)]];
    }
}
