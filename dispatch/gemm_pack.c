/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_pack.c - packs plain weights of a matrix product
 */
#include "../kernels/kernel_util.h"
#include "gemm.h"
#include "packed.h"
#include "select.h"

static ffp8_status check_and_lay_out(size_t n, size_t k, const ffp8_weights *weights, bool query, struct ffp8_packed_header *header,
                                     struct ffp8_packed_places *places) {
    if (!weights) return FFP8_ERROR_NULL;
    const ffp8_status status = ffp8_gemm_weights_check(n, k, weights, query);
    if (status != FFP8_OK) return status;
    return ffp8_packed_layout(header, places, FFP8_PACKED_GEMM, n, k, 1, 1, 1, 1, k, &weights->format, &weights->scales);
}

ffp8_status ffp8_gemm_packed_size(size_t n, size_t k, const ffp8_weights *weights, size_t *bytes) {
    struct ffp8_packed_header header;
    struct ffp8_packed_places places;
    const ffp8_status status = check_and_lay_out(n, k, weights, true, &header, &places);
    if (status != FFP8_OK) return status;
    if (!bytes) return FFP8_ERROR_NULL;
    *bytes = header.bytes;
    return FFP8_OK;
}

ffp8_status ffp8_gemm_pack(size_t n, size_t k, const ffp8_weights *weights, void *packed, size_t bytes) {
    struct ffp8_packed_header header;
    struct ffp8_packed_places places;
    ffp8_status status = check_and_lay_out(n, k, weights, false, &header, &places);
    if (status == FFP8_OK) status = ffp8_packed_buffer_check(packed, bytes, &header);
    if (status != FFP8_OK) return status;

    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    const bool nk = weights->order == FFP8_ORDER_NK;
    const size_t rows = nk ? n : k, row = nk ? k : n;
    bool used[256] = {false};
    for (size_t r = 0; r < rows; r++) ffp8_mark_codes(weights->data + r * weights->ld, row, used);
    const struct ffp8_scale_grid scales = ffp8_scale_grid_of(&weights->scales);
    ffp8_packed_measure(&header, &weights->format, &scales, used);

    ffp8_packed_open(packed, &header, &places, &weights->format, &weights->scales);
    const size_t column_stride = nk ? weights->ld : 1, k_stride = nk ? 1 : weights->ld;
    uint8_t *lines = (uint8_t *)packed + sizeof header;
    ffp8_pack_panels(kernels, lines, weights->data, column_stride, k_stride, n, k, header.pad_code);
    ffp8_packed_weigh(packed, &places, &weights->format);
    ffp8_packed_seal(packed);
    return FFP8_OK;
}
