/* SPDX-License-Identifier: Apache-2.0
 *
 * operator.h - what an operator's output may be: the steps from sums to stored elements, in interval arithmetic
 *
 * Where every step so far is exact or bitwise specified, an interval is one float and the steps are the very FP32 operations; else it holds
 * all values that rounding within the bounds may lead to. All steps after the sum are monotone or smooth, so that intervals stay tight.
 */
#ifndef FFP8_CASES_OPERATOR_H
#define FFP8_CASES_OPERATOR_H

#include "check/check.h"

struct interval {
    double lo, hi;
    bool exact; /* lo == hi, the float itself */
};
struct interval interval_exact(float x);
struct interval interval_around(double x, double radius);
struct interval interval_scale(struct interval x, float factor);
struct interval interval_add(struct interval x, float addend);
/* x * factor + acc, rounded once. */
struct interval interval_fma(struct interval x, float factor, struct interval acc);
struct interval interval_activate(struct interval x, const struct ffp8_finish *finish);

/* Activations: in double, and those that are exact. At -Inf x * sigmoid(x) and its like are their limit, -0. */
double activation_value(ffp8_activation activation, double x);
float activation_exact(const struct ffp8_finish *finish, float x);

/* An output of some type and the largest |y| of it. */
struct output {
    ffp8_dtype type;
    const ffp8_format *format;
    float scale;
    const ffp8_encoding *encoding;
    double amax_lo, amax_hi;
    bool amax_nan, amax_exact;
};
size_t output_element_bytes(ffp8_dtype type);
/* The real value of element i of stored data. */
float stored_value(const void *data, ffp8_dtype type, const ffp8_format *format, size_t i);
void output_begin(struct output *output);
/* Compares the element at (row, col) of buffer with the interval of y. index: for stochastic rounding. */
bool output_check(struct check_run *run, struct output *output, const struct check_buffer *buffer, size_t row, size_t col,
                  struct interval y, uint64_t index);
bool output_check_amax(struct check_run *run, const struct output *output, const struct check_buffer *amax);

/* Draws activation, clip and output parameters. `exact_only`: NONE, RELU, CLIP. */
void draw_finish(struct check_run *run, struct ffp8_finish *finish);
void draw_encoding(struct check_run *run, ffp8_encoding *encoding, bool stochastic);

/* Codes of an operand and their values. exact: all of them at most 64 times *quantum, which divides them; false: the format has no such values. */
bool fill_codes(struct check_run *run, const ffp8_format *format, bool exact, uint8_t *code, float *value, size_t n, double *quantum);
/* n elements that an output may hold before a call. */
void fill_output(struct check_run *run, void *data, ffp8_dtype type, size_t n);
/* Copies packed rows into a buffer with a stride. */
void copy_rows(struct check_buffer *b, const void *src);
/* False, and a failed case, unless FFP8_OK. */
bool status_ok(struct check_run *run, const char *what, ffp8_status status);

/* A parallel_for that runs its tasks in another order on the calling thread. */
void backwards(void *pool, size_t count, ffp8_task *task, void *context);

#endif
