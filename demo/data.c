/* SPDX-License-Identifier: Apache-2.0
 *
 * data.c - loads a network and its images, and sees that they fit each other
 */
#include "data.h"

#include <stdint.h>
#include <stdio.h>

enum { MAX_CLASSES = 1024, CALIBRATION_IMAGES = 1024, LEAST_CALIBRATION_IMAGES = 64 };

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist/"

const struct data_files data_own_files = {FFP8_SOURCE_DIR "/demo/fashion_mnist_resnet8.safetensors", NULL, NULL};

static bool load_images(struct data *data, const struct data_files *files, char *text, size_t bytes) {
    struct normalization n;
    network_normalization(&data->tensors, &n);
    if (files->images)
        return images_load_cifar(&data->images, files->images, &n, text, bytes) &&
               images_load_cifar(&data->calibration, files->calibration, &n, text, bytes);
    return images_load_idx(&data->images, FASHION_MNIST "t10k-images-idx3-ubyte.gz", FASHION_MNIST "t10k-labels-idx1-ubyte.gz", SIZE_MAX,
                           &n, text, bytes) &&
           images_load_idx(&data->calibration, FASHION_MNIST "train-images-idx3-ubyte.gz", FASHION_MNIST "train-labels-idx1-ubyte.gz",
                           CALIBRATION_IMAGES, &n, text, bytes);
}

static bool load(struct data *data, const struct data_files *files, char *text, size_t bytes) {
    if (!tensors_load(&data->tensors, files->weights, text, bytes) || !load_images(data, files, text, bytes)) return false;
    size_t channels = network_channels(&data->tensors);
    if (channels != data->images.channels) {
        snprintf(text, bytes, "%s: the network takes %zu channels, the images have %zu", files->weights, channels, data->images.channels);
        return false;
    }
    if (data->calibration.count < LEAST_CALIBRATION_IMAGES) {
        snprintf(text, bytes, "calibration needs at least %d images", LEAST_CALIBRATION_IMAGES);
        return false;
    }
    if (!network_init(&data->network, &data->tensors, data->images.height, data->images.width, text, bytes)) return false;
    if (data->network.layers[data->network.layer_count - 1].shape.c_out > MAX_CLASSES) {
        snprintf(text, bytes, "%s: more than %d classes", files->weights, MAX_CLASSES);
        return false;
    }
    return true;
}

bool data_load(struct data *data, const struct data_files *files, char *text, size_t bytes) {
    *data = (struct data){0};
    if (load(data, files, text, bytes)) return true;
    data_free(data);
    return false;
}

void data_free(struct data *data) {
    tensors_free(&data->tensors);
    images_free(&data->images);
    images_free(&data->calibration);
}
