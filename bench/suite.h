/* SPDX-License-Identifier: Apache-2.0
 *
 * suite.h - what the files of ffp8-bench share
 */
#ifndef FFP8_BENCH_SUITE_H
#define FFP8_BENCH_SUITE_H

#include "ffp8_bench.h"
#include "gemm_case.h"
#include "peers.h"

/* Each registers its benchmarks. */
void bench_register_convert(void);
void bench_register_gemm(void);
void bench_register_gemv(void);
void bench_register_conv(void);

/* Registers one case: gemm/e4m3xe4m3/avx512bf16/M:512/N:512/K:512, gemv/bf16xe4m3/avx2/N:4096/K:4096/cold; and of another library:
 * gemm/openblas_sgemm/M:512/N:512/K:512. */
void bench_add_gemm(const struct bench_gemm_spec *spec);
void bench_add_gemm_peer(const char *name, enum bench_peer_kind kind, size_t m, size_t n, size_t k, bool cold);
/* Times a peer in the state's loop; key as for bench_keep. */
void bench_time_peer(struct ffp8_bench_state *state, const struct bench_peer_spec *key);

/* The i-th tier that is compiled in, usable and fast enough to be timed (generic is not); false from the count on. */
bool bench_tier(size_t i, ffp8_isa *isa);

/* Roofs, measured as this is called: per second, 0 where there is none. */
double bench_dot_roof(ffp8_isa isa, enum bench_dot dot);
double bench_read_roof(bool cold);

/* Times a contender in the state's loop. */
void bench_time(struct ffp8_bench_state *state, const struct bench_contender *contender);

/* Google Benchmark calls a benchmark several times to find its number of iterations. What it needs is created once and kept until another one
 * asks: create(key) gives it, destroy takes it. */
void *bench_keep(const void *key, void *(*create)(const void *key), void (*destroy)(void *kept));

#endif
