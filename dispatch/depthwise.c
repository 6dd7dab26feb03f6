/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise.c - convolution with output channels in lanes: depthwise, channel multipliers, and groups of a few channels
 *
 * Each step of the kernel multiplies a word of x with a word of weights for every output channel. With several channels a group, the words of
 * a tap (kh, kw) are the group's channels, two by two where elements have 16 bits. With one, such a word is a channel of two rows of the image
 * (conv_stage.c), and the weights' words are those of two rows of the kernel:
 *     first tap in the first row of a pair:   (w0, w1) (w2, w3) ...     in the second row:   (0, w0) (w1, w2) ...
 * with 0 where the kernel has no row. Both forms of the weights are kept; at stride 1 neighbouring output rows, one of each form, see the same
 * words of x and are computed together.
 */
#include "conv.h"

static size_t lane_words(const struct ffp8_conv_stage *stage) { return ffp8_conv_lanes(&stage->problem->dims); }

/* Words of a group's channels. */
static size_t group_words(const struct ffp8_conv_stage *stage) {
    return stage->group_elements / ffp8_class_elements(stage->operands->class_of);
}

/* Pairs of rows that a kernel covers, at most. */
static size_t row_pairs(const struct ffp8_conv_stage *stage) { return stage->problem->dims.kernel_h / 2 + 1; }

size_t ffp8_conv_lanes_taps(const struct ffp8_conv_stage *stage) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    return (stage->pairs ? row_pairs(stage) : d->kernel_h * group_words(stage)) * d->kernel_w;
}

size_t ffp8_conv_lanes_words(const struct ffp8_conv_stage *stage) {
    return ffp8_conv_lanes_taps(stage) * (stage->pairs ? 2 : 1) * lane_words(stage);
}

/* Codes [kh][kw][channel of the group][lanes] to words. Taps in the order of the sums: pairs [first or second][pair][kw][lanes], else
 * [kh][word of the group][kw][lanes]. */
void ffp8_conv_lanes_weights(const struct ffp8_conv_stage *stage, const uint8_t *codes, void *weights) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const struct ffp8_kernels *kernels = stage->kernels;
    const struct ffp8_lut *lut = &stage->operands->b;
    const size_t lanes = lane_words(stage), row = d->kernel_w * lanes;
    uint32_t *dst = weights;
    if (stage->pairs) {
        for (size_t second = 0; second < 2; second++)
            for (size_t k = 0; k < row_pairs(stage); k++, dst += row) {
                const size_t low = 2 * k - second, high = low + 1; /* the row before the first is a large number */
                kernels->decode_pairs(low < d->kernel_h ? codes + low * row : NULL, high < d->kernel_h ? codes + high * row : NULL, dst,
                                      row, lut);
            }
        return;
    }
    for (size_t i = 0; i < d->kernel_h; i++, codes += d->group_in * row)
        for (size_t c = 0; c < d->group_in; c += ffp8_class_elements(stage->operands->class_of))
            for (size_t j = 0; j < d->kernel_w; j++, dst += lanes) {
                const uint8_t *low = codes + (j * d->group_in + c) * lanes;
                if (stage->operands->class_of == FFP8_CLASS_F32)
                    kernels->decode32(low, dst, lanes, lut);
                else
                    kernels->decode_pairs(low, c + 1 < d->group_in ? low + lanes : NULL, dst, lanes, lut);
            }
}

bool ffp8_conv_lanes_map(const struct ffp8_conv_stage *stage, uint32_t *lane) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t words = stage->pairs ? 1 : group_words(stage);
    if (d->group_out == 1 && words == 1) return false;
    for (size_t g = 0; g < d->groups; g++)
        for (size_t o = 0; o < d->group_out; o++) *lane++ = (uint32_t)(g * words);
    return true;
}

size_t ffp8_conv_lanes_together(const struct ffp8_conv_stage *stage, size_t p) {
    const bool pair = stage->pairs && stage->row_step == 1 && stage->dilation == 1 && p % 2 == 0;
    return pair && p + 1 < stage->problem->dims.out_h ? 2 : 1;
}

void ffp8_conv_lanes_begin(const struct ffp8_conv_stage *stage, const void *weights, const uint8_t *staged, size_t p, size_t begin,
                           size_t end, const void **pointers, struct ffp8_depthwise *depthwise) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t words = stage->pairs ? 1 : group_words(stage), tap_bytes = lane_words(stage) * FFP8_WORD_BYTES;
    const size_t form_bytes = stage->pairs ? row_pairs(stage) * d->kernel_w * tap_bytes : 0, rows = depthwise->rows;
    const size_t second = stage->pairs ? ffp8_conv_second_of_pair(stage, p) : 0;
    const void **x = pointers;
    size_t taps = 0;
    if (stage->pairs) {
        begin = (begin + second) / 2;
        end = (end + second + rows) / 2; /* the row that is added has its taps one row below */
    }
    const void **w = pointers + (end - begin) * d->kernel_w * words;
    for (size_t i = begin; i < end; i++)
        for (size_t k = 0; k < words; k++)
            for (size_t j = 0; j < d->kernel_w; j++) {
                x[taps++] = staged + i * stage->dilation * stage->row_bytes + j * d->dilation_w * stage->pixel_bytes + k * FFP8_WORD_BYTES;
            }
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *form = (const uint8_t *)weights + (second + r) * form_bytes;
        for (size_t t = 0; t < taps; t++) w[r * taps + t] = form + (begin * words * d->kernel_w + t) * tap_bytes;
    }
    depthwise->x = x;
    depthwise->w = w;
    depthwise->taps = taps;
    depthwise->ldx = stage->column_step * stage->pixel_bytes / FFP8_WORD_BYTES;
    depthwise->channels = d->c_out;
}

void ffp8_conv_lanes_run(const struct ffp8_conv_stage *stage, const struct ffp8_depthwise *depthwise) {
    switch (stage->operands->class_of) {
    case FFP8_CLASS_I8:
    case FFP8_CLASS_F16: break; /* run as I16 and F32 */
    case FFP8_CLASS_I16: stage->kernels->depthwise_i16(depthwise); break;
    case FFP8_CLASS_BF16: stage->kernels->depthwise_bf16(depthwise); break;
    case FFP8_CLASS_F32: stage->kernels->depthwise_f32(depthwise); break;
    }
}
