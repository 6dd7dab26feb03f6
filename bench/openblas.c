/* SPDX-License-Identifier: Apache-2.0
 *
 * openblas.c - OpenBLAS, opened at run time: it reads the environment while it is loaded, which is cleaned before
 */
#include "openblas.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "buffers.h"

enum { ROW_MAJOR = 101, AS_IT_IS = 111, TRANSPOSED = 112 }; /* CBLAS's own numbers */

static struct {
    void *library;
    void (*gemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                 int ldb, float beta, float *c, int ldc);
    void (*gemv)(int order, int transpose, int m, int n, float alpha, const float *a, int lda, const float *x, int incx, float beta,
                 float *y, int incy);
    char *(*core)(void);
    void (*set_threads)(int threads);
} blas;

struct bench_sgemm {
    int m, n, k, threads;
    size_t copies, next;
    bool by_rows; /* W is n rows of k */
    float *a, *w, *c;
};

#ifdef FFP8_OPENBLAS_PATH
/* dlsym returns an object pointer, which ISO C does not convert to a function's. */
static bool find(void *function, const char *name) {
    void *symbol = dlsym(blas.library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

bool bench_openblas_load(const char *core, int threads) {
    static bool tried;
    if (tried) return blas.library != NULL;
    tried = true;
    unsetenv("OPENBLAS_L2_SIZE");
    unsetenv("OPENBLAS_CORETYPE");
    if (core) setenv("OPENBLAS_CORETYPE", core, 1);
    setenv("OPENBLAS_NUM_THREADS", threads > 1 ? "2" : "1", 1);
    setenv("OPENBLAS_THREAD_TIMEOUT", "4", 1); /* idle threads sleep at once: the core is the next contender's */
    blas.library = dlopen(FFP8_OPENBLAS_PATH, RTLD_NOW | RTLD_LOCAL);
    if (blas.library && !(find(&blas.gemm, "scipy_cblas_sgemm") && find(&blas.gemv, "scipy_cblas_sgemv") &&
                          find(&blas.core, "scipy_openblas_get_corename") && find(&blas.set_threads, "scipy_openblas_set_num_threads"))) {
        dlclose(blas.library);
        blas.library = NULL;
    }
    return blas.library != NULL;
}
#else
bool bench_openblas_load(const char *core, int threads) {
    (void)core, (void)threads;
    return false;
}
#endif

const char *bench_openblas_core(void) { return blas.library ? blas.core() : "none"; }

double bench_sgemm_run(void *context, size_t repeats) {
    struct bench_sgemm *s = context;
    const int ld = s->by_rows ? s->k : s->n;
    blas.set_threads(s->threads);
    double start = bench_clock(s->threads == 1);
    for (size_t i = 0; i < repeats; i++) {
        const float *w = s->w + s->next * (size_t)s->n * (size_t)s->k;
        s->next = (s->next + 1) % s->copies;
        if (s->m > 1)
            blas.gemm(ROW_MAJOR, AS_IT_IS, s->by_rows ? TRANSPOSED : AS_IT_IS, s->m, s->n, s->k, 1, s->a, s->k, w, ld, 0, s->c, s->n);
        else if (s->by_rows)
            blas.gemv(ROW_MAJOR, AS_IT_IS, s->n, s->k, 1, w, ld, s->a, 1, 0, s->c, 1);
        else
            blas.gemv(ROW_MAJOR, TRANSPOSED, s->k, s->n, 1, w, ld, s->a, 1, 0, s->c, 1);
    }
    return bench_clock(s->threads == 1) - start;
}

/* The faster order of the weights, by a short trial. */
static void choose_order(struct bench_sgemm *s) {
    double best[2] = {1e9, 1e9};
    bench_sgemm_run(s, s->copies);
    for (int round = 0; round < 5; round++) {
        for (int order = 0; order < 2; order++) {
            s->by_rows = order;
            double time = bench_sgemm_run(s, 1);
            if (time < best[order]) best[order] = time;
        }
    }
    s->by_rows = best[1] < best[0];
}

struct bench_sgemm *bench_sgemm_create(size_t m, size_t n, size_t k, size_t copies, int threads) {
    struct bench_sgemm *s = blas.library ? calloc(1, sizeof *s) : NULL;
    if (!s) return NULL;
    *s = (struct bench_sgemm){.m = (int)m, .n = (int)n, .k = (int)k, .threads = threads, .copies = copies};
    s->a = bench_alloc(m * k * sizeof(float));
    s->w = bench_alloc(copies * n * k * sizeof(float));
    s->c = bench_alloc(m * n * sizeof(float));
    if (!s->a || !s->w || !s->c) {
        bench_sgemm_free(s);
        return NULL;
    }
    bench_fill_floats(s->a, m * k, 1);
    bench_fill_floats(s->w, n * k, 2);
    for (size_t i = 1; i < copies; i++) memcpy(s->w + i * n * k, s->w, n * k * sizeof(float));
    choose_order(s);
    return s;
}

void bench_sgemm_free(struct bench_sgemm *sgemm) {
    if (!sgemm) return;
    free(sgemm->a);
    free(sgemm->w);
    free(sgemm->c);
    free(sgemm);
}
