/* SPDX-License-Identifier: Apache-2.0
 *
 * network_case.h - whole networks in FFP8, as the demo runs them, to be timed
 */
#ifndef FFP8_BENCH_NETWORK_CASE_H
#define FFP8_BENCH_NETWORK_CASE_H

#include "demo/data.h"
#include "demo/model8.h"
#include "measure.h"

enum { BENCH_NETWORK_IMAGES = 64 }; /* the first test images; batches divide their number */

/* A network, calibrated, and what it says in FP32 of these images. */
struct bench_network {
    struct data data;
    ffp8_calibrator *calibrators;
    float *reference;
};

/* False, with a message in text[bytes] and nothing to free. */
bool bench_network_load(struct bench_network *network, const struct data_files *files, char *text, size_t bytes);
void bench_network_free(struct bench_network *network);
size_t bench_network_classes(const struct bench_network *network);

/* Logits of these images against those in FP32. */
struct bench_network_agreement {
    size_t same_class; /* images */
    double difference; /* the largest, in parts of the largest logit */
};
struct bench_network_agreement bench_network_compare(const struct bench_network *network, const float *logits);

/* It in 8 bits. A run is one batch, the images taken in turn; its work is images. */
struct bench_network_case;
struct bench_network_case *bench_network_case_create(const struct bench_network *network, ffp8_isa isa, enum model8_kind kind,
                                                     size_t batch);
void bench_network_case_free(struct bench_network_case *c);
struct bench_contender bench_network_contender(struct bench_network_case *c);
/* Of all images. */
bool bench_network_logits(struct bench_network_case *c, float *logits);
size_t bench_network_weight_bytes(const struct bench_network_case *c);

#endif
