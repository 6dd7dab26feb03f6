/* SPDX-License-Identifier: Apache-2.0
 *
 * roofs.h - what one core of this machine can do at most: its multipliers and its memory, measured by loops that do nothing else
 */
#ifndef FFP8_BENCH_ROOFS_H
#define FFP8_BENCH_ROOFS_H

#include "ffp8/ffp8.h"
#include "measure.h"

/* Multiplications and additions count one each. */
enum bench_dot {
    BENCH_DOT_F32,  /* FMA */
    BENCH_DOT_BF16, /* pairs of BF16 into FP32; FMA where the tier has no such instruction */
    BENCH_DOT_I16,  /* pairs of int16 into int32 */
    BENCH_DOT_I8    /* fours of int8 into int32; as I16 where the tier has no such instruction */
};

/* The dot that a tier's kernels stand on, at the tier's vector width. run == NULL: not on this CPU. */
struct bench_contender bench_roof_dot(ffp8_isa isa, enum bench_dot dot);
/* "vdpbf16ps zmm" */
const char *bench_roof_dot_name(ffp8_isa isa, enum bench_dot dot);

/* Memory traffic, in bytes a second. A case owns its buffers; NULL: out of memory. */
enum bench_traffic {
    BENCH_READ, /* load `source_bytes` */
    BENCH_COPY, /* memcpy: loads and stores count */
    BENCH_SPREAD /* load `source_bytes`, store `target_bytes` of whole vectors: what a conversion moves when it computes nothing. All count. */
};
struct bench_memory;
struct bench_memory *bench_memory_create(enum bench_traffic traffic, size_t source_bytes, size_t target_bytes, const ffp8_threads *threads);
void bench_memory_free(struct bench_memory *memory);
struct bench_contender bench_memory_contender(struct bench_memory *memory);

/* Beyond any cache; half of an L2 cache. */
enum { BENCH_COLD_BYTES = 272 << 20, BENCH_L2_BYTES = 512 << 10 };

#endif
