/* SPDX-License-Identifier: Apache-2.0
 *
 * gemm.h - what the files of the matrix product share: checked problems, and entry points that take a kernel table
 */
#ifndef FFP8_GEMM_H
#define FFP8_GEMM_H

#include "../kernels/generic/gemm_generic.h"

/* Everything but the workspace's size. `query`: pointers other than the blob's may be NULL, values behind the others are not read. */
ffp8_status ffp8_gemm_check(const ffp8_gemm_args *args, bool query, struct ffp8_gemm_problem *problem);
/* Plain weights. `query`: their data may be NULL. */
ffp8_status ffp8_gemm_weights_check(size_t n, size_t k, const ffp8_weights *weights, bool query);

/* The public functions on a given table, usable on this CPU. The loop nest runs whatever the table, the generic one too. */
ffp8_status ffp8_gemm_workspace_on(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args, size_t *bytes);
ffp8_status ffp8_gemm_run(const struct ffp8_kernels *kernels, const ffp8_gemm_args *args);
/* The oracle: what ffp8_gemm computes on the generic tier. Its workspace is no larger than any table's. */
ffp8_status ffp8_gemm_oracle(const ffp8_gemm_args *args);

#endif
