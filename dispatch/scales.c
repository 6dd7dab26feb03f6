/* SPDX-License-Identifier: Apache-2.0
 *
 * scales.c - checks and looks up the scales of a tensor
 */
#include "scales.h"

ffp8_status ffp8_scales_check_shape(const ffp8_scales *scales, size_t rows, size_t k) {
    if (!scales->data) return FFP8_OK;
    if ((unsigned)scales->type > FFP8_SCALE_E8M0) return FFP8_ERROR_ENUM;
    if (scales->block_k % 4 != 0) return FFP8_ERROR_SCALE;
    const size_t row_blocks = ffp8_scale_blocks(rows, scales->block_rows), k_blocks = ffp8_scale_blocks(k, scales->block_k);
    if (row_blocks > 1 && scales->ld < k_blocks) return FFP8_ERROR_STRIDE;
    size_t last;
    if (row_blocks > 0 && (__builtin_mul_overflow(row_blocks - 1, scales->ld, &last) || __builtin_add_overflow(last, k_blocks, &last) ||
                           last > PTRDIFF_MAX / ffp8_scale_bytes(scales->type)))
        return FFP8_ERROR_OVERFLOW;
    return FFP8_OK;
}

ffp8_status ffp8_scales_check(const ffp8_scales *scales, size_t rows, size_t k) {
    const ffp8_status status = ffp8_scales_check_shape(scales, rows, k);
    if (status != FFP8_OK || !scales->data || scales->type != FFP8_SCALE_F32) return status;
    const size_t row_blocks = ffp8_scale_blocks(rows, scales->block_rows), k_blocks = ffp8_scale_blocks(k, scales->block_k);
    const float *row = scales->data;
    for (size_t r = 0; r < row_blocks; r++)
        for (size_t b = 0; b < k_blocks; b++)
            if (!isfinite(row[r * scales->ld + b])) return FFP8_ERROR_SCALE;
    return FFP8_OK;
}

float ffp8_scale_at(const ffp8_scales *scales, size_t row_block, size_t k_block) {
    if (!scales->data) return 1.0f;
    const size_t i = row_block * scales->ld + k_block;
    if (scales->type == FFP8_SCALE_F32) return ((const float *)scales->data)[i];
    const uint32_t code = ((const uint8_t *)scales->data)[i];
    return code == 255 ? ffp8_float(0x7FC00000u) : code == 0 ? 0x1p-127f : ffp8_float(code << 23);
}

void ffp8_scales_rows(const ffp8_scales *scales, size_t first, size_t rows, size_t k, int shift, float *dst) {
    const size_t k_block = scales->data && scales->block_k ? k / scales->block_k : 0;
    size_t block = 0, next = first; /* `next`: the row at which `factor` must be looked up anew */
    float factor = 0;
    for (size_t i = 0; i < rows; i++) {
        const size_t row = first + i;
        if (row == next) {
            const size_t block_rows = scales->data ? scales->block_rows : 0;
            block = block_rows ? row / block_rows : 0;
            factor = ldexpf(ffp8_scale_at(scales, block, k_block), shift);
            next = block_rows ? (block + 1) * block_rows : SIZE_MAX;
        }
        dst[i] = factor;
    }
}
