/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_job.h - a convolution with its operands, for tests to fill in, run, and compare
 */
#ifndef FFP8_TEST_CONV_JOB_H
#define FFP8_TEST_CONV_JOB_H

#include "dispatch/conv.h"
#include "jobs/operands.h"

struct job {
    ffp8_conv_args args;
    ffp8_threads threads;
    bool whole;
    struct buffer x, filter, scales, bias, residual, y, want, packed;
    uint8_t *y_before;
    size_t x_count, y_count;
    float amax;
    char text[640];
};

static inline size_t at_least_1(size_t v) { return v ? v : 1; } /* shapes in which 0 means 1 */

/* Operands for job->args, whose shape, types and formats are set, and the filter's. */
void job_data(struct job *job);
/* Residual, bias and scales where their pointers are set to anything. */
void job_optional_data(struct job *job);
void job_free(struct job *job);
/* Packs the filter, which args then name instead of the plain one. */
void job_pack(struct job *job);
/* Fills in text, for messages. */
void job_describe(struct job *job);
/* The library's call, in a workspace of exactly the queried size. */
void job_run(struct job *job);
/* The oracle on the same arguments, into job->want; its amax. */
float job_oracle(struct job *job, struct ffp8_conv_call *call);

#endif
