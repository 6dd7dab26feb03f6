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

/* Two ways to number formats.
 * CHOSEN: for each tensor by ffp8_format_choose_rows (weights) and a calibrator (activations).
 * FIXED: one signed format everywhere, scaled to each tensor's largest magnitude (one scale a tensor). */
bool model8_init_chosen(struct model8 *model, const struct network *network, size_t batch, const ffp8_calibrator *activations,
                        const ffp8_threads *threads);
bool model8_init_fixed(struct model8 *model, const struct network *network, size_t batch, const ffp8_calibrator *activations,
                       const ffp8_threads *threads, const ffp8_format *format);
void model8_free(struct model8 *model);
bool model8_run(struct model8 *model, const float *x, float *logits);
/* All packed weights. */
size_t model8_weight_bytes(const struct model8 *model);

#endif
