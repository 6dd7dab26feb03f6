/* SPDX-License-Identifier: Apache-2.0
 *
 * case_convert.c - widen, narrow, rescale and amax
 *
 * Widen: all 65,536 inputs. Narrow: each 16-bit value, each midpoint of neighbours, both one ulp to either side, NaNs of many payloads. The
 * oracle rounds in double by the format's quantum, and knows nothing of bits but for NaN payloads. Rescale: ldexp.
 */
#include <math.h>
#include <string.h>

#include "check/check.h"

struct half_kind {
    int fraction_bits, lowest_exponent, highest_exponent;
};
static struct half_kind kind_of(int type) {
    return type == FFP8_TYPE_BF16 ? (struct half_kind){7, -126, 127} : (struct half_kind){10, -14, 15};
}

/* Value of a 16-bit float; NaN for NaN. */
static double half_value(struct half_kind k, uint16_t h) {
    const int fraction = h & ((1 << k.fraction_bits) - 1), exponent = (h & 0x7FFF) >> k.fraction_bits;
    const double sign = h >> 15 ? -1.0 : 1.0;
    if (exponent == k.highest_exponent - k.lowest_exponent + 2) return fraction ? (double)NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexp(fraction, k.lowest_exponent - k.fraction_bits);
    return sign * ldexp((1 << k.fraction_bits) + fraction, exponent - 1 + k.lowest_exponent - k.fraction_bits);
}

static uint32_t widened(int type, uint16_t h) {
    const struct half_kind k = kind_of(type);
    const double v = half_value(k, h);
    if (isnan(v)) return (uint32_t)(h >> 15) << 31 | 0x7FC00000u | (uint32_t)(h & ((1 << k.fraction_bits) - 1)) << (23 - k.fraction_bits);
    return ffp8_bits((float)v);
}

static uint16_t narrowed(int type, float x) {
    const struct half_kind k = kind_of(type);
    const uint32_t u = ffp8_bits(x);
    const uint16_t sign = (uint16_t)(u >> 16 & 0x8000u),
                   infinity = (uint16_t)((k.highest_exponent - k.lowest_exponent + 2) << k.fraction_bits);
    if (isnan(x)) return (uint16_t)(sign | infinity | 1 << (k.fraction_bits - 1) | (u & 0x7FFFFFu) >> (23 - k.fraction_bits));
    if (isinf(x)) return sign | infinity;
    const double magnitude = fabs((double)x);
    int exponent = magnitude > 0 ? ilogb(magnitude) : k.lowest_exponent;
    if (exponent < k.lowest_exponent) exponent = k.lowest_exponent;
    const double steps = rint(ldexp(magnitude, k.fraction_bits - exponent)); /* half to even: the environment's mode */
    /* The code of a binade's first value continues that of the binade below: a carry needs no special case. */
    const double code = steps + ldexp(exponent - k.lowest_exponent, k.fraction_bits);
    return (uint16_t)(sign | (code >= infinity ? infinity : (uint16_t)code));
}

struct convert_call {
    ffp8_widen_fn *widen;
    ffp8_narrow_fn *narrow;
    ffp8_amax_fn *amax;
    const void *src;
    void *dst;
    size_t n;
    float result;
};

static void invoke(void *argument) {
    struct convert_call *c = argument;
    if (c->widen) c->widen(c->src, c->dst, c->n);
    if (c->narrow) c->narrow(c->src, c->dst, c->n);
    if (c->amax) c->result = c->amax(c->src, c->n);
}

static bool check_widen(struct check_run *run, const uint16_t *in, size_t n) {
    static uint32_t want[65536];
    const int type = run->slot->parameter;
    check_begin(run);
    check_describe(run, "n %zu", n);
    struct check_buffer *src = check_array(run, "src", CHECK_IN, n, 2), *dst = check_array(run, "dst", CHECK_OUT, n, 4);
    memcpy(src->data, in, n * sizeof *in);
    struct convert_call call = {.src = src->kernel, .dst = dst->kernel, .n = n};
    call.widen = type == FFP8_TYPE_BF16 ? run->kernels->widen_bf16 : run->kernels->widen_f16;
    if (!check_call(run, invoke, &call)) return false;
    for (size_t i = 0; i < n; i++) want[i] = widened(type, in[i]);
    return check_bits(run, dst, want, n, CHECK_F32, 0);
}

void check_widen_body(struct check_run *run) {
    static uint16_t in[65536];
    for (size_t i = 0; i < 65536; i++) in[i] = (uint16_t)i;
    if (!check_widen(run, in, 65536)) return;
    for (size_t n = 0; n <= 200; n++) /* random starts: each value meets each lane */
        if (!check_widen(run, in + check_below(&run->rand, 65536 - n), n)) return;
}

static bool check_narrow(struct check_run *run, const float *in, size_t n) {
    static uint16_t want[65536];
    const int type = run->slot->parameter;
    check_begin(run);
    check_describe(run, "n %zu", n);
    struct check_buffer *src = check_array(run, "src", CHECK_IN, n, 4), *dst = check_array(run, "dst", CHECK_OUT, n, 2);
    memcpy(src->data, in, n * sizeof *in);
    struct convert_call call = {.src = src->kernel, .dst = dst->kernel, .n = n};
    call.narrow = type == FFP8_TYPE_BF16 ? run->kernels->narrow_bf16 : run->kernels->narrow_f16;
    if (!check_call(run, invoke, &call)) return false;
    for (size_t i = 0; i < n; i++) want[i] = narrowed(type, in[i]);
    return check_bits(run, dst, want, n, type == FFP8_TYPE_BF16 ? CHECK_BF16 : CHECK_F16, 0);
}

void check_narrow_body(struct check_run *run) {
    static float in[65536];
    const struct half_kind k = kind_of(run->slot->parameter);
    for (int step = 0; step < 6; step++) { /* each value and each midpoint, exact and one ulp to either side */
        for (uint32_t h = 0; h < 65536; h++) {
            const float low = (float)half_value(k, (uint16_t)h),
                        high = (float)half_value(k, (uint16_t)((h & 0x7FFF) == 0x7FFF ? h : h + 1));
            float x = step < 3 || !isfinite(high) ? low : (low + high) / 2;
            if (isinf(high) && isfinite(low) && step >= 3)
                x = low + (low - (float)half_value(k, (uint16_t)(h - 1))) / 2; /* where Inf begins */
            if (step % 3 == 1) x = nextafterf(x, INFINITY);
            if (step % 3 == 2) x = nextafterf(x, -INFINITY);
            in[h] = isnan(low) ? ffp8_float((h & 0x8000) << 16 | 0x7F800001u | (uint32_t)(check_random(&run->rand) & 0x7FFFFF)) : x;
        }
        if (!check_narrow(run, in, 65536)) return;
    }
    for (size_t n = 0; n <= 200; n++) {
        for (size_t i = 0; i < n; i++) in[i] = ffp8_float((uint32_t)check_random(&run->rand));
        if (!check_narrow(run, in, n)) return;
    }
}

struct rescale_call {
    ffp8_rescale_fn *rescale;
    void *x;
    size_t n, block;
    const uint8_t *e8m0;
    int shift;
};

static void invoke_rescale(void *argument) {
    const struct rescale_call *c = argument;
    c->rescale(c->x, c->n, c->block, c->e8m0, c->shift);
}

/* Elements of all kinds that stay normal whatever the scale: exponents of up to 40 meet scales of up to 80. */
static float draw_element(struct check_run *run) {
    if (check_chance(&run->rand, 8)) return check_chance(&run->rand, 2) ? -0.0f : 0.0f;
    if (check_chance(&run->rand, 16)) return check_chance(&run->rand, 2) ? INFINITY : (float)NAN;
    const uint32_t exponent = 127 - 40 + (uint32_t)check_below(&run->rand, 81), sign = (uint32_t)check_below(&run->rand, 2) << 31;
    return ffp8_float(sign | exponent << 23 | ((uint32_t)check_random(&run->rand) & 0x7FFFFF));
}

void check_rescale_body(struct check_run *run) {
    static uint32_t want[512];
    static uint16_t want16[512];
    const size_t bytes = (size_t)run->slot->parameter;
    for (size_t i = 0; i < 400; i++) {
        const size_t n = i <= 200 ? i : check_below(&run->rand, 512), block = 1 + check_below(&run->rand, i % 2 ? 70 : 600);
        const int shift = (int)check_below(&run->rand, 41) - 20;
        check_begin(run);
        check_describe(run, "n %zu, block %zu, shift %d", n, block, shift);
        struct check_buffer *x = check_array(run, "elements", CHECK_INOUT, n, bytes);
        struct check_buffer *e8m0 = check_array(run, "e8m0", CHECK_IN, ffp8_ceil_div(n, block), 1);
        for (size_t b = 0; b < e8m0->bytes; b++) ((uint8_t *)e8m0->data)[b] = (uint8_t)(127 - 60 + check_below(&run->rand, 121));
        for (size_t j = 0; j < n; j++) {
            const uint32_t bits = ffp8_bits(draw_element(run)) & (bytes == 2 ? 0xFFFF0000u : ~0u);
            const float y = ldexpf(ffp8_float(bits), ((const uint8_t *)e8m0->data)[j / block] - 127 + shift);
            want[j] = isnan(y) ? bits : ffp8_bits(y);
            if (bytes == 2) {
                ((uint16_t *)x->data)[j] = (uint16_t)(bits >> 16);
                want16[j] = (uint16_t)(want[j] >> 16);
            } else {
                ((uint32_t *)x->data)[j] = bits;
            }
        }
        struct rescale_call call = {
            bytes == 2 ? run->kernels->rescale16 : run->kernels->rescale32, x->kernel, n, block, e8m0->kernel, shift};
        if (!check_call(run, invoke_rescale, &call)) return;
        if (!check_bits(run, x, bytes == 2 ? (const void *)want16 : want, n, bytes == 2 ? CHECK_BF16 : CHECK_F32, 0)) return;
    }
}

void check_amax_body(struct check_run *run) {
    static float in[1024];
    for (size_t i = 0; i < 600; i++) {
        const size_t n = i <= 200 ? i : check_below(&run->rand, 1024);
        check_begin(run);
        check_describe(run, "n %zu", n);
        struct check_buffer *src = check_array(run, "x", CHECK_IN, n, 4);
        check_fill_f32(&run->rand, in, n, check_chance(&run->rand, 3));
        /* The largest at a place of its own, so that no lane can be left out. */
        if (n && check_chance(&run->rand, 2)) in[check_below(&run->rand, n)] = check_chance(&run->rand, 4) ? NAN : -1e6f;
        memcpy(src->data, in, n * sizeof *in);
        float want = 0;
        for (size_t j = 0; j < n; j++)
            if (isnan(in[j]) || isnan(want))
                want = NAN;
            else if (fabsf(in[j]) > want)
                want = fabsf(in[j]);
        struct convert_call call = {.amax = run->kernels->amax, .src = src->kernel, .n = n, .result = -1};
        if (!check_call(run, invoke, &call) || !check_float(run, "amax", call.result, want)) return;
    }
}
