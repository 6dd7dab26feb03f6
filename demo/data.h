/* SPDX-License-Identifier: Apache-2.0
 *
 * data.h - a trained network with its test and calibration images
 */
#ifndef FFP8_DEMO_DATA_H
#define FFP8_DEMO_DATA_H

#include "images.h"
#include "network.h"
#include "tensors.h"

struct data_files {
    const char *weights;              /* safetensors */
    const char *images, *calibration; /* CIFAR-10's binary format; both NULL: Fashion-MNIST, where Debian's package has it */
};

/* The project's own network. */
extern const struct data_files data_own_files;

struct data {
    struct tensors tensors;
    struct network network;
    struct images images, calibration;
};

/* False, with a message in text[bytes] and nothing to free, where a file cannot be read or they do not fit each other. */
bool data_load(struct data *data, const struct data_files *files, char *text, size_t bytes);
void data_free(struct data *data);

#endif
