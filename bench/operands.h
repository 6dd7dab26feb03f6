/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.h - FFP8's operands by name, for the matrix products and convolutions that are timed
 */
#ifndef FFP8_BENCH_OPERANDS_H
#define FFP8_BENCH_OPERANDS_H

#include <stddef.h>

#include "ffp8/ffp8.h"
#include "roofs.h"

/* Makes it the active tier, unless it is (asking the CPU takes a virtual machine long). False: it cannot be. */
bool bench_use_tier(ffp8_isa isa);

/* "e4m3", "e2m6" and so on are all-finite formats, unsigned where the widths sum to 8; "int8", "uint8" and all other names are the library's. */
ffp8_status bench_format(const char *name, ffp8_format *format);

/* Activations: a format's name, "bf16", "f32" (strict) or "f32as16" (rounded to BF16). `data`: count elements, to be freed. */
struct bench_activations {
    ffp8_dtype type;
    ffp8_format format;
    ffp8_accuracy accuracy;
    void *data;
};
ffp8_status bench_activations(const char *name, size_t count, struct bench_activations *activations);

/* The class of arithmetic of a product: the wider of both operands'. */
enum bench_dot bench_product_dot(const struct bench_activations *a, const ffp8_format *w);

/* Copies of `bytes` that are more than any cache holds. */
size_t bench_cold_copies(size_t bytes);

#endif
