/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.c - convolution as implicit GEMM: bands, tiles, threads
 *
 * A band is some output rows whose staged input and FP32 sums fit the L2 cache together; it lies within an image or holds whole images.
 * For each band: stage what it reads (a slab per image, conv_stage.c), run the loop nest over tiles of neighbouring outputs, the segments of
 * k being offsets into the slab; it finishes the sums, too. Taps above, below and, where tiles allow it, beside the image are left out: they
 * are zeros. Pieces for threads are ranges of output rows, and of output channels where the rows are few. Nothing of this changes a sum: an
 * output's terms and their order depend on the class, the table and the packed order.
 */
#include "conv_plan.h"

#include <math.h>
#include <string.h>

#include "explain.h"
#include "parallel.h"
#include "select.h"

enum { NARROW = 4 }; /* fewer outputs side by side make a poor tile */

static const char scale_reason[] = "a scale leaves FP32's normal range";

struct run {
    const struct ffp8_conv_plan *plan;
    const struct ffp8_output *output;
    uint8_t *workspace; /* aligned */
    const uint8_t *codes;
    const float *bias;    /* of plan->bias_pixels pixels; NULL: there is none */
    const uint32_t *lane; /* LANES: NULL where each channel sees its own word */
    bool skip;            /* taps outside the image contribute nothing: weights and scales are finite */
};

struct piece {
    const struct run *run;
    size_t row_begin, row_end, column_begin, column_end;
    uint8_t *slabs, *scratch;
    float *sums;
    struct ffp8_tile *tiles;
    struct {
        size_t first, staged, rows, count; /* output rows: the first one's place in its image and behind the first staged one; how many */
    } tiled;                               /* what the tiles are for; none yet: no rows */
    const void **pointers;
    void *nest;
    uint8_t *pixels;               /* TURNED: of the output rows in progress */
    struct ffp8_conv_pixels place; /* of them, or in y */
    float amax;
    bool has_panels;
    /* In progress: output rows staged, and those that the nest works on */
    size_t staged_begin, rows_begin, rows_end;
};

/* The slab of an output row: several slabs are whole images. */
static size_t slab_index(const struct piece *piece, size_t row) {
    const size_t out_h = piece->run->plan->call.problem.dims.out_h;
    return row / out_h - piece->staged_begin / out_h;
}

static uint8_t *slab_address(const struct piece *piece, size_t row) {
    const struct ffp8_conv_plan *plan = piece->run->plan;
    const size_t rows = ffp8_conv_slab_rows(&plan->stage, plan->call.problem.dims.out_h);
    return piece->slabs + slab_index(piece, row) * rows * plan->stage.row_bytes;
}

/* The staged row under the first tap of an output row. */
static uint8_t *row_address(const struct piece *piece, size_t row) {
    const struct ffp8_conv_stage *stage = &piece->run->plan->stage;
    const size_t out_h = stage->problem->dims.out_h, first = slab_index(piece, row) ? 0 : piece->staged_begin % out_h;
    return slab_address(piece, row) + ffp8_conv_slab_row(stage, first, row % out_h) * stage->row_bytes;
}

struct range {
    size_t begin, end;
};

static bool same_range(struct range a, struct range b) { return a.begin == b.begin && a.end == b.end; }

/* Which of `taps` taps, `dilation` pixels apart from `first` on, lie within an image of `size` pixels behind `pad`. */
static struct range inside(size_t first, size_t pad, size_t size, size_t taps, size_t dilation) {
    struct range inside = {0, 0};
    if (first < pad) inside.begin = ffp8_min_size(taps, ffp8_ceil_div(pad - first, dilation));
    if (first < pad + size) inside.end = ffp8_min_size(taps, ffp8_ceil_div(pad + size - first, dilation));
    if (inside.end < inside.begin) inside.end = inside.begin;
    return inside;
}

/* The kernel rows that count for an output row. */
static struct range inside_rows(const struct run *run, size_t row) {
    const struct ffp8_conv_dims *d = &run->plan->call.problem.dims;
    if (!run->skip) return (struct range){0, d->kernel_h};
    return inside(row % d->out_h * d->stride_h, d->pad_top, d->in_h, d->kernel_h, d->dilation_h);
}

/* The kernel columns that count for an output column. */
static struct range inside_columns(const struct run *run, size_t column) {
    const struct ffp8_conv_dims *d = &run->plan->call.problem.dims;
    return inside(column * d->stride_w, d->pad_left, d->in_w, d->kernel_w, d->dilation_w);
}

/* Also the nest's callback: some outputs behind the first one of the rows in progress. */
static void finish(void *context, size_t pixel, size_t pixels, size_t channel, size_t columns, float *sums, size_t ld) {
    struct piece *piece = context;
    const struct run *run = piece->run;
    const struct ffp8_conv_plan *plan = run->plan;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t bias_pixels = piece->place.ld == d->c_out ? plan->bias_pixels : 1; /* of all channels */
    float amax;
    pixel += piece->rows_begin * d->out_w;
    if (plan->output_order == FFP8_CONV_PLANES)
        amax = ffp8_conv_finish_planes(&plan->call.problem, run->output, run->bias, pixel, pixels, channel, columns, sums, ld);
    else
        amax = ffp8_conv_finish_pixels(run->output, &piece->place, run->bias, bias_pixels, pixel, pixels, channel, columns, sums, ld);
    piece->amax = ffp8_larger(piece->amax, amax);
}

/* Outputs that share their taps: `rows` x `columns` of them from (row, column) on, whose taps are those in `high` x `wide`. */
struct area {
    size_t row, rows, column, columns;
    struct range high, wide;
};

/* Cut into tiles of about the same size along the longer side. */
static size_t add_tiles(const struct piece *piece, size_t count, const struct area *area) {
    const struct ffp8_conv_plan *plan = piece->run->plan;
    const size_t out_w = plan->call.problem.dims.out_w, across = plan->call.header.segments / plan->call.problem.dims.kernel_h;
    const size_t most = plan->fused ? plan->kernels->fused_rows : plan->kernels->mr[plan->operands.class_of];
    const size_t right = plan->stage.column_step * plan->stage.pixel_bytes, down = plan->stage.row_step * plan->stage.row_bytes;
    const bool upright = area->rows > area->columns, empty = area->high.begin == area->high.end || area->wide.begin == area->wide.end;
    const size_t lines = upright ? area->columns : area->rows, length = upright ? area->rows : area->columns;
    const size_t tiles = ffp8_ceil_div(length, most);
    const uint8_t *first = row_address(piece, area->row) + area->column * right;
    struct ffp8_tile tile = {.a_step = upright ? down : right, .c_step = upright ? out_w : 1};
    if (!empty) {
        tile.segment_begin = area->high.begin * across + area->wide.begin;
        tile.segment_end = (area->high.end - 1) * across + area->wide.end;
        tile.across_begin = area->wide.begin;
        tile.across_end = area->wide.end;
    }
    for (size_t line = 0; line < lines; line++) {
        for (size_t t = 0, at = 0; t < tiles; t++, count++, at += tile.rows) {
            const size_t y = upright ? at : line, x = upright ? line : at;
            tile.rows = ffp8_ceil_div(length - at, tiles - t);
            tile.a = first + y * down + x * right;
            tile.row = (area->row - piece->rows_begin + y) * out_w + area->column + x;
            piece->tiles[count] = tile;
        }
    }
    return count;
}

/* Columns at the border that all of an image's rows in progress make tiles of: few tiles of many rows, at the price of taps above and below. */
static size_t add_border(const struct piece *piece, size_t count, size_t column, size_t columns, struct range wide) {
    const struct ffp8_conv_dims *d = &piece->run->plan->call.problem.dims;
    for (size_t row = piece->rows_begin, next; row < piece->rows_end; row = next) {
        next = ffp8_min_size(piece->rows_end, (row / d->out_h + 1) * d->out_h);
        count = add_tiles(piece, count, &(struct area){row, next - row, column, columns, {0, d->kernel_h}, wide});
    }
    return count;
}

static size_t add_rows(const struct piece *piece, size_t count, size_t column, size_t columns, struct range wide) {
    for (size_t row = piece->rows_begin; row < piece->rows_end; row++)
        count = add_tiles(piece, count, &(struct area){row, 1, column, columns, inside_rows(piece->run, row), wide});
    return count;
}

static size_t make_tiles(const struct piece *piece) {
    const struct ffp8_conv_plan *plan = piece->run->plan;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct range all = {0, plan->call.header.segments / d->kernel_h};
    if (plan->flat) {
        const size_t pixels = (piece->rows_end - piece->rows_begin) * d->out_w;
        return add_tiles(piece, 0, &(struct area){piece->rows_begin, 1, 0, pixels, {0, 1}, all});
    }
    if (!plan->splits_columns || !piece->run->skip) return add_rows(piece, 0, 0, d->out_w, all);
    size_t count = 0;
    for (size_t column = 0, next; column < d->out_w; column = next) {
        const struct range wide = inside_columns(piece->run, column);
        for (next = column + 1; next < d->out_w && same_range(inside_columns(piece->run, next), wide); next++) {}
        count = (next - column < NARROW ? add_border : add_rows)(piece, count, column, next - column, wide);
    }
    return count;
}

/* The tiles of the output rows in progress: they stay as they are where bands are alike, as those of whole images. */
static size_t find_tiles(struct piece *piece) {
    const size_t first = piece->rows_begin % piece->run->plan->call.problem.dims.out_h, staged = piece->rows_begin - piece->staged_begin;
    const size_t rows = piece->rows_end - piece->rows_begin;
    if (piece->tiled.rows != rows || piece->tiled.first != first || piece->tiled.staged != staged) {
        piece->tiled.first = first;
        piece->tiled.staged = staged;
        piece->tiled.rows = rows;
        piece->tiled.count = make_tiles(piece);
    }
    return piece->tiled.count;
}

/* FP32 sums that may lie where the output will. */
static bool is_in_place(const struct run *run) {
    const struct ffp8_output *output = run->output;
    return output->c_type == FFP8_TYPE_F32 && output->c_scale == 1 && !output->accumulate && run->plan->output_order == FFP8_CONV_PIXELS;
}

/* TAPS and ROWS: the output rows in progress. Groups put their columns side by side, and all are finished together; a group that is alone
 * is finished by the nest, a few tiles at a time. */
static void run_nest(struct piece *piece, size_t begin, size_t end) {
    const struct run *run = piece->run;
    const struct ffp8_conv_plan *plan = run->plan;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct ffp8_conv_places *at = &plan->at;
    const size_t group_bytes = plan->stage.group_elements * ffp8_class_bytes(plan->operands.class_of);
    const size_t group_lines = ffp8_conv_panels(d) * plan->call.header.segments * plan->call.places.segment_lines;
    const bool in_place = is_in_place(run), plain = in_place && ffp8_output_is_plain(run->output);
    const size_t pixels = (end - begin) * d->out_w;
    piece->rows_begin = begin;
    piece->rows_end = end;
    float *c = in_place ? (float *)run->output->c + piece->rows_begin * d->out_w * d->c_out : piece->sums;
    struct ffp8_nest nest = ffp8_conv_plan_nest(plan, piece->column_begin, piece->column_end, pixels);
    nest.segment_offset = (const size_t *)(run->workspace + at->offsets);
    nest.tiles = piece->tiles;
    nest.tile_count = find_tiles(piece);
    nest.finish = plain || d->groups > 1 ? NULL : finish;
    nest.finish_rows = plan->finish_pixels;
    nest.finish_columns = plan->finish_columns;
    nest.context = piece;
    nest.scratch = piece->nest;
    nest.direct = in_place || d->groups > 1;
    nest.ldc = nest.direct ? d->c_out : ffp8_nest_columns(&nest);
    nest.panels_ready = plan->keeps_panels && piece->has_panels;
    for (size_t g = 0; g < d->groups; g++) {
        nest.lines = run->codes + g * group_lines * FFP8_LINE_BYTES;
        nest.col_scale = (const float *)(run->workspace + at->scales) + g * ffp8_conv_group_lanes(d);
        nest.c = c + g * d->group_out;
        ffp8_nest_run(&nest);
        for (size_t t = 0; t < nest.tile_count; t++) piece->tiles[t].a += group_bytes;
    }
    for (size_t t = 0; t < nest.tile_count; t++) piece->tiles[t].a -= d->groups * group_bytes; /* back to the first: they are kept */
    piece->has_panels = true;
    if (d->groups > 1 && !plain) finish(piece, 0, pixels, 0, d->c_out, c, d->c_out);
}

/* LANES: one or two output rows, some of their pixels at a time. */
static void run_lanes(struct piece *piece, size_t begin, size_t end) {
    const struct run *run = piece->run;
    const struct ffp8_conv_plan *plan = run->plan;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const bool in_place = is_in_place(run), plain = in_place && ffp8_output_is_plain(run->output);
    const size_t most = ffp8_min_size(plan->finish_pixels, d->out_w);
    struct ffp8_depthwise depthwise = {
        .lane = run->lane,
        .ldc = d->c_out,
        .row_stride = (in_place ? d->out_w : most) * d->c_out,
        .scale = (const float *)(run->workspace + plan->at.scales),
    };
    for (size_t row = begin; row < end; row += depthwise.rows) {
        const struct range taps = inside_rows(run, row);
        depthwise.rows = ffp8_min_size(ffp8_conv_lanes_together(&plan->stage, row % d->out_h), end - row);
        ffp8_conv_lanes_begin(&plan->stage, run->workspace + plan->at.weights, row_address(piece, row), row % d->out_h, taps.begin,
                              taps.end, piece->pointers, &depthwise);
        piece->rows_begin = row;
        for (size_t p = 0; p < d->out_w; p += depthwise.pixels) {
            depthwise.first = p;
            depthwise.pixels = ffp8_min_size(most, d->out_w - p);
            depthwise.c = in_place ? (float *)run->output->c + (row * d->out_w + p) * d->c_out : piece->sums;
            ffp8_conv_lanes_run(&plan->stage, &depthwise);
            for (size_t r = 0; !plain && r < depthwise.rows; r++)
                finish(piece, r * d->out_w + p, depthwise.pixels, 0, d->c_out, depthwise.c + r * depthwise.row_stride, d->c_out);
        }
    }
}

/* Output rows [begin, end), which are staged. */
static void run_rows(struct piece *piece, size_t begin, size_t end) {
    const struct ffp8_conv_plan *plan = piece->run->plan;
    const struct ffp8_conv_problem *problem = &plan->call.problem;
    const size_t first = begin * problem->dims.out_w;
    piece->place = (struct ffp8_conv_pixels){0, problem->dims.c_out};
    if (plan->output_order == FFP8_CONV_TURNED) { /* output->c is the workspace */
        const size_t channels = ffp8_conv_piece_channels(plan, piece->column_begin, piece->column_end);
        const size_t at = (size_t)(piece->pixels - piece->run->workspace) / ffp8_type_bytes(problem->args->y_type);
        piece->place = (struct ffp8_conv_pixels){at - first * channels - piece->column_begin, channels};
    }
    if (plan->order == FFP8_CONV_LANES)
        run_lanes(piece, begin, end);
    else
        run_nest(piece, begin, end);
    if (plan->output_order == FFP8_CONV_TURNED)
        ffp8_conv_turn(problem, plan->kernels, piece->pixels, first, (end - begin) * problem->dims.out_w, piece->column_begin,
                       piece->place.ld);
}

/* Inf or NaN among elements of BF16, or of FP16. */
static bool has_special(const uint8_t *elements, size_t bytes, ffp8_class class_of) {
    int16_t largest = 0; /* of the magnitudes, whose order is that of their bits */
    for (size_t i = 0; i < bytes / 2; i++) {
        const int16_t magnitude = (int16_t)(((const uint16_t *)elements)[i] & 0x7FFF);
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest >= (class_of == FFP8_CLASS_F16 ? 0x7C00 : 0x7F80);
}

/* In `rows` staged rows, `step` rows apart. What pads pixels and rows is not looked at. */
static bool rows_have_special(const struct ffp8_conv_stage *stage, const uint8_t *row, size_t rows, size_t step) {
    const size_t elements = stage->problem->dims.groups * stage->group_elements;
    const bool close = elements == stage->pixel_elements;
    const size_t run = close ? stage->row_pixels : 1, bytes = run * elements * ffp8_class_bytes(stage->operands->class_of);
    bool found = false;
    for (size_t i = 0; i < rows; i++, row += step * stage->row_bytes)
        for (size_t p = 0; p < stage->row_pixels; p += run)
            found |= has_special(row + p * stage->pixel_bytes, bytes, stage->operands->class_of);
    return found;
}

/* Whether an output row reads a special value; it depends on that row alone, so that bands and pieces make no difference. */
static bool window_has_special(const struct piece *piece, size_t row) {
    const struct ffp8_conv_stage *stage = &piece->run->plan->stage;
    const struct ffp8_conv_dims *d = &stage->problem->dims;
    const size_t rows = stage->pairs ? (d->kernel_h + 1 + ffp8_conv_second_of_pair(stage, row % d->out_h)) / 2 : d->kernel_h;
    return rows_have_special(stage, row_address(piece, row), rows, stage->dilation);
}

static void run_band(struct piece *piece, size_t begin, size_t end) {
    const struct ffp8_conv_plan *plan = piece->run->plan;
    const size_t out_h = plan->call.problem.dims.out_h;
    bool special = false;
    piece->staged_begin = begin;
    for (size_t row = begin, next; row < end; row = next) {
        next = ffp8_min_size(end, (row / out_h + 1) * out_h);
        uint8_t *slab = slab_address(piece, row);
        const size_t staged = ffp8_conv_stage_slab(&plan->stage, row / out_h, row % out_h, next - row, slab, piece->scratch);
        if (plan->meets_strangers) special |= rows_have_special(&plan->stage, slab, staged, 1);
    }
    if (!special) {
        run_rows(piece, begin, end);
        return;
    }
    for (size_t row = begin; row < end; row++) {
        if (!window_has_special(piece, row))
            run_rows(piece, row, row + 1);
        else if (piece->column_begin == 0)
            piece->amax = ffp8_larger(piece->amax, ffp8_conv_generic(&plan->call.problem, row, row + 1));
    }
}

/* The first output row of piece i. Rows that are computed together stay so: a sum that comes to nothing may owe its zero's sign to it. */
static size_t piece_row(const struct ffp8_conv_plan *plan, size_t i) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t rows = ffp8_conv_output_rows(d), row = rows / plan->row_pieces * i + ffp8_min_size(i, rows % plan->row_pieces);
    const size_t p = row % d->out_h;
    return p > 0 && plan->order == FFP8_CONV_LANES && ffp8_conv_lanes_together(&plan->stage, p - 1) == 2 ? row + 1 : row;
}

static void run_piece(void *context, size_t index) {
    const struct run *run = context;
    const struct ffp8_conv_plan *plan = run->plan;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct ffp8_conv_places *at = &plan->at;
    const size_t i = index / plan->column_pieces, j = index % plan->column_pieces;
    const size_t panels = ffp8_conv_panels(d), wide = ffp8_ceil_div(panels, plan->column_pieces);
    uint8_t *share = run->workspace + at->pieces + index * at->piece_bytes;
    struct piece piece = {
        .run = run,
        .row_begin = piece_row(plan, i),
        .row_end = piece_row(plan, i + 1),
        .column_begin = ffp8_min_size(d->group_out, j * wide * FFP8_NR),
        .column_end = ffp8_min_size(d->group_out, (j + 1) * wide * FFP8_NR),
        .slabs = share + at->slabs,
        .scratch = share + at->scratch,
        .sums = (float *)(share + at->sums),
        .tiles = (struct ffp8_tile *)(share + at->tiles),
        .pointers = (const void **)(share + at->pointers),
        .nest = share + at->nest,
        .pixels = share + at->pixels,
    };
    if (plan->why) {
        piece.amax = ffp8_conv_generic(&plan->call.problem, piece.row_begin, piece.row_end);
    } else if (piece.column_begin < piece.column_end) {
        for (size_t row = piece.row_begin, next; row < piece.row_end; row = next) {
            const size_t p = row % d->out_h, images = ffp8_min_size(plan->band_images, (piece.row_end - row) / d->out_h);
            next = p == 0 && images > 0 ? row + images * d->out_h : row + ffp8_min_size(plan->band_rows, d->out_h - p);
            next = ffp8_min_size(next, piece.row_end);
            run_band(&piece, row, next);
        }
    }
    ((float *)(run->workspace + at->amax))[index] = piece.amax;
}

/* Scales of all channels, group by group in whole panels. False: see ffp8_conv_plan_scale. */
static bool write_scales(const struct ffp8_conv_plan *plan, float *scales, bool *finite) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t ld = plan->order == FFP8_CONV_LANES ? d->group_out : ffp8_conv_group_lanes(d);
    const bool differ = plan->call.problem.w_scales.block_rows != 0;
    float scale;
    bool exact = ffp8_conv_plan_scale(plan, 0, &scale);
    *finite = isfinite(scale);
    for (size_t g = 0, o = 0; g < d->groups; g++, scales += ld) {
        for (size_t j = 0; j < d->group_out; j++, o++) {
            if (differ) exact &= ffp8_conv_plan_scale(plan, o, &scale);
            scales[j] = scale;
            *finite &= (bool)isfinite(scale);
        }
        for (size_t j = d->group_out; j < ld; j++) scales[j] = 0;
    }
    return exact;
}

/* The bias of as many pixels as lie side by side where pixels are finished whole. */
static void write_bias(struct run *run) {
    const struct ffp8_conv_plan *plan = run->plan;
    const float *bias = plan->call.problem.args->epilogue.bias;
    const size_t channels = plan->call.problem.dims.c_out;
    float *repeated = (float *)(run->workspace + plan->at.bias);
    run->bias = bias;
    if (!bias || plan->bias_pixels == 1) return;
    for (size_t i = 0; i < plan->bias_pixels; i++) memcpy(repeated + i * channels, bias, channels * sizeof *bias);
    run->bias = repeated;
}

static void write_offsets(const struct ffp8_conv_plan *plan, size_t *offset) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t per_row = plan->call.header.segments / d->kernel_h;
    for (size_t i = 0; i < d->kernel_h; i++)
        for (size_t j = 0; j < per_row; j++)
            offset[i * per_row + j] = i * d->dilation_h * plan->stage.row_bytes + j * d->dilation_w * plan->stage.pixel_bytes;
}

/* What all pieces share. False: the scales want the oracle. */
static bool prepare(struct run *run) {
    const struct ffp8_conv_plan *plan = run->plan;
    const ffp8_conv_args *args = plan->call.problem.args;
    const struct ffp8_packed_header *header = &plan->call.header;
    bool finite;
    if (!write_scales(plan, (float *)(run->workspace + plan->at.scales), &finite)) return false;
    run->skip = finite && !header->special_used;
    write_bias(run);
    uint8_t *blob = run->workspace + plan->at.blob;
    if (!plan->call.packed) ffp8_conv_write(&plan->call.problem.dims, &args->filter, header, &plan->call.places, blob);
    run->codes = plan->call.packed ? plan->call.problem.codes : blob + sizeof *header;
    if (plan->order == FFP8_CONV_LANES) {
        uint32_t *lane = (uint32_t *)(run->workspace + plan->at.lanes);
        ffp8_conv_lanes_weights(&plan->stage, run->codes, run->workspace + plan->at.weights);
        run->lane = ffp8_conv_lanes_map(&plan->stage, lane) ? lane : NULL;
    } else {
        write_offsets(plan, (size_t *)(run->workspace + plan->at.offsets));
    }
    return true;
}

ffp8_status ffp8_conv_run(const struct ffp8_kernels *kernels, const ffp8_conv_args *args) {
    struct ffp8_conv_plan plan;
    const ffp8_status status = ffp8_conv_plan_make(kernels, args, false, &plan);
    if (status != FFP8_OK) return status;
    if (!args->workspace) return FFP8_ERROR_NULL;
    if (args->workspace_bytes < plan.at.bytes) return FFP8_ERROR_BUFFER;
    float amax = 0;
    if (plan.call.problem.dims.batch > 0) {
        struct ffp8_output output;
        struct run run = {.plan = &plan, .output = &output};
        run.workspace = (uint8_t *)args->workspace +
                        (FFP8_CONV_ALIGNMENT - (uintptr_t)args->workspace % FFP8_CONV_ALIGNMENT) % FFP8_CONV_ALIGNMENT;
        ffp8_output_init(&output, kernels, plan.output_order == FFP8_CONV_TURNED ? run.workspace : args->y, args->y_type, &args->y_format,
                         args->y_scale, &args->y_encoding, args->accumulate, &args->epilogue);
        if (!plan.why && !prepare(&run)) {
            plan.why = scale_reason;
            plan.column_pieces = 1; /* the oracle computes all channels of a row */
        }
        const size_t pieces = plan.row_pieces * plan.column_pieces;
        ffp8_parallel(args->threads, pieces, run_piece, &run);
        for (size_t i = 0; i < pieces; i++) amax = ffp8_larger(amax, ((float *)(run.workspace + plan.at.amax))[i]);
    }
    if (args->epilogue.amax) *args->epilogue.amax = amax;
    return FFP8_OK;
}

ffp8_status ffp8_conv_workspace_on(const struct ffp8_kernels *kernels, const ffp8_conv_args *args, size_t *bytes) {
    struct ffp8_conv_plan plan;
    if (!bytes) return FFP8_ERROR_NULL;
    const ffp8_status status = ffp8_conv_plan_make(kernels, args, true, &plan);
    if (status == FFP8_OK) *bytes = plan.at.bytes;
    return status;
}

ffp8_status ffp8_conv_oracle(const ffp8_conv_args *args) {
    struct ffp8_conv_call call;
    const ffp8_status status = ffp8_conv_check(args, false, &call);
    if (status != FFP8_OK) return status;
    const float amax = ffp8_conv_generic(&call.problem, 0, ffp8_conv_output_rows(&call.problem.dims));
    if (args->epilogue.amax) *args->epilogue.amax = amax;
    return FFP8_OK;
}

/* ------------------------------------------------------------------------------------------------- public */
ffp8_status ffp8_conv(const ffp8_conv_args *args) { return ffp8_conv_run(ffp8_kernels_active(), args); }

/* Enough for every tier that is compiled in: the active one may change before the call. */
ffp8_status ffp8_conv_workspace(const ffp8_conv_args *args, size_t *bytes) {
    size_t most = 0, needed = 0;
    if (!bytes) return FFP8_ERROR_NULL;
    for (size_t i = 0; ffp8_kernels_list(i); i++) {
        const ffp8_status status = ffp8_conv_workspace_on(ffp8_kernels_list(i), args, &needed);
        if (status != FFP8_OK) return status;
        if (needed > most) most = needed;
    }
    *bytes = most;
    return FFP8_OK;
}

ffp8_status ffp8_conv_explain(const ffp8_conv_args *args, char *text, size_t bytes) {
    static const char *const orders[] = {"", "", "taps", "rows", "lanes"};
    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    struct ffp8_conv_plan plan;
    if (!text) return FFP8_ERROR_NULL;
    const ffp8_status status = ffp8_conv_plan_make(kernels, args, true, &plan);
    if (status != FFP8_OK) return status;
    if (plan.why) return ffp8_explain(text, bytes, "generic: %s", plan.why);
    const bool known = plan.call.packed || !args->filter.scales.data; /* a plain filter's scales may not be there yet */
    float scale;
    for (size_t o = 0; known && o < plan.call.problem.dims.c_out; o++)
        if (!ffp8_conv_plan_scale(&plan, o, &scale)) return ffp8_explain(text, bytes, "generic: %s", scale_reason);
    return ffp8_explain(text, bytes, "%s: %s %s, %s", kernels->name, ffp8_class_name(plan.operands.class_of),
                        plan.call.packed ? "packed" : "packed in the call", orders[plan.order]);
}
