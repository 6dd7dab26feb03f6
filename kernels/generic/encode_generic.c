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

/* Whether v, low < v < high, rounds to high. Of equal magnitudes the one with v's sign counts as larger and as nearer to zero. */
static bool rounds_up(double v, double low, double high, bool low_odd, bool high_odd, ffp8_rounding rounding, uint32_t random) {
    bool equal = -low == high, high_is_larger = equal ? !signbit(v) : fabs(high) > fabs(low);
    bool high_is_smaller = equal ? !signbit(v) : fabs(high) < fabs(low);
    int side = compare_differences(v, low, high, v);
    switch (rounding) {
    case FFP8_ROUND_NEAREST_EVEN: return side > 0 || (side == 0 && (low_odd == high_odd ? high_is_smaller : low_odd));
    case FFP8_ROUND_NEAREST_AWAY: return side > 0 || (side == 0 && high_is_larger);
    case FFP8_ROUND_TOWARD_ZERO: return high_is_smaller;
    case FFP8_ROUND_STOCHASTIC: /* away from zero where the random number is small, as by arithmetic */
        return signbit(v) ? random * 0x1p-32 >= (high - v) / (high - low) : random * 0x1p-32 < (v - low) / (high - low);
    }
    return false;
}

/* Index of v's rounded value in the table; -1 or count: an overflow. An only value has no neighbour to tell an overflow by, hence none. */
static int round_to_table(double v, const struct ffp8_encoder *e, uint32_t random) {
    const float *value = e->value;
    int count = (int)e->count, above = 0, end = count; /* the first value > v */
    while (above < end) {
        int middle = (above + end) / 2;
        if (value[middle] > v)
            end = middle;
        else
            above = middle + 1;
    }
    int below = above - 1;
    if ((below >= 0 && value[below] == v) || count == 1) return below < 0 ? 0 : below;

    bool below_odd = below >= 0 && (e->code[below] & 1), above_odd = above < count && (e->code[above] & 1);
    if (above == count) {
        /* Toward zero a finite value never overflows, nor does one that has no other value on its way to zero. */
        bool stays = e->rounding == FFP8_ROUND_TOWARD_ZERO || (value[below] < 0 && v <= 0);
        bool overflow = v >= e->beyond[0] || rounds_up(v, value[below], e->beyond[0], below_odd, !below_odd, e->rounding, random);
        return !stays && overflow ? count : below;
    }
    if (below < 0) {
        bool stays = e->rounding == FFP8_ROUND_TOWARD_ZERO || (value[0] > 0 && v >= 0);
        bool overflow = v <= e->beyond[1] || !rounds_up(v, e->beyond[1], value[0], !above_odd, above_odd, e->rounding, random);
        return !stays && overflow ? -1 : 0;
    }
    return rounds_up(v, value[below], value[above], below_odd, above_odd, e->rounding, random) ? above : below;
}

static uint8_t encode_table_one(float v, const struct ffp8_encoder *e, uint32_t random) {
    uint32_t sign = ffp8_bits(v) >> 31;
    if (isnan(v)) return e->nan;
    if (isinf(v)) return e->infinity[sign];
    bool negative = v < 0 && !e->sign_bits; /* rounded by its magnitude: what becomes zero is no negative value */
    int count = (int)e->count, i = round_to_table(negative ? -v : v, e, random);
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
