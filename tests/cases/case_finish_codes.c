/* SPDX-License-Identifier: Apache-2.0
 *
 * case_finish_codes.c - epilogue and encoding in one pass: bitwise what the two slots of the same tier give one after the other
 */
#include <string.h>

#include "cases/operator.h"
#include "check/check.h"

enum { MAX_N = 300 };

struct finish_call {
    ffp8_finish_codes_fn *kernel;
    float *y;
    uint8_t *dst;
    size_t n;
    const float *term[3];
    const struct ffp8_finish *finish;
    const struct ffp8_encoder *encoder;
    uint64_t index;
};

static void invoke(void *argument) {
    struct finish_call *c = argument;
    c->kernel(c->y, c->dst, c->n, c->term[0], c->term[1], c->term[2], c->finish, c->encoder, c->index);
}

/* Sums across a format's whole range, its zeros and what lies beyond: a binade for each exponent bit and sign. */
static void fill_sums(struct check_run *run, float *y, size_t n, const ffp8_format *format, bool specials) {
    check_fill_f32(&run->rand, y, n, specials);
    const int top = (1 << (format->exponent_bits < 7 ? format->exponent_bits : 7)) - format->bias + 1;
    for (size_t i = 0; i < n; i++) {
        const int exponent = top - (int)check_below(&run->rand, 12);
        if (check_chance(&run->rand, 2)) y[i] = ldexpf(check_uniform(&run->rand) * 2, exponent < 120 ? exponent : 120);
        if (check_chance(&run->rand, 16)) y[i] = check_chance(&run->rand, 2) ? 0.0f : -0.0f;
    }
}

static bool check_row(struct check_run *run, size_t n, ffp8_activation activation, ffp8_rounding rounding, unsigned terms, bool specials) {
    static struct ffp8_encoder encoder;
    static uint8_t want[MAX_N];
    static float y[MAX_N];
    ffp8_format format;
    ffp8_encoding how = {.rounding = rounding,
                         .overflow = (ffp8_overflow)check_below(&run->rand, 2),
                         .nan = (ffp8_nan)check_below(&run->rand, 2),
                         .seed = check_random(&run->rand)};
    const float limit = fabsf(check_normal(&run->rand)), scale = check_chance(&run->rand, 2) ? 1 : fabsf(check_normal(&run->rand)) + 0.05f;
    const struct ffp8_finish finish = {activation, check_chance(&run->rand, 3) ? 0.0f : -limit,
                                       check_chance(&run->rand, 3) ? 6.0f : 2 * limit};
    do {
        check_random_format(run, &format);
        ffp8_encoder_init(&encoder, &format, scale, &how);
    } while (encoder.by_table);
    check_begin(run);
    check_describe(run,
                   "n %zu, activation %d, clip %.9g..%.9g, %s%s%s%s, sign %u exponent %u fraction %u specials %u bias %d, rounding %d "
                   "overflow %d nan %d, scale %.9g",
                   n, (int)activation, (double)finish.clip_min, (double)finish.clip_max, terms & 1 ? "bias, " : "",
                   terms & 2 ? "residual, " : "", terms & 4 ? "addend, " : "", specials ? "specials" : "finite", format.sign_bits,
                   format.exponent_bits, format.fraction_bits, format.specials, format.bias, (int)how.rounding, (int)how.overflow,
                   (int)how.nan, (double)scale);
    struct check_buffer *sums = check_array(run, "y", CHECK_INOUT, n, 4), *dst = check_array(run, "dst", CHECK_OUT, n, 1), *term[3];
    struct check_buffer *steps = check_buffer(run, "finish", CHECK_IN, 1, sizeof finish, 0, 16);
    struct check_buffer *constants = check_buffer(run, "encoder", CHECK_IN, 1, sizeof encoder, sizeof encoder, 16);
    memcpy(steps->data, &finish, sizeof finish);
    memcpy(constants->data, &encoder, sizeof encoder);
    fill_sums(run, sums->data, n, &format, specials);
    const char *const names[] = {"bias", "residual", "addend"};
    for (int i = 0; i < 3; i++) {
        term[i] = terms & 1u << i ? check_array(run, names[i], CHECK_IN, n, 4) : NULL;
        if (term[i]) check_fill_f32(&run->rand, term[i]->data, n, specials && check_chance(&run->rand, 2));
    }
    struct finish_call call = {.kernel = run->kernels->finish_codes,
                               .y = sums->kernel,
                               .dst = dst->kernel,
                               .n = n,
                               .finish = steps->kernel,
                               .encoder = constants->kernel,
                               .index = check_random(&run->rand) >> 20};
    const float *data[3];
    for (int i = 0; i < 3; i++) {
        call.term[i] = term[i] ? term[i]->kernel : NULL;
        data[i] = term[i] ? term[i]->data : NULL;
    }
    if (!check_call(run, invoke, &call)) return false;
    if (n) memcpy(y, sums->saved, n * sizeof *y);
    run->kernels->epilogue(y, n, data[0], data[1], data[2], &finish);
    run->kernels->encode(y, want, n, &encoder, call.index);
    return check_bits(run, dst, want, n, CHECK_U8, 0);
}

void check_finish_codes_body(struct check_run *run) {
    for (int activation = FFP8_ACTIVATION_NONE; activation <= FFP8_ACTIVATION_GELU_TANH; activation++)
        for (int rounding = FFP8_ROUND_NEAREST_EVEN; rounding <= FFP8_ROUND_STOCHASTIC; rounding++)
            for (size_t n = 0; n <= MAX_N; n += rounding == FFP8_ROUND_NEAREST_EVEN && n < 150 ? 1 : 1 + check_below(&run->rand, 40))
                if (!check_row(run, n, (ffp8_activation)activation, (ffp8_rounding)rounding, (unsigned)check_below(&run->rand, 8),
                               check_chance(&run->rand, 3)))
                    return;
}
