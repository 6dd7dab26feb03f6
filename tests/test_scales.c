/* SPDX-License-Identifier: Apache-2.0
 *
 * test_scales.c - E8M0 scales of activations are the powers of two that they stand for, bit for bit
 *
 * Tiers may multiply elements by them instead of sums. Where the same powers are given as FP32 scales, sums are always multiplied: both must agree, also
 * where powers are too large or too small for elements, and with Inf and NaN among the codes.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/scales.h"
#include "jobs/operands.h"

enum { M = 37, N = 45, K = 200 };

struct product {
    ffp8_gemm_args args;
    uint8_t a[M * K], w[N * K], e8m0[M * K];
    float power[M * K], column[N * K], c[2][M * N];
};

static void run(struct product *p, size_t i) {
    size_t bytes;
    p->args.c = p->c[i];
    cr_assert_eq(ffp8_gemm_workspace(&p->args, &bytes), FFP8_OK);
    p->args.workspace = malloc(bytes + 1);
    p->args.workspace_bytes = bytes;
    memset(p->c[i], 0xFF, sizeof p->c[i]);
    cr_assert_eq(ffp8_gemm(&p->args), FFP8_OK);
    free(p->args.workspace);
}

/* Exponents of scales: middle - spread .. middle + spread, of those that E8M0 has. */
static void check(struct product *p, const char *a_name, const char *w_name, size_t m, size_t block_rows, size_t block_k, int middle,
                  int spread, bool pack) {
    ffp8_gemm_args *g = &p->args;
    const size_t blocks = ffp8_scale_blocks(K, block_k), rows = ffp8_scale_blocks(m, block_rows);
    *g = (ffp8_gemm_args)FFP8_ARGS_INIT(ffp8_gemm_args);
    g->m = m, g->n = g->ldc = N, g->k = g->lda = g->weights.ld = K;
    g->a = p->a, g->a_type = FFP8_TYPE_FFP8, g->a_format = format_named(a_name);
    g->weights.data = p->w, g->weights.format = format_named(w_name), g->weights.order = FFP8_ORDER_NK;
    fill_codes(p->a, m * K, &g->a_format, false);
    fill_codes(p->w, sizeof p->w, &g->weights.format, false);
    for (size_t i = 0; one_in(4) && i < 8; i++) p->a[below(m * K)] = (uint8_t)draw(); /* now and then Inf or NaN */
    for (size_t i = 0; i < rows * blocks; i++) {
        const int code = 127 + middle - spread + (int)below(2 * (size_t)spread + 1);
        p->e8m0[i] = (uint8_t)(code < 0 ? 0 : code > 254 ? 254 : code);
        p->power[i] = ldexpf(1, p->e8m0[i] - 127);
    }
    for (size_t i = 0; i < sizeof p->column / sizeof *p->column; i++) p->column[i] = 0.5f + (float)below(1000) / 999;
    if (one_in(2))
        g->weights.scales = (ffp8_scales){.data = p->column, .type = FFP8_SCALE_F32, .block_rows = 1, .block_k = block_k, .ld = blocks};
    void *blob = NULL;
    if (pack) {
        size_t bytes;
        cr_assert_eq(ffp8_gemm_packed_size(N, K, &g->weights, &bytes), FFP8_OK);
        blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, ffp8_ceil_div(bytes, FFP8_PACKED_ALIGNMENT) * FFP8_PACKED_ALIGNMENT);
        cr_assert_eq(ffp8_gemm_pack(N, K, &g->weights, blob, bytes), FFP8_OK);
        g->packed = (ffp8_packed){blob, bytes};
        g->weights.data = NULL;
    }
    g->a_scales = (ffp8_scales){.data = p->e8m0, .type = FFP8_SCALE_E8M0, .block_rows = block_rows, .block_k = block_k, .ld = blocks};
    run(p, 0);
    g->a_scales.data = p->power;
    g->a_scales.type = FFP8_SCALE_F32;
    run(p, 1);
    for (size_t i = 0; i < m * N; i++)
        cr_assert(ffp8_bits(p->c[0][i]) == ffp8_bits(p->c[1][i]) || (isnan(p->c[0][i]) && isnan(p->c[1][i])),
                  "%s x %s, %zu rows, blocks %zu x %zu, 2^%d +- %d, %s: c[%zu] is %a, not %a", a_name, w_name, m, block_rows, block_k,
                  middle, spread, pack ? "packed" : "plain", i, (double)p->c[0][i], (double)p->c[1][i]);
    free(blob);
}

Test(scales, powers_of_two_change_no_bit) {
    static const char *const formats[][2] = {{"ffp8:s1x4y3b7", "ffp8:s1x4y3b7"},
                                             {"e5m2", "e4m3fn"},
                                             {"ffp8:s0x5y3b15", "ffp8:s1x2y5b1"},
                                             {"ffp8:s1x6y1b31", "ffp8:s1x4y3b7"},
                                             {"ffp8:s1x3y4b3", "ffp8:s1x3y4b3"}};
    static const size_t blocks[] = {32, 32, 32, 32, 64, 64, 128, 0};
    static const int middles[] = {0, 0, -6, 30, 80, -80, 110, -118};
    struct product *p = malloc(sizeof *p);
    cr_assert(p);
    draw_from(1);
    for (size_t i = 0; i < 240; i++) {
        const char *const *f = formats[i % 5];
        const size_t m = one_in(3) ? 1 + below(4) : 1 + below(M), block_rows = one_in(4) ? below(6) : 1;
        check(p, f[0], f[1], m, block_rows, blocks[below(8)], middles[below(8)], (int)below(13), i % 2 == 0);
    }
    free(p);
}

/* FP32 scales cannot be NaN. The second format's values are so small that its elements could take 2^128, which is what NaN's code would be. */
Test(scales, nan_stays_in_its_row) {
    static const char *const formats[] = {"ffp8:s1x4y3b7", "ffp8:s1x4y3b40"};
    static const size_t blocks[] = {0, 32, 128};
    struct product *p = malloc(sizeof *p);
    cr_assert(p);
    draw_from(2);
    for (size_t i = 0; i < 6; i++) {
        const size_t block_k = blocks[i / 2], of_row = ffp8_scale_blocks(K, block_k), row = below(M);
        check(p, formats[i % 2], formats[i % 2], M, 1, block_k, 0, 3, false);
        for (size_t j = 0; j < sizeof p->column / sizeof *p->column; j++) p->column[j] = 0x1p-4f;
        p->args.weights.scales = (ffp8_scales){
            .data = p->column, .type = FFP8_SCALE_F32, .block_rows = 1, .block_k = block_k, .ld = of_row};
        run(p, 1);
        p->e8m0[row * of_row + below(of_row)] = 255;
        p->args.a_scales = (ffp8_scales){.data = p->e8m0, .type = FFP8_SCALE_E8M0, .block_rows = 1, .block_k = block_k, .ld = of_row};
        run(p, 0);
        for (size_t j = 0; j < sizeof p->c[0] / sizeof *p->c[0]; j++)
            cr_assert(j / N == row ? isnan(p->c[0][j]) : ffp8_bits(p->c[0][j]) == ffp8_bits(p->c[1][j]), "%s, blocks of %zu: c[%zu] is %a",
                      formats[i % 2], block_k, j, (double)p->c[0][j]);
    }
    free(p);
}
