/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_main.c - ffp8-bench: every operator on every usable tier, and the libraries and roofs beside it
 */
#include <math.h>
#include <stdio.h>

#include "buffers.h"
#include "openblas.h"
#include "suite.h"

bool bench_tier(size_t i, ffp8_isa *isa) {
    size_t count = ffp8_isa_list(0, NULL), found = 0;
    for (size_t at = 0; at < count; at++) {
        ffp8_isa_list(at, isa);
        if (*isa != FFP8_ISA_GENERIC && ffp8_isa_supported(*isa) && found++ == i) return true;
    }
    return false;
}

/* The best of a few short runs. */
static double best_rate(const struct bench_contender *contender, size_t repeats) {
    double best = INFINITY;
    for (int round = 0; round < 4; round++) {
        double time = contender->run(contender->context, repeats);
        if (time < best) best = time;
    }
    return contender->work * (double)repeats / best;
}

double bench_dot_roof(ffp8_isa isa, enum bench_dot dot) {
    const struct bench_contender contender = bench_roof_dot(isa, dot);
    return contender.run ? best_rate(&contender, 50) : 0;
}

double bench_read_roof(bool cold) {
    static struct bench_memory *memory[2];
    if (!memory[cold]) memory[cold] = bench_memory_create(BENCH_READ, cold ? BENCH_COLD_BYTES : BENCH_L2_BYTES, 0, NULL);
    if (!memory[cold]) return 0;
    const struct bench_contender contender = bench_memory_contender(memory[cold]);
    return best_rate(&contender, cold ? 1 : 100);
}

void bench_time(struct ffp8_bench_state *state, const struct bench_contender *contender) {
    const double least = 2e-5; /* of a batch: asking the clock takes a contender a fraction of a microsecond */
    size_t batch = 1;
    double time = contender->run(contender->context, 1);
    while (time >= 0 && time < least) time = contender->run(contender->context, batch *= 2);
    if (time < 0) {
        ffp8_bench_skip(state, "the call failed");
        return;
    }
    while (ffp8_bench_keep_running(state, batch)) ffp8_bench_add_time(state, contender->run(contender->context, batch));
}

void *bench_keep(const void *key, void *(*create)(const void *key), void (*destroy)(void *kept)) {
    static struct {
        const void *key;
        void *object;
        void (*destroy)(void *kept);
    } kept;
    if (kept.key == key) return kept.object;
    if (kept.object) kept.destroy(kept.object);
    kept.key = key;
    kept.destroy = destroy;
    kept.object = create(key);
    return kept.object;
}

static void *create_peer(const void *key) { return bench_peer_create(key); }
static void free_peer(void *peer) { bench_peer_free(peer); }

void bench_time_peer(struct ffp8_bench_state *state, const struct bench_peer_spec *key) {
    struct bench_peer *peer = bench_keep(key, create_peer, free_peer);
    if (!peer) {
        ffp8_bench_skip(state, "the library is not here, or does not serve this");
        return;
    }
    const struct bench_contender contender = bench_peer_contender(peer, 1);
    ffp8_bench_set_label(state, bench_peer_name(peer));
    bench_time(state, &contender);
}

/* A roof as a benchmark of its own. */
static void run_dot(struct ffp8_bench_state *state, void *unused) {
    const ffp8_isa isa = (ffp8_isa)ffp8_bench_arg(state, 0);
    const enum bench_dot dot = (enum bench_dot)ffp8_bench_arg(state, 1);
    const struct bench_contender contender = bench_roof_dot(isa, dot);
    (void)unused;
    ffp8_bench_set_label(state, bench_roof_dot_name(isa, dot));
    ffp8_bench_set_flops(state, contender.work);
    bench_time(state, &contender);
}

static void *create_read(const void *key) { return bench_memory_create(BENCH_READ, *(const size_t *)key, 0, NULL); }
static void free_read(void *memory) { bench_memory_free(memory); }

static void run_read(struct ffp8_bench_state *state, void *bytes) {
    struct bench_memory *memory = bench_keep(bytes, create_read, free_read);
    if (!memory) {
        ffp8_bench_skip(state, "out of memory");
        return;
    }
    const struct bench_contender contender = bench_memory_contender(memory);
    ffp8_bench_set_bytes(state, contender.work);
    bench_time(state, &contender);
}

static void register_roofs(void) {
    static const char *const names[] = {"f32", "bf16", "i16", "i8"};
    static size_t cold = BENCH_COLD_BYTES, hot = BENCH_L2_BYTES;
    ffp8_isa isa;
    for (size_t tier = 0; bench_tier(tier, &isa); tier++) {
        for (int dot = BENCH_DOT_F32; dot <= BENCH_DOT_I8; dot++) {
            char name[64];
            if (!bench_roof_dot(isa, (enum bench_dot)dot).run) continue;
            snprintf(name, sizeof name, "roof/%s/%s", names[dot], ffp8_isa_name(isa));
            ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run_dot, .args = {isa, dot}});
        }
    }
    ffp8_bench_register("roof/read/cold", &(struct ffp8_bench_def){.run = run_read, .user_data = &cold});
    ffp8_bench_register("roof/read/l2", &(struct ffp8_bench_def){.run = run_read, .user_data = &hot});
}

int main(int argc, char **argv) {
    bench_peers_start();
    bench_pin(bench_reserve_core());
    ffp8_bench_context("tier", ffp8_isa_name(ffp8_active_isa()));
    ffp8_bench_context("openblas_core", bench_openblas_core());
    register_roofs();
    bench_register_convert();
    bench_register_gemm();
    bench_register_gemv();
    bench_register_conv();
    return ffp8_bench_main(argc, argv);
}
