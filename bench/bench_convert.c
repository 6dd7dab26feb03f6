/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_convert.c - decode and encode, in L2 and beyond any cache, and a copy of as many bytes beside them
 */
#include "convert_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "shapes.h"
#include "suite.h"

static void *create(const void *spec) { return bench_convert_create(spec); }
static void destroy(void *convert) { bench_convert_free(convert); }

static void run(struct ffp8_bench_state *state, void *user_data) {
    struct bench_convert *convert = bench_keep(user_data, create, destroy);
    if (!convert) {
        ffp8_bench_skip(state, "out of memory, or refused");
        return;
    }
    const struct bench_contender contender = bench_convert_contender(convert);
    ffp8_bench_set_bytes(state, contender.work);
    bench_time(state, &contender);
}

static void *create_copy(const void *bytes) {
    return bench_memory_create(BENCH_COPY, *(const size_t *)bytes, *(const size_t *)bytes, NULL);
}
static void free_copy(void *memory) { bench_memory_free(memory); }

static void run_copy(struct ffp8_bench_state *state, void *bytes) {
    struct bench_memory *memory = bench_keep(bytes, create_copy, free_copy);
    if (!memory) {
        ffp8_bench_skip(state, "out of memory");
        return;
    }
    const struct bench_contender contender = bench_memory_contender(memory);
    ffp8_bench_set_bytes(state, contender.work);
    bench_time(state, &contender);
}

static void add(const char *format, ffp8_dtype type, bool encode, ffp8_isa isa, size_t count, const char *where) {
    static const char *const types[] = {[FFP8_TYPE_F32] = "f32", [FFP8_TYPE_BF16] = "bf16", [FFP8_TYPE_F16] = "f16"};
    char name[128];
    struct bench_convert_spec *spec = calloc(1, sizeof *spec); /* lives as long as the registration: to the program's end */
    if (!spec) return;
    *spec = (struct bench_convert_spec){.isa = isa, .format = format, .type = type, .encode = encode, .count = count};
    snprintf(name, sizeof name, "%s/%s/%s/%s/%s", encode ? "encode" : "decode", format, types[type], ffp8_isa_name(isa), where);
    ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run, .user_data = spec});
}

void bench_register_convert(void) {
    static const char *const formats[] = {"e4m3", "e3m4", "e5m2"};
    static const struct {
        const char *name;
        size_t count, copied;
    } places[] = {{"l2", BENCH_L2_BYTES / 5, BENCH_L2_BYTES / 2}, {"cold", BENCH_COLD_BYTES / 5, BENCH_COLD_BYTES / 2}};
    ffp8_isa isa;
    for (size_t p = 0; p < BENCH_COUNT(places); p++) {
        char name[32];
        snprintf(name, sizeof name, "copy/%s", places[p].name);
        ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run_copy, .user_data = (void *)&places[p].copied});
        for (size_t tier = 0; bench_tier(tier, &isa); tier++) {
            for (size_t f = 0; f < BENCH_COUNT(formats); f++) {
                add(formats[f], FFP8_TYPE_F32, true, isa, places[p].count, places[p].name);
                for (int type = FFP8_TYPE_F32; type <= FFP8_TYPE_F16; type++) {
                    add(formats[f], (ffp8_dtype)type, false, isa, places[p].count, places[p].name);
                }
            }
        }
    }
}
