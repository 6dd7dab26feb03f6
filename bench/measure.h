/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.h - speeds of several contenders, taken in turns, so that a busy machine is equally unkind to all of them
 */
#ifndef FFP8_BENCH_MEASURE_H
#define FFP8_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

/* Seconds of a clock. Of work on one thread: the time that the calling thread has had on a core, which other programs on a busy machine cannot
 * lengthen. Of work on several threads: real time. */
double bench_clock(bool one_thread);

/* The core that this thread runs on, for bench_pin; -1: unknown. Threads that are started before it keep off that core, where there are several: a thread
 * that is woken on the core of one that waits for it would wait for the end of its time slice. */
int bench_reserve_core(void);
/* This thread stays on the core. */
bool bench_pin(int core);

/* Does the work `repeats` times and returns the seconds that it took; negative: it failed. */
typedef double bench_run(void *context, size_t repeats);

struct bench_contender {
    bench_run *run;
    void *context;
    double work; /* of one run, in the unit whose rate is wanted: operations or bytes */
};

struct bench_measured {
    double rate;  /* work per second: the median over rounds */
    double ratio; /* the first contender's rate to this one's: the median over rounds of both rates in the same round */
};

enum { BENCH_MOST_CONTENDERS = 8 };

/* For about `seconds` of real time gives each contender a short slice in turn. False: one of them failed. */
bool bench_measure(const struct bench_contender *contenders, size_t count, double seconds, struct bench_measured *measured);

#endif
