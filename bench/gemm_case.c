/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm_case.c - operands for FFP8's matrix products: see gemm_case.h
 */
#include "gemm_case.h"

#include <stdlib.h>
#include <string.h>

#include "buffers.h"

struct bench_gemm {
    struct bench_gemm_spec spec;
    ffp8_gemm_args args;
    size_t copies, next, stride; /* of weights, and bytes between them */
    uint8_t *weights;
    struct bench_activations a;
    void *w_scales, *a_scales, *workspace;
    float *c;
    enum bench_dot dot;
};

/* Scales of blocks of block_rows x block_k (0: the whole extent): values near 1, or exponents near 0. */
static void *make_scales(ffp8_scales *scales, ffp8_scale_type type, size_t rows, size_t k, size_t block_rows, size_t block_k) {
    size_t across = block_k ? (k + block_k - 1) / block_k : 1, count = (rows + block_rows - 1) / block_rows * across;
    void *data = bench_alloc(count * sizeof(float));
    if (!data) return NULL;
    for (size_t i = 0; i < count; i++) {
        if (type == FFP8_SCALE_E8M0)
            ((uint8_t *)data)[i] = (uint8_t)(120 + i % 13);
        else
            ((float *)data)[i] = 0.5f + (float)(i % 101) / 128;
    }
    *scales = (ffp8_scales){.data = data, .type = type, .block_rows = block_rows, .block_k = block_k, .ld = across};
    return data;
}

static bool fill_scales(struct bench_gemm *g, ffp8_weights *weights) {
    const size_t m = g->args.m, n = g->args.n, k = g->args.k;
    switch (g->spec.scaling) {
    case BENCH_SCALE_NONE: return true;
    case BENCH_SCALE_CHANNEL: g->w_scales = make_scales(&weights->scales, FFP8_SCALE_F32, n, k, 1, 0); break;
    case BENCH_SCALE_GROUP128: g->w_scales = make_scales(&weights->scales, FFP8_SCALE_F32, n, k, 1, 128); break;
    case BENCH_SCALE_BLOCK128: g->w_scales = make_scales(&weights->scales, FFP8_SCALE_F32, n, k, 128, 128); break;
    case BENCH_SCALE_MX32:
        g->w_scales = make_scales(&weights->scales, FFP8_SCALE_E8M0, n, k, 1, 32);
        g->a_scales = make_scales(&g->args.a_scales, FFP8_SCALE_E8M0, m, k, 1, 32);
        if (!g->a_scales) return false;
    }
    return g->w_scales != NULL;
}

static bool make_weights(struct bench_gemm *g, ffp8_weights *weights) {
    const size_t n = g->args.n, k = g->args.k;
    uint8_t *codes = bench_alloc(n * k);
    size_t bytes = 0;
    bool ok = codes != NULL;
    if (ok) bench_fill_bytes(codes, n * k, 2);
    weights->data = codes;
    weights->ld = k;
    if (ok && !g->spec.plain) ok = ffp8_gemm_packed_size(n, k, weights, &bytes) == FFP8_OK;
    if (g->spec.plain) bytes = n * k;
    g->stride = (bytes + FFP8_PACKED_ALIGNMENT - 1) / FFP8_PACKED_ALIGNMENT * FFP8_PACKED_ALIGNMENT;
    g->copies = g->spec.cold && bytes ? bench_cold_copies(bytes) : 1;
    g->weights = ok ? bench_alloc(g->copies * g->stride) : NULL;
    ok = g->weights != NULL;
    if (ok && g->spec.plain) memcpy(g->weights, codes, bytes);
    if (ok && !g->spec.plain) ok = ffp8_gemm_pack(n, k, weights, g->weights, bytes) == FFP8_OK;
    for (size_t i = 1; ok && i < g->copies; i++) memcpy(g->weights + i * g->stride, g->weights, bytes);
    free(codes);
    if (g->spec.plain)
        g->args.weights = *weights;
    else
        g->args.packed.bytes = bytes;
    return ok;
}

static void use_copy(struct bench_gemm *g, size_t copy) {
    const uint8_t *data = g->weights + copy * g->stride;
    if (g->spec.plain)
        g->args.weights.data = data;
    else
        g->args.packed.data = data;
}

static bool create(struct bench_gemm *g) {
    ffp8_weights weights = {.order = FFP8_ORDER_NK};
    ffp8_gemm_args init = FFP8_GEMM_ARGS_INIT;
    g->args = init;
    g->args.m = g->spec.m, g->args.n = g->spec.n, g->args.k = g->spec.k;
    if (bench_format(g->spec.w, &weights.format) != FFP8_OK || bench_activations(g->spec.a, g->spec.m * g->spec.k, &g->a) != FFP8_OK)
        return false;
    g->args.a = g->a.data, g->args.lda = g->args.k, g->args.a_type = g->a.type, g->args.a_format = g->a.format;
    g->args.accuracy = g->a.accuracy;
    if (!fill_scales(g, &weights) || !make_weights(g, &weights)) return false;
    g->dot = bench_product_dot(&g->a, &weights.format);
    g->c = bench_alloc(g->args.m * g->args.n * sizeof(float));
    g->args.c = g->c;
    g->args.ldc = g->args.n;
    g->args.threads = g->spec.threads;
    use_copy(g, 0);
    if (!g->c || !bench_use_tier(g->spec.isa) || ffp8_gemm_workspace(&g->args, &g->args.workspace_bytes) != FFP8_OK) return false;
    g->args.workspace = g->workspace = bench_alloc(g->args.workspace_bytes);
    return g->workspace != NULL;
}

struct bench_gemm *bench_gemm_create(const struct bench_gemm_spec *spec) {
    struct bench_gemm *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->spec = *spec;
    if (!create(g)) {
        bench_gemm_free(g);
        return NULL;
    }
    return g;
}

void bench_gemm_free(struct bench_gemm *gemm) {
    if (!gemm) return;
    free(gemm->weights);
    free(gemm->a.data);
    free(gemm->w_scales);
    free(gemm->a_scales);
    free(gemm->workspace);
    free(gemm->c);
    free(gemm);
}

static double run(void *context, size_t repeats) {
    struct bench_gemm *g = context;
    if (!bench_use_tier(g->spec.isa)) return -1;
    const bool one_thread = !g->spec.threads;
    double start = bench_clock(one_thread);
    for (size_t i = 0; i < repeats; i++) {
        use_copy(g, g->next);
        g->next = (g->next + 1) % g->copies;
        if (ffp8_gemm(&g->args) != FFP8_OK) return -1;
    }
    return bench_clock(one_thread) - start;
}

struct bench_contender bench_gemm_contender(struct bench_gemm *gemm, bool bytes) {
    double work = (double)gemm->args.n * (double)gemm->args.k * (bytes ? 1 : 2 * (double)gemm->args.m);
    return (struct bench_contender){run, gemm, work};
}

enum bench_dot bench_gemm_dot(const struct bench_gemm *gemm) { return gemm->dot; }
