/* SPDX-License-Identifier: Apache-2.0
 *
 * parallel.h - runs tasks on the caller's threads, or one after the other
 */
#ifndef FFP8_PARALLEL_H
#define FFP8_PARALLEL_H

#include "ffp8/ffp8.h"

/* Pieces that a call may be cut into. */
static inline size_t ffp8_thread_count(const ffp8_threads *threads) {
    return threads && threads->parallel_for && threads->threads > 1 ? threads->threads : 1;
}

static inline void ffp8_parallel(const ffp8_threads *threads, size_t count, ffp8_task *task, void *context) {
    if (count > 1 && ffp8_thread_count(threads) > 1) {
        threads->parallel_for(threads->pool, count, task, context);
        return;
    }
    for (size_t i = 0; i < count; i++) task(context, i);
}

#endif
