/* SPDX-License-Identifier: Apache-2.0
 *
 * case_epilogue.c - the epilogue of a row
 *
 * NONE, RELU, CLIP: bitwise. The others: within 4 ulp of the function in double at the FP32 sum, and bitwise what the lowest usable vector tier
 * gives. At -Inf x * sigmoid(x) and its like are their limit, -0.
 */
#include <math.h>
#include <string.h>

#include "cases/operator.h"
#include "check/check.h"

enum { MAX_N = 4096 };

struct epilogue_call {
    ffp8_epilogue_fn *kernel;
    float *y;
    size_t n;
    const float *bias, *residual, *addend;
    const struct ffp8_finish *finish;
    float amax;
};

static void invoke(void *argument) {
    struct epilogue_call *c = argument;
    c->amax = c->kernel(c->y, c->n, c->bias, c->residual, c->addend, c->finish);
}

/* The vector tier that others must agree with. */
static const struct ffp8_kernels *first_vector_tier(void) {
    for (size_t i = 1; ffp8_kernels_list(i); i++)
        if (ffp8_kernels_usable(ffp8_kernels_list(i))) return ffp8_kernels_list(i);
    return NULL;
}

static bool check_row(struct check_run *run, size_t n, struct ffp8_finish finish, unsigned terms, bool specials) {
    static float want[MAX_N];
    const bool exact = finish.activation <= FFP8_ACTIVATION_CLIP;
    check_begin(run);
    check_describe(run, "n %zu, activation %d, clip %.9g..%.9g, %s%s%s%s", n, (int)finish.activation, (double)finish.clip_min,
                   (double)finish.clip_max, terms & 1 ? "bias, " : "", terms & 2 ? "residual, " : "", terms & 4 ? "addend, " : "",
                   specials ? "specials" : "finite");
    struct check_buffer *y = check_array(run, "y", CHECK_INOUT, n, 4);
    struct check_buffer *term[3], *constants = check_buffer(run, "finish", CHECK_IN, 1, sizeof finish, 0, 16);
    memcpy(constants->data, &finish, sizeof finish);
    const char *const names[] = {"bias", "residual", "addend"};
    check_fill_f32(&run->rand, y->data, n, specials);
    if (check_chance(&run->rand, 3)) /* all binades, up to where the functions end */
        for (size_t i = 0; i < n; i++)
            ((float *)y->data)[i] = ldexpf(1 + fabsf(check_uniform(&run->rand)), (int)check_below(&run->rand, 157) - 149) *
                                    (check_chance(&run->rand, 2) ? 1 : -1);
    else if (check_chance(&run->rand, 2)) /* where they bend */
        for (size_t i = 0; i < n; i++) ((float *)y->data)[i] = check_uniform(&run->rand) * (i & 1 ? 110 : 12);
    for (int i = 0; i < 3; i++) {
        term[i] = terms & 1u << i ? check_array(run, names[i], CHECK_IN, n, 4) : NULL;
        if (term[i]) check_fill_f32(&run->rand, term[i]->data, n, specials && check_chance(&run->rand, 2));
    }
    struct epilogue_call call = {
        run->kernels->epilogue,           y->kernel,         n, term[0] ? term[0]->kernel : NULL, term[1] ? term[1]->kernel : NULL,
        term[2] ? term[2]->kernel : NULL, constants->kernel, -1};
    if (!check_call(run, invoke, &call)) return false;

    static float sum[MAX_N];
    float amax = 0;
    const float *in = (const float *)y->saved, *got = y->data;
    for (size_t i = 0; i < n; i++) {
        sum[i] = in[i];
        for (int t = 0; t < 3; t++)
            if (term[t]) sum[i] += ((const float *)term[t]->data)[i];
        want[i] = activation_exact(&finish, sum[i]);
        if (!exact && !check_ulp(run, y, i, got[i], activation_value(finish.activation, sum[i]), 4)) return false;
        amax = isnan(got[i]) || isnan(amax) ? NAN : fmaxf(amax, fabsf(got[i]));
    }
    if (exact && !check_bits(run, y, want, n, CHECK_F32, CHECK_ANY_NAN)) return false;
    if (!check_float(run, "amax", call.amax, amax)) return false;

    const struct ffp8_kernels *other = first_vector_tier();
    if (exact || run->kernels->isa == FFP8_ISA_GENERIC || !other || other->epilogue == call.kernel) return true;
    other->epilogue(sum, n, NULL, NULL, NULL, &finish);
    return check_bits(run, y, sum, n, CHECK_F32, CHECK_ANY_NAN);
}

void check_epilogue_body(struct check_run *run) {
    for (int a = FFP8_ACTIVATION_NONE; a <= FFP8_ACTIVATION_GELU_TANH; a++) {
        for (size_t n = 0; n <= 70; n++) {
            const float limit = fabsf(check_normal(&run->rand));
            const struct ffp8_finish finish = {(ffp8_activation)a, check_chance(&run->rand, 4) ? 0.0f : -limit,
                                               check_chance(&run->rand, 4) ? 6.0f : 2 * limit};
            if (!check_row(run, n, finish, (unsigned)check_below(&run->rand, 8), check_chance(&run->rand, 3))) return;
        }
        for (int i = 0; i < 40; i++) {
            const struct ffp8_finish finish = {(ffp8_activation)a, -1, 1};
            if (!check_row(run, MAX_N - check_below(&run->rand, 64), finish, i % 2 ? (unsigned)check_below(&run->rand, 8) : 0, i % 8 == 0))
                return;
        }
    }
}
