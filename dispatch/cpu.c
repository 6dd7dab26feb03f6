/* SPDX-License-Identifier: Apache-2.0
 *
 * cpu.c - what this machine can run, in one word: cpu_features' answer on x86, the kernel's on Arm
 *
 * Both answer with the operating system's state taken in (XCR0 on x86, the hardware capabilities on Arm). What cpu_features 0.7.0
 * does not know, AVX-VNNI, is read here: it needs no more state than the AVX registers that AVX2 has been granted.
 */
#include "cpu.h"

#include <stdio.h>

#include "cpu_features_macros.h"

struct named_bit {
    uint64_t bit;
    const char *name;
};

static const struct named_bit names[] = {
    {FFP8_CPU_AVX2, "avx2"},
    {FFP8_CPU_FMA, "fma"},
    {FFP8_CPU_F16C, "f16c"},
    {FFP8_CPU_AVXVNNI, "avx_vnni"},
    {FFP8_CPU_AVX512F, "avx512f"},
    {FFP8_CPU_AVX512BW, "avx512bw"},
    {FFP8_CPU_AVX512DQ, "avx512dq"},
    {FFP8_CPU_AVX512VL, "avx512vl"},
    {FFP8_CPU_AVX512VBMI, "avx512vbmi"},
    {FFP8_CPU_AVX512VNNI, "avx512_vnni"},
    {FFP8_CPU_AVX512BF16, "avx512_bf16"},
    {FFP8_CPU_NEON, "neon"},
    {FFP8_CPU_FP16, "fp16"},
    {FFP8_CPU_FHM, "fhm"},
    {FFP8_CPU_DOTPROD, "dotprod"},
    {FFP8_CPU_I8MM, "i8mm"},
    {FFP8_CPU_ARMBF16, "bf16"},
};

const char *ffp8_cpu_feature_name(uint64_t bit) {
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].bit == bit) return names[i].name;
    return NULL;
}

#if defined(CPU_FEATURES_ARCH_X86)
#include <cpuid.h>

#include "cpuinfo_x86.h"

static int has_avxvnni(void) {
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && (eax >> 4 & 1);
}

uint64_t ffp8_cpu_features(void) {
    const X86Info info = GetX86Info();
    const X86Features *f = &info.features;
    uint64_t bits = 0;
    if (f->avx2) bits |= FFP8_CPU_AVX2;
    if (f->fma3) bits |= FFP8_CPU_FMA;
    if (f->f16c && f->avx) bits |= FFP8_CPU_F16C; /* VEX-encoded: of use only where AVX is */
    if (f->avx2 && has_avxvnni()) bits |= FFP8_CPU_AVXVNNI;
    if (f->avx512f) bits |= FFP8_CPU_AVX512F;
    if (f->avx512bw) bits |= FFP8_CPU_AVX512BW;
    if (f->avx512dq) bits |= FFP8_CPU_AVX512DQ;
    if (f->avx512vl) bits |= FFP8_CPU_AVX512VL;
    if (f->avx512vbmi) bits |= FFP8_CPU_AVX512VBMI;
    if (f->avx512vnni) bits |= FFP8_CPU_AVX512VNNI;
    if (f->avx512_bf16) bits |= FFP8_CPU_AVX512BF16;
    return bits;
}

void ffp8_cpu_name(char *text, unsigned bytes) {
    const X86Info info = GetX86Info();
    snprintf(text, bytes, "%s", info.brand_string[0] ? info.brand_string : info.vendor);
}

#elif defined(CPU_FEATURES_ARCH_AARCH64)
/* The kernel's own words, not cpu_features: where AT_HWCAP2 is 0, as on every Armv8.0 CPU, that reads files and prints to standard output. */
#include <asm/hwcap.h>
#include <sys/auxv.h>

uint64_t ffp8_cpu_features(void) {
    const unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    uint64_t bits = 0;
    if (first & HWCAP_ASIMD) bits |= FFP8_CPU_NEON;
    if ((first & HWCAP_FPHP) && (first & HWCAP_ASIMDHP)) bits |= FFP8_CPU_FP16;
    if (first & HWCAP_ASIMDFHM) bits |= FFP8_CPU_FHM;
    if (first & HWCAP_ASIMDDP) bits |= FFP8_CPU_DOTPROD;
    if (second & HWCAP2_I8MM) bits |= FFP8_CPU_I8MM;
    if (second & HWCAP2_BF16) bits |= FFP8_CPU_ARMBF16;
    return bits;
}

void ffp8_cpu_name(char *text, unsigned bytes) {
    uint64_t midr = 0; /* the kernel lets programs read it where it says so */
    if (getauxval(AT_HWCAP) & HWCAP_CPUID) __asm__("mrs %0, midr_el1" : "=r"(midr));
    snprintf(text, bytes, "AArch64 implementer 0x%02x part 0x%03x", (unsigned)(midr >> 24 & 0xFF), (unsigned)(midr >> 4 & 0xFFF));
}

#else
uint64_t ffp8_cpu_features(void) { return 0; }

void ffp8_cpu_name(char *text, unsigned bytes) { snprintf(text, bytes, "unknown"); }
#endif
