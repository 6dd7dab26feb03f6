/* SPDX-License-Identifier: Apache-2.0
 *
 * targets.h - speed goals: one line for each, with what was measured, what was asked, and `pass` or `short`
 *
 * A goal's first contender is ours. The others, measured in turn with it, are what it is held against: each has the least ratio that ours must
 * reach, or 0 where the ratio is only shown.
 */
#ifndef FFP8_BENCH_TARGETS_H
#define FFP8_BENCH_TARGETS_H

#include "conv_case.h"
#include "convert_case.h"
#include "gemm_case.h"
#include "peers.h"

enum { TARGET_MOST_OWNED = 8 };

struct target {
    int row;
    char what[96];
    struct bench_contender contenders[BENCH_MOST_CONTENDERS];
    char names[BENCH_MOST_CONTENDERS][80];
    double least[BENCH_MOST_CONTENDERS];
    size_t count;
    const char *unit; /* of the rate that is printed, and how much of it that is; 1e9 operations or bytes a second unless changed */
    double unit_size;
    bool best_counts;    /* the goal is the least of what roofs allow: the best of their ratios must reach it */
    const char *missing; /* why it cannot be measured */
    bool elsewhere;      /* missing for want of another machine, which is no failure */
    struct {
        void (*free)(void *object);
        void *object;
    } owned[TARGET_MOST_OWNED];
    size_t owned_count;
};

/* Options: --row=N (again for more rows), --seconds=S for each line. Starts the peers, the pool of two threads, and pins the thread. False: the
 * program ends with *status. */
bool targets_start(int argc, char **argv, const char *program, int *status);
/* Whether a row was chosen. */
bool targets_row(int row);
/* One and two threads of the same pool, both timed in real time. */
extern ffp8_threads targets_one_thread, targets_two_threads;
/* Prints the sum of all; the exit status. */
int targets_finish(void);

/* One line: begin, its name into `what`, ours first, what it is held against, end. After a failure the rest is skipped and the line says why. */
void target_begin(struct target *target, int row);
/* A contender that lives as long as the line; run == NULL: it is not here. */
void target_add(struct target *target, const char *name, struct bench_contender contender, double least);
void target_own(struct target *target, void *object, void (*free)(void *object));
void target_gemm(struct target *target, const char *name, const struct bench_gemm_spec *spec, bool bytes, double least);
void target_conv(struct target *target, const char *name, const struct bench_conv_spec *spec, double least);
void target_convert(struct target *target, const char *name, const struct bench_convert_spec *spec, double least);
void target_peer(struct target *target, const struct bench_peer_spec *spec, double work, double least);
void target_dot(struct target *target, ffp8_isa isa, enum bench_dot dot, double least);
/* Of contender 0's work. */
void target_memory(struct target *target, const char *name, enum bench_traffic traffic, size_t source, size_t target_bytes,
                   const ffp8_threads *threads, double scale, double least);
void target_end(struct target *target);

/* A line that needs no timing: a ratio to `than`, which must be at most `most`, and where it comes from. */
void target_at_most(int row, const char *what, const char *figures, const char *than, double ratio, double most);

/* A whole row that cannot be measured here. */
void target_elsewhere(int row, const char *what, const char *why);

#endif
