/* SPDX-License-Identifier: Apache-2.0
 *
 * check_exact.c - independent truth: codes by the formula, sums of products without rounding
 */
#include "check.h"

#include <math.h>
#include <string.h>

double check_decode(const ffp8_format *f, uint8_t code) {
    if (f->codebook) return f->codebook[code];
    const int y = f->fraction_bits, x = f->exponent_bits;
    const int fraction = code & ((1 << y) - 1), exponent = code >> y & ((1 << x) - 1);
    const int negative = f->sign_bits ? code >> 7 : 0, magnitude = f->sign_bits ? code & 127 : code;
    const int top = f->sign_bits ? 127 : 255;
    const double sign = negative ? -1.0 : 1.0;

    switch (f->specials) {
    case FFP8_SPECIALS_FN:
        if (magnitude == top) return NAN;
        break;
    case FFP8_SPECIALS_IEEE:
        if (exponent == (1 << x) - 1) return fraction ? (double)NAN : sign * INFINITY;
        break;
    case FFP8_SPECIALS_FNUZ:
        if (code == 0x80) return NAN;
        break;
    case FFP8_SPECIALS_P3109E:
        if (f->sign_bits ? magnitude == 127 : code == 0xFE) return sign * INFINITY;
        /* fall through */
    case FFP8_SPECIALS_P3109F:
        if (code == (f->sign_bits ? 0x80 : 0xFF)) return NAN;
        break;
    }
    if (exponent > 0) return sign * ldexp((1 << y) + fraction, exponent - f->bias - y);
    if (f->flags & FFP8_NO_SUBNORMALS) {
        if (fraction == 0 && !(f->flags & FFP8_NO_ZERO)) return sign * 0.0;
        return sign * ldexp((1 << y) + fraction, -f->bias - y);
    }
    return sign * ldexp(fraction, 1 - f->bias - y);
}

void check_sum_clear(struct check_sum *sum) { memset(sum, 0, sizeof *sum); }

/* A finite float is m * 2^(e - 149), m < 2^24, e >= 0; so a product is an integer of 48 bits times 2^(e - 298). Limb i weighs 2^(32 i - 320). */
static uint32_t split(float x, unsigned *exponent) {
    const uint32_t u = ffp8_bits(x) & 0x7FFFFFFFu, e = u >> 23;
    *exponent = e ? e - 1 : 0;
    return (u & 0x7FFFFFu) | (e ? 0x800000u : 0);
}

void check_sum_add(struct check_sum *sum, float a, float b) {
    if (!isfinite(a) || !isfinite(b)) {
        const float p = a * b;
        if (isnan(p))
            sum->nan = true;
        else if (p > 0)
            sum->plus_infinity = true;
        else
            sum->minus_infinity = true;
        return;
    }
    unsigned ea, eb;
    const uint64_t ma = split(a, &ea), mb = split(b, &eb), m = ma * mb;
    if (!m) return;
    const unsigned position = ea + eb + (320 - 298), at = position / 32, shift = position % 32;
    const uint64_t low = (m & 0xFFFFFFFFu) << shift, high = (m >> 32) << shift;
    const int64_t sign = signbit(a) == signbit(b) ? 1 : -1;
    sum->limb[at] += sign * (int64_t)(low & 0xFFFFFFFFu);
    sum->limb[at + 1] += sign * (int64_t)((low >> 32) + (high & 0xFFFFFFFFu));
    sum->limb[at + 2] += sign * (int64_t)(high >> 32);
}

double check_sum_value(const struct check_sum *sum) {
    if (sum->nan || (sum->plus_infinity && sum->minus_infinity)) return NAN;
    if (sum->plus_infinity || sum->minus_infinity) return sum->plus_infinity ? INFINITY : -INFINITY;
    /* Carry, so that all limbs but the top one are digits 0..2^32-1; a negative number is negated first. */
    int64_t limb[CHECK_LIMBS];
    memcpy(limb, sum->limb, sizeof limb);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i + 1 < CHECK_LIMBS; i++) {
            const int64_t digit = limb[i] & 0xFFFFFFFF;
            limb[i + 1] += (limb[i] - digit) / ((int64_t)1 << 32);
            limb[i] = digit;
        }
        if (limb[CHECK_LIMBS - 1] >= 0) {
            /* The three top limbs and whether anything lies below decide the rounding. */
            int top = CHECK_LIMBS - 1;
            while (top > 0 && !limb[top]) top--;
            if (!limb[top]) return 0.0;
            const uint64_t high = (uint64_t)limb[top] << 32 | (uint64_t)(top ? limb[top - 1] : 0);
            uint64_t low = (uint64_t)(top > 1 ? limb[top - 2] : 0);
            for (int i = top - 3; i >= 0; i--)
                if (limb[i]) low |= 1;
            const int lead = __builtin_clzll(high); /* 0..31: the top limb is not zero */
            const uint64_t dropped = low & (((uint64_t)1 << (32 - lead)) - 1);
            const uint64_t digits = high << lead | low >> (32 - lead) | (dropped != 0);
            const double value = ldexp((double)digits, 32 * (top - 1) - 320 - lead);
            return pass ? -value : value;
        }
        for (int i = 0; i < CHECK_LIMBS; i++) limb[i] = -limb[i];
    }
    return NAN; /* not reached: the negative of a negative number is positive */
}

double check_gamma(double n) { return n * 0x1p-24 / (1 - n * 0x1p-24); }

double check_roundings(ffp8_class c, size_t k) { return (double)(c == FFP8_CLASS_BF16 ? k + k % 2 : k); }

double check_underflow(ffp8_class c, int shift) { return ldexp(1, (c == FFP8_CLASS_BF16 ? -126 : -149) + (shift > 0 ? shift : 0)); }
