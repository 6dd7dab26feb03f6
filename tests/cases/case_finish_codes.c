/* SPDX-License-Identifier: Apache-2.0
 *
 * case_finish_codes.c - epilogue and encoding in one pass: bitwise what the two slots of the same tier give one after the other
 */
#include <string.h>

#include "cases/operator.h"
#include "check/check.h"

enum { MAX_ROWS = 5, MAX_N = 300 };

struct finish_call {
    ffp8_finish_codes_fn *kernel;
    struct ffp8_sums sums;
    const struct ffp8_finish *finish;
    const struct ffp8_encoder *encoder;
};

static void invoke(void *argument) {
    struct finish_call *c = argument;
    c->kernel(&c->sums, c->finish, c->encoder);
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

static bool check_rows(struct check_run *run, size_t rows, size_t n, ffp8_activation activation, ffp8_rounding rounding, unsigned terms,
                       bool specials) {
    static struct ffp8_encoder encoder;
    static uint8_t want[MAX_ROWS][MAX_N];
    static float y[MAX_N];
    ffp8_format format;
    ffp8_encoding how = {.rounding = rounding,
                         .overflow = (ffp8_overflow)check_below(&run->rand, 2),
                         .nan = (ffp8_nan)check_below(&run->rand, 2),
                         .seed = check_random(&run->rand)};
    const float limit = fabsf(check_normal(&run->rand)), scale = check_chance(&run->rand, 2) ? 1 : fabsf(check_normal(&run->rand)) + 0.05f;
    const struct ffp8_finish finish = {activation, check_chance(&run->rand, 3) ? 0.0f : -limit,
                                       check_chance(&run->rand, 3) ? 6.0f : 2 * limit};
    const size_t ld_y = n + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40)),
                 ld_dst = n + (check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40));
    do {
        check_random_format(run, &format);
        ffp8_encoder_init(&encoder, &format, scale, &how);
    } while (encoder.by_table);
    check_begin(run);
    check_describe(run,
                   "rows %zu, n %zu, ld_y %zu, ld_dst %zu, activation %d, clip %.9g..%.9g, %s%s%s%s, sign %u exponent %u fraction %u "
                   "specials %u bias %d, rounding %d "
                   "overflow %d nan %d, scale %.9g",
                   rows, n, ld_y, ld_dst, (int)activation, (double)finish.clip_min, (double)finish.clip_max, terms & 1 ? "bias, " : "",
                   terms & 2 ? "residual, " : "", terms & 4 ? "addend, " : "", specials ? "specials" : "finite", format.sign_bits,
                   format.exponent_bits, format.fraction_bits, format.specials, format.bias, (int)how.rounding, (int)how.overflow,
                   (int)how.nan, (double)scale);
    struct check_buffer *sums = check_buffer(run, "y", CHECK_INOUT, rows, n * 4, ld_y * 4, 4);
    struct check_buffer *dst = check_buffer(run, "dst", CHECK_OUT, rows, n, ld_dst, 1), *term[3];
    struct check_buffer *steps = check_buffer(run, "finish", CHECK_IN, 1, sizeof finish, 0, 16);
    struct check_buffer *constants = check_buffer(run, "encoder", CHECK_IN, 1, sizeof encoder, sizeof encoder, 16);
    memcpy(steps->data, &finish, sizeof finish);
    memcpy(constants->data, &encoder, sizeof encoder);
    for (size_t r = 0; r < rows; r++) fill_sums(run, (float *)sums->data + r * ld_y, n, &format, specials);
    const char *const names[] = {"bias", "residual", "addend"};
    for (int i = 0; i < 3; i++) {
        term[i] = terms & 1u << i ? check_array(run, names[i], CHECK_IN, n, 4) : NULL;
        if (term[i]) check_fill_f32(&run->rand, term[i]->data, n, specials && check_chance(&run->rand, 2));
    }
    struct finish_call call = {.kernel = run->kernels->finish_codes,
                               .sums = {.y = sums->kernel,
                                        .dst = dst->kernel,
                                        .rows = rows,
                                        .n = n,
                                        .ld_y = ld_y,
                                        .ld_dst = ld_dst,
                                        .bias = term[0] ? term[0]->kernel : NULL,
                                        .residual = term[1] ? term[1]->kernel : NULL,
                                        .addend = term[2] ? term[2]->kernel : NULL,
                                        .index = check_random(&run->rand) >> 20},
                               .finish = steps->kernel,
                               .encoder = constants->kernel};
    if (!check_call(run, invoke, &call)) return false;
    for (size_t r = 0; r < rows; r++) {
        if (n) memcpy(y, (float *)sums->saved + r * ld_y, n * sizeof *y);
        run->kernels->epilogue(y, n, term[0] ? term[0]->data : NULL, term[1] ? term[1]->data : NULL, term[2] ? term[2]->data : NULL,
                               &finish);
        run->kernels->encode(y, want[r], n, &encoder, call.sums.index + r * ld_dst);
    }
    return check_bits(run, dst, want, MAX_N, CHECK_U8, 0);
}

void check_finish_codes_body(struct check_run *run) {
    for (int activation = FFP8_ACTIVATION_NONE; activation <= FFP8_ACTIVATION_GELU_TANH; activation++)
        for (int rounding = FFP8_ROUND_NEAREST_EVEN; rounding <= FFP8_ROUND_STOCHASTIC; rounding++)
            for (size_t n = 0; n <= MAX_N; n += rounding == FFP8_ROUND_NEAREST_EVEN && n < 150 ? 1 : 1 + check_below(&run->rand, 40)) {
                const unsigned terms = (unsigned)check_below(&run->rand, 8);
                const size_t rows = terms <= 1 ? 1 + check_below(&run->rand, MAX_ROWS) : 1;
                if (!check_rows(run, rows, n, (ffp8_activation)activation, (ffp8_rounding)rounding, terms, check_chance(&run->rand, 3)))
                    return;
            }
}
