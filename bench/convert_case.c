/* SPDX-License-Identifier: Apache-2.0
 *
 * convert_case.c - see convert_case.h
 */
#include "convert_case.h"

#include <stdlib.h>

#include "buffers.h"
#include "operands.h"

struct bench_convert {
    struct bench_convert_spec spec;
    ffp8_format format;
    uint8_t *codes;
    void *numbers;
};

static size_t number_bytes(const struct bench_convert *c) { return c->spec.type == FFP8_TYPE_F32 ? 4 : 2; }

static double run(void *context, size_t repeats) {
    struct bench_convert *c = context;
    if (!bench_use_tier(c->spec.isa)) return -1;
    double start = bench_clock(true);
    for (size_t i = 0; i < repeats; i++) {
        ffp8_status status = c->spec.encode ? ffp8_encode(&c->format, c->numbers, c->spec.type, 1, c->codes, c->spec.count, NULL)
                                            : ffp8_decode(&c->format, c->codes, 1, c->numbers, c->spec.type, c->spec.count);
        if (status != FFP8_OK) return -1;
    }
    return bench_clock(true) - start;
}

struct bench_convert *bench_convert_create(const struct bench_convert_spec *spec) {
    struct bench_convert *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->spec = *spec;
    c->codes = bench_alloc(spec->count);
    c->numbers = bench_alloc(spec->count * number_bytes(c));
    if (!c->codes || !c->numbers || bench_format(spec->format, &c->format) != FFP8_OK) {
        bench_convert_free(c);
        return NULL;
    }
    bench_fill_bytes(c->codes, spec->count, 1);
    if (spec->type == FFP8_TYPE_F32)
        bench_fill_floats(c->numbers, spec->count, 2);
    else
        bench_fill_bf16(c->numbers, spec->count, 2); /* as F16 they are numbers, too */
    return c;
}

void bench_convert_free(struct bench_convert *convert) {
    if (!convert) return;
    free(convert->codes);
    free(convert->numbers);
    free(convert);
}

struct bench_contender bench_convert_contender(struct bench_convert *convert) {
    return (struct bench_contender){run, convert, (double)(convert->spec.count * (1 + number_bytes(convert)))};
}
