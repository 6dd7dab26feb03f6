/* SPDX-License-Identifier: Apache-2.0
 *
 * test_conv.c - convolution on the active tier: random sweeps against the oracle, edges of tiles and bands, misuse
 *
 * The sweeps draw every parameter of ffp8_conv_args. Data come in two kinds. "Whole": small integers, whose sums are exact in every class, so
 * that all classes, outputs and epilogue steps are compared bit for bit. "Full": any code that is finite; I8 and I16 are still compared bit
 * for bit, BF16 and F32 within the bound below. The oracle itself is compared with the formula of ffp8.h in terms of ffp8_decode.
 *
 * Bound. A sum of n products in any order differs from the exact one by at most gamma(n) * S, S = sum of |x w|; each product may round once
 * more (F32). The tier then rounds three times (sum * scale, bias, output), the oracle as often: |y - y'| <= (gamma(n + 1) + 8 u) S |scale| + 8 u |y'|.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/conv.h"
#include "dispatch/lut.h"
#include "dispatch/select.h"
#include "kernels/kernel_util.h"

/* ------------------------------------------------------------------------------------------------- random numbers */
static uint64_t state;

static uint64_t draw(void) { /* SplitMix64 */
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
static size_t below(size_t n) { return draw() % n; }
static size_t between(size_t low, size_t high) { return low + below(high - low + 1); }
static bool one_in(size_t n) { return below(n) == 0; }

/* ------------------------------------------------------------------------------------------------- buffers with canaries */
enum { CANARY = 64, CANARY_BYTE = 0xA5 };

struct buffer {
    uint8_t *block, *data;
    size_t bytes;
};

static struct buffer buffer_new(size_t bytes, size_t misalign) {
    const size_t total = bytes + 2 * CANARY + misalign;
    struct buffer b = {aligned_alloc(64, (total + 63) / 64 * 64), NULL, bytes};
    cr_assert(b.block != NULL);
    memset(b.block, CANARY_BYTE, total);
    b.data = b.block + CANARY + misalign;
    return b;
}

static bool canaries_live(const struct buffer *b) {
    for (size_t i = 1; i <= CANARY; i++)
        if (b->data[-(ptrdiff_t)i] != CANARY_BYTE || b->data[b->bytes + i - 1] != CANARY_BYTE) return false;
    return true;
}

static size_t type_bytes(ffp8_dtype type) { return type == FFP8_TYPE_F32 ? 4 : type == FFP8_TYPE_FFP8 ? 1 : 2; }

/* ------------------------------------------------------------------------------------------------- data */
static bool is_usable(float v, bool whole) { return isfinite(v) && (!whole || (fabsf(v) <= 4 && v == rintf(v))); }

/* Codes of finite values; `whole`: of integers up to 4. */
static void fill_codes(uint8_t *dst, size_t n, const ffp8_format *format, bool whole) {
    float value[256];
    uint8_t allowed[256];
    size_t count = 0;
    ffp8_format_values(format, value);
    for (int c = 0; c < 256; c++)
        if (is_usable(value[c], whole)) allowed[count++] = (uint8_t)c;
    cr_assert(count > 0);
    for (size_t i = 0; i < n; i++) dst[i] = allowed[below(count)];
}

static void fill(void *dst, ffp8_dtype type, size_t n, const ffp8_format *format, bool whole) {
    if (type == FFP8_TYPE_FFP8) {
        fill_codes(dst, n, format, whole);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const float v = whole ? (float)below(9) - 4 : ((float)below(1 << 24) / (1 << 23) - 1) * ldexpf(1, (int)below(8) - 4);
        if (type == FFP8_TYPE_F32)
            ((float *)dst)[i] = v;
        else
            ((uint16_t *)dst)[i] = type == FFP8_TYPE_BF16 ? ffp8_bf16_from_f32(v) : ffp8_f16_from_f32(v);
    }
}

/* The formula reads codes by the million: one call of ffp8_decode for all codes of the formats at hand. */
static float decoded(const ffp8_format *format, uint8_t code) {
    static struct {
        ffp8_format format;
        float values[256];
        bool known;
    } recent[4];
    static unsigned oldest;
    if (format->codebook) return format->codebook[code]; /* its address says nothing of its values */
    for (unsigned i = 0; i < 4; i++)
        if (recent[i].known && memcmp(&recent[i].format, format, sizeof *format) == 0) return recent[i].values[code];
    const unsigned slot = oldest++ % 4;
    uint8_t codes[256];
    for (unsigned c = 0; c < 256; c++) codes[c] = (uint8_t)c;
    cr_assert_eq(ffp8_decode(format, codes, 1, recent[slot].values, FFP8_TYPE_F32, 256), FFP8_OK);
    recent[slot].format = *format;
    recent[slot].known = true;
    return recent[slot].values[code];
}

static float load(const void *data, ffp8_dtype type, const ffp8_format *format, size_t i) {
    if (type == FFP8_TYPE_F32) return ((const float *)data)[i];
    if (type == FFP8_TYPE_BF16) return ffp8_f32_from_bf16(((const uint16_t *)data)[i]);
    if (type == FFP8_TYPE_F16) return ffp8_f32_from_f16(((const uint16_t *)data)[i]);
    return decoded(format, ((const uint8_t *)data)[i]);
}

/* Formats by class: all have a zero, and 1 is a value of each. */
static ffp8_format format_named(const char *name) {
    ffp8_format format;
    cr_assert_eq(ffp8_format_from_name(name, &format), FFP8_OK, "%s", name);
    return format;
}
static const char *const names[] = {"int8",   "uint8", "ffp8:s1x2y5b1",  "ffp8:s1x3y4b3", "ffp8:s0x3y5b3",  "ffp8:s1x4y3b7",
                                    "e4m3fn", "e5m2",  "ffp8:s1x5y2b15", "e4m3fnuz",      "ffp8:s1x6y1b31", "ffp8:s0x6y2b31"};
static float codebook[256];
static ffp8_format random_format(void) {
    if (!one_in(12)) return format_named(names[below(sizeof names / sizeof *names)]);
    cr_assert_eq(ffp8_codebook_posit8((int)below(3), codebook), FFP8_OK);
    return (ffp8_format){.codebook = codebook};
}

/* ------------------------------------------------------------------------------------------------- one call */
static void run_backwards(void *pool, size_t count, ffp8_task *task, void *context) {
    (void)pool;
    while (count--) task(context, count);
}

struct job {
    ffp8_conv_args args;
    ffp8_threads threads;
    bool whole;
    struct buffer x, filter, scales, bias, residual, y, want, packed;
    uint8_t *y_before;
    size_t x_count, y_count;
    float amax;
    char text[640];
};

static size_t at_least_1(size_t v) { return v ? v : 1; }

static void job_data(struct job *job) {
    ffp8_conv_args *a = &job->args;
    size_t out_h, out_w;
    cr_assert_eq(ffp8_conv_output_size(&a->shape, &out_h, &out_w), FFP8_OK);
    const ffp8_conv_shape *s = &a->shape;
    job->x_count = s->batch * s->in_h * s->in_w * s->c_in;
    job->y_count = s->batch * out_h * out_w * s->c_out;
    job->x = buffer_new(job->x_count * type_bytes(a->x_type), a->x_type == FFP8_TYPE_FFP8 ? below(8) : 0);
    fill(job->x.data, a->x_type, job->x_count, &a->x_format, job->whole);
    a->x = job->x.data;
    const size_t weights = s->c_out * s->kernel_h * s->kernel_w * (s->c_in / at_least_1(s->groups));
    job->filter = buffer_new(weights, below(8));
    fill_codes(job->filter.data, weights, &a->filter.format, job->whole);
    a->filter.data = job->filter.data;
    job->y = buffer_new(job->y_count * type_bytes(a->y_type), a->y_type == FFP8_TYPE_FFP8 ? below(8) : 0);
    fill(job->y.data, a->y_type, job->y_count, &a->y_format, job->whole);
    a->y = job->y.data;
    job->y_before = malloc(job->y.bytes + 1);
    memcpy(job->y_before, job->y.data, job->y.bytes);
    job->want = buffer_new(job->y.bytes, 0);
    memcpy(job->want.data, job->y.data, job->y.bytes);
}

static void job_free(struct job *job) {
    struct buffer *all[] = {&job->x, &job->filter, &job->scales, &job->bias, &job->residual, &job->y, &job->want, &job->packed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->block);
    free(job->y_before);
}

static void job_optional_data(struct job *job) {
    ffp8_conv_args *a = &job->args;
    ffp8_epilogue *e = &a->epilogue;
    if (e->residual) {
        job->residual = buffer_new(job->y_count * type_bytes(e->residual_type), 0);
        fill(job->residual.data, e->residual_type, job->y_count, &e->residual_format, job->whole);
        e->residual = job->residual.data;
    }
    if (e->bias) {
        job->bias = buffer_new(a->shape.c_out * sizeof(float), 0);
        fill(job->bias.data, FFP8_TYPE_F32, a->shape.c_out, NULL, job->whole);
        e->bias = (const float *)job->bias.data;
    }
    if (a->filter.scales.data) { /* powers of two for whole data, so that the sums stay exact */
        job->scales = buffer_new(a->shape.c_out * sizeof(float), 0);
        for (size_t i = 0; i < a->shape.c_out; i++) {
            const int exponent = (int)below(3) - 1;
            if (a->filter.scales.type == FFP8_SCALE_E8M0)
                job->scales.data[i] = (uint8_t)(127 + exponent);
            else
                ((float *)job->scales.data)[i] = job->whole ? ldexpf(1, exponent) : 0.25f + (float)below(1000) / 999;
        }
        a->filter.scales.data = job->scales.data;
    }
}

static void job_pack(struct job *job) {
    size_t bytes;
    cr_assert_eq(ffp8_conv_packed_size(&job->args.shape, &job->args.filter, &bytes), FFP8_OK);
    job->packed = buffer_new(bytes, 0);
    cr_assert_eq(ffp8_conv_pack(&job->args.shape, &job->args.filter, job->packed.data, bytes), FFP8_OK);
    cr_assert(canaries_live(&job->packed));
    ffp8_packed_info info;
    cr_assert_eq(ffp8_packed_check((ffp8_packed){job->packed.data, bytes}, &info), FFP8_OK);
    cr_assert_eq(info.n, job->args.shape.c_out);
    job->args.packed = (ffp8_packed){job->packed.data, bytes};
    job->args.filter.data = NULL;
}

static void describe(struct job *job) {
    const ffp8_conv_args *a = &job->args;
    const ffp8_conv_shape *s = &a->shape;
    char x[FFP8_FORMAT_NAME_BYTES] = "codebook", w[FFP8_FORMAT_NAME_BYTES] = "codebook", how[256] = "?";
    ffp8_format_name(&a->x_format, x, sizeof x);
    ffp8_format_name(&a->filter.format, w, sizeof w);
    ffp8_conv_explain(a, how, sizeof how);
    snprintf(job->text, sizeof job->text,
             "%zux%zux%zux%zu -> %zu kernel %zux%zu stride %zu,%zu dilation %zu,%zu pad %zu,%zu,%zu,%zu groups %zu %s x %d %s w %s y %d "
             "epilogue %d%s%s accumulate %d accuracy %d %s %s threads %zu [%s]",
             s->batch, s->in_h, s->in_w, s->c_in, s->c_out, s->kernel_h, s->kernel_w, s->stride_h, s->stride_w, s->dilation_h,
             s->dilation_w, s->pad_top, s->pad_left, s->pad_bottom, s->pad_right, s->groups, a->layout ? "nchw" : "nhwc", a->x_type, x, w,
             a->y_type, a->epilogue.activation, a->epilogue.bias ? " bias" : "", a->epilogue.residual ? " residual" : "", a->accumulate,
             a->accuracy, a->packed.data ? "packed" : "plain", job->whole ? "whole" : "full", a->threads ? a->threads->threads : 0, how);
}

/* The library's call, in a workspace of exactly the queried size. */
static void job_run(struct job *job) {
    ffp8_conv_args *a = &job->args;
    size_t bytes;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK, "%s", job->text);
    struct buffer workspace = buffer_new(bytes, below(64));
    a->workspace = workspace.data;
    a->workspace_bytes = bytes;
    const ffp8_status status = ffp8_conv(a);
    cr_assert_eq(status, FFP8_OK, "%s: %s", ffp8_status_string(status), job->text);
    cr_assert(canaries_live(&workspace), "wrote beside the workspace: %s", job->text);
    cr_assert(canaries_live(&job->y), "wrote beside y: %s", job->text);
    free(workspace.block);
}

/* The oracle on the same arguments, into job->want. */
static float job_oracle(struct job *job, struct ffp8_conv_call *call) {
    ffp8_conv_args args = job->args;
    args.y = job->want.data;
    cr_assert_eq(ffp8_conv_check(&args, false, call), FFP8_OK, "%s", job->text);
    const float amax = ffp8_conv_generic(&call->problem, 0, call->problem.dims.batch * call->problem.dims.out_h);
    call->problem.args = &job->args;
    return amax;
}

/* Sum and sum of magnitudes of an output by the formula of ffp8.h, from the plain filter. */
static void formula(const struct job *job, const struct ffp8_conv_dims *d, size_t index, double *sum, double *magnitude) {
    const ffp8_conv_args *a = &job->args;
    const bool nhwc = a->layout == FFP8_LAYOUT_NHWC;
    const size_t o = nhwc ? index % d->c_out : index / (d->out_h * d->out_w) % d->c_out;
    const size_t pixel = nhwc ? index / d->c_out : index % (d->out_h * d->out_w), b = index / (d->out_h * d->out_w * d->c_out);
    const long p = (long)(pixel / d->out_w % d->out_h), q = (long)(pixel % d->out_w);
    *sum = *magnitude = 0;
    for (size_t i = 0; i < d->kernel_h; i++)
        for (size_t j = 0; j < d->kernel_w; j++)
            for (size_t c = 0; c < d->group_in; c++) {
                const long h = p * (long)d->stride_h + (long)(i * d->dilation_h) - (long)d->pad_top;
                const long w = q * (long)d->stride_w + (long)(j * d->dilation_w) - (long)d->pad_left;
                if (h < 0 || w < 0 || h >= (long)d->in_h || w >= (long)d->in_w) continue;
                const size_t channel = o / d->group_out * d->group_in + c;
                const size_t at = nhwc ? ((b * d->in_h + (size_t)h) * d->in_w + (size_t)w) * d->c_in + channel
                                       : ((b * d->c_in + channel) * d->in_h + (size_t)h) * d->in_w + (size_t)w;
                const size_t code = a->filter.order == FFP8_ORDER_OHWI ? ((o * d->kernel_h + i) * d->kernel_w + j) * d->group_in + c
                                                                       : ((o * d->group_in + c) * d->kernel_h + i) * d->kernel_w + j;
                float x = load(a->x, a->x_type, &a->x_format, at);
                if (a->accuracy == FFP8_ACCURACY_BF16 && a->x_type != FFP8_TYPE_FFP8) x = ffp8_f32_from_bf16(ffp8_bf16_from_f32(x));
                const double product = (double)x * load(job->filter.data, FFP8_TYPE_FFP8, &a->filter.format, code);
                *sum += product;
                *magnitude += fabs(product);
            }
}

static bool same_bits(const struct job *job, size_t *where) {
    const ffp8_dtype type = job->args.y_type;
    const size_t bytes = type_bytes(type);
    for (size_t i = 0; i < job->y_count; i++) {
        if (memcmp(job->y.data + i * bytes, job->want.data + i * bytes, bytes) == 0) continue;
        *where = i;
        if (type == FFP8_TYPE_FFP8) return false; /* one NaN code only */
        if (!isnan(load(job->y.data, type, NULL, i)) || !isnan(load(job->want.data, type, NULL, i))) return false;
    }
    return true;
}

static void expect_same(const struct job *job, float amax, float want_amax) {
    size_t i = 0;
    const bool same = same_bits(job, &i);
    cr_assert(same, "y[%zu] = %.9g, oracle %.9g: %s", i, (double)load(job->y.data, job->args.y_type, &job->args.y_format, i),
              (double)load(job->want.data, job->args.y_type, &job->args.y_format, i), job->text);
    if (job->args.epilogue.amax)
        cr_assert(amax == want_amax || (isnan(amax) && isnan(want_amax)), "amax %g, oracle %g: %s", (double)amax, (double)want_amax,
                  job->text);
}

/* F32 output with at most a bias. */
static void expect_within(const struct job *job, const struct ffp8_conv_dims *d) {
    const double u = 0x1p-24, n = (double)(d->group_in * d->kernel_h * d->kernel_w + 1), gamma = n * u / (1 - n * u);
    for (size_t i = 0; i < job->y_count; i++) {
        const double got = ((const float *)job->y.data)[i], want = ((const float *)job->want.data)[i];
        double sum, magnitude;
        formula(job, d, i, &sum, &magnitude);
        const size_t o = job->args.layout == FFP8_LAYOUT_NHWC ? i % d->c_out : i / (d->out_h * d->out_w) % d->c_out;
        double scale = job->args.x_scale ? job->args.x_scale : 1;
        if (job->scales.data)
            scale *= job->args.filter.scales.type == FFP8_SCALE_E8M0 ? ldexp(1, job->scales.data[o] - 127)
                                                                     : ((const float *)job->scales.data)[o];
        const double bound = (gamma + 8 * u) * magnitude * scale + 8 * u * fabs(want);
        cr_assert(fabs(got - want) <= bound, "y[%zu] = %.9g, oracle %.9g, off by %g bounds: %s", i, got, want, fabs(got - want) / bound,
                  job->text);
    }
}

/* ------------------------------------------------------------------------------------------------- random jobs */
static void draw_any_shape(ffp8_conv_shape *s) {
    static const size_t kernels[] = {1, 1, 2, 3, 3, 3, 5, 7}, channels[] = {1, 2, 3, 4, 5, 8, 16, 17, 31, 32, 33, 64, 67};
    const size_t kinds = sizeof channels / sizeof *channels;
    s->batch = one_in(3) ? between(1, 3) : 1;
    s->kernel_h = kernels[below(8)];
    s->kernel_w = one_in(4) ? kernels[below(8)] : s->kernel_h;
    s->stride_h = below(3);
    s->stride_w = one_in(4) ? below(4) : s->stride_h;
    s->dilation_h = one_in(4) ? between(1, 3) : 0;
    s->dilation_w = one_in(4) ? between(1, 3) : s->dilation_h;
    s->pad_top = below(4);
    s->pad_left = below(4);
    s->pad_bottom = below(4);
    s->pad_right = below(4);
    s->groups = 0;
    s->c_in = channels[below(kinds)];
    s->c_out = channels[below(kinds)];
    if (one_in(3)) { /* grouped, sometimes depthwise with a multiplier */
        static const size_t group_channels[] = {1, 1, 1, 2, 3, 4, 8, 9, 16, 33};
        s->groups = between(1, 6) * (one_in(4) ? 8 : 1);
        s->c_in = s->groups * group_channels[below(10)];
        s->c_out = s->groups * (one_in(2) ? s->c_in / s->groups : group_channels[below(10)]);
    }
    const size_t span_h = (s->kernel_h - 1) * at_least_1(s->dilation_h), span_w = (s->kernel_w - 1) * at_least_1(s->dilation_w);
    s->in_h = between(1, 9);
    s->in_w = between(1, one_in(3) ? 40 : 15);
    if (s->in_h + s->pad_top + s->pad_bottom <= span_h) s->in_h = span_h + 1;
    if (s->in_w + s->pad_left + s->pad_right <= span_w) s->in_w = span_w + 1;
}

/* Of a size that the oracle computes in some milliseconds. */
static void draw_shape(ffp8_conv_shape *s) {
    size_t h, w, terms;
    do {
        *s = (ffp8_conv_shape){0};
        draw_any_shape(s);
        cr_assert_eq(ffp8_conv_output_size(s, &h, &w), FFP8_OK);
        terms = s->batch * h * w * s->c_out * s->kernel_h * s->kernel_w * (s->c_in / at_least_1(s->groups));
    } while (terms > 400000);
}

static void draw_job(struct job *job, bool whole) {
    ffp8_conv_args *a = &job->args;
    ffp8_epilogue *e = &a->epilogue;
    *job = (struct job){.args = FFP8_CONV_ARGS_INIT, .whole = whole};
    draw_shape(&a->shape);
    a->layout = one_in(3) ? FFP8_LAYOUT_NCHW : FFP8_LAYOUT_NHWC;
    a->x_type = one_in(3) ? (ffp8_dtype)below(3) : FFP8_TYPE_FFP8;
    if (a->x_type == FFP8_TYPE_FFP8) a->x_format = random_format();
    a->x_scale = one_in(2) ? 0 : whole ? 0.5f : 0.3f;
    a->filter.order = (ffp8_filter_order)below(2);
    a->filter.format = random_format();
    if (one_in(2)) {
        a->filter.scales = (ffp8_scales){.data = "", .type = (ffp8_scale_type)below(2), .block_rows = below(3), .ld = 1};
    }
    a->accuracy = (ffp8_accuracy)below(2);
    e->bias = one_in(2) ? codebook : NULL;
    if (whole) {
        a->y_type = (ffp8_dtype)below(4);
        if (a->y_type == FFP8_TYPE_FFP8) a->y_format = random_format();
        a->y_encoding = (ffp8_encoding){(ffp8_rounding)below(4), (ffp8_overflow)below(2), (ffp8_nan)below(2), draw()};
        a->y_scale = one_in(2) ? 0 : 3;
        a->accumulate = one_in(3);
        e->residual = one_in(3) ? codebook : NULL;
        e->residual_type = (ffp8_dtype)below(4);
        if (e->residual_type == FFP8_TYPE_FFP8) e->residual_format = random_format();
        e->residual_scale = one_in(2) ? 0 : 0.25f;
        e->activation = (ffp8_activation)below(3);
        e->clip_min = -1;
        e->clip_max = 6;
    }
    e->amax = one_in(2) ? &job->amax : NULL;
    if (one_in(2)) {
        job->threads = (ffp8_threads){run_backwards, NULL, between(1, 5)};
        a->threads = &job->threads;
    }
    job_data(job);
    job_optional_data(job);
}

static size_t repetitions(size_t standard) {
    const char *factor = getenv("FFP8_CONV_REPEAT");
    return standard * (factor ? strtoul(factor, NULL, 10) : 1);
}

static uint64_t first_seed(void) {
    const char *text = getenv("FFP8_SEED");
    const uint64_t seed = text ? strtoull(text, NULL, 0) : 1;
    cr_log_info("FFP8_SEED=%llu", (unsigned long long)seed);
    return seed;
}

static void sweep(size_t count, bool whole) {
    const uint64_t seed = first_seed();
    size_t bitwise = 0, bounded = 0;
    for (size_t i = 0; i < repetitions(count); i++) {
        state = seed * 1000003 + i;
        struct job job;
        struct ffp8_conv_call call;
        draw_job(&job, whole);
        describe(&job);
        const float want_amax = job_oracle(&job, &call);
        if (one_in(2)) job_pack(&job);
        describe(&job);
        job_run(&job);
        const bool exact = whole || call.problem.class_of <= FFP8_CLASS_I16;
        if (exact)
            expect_same(&job, job.amax, want_amax);
        else
            expect_within(&job, &call.problem.dims);
        *(exact ? &bitwise : &bounded) += 1;
        job_free(&job);
    }
    cr_assert(bitwise > 0 && (whole || bounded > 0));
}

Test(conv, whole_numbers_bit_for_bit) { sweep(3000, true); }
Test(conv, full_range_exact_or_within_the_bound) { sweep(2000, false); }

/* The oracle against the formula: F32 output, no epilogue. */
Test(conv, oracle_computes_the_formula) {
    for (size_t i = 0; i < 150; i++) {
        state = first_seed() + 77 * i;
        struct job job;
        struct ffp8_conv_call call;
        draw_job(&job, false);
        job.args.epilogue.bias = NULL;
        describe(&job);
        job_oracle(&job, &call);
        for (size_t k = 0; k < job.y_count; k++) {
            double sum, magnitude;
            formula(&job, &call.problem.dims, k, &sum, &magnitude);
            const struct ffp8_conv_dims *d = &call.problem.dims;
            const size_t o = job.args.layout == FFP8_LAYOUT_NHWC ? k % d->c_out : k / (d->out_h * d->out_w) % d->c_out;
            const ffp8_scales *s = &job.args.filter.scales;
            float scale = 1;
            const size_t row = s->block_rows ? o / s->block_rows : 0;
            if (s->data) scale = s->type == FFP8_SCALE_E8M0 ? ldexpf(1, job.scales.data[row] - 127) : ((const float *)job.scales.data)[row];
            scale *= job.args.x_scale ? job.args.x_scale : 1;
            const float want = (float)sum * scale, got = ((const float *)job.want.data)[k];
            cr_assert(got == want, "y[%zu] = %.9g, formula %.9g: %s", k, (double)got, (double)want, job.text);
        }
        job_free(&job);
    }
}

/* A kernel of one 1 in the middle copies the image: every layout and order puts it where it belongs. */
Test(conv, identity_kernel_copies) {
    state = first_seed();
    const ffp8_format e4m3 = format_named("ffp8:s1x4y3b7");
    uint8_t one = 0, zero = 0;
    cr_assert_eq(ffp8_encode(&e4m3, &(float){1}, FFP8_TYPE_F32, 1, &one, 1, NULL), FFP8_OK);
    for (size_t layout = 0; layout < 2; layout++)
        for (size_t order = 0; order < 2; order++)
            for (size_t c = 1; c <= 40; c += 13) {
                struct job job = {.args = FFP8_CONV_ARGS_INIT};
                ffp8_conv_args *a = &job.args;
                a->shape = (ffp8_conv_shape){.batch = 2,
                                             .in_h = 5,
                                             .in_w = 6,
                                             .c_in = c,
                                             .c_out = c,
                                             .kernel_h = 3,
                                             .kernel_w = 3,
                                             .pad_top = 1,
                                             .pad_left = 1,
                                             .pad_bottom = 1,
                                             .pad_right = 1};
                a->layout = (ffp8_layout)layout;
                a->x_type = a->y_type = FFP8_TYPE_FFP8;
                a->x_format = a->y_format = a->filter.format = e4m3;
                a->filter.order = (ffp8_filter_order)order;
                job_data(&job);
                memset(job.filter.data, zero, job.filter.bytes);
                for (size_t i = 0; i < c; i++) job.filter.data[order ? (i * c + i) * 9 + 4 : (i * 9 + 4) * c + i] = one;
                describe(&job);
                job_run(&job);
                for (size_t i = 0; i < job.y_count; i++) /* -0 + 0 is +0 */
                    cr_assert_eq(job.y.data[i], job.x.data[i] == 0x80 ? 0 : job.x.data[i], "%zu: %s", i, job.text);
                job_free(&job);
            }
}

/* Inf and NaN reach exactly the outputs whose window holds them. */
Test(conv, specials_stay_in_their_windows) {
    const uint64_t seed = first_seed();
    for (size_t i = 0; i < 300; i++) {
        state = seed * 31 + i;
        struct job job;
        struct ffp8_conv_call call;
        draw_job(&job, false);
        job.args.x_format = job.args.x_type == FFP8_TYPE_FFP8 ? format_named("e5m2") : (ffp8_format){0};
        fill(job.x.data, job.args.x_type, job.x_count, &job.args.x_format, false);
        for (size_t n = 0; n < 3 && job.x_count; n++) {
            const size_t at = below(job.x_count);
            const float special = one_in(2) ? INFINITY : NAN;
            if (job.args.x_type == FFP8_TYPE_F32)
                ((float *)job.x.data)[at] = special;
            else if (job.args.x_type == FFP8_TYPE_BF16)
                ((uint16_t *)job.x.data)[at] = ffp8_bf16_from_f32(special);
            else if (job.args.x_type == FFP8_TYPE_F16)
                ((uint16_t *)job.x.data)[at] = ffp8_f16_from_f32(special);
            else
                job.x.data[at] = isnan(special) ? 0x7F : 0x7C;
        }
        if (one_in(4)) { /* and one in the weights */
            job.args.filter.format = format_named("e5m2");
            fill_codes(job.filter.data, job.filter.bytes, &job.args.filter.format, false);
            job.filter.data[below(job.filter.bytes)] = one_in(2) ? 0x7C : 0x7F;
        }
        describe(&job);
        job_oracle(&job, &call);
        if (one_in(2)) job_pack(&job);
        job_run(&job);
        for (size_t k = 0; k < job.y_count; k++) {
            const float got = ((const float *)job.y.data)[k], want = ((const float *)job.want.data)[k];
            cr_assert(isfinite(want) ? isfinite(got)
                      : isnan(want)  ? isnan(got)
                                     : got == want,
                      "y[%zu] = %g, oracle %g: %s", k, (double)got, (double)want, job.text);
        }
        job_free(&job);
    }
}

/* Threads and the split into bands never change a bit, also in the classes that round. */
Test(conv, any_number_of_threads_gives_the_same_bits) {
    const uint64_t seed = first_seed();
    for (size_t i = 0; i < 120; i++) {
        state = seed * 17 + i;
        struct job job;
        draw_job(&job, false);
        if (one_in(3)) job_pack(&job);
        for (size_t threads = 1; threads <= 7; threads += 1 + below(3)) {
            job.threads = (ffp8_threads){run_backwards, NULL, threads};
            job.args.threads = threads == 1 ? NULL : &job.threads;
            describe(&job);
            memcpy(job.y.data, job.y_before, job.y.bytes);
            job_run(&job);
            if (threads == 1) memcpy(job.want.data, job.y.data, job.y.bytes);
            size_t where = 0;
            cr_assert(same_bits(&job, &where), "y[%zu]: %s", where, job.text);
        }
        job_free(&job);
    }
}

/* Larger layers, whose rows, bands and panels exceed one block of every tier. */
Test(conv, layers_beyond_one_band) {
    static const ffp8_conv_shape shapes[] = {
        {.batch = 2,
         .in_h = 30,
         .in_w = 61,
         .c_in = 67,
         .c_out = 70,
         .kernel_h = 3,
         .kernel_w = 3,
         .pad_top = 1,
         .pad_left = 1,
         .pad_bottom = 1,
         .pad_right = 1},
        {.batch = 9,
         .in_h = 7,
         .in_w = 7,
         .c_in = 96,
         .c_out = 130,
         .kernel_h = 3,
         .kernel_w = 3,
         .pad_top = 1,
         .pad_left = 1,
         .pad_bottom = 1,
         .pad_right = 1},
        {.batch = 1,
         .in_h = 100,
         .in_w = 300,
         .c_in = 3,
         .c_out = 33,
         .kernel_h = 7,
         .kernel_w = 7,
         .stride_h = 2,
         .stride_w = 2,
         .pad_top = 3,
         .pad_left = 3,
         .pad_bottom = 3,
         .pad_right = 3},
        {.batch = 3, .in_h = 33, .in_w = 35, .c_in = 300, .c_out = 65, .kernel_h = 1, .kernel_w = 1},
        {.batch = 1,
         .in_h = 41,
         .in_w = 41,
         .c_in = 256,
         .c_out = 256,
         .kernel_h = 3,
         .kernel_w = 3,
         .pad_top = 1,
         .pad_left = 1,
         .pad_bottom = 1,
         .pad_right = 1,
         .groups = 256},
        {.batch = 1, .in_h = 20, .in_w = 20, .c_in = 1030, .c_out = 40, .kernel_h = 1, .kernel_w = 3, .stride_w = 2},
    };
    static const char *const formats[][2] = {{"int8", "int8"}, {"ffp8:s1x3y4b3", "ffp8:s0x3y5b3"}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t f = 0; f < 2; f++)
            for (size_t layout = 0; layout < 2; layout++) {
                state = i;
                struct job job = {.args = FFP8_CONV_ARGS_INIT};
                struct ffp8_conv_call call;
                job.args.shape = shapes[i];
                job.args.layout = (ffp8_layout)layout;
                job.args.x_type = FFP8_TYPE_FFP8;
                job.args.x_format = format_named(formats[f][0]);
                job.args.filter.format = format_named(formats[f][1]);
                job_data(&job);
                describe(&job);
                /* The oracle is slow: some rows of it. */
                ffp8_conv_args args = job.args;
                args.y = job.want.data;
                cr_assert_eq(ffp8_conv_check(&args, false, &call), FFP8_OK);
                job_pack(&job);
                job_run(&job);
                memcpy(job.want.data, job.y.data, job.y.bytes);
                const size_t rows = call.problem.dims.batch * call.problem.dims.out_h;
                for (size_t n = 0; n < 4; n++) {
                    const size_t row = n == 0 ? 0 : n == 1 ? rows - 1 : below(rows);
                    ffp8_conv_generic(&call.problem, row, row + 1);
                }
                expect_same(&job, 0, 0);
                job_free(&job);
            }
}

/* Sigmoid and its like: the fast path's sums are those of the oracle, so only the function differs, by at most 4 ulp each. */
Test(conv, transcendental_activations) {
    for (int activation = FFP8_ACTIVATION_SIGMOID; activation <= FFP8_ACTIVATION_GELU_TANH; activation++)
        for (size_t i = 0; i < 12; i++) {
            state = first_seed() * 13 + i;
            struct job job;
            struct ffp8_conv_call call;
            draw_job(&job, false);
            job.args.x_type = FFP8_TYPE_FFP8;
            job.args.x_format = job.args.filter.format = format_named("ffp8:s1x3y4b3");
            fill_codes(job.filter.data, job.filter.bytes, &job.args.filter.format, false);
            free(job.x.block);
            job.x = buffer_new(job.x_count, 0);
            fill(job.x.data, FFP8_TYPE_FFP8, job.x_count, &job.args.x_format, false);
            job.args.x = job.x.data;
            job.args.epilogue.activation = (ffp8_activation)activation;
            describe(&job);
            job_oracle(&job, &call);
            job_run(&job);
            for (size_t k = 0; k < job.y_count; k++) {
                const float got = ((const float *)job.y.data)[k], want = ((const float *)job.want.data)[k];
                cr_assert(fabsf(got - want) <= 8 * (nextafterf(fabsf(want), INFINITY) - fabsf(want)), "y[%zu] = %.9g, oracle %.9g: %s", k,
                          (double)got, (double)want, job.text);
            }
            job_free(&job);
        }
}

/* ------------------------------------------------------------------------------------------------- edges and misuse */
Test(conv, output_size) {
    size_t h = 0, w = 0;
    ffp8_conv_shape s = {.batch = 1,
                         .in_h = 224,
                         .in_w = 224,
                         .c_in = 3,
                         .c_out = 64,
                         .kernel_h = 7,
                         .kernel_w = 7,
                         .stride_h = 2,
                         .stride_w = 2,
                         .pad_top = 3,
                         .pad_left = 3,
                         .pad_bottom = 3,
                         .pad_right = 3};
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_OK);
    cr_assert(h == 112 && w == 112);
    s.dilation_h = 36;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_OK);
    cr_assert(h == 7 && w == 112); /* 230 - 217 + 1 = 14 positions, every other */
    s.dilation_h = 40;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_SHAPE);
    s.dilation_h = SIZE_MAX / 2;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    s.dilation_h = 1;
    s.pad_top = SIZE_MAX;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    s.pad_top = 3;
    s.batch = SIZE_MAX / 1000;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    cr_assert_eq(ffp8_conv_output_size(NULL, &h, &w), FFP8_ERROR_NULL);
    cr_assert(h == 7 && w == 112, "written on error");
}

Test(conv, empty_batch_and_empty_image) {
    for (size_t batch = 0; batch < 2; batch++) {
        float y[9 * 2] = {[0 ... 17] = 7}, amax = -1;
        const uint8_t filter[9 * 2] = {0};
        ffp8_conv_args a = FFP8_CONV_ARGS_INIT;
        a.shape = (ffp8_conv_shape){.batch = batch,
                                    .c_in = 1,
                                    .c_out = 2,
                                    .kernel_h = 3,
                                    .kernel_w = 3,
                                    .pad_top = 2,
                                    .pad_left = 2,
                                    .pad_bottom = 3,
                                    .pad_right = 3};
        a.x_type = FFP8_TYPE_FFP8;
        a.x_format = a.filter.format = format_named("e4m3");
        a.filter.data = filter;
        a.y = y;
        a.epilogue.amax = &amax;
        size_t bytes;
        cr_assert_eq(ffp8_conv_workspace(&a, &bytes), FFP8_OK);
        void *workspace = malloc(bytes + 1);
        a.workspace = workspace;
        a.workspace_bytes = bytes;
        cr_assert_eq(ffp8_conv(&a), FFP8_OK);
        for (size_t i = 0; i < 18; i++) cr_assert_eq(y[i], batch ? 0 : 7);
        cr_assert_eq(amax, 0);
        free(workspace);
    }
}

struct misuse {
    const char *what;
    void (*spoil)(ffp8_conv_args *a);
    ffp8_status want;
};

#define MISUSE(name, statement, status) \
    static void name(ffp8_conv_args *a) { statement; }
#define MISUSES(X)                                                                                            \
    X(short_struct, a->struct_size -= 8, FFP8_ERROR_STRUCT_SIZE)                                              \
    X(zero_struct, a->struct_size = 0, FFP8_ERROR_STRUCT_SIZE)                                                \
    X(no_x, a->x = NULL, FFP8_ERROR_NULL)                                                                     \
    X(no_y, a->y = NULL, FFP8_ERROR_NULL)                                                                     \
    X(no_weights, a->filter.data = NULL, FFP8_ERROR_NULL)                                                     \
    X(two_weights, a->packed.data = a, FFP8_ERROR_NULL)                                                       \
    X(no_workspace, a->workspace = NULL, FFP8_ERROR_NULL)                                                     \
    X(small_workspace, a->workspace_bytes = 63, FFP8_ERROR_BUFFER)                                            \
    X(layout, a->layout = (ffp8_layout)2, FFP8_ERROR_ENUM)                                                    \
    X(x_type, a->x_type = (ffp8_dtype)4, FFP8_ERROR_ENUM)                                                     \
    X(y_type, a->y_type = (ffp8_dtype)-1, FFP8_ERROR_ENUM)                                                    \
    X(order, a->filter.order = (ffp8_filter_order)2, FFP8_ERROR_ENUM)                                         \
    X(accumulate, a->accumulate = 2, FFP8_ERROR_ENUM)                                                         \
    X(accuracy, a->accuracy = (ffp8_accuracy)2, FFP8_ERROR_ENUM)                                              \
    X(activation, a->epilogue.activation = (ffp8_activation)8, FFP8_ERROR_ENUM)                               \
    X(rounding, a->y_encoding.rounding = (ffp8_rounding)4, FFP8_ERROR_ENUM)                                   \
    X(overflow_rule, a->y_encoding.overflow = (ffp8_overflow)2, FFP8_ERROR_ENUM)                              \
    X(nan_rule, a->y_encoding.nan = FFP8_NAN_ERROR, FFP8_ERROR_ENUM)                                          \
    X(scale_type, a->filter.scales.type = (ffp8_scale_type)2, FFP8_ERROR_ENUM)                                \
    X(x_format, a->x_format.exponent_bits = 5, FFP8_ERROR_FORMAT)                                             \
    X(w_format, a->filter.format.specials = 9, FFP8_ERROR_FORMAT)                                             \
    X(y_format, a->y_format.bias = 1000, FFP8_ERROR_FORMAT)                                                   \
    X(no_channels, a->shape.c_in = 0, FFP8_ERROR_SHAPE)                                                       \
    X(no_outputs, a->shape.c_out = 0, FFP8_ERROR_SHAPE)                                                       \
    X(no_kernel, a->shape.kernel_w = 0, FFP8_ERROR_SHAPE)                                                     \
    X(groups, a->shape.groups = 3, FFP8_ERROR_SHAPE)                                                          \
    X(large_kernel, a->shape.dilation_w = 9, FFP8_ERROR_SHAPE)                                                \
    X(huge_batch, a->shape.batch = SIZE_MAX / 64, FFP8_ERROR_OVERFLOW)                                        \
    X(huge_pad, a->shape.pad_left = SIZE_MAX - 4, FFP8_ERROR_OVERFLOW)                                        \
    X(residual_stride, (a->epilogue.residual = a->x, a->epilogue.ld_residual = 8), FFP8_ERROR_STRIDE)         \
    X(scale_stride, a->filter.scales.ld = 0, FFP8_ERROR_STRIDE)                                               \
    X(scale_block, a->filter.scales.block_k = 4, FFP8_ERROR_SCALE)                                            \
    X(scale_infinite, ((float *)(uintptr_t)a->filter.scales.data)[1] = INFINITY, FFP8_ERROR_SCALE)            \
    X(x_scale, a->x_scale = -1, FFP8_ERROR_SCALE)                                                             \
    X(y_scale, a->y_scale = NAN, FFP8_ERROR_SCALE)                                                            \
    X(residual_scale, (a->epilogue.residual = a->x, a->epilogue.residual_scale = INFINITY), FFP8_ERROR_SCALE) \
    X(no_parallel_for, ((ffp8_threads *)(uintptr_t)a->threads)->parallel_for = NULL, FFP8_ERROR_NULL)
MISUSES(MISUSE)
#define MISUSE_ROW(name, statement, status) {#name, name, status},
static const struct misuse misuses[] = {MISUSES(MISUSE_ROW)};

Test(conv, misuse_gives_a_status_and_writes_nothing) {
    cr_assert_eq(ffp8_conv(NULL), FFP8_ERROR_NULL);
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        state = i;
        struct job job = {.args = FFP8_CONV_ARGS_INIT, .amax = 5};
        ffp8_conv_args *a = &job.args;
        a->shape = (ffp8_conv_shape){.batch = 1, .in_h = 4, .in_w = 4, .c_in = 4, .c_out = 4, .kernel_h = 3, .kernel_w = 3, .pad_left = 1};
        a->x_type = a->y_type = FFP8_TYPE_FFP8;
        a->x_format = a->y_format = a->filter.format = format_named("e4m3");
        a->filter.scales = (ffp8_scales){.data = "", .block_rows = 1, .ld = 1};
        a->epilogue.amax = &job.amax;
        job.threads = (ffp8_threads){run_backwards, NULL, 2};
        a->threads = &job.threads;
        job_data(&job);
        job_optional_data(&job);
        size_t bytes;
        cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK);
        struct buffer workspace = buffer_new(bytes, 0);
        memset(workspace.data, CANARY_BYTE, bytes);
        a->workspace = workspace.data;
        a->workspace_bytes = bytes;
        misuses[i].spoil(a);
        const ffp8_status status = ffp8_conv(a);
        cr_assert_eq(status, misuses[i].want, "%s: %s", misuses[i].what, ffp8_status_string(status));
        cr_assert_eq(memcmp(job.y.data, job.y_before, job.y.bytes), 0, "%s wrote to y", misuses[i].what);
        for (size_t k = 0; k < bytes; k++) cr_assert_eq(workspace.data[k], CANARY_BYTE, "%s wrote to the workspace", misuses[i].what);
        cr_assert_eq(job.amax, 5, "%s wrote amax", misuses[i].what);
        free(workspace.block);
        job_free(&job);
    }
}

/* A blob that is cut short, of another shape, damaged, or misaligned. */
/* ffp8_set_max_isa may come between the query and the call. */
Test(conv, workspace_serves_every_tier) {
    for (size_t channels = 1; channels <= 300; channels += 13) {
        ffp8_conv_args a = FFP8_CONV_ARGS_INIT;
        a.shape = (ffp8_conv_shape){.batch = 1, .in_h = 9, .in_w = 9, .c_in = channels, .c_out = channels, .kernel_h = 3, .kernel_w = 3};
        a.shape.pad_top = a.shape.pad_bottom = a.shape.pad_left = a.shape.pad_right = 1;
        a.shape.groups = channels % 2 ? 1 : channels;
        cr_assert_eq(ffp8_format_from_name("e4m3fn", &a.filter.format), FFP8_OK);
        a.x_type = a.y_type = FFP8_TYPE_F32;
        size_t bytes, need, most = 0;
        cr_assert_eq(ffp8_conv_workspace(&a, &bytes), FFP8_OK);
        for (size_t i = 0; ffp8_kernels_list(i); i++) {
            cr_assert_eq(ffp8_conv_workspace_on(ffp8_kernels_list(i), &a, &need), FFP8_OK);
            cr_assert_leq(need, bytes, "%s needs more", ffp8_kernels_list(i)->name);
            most = need > most ? need : most;
        }
        cr_assert_eq(most, bytes);
    }
}

Test(conv, blobs_that_do_not_fit) {
    state = 1;
    struct job job = {.args = FFP8_CONV_ARGS_INIT};
    ffp8_conv_args *a = &job.args;
    a->shape = (ffp8_conv_shape){.batch = 1, .in_h = 6, .in_w = 6, .c_in = 3, .c_out = 40, .kernel_h = 3, .kernel_w = 3};
    a->x_type = FFP8_TYPE_FFP8;
    a->x_format = a->filter.format = format_named("e4m3");
    job_data(&job);
    job_pack(&job);
    size_t bytes;
    const ffp8_packed whole = a->packed;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK);
    a->packed.bytes = whole.bytes - 1;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_BUFFER);
    a->packed.bytes = 16;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_BUFFER);
    a->packed = (ffp8_packed){(const uint8_t *)whole.data + 1, whole.bytes - 1};
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_ALIGNMENT);
    a->packed = whole;
    const ffp8_conv_shape right = a->shape;
    a->shape.c_out = 41;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    a->shape.c_in = 4;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    a->shape.dilation_w = 2; /* packed by rows of taps */
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    for (size_t i = 0; i < sizeof(struct ffp8_packed_header); i++) { /* any flipped bit: refused, or of no consequence for memory */
        for (int bit = 0; bit < 8; bit++) {
            job.packed.data[i] ^= (uint8_t)(1 << bit);
            ffp8_packed_info info;
            cr_assert_neq(ffp8_packed_check(a->packed, &info), FFP8_OK, "byte %zu bit %d", i, bit);
            if (ffp8_conv_workspace(a, &bytes) == FFP8_OK) job_run(&job);
            job.packed.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    job_free(&job);
}

Test(conv, packing_misuse) {
    const ffp8_conv_shape s = {.c_in = 4, .c_out = 4, .kernel_h = 3, .kernel_w = 3};
    const uint8_t codes[4 * 4 * 9] = {0};
    ffp8_filter f = {.data = codes, .format = format_named("e4m3")};
    size_t bytes;
    cr_assert_eq(ffp8_conv_packed_size(NULL, &f, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, NULL, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, &f, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, &f, &bytes), FFP8_OK);
    struct buffer blob = buffer_new(bytes + 64, 0);
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data, bytes - 1), FFP8_ERROR_BUFFER);
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data + 1, bytes), FFP8_ERROR_ALIGNMENT);
    cr_assert_eq(ffp8_conv_pack(&s, &f, NULL, bytes), FFP8_ERROR_NULL);
    f.data = NULL;
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data, bytes), FFP8_ERROR_NULL);
    for (size_t i = 0; i < bytes; i++) cr_assert_eq(blob.data[i], CANARY_BYTE);
    free(blob.block);
}
