/* SPDX-License-Identifier: Apache-2.0
 *
 * test_convert.c - ffp8_decode, ffp8_encode and ffp8_quantize_rows through the public interface, on whatever tier is active
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernel_util.h"
#include "oracle_mpfr.h"

static const ffp8_dtype float_types[] = {FFP8_TYPE_F32, FFP8_TYPE_BF16, FFP8_TYPE_F16};

static ffp8_format named(const char *name) {
    ffp8_format format;
    cr_assert_eq(ffp8_format_from_name(name, &format), FFP8_OK, "%s", name);
    return format;
}

static const char *describe(const ffp8_format *format, const ffp8_encoding *how) {
    static char text[160];
    char name[FFP8_FORMAT_NAME_BYTES] = "codebook";
    if (!format->codebook) ffp8_format_name(format, name, sizeof name);
    snprintf(text, sizeof text, "%s rounding %d overflow %d nan %d", name, (int)how->rounding, (int)how->overflow, (int)how->nan);
    return text;
}

static uint8_t encode_one(const char *name, float v, const ffp8_encoding *how) {
    ffp8_format format = named(name);
    uint8_t code = 0xA5;
    cr_assert_eq(ffp8_encode(&format, &v, FFP8_TYPE_F32, 1, &code, 1, how), FFP8_OK);
    return code;
}

static float decode_one(const char *name, uint8_t code) {
    ffp8_format format = named(name);
    float v = -77;
    cr_assert_eq(ffp8_decode(&format, &code, 1, &v, FFP8_TYPE_F32, 1), FFP8_OK);
    return v;
}

/* ---------------------------------------------------------------------------------------------------------------
 * Against MPFR: every legal format, at every place where encoding decides
 */
static void check_against_oracle(const ffp8_format *format, const ffp8_encoding *how) {
    static struct oracle o;
    static float points[ORACLE_POINTS];
    static uint8_t codes[ORACLE_POINTS];
    oracle_init(&o, format, how);
    size_t n = oracle_points(&o, points);
    cr_assert_eq(ffp8_encode(format, points, FFP8_TYPE_F32, 1, codes, n, how), FFP8_OK);
    uint32_t key = ffp8_random_key(how->seed, 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t want = oracle_encode(&o, points[i], ffp8_random32(key, (uint32_t)i));
        if (codes[i] != want)
            cr_assert_fail("%s: %a (0x%08x) gives 0x%02x, not 0x%02x", describe(format, how), points[i], ffp8_bits(points[i]), codes[i],
                           want);
    }
}

static void check_rounding(ffp8_rounding rounding) {
    ffp8_format format;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (int overflow = 0; overflow < 2; overflow++) {
            ffp8_encoding how = {rounding, (ffp8_overflow)overflow, i & 1 ? FFP8_NAN_MAX : FFP8_NAN_ZERO, 0x123456789ABCDEFu * (i + 1)};
            check_against_oracle(&format, &how);
        }
}

Test(encode_oracle, nearest_even) { check_rounding(FFP8_ROUND_NEAREST_EVEN); }
Test(encode_oracle, nearest_away) { check_rounding(FFP8_ROUND_NEAREST_AWAY); }
Test(encode_oracle, toward_zero) { check_rounding(FFP8_ROUND_TOWARD_ZERO); }
Test(encode_oracle, stochastic) { check_rounding(FFP8_ROUND_STOCHASTIC); }

/* The same formats at the ends of FP32, where values are denormal or nearly overflow. */
Test(encode_oracle, extreme_biases) {
    static const ffp8_format ends[] = {
        {1, 4, 3, FFP8_SPECIALS_NONE, 0, 147, NULL},   {1, 4, 3, FFP8_SPECIALS_NONE, 0, -112, NULL},
        {1, 3, 4, FFP8_SPECIALS_FN, 0, 146, NULL},     {0, 5, 3, FFP8_SPECIALS_IEEE, 0, -97, NULL},
        {1, 5, 2, FFP8_SPECIALS_FNUZ, 0, 140, NULL},   {0, 0, 8, FFP8_SPECIALS_NONE, 0, 142, NULL},
        {0, 0, 8, FFP8_SPECIALS_NONE, 0, -127, NULL},  {1, 7, 0, FFP8_SPECIALS_NONE, 0, 0, NULL},
        {1, 7, 0, FFP8_SPECIALS_P3109E, 0, 150, NULL}, {1, 2, 5, FFP8_SPECIALS_NONE, 1, 144, NULL},
        {1, 2, 5, FFP8_SPECIALS_NONE, 3, -124, NULL},  {0, 8, 0, FFP8_SPECIALS_FN, 3, 148, NULL},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (int rounding = 0; rounding <= FFP8_ROUND_STOCHASTIC; rounding++)
            for (int overflow = 0; overflow < 2; overflow++) {
                ffp8_encoding how = {(ffp8_rounding)rounding, (ffp8_overflow)overflow, FFP8_NAN_ZERO, i};
                cr_assert(oracle_is_legal(&ends[i]), "%zu", i);
                check_against_oracle(&ends[i], &how);
            }
}

/* ---------------------------------------------------------------------------------------------------------------
 * Decode
 */
Test(decode, all_codes_types_and_scales) {
    static const float scales[] = {1, 0x1p-9f, -2.5f, 0x1.8p120f, 0x1p-149f};
    static uint8_t codes[256];
    for (unsigned c = 0; c < 256; c++) codes[c] = (uint8_t)c;
    ffp8_format format;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            float f32[256];
            uint16_t narrow[2][256];
            cr_assert_eq(ffp8_decode(&format, codes, scales[s], f32, FFP8_TYPE_F32, 256), FFP8_OK);
            cr_assert_eq(ffp8_decode(&format, codes, scales[s], narrow[0], FFP8_TYPE_BF16, 256), FFP8_OK);
            cr_assert_eq(ffp8_decode(&format, codes, scales[s], narrow[1], FFP8_TYPE_F16, 256), FFP8_OK);
            for (unsigned c = 0; c < 256; c++) {
                float product = (float)oracle_value(&format, c) * scales[s];
                uint32_t want = isnan(product) ? 0x7FC00000u : ffp8_bits(product);
                cr_assert_eq(ffp8_bits(f32[c]), want, "format %zu 0x%02x scale %a: 0x%08x, not 0x%08x", i, c, scales[s], ffp8_bits(f32[c]),
                             want);
                for (int t = 0; t < 2; t++)
                    cr_assert_eq(narrow[t][c], oracle_narrow(product, float_types[t + 1]), "format %zu 0x%02x scale %a type %d: 0x%04x", i,
                                 c, scales[s], t, narrow[t][c]);
            }
        }
}

Test(decode, lengths_and_guards) {
    ffp8_format format = named("e4m3fn");
    uint8_t src[200];
    float values[256], dst[202];
    uint8_t all[256];
    for (int c = 0; c < 256; c++) all[c] = (uint8_t)c;
    ffp8_decode(&format, all, 1, values, FFP8_TYPE_F32, 256);
    for (int i = 0; i < 200; i++) src[i] = (uint8_t)(i * 37 + 11);
    for (size_t n = 0; n <= 200; n++) {
        memset(dst, 0x5A, sizeof dst);
        cr_assert_eq(ffp8_decode(&format, src + 200 - n, 1, dst + 1, FFP8_TYPE_F32, n), FFP8_OK);
        for (size_t i = 0; i < n; i++) cr_assert_eq(ffp8_bits(dst[1 + i]), ffp8_bits(values[src[200 - n + i]]));
        cr_assert(ffp8_bits(dst[0]) == 0x5A5A5A5Au && ffp8_bits(dst[n + 1]) == 0x5A5A5A5Au, "n %zu", n);
    }
}

/* ---------------------------------------------------------------------------------------------------------------
 * Encode
 */
Test(encode, gives_back_what_was_decoded) {
    ffp8_format format;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (int rounding = 0; rounding <= FFP8_ROUND_STOCHASTIC; rounding++) {
            ffp8_encoding how = {(ffp8_rounding)rounding, FFP8_OVERFLOW_SPECIAL, FFP8_NAN_ZERO, 5};
            float values[256];
            uint8_t codes[256], back[256];
            for (unsigned c = 0; c < 256; c++) codes[c] = (uint8_t)c;
            ffp8_decode(&format, codes, 1, values, FFP8_TYPE_F32, 256);
            ffp8_encode(&format, values, FFP8_TYPE_F32, 1, back, 256, &how);
            for (unsigned c = 0; c < 256; c++) {
                bool nan = isnan(values[c]); /* several NaN codes become one */
                cr_assert(nan ? isnan(values[back[c]]) : back[c] == c, "%s: 0x%02x came back as 0x%02x", describe(&format, &how), c,
                          back[c]);
            }
        }
}

Test(encode, codebooks_give_back_what_was_decoded) {
    float v[256];
    ffp8_format format = {.codebook = v};
    for (int book = 0; book < 8; book++) {
        if (book < 5) ffp8_codebook_posit8(book, v);
        if (book == 5) ffp8_codebook_hifloat8(v);
        if (book == 6) ffp8_codebook_sfp(v);
        if (book == 7) ffp8_codebook_int8(v);
        uint8_t back[256];
        ffp8_encoding how = {.overflow = FFP8_OVERFLOW_SPECIAL};
        cr_assert_eq(ffp8_encode(&format, v, FFP8_TYPE_F32, 1, back, 256, &how), FFP8_OK);
        for (int c = 0; c < 256; c++)
            cr_assert_eq(back[c], book == 6 && c == 0x80 ? 0 : c, "book %d: 0x%02x came back as 0x%02x", book, c, back[c]);
    }
    /* int8 is not symmetric: -128.5 ties to the even -128, 127.5 to the overflow of 127, which saturates */
    float x[] = {-128.5f, -129, -1e30f, 127.5f, 1e30f, 0.5f, 1.5f, -0.5f, -0.0f, INFINITY, -INFINITY, NAN};
    static const int8_t want[] = {-128, -128, -128, 127, 127, 0, 2, 0, 0, 127, -128, 0};
    uint8_t codes[12];
    ffp8_codebook_int8(v);
    ffp8_encode(&format, x, FFP8_TYPE_F32, 1, codes, 12, NULL);
    for (int i = 0; i < 12; i++) cr_assert_eq((int8_t)codes[i], want[i], "%g: %d", x[i], (int8_t)codes[i]);
}

/* Neighbours so far apart that their sum needs more bits than a double has. */
Test(encode, codebook_ties_are_exact) {
    float v[256];
    for (int c = 0; c < 256; c++) v[c] = NAN;
    v[2] = 0x1p-140f;
    v[5] = 1;
    ffp8_format format = {.codebook = v};
    float x[] = {0.5f, 0x1.000002p-1f, 0x1.fffffep-2f, 1.5f, 0x1.7ffffep0f, 2};
    uint8_t codes[6];
    ffp8_encoding how = {.overflow = FFP8_OVERFLOW_SPECIAL};
    cr_assert_eq(ffp8_encode(&format, x, FFP8_TYPE_F32, 1, codes, 6, &how), FFP8_OK);
    /* 1/2 lies just below the middle, 3/2 just above that of 1 and the overflow, which here is NaN */
    static const uint8_t want[] = {2, 5, 2, 0, 5, 0};
    for (int i = 0; i < 6; i++) cr_assert_eq(codes[i], want[i], "%a: %d", x[i], codes[i]);
}

Test(encode, all_16_bit_inputs) {
    static uint16_t src[65536];
    static float wide[65536];
    static uint8_t codes[65536], want[65536];
    static const char *const names[] = {"e4m3fn", "e5m2", "e4m3fnuz", "ffp8:s0x3y5b4", "ffp8:s1x3y4b-2", "e8m0"};
    for (int h = 0; h < 65536; h++) src[h] = (uint16_t)h;
    for (int type = FFP8_TYPE_BF16; type <= FFP8_TYPE_F16; type++) {
        for (int h = 0; h < 65536; h++) { /* by definition */
            int fraction = type == FFP8_TYPE_F16 ? 10 : 7, bias = type == FFP8_TYPE_F16 ? 15 : 127;
            int e = (h & 0x7FFF) >> fraction, f = h & ((1 << fraction) - 1), top = 2 * bias + 1;
            double v = e == top ? (f ? NAN : INFINITY)
                       : e      ? ldexp((1 << fraction) + f, e - bias - fraction)
                                : ldexp(f, 1 - bias - fraction);
            wide[h] = (float)(h & 0x8000 ? -v : v);
        }
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            ffp8_format format = named(names[i]);
            for (int scaled = 0; scaled < 2; scaled++) {
                float scale = scaled ? 1.7f : 1;
                ffp8_encoding how = {.overflow = FFP8_OVERFLOW_SPECIAL, .rounding = FFP8_ROUND_STOCHASTIC, .seed = 9};
                cr_assert_eq(ffp8_encode(&format, src, (ffp8_dtype)type, scale, codes, 65536, &how), FFP8_OK);
                cr_assert_eq(ffp8_encode(&format, wide, FFP8_TYPE_F32, scale, want, 65536, &how), FFP8_OK);
                for (int h = 0; h < 65536; h++) cr_assert_eq(codes[h], want[h], "%s type %d: 0x%04x", names[i], type, h);
            }
        }
    }
}

/* The product is rounded to FP32 once, then to the format once. */
Test(encode, scale) {
    static float x[4096], product[4096];
    static uint8_t codes[4096], want[4096];
    ffp8_format format = named("ffp8:s1x3y4b3");
    uint32_t random = 1;
    for (int i = 0; i < 4096; i++) {
        random = ffp8_mix32(random + (uint32_t)i);
        x[i] = (float)(int32_t)random * 0x1p-29f;
    }
    static const float scales[] = {1.1f, -3, 0x1p-100f, 0x1.fffffep127f, 0x1p-149f};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        for (int i = 0; i < 4096; i++) product[i] = x[i] * scales[s];
        ffp8_encode(&format, x, FFP8_TYPE_F32, scales[s], codes, 4096, NULL);
        ffp8_encode(&format, product, FFP8_TYPE_F32, 1, want, 4096, NULL);
        cr_assert_arr_eq(codes, want, 4096, "scale %a", scales[s]);
    }
}

/* Thresholds from the formats' specifications and from other implementations' bug lists. */
Test(encode, published_thresholds) {
    static const struct {
        const char *name;
        float at; /* the least magnitude that overflows, or, if exclusive, the largest that does not */
        bool exclusive;
        uint8_t largest, overflow;
    } rows[] = {
        {"e4m3fn", 464, true, 0x7E, 0x7F},      {"e5m2", 61440, false, 0x7B, 0x7C},     {"e4m3fnuz", 248, false, 0x7F, 0x80},
        {"e4m3", 248, false, 0x77, 0x78},       {"e3m4", 15.75f, false, 0x6F, 0x70},    {"e3m4fn", 30.5f, true, 0x7E, 0x7F},
        {"e4m3b11fnuz", 31, false, 0x7F, 0x80}, {"binary8p4se", 232, true, 0x7E, 0x7F}, {"binary8p3se", 53248, true, 0x7E, 0x7F},
        {"e5m2fnuz", 61440, false, 0x7F, 0x80},
    };
    ffp8_encoding special = {.overflow = FFP8_OVERFLOW_SPECIAL};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float within = rows[i].exclusive ? rows[i].at : nextafterf(rows[i].at, 0),
              beyond = rows[i].exclusive ? nextafterf(rows[i].at, INFINITY) : rows[i].at;
        const char *name = rows[i].name;
        cr_assert_eq(encode_one(name, within, &special), rows[i].largest, "%s", name);
        cr_assert_eq(encode_one(name, beyond, &special), rows[i].overflow, "%s", name);
        cr_assert_eq(encode_one(name, beyond, NULL), rows[i].largest, "%s", name);
        cr_assert_eq(encode_one(name, INFINITY, NULL), rows[i].largest, "%s", name);
        cr_assert_eq(encode_one(name, INFINITY, &special), rows[i].overflow, "%s", name);
        ffp8_encoding truncating = {.overflow = FFP8_OVERFLOW_SPECIAL, .rounding = FFP8_ROUND_TOWARD_ZERO};
        cr_assert_eq(encode_one(name, 0x1p100f, &truncating), rows[i].largest, "%s", name);
        cr_assert_eq(encode_one(name, INFINITY, &truncating), rows[i].overflow, "%s", name);
    }
}

/* What other libraries got wrong: zero and subnormals that decode to 2^-7 and the like, Inf and NaN that decode to numbers, overflow that
 * becomes NaN instead of Inf, truncation, double rounding by way of half precision, flushed subnormals. */
Test(known_bugs, of_other_libraries) {
    cr_assert_eq(decode_one("e4m3fn", 0x00), 0);
    cr_assert(signbit(decode_one("e4m3fn", 0x80)) && decode_one("e4m3fn", 0x80) == 0);
    for (uint8_t c = 1; c < 8; c++) cr_assert_eq(decode_one("e4m3fn", c), (float)c * 0x1p-9f);
    cr_assert(isnan(decode_one("e4m3fn", 0x7F)) && isnan(decode_one("e4m3fn", 0xFF)));
    cr_assert_eq(decode_one("e5m2", 0x7C), INFINITY);
    cr_assert_eq(decode_one("e5m2", 0xFC), -INFINITY);
    for (uint8_t c = 0x7D; c < 0x80; c++) cr_assert(isnan(decode_one("e5m2", c)) && isnan(decode_one("e5m2", c | 0x80)));

    ffp8_encoding special = {.overflow = FFP8_OVERFLOW_SPECIAL};
    cr_assert_eq(encode_one("e5m2", 81920, &special), 0x7C);
    cr_assert_eq(encode_one("e5m2", 98304, &special), 0x7C);
    cr_assert_eq(encode_one("e5m2", NAN, &special), 0x7E);
    cr_assert_eq(encode_one("e4m3fn", 500, NULL), 0x7E);   /* not the NaN 0x7F */
    cr_assert_eq(encode_one("e4m3fn", 1.99f, NULL), 0x40); /* 2: not truncated to 1.875 */
    cr_assert_eq(encode_one("e5m2", 1.99f, NULL), 0x40);
    cr_assert_eq(encode_one("e4m3fn", 0, NULL), 0x00);
    cr_assert_eq(encode_one("e4m3fn", 0x1p-9f, NULL), 0x01);
    cr_assert_eq(encode_one("e4m3fn", 0x1p-10f, NULL), 0x00); /* tie to even */
    cr_assert_eq(encode_one("e4m3fn", 0x1.000002p-10f, NULL), 0x01);
    /* 1 + 2^-4 + 2^-20: just above a tie, which half precision would make an exact tie */
    cr_assert_eq(encode_one("e4m3fn", 0x1.10001p0f, NULL), 0x39);
    cr_assert_eq(encode_one("e4m3fn", 0x1.1p0f, NULL), 0x38);
    cr_assert_eq(encode_one("e5m2", 0x1.20001p0f, NULL), 0x3D);
    /* far below: products of denormals must not trap or flush */
    cr_assert_eq(encode_one("ffp8:s1x4y3b147", 0x1p-149f, NULL), 0x01);
}

Test(encode, negative_into_unsigned) {
    ffp8_encoding special = {.overflow = FFP8_OVERFLOW_SPECIAL};
    cr_assert_eq(encode_one("uint8", -3, NULL), 0);
    cr_assert_eq(encode_one("uint8", -3, &special), 0); /* no NaN to tell it by */
    cr_assert_eq(encode_one("binary8p4uf", -3, &special), 0xFF);
    cr_assert_eq(encode_one("binary8p4uf", -0x1p-30f, &special), 0x00); /* zero after rounding */
    cr_assert_eq(encode_one("binary8p4uf", -0.0f, &special), 0x00);
    cr_assert_eq(encode_one("binary8p4uf", -INFINITY, &special), 0xFF);
    cr_assert_eq(encode_one("binary8p4uf", -INFINITY, NULL), 0x00);
    cr_assert_eq(encode_one("binary8p4ue", INFINITY, &special), 0xFE);
    cr_assert_eq(encode_one("e8m0", -1, NULL), 0x00);
    cr_assert_eq(encode_one("e8m0", -1, &special), 0xFF);
    cr_assert_eq(encode_one("e8m0", 0, &special), 0x00);
}

Test(encode, nan_modes) {
    ffp8_encoding max = {.nan = FFP8_NAN_MAX}, error = {.nan = FFP8_NAN_ERROR};
    cr_assert_eq(encode_one("ffp8:s1x3y4b3", NAN, NULL), 0);
    cr_assert_eq(encode_one("ffp8:s1x3y4b3", NAN, &max), 0x7F);
    cr_assert_eq(encode_one("e4m3fn", NAN, &max), 0x7F);
    cr_assert_eq(encode_one("e4m3fnuz", -NAN, NULL), 0x80);
    cr_assert_eq(encode_one("e4m3fn", NAN, &error), 0x7F); /* the format keeps it */

    ffp8_format format = named("ffp8:s1x3y4b3");
    static float x[2000];
    static uint8_t dst[2000];
    for (size_t at = 0; at < 2000; at += 37) {
        memset(x, 0, sizeof x);
        memset(dst, 0x5A, sizeof dst);
        x[at] = ffp8_float(0xFF800001u + (uint32_t)at);
        cr_assert_eq(ffp8_encode(&format, x, FFP8_TYPE_F32, 1, dst, 2000, &error), FFP8_ERROR_NAN);
        for (int i = 0; i < 2000; i++) cr_assert_eq(dst[i], 0x5A);
        uint16_t half[600] = {0};
        half[at % 600] = 0x7C01;
        cr_assert_eq(ffp8_encode(&format, half, FFP8_TYPE_F16, 1, dst, 600, &error), FFP8_ERROR_NAN);
        half[at % 600] = 0x7F81;
        cr_assert_eq(ffp8_encode(&format, half, FFP8_TYPE_BF16, 1, dst, 600, &error), FFP8_ERROR_NAN);
        for (int i = 0; i < 600; i++) cr_assert_eq(dst[i], 0x5A);
    }
    x[1998] = INFINITY; /* Inf is no NaN */
    for (int i = 0; i < 1998; i++) x[i] = 1;
    x[1999] = 1;
    cr_assert_eq(ffp8_encode(&format, x, FFP8_TYPE_F32, 1, dst, 2000, &error), FFP8_OK);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Stochastic rounding
 */
enum { DRAWS = 200000 };

/* The mean of n draws lies within 6 standard deviations of the value, which a correct generator misses once in 5 * 10^8 times; and each
 * draw is one of the two neighbours. */
static void check_mean(const ffp8_format *format, float x, float low, float high) {
    static float src[DRAWS], decoded[DRAWS];
    static uint8_t codes[DRAWS];
    for (int i = 0; i < DRAWS; i++) src[i] = x;
    ffp8_encoding how = {.rounding = FFP8_ROUND_STOCHASTIC, .seed = 42};
    cr_assert_eq(ffp8_encode(format, src, FFP8_TYPE_F32, 1, codes, DRAWS, &how), FFP8_OK);
    cr_assert_eq(ffp8_decode(format, codes, 1, decoded, FFP8_TYPE_F32, DRAWS), FFP8_OK);
    double sum = 0;
    for (int i = 0; i < DRAWS; i++) {
        cr_assert(decoded[i] == low || decoded[i] == high, "%g", decoded[i]);
        sum += decoded[i];
    }
    double gap = (double)high - low, p = (x - (double)low) / gap, deviation = gap * sqrt(p * (1 - p) / DRAWS);
    cr_assert_lt(fabs(sum / DRAWS - x), 6 * deviation, "%g: mean %g", x, sum / DRAWS);
}

Test(stochastic, is_unbiased) {
    ffp8_format e4m3fn = named("e4m3fn"), hfp8 = named("hfp8"), int8 = {0};
    float book[256];
    ffp8_codebook_int8(book);
    int8.codebook = book;
    check_mean(&e4m3fn, 1.03f, 1, 1.125f);
    check_mean(&e4m3fn, -1.03f, -1.125f, -1);
    check_mean(&e4m3fn, 0x1.8p-11f, 0, 0x1p-9f);
    check_mean(&hfp8, -1.1f, -1.125f, -1);
    check_mean(&hfp8, 0x1p-13f, 0, 0x1.2p-11f);
    check_mean(&int8, -2.9f, -3, -2);
    check_mean(&int8, 100.001f, 100, 101);
}

Test(stochastic, depends_on_seed_and_index_alone) {
    static float x[5000];
    static uint8_t a[5000], b[5000];
    static uint16_t bf16[5000];
    for (int i = 0; i < 5000; i++) {
        bf16[i] = ffp8_bf16_from_f32(1 + (float)i / 5000);
        x[i] = ffp8_f32_from_bf16(bf16[i]);
    }
    ffp8_format format = named("e5m2");
    ffp8_encoding how = {.rounding = FFP8_ROUND_STOCHASTIC, .seed = 1};
    ffp8_encode(&format, x, FFP8_TYPE_F32, 1, a, 5000, &how);
    for (size_t n = 1; n < 5000; n = n * 3 + 1) { /* the beginning of a longer array */
        ffp8_encode(&format, x, FFP8_TYPE_F32, 1, b, n, &how);
        cr_assert_arr_eq(a, b, n);
    }
    ffp8_encode(&format, bf16, FFP8_TYPE_BF16, 1, b, 5000, &how); /* in blocks */
    cr_assert_arr_eq(a, b, 5000);
    for (uint64_t seed = 2; seed != 0; seed <<= 13) {
        how.seed = seed;
        ffp8_encode(&format, x, FFP8_TYPE_F32, 1, b, 5000, &how);
        cr_assert_arr_neq(a, b, 5000, "seed %llu", (unsigned long long)seed);
    }
    /* a matrix's element index is row * k + column */
    float scales[50];
    how.seed = 1;
    for (int i = 0; i < 5000; i++)
        if (i % 100 == 0) x[i] = 57344; /* every row has the scale 1 */
    ffp8_encode(&format, x, FFP8_TYPE_F32, 1, a, 5000, &how);
    ffp8_quantize_rows(&format, x, FFP8_TYPE_F32, 100, 50, 100, b, 100, scales, &how);
    for (int i = 0; i < 50; i++) cr_assert_eq(scales[i], 1);
    cr_assert_arr_eq(a, b, 5000);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Rows
 */
Test(quantize_rows, scales_codes_strides_and_types) {
    enum { M = 7, K = 700, LD_SRC = 703, LD_DST = 711 };
    static float x[M * LD_SRC], widened[M * LD_SRC];
    static uint16_t narrow[M * LD_SRC];
    static uint8_t dst[M * LD_DST], want[K];
    static const char *const names[] = {"e4m3fn", "ffp8:s1x3y4b3", "ffp8:s0x4y4b7", "e5m2", "hfp8", "int8"};
    uint32_t random = 3;
    for (size_t i = 0; i < M * LD_SRC; i++) {
        random = ffp8_mix32(random + 1);
        x[i] = ldexpf((float)(int32_t)random, -31 + (int)(i / LD_SRC));
    }
    for (size_t t = 0; t < 3; t++)
        for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
            ffp8_format format = named(names[f]);
            ffp8_format_info info;
            ffp8_format_query(&format, &info);
            for (size_t i = 0; i < M * LD_SRC; i++) {
                narrow[i] = t == 2 ? ffp8_f16_from_f32(x[i]) : ffp8_bf16_from_f32(x[i]);
                widened[i] = t == 0 ? x[i] : t == 1 ? ffp8_f32_from_bf16(narrow[i]) : ffp8_f32_from_f16(narrow[i]);
            }
            float scales[M + 1];
            scales[M] = -5;
            memset(dst, 0x5A, sizeof dst);
            cr_assert_eq(ffp8_quantize_rows(&format, t ? (const void *)narrow : x, float_types[t], LD_SRC, M, K, dst, LD_DST, scales, NULL),
                         FFP8_OK);
            cr_assert_eq(scales[M], -5);
            for (size_t i = 0; i < M; i++) {
                float amax = 0;
                for (size_t j = 0; j < K; j++) amax = fmaxf(amax, fabsf(widened[i * LD_SRC + j]));
                cr_assert_eq(scales[i], amax / info.max, "%s row %zu", names[f], i);
                ffp8_encode(&format, widened + i * LD_SRC, FFP8_TYPE_F32, 1 / scales[i], want, K, NULL);
                cr_assert_arr_eq(dst + i * LD_DST, want, K, "%s row %zu type %zu", names[f], i, t);
                size_t gap_end = i + 1 < M ? LD_DST : K;
                for (size_t j = K; j < gap_end; j++) cr_assert_eq(dst[i * LD_DST + j], 0x5A);
            }
        }
}

Test(quantize_rows, rows_without_a_scale) {
    float x[6][4] = {{0, -0.0f, 0, 0},           {1, NAN, 2, 3}, {1, INFINITY, 2, -3}, {0x1p-149f, 0, 0, 0},
                     {0x1.fffffep127f, 1, 0, 0}, {3, -4, 1, 0}};
    uint8_t dst[24];
    float scales[6];
    ffp8_format format = named("e4m3fn");
    cr_assert_eq(ffp8_quantize_rows(&format, x, FFP8_TYPE_F32, 4, 6, 4, dst, 4, scales, NULL), FFP8_OK);
    cr_assert(scales[0] == 1 && scales[1] == 1 && scales[2] == 1);
    cr_assert(dst[0] == 0 && dst[1] == 0x80 && dst[5] == 0x7F && dst[9] == 0x7E && dst[4] == 0x38);
    for (int i = 0; i < 6; i++) cr_assert(isfinite(scales[i]) && scales[i] > 0 && isfinite(1 / scales[i]), "row %d", i);
    cr_assert_eq(dst[16], 0x7E);
    cr_assert_eq(dst[21], 0xFE);

    ffp8_format finite = named("ffp8:s1x3y4b3");
    ffp8_encoding error = {.nan = FFP8_NAN_ERROR};
    memset(dst, 0x5A, sizeof dst);
    memset(scales, 0x5A, sizeof scales);
    cr_assert_eq(ffp8_quantize_rows(&finite, x, FFP8_TYPE_F32, 4, 6, 4, dst, 4, scales, &error), FFP8_ERROR_NAN);
    for (int i = 0; i < 24; i++) cr_assert_eq(dst[i], 0x5A);
    for (int i = 0; i < 6; i++) cr_assert_eq(ffp8_bits(scales[i]), 0x5A5A5A5Au);
    /* a format whose largest value is far below 1: the scale is huge but finite */
    ffp8_format tiny = named("ffp8:s1x3y4b140");
    cr_assert_eq(ffp8_quantize_rows(&tiny, x[4], FFP8_TYPE_F32, 4, 1, 4, dst, 4, scales, NULL), FFP8_OK);
    cr_assert(isfinite(scales[0]) && scales[0] > 0);
    cr_assert_eq(dst[0], 0x7F);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Bad arguments
 */
Test(errors, nothing_is_written) {
    ffp8_format good = named("e4m3fn"), bad = {1, 4, 4, 0, 0, 7, NULL};
    float x[4] = {1, 2, 3, 4}, scales[2] = {7, 7}, out[4] = {9, 9, 9, 9};
    uint8_t codes[4] = {0x5A, 0x5A, 0x5A, 0x5A};
    ffp8_encoding how = {0};

    cr_assert_eq(ffp8_decode(NULL, codes, 1, out, FFP8_TYPE_F32, 4), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_decode(&bad, codes, 1, out, FFP8_TYPE_F32, 4), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_decode(&good, NULL, 1, out, FFP8_TYPE_F32, 4), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_decode(&good, codes, 1, NULL, FFP8_TYPE_F32, 4), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_decode(&good, codes, 1, out, FFP8_TYPE_FFP8, 4), FFP8_ERROR_ENUM);
    cr_assert_eq(ffp8_decode(&good, codes, 1, out, (ffp8_dtype)-1, 4), FFP8_ERROR_ENUM);
    static const float bad_scales[] = {0, -0.0f, NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(ffp8_decode(&good, codes, bad_scales[i], out, FFP8_TYPE_F32, 4), FFP8_ERROR_SCALE);
        cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_F32, bad_scales[i], codes, 4, NULL), FFP8_ERROR_SCALE);
    }
    cr_assert_eq(ffp8_encode(NULL, x, FFP8_TYPE_F32, 1, codes, 4, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_encode(&bad, x, FFP8_TYPE_F32, 1, codes, 4, NULL), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_encode(&good, NULL, FFP8_TYPE_F32, 1, codes, 4, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_F32, 1, NULL, 4, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_FFP8, 1, codes, 4, NULL), FFP8_ERROR_ENUM);
    how.rounding = (ffp8_rounding)4;
    cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_F32, 1, codes, 4, &how), FFP8_ERROR_ENUM);
    how = (ffp8_encoding){.overflow = (ffp8_overflow)2};
    cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_F32, 1, codes, 4, &how), FFP8_ERROR_ENUM);
    how = (ffp8_encoding){.nan = (ffp8_nan)-1};
    cr_assert_eq(ffp8_encode(&good, x, FFP8_TYPE_F32, 1, codes, 4, &how), FFP8_ERROR_ENUM);

    cr_assert_eq(ffp8_quantize_rows(NULL, x, FFP8_TYPE_F32, 2, 2, 2, codes, 2, scales, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_quantize_rows(&good, NULL, FFP8_TYPE_F32, 2, 2, 2, codes, 2, scales, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 2, 2, 2, NULL, 2, scales, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 2, 2, 2, codes, 2, NULL, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_quantize_rows(&bad, x, FFP8_TYPE_F32, 2, 2, 2, codes, 2, scales, NULL), FFP8_ERROR_FORMAT);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_FFP8, 2, 2, 2, codes, 2, scales, NULL), FFP8_ERROR_ENUM);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 2, 2, 2, codes, 2, scales, &how), FFP8_ERROR_ENUM);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 1, 2, 2, codes, 2, scales, NULL), FFP8_ERROR_STRIDE);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 2, 2, 2, codes, 1, scales, NULL), FFP8_ERROR_STRIDE);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, SIZE_MAX / 4, 3, 2, codes, 2, scales, NULL), FFP8_ERROR_OVERFLOW);
    cr_assert_eq(ffp8_quantize_rows(&good, x, FFP8_TYPE_F32, 2, 3, 2, codes, SIZE_MAX / 2, scales, NULL), FFP8_ERROR_OVERFLOW);

    for (int i = 0; i < 4; i++) cr_assert(codes[i] == 0x5A && out[i] == 9);
    cr_assert(scales[0] == 7 && scales[1] == 7);
}

Test(errors, zero_sizes_are_valid) {
    ffp8_format format = named("e4m3fn");
    float scale = 7;
    cr_assert_eq(ffp8_decode(&format, NULL, 1, NULL, FFP8_TYPE_F32, 0), FFP8_OK);
    cr_assert_eq(ffp8_encode(&format, NULL, FFP8_TYPE_F32, 1, NULL, 0, NULL), FFP8_OK);
    cr_assert_eq(ffp8_quantize_rows(&format, NULL, FFP8_TYPE_F32, 0, 0, 0, NULL, 0, NULL, NULL), FFP8_OK);
    cr_assert_eq(ffp8_quantize_rows(&format, NULL, FFP8_TYPE_F32, 0, 1, 0, NULL, 0, &scale, NULL), FFP8_OK);
    cr_assert_eq(scale, 1);
}
