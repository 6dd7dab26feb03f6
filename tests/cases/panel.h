/* SPDX-License-Identifier: Apache-2.0
 *
 * panel.h - the two layouts of B as kernels.h describes them, written out plainly for the cases
 *
 * Codes and elements are given as [k][32 columns].
 */
#ifndef FFP8_CASES_PANEL_H
#define FFP8_CASES_PANEL_H

#include <math.h>
#include <string.h>

#include "kernels/kernel_util.h"
#include "kernels/kernels.h"

enum { PANEL_MAX_K = 1024 };

static inline size_t panel_line_bytes(size_t k) { return (k + 1) / 2 * FFP8_LINE_BYTES; }

/* Lines: in 16-byte group g, bytes 0..7 are columns 4g..4g+3, bytes 8..15 columns 16+4g..16+4g+3, each as (k, k+1). */
static inline void panel_pack_lines(uint8_t *lines, const uint8_t *code, size_t k) {
    for (size_t i = 0; i < (k + k % 2); i++)
        for (size_t j = 0; j < FFP8_NR; j++) {
            const size_t group = j % 16 / 4, half = j / 16, within = j % 4;
            lines[i / 2 * FFP8_LINE_BYTES + group * 16 + half * 8 + within * 2 + i % 2] = code[(i < k ? i : 0) * FFP8_NR + j];
        }
}

/* Where byte `byte` of element i of column j lies in a panel of so many words. */
static inline size_t panel_byte(enum ffp8_panel layout, ffp8_class c, size_t words, size_t i, size_t j, size_t byte) {
    const size_t per_word = ffp8_class_elements(c), w = i / per_word, in_word = i % per_word * ffp8_class_bytes(c) + byte;
    if (layout == FFP8_PANEL_PAIRED && w / 2 < words / 2) return ((w / 2 * FFP8_NR + j) * 2 + w % 2) * FFP8_WORD_BYTES + in_word;
    if (layout == FFP8_PANEL_SPLIT && w / 4 < words / 4) return (((i / 8 * 16 + j / 2) * 2 + byte) * 2 + j % 2) * 8 + i % 8;
    if (layout == FFP8_PANEL_UNZIPPED) return ((w * 8 + j / 8 * 2 + i % 2) * 8 + j % 8) * 2 + byte;
    return (w * FFP8_NR + j) * FFP8_WORD_BYTES + in_word;
}

/* An I8 panel has a head of -128 times the column sums. k is whole words. */
static inline void panel_build(uint8_t *panel, const uint32_t *element, size_t k, ffp8_class c, enum ffp8_panel layout) {
    const size_t words = k / ffp8_class_elements(c);
    if (c == FFP8_CLASS_I8) {
        int32_t head[FFP8_NR] = {0};
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < FFP8_NR; j++) head[j] -= 128 * (int8_t)element[i * FFP8_NR + j];
        memcpy(panel, head, sizeof head);
        panel += sizeof head;
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < FFP8_NR; j++) {
            uint32_t x = element[i * FFP8_NR + j];
            const bool split = layout == FFP8_PANEL_SPLIT && i / 8 < words / 4;
            if (split && (x & 0x80)) x += 0x100; /* the low byte is negative */
            for (size_t byte = 0; byte < ffp8_class_bytes(c); byte++)
                panel[panel_byte(layout, c, words, i, j, byte)] = (uint8_t)(x >> 8 * byte);
        }
}

/* An element's value. */
static inline double panel_value(uint32_t element, ffp8_class c) {
    float x;
    switch (c) {
    case FFP8_CLASS_I8: return (int8_t)element;
    case FFP8_CLASS_I16: return (int16_t)element;
    case FFP8_CLASS_BF16: element <<= 16; break;
    case FFP8_CLASS_F32: break;
    case FFP8_CLASS_F16: return ffp8_f32_from_f16((uint16_t)element);
    }
    memcpy(&x, &element, sizeof x);
    return x;
}

#endif
