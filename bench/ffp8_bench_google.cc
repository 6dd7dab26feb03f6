/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8_bench_google.cc - ffp8_bench.h on Google Benchmark. The C++ ends here.
 */
#include "ffp8_bench.h"

#include <benchmark/benchmark.h>
#include <ctime>
#include <string>
#include <vector>

/* State's own loop counts the time of what is between its first and its last call; so does this, for the columns that Google Benchmark
 * would show with a unit of its own. */
struct ffp8_bench_state {
    benchmark::State *google;
    const ffp8_bench_def *def;
    double start = -1, seconds = 0;
    double flops = 0, weight_bytes = 0, bytes = 0, roof_work = 0, roof = 0;
};

static double processor_seconds() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool ffp8_bench_keep_running(ffp8_bench_state *state, size_t batch) {
    bool more = state->google->KeepRunningBatch((benchmark::IterationCount)batch);
    if (state->start < 0) state->start = processor_seconds();
    if (!more) state->seconds = processor_seconds() - state->start;
    return more;
}

int64_t ffp8_bench_arg(const ffp8_bench_state *state, size_t i) { return i < FFP8_BENCH_MOST_ARGS ? state->def->args[i] : 0; }
void ffp8_bench_set_flops(ffp8_bench_state *state, double flops) { state->flops = flops; }
void ffp8_bench_set_weight_bytes(ffp8_bench_state *state, double bytes) { state->weight_bytes = bytes; }
void ffp8_bench_set_bytes(ffp8_bench_state *state, double bytes) { state->bytes = bytes; }
void ffp8_bench_set_label(ffp8_bench_state *state, const char *label) { state->google->SetLabel(label); }
void ffp8_bench_skip(ffp8_bench_state *state, const char *why) { state->google->SkipWithError(why); }

void ffp8_bench_set_roof(ffp8_bench_state *state, double work, double per_second) {
    state->roof_work = work;
    state->roof = per_second;
}

static void add_columns(const ffp8_bench_state &state) {
    const double per_second = state.seconds > 0 ? (double)state.google->iterations() / state.seconds : 0;
    auto &columns = state.google->counters;
    if (state.flops > 0) columns["GFLOP/s"] = state.flops * per_second * 1e-9;
    if (state.weight_bytes > 0) columns["weight_GB/s"] = state.weight_bytes * per_second * 1e-9;
    if (state.bytes > 0) columns["GB/s"] = state.bytes * per_second * 1e-9;
    if (state.roof > 0) columns["of_roof"] = 100 * state.roof_work * per_second / state.roof;
}

void ffp8_bench_register(const char *name, const ffp8_bench_def *def) {
    benchmark::RegisterBenchmark(name, [copy = *def](benchmark::State &google) {
        ffp8_bench_state state;
        state.google = &google;
        state.def = &copy;
        copy.run(&state, copy.user_data);
        add_columns(state);
    });
}

void ffp8_bench_context(const char *key, const char *value) { benchmark::AddCustomContext(key, value); }

int ffp8_bench_main(int argc, char **argv) {
    /* Hundreds of lines in a few minutes, in a table, unless the options that follow say otherwise. */
    static char quick[] = "--benchmark_min_time=0.05", table[] = "--benchmark_counters_tabular=true";
    std::vector<char *> args{argv[0], quick, table};
    args.insert(args.end(), argv + 1, argv + argc);
    int count = (int)args.size();
    args.push_back(nullptr);
    benchmark::Initialize(&count, args.data());
    if (benchmark::ReportUnrecognizedArguments(count, args.data())) return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
