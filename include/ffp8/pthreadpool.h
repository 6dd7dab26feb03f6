/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8/pthreadpool.h - lends a pthreadpool to FFP8
 *
 *     pthreadpool_t pool = pthreadpool_create(0);
 *     const ffp8_threads threads = ffp8_threads_from_pthreadpool(pool);
 *     args.threads = &threads;
 *
 * The library itself does not depend on pthreadpool: a program that includes this header links it.
 */
#ifndef FFP8_PTHREADPOOL_H
#define FFP8_PTHREADPOOL_H

#include <pthreadpool.h>

#include "ffp8.h"

/* Flags 0: denormals stay enabled in the pool's threads, as FFP8 needs them. */
static inline void ffp8_pthreadpool_parallel_for(void *pool, size_t count, ffp8_task *task, void *task_context) {
    pthreadpool_parallelize_1d((pthreadpool_t)pool, (pthreadpool_task_1d_t)task, task_context, count, 0);
}

/* `pool` may be NULL, as everywhere in pthreadpool: the calling thread does the work. */
static inline ffp8_threads ffp8_threads_from_pthreadpool(pthreadpool_t pool) {
    ffp8_threads threads;
    threads.parallel_for = ffp8_pthreadpool_parallel_for;
    threads.pool = pool;
    threads.threads = pthreadpool_get_threads_count(pool);
    return threads;
}

#endif
