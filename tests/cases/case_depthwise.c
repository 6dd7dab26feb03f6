/* SPDX-License-Identifier: Apache-2.0
 *
 * case_depthwise.c - the kernels with output channels in lanes
 *
 * I16 and F32 are bitwise: I16 sums are exact, the order of the F32 sums is part of the contract. A BF16 sum of n terms may be off by what
 * case_dot.c derives for any order, gamma(n) S + n 2^-126 with S the sum of the terms' magnitudes, and denormal elements of x may count as zero;
 * half of the calls use small integers, for which every partial sum is exact, and are bitwise, too. A BF16 sum must also not depend on
 * the pixels, rows and channels around it: a part of the call is computed again and compared bitwise.
 */
#include <math.h>
#include <string.h>

#include "cases/panel.h"
#include "check/check.h"

enum { MAX_TAPS = 49, MAX_PIXELS = 20, MAX_CHANNELS = 200, MAX_WORDS = MAX_CHANNELS };

struct depthwise_call {
    ffp8_depthwise_fn *kernel;
    const struct ffp8_depthwise *d;
};

static void invoke(void *argument) {
    const struct depthwise_call *c = argument;
    c->kernel(c->d);
}

struct sizes {
    size_t taps, rows, pixels, channels;
};

static ffp8_depthwise_fn *kernel_of(const struct check_run *run) {
    switch ((ffp8_class)run->slot->parameter) {
    case FFP8_CLASS_I16: return run->kernels->depthwise_i16;
    case FFP8_CLASS_BF16: return run->kernels->depthwise_bf16;
    default: return run->kernels->depthwise_f32;
    }
}

/* A part of the call, from which one of its outputs is compared with the whole call's. */
static bool check_part(struct check_run *run, const struct ffp8_depthwise *whole, const struct check_buffer *out) {
    static float before[FFP8_LANES_ROWS * MAX_PIXELS * MAX_CHANNELS];
    for (size_t i = 0; i < whole->rows * whole->pixels; i++)
        memcpy(before + i * whole->channels, (uint8_t *)out->data + i * out->stride_bytes, whole->channels * sizeof(float));
    check_restore(run);
    struct ffp8_depthwise part = *whole;
    const size_t row = check_below(&run->rand, whole->rows), pixel = check_below(&run->rand, whole->pixels);
    part.rows = 1;
    part.w += row * whole->taps;
    part.c += row * whole->row_stride + pixel * whole->ldc;
    part.first += pixel;
    part.pixels = 1 + check_below(&run->rand, whole->pixels - pixel);
    part.channels = 1 + check_below(&run->rand, whole->channels);
    if (!check_call(run, invoke, &(struct depthwise_call){kernel_of(run), &part})) return false;
    for (size_t p = 0; p < part.pixels; p++)
        for (size_t ch = 0; ch < part.channels; ch++) {
            const float got = part.c[p * part.ldc + ch], want = before[(row * whole->pixels + pixel + p) * whole->channels + ch];
            run->result->comparisons++;
            if (ffp8_bits(got) == ffp8_bits(want) || (isnan(got) && isnan(want))) continue;
            check_fail(run, CHECK_WRONG_VALUE, "c[%zu][%zu][%zu] is %.9g in the whole and %.9g in a part: the order of summation varies",
                       row, pixel + p, ch, (double)want, (double)got);
            return false;
        }
    return true;
}

static bool check_one(struct check_run *run, struct sizes n) {
    static uint32_t x_element[2 * MAX_TAPS * (MAX_PIXELS + 1) * MAX_WORDS], w_element[2 * FFP8_LANES_ROWS * MAX_TAPS * MAX_CHANNELS];
    static float want[FFP8_LANES_ROWS * MAX_PIXELS * MAX_CHANNELS];
    static uint32_t lanes[MAX_CHANNELS];
    const ffp8_class c = (ffp8_class)run->slot->parameter;
    const size_t elements = ffp8_class_elements(c), bytes = ffp8_class_bytes(c), terms = n.taps * elements;
    const bool bf16 = c == FFP8_CLASS_BF16, exact = bf16 && check_chance(&run->rand, 2);
    const bool specials = !exact && c >= FFP8_CLASS_BF16 && check_chance(&run->rand, 4), mapped = check_chance(&run->rand, 2);
    /* Lanes: runs of channels that see the same word, words apart by a fixed step or at random. */
    size_t words = n.channels;
    if (mapped && n.channels) {
        const size_t same = 1 + check_below(&run->rand, 20), step = check_below(&run->rand, 4);
        uint32_t word = (uint32_t)check_below(&run->rand, 3);
        for (size_t ch = 0; ch < n.channels; ch++) {
            if (ch && ch % same == 0) word += (uint32_t)(step ? step : check_below(&run->rand, 24));
            if (word >= MAX_WORDS) word = MAX_WORDS - 1;
            lanes[ch] = word;
        }
        words = word + 1;
    }
    check_begin(run);
    /* Taps one below the other, or at neighbouring pixels of one row; words of a pixel may be followed by others. */
    const bool side_by_side = check_chance(&run->rand, 2);
    const size_t first = check_below(&run->rand, 2), x_pixels = first + n.pixels + (side_by_side && n.taps ? n.taps - 1 : 0);
    const size_t x_rows = side_by_side ? 1 : n.taps;
    const size_t ldx = words + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 80)),
                 ldc = n.channels + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 30));
    check_describe(run, "taps %zu%s, rows %zu, pixels %zu from %zu on, channels %zu, words %zu%s, ldx %zu, ldc %zu, %s%s", n.taps,
                   side_by_side ? " side by side" : "", n.rows, n.pixels, first, n.channels, words, mapped ? " by lanes" : "", ldx, ldc,
                   exact ? "exact" : "general", specials ? ", specials" : "");
    const int limit_w = c == FFP8_CLASS_I16 ? FFP8_I16_LIMIT : 256;
    const double most = c == FFP8_CLASS_I16 ? 2147483647.0 : 16777215.0;
    const int limit_x = (int)fmin(limit_w, most / fmax(1, (double)terms * limit_w));
    const size_t x_count = x_rows * x_pixels * words, w_count = n.rows * n.taps * n.channels;
    check_fill_elements(&run->rand, x_element, x_count * elements, c, limit_x, exact, specials);
    check_fill_elements(&run->rand, w_element, w_count * elements, c, limit_w, exact, specials);

    struct check_buffer *x_list = check_buffer(run, "x[]", CHECK_IN, 1, n.taps * sizeof(void *), 0, sizeof(void *));
    struct check_buffer *w_list = check_buffer(run, "w[]", CHECK_IN, 1, n.rows * n.taps * sizeof(void *), 0, sizeof(void *));
    struct check_buffer *x = check_buffer(run, "x", CHECK_IN, x_rows * x_pixels, words * FFP8_WORD_BYTES, ldx * FFP8_WORD_BYTES, 4);
    struct check_buffer *w = check_buffer(run, "w", CHECK_IN, 1, w_count * FFP8_WORD_BYTES, 0, 4);
    struct check_buffer *lane = check_array(run, "lane", CHECK_IN, n.channels, 4);
    struct check_buffer *scale = check_array(run, "scale", CHECK_IN, n.channels, 4);
    struct check_buffer *out = check_buffer(run, "c", CHECK_OUT, n.rows * n.pixels, n.channels * 4, ldc * 4, 4);
    struct check_buffer *arguments = check_buffer(run, "d", CHECK_IN, 1, sizeof(struct ffp8_depthwise), 0, 16);
    const size_t tap_step = side_by_side ? 1 : x_pixels; /* pixels from a tap to the next */
    for (size_t t = 0; t < n.taps; t++) ((const void **)x_list->data)[t] = (uint8_t *)x->kernel + t * tap_step * ldx * FFP8_WORD_BYTES;
    for (size_t t = 0; t < n.rows * n.taps; t++) ((const void **)w_list->data)[t] = (uint8_t *)w->kernel + t * n.channels * FFP8_WORD_BYTES;
    for (size_t i = 0; i < x_rows * x_pixels; i++)
        for (size_t e = 0; e < words * elements; e++)
            memcpy((uint8_t *)x->data + i * ldx * FFP8_WORD_BYTES + e * bytes, &x_element[i * words * elements + e], bytes);
    for (size_t e = 0; e < w_count * elements; e++) memcpy((uint8_t *)w->data + e * bytes, &w_element[e], bytes);
    if (n.channels) memcpy(lane->data, lanes, n.channels * sizeof *lanes);
    float *s = scale->data;
    for (size_t ch = 0; ch < n.channels; ch++) s[ch] = ldexpf(1 + fabsf(check_uniform(&run->rand)), (int)check_below(&run->rand, 16) - 8);

    *(struct ffp8_depthwise *)arguments->data = (struct ffp8_depthwise){.x = x_list->kernel,
                                                                        .w = w_list->kernel,
                                                                        .taps = n.taps,
                                                                        .rows = n.rows,
                                                                        .first = first,
                                                                        .pixels = n.pixels,
                                                                        .channels = n.channels,
                                                                        .ldx = ldx,
                                                                        .lane = mapped ? lane->kernel : NULL,
                                                                        .c = out->kernel,
                                                                        .ldc = ldc,
                                                                        .row_stride = n.pixels * ldc,
                                                                        .scale = scale->kernel};
    struct depthwise_call call = {kernel_of(run), arguments->kernel};
    if (!check_call(run, invoke, &call)) return false;
    for (size_t i = 0; i < n.rows * n.pixels * n.channels; i++) {
        const size_t r = i / n.channels / n.pixels, p = i / n.channels % n.pixels, ch = i % n.channels;
        int64_t integer = 0;
        float sum = 0;
        struct check_sum true_sum, flushed, magnitudes;
        check_sum_clear(&true_sum);
        check_sum_clear(&flushed);
        check_sum_clear(&magnitudes);
        for (size_t t = 0; t < n.taps; t++)
            for (size_t e = 0; e < elements; e++) {
                const size_t pixel = t * tap_step + first + p, word = mapped ? lanes[ch] : ch;
                const double a = panel_value(x_element[(pixel * words + word) * elements + e], c),
                             b = panel_value(w_element[((r * n.taps + t) * n.channels + ch) * elements + e], c);
                if (c == FFP8_CLASS_I16) integer += (int64_t)a * (int64_t)b;
                if (c == FFP8_CLASS_F32) sum = fmaf((float)a, (float)b, sum);
                if (!bf16) continue;
                check_sum_add(&true_sum, (float)a, (float)b);
                check_sum_add(&flushed, fabs(a) < 0x1p-126 ? copysignf(0, (float)a) : (float)a, (float)b);
                check_sum_add(&magnitudes, (float)fabs(a), (float)fabs(b));
            }
        const double exact_sum = check_sum_value(&true_sum), sum_of_magnitudes = check_sum_value(&magnitudes), count = (double)terms;
        want[i] = (c == FFP8_CLASS_I16 ? (float)integer : bf16 ? (float)exact_sum : sum) * s[ch];
        if (!bf16 || exact) continue;
        const double got = ((float *)((uint8_t *)out->data + (r * n.pixels + p) * out->stride_bytes))[ch];
        const double other = check_sum_value(&flushed) * s[ch], b = s[ch] * (check_gamma(count) * sum_of_magnitudes + count * 0x1p-126);
        double y = exact_sum * s[ch];
        if (fabs(got - other) < fabs(got - y)) y = other;
        double bound = b + 0x1p-24 * (fabs(y) + b) + 0x1p-149;
        if (isfinite(y) && (fabs(y) + bound >= 0x1p127 || sum_of_magnitudes * (1 + check_gamma(count)) >= 0x1p128)) bound = INFINITY;
        if (!check_within(run, out, r * n.pixels + p, ch, got, y, bound)) return false;
    }
    if ((!bf16 || exact) && !check_bits(run, out, want, n.channels, CHECK_F32, CHECK_ANY_NAN)) return false;
    return !bf16 || n.channels == 0 || n.pixels == 0 || check_part(run, arguments->data, out);
}

void check_depthwise_body(struct check_run *run) {
    for (size_t channels = 0; channels <= 100; channels++)
        for (size_t rows = 1; rows <= FFP8_LANES_ROWS; rows++)
            for (int i = 0; i < 3; i++) {
                const size_t taps = (const size_t[]){9, 1, check_below(&run->rand, 26)}[i];
                if (!check_one(run, (struct sizes){taps, rows, 1 + check_below(&run->rand, 9), channels})) return;
            }
    for (size_t pixels = 0; pixels <= MAX_PIXELS; pixels++)
        for (size_t rows = 1; rows <= FFP8_LANES_ROWS; rows++)
            if (!check_one(run,
                           (struct sizes){1 + check_below(&run->rand, MAX_TAPS), rows, pixels, 1 + check_below(&run->rand, MAX_CHANNELS)}))
                return;
}
