/* SPDX-License-Identifier: Apache-2.0
 *
 * lut.c - builds the look-up tables that kernels decode by
 *
 * It runs once or twice per operator call: no table of a parametric format costs more than a few passes over 256 codes. Elements come from
 * ffp8_format_values of the same format with another bias, which is a multiplication by a power of two without any rounding.
 */
#include "lut.h"

#include "../kernels/kernel_util.h"
#include "format.h"

enum { HALF_BIAS = 15 };

static void set_planes(struct ffp8_lut *lut) {
    for (unsigned c = 0; c < 256; c++) lut->plane[0][c] = (uint8_t)lut->element[c];
    for (unsigned c = 0; c < 256; c++) lut->plane[1][c] = (uint8_t)(lut->element[c] >> 8);
    if (lut->class_of != FFP8_CLASS_F32) {
        memset(lut->plane[2], 0, 2 * sizeof lut->plane[2]);
        return;
    }
    for (unsigned c = 0; c < 256; c++) lut->plane[2][c] = (uint8_t)(lut->element[c] >> 16);
    for (unsigned c = 0; c < 256; c++) lut->plane[3][c] = (uint8_t)(lut->element[c] >> 24);
}

static bool halves_differ_by(const struct ffp8_lut *lut, uint32_t top_bit) {
    const uint32_t *lower = lut->element, *upper = lut->element + 128;
    uint32_t difference = 0;
    for (unsigned c = 0; c < 128; c++) difference |= (lower[c] ^ upper[c]) ^ top_bit;
    /* The upper half must be the one with the bit set. */
    for (unsigned c = 0; c < 128; c++) difference |= lower[c] & top_bit;
    return difference == 0;
}

static bool halves_negated(const struct ffp8_lut *lut, uint32_t mask) {
    const uint32_t *lower = lut->element, *upper = lut->element + 128;
    uint32_t sum = 0;
    for (unsigned c = 0; c < 128; c++) sum |= (lower[c] + upper[c]) & mask;
    return sum == 0;
}

static bool elements_are_codes(const struct ffp8_lut *lut) {
    uint32_t difference = 0;
    for (unsigned c = 0; c < 256; c++) difference |= lut->element[c] ^ c;
    return difference == 0;
}

/* element = step * (offset + low nibble) in each row of 16 codes, if that is how the integers lie. I8 asks for the low byte only, so that a
 * negative offset, as in the upper half of two's complement, is as good as its remainder modulo 256. */
static bool find_nibble_steps(struct ffp8_lut *lut, const int32_t integer[256]) {
    const int32_t lowest_offset = lut->class_of == FFP8_CLASS_I8 ? -128 : 0;
    for (unsigned row = 0; row < 16; row++) {
        const int32_t *first = integer + 16 * row;
        const int32_t step = first[1] - first[0];
        if (step == 0 || step < -128 || step > 127) return false;
        const int32_t offset = (int32_t)((float)first[0] / (float)step); /* exact if it is an integer; faster than a division of integers */
        if (offset < lowest_offset || offset > 255 - 15) return false;
        int32_t wrong = first[0] ^ step * offset;
        for (int i = 1; i < 16; i++) wrong |= (first[i] - first[i - 1]) ^ step;
        if (wrong) return false;
        lut->step[row] = (int8_t)step;
        lut->offset[row] = (uint8_t)offset;
    }
    return true;
}

static void set_integers(struct ffp8_lut *lut, const ffp8_format *format, const struct ffp8_span *span) {
    float value[256];
    int32_t integer[256];
    if (format->codebook) {
        double unit = ldexp(1, -span->lowest_bit);
        for (unsigned c = 0; c < 256; c++) integer[c] = isfinite(format->codebook[c]) ? (int32_t)(format->codebook[c] * unit) : 0;
    } else {
        ffp8_format unit_format = *format;
        unit_format.bias += span->lowest_bit;
        ffp8_format_values(&unit_format, value);
        for (unsigned c = 0; c < 256; c++) integer[c] = isfinite(value[c]) ? (int32_t)value[c] : 0;
    }
    uint32_t mask = lut->class_of == FFP8_CLASS_I8 ? 0xFFu : 0xFFFFu;
    for (unsigned c = 0; c < 256; c++) lut->element[c] = (uint32_t)integer[c] & mask;
    lut->shift = span->lowest_bit;
    lut->negated = halves_negated(lut, mask);
    lut->same = lut->class_of == FFP8_CLASS_I8 && elements_are_codes(lut);
    if (find_nibble_steps(lut, integer)) lut->kind = FFP8_LUT_NIBBLE;
}

static void set_floats(struct ffp8_lut *lut, const ffp8_format *format, int shift) {
    float value[256];
    if (format->codebook) {
        ffp8_format_values(format, value);
        if (shift) {
            double unit = ldexp(1, -shift);
            for (unsigned c = 0; c < 256; c++) value[c] = (float)(value[c] * unit);
        }
    } else {
        ffp8_format shifted = *format;
        shifted.bias += shift;
        ffp8_format_values(&shifted, value);
    }
    for (unsigned c = 0; c < 256; c++) lut->element[c] = ffp8_bits(value[c]);
    /* NaN codes in both halves: a sign on one of them keeps the halves mirror images. */
    if (!format->codebook && !lut->special_minus_zero && lut->sign_mask)
        for (unsigned c = 0x80; c < 256; c++) lut->element[c] |= isnan(value[c]) ? 0x80000000u : 0;
    lut->shift = shift;
}

static int bf16_shift(const struct ffp8_span *span) {
    int sum = span->lowest + span->highest;
    return span->lowest >= -126 ? 0 : (sum - (sum & 1)) / 2;
}

/* Elements by the formula of kind HALF: for unused Inf and NaN codes, where it has NaN payloads that no value table has. */
static void set_half(struct ffp8_lut *lut) {
    for (unsigned c = 0; c < 256; c++) {
        unsigned half = (c & lut->sign_mask) << 8 | (c & lut->magnitude_mask) << lut->half_shift;
        lut->element[c] = lut->class_of == FFP8_CLASS_F16 ? half : ffp8_bits(ffp8_f32_from_f16((uint16_t)half));
    }
}

/* The upper halves of normal numbers lie on a line; what is off it must be one of the first 16 magnitudes of either sign. */
static void find_float_line(struct ffp8_lut *lut, const ffp8_format *format) {
    enum { FIXED = 16 };
    if (format->codebook || format->fraction_bits > 4) return;
    const uint32_t *element = lut->element, shift = lut->half_shift - 3u, base = (element[FIXED] >> 16) - (FIXED << shift);
    const uint32_t sign_mask = lut->sign_mask, magnitude_mask = lut->magnitude_mask, special_lo = lut->special_lo;
    const uint32_t end = special_lo <= magnitude_mask ? special_lo : magnitude_mask + 1;
    uint32_t off[256], any = 0;
    for (uint32_t c = 0; c < 256; c++) {
        off[c] = element[c] - ((((c & sign_mask) << 8 | (c & magnitude_mask) << shift) + base) << 16);
        any |= off[c];
    }
    uint32_t wrong = any & 0xFFFF;
    for (uint32_t m = FIXED; m < end; m++) wrong |= off[m] | off[sign_mask + m];
    for (uint32_t m = 0; m < FIXED; m++) {
        const uint32_t negative = m | sign_mask;
        if (negative != 0x80 || !lut->special_minus_zero) wrong |= off[m] ^ off[negative];
        lut->float_fix[0][m] = (uint8_t)(off[m] >> 16);
        lut->float_fix[1][m] = (uint8_t)(off[m] >> 24);
    }
    lut->float_base = (uint16_t)base;
    if (!wrong) lut->kind = FFP8_LUT_FLOAT;
}

static void set_description(struct ffp8_lut *lut, const ffp8_format *format, bool finite_only) {
    struct ffp8_landmarks mark;
    ffp8_format_landmarks(format, &mark);
    bool negative = format->codebook ? format->codebook[mark.min] < 0 : format->sign_bits != 0;
    lut->kind = FFP8_LUT_TABLE;
    lut->mirrored = lut->negated = lut->same = false;
    lut->sign_mask = negative ? 0x80 : 0;
    lut->magnitude_mask = negative ? 0x7F : 0xFF;
    lut->special_lo = finite_only ? 256 : mark.special_lo;
    lut->special_minus_zero = !finite_only && mark.special_minus_zero;
    lut->half_shift = (uint8_t)(10 - format->fraction_bits);
    lut->float_base = 0;
    memset(lut->float_fix, 0, sizeof lut->float_fix);
    memset(lut->step, 0, sizeof lut->step);
    memset(lut->offset, 0, sizeof lut->offset);
}

static void init(struct ffp8_lut *lut, const ffp8_format *format, ffp8_class class_of, bool finite_only, bool may_shift) {
    struct ffp8_span span;
    ffp8_format_span(format, &span);
    set_description(lut, format, finite_only);
    lut->class_of = class_of;

    /* Codes that do not occur continue the formula, so that its short cuts hold for all codes. */
    ffp8_format source = *format;
    const bool half = ffp8_format_is_part_of_half(format) && (may_shift || format->bias == HALF_BIAS);
    if (finite_only && !(half && format->exponent_bits == 5)) source.specials = FFP8_SPECIALS_NONE;

    switch (class_of) {
    case FFP8_CLASS_I8:
    case FFP8_CLASS_I16: set_integers(lut, &source, &span); break;
    case FFP8_CLASS_BF16:
        set_floats(lut, &source, bf16_shift(&span));
        for (unsigned c = 0; c < 256; c++) lut->element[c] >>= 16;
        lut->mirrored = halves_differ_by(lut, 0x8000u);
        break;
    case FFP8_CLASS_F16:
    case FFP8_CLASS_F32:
        set_floats(lut, &source, half ? HALF_BIAS - format->bias : 0);
        for (unsigned c = 0; class_of == FFP8_CLASS_F16 && c < 256; c++) lut->element[c] = ffp8_f16_from_f32(ffp8_float(lut->element[c]));
        if (half) lut->kind = FFP8_LUT_HALF;
        if (half && finite_only && format->exponent_bits == 5) set_half(lut);
        if (!half) find_float_line(lut, &source);
        lut->mirrored = halves_differ_by(lut, class_of == FFP8_CLASS_F16 ? 0x8000u : 0x80000000u);
        break;
    }
    set_planes(lut);
}

void ffp8_lut_init(struct ffp8_lut *lut, const ffp8_format *format, ffp8_class class_of, bool finite_only) {
    init(lut, format, class_of, finite_only, true);
}

void ffp8_lut_init_values(struct ffp8_lut *lut, const ffp8_format *format, bool finite_only) {
    init(lut, format, FFP8_CLASS_F32, finite_only, false);
}

void ffp8_lut_init_scaled(struct ffp8_lut *lut, const struct ffp8_kernels *kernels, const ffp8_format *format, float scale, ffp8_dtype to) {
    float value[256];
    uint16_t half[256];
    ffp8_format_values(format, value);
    set_description(lut, format, false);
    lut->shift = 0;
    for (unsigned c = 0; c < 256; c++) value[c] *= scale; /* the quiet NaN stays what it is */
    if (to == FFP8_TYPE_F32) {
        memcpy(lut->element, value, sizeof value);
    } else {
        (to == FFP8_TYPE_BF16 ? kernels->narrow_bf16 : kernels->narrow_f16)(value, half, 256);
        for (unsigned c = 0; c < 256; c++) lut->element[c] = half[c];
    }
    lut->class_of = to == FFP8_TYPE_F32 ? FFP8_CLASS_F32 : FFP8_CLASS_BF16;
    if (to == FFP8_TYPE_F32) find_float_line(lut, format);
    lut->mirrored = halves_differ_by(lut, to == FFP8_TYPE_F32 ? 0x80000000u : 0x8000u);
    set_planes(lut);
}
