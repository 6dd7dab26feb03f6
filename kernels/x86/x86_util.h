/* SPDX-License-Identifier: Apache-2.0
 *
 * x86_util.h - what the x86 kernels ask of the compiler
 *
 * A tile is one always-inline function with constant sizes. Its accumulators stay in registers only if every loop over them is unrolled
 * completely, which neither compiler does on its own at these sizes.
 */
#ifndef FFP8_X86_UTIL_H
#define FFP8_X86_UTIL_H

#include <immintrin.h>

#include "../kernel_util.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NO_INLINE __attribute__((noinline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* How far ahead of use lines are fetched. */
enum {
    PREFETCH_BYTES = 8192, /* from memory into L2: L1 has too few fill buffers for memory at full speed */
    NEAR_BYTES = 320       /* from there into L1, where there are several streams of lines */
};

#endif
