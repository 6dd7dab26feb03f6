/* SPDX-License-Identifier: Apache-2.0
 *
 * targets_gemm.c - ffp8-targets-gemm: whether the goals for matrix products and conversions are met on this machine
 *
 * Rates are operations a second, of rows 7 and 11 bytes a second. docs/performance.md says what the rows are.
 */
#include <stdio.h>

#include "shapes.h"
#include "targets.h"

static const ffp8_isa BEST = FFP8_ISA_AVX512BF16;

struct pair {
    const char *a, *w;
};

static double work(const struct bench_gemm_shape *s) { return 2.0 * (double)s->m * (double)s->n * (double)s->k; }

static struct bench_gemm_spec spec_of(ffp8_isa isa, const struct bench_gemm_shape *s, const char *a, const char *w) {
    return (struct bench_gemm_spec){.isa = isa, .m = s->m, .n = s->n, .k = s->k, .a = a, .w = w};
}

/* "512x512x512 e4m3 x e4m3 avx2", and ours as the first contender. */
static void begin(struct target *t, int row, const struct bench_gemm_spec *spec, const char *more) {
    target_begin(t, row);
    snprintf(t->what, sizeof t->what, "%zux%zux%zu %s x %s %s%s", spec->m, spec->n, spec->k, spec->a, spec->w, ffp8_isa_name(spec->isa),
             more);
    target_gemm(t, "ours", spec, false, 0);
}

static void against(struct target *t, enum bench_peer_kind kind, bool avx2, const struct bench_gemm_shape *s, bool cold, double least) {
    target_peer(t, &(struct bench_peer_spec){.kind = kind, .avx2 = avx2, .m = s->m, .n = s->n, .k = s->k, .cold = cold}, work(s), least);
}

static void row_1(const struct bench_gemm_shape *s) {
    static const struct pair pairs[] = {{"e4m3", "e4m3"}, {"e5m2", "e5m2"}, {"e4m4", "e4m3"},
                                        {"e3m5", "e5m2"}, {"e5m3", "e2m5"}, {"e3m4", "e3m4"}};
    for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
        struct target t;
        const struct bench_gemm_spec spec = spec_of(BEST, s, pairs[i].a, pairs[i].w);
        begin(&t, 1, &spec, "");
        against(&t, BENCH_PEER_DNNL_BF16, false, s, false, 1.0);
        against(&t, BENCH_PEER_SGEMM, false, s, false, 2.0);
        if (i < 2) against(&t, i == 0 ? BENCH_PEER_NUMKONG_E4M3 : BENCH_PEER_NUMKONG_E5M2, false, s, false, 1.0); /* it has these two */
        target_dot(&t, BEST, BENCH_DOT_BF16, s->k >= 1024 ? 0.93 : 0);
        target_end(&t);
    }
}

static void row_2(const struct bench_gemm_shape *s) {
    const struct bench_gemm_spec row1 = spec_of(BEST, s, "e4m3", "e4m3");
    static const char *const rounded[] = {"bf16", "f32as16"};
    struct target t;
    for (size_t i = 0; i < BENCH_COUNT(rounded); i++) {
        const struct bench_gemm_spec spec = spec_of(BEST, s, rounded[i], "e4m3");
        begin(&t, 2, &spec, "");
        target_gemm(&t, "row 1", &row1, false, 0.97);
        target_dot(&t, BEST, BENCH_DOT_BF16, 0);
        target_end(&t);
    }
    const struct bench_gemm_spec strict = spec_of(BEST, s, "f32", "e4m3");
    begin(&t, 2, &strict, "");
    against(&t, BENCH_PEER_SGEMM, false, s, false, 1.0);
    target_dot(&t, BEST, BENCH_DOT_F32, 0);
    target_end(&t);
}

static void row_3(const struct bench_gemm_shape *s) {
    static const struct pair pairs[] = {{"uint8", "int8"}, {"int8", "int8"}};
    for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
        struct target t;
        const struct bench_gemm_spec spec = spec_of(BEST, s, pairs[i].a, pairs[i].w);
        begin(&t, 3, &spec, "");
        against(&t, BENCH_PEER_DNNL_U8S8, false, s, false, 1.0);
        target_dot(&t, BEST, BENCH_DOT_I8, 0);
        target_end(&t);
    }
}

static void row_4(const struct bench_gemm_shape *s) {
    static const struct pair pairs[] = {{"e3m4", "e3m4"}, {"e3m5", "e3m4"}, {"e2m5", "e2m5"}};
    static const struct {
        double least;
        ffp8_isa isa;
        bool avx2;
    } tiers[] = {
        {1.9, FFP8_ISA_AVX512BF16, false}, {1.7, FFP8_ISA_AVX512, false}, {1.6, FFP8_ISA_AVX2, true}, {1.9, FFP8_ISA_AVXVNNI, true}};
    for (size_t tier = 0; tier < BENCH_COUNT(tiers); tier++) {
        for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
            struct target t;
            const struct bench_gemm_spec spec = spec_of(tiers[tier].isa, s, pairs[i].a, pairs[i].w);
            begin(&t, 4, &spec, "");
            against(&t, BENCH_PEER_SGEMM, tiers[tier].avx2, s, false, tiers[tier].least);
            target_dot(&t, spec.isa, BENCH_DOT_I16, 0);
            target_end(&t);
        }
    }
}

static void any_format(int row, ffp8_isa isa, bool avx2, double least, const struct bench_gemm_shape *s) {
    static const struct pair pairs[] = {{"e4m3", "e4m3"}, {"e5m2", "e4m3"}, {"bf16", "e4m3"}};
    for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
        struct target t;
        const struct bench_gemm_spec spec = spec_of(isa, s, pairs[i].a, pairs[i].w);
        begin(&t, row, &spec, "");
        against(&t, BENCH_PEER_SGEMM, avx2, s, false, least);
        target_dot(&t, isa, BENCH_DOT_F32, 0);
        target_end(&t);
    }
}

static void row_5(const struct bench_gemm_shape *s) { any_format(5, FFP8_ISA_AVX512, false, 1.0, s); }
static void row_6(const struct bench_gemm_shape *s) { any_format(6, FFP8_ISA_AVX2, true, 0.95, s); }

static void gemv(const struct bench_gemm_shape *s, ffp8_isa isa, const char *a, const ffp8_threads *threads) {
    struct target t;
    struct bench_gemm_spec spec = spec_of(isa, s, a, "e4m3");
    const bool avx2 = isa == FFP8_ISA_AVX2;
    spec.cold = true;
    spec.threads = threads;
    target_begin(&t, 7);
    snprintf(t.what, sizeof t.what, "1x%zux%zu cold %s x e4m3 %s%s", s->n, s->k, a, ffp8_isa_name(isa), threads ? " 2 threads" : "");
    target_gemm(&t, "ours", &spec, true, 0);
    target_memory(&t, "read", BENCH_READ, BENCH_COLD_BYTES, 0, threads, 1, 0.95);
    target_peer(&t,
                &(struct bench_peer_spec){
                    .kind = BENCH_PEER_SGEMM, .avx2 = avx2, .m = 1, .n = s->n, .k = s->k, .cold = true, .threads = threads ? 2 : 1},
                (double)(s->n * s->k), 4.0);
    target_end(&t);
}

/* Weights as a file has them, not packed. */
static void zero_copy(int row, const struct bench_gemm_shape *s, const char *format) {
    struct target t;
    struct bench_gemm_spec packed = spec_of(BEST, s, format, format);
    packed.cold = true;
    struct bench_gemm_spec plain = packed;
    plain.plain = true;
    begin(&t, row, &plain, " cold, row-major");
    target_gemm(&t, "packed", &packed, false, 0.85);
    target_end(&t);
}

static void row_7(void) {
    static const char *const activations[] = {"f32", "bf16", "e4m3"};
    for (size_t s = 0; s < BENCH_COUNT(bench_gemv_shapes); s++) {
        for (size_t a = 0; a < BENCH_COUNT(activations); a++) {
            gemv(&bench_gemv_shapes[s], BEST, activations[a], NULL);
            gemv(&bench_gemv_shapes[s], FFP8_ISA_AVX2, activations[a], &targets_two_threads);
        }
    }
    zero_copy(7, &bench_gemv_shapes[0], "e4m3");
    zero_copy(7, &bench_gemv_shapes[0], "e3m4");
}

static void row_8(void) {
    static const size_t rows[] = {2, 4, 8, 16, 32};
    for (size_t i = 0; i < BENCH_COUNT(rows); i++) {
        struct target t;
        const struct bench_gemm_shape s = {rows[i], 4096, 4096};
        struct bench_gemm_spec spec = spec_of(BEST, &s, "e4m3", "e4m3");
        spec.cold = true;
        begin(&t, 8, &spec, " cold");
        t.best_counts = true; /* of both bounds the lower one holds */
        target_memory(&t, "bandwidth bound", BENCH_READ, BENCH_COLD_BYTES, 0, NULL, 2 * (double)s.m, 0.85);
        target_dot(&t, BEST, BENCH_DOT_BF16, 0.85);
        target_end(&t);
        zero_copy(8, &s, "e4m3");
        zero_copy(8, &s, "e3m4");
        if (s.m > 4) continue;
        begin(&t, 8, &spec, " cold");
        against(&t, BENCH_PEER_DNNL_U8S8, false, &s, true, 1.0);
        target_end(&t);
    }
}

static void row_9(void) {
    static const struct {
        enum bench_scaling scaling;
        const char *name;
        double slower; /* at most */
    } scalings[] = {{BENCH_SCALE_CHANNEL, "per channel", 1.01},
                    {BENCH_SCALE_GROUP128, "groups of 128", 1.05},
                    {BENCH_SCALE_BLOCK128, "128x128", 1.05},
                    {BENCH_SCALE_MX32, "MX32", 1.15}};
    static const struct bench_gemm_shape shapes[] = {{1024, 1024, 1024}, {1, 4096, 4096}};
    for (size_t s = 0; s < BENCH_COUNT(shapes); s++) {
        for (size_t i = 0; i < BENCH_COUNT(scalings); i++) {
            struct target t;
            char more[32];
            struct bench_gemm_spec none = spec_of(BEST, &shapes[s], "e4m3", "e4m3");
            none.cold = none.m == 1;
            struct bench_gemm_spec spec = none;
            spec.scaling = scalings[i].scaling;
            snprintf(more, sizeof more, " %s", scalings[i].name);
            begin(&t, 9, &spec, more);
            target_gemm(&t, "without scales", &none, false, 1 / scalings[i].slower);
            target_end(&t);
        }
    }
}

static void row_10(const struct bench_gemm_shape *s) {
    static const struct {
        ffp8_isa isa;
        const char *format;
    } rows[] = {{FFP8_ISA_AVX512BF16, "e4m3"}, {FFP8_ISA_AVX512BF16, "e3m4"}, {FFP8_ISA_AVX512, "e3m4"},
                {FFP8_ISA_AVX2, "e3m4"},       {FFP8_ISA_AVX512, "e4m3"},     {FFP8_ISA_AVX2, "e4m3"}};
    for (size_t i = 0; i < BENCH_COUNT(rows); i++) {
        struct target t;
        struct bench_gemm_spec one = spec_of(rows[i].isa, s, rows[i].format, rows[i].format), two = one;
        one.threads = &targets_one_thread;
        two.threads = &targets_two_threads;
        begin(&t, 10, &two, " 2 threads");
        target_gemm(&t, "one thread", &one, false, 1.9);
        target_end(&t);
    }
}

static void conversion(ffp8_isa isa, const char *format, ffp8_dtype type, bool encode, bool cold) {
    static const char *const types[] = {[FFP8_TYPE_F32] = "f32", [FFP8_TYPE_BF16] = "bf16", [FFP8_TYPE_F16] = "f16"};
    const size_t width = type == FFP8_TYPE_F32 ? 4 : 2,
                 count = (cold ? (size_t)BENCH_COLD_BYTES : (size_t)BENCH_L2_BYTES) / (1 + width) / 64 * 64;
    struct target t;
    target_begin(&t, 11);
    snprintf(t.what, sizeof t.what, "%s %s %s %s %s", encode ? "encode" : "decode", format, types[type], ffp8_isa_name(isa),
             cold ? "memory" : "L2");
    target_convert(&t, "ours", &(struct bench_convert_spec){.isa = isa, .format = format, .type = type, .encode = encode, .count = count},
                   0);
    if (encode)
        target_memory(&t, "copy", BENCH_COPY, count * (1 + width) / 2, count * (1 + width) / 2, NULL, 1, cold ? 0.8 : 0);
    else
        target_memory(&t, "loads and stores alone", BENCH_SPREAD, count, count * width, NULL, 1, 0.9);
    target_end(&t);
}

static void row_11(void) {
    static const char *const formats[] = {"e4m3", "e3m4", "e5m2"};
    for (int cold = 0; cold < 2; cold++) {
        for (size_t f = 0; f < BENCH_COUNT(formats); f++) {
            for (int type = FFP8_TYPE_F32; type <= FFP8_TYPE_F16; type++) conversion(BEST, formats[f], (ffp8_dtype)type, false, cold);
            conversion(BEST, formats[f], FFP8_TYPE_F32, true, cold);
        }
    }
}

static void row_12(void) {
    static const struct {
        struct bench_gemm_shape odd, round;
    } pairs[] = {
        {{5, 3, 7}, {4, 4, 8}},
        {{2, 5, 11}, {2, 4, 8}},
        {{13, 17, 19}, {16, 16, 16}},
        {{31, 33, 37}, {32, 32, 32}},
        {{61, 59, 53}, {64, 64, 64}},
        {{7, 61, 67}, {8, 64, 64}},
        {{3, 47, 129}, {4, 48, 128}},
        {{1, 63, 61}, {1, 64, 64}},
        {{63, 1, 63}, {64, 1, 64}},
        {{17, 127, 257}, {16, 128, 256}},
        {{131, 67, 1023}, {128, 64, 1024}},
        {{509, 521, 503}, {512, 512, 512}},
    };
    static const ffp8_isa tiers[] = {FFP8_ISA_AVX2, FFP8_ISA_AVX512, FFP8_ISA_AVX512BF16};
    static const char *const formats[] = {"e4m3", "e3m4"};
    for (size_t i = 0; i < BENCH_COUNT(pairs); i++) {
        for (size_t tier = 0; tier < BENCH_COUNT(tiers); tier++) {
            for (size_t f = 0; f < BENCH_COUNT(formats); f++) {
                struct target t;
                char name[64];
                const struct bench_gemm_spec odd = spec_of(tiers[tier], &pairs[i].odd, formats[f], formats[f]);
                const struct bench_gemm_spec even = spec_of(tiers[tier], &pairs[i].round, formats[f], formats[f]);
                snprintf(name, sizeof name, "%zux%zux%zu", even.m, even.n, even.k);
                begin(&t, 12, &odd, "");
                target_gemm(&t, name, &even, false, 0.6);
                target_end(&t);
            }
        }
    }
}

static void row_13(void) {
    static const struct {
        ffp8_isa isa;
        struct pair pair;
        enum bench_dot dot;
    } kernels[] = {{FFP8_ISA_NEON, {"e4m3", "e4m3"}, BENCH_DOT_F32},
                   {FFP8_ISA_NEON, {"e3m4", "e3m4"}, BENCH_DOT_I16},
                   {FFP8_ISA_NEONDOTPROD, {"uint8", "int8"}, BENCH_DOT_I8},
                   {FFP8_ISA_NEONBF16, {"uint8", "int8"}, BENCH_DOT_I8},
                   {FFP8_ISA_NEONBF16, {"e4m3", "e4m3"}, BENCH_DOT_BF16}};
    if (!ffp8_isa_supported(FFP8_ISA_NEON)) {
        target_elsewhere(13, "NEON", "`make targets-neon` simulates its inner loops; rates need an AArch64 CPU");
        return;
    }
    for (size_t i = 0; i < BENCH_COUNT(kernels); i++) {
        struct target t;
        const struct bench_gemm_spec spec = spec_of(kernels[i].isa, &bench_gemm_shapes[1], kernels[i].pair.a, kernels[i].pair.w);
        begin(&t, 13, &spec, "");
        target_dot(&t, kernels[i].isa, kernels[i].dot, 0.9);
        target_end(&t);
    }
}

int main(int argc, char **argv) {
    static void (*const of_shapes[])(const struct bench_gemm_shape *) = {
        [1] = row_1, [2] = row_2, [3] = row_3, [4] = row_4, [5] = row_5, [6] = row_6, [10] = row_10};
    static void (*const others[])(void) = {[7] = row_7, [8] = row_8, [9] = row_9, [11] = row_11, [12] = row_12, [13] = row_13};
    int status;
    if (!targets_start(argc, argv, "ffp8-targets-gemm", &status)) return status;
    for (int row = 1; row <= 13; row++) {
        if (!targets_row(row)) continue;
        if ((size_t)row < BENCH_COUNT(of_shapes) && of_shapes[row]) {
            for (size_t s = 0; s < BENCH_COUNT(bench_gemm_shapes); s++) of_shapes[row](&bench_gemm_shapes[s]);
        } else {
            others[row]();
        }
    }
    return targets_finish();
}
