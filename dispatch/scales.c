/* SPDX-License-Identifier: Apache-2.0
 *
 * scales.c - checks and looks up the scales of a tensor
 */
#include "scales.h"

#include <math.h>

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

ffp8_status ffp8_scale_grid_check(const struct ffp8_scale_grid *grid, size_t rows, size_t k) {
    if (!grid->data || grid->type != FFP8_SCALE_F32) return FFP8_OK;
    const size_t row_blocks = ffp8_scale_blocks(rows, grid->block_rows), k_blocks = ffp8_scale_blocks(k, grid->block_k);
    for (size_t r = 0; r < row_blocks; r++)
        for (size_t b = 0; b < k_blocks; b++)
            if (!isfinite(((const float *)grid->data)[r * grid->row_step + b * grid->k_step])) return FFP8_ERROR_SCALE;
    return FFP8_OK;
}

ffp8_status ffp8_scales_check(const ffp8_scales *scales, size_t rows, size_t k) {
    const ffp8_status status = ffp8_scales_check_shape(scales, rows, k);
    const struct ffp8_scale_grid grid = ffp8_scale_grid_of(scales);
    return status == FFP8_OK ? ffp8_scale_grid_check(&grid, rows, k) : status;
}

float ffp8_scale_at(const struct ffp8_scale_grid *grid, size_t row_block, size_t k_block) {
    if (!grid->data) return 1.0f;
    const size_t i = row_block * grid->row_step + k_block * grid->k_step;
    return grid->type == FFP8_SCALE_F32 ? ((const float *)grid->data)[i] : ffp8_f32_from_e8m0(((const uint8_t *)grid->data)[i]);
}

void ffp8_scales_rows(const struct ffp8_scale_grid *grid, size_t first, size_t rows, size_t k, float factor, int shift, float *dst) {
    const double unit = ldexp(1, shift);
    const size_t block_rows = grid->data && grid->block_rows ? grid->block_rows : SIZE_MAX;
    const size_t k_block = grid->data && grid->block_k ? k / grid->block_k : 0;
    if (block_rows == 1 && grid->type == FFP8_SCALE_F32) { /* one product of few rows has thousands: a loop that vectorizes */
        const float *scale = (const float *)grid->data + first * grid->row_step + k_block * grid->k_step;
        for (size_t i = 0; i < rows; i++) dst[i] = (float)(factor * scale[i * grid->row_step] * unit);
        return;
    }
    size_t block = first / block_rows, left = block_rows - first % block_rows; /* rows of the block */
    for (size_t i = 0; i < rows; block++, left = block_rows) {
        const size_t end = i + ffp8_min_size(rows - i, left);
        const float scale = (float)(factor * ffp8_scale_at(grid, block, k_block) * unit);
        while (i < end) dst[i++] = scale;
    }
}

struct ffp8_exponents ffp8_scales_exponents(const struct ffp8_scale_grid *grid, size_t rows, size_t k) {
    uint32_t low = 0x7F800000u, high = 0; /* magnitudes as bits: their order is that of the values */
    if (!grid->data) return (struct ffp8_exponents){0, 0};
    const size_t row_blocks = ffp8_scale_blocks(rows, grid->block_rows), k_blocks = ffp8_scale_blocks(k, grid->block_k);
    for (size_t r = 0; r < row_blocks; r++)
        for (size_t b = 0; b < k_blocks; b++) {
            const uint32_t magnitude = ffp8_bits(ffp8_scale_at(grid, r, b)) & 0x7FFFFFFFu;
            if (magnitude == 0 || magnitude > 0x7F800000u) continue;
            if (magnitude < low) low = magnitude;
            if (magnitude > high) high = magnitude;
        }
    if (high == 0) return (struct ffp8_exponents){0, 0};
    return (struct ffp8_exponents){ilogbf(ffp8_float(low)), ilogbf(ffp8_float(high))};
}

struct ffp8_exponents ffp8_scales_e8m0_exponents(const struct ffp8_scale_grid *grid, size_t first, size_t rows, size_t k) {
    const size_t blocks = ffp8_scale_blocks(k, grid->block_k), end = first + rows;
    uint8_t low = 255, high = 0;
    for (size_t r = first; r < end; r += grid->block_rows ? grid->block_rows - r % grid->block_rows : rows) {
        const uint8_t *code = ffp8_scales_e8m0(grid, r);
        for (size_t b = 0; b < blocks; b++) {
            low = code[b] < low ? code[b] : low;
            high = code[b] > high ? code[b] : high;
        }
    }
    return (struct ffp8_exponents){low - 127, high - 127};
}

bool ffp8_scales_fold(struct ffp8_exponents rows, struct ffp8_exponents columns, int shift) {
    if (shift == 0) return true;
    /* A sum of integers is below 2^64, and one of float elements keeps its place in FP32's range as well as the values' own sum would. */
    if (shift < -126 || shift > 62) return false;
    const int low = rows.low + columns.low, high = rows.high + columns.high + 1; /* of the product of two scales */
    return columns.low + shift >= -126 && columns.high + shift <= 126 && low >= -126 && high <= 126 && low + shift >= -126 &&
           high + shift <= 126;
}
