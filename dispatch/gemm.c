/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm.c - plans a matrix product, cuts it into tasks, stages A and runs the loop nest
 *
 * A task is a rectangle of C. It walks its rows in blocks: stages a block of A's rows as elements of the class, then runs the nest over its
 * columns (plain weights: over a few columns at a time, which are packed first, or where they lie if A has few rows). No sum depends on how C
 * is cut. Everything that a task writes but C lies in its own slice of the workspace, whose layout is one struct: the size query and the run
 * fill it by the same function.
 */
#include "gemm.h"

#include <math.h>

#include "../kernels/kernel_util.h"
#include "explain.h"
#include "finish.h"
#include "lut.h"
#include "nest.h"
#include "packed.h"
#include "parallel.h"
#include "scales.h"
#include "select.h"
#include "stage.h"

enum {
    SLICE_ALIGNMENT = 64,
    PLAIN_BLOCK_BYTES = 1 << 18, /* of weights that are packed at a time: well within L2 */
    SHORT_TERMS =
        128 /* scale groups of fewer expand weights from fewer rows on; direct kernels, which end in adding up lanes, do not pay */
};

/* How the arguments map to the nest, and where everything lies in a task's slice. */
struct plan {
    struct ffp8_operands operands;
    struct ffp8_output output;
    const struct ffp8_gemm_problem *problem;
    const struct ffp8_kernels *kernels;
    struct ffp8_nest nest; /* what all tasks share */

    size_t groups, group_k;          /* along k: 1, k without groups */
    bool a_uniform;                  /* A's scales do not differ between rows: they go into the columns' */
    bool oracle;                     /* the nest does not serve this */
    bool in_place;                   /* A is read where it lies */
    bool direct;                     /* so are plain weights: they are not packed first */
    bool scales_in_place;            /* so are the packed scales; then the rows' have the power of two */
    struct ffp8_exponents a_rescale; /* A's scales that its elements may take upon them; none: low is above high */

    size_t row_parts, column_parts, part_rows, part_columns; /* tasks */
    size_t block_rows;                                       /* of A that are staged at once */
    size_t tile_rows;
    size_t plain_columns; /* plain weights: columns that are packed at once, else all */

    uint8_t *slices; /* aligned */
    size_t stride;   /* bytes between rows of staged A */
    size_t ldc, ld_column_scale;
    size_t amax_at, a_at, row_scale_at, column_scale_at, tiles_at, scratch_at, c_at, lines_at, line_at, slice_bytes;
};

static size_t round_up(size_t x, size_t unit) { return ffp8_ceil_div(x, unit) * unit; }
static size_t at_least_one(size_t x) { return x ? x : 1; }

/* Reserves a * b bytes of the slice. False: overflow. */
static bool reserve(struct plan *plan, size_t *at, size_t a, size_t b) {
    size_t bytes;
    *at = plan->slice_bytes;
    if (__builtin_mul_overflow(a, b, &bytes) || bytes > SIZE_MAX / 4 || plan->slice_bytes > SIZE_MAX / 4) return false;
    plan->slice_bytes += round_up(bytes, SLICE_ALIGNMENT);
    return true;
}

/* Tasks: the cut whose largest piece costs least, in multiplications per k. Besides its own products a piece decodes its rows of A (about
 * DECODE multiplications each) and expands its columns of B (EXPAND). m and n are not zero. */
static void cut_tasks(struct plan *plan, size_t m, size_t n, size_t threads) {
    enum { DECODE = 8, EXPAND = 32, MOST_TASKS = 1024 };
    double best = INFINITY;
    size_t pieces;
    if (__builtin_mul_overflow(ffp8_ceil_div(m, plan->tile_rows), ffp8_ceil_div(n, FFP8_NR), &pieces)) pieces = SIZE_MAX;
    threads = ffp8_min_size(ffp8_min_size(threads, pieces), MOST_TASKS);
    for (size_t column_parts = 1; column_parts <= ffp8_min_size(threads, ffp8_ceil_div(n, FFP8_NR)); column_parts++) {
        const size_t row_parts = threads / column_parts;
        const size_t rows = round_up(ffp8_ceil_div(m, row_parts), plan->tile_rows);
        const size_t columns = round_up(ffp8_ceil_div(n, column_parts), FFP8_NR);
        const double cost = (double)rows * (double)columns + (double)rows * DECODE + (double)columns * EXPAND;
        if (cost >= best) continue;
        best = cost;
        plan->part_rows = rows;
        plan->part_columns = columns;
        plan->row_parts = ffp8_ceil_div(m, plan->part_rows);
        plan->column_parts = ffp8_ceil_div(n, plan->part_columns);
    }
}

/* Elements of a block of scales along k; k where there is one block. */
static size_t block_of(const struct ffp8_scale_grid *scales, size_t k) {
    return scales->block_k && scales->block_k % 4 == 0 && scales->block_k < k ? scales->block_k : k;
}

/* Lays out a slice for scale groups of group_k elements. False: overflow. */
static bool lay_out_slice(struct plan *plan, size_t group_k) {
    const ffp8_gemm_args *args = plan->problem->args;
    const ffp8_class class_of = plan->operands.class_of;
    struct ffp8_nest *nest = &plan->nest;
    plan->group_k = group_k;
    plan->groups = group_k < args->k ? ffp8_ceil_div(args->k, group_k) : 1;
    nest->group_words = plan->groups > 1 ? group_k / ffp8_class_elements(class_of) : 0;
    nest->column_end = plan->plain_columns;
    nest->rows = plan->block_rows;
    plan->ldc = ffp8_nest_columns(nest) + FFP8_LINE_BYTES / sizeof(float); /* not a power of two */
    plan->ld_column_scale = round_up(ffp8_nest_columns(nest), FFP8_NR);
    nest->ldc = plan->ldc;
    nest->ld_row_scale = plan->block_rows;

    plan->slice_bytes = 0;
    return reserve(plan, &plan->amax_at, 1, sizeof(float)) && reserve(plan, &plan->line_at, args->k, sizeof(float)) &&
           reserve(plan, &plan->a_at, plan->in_place ? 0 : plan->block_rows, plan->stride) &&
           reserve(plan, &plan->row_scale_at, plan->groups * sizeof(float), plan->block_rows) &&
           reserve(plan, &plan->column_scale_at, plan->groups * sizeof(float), plan->ld_column_scale) &&
           reserve(plan, &plan->tiles_at, ffp8_ceil_div(plan->block_rows, plan->tile_rows), sizeof(struct ffp8_tile)) &&
           reserve(plan, &plan->scratch_at, 1, ffp8_nest_scratch(nest)) &&
           reserve(plan, &plan->c_at, plan->ldc * sizeof(float), plan->block_rows) &&
           reserve(plan, &plan->lines_at,
                   plan->problem->packed || plan->direct ? 0 : round_up(plan->plain_columns, FFP8_NR) / FFP8_NR * FFP8_LINE_BYTES,
                   nest->segment_lines);
}

/* Scales that the nest cannot serve: blocks along k that do not nest, or exponents that leave FP32 when the elements' power of two is
 * folded into them. The latter is only known when the scales can be read; those of quantized rows come later (rows_fold). */
static const char *refusal(struct plan *plan) {
    const ffp8_gemm_args *args = plan->problem->args;
    const size_t a = plan->problem->a_scales.data ? block_of(&plan->problem->a_scales, args->k) : args->k;
    const size_t w = plan->problem->w_scales.data ? block_of(&plan->problem->w_scales, args->k) : args->k;
    if (a < args->k && w < args->k && a % w != 0 && w % a != 0) return "scale blocks along k of A and W do not nest";
    if (!ffp8_nest_sums_fit(&plan->nest)) return "k is longer than exact sums reach";
    if (plan->operands.shift == 0) return NULL;
    const struct ffp8_exponents rows = ffp8_scales_exponents(&plan->problem->a_scales, args->m, args->k);
    return ffp8_scales_fold(rows, plan->problem->w_exponents, plan->operands.shift) ? NULL
                                                                                    : "a scale times the formats' power of two leaves FP32";
}

/* *bytes: what the workspace must have, whichever of the arguments' optional pointers are set. */
static ffp8_status make_plan(struct plan *plan, const struct ffp8_kernels *kernels, const struct ffp8_gemm_problem *problem,
                             size_t *bytes) {
    const ffp8_gemm_args *args = problem->args;
    plan->problem = problem;
    plan->kernels = kernels;
    ffp8_operands_init(&plan->operands, kernels, problem->a_format, args->a_type, &problem->w_format, problem->w_classes, problem->w_finite,
                       args->accuracy);
    if (problem->packed) /* a checked blob */
        plan->operands.exact_terms = ffp8_packed_exact_terms(args->packed.data, plan->operands.a_most, plan->operands.exact_terms);
    *bytes = plan->row_parts = plan->column_parts = 0;

    /* How the product is computed; ffp8_gemm_explain tells it of empty ones, too. */
    const ffp8_class class_of = plan->operands.class_of;
    const size_t words = ffp8_class_words(class_of, args->k);
    const size_t a = block_of(&problem->a_scales, args->k), w = block_of(&problem->w_scales, args->k);
    const bool short_groups = ffp8_min_size(a, w) < ffp8_min_size(args->k, SHORT_TERMS);
    const bool fused = args->m <= (short_groups ? kernels->most_fused_rows_short : kernels->most_fused_rows)[class_of];
    /* Of a long k twice as much at once, with half as many columns: sums that wait between two blocks cost more than reading A again. */
    plan->nest = (struct ffp8_nest){
        .kernels = kernels,
        .class_of = class_of,
        .fused = fused,
        .chunk_bytes = words * FFP8_WORD_BYTES > kernels->kc_bytes ? 2 * (size_t)kernels->kc_bytes : 0,
        .lut = &plan->operands.b,
        .segments = 1,
        .segments_across = 1,
        .segment_lines = ffp8_ceil_div(args->k, 4) * 2,
        .segment_words = words,
        .a_offset = plan->operands.a_offset,
        .exact_terms = plan->operands.exact_terms,
    };
    plan->direct = fused && !short_groups && !problem->packed && args->weights.order == FFP8_ORDER_NK &&
                   args->m <= kernels->most_direct_rows[class_of];
    if (args->m == 0 || args->n == 0) return FFP8_OK; /* no task */

    plan->tile_rows = plan->direct ? kernels->direct_rows : fused ? kernels->fused_rows : kernels->mr[class_of];
    if (words > SIZE_MAX / 16) return FFP8_ERROR_OVERFLOW;
    plan->stride = ffp8_stage_stride(words);

    /* Rows that are read in place must be whole words, and many of them should not compete for the same sets of the cache. */
    const size_t element = ffp8_class_bytes(class_of);
    plan->in_place = !args->a_quantize && args->k % ffp8_class_elements(class_of) == 0 &&
                     ffp8_stage_is_identity(&plan->operands, args->a_type) && (fused || args->lda * element % 1024 != 0);

    cut_tasks(plan, args->m, args->n, ffp8_thread_count(args->threads));
    const size_t most = at_least_one(kernels->mc_rows / plan->tile_rows) * plan->tile_rows;
    plan->block_rows = round_up(ffp8_ceil_div(plan->part_rows, ffp8_ceil_div(plan->part_rows, most)), plan->tile_rows);
    plan->plain_columns = plan->part_columns;
    if (plan->direct) {
        plan->nest.plain_ld = args->weights.ld;
        plan->nest.plain_k = args->k;
        plan->nest.pad_code = plan->operands.pad_code;
    } else if (!problem->packed) {
        const size_t fit = PLAIN_BLOCK_BYTES / at_least_one(args->k) / FFP8_NR * FFP8_NR;
        plan->plain_columns = ffp8_min_size(plan->part_columns, fit < FFP8_NR ? FFP8_NR : fit);
    }

    /* The query may come before pointers to scales are set: room for each way in which k may be grouped. */
    const size_t possible[] = {args->k, a, w};
    size_t slice = 0, total;
    for (size_t i = 0; i < 3; i++) {
        if (!lay_out_slice(plan, possible[i])) return FFP8_ERROR_OVERFLOW;
        if (plan->slice_bytes > slice) slice = plan->slice_bytes;
    }
    const size_t tasks = plan->row_parts * plan->column_parts;
    if (__builtin_mul_overflow(slice, tasks, &total) || __builtin_add_overflow(total, (size_t)SLICE_ALIGNMENT - 1, &total))
        return FFP8_ERROR_OVERFLOW;
    *bytes = total;

    size_t group_k = args->k;
    if (args->a_scales.data) group_k = a;
    if (problem->w_scales.data) group_k = ffp8_min_size(group_k, w);
    lay_out_slice(plan, group_k);
    plan->slice_bytes = slice;
    const bool a_per_row = args->k > 0 && args->a_scales.data && args->a_scales.block_rows && args->a_scales.block_rows < args->m;
    plan->a_uniform = !args->a_quantize && !a_per_row;
    const struct ffp8_scale_grid *scales = &problem->w_scales;
    plan->scales_in_place = problem->packed && plan->groups > 1 && scales->data && scales->block_rows == 1 && scales->block_k == group_k &&
                            !args->a_quantize;
    const bool powers = args->a_type == FFP8_TYPE_FFP8 && !args->a_quantize && args->a_scales.data &&
                        args->a_scales.type == FFP8_SCALE_E8M0;
    plan->a_rescale = (struct ffp8_exponents){1, 0};
    if (powers && (!plan->a_uniform || plan->scales_in_place))
        plan->a_rescale = ffp8_operands_rescale(&plan->operands, problem->a_format, &problem->w_format);
    return FFP8_OK;
}

/* ---------------------------------------------------------------------------------------------------------------
 * A task
 */
struct task {
    const struct plan *plan;
    uint8_t *slice;
    size_t column, columns; /* of C */
    size_t row, rows;       /* of C: the block in progress */
    size_t first;           /* column of C that is column 0 of the nest */
    float amax;
};

static void finish_rows(void *context, size_t first, size_t rows, size_t column, size_t columns, float *c, size_t ldc) {
    struct task *task = context;
    const struct plan *plan = task->plan;
    const ffp8_gemm_args *args = plan->problem->args;
    const size_t j = task->first + column;
    for (size_t r = 0; r < rows; r++) {
        const size_t row = task->row + first + r;
        const float amax = ffp8_output_row(&plan->output, c + r * ldc, columns, args->epilogue.bias ? args->epilogue.bias + j : NULL,
                                           row * args->ldc + j, row * args->epilogue.ld_residual + j, (uint64_t)row * args->n + j);
        task->amax = ffp8_larger(task->amax, amax);
    }
}

/* Whether the block's elements of A take its scales and 2^shift upon them, so that its sums need none: of scales that are powers of two, and as long
 * as nothing leaves the normal range, scales of W among it, this changes no bit. */
static bool rescales(const struct task *task, int shift) {
    const struct plan *plan = task->plan;
    const struct ffp8_exponents may = plan->a_rescale, w = plan->problem->w_exponents;
    if (may.low > may.high) return false;
    const struct ffp8_exponents a = ffp8_scales_e8m0_exponents(&plan->problem->a_scales, task->row, task->rows, plan->problem->args->k);
    const int low = a.low + shift, high = a.high + shift;
    return low >= may.low && high <= may.high && a.high < 128 && w.low >= -126 && low + w.low >= -126 && high + w.high <= 126;
}

/* The block's rows of A as elements, its tiles, and its scales. */
static void stage_rows(const struct task *task, struct ffp8_nest *nest) {
    const struct plan *plan = task->plan;
    const ffp8_gemm_args *args = plan->problem->args;
    const ffp8_class class_of = plan->operands.class_of;
    const size_t source_bytes = args->a_type == FFP8_TYPE_F32 ? 4 : args->a_type == FFP8_TYPE_FFP8 ? 1 : 2;
    const uint8_t *a = (const uint8_t *)args->a + task->row * args->lda * source_bytes;
    float *row_scale = (float *)(task->slice + plan->row_scale_at);
    const int shift = plan->scales_in_place ? plan->operands.shift : 0;
    const bool rescaled = rescales(task, shift);

    if (!plan->in_place) {
        uint8_t *staged = task->slice + plan->a_at;
        const size_t row_bytes = args->k * ffp8_class_bytes(class_of);
        const struct ffp8_scale_grid *a_scales = &plan->problem->a_scales;
        ffp8_rescale_fn *const rescale = class_of == FFP8_CLASS_BF16 ? plan->kernels->rescale16 : plan->kernels->rescale32;
        const size_t padding = nest->segment_words * ffp8_class_elements(class_of) - args->k;
        struct ffp8_encoder encoder;
        float target = 0;
        if (args->a_quantize) {
            ffp8_encoder_init(&encoder, &args->a_format, 1, NULL);
            target = ffp8_row_target(&args->a_format);
        }
        for (size_t r = 0; r < task->rows; r++) {
            uint8_t *to = staged + r * plan->stride;
            const uint8_t *from = a + r * args->lda * source_bytes;
            if (args->a_quantize)
                row_scale[r] = ffp8_stage_quantized(plan->kernels, &plan->operands, args->a_type, from, args->k, &encoder, target, to);
            else
                ffp8_stage(plan->kernels, &plan->operands, args->a_type, from, args->k, to);
            if (rescaled)
                rescale(to, args->k, a_scales->block_k ? a_scales->block_k : args->k, ffp8_scales_e8m0(a_scales, task->row + r), shift);
            ffp8_stage_zeros(&plan->operands, padding, to + row_bytes);
        }
        a = staged;
    }
    const size_t step = plan->in_place ? args->lda * source_bytes : plan->stride;

    nest->row_scale = rescaled || (plan->a_uniform && (!plan->scales_in_place || (shift == 0 && !args->a_scales.data))) ? NULL : row_scale;
    if (args->a_quantize)
        nest->ld_row_scale = 0; /* one scale in all groups */
    else if (nest->row_scale)
        for (size_t g = 0; g < plan->groups; g++)
            ffp8_scales_rows(&plan->problem->a_scales, task->row, task->rows, g * plan->group_k, 1, shift,
                             row_scale + g * nest->ld_row_scale);

    struct ffp8_tile *tiles = (struct ffp8_tile *)(task->slice + plan->tiles_at);
    nest->tiles = tiles;
    nest->rows = task->rows;
    nest->tile_count = ffp8_ceil_div(task->rows, plan->tile_rows);
    for (size_t t = 0, row = 0; t < nest->tile_count; t++) { /* of equal size: 8 and 7 rows rather than 14 and 1 */
        const size_t rows = ffp8_ceil_div(task->rows - row, nest->tile_count - t);
        tiles[t] = (struct ffp8_tile){
            .a = a + row * step, .a_step = step, .row = row, .c_step = 1, .rows = rows, .segment_end = 1, .across_end = 1};
        row += rows;
    }
}

/* Column scales of a block: W's, A's if it has but one for all rows, and the elements' power of two. */
static void scale_block(void *context, size_t column, size_t columns) {
    const struct task *task = context;
    const struct plan *plan = task->plan;
    const ffp8_gemm_args *args = plan->problem->args;
    const struct ffp8_scale_grid *a_scales = &plan->problem->a_scales;
    for (size_t g = 0; g < plan->groups; g++) {
        const size_t k = g * plan->group_k;
        float *to = (float *)(task->slice + plan->column_scale_at) + g * plan->ld_column_scale, a_scale = 1;
        if (plan->a_uniform && a_scales->data && args->k > 0)
            a_scale = ffp8_scale_at(a_scales, 0, a_scales->block_k ? k / a_scales->block_k : 0);
        if (args->k > 0) ffp8_scales_rows(&plan->problem->w_scales, task->first + column, columns, k, a_scale, plan->operands.shift, to);
        for (size_t j = args->k > 0 ? columns : 0; j < plan->ld_column_scale; j++) to[j] = 0;
    }
}

/* Packs columns [first, first + columns) of plain weights. */
static void pack_columns(const struct plan *plan, size_t first, size_t columns, uint8_t *lines) {
    const ffp8_weights *w = &plan->problem->args->weights;
    const bool nk = w->order == FFP8_ORDER_NK;
    const size_t column_stride = nk ? w->ld : 1, k_stride = nk ? 1 : w->ld;
    ffp8_pack_panels(plan->kernels, lines, w->data + first * column_stride, column_stride, k_stride, columns, plan->problem->args->k,
                     plan->operands.pad_code);
}

/* Whether the scales of quantized rows stay in FP32's normal range as ffp8_scales_fold asks. */
static bool rows_fold(const struct plan *plan, const float *row_scale, size_t rows) {
    const struct ffp8_scale_grid scales = {.data = row_scale, .block_rows = 1, .row_step = 1};
    return plan->operands.shift == 0 ||
           ffp8_scales_fold(ffp8_scales_exponents(&scales, rows, 1), plan->problem->w_exponents, plan->operands.shift);
}

static void run_task(void *context, size_t index) {
    const struct plan *plan = context;
    uint8_t *slice = plan->slices + index * plan->slice_bytes;
    const ffp8_gemm_args *args = plan->problem->args;
    const size_t row_begin = index / plan->column_parts * plan->part_rows, row_end = ffp8_min_size(args->m, row_begin + plan->part_rows);
    const size_t column = index % plan->column_parts * plan->part_columns;
    struct task task = {.plan = plan, .slice = slice, .column = column, .columns = ffp8_min_size(plan->part_columns, args->n - column)};
    float *amax = (float *)(slice + plan->amax_at);
    if (plan->oracle) {
        *amax = ffp8_gemm_generic(plan->problem, row_begin, row_end, column, column + task.columns, (float *)(slice + plan->line_at));
        return;
    }

    struct ffp8_nest nest = plan->nest;
    const struct ffp8_scale_grid *w_scales = &plan->problem->w_scales;
    nest.scale_block = plan->scales_in_place ? NULL : scale_block;
    nest.col_e8m0 = plan->scales_in_place && w_scales->type == FFP8_SCALE_E8M0;
    nest.col_scale = slice + plan->column_scale_at;
    nest.ld_col_scale = plan->scales_in_place ? w_scales->k_step : plan->ld_column_scale;
    nest.scratch = slice + plan->scratch_at;
    nest.direct = ffp8_output_is_plain(&plan->output);
    nest.finish = nest.direct ? NULL : finish_rows;
    nest.context = &task;
    for (task.row = row_begin; task.row < row_end; task.row += task.rows) {
        task.rows = ffp8_min_size(plan->block_rows, row_end - task.row);
        stage_rows(&task, &nest);
        if (args->a_quantize && !rows_fold(plan, nest.row_scale, task.rows)) {
            /* Rare. Each row decides for itself, since blocks depend on how the call is cut: go on with the leading rows of one mind. */
            const bool folds = rows_fold(plan, nest.row_scale, 1);
            size_t alike = 1;
            while (alike < task.rows && rows_fold(plan, nest.row_scale + alike, 1) == folds) alike++;
            task.rows = alike;
            if (folds) {
                stage_rows(&task, &nest);
            } else {
                const float block_amax = ffp8_gemm_generic(plan->problem, task.row, task.row + task.rows, column, column + task.columns,
                                                           (float *)(slice + plan->line_at));
                task.amax = ffp8_larger(task.amax, block_amax);
                continue;
            }
        }
        for (size_t j = 0; j < task.columns; j += plan->plain_columns) {
            task.first = column + j;
            nest.column_end = ffp8_min_size(plan->plain_columns, task.columns - j);
            if (plan->scales_in_place) nest.col_scale = (const uint8_t *)w_scales->data + task.first * ffp8_scale_bytes(w_scales->type);
            nest.lines = plan->problem->codes + task.first / FFP8_NR * nest.segment_lines * FFP8_LINE_BYTES;
            if (plan->direct) {
                nest.plain = args->weights.data + task.first * args->weights.ld;
            } else if (!plan->problem->packed) {
                pack_columns(plan, task.first, nest.column_end, slice + plan->lines_at);
                nest.lines = slice + plan->lines_at;
            }
            nest.c = nest.direct ? (float *)args->c + task.row * args->ldc + task.first : (float *)(slice + plan->c_at);
            nest.ldc = nest.direct ? args->ldc : plan->ldc;
            ffp8_nest_run(&nest);
        }
    }
    *amax = task.amax;
}

static ffp8_status run(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args, bool oracle) {
    struct ffp8_gemm_problem problem;
    struct plan plan;
    size_t bytes;
    ffp8_status status = ffp8_gemm_check(args, false, &problem);
    if (status == FFP8_OK) status = make_plan(&plan, kernels, &problem, &bytes);
    if (status != FFP8_OK) return status;
    if (bytes > 0 && !args->workspace) return FFP8_ERROR_NULL;
    if (args->workspace_bytes < bytes) return FFP8_ERROR_BUFFER;

    plan.oracle = oracle || refusal(&plan);
    ffp8_output_init(&plan.output, kernels, args->c, args->c_type, &args->c_format, args->c_scale, &args->c_encoding, args->accumulate,
                     &args->epilogue);
    plan.slices = (uint8_t *)args->workspace + (-(uintptr_t)args->workspace & (SLICE_ALIGNMENT - 1));
    const size_t tasks = plan.row_parts * plan.column_parts;
    ffp8_parallel(args->threads, tasks, run_task, &plan);
    if (args->epilogue.amax) {
        float amax = 0;
        for (size_t i = 0; i < tasks; i++) amax = ffp8_larger(amax, *(const float *)(plan.slices + i * plan.slice_bytes + plan.amax_at));
        *args->epilogue.amax = amax;
    }
    return FFP8_OK;
}

ffp8_status ffp8_gemm_run(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args) { return run(kernels, args, false); }

ffp8_status ffp8_gemm_oracle(const ffp8_gemm_args *args) { return run(&ffp8_kernels_generic, args, true); }

ffp8_status ffp8_gemm(const ffp8_gemm_args *args) {
    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    return run(kernels, args, kernels->isa == FFP8_ISA_GENERIC);
}

ffp8_status ffp8_gemv(const ffp8_gemm_args *args) {
    if (!args) return FFP8_ERROR_NULL;
    if (args->struct_size != sizeof *args) return FFP8_ERROR_STRUCT_SIZE;
    return args->m == 1 ? ffp8_gemm(args) : FFP8_ERROR_SHAPE;
}

ffp8_status ffp8_gemm_workspace_on(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args, size_t *bytes) {
    struct ffp8_gemm_problem problem;
    struct plan plan;
    size_t needed;
    ffp8_status status = ffp8_gemm_check(args, true, &problem);
    if (status == FFP8_OK && !bytes) status = FFP8_ERROR_NULL;
    if (status == FFP8_OK) status = make_plan(&plan, kernels, &problem, &needed);
    if (status == FFP8_OK) *bytes = needed;
    return status;
}

/* Enough for every tier that is compiled in: the active one may change before the call. */
ffp8_status ffp8_gemm_workspace(const ffp8_gemm_args *args, size_t *bytes) {
    size_t most = 0, needed = 0;
    if (!bytes) return FFP8_ERROR_NULL;
    for (size_t i = 0; ffp8_kernels_list(i); i++) {
        const ffp8_status status = ffp8_gemm_workspace_on(ffp8_kernels_list(i), args, &needed);
        if (status != FFP8_OK) return status;
        if (needed > most) most = needed;
    }
    *bytes = most;
    return FFP8_OK;
}

ffp8_status ffp8_gemm_explain(const ffp8_gemm_args *args, char *text, size_t bytes) {
    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    struct ffp8_gemm_problem problem;
    struct plan plan;
    size_t needed;
    ffp8_status status = ffp8_gemm_check(args, true, &problem);
    if (status == FFP8_OK && !text) status = FFP8_ERROR_NULL;
    if (status == FFP8_OK) status = make_plan(&plan, kernels, &problem, &needed);
    if (status != FFP8_OK) return status;
    if (kernels->isa == FFP8_ISA_GENERIC) return ffp8_explain(text, bytes, "generic: the active tier");
    const char *why = refusal(&plan);
    if (why) return ffp8_explain(text, bytes, "generic: %s", why);
    const ffp8_class product = plan.operands.product, class_of = plan.operands.class_of;
    return ffp8_explain(text, bytes, "%s: %s%s%s%s%s%s", kernels->name, ffp8_class_name(product), product != class_of ? " as " : "",
                        product != class_of ? ffp8_class_name(class_of) : "", problem.packed ? " packed" : " plain",
                        args->a_quantize ? ", A quantized" : "",
                        plan.direct       ? ", direct"
                        : plan.nest.fused ? ", fused"
                                          : "");
}
