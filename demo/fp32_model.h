/* SPDX-License-Identifier: Apache-2.0
 *
 * fp32_model.h - the network in FP32, for reference and for calibration
 */
#ifndef FFP8_DEMO_FP32_MODEL_H
#define FFP8_DEMO_FP32_MODEL_H

#include "network.h"

struct fp32_conv;

/* Called with each activation as it appears: its index (network.h) and its values. */
typedef bool fp32_observer(void *context, size_t activation, const float *values, size_t count);

struct fp32_model {
    const struct network *network;
    size_t batch;
    struct fp32_conv *convs[NETWORK_MAX_LAYERS];
    void *scratch;
    fp32_observer *observer; /* or NULL */
    void *context;
};

bool fp32_model_init(struct fp32_model *model, const struct network *network, size_t batch);
void fp32_model_free(struct fp32_model *model);
/* Exactly `batch` images. */
bool fp32_model_run(struct fp32_model *model, const float *x, float *logits);

#endif
