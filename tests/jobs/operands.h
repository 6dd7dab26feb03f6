/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.h - random operands for the tests of operators: numbers, buffers with canaries, values of every type
 */
#ifndef FFP8_TEST_OPERANDS_H
#define FFP8_TEST_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffp8/ffp8.h"

/* Random numbers, the same after each draw_from with the same seed. */
void draw_from(uint64_t seed);
uint64_t draw_state(void); /* what draw_from would have to get to go on from here */
uint64_t draw(void);
size_t below(size_t n);
size_t between(size_t low, size_t high);
bool one_in(size_t n);

/* Memory between canaries, which are NaN in every type: what is read from there shows. Free `block`. */
enum { CANARY = 64, CANARY_BYTE = 0xFF };
struct buffer {
    uint8_t *block, *data;
    size_t bytes;
};
struct buffer buffer_new(size_t bytes, size_t misalign);
bool canaries_live(const struct buffer *b);

size_t type_bytes(ffp8_dtype type);

/* Finite values of a type; `whole`: integers up to 4. */
void fill_codes(uint8_t *dst, size_t n, const ffp8_format *format, bool whole);
void fill(void *dst, ffp8_dtype type, size_t n, const ffp8_format *format, bool whole);
void store_wide(void *dst, ffp8_dtype type, size_t i, float v); /* not FFP8 */
float load(const void *data, ffp8_dtype type, const ffp8_format *format, size_t i);

ffp8_format format_named(const char *name);

/* A parallel_for in descending order on the caller's thread. */
void run_backwards(void *pool, size_t count, ffp8_task *task, void *context);

#endif
