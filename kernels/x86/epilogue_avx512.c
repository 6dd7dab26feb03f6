/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue_avx512.c - the epilogue on 16 lanes: the words of activation.h in AVX-512
 *
 * NONE, RELU, CLIP are bound by memory; the others by one SLEEF call per 16 elements. Tails: masked loads and stores.
 */
#include <immintrin.h>
#include <sleef.h>

#include "../kernel_util.h"
#include "x86_convert.h"

typedef __m512 vf;
typedef __mmask16 vm;
typedef __m512i vu;
enum { V_LANES = 16 };

static inline __mmask16 first(size_t left) { return (__mmask16)(0xFFFFu >> (V_LANES - left)); }

static inline vf v_set(float a) { return _mm512_set1_ps(a); }
static inline vf v_load(const float *p, size_t left) {
    return left >= V_LANES ? _mm512_loadu_ps(p) : _mm512_maskz_loadu_ps(first(left), p);
}
static inline void v_store(float *p, vf x, size_t left) {
    if (left >= V_LANES)
        _mm512_storeu_ps(p, x);
    else
        _mm512_mask_storeu_ps(p, first(left), x);
}
static inline vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
static inline vf v_abs(vf x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x); }
static inline vf v_signed(vf x, vf s) { return _mm512_or_ps(x, _mm512_and_ps(s, _mm512_set1_ps(-0.0f))); }
static inline vm v_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline vf v_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
static inline vf v_exp(vf x) { return Sleef_finz_expf16_u10avx512f(x); }
static inline vu v_zero_bits(void) { return _mm512_setzero_si512(); }
static inline vu v_max_bits(vu m, vf x) { return _mm512_max_epu32(m, _mm512_castps_si512(v_abs(x))); }
static inline uint32_t v_reduce_bits(vu m) { return _mm512_reduce_max_epu32(m); }

#include "../activation.h"

float ffp8_epilogue_avx512(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                           const struct ffp8_finish *finish) {
    return epilogue_row(y, n, bias, residual, addend, finish);
}
