/* SPDX-License-Identifier: Apache-2.0
 *
 * check_cmp.c - comparators: bitwise, error bound, ulp; the first difference in words
 */
#include "check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const size_t type_bytes[] = {
    [CHECK_U8] = 1, [CHECK_U16] = 2, [CHECK_BF16] = 2, [CHECK_F16] = 2, [CHECK_I32] = 4, [CHECK_F32] = 4, [CHECK_F64] = 8};

static uint64_t load(const void *p, enum check_type type) {
    uint64_t u = 0;
    memcpy(&u, p, type_bytes[type]); /* little-endian, as all targets are */
    return u;
}

static double number(uint64_t bits, enum check_type type) {
    double d;
    switch (type) {
    case CHECK_U8:
    case CHECK_U16: return (double)bits;
    case CHECK_BF16: return ffp8_f32_from_bf16((uint16_t)bits);
    case CHECK_F16: return ffp8_f32_from_f16((uint16_t)bits);
    case CHECK_I32: return (int32_t)bits;
    case CHECK_F32: return ffp8_float((uint32_t)bits);
    case CHECK_F64: memcpy(&d, &bits, sizeof d); return d;
    }
    return 0;
}

static void print_element(char *text, size_t bytes, uint64_t bits, enum check_type type) {
    snprintf(text, bytes, "0x%0*" PRIx64 " (%.9g)", (int)(2 * type_bytes[type]), bits, number(bits, type));
}

/* Calls again with the same inputs: once on the same poison, once on the other. What stays the poison was not written; what follows
 * the poison was computed from it. */
enum check_kind check_classify(struct check_run *run, const struct check_buffer *got, size_t offset, size_t element_bytes) {
    if (got->role != CHECK_OUT || !run->invoke) return CHECK_WRONG_VALUE;
    uint8_t seen[2][8], poison[2][8];
    for (int i = 0; i < 2; i++) {
        check_restore(run);
        run->poison ^= 1;
        check_poison(run);
        memcpy(poison[i], (uint8_t *)got->data + offset, element_bytes);
        run->invoke(run->argument);
        memcpy(seen[i], (uint8_t *)got->data + offset, element_bytes);
    }
    if (!memcmp(seen[0], poison[0], element_bytes) && !memcmp(seen[1], poison[1], element_bytes)) return CHECK_NOT_WRITTEN;
    return memcmp(seen[0], seen[1], element_bytes) ? CHECK_READS_OUTPUT : CHECK_WRONG_VALUE;
}

bool check_bits(struct check_run *run, const struct check_buffer *got, const void *want, size_t ld_want, enum check_type type,
                unsigned flags) {
    if (check_failed(run)) return false;
    const size_t bytes = type_bytes[type], cols = got->row_bytes / bytes;
    size_t differ = 0, first_row = 0, first_col = 0;
    uint64_t first_got = 0, first_want = 0;
    for (size_t r = 0; r < got->rows; r++) {
        const uint8_t *g = (const uint8_t *)got->data + r * got->stride_bytes, *w = (const uint8_t *)want + r * ld_want * bytes;
        if (cols && !memcmp(g, w, cols * bytes)) continue;
        for (size_t j = 0; j < cols; j++) {
            const uint64_t a = load(g + j * bytes, type), b = load(w + j * bytes, type);
            if (a == b || ((flags & CHECK_ANY_NAN) && isnan(number(a, type)) && isnan(number(b, type)))) continue;
            if (!differ++) {
                first_row = r;
                first_col = j;
                first_got = a;
                first_want = b;
            }
        }
    }
    run->result->comparisons += got->rows * cols;
    if (!differ) return true;
    char a[64], b[64];
    print_element(a, sizeof a, first_got, type);
    print_element(b, sizeof b, first_want, type);
    check_fail(run, check_classify(run, got, first_row * got->stride_bytes + first_col * bytes, bytes),
               "%s[%zu][%zu]: got %s, want %s; %zu of %zu differ", got->name, first_row, first_col, a, b, differ, got->rows * cols);
    return false;
}

bool check_float(struct check_run *run, const char *name, float got, float want) {
    if (check_failed(run)) return false;
    run->result->comparisons++;
    if (ffp8_bits(got) == ffp8_bits(want) || (isnan(got) && isnan(want))) return true;
    check_fail(run, CHECK_WRONG_VALUE, "%s: got 0x%08" PRIx32 " (%.9g), want 0x%08" PRIx32 " (%.9g)", name, ffp8_bits(got), (double)got,
               ffp8_bits(want), (double)want);
    return false;
}

static bool fail_element(struct check_run *run, const struct check_buffer *buffer, size_t row, size_t col, double got, double want,
                         double error, const char *unit) {
    const size_t bytes = buffer->row_bytes > col * 4 ? 4 : 1; /* classification needs a part of the element only */
    check_fail(run, check_classify(run, buffer, row * buffer->stride_bytes + col * bytes, bytes),
               "%s[%zu][%zu]: got %.9g, want %.12g, error %.3g %s", buffer->name, row, col, got, want, error, unit);
    return false;
}

bool check_within(struct check_run *run, const struct check_buffer *buffer, size_t row, size_t col, double got, double want, double bound) {
    if (check_failed(run)) return false;
    run->result->comparisons++;
    if (isnan(want) ? isnan(got) : got == want) return true;
    if (bound == INFINITY && !isnan(want)) return true;
    const double error = fabs(got - want), ratio = error / bound;
    if (!(ratio <= 1)) return fail_element(run, buffer, row, col, got, want, ratio, "of the bound");
    if (ratio > run->result->worst) run->result->worst = ratio;
    return true;
}

bool check_ulp(struct check_run *run, const struct check_buffer *buffer, size_t col, float got, double want, double ulp) {
    int exponent = -126;
    if (isfinite(want) && want != 0) exponent = ilogb(want) < -126 ? -126 : ilogb(want);
    /* A value that rounds beyond the largest float may be Inf, and the other way round. */
    if (isinf(got) && fabs(want) > 3.4028234e38 && signbit(got) == signbit(want)) {
        run->result->comparisons++;
        return !check_failed(run);
    }
    return check_within(run, buffer, 0, col, got, want, ulp * ldexp(1.0, exponent - 23));
}
