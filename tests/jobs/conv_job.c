/* SPDX-License-Identifier: Apache-2.0
 *
 * conv_job.c - see conv_job.h
 */
#include "jobs/conv_job.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void job_data(struct job *job) {
    ffp8_conv_args *a = &job->args;
    size_t out_h, out_w;
    cr_assert_eq(ffp8_conv_output_size(&a->shape, &out_h, &out_w), FFP8_OK);
    const ffp8_conv_shape *s = &a->shape;
    job->x_count = s->batch * s->in_h * s->in_w * s->c_in;
    job->y_count = s->batch * out_h * out_w * s->c_out;
    job->x = buffer_new(job->x_count * type_bytes(a->x_type), a->x_type == FFP8_TYPE_FFP8 ? below(8) : 0);
    fill(job->x.data, a->x_type, job->x_count, &a->x_format, job->whole);
    a->x = job->x.data;
    const size_t weights = s->c_out * s->kernel_h * s->kernel_w * (s->c_in / at_least_1(s->groups));
    job->filter = buffer_new(weights, below(8));
    fill_codes(job->filter.data, weights, &a->filter.format, job->whole);
    a->filter.data = job->filter.data;
    job->y = buffer_new(job->y_count * type_bytes(a->y_type), a->y_type == FFP8_TYPE_FFP8 ? below(8) : 0);
    fill(job->y.data, a->y_type, job->y_count, &a->y_format, job->whole);
    a->y = job->y.data;
    job->y_before = malloc(job->y.bytes + 1);
    memcpy(job->y_before, job->y.data, job->y.bytes);
    job->want = buffer_new(job->y.bytes, 0);
    memcpy(job->want.data, job->y.data, job->y.bytes);
}

void job_free(struct job *job) {
    struct buffer *all[] = {&job->x, &job->filter, &job->scales, &job->bias, &job->residual, &job->y, &job->want, &job->packed};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]->block);
    free(job->y_before);
}

void job_optional_data(struct job *job) {
    ffp8_conv_args *a = &job->args;
    ffp8_epilogue *e = &a->epilogue;
    if (e->residual) {
        job->residual = buffer_new(job->y_count * type_bytes(e->residual_type), 0);
        fill(job->residual.data, e->residual_type, job->y_count, &e->residual_format, job->whole);
        e->residual = job->residual.data;
    }
    if (e->bias) {
        job->bias = buffer_new(a->shape.c_out * sizeof(float), 0);
        fill(job->bias.data, FFP8_TYPE_F32, a->shape.c_out, NULL, job->whole);
        e->bias = (const float *)job->bias.data;
    }
    if (a->filter.scales.data) { /* powers of two for whole data, so that the sums stay exact */
        job->scales = buffer_new(a->shape.c_out * sizeof(float), 0);
        for (size_t i = 0; i < a->shape.c_out; i++) {
            const int exponent = (int)below(3) - 1;
            if (a->filter.scales.type == FFP8_SCALE_E8M0)
                job->scales.data[i] = (uint8_t)(127 + exponent);
            else
                ((float *)job->scales.data)[i] = job->whole ? ldexpf(1, exponent) : 0.25f + (float)below(1000) / 999;
        }
        a->filter.scales.data = job->scales.data;
    }
}

void job_pack(struct job *job) {
    size_t bytes;
    cr_assert_eq(ffp8_conv_packed_size(&job->args.shape, &job->args.filter, &bytes), FFP8_OK);
    job->packed = buffer_new(bytes, 0);
    cr_assert_eq(ffp8_conv_pack(&job->args.shape, &job->args.filter, job->packed.data, bytes), FFP8_OK);
    cr_assert(canaries_live(&job->packed));
    ffp8_packed_info info;
    cr_assert_eq(ffp8_packed_check((ffp8_packed){job->packed.data, bytes}, &info), FFP8_OK);
    cr_assert_eq(info.n, job->args.shape.c_out);
    job->args.packed = (ffp8_packed){job->packed.data, bytes};
    job->args.filter.data = NULL;
}

void job_describe(struct job *job) {
    const ffp8_conv_args *a = &job->args;
    const ffp8_conv_shape *s = &a->shape;
    char x[FFP8_FORMAT_NAME_BYTES] = "codebook", w[FFP8_FORMAT_NAME_BYTES] = "codebook", how[256] = "?";
    ffp8_format_name(&a->x_format, x, sizeof x);
    ffp8_format_name(&a->filter.format, w, sizeof w);
    ffp8_conv_explain(a, how, sizeof how);
    snprintf(job->text, sizeof job->text,
             "%zux%zux%zux%zu -> %zu kernel %zux%zu stride %zu,%zu dilation %zu,%zu pad %zu,%zu,%zu,%zu groups %zu %s x %d %s w %s y %d "
             "epilogue %d%s%s accumulate %d accuracy %d %s %s threads %zu [%s]",
             s->batch, s->in_h, s->in_w, s->c_in, s->c_out, s->kernel_h, s->kernel_w, s->stride_h, s->stride_w, s->dilation_h,
             s->dilation_w, s->pad_top, s->pad_left, s->pad_bottom, s->pad_right, s->groups, a->layout ? "nchw" : "nhwc", a->x_type, x, w,
             a->y_type, a->epilogue.activation, a->epilogue.bias ? " bias" : "", a->epilogue.residual ? " residual" : "", a->accumulate,
             a->accuracy, a->packed.data ? "packed" : "plain", job->whole ? "whole" : "full", a->threads ? a->threads->threads : 0, how);
}

void job_run(struct job *job) {
    ffp8_conv_args *a = &job->args;
    size_t bytes;
    cr_assert_eq(ffp8_conv_workspace(a, &bytes), FFP8_OK, "%s", job->text);
    struct buffer workspace = buffer_new(bytes, below(64));
    a->workspace = workspace.data;
    a->workspace_bytes = bytes;
    const ffp8_status status = ffp8_conv(a);
    cr_assert_eq(status, FFP8_OK, "%s: %s", ffp8_status_string(status), job->text);
    cr_assert(canaries_live(&workspace), "wrote beside the workspace: %s", job->text);
    cr_assert(canaries_live(&job->y), "wrote beside y: %s", job->text);
    free(workspace.block);
}

float job_oracle(struct job *job, struct ffp8_conv_call *call) {
    ffp8_conv_args args = job->args;
    args.y = job->want.data;
    cr_assert_eq(ffp8_conv_check(&args, false, call), FFP8_OK, "%s", job->text);
    const float amax = ffp8_conv_generic(&call->problem, 0, call->problem.dims.batch * call->problem.dims.out_h);
    call->problem.args = &job->args;
    return amax;
}
