/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_generic.c - FP32 to codes: by arithmetic (encode) or by search in the sorted values (encode_table)
 *
 * Both see v = src * scale, rounded to FP32 once, and round it to a value of the format once.
 */
#include "../kernel_util.h"
#include "generic.h"

static uint8_t encode_one(float v, const struct ffp8_encoder *e, uint32_t random) {
    uint32_t bits = ffp8_bits(v), sign = bits >> 31, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return e->nan;
    if (magnitude == 0x7F800000u) return e->infinity[sign];

    /* |v| = significand * 2^(exponent - 23) */
    uint32_t biased = magnitude >> 23;
    uint64_t significand = (magnitude & 0x7FFFFFu) | (biased ? 0x800000u : 0);
    int32_t exponent = (int32_t)(biased ? biased : 1) - 127;

    int32_t row = exponent > e->lowest_exponent ? exponent : e->lowest_exponent;
    int32_t shift = 23 - (int32_t)e->fraction_bits + (row - exponent);
    uint32_t base = (uint32_t)(row - e->lowest_exponent) << e->fraction_bits;
    /* With 32 more bits below it, the significand falls apart into the code's part and the 32 bits that follow it. */
    uint64_t aligned = shift < 56 ? significand << 32 >> shift : 0;
    uint32_t code = base + (uint32_t)(aligned >> 32), rest = (uint32_t)aligned;

    switch (e->rounding) {
    case FFP8_ROUND_NEAREST_EVEN: code += rest > 0x80000000u || (rest == 0x80000000u && (code & 1)); break;
    case FFP8_ROUND_NEAREST_AWAY: code += rest >= 0x80000000u; break;
    case FFP8_ROUND_TOWARD_ZERO: break;
    case FFP8_ROUND_STOCHASTIC: code += random < rest; break;
    }
    if (code > e->max_code) return e->overflow[sign];
    if (code == 0) return e->zero[sign];
    if (sign && !e->sign_bits) return e->negative;
    return (uint8_t)(code | sign << 7);
}

void ffp8_encode_generic(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    for (size_t i = 0; i < n; i++) {
        uint32_t random = ffp8_random32(ffp8_random_key(e->seed, index + i), (uint32_t)(index + i));
        dst[i] = encode_one(src[i] * e->scale, e, random);
    }
}

/* a - b without rounding error: difference + error. Exact for FP32 values and their doubles, which cannot overflow or underflow here. */
struct exact {
    double difference, error;
};

static struct exact subtract(double a, double b) {
    double difference = a - b, b_part = difference - a;
    return (struct exact){difference, (a - (difference - b_part)) - (b + b_part)};
}

/* The sign of (a - b) - (c - d). Rounded differences order as the exact ones do; equal ones are told apart by their errors. */
static int compare_differences(double a, double b, double c, double d) {
    struct exact left = subtract(a, b), right = subtract(c, d);
    double x = left.difference == right.difference ? left.error - right.error : left.difference - right.difference;
    return (x > 0) - (x < 0);
}

/* Between two neighbours: what decides whether v rounds to the upper one. */
struct gap {
    int side;             /* sign of v - middle */
    double portion;       /* (v - lower) / (upper - lower) */
    bool upper_is_larger; /* in magnitude; of equal ones the one with v's sign counts as larger and as nearer to zero */
    bool upper_is_smaller;
    bool upper_on_tie; /* nearest-even */
};

static bool rounds_up(const struct gap *gap, ffp8_rounding rounding, uint32_t random) {
    switch (rounding) {
    case FFP8_ROUND_NEAREST_EVEN: return gap->side > 0 || (gap->side == 0 && gap->upper_on_tie);
    case FFP8_ROUND_NEAREST_AWAY: return gap->side > 0 || (gap->side == 0 && gap->upper_is_larger);
    case FFP8_ROUND_TOWARD_ZERO: return gap->upper_is_smaller;
    case FFP8_ROUND_STOCHASTIC: return random * 0x1p-32 < gap->portion;
    }
    return false;
}

/* Index of v's rounded value among count ascending ones; -1 or count: an overflow. Past either end the last gap is thought to repeat
 * once; its far end is the overflow. An only value has no gap, hence no overflow. */
static int round_to_table(double v, const float *value, const uint8_t *code, int count, ffp8_rounding rounding, uint32_t random) {
    int above = 0, end = count; /* the first value > v */
    while (above < end) {
        int middle = (above + end) / 2;
        if (value[middle] > v)
            end = middle;
        else
            above = middle + 1;
    }
    int below = above - 1;
    if ((below >= 0 && value[below] == v) || count == 1) return below < 0 ? 0 : below;

    struct gap gap;
    /* Beyond an end. A smallest positive value is rounded to by all from zero up to it: that is no overflow. */
    if (above == count) {
        double last = value[below], inner = value[below - 1];
        gap.side = compare_differences(2 * v, 2 * last, last, inner);
        gap.portion = (v - last) / (last - inner);
        gap.upper_is_larger = true;
        gap.upper_is_smaller = false;
        gap.upper_on_tie = code[below] & 1;
        return !(last < 0 && v <= 0) && rounds_up(&gap, rounding, random) ? count : below;
    }
    if (above == 0) {
        double first = value[0], inner = value[1];
        gap.side = compare_differences(inner, first, 2 * first, 2 * v);
        gap.portion = (v - (2 * first - inner)) / (inner - first);
        gap.upper_is_larger = false;
        gap.upper_is_smaller = true;
        gap.upper_on_tie = !(code[0] & 1);
        return (first > 0 && v >= 0) || rounds_up(&gap, rounding, random) ? 0 : -1;
    }

    double low = value[below], high = value[above];
    bool equal = -low == high, low_odd = code[below] & 1, high_odd = code[above] & 1;
    gap.side = compare_differences(v, low, high, v);
    gap.portion = (v - low) / (high - low);
    gap.upper_is_larger = equal ? !signbit(v) : fabs(high) > fabs(low);
    gap.upper_is_smaller = equal ? !signbit(v) : fabs(high) < fabs(low);
    gap.upper_on_tie = low_odd == high_odd ? gap.upper_is_smaller : low_odd;
    return rounds_up(&gap, rounding, random) ? above : below;
}

static uint8_t encode_table_one(float v, const struct ffp8_encoder *e, uint32_t random) {
    uint32_t sign = ffp8_bits(v) >> 31;
    if (isnan(v)) return e->nan;
    if (isinf(v)) return e->infinity[sign];
    bool negative = v < 0 && !e->sign_bits; /* rounded by its magnitude: what becomes zero is no negative value */
    int count = (int)e->count, i = round_to_table(negative ? -v : v, e->value, e->code, count, e->rounding, random);
    if (negative) return i >= 0 && i < count && e->value[i] == 0 ? e->zero[1] : e->negative;
    if (i < 0) return e->overflow[1];
    if (i == count) return e->overflow[0];
    return e->value[i] == 0 ? e->zero[sign] : e->code[i];
}

void ffp8_encode_table_generic(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    for (size_t i = 0; i < n; i++) {
        uint32_t random = ffp8_random32(ffp8_random_key(e->seed, index + i), (uint32_t)(index + i));
        dst[i] = encode_table_one(src[i] * e->scale, e, random);
    }
}
