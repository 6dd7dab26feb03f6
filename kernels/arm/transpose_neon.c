/* SPDX-License-Identifier: Apache-2.0
 *
 * transpose_neon.c - transpose.h in NEON: zips are zip1 and zip2
 */
#include "../transpose.h"
#include "arm_neon_kernels.h"

void ffp8_transpose8_neon(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 1);
}
void ffp8_transpose16_neon(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 2);
}
void ffp8_transpose32_neon(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 4);
}
