/* SPDX-License-Identifier: Apache-2.0
 *
 * case_depthwise.c - the depthwise kernels. Both are bitwise: I16 sums are exact, the order of the F32 sums is part of the contract.
 */
#include <math.h>
#include <string.h>

#include "cases/panel.h"
#include "check/check.h"

enum { MAX_TAPS = 49, MAX_PIXELS = 20, MAX_CHANNELS = 200 };

struct depthwise_call {
    ffp8_depthwise_fn *kernel;
    const struct ffp8_depthwise *d;
};

static void invoke(void *argument) {
    const struct depthwise_call *c = argument;
    c->kernel(c->d);
}

static bool check_one(struct check_run *run, size_t taps, size_t pixels, size_t channels) {
    static uint32_t x_element[MAX_TAPS * MAX_PIXELS * MAX_CHANNELS], w_element[MAX_TAPS * MAX_CHANNELS];
    static float want[MAX_PIXELS * MAX_CHANNELS];
    const ffp8_class c = (ffp8_class)run->slot->parameter;
    const size_t bytes = ffp8_class_bytes(c);
    const bool specials = c == FFP8_CLASS_F32 && check_chance(&run->rand, 4);
    check_begin(run);
    const size_t ldx = channels + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 80)),
                 ldc = channels + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 30));
    check_describe(run, "taps %zu, pixels %zu, channels %zu, ldx %zu, ldc %zu%s", taps, pixels, channels, ldx, ldc,
                   specials ? ", specials" : "");
    const int limit_w = FFP8_I16_LIMIT, limit_x = (int)fmin(FFP8_I16_LIMIT, 2147483647.0 / fmax(1, (double)taps * limit_w));
    check_fill_elements(&run->rand, x_element, taps * pixels * channels, c, limit_x, false, specials);
    check_fill_elements(&run->rand, w_element, taps * channels, c, limit_w, false, specials);

    struct check_buffer *x_list = check_buffer(run, "x[]", CHECK_IN, 1, taps * sizeof(void *), 0, sizeof(void *));
    struct check_buffer *w_list = check_buffer(run, "w[]", CHECK_IN, 1, taps * sizeof(void *), 0, sizeof(void *));
    struct check_buffer *x = check_buffer(run, "x", CHECK_IN, taps * pixels, channels * bytes, ldx * bytes, bytes);
    struct check_buffer *w = check_buffer(run, "w", CHECK_IN, 1, taps * channels * bytes, 0, bytes);
    struct check_buffer *scale = check_array(run, "scale", CHECK_IN, channels, 4);
    struct check_buffer *out = check_buffer(run, "c", CHECK_OUT, pixels, channels * 4, ldc * 4, 4);
    struct check_buffer *arguments = check_buffer(run, "d", CHECK_IN, 1, sizeof(struct ffp8_depthwise), 0, 16);
    for (size_t t = 0; t < taps; t++) {
        ((const void **)x_list->data)[t] = (uint8_t *)x->kernel + t * pixels * ldx * bytes;
        ((const void **)w_list->data)[t] = (uint8_t *)w->kernel + t * channels * bytes;
    }
    for (size_t i = 0; i < taps * pixels; i++)
        for (size_t ch = 0; ch < channels; ch++) memcpy((uint8_t *)x->data + (i * ldx + ch) * bytes, &x_element[i * channels + ch], bytes);
    for (size_t i = 0; i < taps * channels; i++) memcpy((uint8_t *)w->data + i * bytes, &w_element[i], bytes);
    float *s = scale->data;
    for (size_t ch = 0; ch < channels; ch++) s[ch] = ldexpf(1 + fabsf(check_uniform(&run->rand)), (int)check_below(&run->rand, 16) - 8);

    *(struct ffp8_depthwise *)arguments->data = (struct ffp8_depthwise){.x = x_list->kernel,
                                                                        .w = w_list->kernel,
                                                                        .taps = taps,
                                                                        .pixels = pixels,
                                                                        .ldx = ldx,
                                                                        .channels = channels,
                                                                        .c = out->kernel,
                                                                        .ldc = ldc,
                                                                        .scale = scale->kernel};
    struct depthwise_call call = {c == FFP8_CLASS_I16 ? run->kernels->depthwise_i16 : run->kernels->depthwise_f32, arguments->kernel};
    if (!check_call(run, invoke, &call)) return false;
    for (size_t p = 0; p < pixels; p++)
        for (size_t ch = 0; ch < channels; ch++) {
            int64_t integer = 0;
            float sum = 0;
            for (size_t t = 0; t < taps; t++) {
                const double a = panel_value(x_element[(t * pixels + p) * channels + ch], c),
                             b = panel_value(w_element[t * channels + ch], c);
                if (c == FFP8_CLASS_I16)
                    integer += (int64_t)a * (int64_t)b;
                else
                    sum = fmaf((float)a, (float)b, sum);
            }
            want[p * channels + ch] = (c == FFP8_CLASS_I16 ? (float)integer : sum) * s[ch];
        }
    return check_bits(run, out, want, channels, CHECK_F32, CHECK_ANY_NAN);
}

void check_depthwise_body(struct check_run *run) {
    for (size_t channels = 0; channels <= 100; channels++)
        for (int i = 0; i < 3; i++)
            if (!check_one(run, (const size_t[]){9, 1, check_below(&run->rand, 26)}[i], 1 + check_below(&run->rand, 8), channels)) return;
    for (size_t pixels = 0; pixels <= MAX_PIXELS; pixels++)
        if (!check_one(run, 1 + check_below(&run->rand, MAX_TAPS), pixels, 1 + check_below(&run->rand, MAX_CHANNELS))) return;
}
