/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.c - see operands.h
 */
#include "operands.h"

#include <stdio.h>
#include <string.h>

#include "buffers.h"

bool bench_use_tier(ffp8_isa isa) { return ffp8_active_isa() == isa || (ffp8_set_max_isa(isa) == FFP8_OK && ffp8_active_isa() == isa); }

ffp8_status bench_format(const char *name, ffp8_format *format) {
    unsigned exponent, fraction;
    char tail, text[FFP8_FORMAT_NAME_BYTES];
    if (sscanf(name, "e%1um%1u%c", &exponent, &fraction, &tail) != 2 || exponent + fraction > 8 || exponent + fraction < 7)
        return ffp8_format_from_name(name, format);
    snprintf(text, sizeof text, "ffp8:s%ux%uy%ub%d", 8 - exponent - fraction, exponent, fraction, (1 << exponent >> 1) - 1);
    return ffp8_format_from_name(text, format);
}

ffp8_status bench_activations(const char *name, size_t count, struct bench_activations *activations) {
    *activations = (struct bench_activations){.type = FFP8_TYPE_F32, .accuracy = FFP8_ACCURACY_STRICT};
    if (strcmp(name, "f32as16") == 0)
        activations->accuracy = FFP8_ACCURACY_BF16;
    else if (strcmp(name, "bf16") == 0)
        activations->type = FFP8_TYPE_BF16;
    else if (strcmp(name, "f32") != 0)
        activations->type = FFP8_TYPE_FFP8;
    if (activations->type == FFP8_TYPE_FFP8) {
        ffp8_status status = bench_format(name, &activations->format);
        if (status != FFP8_OK) return status;
    }
    const size_t bytes = activations->type == FFP8_TYPE_F32 ? 4 : activations->type == FFP8_TYPE_BF16 ? 2 : 1;
    activations->data = bench_alloc(count * bytes);
    if (!activations->data) return FFP8_ERROR_NULL;
    if (bytes == 4)
        bench_fill_floats(activations->data, count, 1);
    else if (bytes == 2)
        bench_fill_bf16(activations->data, count, 1);
    else
        bench_fill_bytes(activations->data, count, 1);
    return FFP8_OK;
}

enum bench_dot bench_product_dot(const struct bench_activations *a, const ffp8_format *w) {
    static const enum bench_dot dots[] = {[FFP8_CLASS_I8] = BENCH_DOT_I8,
                                          [FFP8_CLASS_I16] = BENCH_DOT_I16,
                                          [FFP8_CLASS_BF16] = BENCH_DOT_BF16,
                                          [FFP8_CLASS_F32] = BENCH_DOT_F32};
    ffp8_format_info info;
    ffp8_class class_a = a->type == FFP8_TYPE_F32 && a->accuracy == FFP8_ACCURACY_STRICT ? FFP8_CLASS_F32 : FFP8_CLASS_BF16;
    if (a->type == FFP8_TYPE_FFP8) class_a = ffp8_format_query(&a->format, &info) == FFP8_OK ? info.arithmetic : FFP8_CLASS_F32;
    ffp8_class class_w = ffp8_format_query(w, &info) == FFP8_OK ? info.arithmetic : FFP8_CLASS_F32;
    return dots[class_a > class_w ? class_a : class_w];
}

size_t bench_cold_copies(size_t bytes) { return BENCH_COLD_BYTES / bytes + 1; }
