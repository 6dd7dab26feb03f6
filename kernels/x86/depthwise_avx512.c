/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx512.c - depthwise kernels by vpmaddwd + vpaddd and by vfmadd. Formula, registers, order, bound, tails: depthwise_512.h.
 */
#include "depthwise_512.h"

void ffp8_depthwise_i16_avx512(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_I16); }
void ffp8_depthwise_f32_avx512(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_F32); }
