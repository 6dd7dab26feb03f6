/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_finish.c - from sums [pixel][channel] to outputs in either layout
 */
#include "conv.h"

/* A row of sums is a pixel's neighbouring channels; where whole pixels lie side by side, several pixels. */
static float finish_nhwc(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, const float *bias, size_t bias_pixels,
                         size_t pixel, size_t pixels, size_t channel, size_t columns, float *sums, size_t ld) {
    const size_t c_out = problem->dims.c_out, first = pixel * c_out + channel;
    if (columns < c_out || ld != columns)
        return ffp8_output_rows(output, sums, ld, pixels, columns, bias ? bias + channel : NULL, first, c_out);
    const size_t together = bias ? bias_pixels : pixels;
    float amax = 0;
    for (size_t p = 0; p < pixels; p += together) {
        const size_t index = first + p * c_out, n = ffp8_min_size(together, pixels - p) * c_out;
        amax = ffp8_larger(amax, ffp8_output_row(output, sums + p * c_out, n, bias, index, index, index));
    }
    return amax;
}

/* Transposed a tile at a time; then a row is a channel's neighbouring pixels. */
static float finish_nchw(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, const float *bias, size_t pixel,
                         size_t pixels, size_t channel, size_t columns, const float *sums, size_t ld) {
    enum { PIXELS = 128, CHANNELS = 16 };
    const struct ffp8_conv_dims *d = &problem->dims;
    const size_t image_pixels = d->out_h * d->out_w, end = pixel + pixels;
    float tile[CHANNELS][PIXELS], constant[PIXELS], amax = 0;
    size_t n;
    for (; pixel < end; pixel += n, sums += n * ld) {
        const size_t image = pixel / image_pixels, in_image = pixel % image_pixels;
        n = ffp8_min_size(PIXELS, ffp8_min_size(end - pixel, image_pixels - in_image));
        for (size_t j = 0; j < columns; j += CHANNELS) {
            const size_t count = ffp8_min_size(CHANNELS, columns - j);
            for (size_t p = 0; p < n; p++)
                for (size_t c = 0; c < count; c++) tile[c][p] = sums[p * ld + j + c];
            for (size_t c = 0; c < count; c++) {
                const size_t index = (image * d->c_out + channel + j + c) * image_pixels + in_image;
                for (size_t p = 0; bias && p < n; p++) constant[p] = bias[channel + j + c];
                amax = ffp8_larger(amax, ffp8_output_row(output, tile[c], n, bias ? constant : NULL, index, index, index));
            }
        }
    }
    return amax;
}

float ffp8_conv_finish(const struct ffp8_conv_problem *problem, const struct ffp8_output *output, const float *bias, size_t bias_pixels,
                       size_t pixel, size_t pixels, size_t channel, size_t columns, float *sums, size_t ld) {
    return problem->args->layout == FFP8_LAYOUT_NHWC
               ? finish_nhwc(problem, output, bias, bias_pixels, pixel, pixels, channel, columns, sums, ld)
               : finish_nchw(problem, output, bias, pixel, pixels, channel, columns, sums, ld);
}
