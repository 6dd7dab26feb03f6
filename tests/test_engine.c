/* SPDX-License-Identifier: Apache-2.0
 *
 * test_engine.c - the engine finds broken kernels
 *
 * Each planted kernel does what the generic one does, and one thing more, less or otherwise. The engine must fail it, and say of what kind the fault
 * is. A planted table is the generic one with one slot replaced; it bears the generic tier's name, so that everything else about it is right.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

#define GENERIC ffp8_kernels_generic
#define PLANT(member, function)          \
    struct ffp8_kernels table = GENERIC; \
    table.member = function

/* Keeps reads that have no effect. */
static volatile uint8_t sink;

static void expect(const struct ffp8_kernels *table, const char *name, enum check_kind kind) {
    for (size_t s = 0; s < check_slot_count(); s++) {
        if (strcmp(check_slot_at(s)->name, name)) continue;
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct check_result result;
            check_case(table, check_slot_at(s), seed, &result);
            cr_expect(result.kind == kind, "%s, seed %d: want \"%s\", got \"%s\": %s", name, (int)seed, check_kind_name(kind),
                      check_kind_name(result.kind), result.message);
            if (kind != CHECK_PASSED)
                cr_expect(strstr(result.message, "again: ffp8-check --isa=generic --kernel=") != NULL, "no way to reproduce it: %s",
                          result.message);
        }
        return;
    }
    cr_assert_fail("no slot is called %s", name);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Memory
 */
static void writes_after(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    GENERIC.decode8(src, dst, n, lut);
    if (n >= 16) dst[n] = 0;
}
Test(planted, writes_after) {
    PLANT(decode8, writes_after);
    expect(&table, "decode8", CHECK_WRITES_AFTER);
}

static void writes_before(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    GENERIC.decode8(src, dst, n, lut);
    dst[-1] ^= 1;
}
Test(planted, writes_before) {
    PLANT(decode8, writes_before);
    expect(&table, "decode8", CHECK_WRITES_BEFORE);
}

static void reads_after(const uint8_t *src, float *dst, size_t n, const struct ffp8_lut *lut) { /* as a vector loop without a tail */
    for (size_t i = n; i < (n + 15) / 16 * 16; i++) sink = src[i];
    GENERIC.decode32(src, (uint32_t *)dst, n, lut);
}
static void reads_after32(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    reads_after(src, (float *)dst, n, lut);
}
Test(planted, reads_after) {
    PLANT(decode32, reads_after32);
    expect(&table, "decode32", CHECK_READS_AFTER);
}

static void reads_before(const uint16_t *src, float *dst, size_t n) {
    if (n) sink = ((const uint8_t *)src)[-1];
    GENERIC.widen_bf16(src, dst, n);
}
Test(planted, reads_before) {
    PLANT(widen_bf16, reads_before);
    expect(&table, "widen_bf16", CHECK_READS_BEFORE);
}

static void writes_input(const float *src, uint16_t *dst, size_t n) {
    GENERIC.narrow_f16(src, dst, n);
    if (n > 3) ((float *)(uintptr_t)src)[n / 2] = 0;
}
Test(planted, writes_input) {
    PLANT(narrow_f16, writes_input);
    expect(&table, "narrow_f16", CHECK_WRITES_INPUT);
}

static void one_gap(const struct ffp8_dot *d) {
    GENERIC.dot[FFP8_CLASS_F32](d);
    if (d->rows > 1 && d->ldc > d->cols) d->c[d->cols] = 0;
}
Test(planted, writes_in_the_gap) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_F32] = one_gap;
    expect(&table, "dot.f32", CHECK_WRITES_BETWEEN);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Values
 */
static void wrong_lane(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    GENERIC.decode16(src, dst, n, lut);
    if (n < 32) return;
    const uint16_t kept = dst[15];
    dst[15] = dst[16];
    dst[16] = kept;
}
Test(planted, wrong_lane) {
    PLANT(decode16, wrong_lane);
    expect(&table, "decode16", CHECK_WRONG_VALUE);
}

static void dense_only(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns) {
    GENERIC.transpose8(src, ld_src, dst, rows, rows, columns);
    (void)ld_dst;
}
Test(planted, transposed_without_gaps) {
    PLANT(transpose8, dense_only);
    expect(&table, "transpose8", CHECK_WRITES_BETWEEN);
}

static void nothing(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) { (void)src, (void)dst, (void)n, (void)lut; }
Test(planted, not_written) {
    PLANT(decode8, nothing);
    expect(&table, "decode8", CHECK_NOT_WRITTEN);
}

static void short_tail(const float *src, uint16_t *dst, size_t n) { GENERIC.narrow_bf16(src, dst, n % 8 == 7 ? n - 1 : n); }
Test(planted, tail_not_written) {
    PLANT(narrow_bf16, short_tail);
    expect(&table, "narrow_bf16", CHECK_NOT_WRITTEN);
}

static void wrong_tail(const float *src, uint16_t *dst, size_t n) {
    GENERIC.narrow_bf16(src, dst, n);
    if (n % 8 == 5) dst[n - 1] = dst[n - 2];
}
Test(planted, wrong_tail) {
    PLANT(narrow_bf16, wrong_tail);
    expect(&table, "narrow_bf16", CHECK_WRONG_VALUE);
}

static void reads_c(const struct ffp8_dot *d) { /* beta = 0 as a multiplication */
    struct ffp8_dot adds = *d;
    if (!(d->flags & FFP8_DOT_ADD))
        for (size_t r = 0; r < d->rows; r++)
            for (size_t j = 0; j < d->cols; j++) d->c[r * d->ldc + j] *= 0.0f;
    adds.flags |= FFP8_DOT_ADD;
    GENERIC.dot[FFP8_CLASS_F32](&adds);
}
Test(planted, reads_its_output) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_F32] = reads_c;
    expect(&table, "dot.f32", CHECK_READS_OUTPUT);
}

static void ignores_stride(
    const struct ffp8_dot *d) { /* A's rows taken as dense; strides are never smaller, so that nothing is read outside */
    struct ffp8_dot dense = *d;
    dense.lda_bytes = d->words * FFP8_WORD_BYTES;
    GENERIC.dot[FFP8_CLASS_I16](&dense);
}
Test(planted, ignores_stride) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_I16] = ignores_stride;
    expect(&table, "dot.i16", CHECK_WRONG_VALUE);
}

static void first_panel_only(const struct ffp8_dot *d) { /* every panel is taken for the first */
    struct ffp8_dot same = *d;
    same.b_step = 0;
    GENERIC.dot[FFP8_CLASS_I16](&same);
}
Test(planted, first_panel_only) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_I16] = first_panel_only;
    expect(&table, "dot.i16", CHECK_WRONG_VALUE);
}

static void wrong_row_scale(const struct ffp8_dot *d) { /* (sum * row) * column instead of sum * (row * column): other roundings */
    struct ffp8_dot one = *d;
    float column[FFP8_NR];
    for (size_t j = 0; j < FFP8_NR; j++) column[j] = 1;
    if (!d->row_scale || d->flags) {
        GENERIC.dot[FFP8_CLASS_I16](d);
        return;
    }
    one.col_scale = column;
    GENERIC.dot[FFP8_CLASS_I16](&one);
    for (size_t r = 0; r < d->rows; r++)
        for (size_t j = 0; j < d->cols; j++) d->c[r * d->ldc + j] *= ((const float *)d->col_scale)[j];
}
Test(planted, scales_in_another_order) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_I16] = wrong_row_scale;
    expect(&table, "dot.i16", CHECK_WRONG_VALUE);
}

static void first_row_scale(const struct ffp8_dot *d) {
    struct ffp8_dot one = *d;
    float scale[FFP8_MAX_MR];
    for (size_t r = 0; r < d->rows; r++) scale[r] = d->row_scale ? d->row_scale[0] : 1;
    one.row_scale = scale, one.ld_row_scale = 0;
    GENERIC.fused[FFP8_CLASS_I8](&one);
}
Test(planted, one_row_scale_for_all) {
    struct ffp8_kernels table = GENERIC;
    table.fused[FFP8_CLASS_I8] = first_row_scale;
    table.fused_rows = 4;
    expect(&table, "fused.i8", CHECK_WRONG_VALUE);
}

static void drops_a_word(const struct ffp8_dot *d) { /* an odd last word is forgotten: within a sloppy tolerance, not within the bound */
    struct ffp8_dot even = *d;
    if (d->words > 4) even.words = d->words / 2 * 2;
    GENERIC.dot[FFP8_CLASS_F32](&even);
}
Test(planted, odd_word_dropped) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_F32] = drops_a_word;
    expect(&table, "dot.f32", CHECK_WRONG_VALUE);
}

static void wide_ignored(const struct ffp8_dot *d) {
    struct ffp8_dot plain = *d;
    if (!(d->flags & FFP8_DOT_PART_OUT)) plain.flags &= ~(uint32_t)FFP8_DOT_PART_IN;
    GENERIC.dot[FFP8_CLASS_I8](&plain);
}
Test(planted, wide_sums_ignored) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_I8] = wide_ignored;
    expect(&table, "dot.i8", CHECK_WRONG_VALUE);
}

static void order_by_tile(
    const struct ffp8_dot *d) { /* two segments summed the other way round when the tile is full: right, but not reproducible */
    struct ffp8_dot turned = *d;
    const void *a[16], *b[16];
    for (size_t i = 0; i < d->count; i++) {
        a[i] = d->a[d->count - 1 - i];
        b[i] = d->b[d->count - 1 - i];
    }
    turned.a = a;
    turned.b = b;
    GENERIC.dot[FFP8_CLASS_F32](d->rows == 4 ? &turned : d);
}
Test(planted, order_depends_on_tile) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_F32] = order_by_tile;
    expect(&table, "dot.f32", CHECK_WRONG_VALUE);
}

static void rounds_up_ties(const float *src, uint16_t *dst, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t u = ffp8_bits(src[i]);
        dst[i] = (uint16_t)(isnan(src[i]) ? (u >> 16 | 0x40u) : (u + 0x8000u) >> 16);
    }
}
Test(planted, ties_rounded_away) {
    PLANT(narrow_bf16, rounds_up_ties);
    expect(&table, "narrow_bf16", CHECK_WRONG_VALUE);
}

static void one_code_more(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *encoder, uint64_t index) {
    struct ffp8_encoder truncates = *encoder;
    if (encoder->rounding == FFP8_ROUND_NEAREST_EVEN) truncates.rounding = FFP8_ROUND_NEAREST_AWAY;
    GENERIC.encode(src, dst, n, &truncates, index);
}
Test(planted, encode_rounds_ties_away) {
    PLANT(encode, one_code_more);
    expect(&table, "encode", CHECK_WRONG_VALUE);
}

static void random_by_lane(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *encoder, uint64_t index) {
    GENERIC.encode(src, dst, n, encoder, (uint32_t)index); /* the upper half of the index is lost */
}
Test(planted, stochastic_index_truncated) {
    PLANT(encode, random_by_lane);
    expect(&table, "encode", CHECK_WRONG_VALUE);
}

static float no_nan(const float *x, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmaxf(largest, fabsf(x[i])); /* fmaxf drops NaN */
    return largest;
}
Test(planted, nan_dropped) {
    PLANT(amax, no_nan);
    expect(&table, "amax", CHECK_WRONG_VALUE);
}

static float relu_kills_nan(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                            const struct ffp8_finish *finish) {
    const float amax = GENERIC.epilogue(y, n, bias, residual, addend, finish);
    for (size_t i = 0; i < n && finish->activation == FFP8_ACTIVATION_RELU; i++) y[i] = fmaxf(y[i], 0);
    return amax;
}
Test(planted, relu_of_nan) {
    PLANT(epilogue, relu_kills_nan);
    expect(&table, "epilogue", CHECK_WRONG_VALUE);
}

static float coarse_tanh(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                         const struct ffp8_finish *finish) {
    const float amax = GENERIC.epilogue(y, n, bias, residual, addend, finish);
    for (size_t i = 0; i < n && finish->activation == FFP8_ACTIVATION_TANH; i++) y[i] *= 1 + 0x1p-20f;
    return amax;
}
Test(planted, tanh_off_by_8_ulp) {
    PLANT(epilogue, coarse_tanh);
    expect(&table, "epilogue", CHECK_WRONG_VALUE);
}

static void forgets_index(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder) {
    struct ffp8_sums first = *sums;
    first.index = 0;
    GENERIC.finish_codes(&first, finish, encoder);
}
Test(planted, index_lost_behind_the_epilogue) {
    PLANT(finish_codes, forgets_index);
    expect(&table, "finish_codes", CHECK_WRONG_VALUE);
}

static float leaves_minus_zero(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                               const struct ffp8_finish *finish) {
    const float amax = GENERIC.epilogue(y, n, bias, residual, addend, finish);
    for (size_t i = 0; i < n && finish->activation == FFP8_ACTIVATION_RELU; i++)
        if (y[i] == 0) y[i] = -0.0f;
    return amax;
}
static void encodes_minus_zero(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder) {
    ffp8_finish_in_two_passes(sums, finish, encoder, leaves_minus_zero, GENERIC.encode);
}
static void repeats_row(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder) {
    struct ffp8_sums same = *sums;
    same.ld_y = 0;
    same.rows = 1;
    for (size_t r = 0; r < sums->rows; r++, same.dst += sums->ld_dst, same.index += sums->ld_dst)
        GENERIC.finish_codes(&same, finish, encoder);
}
Test(planted, rows_of_sums_are_one_row) {
    PLANT(finish_codes, repeats_row);
    expect(&table, "finish_codes", CHECK_WRONG_VALUE);
}

Test(planted, relu_leaves_minus_zero) {
    PLANT(finish_codes, encodes_minus_zero);
    expect(&table, "finish_codes", CHECK_WRONG_VALUE);
}

static void no_head(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut) {
    GENERIC.expand[FFP8_CLASS_I8](lines, panel, words, lut);
    if (words > 8) ((int32_t *)panel)[31] += 128;
}
Test(planted, wrong_column_sum) {
    struct ffp8_kernels table = GENERIC;
    table.expand[FFP8_CLASS_I8] = no_head;
    expect(&table, "expand.i8", CHECK_WRONG_VALUE);
}

static void depthwise_reassociated(const struct ffp8_depthwise *d) { /* another order than the contract's */
    struct ffp8_depthwise turned = *d;
    const void *x[64], *w[64 * FFP8_LANES_ROWS];
    for (size_t t = 0; t < d->taps; t++) x[t] = d->x[d->taps - 1 - t];
    for (size_t r = 0; r < d->rows; r++)
        for (size_t t = 0; t < d->taps; t++) w[r * d->taps + t] = d->w[(r + 1) * d->taps - 1 - t];
    turned.x = x;
    turned.w = w;
    GENERIC.depthwise_f32(&turned);
}
Test(planted, depthwise_order) {
    PLANT(depthwise_f32, depthwise_reassociated);
    expect(&table, "depthwise_f32", CHECK_WRONG_VALUE);
}

/* Operators run the whole nest: a fault that only shows for tiles at an edge. */
static void edge_tile(const struct ffp8_dot *d) {
    GENERIC.dot[FFP8_CLASS_I16](d);
    if (d->rows == 3 && !(d->flags & FFP8_DOT_PART_OUT)) d->c[0] += 1;
}
Test(planted, gemm_edge_tile) {
    struct ffp8_kernels table = GENERIC;
    table.dot[FFP8_CLASS_I16] = edge_tile;
    expect(&table, "gemm", CHECK_WRONG_VALUE);
    expect(&table, "conv", CHECK_WRONG_VALUE);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Machine state
 */
static void rounds_down_from_now_on(const uint16_t *src, float *dst, size_t n) {
    GENERIC.widen_f16(src, dst, n);
#if defined(__x86_64__)
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    mxcsr |= 0x2000;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr | 1u << 23));
#endif
}
Test(planted, rounding_mode_changed) {
    PLANT(widen_f16, rounds_down_from_now_on);
    expect(&table, "widen_f16", CHECK_ENVIRONMENT);
}

static void flushes_from_now_on(const uint16_t *src, float *dst, size_t n) {
    GENERIC.widen_f16(src, dst, n);
#if defined(__x86_64__)
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    mxcsr |= 0x8040;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr | 1u << 24));
#endif
}
Test(planted, denormals_flushed) {
    PLANT(widen_f16, flushes_from_now_on);
    expect(&table, "widen_f16", CHECK_ENVIRONMENT);
}

static float illegal(const float *x, size_t n) {
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#elif defined(__aarch64__)
    __asm__ volatile("udf #0");
#endif
    return GENERIC.amax(x, n);
}
Test(planted, illegal_instruction) {
    PLANT(amax, illegal);
    expect(&table, "amax", CHECK_ILLEGAL_INSTRUCTION);
}

__attribute__((no_sanitize("undefined"))) static float wild(const float *x, size_t n) {
    static volatile uint8_t *volatile nowhere = NULL; /* volatile: the compiler must not know */
    sink = *nowhere;
    return GENERIC.amax(x, n);
}
Test(planted, crash) {
    PLANT(amax, wild);
    expect(&table, "amax", CHECK_CRASH);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Tables
 */
Test(planted, empty_slot) {
    PLANT(encode, NULL);
    expect(&table, "table", CHECK_BAD_TABLE);
}

Test(planted, tile_too_high) {
    struct ffp8_kernels table = GENERIC;
    table.mr[FFP8_CLASS_BF16] = FFP8_MAX_MR + 1;
    expect(&table, "table", CHECK_BAD_TABLE);
}

Test(planted, integers_run_as_floats) {
    struct ffp8_kernels table = GENERIC;
    table.runs_as[FFP8_CLASS_I16] = FFP8_CLASS_F32;
    expect(&table, "table", CHECK_BAD_TABLE);
}

/* ---------------------------------------------------------------------------------------------------------------
 * The engine's own arithmetic
 */
Test(exact, sum_survives_cancellation) {
    struct check_sum sum;
    check_sum_clear(&sum);
    check_sum_add(&sum, 0x1p127f, 0x1p127f);
    check_sum_add(&sum, 0x1p-149f, 0x1p-149f);
    check_sum_add(&sum, -0x1p127f, 0x1p127f);
    cr_expect(check_sum_value(&sum) == 0x1p-298);
    for (int i = 0; i < 1000; i++) check_sum_add(&sum, -3.0f, 0x1.000002p0f);
    cr_expect(check_sum_value(&sum) == -3000 * 0x1.000002p0);
}

Test(exact, sum_rounds_like_integers) {
    struct check_rand rand = {7};
    for (int i = 0; i < 2000; i++) { /* products of 24-bit integers: their sum is exact in 64 bits */
        struct check_sum sum;
        int64_t want = 0;
        check_sum_clear(&sum);
        for (int k = 0; k < 100; k++) {
            const int32_t a = (int32_t)(check_random(&rand) >> 40) - (1 << 23), b = (int32_t)(check_random(&rand) >> 40) - (1 << 23);
            want += (int64_t)a * b;
            check_sum_add(&sum, (float)a, (float)b);
        }
        cr_expect(check_sum_value(&sum) == (double)want, "%.17g, want %.17g", check_sum_value(&sum), (double)want);
    }
}

Test(exact, sum_of_specials) {
    struct check_sum sum;
    check_sum_clear(&sum);
    check_sum_add(&sum, INFINITY, 2);
    cr_expect(check_sum_value(&sum) == INFINITY);
    check_sum_add(&sum, INFINITY, -2);
    cr_expect(isnan(check_sum_value(&sum)));
    check_sum_clear(&sum);
    check_sum_add(&sum, INFINITY, 0);
    cr_expect(isnan(check_sum_value(&sum)));
}

Test(exact, random_numbers_are_reproducible) {
    struct check_rand a = {1}, b = {1}, c = {2};
    cr_expect(check_random(&a) == check_random(&b));
    cr_expect(check_random(&a) != check_random(&c));
    for (int i = 0; i < 1000; i++) {
        cr_expect(check_below(&a, 7) < 7);
        cr_expect(fabsf(check_uniform(&a)) < 1);
    }
}

Test(exact, expected_tiers) {
    char name[64];
    setenv("FFP8_EXPECT_ISA", "generic,avx1024", 1);
    cr_expect(check_expected("generic"));
    cr_expect(check_expected("avx1024"));
    cr_expect(!check_expected("avx10"));
    cr_expect(check_expected_missing(name, sizeof name));
    cr_expect(!strcmp(name, "avx1024"));
    unsetenv("FFP8_EXPECT_ISA");
    cr_expect(!check_expected_missing(name, sizeof name));
}

Test(exact, every_slot_has_its_own_name) {
    for (size_t i = 0; i < check_slot_count(); i++)
        for (size_t j = 0; j < i; j++) cr_expect(strcmp(check_slot_at(i)->name, check_slot_at(j)->name));
}
