/* SPDX-License-Identifier: Apache-2.0
 *
 * exhaustive_encode.c - encodes all 2^32 floats on every usable tier
 *
 * Rounding is monotone, so the codes of all positive floats in the order of their bits are a few hundred runs of equal codes, and those
 * of the negative ones as well. MPFR finds the runs' ends by bisection; every float's code is then compared with its run. Stochastic
 * rounding has no runs: there the other tiers are compared with generic.
 *
 * usage: ffp8-exhaustive [--threads N] [--tier NAME] [--rounding 0..3] [--blocks N] [FORMAT ...]
 * --blocks: only so many of the 65536 blocks of 65536 floats, evenly spread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/lut.h"
#include "dispatch/select.h"
#include "kernels/kernel_util.h"
#include "oracle_mpfr.h"

enum { BLOCK = 65536, BLOCKS = 65536, MAX_RUNS = 1200, MAX_TIERS = 16, MAX_THREADS = 256 };

static const char *const default_formats[] = {
    "e4m3fn",        "e5m2",           "e4m3fnuz",        "e5m2fnuz",        "e3m4fn",        "binary8p4se", "binary8p3uf",
    "ffp8:s1x4y3b7", "ffp8:s1x3y4b3",  "ffp8:s1x2y5b1",   "ffp8:s0x3y5b3",   "ffp8:s0x4y4b7", "int8",        "uint8",
    "ffp8:s1x0y7b0", "ffp8:s1x7y0b63", "ffp8:s1x4y3b127", "ffp8:s1x4y3b140", "e8m0",          "hfp8",
};

struct run {
    uint32_t first; /* bits of its first float */
    uint8_t code;
};

struct job {
    const char *name;
    struct ffp8_encoder encoder;
    struct run runs[MAX_RUNS];
    size_t run_count;
    size_t step; /* between blocks */
    const struct ffp8_kernels *tiers[MAX_TIERS];
    size_t tier_count;
    atomic_size_t next_block;
    atomic_size_t failures;
};

/* ---------------------------------------------------------------------------------------------------------------
 * Runs
 */
static void add_run(struct job *job, uint32_t first, uint8_t code) {
    if (job->run_count > 0 && job->runs[job->run_count - 1].code == code) return;
    if (job->run_count == MAX_RUNS) {
        fprintf(stderr, "more runs than a monotone encoding has\n");
        exit(1);
    }
    job->runs[job->run_count++] = (struct run){first, code};
}

/* Runs that begin after `low` and not after `high`, whose codes are known. */
static void bisect(struct job *job, const struct oracle *oracle, uint32_t low, uint8_t low_code, uint32_t high, uint8_t high_code) {
    if (low_code == high_code) return;
    if (high - low == 1) {
        add_run(job, high, high_code);
        return;
    }
    uint32_t middle = low + (high - low) / 2;
    uint8_t code = oracle_encode(oracle, ffp8_float(middle), 0);
    bisect(job, oracle, low, low_code, middle, code);
    bisect(job, oracle, middle, code, high, high_code);
}

static void find_runs(struct job *job, const struct oracle *oracle) {
    job->run_count = 0;
    for (uint32_t sign = 0; sign < 2; sign++) {
        uint32_t zero = sign << 31, largest = zero | 0x7F7FFFFF, inf = zero | 0x7F800000;
        uint8_t first = oracle_encode(oracle, ffp8_float(zero), 0), last = oracle_encode(oracle, ffp8_float(largest), 0);
        add_run(job, zero, first);
        bisect(job, oracle, zero, first, largest, last);
        add_run(job, inf, oracle_encode(oracle, ffp8_float(inf), 0));
        add_run(job, inf + 1, oracle_encode(oracle, ffp8_float(inf + 1), 0));
    }
}

static void fill_expected(const struct job *job, uint32_t first, uint8_t codes[BLOCK]) {
    size_t low = 0, high = job->run_count; /* the last run that begins at or before `first` */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (job->runs[middle].first <= first)
            low = middle;
        else
            high = middle;
    }
    for (uint32_t i = 0; i < BLOCK; low++) {
        uint32_t left = BLOCK - i, end = low + 1 < job->run_count ? job->runs[low + 1].first - (first + i) : left;
        uint32_t length = end < left ? end : left;
        memset(codes + i, job->runs[low].code, length);
        i += length;
    }
}

/* ---------------------------------------------------------------------------------------------------------------
 * Blocks
 */
static void encode_block(const struct job *job, const struct ffp8_kernels *tier, const float *src, uint8_t *codes, uint64_t index) {
    ffp8_encode_of(tier, &job->encoder)(src, codes, BLOCK, &job->encoder, index);
}

static void *work(void *argument) {
    struct job *job = argument;
    static _Thread_local float src[BLOCK];
    static _Thread_local uint8_t codes[BLOCK], expected[BLOCK];
    for (size_t block; (block = atomic_fetch_add(&job->next_block, job->step)) < BLOCKS;) {
        uint32_t first = (uint32_t)block * BLOCK;
        for (uint32_t i = 0; i < BLOCK; i++) src[i] = ffp8_float(first + i);
        if (job->encoder.rounding == FFP8_ROUND_STOCHASTIC)
            encode_block(job, &ffp8_kernels_generic, src, expected, first);
        else
            fill_expected(job, first, expected);
        for (size_t t = 0; t < job->tier_count; t++) {
            encode_block(job, job->tiers[t], src, codes, first);
            if (memcmp(codes, expected, BLOCK) == 0) continue;
            uint32_t i = 0;
            while (codes[i] == expected[i]) i++;
            if (atomic_fetch_add(&job->failures, 1) < 10)
                printf("%s rounding %d on %s: 0x%08x (%a) gives 0x%02x, not 0x%02x\n", job->name, (int)job->encoder.rounding,
                       job->tiers[t]->name, first + i, (double)src[i], codes[i], expected[i]);
        }
    }
    return NULL;
}

static size_t check_format(struct job *job, const char *name, ffp8_rounding rounding, unsigned threads) {
    ffp8_format format;
    if (ffp8_format_from_name(name, &format) != FFP8_OK) {
        fprintf(stderr, "no such format: %s\n", name);
        exit(2);
    }
    ffp8_encoding how = {.rounding = rounding, .overflow = FFP8_OVERFLOW_SPECIAL, .seed = 1};
    job->name = name;
    ffp8_encoder_init(&job->encoder, &format, 1, &how);
    atomic_store(&job->next_block, 0);
    atomic_store(&job->failures, 0);
    if (rounding != FFP8_ROUND_STOCHASTIC) {
        struct oracle oracle;
        oracle_init(&oracle, &format, &how);
        find_runs(job, &oracle);
    }
    pthread_t thread[MAX_THREADS];
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, job) == 0) started++;
    work(job);
    while (started > 0) pthread_join(thread[--started], NULL);
    size_t failures = atomic_load(&job->failures);
    printf("%-18s rounding %d: %zu runs, %zu tiers, %s\n", name, (int)rounding, rounding == FFP8_ROUND_STOCHASTIC ? 0 : job->run_count,
           job->tier_count, failures ? "FAILED" : "equal");
    fflush(stdout);
    return failures;
}

static unsigned long number(const char *text, unsigned long least, unsigned long most) {
    char *end;
    unsigned long value = text ? strtoul(text, &end, 10) : 0;
    if (!text || *end || end == text || value < least || value > most) {
        fprintf(stderr, "expected a number from %lu to %lu\n", least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv) {
    static struct job job;
    unsigned threads = 1;
    int only_rounding = -1, i = 1;
    const char *only_tier = NULL;
    job.step = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--threads") == 0)
            threads = (unsigned)number(argv[i + 1], 1, MAX_THREADS);
        else if (strcmp(argv[i], "--rounding") == 0)
            only_rounding = (int)number(argv[i + 1], 0, 3);
        else if (strcmp(argv[i], "--blocks") == 0)
            job.step = BLOCKS / number(argv[i + 1], 1, BLOCKS);
        else if (strcmp(argv[i], "--tier") == 0 && argv[i + 1])
            only_tier = argv[i + 1];
        else {
            fprintf(stderr, "usage: ffp8-exhaustive [--threads N] [--tier NAME] [--rounding 0..3] [--blocks N] [FORMAT ...]\n");
            return 2;
        }
    }
    const struct ffp8_kernels *tier;
    for (size_t t = 0; (tier = ffp8_kernels_list(t)) && job.tier_count < MAX_TIERS; t++)
        if (ffp8_kernels_usable(tier) && (!only_tier || strcmp(only_tier, tier->name) == 0)) job.tiers[job.tier_count++] = tier;
    if (job.tier_count == 0) {
        fprintf(stderr, "no usable tier%s%s\n", only_tier ? ": " : "", only_tier ? only_tier : "");
        return 2;
    }

    const char *const *names = i < argc ? (const char *const *)argv + i : default_formats;
    size_t count = i < argc ? (size_t)(argc - i) : sizeof default_formats / sizeof *default_formats, failures = 0;
    for (size_t f = 0; f < count; f++)
        for (int rounding = 0; rounding <= FFP8_ROUND_STOCHASTIC; rounding++)
            if (only_rounding < 0 || rounding == only_rounding) failures += check_format(&job, names[f], (ffp8_rounding)rounding, threads);
    return failures ? 1 : 0;
}
