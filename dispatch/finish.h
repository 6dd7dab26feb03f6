/* SPDX-License-Identifier: Apache-2.0
 *
 * finish.h - from FP32 sums to output: bias, residual, accumulation, activation, conversion
 */
#ifndef FFP8_FINISH_H
#define FFP8_FINISH_H

#include "../kernels/kernels.h"

/* What all rows of one call share. */
struct ffp8_output {
    const struct ffp8_kernels *kernels;
    void *c;
    ffp8_dtype c_type;
    float c_scale;
    bool accumulate;
    const void *residual;
    ffp8_dtype residual_type;
    float residual_scale;
    bool has_epilogue; /* anything between the sum and its conversion, or a measurement */
    bool wants_amax;
    bool makes_codes; /* by finish_codes: epilogue and encoding in one pass, where there is no table to search */
    struct ffp8_finish finish;
    struct ffp8_encoder encoder;               /* FFP8 output */
    struct ffp8_lut c_values, residual_values; /* real values of FFP8 codes, where they are read */
};

/* Arguments have been checked. */
void ffp8_output_init(struct ffp8_output *output, const struct ffp8_kernels *kernels, void *c, ffp8_dtype c_type,
                      const ffp8_format *c_format, float c_scale, const ffp8_encoding *encoding, bool accumulate,
                      const ffp8_epilogue *epilogue);

/* Whether sums may go straight to an FP32 output. */
static inline bool ffp8_output_is_plain(const struct ffp8_output *output) {
    return output->c_type == FFP8_TYPE_F32 && output->c_scale == 1 && !output->has_epilogue;
}

/* n neighbouring outputs: y holds their scaled sums and is overwritten; it may be their place in an FP32 c. c_index and residual_index count elements of c and of the residual;
 * index is the first one's place in a dense output, for stochastic rounding; bias points to n values or is NULL. Returns the largest |y| before
 * c_scale, as ffp8_amax_fn does, if the epilogue wants it. */
float ffp8_output_row(const struct ffp8_output *output, float *y, size_t n, const float *bias, size_t c_index, size_t residual_index,
                      uint64_t index);
/* The same for `rows` rows, ld_y apart in y and ld apart in c and in the residual, where all three indices are the same. */
float ffp8_output_rows(const struct ffp8_output *output, float *y, size_t ld_y, size_t rows, size_t n, const float *bias, size_t index,
                       size_t ld);

#endif
