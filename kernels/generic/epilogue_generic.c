/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue_generic.c - bias, residual, addend, activation and largest magnitude of a row
 *
 * Sums round to FP32 one by one. Activations from sigmoid on are computed in double and rounded once, in forms without cancellation:
 * x * (1 + tanh(u)) / 2 = x / (1 + exp(-2u)), and x * (1 + erf(u)) / 2 = x * erfc(-u) / 2. Zeros: relu(-0) = +0; a clip returns its
 * argument where that compares equal to a bound.
 */
#include "../kernel_util.h"
#include "generic.h"

static float activate(float y, const struct ffp8_finish *finish) {
    const double sqrt_half = 0.70710678118654752440, sqrt_2_over_pi = 0.79788456080286535588;
    double x = y < -1e30f ? -1e30f : y; /* far enough for every limit; -Inf would make silu and gelu NaN */
    switch (finish->activation) {
    case FFP8_ACTIVATION_NONE: break;
    case FFP8_ACTIVATION_RELU: return y > 0 || isnan(y) ? y : 0.0f;
    case FFP8_ACTIVATION_CLIP: y = finish->clip_min > y ? finish->clip_min : y; return finish->clip_max < y ? finish->clip_max : y;
    case FFP8_ACTIVATION_SIGMOID: return (float)(1 / (1 + exp(-x)));
    case FFP8_ACTIVATION_TANH: return (float)tanh(x);
    case FFP8_ACTIVATION_SILU: return (float)(x / (1 + exp(-x)));
    case FFP8_ACTIVATION_GELU_ERF: return (float)(0.5 * x * erfc(-x * sqrt_half));
    case FFP8_ACTIVATION_GELU_TANH: return (float)(x / (1 + exp(-2 * sqrt_2_over_pi * (x + 0.044715 * x * x * x))));
    }
    return y;
}

float ffp8_epilogue_generic(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                            const struct ffp8_finish *finish) {
    for (size_t i = 0; i < n; i++) {
        float sum = y[i];
        if (bias) sum += bias[i];
        if (residual) sum += residual[i];
        if (addend) sum += addend[i];
        y[i] = activate(sum, finish);
    }
    return ffp8_amax_generic(y, n);
}

void ffp8_finish_codes_generic(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder) {
    ffp8_finish_in_two_passes(sums, finish, encoder, ffp8_epilogue_generic, ffp8_encode_generic);
}
