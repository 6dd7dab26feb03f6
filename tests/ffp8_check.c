/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8_check.c - the command ffp8-check: are the kernels right on this machine?
 *
 * Walks all compiled-in tiers and says of each whether this CPU has it, and whether its kernels pass. Free of any test framework, so that it runs
 * under emulators and valgrind. Exit status: 0 all that ran passed; 1 a kernel failed, an expected tier was skipped, or nothing ran; 2 usage.
 */
#include <argtable2.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "dispatch/cpu.h"

enum { PASSED = 0, FAILED = 1, USAGE = 2, MOST_NAMES = 32 };

struct options {
    struct arg_str *isa, *kernel, *seed;
    struct arg_int *repeat;
    struct arg_lit *list, *json, *quiet, *help;
};

struct totals {
    bool failed;
    size_t ran;
    cJSON *tiers; /* NULL: text */
};

static bool tier_wanted(const struct options *o, const char *name) {
    for (int i = 0; i < o->isa->count; i++)
        if (!strcmp(o->isa->sval[i], name)) return true;
    return o->isa->count == 0;
}

/* "dot" stands for all of dot.i8 .. dot.f32. */
static bool names_slot(const char *wanted, const char *slot) {
    const size_t length = strlen(wanted);
    return !strncmp(wanted, slot, length) && (slot[length] == 0 || slot[length] == '.');
}

static bool slot_wanted(const struct options *o, const char *name) {
    for (int i = 0; i < o->kernel->count; i++)
        if (names_slot(o->kernel->sval[i], name)) return true;
    return o->kernel->count == 0;
}

/* NULL, or the first name that means nothing. */
static const char *unknown_name(const struct options *o) {
    ffp8_isa isa;
    for (int i = 0; i < o->isa->count; i++)
        if (ffp8_isa_from_name(o->isa->sval[i], &isa) != FFP8_OK) return o->isa->sval[i];
    for (int i = 0; i < o->kernel->count; i++) {
        bool found = false;
        for (size_t s = 0; s < check_slot_count(); s++) found = found || names_slot(o->kernel->sval[i], check_slot_at(s)->name);
        if (!found) return o->kernel->sval[i];
    }
    return NULL;
}

static void check_kernel(const struct options *o, const struct ffp8_kernels *kernels, const struct check_slot *slot, uint64_t seed,
                         struct totals *totals, bool *tier_failed, cJSON *list) {
    const struct ffp8_kernels *lower = check_inherited(kernels, slot);
    struct check_result sum = {.kind = CHECK_PASSED}, result;
    const int repeats = o->repeat->count ? o->repeat->ival[0] : 1;
    for (int i = 0; i < repeats && !lower && sum.kind == CHECK_PASSED; i++) {
        check_case(kernels, slot, seed + (uint64_t)i, &result);
        result.calls += sum.calls;
        result.comparisons += sum.comparisons;
        result.seconds += sum.seconds;
        if (sum.worst > result.worst) result.worst = sum.worst;
        sum = result;
        totals->ran++;
    }
    if (sum.kind != CHECK_PASSED) totals->failed = *tier_failed = true;
    if (list) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        cJSON_AddStringToObject(entry, "kernel", slot->name);
        cJSON_AddStringToObject(entry, "result", lower ? "inherited" : sum.kind == CHECK_PASSED ? "passed" : "failed");
        if (lower) {
            cJSON_AddStringToObject(entry, "from", lower->name);
            return;
        }
        cJSON_AddNumberToObject(entry, "calls", (double)sum.calls);
        cJSON_AddNumberToObject(entry, "comparisons", (double)sum.comparisons);
        cJSON_AddNumberToObject(entry, "worst_ratio", sum.worst);
        cJSON_AddNumberToObject(entry, "seconds", sum.seconds);
        if (sum.kind == CHECK_PASSED) return;
        cJSON_AddStringToObject(entry, "kind", check_kind_name(sum.kind));
        cJSON_AddStringToObject(entry, "message", sum.message);
    } else if (lower) {
        if (!o->quiet->count) printf("  %-14s as %s\n", slot->name, lower->name);
    } else if (sum.kind != CHECK_PASSED) {
        printf("  %-14s FAILED  %s\n", slot->name, sum.message);
    } else if (!o->quiet->count) {
        printf("  %-14s passed  %8" PRIu64 " calls %10" PRIu64 " values", slot->name, sum.calls, sum.comparisons);
        if (sum.worst > 0) printf("  worst error %.3f of the bound", sum.worst);
        printf("  %.2f s\n", sum.seconds);
    }
    fflush(stdout);
}

/* One tier that the build or the CPU may lack. */
static void check_tier(const struct options *o, ffp8_isa isa, uint64_t seed, struct totals *totals) {
    const struct ffp8_kernels *kernels = ffp8_kernels_of(isa);
    const char *name = ffp8_isa_name(isa);
    cJSON *entry = NULL;
    if (totals->tiers) {
        entry = cJSON_CreateObject();
        cJSON_AddItemToArray(totals->tiers, entry);
        cJSON_AddStringToObject(entry, "isa", name);
    }
    if (!kernels || !ffp8_kernels_usable(kernels)) {
        char why[256];
        if (ffp8_isa_explain(isa, why, sizeof why) != FFP8_OK) snprintf(why, sizeof why, "not usable");
        const bool expected = check_expected(name);
        if (expected) totals->failed = true;
        if (entry) {
            cJSON_AddStringToObject(entry, "result", expected ? "failed" : "skipped");
            cJSON_AddStringToObject(entry, "why", why);
        } else {
            printf("%s: %s: %s\n", name, expected ? "FAILED: expected by FFP8_EXPECT_ISA, but skipped" : "skipped", why);
        }
        return;
    }
    bool failed = false;
    cJSON *list = entry ? cJSON_AddArrayToObject(entry, "kernels") : NULL;
    if (!entry) printf("%s:\n", name);
    for (size_t s = 0; s < check_slot_count(); s++)
        if (slot_wanted(o, check_slot_at(s)->name)) check_kernel(o, kernels, check_slot_at(s), seed, totals, &failed, list);
    if (entry)
        cJSON_AddStringToObject(entry, "result", failed ? "failed" : "passed");
    else
        printf("%s: %s\n", name, failed ? "FAILED" : "passed");
}

static int run(const struct options *o, uint64_t seed) {
    char cpu[128], missing[64];
    ffp8_cpu_name(cpu, sizeof cpu);
    struct totals totals = {0};
    cJSON *root = NULL;
    if (o->json->count) {
        char text[32];
        snprintf(text, sizeof text, "%" PRIu64, seed); /* a JSON number would lose digits */
        root = cJSON_CreateObject();
        cJSON_AddStringToObject(root, "version", ffp8_version_string());
        cJSON_AddStringToObject(root, "cpu", cpu);
        cJSON_AddStringToObject(root, "seed", text);
        totals.tiers = cJSON_AddArrayToObject(root, "tiers");
    } else {
        printf("ffp8-check %s on %s, --seed=%" PRIu64 "\n", ffp8_version_string(), cpu, seed);
    }
    ffp8_isa isa;
    for (size_t i = 0; i < ffp8_isa_list(0, NULL); i++) {
        ffp8_isa_list(i, &isa);
        if (tier_wanted(o, ffp8_isa_name(isa))) check_tier(o, isa, seed, &totals);
    }
    const bool no_such_tier = check_expected_missing(missing, sizeof missing);
    if (no_such_tier || !totals.ran) totals.failed = true;
    if (root) {
        cJSON_AddStringToObject(root, "result", totals.failed ? "failed" : "passed");
        char *text = cJSON_Print(root);
        puts(text ? text : "{}");
        cJSON_free(text);
        cJSON_Delete(root);
    } else {
        if (no_such_tier) printf("FAILED: FFP8_EXPECT_ISA names %s, which is not compiled in\n", missing);
        if (!totals.ran) printf("FAILED: nothing was tested\n");
        printf("%s\n", totals.failed ? "FAILED" : "passed");
    }
    return totals.failed ? FAILED : PASSED;
}

static void print_list(void) {
    printf("tiers:  ");
    for (size_t i = 0; ffp8_kernels_list(i); i++) printf(" %s", ffp8_kernels_list(i)->name);
    printf("\nkernels:");
    for (size_t i = 0; i < check_slot_count(); i++) printf(" %s", check_slot_at(i)->name);
    printf("\n");
}

/* Parses all of the text as a number. */
static bool parse_seed(const char *text, uint64_t *seed) {
    char *end;
    *seed = strtoull(text, &end, 0);
    return *text && !*end;
}

int main(int argc, char **argv) {
    struct options o = {
        .isa = arg_strn(NULL, "isa", "TIER", 0, MOST_NAMES, "only this tier, e.g. avx2 (may be repeated)"),
        .kernel = arg_strn(NULL, "kernel", "NAME", 0, MOST_NAMES, "only this kernel, e.g. dot.i8, or all of dot (may be repeated)"),
        .seed = arg_str0(NULL, "seed", "NUMBER", "of the random data; default: FFP8_SEED, else the clock"),
        .repeat = arg_int0(NULL, "repeat", "N", "run each kernel with N seeds: NUMBER, NUMBER + 1, ..."),
        .list = arg_lit0(NULL, "list", "print the names of tiers and kernels"),
        .json = arg_lit0(NULL, "json", "print one JSON object"),
        .quiet = arg_lit0("q", "quiet", "print failures and one line a tier"),
        .help = arg_lit0("h", "help", "print this text"),
    };
    struct arg_end *end = arg_end(8);
    void *table[] = {o.isa, o.kernel, o.seed, o.repeat, o.list, o.json, o.quiet, o.help, end};
    int status = USAGE;
    uint64_t seed = check_default_seed();
    if (arg_nullcheck(table)) {
        fputs("ffp8-check: out of memory\n", stderr);
        return USAGE;
    }
    const int errors = arg_parse(argc, argv, table);
    const char *unknown;
    if (o.help->count) {
        printf("usage: ffp8-check");
        arg_print_syntax(stdout, table, "\n");
        arg_print_glossary(stdout, table, "  %-20s %s\n");
        printf("FFP8_EXPECT_ISA=a,b makes it a failure if one of these tiers is skipped.\n"
               "Exit status: 0 passed, 1 a tier failed, 2 wrong usage.\n");
        status = PASSED;
    } else if (errors) {
        arg_print_errors(stderr, end, "ffp8-check");
    } else if ((unknown = unknown_name(&o))) {
        fprintf(stderr, "ffp8-check: no tier or kernel is called %s; see --list\n", unknown);
    } else if ((o.seed->count && !parse_seed(o.seed->sval[0], &seed)) || (o.repeat->count && o.repeat->ival[0] < 1)) {
        fprintf(stderr, "ffp8-check: --seed and --repeat take numbers, --repeat from 1 on\n");
    } else if (o.list->count) {
        print_list();
        status = PASSED;
    } else {
        status = run(&o, seed);
    }
    arg_freetable(table, sizeof table / sizeof *table);
    return status;
}
