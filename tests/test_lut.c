/* SPDX-License-Identifier: Apache-2.0
 *
 * test_lut.c - what kernels are told of a format: elements, shifts, short cuts
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

static double element_value(const struct ffp8_lut *lut, unsigned c, bool unsigned_bytes) {
    uint32_t e = lut->element[c];
    switch (lut->class_of) {
    case FFP8_CLASS_I8: return unsigned_bytes ? (double)(uint8_t)e : (double)(int8_t)e;
    case FFP8_CLASS_I16: return (int16_t)e;
    case FFP8_CLASS_BF16: return ffp8_float(e << 16);
    case FFP8_CLASS_F32: return ffp8_float(e);
    case FFP8_CLASS_F16: return ffp8_f32_from_f16((uint16_t)e);
    }
    return NAN;
}

static void check_short_cuts(const struct ffp8_lut *lut, const char *what) {
    bool mirrored = true, negated = true;
    uint32_t top = lut->class_of == FFP8_CLASS_F32 ? 0x80000000u : 0x8000u, mask = lut->class_of == FFP8_CLASS_I8 ? 0xFFu : 0xFFFFu;
    for (unsigned c = 0; c < 128; c++) {
        mirrored = mirrored && lut->element[c | 0x80] == (lut->element[c] | top) && !(lut->element[c] & top);
        negated = negated && ((lut->element[c] + lut->element[c | 0x80]) & mask) == 0;
    }
    bool integers = lut->class_of <= FFP8_CLASS_I16;
    cr_assert_eq(lut->mirrored, !integers && mirrored, "%s", what);
    cr_assert_eq(lut->negated, integers && negated, "%s", what);
    for (unsigned c = 0; c < 256; c++) {
        for (unsigned j = 0; j < 4; j++) cr_assert_eq(lut->plane[j][c], lut->element[c] >> 8 * j & 0xFF, "%s 0x%02x", what, c);
        if ((c & lut->magnitude_mask) >= lut->special_lo || (lut->special_minus_zero && c == 0x80)) continue;
        if (lut->kind == FFP8_LUT_HALF) {
            unsigned half = (c & lut->sign_mask) << 8 | (c & lut->magnitude_mask) << lut->half_shift;
            cr_assert_eq(lut->element[c], lut->class_of == FFP8_CLASS_F16 ? half : ffp8_bits(ffp8_f32_from_f16((uint16_t)half)),
                         "%s 0x%02x", what, c);
        }
        if (lut->kind == FFP8_LUT_FLOAT) {
            unsigned m = c & lut->magnitude_mask, fix = m < 16 ? lut->float_fix[0][m] + 256u * lut->float_fix[1][m] : 0;
            unsigned upper = ((c & lut->sign_mask) << 8 | m << (lut->half_shift - 3)) + lut->float_base + fix;
            cr_assert_eq(lut->element[c], upper << 16, "%s 0x%02x", what, c);
        }
        if (lut->kind == FFP8_LUT_NIBBLE) {
            int element = lut->step[c >> 4] * (lut->offset[c >> 4] + (int)(c & 15));
            cr_assert_eq(lut->element[c], (uint32_t)element & mask, "%s 0x%02x: %d", what, c, element);
        }
    }
}

static void check_lut(const ffp8_format *format, ffp8_class class_of, bool finite_only) {
    struct ffp8_lut lut;
    memset(&lut, 0xA5, sizeof lut);
    ffp8_lut_init(&lut, format, class_of, finite_only);
    char what[120];
    snprintf(what, sizeof what, "%s class %d%s", describe(format), (int)class_of, finite_only ? " finite" : "");
    cr_assert_eq(lut.class_of, class_of);

    for (unsigned c = 0; c < 256; c++) {
        double v = oracle_value(format, c), e = element_value(&lut, c, lut.sign_mask == 0);
        bool special = oracle_is_special(format, c);
        if (finite_only && special) continue;
        if (class_of <= FFP8_CLASS_I16)
            cr_assert_eq(e * ldexp(1, lut.shift), v, "%s 0x%02x: %g * 2^%d is not %g", what, c, e, lut.shift, v);
        else
            cr_assert(isnan(v) ? isnan(e) : same_value(ldexp(e, lut.shift), v), "%s 0x%02x: %a * 2^%d is not %a", what, c, e, lut.shift, v);
        if (isnan(v))
            cr_assert_eq(lut.element[c] & ~(class_of == FFP8_CLASS_F32 ? 0x80000000u : 0x8000u), class_of == FFP8_CLASS_F32   ? 0x7FC00000u
                                                                                                 : class_of == FFP8_CLASS_F16 ? 0x7E00u
                                                                                                                              : 0x7FC0u);
        if (class_of == FFP8_CLASS_BF16 && v != 0 && !isnan(v)) cr_assert(fabs(e) >= 0x1p-126, "%s 0x%02x: BF16 denormal %a", what, c, e);
        bool described = (c & lut.magnitude_mask) >= lut.special_lo || (lut.special_minus_zero && c == 0x80);
        cr_assert_eq(described, special, "%s 0x%02x", what, c);
    }
    cr_assert_eq(lut.sign_mask, format->sign_bits ? 0x80 : 0);
    cr_assert_eq(lut.magnitude_mask, format->sign_bits ? 0x7F : 0xFF);
    if (finite_only) cr_assert(lut.special_lo == 256 && !lut.special_minus_zero);
    check_short_cuts(&lut, what);

    /* The short cuts are there where they are promised. */
    bool subnormals = !(format->flags & FFP8_NO_SUBNORMALS);
    if (class_of == FFP8_CLASS_F32 && subnormals && format->exponent_bits < 5) cr_assert_eq(lut.kind, FFP8_LUT_HALF, "%s", what);
    if (class_of == FFP8_CLASS_F32 && subnormals && (format->specials == FFP8_SPECIALS_NONE || finite_only) && format->exponent_bits < 7 &&
        format->bias >= -50 && format->bias <= 100 && !format->codebook && lut.kind != FFP8_LUT_HALF)
        cr_assert_eq(lut.kind, FFP8_LUT_FLOAT, "%s", what);
    if (class_of == FFP8_CLASS_F32 && lut.kind != FFP8_LUT_HALF) cr_assert_eq(lut.shift, 0, "%s", what);
    if (class_of <= FFP8_CLASS_I16 && subnormals && format->specials == FFP8_SPECIALS_NONE)
        cr_assert_eq(lut.kind, FFP8_LUT_NIBBLE, "%s", what);
    if (class_of >= FFP8_CLASS_BF16 && format->sign_bits && (format->specials <= FFP8_SPECIALS_IEEE || finite_only) &&
        (!(format->flags & FFP8_NO_SUBNORMALS) || format->specials == FFP8_SPECIALS_NONE))
        cr_assert(lut.mirrored, "%s", what);
}

Test(lut, elements_shifts_and_short_cuts_of_all_formats) {
    ffp8_format format;
    size_t luts = 0;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (int moved = -150; moved <= 150; moved += 10) {
            ffp8_format at = format;
            at.bias += moved;
            if (!oracle_is_legal(&at)) continue;
            bool none_special[256];
            for (unsigned c = 0; c < 256; c++) none_special[c] = !oracle_is_special(&at, c);
            for (int class_of = 0; class_of < FFP8_CLASS_COUNT; class_of++) {
                if (ffp8_format_classes(&at, NULL) >> class_of & 1) check_lut(&at, (ffp8_class)class_of, false), luts++;
                if (ffp8_format_classes(&at, none_special) >> class_of & 1) check_lut(&at, (ffp8_class)class_of, true), luts++;
            }
        }
    cr_assert_gt(luts, 5000);
}

Test(lut, classes_are_the_largest_that_hold) {
    /* Brute force: the integers over the lowest bit, and the binades. */
    ffp8_format format;
    for (size_t i = 0; oracle_format(i, &format); i++) {
        struct oracle o;
        oracle_init(&o, &format, NULL);
        double unit = 0, smallest = INFINITY, largest = 0;
        bool short_enough = true; /* 8 significant bits */
        for (unsigned j = 0; j < o.count; j++) {
            double v = fabs(o.sorted[j]);
            if (v == 0) continue;
            smallest = fmin(smallest, v);
            largest = fmax(largest, v);
            double low = ldexp(1, ilogb(v) - 23);
            while (fmod(v, 2 * low) == 0) low *= 2;
            unit = unit == 0 ? low : fmin(unit, low);
            short_enough = short_enough && v / low < 256;
        }
        double high = o.sorted[o.count - 1] / unit, low = o.sorted[0] / unit;
        bool none_special[256];
        for (unsigned c = 0; c < 256; c++) none_special[c] = !o.special[c];
        unsigned classes = ffp8_format_classes(&format, none_special);
        cr_assert_eq(classes >> FFP8_CLASS_I8 & 1, (low >= -128 && high <= 127) || (low >= 0 && high <= 255), "%s", describe(&format));
        cr_assert_eq(classes >> FFP8_CLASS_I16 & 1, low >= -FFP8_I16_LIMIT && high <= FFP8_I16_LIMIT, "%s", describe(&format));
        cr_assert_eq(classes >> FFP8_CLASS_BF16 & 1, short_enough && ilogb(largest) - ilogb(smallest) <= 253, "%s", describe(&format));
        cr_assert_neq(classes >> FFP8_CLASS_F32 & 1, 0);
    }
}

Test(lut, scaled_elements_are_rounded_products) {
    static const float scales[] = {1, 0x1p-3f, 3, -0.1f, 0x1p-140f, 0x1.fffffep100f};
    static const ffp8_dtype types[] = {FFP8_TYPE_F32, FFP8_TYPE_BF16, FFP8_TYPE_F16};
    ffp8_format format;
    struct ffp8_lut lut;
    for (size_t i = 0; oracle_format(i, &format); i++)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
            for (size_t t = 0; t < 3; t++) {
                ffp8_lut_init_scaled(&lut, &ffp8_kernels_generic, &format, scales[s], types[t]);
                for (unsigned c = 0; c < 256; c++) {
                    float product = (float)oracle_value(&format, c) * scales[s];
                    uint32_t want = isnan(product) ? 0x7FC00000u : ffp8_bits(product);
                    if (types[t] != FFP8_TYPE_F32) want = oracle_narrow(product, types[t]);
                    cr_assert_eq(lut.element[c], want, "%s 0x%02x scale %a type %d: 0x%x, not 0x%x", describe(&format), c, scales[s],
                                 (int)types[t], lut.element[c], want);
                }
                lut.kind = FFP8_LUT_TABLE;
                lut.class_of = types[t] == FFP8_TYPE_F32 ? FFP8_CLASS_F32 : FFP8_CLASS_BF16;
                check_short_cuts(&lut, describe(&format));
                cr_assert_eq(lut.shift, 0);
            }
}

/* Luts of codebooks: integers of any unit, BF16 with a shift, FP32. */
Test(lut, codebooks) {
    float v[256];
    ffp8_format format = {.codebook = v};
    struct ffp8_lut lut;
    ffp8_codebook_int8(v);
    ffp8_lut_init(&lut, &format, FFP8_CLASS_I8, false);
    for (int c = 0; c < 256; c++) cr_assert_eq(lut.element[c], (uint32_t)c);
    cr_assert(lut.sign_mask == 0x80 && lut.shift == 0);
    check_short_cuts(&lut, "int8");

    for (int c = 0; c < 256; c++) v[c] = (float)(c * 16 - 17) * 0x1p-40f; /* odd and even integers up to 4063 */
    cr_assert_eq(ffp8_format_classes(&format, NULL), 1u << FFP8_CLASS_I16 | 1u << FFP8_CLASS_F32);
    ffp8_lut_init(&lut, &format, FFP8_CLASS_I16, false);
    for (int c = 0; c < 256; c++) cr_assert_eq((int16_t)lut.element[c], c * 16 - 17);
    cr_assert_eq(lut.shift, -40);
    check_short_cuts(&lut, "integers");

    for (int c = 0; c < 256; c++) v[c] = ldexpf(c & 1 ? -1.5f : 1, -149 + (c & 1) + c / 2); /* FP32 denormals and up */
    cr_assert_eq(ffp8_format_classes(&format, NULL), 1u << FFP8_CLASS_BF16 | 1u << FFP8_CLASS_F32);
    ffp8_lut_init(&lut, &format, FFP8_CLASS_BF16, false);
    for (unsigned c = 0; c < 256; c++) {
        cr_assert_eq(ldexp(element_value(&lut, c, false), lut.shift), v[c]);
        cr_assert_geq(fabs(element_value(&lut, c, false)), 0x1p-126);
    }

    for (int c = 0; c < 256; c++) v[c] = 1 + (float)c / 3;
    cr_assert_eq(ffp8_format_classes(&format, NULL), 1u << FFP8_CLASS_F32);
    ffp8_lut_init(&lut, &format, FFP8_CLASS_F32, false);
    for (unsigned c = 0; c < 256; c++) cr_assert_eq(lut.element[c], ffp8_bits(v[c]));
    check_short_cuts(&lut, "thirds");

    for (int c = 0; c < 256; c++) v[c] = c == 9 ? NAN : 0; /* nothing but zero */
    cr_assert_eq(ffp8_format_classes(&format, NULL), 1u << FFP8_CLASS_BF16 | 1u << FFP8_CLASS_F32);
    bool used[256] = {true};
    cr_assert_eq(ffp8_format_classes(&format, used), 0xF);
}
