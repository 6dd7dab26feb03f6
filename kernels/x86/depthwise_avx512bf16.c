/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx512bf16.c - depthwise kernels by vpdpwssd and vdpbf16ps. Formula, registers, order, bound, tails: depthwise_512.h.
 */
#include "depthwise_512.h"

void ffp8_depthwise_i16_avx512bf16(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_I16); }
void ffp8_depthwise_bf16_avx512bf16(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_BF16); }
