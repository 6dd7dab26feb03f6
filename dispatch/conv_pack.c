/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_pack.c - the packed weights of a convolution
 *
 * Three orders (enum ffp8_conv_order), chosen from the filter's shape and format alone:
 *   LANES  many small groups: a panel of 32 columns would be mostly padding, so that output channels of many groups lie in lanes;
 *   ROWS   few channels: one segment per kernel row, over (kw, channel), which the rows of an NHWC image hold contiguously. The last word
 *          may reach into the next pixel, which is harmless only where a zero code pads the weights;
 *   TAPS   everything else: one segment per (kh, kw).
 */
#include "conv.h"

#include "format.h"
#include "lut.h"
#include "select.h"

enum {
    LANES_CHANNELS = 16, /* with more, panels are full enough */
    ROWS_ELEMENTS = 64   /* below this a segment per tap is too short to hide the kernel's prologue */
};

static bool has_zero(const ffp8_format *format) {
    float value[256];
    ffp8_format_values(format, value);
    for (int c = 0; c < 256; c++)
        if (value[c] == 0) return true;
    return false;
}

/* Lanes have no sums wider than int32. With one channel a group any other order would be far too slow. */
static bool sums_are_exact(const struct ffp8_conv_dims *d, const ffp8_format *format) {
    struct ffp8_span span;
    ffp8_format_span(format, &span);
    const double largest = ldexp(fmax(span.max, -span.min), -span.lowest_bit); /* integer, if the format is one of integers */
    const double terms = (double)d->group_in * (double)d->kernel_h * (double)d->kernel_w;
    return d->group_in == 1 || largest > FFP8_I16_LIMIT || terms * largest * FFP8_I16_LIMIT <= INT32_MAX;
}

static enum ffp8_conv_order choose_order(const struct ffp8_conv_dims *d, const ffp8_format *format) {
    const bool few = d->groups > 1 && d->group_in <= LANES_CHANNELS && d->group_out <= LANES_CHANNELS;
    const bool close = d->group_in <= LANES_CHANNELS / 2 || d->group_in <= 2 * d->group_out; /* what the lanes of a vector see */
    if (few && close && sums_are_exact(d, format)) return FFP8_CONV_LANES;
    const bool rows = d->groups == 1 && d->kernel_w > 1 && d->dilation_w == 1 && d->c_in < ROWS_ELEMENTS;
    return rows && (d->kernel_w * d->c_in % 4 == 0 || has_zero(format)) ? FFP8_CONV_ROWS : FFP8_CONV_TAPS;
}

enum ffp8_conv_order ffp8_conv_packed_order(const struct ffp8_packed_header *header) {
    if (header->kind == FFP8_PACKED_DEPTHWISE) return FFP8_CONV_LANES;
    return header->segments == header->kernel_h * header->kernel_w ? FFP8_CONV_TAPS : FFP8_CONV_ROWS;
}

ffp8_status ffp8_conv_layout(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header,
                             struct ffp8_packed_places *places) {
    const enum ffp8_conv_order order = choose_order(dims, &filter->format);
    const size_t k = dims->group_in * dims->kernel_h * dims->kernel_w;
    const size_t segments = order == FFP8_CONV_LANES ? k : ffp8_conv_segments(dims, order);
    const enum ffp8_packed_kind kind = order == FFP8_CONV_LANES ? FFP8_PACKED_DEPTHWISE : FFP8_PACKED_CONV;
    return ffp8_packed_layout(header, places, kind, dims->c_out, k, dims->groups, dims->kernel_h, dims->kernel_w, segments, k / segments,
                              &filter->format, &filter->scales);
}

/* The measured members, from the filter's codes. */
static void measure(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header) {
    bool used[256] = {false};
    const size_t count = dims->c_out * dims->group_in * dims->kernel_h * dims->kernel_w;
    ffp8_mark_codes(filter->data, count, used);
    const struct ffp8_scale_grid scales = ffp8_scale_grid_of(&filter->scales);
    ffp8_packed_measure(header, &filter->format, &scales, used);
}

/* Segment by segment; one block is a panel of up to 32 channels of one group. */
static void write_lines(const struct ffp8_conv_dims *d, const ffp8_filter *filter, const struct ffp8_packed_header *header,
                        uint8_t *lines) {
    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    const enum ffp8_conv_order order = ffp8_conv_packed_order(header);
    const size_t column_stride = d->group_in * d->kernel_h * d->kernel_w, taps_w = order == FFP8_CONV_ROWS ? 1 : d->kernel_w;
    for (size_t o = 0; o < d->c_out; o += ffp8_min_size(FFP8_NR, d->group_out - o % d->group_out)) {
        const size_t columns = ffp8_min_size(FFP8_NR, d->group_out - o % d->group_out);
        for (size_t i = 0; i < d->kernel_h; i++) {
            for (size_t j = 0; j < taps_w; j++) {
                uint8_t *segment = lines + ffp8_conv_code_index(d, order, o, i, j, 0) / FFP8_LINE_BYTES * FFP8_LINE_BYTES;
                const uint8_t *src = filter->data + ffp8_conv_code_index(d, (enum ffp8_conv_order)filter->order, o, i, j, 0);
                if (filter->order == FFP8_ORDER_OHWI) {
                    ffp8_pack_segment(kernels, segment, src, column_stride, 1, columns, header->segment_k, header->pad_code);
                } else if (order == FFP8_CONV_TAPS) {
                    ffp8_pack_segment(kernels, segment, src, column_stride, d->kernel_h * d->kernel_w, columns, header->segment_k,
                                      header->pad_code);
                } else { /* (kw, channel) out of [channel][kh][kw]: no constant stride */
                    for (size_t k = 0; k < header->segment_k; k++)
                        for (size_t n = 0; n < columns; n++)
                            lines[ffp8_conv_code_index(d, order, o + n, i, k / d->group_in, k % d->group_in)] =
                                filter->data[ffp8_conv_code_index(d, FFP8_CONV_OIHW, o + n, i, k / d->group_in, k % d->group_in)];
                }
            }
        }
    }
}

static void write_lanes(const struct ffp8_conv_dims *d, const ffp8_filter *filter, uint8_t *codes) {
    for (size_t o = 0; o < d->c_out; o++)
        for (size_t i = 0; i < d->kernel_h; i++)
            for (size_t j = 0; j < d->kernel_w; j++)
                for (size_t c = 0; c < d->group_in; c++)
                    codes[ffp8_conv_code_index(d, FFP8_CONV_LANES, o, i, j, c)] =
                        filter->data[ffp8_conv_code_index(d, (enum ffp8_conv_order)filter->order, o, i, j, c)];
}

void ffp8_conv_write(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, const struct ffp8_packed_header *header,
                     const struct ffp8_packed_places *places, void *blob) {
    uint8_t *weights = (uint8_t *)blob + sizeof *header;
    ffp8_packed_open(blob, header, places, &filter->format, &filter->scales);
    if (header->kind == FFP8_PACKED_DEPTHWISE)
        write_lanes(dims, filter, weights);
    else
        write_lines(dims, filter, header, weights);
}

static ffp8_status lay_out(const ffp8_conv_shape *shape, const ffp8_filter *filter, bool query, struct ffp8_conv_dims *dims,
                           struct ffp8_packed_header *header, struct ffp8_packed_places *places) {
    if (!shape || !filter) return FFP8_ERROR_NULL;
    ffp8_status status = ffp8_conv_filter_dims(shape, dims);
    if (status == FFP8_OK) status = ffp8_conv_filter_check(filter, dims, query);
    return status == FFP8_OK ? ffp8_conv_layout(dims, filter, header, places) : status;
}

ffp8_status ffp8_conv_packed_size(const ffp8_conv_shape *shape, const ffp8_filter *filter, size_t *bytes) {
    struct ffp8_conv_dims dims;
    struct ffp8_packed_header header;
    struct ffp8_packed_places places;
    if (!bytes) return FFP8_ERROR_NULL;
    const ffp8_status status = lay_out(shape, filter, true, &dims, &header, &places);
    if (status == FFP8_OK) *bytes = header.bytes;
    return status;
}

ffp8_status ffp8_conv_pack(const ffp8_conv_shape *shape, const ffp8_filter *filter, void *packed, size_t bytes) {
    struct ffp8_conv_dims dims;
    struct ffp8_packed_header header;
    struct ffp8_packed_places places;
    ffp8_status status = lay_out(shape, filter, false, &dims, &header, &places);
    if (status == FFP8_OK) status = ffp8_packed_buffer_check(packed, bytes, &header);
    if (status != FFP8_OK) return status;
    measure(&dims, filter, &header);
    ffp8_conv_write(&dims, filter, &header, &places, packed);
    ffp8_packed_weigh(packed, &places, &filter->format);
    ffp8_packed_seal(packed);
    return FFP8_OK;
}
