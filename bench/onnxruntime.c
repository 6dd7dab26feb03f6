/* SPDX-License-Identifier: Apache-2.0
 *
 * onnxruntime.c - onnxruntime_worker.py, which gets its images by files
 */
#include "onnxruntime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#ifdef FFP8_ONNXRUNTIME_PYTHON
enum { PATH_BYTES = 4096 };

static bool make_folder(const char *path) { return mkdir(path, 0777) == 0 || errno == EEXIST; }

static bool write_floats(const char *path, const float *x, size_t count) {
    FILE *f = fopen(path, "wb");
    const bool ok = f && fwrite(x, sizeof *x, count, f) == count;
    return f && fclose(f) == 0 && ok;
}

struct bench_worker *bench_onnx_create(const struct bench_onnx_spec *spec) {
    char folder[PATH_BYTES], images[PATH_BYTES], calibration[PATH_BYTES], numbers[4][24];
    const size_t image = spec->height * spec->width * spec->channels;
    const int written[] = {snprintf(folder, sizeof folder, "%s/%s", FFP8_NETWORKS_DIR, spec->name),
                           snprintf(images, sizeof images, "%s/%s/images.f32", FFP8_NETWORKS_DIR, spec->name),
                           snprintf(calibration, sizeof calibration, "%s/%s/calibration.f32", FFP8_NETWORKS_DIR, spec->name)};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (written[i] < 0 || written[i] >= PATH_BYTES) return NULL;
    if (!make_folder(FFP8_NETWORKS_DIR) || !make_folder(folder) || !write_floats(images, spec->images, spec->image_count * image) ||
        !write_floats(calibration, spec->calibration, spec->calibration_count * image))
        return NULL;
    snprintf(numbers[0], sizeof numbers[0], "%zu", spec->height);
    snprintf(numbers[1], sizeof numbers[1], "%zu", spec->width);
    snprintf(numbers[2], sizeof numbers[2], "%zu", spec->channels);
    snprintf(numbers[3], sizeof numbers[3], "%zu", spec->batch);
    const char *const argv[] = {FFP8_ONNXRUNTIME_PYTHON,
                                FFP8_ONNXRUNTIME_WORKER,
                                spec->weights,
                                numbers[0],
                                numbers[1],
                                numbers[2],
                                folder,
                                spec->type == BENCH_ONNX_F32 ? "f32" : "int8",
                                numbers[3],
                                NULL};
    return bench_worker_start(argv);
}
#else
struct bench_worker *bench_onnx_create(const struct bench_onnx_spec *spec) {
    (void)spec;
    return NULL;
}
#endif

bool bench_onnx_logits(struct bench_worker *worker, float *logits, size_t count) {
    const char *text = bench_worker_ask(worker, "logits");
    for (size_t i = 0; text && i < count; i++) {
        char *end;
        logits[i] = strtof(text, &end);
        text = end == text ? NULL : end;
    }
    return text != NULL;
}
