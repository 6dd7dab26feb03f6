/* SPDX-License-Identifier: Apache-2.0
 *
 * threads - many threads in the library at once: the same bits for any number of them, and no data race
 *
 * Plain pthreads and no test framework, so that ThreadSanitizer sees every synchronisation there is.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffp8/ffp8.h"

enum { CALLERS = 4, ROUNDS = 6, M = 37, N = 70, K = 260, MOST_THREADS = 5 };
static const size_t thread_counts[] = {1, 2, 3, MOST_THREADS};

static int passed, failed;

static void report(const char *what, bool good) {
    if (good) {
        passed++;
    } else {
        failed++;
        printf("FAILED: %s\n", what);
    }
}

/* ---------------------------------------------------------------------------------------------------------------
 * A parallel-for that starts its threads anew on each call, and hands out indices in whatever order they come
 */
struct loop {
    atomic_size_t next;
    size_t count;
    ffp8_task *task;
    void *context;
};

static void *run_loop(void *argument) {
    struct loop *loop = argument;
    for (size_t i; (i = atomic_fetch_add(&loop->next, 1)) < loop->count;) loop->task(loop->context, i);
    return NULL;
}

static void parallel_for(void *pool, size_t count, ffp8_task *task, void *context) {
    size_t threads = *(const size_t *)pool;
    pthread_t others[MOST_THREADS];
    struct loop loop = {.count = count, .task = task, .context = context};
    for (size_t i = 1; i < threads; i++)
        if (pthread_create(&others[i], NULL, run_loop, &loop) != 0) abort();
    run_loop(&loop);
    for (size_t i = 1; i < threads; i++) pthread_join(others[i], NULL);
}

/* ---------------------------------------------------------------------------------------------------------------
 * The work: a GEMM with packed weights and a convolution with plain ones
 */
struct operands {
    ffp8_format format; /* E3M4: sums are exact, so that all tiers agree too */
    uint8_t a[M * K], w[N * K];
    float a_f32[M * K];
    ffp8_packed packed;
};

static void fill(uint8_t *codes, size_t n, uint32_t seed) {
    for (size_t i = 0; i < n; i++) codes[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
}

static bool prepare(struct operands *o) {
    size_t bytes;
    if (ffp8_format_from_name("ffp8:s1x3y4b3", &o->format) != FFP8_OK) return false;
    fill(o->a, sizeof o->a, 1);
    fill(o->w, sizeof o->w, 2);
    if (ffp8_decode(&o->format, o->a, 1.0f, o->a_f32, FFP8_TYPE_F32, M * K) != FFP8_OK) return false;
    ffp8_weights weights = {.data = o->w, .ld = K, .format = o->format};
    if (ffp8_gemm_packed_size(N, K, &weights, &bytes) != FFP8_OK) return false;
    void *packed = aligned_alloc(FFP8_PACKED_ALIGNMENT,
                                 (bytes + FFP8_PACKED_ALIGNMENT - 1) / FFP8_PACKED_ALIGNMENT * FFP8_PACKED_ALIGNMENT);
    if (!packed || ffp8_gemm_pack(N, K, &weights, packed, bytes) != FFP8_OK) return false;
    o->packed = (ffp8_packed){packed, bytes};
    return true;
}

/* c: M x N. type: of A, FFP8 or F32. */
static bool gemm(const struct operands *o, ffp8_dtype type, const ffp8_threads *threads, float *c) {
    ffp8_gemm_args args = FFP8_GEMM_ARGS_INIT;
    args.m = M, args.n = N, args.k = K;
    args.a = type == FFP8_TYPE_F32 ? (const void *)o->a_f32 : o->a;
    args.lda = K, args.a_type = type, args.a_format = o->format;
    args.packed = o->packed;
    args.c = c, args.ldc = N;
    args.epilogue.activation = FFP8_ACTIVATION_RELU;
    args.threads = threads;
    if (ffp8_gemm_workspace(&args, &args.workspace_bytes) != FFP8_OK) return false;
    args.workspace = malloc(args.workspace_bytes + 1);
    ffp8_status status = args.workspace ? ffp8_gemm(&args) : FFP8_ERROR_NULL;
    free(args.workspace);
    return status == FFP8_OK;
}

enum { SIDE = 9, CHANNELS = 20, OUT_CHANNELS = 37, PIXELS = SIDE * SIDE };

/* y: PIXELS x OUT_CHANNELS */
static bool conv(const struct operands *o, const ffp8_threads *threads, float *y) {
    ffp8_conv_args args = FFP8_CONV_ARGS_INIT;
    args.shape = (ffp8_conv_shape){.batch = 1,
                                   .in_h = SIDE,
                                   .in_w = SIDE,
                                   .c_in = CHANNELS,
                                   .c_out = OUT_CHANNELS,
                                   .kernel_h = 3,
                                   .kernel_w = 3,
                                   .pad_top = 1,
                                   .pad_left = 1,
                                   .pad_bottom = 1,
                                   .pad_right = 1};
    args.x = o->a, args.x_type = FFP8_TYPE_FFP8, args.x_format = o->format;
    args.filter = (ffp8_filter){.data = o->w, .format = o->format};
    args.y = y;
    args.threads = threads;
    if (ffp8_conv_workspace(&args, &args.workspace_bytes) != FFP8_OK) return false;
    args.workspace = malloc(args.workspace_bytes + 1);
    ffp8_status status = args.workspace ? ffp8_conv(&args) : FFP8_ERROR_NULL;
    free(args.workspace);
    return status == FFP8_OK;
}
_Static_assert(PIXELS *CHANNELS <= M * K && OUT_CHANNELS * CHANNELS * 9 <= N * K, "the convolution's operands lie in the GEMM's");

/* ---------------------------------------------------------------------------------------------------------------
 * Callers that share weights and input while the tier changes under them
 */
struct caller {
    pthread_t thread;
    pthread_barrier_t *start;
    const struct operands *operands;
    const float *want_gemm, *want_conv;
    ffp8_isa first_isa;
    int wrong;
};

static atomic_bool callers_done;

static void *call_often(void *argument) {
    struct caller *caller = argument;
    float *c = malloc(sizeof(float) * M * N), *y = malloc(sizeof(float) * PIXELS * OUT_CHANNELS);
    pthread_barrier_wait(caller->start);
    caller->first_isa = ffp8_active_isa();
    for (int round = 0; c && y && round < ROUNDS; round++) {
        size_t count = thread_counts[round % 4];
        ffp8_threads threads = {parallel_for, &count, count};
        if (!gemm(caller->operands, FFP8_TYPE_FFP8, &threads, c) || memcmp(c, caller->want_gemm, sizeof(float) * M * N) != 0)
            caller->wrong++;
        if (!conv(caller->operands, &threads, y) || memcmp(y, caller->want_conv, sizeof(float) * PIXELS * OUT_CHANNELS) != 0)
            caller->wrong++;
    }
    if (!c || !y) caller->wrong++;
    free(c);
    free(y);
    return NULL;
}

static void *change_tier(void *unused) {
    (void)unused;
    size_t count = ffp8_isa_list(0, NULL);
    for (size_t i = 0; !atomic_load(&callers_done); i = (i + 1) % count) {
        ffp8_isa isa;
        ffp8_isa_list(i, &isa);
        ffp8_set_max_isa(isa); /* tiers of another architecture give FFP8_ERROR_ISA and change nothing */
    }
    return NULL;
}

static void concurrent_callers(const struct operands *o, const float *want_gemm, const float *want_conv) {
    struct caller callers[CALLERS];
    pthread_barrier_t start;
    pthread_t changer;
    pthread_barrier_init(&start, NULL, CALLERS);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.start = &start, .operands = o, .want_gemm = want_gemm, .want_conv = want_conv};
        if (pthread_create(&callers[i].thread, NULL, call_often, &callers[i]) != 0) abort();
    }
    if (pthread_create(&changer, NULL, change_tier, NULL) != 0) abort();
    int wrong = 0;
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        wrong += callers[i].wrong;
    }
    atomic_store(&callers_done, true);
    pthread_join(changer, NULL);
    pthread_barrier_destroy(&start);
    report("callers on shared weights while the tier changes", wrong == 0);
}

/* The first use of the library, by all threads at once. */
static void *ask_tier(void *argument) {
    struct caller *caller = argument;
    pthread_barrier_wait(caller->start);
    caller->first_isa = ffp8_active_isa();
    return NULL;
}

static void first_use(void) {
    struct caller callers[CALLERS] = {0};
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, CALLERS);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].start = &start;
        if (pthread_create(&callers[i].thread, NULL, ask_tier, &callers[i]) != 0) abort();
    }
    bool same = true;
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        same &= callers[i].first_isa == callers[0].first_isa;
    }
    pthread_barrier_destroy(&start);
    report("all first callers see one tier", same && callers[0].first_isa == ffp8_active_isa());
}

static void any_number_of_threads(const struct operands *o, const char *tier) {
    size_t gemm_bytes = sizeof(float) * M * N, conv_bytes = sizeof(float) * PIXELS * OUT_CHANNELS;
    float *want = malloc(gemm_bytes), *got = malloc(gemm_bytes), *want_y = malloc(conv_bytes), *got_y = malloc(conv_bytes);
    bool good = want && got && want_y && got_y && gemm(o, FFP8_TYPE_F32, NULL, want) && conv(o, NULL, want_y);
    for (size_t i = 0; good && i < sizeof thread_counts / sizeof thread_counts[0]; i++) {
        size_t count = thread_counts[i];
        ffp8_threads threads = {parallel_for, &count, count};
        good = gemm(o, FFP8_TYPE_F32, &threads, got) && memcmp(got, want, gemm_bytes) == 0 && conv(o, &threads, got_y) &&
               memcmp(got_y, want_y, conv_bytes) == 0;
    }
    char what[80];
    snprintf(what, sizeof what, "%s: the same bits for any number of threads", tier);
    report(what, good);
    free(want);
    free(got);
    free(want_y);
    free(got_y);
}

int main(void) {
    static struct operands operands;
    static float want_gemm[M * N], want_conv[PIXELS * OUT_CHANNELS];
    first_use();
    if (!prepare(&operands) || !gemm(&operands, FFP8_TYPE_FFP8, NULL, want_gemm) || !conv(&operands, NULL, want_conv)) {
        report("single-threaded calls", false);
    } else {
        concurrent_callers(&operands, want_gemm, want_conv);
        for (size_t i = 0; i < ffp8_isa_list(0, NULL); i++) {
            ffp8_isa isa;
            ffp8_isa_list(i, &isa);
            if (ffp8_isa_supported(isa) && ffp8_set_max_isa(isa) == FFP8_OK) any_number_of_threads(&operands, ffp8_isa_name(isa));
        }
    }
    free((void *)(uintptr_t)operands.packed.data);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
