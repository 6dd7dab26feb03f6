/* SPDX-License-Identifier: Apache-2.0
 *
 * dump_formats.c - formats and conversions as a filter, for oracle_python.py
 *
 * A request is a line on standard input; what it asks for comes back as raw little-endian bytes:
 *     presets                              names, one a line, then an empty line
 *     values NAME                          256 floats
 *     encode NAME ROUNDING OVERFLOW TYPE N    (enum values), followed by N inputs of that type: N codes
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ffp8/ffp8.h"

static void fail(const char *what) {
    fprintf(stderr, "ffp8-dump-formats: %s\n", what);
    exit(1);
}

static ffp8_format format_of(const char *name) {
    ffp8_format format;
    if (ffp8_format_from_name(name, &format) != FFP8_OK) fail(name);
    return format;
}

static void dump_values(const char *name) {
    ffp8_format format = format_of(name);
    uint8_t codes[256];
    float values[256];
    for (int c = 0; c < 256; c++) codes[c] = (uint8_t)c;
    if (ffp8_decode(&format, codes, 1, values, FFP8_TYPE_F32, 256) != FFP8_OK) fail("decode");
    fwrite(values, sizeof values, 1, stdout);
}

static void dump_codes(const char *name, unsigned rounding, unsigned overflow, unsigned type, size_t n) {
    ffp8_format format = format_of(name);
    ffp8_encoding how = {.rounding = (ffp8_rounding)rounding, .overflow = (ffp8_overflow)overflow};
    size_t bytes = type == FFP8_TYPE_F32 ? 4 : 2;
    void *src = malloc(n * bytes + 1);
    uint8_t *dst = malloc(n + 1);
    if (!src || !dst) fail("out of memory");
    if (fread(src, bytes, n, stdin) != n) fail("short input");
    ffp8_status status = ffp8_encode(&format, src, (ffp8_dtype)type, 1, dst, n, &how);
    if (status != FFP8_OK) fail(ffp8_status_string(status));
    fwrite(dst, 1, n, stdout);
    free(src);
    free(dst);
}

int main(void) {
    char line[256], name[FFP8_FORMAT_NAME_BYTES];
    unsigned rounding, overflow, type;
    size_t n;
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "presets\n") == 0) {
            for (size_t i = 0; ffp8_format_preset(i); i++) puts(ffp8_format_preset(i));
            puts("");
        } else if (sscanf(line, "values %47s", name) == 1) {
            dump_values(name);
        } else if (sscanf(line, "encode %47s %u %u %u %zu", name, &rounding, &overflow, &type, &n) == 5) {
            dump_codes(name, rounding, overflow, type, n);
        } else {
            fail("bad request");
        }
        fflush(stdout);
    }
    return 0;
}
