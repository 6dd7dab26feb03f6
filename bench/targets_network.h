/* SPDX-License-Identifier: Apache-2.0
 *
 * targets_network.h - the goals for whole networks
 */
#ifndef FFP8_BENCH_TARGETS_NETWORK_H
#define FFP8_BENCH_TARGETS_NETWORK_H

#include "ffp8/ffp8.h"

/* Speed against ONNX Runtime, and memory against FP32, where those rows were chosen. */
void targets_networks(int speed_row, int memory_row, ffp8_isa isa);

#endif
