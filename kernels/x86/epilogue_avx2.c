/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue_avx2.c - the epilogue on 8 lanes: the words of activation.h in AVX2 and FMA
 *
 * NONE, RELU, CLIP are bound by memory; the others by one SLEEF call per 8 elements. Tails: masked loads and stores.
 */
#include <immintrin.h>
#include <sleef.h>

#include "../kernel_util.h"
#include "x86_convert.h"

typedef __m256 vf, vm;
typedef __m256i vu;
enum { V_LANES = 8 };

static inline __m256i lanes_below(size_t left) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)left), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vf v_set(float a) { return _mm256_set1_ps(a); }
static inline vf v_load(const float *p, size_t left) {
    return left >= V_LANES ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, lanes_below(left));
}
static inline void v_store(float *p, vf x, size_t left) {
    if (left >= V_LANES)
        _mm256_storeu_ps(p, x);
    else
        _mm256_maskstore_ps(p, lanes_below(left), x);
}
static inline vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
static inline vf v_abs(vf x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
static inline vf v_signed(vf x, vf s) { return _mm256_or_ps(x, _mm256_and_ps(s, _mm256_set1_ps(-0.0f))); }
static inline vm v_less(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
static inline vf v_select(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }
static inline vf v_exp(vf x) { return Sleef_finz_expf8_u10avx2(x); }
static inline vu v_zero_bits(void) { return _mm256_setzero_si256(); }
static inline vu v_max_bits(vu m, vf x) { return _mm256_max_epu32(m, _mm256_castps_si256(v_abs(x))); }
static inline uint32_t v_reduce_bits(vu m) {
    __m128i h = _mm_max_epu32(_mm256_castsi256_si128(m), _mm256_extracti128_si256(m, 1));
    h = _mm_max_epu32(h, _mm_unpackhi_epi64(h, h));
    return (uint32_t)_mm_cvtsi128_si32(_mm_max_epu32(h, _mm_srli_epi64(h, 32)));
}

#include "../activation.h"

float ffp8_epilogue_avx2(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                         const struct ffp8_finish *finish) {
    return epilogue_row(y, n, bias, residual, addend, finish);
}
