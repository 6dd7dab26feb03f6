/* SPDX-License-Identifier: Apache-2.0
 *
 * oracle_mpfr.c - formats and encoding by their definitions, in exact arithmetic
 */
#include "oracle_mpfr.h"

#include <math.h>
#include <mpfr.h>
#include <string.h>

/* FP32 values span 2^-149 .. 2^128: sums and differences of a few of them are exact in so many bits. */
enum { PRECISION = 400 };

struct fields {
    unsigned s, e, f, magnitude, last; /* last: all bits below the sign */
};

static struct fields split(const ffp8_format *format, unsigned code) {
    unsigned y = format->fraction_bits, bits = format->exponent_bits + y, last = (1u << bits) - 1, magnitude = code & last;
    return (struct fields){format->sign_bits ? code >> bits : 0, magnitude >> y, magnitude & ((1u << y) - 1), magnitude, last};
}

static double scaled(double significand, int64_t exponent) {
    return ldexp(significand, exponent > 5000 ? 5000 : exponent < -5000 ? -5000 : (int)exponent);
}

/* The special value of a code: NaN, +-Inf, or 0 for an ordinary code. */
static double special_value(const ffp8_format *format, unsigned code) {
    struct fields p = split(format, code);
    bool is_signed = format->sign_bits != 0;
    double inf = p.s ? -INFINITY : INFINITY;
    switch (format->specials) {
    case FFP8_SPECIALS_FN: return p.magnitude == p.last ? NAN : 0;
    case FFP8_SPECIALS_IEEE: return p.e != (1u << format->exponent_bits) - 1 ? 0 : p.f ? NAN : inf;
    case FFP8_SPECIALS_FNUZ: return code == 0x80 ? NAN : 0;
    case FFP8_SPECIALS_P3109F: return code == (is_signed ? 0x80 : 0xFF) ? NAN : 0;
    case FFP8_SPECIALS_P3109E:
        if (code == (is_signed ? 0x80 : 0xFF)) return NAN;
        return p.magnitude == (is_signed ? 0x7F : 0xFE) ? inf : 0;
    default: return 0;
    }
}

bool oracle_is_special(const ffp8_format *format, unsigned code) { return special_value(format, code) != 0; }

double oracle_value(const ffp8_format *format, unsigned code) {
    double special = special_value(format, code);
    if (special != 0) return special;
    struct fields p = split(format, code);
    int64_t bias = format->bias;
    int y = format->fraction_bits;
    double f = ldexp(p.f, -y), v;
    if (p.e > 0)
        v = scaled(1 + f, p.e - bias);
    else if (!(format->flags & FFP8_NO_SUBNORMALS))
        v = scaled(f, 1 - bias);
    else if (p.f > 0 || format->flags & FFP8_NO_ZERO)
        v = scaled(1 + f, -bias);
    else
        v = 0;
    return p.s ? -v : v;
}

bool oracle_is_legal(const ffp8_format *format) {
    if (format->sign_bits > 1 || format->sign_bits + format->exponent_bits + format->fraction_bits != 8) return false;
    if (format->specials > FFP8_SPECIALS_P3109E || format->flags > (FFP8_NO_SUBNORMALS | FFP8_NO_ZERO) || format->flags == FFP8_NO_ZERO)
        return false;
    if (format->specials == FFP8_SPECIALS_IEEE && format->exponent_bits == 0) return false;
    if (format->specials == FFP8_SPECIALS_FNUZ && format->sign_bits == 0) return false;
    for (unsigned c = 0; c < 256; c++) {
        if (oracle_is_special(format, c)) continue;
        struct fields p = split(format, c);
        bool zero = p.e == 0 && p.f == 0 && !(format->flags & FFP8_NO_ZERO);
        double v = oracle_value(format, c);
        /* An underflow of the oracle itself is a zero where none should be. */
        if ((v == 0) != zero || (double)(float)v != v || isinf((float)v)) return false;
    }
    return true;
}

void oracle_init(struct oracle *oracle, const ffp8_format *format, const ffp8_encoding *how) {
    memset(oracle, 0, sizeof *oracle);
    oracle->format = *format;
    if (how) oracle->how = *how;
    for (unsigned c = 0; c < 256; c++) {
        double v = oracle->value[c] = oracle_value(format, c);
        oracle->special[c] = oracle_is_special(format, c);
        if (oracle->special[c]) continue;
        unsigned at = 0;
        while (at < oracle->count && oracle->sorted[at] < v) at++;
        if (at < oracle->count && oracle->sorted[at] == v) continue; /* -0 comes after +0 */
        memmove(oracle->sorted + at + 1, oracle->sorted + at, (oracle->count - at) * sizeof *oracle->sorted);
        memmove(oracle->code + at + 1, oracle->code + at, oracle->count - at);
        oracle->sorted[at] = v;
        oracle->code[at] = (uint8_t)c;
        oracle->count++;
    }
}

/* The first code whose value is v (NaN is NaN, and zeros have signs), or -1. IEEE's quiet NaN is the one with the top fraction bit only. */
static int find(const struct oracle *oracle, double v) {
    for (unsigned c = 0; c < 256; c++) {
        double w = oracle->value[c];
        if (isnan(v) && isnan(w)) {
            if (oracle->format.specials == FFP8_SPECIALS_IEEE && split(&oracle->format, c).f != 1u << (oracle->format.fraction_bits - 1))
                continue;
            return (int)c;
        }
        if (w == v && !signbit(w) == !signbit(v)) return (int)c;
    }
    return -1;
}

static int find_zero(const struct oracle *oracle, bool negative) {
    int minus = find(oracle, -0.0), plus = find(oracle, 0.0);
    if (negative && minus >= 0) return minus;
    return plus >= 0 ? plus : 0; /* without a zero code 0 has the smallest magnitude */
}

static uint8_t overflow_code(const struct oracle *oracle, bool negative) {
    bool special = oracle->how.overflow == FFP8_OVERFLOW_SPECIAL;
    int nan = find(oracle, NAN), inf = find(oracle, negative ? -INFINITY : INFINITY);
    if (negative && !oracle->format.sign_bits) return (uint8_t)(special && nan >= 0 ? nan : find_zero(oracle, false));
    if (special && inf >= 0) return (uint8_t)inf;
    if (special && nan >= 0) return (uint8_t)nan;
    return oracle->code[negative ? 0 : oracle->count - 1];
}

/* Rounds x >= 0 to an integer. */
static void round_integer(mpfr_t result, mpfr_t x, ffp8_rounding rounding, uint32_t random) {
    switch (rounding) {
    case FFP8_ROUND_NEAREST_EVEN: mpfr_roundeven(result, x); break;
    case FFP8_ROUND_NEAREST_AWAY: mpfr_round(result, x); break;
    case FFP8_ROUND_TOWARD_ZERO: mpfr_trunc(result, x); break;
    case FFP8_ROUND_STOCHASTIC: {
        /* up where random < the 32 bits after the point */
        mpfr_t fraction;
        mpfr_init2(fraction, PRECISION);
        mpfr_frac(fraction, x, MPFR_RNDN);
        mpfr_mul_2si(fraction, fraction, 32, MPFR_RNDN);
        mpfr_trunc(fraction, fraction);
        bool up = mpfr_cmp_ui(fraction, random) > 0;
        mpfr_trunc(result, x);
        if (up) mpfr_add_ui(result, result, 1, MPFR_RNDN);
        mpfr_clear(fraction);
        break;
    }
    }
}

/* |v| rounded by the unit of its binade. The result may lie beyond the largest value. */
static double round_by_unit(const struct oracle *oracle, double v, uint32_t random) {
    int bias = oracle->format.bias, y = oracle->format.fraction_bits;
    int row = v == 0 ? 1 - bias : ilogb(v) > 1 - bias ? ilogb(v) : 1 - bias;
    mpfr_t x, q;
    mpfr_init2(x, PRECISION);
    mpfr_init2(q, PRECISION);
    mpfr_set_d(x, v, MPFR_RNDN);
    mpfr_mul_2si(x, x, y - row, MPFR_RNDN);
    round_integer(q, x, oracle->how.rounding, random);
    if (y == 0 && oracle->how.rounding == FFP8_ROUND_NEAREST_EVEN && mpfr_cmp_d(x, 1.5) == 0) {
        /* Without fraction bits codes are even or odd as exponents are: 2^row has code row + bias. */
        mpfr_set_ui(q, (row + bias) & 1 ? 2 : 1, MPFR_RNDN);
    }
    mpfr_mul_2si(q, q, row - y, MPFR_RNDN);
    double rounded = mpfr_get_d(q, MPFR_RNDN);
    mpfr_clear(x);
    mpfr_clear(q);
    return rounded;
}

/* Whether |v| between neighbours low < high of the same sign rounds to high; tie_to_high is nearest-even's rule. */
static bool rounds_to_high(const struct oracle *oracle, double v, double low, double high, bool tie_to_high, uint32_t random) {
    mpfr_t twice, sum;
    mpfr_init2(twice, PRECISION);
    mpfr_init2(sum, PRECISION);
    mpfr_set_d(twice, 2 * v, MPFR_RNDN);
    mpfr_set_d(sum, low, MPFR_RNDN);
    mpfr_add_d(sum, sum, high, MPFR_RNDN);
    int side = mpfr_cmp(twice, sum);
    mpfr_clear(twice);
    mpfr_clear(sum);
    switch (oracle->how.rounding) {
    case FFP8_ROUND_NEAREST_EVEN: return side > 0 || (side == 0 && tie_to_high);
    case FFP8_ROUND_NEAREST_AWAY: return side >= 0;
    case FFP8_ROUND_TOWARD_ZERO: return false;
    case FFP8_ROUND_STOCHASTIC: return random < (v - low) / (high - low) * 0x1p32;
    }
    return false;
}

/* |v| rounded among the magnitudes (formats without subnormals). Those of a sign may lack the smallest, where 0x80 is NaN. */
static double round_by_search(const struct oracle *oracle, double v, bool negative, uint32_t random) {
    bool mirrored = negative && oracle->format.sign_bits;
    double magnitudes[258];
    unsigned codes[258], count = 0;
    for (unsigned i = 0; i < oracle->count; i++) {
        unsigned at = mirrored ? oracle->count - 1 - i : i;
        double m = mirrored ? -oracle->sorted[at] : oracle->sorted[at];
        if (m < 0) continue;
        magnitudes[count] = m;
        codes[count++] = oracle->code[at];
    }
    /* Past the last one the formula goes on: within its binade, or, without fraction bits, to the next. */
    magnitudes[count] = magnitudes[count - 1] + ldexp(1, ilogb(magnitudes[count - 1]) - oracle->format.fraction_bits);
    codes[count] = codes[count - 1] + 1;
    unsigned above = 0;
    while (above <= count && magnitudes[above] <= v) above++;
    if (above > count) return magnitudes[count];
    if (above > 0 && magnitudes[above - 1] == v) return v;
    if (above == 0) return NAN; /* below the smallest, and no zero: the caller's case */
    double low = magnitudes[above - 1], high = magnitudes[above];
    return rounds_to_high(oracle, v, low, high, codes[above - 1] & 1, random) ? high : low;
}

/* Below the smallest magnitude of a format without zero: between -low and +high, or only one of them. */
static double round_without_zero(const struct oracle *oracle, float v, uint32_t random) {
    unsigned above = 0;
    while (oracle->sorted[above] <= v) above++;
    if (above == 0) return oracle->sorted[0];                                                  /* unsigned */
    double low = oracle->sorted[above - 1], high = oracle->sorted[above], middle = low + high; /* exact: at most one binade apart */
    bool to_high;
    bool low_odd = oracle->code[above - 1] & 1, high_odd = oracle->code[above] & 1;
    bool high_smaller = -low == high ? !signbit(v) : high < -low, high_larger = -low == high ? !signbit(v) : high > -low;
    switch (oracle->how.rounding) {
    case FFP8_ROUND_NEAREST_EVEN: to_high = 2.0 * v == middle ? (low_odd == high_odd ? high_smaller : low_odd) : 2.0 * v > middle; break;
    case FFP8_ROUND_NEAREST_AWAY: to_high = 2.0 * v == middle ? high_larger : 2.0 * v > middle; break;
    case FFP8_ROUND_TOWARD_ZERO: to_high = high_smaller; break;
    default: to_high = signbit(v) ? random * 0x1p-32 >= (high - v) / (high - low) : random * 0x1p-32 < (v - low) / (high - low); break;
    }
    return to_high ? high : low;
}

uint8_t oracle_encode(const struct oracle *oracle, float v, uint32_t random) {
    bool negative = signbit(v), is_signed = oracle->format.sign_bits != 0;
    if (isnan(v)) {
        int nan = find(oracle, NAN);
        if (nan >= 0) return (uint8_t)nan;
        return oracle->how.nan == FFP8_NAN_MAX ? oracle->code[oracle->count - 1] : (uint8_t)find_zero(oracle, false);
    }
    if (isinf(v)) return overflow_code(oracle, negative);

    double largest = negative && is_signed ? -oracle->sorted[0] : oracle->sorted[oracle->count - 1];
    double magnitude = fabs((double)v), rounded;
    if (!(oracle->format.flags & FFP8_NO_SUBNORMALS)) {
        rounded = round_by_unit(oracle, magnitude, random);
    } else {
        rounded = round_by_search(oracle, magnitude, negative, random);
        if (isnan(rounded)) {
            if (v < 0 && !is_signed) return overflow_code(oracle, true);
            double w = round_without_zero(oracle, v, random);
            return (uint8_t)find(oracle, w);
        }
    }
    if (rounded > largest) {
        if (oracle->how.rounding != FFP8_ROUND_TOWARD_ZERO || (negative && !is_signed)) return overflow_code(oracle, negative);
        rounded = largest;
    }
    if (rounded == 0) return (uint8_t)find_zero(oracle, negative);
    if (negative && !is_signed) return overflow_code(oracle, true);
    return (uint8_t)find(oracle, negative ? -rounded : rounded);
}

uint16_t oracle_narrow(double v, ffp8_dtype type) {
    bool half = type == FFP8_TYPE_F16;
    int fraction = half ? 10 : 7, exponents = half ? 31 : 255, bias = half ? 15 : 127;
    uint16_t sign = signbit(v) ? 0x8000 : 0, inf = (uint16_t)(exponents << fraction);
    if (isnan(v)) return (uint16_t)(inf | 1u << (fraction - 1));
    mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_t x;
    mpfr_init2(x, fraction + 1);
    mpfr_set_emin(2 - bias - fraction); /* MPFR's significands are below 1 */
    mpfr_set_emax(exponents - bias);
    int ternary = mpfr_set_d(x, fabs(v), MPFR_RNDN);
    ternary = mpfr_check_range(x, ternary, MPFR_RNDN);
    mpfr_subnormalize(x, ternary, MPFR_RNDN);
    double rounded = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    if (isinf(rounded)) return sign | inf;
    if (rounded == 0) return sign;
    int e = ilogb(rounded) + bias;
    if (e <= 0) return (uint16_t)(sign | (unsigned)ldexp(rounded, bias - 1 + fraction));
    return (uint16_t)(sign | (unsigned)(e << fraction) | ((unsigned)ldexp(rounded, fraction - ilogb(rounded)) & ((1u << fraction) - 1)));
}

bool oracle_format(size_t i, ffp8_format *format) {
    static const uint8_t flags[] = {0, FFP8_NO_SUBNORMALS, FFP8_NO_SUBNORMALS | FFP8_NO_ZERO};
    for (unsigned s = 0; s < 2; s++)
        for (unsigned x = 0; x <= 8 - s; x++)
            for (unsigned policy = 0; policy <= FFP8_SPECIALS_P3109E; policy++)
                for (unsigned f = 0; f < 3; f++) {
                    /* a bias that puts the middle of the range near 1 */
                    ffp8_format candidate = {
                        (uint8_t)s, (uint8_t)x, (uint8_t)(8 - s - x), (uint8_t)policy, flags[f], x ? (1 << (x - 1)) - 1 : 0, NULL};
                    if (!oracle_is_legal(&candidate)) candidate.bias++; /* eight exponent bits without specials just fit */
                    if (!oracle_is_legal(&candidate)) continue;
                    if (i-- > 0) continue;
                    *format = candidate;
                    return true;
                }
    return false;
}

static size_t add_near(float *points, size_t n, double x) {
    float v = (float)x;
    points[n++] = v;
    points[n++] = nextafterf(v, INFINITY);
    points[n++] = nextafterf(v, -INFINITY);
    return n;
}

size_t oracle_points(const struct oracle *oracle, float points[ORACLE_POINTS]) {
    static const float always[] = {0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, -0x1p-126f, 1, -1, 0x1.fffffep127f, -0x1.fffffep127f};
    static const uint32_t nans[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFF800001, 0x7FFFFFFF, 0xFFFFFFFF};
    size_t n = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) points[n++] = always[i];
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) memcpy(points + n++, &nans[i], sizeof *nans);
    for (unsigned i = 0; i < oracle->count; i++) {
        double low = oracle->sorted[i], high = i + 1 < oracle->count ? oracle->sorted[i + 1] : 2 * low - oracle->sorted[i - 1];
        double at[] = {low, (low + high) / 2, low + (high - low) / 4};
        for (size_t j = 0; j < 3; j++) {
            n = add_near(points, n, at[j]);
            if (!oracle->format.sign_bits) n = add_near(points, n, -at[j]);
        }
    }
    double ends[] = {2 * oracle->sorted[oracle->count - 1], 2 * oracle->sorted[0], 1.5 * oracle->sorted[0] - oracle->sorted[1] / 2};
    for (size_t j = 0; j < 3; j++) n = add_near(points, n, ends[j]);
    return n;
}
