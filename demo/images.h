/* SPDX-License-Identifier: Apache-2.0
 *
 * images.h - labelled images as networks take them: FP32, NHWC, (pixel / 255 - mean) / std
 */
#ifndef FFP8_DEMO_IMAGES_H
#define FFP8_DEMO_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

struct images {
    size_t count, height, width, channels;
    float *pixels;
    unsigned char *labels;
};

struct normalization {
    float mean[3], std[3];
};

/* CIFAR-10's binary format: per record 1 label byte, then 32 x 32 bytes each of R, G and B. */
bool images_load_cifar(struct images *images, const char *path, const struct normalization *n, char *text, size_t bytes);
/* MNIST's IDX format, gzipped: images and labels; at most `limit` of them. */
bool images_load_idx(struct images *images, const char *images_path, const char *labels_path, size_t limit, const struct normalization *n,
                     char *text, size_t bytes);
void images_free(struct images *images);

#endif
