/* SPDX-License-Identifier: Apache-2.0
 *
 * test_choose.c - the choice of a format for given data
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "kernels/kernel_util.h"
#include "oracle_mpfr.h"

/* ---------------------------------------------------------------------------------------------------------------
 * Data with known distributions
 */
enum { N = 100000 };

static uint32_t state;

static double uniform(void) { /* in (0, 1) */
    state = ffp8_mix32(state + 0x9E3779B9u);
    return (state + 0.5) * 0x1p-32;
}

static double normal(void) { return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform()); }

static double student(int degrees) {
    double chi = 0;
    for (int i = 0; i < degrees; i++) {
        double z = normal();
        chi += z * z;
    }
    return normal() / sqrt(chi / degrees);
}

enum kind { UNIFORM, NORMAL, LAPLACE, STUDENT_3, HALF_NORMAL, HALF_STUDENT_3, LOG_UNIFORM };

static const float *data(enum kind kind) {
    static float x[N];
    state = 12345;
    for (int i = 0; i < N; i++) {
        double v = 0;
        switch (kind) {
        case UNIFORM: v = 2 * uniform() - 1; break;
        case NORMAL: v = normal(); break;
        case LAPLACE: v = -log(uniform()) * (uniform() < 0.5 ? -1 : 1); break;
        case STUDENT_3: v = student(3); break;
        case HALF_NORMAL: v = fabs(normal()); break;
        case HALF_STUDENT_3: v = fabs(student(3)); break;
        case LOG_UNIFORM: v = exp2(60 * uniform() - 30) * (uniform() < 0.5 ? -1 : 1); break;
        }
        x[i] = (float)v;
    }
    return x;
}

/* ---------------------------------------------------------------------------------------------------------------
 * The bias rule
 */
Test(for_range, published_rule) {
    ffp8_format f;
    /* FFP8(1, 4, 3, 15 - floor(log2 max)) and FFP8(1, 3, 4, 7 - floor(log2 max)) */
    cr_assert_eq(ffp8_format_for_range(1, 4, 0.7f, &f), FFP8_OK);
    cr_assert(f.sign_bits == 1 && f.exponent_bits == 4 && f.fraction_bits == 3 && f.specials == 0 && f.flags == 0 && !f.codebook &&
              f.bias == 16);
    ffp8_format_for_range(1, 3, 5, &f);
    cr_assert_eq(f.bias, 5);
    ffp8_format_for_range(0, 3, 1, &f);
    cr_assert(f.sign_bits == 0 && f.fraction_bits == 5 && f.bias == 7);
    /* 1.96875 is the middle of 1.9375 and 2: a tie that rounds up to the next binade */
    ffp8_format_for_range(1, 3, 0x1.f7fffep0f, &f);
    cr_assert_eq(f.bias, 7);
    ffp8_format_for_range(1, 3, 0x1.f8p0f, &f);
    cr_assert_eq(f.bias, 6);
    ffp8_format_for_range(1, 3, 0, &f);
    cr_assert_eq(f.bias, 0);
}

Test(for_range, top_binade_holds_the_largest_magnitude) {
    state = 1;
    for (int s = 0; s < 2; s++)
        for (int x = 0; x <= 8 - s; x++)
            for (int i = 0; i < 2000; i++) {
                float amax = i < 3 ? (i == 0   ? 0x1p-149f
                                      : i == 1 ? 0x1.fffffep127f
                                               : 0x1p-126f)
                                   : (float)ldexp(1 + uniform(), (int)(250 * uniform()) - 125);
                ffp8_format f;
                cr_assert_eq(ffp8_format_for_range(s, x, amax, &f), FFP8_OK);
                cr_assert_eq(ffp8_format_check(&f), FFP8_OK, "s%d x%d amax %a bias %d", s, x, amax, (int)f.bias);
                /* Where FP32 allows it: amax rounds to a value of the format, and not to one of the format a binade lower. */
                struct oracle o;
                oracle_init(&o, &f, NULL);
                double top = o.sorted[o.count - 1], gap = f.fraction_bits ? top - o.sorted[o.count - 2] : top;
                bool at_an_end = f.bias == (1 << x) - 128 || f.bias == 150 - (8 - s - x);
                if (at_an_end) continue;
                cr_assert_lt(amax, top + gap / 2, "s%d x%d amax %a bias %d", s, x, amax, (int)f.bias);
                cr_assert_geq(amax, top / 2 + gap / 4, "s%d x%d amax %a bias %d", s, x, amax, (int)f.bias);
            }
}

Test(for_range, errors) {
    ffp8_format f = {.bias = 77};
    cr_assert_eq(ffp8_format_for_range(1, 4, 1, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_for_range(2, 4, 1, &f), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_format_for_range(-1, 4, 1, &f), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_format_for_range(1, 8, 1, &f), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_format_for_range(1, -1, 1, &f), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_format_for_range(1, 4, -1, &f), FFP8_ERROR_SCALE);
    cr_assert_eq(ffp8_format_for_range(1, 4, NAN, &f), FFP8_ERROR_SCALE);
    cr_assert_eq(ffp8_format_for_range(1, 4, INFINITY, &f), FFP8_ERROR_SCALE);
    cr_assert_eq(f.bias, 77);
}

/* ---------------------------------------------------------------------------------------------------------------
 * The choice
 */
static ffp8_choice choose(const float *x, size_t n) {
    ffp8_choice choice;
    cr_assert_eq(ffp8_format_choose(x, n, &choice), FFP8_OK);
    return choice;
}

/* Signal-to-noise ratios in dB, from NumPy's generators and another implementation of the formats: at least that of the bias rule, at
 * most that of the same widths with a continuous scale and no clipping. What lies between depends on the sample's tail. */
Test(choice, widths_follow_the_distribution) {
    static const struct {
        enum kind kind;
        int sign_bits, exponent_bits;
        double least, most;
    } expected[] = {
        {UNIFORM, 1, 1, 48.0, 48.2},     {NORMAL, 1, 2, 40.2, 42.9},         {STUDENT_3, 1, 3, 36.0, 37.7},
        {HALF_NORMAL, 0, 2, 46.2, 48.9}, {HALF_STUDENT_3, 0, 3, 42.0, 43.7},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ffp8_choice choice = choose(data(expected[i].kind), N);
        cr_assert_eq(choice.format.sign_bits, expected[i].sign_bits, "%zu", i);
        cr_assert_eq(choice.format.exponent_bits, expected[i].exponent_bits, "%zu: x %d, %g dB", i, choice.format.exponent_bits,
                     choice.snr_db);
        cr_assert(choice.snr_db >= expected[i].least && choice.snr_db <= expected[i].most, "%zu: %g dB", i, choice.snr_db);
    }
    double laplace = choose(data(LAPLACE), N).snr_db;
    cr_assert_float_eq(laplace, 37.6, 0.5, "%g", laplace);
}

/* Every candidate's error by the oracle, and the least of them. */
Test(choice, is_the_least_squared_error) {
    for (int kind = UNIFORM; kind <= LOG_UNIFORM; kind++) {
        enum { SAMPLES = 1500 };
        const float *x = data((enum kind)kind);
        ffp8_calibrator calibrator = FFP8_CALIBRATOR_INIT;
        cr_assert_eq(ffp8_calibrator_observe(&calibrator, x, SAMPLES), FFP8_OK);
        cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, SAMPLES), FFP8_OK);
        ffp8_choice choice;
        cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_OK);
        cr_assert_eq(calibrator.candidate_count, 12); /* x = 1..6, two biases each */

        double least = INFINITY, sum_square = 0;
        for (int i = 0; i < SAMPLES; i++) sum_square += (double)x[i] * x[i];
        for (size_t c = 0; c < calibrator.candidate_count; c++) {
            struct oracle o;
            oracle_init(&o, &calibrator.candidates[c], NULL);
            double sum = 0;
            for (int i = 0; i < SAMPLES; i++) {
                double error = x[i] - o.value[oracle_encode(&o, x[i], 0)];
                sum += error * error;
            }
            cr_assert_float_eq(calibrator.sum_square_error[c], sum, sum * 1e-12, "%d %zu: %g, not %g", kind, c,
                               calibrator.sum_square_error[c], sum);
            least = fmin(least, sum);
        }
        cr_assert_float_eq(choice.mean_square_error, least / SAMPLES, least * 1e-12);
        cr_assert_float_eq(choice.mean_square, sum_square / SAMPLES, sum_square * 1e-12);
        cr_assert_float_eq(choice.snr_db, 10 * log10(sum_square / least), 1e-9);
    }
}

Test(choice, powers_of_two_move_the_bias_only) {
    static float scaled[N];
    const float *x = data(NORMAL);
    ffp8_choice plain = choose(x, N);
    for (int power = -60; power <= 60; power += 20) {
        for (int i = 0; i < N; i++) scaled[i] = ldexpf(x[i], power);
        ffp8_choice choice = choose(scaled, N);
        cr_assert_eq(choice.format.exponent_bits, plain.format.exponent_bits);
        cr_assert_eq(choice.format.bias, plain.format.bias - power);
        cr_assert_float_eq(choice.snr_db, plain.snr_db, 1e-9);
    }
}

Test(choice, exact_data_takes_the_narrowest_arithmetic) {
    float x[255];
    for (int i = 0; i < 255; i++) x[i] = (float)(i - 127) * 0.25f;
    ffp8_choice choice = choose(x, 255);
    cr_assert(choice.format.sign_bits == 1 && choice.format.exponent_bits == 1 && choice.mean_square_error == 0 &&
              choice.snr_db == INFINITY);
    float zeros[5] = {0};
    choice = choose(zeros, 5);
    cr_assert(choice.format.sign_bits == 0 && choice.mean_square == 0 && choice.mean_square_error == 0 && choice.snr_db == INFINITY);
}

Test(choice, outliers_may_be_clipped) {
    /* One value at 1 among thousands below 0.49: every bit of resolution counts more than the outlier. */
    static float x[N];
    const float *u = data(UNIFORM);
    for (int i = 0; i < N; i++) x[i] = 0.49f * u[i];
    x[7] = 0.51f;
    ffp8_choice choice = choose(x, N);
    ffp8_format rule;
    ffp8_format_for_range(1, choice.format.exponent_bits, 0.51f, &rule);
    cr_assert_eq(choice.format.bias, rule.bias + 1);
}

/* Data so small that biases exceed 127, where kernels encode by table. */
Test(choice, denormal_data) {
    enum { SAMPLES = 1000 };
    float x[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) x[i] = ldexpf(data(NORMAL)[i], -126);
    ffp8_calibrator calibrator = FFP8_CALIBRATOR_INIT;
    cr_assert_eq(ffp8_calibrator_observe(&calibrator, x, SAMPLES), FFP8_OK);
    cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, SAMPLES), FFP8_OK);
    bool beyond = false;
    for (size_t c = 0; c < calibrator.candidate_count; c++) {
        uint8_t code[SAMPLES];
        float back[SAMPLES];
        double sum = 0;
        beyond |= calibrator.candidates[c].bias > 127;
        cr_assert_eq(ffp8_encode(&calibrator.candidates[c], x, FFP8_TYPE_F32, 1, code, SAMPLES, NULL), FFP8_OK);
        cr_assert_eq(ffp8_decode(&calibrator.candidates[c], code, 1, back, FFP8_TYPE_F32, SAMPLES), FFP8_OK);
        for (int i = 0; i < SAMPLES; i++) sum += ((double)x[i] - back[i]) * ((double)x[i] - back[i]);
        cr_assert_float_eq(calibrator.sum_square_error[c] / sum, 1, 1e-12, "candidate %zu", c);
    }
    cr_assert(beyond);
}

Test(choice, nan_and_infinity_do_not_count) {
    static float with[N + 4];
    const float *x = data(HALF_NORMAL);
    memcpy(with + 2, x, N * sizeof *x);
    with[0] = NAN;
    with[1] = -INFINITY;
    with[N + 2] = INFINITY;
    with[N + 3] = -NAN;
    ffp8_choice a = choose(x, N), b = choose(with, N + 4);
    cr_assert(a.format.sign_bits == b.format.sign_bits && a.format.exponent_bits == b.format.exponent_bits &&
              a.format.bias == b.format.bias);
    cr_assert_float_eq(a.mean_square, b.mean_square, a.mean_square * 1e-12);
    cr_assert_float_eq(a.mean_square_error, b.mean_square_error, a.mean_square_error * 1e-12);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Batches
 */
Test(calibrator, batches_are_like_one_tensor) {
    const float *x = data(STUDENT_3);
    ffp8_choice whole = choose(x, N), choice;
    ffp8_calibrator calibrator = FFP8_CALIBRATOR_INIT;
    for (size_t i = 0, n; i < N; i += n) {
        n = i * 7 % 1000 + 1 < N - i ? i * 7 % 1000 + 1 : N - i;
        cr_assert_eq(ffp8_calibrator_observe(&calibrator, x + i, n), FFP8_OK);
    }
    cr_assert_eq(calibrator.observed, N);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_ERROR_SHAPE);
    for (size_t i = 0, n; i < N; i += n) {
        n = i * 11 % 1500 + 1 < N - i ? i * 11 % 1500 + 1 : N - i;
        cr_assert_eq(ffp8_calibrator_measure(&calibrator, x + i, n), FFP8_OK);
    }
    cr_assert_eq(calibrator.measured, N);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_OK);
    cr_assert(choice.format.exponent_bits == whole.format.exponent_bits && choice.format.bias == whole.format.bias);
    cr_assert_float_eq(choice.mean_square_error, whole.mean_square_error, whole.mean_square_error * 1e-12);

    /* A wider range starts the measuring anew. */
    float wide = 1e6f;
    cr_assert_eq(ffp8_calibrator_observe(&calibrator, &wide, 1), FFP8_OK);
    cr_assert_eq(calibrator.max, 1e6f);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_ERROR_SHAPE);
    cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, N), FFP8_OK);
    cr_assert_eq(calibrator.measured, N);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_OK);
    cr_assert_neq(choice.format.bias, whole.format.bias);
}

Test(calibrator, limits_of_exponent_bits) {
    const float *x = data(NORMAL);
    for (unsigned low = 0; low <= 7; low++)
        for (unsigned high = low; high <= 9; high++) {
            if (high == 0) continue;
            ffp8_calibrator calibrator = {.min_exponent_bits = low, .max_exponent_bits = high};
            ffp8_choice choice;
            cr_assert_eq(ffp8_calibrator_observe(&calibrator, x, 1000), FFP8_OK);
            cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, 1000), FFP8_OK);
            cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_OK);
            cr_assert(choice.format.exponent_bits >= low && choice.format.exponent_bits <= high && choice.format.exponent_bits <= 7);
        }
    ffp8_calibrator calibrator = {.min_exponent_bits = 5, .max_exponent_bits = 4};
    cr_assert_eq(ffp8_calibrator_observe(&calibrator, x, 10), FFP8_OK);
    cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, 10), FFP8_ERROR_SHAPE);
}

Test(calibrator, errors) {
    ffp8_calibrator calibrator = FFP8_CALIBRATOR_INIT;
    ffp8_choice choice;
    float x[3] = {NAN, INFINITY, NAN};
    cr_assert_eq(ffp8_calibrator_observe(NULL, x, 3), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_calibrator_observe(&calibrator, NULL, 3), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_calibrator_observe(&calibrator, NULL, 0), FFP8_OK);
    cr_assert_eq(ffp8_calibrator_measure(NULL, x, 3), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_calibrator_measure(&calibrator, x, 3), FFP8_ERROR_SHAPE, "nothing observed");
    cr_assert_eq(ffp8_calibrator_choose(NULL, &choice), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_calibrator_choose(&calibrator, &choice), FFP8_ERROR_SHAPE);
    cr_assert_eq(ffp8_format_choose(x, 3, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_choose(NULL, 3, &choice), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_choose(NULL, 0, &choice), FFP8_ERROR_SHAPE);
    cr_assert_eq(ffp8_format_choose(x, 3, &choice), FFP8_ERROR_SHAPE, "nothing finite");
}

/* ---------------------------------------------------------------------------------------------------------------
 * One scale for each row
 */
enum { ROWS = 8, K = 500, LD = 512 };

/* The error of format and scales through the public conversions. */
static double rows_error(const float *w, const ffp8_format *format, const float *scales) {
    double sum = 0;
    for (int r = 0; r < ROWS; r++) {
        uint8_t code[K];
        float back[K];
        cr_assert_eq(ffp8_encode(format, w + r * LD, FFP8_TYPE_F32, 1 / scales[r], code, K, NULL), FFP8_OK);
        cr_assert_eq(ffp8_decode(format, code, scales[r], back, FFP8_TYPE_F32, K), FFP8_OK);
        for (int i = 0; i < K; i++) sum += ((double)w[r * LD + i] - back[i]) * ((double)w[r * LD + i] - back[i]);
    }
    return sum / (ROWS * K);
}

/* Rows of very different magnitude; what lies between the rows is NaN and must not count. */
static void fill_rows(float *w, const float *source) {
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < LD; i++) w[r * LD + i] = i < K ? ldexpf(source[r * K + i], 3 * r - 12) : NAN;
}

Test(rows, widths_have_the_least_squared_error) {
    static float w[ROWS * LD];
    const enum kind kinds[] = {UNIFORM, NORMAL, LAPLACE, STUDENT_3, HALF_NORMAL};
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        ffp8_choice choice;
        float scales[ROWS];
        fill_rows(w, data(kinds[kind]));
        cr_assert_eq(ffp8_format_choose_rows(w, LD, ROWS, K, &choice, scales), FFP8_OK);
        cr_assert_eq(choice.format.sign_bits, kinds[kind] != HALF_NORMAL);
        cr_assert_float_eq(rows_error(w, &choice.format, scales) / choice.mean_square_error, 1, 1e-9);

        for (int x = 1; x <= 6; x++) {
            ffp8_format format;
            ffp8_format_info info;
            float own[ROWS];
            cr_assert_eq(ffp8_format_for_range(choice.format.sign_bits, x, 1, &format), FFP8_OK);
            cr_assert_eq(ffp8_format_query(&format, &info), FFP8_OK);
            for (int r = 0; r < ROWS; r++) {
                float amax = 0;
                for (int i = 0; i < K; i++) amax = fmaxf(amax, fabsf(w[r * LD + i]));
                own[r] = amax / info.max;
                if (format.exponent_bits == choice.format.exponent_bits) cr_assert_eq(own[r], scales[r]);
            }
            cr_assert_geq(rows_error(w, &format, own), choice.mean_square_error * (1 - 1e-9), "x = %d is better", x);
        }
    }
}

Test(rows, a_row_of_zeros_has_scale_one) {
    static float w[ROWS * LD];
    ffp8_choice choice;
    float scales[ROWS];
    fill_rows(w, data(NORMAL));
    memset(w + 3 * LD, 0, LD * sizeof *w);
    cr_assert_eq(ffp8_format_choose_rows(w, LD, ROWS, K, &choice, scales), FFP8_OK);
    cr_assert_eq(scales[3], 1);
}

Test(rows, errors) {
    float w[4] = {1, 2, 3, INFINITY}, scales[2] = {7, 7};
    ffp8_choice choice = {.snr_db = 7};
    cr_assert_eq(ffp8_format_choose_rows(NULL, 2, 2, 2, &choice, scales), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_choose_rows(w, 2, 2, 2, NULL, scales), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_choose_rows(w, 2, 2, 2, &choice, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_choose_rows(w, 2, 0, 2, &choice, scales), FFP8_ERROR_SHAPE);
    cr_assert_eq(ffp8_format_choose_rows(w, 2, 2, 0, &choice, scales), FFP8_ERROR_SHAPE);
    cr_assert_eq(ffp8_format_choose_rows(w, 1, 2, 2, &choice, scales), FFP8_ERROR_STRIDE);
    cr_assert_eq(ffp8_format_choose_rows(w, SIZE_MAX / 2, 3, 2, &choice, scales), FFP8_ERROR_OVERFLOW);
    cr_assert_eq(ffp8_format_choose_rows(w, 2, 2, 2, &choice, scales), FFP8_ERROR_SCALE);
    cr_assert(choice.snr_db == 7 && scales[0] == 7 && scales[1] == 7, "something was written");
}
