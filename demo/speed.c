/* SPDX-License-Identifier: Apache-2.0
 *
 * speed.c - a few matrix products in turn with OpenBLAS and with loops that show what the machine can do at most
 */
#include "speed.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "bench/gemm_case.h"
#include "bench/openblas.h"
#include "bench/roofs.h"

static const double seconds_per_row = 0.4;

struct row {
    size_t m, n, k;
    const char *a, *w;
    bool cold; /* bound by memory: its figures are bytes of weights, and its weights come from there */
};

static const struct row rows[] = {
    {512, 512, 512, "e4m3", "e4m3", false},    {512, 512, 512, "e3m4", "e3m4", false}, {1024, 1024, 1024, "e4m3", "e4m3", false},
    {1024, 1024, 1024, "e3m4", "e3m4", false}, {1, 4096, 4096, "e4m3", "e4m3", true},  {1, 4096, 4096, "e3m4", "e3m4", true},
    {1, 4096, 4096, "bf16", "e4m3", true},
};

static void report_row(const struct row *row, const struct bench_measured *ours, const struct bench_measured *peer,
                       const struct bench_measured *roof, cJSON *json) {
    char product[32], text[32] = "-", share[32] = "-";
    snprintf(product, sizeof product, "%zux%zux%zu", row->m, row->n, row->k);
    if (peer) snprintf(text, sizeof text, "%.2f", peer->ratio);
    if (roof) snprintf(share, sizeof share, "%.0f %%", 100 * roof->ratio);
    printf("%-16s %-6s %-6s %9.1f %-8s %8s %10s\n", product, row->a, row->w, ours->rate * 1e-9, row->cold ? "GB/s" : "GFLOP/s", text,
           share);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "product", product);
    cJSON_AddStringToObject(entry, "activations", row->a);
    cJSON_AddStringToObject(entry, "weights", row->w);
    cJSON_AddNumberToObject(entry, row->cold ? "gigabytes_per_second" : "gigaflops", ours->rate * 1e-9);
    if (peer) cJSON_AddNumberToObject(entry, "times_openblas", peer->ratio);
    if (roof) cJSON_AddNumberToObject(entry, "share_of_roof", roof->ratio);
    cJSON_AddItemToArray(json, entry);
}

/* `read`: the roof of rows that are bound by memory, or NULL. */
static bool measure_row(const struct row *row, struct bench_memory *read, cJSON *json) {
    const ffp8_isa isa = ffp8_active_isa();
    const size_t weights = row->n * row->k, copies = row->cold ? bench_cold_copies(weights * sizeof(float)) : 1;
    const struct bench_gemm_spec spec = {.isa = isa, .m = row->m, .n = row->n, .k = row->k, .a = row->a, .w = row->w, .cold = row->cold};
    struct bench_gemm *ours = bench_gemm_create(&spec);
    struct bench_sgemm *peer = bench_sgemm_create(row->m, row->n, row->k, copies, 1);
    struct bench_contender contenders[3];
    struct bench_measured measured[3];
    size_t count = 0, peer_at = 0, roof_at = 0;
    bool ok = ours != NULL;
    if (ok) {
        contenders[count++] = bench_gemm_contender(ours, row->cold);
        if (peer) {
            peer_at = count;
            contenders[count++] = (struct bench_contender){bench_sgemm_run, peer, contenders[0].work};
        }
        struct bench_contender roof = {0};
        if (!row->cold) roof = bench_roof_dot(isa, bench_gemm_dot(ours));
        if (row->cold && read) roof = bench_memory_contender(read);
        if (roof.run) {
            roof_at = count;
            contenders[count++] = roof;
        }
        ok = bench_measure(contenders, count, seconds_per_row, measured);
    }
    if (ok) report_row(row, &measured[0], peer_at ? &measured[peer_at] : NULL, roof_at ? &measured[roof_at] : NULL, json);
    bench_sgemm_free(peer);
    bench_gemm_free(ours);
    return ok;
}

void speed_report(cJSON *json) {
    bench_openblas_load(NULL, 1);
    struct bench_memory *read = bench_memory_create(BENCH_READ, BENCH_COLD_BYTES, 0, NULL);
    cJSON *array = cJSON_AddArrayToObject(json, "speed");
    printf("\nMatrix products, one thread, weights packed before; in turn with OpenBLAS sgemm and sgemv (core: %s)\n",
           bench_openblas_core());
    printf("%-16s %-6s %-6s %18s %8s %10s\n", "product", "A", "W", "", "x sgemm", "of roof");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!measure_row(&rows[i], read, array)) printf("out of memory, or a call failed\n");
    }
    printf("The roof is the dot instruction that the tier's kernels stand on, or (1 row, weights not in any cache) reading memory.\n");
    bench_memory_free(read);
}
