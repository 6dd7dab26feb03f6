/* SPDX-License-Identifier: Apache-2.0
 *
 * depthwise_avx512vnni.c - depthwise kernels by vpdpwssd. Formula, registers, order, bound, tails: depthwise_512.h.
 */
#include "depthwise_512.h"

void ffp8_depthwise_i16_avx512vnni(const struct ffp8_depthwise *d) { depthwise(d, FFP8_CLASS_I16); }
