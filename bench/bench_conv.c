/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_conv.c - layers of ResNet-50 and MobileNet with bias and ReLU, on every tier, and oneDNN and XNNPACK beside them
 */
#include <stdio.h>
#include <stdlib.h>

#include "conv_case.h"
#include "shapes.h"
#include "suite.h"

static void *create(const void *spec) { return bench_conv_create(spec); }
static void destroy(void *conv) { bench_conv_free(conv); }

static void run(struct ffp8_bench_state *state, void *user_data) {
    const struct bench_conv_spec *spec = user_data;
    struct bench_conv *conv = bench_keep(spec, create, destroy);
    if (!conv) {
        ffp8_bench_skip(state, "out of memory, or refused");
        return;
    }
    const struct bench_contender contender = bench_conv_contender(conv);
    ffp8_bench_set_flops(state, contender.work);
    if (spec->shape.groups == 1) ffp8_bench_set_roof(state, contender.work, bench_dot_roof(spec->isa, bench_conv_dot(conv)));
    bench_time(state, &contender);
}

static void run_peer(struct ffp8_bench_state *state, void *user_data) {
    const struct bench_peer_spec *spec = user_data;
    ffp8_bench_set_flops(state, bench_conv_work(&spec->conv));
    bench_time_peer(state, spec);
}

static void add(const char *kind, const struct bench_conv_shape *shape, ffp8_isa isa, const char *x, const char *w) {
    char name[128];
    struct bench_conv_spec *spec = calloc(1, sizeof *spec); /* lives as long as the registration: to the program's end */
    if (!spec) return;
    *spec = (struct bench_conv_spec){.isa = isa, .shape = shape->shape, .x = x, .w = w, .y = x, .activation = FFP8_ACTIVATION_RELU};
    snprintf(name, sizeof name, "%s/%sx%s/%s/%s", kind, x, w, ffp8_isa_name(isa), shape->name);
    ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run, .user_data = spec});
}

static void add_peer(const char *kind, const char *what, enum bench_peer_kind peer, const struct bench_conv_shape *shape) {
    char name[128];
    struct bench_peer_spec *spec = calloc(1, sizeof *spec);
    if (!spec) return;
    *spec = (struct bench_peer_spec){.kind = peer, .conv = shape->shape};
    snprintf(name, sizeof name, "%s/%s/%s", kind, what, shape->name);
    ffp8_bench_register(name, &(struct ffp8_bench_def){.run = run_peer, .user_data = spec});
}

static void add_all(const char *kind, const struct bench_conv_shape *shapes, size_t count) {
    ffp8_isa isa;
    for (size_t s = 0; s < count; s++) {
        for (size_t tier = 0; bench_tier(tier, &isa); tier++) {
            add(kind, &shapes[s], isa, "e4m3", "e4m3");
            add(kind, &shapes[s], isa, "e3m4", "e3m4");
            add(kind, &shapes[s], isa, "uint8", "int8");
        }
        add_peer(kind, "onednn_f32", BENCH_PEER_DNNL_F32, &shapes[s]);
        add_peer(kind, "onednn_bf16", BENCH_PEER_DNNL_BF16, &shapes[s]);
        add_peer(kind, "onednn_u8s8", BENCH_PEER_DNNL_U8S8, &shapes[s]);
        add_peer(kind, "xnnpack_f32", BENCH_PEER_XNN_F32, &shapes[s]);
    }
}

void bench_register_conv(void) {
    add_all("conv", bench_resnet50, BENCH_COUNT(bench_resnet50));
    add_all("depthwise", bench_depthwise, BENCH_COUNT(bench_depthwise));
}
