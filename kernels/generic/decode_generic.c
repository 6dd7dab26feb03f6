/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_generic.c - codes to elements: one look-up each
 */
#include "generic.h"

void ffp8_decode8_generic(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    for (size_t i = 0; i < n; i++) dst[i] = lut->plane[0][src[i]];
}

void ffp8_decode16_generic(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    for (size_t i = 0; i < n; i++) dst[i] = (uint16_t)lut->element[src[i]];
}

void ffp8_decode32_generic(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    for (size_t i = 0; i < n; i++) dst[i] = lut->element[src[i]];
}

void ffp8_decode_pairs_generic(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    for (size_t i = 0; i < n; i++) dst[i] = (low ? lut->element[low[i]] : 0) | (high ? lut->element[high[i]] << 16 : 0);
}
