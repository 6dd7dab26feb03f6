/* SPDX-License-Identifier: Apache-2.0
 *
 * test_threads.c - the matrix product on a pthreadpool: the same bits for any number of threads, in every class and shape
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ffp8/ffp8.h"
#include "ffp8/pthreadpool.h"

enum { MOST_THREADS = 5 };

static uint64_t state = 1;
static uint32_t draw(void) { return (uint32_t)((state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407)) >> 33); }

struct shape {
    size_t m, n, k;
};

/* Without a pool: one thread. */
static void run(const ffp8_gemm_args *given, pthreadpool_t pool, float *c, float *amax) {
    ffp8_gemm_args args = *given;
    const ffp8_threads threads = ffp8_threads_from_pthreadpool(pool);
    if (pool) args.threads = &threads;
    args.c = c;
    args.epilogue.amax = amax;
    cr_assert_eq(ffp8_gemm_workspace(&args, &args.workspace_bytes), FFP8_OK);
    args.workspace = malloc(args.workspace_bytes);
    memset(args.workspace, 0xFF, args.workspace_bytes);
    cr_assert_eq(ffp8_gemm(&args), FFP8_OK);
    free(args.workspace);
}

static void check(struct shape s, const char *a_name, const char *w_name, bool quantize, bool packed, size_t block_k) {
    ffp8_gemm_args args = FFP8_GEMM_ARGS_INIT;
    const size_t k_blocks = block_k ? (s.k + block_k - 1) / block_k : 1;
    float *a = malloc(s.m * s.k * sizeof *a), *bias = malloc(s.n * sizeof *bias), *scales = malloc(s.n * k_blocks * sizeof *scales);
    float *want = malloc(s.m * s.n * sizeof *want), *got = malloc(s.m * s.n * sizeof *got), want_amax, got_amax;
    uint8_t *w = malloc(s.n * s.k), *blob = NULL;
    for (size_t i = 0; i < s.m * s.k; i++) a[i] = (float)draw() / 0x1p30f - 1;
    for (size_t i = 0; i < s.n * s.k; i++) w[i] = (uint8_t)(draw() % 0x70 | draw() % 2 << 7);
    for (size_t i = 0; i < s.n; i++) bias[i] = (float)(draw() % 100);
    for (size_t i = 0; i < s.n * k_blocks; i++) scales[i] = 0.5f + (float)(draw() % 1000) / 1000;
    args.m = s.m;
    args.n = args.ldc = s.n;
    args.k = args.lda = s.k;
    args.a = a;
    args.a_quantize = quantize;
    if (a_name) cr_assert_eq(ffp8_format_from_name(a_name, &args.a_format), FFP8_OK);
    args.weights = (ffp8_weights){.data = w, .ld = s.k, .scales = {.data = scales, .block_rows = 1, .block_k = block_k, .ld = k_blocks}};
    cr_assert_eq(ffp8_format_from_name(w_name, &args.weights.format), FFP8_OK);
    args.epilogue.bias = bias;
    args.epilogue.activation = FFP8_ACTIVATION_SILU;
    if (packed) {
        size_t bytes;
        cr_assert_eq(ffp8_gemm_packed_size(s.n, s.k, &args.weights, &bytes), FFP8_OK);
        blob = aligned_alloc(64, bytes);
        cr_assert_eq(ffp8_gemm_pack(s.n, s.k, &args.weights, blob, bytes), FFP8_OK);
        args.packed = (ffp8_packed){blob, bytes};
        args.weights.data = NULL;
    }
    run(&args, NULL, want, &want_amax);
    for (size_t count = 1; count <= MOST_THREADS; count++) {
        pthreadpool_t pool = pthreadpool_create(count);
        cr_assert_eq(pthreadpool_get_threads_count(pool), count);
        memset(got, 0xFF, s.m * s.n * sizeof *got);
        run(&args, pool, got, &got_amax);
        cr_assert(memcmp(got, want, s.m * s.n * sizeof *got) == 0, "%zu threads, %zu x %zu x %zu, %s", count, s.m, s.n, s.k, w_name);
        cr_assert_eq(got_amax, want_amax);
        pthreadpool_destroy(pool);
    }
    free(a);
    free(bias);
    free(scales);
    free(want);
    free(got);
    free(w);
    free(blob);
}

Test(threads, same_bits) {
    static const struct shape shapes[] = {{1, 300, 200}, {3, 65, 130},  {14, 32, 64}, {37, 70, 260},
                                          {150, 33, 90}, {2, 20, 1500}, {61, 161, 41}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int packed = 0; packed < 2; packed++) {
            check(shapes[i], "int8", "int8", true, packed, 0);
            check(shapes[i], "ffp8:s1x3y4b3", "ffp8:s0x3y5b3", true, packed, 32);
            check(shapes[i], "e4m3fn", "e4m3fn", true, packed, 0);
            check(shapes[i], NULL, "e5m2", false, packed, 64);
            check(shapes[i], NULL, "e4m3fn", false, packed, 0);
        }
}
