/* SPDX-License-Identifier: Apache-2.0
 *
 * check.c - the registry of cases, seeds, tiers, and the guarded call
 */
#define _GNU_SOURCE
#include "check.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOT(name, member, body, parameter) \
    { name, offsetof(struct ffp8_kernels, member), body, parameter }
#define PER_CLASS(name, member, body)                                                                                              \
    SLOT(name ".i8", member[FFP8_CLASS_I8], body, FFP8_CLASS_I8), SLOT(name ".i16", member[FFP8_CLASS_I16], body, FFP8_CLASS_I16), \
        SLOT(name ".bf16", member[FFP8_CLASS_BF16], body, FFP8_CLASS_BF16),                                                        \
        SLOT(name ".f32", member[FFP8_CLASS_F32], body, FFP8_CLASS_F32), SLOT(name ".f16", member[FFP8_CLASS_F16], body, FFP8_CLASS_F16)

static const struct check_slot slots[] = {
    {"table", SIZE_MAX, check_table_body, 0},
    SLOT("decode8", decode8, check_decode_body, 1),
    SLOT("decode16", decode16, check_decode_body, 2),
    SLOT("decode32", decode32, check_decode_body, 4),
    SLOT("decode_pairs", decode_pairs, check_decode_pairs_body, 2),
    SLOT("transpose8", transpose8, check_transpose_body, 1),
    SLOT("transpose16", transpose16, check_transpose_body, 2),
    SLOT("transpose32", transpose32, check_transpose_body, 4),
    SLOT("encode", encode, check_encode_body, false),
    SLOT("encode_table", encode_table, check_encode_body, true),
    SLOT("widen_bf16", widen_bf16, check_widen_body, FFP8_TYPE_BF16),
    SLOT("widen_f16", widen_f16, check_widen_body, FFP8_TYPE_F16),
    SLOT("narrow_bf16", narrow_bf16, check_narrow_body, FFP8_TYPE_BF16),
    SLOT("narrow_f16", narrow_f16, check_narrow_body, FFP8_TYPE_F16),
    SLOT("rescale16", rescale16, check_rescale_body, 2),
    SLOT("rescale32", rescale32, check_rescale_body, 4),
    SLOT("amax", amax, check_amax_body, 0),
    PER_CLASS("expand", expand, check_expand_body),
    PER_CLASS("dot", dot, check_dot_body),
    PER_CLASS("fused", fused, check_fused_body),
    PER_CLASS("direct", direct, check_direct_body),
    SLOT("depthwise_i16", depthwise_i16, check_depthwise_body, FFP8_CLASS_I16),
    SLOT("depthwise_bf16", depthwise_bf16, check_depthwise_body, FFP8_CLASS_BF16),
    SLOT("depthwise_f32", depthwise_f32, check_depthwise_body, FFP8_CLASS_F32),
    SLOT("epilogue", epilogue, check_epilogue_body, 0),
    SLOT("finish_codes", finish_codes, check_finish_codes_body, 0),
    {"gemm", SIZE_MAX, check_gemm_body, 0},
    {"conv", SIZE_MAX, check_conv_body, 0},
};

size_t check_slot_count(void) { return sizeof slots / sizeof *slots; }
const struct check_slot *check_slot_at(size_t i) { return i < check_slot_count() ? &slots[i] : NULL; }

const char *check_kind_name(enum check_kind kind) {
    static const char *const names[CHECK_KIND_COUNT] = {
        [CHECK_PASSED] = "passed",
        [CHECK_WRONG_VALUE] = "wrong value",
        [CHECK_NOT_WRITTEN] = "not written",
        [CHECK_READS_OUTPUT] = "reads its output",
        [CHECK_WRITES_AFTER] = "writes after",
        [CHECK_WRITES_BEFORE] = "writes before",
        [CHECK_WRITES_BETWEEN] = "writes between rows",
        [CHECK_READS_AFTER] = "reads after",
        [CHECK_READS_BEFORE] = "reads before",
        [CHECK_WRITES_INPUT] = "writes an input",
        [CHECK_ENVIRONMENT] = "changes the floating-point environment",
        [CHECK_ILLEGAL_INSTRUCTION] = "illegal instruction",
        [CHECK_CRASH] = "crash",
        [CHECK_BAD_TABLE] = "bad table",
        [CHECK_NO_ITERATIONS] = "nothing was tested",
    };
    return (unsigned)kind < CHECK_KIND_COUNT ? names[kind] : "unknown";
}

/* ---------------------------------------------------------------------------------------------------------------
 * Inheritance
 */
typedef void any_kernel(void);

static any_kernel *kernel_at(const struct ffp8_kernels *kernels, const struct check_slot *slot) {
    any_kernel *pointer;
    memcpy(&pointer, (const char *)kernels + slot->offset, sizeof pointer);
    return pointer;
}

static unsigned row_tile(const struct ffp8_kernels *kernels, const struct check_slot *slot) {
    return slot->body == check_dot_body      ? kernels->mr[slot->parameter]
           : slot->body == check_fused_body  ? kernels->fused_rows
           : slot->body == check_direct_body ? kernels->direct_rows
                                             : 0;
}

const struct ffp8_kernels *check_inherited(const struct ffp8_kernels *kernels, const struct check_slot *slot) {
    if (slot->offset == SIZE_MAX) return NULL;
    for (size_t i = 0; ffp8_kernels_list(i) && ffp8_kernels_list(i) != kernels; i++) {
        const struct ffp8_kernels *lower = ffp8_kernels_list(i);
        if (kernel_at(lower, slot) == kernel_at(kernels, slot) && row_tile(lower, slot) >= row_tile(kernels, slot) &&
            ffp8_kernels_usable(lower))
            return lower;
    }
    return NULL;
}

void check_table_body(struct check_run *run) {
    const struct ffp8_kernels *k = run->kernels;
    run->result->calls = 1;
    for (size_t i = 0; i < check_slot_count(); i++) {
        if (slots[i].offset == SIZE_MAX) continue;
        run->result->comparisons++;
        if (!kernel_at(k, &slots[i])) check_fail(run, CHECK_BAD_TABLE, "slot %s is NULL", slots[i].name);
    }
    if (strcmp(k->name, ffp8_isa_name(k->isa))) check_fail(run, CHECK_BAD_TABLE, "its name %s is not that of its tier", k->name);
    if (k->nc_columns == 0 || k->nc_columns % FFP8_NR) check_fail(run, CHECK_BAD_TABLE, "nc_columns %u is not whole panels", k->nc_columns);
    if (k->kc_bytes < FFP8_WORD_BYTES || k->kc_bytes % FFP8_WORD_BYTES)
        check_fail(run, CHECK_BAD_TABLE, "kc_bytes %u is not whole words", k->kc_bytes);
    if (k->mc_rows == 0) check_fail(run, CHECK_BAD_TABLE, "mc_rows is zero");
    for (int c = 0; c < FFP8_CLASS_COUNT; c++) {
        const ffp8_class as = k->runs_as[c];
        if (k->mr[c] == 0 || k->mr[c] > FFP8_MAX_MR) check_fail(run, CHECK_BAD_TABLE, "mr[%d] = %u", c, k->mr[c]);
        const bool wider = (int)as >= c && as <= FFP8_CLASS_F32 && (c > FFP8_CLASS_I16 || as <= FFP8_CLASS_I16);
        if (c == FFP8_CLASS_F16 ? as != FFP8_CLASS_F16 && as != FFP8_CLASS_F32 : !wider || k->runs_as[as] != as)
            check_fail(run, CHECK_BAD_TABLE, "runs_as[%d] = %d", c, as);
    }
    if (k->fused_rows > FFP8_MAX_MR) check_fail(run, CHECK_BAD_TABLE, "fused_rows = %u", k->fused_rows);
    for (int c = 0; c < FFP8_CLASS_COUNT; c++)
        if (k->most_direct_rows[c] > k->most_fused_rows[c])
            check_fail(run, CHECK_BAD_TABLE, "most_direct_rows[%d] = %u", c, k->most_direct_rows[c]);
    if (k->direct_rows > FFP8_MAX_MR) check_fail(run, CHECK_BAD_TABLE, "direct_rows = %u", k->direct_rows);
}

/* ---------------------------------------------------------------------------------------------------------------
 * Running a case
 */
static uint64_t hash_text(uint64_t h, const char *text) {
    while (*text) h = check_mix64(h ^ (uint8_t)*text++);
    return h;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void check_case(const struct ffp8_kernels *kernels, const struct check_slot *slot, uint64_t seed, struct check_result *result) {
    static struct check_run run; /* too large for a stack that a kernel may spoil */
    memset(&run, 0, sizeof run);
    memset(result, 0, sizeof *result);
    run.kernels = kernels;
    run.slot = slot;
    run.seed = seed;
    run.rand.state = hash_text(hash_text(check_mix64(seed), kernels->name), slot->name);
    run.result = result;
    const double start = now();
    slot->body(&run);
    if (!check_failed(&run) && (!result->calls || !result->comparisons))
        check_fail(&run, CHECK_NO_ITERATIONS, "the case made no call or compared nothing");
    result->seconds = now() - start;
    check_release(&run);
}

void check_describe(struct check_run *run, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(run->shape, sizeof run->shape, format, list);
    va_end(list);
}

/* The first failure counts; what follows it is often its consequence. */
void check_fail(struct check_run *run, enum check_kind kind, const char *format, ...) {
    static const char *const places[] = {"buffers end at a guard page", "buffers start at a guard page", "buffers amid canaries"};
    if (check_failed(run)) return;
    run->result->kind = kind;
    char *text = run->result->message;
    const size_t bytes = sizeof run->result->message;
    int used = snprintf(text, bytes, "%s %s: %s: ", run->kernels->name, run->slot->name, check_kind_name(kind));
    va_list list;
    va_start(list, format);
    used += vsnprintf(text + used, bytes - (size_t)used, format, list);
    va_end(list);
    if ((size_t)used >= bytes) return;
    snprintf(text + used, bytes - (size_t)used,
             "\n    call %" PRIu64 ": %s (%s, misaligned by %u)\n    again: ffp8-check --isa=%s --kernel=%s --seed=%" PRIu64,
             run->result->calls, run->shape, places[run->place], run->place == CHECK_INSIDE ? run->misalign : 0, run->kernels->name,
             run->slot->name, run->seed);
}

/* ---------------------------------------------------------------------------------------------------------------
 * The guarded call
 */
/* Rounding, flush and mask bits: what a kernel must leave as it was. Sticky exception flags may change. */
static uint64_t environment(void) {
#if defined(__x86_64__)
    uint32_t mxcsr;
    uint16_t x87;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    return (uint64_t)x87 << 32 | (mxcsr & ~0x3Fu);
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr;
#else
    return 0;
#endif
}

static void set_environment(uint64_t e) {
#if defined(__x86_64__)
    const uint32_t mxcsr = (uint32_t)e;
    const uint16_t x87 = (uint16_t)(e >> 32);
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    __asm__ volatile("fldcw %0" ::"m"(x87));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(e));
#else
    (void)e;
#endif
}

static sigjmp_buf landing;
static volatile sig_atomic_t caught;
static void *volatile caught_address;

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    caught = number;
    caught_address = info->si_addr;
    siglongjmp(landing, 1);
}

static const int guarded_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
enum { GUARDED_SIGNALS = sizeof guarded_signals / sizeof *guarded_signals };

bool check_call(struct check_run *run, void (*invoke)(void *argument), void *argument) {
    if (check_failed(run)) return false;
    run->invoke = invoke;
    run->argument = argument;
    check_save(run);
    check_poison(run);
    run->result->calls++;

    /* SA_NODEFER: leaving the handler by a jump that does not restore the mask must not block the signal. */
    struct sigaction action, old[GUARDED_SIGNALS];
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    for (int i = 0; i < GUARDED_SIGNALS; i++) sigaction(guarded_signals[i], &action, &old[i]);
    const uint64_t before = environment();
    caught = 0;
    if (!sigsetjmp(landing, 0)) invoke(argument);
    const uint64_t after = environment();
    set_environment(before);
    for (int i = 0; i < GUARDED_SIGNALS; i++) sigaction(guarded_signals[i], &old[i], NULL);

    if (caught == SIGILL)
        check_fail(run, CHECK_ILLEGAL_INSTRUCTION, "at %p", (void *)caught_address);
    else if (caught && !((caught == SIGSEGV || caught == SIGBUS) && check_blame(run, (void *)caught_address)))
        check_fail(run, CHECK_CRASH, "signal %d at %p", (int)caught, (void *)caught_address);
    else if (!caught && before != after)
        check_fail(run, CHECK_ENVIRONMENT, "control bits were 0x%" PRIx64 ", are 0x%" PRIx64, before, after);
    return !check_failed(run) && check_canaries(run);
}

/* ---------------------------------------------------------------------------------------------------------------
 * What the environment asks for
 */
uint64_t check_default_seed(void) {
    const char *text = getenv("FFP8_SEED");
    if (text && *text) return strtoull(text, NULL, 0);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The i-th name between commas of FFP8_EXPECT_ISA. */
static bool expected_name(size_t i, char *text, size_t bytes) {
    const char *list = getenv("FFP8_EXPECT_ISA");
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        if (i-- == 0) {
            snprintf(text, bytes, "%.*s", (int)length, list);
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

bool check_expected(const char *tier) {
    char name[64];
    for (size_t i = 0; expected_name(i, name, sizeof name); i++)
        if (!strcmp(name, tier)) return true;
    return false;
}

bool check_expected_missing(char *text, size_t bytes) {
    for (size_t i = 0; expected_name(i, text, bytes); i++) {
        bool found = false;
        for (size_t t = 0; ffp8_kernels_list(t); t++) found = found || !strcmp(text, ffp8_kernels_list(t)->name);
        if (!found) return true;
    }
    return false;
}

void check_explain(const struct ffp8_kernels *kernels, char *text, size_t bytes) {
    if (ffp8_isa_explain(kernels->isa, text, bytes) != FFP8_OK) snprintf(text, bytes, "not usable");
}
