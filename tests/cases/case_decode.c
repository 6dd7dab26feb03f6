/* SPDX-License-Identifier: Apache-2.0
 *
 * case_decode.c - luts and the array decoders, for every legal format; pairs of arrays, for random ones
 *
 * Truth is check_decode, the formula by ldexp. First the lut: element * 2^shift must be the value of every code, exactly, and each short cut
 * that the lut claims must agree with its elements. Then the kernel: it must give the lut's elements.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "check/check.h"

static bool fits_element(ffp8_class c, size_t bytes) { return ffp8_class_bytes(c) == bytes; }

static double element_value(const struct ffp8_lut *lut, uint8_t code) {
    const uint32_t e = lut->element[code];
    switch (lut->class_of) {
    case FFP8_CLASS_I8: return ldexp(lut->sign_mask ? (int8_t)e : (int)e, lut->shift); /* unsigned formats: bytes up to 255 */
    case FFP8_CLASS_I16: return ldexp((int16_t)e, lut->shift);
    case FFP8_CLASS_BF16: return ldexp(ffp8_float(e << 16), lut->shift);
    case FFP8_CLASS_F32: return ldexp(ffp8_float(e), lut->shift);
    case FFP8_CLASS_F16: return ldexp(ffp8_f32_from_f16((uint16_t)e), lut->shift);
    }
    return NAN;
}

/* Elements by the short cuts of the lut's kind; false where it makes no claim about a code. */
static bool short_cut(const struct ffp8_lut *lut, uint8_t code, uint32_t *element) {
    const unsigned magnitude = code & lut->magnitude_mask;
    if (magnitude >= lut->special_lo || (lut->special_minus_zero && code == 0x80)) return false;
    if (lut->kind == FFP8_LUT_HALF) {
        const uint16_t half = (uint16_t)((code & lut->sign_mask) << 8 | magnitude << lut->half_shift);
        *element = lut->class_of == FFP8_CLASS_F16 ? half : ffp8_bits(ffp8_f32_from_f16(half));
        return true;
    }
    if (lut->kind == FFP8_LUT_FLOAT) {
        const unsigned fix = magnitude < 16 ? lut->float_fix[0][magnitude] | (unsigned)lut->float_fix[1][magnitude] << 8 : 0;
        *element = (((code & lut->sign_mask) << 8 | magnitude << (lut->half_shift - 3)) + lut->float_base + fix) << 16;
        return true;
    }
    if (lut->kind == FFP8_LUT_NIBBLE) {
        const int value = lut->step[code >> 4] * (lut->offset[code >> 4] + (code & 15));
        *element = (uint32_t)value & (lut->class_of == FFP8_CLASS_I8 ? 0xFFu : 0xFFFFu);
        return true;
    }
    return false;
}

/* The class bounds: what kernels may rely on. */
static bool element_in_class(const struct ffp8_lut *lut, uint8_t code) {
    const uint32_t e = lut->element[code];
    if (lut->class_of == FFP8_CLASS_I8) return e <= 0xFF;
    if (lut->class_of == FFP8_CLASS_I16) return e <= 0xFFFF && (int16_t)e <= FFP8_I16_LIMIT && (int16_t)e >= -FFP8_I16_LIMIT;
    if (lut->class_of == FFP8_CLASS_F16) return e <= 0xFFFF;
    if (lut->class_of == FFP8_CLASS_BF16) return e <= 0xFFFF && ((e & 0x7FFF) == 0 || (e & 0x7F80) != 0);
    return true;
}

static bool check_lut(struct check_run *run, const struct ffp8_lut *lut, const ffp8_format *format, bool finite_only) {
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t code = (uint8_t)c;
        const double want = check_decode(format, code), got = element_value(lut, code);
        uint32_t element;
        run->result->comparisons++;
        if ((isfinite(want) || !finite_only) && !element_in_class(lut, code)) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: element 0x%x of code 0x%02x is outside the class", lut->element[c], c);
        } else if ((isfinite(want) || !finite_only) &&
                   !(isnan(want) ? isnan(got)
                                 : got == want && (want != 0 || lut->class_of <= FFP8_CLASS_I16 || signbit(got) == signbit(want)))) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: code 0x%02x is %.9g, the formula says %.9g", c, got, want);
        } else if (short_cut(lut, code, &element) && element != lut->element[c]) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: short cut of kind %d gives 0x%x for code 0x%02x, element is 0x%x", (int)lut->kind,
                       element, c, lut->element[c]);
        } else if (lut->mirrored && c < 128 &&
                   lut->element[c | 0x80] != (lut->element[c] | (ffp8_class_bytes(lut->class_of) == 2 ? 0x8000u : 0x80000000u))) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: claims to be mirrored, code 0x%02x is not", c);
        } else if (lut->negated && c < 128 &&
                   ((lut->element[c] + lut->element[c | 0x80]) & (lut->class_of == FFP8_CLASS_I8 ? 0xFFu : 0xFFFFu))) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: claims to be negated, code 0x%02x is not", c);
        } else if (lut->plane[0][c] != (lut->element[c] & 0xFF) || lut->plane[1][c] != (lut->element[c] >> 8 & 0xFF) ||
                   lut->plane[2][c] != (lut->element[c] >> 16 & 0xFF) || lut->plane[3][c] != lut->element[c] >> 24) {
            check_fail(run, CHECK_WRONG_VALUE, "lut: plane of code 0x%02x is not its element", c);
        }
        if (check_failed(run)) return false;
    }
    return true;
}

struct decode_call {
    const struct ffp8_kernels *kernels;
    size_t bytes, n;
    const uint8_t *src;
    void *dst;
    const struct ffp8_lut *lut;
};

static void invoke(void *argument) {
    const struct decode_call *c = argument;
    if (c->bytes == 1) c->kernels->decode8(c->src, c->dst, c->n, c->lut);
    if (c->bytes == 2) c->kernels->decode16(c->src, c->dst, c->n, c->lut);
    if (c->bytes == 4) c->kernels->decode32(c->src, c->dst, c->n, c->lut);
}

/* One array of n codes, which starts with all 256 where it is that long. */
static bool check_array_decode(struct check_run *run, const struct ffp8_lut *lut, const ffp8_format *format, size_t n, const char *what) {
    const size_t bytes = (size_t)run->slot->parameter;
    check_begin(run);
    char name[FFP8_FORMAT_NAME_BYTES];
    if (ffp8_format_name(format, name, sizeof name) != FFP8_OK) strcpy(name, "codebook");
    check_describe(run, "format %s (sign %u, exponent %u, fraction %u, specials %u, flags %u, bias %d), class %d, %s, n %zu", name,
                   format->sign_bits, format->exponent_bits, format->fraction_bits, format->specials, format->flags, format->bias,
                   (int)lut->class_of, what, n);
    struct check_buffer *table = check_buffer(run, "lut", CHECK_IN, 1, sizeof *lut, sizeof *lut, 64);
    memcpy(table->data, lut, sizeof *lut);
    struct check_buffer *src = check_array(run, "src", CHECK_IN, n, 1), *dst = check_array(run, "dst", CHECK_OUT, n, bytes);
    uint8_t *code = src->data;
    check_fill_bytes(&run->rand, code, n);
    const uint8_t first = (uint8_t)check_random(&run->rand);
    for (size_t i = 0; i < 256 && n >= 256; i++) code[i] = (uint8_t)(first + i);

    struct decode_call call = {run->kernels, bytes, n, src->kernel, dst->kernel, table->kernel};
    if (!check_call(run, invoke, &call)) return false;
    static uint8_t want[4 * 2048];
    for (size_t i = 0; i < n; i++) memcpy(want + i * bytes, &lut->element[code[i]], bytes);
    return check_bits(run, dst, want, n, bytes == 1 ? CHECK_U8 : bytes == 2 ? CHECK_U16 : CHECK_F32, 0);
}

static bool check_classes(struct check_run *run, const ffp8_format *format, size_t n) {
    static struct ffp8_lut lut;
    const unsigned classes = ffp8_format_classes(format, NULL);
    bool finite[256], special = false;
    for (unsigned c = 0; c < 256; c++) {
        finite[c] = isfinite(check_decode(format, (uint8_t)c));
        special |= !finite[c];
    }
    const unsigned finite_classes = ffp8_format_classes(format, finite);
    for (int c = 0; c < FFP8_CLASS_COUNT; c++) {
        if (!fits_element((ffp8_class)c, (size_t)run->slot->parameter)) continue;
        if (classes & 1u << c) {
            ffp8_lut_init(&lut, format, (ffp8_class)c, false);
            if (!check_array_decode(run, &lut, format, n, "all codes") || !check_lut(run, &lut, format, false)) return false;
        }
        if (special && (finite_classes & 1u << c)) {
            ffp8_lut_init(&lut, format, (ffp8_class)c, true);
            if (!check_array_decode(run, &lut, format, n, "finite codes only") || !check_lut(run, &lut, format, true)) return false;
        }
    }
    return true;
}

/* What ffp8_decode does: element = value * scale, rounded to FP32, then to the target. */
static bool check_scaled(struct check_run *run, const ffp8_format *format, size_t n) {
    static struct ffp8_lut lut;
    const float scale = check_chance(&run->rand, 2) ? ldexpf(1, (int)check_below(&run->rand, 20) - 10)
                                                    : fabsf(check_normal(&run->rand)) + 0.1f;
    const ffp8_dtype types[] = {FFP8_TYPE_F32, FFP8_TYPE_BF16, FFP8_TYPE_F16};
    for (int t = 0; t < 3; t++) {
        if ((types[t] == FFP8_TYPE_F32 ? 4 : 2) != run->slot->parameter) continue;
        ffp8_lut_init_scaled(&lut, run->kernels, format, scale, types[t]);
        if (!check_array_decode(run, &lut, format, n, "scaled")) return false;
        for (unsigned c = 0; c < 256; c++) {
            const double value = check_decode(format, (uint8_t)c);
            const float scaled = (float)value * scale;
            uint32_t want = ffp8_bits(scaled);
            if (isnan(value)) want = 0x7FC00000u;
            if (types[t] == FFP8_TYPE_BF16) want = isnan(value) ? 0x7FC0u : ffp8_bf16_from_f32(scaled);
            if (types[t] == FFP8_TYPE_F16) want = isnan(value) ? 0x7E00u : ffp8_f16_from_f32(scaled);
            run->result->comparisons++;
            if (lut.element[c] == want) continue;
            check_fail(run, CHECK_WRONG_VALUE, "scaled lut: code 0x%02x times %.9g is 0x%x, want 0x%x", c, (double)scale, lut.element[c],
                       want);
            return false;
        }
    }
    return true;
}

void check_decode_body(struct check_run *run) {
    ffp8_format format;
    for (size_t i = 0; i < check_format_count(); i++) {
        if (!check_format_at(i, &format)) continue;
        const size_t n = 256 + check_below(&run->rand, 70);
        if (!check_classes(run, &format, n) || (check_chance(&run->rand, 4) && !check_scaled(run, &format, n))) return;
    }
    /* Every length around the vector sizes, formats and codebooks at random. */
    for (size_t n = 0; n <= 200; n++) {
        check_random_format(run, &format);
        if (!check_classes(run, &format, n) || !check_scaled(run, &format, n)) return;
    }
    for (int i = 0; i < 30; i++) {
        check_random_format(run, &format);
        if (!check_classes(run, &format, check_below(&run->rand, 2048))) return;
    }
}

struct pairs_call {
    const struct ffp8_kernels *kernels;
    const uint8_t *low, *high;
    uint32_t *dst;
    size_t n;
    const struct ffp8_lut *lut;
};

static void invoke_pairs(void *argument) {
    const struct pairs_call *c = argument;
    c->kernels->decode_pairs(c->low, c->high, c->dst, c->n, c->lut);
}

static bool check_pairs(struct check_run *run, size_t n, bool has_low, bool has_high) {
    static struct ffp8_lut lut;
    static uint32_t want[2048];
    ffp8_format format;
    const ffp8_class c = check_chance(&run->rand, 2) ? FFP8_CLASS_I16 : FFP8_CLASS_BF16;
    if (!check_random_format_of(run, c, &format)) {
        check_fail(run, CHECK_NO_ITERATIONS, "no format of class %d found", (int)c);
        return false;
    }
    ffp8_lut_init(&lut, &format, c, false);
    check_begin(run);
    check_describe(run, "class %d, n %zu%s%s", (int)c, n, has_low ? "" : ", nothing low", has_high ? "" : ", nothing high");
    struct check_buffer *table = check_buffer(run, "lut", CHECK_IN, 1, sizeof lut, sizeof lut, 64);
    memcpy(table->data, &lut, sizeof lut);
    struct check_buffer *low = check_array(run, "low", CHECK_IN, n, 1), *high = check_array(run, "high", CHECK_IN, n, 1);
    struct check_buffer *dst = check_array(run, "dst", CHECK_OUT, n, 4);
    check_fill_bytes(&run->rand, low->data, n);
    check_fill_bytes(&run->rand, high->data, n);
    struct pairs_call call = {run->kernels, has_low ? low->kernel : NULL, has_high ? high->kernel : NULL, dst->kernel, n, table->kernel};
    if (!check_call(run, invoke_pairs, &call)) return false;
    for (size_t i = 0; i < n; i++) {
        const uint32_t a = lut.element[((uint8_t *)low->data)[i]], b = lut.element[((uint8_t *)high->data)[i]];
        want[i] = (has_low ? a : 0) | (has_high ? b << 16 : 0);
    }
    return check_bits(run, dst, want, n, CHECK_F32, 0);
}

void check_decode_pairs_body(struct check_run *run) {
    for (size_t n = 0; n <= 300; n++)
        if (!check_pairs(run, n, n % 3 != 1, n % 5 != 1)) return;
    for (int i = 0; i < 100; i++)
        if (!check_pairs(run, check_below(&run->rand, 2048), !check_chance(&run->rand, 4), !check_chance(&run->rand, 4))) return;
}
