/* SPDX-License-Identifier: Apache-2.0
 *
 * demo.c - ffp8-demo: a trained network on labelled images, in FP32, in formats chosen per tensor, in E4M3 and in INT8
 */
#include <argtable2.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ffp8/pthreadpool.h"
#include "calibration.h"
#include "data.h"
#include "fp32_model.h"
#include "model8.h"
#include "progress.h"
#include "speed.h"

enum { BATCH = 64, MODELS = 4 };

/* A model of any number format. */
typedef bool run_function(void *model, const float *x, float *logits);

static bool run_fp32(void *model, const float *x, float *logits) { return fp32_model_run(model, x, logits); }

static bool run_model8(void *model, const float *x, float *logits) { return model8_run(model, x, logits); }

struct result {
    const char *key, *title;
    unsigned char *predicted; /* class of each image */
    double top1, agreement;   /* percent */
    double images_per_second;
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The images from `first` on, whole batches: the last one is filled up with the first images. */
static const float *batch_of(const struct images *images, size_t first, float *buffer) {
    size_t image = images->height * images->width * images->channels;
    if (first + BATCH <= images->count) return images->pixels + first * image;
    for (size_t i = 0; i < BATCH; i++)
        memcpy(buffer + i * image, images->pixels + (first + i) % images->count * image, image * sizeof *buffer);
    return buffer;
}

static bool evaluate(struct result *result, run_function *run, void *model, const struct data *data, const struct result *reference) {
    const struct images *images = &data->images;
    size_t classes = data->network.layers[data->network.layer_count - 1].shape.c_out, hits = 0, same = 0;
    float *buffer = malloc(BATCH * images->height * images->width * images->channels * sizeof *buffer);
    float *logits = malloc(BATCH * classes * sizeof *logits);
    result->predicted = malloc(images->count);
    bool ok = buffer && logits && result->predicted && run(model, batch_of(images, 0, buffer), logits); /* warm up */
    double time = 0;
    for (size_t first = 0; ok && first < images->count; first += BATCH) {
        const float *x = batch_of(images, first, buffer);
        double start = seconds();
        ok = run(model, x, logits);
        time += seconds() - start;
        for (size_t i = 0; ok && i < BATCH && first + i < images->count; i++) {
            size_t best = 0;
            for (size_t c = 1; c < classes; c++)
                if (logits[i * classes + c] > logits[i * classes + best]) best = c;
            result->predicted[first + i] = (unsigned char)best;
            hits += best == images->labels[first + i];
            same += !reference || best == reference->predicted[first + i];
        }
        progress(result->title, first + BATCH < images->count ? first + BATCH : images->count, images->count);
    }
    result->top1 = 100.0 * (double)hits / (double)images->count;
    result->agreement = 100.0 * (double)same / (double)images->count;
    const size_t images_run = (images->count + BATCH - 1) / BATCH * BATCH;
    result->images_per_second = (double)images_run / time;
    free(buffer);
    free(logits);
    return ok;
}

/* ------------------------------------------------------------------------------------------------------------- report */

static void number_format_text(const ffp8_format *format, char *text, size_t bytes) {
    if (ffp8_format_name(format, text, bytes) != FFP8_OK) snprintf(text, bytes, "?");
}

static void add_layer_json(cJSON *layers, const char *name, const char *kind, const char *format, double snr) {
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "tensor", name);
    cJSON_AddStringToObject(entry, "kind", kind);
    cJSON_AddStringToObject(entry, "format", format);
    cJSON_AddNumberToObject(entry, "snr_db", snr);
    cJSON_AddItemToArray(layers, entry);
}

static void report_formats(const struct model8 *model, cJSON *json) {
    const struct network *network = model->network;
    cJSON *layers = cJSON_AddArrayToObject(json, "formats");
    printf("\nFormats chosen: weights with one scale per output channel, activations as they leave the layer\n");
    printf("%-18s %-18s %9s   %-18s %9s\n", "layer", "weights", "SNR dB", "activations", "SNR dB");
    for (size_t i = 0; i <= network->layer_count; i++) {
        char weight[FFP8_FORMAT_NAME_BYTES] = "", activation[FFP8_FORMAT_NAME_BYTES];
        const char *name = i == 0 ? "image" : i < network->layer_count ? network->layers[i - 1].name : "mean";
        number_format_text(&model->activations[i].format, activation, sizeof activation);
        add_layer_json(layers, name, "activation", activation, model->activations[i].snr_db);
        if (i == 0 || i == network->layer_count) {
            printf("%-18s %-18s %9s   %-18s %9.1f\n", name, "", "", activation, model->activations[i].snr_db);
        } else {
            number_format_text(&model->layers[i - 1].weight.format, weight, sizeof weight);
            add_layer_json(layers, name, "weight", weight, model->layers[i - 1].weight.snr_db);
            printf("%-18s %-18s %9.1f   %-18s %9.1f\n", name, weight, model->layers[i - 1].weight.snr_db, activation,
                   model->activations[i].snr_db);
        }
    }
    size_t last = network->layer_count - 1;
    char weight[FFP8_FORMAT_NAME_BYTES];
    number_format_text(&model->layers[last].weight.format, weight, sizeof weight);
    add_layer_json(layers, "linear", "weight", weight, model->layers[last].weight.snr_db);
    printf("%-18s %-18s %9.1f   %-18s\n", "linear", weight, model->layers[last].weight.snr_db, "f32 logits");
}

static void report_results(const struct result *results, size_t count, cJSON *json) {
    printf("\n%-22s %10s %18s %12s\n", "", "top-1 %", "same as FP32 %", "images/s");
    for (size_t i = 0; i < count; i++) {
        const struct result *r = &results[i];
        printf("%-22s %10.2f %18.2f %12.0f\n", r->title, r->top1, r->agreement, r->images_per_second);
        cJSON *entry = cJSON_AddObjectToObject(json, r->key);
        cJSON_AddNumberToObject(entry, "top1", r->top1);
        cJSON_AddNumberToObject(entry, "agreement", r->agreement);
        cJSON_AddNumberToObject(entry, "images_per_second", r->images_per_second);
    }
}

static void report_bytes(const struct model8 *model, cJSON *json) {
    const struct network *network = model->network;
    size_t packed = model8_weight_bytes(model), peak = network_peak_activation(network);
    printf("\n%-42s %12s %12s\n", "bytes", "FP32", "FFP8");
    printf("%-42s %12zu %12zu\n", "weights", network->weight_count * sizeof(float), network->weight_count);
    printf("%-42s %12s %12zu\n", "weights packed, with scales and padding", "", packed);
    printf("%-42s %12zu %12zu\n", "activations of one image, at the peak", peak * sizeof(float), peak);
    cJSON *bytes = cJSON_AddObjectToObject(json, "bytes");
    cJSON_AddNumberToObject(bytes, "weights_fp32", (double)(network->weight_count * sizeof(float)));
    cJSON_AddNumberToObject(bytes, "weights_ffp8", (double)network->weight_count);
    cJSON_AddNumberToObject(bytes, "weights_ffp8_packed", (double)packed);
    cJSON_AddNumberToObject(bytes, "activations_fp32", (double)(peak * sizeof(float)));
    cJSON_AddNumberToObject(bytes, "activations_ffp8", (double)peak);
}

static bool write_json(const cJSON *json, const char *path) {
    char *text = cJSON_Print(json);
    FILE *f = text ? fopen(path, "w") : NULL;
    bool ok = f && fprintf(f, "%s\n", text) > 0;
    ok = f && fclose(f) == 0 && ok;
    cJSON_free(text);
    return ok;
}

/* --------------------------------------------------------------------------------------------------------------- main */

/* All number formats on all images. */
static bool run_all(const struct data *data, const ffp8_threads *threads, cJSON *json) {
    static struct fp32_model fp32;
    static struct model8 models[MODELS];
    static ffp8_calibrator calibrators[NETWORK_MAX_LAYERS + 1];
    struct result results[1 + MODELS] = {{.key = "fp32", .title = "FP32 (oneDNN)"},
                                         {.key = "ffp8", .title = "FFP8, chosen"},
                                         {.key = "ffp8_x1", .title = "FFP8, 1 exponent bit"},
                                         {.key = "e4m3", .title = "E4M3 for every tensor"},
                                         {.key = "int8", .title = "INT8 for every tensor"}};
    const enum model8_kind kinds[MODELS] = {MODEL8_CHOSEN, MODEL8_CHOSEN_I8, MODEL8_E4M3, MODEL8_INT8};
    const struct network *network = &data->network;
    bool ok = fp32_model_init(&fp32, network, BATCH) && calibrate(&fp32, &data->calibration, calibrators, progress) &&
              evaluate(&results[0], run_fp32, &fp32, data, NULL);
    for (int i = 0; ok && i < MODELS; i++)
        ok = model8_init(&models[i], kinds[i], network, BATCH, calibrators, threads) &&
             evaluate(&results[i + 1], run_model8, &models[i], data, &results[0]);
    if (ok) {
        report_formats(&models[0], json);
        report_results(results, 1 + MODELS, json);
        report_bytes(&models[0], json);
    }
    for (int i = 0; i <= MODELS; i++) free(results[i].predicted);
    for (int i = 0; i < MODELS; i++) model8_free(&models[i]);
    fp32_model_free(&fp32);
    return ok;
}

static int run(struct data_files files, const char *json_path, int thread_count, bool speed) {
    static struct data data;
    char text[512];
    if (!data_load(&data, &files, text, sizeof text)) {
        fprintf(stderr, "ffp8-demo: %s\n", text);
        return 2;
    }
    pthreadpool_t pool = pthreadpool_create((size_t)thread_count);
    const ffp8_threads threads = ffp8_threads_from_pthreadpool(pool);
    omp_set_num_threads((int)threads.threads);
    printf("%s: %zu layers, %zu weights; %zu test images %zux%zux%zu; tier %s, %zu thread%s\n", files.weights, data.network.layer_count,
           data.network.weight_count, data.images.count, data.images.height, data.images.width, data.images.channels,
           ffp8_isa_name(ffp8_active_isa()), threads.threads, threads.threads == 1 ? "" : "s");

    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "isa", ffp8_isa_name(ffp8_active_isa()));
    cJSON_AddNumberToObject(json, "threads", (double)threads.threads);
    bool ok = run_all(&data, &threads, json);
    if (!ok) fprintf(stderr, "ffp8-demo: out of memory, or a call failed\n");
    if (ok && speed) speed_report(json);
    if (ok && json_path && !write_json(json, json_path)) {
        fprintf(stderr, "ffp8-demo: %s cannot be written\n", json_path);
        ok = false;
    }
    cJSON_Delete(json);
    pthreadpool_destroy(pool);
    data_free(&data);
    return ok ? 0 : 1;
}

int main(int argc, char **argv) {
    struct arg_file *weights = arg_file0(NULL, "weights", "FILE", "network as safetensors (default: the project's own, on Fashion-MNIST)");
    struct arg_file *images = arg_file0(NULL, "images", "FILE", "CIFAR-10 binary test images");
    struct arg_file *calibration = arg_file0(NULL, "calibration", "FILE", "CIFAR-10 binary calibration images (never test images)");
    struct arg_file *json = arg_file0(NULL, "json", "FILE", "write the figures as JSON");
    struct arg_int *threads = arg_int0(NULL, "threads", "N", "threads (default: one a core)");
    struct arg_lit *no_speed = arg_lit0(NULL, "no-speed", "leave out the GEMM and GEMV table");
    struct arg_lit *help = arg_lit0("h", "help", "this text");
    struct arg_end *end = arg_end(20);
    void *table[] = {weights, images, calibration, json, threads, no_speed, help, end};
    if (arg_nullcheck(table)) return 2;
    int errors = arg_parse(argc, argv, table);
    bool misuse = errors > 0 || images->count != calibration->count || images->count != weights->count ||
                  (threads->count && threads->ival[0] < 1);
    int status = 2;
    if (help->count || misuse) {
        if (!help->count && errors) arg_print_errors(stderr, end, "ffp8-demo");
        if (!help->count && !errors)
            fprintf(stderr, "ffp8-demo: --weights, --images and --calibration go together; threads are 1 or more\n");
        FILE *out = help->count ? stdout : stderr;
        fprintf(out, "usage: ffp8-demo");
        arg_print_syntax(out, table, "\n");
        arg_print_glossary(out, table, "  %-24s %s\n");
        status = help->count ? 0 : 2;
    } else {
        struct data_files files = data_own_files;
        if (weights->count) files = (struct data_files){weights->filename[0], images->filename[0], calibration->filename[0]};
        status = run(files, json->count ? json->filename[0] : NULL, threads->count ? threads->ival[0] : 0, no_speed->count == 0);
    }
    arg_freetable(table, sizeof table / sizeof *table);
    return status;
}
