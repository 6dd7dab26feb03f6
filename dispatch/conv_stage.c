/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_stage.c - decodes the rows of x that a band of output rows reads, once, with their zero border
 */
#include "conv.h"

#include <string.h>

enum { TURNED_BYTES = 64 * 1024 }; /* NCHW: of rows that are turned at once, so that planes are read in long runs */

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
    if (problem->args->layout == FFP8_LAYOUT_NHWC || d->c_in == 1) return;
    stage->planes = true;
    const size_t bytes = d->in_w * d->c_in * ffp8_type_bytes(problem->args->x_type);
    stage->turned_rows = stage->x_step_h > 1 || bytes > TURNED_BYTES / 2 || bytes == 0 ? 1 : TURNED_BYTES / bytes;
    stage->turned_rows = ffp8_min_size(stage->turned_rows, d->in_h);
    stage->turned_bytes = stage->turned_rows * bytes;
    stage->scratch_bytes = stage->turned_bytes * (stage->pairs ? 2 : 1);
}

/* `pixels` pixels, `src_step` bytes apart, channels innermost. */
static void stage_pixels(const struct ffp8_conv_stage *stage, const uint8_t *src, size_t src_step, size_t pixels, uint8_t *dst) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const ffp8_dtype type = stage->problem->args->x_type;
    const size_t bytes = ffp8_type_bytes(type), element_bytes = ffp8_class_bytes(stage->operands->class_of);
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

/* Rows of an image. Planes are turned to pixels some rows at a time; where two rows make one, two such ranges of rows are at hand. */
struct source {
    const struct ffp8_conv_stage *stage;
    size_t image, end; /* the first row that the slab does not read */
    struct {
        size_t begin, end;
        uint8_t *pixels;
    } turned[2];
    size_t recent; /* the range that was read last */
};

static void turn_rows(struct source *source, size_t h) {
    const struct ffp8_conv_stage *stage = source->stage;
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const struct ffp8_kernels *kernels = stage->kernels;
    const size_t bytes = ffp8_type_bytes(stage->problem->args->x_type), end = ffp8_min_size(h + stage->turned_rows, source->end);
    ffp8_transpose_fn *const transpose = bytes == 1 ? kernels->transpose8 : bytes == 2 ? kernels->transpose16 : kernels->transpose32;
    const uint8_t *x = (const uint8_t *)stage->problem->args->x + (source->image * d->c_in * d->in_h + h) * d->in_w * bytes;
    source->recent = stage->pairs ? 1 - source->recent : 0;
    transpose(x, d->in_h * d->in_w, source->turned[source->recent].pixels, d->c_in, d->c_in, (end - h) * d->in_w);
    source->turned[source->recent].begin = h;
    source->turned[source->recent].end = end;
}

/* Row `row`, channels innermost; NULL: it lies outside the image. Valid until the next but one is asked for, without pairs until the next. */
static const uint8_t *row_of_x(struct source *source, size_t row) {
    const struct ffp8_conv_stage *stage = source->stage;
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t h = row * stage->x_step_h - d->pad_top; /* above the image it wraps around to large numbers */
    const size_t row_bytes = d->in_w * d->c_in * ffp8_type_bytes(stage->problem->args->x_type);
    if (h >= d->in_h) return NULL;
    if (!stage->planes) return (const uint8_t *)stage->problem->args->x + (source->image * d->in_h + h) * row_bytes;
    size_t i = 0;
    while (i < 2 && !(source->turned[i].begin <= h && h < source->turned[i].end)) i++;
    if (i < 2)
        source->recent = i;
    else
        turn_rows(source, h);
    return source->turned[source->recent].pixels + (h - source->turned[source->recent].begin) * row_bytes;
}

/* Row `row`; of pairs, rows `row` and `other`. */
static void stage_row(struct source *source, size_t row, size_t other, uint8_t *dst) {
    const struct ffp8_conv_stage *stage = source->stage;
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t step = stage->x_step_w, element_count = stage->pixel_elements;
    /* Staged pixels [left, right) lie inside. */
    const size_t left = ffp8_min_size(ffp8_ceil_div(d->pad_left, step), stage->row_pixels);
    size_t right = ffp8_min_size(ffp8_ceil_div(d->pad_left + d->in_w, step), stage->row_pixels);
    if (right < left) right = left;
    const uint8_t *low = NULL, *high = NULL;
    if (left < right) {
        low = row_of_x(source, row);
        if (stage->pairs) high = row_of_x(source, other);
    }
    if (!low && !high) {
        ffp8_stage_zeros(stage->operands, stage->row_bytes / ffp8_class_bytes(stage->operands->class_of), dst);
        return;
    }
    ffp8_stage_zeros(stage->operands, left * element_count, dst);
    ffp8_stage_zeros(stage->operands, (stage->row_pixels - right) * element_count + stage->tail_elements, dst + right * stage->pixel_bytes);
    const size_t src_pixel = d->c_in * ffp8_type_bytes(stage->problem->args->x_type);
    const size_t first = (left * step - d->pad_left) * src_pixel;
    if (low) low += first;
    if (high) high += first;
    if (stage->pairs)
        stage_pairs(stage, low, high, step * src_pixel, right - left, dst + left * stage->pixel_bytes);
    else
        stage_pixels(stage, low, step * src_pixel, right - left, dst + left * stage->pixel_bytes);
}

size_t ffp8_conv_stage_slab(const struct ffp8_conv_stage *stage, size_t image, size_t p, size_t out_rows, void *slab, void *scratch) {
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t dilation = stage->dilation, first = p * stage->row_step,
                 last = (p + out_rows - 1) * stage->row_step + (d->kernel_h - 1) * dilation;
    const size_t past = stage->pairs ? (last / (2 * dilation) + 1) * 2 * dilation : last + 1;
    struct source source = {.stage = stage, .image = image};
    source.end = ffp8_min_size(d->in_h, past * stage->x_step_h - ffp8_min_size(past * stage->x_step_h, d->pad_top));
    source.turned[0].pixels = scratch;
    source.turned[1].pixels = stage->pairs ? (uint8_t *)scratch + stage->turned_bytes : scratch;
    uint8_t *dst = slab;
    size_t staged = 0;
    if (!stage->pairs) {
        for (size_t row = first; row <= last; row++) stage_row(&source, row, row, dst + staged++ * stage->row_bytes);
        return staged;
    }
    for (size_t block = first / (2 * dilation); block <= last / (2 * dilation); block++)
        for (size_t row = 2 * dilation * block; row < (2 * block + 1) * dilation; row++)
            stage_row(&source, row, row + dilation, dst + staged++ * stage->row_bytes);
    return staged;
}
