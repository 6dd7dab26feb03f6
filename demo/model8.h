/* SPDX-License-Identifier: Apache-2.0
 *
 * model8.h - the network in 8-bit floating point: weights packed, activations 8-bit between all layers
 */
#ifndef FFP8_DEMO_MODEL8_H
#define FFP8_DEMO_MODEL8_H

#include "network.h"

/* A tensor's number format: its real values are stored ones times scale. */
struct number_format {
    ffp8_format format;
    float scale;
    double snr_db; /* of the tensor (activations: of the calibration images) in that format */
};

struct model8_layer {
    struct number_format weight; /* scale unused: one per output channel */
    float *scales;               /* c_out */
    void *packed;
    size_t packed_bytes;
};

struct model8 {
    const struct network *network;
    const ffp8_threads *threads;
    size_t batch;
    struct model8_layer layers[NETWORK_MAX_LAYERS];
    struct number_format activations[NETWORK_MAX_LAYERS + 1]; /* network.h numbers them */
    void *scratch, *workspace;
    size_t workspace_bytes;
    uint8_t *image_codes;
};

/* Four ways to number formats.
 * CHOSEN: for each tensor by ffp8_format_choose_rows (weights) and a calibrator (activations).
 * CHOSEN_I8: sign and bias are chosen in the same way, the exponent has one bit: formats that 8-bit integers compute.
 * E4M3: signed E4M3 for every tensor, the bias from its range: the same method with nothing but the bias to choose.
 * INT8: the usual symmetric one, one scale a tensor. */
enum model8_kind { MODEL8_CHOSEN, MODEL8_CHOSEN_I8, MODEL8_E4M3, MODEL8_INT8 };
bool model8_init(struct model8 *model, enum model8_kind kind, const struct network *network, size_t batch,
                 const ffp8_calibrator *activations, const ffp8_threads *threads);
void model8_free(struct model8 *model);
bool model8_run(struct model8 *model, const float *x, float *logits);
/* All packed weights. */
size_t model8_weight_bytes(const struct model8 *model);

#endif
