/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise.c - convolution with output channels in lanes: depthwise, channel multipliers, and groups of a few channels
 *
 * A tap is (kh, kw, channel of the group): y[o] = sum over taps of x[tap][o] * w[tap][o], where staging has put at x[tap][o] the input that
 * channel o sees under that tap. Truly depthwise there is one channel a group, and x[tap] is a staged pixel itself.
 */
#include "conv.h"

void ffp8_conv_lanes_weights(const struct ffp8_conv_stage *stage, const struct ffp8_packed_header *header, const uint8_t *codes,
                             void *weights) {
    const size_t count = header->segments * header->segment_lines * FFP8_LINE_BYTES;
    if (stage->operands->class_of == FFP8_CLASS_I16)
        stage->kernels->decode16(codes, weights, count, &stage->operands->b);
    else
        stage->kernels->decode32(codes, weights, count, &stage->operands->b);
}

void ffp8_conv_lanes_row(const struct ffp8_conv_stage *stage, const void *weights, const uint8_t *row, size_t begin, size_t end,
                         const float *scale, const void **pointers, float *c, size_t ldc) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const bool integer = stage->operands->class_of == FFP8_CLASS_I16;
    const size_t bytes = ffp8_class_bytes(stage->operands->class_of), tap_bytes = ffp8_conv_lanes(d) * bytes;
    const void **x = pointers, **w = pointers + d->kernel_h * d->kernel_w * d->group_in;
    size_t taps = 0;
    for (size_t i = begin; i < end; i++)
        for (size_t j = 0; j < d->kernel_w; j++)
            for (size_t k = 0; k < d->group_in; k++, taps++) {
                x[taps] = row + i * d->dilation_h * stage->row_bytes + j * d->dilation_w * stage->pixel_bytes + k * d->c_out * bytes;
                w[taps] = (const uint8_t *)weights + ((i * d->kernel_w + j) * d->group_in + k) * tap_bytes;
            }
    const struct ffp8_depthwise depthwise = {
        .x = x,
        .w = w,
        .taps = taps,
        .pixels = d->out_w,
        .ldx = stage->column_step * stage->pixel_elements,
        .channels = d->c_out,
        .c = c,
        .ldc = ldc,
        .scale = scale,
    };
    (integer ? stage->kernels->depthwise_i16 : stage->kernels->depthwise_f32)(&depthwise);
}
