/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8_bench_google.cc - ffp8_bench.h on Google Benchmark. The C++ ends here.
 */
#include "ffp8_bench.h"

#include <benchmark/benchmark.h>
#include <vector>

/* Rates are worked out here: Google Benchmark would show them with a unit of its own. */
struct ffp8_bench_state {
    benchmark::State *google;
    const ffp8_bench_def *def;
    double seconds = 0;
    double flops = 0, weight_bytes = 0, bytes = 0, roof_work = 0, roof = 0;
};

bool ffp8_bench_keep_running(ffp8_bench_state *state, size_t batch) {
    return state->google->KeepRunningBatch((benchmark::IterationCount)batch);
}

void ffp8_bench_add_time(ffp8_bench_state *state, double seconds) {
    state->google->SetIterationTime(seconds);
    state->seconds += seconds;
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
    auto *registered = benchmark::RegisterBenchmark(name, [copy = *def](benchmark::State &google) {
        ffp8_bench_state state;
        state.google = &google;
        state.def = &copy;
        copy.run(&state, copy.user_data);
        add_columns(state);
    });
    registered->UseManualTime();
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
