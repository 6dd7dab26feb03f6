/* SPDX-License-Identifier: Apache-2.0
 *
 * check_rand.c - random numbers and data that kernels find hard
 *
 * White noise hides most faults: it rarely saturates, cancels, or meets a zero. So every fill is a sequence of runs of random length, each
 * run of one pattern.
 */
#include "check.h"

#include <math.h>
#include <string.h>

uint64_t check_mix64(uint64_t x) { /* the finalizer of SplitMix64 */
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint64_t check_random(struct check_rand *rand) { return check_mix64(rand->state += 0x9E3779B97F4A7C15u); }

size_t check_below(struct check_rand *rand, size_t n) { return (size_t)((check_random(rand) >> 32) * (uint64_t)n >> 32); }

bool check_chance(struct check_rand *rand, unsigned one_in) { return check_below(rand, one_in) == 0; }

float check_uniform(struct check_rand *rand) { return (float)((int64_t)(check_random(rand) >> 39) - 0x1000000 + 0.5) * 0x1p-24f; }

float check_normal(struct check_rand *rand) { /* Irwin-Hall: 12 uniforms of (-1, 1) have variance 4 */
    float sum = 0;
    for (int i = 0; i < 12; i++) sum += check_uniform(rand);
    return sum / 2;
}

void check_fill_bytes(struct check_rand *rand, void *dst, size_t n) {
    uint8_t *p = dst;
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)check_random(rand);
}

static size_t run_length(struct check_rand *rand, size_t left) {
    const size_t lengths[] = {1, 2, 5, 16, 64, 300};
    return ffp8_min_size(left, 1 + check_below(rand, lengths[check_below(rand, 6)]));
}

void check_fill_codes(struct check_rand *rand, uint8_t *dst, size_t n, const ffp8_format *format, bool specials) {
    double value[256];
    uint8_t largest = 0, smallest = 0, tiny = 0, zero = 0;
    uint8_t finite[256];
    size_t count = 0;
    for (int c = 0; c < 256; c++) {
        value[c] = check_decode(format, (uint8_t)c);
        if (!isfinite(value[c])) continue;
        if (!count || value[c] > value[largest]) largest = (uint8_t)c;
        if (!count || value[c] < value[smallest]) smallest = (uint8_t)c;
        if (value[c] != 0 && (!count || value[tiny] == 0 || fabs(value[c]) < fabs(value[tiny]))) tiny = (uint8_t)c;
        if (value[c] == 0) zero = (uint8_t)c;
        finite[count++] = (uint8_t)c;
    }
    for (size_t i = 0; i < n;) {
        const size_t end = i + run_length(rand, n - i), pattern = check_below(rand, 8);
        for (; i < end; i++) {
            const uint8_t any = count ? finite[check_below(rand, count)] : 0;
            dst[i] = pattern == 0 ? zero : pattern == 1 ? largest : pattern == 2 ? tiny : pattern == 3 ? (i & 1 ? largest : smallest) : any;
        }
        if (specials && pattern == 7) dst[end - 1] = (uint8_t)check_random(rand);
    }
}

void check_fill_f32(struct check_rand *rand, float *dst, size_t n, bool specials) {
    static const float special[] = {NAN, INFINITY, -INFINITY, 3.4028235e38f, -3.4028235e38f, 0x1p-149f, -0x1p-126f, -0.0f};
    for (size_t i = 0; i < n;) {
        const size_t end = i + run_length(rand, n - i), pattern = check_below(rand, 7);
        const float scale = ldexpf(1.0f, (int)check_below(rand, 9) - 4);
        for (; i < end; i++)
            dst[i] = pattern == 0   ? 0.0f
                     : pattern == 1 ? -0.0f
                     : pattern == 2 ? scale
                     : pattern == 3 ? (i & 1 ? 16.0f : -16.0f)
                     : pattern == 4 ? check_uniform(rand) * scale
                                    : check_normal(rand) * scale;
        if (specials && pattern == 6) dst[end - 1] = special[check_below(rand, sizeof special / sizeof *special)];
    }
}

static uint32_t element_bits(ffp8_class c, float value) {
    switch (c) {
    case FFP8_CLASS_I8: return (uint8_t)(int8_t)value;
    case FFP8_CLASS_I16: return (uint16_t)(int16_t)value;
    case FFP8_CLASS_BF16: return ffp8_bits(value) >> 16; /* the callers' values have 8 significant bits */
    case FFP8_CLASS_F32: return ffp8_bits(value);
    case FFP8_CLASS_F16: return ffp8_f16_from_f32(value);
    }
    return 0;
}

void check_fill_elements(struct check_rand *rand, uint32_t *dst, size_t n, ffp8_class c, int limit, bool exact, bool specials) {
    const bool integer = c == FFP8_CLASS_I8 || c == FFP8_CLASS_I16;
    for (size_t i = 0; i < n;) {
        const size_t end = i + run_length(rand, n - i), pattern = check_below(rand, 8);
        const int exponent = (int)check_below(rand, c == FFP8_CLASS_F16 ? 20 : 25) - 12; /* halves end below 256 * 2^8 */
        for (; i < end; i++) {
            const float whole = (float)((int)check_below(rand, 2 * (size_t)limit + 1) - limit);
            float x = pattern == 0   ? 0.0f
                      : pattern == 1 ? (float)limit
                      : pattern == 2 ? (i & 1 ? 1.0f : -1.0f)
                      : pattern == 3 ? (float)(i & 1 ? limit : -limit)
                                     : whole;
            if (!integer && !exact) { /* the same runs, spread over binades */
                if (pattern == 1) x = ldexpf(255.0f, exponent);
                if (pattern == 3) x = ldexpf(i & 1 ? 255.0f : -255.0f, exponent);
                if (pattern == 4) x = -0.0f;
                if (pattern >= 5)
                    x = c == FFP8_CLASS_F32 ? ldexpf(check_normal(rand), exponent)
                                            : ldexpf((float)((int)check_below(rand, 511) - 255), exponent - 4);
            }
            dst[i] = element_bits(c, x);
        }
        if (specials && pattern == 7) {
            const float special[] = {NAN, INFINITY, -INFINITY};
            dst[end - 1] = element_bits(c, special[check_below(rand, 3)]);
        }
    }
}

/* ---------------------------------------------------------------------------------------------------------------
 * Formats
 */
enum { BIASES = 6, SIGN_AND_WIDTHS = 17, SPECIALS = 6, FLAG_SETS = 3 };

size_t check_format_count(void) { return (size_t)SIGN_AND_WIDTHS * SPECIALS * FLAG_SETS * BIASES; }

/* Grid point i, legal or not. The biases: the usual one, none, one step to either side, and towards both ends of FP32. */
static void format_at(size_t i, ffp8_format *format) {
    static const uint32_t flags[FLAG_SETS] = {0, FFP8_NO_SUBNORMALS, FFP8_NO_SUBNORMALS | FFP8_NO_ZERO};
    memset(format, 0, sizeof *format);
    const size_t width = i % SIGN_AND_WIDTHS; /* 0..8: unsigned of 0..8 exponent bits; 9..16: signed of 0..7 */
    format->sign_bits = width > 8;
    format->exponent_bits = (uint8_t)(width > 8 ? width - 9 : width);
    format->fraction_bits = (uint8_t)(8 - format->sign_bits - format->exponent_bits);
    i /= SIGN_AND_WIDTHS;
    format->specials = (uint8_t)(i % SPECIALS);
    i /= SPECIALS;
    format->flags = flags[i % FLAG_SETS];
    i /= FLAG_SETS;
    const int usual = format->exponent_bits ? (1 << (format->exponent_bits - 1)) - 1 : 0;
    const int bias[BIASES] = {usual, 0, usual + 1, usual + 13, -40, 100};
    format->bias = bias[i % BIASES];
}

bool check_format_at(size_t i, ffp8_format *format) {
    if (i >= check_format_count()) return false;
    format_at(i, format);
    return ffp8_format_check(format) == FFP8_OK;
}

void check_random_format(struct check_run *run, ffp8_format *format) {
    if (check_chance(&run->rand, 8)) {
        memset(format, 0, sizeof *format);
        ffp8_status status = FFP8_OK;
        switch (check_below(&run->rand, 4)) {
        case 0: status = ffp8_codebook_posit8((int)check_below(&run->rand, 3), run->codebook); break;
        case 1: status = ffp8_codebook_int8(run->codebook); break;
        case 2: status = ffp8_codebook_sfp(run->codebook); break;
        default: check_fill_f32(&run->rand, run->codebook, 256, false); break;
        }
        if (status == FFP8_OK) {
            format->codebook = run->codebook;
            return;
        }
    }
    do { /* the common widths are drawn as often as all others together */
        format_at(check_below(&run->rand, check_format_count()), format);
        if (check_chance(&run->rand, 2)) {
            format->sign_bits = (uint8_t)check_below(&run->rand, 2);
            format->exponent_bits = (uint8_t)(1 + check_below(&run->rand, 5));
            format->fraction_bits = (uint8_t)(8 - format->sign_bits - format->exponent_bits);
            format->flags = 0;
            format->bias = (int)check_below(&run->rand, 24) - 4;
            if (check_chance(&run->rand, 2)) format->specials = FFP8_SPECIALS_NONE;
        }
    } while (ffp8_format_check(format) != FFP8_OK);
}

bool check_random_format_of(struct check_run *run, ffp8_class c, ffp8_format *format) {
    for (int tries = 0; tries < 1000; tries++) {
        check_random_format(run, format);
        if (ffp8_format_classes(format, NULL) & 1u << c) return true;
    }
    return false;
}
