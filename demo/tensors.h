/* SPDX-License-Identifier: Apache-2.0
 *
 * tensors.h - named FP32 tensors of a safetensors file
 */
#ifndef FFP8_DEMO_TENSORS_H
#define FFP8_DEMO_TENSORS_H

#include <stdbool.h>
#include <stddef.h>

struct cJSON;

struct tensors {
    struct cJSON *header;
    unsigned char *bytes; /* the whole file */
    size_t data_begin, data_bytes;
};

struct tensor {
    const float *data;
    size_t rank, shape[4], count;
};

/* False, with a message in text[bytes], where the file cannot be read or is malformed. */
bool tensors_load(struct tensors *tensors, const char *path, char *text, size_t bytes);
void tensors_free(struct tensors *tensors);
/* The tensor of that name; false where there is none, or it is not FP32, or lies outside the file. */
bool tensors_find(const struct tensors *tensors, const char *name, struct tensor *tensor);
/* A string of the file's metadata, or NULL. */
const char *tensors_metadata(const struct tensors *tensors, const char *key);

#endif
