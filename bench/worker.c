/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.c - starts programs and talks with them over two pipes
 */
#define _GNU_SOURCE /* pipe2 */
#include "worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_worker {
    pid_t child;
    FILE *to, *from;
    char *line, *about;
    size_t line_bytes;
};

/* The child: both pipes as its standard input and output. */
_Noreturn static void become(const char *const argv[], int in, int out) {
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) execv(argv[0], (char *const *)argv);
    _exit(1);
}

static bool start(struct bench_worker *worker, const char *const argv[]) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0) return false; /* a worker must not keep another one's input open */
    if (pipe2(from, O_CLOEXEC) != 0) {
        close(to[0]);
        close(to[1]);
        return false;
    }
    worker->child = fork();
    if (worker->child == 0) become(argv, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    worker->to = fdopen(to[1], "w");
    worker->from = fdopen(from[0], "r");
    return worker->child > 0 && worker->to && worker->from;
}

static const char *read_line(struct bench_worker *worker) {
    ssize_t length = getline(&worker->line, &worker->line_bytes, worker->from);
    if (length <= 0 || worker->line[length - 1] != '\n') return NULL;
    worker->line[length - 1] = 0;
    return worker->line;
}

struct bench_worker *bench_worker_start(const char *const argv[]) {
    static const char ready[] = "ready ";
    struct bench_worker *worker = calloc(1, sizeof *worker);
    if (!worker) return NULL;
    const char *line = start(worker, argv) ? read_line(worker) : NULL;
    if (line && strncmp(line, ready, sizeof ready - 1) == 0) worker->about = strdup(line + sizeof ready - 1);
    if (worker->about) return worker;
    bench_worker_free(worker);
    return NULL;
}

/* Closing its input ends the worker. */
void bench_worker_free(struct bench_worker *worker) {
    if (!worker) return;
    if (worker->to) fclose(worker->to);
    if (worker->from) fclose(worker->from);
    if (worker->child > 0) waitpid(worker->child, NULL, 0);
    free(worker->line);
    free(worker->about);
    free(worker);
}

const char *bench_worker_about(const struct bench_worker *worker) { return worker->about; }

const char *bench_worker_ask(struct bench_worker *worker, const char *request) {
    return fprintf(worker->to, "%s\n", request) >= 0 && fflush(worker->to) == 0 ? read_line(worker) : NULL;
}

double bench_worker_run(void *context, size_t repeats) {
    char request[24];
    snprintf(request, sizeof request, "%zu", repeats);
    const char *answer = bench_worker_ask(context, request);
    return answer ? strtod(answer, NULL) : -1;
}
