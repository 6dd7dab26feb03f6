/* SPDX-License-Identifier: Apache-2.0
 *
 * targets_network.c - see targets_network.h
 *
 * The CIFAR-10 networks are not the project's: they are measured where their weights and images are found, in folder cifar10 of $FFP8_DATA or
 * of ../shared/data beside the project.
 */
#include "targets_network.h"

#include <stdio.h>
#include <stdlib.h>

#include "network_case.h"
#include "onnxruntime.h"
#include "targets.h"

static const char *const kind_names[] = {[MODEL8_CHOSEN] = "chosen", [MODEL8_CHOSEN_I8] = "1 exponent bit"};
static const double f32_ratio = 1.8, int8_ratio = 1.0, memory_ratio = 0.27;
/* FP32 sums in another order differ by a thousandth of this; another network by about 1. */
static const double same_network = 1e-3;

struct subject {
    const char *name; /* of a file, too */
    const struct data_files *files;
    struct bench_network network;
    ffp8_isa isa;
};

/* One of ONNX Runtime's models. */
struct peer {
    struct bench_worker *worker;
    char name[80];
};

static void start_peer(struct peer *peer, const struct subject *s, enum bench_onnx_type type, size_t batch) {
    const struct data *data = &s->network.data;
    peer->worker = bench_onnx_create(&(struct bench_onnx_spec){
        .type = type,
        .weights = s->files->weights,
        .name = s->name,
        .height = data->images.height,
        .width = data->images.width,
        .channels = data->images.channels,
        .batch = batch,
        .images = data->images.pixels,
        .image_count = BENCH_NETWORK_IMAGES,
        .calibration = data->calibration.pixels,
        .calibration_count = data->calibration.count,
    });
    snprintf(peer->name, sizeof peer->name, "ONNX Runtime %s", peer->worker ? bench_worker_about(peer->worker) : "");
}

static void add_peer(struct target *t, const struct peer *peer, size_t batch, double least) {
    if (!peer->worker && !t->missing) t->missing = "ONNX Runtime is not here, or does not serve this";
    target_add(t, peer->name, (struct bench_contender){bench_worker_run, peer->worker, (double)batch}, least);
}

/* Says how much of FP32's verdict a model keeps. False: no logits. */
static bool report(const struct subject *s, const char *name, bool ok, const float *logits, struct bench_network_agreement *agreement) {
    *agreement = (struct bench_network_agreement){0, 1};
    if (!ok) return false;
    *agreement = bench_network_compare(&s->network, logits);
    printf("    %s, %s: class as in FP32 for %zu of %d images, logits within %.2g of the largest\n", s->name, name, agreement->same_class,
           BENCH_NETWORK_IMAGES, agreement->difference);
    return true;
}

static void free_case(void *object) { bench_network_case_free(object); }

/* Whether what is measured computes this network. */
static bool is_same(const struct subject *s, const struct peer peers[2], float *logits) {
    const size_t count = BENCH_NETWORK_IMAGES * bench_network_classes(&s->network);
    struct bench_network_agreement agreement[2];
    for (int i = 0; i < 2; i++)
        report(s, peers[i].name, peers[i].worker && bench_onnx_logits(peers[i].worker, logits, count), logits, &agreement[i]);
    return agreement[0].difference <= same_network;
}

static void speed(int row, const struct subject *s, enum model8_kind kind, size_t batch, const struct peer peers[2], bool same) {
    struct target t;
    target_begin(&t, row);
    t.unit = "images/s";
    t.unit_size = 1;
    snprintf(t.what, sizeof t.what, "%s, batch %zu, %s", s->name, batch, kind_names[kind]);
    struct bench_network_case *ours = bench_network_case_create(&s->network, s->isa, kind, batch);
    target_own(&t, ours, free_case);
    if (ours)
        target_add(&t, "ours", bench_network_contender(ours), 0);
    else
        t.missing = "out of memory, or the library refuses it";
    add_peer(&t, &peers[BENCH_ONNX_F32], batch, f32_ratio);
    add_peer(&t, &peers[BENCH_ONNX_INT8], batch, int8_ratio);
    if (!same && !t.missing) t.missing = "ONNX Runtime's FP32 network is another one";
    target_end(&t);
}

static void speeds(int row, const struct subject *s) {
    static const size_t batches[] = {1, BENCH_NETWORK_IMAGES};
    static const enum model8_kind kinds[] = {MODEL8_CHOSEN, MODEL8_CHOSEN_I8};
    float *logits = malloc(BENCH_NETWORK_IMAGES * bench_network_classes(&s->network) * sizeof *logits);
    if (!logits) return;
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        struct peer peers[2];
        for (int i = 0; i < 2; i++) start_peer(&peers[i], s, (enum bench_onnx_type)i, batches[b]);
        const bool same = is_same(s, peers, logits);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) speed(row, s, kinds[k], batches[b], peers, same);
        for (int i = 0; i < 2; i++) bench_worker_free(peers[i].worker);
    }
    free(logits);
}

static void memory(int row, const struct subject *s) {
    const struct network *network = &s->network.data.network;
    struct bench_network_case *ours = bench_network_case_create(&s->network, s->isa, MODEL8_CHOSEN, 1);
    if (!ours) {
        target_elsewhere(row, s->name, "out of memory, or the library refuses it");
        return;
    }
    const size_t weights = bench_network_weight_bytes(ours), activations = network_peak_activation(network);
    const size_t weights32 = network->weight_count * sizeof(float), activations32 = activations * sizeof(float);
    char figures[160];
    snprintf(figures, sizeof figures, "weights %zu of %zu bytes, activations %zu of %zu", weights, weights32, activations, activations32);
    target_at_most(row, s->name, figures, "FP32", (double)(weights + activations) / (double)(weights32 + activations32), memory_ratio);
    bench_network_case_free(ours);
}

static void measure(int speed_row, int memory_row, ffp8_isa isa, const char *name, const struct data_files *files) {
    static struct subject s; /* too large for a stack */
    char text[512];
    const bool wants_speed = targets_row(speed_row), wants_memory = targets_row(memory_row);
    s = (struct subject){.name = name, .files = files, .isa = isa};
    const bool here = bench_network_load(&s.network, files, text, sizeof text);
    if (!here && wants_speed) target_elsewhere(speed_row, name, text);
    if (!here && wants_memory) target_elsewhere(memory_row, name, text);
    if (here && wants_speed) speeds(speed_row, &s);
    if (here && wants_memory) memory(memory_row, &s);
    bench_network_free(&s.network);
}

void targets_networks(int speed_row, int memory_row, ffp8_isa isa) {
    static const struct {
        const char *name, *file;
    } cifar[] = {{"ResNet-20", "resnet20"}, {"ResNet-32", "resnet32"}, {"ResNet-44", "resnet44"}};
    const char *data = getenv("FFP8_DATA") ? getenv("FFP8_DATA") : FFP8_SOURCE_DIR "/../shared/data";
    if (!targets_row(speed_row) && !targets_row(memory_row)) return;
    measure(speed_row, memory_row, isa, "Fashion-MNIST ResNet-8", &data_own_files);
    for (size_t i = 0; i < sizeof cifar / sizeof *cifar; i++) {
        char paths[3][4096];
        snprintf(paths[0], sizeof paths[0], "%s/cifar10/%s.safetensors", data, cifar[i].file);
        snprintf(paths[1], sizeof paths[1], "%s/cifar10/test_batch.bin", data);
        snprintf(paths[2], sizeof paths[2], "%s/cifar10/calibration.bin", data);
        measure(speed_row, memory_row, isa, cifar[i].name, &(struct data_files){paths[0], paths[1], paths[2]});
    }
}
