/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8_bench.h - Google Benchmark for C: ffp8_bench_google.cc is what stands behind it
 */
#ifndef FFP8_BENCH_H
#define FFP8_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A running benchmark. */
struct ffp8_bench_state;

/* Called in a loop that does `batch` pieces of work in each turn; false: stop. */
bool ffp8_bench_keep_running(struct ffp8_bench_state *state, size_t batch);
/* The time that this turn took: a piece of work may be done in another process, which alone knows. */
void ffp8_bench_add_time(struct ffp8_bench_state *state, double seconds);
/* Argument i of the benchmark's definition. */
int64_t ffp8_bench_arg(const struct ffp8_bench_state *state, size_t i);

/* What one piece of work does: columns GFLOP/s, weight_GB/s and GB/s. Rates are of the times added. */
void ffp8_bench_set_flops(struct ffp8_bench_state *state, double flops);
void ffp8_bench_set_weight_bytes(struct ffp8_bench_state *state, double bytes);
void ffp8_bench_set_bytes(struct ffp8_bench_state *state, double bytes);
/* Column of_roof, in percent: what one piece of work does against what the machine could do in a second, in the same unit. */
void ffp8_bench_set_roof(struct ffp8_bench_state *state, double work, double per_second);
/* Text at the end of the line. */
void ffp8_bench_set_label(struct ffp8_bench_state *state, const char *label);
/* This benchmark cannot run here. The loop must not be entered. */
void ffp8_bench_skip(struct ffp8_bench_state *state, const char *why);

/* What a name says to a reader need not be parsed: arguments are numbers of their own, and user_data anything. */
enum { FFP8_BENCH_MOST_ARGS = 6 };
struct ffp8_bench_def {
    void (*run)(struct ffp8_bench_state *state, void *user_data);
    void *user_data;
    int64_t args[FFP8_BENCH_MOST_ARGS];
};
/* The definition is copied. */
void ffp8_bench_register(const char *name, const struct ffp8_bench_def *def);

/* A line in the report's head. */
void ffp8_bench_context(const char *key, const char *value);
/* Takes Google Benchmark's options out of argv and runs what is registered and matches them; the exit status. */
int ffp8_bench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
