/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_generic.c - depthwise convolution of a row of pixels; the formula stands at struct ffp8_depthwise
 *
 * Order of summation: increasing tap. I16 in int32, exact; F32 by fused multiply-add.
 */
#include <math.h>

#include "dot_generic.h"

void ffp8_depthwise_i16_generic(const struct ffp8_depthwise *d) {
    for (size_t p = 0; p < d->pixels; p++) {
        for (size_t ch = 0; ch < d->channels; ch++) {
            int32_t sum = 0;
            for (size_t t = 0; t < d->taps; t++) sum += ((const int16_t *)d->x[t])[p * d->ldx + ch] * ((const int16_t *)d->w[t])[ch];
            d->c[p * d->ldc + ch] = (float)sum * d->scale[ch];
        }
    }
}

void ffp8_depthwise_f32_generic(const struct ffp8_depthwise *d) {
    for (size_t p = 0; p < d->pixels; p++) {
        for (size_t ch = 0; ch < d->channels; ch++) {
            float sum = 0;
            for (size_t t = 0; t < d->taps; t++) sum = fmaf(((const float *)d->x[t])[p * d->ldx + ch], ((const float *)d->w[t])[ch], sum);
            d->c[p * d->ldc + ch] = sum * d->scale[ch];
        }
    }
}
