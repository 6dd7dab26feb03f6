/* SPDX-License-Identifier: Apache-2.0
 *
 * test_long_sums.c - exact sums of the integer classes over many blocks of k, at the worst that formats allow, and where they end
 *
 * Three in four codes are the format's largest value, so that sums leave int32 soon and both halves of parts are in use. The truth is a sum in
 * double, which is exact: values are multiples of one power of two, and sums are below 2^53 of it.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/operands.h"

static uint8_t largest_code(const ffp8_format *format) {
    uint8_t codes[256], best = 0;
    float value[256];
    for (unsigned c = 0; c < 256; c++) codes[c] = (uint8_t)c;
    cr_assert_eq(ffp8_decode(format, codes, 1, value, FFP8_TYPE_F32, 256), FFP8_OK);
    for (unsigned c = 0; c < 256; c++)
        if (value[c] > value[best]) best = (uint8_t)c;
    return best;
}

static void fill_large(uint8_t *dst, size_t n, const ffp8_format *format) {
    const uint8_t largest = largest_code(format);
    fill_codes(dst, n, format, false);
    for (size_t i = 0; i < n; i++)
        if (!one_in(4)) dst[i] = largest;
}

static void check_sums(const ffp8_gemm_args *g, const char *what) {
    const size_t a_bytes = g->m * g->k, w_bytes = g->n * g->k;
    float *a = malloc(a_bytes * sizeof *a), *w = malloc(w_bytes * sizeof *w);
    cr_assert(a && w);
    cr_assert_eq(ffp8_decode(&g->a_format, g->a, 1, a, FFP8_TYPE_F32, a_bytes), FFP8_OK);
    cr_assert_eq(ffp8_decode(&g->weights.format, g->weights.data, 1, w, FFP8_TYPE_F32, w_bytes), FFP8_OK);
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            double sum = 0;
            for (size_t k = 0; k < g->k; k++) sum += (double)a[i * g->k + k] * w[j * g->k + k];
            const float got = ((const float *)g->c)[i * g->n + j];
            cr_assert(got == (float)sum, "%s: c[%zu][%zu] is %a, not %a", what, i, j, (double)got, sum);
        }
    free(a);
    free(w);
}

/* Plain weights, then packed ones. */
static void check_product(size_t m, size_t n, size_t k, const char *a_name, const char *w_name, bool too_long) {
    ffp8_gemm_args g = FFP8_ARGS_INIT(ffp8_gemm_args);
    ffp8_gemm_args packed;
    size_t bytes;
    g.m = m, g.n = n, g.k = g.lda = g.weights.ld = k, g.ldc = n;
    g.a_type = FFP8_TYPE_FFP8;
    g.a_format = format_named(a_name);
    g.weights.format = format_named(w_name);
    g.weights.order = FFP8_ORDER_NK;
    uint8_t *a = malloc(m * k), *w = malloc(n * k);
    float *c = malloc(m * n * sizeof *c);
    cr_assert(a && w && c);
    fill_large(a, m * k, &g.a_format);
    fill_large(w, n * k, &g.weights.format);
    g.a = a, g.c = c, g.weights.data = w;
    cr_assert_eq(ffp8_gemm_packed_size(n, k, &g.weights, &bytes), FFP8_OK);
    void *blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, (bytes + FFP8_PACKED_ALIGNMENT - 1) / FFP8_PACKED_ALIGNMENT * FFP8_PACKED_ALIGNMENT);
    cr_assert(blob);
    cr_assert_eq(ffp8_gemm_pack(n, k, &g.weights, blob, bytes), FFP8_OK);
    packed = g;
    packed.packed = (ffp8_packed){blob, bytes};
    packed.weights.data = NULL;
    for (int pass = 0; pass < 2; pass++) {
        ffp8_gemm_args *call = pass ? &packed : &g;
        char what[128], why[128];
        snprintf(what, sizeof what, "%zu x %zu x %zu %s x %s %s", m, n, k, a_name, w_name, pass ? "packed" : "plain");
        cr_assert_eq(ffp8_gemm_explain(call, why, sizeof why), FFP8_OK, "%s", what);
        const bool refused = strcmp(why, "generic: k is longer than exact sums reach") == 0;
        cr_assert(refused == too_long || ffp8_active_isa() == FFP8_ISA_GENERIC, "%s: %s", what, why);
        cr_assert_eq(ffp8_gemm_workspace(call, &bytes), FFP8_OK);
        void *workspace = malloc(bytes + 1);
        call->workspace = workspace;
        call->workspace_bytes = bytes;
        memset(c, 0xFF, m * n * sizeof *c);
        cr_assert_eq(ffp8_gemm(call), FFP8_OK, "%s", what);
        check_sums(&g, what);
        free(workspace);
    }
    free(a);
    free(w);
    free(c);
    free(blob);
}

Test(long_sums, are_exact) {
    static const char *const formats[][2] = {{"ffp8:s1x3y4b3", "ffp8:s1x3y4b3"}, {"ffp8:s0x3y5b3", "ffp8:s1x3y4b3"}, {"uint8", "int8"}};
    static const size_t rows[] = {1, 6, 40}, terms[] = {4096, 9001, 20011};
    draw_from(1);
    for (size_t f = 0; f < 3; f++)
        for (size_t r = 0; r < 3; r++)
            for (size_t t = 0; t < 3; t++) check_product(rows[r], 37, terms[t], formats[f][0], formats[f][1], false);
}

Test(long_sums, end_where_halves_would_not_be_exact) {
    draw_from(2);
    check_product(3, 5, 137000, "ffp8:s0x3y5b3", "ffp8:s1x3y4b3", false);
    check_product(3, 5, 700000, "ffp8:s0x3y5b3", "ffp8:s1x3y4b3", true);
}
