/* SPDX-License-Identifier: Apache-2.0
 *
 * worker.h - a program of its own that is measured in turns with ours: it does slices of work on request and answers with their time
 *
 * It talks in lines over its standard input and output: worker.py is its side. One of both processes always sleeps.
 */
#ifndef FFP8_BENCH_WORKER_H
#define FFP8_BENCH_WORKER_H

#include "measure.h"

struct bench_worker;
/* argv[0] is the program's path, argv ends with NULL. NULL: it cannot be started, or ends before it is ready. */
struct bench_worker *bench_worker_start(const char *const argv[]);
void bench_worker_free(struct bench_worker *worker);
/* What it said of itself when it was ready, perhaps nothing. */
const char *bench_worker_about(const struct bench_worker *worker);
/* Its answer to a line, without the line's end; valid until the next call. NULL: it has ended. */
const char *bench_worker_ask(struct bench_worker *worker, const char *request);
bench_run bench_worker_run; /* context: a struct bench_worker */

#endif
