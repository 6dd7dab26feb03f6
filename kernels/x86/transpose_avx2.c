/* SPDX-License-Identifier: Apache-2.0
 *
 * transpose_avx2.c - transpose.h in AVX: zips are unpacks, of three operands
 */
#include "../transpose.h"
#include "x86_convert.h"

void ffp8_transpose8_avx2(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 1);
}
void ffp8_transpose16_avx2(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 2);
}
void ffp8_transpose32_avx2(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    transpose(src, ld_src, dst, ld_dst, rows, columns, 4);
}
