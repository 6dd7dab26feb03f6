/* SPDX-License-Identifier: Apache-2.0
 *
 * network_case.c - networks, images and models for timing: see network_case.h
 */
#include "network_case.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo/calibration.h"
#include "operands.h"

static const struct layer *linear_of(const struct bench_network *network) {
    return &network->data.network.layers[network->data.network.layer_count - 1];
}

size_t bench_network_classes(const struct bench_network *network) { return linear_of(network)->shape.c_out; }

static size_t image_of(const struct bench_network *network) {
    const struct images *images = &network->data.images;
    return images->height * images->width * images->channels;
}

/* Formats' errors and the reference, by the network in FP32. */
static bool observe(struct bench_network *network) {
    static struct fp32_model fp32;
    network->calibrators = calloc(NETWORK_MAX_LAYERS + 1, sizeof *network->calibrators);
    network->reference = malloc(BENCH_NETWORK_IMAGES * bench_network_classes(network) * sizeof *network->reference);
    if (!network->calibrators || !network->reference) return false;
    omp_set_num_threads(1);
    const bool ok = fp32_model_init(&fp32, &network->data.network, BENCH_NETWORK_IMAGES) &&
                    calibrate(&fp32, &network->data.calibration, network->calibrators, NULL) &&
                    fp32_model_run(&fp32, network->data.images.pixels, network->reference);
    fp32_model_free(&fp32);
    return ok;
}

bool bench_network_load(struct bench_network *network, const struct data_files *files, char *text, size_t bytes) {
    *network = (struct bench_network){0};
    if (!data_load(&network->data, files, text, bytes)) return false;
    if (network->data.images.count >= BENCH_NETWORK_IMAGES && observe(network)) return true;
    snprintf(text, bytes, "%s: too few images, out of memory, or a call failed", files->weights);
    bench_network_free(network);
    return false;
}

void bench_network_free(struct bench_network *network) {
    data_free(&network->data);
    free(network->calibrators);
    free(network->reference);
    *network = (struct bench_network){0};
}

static size_t largest(const float *x, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

struct bench_network_agreement bench_network_compare(const struct bench_network *network, const float *logits) {
    const size_t classes = bench_network_classes(network);
    struct bench_network_agreement agreement = {0};
    double most = 0;
    for (size_t i = 0; i < BENCH_NETWORK_IMAGES * classes; i++) {
        agreement.difference = fmax(agreement.difference, fabs((double)logits[i] - network->reference[i]));
        most = fmax(most, fabs(network->reference[i]));
    }
    agreement.difference /= most;
    for (size_t i = 0; i < BENCH_NETWORK_IMAGES; i++)
        agreement.same_class += largest(logits + i * classes, classes) == largest(network->reference + i * classes, classes);
    return agreement;
}

struct bench_network_case {
    const struct bench_network *network;
    ffp8_isa isa;
    struct model8 model;
    size_t next; /* image */
    float *logits;
};

struct bench_network_case *bench_network_case_create(const struct bench_network *network, ffp8_isa isa, enum model8_kind kind,
                                                     size_t batch) {
    struct bench_network_case *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->network = network;
    c->isa = isa;
    c->logits = malloc(batch * bench_network_classes(network) * sizeof *c->logits);
    if (c->logits && bench_use_tier(isa) && model8_init(&c->model, kind, &network->data.network, batch, network->calibrators, NULL))
        return c;
    bench_network_case_free(c);
    return NULL;
}

void bench_network_case_free(struct bench_network_case *c) {
    if (!c) return;
    model8_free(&c->model);
    free(c->logits);
    free(c);
}

static double run(void *context, size_t repeats) {
    struct bench_network_case *c = context;
    if (!bench_use_tier(c->isa)) return -1;
    const double start = bench_clock(true);
    for (size_t i = 0; i < repeats; i++, c->next = (c->next + c->model.batch) % BENCH_NETWORK_IMAGES) {
        if (!model8_run(&c->model, c->network->data.images.pixels + c->next * image_of(c->network), c->logits)) return -1;
    }
    return bench_clock(true) - start;
}

struct bench_contender bench_network_contender(struct bench_network_case *c) {
    return (struct bench_contender){run, c, (double)c->model.batch};
}

bool bench_network_logits(struct bench_network_case *c, float *logits) {
    const size_t classes = bench_network_classes(c->network);
    bool ok = bench_use_tier(c->isa);
    for (size_t i = 0; ok && i < BENCH_NETWORK_IMAGES; i += c->model.batch)
        ok = model8_run(&c->model, c->network->data.images.pixels + i * image_of(c->network), logits + i * classes);
    return ok;
}

size_t bench_network_weight_bytes(const struct bench_network_case *c) { return model8_weight_bytes(&c->model); }
