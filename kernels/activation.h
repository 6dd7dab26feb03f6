/* SPDX-License-Identifier: Apache-2.0
 *
 * activation.h - the epilogue of one row, written once for all vector tiers
 *
 * A tier's epilogue file defines the words below, includes this file and wraps epilogue_row(). Only +, -, *, /, fma and SLEEF's
 * deterministic ("finz") functions occur, each rounded the same way everywhere, so that tiers agree bit for bit whatever their vector
 * length (of a NaN only that it is one).
 *
 *   vf, V_LANES                a vector of floats (GNU vector type: + - * / work on it, also with a scalar)
 *   vm                         the mask that a comparison gives
 *   v_set(a)                   all lanes a
 *   v_load(p, left)            min(left, V_LANES) floats from p, the other lanes 0; nothing else is read
 *   v_store(p, x, left)        the same number of floats to p
 *   v_fma(a, b, c), v_abs(x)   a * b + c rounded once; |x|
 *   v_less(a, b)               a < b, false for NaN
 *   v_select(m, a, b)          m ? a : b
 *   v_signed(x, s)             x, which is not negative, with the sign of s
 *   v_exp(x)                   Sleef_finz_expf*_u10*
 *   vu, v_zero_bits(), v_max_bits(m, x), v_reduce_bits(m)
 *                              lane-wise unsigned maxima of the bits of |x|, and the largest lane
 *
 * Accuracy: exp, SLEEF's, is the only inexact ingredient of note, so it is never given an argument that is itself rounded (hi + lo instead), and
 * never gives a denormal that a later product would blow up (tail). At -Inf silu and gelu are -0, their limit.
 * Largest errors over all floats: docs/numerics.md.
 */
#ifndef FFP8_ACTIVATION_H
#define FFP8_ACTIVATION_H

#include "kernel_util.h"
#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))

/* exp(-61) happens to lie within 0.05 ulp of a float, and 61 - x is exact for x in 61..122, beyond which all results are zero. */
static const float far_limit = 61.0f;
static const float far_factor = 0x1.fe7116p-89f;

/* exp(-(hi + lo)), where hi >= 0 and |lo| is so small that exp(-lo) = 1 - lo; where far is set: exp(61) times that. */
INLINE vf tail(vf hi, vf lo, vm far) {
    vf e = v_exp(v_select(far, v_set(far_limit), v_set(0.0f)) - hi);
    return v_fma(-lo, e, e);
}

/* factor * sigmoid(z), where |z| = hi + lo has the sign of x. */
INLINE vf logistic(vf x, vf factor, vf hi, vf lo) {
    vm far = v_less(v_set(far_limit), hi), negative = v_less(x, v_set(0.0f));
    vf e = tail(hi, lo, far);
    vf y = v_select(negative, factor * e, factor) / (v_select(far, v_set(0.0f), e) + 1.0f);
    return v_select(negative, y * v_select(far, v_set(far_factor), v_set(1.0f)), y);
}

INLINE vf sigmoid(vf x) { return logistic(x, v_set(1.0f), v_abs(x), v_set(0.0f)); }

INLINE vf silu(vf x) { return logistic(x, v_select(v_less(x, v_set(-128.0f)), v_set(-128.0f), x), v_abs(x), v_set(0.0f)); }

/* Of a = |x|: 1 - 2 e / (1 + e), e = exp(-2 a), which cancels where a is small: there a polynomial fitted to least relative error (2^-24.7).
 * One exp is cheaper than SLEEF's tanh, which works in pairs of floats. */
INLINE vf hyperbolic_tangent(vf x) {
    vf a = v_abs(x);
    a = v_select(v_less(v_set(16.0f), a), v_set(16.0f), a); /* there y is 1 */
    vf square = a * a, e = v_exp(a * -2.0f);
    vf y = v_fma(e / (e + 1.0f), v_set(-2.0f), v_set(1.0f));
    vf p = v_set(0x1.0d5036p-6f);
    p = v_fma(p, square, v_set(-0x1.af7cccp-5f));
    p = v_fma(p, square, v_set(0x1.10cef6p-3f));
    p = v_fma(p, square, v_set(-0x1.555452p-2f));
    return v_signed(v_select(v_less(a, v_set(0.55f)), v_fma(p * square, a, a), y), x);
}

/* x * sigmoid(z), z = x (c + d x^2) with c = 2 sqrt(2 / pi) and d = 0.044715 c, carried in two floats: at z = -100 an error of half an
 * ulp in z would be one of 32 ulp in exp(z). Within the cubic |x| is held to 16, where exp is 0. */
INLINE vf gelu_tanh(vf x) {
    const float c_hi = 0x1.988454p+0f, c_lo = -0x1.857936p-25f, d_hi = 0x1.2444f2p-4f, d_lo = 0x1.49b16ap-29f;
    vf a = v_abs(x);
    a = v_select(v_less(a, v_set(16.0f)), a, v_set(16.0f));
    vf square = a * a, square_lo = v_fma(a, a, -square);
    vf term = square * d_hi, term_lo = v_fma(square, v_set(d_hi), -term);
    vf sum = term + c_hi, back = sum - c_hi, sum_lo = (term - back) + (v_set(c_hi) - (sum - back));
    sum_lo = sum_lo + (term_lo + v_fma(square_lo, v_set(d_hi), v_fma(square, v_set(d_lo), v_set(c_lo))));
    vf hi = a * sum, lo = v_fma(a, sum_lo, v_fma(a, sum, -hi));
    return logistic(x, v_select(v_less(x, v_set(-16.0f)), v_set(-16.0f), x), hi, lo);
}

/* With a = |x| and Phi the normal distribution: y = x Phi(x).
 * a >= 1: a Phi(-a) = p exp(-a^2 / 2), where p is a polynomial in t = (a - 4) / (a + 4), fitted to least relative error on a in 1..15
 * (2^-25.7), and a^2 is carried in two floats. y is minus that for negative x (and NaN for -Inf), x less that for others.
 * a < 1: y = x (1 / 2 + x s), where s is a polynomial in x^2, fitted likewise (2^-25.1): the form above would add the errors of p and
 * exp. */
INLINE vf gelu_erf(vf x) {
    vf a = v_abs(x);
    a = v_select(v_less(a, v_set(16.0f)), a, v_set(16.0f)); /* there y is -0 or x */
    vf square = a * a, square_lo = v_fma(a, a, -square), half = square * 0.5f;
    vf t = (a - 4.0f) / (a + 4.0f);
    vf p = v_set(0x1.ba71ecp-11f);
    p = v_fma(p, t, v_set(-0x1.f1e7eap-11f));
    p = v_fma(p, t, v_set(-0x1.69d5f8p-8f));
    p = v_fma(p, t, v_set(0x1.b1119ap-6f));
    p = v_fma(p, t, v_set(-0x1.024868p-4f));
    p = v_fma(p, t, v_set(0x1.9adc1ep-4f));
    p = v_fma(p, t, v_set(-0x1.c41df0p-4f));
    p = v_fma(p, t, v_set(0x1.2dda04p-4f));
    p = v_fma(p, t, v_set(0x1.82b4bcp-2f));
    vm far = v_less(v_set(far_limit), half);
    vf q = p * tail(half, square_lo * 0.5f, far) * v_select(far, v_set(far_factor), v_set(1.0f));
    vf s = v_set(-0x1.b40fccp-17f);
    s = v_fma(s, square, v_set(0x1.0a4d7ap-13f));
    s = v_fma(s, square, v_set(-0x1.3a20b0p-10f));
    s = v_fma(s, square, v_set(0x1.46f2d4p-7f));
    s = v_fma(s, square, v_set(-0x1.1058c8p-4f));
    s = v_fma(s, square, v_set(0x1.988454p-2f));
    vf outer = v_select(v_less(x, v_set(0.0f)), -q, x - q);
    return v_select(v_less(a, v_set(1.0f)), x * v_fma(x, s, v_set(0.5f)), outer);
}

/* relu(-0) = +0; clip keeps what compares equal to a bound; NaN stays in both. */
INLINE vf activate(vf x, const struct ffp8_finish *f, ffp8_activation activation) {
    switch (activation) {
    case FFP8_ACTIVATION_RELU: return v_select(v_less(x, v_set(0.0f)), v_set(0.0f), x + 0.0f);
    case FFP8_ACTIVATION_CLIP: {
        vf lo = v_set(f->clip_min), hi = v_set(f->clip_max);
        x = v_select(v_less(x, lo), lo, x);
        return v_select(v_less(hi, x), hi, x);
    }
    case FFP8_ACTIVATION_SIGMOID: return sigmoid(x);
    case FFP8_ACTIVATION_TANH: return hyperbolic_tangent(x);
    case FFP8_ACTIVATION_SILU: return silu(x);
    case FFP8_ACTIVATION_GELU_ERF: return gelu_erf(x);
    case FFP8_ACTIVATION_GELU_TANH: return gelu_tanh(x);
    case FFP8_ACTIVATION_NONE: break;
    }
    return x;
}

INLINE float epilogue_loop(float *y, size_t n, const float *bias, const float *residual, const float *addend, const struct ffp8_finish *f,
                           ffp8_activation activation) {
    vu largest = v_zero_bits();
    for (size_t i = 0; i < n; i += V_LANES) {
        size_t left = n - i;
        vf x = v_load(y + i, left);
        if (bias) x = x + v_load(bias + i, left);
        if (residual) x = x + v_load(residual + i, left);
        if (addend) x = x + v_load(addend + i, left);
        x = activate(x, f, activation);
        v_store(y + i, x, left);
        if (left < V_LANES) x = v_load(y + i, left); /* the other lanes hold activation(0), which must not count */
        largest = v_max_bits(largest, x);
    }
    uint32_t bits = v_reduce_bits(largest);
    return ffp8_float(bits > 0x7F800000u ? 0x7FC00000u : bits);
}

INLINE float epilogue_row(float *y, size_t n, const float *bias, const float *residual, const float *addend, const struct ffp8_finish *f) {
    switch (f->activation) {
    case FFP8_ACTIVATION_RELU: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_RELU);
    case FFP8_ACTIVATION_CLIP: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_CLIP);
    case FFP8_ACTIVATION_SIGMOID: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_SIGMOID);
    case FFP8_ACTIVATION_TANH: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_TANH);
    case FFP8_ACTIVATION_SILU: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_SILU);
    case FFP8_ACTIVATION_GELU_ERF: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_GELU_ERF);
    case FFP8_ACTIVATION_GELU_TANH: return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_GELU_TANH);
    case FFP8_ACTIVATION_NONE: break;
    }
    return epilogue_loop(y, n, bias, residual, addend, f, FFP8_ACTIVATION_NONE);
}

#undef INLINE

#endif
