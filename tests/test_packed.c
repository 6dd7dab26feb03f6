/* SPDX-License-Identifier: Apache-2.0
 *
 * test_packed.c - where packers put weights, and what they measure of them: however dense they lie, a sum of so many terms as it promises fits
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "dispatch/packed.h"
#include "ffp8/ffp8.h"

enum { MOST_WORDS = 8192 };
static const double room = INT32_MAX - UINT16_MAX; /* a carry leaves up to 16 bits */

struct drawn {
    struct check_rand rand;
    ffp8_conv_shape shape;
    ffp8_format format;
    uint8_t *codes, *blob;
    float integer[256]; /* |values| in units of the smallest */
};

/* Zeros, small and any codes, with bursts of the largest, which may lie across blocks and segments. */
static void draw_codes(struct drawn *d, size_t count) {
    size_t largest = 0;
    for (size_t c = 0; c < 256; c++)
        if (d->integer[c] > d->integer[largest]) largest = c;
    const int kind = (int)check_below(&d->rand, 3);
    for (size_t i = 0; i < count; i++) d->codes[i] = kind == 0 ? 0 : (uint8_t)check_below(&d->rand, kind == 1 ? 40 : 256);
    for (size_t burst = check_below(&d->rand, 6); burst > 0; burst--) {
        const size_t begin = check_below(&d->rand, count), length = 1 + check_below(&d->rand, 1500);
        memset(d->codes + begin, (int)largest, begin + length < count ? length : count - begin);
    }
}

static void draw(struct drawn *d) {
    static const char *const names[] = {"ffp8:s1x3y4b3", "ffp8:s0x3y5b3", "ffp8:s1x2y5b1", "int8"};
    static const size_t kernels[][2] = {{1, 1}, {3, 3}, {1, 7}, {5, 2}};
    float smallest = INFINITY;
    cr_assert_eq(ffp8_format_from_name(names[check_below(&d->rand, 4)], &d->format), FFP8_OK);
    for (unsigned c = 0; c < 256; c++) {
        const uint8_t code = (uint8_t)c;
        cr_assert_eq(ffp8_decode(&d->format, &code, 1, &d->integer[c], FFP8_TYPE_F32, 1), FFP8_OK);
        d->integer[c] = fabsf(d->integer[c]);
        if (d->integer[c] > 0) smallest = fminf(smallest, d->integer[c]);
    }
    for (unsigned c = 0; c < 256; c++) d->integer[c] /= smallest;
    const size_t *kernel = kernels[check_below(&d->rand, 4)];
    d->shape = (ffp8_conv_shape){.batch = 1,
                                 .in_h = 8,
                                 .in_w = 8,
                                 .c_in = 1 + check_below(&d->rand, kernel[0] * kernel[1] == 1 ? 5000 : 600),
                                 .c_out = 17 + check_below(&d->rand, 24),
                                 .kernel_h = kernel[0],
                                 .kernel_w = kernel[1]};
    const size_t count = d->shape.c_out * d->shape.c_in * kernel[0] * kernel[1];
    d->codes = malloc(count);
    draw_codes(d, count);
    const ffp8_filter filter = {.data = d->codes, .format = d->format, .order = FFP8_ORDER_OHWI};
    size_t bytes;
    ffp8_packed_info info;
    cr_assert_eq(ffp8_conv_packed_size(&d->shape, &filter, &bytes), FFP8_OK);
    d->blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, bytes);
    cr_assert_eq(ffp8_conv_pack(&d->shape, &filter, d->blob, bytes), FFP8_OK);
    cr_assert_eq(ffp8_packed_check((ffp8_packed){d->blob, bytes}, &info), FFP8_OK);
}

/* Magnitudes of a column's words in the order of its sum, without the segments that are left out; returns how many. */
static size_t column_words(const struct drawn *d, size_t column, bool leave_out, double *word) {
    const struct ffp8_packed_header *h = (const struct ffp8_packed_header *)d->blob;
    const size_t taps_across = h->segments == h->kernel_h ? 1 : h->kernel_w, terms = (size_t)h->segment_k;
    const uint8_t *codes = d->codes + column * (size_t)h->k;
    size_t words = 0;
    for (size_t s = 0; s < h->segments; s++, codes += terms) {
        if (leave_out && s % taps_across == 0) continue; /* as at the image's left side, or, of rows, all */
        for (size_t i = 0; i < terms; i += 2, words++) {
            cr_assert_lt(words, MOST_WORDS);
            word[words] = d->integer[codes[i]] + (i + 1 < terms ? d->integer[codes[i + 1]] : 0);
        }
    }
    return words;
}

static double heaviest_run(const double *word, size_t words, size_t length) {
    double sum = 0, most = 0;
    for (size_t i = 0; i < words; i++) {
        sum += word[i] - (i >= length ? word[i - length] : 0);
        most = fmax(most, sum);
    }
    return most;
}

Test(packed, as_many_terms_fit_as_weights_promise) {
    static double word[MOST_WORDS];
    size_t promised = 0, limited = 0;
    for (int round = 0; round < 300 || promised <= 200 || limited <= 30; round++) { /* whatever the seed: so many that count */
        cr_assert_lt(round, 600);
        struct drawn d = {.rand = {check_default_seed() + (uint64_t)round}};
        draw(&d);
        const double a_most = 1 + (double)check_below(&d.rand, 4032);
        const size_t terms = ffp8_packed_exact_terms((const struct ffp8_packed_header *)d.blob, a_most, 0);
        promised += terms > 0;
        limited += terms > 0 && terms < INT32_MAX;
        for (size_t column = 0; column < d.shape.c_out && terms > 0; column++)
            for (int leave_out = 0; leave_out < 2; leave_out++) {
                const double sum = heaviest_run(word, column_words(&d, column, leave_out, word), terms / 2);
                cr_assert(a_most * sum <= room, "round %d: %zu terms of column %zu sum to %.0f", round, terms, column, a_most * sum);
            }
        free(d.codes);
        free(d.blob);
    }
    cr_assert_gt(promised, 200);
    cr_assert_gt(limited, 30);
}

/* The byte of a code within its panel, as docs/kernels.md draws it. */
static size_t place_in_panel(size_t column, size_t k) {
    const size_t group = column % 16 / 4, upper = column / 16, line = k / 2;
    return line * 64 + group * 16 + upper * 8 + column % 4 * 2 + k % 2;
}

Test(packed, codes_lie_where_the_layout_says) {
    for (int round = 0; round < 200; round++) {
        struct check_rand rand = {check_default_seed() + (uint64_t)round};
        const size_t n = 1 + check_below(&rand, 80), k = 1 + check_below(&rand, round % 4 ? 700 : 40);
        const bool nk = check_below(&rand, 2);
        const size_t rows = nk ? n : k, ld = (nk ? k : n) + check_below(&rand, 3), count = (rows - 1) * ld + (nk ? k : n);
        uint8_t *codes = malloc(count); /* to the byte, for tools that see what is read beyond */
        for (size_t i = 0; i < count; i++) codes[i] = (uint8_t)(1 + check_below(&rand, 255));
        ffp8_weights weights = {.data = codes, .ld = ld, .order = nk ? FFP8_ORDER_NK : FFP8_ORDER_KN};
        cr_assert_eq(ffp8_format_from_name("ffp8:s1x4y3b7", &weights.format), FFP8_OK);
        size_t bytes;
        cr_assert_eq(ffp8_gemm_packed_size(n, k, &weights, &bytes), FFP8_OK);
        uint8_t *blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, bytes);
        cr_assert_eq(ffp8_gemm_pack(n, k, &weights, blob, bytes), FFP8_OK);

        const size_t panel_k = (k + 3) / 4 * 4, panels = (n + 31) / 32;
        const uint8_t *panel = blob + sizeof(struct ffp8_packed_header);
        cr_assert_geq(bytes, sizeof(struct ffp8_packed_header) + panels * 32 * panel_k);
        for (size_t column = 0; column < panels * 32; column++)
            for (size_t i = 0; i < panel_k; i++) {
                const size_t at = column / 32 * 32 * panel_k + place_in_panel(column % 32, i);
                const bool inside = column < n && i < k;
                const uint8_t want = inside ? codes[nk ? column * ld + i : i * ld + column]
                                            : 0; /* 0 is the code of zero, which no weight is */
                cr_assert_eq(panel[at], want, "round %d: n %zu, k %zu, %s: column %zu, k %zu is %02x, not %02x", round, n, k,
                             nk ? "NK" : "KN", column, i, panel[at], want);
            }
        free(codes);
        free(blob);
    }
}
