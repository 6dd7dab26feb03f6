/* SPDX-License-Identifier: Apache-2.0
 *
 * test_gemm.c - the matrix product: random sweeps of the loop nest against the oracle, and the corners that sweeps do not reach
 *
 * A job draws every parameter of ffp8_gemm_args and runs on two tables: the active tier's and the generic one, whose blocks differ. Data come
 * in two kinds. "Whole": small integers and scales that are powers of two, whose sums are exact in every class, so that all classes, outputs
 * and epilogue steps are compared with the oracle bit for bit. "Full": any finite code; I8 and I16 are still compared bit for bit, BF16 and F32
 * within the bound below. The oracle itself is compared with the formula of ffp8.h in terms of ffp8_decode.
 *
 * Bound. In each scale block a sum of n products in any order differs from the exact one by at most gamma(n) S, S = sum of |a w|; F32 products may
 * round once more; the block's scale, its multiplication, and the addition of G blocks round G + 3 times more; flushed denormals add n 2^-126.
 * The oracle rounds no more often, and bias and output round once each: |y - y'| <= gamma(k + 2 G + 8) S' + 8 u |y'| + k 2^-125 |scale|, S' the sum
 * over blocks of |scale| S.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/gemm.h"
#include "dispatch/lut.h"
#include "dispatch/scales.h"
#include "dispatch/select.h"
#include "jobs/operands.h"
#include "kernels/kernel_util.h"

static void start(uint64_t seed) {
    const char *text = getenv("FFP8_SEED");
    draw_from(text ? strtoull(text, NULL, 0) : seed);
}

/* Poisons what lies between rows of `row` elements. */
static void spoil_gaps(uint8_t *data, size_t rows, size_t ld, size_t row, size_t element_bytes) {
    for (size_t r = 0; r + 1 < rows; r++) memset(data + (r * ld + row) * element_bytes, CANARY_BYTE, (ld - row) * element_bytes);
}

/* rows x ld elements less the last row's gap. */
static size_t extent(size_t rows, size_t ld, size_t row) { return rows ? (rows - 1) * ld + row : 0; }

/* Formats of every class, some without a zero; 1 is a value of each. */
static ffp8_format random_format(void) {
    static const char *const names[] = {
        "int8",   "uint8", "ffp8:s1x2y5b1",  "ffp8:s1x3y4b3", "ffp8:s0x3y5b3",  "ffp8:s1x3y4b3:ieee", "ffp8:s1x4y3b7",
        "e4m3fn", "e5m2",  "ffp8:s1x5y2b15", "e4m3fnuz",      "ffp8:s1x6y1b31", "ffp8:s0x6y2b31",     "ffp8:s1x4y3b7:nosub:nozero"};
    static float posit[256], twos_complement[256], odd[256];
    if (one_in(16)) {
        for (int c = 0; c < 256; c++) odd[c] = (float)(c % 128 * 2 - 127);
        return (ffp8_format){.codebook = odd};
    }
    if (one_in(16)) {
        cr_assert_eq(ffp8_codebook_posit8(2, posit), FFP8_OK);
        return (ffp8_format){.codebook = posit};
    }
    if (one_in(12)) {
        cr_assert_eq(ffp8_codebook_int8(twos_complement), FFP8_OK);
        return (ffp8_format){.codebook = twos_complement};
    }
    return format_named(names[below(sizeof names / sizeof *names)]);
}

/* ------------------------------------------------------------------------------------------------- one job */
struct job {
    ffp8_gemm_args args;
    ffp8_threads threads;
    bool whole;
    struct buffer a, w, a_scales, w_scales, bias, residual, c_before, c, want, packed;
    size_t c_count;
    float amax;
    char text[800];
};

static void job_free(struct job *job) {
    struct buffer *all[] = {&job->a,        &job->w,        &job->a_scales, &job->w_scales, &job->bias,
                            &job->residual, &job->c_before, &job->c,        &job->want,     &job->packed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->block);
}

static void draw_scales(ffp8_scales *scales, struct buffer *buffer, size_t rows, size_t k, bool whole) {
    static const size_t row_blocks[] = {0, 1, 1, 5, 16, 128}, k_blocks[] = {0, 0, 0, 4, 8, 32, 64, 128};
    if (one_in(3)) return;
    scales->type = one_in(3) ? FFP8_SCALE_E8M0 : FFP8_SCALE_F32;
    scales->block_rows = row_blocks[below(6)];
    scales->block_k = k_blocks[below(8)];
    const size_t blocks = ffp8_scale_blocks(rows, scales->block_rows), k_count = ffp8_scale_blocks(k, scales->block_k);
    scales->ld = k_count + below(3);
    const size_t count = extent(blocks, scales->ld, k_count);
    *buffer = buffer_new(count * ffp8_scale_bytes(scales->type), 0);
    for (size_t i = 0; i < count; i++) {
        const int exponent = (int)below(3) - 1;
        if (scales->type == FFP8_SCALE_E8M0)
            buffer->data[i] = (uint8_t)(127 + exponent);
        else
            ((float *)buffer->data)[i] = whole ? ldexpf(1, exponent) : (one_in(10) ? -1.0f : 1.0f) * (0.25f + (float)below(1000) / 999);
    }
    scales->data = buffer->data;
}

static size_t draw_size(const size_t *list, size_t count, size_t most) { return one_in(2) ? list[below(count)] : below(most + 1); }

static bool is_exact(const struct job *job) {
    struct ffp8_gemm_problem problem;
    cr_assert_eq(ffp8_gemm_check(&job->args, true, &problem), FFP8_OK);
    return problem.product <= FFP8_CLASS_I16 || (job->whole && !job->args.a_quantize);
}

static void job_pack(struct job *job) {
    ffp8_gemm_args *args = &job->args;
    size_t bytes;
    cr_assert_eq(ffp8_gemm_packed_size(args->n, args->k, &args->weights, &bytes), FFP8_OK);
    job->packed = buffer_new(bytes, 0);
    cr_assert_eq(ffp8_gemm_pack(args->n, args->k, &args->weights, job->packed.data, bytes), FFP8_OK);
    cr_assert(canaries_live(&job->packed));
    ffp8_packed_info info;
    cr_assert_eq(ffp8_packed_check((ffp8_packed){job->packed.data, bytes}, &info), FFP8_OK);
    cr_assert(info.n == args->n && info.k == args->k);
    args->packed = (ffp8_packed){job->packed.data, bytes};
    args->weights.data = NULL;
}

static void describe(struct job *job) {
    const ffp8_gemm_args *g = &job->args;
    const ffp8_scales *as = &g->a_scales, *ws = &g->weights.scales;
    char a[FFP8_FORMAT_NAME_BYTES] = "codebook", w[FFP8_FORMAT_NAME_BYTES] = "codebook", c[FFP8_FORMAT_NAME_BYTES] = "codebook",
         how[256] = "?";
    ffp8_format_name(&g->a_format, a, sizeof a);
    ffp8_format_name(&g->weights.format, w, sizeof w);
    ffp8_format_name(&g->c_format, c, sizeof c);
    ffp8_gemm_explain(g, how, sizeof how);
    snprintf(job->text, sizeof job->text,
             "m %zu n %zu k %zu a type %d %s lda %zu quantize %d scales %d (type %d, %zu x %zu) w %s %s ld %zu %s scales %d (type %d, %zu "
             "x %zu) c type %d %s "
             "ldc %zu scale %g accumulate %d epilogue %d%s%s accuracy %d threads %zu %s [%s]",
             g->m, g->n, g->k, g->a_type, a, g->lda, g->a_quantize, as->data != NULL, as->type, as->block_rows, as->block_k, w,
             g->weights.order ? "kn" : "nk", g->weights.ld, g->packed.data ? "packed" : "plain", ws->data != NULL, ws->type, ws->block_rows,
             ws->block_k, g->c_type, c, g->ldc, (double)g->c_scale, g->accumulate, g->epilogue.activation, g->epilogue.bias ? " bias" : "",
             g->epilogue.residual ? " residual" : "", g->accuracy, g->threads ? g->threads->threads : 0, job->whole ? "whole" : "full",
             how);
}

static void job_draw(struct job *job) {
    static const size_t ms[] = {0, 1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 29, 127, 129},
                        ns[] = {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 511, 513, 545},
                        ks[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 33, 127, 128, 129, 255, 256, 257, 511, 513, 700, 1030, 2100};
    memset(job, 0, sizeof *job);
    job->whole = one_in(2);
    ffp8_gemm_args *g = &job->args;
    g->struct_size = sizeof *g;
    do {
        g->m = draw_size(ms, sizeof ms / sizeof *ms, 40);
        g->n = draw_size(ns, sizeof ns / sizeof *ns, 100);
        g->k = draw_size(ks, sizeof ks / sizeof *ks, 300);
    } while (g->m * g->n * g->k > 600000); /* the oracle is slow */
    g->a_type = one_in(2) ? FFP8_TYPE_FFP8 : (ffp8_dtype)below(3);
    g->a_format = random_format();
    g->a_quantize = g->a_type != FFP8_TYPE_FFP8 && one_in(3);
    g->accuracy = (ffp8_accuracy)below(2);
    g->lda = g->k + (one_in(2) ? below(9) : 0);
    job->a = buffer_new(extent(g->m, g->lda, g->k) * type_bytes(g->a_type), below(8) * type_bytes(g->a_type));
    fill(job->a.data, g->a_type, extent(g->m, g->lda, g->k), &g->a_format, job->whole);
    spoil_gaps(job->a.data, g->m, g->lda, g->k, type_bytes(g->a_type));
    g->a = job->a.data;
    if (!g->a_quantize) draw_scales(&g->a_scales, &job->a_scales, g->m, g->k, job->whole);

    ffp8_weights *w = &g->weights;
    w->order = (ffp8_order)below(2);
    w->format = random_format();
    const size_t rows = w->order == FFP8_ORDER_NK ? g->n : g->k, row = w->order == FFP8_ORDER_NK ? g->k : g->n;
    w->ld = row + (one_in(2) ? below(5) : 0);
    job->w = buffer_new(extent(rows, w->ld, row), below(8));
    fill_codes(job->w.data, job->w.bytes, &w->format, job->whole);
    spoil_gaps(job->w.data, rows, w->ld, row, 1);
    w->data = job->w.data;
    draw_scales(&w->scales, &job->w_scales, g->n, g->k, job->whole);
    if (one_in(2)) job_pack(job);

    g->ldc = g->n + (one_in(2) ? below(5) : 0);
    const bool exact = is_exact(job);
    g->c_type = exact ? (ffp8_dtype)below(4) : FFP8_TYPE_F32;
    g->c_format = random_format();
    job->c_count = extent(g->m, g->ldc, g->n);
    if (exact && one_in(3)) g->c_scale = one_in(2) ? 0.5f : 0.3f;
    if (exact && one_in(3)) g->accumulate = 1;
    g->c_encoding = (ffp8_encoding){(ffp8_rounding)below(4), (ffp8_overflow)below(2), (ffp8_nan)below(2), draw()};
    const size_t c_bytes = job->c_count * type_bytes(g->c_type), misalign = below(8) * type_bytes(g->c_type);
    job->c_before = buffer_new(c_bytes, misalign);
    job->c = buffer_new(c_bytes, misalign);
    job->want = buffer_new(c_bytes, misalign);
    fill(job->c_before.data, g->c_type, job->c_count, &g->c_format, job->whole);

    ffp8_epilogue *e = &g->epilogue;
    if (one_in(2)) {
        job->bias = buffer_new(g->n * sizeof(float), 0);
        fill(job->bias.data, FFP8_TYPE_F32, g->n, NULL, job->whole);
        e->bias = (const float *)job->bias.data;
    }
    if (exact && one_in(2)) {
        e->residual_type = (ffp8_dtype)below(4);
        e->residual_format = random_format();
        e->residual_scale = one_in(2) ? 0 : 0.7f;
        e->ld_residual = g->n + below(4);
        const size_t count = extent(g->m, e->ld_residual, g->n);
        job->residual = buffer_new(count * type_bytes(e->residual_type), 0);
        fill(job->residual.data, e->residual_type, count, &e->residual_format, job->whole);
        e->residual = job->residual.data;
    }
    if (exact) {
        e->activation = (ffp8_activation)below(3);
        e->clip_min = -3;
        e->clip_max = 40;
        if (one_in(2)) e->amax = &job->amax;
    }
    if (one_in(2)) {
        job->threads = (ffp8_threads){run_backwards, NULL, 1 + below(7)};
        g->threads = &job->threads;
    }
    describe(job);
}

static ffp8_status on_oracle(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args) {
    (void)kernels;
    return ffp8_gemm_oracle(args);
}

/* Runs into `into`, which starts as c_before, in a workspace of exactly the queried size; returns amax. */
static float job_run(struct job *job, struct buffer *into, const struct ffp8_kernels *kernels,
                     ffp8_status (*function)(const struct ffp8_kernels *, const ffp8_gemm_args *)) {
    ffp8_gemm_args args = job->args;
    size_t bytes;
    memcpy(into->data, job->c_before.data, into->bytes);
    args.c = into->data;
    cr_assert_eq(ffp8_gemm_workspace_on(kernels, &args, &bytes), FFP8_OK, "%s", job->text);
    struct buffer workspace = buffer_new(bytes, below(64));
    memset(workspace.data, 0xFF, bytes); /* NaNs: nothing may be read before it is written */
    args.workspace = workspace.data;
    args.workspace_bytes = bytes;
    job->amax = -1;
    const ffp8_status status = function(kernels, &args);
    cr_assert_eq(status, FFP8_OK, "%s: %s", ffp8_status_string(status), job->text);
    cr_assert(canaries_live(&workspace), "%s wrote beside the workspace: %s", kernels->name, job->text);
    cr_assert(canaries_live(into), "%s wrote beside c: %s", kernels->name, job->text);
    free(workspace.block);
    return job->amax;
}

/* What ffp8.h says of element (r, j), in double and from the plain weights; `magnitude`: S' of the bound; `scale`: the largest of the blocks. */
static void formula(const struct job *job, size_t r, size_t j, double *sum, double *magnitude, double *scale) {
    const ffp8_gemm_args *g = &job->args;
    const ffp8_weights *w = &g->weights;
    float quantized_scale = 1;
    uint8_t *codes = NULL;
    if (g->a_quantize) {
        codes = malloc(g->k + 1);
        cr_assert_eq(ffp8_quantize_rows(&g->a_format, (const uint8_t *)g->a + r * g->lda * type_bytes(g->a_type), g->a_type, g->k, 1, g->k,
                                        codes, g->k, &quantized_scale, NULL),
                     FFP8_OK);
    }
    *sum = *magnitude = *scale = 0;
    for (size_t i = 0; i < g->k; i++) {
        const struct ffp8_scale_grid a_grid = ffp8_scale_grid_of(&g->a_scales), w_grid = ffp8_scale_grid_of(&w->scales);
        const struct ffp8_scale_grid *as = &a_grid, *ws = &w_grid;
        const double a_scale = ffp8_scale_at(as, as->block_rows ? r / as->block_rows : 0, as->block_k ? i / as->block_k : 0);
        const double w_scale = ffp8_scale_at(ws, ws->block_rows ? j / ws->block_rows : 0, ws->block_k ? i / ws->block_k : 0);
        float a = codes ? load(codes, FFP8_TYPE_FFP8, &g->a_format, i) : load(g->a, g->a_type, &g->a_format, r * g->lda + i);
        if (g->accuracy == FFP8_ACCURACY_BF16 && g->a_type != FFP8_TYPE_FFP8 && !g->a_quantize)
            a = ffp8_f32_from_bf16(ffp8_bf16_from_f32(a));
        const size_t at = w->order == FFP8_ORDER_NK ? j * w->ld + i : i * w->ld + j;
        const double product = (double)a * load(job->w.data, FFP8_TYPE_FFP8, &w->format, at) * a_scale * w_scale * quantized_scale;
        *sum += product;
        *magnitude += fabs(product);
        *scale = fmax(*scale, fabs(a_scale * w_scale * quantized_scale));
    }
    free(codes);
}

static double bound_of(const struct job *job, double magnitude, double scale, double want) {
    const double u = 0x1p-24, n = (double)(3 * job->args.k + 8); /* at most as many blocks as terms */
    return n * u / (1 - n * u) * magnitude + 8 * u * fabs(want) + (double)job->args.k * 0x1p-125 * scale;
}

static void expect_same(const struct job *job, const char *who, float amax, float want_amax) {
    const ffp8_gemm_args *g = &job->args;
    const size_t bytes = type_bytes(g->c_type);
    for (size_t i = 0; i < job->c_count; i++) { /* the gaps between rows too */
        if (memcmp(job->c.data + i * bytes, job->want.data + i * bytes, bytes) == 0) continue;
        const float got = load(job->c.data, g->c_type, &g->c_format, i), want = load(job->want.data, g->c_type, &g->c_format, i);
        if (g->c_type != FFP8_TYPE_FFP8 && isnan(got) && isnan(want)) continue;
        cr_assert_fail("%s: c[%zu][%zu] = %.9g, oracle %.9g: %s", who, i / g->ldc, i % g->ldc, (double)got, (double)want, job->text);
    }
    if (g->epilogue.amax)
        cr_assert(amax == want_amax || (isnan(amax) && isnan(want_amax)), "%s: amax %g, oracle %g: %s", who, (double)amax,
                  (double)want_amax, job->text);
}

static double worst;

static void expect_within(const struct job *job, const char *who) {
    const ffp8_gemm_args *g = &job->args;
    for (size_t r = 0; r < g->m; r++)
        for (size_t j = 0; j < g->n; j++) {
            if (job->c_count > 2000 && !one_in(job->c_count / 1000)) continue; /* the formula is slower still */
            const double got = ((const float *)job->c.data)[r * g->ldc + j], want = ((const float *)job->want.data)[r * g->ldc + j];
            double sum, magnitude, scale;
            formula(job, r, j, &sum, &magnitude, &scale);
            const double bound = bound_of(job, magnitude, scale, want);
            if (bound > 0) worst = fmax(worst, fabs(got - want) / bound);
            cr_assert(fabs(got - want) <= bound, "%s: c[%zu][%zu] = %.9g, oracle %.9g, off by %g bounds: %s", who, r, j, got, want,
                      fabs(got - want) / bound, job->text);
        }
}

static void expect_formula(const struct job *job) {
    const ffp8_gemm_args *g = &job->args;
    if (g->c_type != FFP8_TYPE_F32 || g->accumulate || g->epilogue.bias || g->epilogue.residual || g->epilogue.activation || g->c_scale)
        return;
    for (int tries = 0; tries < 20 && g->m && g->n; tries++) {
        const size_t r = below(g->m), j = below(g->n);
        double sum, magnitude, scale;
        formula(job, r, j, &sum, &magnitude, &scale);
        const double want = ((const float *)job->want.data)[r * g->ldc + j];
        cr_assert(fabs(sum - want) <= bound_of(job, magnitude, scale, want), "oracle: c[%zu][%zu] = %.9g, formula %.17g: %s", r, j, want,
                  sum, job->text);
    }
}

static void job_check(struct job *job) {
    const struct ffp8_kernels *tables[] = {&ffp8_kernels_generic, ffp8_kernels_active()};
    const float want_amax = job_run(job, &job->want, &ffp8_kernels_generic, on_oracle);
    expect_formula(job);
    for (size_t t = ffp8_active_isa() == FFP8_ISA_GENERIC; t < 2; t++) {
        const float amax = job_run(job, &job->c, tables[t], ffp8_gemm_run);
        if (is_exact(job))
            expect_same(job, tables[t]->name, amax, want_amax);
        else
            expect_within(job, tables[t]->name);
    }
}

Test(gemm, sweep) {
    start(1);
    struct job job;
    for (int i = 0; i < 2000; i++) {
        const uint64_t seed = draw_state();
        job_draw(&job);
        snprintf(job.text + strlen(job.text), sizeof job.text - strlen(job.text), " (FFP8_SEED=%llu)", (unsigned long long)seed);
        job_check(&job);
        job_free(&job);
    }
    cr_log_info("gemm: the worst float sum is off by %.3g of the bound", worst);
}

/* ------------------------------------------------------------------------------------------------- corners */

/* A job of given shape and formats; c is FP32. */
static void job_make(struct job *job, size_t m, size_t n, size_t k, const char *a_name, const char *w_name) {
    memset(job, 0, sizeof *job);
    ffp8_gemm_args *g = &job->args;
    *g = (ffp8_gemm_args)FFP8_GEMM_ARGS_INIT;
    g->m = m;
    g->n = g->ldc = n;
    g->k = g->lda = g->weights.ld = k;
    g->a_type = FFP8_TYPE_FFP8;
    g->a_format = format_named(a_name);
    g->weights.format = format_named(w_name);
    job->a = buffer_new(m * k, 0);
    job->w = buffer_new(n * k, 0);
    g->a = job->a.data;
    g->weights.data = job->w.data;
    job->c_count = m * n;
    job->c_before = buffer_new(m * n * sizeof(float), 0);
    job->c = buffer_new(m * n * sizeof(float), 0);
    job->want = buffer_new(m * n * sizeof(float), 0);
    fill_codes(job->a.data, m * k, &g->a_format, false);
    fill_codes(job->w.data, n * k, &g->weights.format, false);
    describe(job);
}

static uint8_t largest_code(const ffp8_format *format) {
    float value[256];
    int best = -1;
    ffp8_format_values(format, value);
    for (int c = 0; c < 256; c++)
        if (isfinite(value[c]) && (best < 0 || value[c] > value[best])) best = c;
    return (uint8_t)best;
}

/* Sums far beyond int32: nothing but the cut of k at exact_terms keeps them right. Weights that are packed promise more terms where they are
 * small: all but some runs of them. */
Test(gemm, largest_elements_over_long_k) {
    static const char *const pairs[][2] = {
        {"uint8", "int8"}, {"int8", "int8"}, {"ffp8:s0x3y5b3", "ffp8:s0x3y5b3"}, {"ffp8:s1x3y4b3", "ffp8:s0x3y5b3"}, {"uint8", "uint8"}};
    start(2);
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        for (int packed = 0; packed < 2; packed++)
            for (size_t m = 1, few = below(2); m <= 17; m += 16, few ^= 1) {
                struct job job;
                job_make(&job, m, 2, 70000, pairs[p][0], pairs[p][1]);
                memset(job.a.data, largest_code(&job.args.a_format), job.a.bytes);
                memset(job.w.data, few ? 1 : largest_code(&job.args.weights.format), job.w.bytes);
                for (size_t run = 0; few && run < 20; run++) {
                    const size_t length = 1 + below(1500);
                    memset(job.w.data + below(job.w.bytes - length), largest_code(&job.args.weights.format), length);
                }
                for (size_t i = 0; i < 200; i++) job.w.data[below(job.w.bytes)] = (uint8_t)below(100); /* so that columns differ */
                if (packed) job_pack(&job);
                cr_assert(is_exact(&job));
                job_check(&job);
                job_free(&job);
            }
}

/* Shapes of more than one block of rows, columns and k at once, which are too large for the sweep. */
Test(gemm, several_blocks) {
    start(3);
    static const char *const names[][2] = {
        {"ffp8:s1x3y4b3", "ffp8:s1x3y4b3"}, {"e4m3fn", "e5m2"}, {"int8", "int8"}, {"ffp8:s1x6y1b31", "e5m2"}};
    const size_t shapes[][3] = {{270, 40, 2100}, {7, 1100, 1100}};
    for (size_t i = 0; i < 8; i++) {
        struct job job;
        job_make(&job, shapes[i % 2][0], shapes[i % 2][1], shapes[i % 2][2], names[i / 2][0], names[i / 2][1]);
        if (i & 4) job_pack(&job);
        job_check(&job);
        job_free(&job);
    }
}

/* Dynamic quantization is ffp8_quantize_rows followed by a product with per-row scales. */
Test(gemm, quantize_is_quantize_rows) {
    start(4);
    for (int round = 0; round < 60; round++) {
        struct job job;
        do job_draw(&job);
        while (!job.args.a_quantize && (job_free(&job), true));
        ffp8_gemm_args *g = &job.args;
        job_run(&job, &job.want, ffp8_kernels_active(), ffp8_gemm_run);
        struct buffer codes = buffer_new(g->m * g->k, 0), scales = buffer_new(g->m * sizeof(float), 0);
        cr_assert_eq(ffp8_quantize_rows(&g->a_format, g->a, g->a_type, g->lda, g->m, g->k, codes.data, g->k, (float *)scales.data, NULL),
                     FFP8_OK);
        g->a = codes.data;
        g->lda = g->k;
        g->a_type = FFP8_TYPE_FFP8;
        g->a_quantize = 0;
        g->a_scales = (ffp8_scales){.data = scales.data, .block_rows = 1, .ld = 1};
        job_run(&job, &job.c, ffp8_kernels_active(), ffp8_gemm_run);
        expect_same(&job, "explicit", 0, 0);
        free(codes.block);
        free(scales.block);
        job_free(&job);
    }
}

/* Elements and scales whose powers of two cannot be multiplied without leaving FP32's normal range: served all the same, and bit for bit. */
Test(gemm, extreme_exponents) {
    static const char *const names[] = {"ffp8:s1x3y4b60", "ffp8:s1x3y4b125", "ffp8:s1x3y4b-55", "ffp8:s1x3y4b3"};
    static const float exponents[] = {-126, -100, -60, -30, 0, 30, 60, 100, 126};
    start(5);
    for (int round = 0; round < 400; round++) {
        struct job job;
        job_make(&job, 1 + below(20), 33, 70, names[below(4)], names[below(4)]);
        float a_scale = ldexpf(1.5f, (int)exponents[below(9)]), w_scale = ldexpf(1.25f, (int)exponents[below(9)]);
        job.args.weights.scales.data = &w_scale;
        if (one_in(2)) {
            job.args.a_scales.data = &a_scale;
        } else if (one_in(2)) { /* quantized: rows of any magnitude */
            float *a = malloc(sizeof(float) * job.args.m * 70);
            for (size_t i = 0; i < job.args.m * 70; i++)
                a[i] = ldexpf((float)below(1000) - 500, (int)exponents[(i / 70 + (size_t)round) % 9] - 9);
            free(job.a.block);
            job.a = buffer_new(sizeof(float) * job.args.m * 70, 0);
            memcpy(job.a.data, a, job.a.bytes);
            free(a);
            job.args.a = job.a.data;
            job.args.a_type = FFP8_TYPE_F32;
            job.args.a_quantize = 1;
        }
        describe(&job);
        const float want = job_run(&job, &job.want, &ffp8_kernels_generic, on_oracle);
        for (int t = 0; t < 2; t++) {
            const struct ffp8_kernels *kernels = t ? ffp8_kernels_active() : &ffp8_kernels_generic;
            expect_same(&job, kernels->name, job_run(&job, &job.c, kernels, ffp8_gemm_run), want);
        }
        job_free(&job);
    }
}

/* Inf and NaN on either side, in weights that padding shares lines with, and in scales. */
Test(gemm, specials) {
    static const char *const names[] = {"e5m2", "e4m3fn", "e4m3fnuz", "ffp8:s1x3y4b3:ieee", "ffp8:s1x6y1b31:ieee"};
    start(6);
    for (int round = 0; round < 300; round++) {
        struct job job;
        const ffp8_format *formats[2];
        job_make(&job, 1 + below(20), 1 + below(70), 1 + below(90), names[below(5)], names[below(5)]);
        formats[0] = &job.args.a_format;
        formats[1] = &job.args.weights.format;
        for (int side = 0; side < 2; side++) {
            float value[256];
            ffp8_format_values(formats[side], value);
            struct buffer *b = side ? &job.w : &job.a;
            for (size_t i = 0; i < 1 + b->bytes / 200; i++) {
                const uint8_t code = (uint8_t)below(256);
                if (!isfinite(value[code])) b->data[below(b->bytes)] = code;
            }
        }
        uint8_t scales[70];
        for (size_t j = 0; j < 70; j++) scales[j] = one_in(20) ? 255 : (uint8_t)(120 + below(10));
        if (one_in(3)) job.args.weights.scales = (ffp8_scales){.data = scales, .type = FFP8_SCALE_E8M0, .block_rows = 1, .ld = 1};
        if (one_in(2)) job_pack(&job);
        describe(&job);
        job_run(&job, &job.want, &ffp8_kernels_generic, on_oracle);
        for (int t = 0; t < 2; t++) {
            const struct ffp8_kernels *kernels = t ? ffp8_kernels_active() : &ffp8_kernels_generic;
            job_run(&job, &job.c, kernels, ffp8_gemm_run);
            for (size_t i = 0; i < job.c_count; i++) {
                const float got = ((const float *)job.c.data)[i], want = ((const float *)job.want.data)[i];
                cr_assert(isfinite(want) ? isfinite(got)
                          : isnan(want)  ? isnan(got)
                                         : got == want,
                          "%s: c[%zu] = %g, oracle %g: %s", kernels->name, i, (double)got, (double)want, job.text);
            }
        }
        job_free(&job);
    }
}

/* sigmoid and its kin: within 4 ulp of the exact function; here against the oracle's, which is within its own bound of 4. */
Test(gemm, smooth_activations) {
    start(7);
    for (int activation = FFP8_ACTIVATION_SIGMOID; activation <= FFP8_ACTIVATION_GELU_TANH; activation++) {
        struct job job;
        float scale = 0.003f;
        job_make(&job, 9, 75, 40, "ffp8:s1x3y4b3", "ffp8:s1x3y4b3");
        job.args.a_scales.data = &scale;
        job.args.epilogue.activation = (ffp8_activation)activation;
        job.args.epilogue.amax = &job.amax;
        job_run(&job, &job.want, &ffp8_kernels_generic, on_oracle);
        const float amax = job_run(&job, &job.c, ffp8_kernels_active(), ffp8_gemm_run);
        float largest = 0;
        for (size_t i = 0; i < job.c_count; i++) {
            const float got = ((const float *)job.c.data)[i], want = ((const float *)job.want.data)[i];
            largest = fmaxf(largest, fabsf(got));
            cr_assert(fabsf(got - want) <= 8 * (nextafterf(fabsf(want), INFINITY) - fabsf(want)), "activation %d: %.9g, oracle %.9g",
                      activation, (double)got, (double)want);
        }
        cr_assert_eq(amax, largest);
        job_free(&job);
    }
}

/* The size query promises enough for a run whose optional pointers are set only later. */
Test(gemm, query_without_pointers) {
    start(8);
    for (int i = 0; i < 500; i++) {
        struct job job;
        job_draw(&job);
        ffp8_gemm_args query = job.args;
        size_t early, late;
        query.a = query.c = NULL;
        query.weights.data = NULL;
        query.a_scales.data = query.weights.scales.data = NULL;
        query.epilogue.bias = NULL;
        query.epilogue.residual = NULL;
        query.epilogue.amax = NULL;
        cr_assert_eq(ffp8_gemm_workspace(&query, &early), FFP8_OK, "%s", job.text);
        cr_assert_eq(ffp8_gemm_workspace(&job.args, &late), FFP8_OK, "%s", job.text);
        cr_assert_eq(early, late, "%zu, then %zu: %s", early, late, job.text);
        job_free(&job);
    }
}

Test(gemm, explain_names_tier_class_and_fallback) {
    char text[256];
    struct job job;
    start(9);
    job_make(&job, 20, 40, 64, "ffp8:s1x3y4b3", "ffp8:s1x3y4b3");
    job_pack(&job);
    job.args.m = 200; /* explained, not computed */
    cr_assert_eq(ffp8_gemm_explain(&job.args, text, sizeof text), FFP8_OK);
    if (ffp8_active_isa() == FFP8_ISA_GENERIC) {
        cr_assert_str_eq(text, "generic: the active tier");
    } else {
        char want[64];
        snprintf(want, sizeof want, "%s: i16 packed", ffp8_isa_name(ffp8_active_isa()));
        cr_assert_str_eq(text, want);
        static float scales[4096];
        for (size_t i = 0; i < 4096; i++) scales[i] = 1;
        job.args.packed = (ffp8_packed){0};
        job.args.weights.data = job.w.data;
        for (size_t m = 1; m <= 200; m += 199) { /* few rows: plain weights are read where they lie */
            job.args.m = m;
            cr_assert_eq(ffp8_gemm_explain(&job.args, text, sizeof text), FFP8_OK);
            snprintf(want, sizeof want, "%s: i16 plain%s", ffp8_isa_name(ffp8_active_isa()),
                     m == 1 && job.args.weights.order == FFP8_ORDER_NK ? ", direct" : "");
            cr_assert_str_eq(text, want);
        }
        job.args.a_scales = (ffp8_scales){.data = scales, .block_rows = 1, .block_k = 12, .ld = 6};
        job.args.weights.scales = (ffp8_scales){.data = scales, .block_rows = 1, .block_k = 8, .ld = 8};
        cr_assert_eq(ffp8_gemm_explain(&job.args, text, sizeof text), FFP8_OK);
        cr_assert_str_eq(text, "generic: scale blocks along k of A and W do not nest");
    }
    cr_assert_eq(ffp8_gemm_explain(&job.args, text, 5), FFP8_ERROR_BUFFER);
    job_free(&job);
}
