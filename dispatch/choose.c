/* SPDX-License-Identifier: Apache-2.0
 *
 * choose.c - the format for given data: sign and bias from its range, widths by least squared error
 *
 * Errors are those of the encode and decode kernels, which are exact, summed in the order of the data: the choice is the same on every
 * tier.
 */
#include <math.h>

#include "../kernels/kernel_util.h"
#include "lut.h"
#include "select.h"

enum { BLOCK = 512, DEFAULT_MIN_EXPONENT_BITS = 1, DEFAULT_MAX_EXPONENT_BITS = 6 };

/* Exponent of amax once it is rounded to `bits` significant bits. */
static int rounded_exponent(float amax, int bits) {
    int exponent;
    double fraction = frexp(amax, &exponent); /* in [1/2, 1) */
    bool rounds_up_to_one = fraction >= 1 - ldexp(1, -bits - 1);
    return exponent - 1 + rounds_up_to_one;
}

ffp8_status ffp8_format_for_range(int sign_bits, int exponent_bits, float amax, ffp8_format *format) {
    if (!format) return FFP8_ERROR_NULL;
    if (sign_bits < 0 || sign_bits > 1 || exponent_bits < 0 || exponent_bits > 8 - sign_bits) return FFP8_ERROR_FORMAT;
    if (!isfinite(amax) || amax < 0) return FFP8_ERROR_SCALE;

    int x = exponent_bits, y = 8 - sign_bits - x, top = (1 << x) - 1, bias = 0;
    if (amax > 0) bias = top - rounded_exponent(amax, x ? y + 1 : y);
    /* FP32 ends at 2^-149 and below 2^128; no format whose smallest values lie below it is legal. */
    int highest_bias = 150 - y, lowest_bias = top - 127;
    if (bias < lowest_bias) bias = lowest_bias;
    if (bias > highest_bias) bias = highest_bias;
    *format = (ffp8_format){.sign_bits = (uint8_t)sign_bits, .exponent_bits = (uint8_t)x, .fraction_bits = (uint8_t)y, .bias = bias};
    return FFP8_OK;
}

ffp8_status ffp8_calibrator_observe(ffp8_calibrator *calibrator, const float *x, size_t n) {
    if (!calibrator || (n > 0 && !x)) return FFP8_ERROR_NULL;
    /* A new range makes other candidates: what has been measured is void. */
    calibrator->candidate_count = 0;
    calibrator->measured = 0;
    calibrator->sum_square = 0;
    float min = calibrator->observed ? calibrator->min : INFINITY, max = calibrator->observed ? calibrator->max : -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) continue;
        if (x[i] < min) min = x[i];
        if (x[i] > max) max = x[i];
        calibrator->observed++;
    }
    if (calibrator->observed) {
        calibrator->min = min;
        calibrator->max = max;
    }
    return FFP8_OK;
}

static void add_candidate(ffp8_calibrator *calibrator, const ffp8_format *format) {
    size_t i = calibrator->candidate_count;
    if (i == FFP8_CALIBRATOR_CANDIDATES || ffp8_format_check(format) != FFP8_OK) return;
    calibrator->candidates[i] = *format;
    calibrator->sum_square_error[i] = 0;
    calibrator->candidate_count++;
}

/* Few exponent bits come first: of equal errors the first wins, and its arithmetic is the narrowest. */
static ffp8_status set_candidates(ffp8_calibrator *calibrator) {
    unsigned min_bits = calibrator->min_exponent_bits, max_bits = calibrator->max_exponent_bits;
    if (min_bits == 0 && max_bits == 0) {
        min_bits = DEFAULT_MIN_EXPONENT_BITS;
        max_bits = DEFAULT_MAX_EXPONENT_BITS;
    }
    int sign_bits = calibrator->min < 0;
    unsigned widest = 8 - (unsigned)sign_bits;
    if (max_bits > widest) max_bits = widest;
    if (min_bits > max_bits) return FFP8_ERROR_SHAPE;

    float amax = fmaxf(-calibrator->min, calibrator->max);
    ffp8_format format;
    for (unsigned x = min_bits; x <= max_bits; x++) {
        ffp8_format_for_range(sign_bits, (int)x, amax, &format);
        add_candidate(calibrator, &format);
    }
    /* One binade lower: clips the largest values for the sake of all others. */
    for (unsigned x = min_bits; x <= max_bits; x++) {
        ffp8_format_for_range(sign_bits, (int)x, amax, &format);
        format.bias++;
        add_candidate(calibrator, &format);
    }
    return FFP8_OK;
}

static size_t take_finite(const float *x, size_t n, float *finite) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        finite[count] = x[i];
        count += isfinite(x[i]) != 0;
    }
    return count;
}

/* Of the finite values of x, encoded with 1 / scale and decoded with scale. */
static double square_error(const struct ffp8_kernels *kernels, const ffp8_format *format, float scale, const float *x, size_t n) {
    struct ffp8_lut lut;
    struct ffp8_encoder encoder;
    ffp8_lut_init_scaled(&lut, kernels, format, scale, FFP8_TYPE_F32);
    ffp8_encoder_init(&encoder, format, 1 / scale, NULL);
    double sum = 0;
    for (size_t i = 0; i < n; i += BLOCK) {
        float finite[BLOCK];
        uint32_t decoded[BLOCK];
        uint8_t code[BLOCK];
        size_t count = take_finite(x + i, ffp8_min_size(n - i, BLOCK), finite);
        ffp8_encode_of(kernels, &encoder)(finite, code, count, &encoder, 0);
        kernels->decode32(code, decoded, count, &lut);
        for (size_t j = 0; j < count; j++) {
            double error = (double)finite[j] - ffp8_float(decoded[j]);
            sum += error * error;
        }
    }
    return sum;
}

ffp8_status ffp8_calibrator_measure(ffp8_calibrator *calibrator, const float *x, size_t n) {
    if (!calibrator || (n > 0 && !x)) return FFP8_ERROR_NULL;
    if (calibrator->observed == 0) return FFP8_ERROR_SHAPE;
    if (calibrator->candidate_count == 0) {
        ffp8_status status = set_candidates(calibrator);
        if (status != FFP8_OK) return status;
    }
    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    for (size_t c = 0; c < calibrator->candidate_count; c++)
        calibrator->sum_square_error[c] += square_error(kernels, &calibrator->candidates[c], 1, x, n);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) continue;
        calibrator->sum_square += (double)x[i] * x[i];
        calibrator->measured++;
    }
    return FFP8_OK;
}

static void fill_choice(ffp8_choice *choice, const ffp8_format *format, double count, double sum_square, double sum_square_error) {
    choice->format = *format;
    choice->mean_square = sum_square / count;
    choice->mean_square_error = sum_square_error / count;
    choice->snr_db = sum_square_error == 0 ? INFINITY : 10 * log10(sum_square / sum_square_error);
}

ffp8_status ffp8_calibrator_choose(const ffp8_calibrator *calibrator, ffp8_choice *choice) {
    if (!calibrator || !choice) return FFP8_ERROR_NULL;
    if (calibrator->measured == 0) return FFP8_ERROR_SHAPE;
    size_t best = 0;
    for (size_t c = 1; c < calibrator->candidate_count; c++)
        if (calibrator->sum_square_error[c] < calibrator->sum_square_error[best]) best = c;
    fill_choice(choice, &calibrator->candidates[best], (double)calibrator->measured, calibrator->sum_square,
                calibrator->sum_square_error[best]);
    return FFP8_OK;
}

ffp8_status ffp8_format_choose(const float *x, size_t n, ffp8_choice *choice) {
    if (!choice) return FFP8_ERROR_NULL;
    ffp8_calibrator calibrator = {0};
    ffp8_status status = ffp8_calibrator_observe(&calibrator, x, n);
    if (status == FFP8_OK) status = ffp8_calibrator_measure(&calibrator, x, n);
    if (status == FFP8_OK) status = ffp8_calibrator_choose(&calibrator, choice);
    return status;
}

ffp8_status ffp8_format_choose_rows(const float *w, size_t ld, size_t rows, size_t k, ffp8_choice *choice, float *scales) {
    if (!choice || (rows > 0 && (!scales || (k > 0 && !w)))) return FFP8_ERROR_NULL;
    if (rows == 0 || k == 0) return FFP8_ERROR_SHAPE;
    if (ld < k) return FFP8_ERROR_STRIDE;
    size_t extent;
    if (__builtin_mul_overflow(ld, rows, &extent) || extent > SIZE_MAX / sizeof *w) return FFP8_ERROR_OVERFLOW;

    const struct ffp8_kernels *kernels = ffp8_kernels_active();
    double sum_square = 0;
    int sign_bits = 0;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < k; i++) {
            float x = w[r * ld + i];
            if (!isfinite(x)) return FFP8_ERROR_SCALE;
            if (x < 0) sign_bits = 1;
            sum_square += (double)x * x;
        }
    }

    /* Until the format is known, scales hold the rows' largest magnitudes. */
    for (size_t r = 0; r < rows; r++) scales[r] = kernels->amax(w + r * ld, k);
    ffp8_format best = {0};
    double least = INFINITY;
    for (int x = DEFAULT_MIN_EXPONENT_BITS; x <= DEFAULT_MAX_EXPONENT_BITS; x++) {
        ffp8_format format;
        ffp8_format_for_range(sign_bits, x, 1, &format);
        const float target = ffp8_row_target(&format);
        double sum = 0;
        for (size_t r = 0; r < rows; r++) sum += square_error(kernels, &format, ffp8_row_scale(scales[r], target), w + r * ld, k);
        if (sum < least) {
            least = sum;
            best = format;
        }
    }
    const float target = ffp8_row_target(&best);
    for (size_t r = 0; r < rows; r++) scales[r] = ffp8_row_scale(scales[r], target);
    fill_choice(choice, &best, (double)rows * (double)k, sum_square, least);
    return FFP8_OK;
}
