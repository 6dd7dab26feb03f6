/* SPDX-License-Identifier: Apache-2.0
 *
 * format.c - what a format is: legal or not, the value of every code, its special codes, its arithmetic classes
 */
#include "format.h"

#include "../kernels/kernel_util.h"
#include "lut.h"

enum { F32_LOWEST_BIT = -149, F32_MAX_EXPONENT = 127 };

static bool is_signed(const ffp8_format *format) { return format->sign_bits != 0; }

static unsigned magnitude_mask(const ffp8_format *format) { return is_signed(format) ? 0x7Fu : 0xFFu; }

/* The first magnitude code that the policy takes away, above which there is no finite one; one past the last code if it takes none. */
static unsigned first_special(const ffp8_format *format) {
    unsigned end = magnitude_mask(format) + 1;
    switch ((ffp8_specials)format->specials) {
    case FFP8_SPECIALS_FN: return end - 1;
    case FFP8_SPECIALS_IEEE: return end - (1u << format->fraction_bits);
    case FFP8_SPECIALS_P3109F: return is_signed(format) ? end : end - 1;
    case FFP8_SPECIALS_P3109E: return is_signed(format) ? end - 1 : end - 2;
    case FFP8_SPECIALS_NONE:
    case FFP8_SPECIALS_FNUZ: break;
    }
    return end;
}

/* A magnitude code's value is significand * 2^exponent, whatever the policy says of it. */
struct parts {
    unsigned significand;
    int64_t exponent; /* any int32 bias fits */
};

static inline struct parts split(const ffp8_format *format, unsigned magnitude) {
    unsigned y = format->fraction_bits, e = magnitude >> y, f = magnitude & ((1u << y) - 1), one = 1u << y;
    struct parts p = {one + f, (int64_t)e - format->bias - (int)y};
    if (e == 0) {
        if (!(format->flags & FFP8_NO_SUBNORMALS)) {
            p.significand = f;
            p.exponent++;
        } else if (f == 0 && !(format->flags & FFP8_NO_ZERO)) {
            p.significand = 0;
        }
    }
    return p;
}

/* Only the ends of the range can leave FP32: the exponent of codes rises with them, and code 1 (or 0) has the lowest bit of all. */
static bool fits_f32(struct parts p) {
    return p.significand == 0 || (p.exponent + __builtin_ctz(p.significand) >= F32_LOWEST_BIT &&
                                  p.exponent + 31 - __builtin_clz(p.significand) <= F32_MAX_EXPONENT);
}

static bool is_zero_but_codebook(const ffp8_format *format) {
    return !(format->sign_bits | format->exponent_bits | format->fraction_bits | format->specials | format->flags) && format->bias == 0;
}

ffp8_status ffp8_format_check(const ffp8_format *format) {
    if (!format) return FFP8_ERROR_NULL;
    if (format->codebook) {
        if (!is_zero_but_codebook(format)) return FFP8_ERROR_FORMAT;
        for (unsigned c = 0; c < 256; c++)
            if (isfinite(format->codebook[c])) return FFP8_OK;
        return FFP8_ERROR_FORMAT;
    }
    if (format->sign_bits > 1 || format->sign_bits + format->exponent_bits + format->fraction_bits != 8) return FFP8_ERROR_FORMAT;
    if (format->specials > FFP8_SPECIALS_P3109E) return FFP8_ERROR_FORMAT;
    if (format->specials == FFP8_SPECIALS_IEEE && format->exponent_bits == 0) return FFP8_ERROR_FORMAT;
    if (format->specials == FFP8_SPECIALS_FNUZ && !is_signed(format)) return FFP8_ERROR_FORMAT;
    if (format->flags & ~(uint32_t)(FFP8_NO_SUBNORMALS | FFP8_NO_ZERO)) return FFP8_ERROR_FORMAT;
    if (format->flags == FFP8_NO_ZERO) return FFP8_ERROR_FORMAT;
    if (!fits_f32(split(format, 0)) || !fits_f32(split(format, 1)) || !fits_f32(split(format, first_special(format) - 1)))
        return FFP8_ERROR_FORMAT;
    return FFP8_OK;
}

/* 2^exponent, +Inf from 2^128 on (only codes that the policy takes away reach it). */
static inline float power_of_two(int64_t exponent) {
    if (exponent < F32_LOWEST_BIT) return 0; /* of a row that holds nothing but zero */
    if (exponent < -126) return ffp8_float(1u << (exponent + 149));
    return ffp8_float((uint32_t)(exponent > 128 ? 255 : exponent + 127) << 23);
}

void ffp8_format_values(const ffp8_format *format, float value[256]) {
    const uint32_t quiet_nan = 0x7FC00000u;
    if (format->codebook) {
        for (unsigned c = 0; c < 256; c++) value[c] = isnan(format->codebook[c]) ? ffp8_float(quiet_nan) : format->codebook[c];
        return;
    }
    unsigned y = format->fraction_bits, magnitudes = magnitude_mask(format) + 1;
    for (unsigned first = 0; first < magnitudes; first += 1u << y) {
        /* A row shares one exponent, but for the zero of formats without subnormals. */
        struct parts last = split(format, first + (1u << y) - 1);
        float power = power_of_two(last.exponent);
        unsigned significand = last.significand - ((1u << y) - 1);
        for (unsigned f = 0; f < 1u << y; f++) value[first + f] = (float)(significand + f) * power;
    }
    if (split(format, 0).significand == 0) value[0] = 0;
    if (is_signed(format))
        for (unsigned c = 0; c < 128; c++) value[c + 128] = -value[c];

    struct ffp8_landmarks mark;
    ffp8_format_landmarks(format, &mark);
    for (unsigned c = mark.special_lo; c < magnitudes; c++) {
        value[c] = ffp8_float(quiet_nan);
        if (is_signed(format)) value[c | 0x80] = ffp8_float(quiet_nan);
    }
    if (mark.special_minus_zero) value[0x80] = ffp8_float(quiet_nan);
    if (mark.pos_inf >= 0) value[mark.pos_inf] = INFINITY;
    if (mark.neg_inf >= 0) value[mark.neg_inf] = -INFINITY;
}

/* Of equal magnitudes the positive one counts as nearer, and a value as nearer than itself. */
static bool is_nearer_to_zero(float a, float b) { return fabsf(a) < fabsf(b) || (fabsf(a) == fabsf(b) && a >= b); }

static void codebook_landmarks(const float value[256], struct ffp8_landmarks *mark) {
    *mark = (struct ffp8_landmarks){-1, -1, -1, -1, -1, -1, -1, -1, false, 256, false};
    for (int c = 255; c >= 0; c--) { /* downwards: the smallest of several codes wins */
        float v = value[c];
        if (isfinite(v)) {
            if (mark->max < 0 || v >= value[mark->max]) mark->max = c;
            if (mark->min < 0 || v <= value[mark->min]) mark->min = c;
            if (mark->smallest < 0 || is_nearer_to_zero(v, value[mark->smallest])) mark->smallest = c;
            if (v == 0) *(signbit(v) ? &mark->minus_zero : &mark->zero) = c;
        } else {
            *(isnan(v) ? &mark->nan : v > 0 ? &mark->pos_inf : &mark->neg_inf) = c;
            mark->any_special = true;
        }
    }
    if (mark->zero < 0) return;
    /* Of equal zeros +0 stands for both. */
    mark->smallest = mark->zero;
    if (value[mark->max] == 0) mark->max = mark->zero;
    if (value[mark->min] == 0) mark->min = mark->zero;
}

void ffp8_format_landmarks(const ffp8_format *format, struct ffp8_landmarks *mark) {
    if (format->codebook) {
        codebook_landmarks(format->codebook, mark);
        return;
    }
    bool has_zero = !(format->flags & FFP8_NO_ZERO);
    int first = (int)first_special(format), mask = (int)magnitude_mask(format);
    ffp8_specials specials = (ffp8_specials)format->specials;
    mark->special_lo = (uint16_t)(first > mask ? 256 : first);
    mark->special_minus_zero = is_signed(format) && specials >= FFP8_SPECIALS_FNUZ;
    mark->any_special = specials != FFP8_SPECIALS_NONE;
    mark->zero = has_zero ? 0 : -1;
    mark->minus_zero = has_zero && is_signed(format) && !mark->special_minus_zero ? 0x80 : -1;
    mark->smallest = 0;
    mark->max = first - 1;
    mark->min = is_signed(format) ? mark->max | 0x80 : 0;
    mark->nan = mark->pos_inf = mark->neg_inf = -1;
    switch (specials) {
    case FFP8_SPECIALS_NONE: break;
    case FFP8_SPECIALS_FN: mark->nan = first; break;
    case FFP8_SPECIALS_IEEE:
        mark->pos_inf = first;
        if (format->fraction_bits) mark->nan = first | 1 << (format->fraction_bits - 1); /* quiet */
        break;
    case FFP8_SPECIALS_FNUZ:
    case FFP8_SPECIALS_P3109F:
    case FFP8_SPECIALS_P3109E:
        mark->nan = is_signed(format) ? 0x80 : 0xFF;
        if (specials == FFP8_SPECIALS_P3109E) mark->pos_inf = first;
        break;
    }
    if (mark->pos_inf >= 0 && is_signed(format)) mark->neg_inf = mark->pos_inf | 0x80;
}

uint32_t ffp8_sort_values(const float value[256], float sorted[256], uint8_t code[256]) {
    /* Keys order by value, then +0 before -0, then by code. Shell's sort: in place (qsort may allocate), and fast enough for an operator
     * call. */
    static const uint32_t gaps[] = {132, 57, 23, 10, 4, 1};
    int64_t key[256];
    uint32_t count = 0;
    for (unsigned c = 0; c < 256; c++) {
        if (!isfinite(value[c])) continue;
        int32_t bits = (int32_t)ffp8_bits(value[c]);
        int64_t order = bits < 0 ? -(int64_t)(bits & 0x7FFFFFFF) : bits;
        key[count++] = order * 512 + (value[c] == 0 && bits < 0 ? 256 : 0) + c;
    }
    for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (uint32_t i = gaps[g]; i < count; i++) {
            int64_t k = key[i];
            uint32_t at = i;
            for (; at >= gaps[g] && key[at - gaps[g]] > k; at -= gaps[g]) key[at] = key[at - gaps[g]];
            key[at] = k;
        }
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < count; i++) {
        unsigned c = (unsigned)(key[i] & 255);
        if (distinct > 0 && sorted[distinct - 1] == value[c]) continue;
        sorted[distinct] = value[c];
        code[distinct++] = (uint8_t)c;
    }
    return distinct;
}

static void span_add(struct ffp8_span *span, float v) {
    if (v == 0) return;
    int exponent;
    uint32_t significand = (uint32_t)(frexpf(fabsf(v), &exponent) * 0x1p24f);
    int top = exponent - 1, trailing = __builtin_ctz(significand), low = exponent - 24 + trailing, significant = 24 - trailing;
    if (span->empty) *span = (struct ffp8_span){false, low, top, top, significant, 0, 0};
    if (low < span->lowest_bit) span->lowest_bit = low;
    if (top < span->lowest) span->lowest = top;
    if (top > span->highest) span->highest = top;
    if (significant > span->significant) span->significant = significant;
    if (v > span->max) span->max = v;
    if (v < span->min) span->min = v;
}

static float magnitude_value(const ffp8_format *format, unsigned magnitude) {
    struct parts p = split(format, magnitude);
    return (float)p.significand * power_of_two(p.exponent);
}

void ffp8_format_span(const ffp8_format *format, struct ffp8_span *span) {
    *span = (struct ffp8_span){.empty = true};
    if (format->codebook) {
        for (unsigned c = 0; c < 256; c++)
            if (isfinite(format->codebook[c])) span_add(span, format->codebook[c]);
        return;
    }
    /* Codes 0 and 1 have the smallest magnitude and the lowest bit, the last one the largest magnitude; none has more bits than these. */
    unsigned last = first_special(format) - 1;
    span_add(span, magnitude_value(format, 0));
    span_add(span, magnitude_value(format, 1));
    span_add(span, magnitude_value(format, last));
    if (is_signed(format)) span_add(span, -magnitude_value(format, last));
}

double ffp8_format_beyond(const ffp8_format *format) {
    struct parts p = split(format, first_special(format));
    return ldexp(p.significand, (int)p.exponent);
}

static bool integers_within(const struct ffp8_span *span, double low, double high) {
    return ldexp(span->min, -span->lowest_bit) >= low && ldexp(span->max, -span->lowest_bit) <= high;
}

static unsigned finite_classes(const struct ffp8_span *span) {
    unsigned classes = 1u << FFP8_CLASS_F32;
    if (span->empty || integers_within(span, -128, 127) || integers_within(span, 0, 255)) classes |= 1u << FFP8_CLASS_I8;
    if (span->empty || integers_within(span, -FFP8_I16_LIMIT, FFP8_I16_LIMIT)) classes |= 1u << FFP8_CLASS_I16;
    if (span->significant <= 8 && span->highest - span->lowest <= 127 + 126) classes |= 1u << FFP8_CLASS_BF16;
    return classes;
}

static bool uses_special(const ffp8_format *format, const bool used[256]) {
    struct ffp8_landmarks mark;
    ffp8_format_landmarks(format, &mark);
    if (!mark.any_special || !used) return mark.any_special;
    unsigned mask = format->codebook ? 0xFFu : magnitude_mask(format);
    for (unsigned c = 0; c < 256; c++) {
        bool special = format->codebook ? !isfinite(format->codebook[c])
                                        : (c & mask) >= mark.special_lo || (c == 0x80 && mark.special_minus_zero);
        if (special && used[c]) return true;
    }
    return false;
}

bool ffp8_format_is_part_of_half(const ffp8_format *format) {
    return !format->codebook && !(format->flags & FFP8_NO_SUBNORMALS) &&
           (format->exponent_bits < 5 || (format->exponent_bits == 5 && format->specials == FFP8_SPECIALS_IEEE));
}

unsigned ffp8_format_classes(const ffp8_format *format, const bool used[256]) {
    struct ffp8_span span;
    ffp8_format_span(format, &span);
    unsigned classes = finite_classes(&span);
    if (uses_special(format, used)) classes &= ~(1u << FFP8_CLASS_I8 | 1u << FFP8_CLASS_I16);
    if (ffp8_format_is_part_of_half(format)) classes |= 1u << FFP8_CLASS_F16;
    return classes;
}

ffp8_class ffp8_class_of_product(unsigned a_classes, unsigned b_classes) { return (ffp8_class)__builtin_ctz(a_classes & b_classes); }

ffp8_status ffp8_format_query(const ffp8_format *format, ffp8_format_info *info) {
    ffp8_status status = ffp8_format_check(format);
    if (status != FFP8_OK) return status;
    if (!info) return FFP8_ERROR_NULL;

    float value[256], sorted[256];
    uint8_t code[256];
    struct ffp8_landmarks mark;
    struct ffp8_span span;
    ffp8_format_values(format, value);
    ffp8_format_landmarks(format, &mark);
    ffp8_format_span(format, &span);
    *info = (ffp8_format_info){.max = value[mark.max], .min = value[mark.min]};
    uint32_t count = ffp8_sort_values(value, sorted, code);

    if (format->codebook) {
        for (uint32_t i = count; i-- > 0 && sorted[i] > 0;) info->min_normal = sorted[i];
    } else {
        bool subnormals = !(format->flags & FFP8_NO_SUBNORMALS);
        unsigned first_normal = subnormals ? 1u << format->fraction_bits : mark.zero == 0;
        if (first_normal <= (unsigned)mark.max) info->min_normal = value[first_normal];
        if (subnormals && format->fraction_bits) info->min_subnormal = value[1];
    }
    info->zero_code = (int16_t)mark.zero;
    info->nan_code = (int16_t)mark.nan;
    info->pos_inf_code = (int16_t)mark.pos_inf;
    info->neg_inf_code = (int16_t)mark.neg_inf;
    info->finite_count = (uint16_t)count;
    info->distinct_count = (uint16_t)(count + (mark.nan >= 0) + (mark.pos_inf >= 0) + (mark.neg_inf >= 0));
    unsigned classes = finite_classes(&span);
    info->exact_i8 = classes >> FFP8_CLASS_I8 & 1;
    info->exact_i16 = classes >> FFP8_CLASS_I16 & 1;
    info->exact_bf16 = classes >> FFP8_CLASS_BF16 & 1;
    /* 11 significant bits, from 2^-24 (the lowest subnormal bit) to below 2^16 */
    info->exact_f16 = span.significant <= 11 && span.highest - span.lowest_bit <= 15 + 24;
    unsigned kernel_classes = ffp8_format_classes(format, NULL);
    info->arithmetic = ffp8_class_of_product(kernel_classes, kernel_classes);
    return FFP8_OK;
}
