/* SPDX-License-Identifier: Apache-2.0
 *
 * transpose_generic.c - matrices turned on their side
 */
#include <string.h>

#include "generic.h"

static inline void transpose(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns, size_t bytes) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++)
            memcpy((uint8_t *)dst + (j * ld_dst + i) * bytes, (const uint8_t *)src + (i * ld_src + j) * bytes, bytes);
}

void ffp8_transpose8_generic(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 1);
}

void ffp8_transpose16_generic(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 2);
}

void ffp8_transpose32_generic(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 4);
}
