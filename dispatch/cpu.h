/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.h - what this CPU and operating system can run. cpu.c is the only file that includes cpu_features.
 */
#ifndef FFP8_CPU_H
#define FFP8_CPU_H

#include <stdint.h>

enum ffp8_cpu_bit {
    FFP8_CPU_AVX2 = 1 << 0,
    FFP8_CPU_FMA = 1 << 1,
    FFP8_CPU_F16C = 1 << 2,
    FFP8_CPU_AVXVNNI = 1 << 3,
    FFP8_CPU_AVX512F = 1 << 4,
    FFP8_CPU_AVX512BW = 1 << 5,
    FFP8_CPU_AVX512DQ = 1 << 6,
    FFP8_CPU_AVX512VL = 1 << 7,
    FFP8_CPU_AVX512VBMI = 1 << 8,
    FFP8_CPU_AVX512VNNI = 1 << 9,
    FFP8_CPU_AVX512BF16 = 1 << 10,
    FFP8_CPU_NEON = 1 << 16,
    FFP8_CPU_FP16 = 1 << 17,
    FFP8_CPU_FHM = 1 << 18,
    FFP8_CPU_DOTPROD = 1 << 19,
    FFP8_CPU_I8MM = 1 << 20,
    FFP8_CPU_ARMBF16 = 1 << 21
};

/* Features that the CPU has and whose registers the operating system saves. Pure: asks the CPU each time. */
uint64_t ffp8_cpu_features(void);
/* "avx512_bf16"; NULL for anything but a single known bit. */
const char *ffp8_cpu_feature_name(uint64_t bit);
/* The CPU's brand or architecture name for ffp8-info, written to text[bytes]. */
void ffp8_cpu_name(char *text, unsigned bytes);

#endif
