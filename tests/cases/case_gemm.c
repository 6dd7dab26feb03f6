/* SPDX-License-Identifier: Apache-2.0
 *
 * case_gemm.c - the matrix product through any table: random formats, types, scales, epilogues, packed and plain weights
 *
 * The oracle decodes by the formula and sums each block of scales exactly. Products of classes I8 and I16 must be bitwise right, and so must those
 * of the other classes when the data are small integers; else the sums may be off by the bound of case_dot.c, which interval arithmetic carries
 * through scales, epilogue and conversion. A second run with other threads must give the same bits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases/operator.h"
#include "check/check.h"
#include "dispatch/gemm.h"
#include "dispatch/stage.h"

enum { MAX_M = 48, MAX_N = 110, MAX_K = 420, MAX_BLOB = 1 << 19 };

static float a_value[MAX_M * MAX_K], w_value[MAX_N * MAX_K];
static uint8_t w_code[MAX_N * MAX_K];

struct problem {
    ffp8_gemm_args args;
    bool exact, packed, residual, bias, amax;
    ffp8_dtype a_type;
    ffp8_class product;
    struct ffp8_finish finish;
    int shift;
    double a_quantum, w_quantum; /* all values are whole multiples */
};

/* ---------------------------------------------------------------------------------------------------------------
 * Scales
 */
enum { MAX_SCALES = MAX_N * (MAX_K / 4 + 4) };
struct scale_data {
    float f32[MAX_SCALES];
    uint8_t e8m0[MAX_SCALES];
};
static struct scale_data a_scale_data, w_scale_data;

static float scale_value(const ffp8_scales *s, const struct scale_data *data, size_t row, size_t k) {
    if (!s->ld) return 1;
    const size_t i = (s->block_rows ? row / s->block_rows : 0) * s->ld + (s->block_k ? k / s->block_k : 0);
    return s->type == FFP8_SCALE_E8M0 ? ldexpf(1, data->e8m0[i] - 127) : data->f32[i];
}

/* Fills `data`; returns the elements of the array, 0 for no scales. ld marks that there are some. */
static size_t draw_scales(struct check_run *run, ffp8_scales *s, struct scale_data *data, size_t rows, size_t k, bool powers) {
    static const size_t blocks_k[] = {0, 0, 4, 8, 32, 128, 20}, blocks_rows[] = {0, 1, 1, 1, 5, 16, 128};
    memset(s, 0, sizeof *s);
    if (check_chance(&run->rand, 3)) return 0;
    s->block_rows = blocks_rows[check_below(&run->rand, 7)];
    s->block_k = blocks_k[check_below(&run->rand, 7)];
    s->type = check_chance(&run->rand, 3) ? FFP8_SCALE_E8M0 : FFP8_SCALE_F32;
    const size_t row_blocks = s->block_rows ? ffp8_ceil_div(rows, s->block_rows) : 1,
                 k_blocks = s->block_k ? ffp8_ceil_div(k, s->block_k) : 1;
    s->ld = k_blocks + check_below(&run->rand, 3);
    if (s->ld == 0) s->ld = 1;
    const size_t n = row_blocks ? (row_blocks - 1) * s->ld + k_blocks : 0;
    for (size_t i = 0; i < n; i++) {
        const int exponent = (int)check_below(&run->rand, 9) - 4;
        data->e8m0[i] = (uint8_t)(127 + exponent);
        data->f32[i] = ldexpf(powers ? 1 : 1 + fabsf(check_uniform(&run->rand)), exponent) * (check_chance(&run->rand, 16) ? -1 : 1);
    }
    return n;
}

static const void *scale_buffer(struct check_run *run, const char *name, const ffp8_scales *s, const struct scale_data *data, size_t n) {
    if (!s->ld) return NULL;
    struct check_buffer *b = check_array(run, name, CHECK_IN, n, s->type == FFP8_SCALE_E8M0 ? 1 : 4);
    memcpy(b->data, s->type == FFP8_SCALE_E8M0 ? (const void *)data->e8m0 : data->f32, b->bytes);
    return b->kernel;
}

/* ---------------------------------------------------------------------------------------------------------------
 * Data
 */
/* Row by row: what ffp8_quantize_rows does. Returns the scale. */
static float quantize_row(const ffp8_format *format, float *row, size_t k) {
    static struct ffp8_encoder encoder;
    float amax = 0;
    for (size_t i = 0; i < k; i++) amax = isnan(row[i]) || isnan(amax) ? NAN : fmaxf(amax, fabsf(row[i]));
    const float scale = ffp8_row_scale(amax, ffp8_row_target(format)); /* tested with the conversions */
    ffp8_encoder_init(&encoder, format, 1.0f / scale, NULL);
    for (size_t i = 0; i < k; i++) {
        uint8_t code;
        ffp8_encode_of(&ffp8_kernels_generic, &encoder)(&row[i], &code, 1, &encoder, i);
        row[i] = (float)check_decode(format, code);
    }
    return scale;
}

/* A sum over [begin, end) of k as an interval. */
static struct interval block_sum(const struct problem *p, size_t i, size_t j, size_t begin, size_t end) {
    const float *a = a_value + i * p->args.k, *w = w_value + j * p->args.k;
    if (p->exact || p->product <= FFP8_CLASS_I16) { /* few bits: exact in double */
        double sum = 0;
        for (size_t k = begin; k < end; k++) sum += (double)a[k] * w[k];
        return interval_exact((float)sum);
    }
    struct check_sum sum, magnitudes;
    check_sum_clear(&sum);
    check_sum_clear(&magnitudes);
    for (size_t k = begin; k < end; k++) {
        check_sum_add(&sum, a[k], w[k]);
        if (isfinite(a[k]) && isfinite(w[k])) check_sum_add(&magnitudes, fabsf(a[k]), fabsf(w[k]));
    }
    const double n = check_roundings(p->product, end - begin), s = check_sum_value(&magnitudes);
    /* Elements are values times 2^-shift: sums of either may overflow on the way, which also turns an operand's Inf into NaN. */
    if (!isnan(check_sum_value(&sum)) && fmax(s, ldexp(s, -p->shift)) >= 0x1p127) return (struct interval){-INFINITY, INFINITY, false};
    return interval_around(check_sum_value(&sum), check_gamma(n) * s + n * check_underflow(p->product, p->shift));
}

/* ---------------------------------------------------------------------------------------------------------------
 * Calls
 */
struct gemm_call {
    const struct ffp8_kernels *kernels;
    const ffp8_gemm_args *args;
    void *packed;
    size_t bytes;
    ffp8_status status;
};

static void invoke_pack(void *argument) {
    struct gemm_call *c = argument;
    c->status = ffp8_gemm_pack(c->args->n, c->args->k, &c->args->weights, c->packed, c->bytes);
}

static void invoke_gemm(void *argument) {
    struct gemm_call *c = argument;
    c->status = ffp8_gemm_run(c->kernels, c->args);
}

static void describe(struct check_run *run, const struct problem *p) {
    const ffp8_gemm_args *g = &p->args;
    const ffp8_format *a = &g->a_format, *w = &g->weights.format, *c = &g->c_format;
    check_describe(run,
                   "m %zu n %zu k %zu, A type %d%s s%ux%uy%ub%d specials %u%s, W %s %s s%ux%uy%ub%d specials %u%s, class %d%s, C type %d "
                   "s%ux%uy%ub%d scale %.9g%s, "
                   "a_scales %zux%zu type %d, w_scales %zux%zu type %d, activation %d%s%s%s, accuracy %d, lda %zu ldc %zu",
                   g->m, g->n, g->k, (int)g->a_type, g->a_quantize ? " quantized" : "", a->sign_bits, a->exponent_bits, a->fraction_bits,
                   a->bias, a->specials, a->codebook ? " codebook" : "", p->packed ? "packed" : "plain",
                   g->weights.order == FFP8_ORDER_NK ? "NK" : "KN", w->sign_bits, w->exponent_bits, w->fraction_bits, w->bias, w->specials,
                   w->codebook ? " codebook" : "", (int)p->product, p->exact ? " exact" : "", (int)g->c_type, c->sign_bits,
                   c->exponent_bits, c->fraction_bits, c->bias, (double)g->c_scale, g->accumulate ? " accumulated" : "",
                   g->a_scales.block_rows, g->a_scales.block_k, g->a_scales.ld ? (int)g->a_scales.type : -1, g->weights.scales.block_rows,
                   g->weights.scales.block_k, g->weights.scales.ld ? (int)g->weights.scales.type : -1, (int)p->finish.activation,
                   p->bias ? " bias" : "", p->residual ? " residual" : "", p->amax ? " amax" : "", (int)g->accuracy, g->lda, g->ldc);
}

/* A as it is stored, and the values that are multiplied. row_scale: of quantized rows. */
static bool fill_a(struct check_run *run, struct problem *p, void *stored_a, float *row_scale) {
    static uint8_t code[MAX_M * MAX_K];
    ffp8_gemm_args *g = &p->args;
    const size_t count = g->m * g->k, bytes = output_element_bytes(g->a_type);
    if (g->a_type == FFP8_TYPE_FFP8) {
        if (!fill_codes(run, &g->a_format, p->exact, code, a_value, count, &p->a_quantum)) return false;
        memcpy(stored_a, code, count);
    } else {
        check_fill_f32(&run->rand, a_value, count, false);
        for (size_t i = 0; i < count; i++) {
            if (p->exact) a_value[i] = (float)((int)check_below(&run->rand, 33) - 16);
            const uint16_t bf16 = ffp8_bf16_from_f32(a_value[i]), f16 = ffp8_f16_from_f32(a_value[i]);
            memcpy((uint8_t *)stored_a + i * bytes,
                   g->a_type == FFP8_TYPE_BF16  ? (const void *)&bf16
                   : g->a_type == FFP8_TYPE_F16 ? (const void *)&f16
                                                : &a_value[i],
                   bytes);
            a_value[i] = stored_value(stored_a, g->a_type, NULL, i);
            if (p->product == FFP8_CLASS_BF16 && !g->a_quantize) {
                a_value[i] = ffp8_f32_from_bf16(ffp8_bf16_from_f32(a_value[i]));
                if (fabsf(a_value[i]) < 0x1p-126f) a_value[i] = 0;
            }
        }
        for (size_t i = 0; i < g->m && g->a_quantize; i++) row_scale[i] = quantize_row(&g->a_format, a_value + i * g->k, g->k);
    }
    return true;
}

static bool compare(struct check_run *run, const struct problem *p, const ffp8_scales *w_scales, const struct check_buffer *c,
                    const struct check_buffer *bias, const struct check_buffer *residual, const struct check_buffer *amax,
                    const float *row_scale) {
    const ffp8_gemm_args *g = &p->args;
    const ffp8_epilogue *e = &g->epilogue;
    struct output output = {
        .type = g->c_type, .format = &g->c_format, .scale = g->c_scale == 0 ? 1 : g->c_scale, .encoding = &g->c_encoding};
    output_begin(&output);
    const size_t block_a = g->a_scales.ld && g->a_scales.block_k ? g->a_scales.block_k : SIZE_MAX,
                 block_w = w_scales->ld && w_scales->block_k ? w_scales->block_k : SIZE_MAX;
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            struct interval acc = interval_exact(0);
            for (size_t k = 0; k < g->k;) {
                const size_t begin = k, left_a = block_a - k % block_a, left_w = block_w - k % block_w;
                k = ffp8_min_size(g->k, k + ffp8_min_size(left_a, ffp8_min_size(left_w, g->k)));
                const float scale = (g->a_quantize ? row_scale[i] : scale_value(&g->a_scales, &a_scale_data, i, begin)) *
                                    scale_value(w_scales, &w_scale_data, j, begin);
                const struct interval sum = block_sum(p, i, j, begin, k);
                acc = begin ? interval_fma(sum, scale, acc) : interval_scale(sum, scale);
            }
            if (bias) acc = interval_add(acc, ((const float *)bias->data)[j]);
            if (residual)
                acc = interval_add(acc, stored_value(residual->data, e->residual_type, &e->residual_format, i * e->ld_residual + j) *
                                            (e->residual_scale == 0 ? 1 : e->residual_scale));
            if (g->accumulate) acc = interval_add(acc, stored_value(c->saved, g->c_type, &g->c_format, i * g->ldc + j) * output.scale);
            acc = interval_activate(acc, &p->finish);
            if (!acc.exact && g->c_type == FFP8_TYPE_FFP8 && g->c_encoding.rounding == FFP8_ROUND_STOCHASTIC) {
                output.amax_hi = INFINITY; /* chance decides between neighbours: no claim */
                continue;
            }
            if (!output_check(run, &output, c, i, j, acc, (uint64_t)i * g->n + j)) return false;
        }
    return !amax || output_check_amax(run, &output, amax);
}

static void draw(struct check_run *run, struct problem *p) {
    static const size_t ms[] = {0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 29, 33, 47},
                        ns[] = {0, 1, 2, 7, 16, 31, 32, 33, 48, 63, 64, 65, 97, 109};
    static const size_t ks[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 65, 127, 130, 255, 419};
    ffp8_gemm_args *g = &p->args;
    memset(p, 0, sizeof *p);
    g->struct_size = sizeof *g;
    g->m = ms[check_below(&run->rand, sizeof ms / sizeof *ms)];
    g->n = ns[check_below(&run->rand, sizeof ns / sizeof *ns)];
    g->k = ks[check_below(&run->rand, sizeof ks / sizeof *ks)];
    p->exact = check_chance(&run->rand, 2);
    p->a_quantum = p->w_quantum = 1;
    p->packed = check_chance(&run->rand, 2);
    g->a_type = check_chance(&run->rand, 2) ? FFP8_TYPE_FFP8 : (ffp8_dtype)check_below(&run->rand, 3);
    g->a_quantize = g->a_type != FFP8_TYPE_FFP8 && check_chance(&run->rand, 3);
    if (g->a_quantize) p->exact = false;
    g->accuracy = (ffp8_accuracy)check_below(&run->rand, 2);
    /* Two codebooks would share one array of values: A has none. */
    do check_random_format(run, &g->a_format);
    while (g->a_format.codebook);
    if (check_chance(&run->rand, 2)) { /* integer classes on both sides are too rare by chance */
        g->a_format = (ffp8_format){.sign_bits = (uint8_t)check_below(&run->rand, 2),
                                    .exponent_bits = (uint8_t)(1 + check_below(&run->rand, 3)),
                                    .bias = (int)check_below(&run->rand, 12) - 2};
        g->a_format.fraction_bits = (uint8_t)(8 - g->a_format.sign_bits - g->a_format.exponent_bits);
        g->weights.format = g->a_format;
        g->weights.format.exponent_bits = (uint8_t)(1 + check_below(&run->rand, 3));
        g->weights.format.fraction_bits = (uint8_t)(8 - g->weights.format.sign_bits - g->weights.format.exponent_bits);
    } else {
        check_random_format(run, &g->weights.format);
    }
    g->c_type = check_chance(&run->rand, 2) ? FFP8_TYPE_F32 : (ffp8_dtype)check_below(&run->rand, 4);
    do check_random_format(run, &g->c_format);
    while (g->c_format.codebook);
    g->c_scale = check_chance(&run->rand, 2) ? 0 : ldexpf(check_chance(&run->rand, 2) ? 1 : 1.3f, (int)check_below(&run->rand, 8) - 4);
    draw_encoding(run, &g->c_encoding, true);
    g->accumulate = check_chance(&run->rand, 3);
    g->weights.order = (ffp8_order)check_below(&run->rand, 2);
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

static bool check_problem(struct check_run *run, struct problem *p) {
    static uint8_t stored_a[MAX_M * MAX_K * 4], transposed[MAX_N * MAX_K], scratch[MAX_M * MAX_N * 4];
    alignas(64) static uint8_t blob[MAX_BLOB];
    static float row_scale[MAX_M];
    ffp8_gemm_args *g = &p->args;
    check_begin(run);

    /* Weights first: which codes occur decides the class. */
    const size_t weights = g->n * g->k;
    if (!fill_codes(run, &g->weights.format, p->exact, w_code, w_value, weights, &p->w_quantum)) return true;
    bool used[256] = {false};
    for (size_t i = 0; i < weights; i++) used[w_code[i]] = true;
    const ffp8_format *a_format = g->a_type == FFP8_TYPE_FFP8 || g->a_quantize ? &g->a_format : NULL;
    const unsigned w_classes = ffp8_format_classes(&g->weights.format, p->packed ? used : NULL); /* plain weights are not looked through */
    p->product = ffp8_product_class(a_format, g->a_type, w_classes, g->accuracy);
    static struct ffp8_operands operands;
    ffp8_operands_init(&operands, run->kernels, a_format, g->a_type, &g->weights.format, w_classes, false, g->accuracy);
    p->shift = operands.shift;
    if (!fill_a(run, p, stored_a, row_scale)) return true;
    const double quantum = p->a_quantum * p->w_quantum;
    if (fmin(quantum, ldexp(quantum, -p->shift)) < 0x1p-120) p->exact = false; /* products of values or elements underflow */
    const size_t a_scales = g->a_quantize ? 0 : draw_scales(run, &g->a_scales, &a_scale_data, g->m, g->k, p->exact);
    const size_t w_scales = draw_scales(run, &g->weights.scales, &w_scale_data, g->n, g->k, p->exact);
    g->lda = g->k + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40));
    g->ldc = g->n + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40));
    g->epilogue.ld_residual = g->n + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40));
    describe(run, p);

    const bool nk = g->weights.order == FFP8_ORDER_NK;
    const size_t rows = nk ? g->n : g->k, cols = nk ? g->k : g->n;
    g->weights.ld = cols + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40));
    for (size_t i = 0; i < weights; i++) transposed[nk ? i : i % g->k * g->n + i / g->k] = w_code[i];
    struct gemm_call call = {.kernels = run->kernels, .args = g};
    if (p->packed) {
        struct check_buffer *w = check_buffer(run, "weights", CHECK_IN, rows, cols, g->weights.ld, 1);
        copy_rows(w, transposed);
        g->weights.data = w->kernel;
        g->weights.scales.data = scale_buffer(run, "w_scales", &g->weights.scales, &w_scale_data, w_scales);
        if (!status_ok(run, "ffp8_gemm_packed_size", ffp8_gemm_packed_size(g->n, g->k, &g->weights, &call.bytes))) return false;
        if (call.bytes > sizeof blob) abort();
        struct check_buffer *to = check_buffer(run, "packed", CHECK_OUT, 1, call.bytes, 0, FFP8_PACKED_ALIGNMENT);
        call.packed = to->kernel;
        if (!check_call(run, invoke_pack, &call) || !status_ok(run, "ffp8_gemm_pack", call.status)) return false;
        memcpy(blob, to->data, call.bytes);
        const enum check_place place = run->place;
        check_begin(run);
        run->place = place;
        describe(run, p);
    }

    struct check_buffer *a = check_buffer(run, "a", CHECK_IN, g->m, g->k * output_element_bytes(g->a_type),
                                          g->lda * output_element_bytes(g->a_type), output_element_bytes(g->a_type));
    copy_rows(a, stored_a);
    g->a = a->kernel;
    g->a_scales.data = scale_buffer(run, "a_scales", &g->a_scales, &a_scale_data, a_scales);
    if (p->packed) {
        struct check_buffer *w = check_buffer(run, "packed", CHECK_IN, 1, call.bytes, 0, FFP8_PACKED_ALIGNMENT);
        memcpy(w->data, blob, call.bytes);
        g->packed = (ffp8_packed){w->kernel, call.bytes};
    } else {
        struct check_buffer *w = check_buffer(run, "weights", CHECK_IN, rows, cols, g->weights.ld, 1);
        copy_rows(w, transposed);
        g->weights.data = w->kernel;
        g->weights.scales.data = scale_buffer(run, "w_scales", &g->weights.scales, &w_scale_data, w_scales);
    }
    struct check_buffer *bias = NULL, *residual = NULL, *amax = NULL;
    if (p->bias) {
        bias = check_array(run, "bias", CHECK_IN, g->n, 4);
        fill_output(run, bias->data, FFP8_TYPE_F32, g->n);
        g->epilogue.bias = bias->kernel;
    }
    if (p->residual) {
        const size_t bytes = output_element_bytes(g->epilogue.residual_type);
        residual = check_buffer(run, "residual", CHECK_IN, g->m, g->n * bytes, g->epilogue.ld_residual * bytes, bytes);
        fill_output(run, scratch, g->epilogue.residual_type, g->m * g->n);
        copy_rows(residual, scratch);
        g->epilogue.residual = residual->kernel;
    }
    if (p->amax) {
        amax = check_array(run, "amax", CHECK_OUT, 1, 4);
        g->epilogue.amax = amax->kernel;
    }
    const size_t c_bytes = output_element_bytes(g->c_type);
    struct check_buffer *c = check_buffer(run, "c", g->accumulate ? CHECK_INOUT : CHECK_OUT, g->m, g->n * c_bytes, g->ldc * c_bytes,
                                          c_bytes);
    fill_output(run, scratch, g->c_type, g->m * g->n);
    copy_rows(c, scratch);
    g->c = c->kernel;

    static const ffp8_threads threads = {backwards, NULL, 3};
    const ffp8_scales w_scales_used = g->weights.scales;
    if (p->packed) memset(&g->weights, 0, sizeof g->weights);
    bool right = true;
    for (int pass = 0; pass < 2 && right; pass++) { /* alone, then cut for three threads: the same bits */
        static uint8_t first[MAX_M * (MAX_N + 40) * 4];
        g->threads = pass ? &threads : NULL;
        g->workspace = NULL;
        right = status_ok(run, "ffp8_gemm_workspace_on", ffp8_gemm_workspace_on(run->kernels, g, &g->workspace_bytes));
        if (!right) break;
        const size_t kept = run->used;
        struct check_buffer *workspace = check_buffer(run, "workspace", CHECK_SCRATCH, 1, g->workspace_bytes, 0, 1);
        g->workspace = workspace->kernel;
        right = check_call(run, invoke_gemm, &call) && status_ok(run, "ffp8_gemm_run", call.status);
        if (right && pass == 0) {
            right = compare(run, p, &w_scales_used, c, bias, residual, amax, row_scale);
            memcpy(first, c->data, c->bytes);
            if (c->role == CHECK_INOUT) check_restore(run);
        } else if (right) {
            for (size_t r = 0; r < g->m && right; r++)
                if (memcmp(first + r * c->stride_bytes, (uint8_t *)c->data + r * c->stride_bytes, c->row_bytes)) {
                    check_fail(run, CHECK_WRONG_VALUE, "row %zu is not the same bits when the call is cut for 3 threads", r);
                    right = false;
                }
        }
        run->used = kept; /* the workspace's place is taken anew */
        if (check_failed(run) || check_chance(&run->rand, 2)) break;
    }
    return right;
}

void check_gemm_body(struct check_run *run) {
    static struct problem p;
    for (int i = 0; i < 500; i++) {
        draw(run, &p);
        if (!check_problem(run, &p)) return;
    }
}
