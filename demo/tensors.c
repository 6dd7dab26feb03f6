/* SPDX-License-Identifier: Apache-2.0
 *
 * tensors.c - reads safetensors files: 8 bytes length of a JSON header, the header, the tensors' bytes (little-endian)
 */
#include "tensors.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    unsigned char *bytes = NULL;
    long end = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (end >= 0 && fseek(f, 0, SEEK_SET) == 0) bytes = malloc((size_t)end + 1);
    if (bytes && fread(bytes, 1, (size_t)end, f) != (size_t)end) {
        free(bytes);
        bytes = NULL;
    }
    fclose(f);
    *size = bytes ? (size_t)end : 0;
    return bytes;
}

bool tensors_load(struct tensors *tensors, const char *path, char *text, size_t bytes) {
    size_t size = 0;
    *tensors = (struct tensors){.bytes = read_file(path, &size)};
    if (!tensors->bytes) {
        snprintf(text, bytes, "%s: cannot be read", path);
        return false;
    }
    uint64_t length = 0;
    for (size_t i = 0; size >= 8 && i < 8; i++) length |= (uint64_t)tensors->bytes[i] << 8 * i;
    if (size >= 8 && length <= size - 8) tensors->header = cJSON_ParseWithLength((const char *)tensors->bytes + 8, (size_t)length);
    if (!cJSON_IsObject(tensors->header)) {
        snprintf(text, bytes, "%s: not a safetensors file", path);
        tensors_free(tensors);
        return false;
    }
    tensors->data_begin = 8 + (size_t)length;
    tensors->data_bytes = size - tensors->data_begin;
    return true;
}

void tensors_free(struct tensors *tensors) {
    cJSON_Delete(tensors->header);
    free(tensors->bytes);
    *tensors = (struct tensors){0};
}

/* A whole number in 0..limit. */
static bool number(const cJSON *item, size_t limit, size_t *value) {
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > (double)limit) return false;
    *value = (size_t)item->valuedouble;
    return (double)*value == item->valuedouble;
}

bool tensors_find(const struct tensors *tensors, const char *name, struct tensor *tensor) {
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(tensors->header, name);
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(entry, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "dtype"));
    if (!type || strcmp(type, "F32") != 0 || !cJSON_IsArray(shape) || cJSON_GetArraySize(shape) > 4) return false;

    *tensor = (struct tensor){.count = 1};
    const cJSON *item;
    cJSON_ArrayForEach(item, shape) {
        size_t *extent = &tensor->shape[tensor->rank++];
        if (!number(item, SIZE_MAX >> 12, extent) || __builtin_mul_overflow(tensor->count, *extent, &tensor->count)) return false;
    }
    size_t begin, end;
    if (!number(cJSON_GetArrayItem(offsets, 0), tensors->data_bytes, &begin) ||
        !number(cJSON_GetArrayItem(offsets, 1), tensors->data_bytes, &end))
        return false;
    const unsigned char *data = tensors->bytes + tensors->data_begin + begin;
    if (end < begin || end - begin != tensor->count * sizeof(float) || (uintptr_t)data % _Alignof(float)) return false;
    tensor->data = (const float *)(const void *)data;
    return true;
}

const char *tensors_metadata(const struct tensors *tensors, const char *key) {
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(tensors->header, "__metadata__");
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
}
