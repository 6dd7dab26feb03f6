/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_stage.c - decodes the rows of x that a band of output rows reads, once, with their zero border
 */
#include "conv.h"

#include <string.h>

static size_t type_bytes(ffp8_dtype type) { return type == FFP8_TYPE_F32 ? 4 : type == FFP8_TYPE_FFP8 ? 1 : 2; }

/* Zeros behind a row: what a segment's last word may reach into; or a cache line where the pixels above each other, which are the rows of
 * a tile at the border, would compete for the same sets of a cache. Rows of 1 x 1 kernels run on into each other. */
static size_t tail_elements(const struct ffp8_conv_stage *stage) {
    const size_t element_bytes = ffp8_class_bytes(stage->operands->class_of), bytes = stage->row_pixels * stage->pixel_bytes;
    if (stage->order == FFP8_CONV_ROWS) return 4;
    const bool apart = stage->order == FFP8_CONV_TAPS && stage->problem->dims.kernel_w > 1;
    return apart && bytes * stage->row_step % 1024 == 0 ? FFP8_LINE_BYTES / element_bytes : 0;
}

void ffp8_conv_stage_init(struct ffp8_conv_stage *stage, const struct ffp8_kernels *kernels, const struct ffp8_operands *operands,
                          const struct ffp8_conv_problem *problem, enum ffp8_conv_order order) {
    const struct ffp8_conv_dims *d = &problem->dims;
    const ffp8_class class_of = operands->class_of;
    *stage = (struct ffp8_conv_stage){
        .kernels = kernels,
        .operands = operands,
        .problem = problem,
        .order = order,
        .pairs = order == FFP8_CONV_LANES && d->group_in == 1 && ffp8_class_bytes(class_of) == 2,
        .dilation = d->kernel_h == 1 ? 1 : d->dilation_h,
        .row_step = d->kernel_h == 1 ? 1 : d->stride_h,
        .column_step = d->kernel_w == 1 ? 1 : d->stride_w,
        .x_step_h = d->kernel_h == 1 ? d->stride_h : 1,
        .x_step_w = d->kernel_w == 1 ? d->stride_w : 1,
        .group_elements = order == FFP8_CONV_ROWS ? d->group_in : ffp8_class_words(class_of, d->group_in) * ffp8_class_elements(class_of),
    };
    stage->pixel_elements = d->groups * stage->group_elements;
    /* Kernels read many pixels at one channel: those should not compete for the same sets of a cache. */
    if (order != FFP8_CONV_ROWS && stage->pixel_elements * ffp8_class_bytes(class_of) % 1024 == 0)
        stage->pixel_elements += FFP8_LINE_BYTES / ffp8_class_bytes(class_of);
    stage->pixel_bytes = stage->pixel_elements * ffp8_class_bytes(class_of);
    stage->row_pixels = (d->out_w - 1) * stage->column_step + (d->kernel_w - 1) * d->dilation_w + 1;
    stage->tail_elements = tail_elements(stage);
    stage->row_bytes = stage->row_pixels * stage->pixel_bytes + stage->tail_elements * ffp8_class_bytes(class_of);
    const size_t bytes = type_bytes(problem->args->x_type);
    stage->transposed_bytes = problem->args->layout == FFP8_LAYOUT_NCHW ? d->in_w * d->c_in * bytes : 0;
    stage->scratch_bytes = stage->transposed_bytes * (stage->pairs ? 2 : 1);
}

/* 8 x 8 bytes, rows in words, by swapping ever smaller off-diagonal blocks. */
static void transpose_8x8(uint64_t r[8]) {
    static const struct {
        unsigned shift, distance;
        uint64_t mask;
    } steps[] = {{32, 4, UINT64_C(0x00000000FFFFFFFF)}, {16, 2, UINT64_C(0x0000FFFF0000FFFF)}, {8, 1, UINT64_C(0x00FF00FF00FF00FF)}};
    for (size_t s = 0; s < 3; s++) {
        for (size_t i = 0; i < 8; i++) {
            const size_t j = i + steps[s].distance;
            if (i & steps[s].distance) continue;
            const uint64_t swap = (r[i] >> steps[s].shift ^ r[j]) & steps[s].mask;
            r[i] ^= swap << steps[s].shift;
            r[j] ^= swap;
        }
    }
}

struct area {
    size_t channel_begin, channel_end, pixel_begin, pixel_end;
};

/* dst[pixel][channel] = src[channel * plane + pixel * step] over an area of a row of `channels` channels, for elements of `bytes` bytes. */
static inline void transpose_plain(const uint8_t *src, size_t plane, size_t step, size_t channels, struct area area, size_t bytes,
                                   uint8_t *dst) {
    for (size_t c = area.channel_begin; c < area.channel_end; c++)
        for (size_t p = area.pixel_begin; p < area.pixel_end; p++)
            memcpy(dst + (p * channels + c) * bytes, src + (c * plane + p * step) * bytes, bytes);
}

static void transpose_codes(const uint8_t *src, size_t plane, size_t channels, size_t pixels, uint8_t *dst) {
    const size_t whole_pixels = pixels / 8 * 8, whole_channels = channels / 8 * 8;
    for (size_t c = 0; c < whole_channels; c += 8)
        for (size_t p = 0; p < whole_pixels; p += 8) {
            uint64_t block[8];
            for (size_t i = 0; i < 8; i++) memcpy(&block[i], src + (c + i) * plane + p, 8);
            transpose_8x8(block);
            for (size_t i = 0; i < 8; i++) memcpy(dst + (p + i) * channels + c, &block[i], 8);
        }
    transpose_plain(src, plane, 1, channels, (struct area){whole_channels, channels, 0, pixels}, 1, dst);
    transpose_plain(src, plane, 1, channels, (struct area){0, whole_channels, whole_pixels, pixels}, 1, dst);
}

/* A row of NCHW as a row of NHWC. */
static void transpose_row(const struct ffp8_conv_stage *stage, const uint8_t *src, size_t pixels, uint8_t *dst) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t plane = d->in_h * d->in_w, step = stage->x_step_w;
    const struct area all = {0, d->c_in, 0, pixels};
    switch (type_bytes(stage->problem->args->x_type)) {
    case 1:
        if (step == 1)
            transpose_codes(src, plane, d->c_in, pixels, dst);
        else
            transpose_plain(src, plane, step, d->c_in, all, 1, dst);
        return;
    case 2: transpose_plain(src, plane, step, d->c_in, all, 2, dst); return;
    default: transpose_plain(src, plane, step, d->c_in, all, 4, dst); return;
    }
}

/* `pixels` pixels, `src_step` bytes apart, channels innermost. */
static void stage_pixels(const struct ffp8_conv_stage *stage, const uint8_t *src, size_t src_step, size_t pixels, uint8_t *dst) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const ffp8_dtype type = stage->problem->args->x_type;
    const size_t bytes = type_bytes(type), element_bytes = ffp8_class_bytes(stage->operands->class_of);
    if (stage->group_elements == d->group_in) {
        const bool close = src_step == d->c_in * bytes && stage->pixel_elements == d->c_in; /* pixels follow each other */
        const size_t run = close ? pixels : 1;
        for (size_t p = 0; p < pixels; p += run)
            ffp8_stage(stage->kernels, stage->operands, type, src + p * src_step, run * d->c_in, dst + p * stage->pixel_bytes);
        return;
    }
    for (size_t p = 0; p < pixels; p++, src += src_step, dst += stage->pixel_bytes) {
        for (size_t g = 0; g < d->groups; g++) {
            uint8_t *group = dst + g * stage->group_elements * element_bytes;
            ffp8_stage(stage->kernels, stage->operands, type, src + g * d->group_in * bytes, d->group_in, group);
            ffp8_stage_zeros(stage->operands, stage->group_elements - d->group_in, group + d->group_in * element_bytes);
        }
    }
}

/* The same pixels of two rows of codes, either of which may be NULL: zeros. One channel a group, so that a pixel's words are its channels. */
static void stage_pairs(const struct ffp8_conv_stage *stage, const uint8_t *low, const uint8_t *high, size_t src_step, size_t pixels,
                        uint8_t *dst) {
    const size_t channels = stage->problem->dims.c_in;
    const bool close = src_step == channels && stage->pixel_elements == 2 * channels;
    const size_t run = close ? pixels : 1;
    for (size_t p = 0; p < pixels; p += run)
        stage->kernels->decode_pairs(low ? low + p * src_step : NULL, high ? high + p * src_step : NULL,
                                     (uint32_t *)(dst + p * stage->pixel_bytes), run * channels, &stage->operands->a);
}

/* Row `row` from pixel w of x on, as NHWC, perhaps in `room`; NULL: it lies outside the image. */
static const uint8_t *row_of_x(const struct ffp8_conv_stage *stage, size_t image, size_t row, size_t w, size_t pixels, uint8_t *room) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const ffp8_conv_args *args = stage->problem->args;
    const size_t h = row * stage->x_step_h - d->pad_top; /* above the image it wraps around to large numbers */
    if (h >= d->in_h) return NULL;
    const size_t plane = args->layout == FFP8_LAYOUT_NCHW ? image * d->c_in * d->in_h + h : image * d->in_h + h;
    const size_t pixel = plane * d->in_w + w, bytes = type_bytes(args->x_type);
    if (args->layout == FFP8_LAYOUT_NHWC) return (const uint8_t *)args->x + pixel * d->c_in * bytes;
    transpose_row(stage, (const uint8_t *)args->x + pixel * bytes, pixels, room);
    return room;
}

/* Row `row`; of pairs, rows `row` and `other`. */
static void stage_row(const struct ffp8_conv_stage *stage, size_t image, size_t row, size_t other, uint8_t *dst, uint8_t *scratch) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t step = stage->x_step_w, element_count = stage->pixel_elements;
    /* Staged pixels [left, right) lie inside. */
    const size_t left = ffp8_min_size(ffp8_ceil_div(d->pad_left, step), stage->row_pixels);
    size_t right = ffp8_min_size(ffp8_ceil_div(d->pad_left + d->in_w, step), stage->row_pixels);
    if (right < left) right = left;
    const size_t w = left * step - d->pad_left; /* of the pixel `left`, if there is one */
    const uint8_t *low = NULL, *high = NULL;
    if (left < right) {
        low = row_of_x(stage, image, row, w, right - left, scratch);
        if (stage->pairs) high = row_of_x(stage, image, other, w, right - left, scratch + stage->transposed_bytes);
    }
    if (!low && !high) {
        ffp8_stage_zeros(stage->operands, stage->row_bytes / ffp8_class_bytes(stage->operands->class_of), dst);
        return;
    }
    ffp8_stage_zeros(stage->operands, left * element_count, dst);
    ffp8_stage_zeros(stage->operands, (stage->row_pixels - right) * element_count + stage->tail_elements, dst + right * stage->pixel_bytes);
    const size_t src_step = (stage->problem->args->layout == FFP8_LAYOUT_NHWC ? step : 1) * d->c_in *
                            type_bytes(stage->problem->args->x_type);
    if (stage->pairs)
        stage_pairs(stage, low, high, src_step, right - left, dst + left * stage->pixel_bytes);
    else
        stage_pixels(stage, low, src_step, right - left, dst + left * stage->pixel_bytes);
}

size_t ffp8_conv_stage_slab(const struct ffp8_conv_stage *stage, size_t image, size_t p, size_t out_rows, void *slab, void *scratch) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t dilation = stage->dilation, first = p * stage->row_step,
                 last = (p + out_rows - 1) * stage->row_step + (d->kernel_h - 1) * dilation;
    uint8_t *dst = slab;
    size_t staged = 0;
    if (!stage->pairs) {
        for (size_t row = first; row <= last; row++) stage_row(stage, image, row, row, dst + staged++ * stage->row_bytes, scratch);
        return staged;
    }
    for (size_t block = first / (2 * dilation); block <= last / (2 * dilation); block++)
        for (size_t row = 2 * dilation * block; row < (2 * block + 1) * dilation; row++)
            stage_row(stage, image, row, row + dilation, dst + staged++ * stage->row_bytes, scratch);
    return staged;
}
