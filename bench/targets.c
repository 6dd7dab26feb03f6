/* SPDX-License-Identifier: Apache-2.0
 *
 * targets.c - see targets.h
 */
#include "targets.h"

#include <argtable2.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffp8/pthreadpool.h"
#include "openblas.h"

enum { LAST_ROW = 31 };

ffp8_threads targets_one_thread, targets_two_threads;

static uint32_t rows_chosen; /* bit i: row i; 0: all */
static double seconds_per_line = 1;
static size_t passed, fell_short, elsewhere, not_measured;

/* The rows and seconds that the command line asks for. False: the program ends with *status. */
static bool read_options(int argc, char **argv, const char *program, int *status) {
    struct arg_int *row = arg_intn(NULL, "row", "N", 0, LAST_ROW, "only this row of goals; may be given again");
    struct arg_dbl *seconds = arg_dbl0(NULL, "seconds", "S", "for each line (default 1)");
    struct arg_lit *help = arg_lit0("h", "help", "this text");
    struct arg_end *end = arg_end(20);
    void *table[] = {row, seconds, help, end};
    *status = 2;
    if (arg_nullcheck(table)) return false;
    bool good = arg_parse(argc, argv, table) == 0;
    for (int i = 0; good && i < row->count; i++) {
        good = row->ival[i] >= 1 && row->ival[i] <= LAST_ROW;
        if (good) rows_chosen |= 1u << row->ival[i];
    }
    if (good && seconds->count) seconds_per_line = seconds->dval[0];
    good = good && seconds_per_line > 0;
    if (help->count || !good) {
        FILE *out = help->count ? stdout : stderr;
        fprintf(out, "usage: %s", program);
        arg_print_syntax(out, table, "\n");
        arg_print_glossary(out, table, "  %-14s %s\n");
        fprintf(out,
                "Says of each speed goal whether it is met: our rate, then how many times that of what it is held against (and what was\n"
                "asked), then pass or short. Leave the machine alone while it runs: what one thread does is timed in processor time, but\n"
                "caches and memory are shared. Exit status: 0 if none that this machine can show is short, 1 if one is or could not be\n"
                "measured, 2 on misuse.\n");
        if (help->count) *status = 0;
        good = false;
    }
    arg_freetable(table, sizeof table / sizeof *table);
    return good;
}

bool targets_start(int argc, char **argv, const char *program, int *status) {
    if (!read_options(argc, argv, program, status)) return false;
    bench_peers_start();
    const int core = bench_reserve_core();
    targets_two_threads = ffp8_threads_from_pthreadpool(pthreadpool_create(2));
    targets_one_thread = (ffp8_threads){.parallel_for = targets_two_threads.parallel_for, .pool = NULL, .threads = 1};
    bench_pin(core);
    printf("tier %s; OpenBLAS core %s\n", ffp8_isa_name(ffp8_active_isa()), bench_openblas_core());
    return true;
}

bool targets_row(int row) { return rows_chosen == 0 || (rows_chosen >> row & 1); }

int targets_finish(void) {
    printf("%zu pass, %zu short, %zu not measured, %zu not here\n", passed, fell_short, not_measured, elsewhere);
    return fell_short || not_measured ? 1 : 0;
}

void target_begin(struct target *target, int row) {
    memset(target, 0, sizeof *target);
    target->row = row;
    target->unit = "G/s";
    target->unit_size = 1e9;
}

void target_own(struct target *target, void *object, void (*free_object)(void *object)) {
    target->owned[target->owned_count].free = free_object;
    target->owned[target->owned_count++].object = object;
}

void target_add(struct target *target, const char *name, struct bench_contender contender, double least) {
    if (target->missing) return;
    if (!contender.run) {
        target->missing = "a contender is not here";
        return;
    }
    target->contenders[target->count] = contender;
    target->least[target->count] = least;
    snprintf(target->names[target->count++], sizeof target->names[0], "%s", name);
}

/* The tier that ours is to run on. */
static bool need_tier(struct target *target, ffp8_isa isa) {
    if (target->missing) return false;
    target->elsewhere = !ffp8_isa_supported(isa);
    if (target->elsewhere) target->missing = "the tier is not usable on this CPU, or not compiled in";
    return !target->elsewhere;
}

static void free_gemm(void *gemm) { bench_gemm_free(gemm); }
static void free_conv(void *conv) { bench_conv_free(conv); }
static void free_convert(void *convert) { bench_convert_free(convert); }
static void free_peer(void *peer) { bench_peer_free(peer); }
static void free_memory(void *memory) { bench_memory_free(memory); }

void target_gemm(struct target *target, const char *name, const struct bench_gemm_spec *spec, bool bytes, double least) {
    if (!need_tier(target, spec->isa)) return;
    struct bench_gemm *gemm = bench_gemm_create(spec);
    target_own(target, gemm, free_gemm);
    if (gemm)
        target_add(target, name, bench_gemm_contender(gemm, bytes), least);
    else
        target->missing = "out of memory, or the library refuses it";
}

void target_conv(struct target *target, const char *name, const struct bench_conv_spec *spec, double least) {
    if (!need_tier(target, spec->isa)) return;
    struct bench_conv *conv = bench_conv_create(spec);
    target_own(target, conv, free_conv);
    if (conv)
        target_add(target, name, bench_conv_contender(conv), least);
    else
        target->missing = "out of memory, or the library refuses it";
}

void target_convert(struct target *target, const char *name, const struct bench_convert_spec *spec, double least) {
    if (!need_tier(target, spec->isa)) return;
    struct bench_convert *convert = bench_convert_create(spec);
    target_own(target, convert, free_convert);
    if (convert)
        target_add(target, name, bench_convert_contender(convert), least);
    else
        target->missing = "out of memory, or the library refuses it";
}

void target_peer(struct target *target, const struct bench_peer_spec *spec, double work, double least) {
    if (target->missing) return;
    struct bench_peer *peer = bench_peer_create(spec);
    target_own(target, peer, free_peer);
    if (peer)
        target_add(target, bench_peer_name(peer), bench_peer_contender(peer, work), least);
    else
        target->missing = "a library to measure against is not here";
}

void target_dot(struct target *target, ffp8_isa isa, enum bench_dot dot, double least) {
    target_add(target, bench_roof_dot_name(isa, dot), bench_roof_dot(isa, dot), least);
}

void target_memory(struct target *target, const char *name, enum bench_traffic traffic, size_t source, size_t target_bytes,
                   const ffp8_threads *threads, double scale, double least) {
    if (target->missing) return;
    struct bench_memory *memory = bench_memory_create(traffic, source, target_bytes, threads);
    target_own(target, memory, free_memory);
    if (!memory) {
        target->missing = "out of memory";
        return;
    }
    struct bench_contender contender = bench_memory_contender(memory);
    contender.work *= scale;
    target_add(target, name, contender, least);
}

/* Whether each ratio, or the best of those asked for, reaches what was asked. */
static bool reached(const struct target *target, const struct bench_measured *measured) {
    bool all = true, any = false;
    for (size_t i = 1; i < target->count; i++) {
        if (target->least[i] == 0) continue;
        bool good = measured[i].ratio >= target->least[i];
        all &= good;
        any |= good;
    }
    return target->best_counts ? any : all;
}

/* The end of a line that was measured. */
static void count(bool pass) {
    printf("  %s\n", pass ? "pass" : "short");
    *(pass ? &passed : &fell_short) += 1;
}

void target_end(struct target *target) {
    struct bench_measured measured[BENCH_MOST_CONTENDERS] = {0};
    if (!target->missing && !bench_measure(target->contenders, target->count, seconds_per_line, measured))
        target->missing = "a call failed";
    printf("%2d  %-56s ", target->row, target->what);
    if (target->missing) {
        printf("%s: %s\n", target->elsewhere ? "not here" : "not measured", target->missing);
        *(target->elsewhere ? &elsewhere : &not_measured) += 1;
    } else {
        bool pass = reached(target, measured);
        printf("%8.2f %s", measured[0].rate / target->unit_size, target->unit);
        for (size_t i = 1; i < target->count; i++) {
            printf("  %.3f x %s", measured[i].ratio, target->names[i]);
            if (target->least[i] > 0) printf(" (%.2f)", target->least[i]);
        }
        count(pass);
    }
    fflush(stdout);
    for (size_t i = 0; i < target->owned_count; i++) {
        if (target->owned[i].object) target->owned[i].free(target->owned[i].object);
    }
}

void target_at_most(int row, const char *what, const char *figures, const char *than, double ratio, double most) {
    printf("%2d  %-56s %s  %.4f x %s (%.2f)", row, what, figures, ratio, than, most);
    count(ratio <= most);
}

void target_elsewhere(int row, const char *what, const char *why) {
    printf("%2d  %-56s not here: %s\n", row, what, why);
    elsewhere++;
}
