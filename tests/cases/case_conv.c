/* SPDX-License-Identifier: Apache-2.0
 *
 * case_conv.c - convolution through any table: shapes, layouts, groups, formats, epilogues at random
 *
 * Checked as case_gemm.c checks the matrix product: exact classes and exact data bit for bit, the rest within the bound of n = taps * channels terms.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases/operator.h"
#include "check/check.h"
#include "dispatch/conv.h"

enum { MAX_X = 1 << 15, MAX_W = 1 << 15, MAX_Y = 1 << 15, MAX_CHANNELS = 160, MAX_BLOB = 1 << 20, MOST_PRODUCTS = 400000 };

static float x_value[MAX_X], w_value[MAX_W], w_scale[MAX_CHANNELS];
static uint8_t w_code[MAX_W];

struct problem {
    ffp8_conv_args args;
    ffp8_conv_shape s; /* with the defaults filled in */
    size_t out_h, out_w, group_in, group_out, x_count, w_count, y_count;
    bool exact, packed, scaled, residual, bias, amax;
    double x_quantum, w_quantum;
    ffp8_class product;
    struct ffp8_finish finish;
    int shift;
};

static size_t x_index(const struct problem *p, size_t b, size_t h, size_t w, size_t c) {
    const ffp8_conv_shape *s = &p->s;
    return p->args.layout == FFP8_LAYOUT_NHWC ? ((b * s->in_h + h) * s->in_w + w) * s->c_in + c
                                              : ((b * s->c_in + c) * s->in_h + h) * s->in_w + w;
}

static size_t y_index(const struct problem *p, size_t b, size_t h, size_t w, size_t o) {
    return p->args.layout == FFP8_LAYOUT_NHWC ? ((b * p->out_h + h) * p->out_w + w) * p->s.c_out + o
                                              : ((b * p->s.c_out + o) * p->out_h + h) * p->out_w + w;
}

static size_t w_index(const struct problem *p, size_t o, size_t i, size_t j, size_t c) {
    const ffp8_conv_shape *s = &p->s;
    return p->args.filter.order == FFP8_ORDER_OHWI ? ((o * s->kernel_h + i) * s->kernel_w + j) * p->group_in + c
                                                   : ((o * p->group_in + c) * s->kernel_h + i) * s->kernel_w + j;
}

/* The sum at one output, as an interval. */
static struct interval sum_at(const struct problem *p, size_t b, size_t y, size_t x, size_t o) {
    const ffp8_conv_shape *s = &p->s;
    const bool bitwise = p->exact || p->product <= FFP8_CLASS_I16;
    struct check_sum sum, magnitudes;
    double exact = 0;
    if (!bitwise) {
        check_sum_clear(&sum);
        check_sum_clear(&magnitudes);
    }
    for (size_t i = 0; i < s->kernel_h; i++)
        for (size_t j = 0; j < s->kernel_w; j++) {
            const ptrdiff_t h = (ptrdiff_t)(y * s->stride_h + i * s->dilation_h) - (ptrdiff_t)s->pad_top;
            const ptrdiff_t w = (ptrdiff_t)(x * s->stride_w + j * s->dilation_w) - (ptrdiff_t)s->pad_left;
            if (h < 0 || w < 0 || h >= (ptrdiff_t)s->in_h || w >= (ptrdiff_t)s->in_w) continue;
            for (size_t c = 0; c < p->group_in; c++) {
                const float a = x_value[x_index(p, b, (size_t)h, (size_t)w, o / p->group_out * p->group_in + c)],
                            v = w_value[w_index(p, o, i, j, c)];
                if (bitwise) {
                    exact += (double)a * v;
                } else {
                    check_sum_add(&sum, a, v);
                    if (isfinite(a) && isfinite(v)) check_sum_add(&magnitudes, fabsf(a), fabsf(v));
                }
            }
        }
    if (bitwise) return interval_exact((float)exact);
    const double n = (double)(s->kernel_h * s->kernel_w) * check_roundings(p->product, p->group_in), all = check_sum_value(&magnitudes);
    /* Elements are values times 2^-shift: sums of either may overflow on the way, which also turns an operand's Inf into NaN. */
    if (!isnan(check_sum_value(&sum)) && fmax(all, ldexp(all, -p->shift)) >= 0x1p127) return (struct interval){-INFINITY, INFINITY, false};
    return interval_around(check_sum_value(&sum), check_gamma(n) * all + n * check_underflow(p->product, p->shift));
}

static bool compare(struct check_run *run, const struct problem *p, const struct check_buffer *y, const struct check_buffer *bias,
                    const struct check_buffer *residual, const struct check_buffer *amax) {
    const ffp8_conv_args *g = &p->args;
    const ffp8_epilogue *e = &g->epilogue;
    struct output output = {
        .type = g->y_type, .format = &g->y_format, .scale = g->y_scale == 0 ? 1 : g->y_scale, .encoding = &g->y_encoding};
    output_begin(&output);
    for (size_t b = 0; b < p->s.batch; b++)
        for (size_t h = 0; h < p->out_h; h++)
            for (size_t w = 0; w < p->out_w; w++)
                for (size_t o = 0; o < p->s.c_out; o++) {
                    const size_t at = y_index(p, b, h, w, o);
                    const float scale = (g->x_scale == 0 ? 1 : g->x_scale) * (p->scaled ? w_scale[o] : 1);
                    struct interval v = interval_scale(sum_at(p, b, h, w, o), scale);
                    if (bias) v = interval_add(v, ((const float *)bias->data)[o]);
                    if (residual)
                        v = interval_add(v, stored_value(residual->data, e->residual_type, &e->residual_format, at) *
                                                (e->residual_scale == 0 ? 1 : e->residual_scale));
                    if (g->accumulate) v = interval_add(v, stored_value(y->saved, g->y_type, &g->y_format, at) * output.scale);
                    v = interval_activate(v, &p->finish);
                    if (!v.exact && g->y_type == FFP8_TYPE_FFP8 && g->y_encoding.rounding == FFP8_ROUND_STOCHASTIC) {
                        output.amax_hi = INFINITY; /* chance decides between neighbours: no claim */
                        continue;
                    }
                    if (!output_check(run, &output, y, 0, at, v, at)) return false;
                }
    return !amax || output_check_amax(run, &output, amax);
}

struct conv_call {
    const struct ffp8_kernels *kernels;
    const ffp8_conv_args *args;
    const ffp8_filter *filter;
    void *packed;
    size_t bytes;
    ffp8_status status;
};

static void invoke_pack(void *argument) {
    struct conv_call *c = argument;
    c->status = ffp8_conv_pack(&c->args->shape, c->filter, c->packed, c->bytes);
}

static void invoke_conv(void *argument) {
    struct conv_call *c = argument;
    c->status = ffp8_conv_run(c->kernels, c->args);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Drawing
 */
static size_t pick(struct check_run *run, const size_t *list, size_t n) { return list[check_below(&run->rand, n)]; }

static bool draw_shape(struct check_run *run, struct problem *p) {
    static const size_t channels[] = {1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 48, 64, 65},
                        sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 13, 14, 15, 20};
    ffp8_conv_shape *s = &p->args.shape;
    s->batch = check_chance(&run->rand, 20) ? 0 : 1 + check_below(&run->rand, 2);
    s->in_h = pick(run, sizes, 12);
    s->in_w = pick(run, sizes, 12);
    s->kernel_h = 1 + check_below(&run->rand, 5);
    s->kernel_w = check_chance(&run->rand, 2) ? s->kernel_h : 1 + check_below(&run->rand, 5);
    s->stride_h = check_below(&run->rand, 4);
    s->stride_w = check_chance(&run->rand, 2) ? s->stride_h : check_below(&run->rand, 4);
    s->dilation_h = check_chance(&run->rand, 3) ? 2 : 0;
    s->dilation_w = check_chance(&run->rand, 3) ? 3 : 1;
    s->pad_top = check_below(&run->rand, 4);
    s->pad_left = check_below(&run->rand, 4);
    s->pad_bottom = check_below(&run->rand, 4);
    s->pad_right = check_below(&run->rand, 4);
    switch (check_below(&run->rand, 4)) {
    case 0: /* depthwise, with one or more outputs a channel */
        s->groups = s->c_in = pick(run, channels, 15);
        s->c_out = s->c_in * (1 + check_below(&run->rand, 2) * check_below(&run->rand, 3));
        break;
    case 1: /* groups */
        s->groups = 1 + check_below(&run->rand, 4);
        s->c_in = s->groups * (1 + check_below(&run->rand, 18));
        s->c_out = s->groups * (1 + check_below(&run->rand, 36));
        break;
    default:
        s->groups = check_below(&run->rand, 2);
        s->c_in = pick(run, channels, 15);
        s->c_out = pick(run, channels, 15);
    }
    p->s = *s;
    if (!p->s.stride_h) p->s.stride_h = 1;
    if (!p->s.stride_w) p->s.stride_w = 1;
    if (!p->s.dilation_h) p->s.dilation_h = 1;
    if (!p->s.dilation_w) p->s.dilation_w = 1;
    if (!p->s.groups) p->s.groups = 1;
    if (ffp8_conv_output_size(s, &p->out_h, &p->out_w) != FFP8_OK) return false;
    p->group_in = s->c_in / p->s.groups;
    p->group_out = s->c_out / p->s.groups;
    p->x_count = s->batch * s->in_h * s->in_w * s->c_in;
    p->w_count = s->c_out * s->kernel_h * s->kernel_w * p->group_in;
    p->y_count = s->batch * p->out_h * p->out_w * s->c_out;
    return p->x_count <= MAX_X && p->w_count <= MAX_W && p->y_count <= MAX_Y && s->c_out <= MAX_CHANNELS &&
           p->y_count * s->kernel_h * s->kernel_w * p->group_in <= MOST_PRODUCTS;
}

static void draw(struct check_run *run, struct problem *p) {
    ffp8_conv_args *g = &p->args;
    do {
        memset(p, 0, sizeof *p);
    } while (!draw_shape(run, p));
    g->struct_size = sizeof *g;
    p->x_quantum = p->w_quantum = 1;
    p->exact = check_chance(&run->rand, 2);
    p->packed = check_chance(&run->rand, 2);
    p->scaled = check_chance(&run->rand, 2);
    g->layout = (ffp8_layout)check_below(&run->rand, 2);
    g->filter.order = (ffp8_filter_order)check_below(&run->rand, 2);
    g->accuracy = (ffp8_accuracy)check_below(&run->rand, 2);
    g->x_type = check_chance(&run->rand, 2) ? FFP8_TYPE_FFP8 : (ffp8_dtype)check_below(&run->rand, 3);
    g->x_scale = check_chance(&run->rand, 2) ? 0 : 0.375f;
    do check_random_format(run, &g->x_format);
    while (g->x_format.codebook);
    if (check_chance(&run->rand, 2)) { /* integer classes on both sides */
        g->x_format = (ffp8_format){.sign_bits = (uint8_t)check_below(&run->rand, 2),
                                    .exponent_bits = (uint8_t)(1 + check_below(&run->rand, 3)),
                                    .bias = (int)check_below(&run->rand, 12) - 2};
        g->x_format.fraction_bits = (uint8_t)(8 - g->x_format.sign_bits - g->x_format.exponent_bits);
        g->filter.format = (ffp8_format){.sign_bits = 1, .exponent_bits = (uint8_t)(1 + check_below(&run->rand, 3)), .bias = 3};
        g->filter.format.fraction_bits = (uint8_t)(7 - g->filter.format.exponent_bits);
    } else {
        check_random_format(run, &g->filter.format);
    }
    g->y_type = check_chance(&run->rand, 2) ? FFP8_TYPE_F32 : (ffp8_dtype)check_below(&run->rand, 4);
    do check_random_format(run, &g->y_format);
    while (g->y_format.codebook);
    g->y_scale = check_chance(&run->rand, 2) ? 0 : 1.3f;
    draw_encoding(run, &g->y_encoding, true);
    g->accumulate = check_chance(&run->rand, 3);
    const bool plain_epilogue = check_chance(&run->rand, 3);
    p->bias = !plain_epilogue && check_chance(&run->rand, 2);
    p->residual = !plain_epilogue && check_chance(&run->rand, 3);
    p->amax = !plain_epilogue && check_chance(&run->rand, 3);
    if (!plain_epilogue) draw_finish(run, &p->finish);
    g->epilogue.activation = p->finish.activation;
    g->epilogue.clip_min = p->finish.clip_min;
    g->epilogue.clip_max = p->finish.clip_max;
    g->epilogue.residual_type = (ffp8_dtype)check_below(&run->rand, 4);
    do check_random_format(run, &g->epilogue.residual_format);
    while (g->epilogue.residual_format.codebook);
    g->epilogue.residual_scale = check_chance(&run->rand, 2) ? 0 : 0.75f;
}

static void describe(struct check_run *run, const struct problem *p) {
    const ffp8_conv_args *g = &p->args;
    const ffp8_conv_shape *s = &p->s;
    const ffp8_format *x = &g->x_format, *w = &g->filter.format, *y = &g->y_format;
    check_describe(
        run,
        "batch %zu, %zux%zux%zu -> %zux%zux%zu, kernel %zux%zu stride %zux%zu dilation %zux%zu pad %zu,%zu,%zu,%zu groups %zu, %s %s, X "
        "type %d s%ux%uy%ub%d "
        "specials %u, W %s s%ux%uy%ub%d specials %u%s%s, class %d%s, Y type %d s%ux%uy%ub%d scale %.9g%s, activation %d%s%s%s, accuracy %d",
        s->batch, s->in_h, s->in_w, s->c_in, p->out_h, p->out_w, s->c_out, s->kernel_h, s->kernel_w, s->stride_h, s->stride_w,
        s->dilation_h, s->dilation_w, s->pad_top, s->pad_left, s->pad_bottom, s->pad_right, s->groups,
        g->layout == FFP8_LAYOUT_NHWC ? "NHWC" : "NCHW", g->filter.order == FFP8_ORDER_OHWI ? "OHWI" : "OIHW", (int)g->x_type, x->sign_bits,
        x->exponent_bits, x->fraction_bits, x->bias, x->specials, p->packed ? "packed" : "plain", w->sign_bits, w->exponent_bits,
        w->fraction_bits, w->bias, w->specials, w->codebook ? " codebook" : "", p->scaled ? " scaled" : "", (int)p->product,
        p->exact ? " exact" : "", (int)g->y_type, y->sign_bits, y->exponent_bits, y->fraction_bits, y->bias, (double)g->y_scale,
        g->accumulate ? " accumulated" : "", (int)p->finish.activation, p->bias ? " bias" : "", p->residual ? " residual" : "",
        p->amax ? " amax" : "", (int)g->accuracy);
}

/* X as it is stored, and the values that are multiplied. */
static bool fill_x(struct check_run *run, struct problem *p, uint8_t *stored_x) {
    const ffp8_conv_args *g = &p->args;
    if (g->x_type == FFP8_TYPE_FFP8) return fill_codes(run, &g->x_format, p->exact, stored_x, x_value, p->x_count, &p->x_quantum);
    check_fill_f32(&run->rand, x_value, p->x_count, false);
    for (size_t i = 0; i < p->x_count; i++) {
        if (p->exact) x_value[i] = (float)((int)check_below(&run->rand, 33) - 16);
        const uint16_t half = g->x_type == FFP8_TYPE_BF16 ? ffp8_bf16_from_f32(x_value[i]) : ffp8_f16_from_f32(x_value[i]);
        const size_t bytes = output_element_bytes(g->x_type);
        memcpy(stored_x + i * bytes, g->x_type == FFP8_TYPE_F32 ? (const void *)&x_value[i] : &half, bytes);
        x_value[i] = stored_value(stored_x, g->x_type, NULL, i);
        if (p->product != FFP8_CLASS_BF16) continue;
        x_value[i] = ffp8_f32_from_bf16(ffp8_bf16_from_f32(x_value[i]));
        if (fabsf(x_value[i]) < 0x1p-126f) x_value[i] = 0;
    }
    return true;
}

static void plain_filter(struct check_run *run, const struct problem *p, ffp8_filter *filter) {
    struct check_buffer *w = check_array(run, "filter", CHECK_IN, p->w_count, 1);
    memcpy(w->data, w_code, p->w_count);
    filter->data = w->kernel;
    if (p->scaled) {
        struct check_buffer *s = check_array(run, "w_scales", CHECK_IN, p->s.c_out, 4);
        memcpy(s->data, w_scale, s->bytes);
        filter->scales = (ffp8_scales){.data = s->kernel, .type = FFP8_SCALE_F32, .block_rows = 1, .ld = 1};
    }
}

/* An input that holds n stored elements. */
static const struct check_buffer *stored_input(struct check_run *run, const char *name, ffp8_dtype type, size_t n) {
    struct check_buffer *b = check_array(run, name, CHECK_IN, n, output_element_bytes(type));
    fill_output(run, b->data, type, n);
    return b;
}

static bool check_problem(struct check_run *run, struct problem *p) {
    static uint8_t stored_x[MAX_X * 4], first[MAX_Y * 4];
    alignas(64) static uint8_t blob[MAX_BLOB];
    ffp8_conv_args *g = &p->args;
    check_begin(run);
    if (!fill_codes(run, &g->filter.format, p->exact, w_code, w_value, p->w_count, &p->w_quantum)) return true;
    /* Which codes count as used decides the class of other formats than those without specials; these do not occur here. */
    bool used[256] = {false};
    for (size_t i = 0; i < p->w_count; i++) used[w_code[i]] = true;
    const ffp8_format *x_format = g->x_type == FFP8_TYPE_FFP8 ? &g->x_format : NULL;
    static struct ffp8_operands operands;
    const unsigned classes = ffp8_format_classes(&g->filter.format, p->packed ? used : NULL);
    ffp8_operands_init(&operands, run->kernels, x_format, g->x_type, &g->filter.format, classes, false, g->accuracy);
    p->product = operands.product;
    p->shift = operands.shift;
    if (!fill_x(run, p, stored_x)) return true;
    const double quantum = p->x_quantum * p->w_quantum;
    if (fmin(quantum, ldexp(quantum, -p->shift)) < 0x1p-120) p->exact = false; /* products of values or elements underflow */
    for (size_t o = 0; o < p->s.c_out; o++)
        w_scale[o] = ldexpf(p->exact ? 1 : 1 + fabsf(check_uniform(&run->rand)), (int)check_below(&run->rand, 9) - 4);
    describe(run, p);

    ffp8_filter filter = g->filter;
    struct conv_call call = {.kernels = run->kernels, .args = g, .filter = &filter};
    if (p->packed) {
        plain_filter(run, p, &filter);
        if (!status_ok(run, "ffp8_conv_packed_size", ffp8_conv_packed_size(&g->shape, &filter, &call.bytes))) return false;
        if (call.bytes > sizeof blob) abort();
        struct check_buffer *to = check_buffer(run, "packed", CHECK_OUT, 1, call.bytes, 0, FFP8_PACKED_ALIGNMENT);
        call.packed = to->kernel;
        if (!check_call(run, invoke_pack, &call) || !status_ok(run, "ffp8_conv_pack", call.status)) return false;
        memcpy(blob, to->data, call.bytes);
        check_begin(run);
        describe(run, p);
        struct check_buffer *w = check_buffer(run, "packed", CHECK_IN, 1, call.bytes, 0, FFP8_PACKED_ALIGNMENT);
        memcpy(w->data, blob, call.bytes);
        memset(&g->filter, 0, sizeof g->filter);
        g->packed = (ffp8_packed){w->kernel, call.bytes};
    } else {
        plain_filter(run, p, &g->filter);
    }
    struct check_buffer *x = check_array(run, "x", CHECK_IN, p->x_count, output_element_bytes(g->x_type));
    memcpy(x->data, stored_x, x->bytes);
    g->x = x->kernel;
    const struct check_buffer *bias = p->bias ? stored_input(run, "bias", FFP8_TYPE_F32, p->s.c_out) : NULL;
    const struct check_buffer *residual = p->residual ? stored_input(run, "residual", g->epilogue.residual_type, p->y_count) : NULL;
    struct check_buffer *amax = p->amax ? check_array(run, "amax", CHECK_OUT, 1, 4) : NULL;
    g->epilogue.bias = bias ? bias->kernel : NULL;
    g->epilogue.residual = residual ? residual->kernel : NULL;
    g->epilogue.amax = amax ? amax->kernel : NULL;
    struct check_buffer *y = check_array(run, "y", g->accumulate ? CHECK_INOUT : CHECK_OUT, p->y_count, output_element_bytes(g->y_type));
    fill_output(run, y->data, g->y_type, p->y_count);
    g->y = y->kernel;

    static const ffp8_threads threads = {backwards, NULL, 3};
    const size_t kept = run->used;
    const ffp8_filter_order order = filter.order;
    for (int pass = 0; pass < 2; pass++) { /* alone, then cut for three threads: the same bits */
        run->used = kept;
        g->threads = pass ? &threads : NULL;
        g->workspace = NULL;
        if (!status_ok(run, "ffp8_conv_workspace_on", ffp8_conv_workspace_on(run->kernels, g, &g->workspace_bytes))) return false;
        g->workspace = check_buffer(run, "workspace", CHECK_SCRATCH, 1, g->workspace_bytes, 0, 1)->kernel;
        if (!check_call(run, invoke_conv, &call) || !status_ok(run, "ffp8_conv_run", call.status)) return false;
        if (pass == 1)
            return check_bits(run, y, first, p->y_count,
                              g->y_type == FFP8_TYPE_F32    ? CHECK_F32
                              : g->y_type == FFP8_TYPE_FFP8 ? CHECK_U8
                                                            : CHECK_U16,
                              0);
        struct problem seen = *p; /* the filter's order is the oracle's business, not the call's */
        seen.args.filter.order = order;
        if (!compare(run, &seen, y, bias, residual, amax)) return false;
        if (check_chance(&run->rand, 2)) return true;
        memcpy(first, y->data, y->bytes);
        if (y->role == CHECK_INOUT) check_restore(run);
    }
    return true;
}

void check_conv_body(struct check_run *run) {
    static struct problem p;
    for (int i = 0; i < 300; i++) {
        draw(run, &p);
        if (!check_problem(run, &p)) return;
    }
}
