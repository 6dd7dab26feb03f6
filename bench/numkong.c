/* SPDX-License-Identifier: Apache-2.0
 *
 * numkong.c - talks with numkong_worker.py over two pipes
 */
#define _GNU_SOURCE /* pipe2 */
#include "numkong.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_numkong {
    pid_t child;
    FILE *to, *from;
};

#ifdef FFP8_NUMKONG_PYTHON
/* The child: both pipes as its standard input and output. */
_Noreturn static void become_worker(int in, int out, const char *type, size_t m, size_t n, size_t k) {
    char sizes[3][24];
    snprintf(sizes[0], sizeof sizes[0], "%zu", m);
    snprintf(sizes[1], sizeof sizes[1], "%zu", n);
    snprintf(sizes[2], sizeof sizes[2], "%zu", k);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
        execl(FFP8_NUMKONG_PYTHON, FFP8_NUMKONG_PYTHON, FFP8_NUMKONG_WORKER, type, sizes[0], sizes[1], sizes[2], (char *)NULL);
    _exit(1);
}

static bool start(struct bench_numkong *numkong, const char *type, size_t m, size_t n, size_t k) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0) return false; /* a worker must not keep another one's input open */
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]);
        close(to[1]);
        return false;
    }
    numkong->child = fork();
    if (numkong->child == 0) become_worker(to[0], from[1], type, m, n, k);
    close(to[0]);
    close(from[1]);
    numkong->to = fdopen(to[1], "w");
    numkong->from = fdopen(from[0], "r");
    return numkong->child > 0 && numkong->to && numkong->from;
}

struct bench_numkong *bench_numkong_create(const char *type, size_t m, size_t n, size_t k) {
    struct bench_numkong *numkong = calloc(1, sizeof *numkong);
    char answer[16];
    if (numkong && start(numkong, type, m, n, k) && fgets(answer, sizeof answer, numkong->from) && strcmp(answer, "ready\n") == 0)
        return numkong;
    bench_numkong_free(numkong);
    return NULL;
}
#else
struct bench_numkong *bench_numkong_create(const char *type, size_t m, size_t n, size_t k) {
    (void)type, (void)m, (void)n, (void)k;
    return NULL;
}
#endif

/* Closing its input ends the worker. */
void bench_numkong_free(struct bench_numkong *numkong) {
    if (!numkong) return;
    if (numkong->to) fclose(numkong->to);
    if (numkong->from) fclose(numkong->from);
    if (numkong->child > 0) waitpid(numkong->child, NULL, 0);
    free(numkong);
}

double bench_numkong_run(void *context, size_t repeats) {
    struct bench_numkong *numkong = context;
    char answer[64];
    if (fprintf(numkong->to, "%zu\n", repeats) < 0 || fflush(numkong->to) != 0 || !fgets(answer, sizeof answer, numkong->from)) return -1;
    return strtod(answer, NULL);
}
