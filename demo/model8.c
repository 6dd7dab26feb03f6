/* SPDX-License-Identifier: Apache-2.0
 *
 * model8.c - the network in 8-bit floating point, through ffp8_conv and ffp8_gemm
 */
#include "model8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float largest_magnitude(const float *x, size_t n) {
    float largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmaxf(largest, fabsf(x[i]));
    return largest;
}

/* A format given beforehand, for values up to amax. */
static bool fixed_format(enum model8_kind kind, float amax, struct number_format *out) {
    ffp8_format_info info;
    *out = (struct number_format){.scale = 1, .snr_db = NAN};
    if (kind == MODEL8_E4M3) return ffp8_format_for_range(1, 4, amax, &out->format) == FFP8_OK;
    if (ffp8_format_from_name("int8", &out->format) != FFP8_OK || ffp8_format_query(&out->format, &info) != FFP8_OK) return false;
    if (amax > 0) out->scale = amax / info.max;
    return true;
}

static ffp8_conv_args conv_args(struct model8 *model, size_t index, size_t batch) {
    const struct layer *layer = &model->network->layers[index];
    const struct number_format *in = &model->activations[index], *out = &model->activations[index + 1];
    ffp8_conv_args args = FFP8_CONV_ARGS_INIT;
    args.shape = layer->shape;
    args.shape.batch = batch;
    args.x_type = FFP8_TYPE_FFP8;
    args.x_format = in->format;
    args.x_scale = in->scale;
    args.packed = (ffp8_packed){model->layers[index].packed, model->layers[index].packed_bytes};
    args.y_type = FFP8_TYPE_FFP8;
    args.y_format = out->format;
    args.y_scale = out->scale;
    args.epilogue.bias = layer->bias;
    args.epilogue.activation = layer->relu ? FFP8_ACTIVATION_RELU : FFP8_ACTIVATION_NONE;
    args.threads = model->threads;
    args.workspace = model->workspace;
    args.workspace_bytes = model->workspace_bytes;
    return args;
}

static ffp8_gemm_args linear_args(struct model8 *model, size_t batch) {
    size_t last = model->network->layer_count - 1;
    const struct layer *layer = &model->network->layers[last];
    const struct number_format *in = &model->activations[last + 1];
    ffp8_gemm_args args = FFP8_GEMM_ARGS_INIT;
    args.m = batch;
    args.n = layer->shape.c_out;
    args.k = layer->shape.c_in;
    args.lda = args.k;
    args.a_type = FFP8_TYPE_FFP8;
    args.a_format = in->format;
    args.a_scales = (ffp8_scales){.data = &in->scale, .ld = 1};
    args.packed = (ffp8_packed){model->layers[last].packed, model->layers[last].packed_bytes};
    args.ldc = args.n;
    args.c_type = FFP8_TYPE_F32;
    args.epilogue.bias = layer->bias;
    args.threads = model->threads;
    args.workspace = model->workspace;
    args.workspace_bytes = model->workspace_bytes;
    return args;
}

/* The activation that holds a layer's residual: the input of its block, whose codes the shortcut copies. */
static size_t residual_of(size_t layer) { return layer - 1; }

static bool run_conv(void *self, size_t index, size_t batch, const void *x, const void *residual, void *y) {
    struct model8 *model = self;
    ffp8_conv_args args = conv_args(model, index, batch);
    args.x = x;
    args.y = y;
    if (residual) {
        const struct number_format *format = &model->activations[residual_of(index)];
        args.epilogue.residual = residual;
        args.epilogue.residual_type = FFP8_TYPE_FFP8;
        args.epilogue.residual_format = format->format;
        args.epilogue.residual_scale = format->scale;
    }
    return ffp8_conv(&args) == FFP8_OK;
}

/* Mean over each image, encoded again, then the linear layer. */
static bool run_head(void *self, size_t batch, const void *x, float *logits) {
    struct model8 *model = self;
    size_t last = model->network->layer_count - 1;
    const struct layer *before = &model->network->layers[last - 1];
    const struct number_format *in = &model->activations[last], *out = &model->activations[last + 1];
    size_t pixels = before->out_h * before->out_w, channels = before->shape.c_out, count = batch * pixels * channels;
    float *values = malloc(count * sizeof *values), *mean = calloc(batch * channels, sizeof *mean);
    uint8_t *codes = malloc(batch * channels);
    bool ok = values && mean && codes && ffp8_decode(&in->format, x, in->scale, values, FFP8_TYPE_F32, count) == FFP8_OK;
    for (size_t b = 0; ok && b < batch; b++)
        for (size_t p = 0; p < pixels; p++)
            for (size_t c = 0; c < channels; c++) mean[b * channels + c] += values[(b * pixels + p) * channels + c] / (float)pixels;
    ok = ok && ffp8_encode(&out->format, mean, FFP8_TYPE_F32, 1 / out->scale, codes, batch * channels, NULL) == FFP8_OK;
    if (ok) {
        ffp8_gemm_args args = linear_args(model, batch);
        args.a = codes;
        args.c = logits;
        ok = ffp8_gemm(&args) == FFP8_OK;
    }
    free(values);
    free(mean);
    free(codes);
    return ok;
}

/* Weights of one layer: encoded with one scale per output channel, then packed. */
static bool pack_layer(struct model8_layer *out, const struct layer *layer, bool linear) {
    const ffp8_conv_shape *s = &layer->shape;
    size_t k = s->c_in * s->kernel_h * s->kernel_w;
    uint8_t *codes = malloc(s->c_out * k);
    bool ok = codes != NULL;
    for (size_t o = 0; ok && o < s->c_out; o++)
        ok = ffp8_encode(&out->weight.format, layer->weight + o * k, FFP8_TYPE_F32, 1 / out->scales[o], codes + o * k, k, NULL) == FFP8_OK;

    const ffp8_scales scales = {.data = out->scales, .block_rows = 1, .ld = 1};
    const ffp8_weights weights = {.data = codes, .ld = k, .format = out->weight.format, .scales = scales};
    const ffp8_filter filter = {.data = codes, .order = FFP8_ORDER_OIHW, .format = out->weight.format, .scales = scales};
    ok = ok && (linear ? ffp8_gemm_packed_size(s->c_out, k, &weights, &out->packed_bytes)
                       : ffp8_conv_packed_size(s, &filter, &out->packed_bytes)) == FFP8_OK;
    if (ok)
        out->packed = aligned_alloc(FFP8_PACKED_ALIGNMENT,
                                    (out->packed_bytes + FFP8_PACKED_ALIGNMENT - 1) / FFP8_PACKED_ALIGNMENT * FFP8_PACKED_ALIGNMENT);
    ok = ok && out->packed &&
         (linear ? ffp8_gemm_pack(s->c_out, k, &weights, out->packed, out->packed_bytes)
                 : ffp8_conv_pack(s, &filter, out->packed, out->packed_bytes)) == FFP8_OK;
    free(codes);
    return ok;
}

/* Formats are known: packs weights and sizes the buffers. */
static bool allocate(struct model8 *model) {
    const struct network *network = model->network;
    size_t last = network->layer_count - 1;
    bool ok = true;
    for (size_t i = 0; ok && i <= last; i++) {
        size_t bytes = 0;
        ok = pack_layer(&model->layers[i], &network->layers[i], i == last);
        if (ok && i == last) {
            ffp8_gemm_args args = linear_args(model, model->batch);
            ok = ffp8_gemm_workspace(&args, &bytes) == FFP8_OK;
        } else if (ok) {
            ffp8_conv_args args = conv_args(model, i, model->batch);
            ok = ffp8_conv_workspace(&args, &bytes) == FFP8_OK;
        }
        if (bytes > model->workspace_bytes) model->workspace_bytes = bytes;
    }
    const ffp8_conv_shape *s = &network->layers[0].shape;
    model->workspace = ok ? malloc(model->workspace_bytes) : NULL;
    model->scratch = malloc(network_scratch(network, 1, model->batch));
    model->image_codes = malloc(model->batch * s->in_h * s->in_w * s->c_in);
    return ok && model->workspace && model->scratch && model->image_codes;
}

/* The calibrator's candidate with that width. */
static bool one_exponent_bit(const ffp8_calibrator *calibrator, struct number_format *out) {
    size_t i = 0;
    while (i < calibrator->candidate_count && calibrator->candidates[i].exponent_bits != 1) i++;
    if (i == calibrator->candidate_count) return false;
    *out = (struct number_format){calibrator->candidates[i], 1, 10 * log10(calibrator->sum_square / calibrator->sum_square_error[i])};
    return true;
}

/* One scale a row, as ffp8_format_choose_rows gives them, for a format with one exponent bit. */
static bool one_exponent_bit_rows(const float *w, size_t rows, size_t k, struct model8_layer *out) {
    ffp8_format_info info;
    out->weight = (struct number_format){.scale = 1, .snr_db = NAN};
    if (ffp8_format_for_range(1, 1, 1, &out->weight.format) != FFP8_OK || ffp8_format_query(&out->weight.format, &info) != FFP8_OK)
        return false;
    for (size_t o = 0; o < rows; o++) {
        const float amax = largest_magnitude(w + o * k, k);
        out->scales[o] = amax > 0 ? amax / info.max : 1;
    }
    return true;
}

static bool number_activation(enum model8_kind kind, const ffp8_calibrator *calibrator, struct number_format *out) {
    if (kind == MODEL8_CHOSEN_I8) return one_exponent_bit(calibrator, out);
    if (kind != MODEL8_CHOSEN) return fixed_format(kind, fmaxf(-calibrator->min, calibrator->max), out);
    ffp8_choice choice;
    if (ffp8_calibrator_choose(calibrator, &choice) != FFP8_OK) return false;
    *out = (struct number_format){choice.format, 1, choice.snr_db};
    return true;
}

static bool number_weights(enum model8_kind kind, const struct layer *layer, struct model8_layer *out) {
    size_t rows = layer->shape.c_out, k = layer->shape.c_in * layer->shape.kernel_h * layer->shape.kernel_w;
    out->scales = malloc(rows * sizeof *out->scales);
    if (!out->scales) return false;
    if (kind == MODEL8_CHOSEN_I8) return one_exponent_bit_rows(layer->weight, rows, k, out);
    if (kind != MODEL8_CHOSEN) {
        if (!fixed_format(kind, largest_magnitude(layer->weight, rows * k), &out->weight)) return false;
        for (size_t o = 0; o < rows; o++) out->scales[o] = out->weight.scale;
        return true;
    }
    ffp8_choice choice;
    if (ffp8_format_choose_rows(layer->weight, k, rows, k, &choice, out->scales) != FFP8_OK) return false;
    out->weight = (struct number_format){choice.format, 1, choice.snr_db};
    return true;
}

bool model8_init(struct model8 *model, enum model8_kind kind, const struct network *network, size_t batch,
                 const ffp8_calibrator *activations, const ffp8_threads *threads) {
    *model = (struct model8){.network = network, .threads = threads, .batch = batch};
    bool ok = true;
    for (size_t i = 0; ok && i <= network->layer_count; i++) ok = number_activation(kind, &activations[i], &model->activations[i]);
    for (size_t i = 0; ok && i < network->layer_count; i++) ok = number_weights(kind, &network->layers[i], &model->layers[i]);
    ok = ok && allocate(model);
    if (!ok) model8_free(model);
    return ok;
}

void model8_free(struct model8 *model) {
    for (size_t i = 0; model->network && i < model->network->layer_count; i++) {
        free(model->layers[i].scales);
        free(model->layers[i].packed);
    }
    free(model->scratch);
    free(model->workspace);
    free(model->image_codes);
    *model = (struct model8){0};
}

bool model8_run(struct model8 *model, const float *x, float *logits) {
    const struct executor executor = {model, 1, run_conv, run_head};
    const ffp8_conv_shape *s = &model->network->layers[0].shape;
    size_t count = model->batch * s->in_h * s->in_w * s->c_in;
    return ffp8_encode(&model->activations[0].format, x, FFP8_TYPE_F32, 1 / model->activations[0].scale, model->image_codes, count, NULL) ==
               FFP8_OK &&
           network_run(model->network, &executor, model->batch, model->image_codes, logits, model->scratch);
}

size_t model8_weight_bytes(const struct model8 *model) {
    size_t bytes = 0;
    for (size_t i = 0; i < model->network->layer_count; i++) bytes += model->layers[i].packed_bytes;
    return bytes;
}
