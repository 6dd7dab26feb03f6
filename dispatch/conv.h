/* SPDX-License-Identifier: Apache-2.0
 *
 * conv.h - what the files of convolution share: checked problems, the packed layouts, the staging of rows
 */
#ifndef FFP8_CONV_H
#define FFP8_CONV_H

#include "../kernels/generic/conv_generic.h"
#include "packed.h"

/* Entry points below the public ones: any table may be driven. `kernels` is used only where its slots serve the problem. */
ffp8_status ffp8_conv_run(const struct ffp8_kernels *kernels, const ffp8_conv_args *args);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_check.c
 */

/* Shape and filter sizes only: what packing needs. FFP8_ERROR_SHAPE, FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_conv_filter_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims);
/* The whole shape. */
ffp8_status ffp8_conv_dims(const ffp8_conv_shape *shape, struct ffp8_conv_dims *dims);
/* Format, order and scales of a plain filter; its data may be NULL (`query`). */
ffp8_status ffp8_conv_filter_check(const ffp8_filter *filter, const struct ffp8_conv_dims *dims, bool query);

/* A checked call. */
struct ffp8_conv_call {
    struct ffp8_conv_problem problem;
    struct ffp8_packed_header header; /* of the blob, or as the plain filter would be packed */
    bool packed;
    bool known; /* the header's measured members are true: not in a size query with a plain filter */
};
/* Everything but the workspace's size. `query`: pointers other than the blob's may be NULL. */
ffp8_status ffp8_conv_check(const ffp8_conv_args *args, bool query, struct ffp8_conv_call *call);

/* ---------------------------------------------------------------------------------------------------------------
 * conv_pack.c
 */

/* The header of a plain filter's blob without its measured members. FFP8_ERROR_OVERFLOW. */
ffp8_status ffp8_conv_layout(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header);
/* The measured members, from the filter's codes. */
void ffp8_conv_measure(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, struct ffp8_packed_header *header);
/* The blob; `header` is complete but for the checksum. */
void ffp8_conv_write(const struct ffp8_conv_dims *dims, const ffp8_filter *filter, const struct ffp8_packed_header *header, void *blob);
/* Which of the packed orders a header describes. */
enum ffp8_conv_order ffp8_conv_packed_order(const struct ffp8_packed_header *header);

#endif
