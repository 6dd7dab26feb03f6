/* SPDX-License-Identifier: Apache-2.0
 *
 * codebook.c - the 256 values of 8-bit formats that the exponent-and-fraction formula does not cover
 */
#include <math.h>
#include <stdbool.h>

#include "ffp8/ffp8.h"

/* 2^exponent * (1 + fraction / 2^bits) */
static float binade(int exponent, unsigned fraction, int bits) { return ldexpf((float)((1u << bits) + fraction), exponent - bits); }

/* The 7 bits after the sign of a positive posit, from the top: a run of equal bits and the bit that ends it (the regime, a power of
 * 2^(2^es)), es bits of exponent, the rest fraction. Exponent bits that do not fit are zero. */
static float positive_posit(unsigned code, int es) {
    bool ones = code >> 6 & 1;
    int run = 0, left = 7;
    for (; left > 0 && (code >> (left - 1) & 1) == ones; left--) run++;
    if (left > 0) left--; /* the bit that ends the run */
    int regime = ones ? run - 1 : -run;
    unsigned rest = code & ((1u << left) - 1);
    int exponent_bits = left < es ? left : es, fraction_bits = left - exponent_bits;
    int exponent = (int)(rest >> fraction_bits) << (es - exponent_bits);
    return binade(regime * (1 << es) + exponent, rest & ((1u << fraction_bits) - 1), fraction_bits);
}

ffp8_status ffp8_codebook_posit8(int es, float values[256]) {
    if (es < 0 || es > 4) return FFP8_ERROR_FORMAT;
    if (!values) return FFP8_ERROR_NULL;
    values[0] = 0;
    values[0x80] = NAN;
    for (unsigned c = 1; c < 128; c++) {
        values[c] = positive_posit(c, es);
        values[256 - c] = -values[c]; /* two's complement */
    }
    return FFP8_OK;
}

/* The 7 bits after the sign: a prefix code for the number of exponent bits, these, the rest fraction. The exponent is sign and magnitude,
 * whose leading 1 is not stored: with k bits its magnitude is 2^(k-1) .. 2^k - 1. */
static float positive_hifloat(unsigned code) {
    if (code == 0x6F) return INFINITY;
    if (code < 8) return code ? ldexpf(1, (int)code - 23) : 0; /* 0000: powers of two below all others */
    int prefix_bits = code >= 32 ? 2 : code >= 16 ? 3 : 4;
    int exponent_bits = code >= 32 ? (int)(code >> 5) + 1 : code >= 16 ? 1 : 0;
    int fraction_bits = 7 - prefix_bits - exponent_bits;
    unsigned field = code >> fraction_bits & ((1u << exponent_bits) - 1), fraction = code & ((1u << fraction_bits) - 1);
    int exponent = 0;
    if (exponent_bits > 0) {
        unsigned leading = 1u << (exponent_bits - 1);
        int magnitude = (int)(leading | (field & (leading - 1)));
        exponent = field & leading ? -magnitude : magnitude;
    }
    return binade(exponent, fraction, fraction_bits);
}

ffp8_status ffp8_codebook_hifloat8(float values[256]) {
    if (!values) return FFP8_ERROR_NULL;
    for (unsigned c = 0; c < 128; c++) {
        values[c] = positive_hifloat(c);
        values[c | 0x80] = -values[c];
    }
    values[0x80] = NAN;
    return FFP8_OK;
}

ffp8_status ffp8_codebook_s2fp8(float alpha, float beta, float values[256]) {
    if (!values) return FFP8_ERROR_NULL;
    if (!(alpha > 0 && isfinite(alpha) && isfinite(beta))) return FFP8_ERROR_SCALE;
    for (unsigned c = 0; c < 128; c++) {
        unsigned e = c >> 2, f = c & 3;
        float y = e == 31 ? (f ? NAN : INFINITY) : e ? binade((int)e - 15, f, 2) : ldexpf((float)f, -16);
        values[c] = y == 0 ? 0 : (float)exp2((log2(y) - beta) / alpha);
        values[c | 0x80] = isnan(y) ? NAN : -values[c];
    }
    return FFP8_OK;
}

ffp8_status ffp8_codebook_sfp(float values[256]) {
    if (!values) return FFP8_ERROR_NULL;
    for (unsigned c = 0; c < 128; c++) {
        /* 3 fraction bits from 2^-7 up, 2 below; every exponent is a normal one, but for code 0 */
        bool large = c >= 64;
        float v = large ? binade((int)(c >> 3) - 15, c & 7, 3) : binade((int)(c >> 2) - 23, c & 3, 2);
        values[c] = v;
        values[c | 0x80] = -v;
    }
    values[0] = values[0x80] = 0; /* 0x80 is not produced by encoders */
    return FFP8_OK;
}

ffp8_status ffp8_codebook_int8(float values[256]) {
    if (!values) return FFP8_ERROR_NULL;
    for (int c = 0; c < 256; c++) values[c] = (float)(c < 128 ? c : c - 256);
    return FFP8_OK;
}
