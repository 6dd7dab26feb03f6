/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_case.h - one of FFP8's conversions with its arrays, to be timed
 */
#ifndef FFP8_BENCH_CONVERT_CASE_H
#define FFP8_BENCH_CONVERT_CASE_H

#include "ffp8/ffp8.h"
#include "measure.h"

struct bench_convert_spec {
    ffp8_isa isa;
    const char *format; /* a name of operands.h */
    ffp8_dtype type;    /* F32, BF16, F16: what codes are decoded to, or encoded from */
    bool encode;
    size_t count;
};

struct bench_convert;
struct bench_convert *bench_convert_create(const struct bench_convert_spec *spec); /* NULL: out of memory, or refused */
void bench_convert_free(struct bench_convert *convert);
/* Its work is the bytes read and written. */
struct bench_contender bench_convert_contender(struct bench_convert *convert);

#endif
