/* SPDX-License-Identifier: Apache-2.0
 *
 * case_transpose.c - matrices turned on their side: every shape around the tiles, dense and with gaps, at any address
 */
#include <string.h>

#include "check/check.h"

enum { MOST = 4096 }; /* elements */

struct transpose_call {
    ffp8_transpose_fn *kernel;
    const void *src;
    void *dst;
    size_t ld_src, ld_dst, rows, columns;
};

static void invoke(void *argument) {
    const struct transpose_call *c = argument;
    c->kernel(c->src, c->ld_src, c->dst, c->ld_dst, c->rows, c->columns);
}

static bool check_one(struct check_run *run, size_t rows, size_t columns, size_t src_gap, size_t dst_gap) {
    static uint8_t want[4 * MOST];
    const size_t bytes = (size_t)run->slot->parameter, ld_src = columns + src_gap, ld_dst = rows + dst_gap;
    const struct ffp8_kernels *k = run->kernels;
    check_begin(run);
    check_describe(run, "%zu x %zu, ld_src %zu, ld_dst %zu", rows, columns, ld_src, ld_dst);
    struct check_buffer *src = check_buffer(run, "src", CHECK_IN, rows, columns * bytes, ld_src * bytes, 1);
    struct check_buffer *dst = check_buffer(run, "dst", CHECK_OUT, columns, rows * bytes, ld_dst * bytes, 1);
    for (size_t i = 0; i < rows; i++) check_fill_bytes(&run->rand, (uint8_t *)src->data + i * ld_src * bytes, columns * bytes);
    struct transpose_call call = {
        bytes == 1 ? k->transpose8 : bytes == 2 ? k->transpose16 : k->transpose32, src->kernel, dst->kernel, ld_src, ld_dst, rows, columns};
    if (!check_call(run, invoke, &call)) return false;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            memcpy(want + (j * rows + i) * bytes, (const uint8_t *)src->data + (i * ld_src + j) * bytes, bytes);
    return check_bits(run, dst, want, rows, bytes == 1 ? CHECK_U8 : bytes == 2 ? CHECK_U16 : CHECK_F32, 0);
}

void check_transpose_body(struct check_run *run) {
    for (size_t rows = 0; rows <= 36; rows++)
        for (size_t columns = 0; columns <= 36; columns++) {
            const size_t gap = check_below(&run->rand, 70);
            if (!check_one(run, rows, columns, gap % 3 ? gap : 0, 0)) return;
            if (columns % 3 == 0 && !check_one(run, rows, columns, 0, gap)) return;
        }
    for (int i = 0; i < 100; i++) { /* long ones, some of few rows or columns */
        const size_t few = 1 + check_below(&run->rand, check_chance(&run->rand, 2) ? 8 : 64),
                     many = 1 + check_below(&run->rand, MOST / few);
        const size_t src_gap = check_below(&run->rand, 40), dst_gap = check_chance(&run->rand, 2) ? 0 : check_below(&run->rand, 40);
        if (!(check_chance(&run->rand, 2) ? check_one(run, few, many, src_gap, dst_gap) : check_one(run, many, few, src_gap, dst_gap)))
            return;
    }
}
