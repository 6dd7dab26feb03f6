/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_gemm.c - matrix products of every class of arithmetic, on every tier, and sgemm and oneDNN beside them
 */
#include <stdio.h>
#include <stdlib.h>

#include "shapes.h"
#include "suite.h"

static void *create(const void *spec) { return bench_gemm_create(spec); }
static void destroy(void *gemm) { bench_gemm_free(gemm); }

static void run(struct ffp8_bench_state *state, void *user_data) {
    const struct bench_gemm_spec *spec = user_data;
    struct bench_gemm *gemm = bench_keep(spec, create, destroy);
    if (!gemm) {
        ffp8_bench_skip(state, "out of memory, or refused");
        return;
    }
    const bool by_memory = spec->m == 1;
    const struct bench_contender contender = bench_gemm_contender(gemm, by_memory);
    ffp8_bench_set_flops(state, 2.0 * (double)spec->m * (double)spec->n * (double)spec->k);
    if (by_memory) ffp8_bench_set_weight_bytes(state, contender.work);
    if (!by_memory)
        ffp8_bench_set_roof(state, contender.work, bench_dot_roof(spec->isa, bench_gemm_dot(gemm)));
    else if (spec->cold)
        ffp8_bench_set_roof(state, contender.work, bench_read_roof(true));
    bench_time(state, &contender);
}

static void name_shape(char *name, size_t bytes, const char *what, const char *tier, size_t m, size_t n, size_t k, bool cold) {
    if (m == 1)
        snprintf(name, bytes, "gemv/%s%s/N:%zu/K:%zu/%s", what, tier, n, k, cold ? "cold" : "warm");
    else
        snprintf(name, bytes, "gemm/%s%s/M:%zu/N:%zu/K:%zu%s", what, tier, m, n, k, cold ? "/cold" : "");
}

void bench_add_gemm(const struct bench_gemm_spec *spec) {
    char what[32], tier[32], name[128];
    struct bench_gemm_spec *copy = malloc(sizeof *copy); /* lives as long as the registration: to the program's end */
    if (!copy) return;
    *copy = *spec;
    snprintf(what, sizeof what, "%sx%s", spec->a, spec->w);
    snprintf(tier, sizeof tier, "/%s", ffp8_isa_name(spec->isa));
    name_shape(name, sizeof name, what, tier, spec->m, spec->n, spec->k, spec->cold);
    ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run, .user_data = copy});
}

static void run_peer(struct ffp8_bench_state *state, void *user_data) {
    const struct bench_peer_spec *spec = user_data;
    ffp8_bench_set_flops(state, 2.0 * (double)spec->m * (double)spec->n * (double)spec->k);
    bench_time_peer(state, spec);
}

void bench_add_gemm_peer(const char *what, enum bench_peer_kind kind, size_t m, size_t n, size_t k, bool cold) {
    char name[128];
    struct bench_peer_spec *spec = calloc(1, sizeof *spec);
    if (!spec) return;
    *spec = (struct bench_peer_spec){.kind = kind, .m = m, .n = n, .k = k, .cold = cold};
    name_shape(name, sizeof name, what, "", m, n, k, cold);
    ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run_peer, .user_data = spec});
}

void bench_register_gemm(void) {
    static const char *const pairs[][2] = {
        {"e4m3", "e4m3"}, {"e3m4", "e3m4"}, {"uint8", "int8"}, {"bf16", "e4m3"}, {"f32", "e4m3"},
    };
    ffp8_isa isa;
    for (size_t s = 0; s < BENCH_COUNT(bench_gemm_shapes); s++) {
        const struct bench_gemm_shape *shape = &bench_gemm_shapes[s];
        for (size_t tier = 0; bench_tier(tier, &isa); tier++) {
            for (size_t p = 0; p < BENCH_COUNT(pairs); p++) {
                bench_add_gemm(
                    &(struct bench_gemm_spec){.isa = isa, .m = shape->m, .n = shape->n, .k = shape->k, .a = pairs[p][0], .w = pairs[p][1]});
            }
        }
        bench_add_gemm_peer("openblas_sgemm", BENCH_PEER_SGEMM, shape->m, shape->n, shape->k, false);
        bench_add_gemm_peer("onednn_f32", BENCH_PEER_DNNL_F32, shape->m, shape->n, shape->k, false);
        bench_add_gemm_peer("onednn_bf16", BENCH_PEER_DNNL_BF16, shape->m, shape->n, shape->k, false);
        bench_add_gemm_peer("onednn_u8s8", BENCH_PEER_DNNL_U8S8, shape->m, shape->n, shape->k, false);
        bench_add_gemm_peer("numkong_e4m3", BENCH_PEER_NUMKONG_E4M3, shape->m, shape->n, shape->k, false);
        bench_add_gemm_peer("numkong_e5m2", BENCH_PEER_NUMKONG_E5M2, shape->m, shape->n, shape->k, false);
    }
}
