/* SPDX-License-Identifier: Apache-2.0
 *
 * test_conv_api.c - convolution's corners: output sizes, empty images, each misuse and its status, blobs that do not fit
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/select.h"
#include "jobs/conv_job.h"

Test(conv, output_size) {
    size_t h = 0, w = 0;
    ffp8_conv_shape s = {.batch = 1,
                         .in_h = 224,
                         .in_w = 224,
                         .c_in = 3,
                         .c_out = 64,
                         .kernel_h = 7,
                         .kernel_w = 7,
                         .stride_h = 2,
                         .stride_w = 2,
                         .pad_top = 3,
                         .pad_left = 3,
                         .pad_bottom = 3,
                         .pad_right = 3};
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_OK);
    cr_assert(h == 112 && w == 112);
    s.dilation_h = 36;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_OK);
    cr_assert(h == 7 && w == 112); /* 230 - 217 + 1 = 14 positions, every other */
    s.dilation_h = 40;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_SHAPE);
    s.dilation_h = SIZE_MAX / 2;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    s.dilation_h = 1;
    s.pad_top = SIZE_MAX;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    s.pad_top = 3;
    s.batch = SIZE_MAX / 1000;
    cr_assert_eq(ffp8_conv_output_size(&s, &h, &w), FFP8_ERROR_OVERFLOW);
    cr_assert_eq(ffp8_conv_output_size(NULL, &h, &w), FFP8_ERROR_NULL);
    cr_assert(h == 7 && w == 112, "written on error");
}

Test(conv, empty_batch_and_empty_image) {
    for (size_t batch = 0; batch < 2; batch++) {
        float y[9 * 2] = {[0 ... 17] = 7}, amax = -1;
        const uint8_t filter[9 * 2] = {0};
        ffp8_conv_args a = FFP8_CONV_ARGS_INIT;
        a.shape = (ffp8_conv_shape){.batch = batch,
                                    .c_in = 1,
                                    .c_out = 2,
                                    .kernel_h = 3,
                                    .kernel_w = 3,
                                    .pad_top = 2,
                                    .pad_left = 2,
                                    .pad_bottom = 3,
                                    .pad_right = 3};
        a.x_type = FFP8_TYPE_FFP8;
        a.x_format = a.filter.format = format_named("e4m3");
        a.filter.data = filter;
        a.y = y;
        a.epilogue.amax = &amax;
        size_t bytes;
        cr_assert_eq(ffp8_conv_workspace(&a, &bytes), FFP8_OK);
        void *workspace = malloc(bytes + 1);
        a.workspace = workspace;
        a.workspace_bytes = bytes;
        cr_assert_eq(ffp8_conv(&a), FFP8_OK);
        for (size_t i = 0; i < 18; i++) cr_assert_eq(y[i], batch ? 0 : 7);
        cr_assert_eq(amax, 0);
        free(workspace);
    }
}

struct misuse {
    const char *what;
    void (*spoil)(ffp8_conv_args *a);
    ffp8_status want;
};

#define MISUSE(name, statement, status) \
    static void name(ffp8_conv_args *a) { statement; }
#define MISUSES(X)                                                                                            \
    X(short_struct, a->struct_size -= 8, FFP8_ERROR_STRUCT_SIZE)                                              \
    X(zero_struct, a->struct_size = 0, FFP8_ERROR_STRUCT_SIZE)                                                \
    X(no_x, a->x = NULL, FFP8_ERROR_NULL)                                                                     \
    X(no_y, a->y = NULL, FFP8_ERROR_NULL)                                                                     \
    X(no_weights, a->filter.data = NULL, FFP8_ERROR_NULL)                                                     \
    X(two_weights, a->packed.data = a, FFP8_ERROR_NULL)                                                       \
    X(no_workspace, a->workspace = NULL, FFP8_ERROR_NULL)                                                     \
    X(small_workspace, a->workspace_bytes = 63, FFP8_ERROR_BUFFER)                                            \
    X(layout, a->layout = (ffp8_layout)2, FFP8_ERROR_ENUM)                                                    \
    X(x_type, a->x_type = (ffp8_dtype)4, FFP8_ERROR_ENUM)                                                     \
    X(y_type, a->y_type = (ffp8_dtype)-1, FFP8_ERROR_ENUM)                                                    \
    X(order, a->filter.order = (ffp8_filter_order)2, FFP8_ERROR_ENUM)                                         \
    X(accumulate, a->accumulate = 2, FFP8_ERROR_ENUM)                                                         \
    X(accuracy, a->accuracy = (ffp8_accuracy)2, FFP8_ERROR_ENUM)                                              \
    X(activation, a->epilogue.activation = (ffp8_activation)8, FFP8_ERROR_ENUM)                               \
    X(rounding, a->y_encoding.rounding = (ffp8_rounding)4, FFP8_ERROR_ENUM)                                   \
    X(overflow_rule, a->y_encoding.overflow = (ffp8_overflow)2, FFP8_ERROR_ENUM)                              \
    X(nan_rule, a->y_encoding.nan = FFP8_NAN_ERROR, FFP8_ERROR_ENUM)                                          \
    X(scale_type, a->filter.scales.type = (ffp8_scale_type)2, FFP8_ERROR_ENUM)                                \
    X(x_format, a->x_format.exponent_bits = 5, FFP8_ERROR_FORMAT)                                             \
    X(w_format, a->filter.format.specials = 9, FFP8_ERROR_FORMAT)                                             \
    X(y_format, a->y_format.bias = 1000, FFP8_ERROR_FORMAT)                                                   \
    X(no_channels, a->shape.c_in = 0, FFP8_ERROR_SHAPE)                                                       \
    X(no_outputs, a->shape.c_out = 0, FFP8_ERROR_SHAPE)                                                       \
    X(no_kernel, a->shape.kernel_w = 0, FFP8_ERROR_SHAPE)                                                     \
    X(groups, a->shape.groups = 3, FFP8_ERROR_SHAPE)                                                          \
    X(large_kernel, a->shape.dilation_w = 9, FFP8_ERROR_SHAPE)                                                \
    X(huge_batch, a->shape.batch = SIZE_MAX / 64, FFP8_ERROR_OVERFLOW)                                        \
    X(huge_pad, a->shape.pad_left = SIZE_MAX - 4, FFP8_ERROR_OVERFLOW)                                        \
    X(residual_stride, (a->epilogue.residual = a->x, a->epilogue.ld_residual = 8), FFP8_ERROR_STRIDE)         \
    X(scale_stride, a->filter.scales.ld = 0, FFP8_ERROR_STRIDE)                                               \
    X(scale_block, a->filter.scales.block_k = 4, FFP8_ERROR_SCALE)                                            \
    X(scale_infinite, ((float *)(uintptr_t)a->filter.scales.data)[1] = INFINITY, FFP8_ERROR_SCALE)            \
    X(x_scale, a->x_scale = -1, FFP8_ERROR_SCALE)                                                             \
    X(y_scale, a->y_scale = NAN, FFP8_ERROR_SCALE)                                                            \
    X(residual_scale, (a->epilogue.residual = a->x, a->epilogue.residual_scale = INFINITY), FFP8_ERROR_SCALE) \
    X(no_parallel_for, ((ffp8_threads *)(uintptr_t)a->threads)->parallel_for = NULL, FFP8_ERROR_NULL)
MISUSES(MISUSE)
#define MISUSE_ROW(name, statement, status) {#name, name, status},
static const struct misuse misuses[] = {MISUSES(MISUSE_ROW)};

Test(conv, misuse_gives_a_status_and_writes_nothing) {
    cr_assert_eq(ffp8_conv(NULL), FFP8_ERROR_NULL);
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        draw_from(i);
        struct job job = {.args = FFP8_CONV_ARGS_INIT, .amax = 5};
        ffp8_conv_args *a = &job.args;
        a->shape = (ffp8_conv_shape){.batch = 1, .in_h = 4, .in_w = 4, .c_in = 4, .c_out = 4, .kernel_h = 3, .kernel_w = 3, .pad_left = 1};
        a->x_type = a->y_type = FFP8_TYPE_FFP8;
        a->x_format = a->y_format = a->filter.format = format_named("e4m3");
        a->filter.scales = (ffp8_scales){.data = "", .block_rows = 1, .ld = 1};
        a->epilogue.amax = &job.amax;
        job.threads = (ffp8_threads){run_backwards, NULL, 2};
        a->threads = &job.threads;
        job_data(&job);
        job_optional_data(&job);
        size_t bytes;
        cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK);
        struct buffer workspace = buffer_new(bytes, 0);
        memset(workspace.data, CANARY_BYTE, bytes);
        a->workspace = workspace.data;
        a->workspace_bytes = bytes;
        misuses[i].spoil(a);
        const ffp8_status status = ffp8_conv(a);
        cr_assert_eq(status, misuses[i].want, "%s: %s", misuses[i].what, ffp8_status_string(status));
        cr_assert_eq(memcmp(job.y.data, job.y_before, job.y.bytes), 0, "%s wrote to y", misuses[i].what);
        for (size_t k = 0; k < bytes; k++) cr_assert_eq(workspace.data[k], CANARY_BYTE, "%s wrote to the workspace", misuses[i].what);
        cr_assert_eq(job.amax, 5, "%s wrote amax", misuses[i].what);
        free(workspace.block);
        job_free(&job);
    }
}

/* ffp8_set_max_isa may come between the query and the call. */
Test(conv, workspace_serves_every_tier) {
    for (size_t channels = 1; channels <= 300; channels += 13) {
        ffp8_conv_args a = FFP8_CONV_ARGS_INIT;
        a.shape = (ffp8_conv_shape){.batch = 1, .in_h = 9, .in_w = 9, .c_in = channels, .c_out = channels, .kernel_h = 3, .kernel_w = 3};
        a.shape.pad_top = a.shape.pad_bottom = a.shape.pad_left = a.shape.pad_right = 1;
        a.shape.groups = channels % 2 ? 1 : channels;
        cr_assert_eq(ffp8_format_from_name("e4m3fn", &a.filter.format), FFP8_OK);
        a.x_type = a.y_type = FFP8_TYPE_F32;
        size_t bytes, need, most = 0;
        cr_assert_eq(ffp8_conv_workspace(&a, &bytes), FFP8_OK);
        for (size_t i = 0; ffp8_kernels_list(i); i++) {
            cr_assert_eq(ffp8_conv_workspace_on(ffp8_kernels_list(i), &a, &need), FFP8_OK);
            cr_assert_leq(need, bytes, "%s needs more", ffp8_kernels_list(i)->name);
            most = need > most ? need : most;
        }
        cr_assert_eq(most, bytes);
    }
}

/* Pointers may still be missing in the query: what it says does for the call with a residual. */
Test(conv, workspace_serves_a_residual) {
    const float residual = 0;
    for (size_t channels = 1; channels <= 300; channels += 13)
        for (int layout = 0; layout < 2; layout++)
            for (int depthwise = 0; depthwise < 2; depthwise++) {
                ffp8_conv_args a = FFP8_CONV_ARGS_INIT;
                a.shape = (ffp8_conv_shape){
                    .batch = 2, .in_h = 9, .in_w = 150, .c_in = channels, .c_out = channels, .kernel_h = 3, .kernel_w = 3};
                a.shape.groups = depthwise ? channels : 1;
                a.layout = (ffp8_layout)layout;
                cr_assert_eq(ffp8_format_from_name("e4m3fn", &a.filter.format), FFP8_OK);
                a.x_format = a.y_format = a.filter.format;
                a.x_type = a.y_type = FFP8_TYPE_FFP8;
                for (size_t i = 0; ffp8_kernels_list(i); i++) {
                    size_t without, with;
                    a.epilogue.residual = NULL;
                    cr_assert_eq(ffp8_conv_workspace_on(ffp8_kernels_list(i), &a, &without), FFP8_OK);
                    a.epilogue.residual = &residual;
                    cr_assert_eq(ffp8_conv_workspace_on(ffp8_kernels_list(i), &a, &with), FFP8_OK);
                    cr_assert_eq(with, without, "%s, layout %d, %zu channels", ffp8_kernels_list(i)->name, layout, channels);
                }
            }
}

/* A blob that is cut short, of another shape, damaged, or misaligned. */
Test(conv, blobs_that_do_not_fit) {
    draw_from(1);
    struct job job = {.args = FFP8_CONV_ARGS_INIT};
    ffp8_conv_args *a = &job.args;
    a->shape = (ffp8_conv_shape){.batch = 1, .in_h = 6, .in_w = 6, .c_in = 3, .c_out = 40, .kernel_h = 3, .kernel_w = 3};
    a->x_type = FFP8_TYPE_FFP8;
    a->x_format = a->filter.format = format_named("e4m3");
    job_data(&job);
    job_pack(&job);
    size_t bytes;
    const ffp8_packed whole = a->packed;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK);
    a->packed.bytes = whole.bytes - 1;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_BUFFER);
    a->packed.bytes = 16;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_BUFFER);
    a->packed = (ffp8_packed){(const uint8_t *)whole.data + 1, whole.bytes - 1};
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_ALIGNMENT);
    a->packed = whole;
    const ffp8_conv_shape right = a->shape;
    a->shape.c_out = 41;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    a->shape.c_in = 4;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    a->shape.dilation_w = 2; /* packed by rows of taps */
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_ERROR_MISMATCH);
    a->shape = right;
    for (size_t i = 0; i < sizeof(struct ffp8_packed_header); i++) { /* any flipped bit: refused, or of no consequence for memory */
        for (int bit = 0; bit < 8; bit++) {
            job.packed.data[i] ^= (uint8_t)(1 << bit);
            ffp8_packed_info info;
            cr_assert_neq(ffp8_packed_check(a->packed, &info), FFP8_OK, "byte %zu bit %d", i, bit);
            if (ffp8_conv_workspace(a, &bytes) == FFP8_OK) job_run(&job);
            job.packed.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    job_free(&job);
}

Test(conv, packing_misuse) {
    const ffp8_conv_shape s = {.c_in = 4, .c_out = 4, .kernel_h = 3, .kernel_w = 3};
    const uint8_t codes[4 * 4 * 9] = {0};
    ffp8_filter f = {.data = codes, .format = format_named("e4m3")};
    size_t bytes;
    cr_assert_eq(ffp8_conv_packed_size(NULL, &f, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, NULL, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, &f, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_conv_packed_size(&s, &f, &bytes), FFP8_OK);
    struct buffer blob = buffer_new(bytes + 64, 0);
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data, bytes - 1), FFP8_ERROR_BUFFER);
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data + 1, bytes), FFP8_ERROR_ALIGNMENT);
    cr_assert_eq(ffp8_conv_pack(&s, &f, NULL, bytes), FFP8_ERROR_NULL);
    f.data = NULL;
    cr_assert_eq(ffp8_conv_pack(&s, &f, blob.data, bytes), FFP8_ERROR_NULL);
    for (size_t i = 0; i < bytes; i++) cr_assert_eq(blob.data[i], CANARY_BYTE);
    free(blob.block);
}
