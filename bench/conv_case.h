/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_case.h - one of FFP8's convolutions with its operands, to be timed
 */
#ifndef FFP8_BENCH_CONV_CASE_H
#define FFP8_BENCH_CONV_CASE_H

#include "ffp8/ffp8.h"
#include "measure.h"
#include "operands.h"

/* x and w: names of operands.h; y: a format's name or "f32". Bias and `activation` are fused. */
struct bench_conv_spec {
    ffp8_isa isa;
    ffp8_conv_shape shape;
    const char *x, *w, *y;
    ffp8_layout layout;
    ffp8_activation activation;
    bool residual; /* of y's type, is added */
    const ffp8_threads *threads;
};

struct bench_conv;
struct bench_conv *bench_conv_create(const struct bench_conv_spec *spec); /* NULL: out of memory, or the library refuses it */
void bench_conv_free(struct bench_conv *conv);
/* Its work is bench_conv_work. */
struct bench_contender bench_conv_contender(struct bench_conv *conv);
/* The class of its arithmetic. */
enum bench_dot bench_conv_dot(const struct bench_conv *conv);

/* Multiplications and additions, those with padding among them. */
double bench_conv_work(const ffp8_conv_shape *shape);

#endif
