/* SPDX-License-Identifier: Apache-2.0
 *
 * case_encode.c - both encoders at every decision point of every legal format
 *
 * The oracle knows the formula of values and the public header's rules, not the kernels' bit arithmetic: it looks for the neighbours of
 * |v| among the values (the formula goes on past the largest code), and decides by exact distances in double. Formats without subnormals and
 * codebooks go the same way over the sorted list of values; past either end of a codebook its last gap repeats once.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check/check.h"

struct oracle {
    const ffp8_format *format;
    ffp8_encoding how;
    bool by_list;  /* the formula does not serve */
    bool searched; /* the library searches, too: the last of the random bits count */
    bool has_negative;
    size_t count; /* distinct finite values, ascending, and a code of each */
    double value[256];
    uint8_t code[256];
    int nan, plus_infinity, minus_infinity, plus_zero, minus_zero, smallest, max_code; /* codes, -1: none */
};

/* The value of a magnitude code, for any integer: the binades go on above the format's last one. */
static double magnitude(const ffp8_format *f, unsigned code) {
    const int y = f->fraction_bits, fraction = (int)(code & ((1u << y) - 1)), exponent = (int)(code >> y);
    const bool normal = exponent || f->flags & FFP8_NO_SUBNORMALS;
    return normal ? ldexp((1 << y) + fraction, exponent - f->bias - y) : ldexp(fraction, 1 - f->bias - y);
}

static void oracle_init(struct oracle *o, const ffp8_format *format, const ffp8_encoding *how) {
    memset(o, 0, sizeof *o);
    o->format = format;
    o->how = *how;
    o->by_list = format->codebook || format->flags & FFP8_NO_SUBNORMALS;
    o->nan = o->plus_infinity = o->minus_infinity = o->plus_zero = o->minus_zero = o->smallest = -1;
    double smallest = INFINITY;
    for (int c = 0; c < 256; c++) {
        const double v = check_decode(format, (uint8_t)c);
        if (v == INFINITY && o->plus_infinity < 0) o->plus_infinity = c;
        if (v == -INFINITY && o->minus_infinity < 0) o->minus_infinity = c;
        if (!isfinite(v)) continue;
        if (v == 0 && signbit(v) && o->minus_zero < 0) o->minus_zero = c;
        if (v == 0 && !signbit(v) && o->plus_zero < 0) o->plus_zero = c;
        if (fabs(v) < smallest || (fabs(v) == smallest && v > check_decode(format, (uint8_t)o->smallest))) {
            smallest = fabs(v);
            o->smallest = c;
        }
        size_t at = 0;
        while (at < o->count && o->value[at] < v) at++;
        if (at < o->count && o->value[at] == v) {
            if (v == 0 && !signbit(v)) o->code[at] = (uint8_t)(o->plus_zero);
            continue;
        }
        memmove(o->value + at + 1, o->value + at, (o->count - at) * sizeof *o->value);
        memmove(o->code + at + 1, o->code + at, o->count - at);
        o->value[at] = v;
        o->code[at] = (uint8_t)c;
        o->count++;
    }
    if (o->plus_zero < 0) o->plus_zero = o->minus_zero;
    /* Which of several NaN codes it is, is for the library to say. */
    ffp8_format_info info;
    if (ffp8_format_query(format, &info) == FFP8_OK && info.nan_code >= 0 && isnan(check_decode(format, (uint8_t)info.nan_code)))
        o->nan = info.nan_code;
    o->max_code = o->code[o->count - 1];
    o->has_negative = o->value[0] < 0;
    if (!format->codebook) o->has_negative = format->sign_bits;
}

static int first(int a, int b, int c) { return a >= 0 ? a : b >= 0 ? b : c; }

static uint8_t negative_into_unsigned(const struct oracle *o) {
    return (uint8_t)first(o->how.overflow == FFP8_OVERFLOW_SPECIAL ? o->nan : -1, o->plus_zero, o->smallest);
}

static uint8_t infinite(const struct oracle *o, bool negative) {
    if (negative && !o->has_negative) return negative_into_unsigned(o);
    const int largest = negative ? o->code[0] : o->max_code;
    if (o->how.overflow == FFP8_OVERFLOW_SATURATE) return (uint8_t)largest;
    return (uint8_t)first(negative ? o->minus_infinity : o->plus_infinity, o->nan, largest);
}

/* Sign of (v - lower) - (upper - v). The sum of the neighbours may need more bits than a double has: its error decides what looks equal. */
static int nearer_to_upper(double v, double lower, double upper) {
    const double sum = lower + upper, part = sum - lower, error = (lower - (sum - part)) + (upper - part);
    const double difference = 2 * v != sum ? 2 * v - sum : -error;
    return (difference > 0) - (difference < 0);
}

/* Between two neighbours of v: 1 takes the upper one. A tie goes to the even one, where both or none are to the smaller magnitude. */
static bool takes_upper(const struct oracle *o, double v, double lower, double upper, bool lower_even, bool upper_even, uint32_t random) {
    const int side = nearer_to_upper(v, lower, upper);
    const bool upper_larger = fabs(upper) > fabs(lower) || (fabs(upper) == fabs(lower) && !signbit(v));
    const bool upper_smaller = fabs(upper) < fabs(lower) || (fabs(upper) == fabs(lower) && !signbit(v));
    const double share = ldexp((v - lower) / (upper - lower), 32);
    switch (o->how.rounding) {
    case FFP8_ROUND_NEAREST_EVEN: return side ? side > 0 : lower_even != upper_even ? upper_even : upper_smaller;
    case FFP8_ROUND_NEAREST_AWAY: return side ? side > 0 : upper_larger;
    case FFP8_ROUND_TOWARD_ZERO: return upper_smaller;
    case FFP8_ROUND_STOCHASTIC: /* away from zero where random is small; 32 bits decide by arithmetic, all by search */
        if (signbit(v)) return random >= ldexp((upper - v) / (upper - lower), 32);
        return random < (o->searched ? share : floor(share));
    }
    return false;
}

static uint8_t encode_by_formula(const struct oracle *o, float v, uint32_t random) {
    const bool negative = signbit(v);
    const double x = fabs((double)v);
    unsigned lower = 0, upper = (unsigned)o->max_code + 1; /* largest code with magnitude(lower) <= x, by bisection */
    const unsigned virtual_end = upper;
    if (x >= magnitude(o->format, virtual_end)) {
        lower = virtual_end;
    } else {
        while (upper - lower > 1) {
            const unsigned middle = (lower + upper) / 2;
            if (magnitude(o->format, middle) <= x)
                lower = middle;
            else
                upper = middle;
        }
        if (magnitude(o->format, lower) != x)
            lower += takes_upper(o, x, magnitude(o->format, lower), magnitude(o->format, lower + 1), !(lower & 1), lower & 1, random);
    }
    if (lower == virtual_end) {
        if (o->how.rounding != FFP8_ROUND_TOWARD_ZERO) return infinite(o, negative);
        lower--; /* toward zero a finite value does not pass the largest one */
    }
    if (lower == 0) return (uint8_t)(negative ? first(o->minus_zero, o->plus_zero, o->smallest) : o->plus_zero);
    if (negative && !o->format->sign_bits) return negative_into_unsigned(o);
    return (uint8_t)(lower | (negative ? 0x80 : 0));
}

static uint8_t encode_by_list(const struct oracle *o, float value, uint32_t random) {
    const bool negative = signbit(value), dropped = value < 0 && !o->has_negative; /* -0 is no negative value */
    const double v = dropped ? -(double)value : value;
    const size_t last = o->count - 1;
    size_t above = 0, end = o->count; /* the first value > v */
    while (above < end) {
        const size_t middle = (above + end) / 2;
        if (o->value[middle] <= v)
            above = middle + 1;
        else
            end = middle;
    }
    const uint8_t zero = (uint8_t)first(negative ? o->minus_zero : -1, o->plus_zero, o->smallest);
    size_t at;
    bool past_end = false;
    if (above > 0 && o->value[above - 1] == v) {
        at = above - 1;
    } else if (o->count == 1) {
        at = 0;
    } else if (above == o->count) {
        const double next = o->format->codebook ? 2 * o->value[last] - o->value[last - 1] : magnitude(o->format, (unsigned)o->max_code + 1);
        const bool even = !(o->code[last] & 1);
        at = last;
        past_end = o->how.rounding != FFP8_ROUND_TOWARD_ZERO && !(o->value[last] < 0 && v <= 0) &&
                   (v >= next || takes_upper(o, v, o->value[last], next, even, !even, random));
    } else if (above == 0) {
        const double next = o->format->codebook ? 2 * o->value[0] - o->value[1] : -magnitude(o->format, (unsigned)o->max_code + 1);
        const bool even = !(o->code[0] & 1);
        at = 0;
        past_end = o->how.rounding != FFP8_ROUND_TOWARD_ZERO && !(o->value[0] > 0 && v >= 0) &&
                   (v <= next || !takes_upper(o, v, next, o->value[0], !even, even, random));
    } else {
        at = above - 1 + takes_upper(o, v, o->value[above - 1], o->value[above], !(o->code[above - 1] & 1), !(o->code[above] & 1), random);
    }
    if (dropped) return !past_end && o->value[at] == 0 ? zero : negative_into_unsigned(o);
    if (past_end) return infinite(o, at == 0 && v < o->value[0]);
    return o->value[at] == 0 ? zero : o->code[at];
}

static uint8_t encode(const struct oracle *o, float v, uint64_t index) {
    if (isnan(v)) return (uint8_t)first(o->nan, o->how.nan == FFP8_NAN_MAX ? o->max_code : -1, first(o->plus_zero, o->smallest, 0));
    if (isinf(v)) return infinite(o, v < 0);
    const uint32_t random = ffp8_random32(ffp8_random_key(o->how.seed, index), (uint32_t)index);
    return o->by_list ? encode_by_list(o, v, random) : encode_by_formula(o, v, random);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Decision points: each value, each midpoint of neighbours, a third of the way, and one ulp to either side of all; both signs; and what
 * lies outside.
 */
enum { POINTS_MAX = 256 * 9 + 64 };
static size_t add_point(float *points, size_t n, double x) {
    const float v = (float)x;
    points[n++] = v;
    points[n++] = nextafterf(v, INFINITY);
    points[n++] = nextafterf(v, -INFINITY);
    return n;
}

static size_t decision_points(const struct oracle *o, float *points) {
    static const uint32_t always[] = {0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x00800000,
                                      0x807FFFFF, 0x3F800000, 0xBF800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000,
                                      0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFFFFFFF};
    size_t n = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) points[n++] = ffp8_float(always[i]);
    for (size_t i = 0; i < o->count; i++) {
        n = add_point(points, n, o->value[i]);
        if (i + 1 < o->count) n = add_point(points, n, (o->value[i] + o->value[i + 1]) / 2);
        if (i + 1 < o->count) n = add_point(points, n, o->value[i] + (o->value[i + 1] - o->value[i]) / 3);
    }
    const double last = o->value[o->count - 1], gap = o->count > 1 ? last - o->value[o->count - 2] : last;
    n = add_point(points, n, last + gap / 2);
    n = add_point(points, n, last + gap);
    n = add_point(points, n, -(last + gap / 2));
    n = add_point(points, n, o->value[0] - gap / 2);
    return n;
}

struct encode_call {
    ffp8_encode_fn *kernel;
    const float *src;
    uint8_t *dst;
    size_t n;
    const struct ffp8_encoder *encoder;
    uint64_t index;
};

static void invoke(void *argument) {
    const struct encode_call *c = argument;
    c->kernel(c->src, c->dst, c->n, c->encoder, c->index);
}

static bool check_points(struct check_run *run, const ffp8_format *format, const ffp8_encoding *how, float scale, const float *points,
                         size_t n, struct oracle *o) {
    static struct ffp8_encoder encoder;
    static uint8_t want[POINTS_MAX];
    ffp8_encoder_init(&encoder, format, scale, how);
    o->searched = encoder.by_table;
    check_begin(run);
    check_describe(run,
                   "format%s sign %u exponent %u fraction %u specials %u flags %u bias %d, rounding %d overflow %d nan %d seed %llu, scale "
                   "%.9g, n %zu",
                   format->codebook ? " (codebook)" : "", format->sign_bits, format->exponent_bits, format->fraction_bits, format->specials,
                   format->flags, format->bias, (int)how->rounding, (int)how->overflow, (int)how->nan, (unsigned long long)how->seed,
                   (double)scale, n);
    struct check_buffer *constants = check_buffer(run, "encoder", CHECK_IN, 1, sizeof encoder, sizeof encoder, 16);
    struct check_buffer *src = check_array(run, "src", CHECK_IN, n, 4), *dst = check_array(run, "dst", CHECK_OUT, n, 1);
    memcpy(constants->data, &encoder, sizeof encoder);
    memcpy(src->data, points, n * sizeof *points);
    /* The index crosses 2^32 now and then: the key of the random numbers changes there. */
    const uint64_t index = check_chance(&run->rand, 3) ? 0x100000000u - check_below(&run->rand, 64) : check_random(&run->rand) >> 20;
    struct encode_call call = {ffp8_encode_of(run->kernels, &encoder), src->kernel, dst->kernel, n, constants->kernel, index};
    if (!check_call(run, invoke, &call)) return false;
    for (size_t i = 0; i < n; i++) {
        const float v = points[i] * scale;
        want[i] = encode(o, v, index + i);
    }
    if (check_bits(run, dst, want, n, CHECK_U8, 0)) return true;
    for (size_t i = 0; i < n; i++)
        if (((uint8_t *)dst->data)[i] != want[i]) {
            const size_t used = strlen(run->result->message);
            snprintf(run->result->message + used, sizeof run->result->message - used, "\n    src[%zu] = %.9g (0x%08x)", i,
                     (double)points[i], ffp8_bits(points[i]));
            break;
        }
    return false;
}

static void random_encoding(struct check_run *run, ffp8_encoding *how, ffp8_rounding rounding) {
    how->rounding = rounding;
    how->overflow = (ffp8_overflow)check_below(&run->rand, 2);
    how->nan = (ffp8_nan)check_below(&run->rand, 2);
    how->seed = check_random(&run->rand);
}

static bool check_format(struct check_run *run, const ffp8_format *format, size_t limit, bool scaled) {
    static float points[POINTS_MAX], rotated[POINTS_MAX];
    static struct oracle o;
    for (int pass = 0; pass < 2; pass++) { /* nearest-even, and one of the others */
        ffp8_encoding how;
        random_encoding(run, &how, pass ? (ffp8_rounding)(1 + check_below(&run->rand, 3)) : FFP8_ROUND_NEAREST_EVEN);
        oracle_init(&o, format, &how);
        size_t n = decision_points(&o, points);
        float scale = 1;
        if (scaled) {
            scale = check_chance(&run->rand, 2) ? ldexpf(1, (int)check_below(&run->rand, 13) - 6) : fabsf(check_normal(&run->rand)) + 0.05f;
            for (size_t i = 0; i < n; i++) points[i] /= scale;
        }
        /* Points meet other lanes each time, and short arrays other points. */
        const size_t first_point = check_below(&run->rand, n);
        for (size_t i = 0; i < n; i++) rotated[i] = points[(first_point + i) % n];
        if (!check_points(run, format, &how, scale, rotated, ffp8_min_size(n, limit), &o)) return false;
    }
    return true;
}

/* Which of both kernels serves a format is the encoder's choice. */
static bool is_searched(const ffp8_format *format) {
    static struct ffp8_encoder encoder;
    ffp8_encoder_init(&encoder, format, 1, NULL);
    return encoder.by_table;
}

void check_encode_body(struct check_run *run) {
    const bool by_table = run->slot->parameter;
    ffp8_format format;
    for (size_t i = 0; i < check_format_count(); i++) {
        if (!check_format_at(i, &format) || is_searched(&format) != by_table) continue;
        if (!check_format(run, &format, POINTS_MAX, false)) return;
    }
    for (size_t n = 0; n <= 140; n++) { /* lengths around the vector sizes; scales; codebooks */
        do check_random_format(run, &format);
        while (is_searched(&format) != by_table);
        if (!check_format(run, &format, n, true)) return;
    }
}
