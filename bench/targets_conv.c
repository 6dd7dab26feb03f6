/* SPDX-License-Identifier: Apache-2.0
 *
 * targets_conv.c - ffp8-targets-conv: whether the goals for convolutions are met on this machine
 *
 * Rates are operations a second, those with padding counted. Bias and ReLU are fused, here and in the libraries that FFP8 is held against.
 */
#include <stdio.h>

#include "shapes.h"
#include "targets.h"
#include "targets_network.h"

static const ffp8_isa BEST = FFP8_ISA_AVX512BF16;

static struct bench_conv_spec spec_of(ffp8_isa isa, const ffp8_conv_shape *shape, const char *x, const char *w) {
    return (struct bench_conv_spec){.isa = isa, .shape = *shape, .x = x, .w = w, .y = x, .activation = FFP8_ACTIVATION_RELU};
}

/* "56x56x64-64_3x3 e4m3 x e4m3 avx2", and ours as the first contender. */
static void begin(struct target *t, int row, const char *name, const struct bench_conv_spec *spec, const char *more) {
    target_begin(t, row);
    snprintf(t->what, sizeof t->what, "%s %s x %s %s%s", name, spec->x, spec->w, ffp8_isa_name(spec->isa), more);
    target_conv(t, "ours", spec, 0);
}

static void against(struct target *t, enum bench_peer_kind kind, bool avx2, const ffp8_conv_shape *shape, double least) {
    target_peer(t, &(struct bench_peer_spec){.kind = kind, .avx2 = avx2, .conv = *shape}, bench_conv_work(shape), least);
}

static void row_1(const struct bench_conv_shape *s) {
    static const char *const pairs[][2] = {{"e4m3", "e4m3"}, {"e5m2", "e4m3"}, {"e4m4", "e3m4"}, {"e3m5", "e3m4"}};
    for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
        struct target t;
        const struct bench_conv_spec spec = spec_of(BEST, &s->shape, pairs[i][0], pairs[i][1]);
        begin(&t, 1, s->name, &spec, "");
        against(&t, BENCH_PEER_DNNL_BF16, false, &s->shape, 1.0);
        against(&t, BENCH_PEER_DNNL_F32, false, &s->shape, 2.0);
        against(&t, BENCH_PEER_XNN_F32, false, &s->shape, 1.0);
        target_dot(&t, BEST, BENCH_DOT_BF16, 0);
        target_end(&t);
    }
}

/* One pair of formats on one tier against oneDNN's f32 held to the same instructions, those of the best tier being no other for f32. */
static void against_f32(int row, const struct bench_conv_shape *s, ffp8_isa isa, const char *format, enum bench_dot dot, double least) {
    struct target t;
    const struct bench_conv_spec spec = spec_of(isa, &s->shape, format, format);
    begin(&t, row, s->name, &spec, "");
    against(&t, BENCH_PEER_DNNL_F32, isa == FFP8_ISA_AVX2, &s->shape, least);
    target_dot(&t, isa, dot, 0);
    target_end(&t);
}

static void row_2(const struct bench_conv_shape *s) {
    static const char *const formats[] = {"e4m3", "e5m2"};
    for (size_t i = 0; i < BENCH_COUNT(formats); i++) {
        against_f32(2, s, FFP8_ISA_AVX2, formats[i], BENCH_DOT_F32, 0.95);
        against_f32(2, s, FFP8_ISA_AVX512, formats[i], BENCH_DOT_F32, 0.95);
    }
}

static void row_3(const struct bench_conv_shape *s) {
    static const char *const formats[] = {"e3m4", "e2m5"};
    for (size_t i = 0; i < BENCH_COUNT(formats); i++) {
        against_f32(3, s, FFP8_ISA_AVX2, formats[i], BENCH_DOT_I16, 1.5);
        against_f32(3, s, FFP8_ISA_AVX512, formats[i], BENCH_DOT_I16, 1.5);
        against_f32(3, s, BEST, formats[i], BENCH_DOT_I16, 1.8);
    }
}

static void row_4(const struct bench_conv_shape *s) {
    struct target t;
    const struct bench_conv_spec spec = spec_of(BEST, &s->shape, "uint8", "int8");
    begin(&t, 4, s->name, &spec, "");
    against(&t, BENCH_PEER_DNNL_U8S8, false, &s->shape, 0.95);
    target_dot(&t, BEST, BENCH_DOT_I8, 0);
    target_end(&t);
}

static void row_5(void) {
    static const char *const formats[] = {"e4m3", "e3m4"};
    for (size_t s = 0; s < BENCH_COUNT(bench_depthwise); s++) {
        for (size_t i = 0; i < BENCH_COUNT(formats); i++) {
            struct target t;
            const struct bench_conv_shape *shape = &bench_depthwise[s];
            const struct bench_conv_spec spec = spec_of(BEST, &shape->shape, formats[i], formats[i]);
            begin(&t, 5, shape->name, &spec, " depthwise");
            against(&t, BENCH_PEER_DNNL_F32, false, &shape->shape, 1.0);
            against(&t, BENCH_PEER_DNNL_BF16, false, &shape->shape, 1.0);
            against(&t, BENCH_PEER_XNN_F32, false, &shape->shape, 1.0);
            target_end(&t);
        }
    }
}

/* What square layers of one image are turned into; padding keeps the image's size. */
static ffp8_conv_shape dilated(size_t by, ffp8_conv_shape s) {
    s.dilation_h = s.dilation_w = by;
    s.pad_top = s.pad_left = s.pad_bottom = s.pad_right = s.kernel_h / 2 * by;
    return s;
}

static ffp8_conv_shape oblong(size_t kernel_h, size_t kernel_w, ffp8_conv_shape s) {
    s.kernel_h = kernel_h;
    s.kernel_w = kernel_w;
    s.pad_top = s.pad_bottom = kernel_h / 2;
    s.pad_left = s.pad_right = kernel_w / 2;
    return s;
}

static ffp8_conv_shape images(size_t batch, ffp8_conv_shape s) {
    s.batch = batch;
    return s;
}

static void row_6(void) {
    const struct {
        const char *name;
        ffp8_conv_shape shape;
        int dense; /* the layer of row 1 that is nearest */
    } layers[] = {
        {"ResNeXt 56x56x128 32 groups", BENCH_CONV(56, 128, 128, 3, 1, 32), 0},
        {"ResNeXt 28x28x256 32 groups", BENCH_CONV(28, 256, 256, 3, 1, 32), 1},
        {"ResNeXt 14x14x512 32 groups", BENCH_CONV(14, 512, 512, 3, 1, 32), 2},
        {"ResNeXt 7x7x1024 32 groups", BENCH_CONV(7, 1024, 1024, 3, 1, 32), 3},
        {"DeepLab 33x33x256 dilated by 6", dilated(6, (ffp8_conv_shape)BENCH_CONV(33, 256, 256, 3, 1, 1)), 2},
        {"DeepLab 33x33x512 dilated by 2", dilated(2, (ffp8_conv_shape)BENCH_CONV(33, 512, 512, 3, 1, 1)), 2},
        {"Inception 17x17x192 1x7", oblong(1, 7, (ffp8_conv_shape)BENCH_CONV(17, 192, 192, 7, 1, 1)), 2},
        {"Inception 17x17x192 7x1", oblong(7, 1, (ffp8_conv_shape)BENCH_CONV(17, 192, 192, 7, 1, 1)), 2},
        {"56x56x3-64_3x3", BENCH_CONV(56, 3, 64, 3, 1, 1), 0},
        {"56x56x17-17_3x3", BENCH_CONV(56, 17, 17, 3, 1, 1), 0},
        {"56x56x67-67_3x3", BENCH_CONV(56, 67, 67, 3, 1, 1), 0},
        {"28x28x67-17_1x1", BENCH_CONV(28, 67, 17, 1, 1, 1), 4},
        {"8 images 14x14x256-256_3x3", images(8, (ffp8_conv_shape)BENCH_CONV(14, 256, 256, 3, 1, 1)), 2},
        {"8 images 7x7x512-512_3x3", images(8, (ffp8_conv_shape)BENCH_CONV(7, 512, 512, 3, 1, 1)), 3},
    };
    for (size_t i = 0; i < BENCH_COUNT(layers); i++) {
        struct target t;
        const struct bench_conv_shape *dense = &bench_resnet50[layers[i].dense];
        const struct bench_conv_spec spec = spec_of(BEST, &layers[i].shape, "e4m3", "e4m3"),
                                     whole = spec_of(BEST, &dense->shape, "e4m3", "e4m3");
        begin(&t, 6, layers[i].name, &spec, "");
        target_conv(&t, dense->name, &whole, 0.8);
        target_dot(&t, BEST, BENCH_DOT_BF16, 0);
        target_end(&t);
    }
}

static void row_7(const struct bench_conv_shape *s) {
    struct target t;
    const struct bench_conv_spec nhwc = spec_of(BEST, &s->shape, "e4m3", "e4m3");
    struct bench_conv_spec nchw = nhwc;
    nchw.layout = FFP8_LAYOUT_NCHW;
    begin(&t, 7, s->name, &nchw, " NCHW");
    target_conv(&t, "NHWC", &nhwc, 1 / 1.15);
    target_end(&t);
}

static void row_8(void) {
    static const struct {
        const char *name;
        ffp8_activation activation;
        bool residual;
        double slower; /* at most */
    } fused[] = {{"add, ReLU, requantize", FFP8_ACTIVATION_RELU, true, 1.05},
                 {"sigmoid", FFP8_ACTIVATION_SIGMOID, false, 1.15},
                 {"tanh", FFP8_ACTIVATION_TANH, false, 1.15},
                 {"SiLU", FFP8_ACTIVATION_SILU, false, 1.15},
                 {"GELU (erf)", FFP8_ACTIVATION_GELU_ERF, false, 1.15},
                 {"GELU (tanh)", FFP8_ACTIVATION_GELU_TANH, false, 1.15}};
    const struct bench_conv_shape *s = &bench_resnet50[0];
    for (size_t i = 0; i < BENCH_COUNT(fused); i++) {
        struct target t;
        char more[48];
        struct bench_conv_spec plain = spec_of(BEST, &s->shape, "e4m3", "e4m3"), spec = plain;
        plain.activation = FFP8_ACTIVATION_NONE;
        plain.y = "f32";
        spec.activation = fused[i].activation;
        spec.residual = fused[i].residual;
        snprintf(more, sizeof more, " %s", fused[i].name);
        begin(&t, 8, s->name, &spec, more);
        target_conv(&t, "plain, f32 output", &plain, 1 / fused[i].slower);
        target_end(&t);
    }
}

static void row_9(const struct bench_conv_shape *s) {
    struct target t;
    struct bench_conv_spec one = spec_of(BEST, &s->shape, "e4m3", "e4m3"), two = one;
    one.threads = &targets_one_thread;
    two.threads = &targets_two_threads;
    begin(&t, 9, s->name, &two, " 2 threads");
    target_conv(&t, "one thread", &one, 1.85);
    target_end(&t);
}

#ifdef FFP8_HAVE_NETWORKS
static void rows_10_and_11(ffp8_isa isa) { targets_networks(10, 11, isa); }
#else
static void rows_10_and_11(ffp8_isa isa) {
    (void)isa;
    for (int row = 10; row <= 11; row++)
        if (targets_row(row)) target_elsewhere(row, "whole networks", "oneDNN, cJSON or zlib was not here when this was built");
}
#endif

int main(int argc, char **argv) {
    static void (*const of_layers[])(const struct bench_conv_shape *) = {
        [1] = row_1, [2] = row_2, [3] = row_3, [4] = row_4, [7] = row_7, [9] = row_9};
    static void (*const others[])(void) = {[5] = row_5, [6] = row_6, [8] = row_8};
    const ffp8_isa active = ffp8_active_isa(); /* the best one, or what the environment says */
    int status;
    if (!targets_start(argc, argv, "ffp8-targets-conv", &status)) return status;
    for (int row = 1; row <= 9; row++) {
        if (!targets_row(row)) continue;
        if ((size_t)row < BENCH_COUNT(of_layers) && of_layers[row]) {
            for (size_t s = 0; s < BENCH_COUNT(bench_resnet50); s++) of_layers[row](&bench_resnet50[s]);
        } else {
            others[row]();
        }
    }
    rows_10_and_11(active);
    return targets_finish();
}
