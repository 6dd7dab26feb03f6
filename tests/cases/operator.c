/* SPDX-License-Identifier: Apache-2.0
 *
 * operator.c - see operator.h
 */
#include "cases/operator.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double unit = 0x1.00001p-24; /* of rounding to FP32; a little more covers the roundings of this file's doubles */
static const double tiny = 0x1p-149;

struct interval interval_exact(float x) {
    return (struct interval){x, x, true};
}

static struct interval widen(double lo, double hi, double relative) {
    if (isnan(lo) || isnan(hi)) return (struct interval){-INFINITY, INFINITY, false};
    struct interval x = {lo - fabs(lo) * relative - tiny, hi + fabs(hi) * relative + tiny, false};
    if (fabs(x.lo) >= 0x1p127 || fabs(x.hi) >= 0x1p127) return (struct interval){-INFINITY, INFINITY, false}; /* may overflow: no claim */
    return x;
}

struct interval interval_around(double x, double radius) {
    if (isnan(x) || isinf(x)) return interval_exact((float)x);
    return widen(x - radius, x + radius, 0);
}

/* No claim: the value may be anything, Inf and NaN among them, and so is what is added to it. */
static bool unbounded(struct interval x) { return !x.exact && isinf(x.lo); }

struct interval interval_scale(struct interval x, float factor) {
    if (x.exact) return interval_exact((float)x.lo * factor);
    const double a = x.lo * factor, b = x.hi * factor;
    return widen(fmin(a, b), fmax(a, b), unit);
}

struct interval interval_add(struct interval x, float addend) {
    if (x.exact) return interval_exact((float)x.lo + addend);
    if (isnan(addend) || (isinf(addend) && !unbounded(x))) return interval_exact(addend);
    return widen(x.lo + addend, x.hi + addend, unit);
}

struct interval interval_fma(struct interval x, float factor, struct interval acc) {
    if (x.exact && acc.exact) return interval_exact(fmaf((float)x.lo, factor, (float)acc.lo));
    const struct interval product = interval_scale(x, factor);
    if (x.exact && !isfinite(x.lo) && (isnan(product.lo) || !unbounded(acc))) return product;
    if (acc.exact && (isnan(acc.lo) || (isinf(acc.lo) && !unbounded(product)))) return acc;
    const double a = x.lo * factor, b = x.hi * factor;
    return widen(fmin(a, b) + acc.lo, fmax(a, b) + acc.hi, unit);
}

double activation_value(ffp8_activation a, double x) {
    if (x == -INFINITY && a >= FFP8_ACTIVATION_SILU) return -0.0;
    switch (a) {
    case FFP8_ACTIVATION_SIGMOID: return 1 / (1 + exp(-x));
    case FFP8_ACTIVATION_TANH: return tanh(x);
    case FFP8_ACTIVATION_SILU: return x / (1 + exp(-x));
    case FFP8_ACTIVATION_GELU_ERF: return x / 2 * erfc(-x / sqrt(2));
    case FFP8_ACTIVATION_GELU_TANH: return x / (1 + exp(-2 * sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    default: return x;
    }
}

float activation_exact(const struct ffp8_finish *f, float x) {
    if (isnan(x)) return x;
    if (f->activation == FFP8_ACTIVATION_RELU) return x > 0 ? x : 0.0f;
    if (f->activation == FFP8_ACTIVATION_CLIP) return x < f->clip_min ? f->clip_min : x > f->clip_max ? f->clip_max : x;
    return x;
}

struct interval interval_activate(struct interval x, const struct ffp8_finish *f) {
    const ffp8_activation a = f->activation;
    const double ulps = 4 * 0x1p-23; /* four, of a value at the bottom of its binade */
    if (a <= FFP8_ACTIVATION_CLIP) {
        if (x.exact) return interval_exact(activation_exact(f, (float)x.lo));
        if (a == FFP8_ACTIVATION_NONE || x.hi == INFINITY) return x; /* no claim: NaN stays NaN */
        const double lo = a == FFP8_ACTIVATION_RELU ? 0 : f->clip_min, hi = a == FFP8_ACTIVATION_RELU ? INFINITY : f->clip_max;
        return (struct interval){fmin(fmax(x.lo, lo), hi), fmin(fmax(x.hi, lo), hi), false};
    }
    if (x.exact && !isfinite(x.lo)) return interval_exact((float)activation_value(a, x.lo));
    if (!isfinite(x.lo) || !isfinite(x.hi)) return x; /* may be NaN */
    if (a == FFP8_ACTIVATION_SIGMOID || a == FFP8_ACTIVATION_TANH || x.exact) {
        const double lo = activation_value(a, x.lo), hi = activation_value(a, x.hi);
        return widen(lo - 3 * tiny, hi + 3 * tiny, ulps);
    }
    /* SiLU and GELU turn round; their slope stays below 1.13. */
    const double middle = activation_value(a, (x.lo + x.hi) / 2), radius = 1.13 * (x.hi - x.lo) / 2 + 3 * tiny;
    return widen(middle - radius, middle + radius, ulps);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Stored elements
 */
size_t output_element_bytes(ffp8_dtype type) { return type == FFP8_TYPE_F32 ? 4 : type == FFP8_TYPE_FFP8 ? 1 : 2; }

float stored_value(const void *data, ffp8_dtype type, const ffp8_format *format, size_t i) {
    uint16_t half;
    float x;
    if (type == FFP8_TYPE_FFP8) return (float)check_decode(format, ((const uint8_t *)data)[i]);
    memcpy(&half, (const uint8_t *)data + 2 * i, type == FFP8_TYPE_F32 ? 0 : 2);
    if (type == FFP8_TYPE_BF16) return ffp8_f32_from_bf16(half);
    if (type == FFP8_TYPE_F16) return ffp8_f32_from_f16(half);
    memcpy(&x, (const uint8_t *)data + 4 * i, 4);
    return x;
}

void output_begin(struct output *output) {
    output->amax_lo = output->amax_hi = 0;
    output->amax_nan = false;
    output->amax_exact = true;
}

/* What a float is stored as. */
static uint32_t stored(const struct output *o, float y, uint64_t index) {
    static struct ffp8_encoder encoder;
    const float factor = 1.0f / o->scale;
    uint8_t code;
    switch (o->type) {
    case FFP8_TYPE_F32: return ffp8_bits(y * factor);
    case FFP8_TYPE_BF16: return ffp8_bf16_from_f32(y * factor);
    case FFP8_TYPE_F16: return ffp8_f16_from_f32(y * factor);
    case FFP8_TYPE_FFP8: break;
    }
    ffp8_encoder_init(&encoder, o->format, factor, o->encoding);
    ffp8_encode_of(&ffp8_kernels_generic, &encoder)(&y, &code, 1, &encoder, index);
    return code;
}

bool output_check(struct check_run *run, struct output *o, const struct check_buffer *buffer, size_t row, size_t col, struct interval y,
                  uint64_t index) {
    if (check_failed(run)) return false;
    run->result->comparisons++;
    if (y.exact && isnan(y.lo)) o->amax_nan = true;
    if (!y.exact) o->amax_exact = false;
    o->amax_hi = fmax(o->amax_hi, fmax(fabs(y.lo), fabs(y.hi)));
    o->amax_lo = fmax(o->amax_lo, y.lo <= 0 && y.hi >= 0 && !y.exact ? 0 : fmin(fabs(y.lo), fabs(y.hi)));

    const size_t bytes = output_element_bytes(o->type), offset = row * buffer->stride_bytes + col * bytes;
    const uint8_t *at = (const uint8_t *)buffer->data + offset;
    uint32_t got = 0;
    memcpy(&got, at, bytes);
    const uint32_t low = stored(o, (float)y.lo, index), high = y.exact ? low : stored(o, (float)y.hi, index);
    if (got == low || got == high || (!y.exact && y.hi == INFINITY)) return true;
    const float value = stored_value(&got, o->type, o->format, 0), lo = stored_value(&low, o->type, o->format, 0),
                hi = stored_value(&high, o->type, o->format, 0);
    if (isnan(value) && (isnan(lo) || isnan(hi)) && o->type != FFP8_TYPE_FFP8) return true; /* whatever its payload */
    /* An end that is NaN is one beyond the largest value. */
    if (!y.exact && !isnan(value) && !(value < lo) && !(value > hi)) {
        const double middle = ((double)lo + hi) / 2, ratio = fabs(value - middle) / (((double)hi - lo) / 2);
        if (o->type == FFP8_TYPE_F32 && ratio > run->result->worst && ratio <= 1) run->result->worst = ratio;
        return true;
    }
    check_fail(run, check_classify(run, buffer, offset, bytes), "%s[%zu][%zu]: got 0x%x (%.9g), want %s0x%x (%.9g) .. 0x%x (%.9g)",
               buffer->name, row, col, got, (double)value, y.exact ? "exactly " : "", low, (double)lo, high, (double)hi);
    return false;
}

bool output_check_amax(struct check_run *run, const struct output *o, const struct check_buffer *amax) {
    const float got = *(const float *)amax->data;
    run->result->comparisons++;
    if (o->amax_nan ? isnan(got) : (got >= o->amax_lo && got <= o->amax_hi) || o->amax_hi == INFINITY) return true;
    check_fail(run, check_classify(run, amax, 0, 4), "amax: got %.9g, want %.9g .. %.9g%s", (double)got, o->amax_lo, o->amax_hi,
               o->amax_nan ? " or NaN" : "");
    return false;
}

void draw_finish(struct check_run *run, struct ffp8_finish *finish) {
    finish->activation = check_chance(&run->rand, 2) ? FFP8_ACTIVATION_NONE
                                                     : (ffp8_activation)check_below(&run->rand, FFP8_ACTIVATION_GELU_TANH + 1);
    finish->clip_min = check_chance(&run->rand, 2) ? 0 : -fabsf(check_normal(&run->rand));
    finish->clip_max = check_chance(&run->rand, 2) ? 6 : fabsf(check_normal(&run->rand));
}

void draw_encoding(struct check_run *run, ffp8_encoding *encoding, bool stochastic) {
    encoding->rounding = (ffp8_rounding)check_below(&run->rand, stochastic ? 4 : 3);
    encoding->overflow = (ffp8_overflow)check_below(&run->rand, 2);
    encoding->nan = (ffp8_nan)check_below(&run->rand, 2);
    encoding->seed = check_random(&run->rand);
}

void backwards(void *pool, size_t count, ffp8_task *task, void *context) {
    (void)pool;
    while (count > 0) task(context, --count);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Data
 */
/* Finite codes whose values are at most 64 times a power of two that divides them all; false: only zero is. */
static bool small_codes(const ffp8_format *format, uint8_t *allowed, size_t *count, double *quantum) {
    double smallest = INFINITY;
    for (int c = 0; c < 256; c++) {
        const double v = fabs(check_decode(format, (uint8_t)c));
        if (v > 0 && v < smallest) smallest = v;
    }
    if (!isfinite(smallest)) return false;
    for (*quantum = ldexp(1, ilogb(smallest)); smallest / *quantum != floor(smallest / *quantum);) *quantum /= 2;
    *count = 0;
    for (int c = 0; c < 256; c++) {
        const double steps = fabs(check_decode(format, (uint8_t)c)) / *quantum;
        if (steps <= 64 && steps == floor(steps)) allowed[(*count)++] = (uint8_t)c;
    }
    return *count > 1;
}

bool fill_codes(struct check_run *run, const ffp8_format *format, bool exact, uint8_t *code, float *value, size_t n, double *quantum) {
    uint8_t allowed[256];
    size_t count;
    if (exact && !small_codes(format, allowed, &count, quantum)) return false;
    check_fill_codes(&run->rand, code, n, format, false);
    for (size_t i = 0; i < n; i++) {
        if (exact) code[i] = allowed[check_below(&run->rand, count)];
        value[i] = (float)check_decode(format, code[i]);
    }
    return true;
}

void fill_output(struct check_run *run, void *data, ffp8_dtype type, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const float x = check_normal(&run->rand) * 4;
        const uint16_t half = type == FFP8_TYPE_BF16 ? ffp8_bf16_from_f32(x) : ffp8_f16_from_f32(x);
        const uint8_t byte = (uint8_t)check_random(&run->rand);
        memcpy((uint8_t *)data + i * output_element_bytes(type),
               type == FFP8_TYPE_F32    ? (const void *)&x
               : type == FFP8_TYPE_FFP8 ? (const void *)&byte
                                        : &half,
               output_element_bytes(type));
    }
}

void copy_rows(struct check_buffer *b, const void *src) {
    for (size_t r = 0; r < b->rows; r++)
        memcpy((uint8_t *)b->data + r * b->stride_bytes, (const uint8_t *)src + r * b->row_bytes, b->row_bytes);
}

bool status_ok(struct check_run *run, const char *what, ffp8_status status) {
    if (check_failed(run)) return false;
    if (status != FFP8_OK) check_fail(run, CHECK_WRONG_VALUE, "%s: %s", what, ffp8_status_string(status));
    return status == FFP8_OK;
}
