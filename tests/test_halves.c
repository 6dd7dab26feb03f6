/* SPDX-License-Identifier: Apache-2.0
 *
 * test_halves.c - products of operands that FP16 holds, on tiers that multiply halves: each bit as FP32 has it
 *
 * A product of two halves is exact in FP32, so that it makes no difference where it is computed, as long as sums go in the same order. A tier's table
 * and its copy whose halves run as FP32 must give the same, with packed weights, for few rows and many.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "dispatch/gemm.h"
#include "dispatch/lut.h"
#include "dispatch/select.h"
#include "dispatch/stage.h"

enum { MOST_ROWS = 19, COLUMNS = 45, MOST_K = 301 };

struct product {
    ffp8_gemm_args args;
    uint8_t codes[COLUMNS * MOST_K];
    uint16_t a[MOST_ROWS * MOST_K];
    float c[MOST_ROWS * COLUMNS];
    void *blob;
};

static void named(const char *name, ffp8_format *format) { cr_assert_eq(ffp8_format_from_name(name, format), FFP8_OK, "%s", name); }

/* a_name NULL: activations are halves, any bits. */
static void product_init(struct product *p, struct check_rand *rand, const char *a_name, const char *w_name, size_t m, size_t k) {
    ffp8_weights weights = {.data = p->codes, .ld = k};
    size_t bytes;
    p->args = (ffp8_gemm_args)FFP8_GEMM_ARGS_INIT;
    named(w_name, &weights.format);
    if (a_name) named(a_name, &p->args.a_format);
    check_fill_bytes(rand, p->codes, COLUMNS * k);
    check_fill_bytes(rand, (uint8_t *)p->a, m * k * sizeof *p->a);
    cr_assert_eq(ffp8_gemm_packed_size(COLUMNS, k, &weights, &bytes), FFP8_OK);
    p->blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, (bytes + 63) / 64 * 64);
    cr_assert_eq(ffp8_gemm_pack(COLUMNS, k, &weights, p->blob, bytes), FFP8_OK);
    p->args.m = m, p->args.n = COLUMNS, p->args.k = k;
    p->args.a = p->a, p->args.lda = k, p->args.a_type = a_name ? FFP8_TYPE_FFP8 : FFP8_TYPE_F16;
    p->args.packed = (ffp8_packed){p->blob, bytes};
    p->args.c = p->c, p->args.ldc = COLUMNS;
}

static void run(const struct ffp8_kernels *kernels, struct product *p) {
    cr_assert_eq(ffp8_gemm_workspace_on(kernels, &p->args, &p->args.workspace_bytes), FFP8_OK);
    p->args.workspace = malloc(p->args.workspace_bytes);
    memset(p->c, 0x5A, sizeof p->c);
    cr_assert_eq(ffp8_gemm_run(kernels, &p->args), FFP8_OK);
    free(p->args.workspace);
}

/* Computed as halves and as FP32 floats; false: this product does not run as halves on the tier. */
static bool same_bits(const struct ffp8_kernels *kernels, struct product *p) {
    static struct ffp8_operands operands;
    static float want[MOST_ROWS * COLUMNS];
    const ffp8_format *a_format = p->args.a_type == FFP8_TYPE_FFP8 ? &p->args.a_format : NULL;
    struct ffp8_gemm_problem problem;
    struct ffp8_kernels wide = *kernels;
    wide.runs_as[FFP8_CLASS_F16] = FFP8_CLASS_F32;
    cr_assert_eq(ffp8_gemm_check(&p->args, true, &problem), FFP8_OK);
    ffp8_operands_init(&operands, kernels, a_format, p->args.a_type, &problem.w_format, problem.w_classes, false, p->args.accuracy);
    if (operands.class_of != FFP8_CLASS_F16) return false;
    run(&wide, p);
    memcpy(want, p->c, sizeof want);
    run(kernels, p);
    for (size_t i = 0; i < p->args.m * COLUMNS; i++)
        cr_assert(isnan(want[i]) ? isnan(p->c[i]) : memcmp(want + i, p->c + i, sizeof *want) == 0, "%s, %zu x %zu: c[%zu] is %a, want %a",
                  kernels->name, p->args.m, p->args.k, i, p->c[i], want[i]);
    return true;
}

static size_t compare_all(const struct ffp8_kernels *kernels, const char *a_name, const char *w_name) {
    static const size_t rows[] = {1, 2, 4, 5, MOST_ROWS}, ks[] = {1, 2, 7, 64, MOST_K};
    static struct product p;
    struct check_rand rand = {.state = 1};
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t j = 0; j < sizeof ks / sizeof *ks; j++) {
            product_init(&p, &rand, a_name, w_name, rows[i], ks[j]);
            count += same_bits(kernels, &p);
            free(p.blob);
        }
    return count;
}

Test(halves, have_the_bits_of_floats) {
    static const char *const formats[] = {"e4m3fn", "e5m2", "ffp8:s1x4y3b7", "ffp8:s0x5y3b15:ieee", "e4m3fnuz", "ffp8:s1x3y4b3", "int8"};
    for (size_t t = 0; ffp8_kernels_list(t); t++) {
        const struct ffp8_kernels *kernels = ffp8_kernels_list(t);
        if (!ffp8_kernels_usable(kernels) || kernels->runs_as[FFP8_CLASS_F16] != FFP8_CLASS_F16) continue;
        for (size_t w = 0; w < sizeof formats / sizeof *formats; w++)
            cr_assert_eq(compare_all(kernels, NULL, formats[w]), 25, "%s, f16 x %s", kernels->name, formats[w]);
        /* A tier that has no dot of BF16 takes halves for it. */
        const size_t with_codes = compare_all(kernels, "e5m2", "ffp8:s1x4y3b7");
        cr_assert_eq(with_codes, kernels->runs_as[FFP8_CLASS_BF16] == FFP8_CLASS_F32 ? 25 : 0, "%s", kernels->name);
        cr_assert_eq(compare_all(kernels, NULL, "ffp8:s1x6y1b31"), 0, "%s: FP16 does not hold six exponent bits", kernels->name);
    }
}
