/* SPDX-License-Identifier: Apache-2.0
 *
 * scales.h - checks and looks up the scales of a tensor
 */
#ifndef FFP8_SCALES_H
#define FFP8_SCALES_H

#include "../kernels/kernel_util.h"
#include "../kernels/kernels.h"

/* Blocks along an extent; a block size of 0 means the whole of it. */
static inline size_t ffp8_scale_blocks(size_t extent, size_t block) { return block ? ffp8_ceil_div(extent, block) : 1; }
static inline size_t ffp8_scale_bytes(ffp8_scale_type type) { return type == FFP8_SCALE_F32 ? sizeof(float) : 1; }

/* Everything but the values, which a size query does not read: FFP8_ERROR_ENUM, FFP8_ERROR_SCALE (block_k), FFP8_ERROR_STRIDE, FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_scales_check_shape(const ffp8_scales *scales, size_t rows, size_t k);
/* ... and FFP8_ERROR_SCALE for an F32 scale that is not finite. */
ffp8_status ffp8_scales_check(const ffp8_scales *scales, size_t rows, size_t k);

/* A tensor's scales wherever they lie: with the caller, or [k blocks][row blocks] in packed weights. */
struct ffp8_scale_grid {
    const void *data; /* NULL: ones */
    ffp8_scale_type type;
    size_t block_rows, block_k;
    size_t row_step, k_step; /* elements between blocks */
};
static inline struct ffp8_scale_grid ffp8_scale_grid_of(const ffp8_scales *s) {
    return (struct ffp8_scale_grid){s->data, s->type, s->block_rows, s->block_k, s->ld, 1};
}
/* FFP8_ERROR_SCALE: an F32 scale is not finite. */
ffp8_status ffp8_scale_grid_check(const struct ffp8_scale_grid *grid, size_t rows, size_t k);

/* Scale of the blocks (row_block, k_block); 1 without data. */
float ffp8_scale_at(const struct ffp8_scale_grid *grid, size_t row_block, size_t k_block);

/* dst[i] = f32(factor * scale of row first + i in the block that holds k) * 2^shift: one more rounding only outside FP32's normal range. */
void ffp8_scales_rows(const struct ffp8_scale_grid *grid, size_t first, size_t rows, size_t k, float factor, int shift, float *dst);

/* Binary exponents of the smallest and largest magnitude among the scales; zeros and NaNs do not count. No scale counts: 0, 0. */
struct ffp8_exponents {
    int low, high;
};
struct ffp8_exponents ffp8_scales_exponents(const struct ffp8_scale_grid *grid, size_t rows, size_t k);

/* Of E8M0 scales that lie one after the other along k (k_step 1): those of a row, */
static inline const uint8_t *ffp8_scales_e8m0(const struct ffp8_scale_grid *grid, size_t row) {
    return (const uint8_t *)grid->data + (grid->block_rows ? row / grid->block_rows : 0) * grid->row_step;
}
/* and the exponents of those of some rows; NaN counts, as 128. */
struct ffp8_exponents ffp8_scales_e8m0_exponents(const struct ffp8_scale_grid *grid, size_t first, size_t rows, size_t k);

/* Whether sum * (row scale * column scale * 2^shift) is, bit for bit, (sum * 2^shift) * (row scale * column scale) for every sum that integer
 * elements can have: nothing leaves FP32's normal range on the way. */
bool ffp8_scales_fold(struct ffp8_exponents rows, struct ffp8_exponents columns, int shift);

#endif
