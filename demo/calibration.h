/* SPDX-License-Identifier: Apache-2.0
 *
 * calibration.h - shows a network's activations on calibration images to the library's calibrators
 */
#ifndef FFP8_DEMO_CALIBRATION_H
#define FFP8_DEMO_CALIBRATION_H

#include "fp32_model.h"

typedef void calibration_progress(const char *what, size_t done, size_t total);

/* One calibrator for each activation (network.h numbers them), all zero or initialised. Whole batches of the model's size count. progress: or
 * NULL. False: out of memory, no whole batch, or a call failed. */
bool calibrate(struct fp32_model *model, const struct images *images, ffp8_calibrator *calibrators, calibration_progress *progress);

#endif
