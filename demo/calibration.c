/* SPDX-License-Identifier: Apache-2.0
 *
 * calibration.c - the range of each activation first, then the error of each candidate format
 */
#include "calibration.h"

#include <stdlib.h>

struct observation {
    ffp8_calibrator *calibrators;
    bool measure;
};

static bool observe(void *context, size_t activation, const float *values, size_t count) {
    const struct observation *o = context;
    ffp8_calibrator *c = &o->calibrators[activation];
    return (o->measure ? ffp8_calibrator_measure(c, values, count) : ffp8_calibrator_observe(c, values, count)) == FFP8_OK;
}

bool calibrate(struct fp32_model *model, const struct images *images, ffp8_calibrator *calibrators, calibration_progress *progress) {
    size_t classes = model->network->layers[model->network->layer_count - 1].shape.c_out;
    size_t image = images->height * images->width * images->channels, batches = images->count / model->batch;
    float *logits = malloc(model->batch * classes * sizeof *logits);
    struct observation o = {calibrators, false};
    model->observer = observe;
    model->context = &o;
    bool ok = logits && batches > 0;
    for (size_t i = 0; ok && i < 2 * batches; i++) {
        o.measure = i >= batches;
        ok = fp32_model_run(model, images->pixels + i % batches * model->batch * image, logits);
        if (progress) progress("calibration", i + 1, 2 * batches);
    }
    model->observer = NULL;
    model->context = NULL;
    free(logits);
    return ok;
}
