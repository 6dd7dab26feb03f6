/* SPDX-License-Identifier: Apache-2.0
 *
 * fp32_model.c - the network in FP32: convolutions by oneDNN
 */
#include "fp32_model.h"

#include <stdlib.h>
#include <string.h>

#include "fp32_conv.h"

static bool observe(const struct fp32_model *model, size_t activation, const float *values, size_t count) {
    return !model->observer || model->observer(model->context, activation, values, count);
}

static bool run_conv(void *self, size_t index, size_t batch, const void *x, const void *residual, void *y) {
    struct fp32_model *model = self;
    const struct layer *layer = &model->network->layers[index];
    size_t count = batch * layer->out_h * layer->out_w * layer->shape.c_out;
    if (residual) memcpy(y, residual, count * sizeof(float));
    return fp32_conv_run(model->convs[index], x, y) && observe(model, index + 1, y, count);
}

static bool run_head(void *self, size_t batch, const void *x, float *logits) {
    struct fp32_model *model = self;
    size_t last = model->network->layer_count - 1;
    const struct layer *before = &model->network->layers[last - 1], *linear = &model->network->layers[last];
    size_t pixels = before->out_h * before->out_w, channels = linear->shape.c_in;
    float *mean = calloc(batch * channels, sizeof *mean);
    if (!mean) return false;
    for (size_t b = 0; b < batch; b++) {
        const float *image = (const float *)x + b * pixels * channels;
        for (size_t p = 0; p < pixels; p++)
            for (size_t c = 0; c < channels; c++) mean[b * channels + c] += image[p * channels + c] / (float)pixels;
    }
    bool ok = observe(model, last + 1, mean, batch * channels) && fp32_conv_run(model->convs[last], mean, logits);
    free(mean);
    return ok;
}

bool fp32_model_init(struct fp32_model *model, const struct network *network, size_t batch) {
    *model = (struct fp32_model){.network = network, .batch = batch, .scratch = malloc(network_scratch(network, sizeof(float), batch))};
    bool ok = model->scratch != NULL;
    for (size_t i = 0; ok && i < network->layer_count; i++) {
        const struct layer *layer = &network->layers[i];
        ffp8_conv_shape shape = layer->shape;
        shape.batch = batch;
        model->convs[i] = fp32_conv_create(&shape, layer->weight, layer->bias, layer->residual, layer->relu);
        ok = model->convs[i] != NULL;
    }
    if (!ok) fp32_model_free(model);
    return ok;
}

void fp32_model_free(struct fp32_model *model) {
    for (size_t i = 0; model->network && i < model->network->layer_count; i++) fp32_conv_free(model->convs[i]);
    free(model->scratch);
    *model = (struct fp32_model){0};
}

bool fp32_model_run(struct fp32_model *model, const float *x, float *logits) {
    const struct executor executor = {model, sizeof(float), run_conv, run_head};
    const ffp8_conv_shape *s = &model->network->layers[0].shape;
    return observe(model, 0, x, model->batch * s->in_h * s->in_w * s->c_in) &&
           network_run(model->network, &executor, model->batch, x, logits, model->scratch);
}
