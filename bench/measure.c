/* SPDX-License-Identifier: Apache-2.0
 *
 * measure.c - interleaved timing: see measure.h
 */
#define _GNU_SOURCE /* sched_getcpu and the CPU sets */
#include "measure.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum { LEAST_ROUNDS = 3, MOST_ROUNDS = 999 };
static const double slice_seconds = 0.01; /* long enough that a contender finds its data in the caches again for most of it */

double bench_clock(bool one_thread) {
    struct timespec t;
    clock_gettime(one_thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int bench_reserve_core(void) {
    cpu_set_t set;
    const int core = sched_getcpu();
    if (core < 0 || sched_getaffinity(0, sizeof set, &set) != 0) return -1;
    CPU_CLR((size_t)core, &set);
    if (CPU_COUNT(&set) > 0) sched_setaffinity(0, sizeof set, &set);
    return core;
}

bool bench_pin(int core) {
    cpu_set_t set;
    if (core < 0) return false;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n) {
    qsort(x, n, sizeof *x, ascending);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Runs that fill a slice. The first run warms up; the count grows until its time can be trusted. */
static size_t calibrate(const struct bench_contender *c) {
    double time = c->run(c->context, 1);
    for (size_t repeats = 1; time >= 0; repeats *= 4) {
        time = c->run(c->context, repeats);
        if (time > slice_seconds / 4) {
            double fit = slice_seconds * (double)repeats / time;
            return fit < 1 ? 1 : (size_t)fit;
        }
    }
    return 0;
}

bool bench_measure(const struct bench_contender *contenders, size_t count, double seconds, struct bench_measured *measured) {
    static double rates[BENCH_MOST_CONTENDERS][MOST_ROUNDS], ratios[MOST_ROUNDS];
    size_t repeats[BENCH_MOST_CONTENDERS], rounds = 0;
    for (size_t i = 0; i < count; i++) {
        repeats[i] = calibrate(&contenders[i]);
        if (repeats[i] == 0) return false;
    }
    double end = bench_clock(false) + seconds;
    do {
        for (size_t i = 0; i < count; i++) {
            size_t turn = (i + rounds) % count; /* nobody always follows the same one */
            const struct bench_contender *c = &contenders[turn];
            double time = c->run(c->context, repeats[turn]);
            if (time <= 0) return false;
            rates[turn][rounds] = c->work * (double)repeats[turn] / time;
        }
        rounds++;
    } while (rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || bench_clock(false) < end));
    for (size_t i = count; i-- > 0;) { /* the first one last: median sorts its rates */
        for (size_t r = 0; r < rounds; r++) ratios[r] = rates[0][r] / rates[i][r];
        measured[i].ratio = median(ratios, rounds);
        measured[i].rate = median(rates[i], rounds);
    }
    return true;
}
