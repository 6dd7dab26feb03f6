/* SPDX-License-Identifier: Apache-2.0
 *
 * case_dot.c - the batch-reduce micro-kernels on expanded panels (dot), packed lines (fused) and plain rows (direct)
 *
 * I8, I16: the oracle sums in int64; results must be bitwise right. BF16, F32: the oracle sums exactly (struct check_sum); a kernel may sum in any
 * order, so for n terms with S = sum of |a b| its sum may be off by
 *     B = gamma(n) S + n t,
 * for in any tree a term takes part in at most n rounded operations: n - 1 additions into which its product is fused, one more where
 * it is rounded alone (standard analysis: Higham, Accuracy and Stability of Numerical Algorithms, 3.1). Arm's dot instruction of BF16 errs by up to
 * 2 u, but once a word: the pair's sum, then one addition for each word but the first, which is added to zero. t is what one operation may lose below the
 * normal range: 2^-150 with gradual underflow, 2^-126 for BF16, where the dot instruction flushes denormals to zero. That instruction also
 * takes denormal elements of A as zero: then the sum without them is as right. The scale s and c's old value make
 *     |s| B + u (|y| + |s| B) + 2^-149,  y = the exact sum * s + c,
 * one rounding more. Half of the calls use small integers, for which every partial sum is exact: these are compared bitwise on all classes.
 * B's data are those of one panel; further panels have its columns in another order (source_column).
 * A float sum must also not depend on the tile around it: a part of the tile is computed again and compared bitwise. So are segments that
 * are scaled one by one, by FP32 or E8M0, with as many calls of one segment that FP32 scales.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases/panel.h"
#include "check/check.h"

enum { MAX_ROWS = FFP8_MAX_MR, MAX_COUNT = 5, MAX_PANELS = 3, MAX_COLS = MAX_PANELS * FFP8_NR };

static uint32_t a_element[MAX_COUNT * MAX_ROWS * PANEL_MAX_K];
static uint32_t b_element[MAX_COUNT * PANEL_MAX_K * FFP8_NR];
static uint8_t b_code[MAX_COUNT * PANEL_MAX_K * FFP8_NR];
static struct ffp8_lut lut;

struct tile {
    ffp8_class c;
    bool fused, direct; /* fused: B is codes */
    bool exact, specials, denormals;
    size_t rows, cols, words, count, k; /* k: elements of a segment */
    unsigned flags;
    size_t carry_words;
    uint8_t a_offset;
};

struct dot_call {
    ffp8_dot_fn *kernel;
    struct ffp8_dot *d;
};

static void invoke(void *argument) {
    const struct dot_call *c = argument;
    c->kernel(c->d);
}

static float a_value(const struct tile *t, uint32_t e) {
    return (float)(t->c == FFP8_CLASS_I8 ? (int)(e & 0xFF) - t->a_offset : panel_value(e, t->c));
}

/* ---------------------------------------------------------------------------------------------------------------
 * Data
 */
/* Fused: codes of a random format. Exact runs of the float classes keep to values that are small multiples of the smallest one. */
static bool fill_b_codes(struct check_run *run, const struct tile *t, int *largest) {
    ffp8_format format;
    uint8_t allowed[256];
    size_t count = 0;
    do { /* a format of this class in which something is small enough */
        if (!check_random_format_of(run, t->c, &format)) {
            check_fail(run, CHECK_NO_ITERATIONS, "no format of class %d found", (int)t->c);
            return false;
        }
        ffp8_lut_init(&lut, &format, t->c, false);
        double smallest = INFINITY, unit = INFINITY; /* the lowest bit of the smallest magnitude */
        for (unsigned c = 0; c < 256; c++) {
            const double v = fabs(panel_value(lut.element[c], t->c));
            if (v > 0 && v < smallest) smallest = v;
        }
        if (isfinite(smallest))
            for (unit = ldexp(1, ilogb(smallest)); smallest / unit != floor(smallest / unit);) unit /= 2;
        count = 0;
        *largest = 0;
        for (unsigned c = 0; c < 256; c++) {
            const double v = panel_value(lut.element[c], t->c), steps = fabs(v) / unit;
            if (!isfinite(v) || (t->exact && t->c >= FFP8_CLASS_BF16 && (steps > 256 || steps != floor(steps)))) continue;
            allowed[count++] = (uint8_t)c;
            if (t->c <= FFP8_CLASS_I16 && fabs(v) > *largest) *largest = (int)fabs(v);
            if (t->c >= FFP8_CLASS_BF16 && steps > *largest) *largest = (int)fmin(steps, 256);
        }
    } while (!count || (t->exact && *largest == 0));
    const size_t n = t->count * t->k * FFP8_NR;
    check_fill_codes(&run->rand, b_code, n, &format, t->specials);
    for (size_t i = 0; i < n; i++) {
        if (t->exact) b_code[i] = allowed[check_below(&run->rand, count)];
        b_element[i] = lut.element[b_code[i]];
    }
    return true;
}

static bool fill(struct check_run *run, struct tile *t) {
    size_t terms = t->count * t->k;
    int limit_b = 256, limit_a;
    if (t->c == FFP8_CLASS_I8) limit_b = 128;
    if (t->c == FFP8_CLASS_I16) limit_b = (const int[]){15, 252, 1984, FFP8_I16_LIMIT}[check_below(&run->rand, 4)];
    if (t->fused && !fill_b_codes(run, t, &limit_b)) return false;
    if (t->c == FFP8_CLASS_I16 && !t->direct) { /* int32 need not hold the whole sum */
        const size_t all = t->count * t->words, least = all / FFP8_MOST_CARRIES + 1;
        t->carry_words = least + (check_chance(&run->rand, 2) ? all : check_below(&run->rand, all + 1));
        terms = ffp8_min_size(terms, t->carry_words * ffp8_class_elements(t->c));
    }
    /* A's largest magnitude: the driver keeps integer sums within int32, or what is summed before a carry; exact float runs need all partial sums below 2^24 units. */
    if (t->c == FFP8_CLASS_I8)
        limit_a = 255;
    else if (t->c == FFP8_CLASS_I16)
        limit_a = (int)fmin(FFP8_I16_LIMIT,
                            (t->direct ? FFP8_DIRECT_SPREAD : 1) * (double)(INT32_MAX - UINT16_MAX) / fmax(1, (double)terms * limit_b));
    else
        limit_a = t->exact ? (int)fmin(256, 16777215.0 / fmax(1, (double)terms * limit_b)) : 256;
    if (!t->fused) {
        check_fill_elements(&run->rand, b_element, t->count * t->k * FFP8_NR, t->c, t->c == FFP8_CLASS_I8 ? 127 : limit_b, t->exact,
                            t->specials);
        if (t->c == FFP8_CLASS_I8 && terms > 0) b_element[check_below(&run->rand, terms * FFP8_NR)] = 0x80;
    }
    if (t->c == FFP8_CLASS_I8) { /* every byte may occur: the element is the byte less the offset */
        uint32_t *a = a_element;
        const size_t n = t->count * t->rows * t->k;
        check_fill_elements(&run->rand, a, n, t->c, 127, true, false);
        for (size_t i = 0; i < n; i++) a[i] = check_chance(&run->rand, 2) ? (uint8_t)(a[i] + 128) : (uint8_t)check_random(&run->rand);
    } else {
        check_fill_elements(&run->rand, a_element, t->count * t->rows * t->k, t->c, limit_a, t->exact, t->specials && !t->denormals);
    }
    for (size_t i = 0; t->denormals && i < t->count * t->rows * t->k; i += 1 + check_below(&run->rand, 8))
        a_element[i] = (uint32_t)check_below(&run->rand, t->c == FFP8_CLASS_BF16 ? 128 : t->c == FFP8_CLASS_F16 ? 1024 : 0x800000);
    return true;
}

/* direct: a code whose element is finite */
static uint8_t finite_code(const struct tile *t) {
    for (unsigned c = 255; c > 0; c--)
        if (isfinite(panel_value(lut.element[c], t->c))) return (uint8_t)c;
    return 0;
}

static float random_scale(struct check_run *run, bool exact) {
    const float power = ldexpf(1, (int)check_below(&run->rand, 17) - 8);
    if (exact && check_chance(&run->rand, 2)) return power;
    return power * (1 + fabsf(check_uniform(&run->rand))) * (check_chance(&run->rand, 8) ? -1 : 1);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Truth
 */
struct truth {
    double sum, flushed_sum, bound;
}; /* flushed: denormal elements of A count as zero */

static const uint32_t *a_row(const struct tile *t, size_t i, size_t r) { return a_element + (i * t->rows + r) * t->k; }
static size_t source_column(size_t j) { return (j + j / FFP8_NR * 5) % FFP8_NR; }
static uint32_t b_at(const struct tile *t, size_t i, size_t k, size_t j) { return b_element[(i * t->k + k) * FFP8_NR + source_column(j)]; }

static int64_t integer_sum(const struct tile *t, size_t r, size_t j) {
    int64_t sum = 0;
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->k; k++) sum += (int64_t)a_value(t, a_row(t, i, r)[k]) * (int64_t)panel_value(b_at(t, i, k, j), t->c);
    return sum;
}

static struct truth float_sum(const struct tile *t, size_t r, size_t j) {
    struct check_sum sum, flushed, magnitudes;
    check_sum_clear(&sum);
    check_sum_clear(&magnitudes);
    check_sum_clear(&flushed);
    for (size_t i = 0; i < t->count; i++)
        for (size_t k = 0; k < t->k; k++) {
            const float a = a_value(t, a_row(t, i, r)[k]), b = (float)panel_value(b_at(t, i, k, j), t->c);
            check_sum_add(&sum, a, b);
            check_sum_add(&magnitudes, fabsf(a), fabsf(b));
            check_sum_add(&flushed, t->c == FFP8_CLASS_BF16 && fabsf(a) < 0x1p-126f ? copysignf(0, a) : a, b);
        }
    const double n = (double)t->count * check_roundings(t->c, t->k), s = check_sum_value(&magnitudes);
    struct truth truth = {check_sum_value(&sum), check_sum_value(&flushed),
                          check_gamma(n) * s + n * (t->c == FFP8_CLASS_BF16 ? 0x1p-126 : 0x1p-150)};
    if (isfinite(truth.sum) && s * (1 + check_gamma(n)) >= 0x1p128) truth.bound = INFINITY; /* some order overflows on the way */
    return truth;
}

/* ---------------------------------------------------------------------------------------------------------------
 * One tile
 */
struct parts {
    struct check_buffer *low, *high; /* NULL: there are none */
};

/* What came in, also where it has been overwritten. */
static int32_t part_before(const struct check_buffer *b, size_t r, size_t j) {
    return ((const int32_t *)((b->role == CHECK_INOUT ? b->saved : (uint8_t *)b->data) + r * b->stride_bytes))[j];
}

/* What lies beyond the last column of a panel may be anything. */
static bool check_parts(struct check_run *run, const struct tile *t, const struct check_buffer *got, int32_t *want) {
    for (size_t r = 0; r < t->rows; r++)
        for (size_t j = t->cols; j < got->row_bytes / sizeof *want; j++)
            want[r * MAX_COLS + j] = ((const int32_t *)((const uint8_t *)got->data + r * got->stride_bytes))[j];
    return check_bits(run, got, want, MAX_COLS, CHECK_I32, 0);
}

static bool compare(struct check_run *run, const struct tile *t, const struct ffp8_dot *d, const struct check_buffer *c,
                    const struct parts *parts) {
    static float want[MAX_ROWS * MAX_COLS];
    static int32_t want_low[MAX_ROWS * MAX_COLS], want_high[MAX_ROWS * MAX_COLS];
    const bool integer = t->c <= FFP8_CLASS_I16, bitwise = integer || t->exact;
    for (size_t r = 0; r < t->rows; r++)
        for (size_t j = 0; j < t->cols; j++) {
            const float column = ((const float *)d->col_scale)[j], scale = d->row_scale ? d->row_scale[r] * column : column;
            const float old = t->flags & FFP8_DOT_ADD ? ((const float *)(c->saved + r * c->stride_bytes))[j] : 0;
            struct truth truth = {0, 0, 0};
            if (integer)
                truth.sum = (double)integer_sum(t, r, j);
            else
                truth = float_sum(t, r, j);
            if (t->flags & FFP8_DOT_PART_IN)
                truth.sum += part_before(parts->low, r, j) + (parts->high ? 65536.0 * part_before(parts->high, r, j) : 0);
            const double upper = parts->high ? floor(truth.sum / 65536) : 0;
            if (parts->low) want_low[r * MAX_COLS + j] = (int32_t)(truth.sum - 65536 * upper), want_high[r * MAX_COLS + j] = (int32_t)upper;
            if (bitwise) {
                want[r * MAX_COLS + j] = t->flags & FFP8_DOT_ADD ? fmaf((float)truth.sum, scale, old) : (float)truth.sum * scale;
                continue;
            }
            const double got = ((float *)((uint8_t *)c->data + r * c->stride_bytes))[j], flushed = truth.flushed_sum * scale + old;
            double y = truth.sum * scale + old;
            const double b = fabs((double)scale) * truth.bound;
            if (t->denormals && fabs(got - flushed) < fabs(got - y)) y = flushed;
            double bound = b + 0x1p-24 * (fabs(y) + b) + 0x1p-149;
            if (isfinite(y) && fabs(y) + bound >= 0x1p127) bound = INFINITY;
            if (!check_within(run, c, r, j, got, y, bound)) return false;
        }
    if (t->flags & FFP8_DOT_PART_OUT) {
        return check_parts(run, t, parts->low, want_low) && (!parts->high || check_parts(run, t, parts->high, want_high));
    }
    return !bitwise || check_bits(run, c, want, MAX_COLS, CHECK_F32, CHECK_ANY_NAN);
}

/* Rows [first, first + rows) and the first cols columns alone must give the same bits. */
static bool check_part(struct check_run *run, const struct tile *t, struct dot_call *call, struct check_buffer *c, const void *const *a) {
    static float whole[MAX_ROWS * MAX_COLS];
    for (size_t r = 0; r < t->rows; r++) memcpy(whole + r * MAX_COLS, (uint8_t *)c->data + r * c->stride_bytes, t->cols * 4);
    check_restore(run);
    struct ffp8_dot part = *call->d;
    const void *part_a[MAX_COUNT];
    const size_t first = check_below(&run->rand, t->rows);
    part.rows = 1 + check_below(&run->rand, t->rows - first);
    part.cols = 1 + check_below(&run->rand, t->cols);
    for (size_t i = 0; i < t->count; i++) part_a[i] = (const uint8_t *)a[i] + first * part.lda_bytes;
    part.a = part_a;
    part.c += first * part.ldc;
    if (part.row_scale) part.row_scale += first;
    struct dot_call again = {call->kernel, &part};
    if (!check_call(run, invoke, &again)) return false;
    for (size_t r = 0; r < part.rows; r++)
        for (size_t j = 0; j < part.cols; j++) {
            const float got = part.c[r * part.ldc + j], want = whole[(first + r) * MAX_COLS + j];
            run->result->comparisons++;
            if (ffp8_bits(got) == ffp8_bits(want) || (isnan(got) && isnan(want))) continue;
            check_fail(run, CHECK_WRONG_VALUE,
                       "c[%zu][%zu] is %.9g within the tile and %.9g in a part of it from row %zu, %zu x %zu: the order of summation "
                       "depends on the tile",
                       first + r, j, (double)want, (double)got, first, part.rows, part.cols);
            return false;
        }
    return true;
}

/* Segments that are scaled one by one must give what as many calls give. */
static bool check_each(struct check_run *run, const struct tile *t, struct dot_call *call, struct check_buffer *c) {
    static float want[MAX_ROWS * MAX_COLS], row_scale[MAX_COUNT][MAX_ROWS], col_scale[MAX_COUNT][MAX_COLS];
    static uint8_t col_code[MAX_COUNT][MAX_COLS];
    const bool e8m0 = check_chance(&run->rand, 2);
    check_restore(run);
    for (size_t r = 0; r < t->rows; r++) memcpy(want + r * MAX_COLS, (uint8_t *)c->data + r * c->stride_bytes, t->cols * 4);
    struct ffp8_dot each = *call->d, one;
    each.flags |= FFP8_DOT_EACH;
    each.col_scale = e8m0 ? (const void *)col_code[0] : col_scale[0], each.ld_col_scale = MAX_COLS;
    if (e8m0) each.flags |= FFP8_DOT_E8M0;
    if (each.row_scale) each.row_scale = row_scale[0], each.ld_row_scale = MAX_ROWS;
    for (size_t i = 0; i < t->count; i++) {
        for (size_t r = 0; r < t->rows; r++) row_scale[i][r] = random_scale(run, t->exact);
        for (size_t j = 0; j < MAX_COLS; j++) {
            col_scale[i][j] = random_scale(run, t->exact);
            if (!e8m0) continue;
            col_code[i][j] = (uint8_t)(check_chance(&run->rand, 8) ? 255 * check_below(&run->rand, 2) : 119 + check_below(&run->rand, 17));
            col_scale[i][j] = col_code[i][j] == 255 ? NAN : ldexpf(1, (int)col_code[i][j] - 127);
        }
        one = each;
        one.flags = t->flags | (i > 0 ? FFP8_DOT_ADD : 0);
        one.a += i, one.b += i, one.count = 1;
        one.c = want, one.ldc = MAX_COLS;
        one.col_scale = col_scale[i];
        if (each.row_scale) one.row_scale = row_scale[i];
        call->kernel(&one);
    }
    struct dot_call again = {call->kernel, &each};
    return check_call(run, invoke, &again) && check_bits(run, c, want, MAX_COLS, CHECK_F32, CHECK_ANY_NAN);
}

/* Segment i of the panel that begins at this column. */
static void write_panel(const struct check_run *run, const struct tile *t, size_t i, size_t column, uint8_t *dst) {
    static uint32_t element[PANEL_MAX_K * FFP8_NR];
    static uint8_t code[PANEL_MAX_K * FFP8_NR];
    for (size_t k = 0; k < t->k; k++)
        for (size_t j = 0; j < FFP8_NR; j++) {
            element[k * FFP8_NR + j] = b_at(t, i, k, column + j);
            code[k * FFP8_NR + j] = b_code[(i * t->k + k) * FFP8_NR + source_column(column + j)];
        }
    if (t->fused)
        panel_pack_lines(dst, code, t->k);
    else
        panel_build(dst, element, t->k, t->c, (enum ffp8_panel)run->kernels->panel[t->c]);
}

/* What other calls have summed: in two halves, or in one if the sum fits with it. */
static struct parts make_parts(struct check_run *run, const struct tile *t, size_t ld) {
    struct parts parts = {NULL, NULL};
    if (!(t->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT))) return parts;
    const enum check_role role = !(t->flags & FFP8_DOT_PART_OUT) ? CHECK_IN : t->flags & FFP8_DOT_PART_IN ? CHECK_INOUT : CHECK_OUT;
    const size_t columns = ffp8_ceil_div(t->cols, FFP8_NR) * FFP8_NR;
    bool fits = !(t->c == FFP8_CLASS_I16 && t->count * t->words > t->carry_words) && check_chance(&run->rand, 2);
    for (size_t r = 0; fits && r < t->rows; r++)
        for (size_t j = 0; j < t->cols; j++) fits = fits && llabs(integer_sum(t, r, j)) < INT32_MAX / 2;
    parts.low = check_buffer(run, "low", role, t->rows, columns * 4, ld * 4, 4);
    if (!fits) parts.high = check_buffer(run, "high", role, t->rows, columns * 4, ld * 4, 4);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t j = 0; j < columns; j++) {
            ((int32_t *)((uint8_t *)parts.low->data + r * ld * 4))[j] = fits ? (int32_t)check_random(&run->rand) / 2
                                                                             : (int32_t)check_below(&run->rand, 65536);
            if (!fits) ((int32_t *)((uint8_t *)parts.high->data + r * ld * 4))[j] = (int32_t)check_random(&run->rand) >> 9;
        }
    return parts;
}

static bool check_tile(struct check_run *run, struct tile *t) {
    check_begin(run);
    t->k = t->words * ffp8_class_elements(t->c);
    if (t->direct && t->k) t->k -= check_below(&run->rand, ffp8_class_elements(t->c)); /* rows need not end with a word */
    const bool integer = t->c <= FFP8_CLASS_I16, scaled_rows = check_chance(&run->rand, 2), in_rows = check_chance(&run->rand, 2);
    const size_t element_bytes = ffp8_class_bytes(t->c), row_bytes = t->k * element_bytes;
    const size_t lda = (in_rows ? t->count : 1) * row_bytes + (check_chance(&run->rand, 2) ? 0 : 1 + check_below(&run->rand, 67));
    const size_t ldc = t->cols + (check_chance(&run->rand, 2) ? 0 : 1 + check_below(&run->rand, 40));
    check_describe(run, "rows %zu, cols %zu, words %zu, k %zu, count %zu, lda %zu, ldc %zu, flags %u, %s, %s%s%s, a_offset %u", t->rows,
                   t->cols, t->words, t->k, t->count, lda, ldc, t->flags, scaled_rows ? "row scales" : "no row scales",
                   t->exact ? "exact" : "general", t->specials ? ", specials" : "", t->denormals ? ", denormals" : "", t->a_offset);
    if (!fill(run, t)) return false;

    struct check_buffer *a_list = check_buffer(run, "a[]", CHECK_IN, 1, t->count * sizeof(void *), 0, sizeof(void *));
    struct check_buffer *b_list = check_buffer(run, "b[]", CHECK_IN, 1, t->count * sizeof(void *), 0, sizeof(void *));
    /* Segments side by side within a row, or below one another. */
    struct check_buffer *a = in_rows ? check_buffer(run, "a", CHECK_IN, t->rows, t->count * row_bytes, lda, 1)
                                     : check_buffer(run, "a", CHECK_IN, t->rows * t->count, row_bytes, lda, 1);
    for (size_t i = 0; i < t->count; i++) {
        const size_t offset = in_rows ? i * row_bytes : i * t->rows * lda;
        ((const void **)a_list->data)[i] = (uint8_t *)a->kernel + offset;
        for (size_t r = 0; r < t->rows; r++)
            for (size_t k = 0; k < t->k; k++)
                memcpy((uint8_t *)a->data + offset + r * lda + k * element_bytes, &a_row(t, i, r)[k], element_bytes);
    }
    const size_t ldb = t->direct ? t->k + (check_chance(&run->rand, 2) ? 0 : 1 + check_below(&run->rand, 67)) : 0;
    const size_t b_bytes = t->fused ? panel_line_bytes(t->k) : ffp8_panel_bytes(t->c, t->words);
    const size_t b_stride = b_bytes + 64 * check_below(&run->rand, 3), panels = ffp8_ceil_div(t->cols, FFP8_NR);
    struct check_buffer *b = t->direct
                                 ? check_buffer(run, "weights", CHECK_IN, t->cols, t->k, ldb, 1)
                                 : check_buffer(run, t->fused ? "lines" : "panel", CHECK_IN, t->count * panels, b_bytes, b_stride, 64);
    for (size_t i = 0; i < t->count; i++) {
        const size_t offset = i * panels * b_stride;
        ((const void **)b_list->data)[i] = (uint8_t *)b->kernel + offset;
        for (size_t p = 0; !t->direct && p < panels; p++) write_panel(run, t, i, p * FFP8_NR, (uint8_t *)b->data + offset + p * b_stride);
    }
    for (size_t j = 0; t->direct && j < t->cols; j++)
        for (size_t k = 0; k < t->k; k++) ((uint8_t *)b->data)[j * ldb + k] = b_code[k * FFP8_NR + source_column(j)];
    struct check_buffer *table = check_buffer(run, "lut", CHECK_IN, 1, sizeof lut, sizeof lut, 64);
    memcpy(table->data, &lut, sizeof lut);
    struct check_buffer *row_scale = check_array(run, "row_scale", CHECK_IN, t->rows, 4),
                        *col_scale = check_array(run, "col_scale", CHECK_IN, panels * FFP8_NR, 4);
    for (size_t r = 0; r < t->rows; r++) ((float *)row_scale->data)[r] = random_scale(run, t->exact);
    for (size_t j = 0; j < panels * FFP8_NR; j++) ((float *)col_scale->data)[j] = j < t->cols ? random_scale(run, t->exact) : NAN;

    struct check_buffer *c = NULL;
    const size_t ld_part = panels * FFP8_NR + 16 * check_below(&run->rand, 3);
    const struct parts parts = make_parts(run, t, ld_part);
    if (!(t->flags & FFP8_DOT_PART_OUT)) {
        c = check_buffer(run, "c", t->flags & FFP8_DOT_ADD ? CHECK_INOUT : CHECK_OUT, t->rows, t->cols * 4, ldc * 4, 4);
        for (size_t r = 0; r < t->rows; r++)
            for (size_t j = 0; j < t->cols; j++) ((float *)((uint8_t *)c->data + r * ldc * 4))[j] = check_normal(&run->rand) * 100;
    }
    struct check_buffer *arguments = check_buffer(run, "d", CHECK_IN, 1, sizeof(struct ffp8_dot), 0, 16);
    struct ffp8_dot *d = arguments->data;
    *d = (struct ffp8_dot){.a = a_list->kernel,
                           .b = b_list->kernel,
                           .b_step = t->direct ? FFP8_NR * ldb : b_stride,
                           .count = t->count,
                           .words = t->words,
                           .lda_bytes = lda,
                           .rows = t->rows,
                           .cols = t->cols,
                           .c = c ? c->kernel : NULL,
                           .ldc = ldc,
                           .low = parts.low ? parts.low->kernel : NULL,
                           .high = parts.high ? parts.high->kernel : NULL,
                           .ld_part = ld_part,
                           .row_scale = scaled_rows ? row_scale->kernel : NULL,
                           .col_scale = col_scale->kernel,
                           .lut = t->fused ? table->kernel : NULL,
                           .flags = t->flags,
                           .carry_words = t->carry_words,
                           .a_offset = t->a_offset,
                           .terms = t->direct ? t->k : 0,
                           .ldb = ldb,
                           .pad_code = t->direct ? finite_code(t) : 0,
                           .fetch = b->kernel,
                           .fetch_step = check_below(&run->rand, 200)};
    struct dot_call call = {t->direct  ? run->kernels->direct[t->c]
                            : t->fused ? run->kernels->fused[t->c]
                                       : run->kernels->dot[t->c],
                            arguments->kernel};
    if (!check_call(run, invoke, &call) || !compare(run, t, d, c, &parts)) return false;
    if (!integer && !check_part(run, t, &call, c, a_list->data)) return false;
    return t->direct || t->count == 0 || t->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT) || check_each(run, t, &call, c);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Shapes
 */
static void draw(struct check_run *run, struct tile *t) {
    const bool integer = t->c <= FFP8_CLASS_I16;
    static const unsigned integer_flags[] = {
        0, 0, FFP8_DOT_ADD, FFP8_DOT_PART_OUT, FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT, FFP8_DOT_PART_IN, FFP8_DOT_PART_IN | FFP8_DOT_ADD};
    t->flags = integer ? integer_flags[check_below(&run->rand, 7)] : check_chance(&run->rand, 2) ? FFP8_DOT_ADD : 0;
    if (!(t->flags & FFP8_DOT_PART_OUT) && check_chance(&run->rand, 2)) t->flags |= FFP8_DOT_FAR;
    t->exact = check_chance(&run->rand, 2);
    t->specials = !integer && !t->exact && check_chance(&run->rand, 4);
    t->denormals = !integer && !t->exact && !t->specials && check_chance(&run->rand, 4);
    t->a_offset = t->c == FFP8_CLASS_I8 && check_chance(&run->rand, 2) ? 128 : 0;
}

static void check_shapes(struct check_run *run, bool fused, bool direct) {
    static const size_t few_words[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17};
    static const size_t words[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 15, 16, 17, 19, 23, 31, 32, 33, 61, 64, 65, 127, 191};
    struct tile t = {.c = (ffp8_class)run->slot->parameter, .fused = fused, .direct = direct};
    size_t most = direct ? run->kernels->direct_rows : fused ? run->kernels->fused_rows : run->kernels->mr[t.c];
    if (most == 0) most = 1;
    for (t.rows = 1; t.rows <= most; t.rows++) /* every tile */
        for (t.cols = 1; t.cols <= FFP8_NR; t.cols++) {
            t.words = few_words[check_below(&run->rand, sizeof few_words / sizeof *few_words)];
            t.count = direct ? 1 : 1 + check_below(&run->rand, 3);
            draw(run, &t);
            if (!check_tile(run, &t)) return;
        }
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) /* every depth */
        for (t.count = direct; t.count <= (direct ? 1 : MAX_COUNT); t.count++) {
            t.words = words[w];
            t.rows = 1 + check_below(&run->rand, most);
            t.cols = 1 + check_below(&run->rand, t.words > 33 ? 8 : MAX_COLS);
            draw(run, &t);
            if (!check_tile(run, &t)) return;
        }
}

void check_dot_body(struct check_run *run) { check_shapes(run, false, false); }
void check_fused_body(struct check_run *run) { check_shapes(run, true, false); }
void check_direct_body(struct check_run *run) { check_shapes(run, true, true); }
