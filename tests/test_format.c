/* SPDX-License-Identifier: Apache-2.0
 *
 * test_format.c - which formats are legal, what their codes mean, and what they are called
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "dispatch/format.h"
#include "dispatch/lut.h"
#include "kernels/kernel_util.h"
#include "oracle_mpfr.h"

static ffp8_format named(const char *name) {
    ffp8_format format;
    cr_assert_eq(ffp8_format_from_name(name, &format), FFP8_OK, "%s", name);
    return format;
}

/* ---------------------------------------------------------------------------------------------------------------
 * Legality and values
 */
static void check_info(const ffp8_format *format) {
    ffp8_format_info info;
    cr_assert_eq(ffp8_format_query(format, &info), FFP8_OK);
    struct oracle o;
    oracle_init(&o, format, NULL);
    unsigned y = format->fraction_bits, specials = 0;
    bool seen[3] = {false};
    double min_normal = 0, min_subnormal = 0;
    for (unsigned c = 0; c < 256; c++) {
        double v = o.value[c];
        if (o.special[c]) {
            bool *kind = &seen[isnan(v) ? 0 : v > 0 ? 1 : 2];
            specials += !*kind;
            *kind = true;
            continue;
        }
        if (v <= 0) continue;
        bool subnormal = c >> y == 0 && !(format->flags & FFP8_NO_SUBNORMALS);
        double *smallest = subnormal ? &min_subnormal : &min_normal;
        if (*smallest == 0 || v < *smallest) *smallest = v;
    }
    cr_assert_eq(info.max, o.sorted[o.count - 1], "%s", describe(format));
    cr_assert_eq(info.min, o.sorted[0], "%s", describe(format));
    cr_assert_eq(info.min_normal, min_normal, "%s: %g, not %g", describe(format), info.min_normal, min_normal);
    cr_assert_eq(info.min_subnormal, min_subnormal, "%s: %g, not %g", describe(format), info.min_subnormal, min_subnormal);
    cr_assert_eq(info.finite_count, o.count, "%s", describe(format));
    cr_assert_eq(info.distinct_count, o.count + specials, "%s", describe(format));
    cr_assert_eq(info.zero_code, format->flags & FFP8_NO_ZERO ? -1 : 0, "%s", describe(format));
    cr_assert(info.nan_code < 0 ? !seen[0] : isnan(o.value[info.nan_code]), "%s", describe(format));
    cr_assert(info.pos_inf_code < 0 ? !seen[1] : o.value[info.pos_inf_code] == INFINITY, "%s", describe(format));
    cr_assert(info.neg_inf_code < 0 ? !seen[2] : o.value[info.neg_inf_code] == -INFINITY, "%s", describe(format));
}

static void check_values(const ffp8_format *format) {
    float value[256];
    ffp8_format_values(format, value);
    for (unsigned c = 0; c < 256; c++) {
        cr_assert(same_value(value[c], oracle_value(format, c)), "%s code 0x%02x: %a, not %a", describe(format), c, value[c],
                  oracle_value(format, c));
        if (isnan(value[c])) cr_assert_eq(ffp8_bits(value[c]), 0x7FC00000u, "%s code 0x%02x", describe(format), c);
    }
}

/* All widths, policies and flags, legal or not, at every bias that can be legal, and at the ends of int32. */
Test(format, legality_and_values_follow_the_definition) {
    size_t legal = 0, illegal = 0;
    for (unsigned widths = 0; widths < 2 * 10; widths++)
        for (unsigned policy = 0; policy < 7; policy++)
            for (unsigned flags = 0; flags < 5; flags++)
                for (int bias = -140; bias <= 300; bias++) {
                    unsigned s = widths / 10, x = widths % 10;
                    static const int32_t extremes[] = {INT32_MIN, INT32_MIN + 1, INT32_MIN / 2, -100000,
                                                       100000,    INT32_MAX / 2, INT32_MAX - 1, INT32_MAX};
                    int32_t b = bias > 292 ? extremes[300 - bias] : bias;
                    ffp8_format format = {(uint8_t)s, (uint8_t)x, (uint8_t)(8 - s - x), (uint8_t)policy, flags, b, NULL};
                    bool expected = oracle_is_legal(&format);
                    cr_assert_eq(ffp8_format_check(&format), expected ? FFP8_OK : FFP8_ERROR_FORMAT, "%s should be %s", describe(&format),
                                 expected ? "legal" : "illegal");
                    *(expected ? &legal : &illegal) += 1;
                    if (!expected) continue;
                    check_values(&format);
                    check_info(&format);
                }
    cr_assert_gt(legal, 10000);
    cr_assert_gt(illegal, 10000);
}

Test(format, widths_must_sum_to_eight) {
    for (unsigned s = 0; s < 4; s++)
        for (unsigned x = 0; x < 12; x++)
            for (unsigned y = 0; y < 12; y++) {
                ffp8_format format = {(uint8_t)s, (uint8_t)x, (uint8_t)y, FFP8_SPECIALS_NONE, 0, x < 8 ? 7 : 128, NULL};
                bool legal = s <= 1 && s + x + y == 8;
                cr_assert_eq(ffp8_format_check(&format), legal ? FFP8_OK : FFP8_ERROR_FORMAT, "%s", describe(&format));
            }
    ffp8_format wraps = {1, 255, 8, 0, 0, 0, NULL}; /* sums to 8 in bytes */
    cr_assert_eq(ffp8_format_check(&wraps), FFP8_ERROR_FORMAT);
}

Test(format, null_pointers) {
    ffp8_format format = named("e4m3fn");
    ffp8_format_info info;
    char text[FFP8_FORMAT_NAME_BYTES];
    cr_assert_eq(ffp8_format_check(NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_query(NULL, &info), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_query(&format, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_from_name(NULL, &format), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_from_name("e5m2", NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_name(NULL, text, sizeof text), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_format_name(&format, NULL, sizeof text), FFP8_ERROR_NULL);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Published figures: OCP, IEEE P3109 and the FFP8 formats with the usual biases
 */
static const struct {
    const char *name;
    double max; /* as printed, to 10 digits */
    int max_code, log2_min_normal, log2_min_positive, zeros, first_nan, nans, inf, finite_values;
} published[] = {
    {"e5m2", 57344, 0x7b, -14, -16, 2, 0x7d, 6, 0x7c, 247},
    {"e4m3", 240, 0x77, -6, -9, 2, 0x79, 14, 0x78, 239},
    {"e3m4", 15.5, 0x6f, -2, -6, 2, 0x71, 30, 0x70, 223},
    {"e4m3fn", 448, 0x7e, -6, -9, 2, 0x7f, 2, -1, 253},
    {"e3m4fn", 30, 0x7e, -2, -6, 2, 0x7f, 2, -1, 253},
    {"e5m2fnuz", 57344, 0x7f, -15, -17, 1, 0x80, 1, -1, 255},
    {"e4m3fnuz", 240, 0x7f, -7, -10, 1, 0x80, 1, -1, 255},
    {"e4m3b11fnuz", 30, 0x7f, -10, -13, 1, 0x80, 1, -1, 255},
    {"binary8p1se", 4.611686018e+18, 0x7e, -63, -63, 1, 0x80, 1, 0x7f, 253},
    {"binary8p1sf", 9.223372037e+18, 0x7f, -63, -63, 1, 0x80, 1, -1, 255},
    {"binary8p1ue", 4.253529587e+37, 0xfd, -127, -127, 1, 0xff, 1, 0xfe, 254},
    {"binary8p1uf", 8.507059173e+37, 0xfe, -127, -127, 1, 0xff, 1, -1, 255},
    {"binary8p2se", 2147483648, 0x7e, -31, -32, 1, 0x80, 1, 0x7f, 253},
    {"binary8p2sf", 3221225472, 0x7f, -31, -32, 1, 0x80, 1, -1, 255},
    {"binary8p2ue", 6.917529028e+18, 0xfd, -63, -64, 1, 0xff, 1, 0xfe, 254},
    {"binary8p2uf", 9.223372037e+18, 0xfe, -63, -64, 1, 0xff, 1, -1, 255},
    {"binary8p3se", 49152, 0x7e, -15, -17, 1, 0x80, 1, 0x7f, 253},
    {"binary8p3sf", 57344, 0x7f, -15, -17, 1, 0x80, 1, -1, 255},
    {"binary8p3ue", 2684354560, 0xfd, -31, -33, 1, 0xff, 1, 0xfe, 254},
    {"binary8p3uf", 3221225472, 0xfe, -31, -33, 1, 0xff, 1, -1, 255},
    {"binary8p4se", 224, 0x7e, -7, -10, 1, 0x80, 1, 0x7f, 253},
    {"binary8p4sf", 240, 0x7f, -7, -10, 1, 0x80, 1, -1, 255},
    {"binary8p4ue", 53248, 0xfd, -15, -18, 1, 0xff, 1, 0xfe, 254},
    {"binary8p4uf", 57344, 0xfe, -15, -18, 1, 0xff, 1, -1, 255},
    {"binary8p5se", 15, 0x7e, -3, -7, 1, 0x80, 1, 0x7f, 253},
    {"binary8p5sf", 15.5, 0x7f, -3, -7, 1, 0x80, 1, -1, 255},
    {"binary8p5ue", 232, 0xfd, -7, -11, 1, 0xff, 1, 0xfe, 254},
    {"binary8p5uf", 240, 0xfe, -7, -11, 1, 0xff, 1, -1, 255},
    {"binary8p6se", 3.875, 0x7e, -1, -6, 1, 0x80, 1, 0x7f, 253},
    {"binary8p6sf", 3.9375, 0x7f, -1, -6, 1, 0x80, 1, -1, 255},
    {"binary8p6ue", 15.25, 0xfd, -3, -8, 1, 0xff, 1, 0xfe, 254},
    {"binary8p6uf", 15.5, 0xfe, -3, -8, 1, 0xff, 1, -1, 255},
    {"binary8p7se", 1.96875, 0x7e, 0, -6, 1, 0x80, 1, 0x7f, 253},
    {"binary8p7sf", 1.984375, 0x7f, 0, -6, 1, 0x80, 1, -1, 255},
    {"binary8p7ue", 3.90625, 0xfd, -1, -7, 1, 0xff, 1, 0xfe, 254},
    {"binary8p7uf", 3.9375, 0xfe, -1, -7, 1, 0xff, 1, -1, 255},
    {"binary8p8ue", 1.9765625, 0xfd, 0, -7, 1, 0xff, 1, 0xfe, 254},
    {"binary8p8uf", 1.984375, 0xfe, 0, -7, 1, 0xff, 1, -1, 255},
    {"ffp8:s1x1y6b0", 3.96875, 0x7f, 1, -5, 2, -1, 0, -1, 255},
    {"ffp8:s1x2y5b1", 7.875, 0x7f, 0, -5, 2, -1, 0, -1, 255},
    {"ffp8:s1x3y4b3", 31, 0x7f, -2, -6, 2, -1, 0, -1, 255},
    {"ffp8:s1x4y3b7", 480, 0x7f, -6, -9, 2, -1, 0, -1, 255},
    {"ffp8:s1x5y2b15", 114688, 0x7f, -14, -16, 2, -1, 0, -1, 255},
    {"ffp8:s1x6y1b31", 6442450944, 0x7f, -30, -31, 2, -1, 0, -1, 255},
    {"ffp8:s1x7y0b63", 1.844674407e+19, 0x7f, -62, -62, 2, -1, 0, -1, 255},
    {"ffp8:s0x1y7b0", 3.984375, 0xff, 1, -6, 1, -1, 0, -1, 256},
    {"ffp8:s0x2y6b1", 7.9375, 0xff, 0, -6, 1, -1, 0, -1, 256},
    {"ffp8:s0x3y5b3", 31.5, 0xff, -2, -7, 1, -1, 0, -1, 256},
    {"ffp8:s0x4y4b7", 496, 0xff, -6, -10, 1, -1, 0, -1, 256},
    {"ffp8:s0x5y3b15", 122880, 0xff, -14, -17, 1, -1, 0, -1, 256},
    {"ffp8:s0x6y2b31", 7516192768, 0xff, -30, -32, 1, -1, 0, -1, 256},
    {"ffp8:s0x7y1b63", 2.767011611e+19, 0xff, -62, -63, 1, -1, 0, -1, 256},
};

Test(format, published_tables) {
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        ffp8_format format = named(published[i].name);
        ffp8_format_info info;
        float value[256];
        cr_assert_eq(ffp8_format_query(&format, &info), FFP8_OK);
        ffp8_format_values(&format, value);
        int zeros = 0, nans = 0, first_nan = -1, max_code = 0;
        for (int c = 0; c < 256; c++) {
            zeros += value[c] == 0;
            nans += isnan(value[c]) != 0;
            if (isnan(value[c]) && first_nan < 0) first_nan = c;
            if (isfinite(value[c]) && value[c] > value[max_code]) max_code = c;
        }
        const char *name = published[i].name;
        cr_assert_float_eq(info.max, published[i].max, published[i].max * 1e-9, "%s: %.10g", name, info.max);
        cr_assert_eq(max_code, published[i].max_code, "%s: 0x%02x", name, max_code);
        cr_assert_eq(info.min_normal, ldexp(1, published[i].log2_min_normal), "%s", name);
        double min_positive = info.min_subnormal > 0 ? info.min_subnormal : info.min_normal;
        cr_assert_eq(min_positive, ldexp(1, published[i].log2_min_positive), "%s: %g", name, min_positive);
        cr_assert_eq(zeros, published[i].zeros, "%s: %d", name, zeros);
        cr_assert_eq(nans, published[i].nans, "%s: %d", name, nans);
        cr_assert_eq(first_nan, published[i].first_nan, "%s: 0x%02x", name, first_nan);
        cr_assert_eq(info.pos_inf_code, published[i].inf, "%s: 0x%02x", name, info.pos_inf_code);
        cr_assert_eq(info.neg_inf_code, published[i].inf < 0 || !format.sign_bits ? -1 : published[i].inf | 0x80, "%s", name);
        cr_assert_eq(info.finite_count, published[i].finite_values, "%s: %d", name, info.finite_count);
    }
}

Test(format, e8m0_hfp8_and_integers) {
    ffp8_format_info info;
    float value[256];
    ffp8_format format = named("e8m0");
    ffp8_format_values(&format, value);
    for (int c = 0; c < 255; c++) cr_assert_eq(value[c], ldexpf(1, c - 127), "0x%02x", c);
    cr_assert(isnan(value[255]));
    ffp8_format_query(&format, &info);
    cr_assert(info.zero_code == -1 && info.nan_code == 255 && info.finite_count == 255 && info.arithmetic == FFP8_CLASS_F32);

    format = named("hfp8"); /* largest 30, no subnormals: 2^-11 * 1.125 is the smallest */
    ffp8_format_query(&format, &info);
    cr_assert(info.max == 30 && info.min == -30 && info.min_normal == 0x1.2p-11f && info.min_subnormal == 0 && info.zero_code == 0);

    format = named("int8");
    ffp8_format_values(&format, value);
    for (int c = 0; c < 256; c++) cr_assert_eq(value[c], c < 128 ? c : -(c - 128));
    ffp8_format_query(&format, &info);
    cr_assert(info.exact_i8 && info.arithmetic == FFP8_CLASS_I8 && info.max == 127 && info.min == -127 && info.finite_count == 255);

    format = named("uint8");
    ffp8_format_values(&format, value);
    for (int c = 0; c < 256; c++) cr_assert_eq(value[c], c);
    ffp8_format_query(&format, &info);
    cr_assert(info.exact_i8 && info.arithmetic == FFP8_CLASS_I8 && info.finite_count == 256);
}

Test(format, classes_of_well_known_formats) {
    static const struct {
        const char *name;
        ffp8_class arithmetic;
        bool i8, i16, bf16, f16;
    } expected[] = {
        {"ffp8:s1x1y6b0", FFP8_CLASS_I8, true, true, true, true},      {"ffp8:s0x1y7b9", FFP8_CLASS_I8, true, true, true, true},
        {"ffp8:s1x2y5b1", FFP8_CLASS_I16, false, true, true, true},    {"ffp8:s1x3y4b3", FFP8_CLASS_I16, false, true, true, true},
        {"ffp8:s0x3y5b40", FFP8_CLASS_I16, false, true, true, true},   {"ffp8:s1x4y3b7", FFP8_CLASS_BF16, false, false, true, true},
        {"e3m4fn", FFP8_CLASS_BF16, false, true, true, true},          {"e4m3fn", FFP8_CLASS_BF16, false, false, true, true},
        {"e5m2", FFP8_CLASS_BF16, false, false, true, true},           {"ffp8:s1x5y2b15", FFP8_CLASS_BF16, false, false, true, true},
        {"ffp8:s0x5y3b15", FFP8_CLASS_BF16, false, false, true, true}, {"ffp8:s1x6y1b31", FFP8_CLASS_BF16, false, false, true, false},
        {"binary8p1uf", FFP8_CLASS_BF16, false, false, true, false},   {"e8m0", FFP8_CLASS_F32, false, false, false, false},
        {"ffp8:s1x0y7b0", FFP8_CLASS_I8, true, true, true, true},      {"ffp8:s0x0y8b0", FFP8_CLASS_I8, true, true, true, true},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        ffp8_format format = named(expected[i].name);
        ffp8_format_info info;
        cr_assert_eq(ffp8_format_query(&format, &info), FFP8_OK);
        cr_assert_eq(info.arithmetic, expected[i].arithmetic, "%s: %d", expected[i].name, (int)info.arithmetic);
        cr_assert(info.exact_i8 == expected[i].i8 && info.exact_i16 == expected[i].i16 && info.exact_bf16 == expected[i].bf16 &&
                      info.exact_f16 == expected[i].f16,
                  "%s: %d %d %d %d", expected[i].name, info.exact_i8, info.exact_i16, info.exact_bf16, info.exact_f16);
    }
    cr_assert_eq(ffp8_class_of_product(0xF, 0xE), FFP8_CLASS_I16);
    cr_assert_eq(ffp8_class_of_product(0xA, 0xC), FFP8_CLASS_F32);

    /* NaN codes that do not occur do not count; finite ones that do not occur do. */
    bool used[256];
    memset(used, true, sizeof used);
    ffp8_format e3m4fn = named("e3m4fn"), e4m3fn = named("e4m3fn");
    cr_assert_eq(ffp8_format_classes(&e3m4fn, used), 1u << FFP8_CLASS_BF16 | 1u << FFP8_CLASS_F32 | 1u << FFP8_CLASS_F16);
    used[0x7F] = false;
    cr_assert_eq(ffp8_format_classes(&e3m4fn, used) & 1u << FFP8_CLASS_I16, 0);
    used[0xFF] = false;
    cr_assert_neq(ffp8_format_classes(&e3m4fn, used) & 1u << FFP8_CLASS_I16, 0);
    memset(used, false, sizeof used);
    cr_assert_eq(ffp8_format_classes(&e4m3fn, used) & 1u << FFP8_CLASS_I16, 0);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Names
 */
static bool same_format(const ffp8_format *a, const ffp8_format *b) {
    return a->sign_bits == b->sign_bits && a->exponent_bits == b->exponent_bits && a->fraction_bits == b->fraction_bits &&
           a->specials == b->specials && a->flags == b->flags && a->bias == b->bias && a->codebook == b->codebook;
}

static void check_round_trip(const ffp8_format *format, const char *expected) {
    char name[FFP8_FORMAT_NAME_BYTES];
    ffp8_format parsed;
    cr_assert_eq(ffp8_format_name(format, name, sizeof name), FFP8_OK);
    if (expected) cr_assert_str_eq(name, expected);
    cr_assert_eq(ffp8_format_from_name(name, &parsed), FFP8_OK, "%s", name);
    cr_assert(same_format(format, &parsed), "%s", name);
    char exact[FFP8_FORMAT_NAME_BYTES];
    size_t bytes = strlen(name) + 1;
    cr_assert_eq(ffp8_format_name(format, exact, bytes), FFP8_OK);
    memset(exact, 'x', sizeof exact);
    cr_assert_eq(ffp8_format_name(format, exact, bytes - 1), FFP8_ERROR_BUFFER);
    cr_assert_eq(exact[0], 'x');
}

Test(names, presets_round_trip_and_are_distinct) {
    size_t count = 0;
    for (const char *name; (name = ffp8_format_preset(count)); count++) {
        ffp8_format format = named(name);
        check_round_trip(&format, name);
        for (size_t j = 0; j < count; j++) {
            ffp8_format other = named(ffp8_format_preset(j));
            cr_assert(!same_format(&format, &other), "%s and %s", name, ffp8_format_preset(j));
        }
    }
    cr_assert_eq(count, 42); /* 10 by name, 30 of P3109, 2 integers */
    cr_assert_null(ffp8_format_preset(count));
    cr_assert_null(ffp8_format_preset(SIZE_MAX));
}

Test(names, general_forms_round_trip) {
    ffp8_format format;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (int moved = -150; moved <= 150; moved += 7) {
            ffp8_format at = format;
            at.bias += moved;
            if (oracle_is_legal(&at)) check_round_trip(&at, NULL);
        }
    ffp8_format e3m4 = {1, 3, 4, FFP8_SPECIALS_NONE, 0, -12, NULL};
    check_round_trip(&e3m4, "ffp8:s1x3y4b-12");
    ffp8_format all = {0, 8, 0, FFP8_SPECIALS_P3109E, FFP8_NO_SUBNORMALS | FFP8_NO_ZERO, 128, NULL};
    check_round_trip(&all, "ffp8:s0x8y0b128:p3109e:nosub:nozero");
    ffp8_format reordered = named("ffp8:s0x8y0b128:nozero:p3109e:nosub");
    cr_assert(same_format(&all, &reordered));
    ffp8_format preset = named("ffp8:s1x4y3b7:fn"), e4m3fn = named("e4m3fn");
    cr_assert(same_format(&preset, &e4m3fn));
    check_round_trip(&preset, "e4m3fn");
}

Test(names, bad_names) {
    static const char *const bad[] = {"",
                                      " ",
                                      "e4m3fn ",
                                      " e4m3fn",
                                      "E4M3FN",
                                      "e4m3f",
                                      "e4m3fnu",
                                      "binary8p0se",
                                      "binary8p8se",
                                      "binary8p9uf",
                                      "binary8p4s",
                                      "binary8p4xf",
                                      "fp8",
                                      "int",
                                      "ffp8",
                                      "ffp8:",
                                      "ffp8:s1",
                                      "ffp8:s1x3",
                                      "ffp8:s1x3y4",
                                      "ffp8:s1x3y4b",
                                      "ffp8:s1x3y4b-",
                                      "ffp8:s1x3y4b+3",
                                      "ffp8:s1x3y4b3 ",
                                      "ffp8:s1x3y4b3:",
                                      "ffp8:s1x3y4b3::fn",
                                      "ffp8:s1x3y4b3:fnx",
                                      "ffp8:s1x3y4b3:fn:",
                                      "ffp8:s1x3y4b3:fn:fn",
                                      "ffp8:s1x3y4b3:fn:ieee",
                                      "ffp8:s1x3y4b3:nosub:nosub",
                                      "ffp8:s1x3y4b3fn",
                                      "ffp8:x3s1y4b3",
                                      "ffp8:s-1x3y4b3",
                                      "ffp8:s1x03y4b3",
                                      "ffp8:s1x3y4b2147483648",
                                      "ffp8:s1x3y4b-2147483649",
                                      "ffp8:s1x3y4b99999999999999999999999",
                                      "ffp8:s1x3y4b0x3",
                                      "ffp8:s1x3y4b3.0",
                                      "ffp8:s1x3y4b--3",
                                      "FFP8:s1x3y4b3",
                                      "ffp8:s1x3y4b3:none",
                                      "e4m3fn:nosub",
                                      "ffp8:s\xff",
                                      "ffp8:s1x3y4b\xff"};
    static const char *const illegal[] = {"ffp8:s2x3y3b3",          "ffp8:s1x3y3b3",           "ffp8:s1x9y9b3",
                                          "ffp8:s1x0y7b0:ieee",     "ffp8:s0x4y4b7:fnuz",      "ffp8:s1x4y3b7:nozero",
                                          "ffp8:s1x4y3b2147483647", "ffp8:s1x4y3b-2147483648", "ffp8:s0x8y0b0"};
    ffp8_format untouched = named("e3m4"), format = untouched;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(ffp8_format_from_name(bad[i], &format), FFP8_ERROR_NAME, "'%s'", bad[i]);
    for (size_t i = 0; i < sizeof illegal / sizeof *illegal; i++)
        cr_assert_eq(ffp8_format_from_name(illegal[i], &format), FFP8_ERROR_FORMAT, "'%s'", illegal[i]);
    cr_assert(same_format(&format, &untouched));
}

/* ---------------------------------------------------------------------------------------------------------------
 * Codebooks
 */
Test(codebooks, rules) {
    float values[256];
    ffp8_format format = {.codebook = values};
    for (int c = 0; c < 256; c++) values[c] = NAN;
    cr_assert_eq(ffp8_format_check(&format), FFP8_ERROR_FORMAT, "nothing finite");
    values[77] = 5;
    cr_assert_eq(ffp8_format_check(&format), FFP8_OK);
    ffp8_format_info info;
    cr_assert_eq(ffp8_format_query(&format, &info), FFP8_OK);
    cr_assert(info.max == 5 && info.min == 5 && info.finite_count == 1 && info.distinct_count == 2 && info.nan_code == 0 &&
              info.zero_code == -1);
    char name[FFP8_FORMAT_NAME_BYTES];
    cr_assert_eq(ffp8_format_name(&format, name, sizeof name), FFP8_ERROR_UNSUPPORTED);
    ffp8_format mixed[] = {{.sign_bits = 1, .codebook = values},     {.exponent_bits = 1, .codebook = values},
                           {.fraction_bits = 1, .codebook = values}, {.specials = 1, .codebook = values},
                           {.flags = 1, .codebook = values},         {.bias = 1, .codebook = values}};
    for (size_t i = 0; i < 6; i++) cr_assert_eq(ffp8_format_check(&mixed[i]), FFP8_ERROR_FORMAT, "member %zu", i);
}

static ffp8_format_info codebook_info(const float *values) {
    ffp8_format format = {.codebook = values};
    ffp8_format_info info;
    cr_assert_eq(ffp8_format_query(&format, &info), FFP8_OK);
    return info;
}

Test(codebooks, posit8) {
    float v[256];
    for (int es = 0; es <= 4; es++) {
        cr_assert_eq(ffp8_codebook_posit8(es, v), FFP8_OK);
        /* Posits order as two's complement integers; minpos and maxpos are useed^-6 and useed^6; 0x40 is 1. */
        for (int c = -127; c < 127; c++) cr_assert_lt(v[c & 255], v[(c + 1) & 255], "es %d, %d", es, c);
        cr_assert_eq(v[0x40], 1);
        cr_assert_eq(v[0xC0], -1);
        cr_assert_eq(v[0x7F], ldexpf(1, 6 << es));
        cr_assert_eq(v[0x01], ldexpf(1, -(6 << es)));
        cr_assert_eq(v[0], 0);
        cr_assert(isnan(v[0x80]));
    }
    ffp8_codebook_posit8(0, v); /* by hand: 0 10 00001 is 1 + 1/32; 0 110 1000 is 2 * 1.5; 0 001 0100 is 1/4 * 1.25 */
    cr_assert(v[0x41] == 1.03125f && v[0x68] == 3 && v[0x14] == 0.3125f);
    ffp8_codebook_posit8(1, v); /* 0 10 1 0000 is 2; 0 01 1 1000 is 1/4 * 2 * 1.5; 0 111110 1 is 4^4 * 2; 0 000000 1 has no room for es */
    cr_assert(v[0x50] == 2 && v[0x38] == 0.75f && v[0x7D] == 512 && v[0x01] == 0x1p-12f);
    ffp8_codebook_posit8(2,
                         v); /* 0 10 11 001 is 8 * 1.125; 0 11110 01 is 16^3 * 2; 0 111110 1: the missing exponent bit is zero, 16^4 * 4 */
    cr_assert(v[0x59] == 9 && v[0x79] == 8192 && v[0x7D] == 262144);
    cr_assert_eq(ffp8_codebook_posit8(-1, v), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_codebook_posit8(5, v), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_codebook_posit8(1, NULL), FFP8_ERROR_NULL);
    ffp8_format_info info = codebook_info(v);
    cr_assert(info.max == 0x1p24f && info.min == -0x1p24f && info.finite_count == 255 && info.nan_code == 0x80 &&
              info.arithmetic == FFP8_CLASS_BF16);
}

Test(codebooks, hifloat8) {
    float v[256];
    cr_assert_eq(ffp8_codebook_hifloat8(v), FFP8_OK);
    ffp8_format_info info = codebook_info(v);
    cr_assert(info.max == 32768 && v[0x6E] == 32768 && info.min_normal == 0x1p-22f && v[0x01] == 0x1p-22f && v[0x7E] == 0x1p-15f);
    cr_assert(info.nan_code == 0x80 && info.pos_inf_code == 0x6F && info.neg_inf_code == 0xEF && info.zero_code == 0 &&
              info.finite_count == 253);
    /* 0001 fff: 1.f; 001 s fff: 2^+-1; 01 s e fff: 2^+-2, 3; 10 s ee ff: 2^+-4..7; 11 s eee f: 2^+-8..15 */
    cr_assert(v[0x08] == 1 && v[0x0B] == 1.375f && v[0x10] == 2 && v[0x1F] == 0.9375f && v[0x20] == 4 && v[0x2F] == 15 && v[0x30] == 0.25f);
    cr_assert(v[0x40] == 16 && v[0x4F] == 224 && v[0x50] == 0x1p-4f && v[0x60] == 256 && v[0x61] == 384 && v[0x70] == 0x1p-8f &&
              v[0x88] == -1);
    /* A number of the same magnitude has one code only. */
    for (int a = 1; a < 128; a++)
        for (int b = a + 1; b < 128; b++) cr_assert_neq(v[a], v[b], "0x%02x 0x%02x", a, b);
}

Test(codebooks, s2fp8) {
    float v[256], e5m2[256];
    ffp8_format format = named("e5m2");
    ffp8_format_values(&format, e5m2);
    cr_assert_eq(ffp8_codebook_s2fp8(1, 0, v), FFP8_OK);
    for (int c = 0; c < 256; c++) cr_assert(same_value(v[c], e5m2[c]), "0x%02x: %g", c, v[c]);
    cr_assert_eq(ffp8_codebook_s2fp8(2, -3, v), FFP8_OK); /* |x| = sqrt(8 |y|) */
    for (int c = 0; c < 256; c++)
        if (isfinite(e5m2[c])) cr_assert_eq(v[c], copysignf((float)sqrt(8 * fabs((double)e5m2[c])), e5m2[c]), "0x%02x", c);
    static const float bad[] = {0, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) cr_assert_eq(ffp8_codebook_s2fp8(bad[i], 0, v), FFP8_ERROR_SCALE);
    cr_assert_eq(ffp8_codebook_s2fp8(1, NAN, v), FFP8_ERROR_SCALE);
    cr_assert_eq(ffp8_codebook_s2fp8(1, 0, NULL), FFP8_ERROR_NULL);
}

Test(codebooks, sfp_and_int8) {
    float v[256];
    cr_assert_eq(ffp8_codebook_sfp(v), FFP8_OK);
    /* Magnitudes rise with the code without a gap at the switch; 2^-7 is the first with 3 fraction bits. */
    for (int c = 0; c < 127; c++) cr_assert_lt(v[c], v[c + 1], "0x%02x", c);
    for (int c = 1; c < 128; c++) cr_assert_eq(v[c | 0x80], -v[c]);
    cr_assert(v[0] == 0 && v[0x80] == 0 && v[0x7F] == 1.875f && v[0x78] == 1 && v[0x40] == 0x1p-7f && v[0x41] == 0x1.2p-7f &&
              v[0x3F] == 0x1.cp-8f && v[0x01] == 0x1.4p-23f);
    cr_assert_eq(codebook_info(v).arithmetic, FFP8_CLASS_BF16);
    cr_assert_eq(ffp8_codebook_int8(v), FFP8_OK);
    for (int c = 0; c < 256; c++) cr_assert_eq(v[c], (int8_t)c);
    ffp8_format_info info = codebook_info(v);
    cr_assert(info.max == 127 && info.min == -128 && info.finite_count == 256 && info.arithmetic == FFP8_CLASS_I8);
}

Test(status, texts_and_version) {
    for (int s = FFP8_OK; s <= FFP8_ERROR_ISA; s++) {
        cr_assert_eq(strncmp(ffp8_status_string((ffp8_status)s), "FFP8_", 5), 0, "%d", s);
        for (int t = 0; t < s; t++) cr_assert_str_neq(ffp8_status_string((ffp8_status)s), ffp8_status_string((ffp8_status)t));
    }
    cr_assert_not_null(ffp8_status_string((ffp8_status)999));
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", FFP8_VERSION_MAJOR, FFP8_VERSION_MINOR, FFP8_VERSION_PATCH);
    cr_assert_str_eq(ffp8_version_string(), version);
    cr_assert_eq(ffp8_version_number(), FFP8_VERSION_NUMBER);
}
