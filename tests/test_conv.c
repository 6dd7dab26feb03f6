/* SPDX-License-Identifier: Apache-2.0
 *
 * test_conv.c - convolution on the active tier: random sweeps against the oracle, edges of tiles and bands
 *
 * The sweeps draw every parameter of ffp8_conv_args. Data come in two kinds. "Whole": small integers, whose sums are exact in every class, so
 * that all classes, outputs and epilogue steps are compared bit for bit. "Full": any code that is finite; I8 and I16 are still compared bit
 * for bit, BF16 and F32 within the bound below. The oracle itself is compared with the formula of ffp8.h in terms of ffp8_decode.
 *
 * Bound. A sum of n products in any order differs from the exact one by at most gamma(n) * S, S = sum of |x w|; each product may round once
 * more (F32), and a tap's odd channel of BF16 counts twice, for Arm's dot rounds by up to 2 u a word. The tier then rounds three times (sum * scale, bias, output), the oracle as often: |y - y'| <= (gamma(n + 1) + 8 u) S |scale| + 8 u |y'|.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/lut.h"
#include "dispatch/select.h"
#include "jobs/conv_job.h"
#include "kernels/kernel_util.h"

/* Formats by class: all have a zero, and 1 is a value of each. */
static const char *const names[] = {"int8",   "uint8", "ffp8:s1x2y5b1",  "ffp8:s1x3y4b3", "ffp8:s0x3y5b3",  "ffp8:s1x4y3b7",
                                    "e4m3fn", "e5m2",  "ffp8:s1x5y2b15", "e4m3fnuz",      "ffp8:s1x6y1b31", "ffp8:s0x6y2b31"};
static float codebook[256];
static ffp8_format random_format(void) {
    if (!one_in(12)) return format_named(names[below(sizeof names / sizeof *names)]);
    cr_assert_eq(ffp8_codebook_posit8((int)below(3), codebook), FFP8_OK);
    return (ffp8_format){.codebook = codebook};
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
    const double u = 0x1p-24, n = (double)((d->group_in + d->group_in % 2) * d->kernel_h * d->kernel_w + 1), gamma = n * u / (1 - n * u);
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

/* A square kernel, and padding that keeps the size at stride 1. */
static ffp8_conv_shape padded(size_t batch, size_t in_h, size_t in_w, size_t c_in, size_t c_out, size_t kernel, size_t stride,
                              size_t groups) {
    const size_t pad = kernel / 2;
    return (ffp8_conv_shape){.batch = batch,
                             .in_h = in_h,
                             .in_w = in_w,
                             .c_in = c_in,
                             .c_out = c_out,
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = stride,
                             .stride_w = stride,
                             .pad_top = pad,
                             .pad_left = pad,
                             .pad_bottom = pad,
                             .pad_right = pad,
                             .groups = groups};
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
        draw_from(seed * 1000003 + i);
        struct job job;
        struct ffp8_conv_call call;
        draw_job(&job, whole);
        job_describe(&job);
        const float want_amax = job_oracle(&job, &call);
        if (one_in(2)) job_pack(&job);
        job_describe(&job);
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
        draw_from(first_seed() + 77 * i);
        struct job job;
        struct ffp8_conv_call call;
        draw_job(&job, false);
        job.args.epilogue.bias = NULL;
        job_describe(&job);
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
    draw_from(first_seed());
    const ffp8_format e4m3 = format_named("ffp8:s1x4y3b7");
    uint8_t one = 0, zero = 0;
    cr_assert_eq(ffp8_encode(&e4m3, &(float){1}, FFP8_TYPE_F32, 1, &one, 1, NULL), FFP8_OK);
    for (size_t layout = 0; layout < 2; layout++)
        for (size_t order = 0; order < 2; order++)
            for (size_t c = 1; c <= 40; c += 13) {
                struct job job = {.args = FFP8_CONV_ARGS_INIT};
                ffp8_conv_args *a = &job.args;
                a->shape = padded(2, 5, 6, c, c, 3, 1, 1);
                a->layout = (ffp8_layout)layout;
                a->x_type = a->y_type = FFP8_TYPE_FFP8;
                a->x_format = a->y_format = a->filter.format = e4m3;
                a->filter.order = (ffp8_filter_order)order;
                job_data(&job);
                memset(job.filter.data, zero, job.filter.bytes);
                for (size_t i = 0; i < c; i++) job.filter.data[order ? (i * c + i) * 9 + 4 : (i * 9 + 4) * c + i] = one;
                job_describe(&job);
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
        draw_from(seed * 31 + i);
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
        job_describe(&job);
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
        draw_from(seed * 17 + i);
        struct job job;
        draw_job(&job, false);
        if (one_in(3)) job_pack(&job);
        for (size_t threads = 1; threads <= 7; threads += 1 + below(3)) {
            job.threads = (ffp8_threads){run_backwards, NULL, threads};
            job.args.threads = threads == 1 ? NULL : &job.threads;
            job_describe(&job);
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
    const ffp8_conv_shape shapes[] = {
        padded(2, 30, 61, 67, 70, 3, 1, 1),
        padded(9, 7, 7, 96, 130, 3, 1, 1),
        padded(1, 100, 300, 3, 33, 7, 2, 1),
        padded(3, 33, 35, 300, 65, 1, 1, 1),
        padded(1, 41, 41, 256, 256, 3, 1, 256),
        padded(3, 24, 24, 160, 68, 3, 1, 4),
        {.batch = 1, .in_h = 20, .in_w = 20, .c_in = 1030, .c_out = 40, .kernel_h = 1, .kernel_w = 3, .stride_w = 2},
    };
    static const char *const formats[][2] = {{"int8", "int8"}, {"ffp8:s1x3y4b3", "ffp8:s0x3y5b3"}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t f = 0; f < 2; f++)
            for (size_t layout = 0; layout < 2; layout++) {
                draw_from(i);
                struct job job = {.args = FFP8_CONV_ARGS_INIT};
                struct ffp8_conv_call call;
                job.args.shape = shapes[i];
                job.args.layout = (ffp8_layout)layout;
                job.args.x_type = FFP8_TYPE_FFP8;
                job.args.x_format = format_named(formats[f][0]);
                job.args.filter.format = format_named(formats[f][1]);
                job_data(&job);
                job_describe(&job);
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
            draw_from(first_seed() * 13 + i);
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
            job_describe(&job);
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
