/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_finish.c - from sums [pixel][channel] to outputs in either layout
 */
#include "conv.h"

enum ffp8_conv_output_order ffp8_conv_output_order(const struct ffp8_conv_problem *problem) {
    const ffp8_conv_args *args = problem->args;
    const struct ffp8_conv_dims *d = &problem->dims;
    if (args->layout == FFP8_LAYOUT_NHWC || d->c_out == 1 || (d->out_h == 1 && d->out_w == 1)) return FFP8_CONV_PIXELS;
    const bool random = args->y_type == FFP8_TYPE_FFP8 && args->y_encoding.rounding == FFP8_ROUND_STOCHASTIC;
    return args->epilogue.residual || args->accumulate || random ? FFP8_CONV_PLANES : FFP8_CONV_TURNED;
}

/* A row of sums is a pixel's neighbouring channels; where whole pixels lie side by side, several pixels. */
float ffp8_conv_finish_pixels(const struct ffp8_output *output, const struct ffp8_conv_pixels *to, const float *bias, size_t bias_pixels,
                              size_t pixel, size_t pixels, size_t channel, size_t columns, float *sums, size_t ld) {
    const size_t first = to->first + pixel * to->ld + channel;
    if (columns < to->ld || ld != columns)
        return ffp8_output_rows(output, sums, ld, pixels, columns, bias ? bias + channel : NULL, first, to->ld);
    const size_t together = bias ? bias_pixels : pixels;
    float amax = 0;
    for (size_t p = 0; p < pixels; p += together) {
        const size_t index = first + p * ld, n = ffp8_min_size(together, pixels - p) * ld;
        amax = ffp8_larger(amax, ffp8_output_row(output, sums + p * ld, n, bias ? bias + channel : NULL, index, index, index));
    }
    return amax;
}

/* Pixels of one image, of those that remain. */
struct part {
    size_t image, in_image, pixels;
};
static struct part first_part(const struct ffp8_conv_dims *d, size_t pixel, size_t pixels, size_t most) {
    const size_t image_pixels = d->out_h * d->out_w, in_image = pixel % image_pixels;
    return (struct part){pixel / image_pixels, in_image, ffp8_min_size(most, ffp8_min_size(pixels, image_pixels - in_image))};
}
/* Where a channel's pixels of a part begin in y. */
static size_t plane_index(const struct ffp8_conv_dims *d, const struct part *part, size_t channel) {
    return (part->image * d->c_out + channel) * d->out_h * d->out_w + part->in_image;
}

/* Turned a tile at a time; then a row is a channel's neighbouring pixels. */
float ffp8_conv_finish_planes(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, const float *bias, size_t pixel,
                              size_t pixels, size_t channel, size_t columns, const float *sums, size_t ld) {
    enum { PIXELS = 128, CHANNELS = 16 };
    float tile[CHANNELS][PIXELS], constant[PIXELS], amax = 0;
    for (struct part part; pixels > 0; pixel += part.pixels, pixels -= part.pixels, sums += part.pixels * ld) {
        part = first_part(&problem->dims, pixel, pixels, PIXELS);
        for (size_t j = 0; j < columns; j += CHANNELS) {
            const size_t count = ffp8_min_size(CHANNELS, columns - j);
            output->kernels->transpose32(sums + j, ld, tile, PIXELS, part.pixels, count);
            for (size_t c = 0; c < count; c++) {
                const size_t index = plane_index(&problem->dims, &part, channel + j + c);
                for (size_t p = 0; bias && p < part.pixels; p++) constant[p] = bias[channel + j + c];
                amax = ffp8_larger(amax, ffp8_output_row(output, tile[c], part.pixels, bias ? constant : NULL, index, index, index));
            }
        }
    }
    return amax;
}

void ffp8_conv_turn(const struct ffp8_conv_problem *problem, const struct ffp8_kernels *kernels, const void *src, size_t pixel,
                    size_t pixels, size_t channel, size_t columns) {
    const struct ffp8_conv_dims *d = &problem->dims;
    const size_t bytes = ffp8_type_bytes(problem->args->y_type);
    ffp8_transpose_fn *const transpose = bytes == 1 ? kernels->transpose8 : bytes == 2 ? kernels->transpose16 : kernels->transpose32;
    const uint8_t *from = src;
    for (struct part part; pixels > 0; pixel += part.pixels, pixels -= part.pixels, from += part.pixels * columns * bytes) {
        part = first_part(d, pixel, pixels, SIZE_MAX);
        uint8_t *y = (uint8_t *)problem->args->y + plane_index(d, &part, channel) * bytes;
        transpose(from, columns, y, d->out_h * d->out_w, part.pixels, columns);
    }
}
