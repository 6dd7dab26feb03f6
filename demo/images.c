/* SPDX-License-Identifier: Apache-2.0
 *
 * images.c - reads CIFAR-10 binary and IDX image files
 */
#include "images.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CIFAR_SIDE = 32, CIFAR_PIXELS = CIFAR_SIDE * CIFAR_SIDE, CIFAR_RECORD = 1 + 3 * CIFAR_PIXELS };

/* The whole file, unzipped where it is gzipped. */
static unsigned char *read_all(const char *path, size_t *size) {
    gzFile f = gzopen(path, "rb");
    if (!f) return NULL;
    size_t capacity = (size_t)1 << 20, used = 0;
    unsigned char *bytes = malloc(capacity);
    int got = 1;
    while (bytes && got > 0) {
        if (used == capacity) {
            unsigned char *larger = realloc(bytes, capacity *= 2);
            if (!larger) free(bytes);
            bytes = larger;
            if (!bytes) break;
        }
        size_t room = capacity - used < (size_t)1 << 30 ? capacity - used : (size_t)1 << 30;
        got = gzread(f, bytes + used, (unsigned)room);
        if (got > 0) used += (size_t)got;
    }
    gzclose(f);
    if (got < 0) {
        free(bytes);
        bytes = NULL;
    }
    *size = used;
    return bytes;
}

static bool allocate(struct images *images) {
    images->pixels = malloc(images->count * images->height * images->width * images->channels * sizeof(float));
    images->labels = malloc(images->count);
    if (images->pixels && images->labels) return true;
    images_free(images);
    return false;
}

void images_free(struct images *images) {
    free(images->pixels);
    free(images->labels);
    *images = (struct images){0};
}

bool images_load_cifar(struct images *images, const char *path, const struct normalization *n, char *text, size_t bytes) {
    size_t size;
    unsigned char *file = read_all(path, &size);
    *images = (struct images){size / CIFAR_RECORD, CIFAR_SIDE, CIFAR_SIDE, 3, NULL, NULL};
    bool ok = file && size && size % CIFAR_RECORD == 0 && allocate(images);
    if (!ok) snprintf(text, bytes, "%s: %s", path, file ? "not CIFAR-10 records of 3073 bytes" : "cannot be read");
    for (size_t i = 0; ok && i < images->count; i++) {
        const unsigned char *record = file + i * CIFAR_RECORD;
        float *pixel = images->pixels + i * 3 * CIFAR_PIXELS;
        images->labels[i] = record[0];
        for (size_t p = 0; p < CIFAR_PIXELS; p++)
            for (size_t c = 0; c < 3; c++) pixel[3 * p + c] = ((float)record[1 + c * CIFAR_PIXELS + p] / 255.0f - n->mean[c]) / n->std[c];
    }
    free(file);
    return ok;
}

static uint32_t big_endian(const unsigned char *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

bool images_load_idx(struct images *images, const char *images_path, const char *labels_path, size_t limit, const struct normalization *n,
                     char *text, size_t bytes) {
    size_t image_size, label_size;
    unsigned char *image_file = read_all(images_path, &image_size), *label_file = read_all(labels_path, &label_size);
    *images = (struct images){.channels = 1};
    bool ok = image_file && label_file && image_size >= 16 && label_size >= 8 && big_endian(image_file) == 0x803 &&
              big_endian(label_file) == 0x801;
    if (ok) {
        images->count = big_endian(image_file + 4);
        images->height = big_endian(image_file + 8);
        images->width = big_endian(image_file + 12);
        size_t need;
        ok = images->count == big_endian(label_file + 4) && label_size - 8 == images->count &&
             !__builtin_mul_overflow(images->height, images->width, &need) && !__builtin_mul_overflow(need, images->count, &need) &&
             image_size - 16 == need && need > 0;
        if (images->count > limit) images->count = limit;
    }
    ok = ok && allocate(images);
    if (!ok) snprintf(text, bytes, "%s, %s: cannot be read, or not a pair of IDX image and label files", images_path, labels_path);
    size_t pixels = images->height * images->width;
    for (size_t i = 0; ok && i < images->count * pixels; i++)
        images->pixels[i] = ((float)image_file[16 + i] / 255.0f - n->mean[0]) / n->std[0];
    if (ok) memcpy(images->labels, label_file + 8, images->count);
    free(image_file);
    free(label_file);
    return ok;
}
