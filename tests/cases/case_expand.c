/* SPDX-License-Identifier: Apache-2.0
 *
 * case_expand.c - packed lines to expanded panels: every number of words, every kind of lut
 */
#include <string.h>

#include "check/check.h"
#include "cases/panel.h"

struct expand_call {
    ffp8_expand_fn *kernel;
    const uint8_t *lines;
    void *panel;
    size_t words;
    const struct ffp8_lut *lut;
};

static void invoke(void *argument) {
    const struct expand_call *c = argument;
    c->kernel(c->lines, c->panel, c->words, c->lut);
}

static bool check_one(struct check_run *run, const ffp8_format *format, size_t words, bool finite_only) {
    static struct ffp8_lut lut;
    static uint8_t code[PANEL_MAX_K * FFP8_NR];
    static uint32_t element[PANEL_MAX_K * FFP8_NR];
    static uint8_t want[(PANEL_MAX_K + 1) * FFP8_STEP_BYTES];
    const ffp8_class c = (ffp8_class)run->slot->parameter;
    const size_t k = words * ffp8_class_elements(c), bytes = ffp8_panel_bytes(c, words);
    check_begin(run);
    check_describe(run, "words %zu, %s sign %u exponent %u fraction %u specials %u flags %u bias %d%s", words,
                   format->codebook ? "codebook" : "format", format->sign_bits, format->exponent_bits, format->fraction_bits,
                   format->specials, format->flags, format->bias, finite_only ? ", finite codes only" : "");
    ffp8_lut_init(&lut, format, c, finite_only);
    check_fill_codes(&run->rand, code, k * FFP8_NR, format, !finite_only);
    for (size_t i = 0; i < k * FFP8_NR; i++) element[i] = lut.element[code[i]];

    struct check_buffer *table = check_buffer(run, "lut", CHECK_IN, 1, sizeof lut, sizeof lut, 64);
    struct check_buffer *lines = check_buffer(run, "lines", CHECK_IN, 1, panel_line_bytes(k), panel_line_bytes(k), 64);
    struct check_buffer *panel = check_buffer(run, "panel", CHECK_OUT, 1, bytes, bytes, 64);
    memcpy(table->data, &lut, sizeof lut);
    panel_pack_lines(lines->data, code, k);
    struct expand_call call = {run->kernels->expand[c], lines->kernel, panel->kernel, words, table->kernel};
    if (!check_call(run, invoke, &call)) return false;
    panel_build(want, element, k, c, (enum ffp8_panel)run->kernels->panel[c]);
    return check_bits(run, panel, want, bytes / 4, CHECK_I32, 0);
}

void check_expand_body(struct check_run *run) {
    const ffp8_class c = (ffp8_class)run->slot->parameter;
    ffp8_format format;
    bool finite[256];
    for (size_t i = 0; i < check_format_count(); i++) { /* every format that the class holds */
        if (!check_format_at(i, &format)) continue;
        for (unsigned j = 0; j < 256; j++) finite[j] = isfinite(check_decode(&format, (uint8_t)j));
        const unsigned classes = ffp8_format_classes(&format, NULL), finite_classes = ffp8_format_classes(&format, finite);
        const size_t words = 1 + check_below(&run->rand, 20);
        if ((classes & 1u << c) && !check_one(run, &format, words, false)) return;
        if ((finite_classes & 1u << c) && !check_one(run, &format, words, true)) return;
    }
    for (size_t words = 0; words <= 66; words++)
        if (!check_random_format_of(run, c, &format) || !check_one(run, &format, words, false)) return;
}
