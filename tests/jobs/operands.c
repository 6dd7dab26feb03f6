/* SPDX-License-Identifier: Apache-2.0
 *
 * operands.c - see operands.h
 */
#include "jobs/operands.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/lut.h"
#include "kernels/kernel_util.h"

static uint64_t state;

void draw_from(uint64_t seed) { state = seed; }
uint64_t draw_state(void) { return state; }

uint64_t draw(void) { /* SplitMix64 */
    uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
size_t below(size_t n) { return draw() % n; }
size_t between(size_t low, size_t high) { return low + below(high - low + 1); }
bool one_in(size_t n) { return below(n) == 0; }

struct buffer buffer_new(size_t bytes, size_t misalign) {
    const size_t total = bytes + 2 * CANARY + misalign;
    struct buffer b = {aligned_alloc(64, (total + 63) / 64 * 64), NULL, bytes};
    cr_assert(b.block != NULL);
    memset(b.block, CANARY_BYTE, total);
    b.data = b.block + CANARY + misalign;
    return b;
}

bool canaries_live(const struct buffer *b) {
    for (size_t i = 1; i <= CANARY; i++)
        if (b->data[-(ptrdiff_t)i] != CANARY_BYTE || b->data[b->bytes + i - 1] != CANARY_BYTE) return false;
    return true;
}

size_t type_bytes(ffp8_dtype type) { return type == FFP8_TYPE_F32 ? 4 : type == FFP8_TYPE_FFP8 ? 1 : 2; }

static bool is_usable(float v, bool whole) { return isfinite(v) && (!whole || (fabsf(v) <= 4 && v == rintf(v))); }

void fill_codes(uint8_t *dst, size_t n, const ffp8_format *format, bool whole) {
    float value[256];
    uint8_t allowed[256];
    size_t count = 0;
    ffp8_format_values(format, value);
    for (int c = 0; c < 256; c++)
        if (is_usable(value[c], whole)) allowed[count++] = (uint8_t)c;
    cr_assert(count > 0);
    for (size_t i = 0; i < n; i++) dst[i] = allowed[below(count)];
}

void store_wide(void *dst, ffp8_dtype type, size_t i, float v) {
    if (type == FFP8_TYPE_F32)
        ((float *)dst)[i] = v;
    else
        ((uint16_t *)dst)[i] = type == FFP8_TYPE_BF16 ? ffp8_bf16_from_f32(v) : ffp8_f16_from_f32(v);
}

void fill(void *dst, ffp8_dtype type, size_t n, const ffp8_format *format, bool whole) {
    if (type == FFP8_TYPE_FFP8) {
        fill_codes(dst, n, format, whole);
        return;
    }
    for (size_t i = 0; i < n; i++)
        store_wide(dst, type, i, whole ? (float)below(9) - 4 : ((float)below(1 << 24) / (1 << 23) - 1) * ldexpf(1, (int)below(8) - 4));
}

/* The formula reads codes by the million: one call of ffp8_decode for all codes of the formats at hand. */
static float decoded(const ffp8_format *format, uint8_t code) {
    static struct {
        ffp8_format format;
        float values[256];
        bool known;
    } recent[4];
    static unsigned oldest;
    if (format->codebook) return format->codebook[code]; /* its address says nothing of its values */
    for (unsigned i = 0; i < 4; i++)
        if (recent[i].known && memcmp(&recent[i].format, format, sizeof *format) == 0) return recent[i].values[code];
    const unsigned slot = oldest++ % 4;
    uint8_t codes[256];
    for (unsigned c = 0; c < 256; c++) codes[c] = (uint8_t)c;
    cr_assert_eq(ffp8_decode(format, codes, 1, recent[slot].values, FFP8_TYPE_F32, 256), FFP8_OK);
    recent[slot].format = *format;
    recent[slot].known = true;
    return recent[slot].values[code];
}

float load(const void *data, ffp8_dtype type, const ffp8_format *format, size_t i) {
    if (type == FFP8_TYPE_F32) return ((const float *)data)[i];
    if (type == FFP8_TYPE_BF16) return ffp8_f32_from_bf16(((const uint16_t *)data)[i]);
    if (type == FFP8_TYPE_F16) return ffp8_f32_from_f16(((const uint16_t *)data)[i]);
    return decoded(format, ((const uint8_t *)data)[i]);
}

ffp8_format format_named(const char *name) {
    ffp8_format format;
    cr_assert_eq(ffp8_format_from_name(name, &format), FFP8_OK, "%s", name);
    return format;
}

void run_backwards(void *pool, size_t count, ffp8_task *task, void *context) {
    (void)pool;
    while (count--) task(context, count);
}
