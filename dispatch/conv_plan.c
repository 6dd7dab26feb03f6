/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_plan.c - plans a convolution: arithmetic, pieces for threads, bands, and the workspace
 */
#include "conv_plan.h"

#include <math.h>

#include "format.h"
#include "parallel.h"
#include "scales.h"

enum {
    STAGE_BYTES = 384 * 1024,   /* of a band's slabs */
    SUM_BYTES = 384 * 1024,     /* of its FP32 sums */
    HOT_BYTES = 12 * 1024,      /* of sums that are finished at once: with a tile more they fit L1 */
    LANES_HOT_BYTES = 4 * 1024, /* the same in lanes, whose tiles are two rows and read more of x */
    BIAS_ELEMENTS = 1024,       /* of biases kept side by side, so that outputs of few channels are finished in long rows */
    STRIP_COLUMNS = 64,         /* of a tile that are finished at once: what the encoders take at once */
    HOT_PIXELS = 128,           /* NCHW: outputs of a channel that are finished at once */
    PIECE_PIXELS = 128,         /* a piece with fewer outputs would spend its time expanding weights: channels are split instead */
};
static const double max_row_bytes = 1 << 28; /* staged for one output row; beyond, padding or dilation dwarf the image */

static void choose_operands(struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_problem *problem = &plan->call.problem;
    const ffp8_conv_args *args = problem->args;
    const struct ffp8_packed_header *header = &plan->call.header;
    const ffp8_format *x_format = args->x_type == FFP8_TYPE_FFP8 ? &args->x_format : NULL;
    struct ffp8_kernels lanes = *plan->kernels; /* the depthwise kernels know neither I8 nor F16 */
    lanes.runs_as[FFP8_CLASS_I8] = FFP8_CLASS_I16;
    lanes.runs_as[FFP8_CLASS_F16] = FFP8_CLASS_F32;
    if (problem->dims.group_in == 1 && !x_format) lanes.runs_as[FFP8_CLASS_BF16] = FFP8_CLASS_F32; /* pairs of rows are made of codes */
    ffp8_operands_init(&plan->operands, plan->order == FFP8_CONV_LANES ? &lanes : plan->kernels, x_format, args->x_type, &problem->w_format,
                       header->classes, !header->special_used, args->accuracy);
    plan->operands.exact_terms = ffp8_packed_exact_terms(header, plan->operands.a_most, plan->operands.exact_terms);
    plan->unit = ldexp(1, plan->operands.shift);
}

bool ffp8_conv_plan_scale(const struct ffp8_conv_plan *plan, size_t channel, float *scale) {
    const struct ffp8_scale_grid *scales = &plan->call.problem.w_scales;
    const float x_scale = plan->call.problem.args->x_scale;
    const float plain = (x_scale == 0 ? 1 : x_scale) * ffp8_scale_at(scales, scales->block_rows ? channel / scales->block_rows : 0, 0);
    const double exact = plain * plan->unit;
    *scale = (float)exact;
    return isnan(plain) || (double)*scale == exact;
}

/* What the table allows a block of columns to keep expanded, spread over the columns that there are. */
static size_t chunk_bytes(const struct ffp8_conv_plan *plan) {
    const struct ffp8_kernels *kernels = plan->kernels;
    const size_t columns = ffp8_min_size(ffp8_conv_group_lanes(&plan->call.problem.dims), kernels->nc_columns);
    return (size_t)kernels->kc_bytes * kernels->nc_columns / columns;
}

struct ffp8_nest ffp8_conv_plan_nest(const struct ffp8_conv_plan *plan, size_t column_begin, size_t column_end, size_t rows) {
    const struct ffp8_packed_header *header = &plan->call.header;
    return (struct ffp8_nest){
        .kernels = plan->kernels,
        .class_of = plan->operands.class_of,
        .fused = plan->fused,
        .chunk_bytes = chunk_bytes(plan),
        .lut = &plan->operands.b,
        .column_begin = column_begin,
        .column_end = column_end,
        .segments = header->segments,
        .segment_lines = plan->call.places.segment_lines,
        .segments_across = header->segments / plan->call.problem.dims.kernel_h,
        .segment_words = ffp8_class_words(plan->operands.class_of, header->segment_k),
        .a_offset = plan->operands.a_offset,
        .rows = rows,
        .ld_col_scale = ffp8_conv_group_lanes(&plan->call.problem.dims),
        .exact_terms = plan->operands.exact_terms,
    };
}

/* Columns of a group that a piece has, and those that its nest finishes at a time. */
static size_t piece_extent(const struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    return ffp8_min_size(ffp8_ceil_div(ffp8_conv_panels(d), plan->column_pieces) * FFP8_NR, d->group_out);
}

static size_t piece_columns(const struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    if (plan->order == FFP8_CONV_LANES || d->groups > 1) return d->c_out;
    const struct ffp8_nest nest = ffp8_conv_plan_nest(plan, 0, piece_extent(plan), 1);
    return ffp8_nest_columns(&nest);
}

/* Zeros among the weights that multiply what does not belong to the output: the neighbour of a ROWS segment in its last word, or the other row
 * of a pair. Inf and NaN must not stand there. */
static bool meets_strangers(const struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_problem *problem = &plan->call.problem;
    struct ffp8_landmarks mark;
    if (plan->operands.class_of != FFP8_CLASS_BF16 && plan->operands.class_of != FFP8_CLASS_F16) return false;
    if (!plan->stage.pairs && !(plan->order == FFP8_CONV_ROWS && plan->call.header.segment_k % 2 != 0)) return false;
    if (problem->args->x_type != FFP8_TYPE_FFP8) return true;
    ffp8_format_landmarks(&problem->args->x_format, &mark);
    return mark.any_special;
}

static void choose_pieces(struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t threads = ffp8_thread_count(plan->call.problem.args->threads), rows = ffp8_conv_output_rows(d);
    plan->column_pieces = 1;
    plan->row_pieces = ffp8_min_size(threads, rows);
    if (plan->why || plan->order == FFP8_CONV_LANES || d->groups > 1) return;
    const size_t enough = ffp8_ceil_div(rows * d->out_w, PIECE_PIXELS);
    plan->row_pieces = ffp8_min_size(plan->row_pieces, enough);
    plan->column_pieces = ffp8_min_size(threads / plan->row_pieces, ffp8_conv_panels(d));
}

static void choose_bands(struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct ffp8_conv_stage *stage = &plan->stage;
    const size_t columns = piece_columns(plan), row_sums = d->out_w * columns * sizeof(float),
                 most = ffp8_ceil_div(ffp8_conv_output_rows(d), plan->row_pieces);
    size_t rows = ffp8_min_size(most, d->out_h);
    const size_t fixed = ffp8_conv_slab_rows(stage, 1) * stage->row_bytes, step = stage->row_step * stage->row_bytes;
    const size_t staged = fixed >= STAGE_BYTES ? 1 : 1 + (STAGE_BYTES - fixed) / step;
    rows = ffp8_min_size(rows, staged);
    if (plan->order != FFP8_CONV_LANES && SUM_BYTES / row_sums < rows) rows = SUM_BYTES / row_sums + 1;
    plan->band_images = 0;
    if (rows == d->out_h) {
        const size_t image = ffp8_conv_slab_rows(stage, rows) * stage->row_bytes;
        size_t images = ffp8_min_size(most / d->out_h, STAGE_BYTES / image);
        if (plan->order != FFP8_CONV_LANES) images = ffp8_min_size(images, SUM_BYTES / (row_sums * rows));
        plan->band_images = images ? images : 1;
    }
    const size_t bands = rows ? ffp8_ceil_div(d->out_h, rows) : 0; /* at least one, but the analyser cannot know */
    plan->band_rows = bands ? ffp8_ceil_div(d->out_h, bands) : 1;  /* of about the same height */
    const size_t together = plan->order == FFP8_CONV_LANES ? ffp8_conv_lanes_together(stage, 0) : 1;
    plan->band_rows = ffp8_ceil_div(plan->band_rows, together) * together;
    const size_t hot = plan->order == FFP8_CONV_LANES ? LANES_HOT_BYTES : HOT_BYTES;
    plan->finish_pixels = plan->output_order != FFP8_CONV_PLANES ? 1 + hot / (columns * sizeof(float)) : HOT_PIXELS;
    plan->keeps_panels = plan->splits_columns = false;
    if (plan->order == FFP8_CONV_LANES) { /* about equal parts of a row */
        const size_t parts = ffp8_ceil_div(d->out_w, plan->finish_pixels);
        const size_t tile = FFP8_LANES_TILE / together;
        plan->finish_pixels = ffp8_ceil_div(ffp8_ceil_div(d->out_w, parts), tile) * tile;
        return;
    }
    const struct ffp8_nest nest = ffp8_conv_plan_nest(plan, 0, piece_extent(plan), 1);
    plan->keeps_panels = d->groups == 1 && ffp8_nest_keeps_panels(&nest);
    /* Upright tiles make all of a band wait to be finished: where several blocks of k let it wait anyway. */
    plan->splits_columns = plan->order == FFP8_CONV_TAPS && d->kernel_w > 1 && (d->groups > 1 || !plan->keeps_panels);
    if (plan->splits_columns) plan->finish_pixels = SIZE_MAX;
    /* Not where something else is read per pixel, or rows are short of what is encoded at once anyway. */
    const ffp8_conv_args *args = plan->call.problem.args;
    const bool strips = plan->output_order != FFP8_CONV_PLANES && args->y_type == FFP8_TYPE_FFP8 && !args->epilogue.residual &&
                        !args->accumulate;
    plan->finish_columns = strips && !plan->splits_columns ? STRIP_COLUMNS : 0;
}

static bool reserve(size_t *total, size_t count, size_t bytes, size_t *place) {
    size_t size;
    *place = *total;
    return !__builtin_mul_overflow(count, bytes, &size) && !__builtin_add_overflow(size, FFP8_CONV_ALIGNMENT - 1, &size) &&
           !__builtin_add_overflow(*total, size / FFP8_CONV_ALIGNMENT * FFP8_CONV_ALIGNMENT, total);
}

/* What a piece keeps: its slabs, and the sums, tiles and panels of a band. It must do for PLANES, too, where it says TURNED: a query need not
 * know of a residual. */
static bool lay_out_piece(struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const size_t images = plan->band_images > 1 ? plan->band_images : 1, rows = images * plan->band_rows;
    const size_t columns = piece_columns(plan);
    const bool turns = plan->output_order != FFP8_CONV_PIXELS;
    struct ffp8_conv_places *at = &plan->at;
    size_t total = 0;
    bool ok = reserve(&total, images * ffp8_conv_slab_rows(&plan->stage, plan->band_rows), plan->stage.row_bytes, &at->slabs);
    ok = ok && reserve(&total, plan->stage.scratch_bytes, 1, &at->scratch);
    if (plan->order == FFP8_CONV_LANES) {
        const size_t wide = turns ? d->out_w : ffp8_min_size(plan->finish_pixels, d->out_w);
        ok = ok && reserve(&total, FFP8_LANES_ROWS * wide * columns, sizeof(float), &at->sums);
        ok = ok && reserve(&total, (1 + FFP8_LANES_ROWS) * ffp8_conv_lanes_taps(&plan->stage), sizeof(void *), &at->pointers);
    } else {
        const struct ffp8_nest nest = ffp8_conv_plan_nest(plan, 0, piece_extent(plan), rows * d->out_w);
        const size_t nest_bytes = ffp8_nest_scratch(&nest);
        ok = ok && nest_bytes != SIZE_MAX && reserve(&total, nest_bytes, 1, &at->nest);
        ok = ok && reserve(&total, rows * d->out_w * columns, sizeof(float), &at->sums);
        ok = ok && reserve(&total, rows * d->out_w, sizeof(struct ffp8_tile), &at->tiles);
    }
    if (turns) {
        const size_t channels = ffp8_conv_piece_channels(plan, 0, piece_extent(plan));
        ok = ok && reserve(&total, rows * d->out_w * channels, ffp8_type_bytes(plan->call.problem.args->y_type), &at->pixels);
    }
    at->piece_bytes = total;
    return ok;
}

static bool lay_out(struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct ffp8_packed_header *header = &plan->call.header;
    struct ffp8_conv_places *at = &plan->at;
    const size_t pieces = plan->row_pieces * plan->column_pieces;
    size_t total = 0;
    *at = (struct ffp8_conv_places){0};
    bool ok = reserve(&total, pieces, sizeof(float), &at->amax);
    if (!plan->why) {
        if (!plan->call.packed) ok = ok && reserve(&total, header->bytes, 1, &at->blob);
        plan->bias_pixels = 1 + BIAS_ELEMENTS / (d->c_out + 1);
        if (plan->bias_pixels > 1) ok = ok && reserve(&total, plan->bias_pixels * d->c_out, sizeof(float), &at->bias);
        if (plan->order == FFP8_CONV_LANES) {
            ok = ok && reserve(&total, d->c_out, sizeof(float), &at->scales);
            ok = ok && reserve(&total, d->c_out, sizeof(uint32_t), &at->lanes);
            ok = ok && reserve(&total, ffp8_conv_lanes_words(&plan->stage), FFP8_WORD_BYTES, &at->weights);
        } else {
            ok = ok && reserve(&total, d->groups * ffp8_conv_group_lanes(d), sizeof(float), &at->scales);
            ok = ok && reserve(&total, header->segments, sizeof(size_t), &at->offsets);
        }
        ok = ok && lay_out_piece(plan) && reserve(&total, pieces, at->piece_bytes, &at->pieces);
    }
    at->bytes = total + FFP8_CONV_ALIGNMENT - 1; /* the workspace may begin anywhere */
    return ok && total < SIZE_MAX / 2;
}

/* Why the oracle must compute, as far as sizes and formats tell. */
static const char *find_reason(const struct ffp8_conv_plan *plan) {
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    const struct ffp8_conv_stage *stage = &plan->stage;
    const double pixels = (double)(d->out_w - 1) * (double)stage->column_step + (double)(d->kernel_w - 1) * (double)d->dilation_w + 1;
    const double rows = (double)(d->kernel_h - 1) * (double)d->dilation_h + (double)stage->row_step;
    if (pixels * rows * (double)stage->pixel_bytes > max_row_bytes) return "what one output row reads is too large to stage";
    if (plan->order == FFP8_CONV_LANES && plan->call.header.segments > plan->operands.exact_terms)
        return "more taps than int32 can sum exactly";
    const struct ffp8_nest nest = ffp8_conv_plan_nest(plan, 0, 0, 0);
    return ffp8_nest_sums_fit(&nest) ? NULL : "the kernel is longer than exact sums reach";
}

ffp8_status ffp8_conv_plan_make(const struct ffp8_kernels *kernels, const ffp8_conv_args *args, bool query, struct ffp8_conv_plan *plan) {
    const ffp8_status status = ffp8_conv_check(args, query, &plan->call);
    if (status != FFP8_OK) return status;
    const struct ffp8_conv_dims *d = &plan->call.problem.dims;
    plan->kernels = kernels;
    plan->order = ffp8_conv_packed_order(&plan->call.header);
    plan->output_order = ffp8_conv_output_order(&plan->call.problem);
    plan->flat = d->kernel_h == 1 && d->kernel_w == 1;
    choose_operands(plan);
    const size_t most = kernels->most_fused_rows[plan->operands.class_of];
    plan->fused = ffp8_conv_output_rows(d) <= most && ffp8_conv_output_rows(d) * d->out_w <= most;
    ffp8_conv_stage_init(&plan->stage, kernels, &plan->operands, &plan->call.problem, plan->order);
    plan->meets_strangers = meets_strangers(plan);
    plan->why = find_reason(plan);
    plan->row_pieces = plan->column_pieces = 1;
    if (d->batch > 0) {
        choose_pieces(plan);
        if (!plan->why) choose_bands(plan);
    } else {
        plan->why = "nothing to compute";
    }
    return lay_out(plan) ? FFP8_OK : FFP8_ERROR_OVERFLOW;
}
