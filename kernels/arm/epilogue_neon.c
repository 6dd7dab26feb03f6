/* SPDX-License-Identifier: Apache-2.0
 *
 * epilogue_neon.c - the epilogue on 4 lanes: the words of activation.h in NEON
 *
 * NONE, RELU, CLIP are bound by memory; the others by one SLEEF call per 4 elements. Tails: lane by lane through a buffer.
 */
#include <sleef.h>

#include "arm_neon_kernels.h"
#include "neon_util.h"

typedef float32x4_t vf;
typedef uint32x4_t vm, vu;
enum { V_LANES = 4 };

static inline vf v_set(float a) { return vdupq_n_f32(a); }
static inline vf v_load(const float *p, size_t left) {
    float x[V_LANES] = {0};
    if (left >= V_LANES) return vld1q_f32(p);
    memcpy(x, p, left * sizeof *x);
    return vld1q_f32(x);
}
static inline void v_store(float *p, vf y, size_t left) {
    float x[V_LANES];
    if (left >= V_LANES) {
        vst1q_f32(p, y);
        return;
    }
    vst1q_f32(x, y);
    memcpy(p, x, left * sizeof *x);
}
static inline vf v_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
static inline vf v_abs(vf x) { return vabsq_f32(x); }
static inline vf v_signed(vf x, vf s) { return vbslq_f32(vdupq_n_u32(0x80000000u), s, x); }
static inline vm v_less(vf a, vf b) { return vcltq_f32(a, b); }
static inline vf v_select(vm m, vf a, vf b) { return vbslq_f32(m, a, b); }
static inline vf v_exp(vf x) { return Sleef_finz_expf4_u10advsimd(x); }
static inline vu v_zero_bits(void) { return vdupq_n_u32(0); }
static inline vu v_max_bits(vu m, vf x) { return vmaxq_u32(m, vreinterpretq_u32_f32(v_abs(x))); }
static inline uint32_t v_reduce_bits(vu m) { return vmaxvq_u32(m); }

#include "../activation.h"

float ffp8_epilogue_neon(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                         const struct ffp8_finish *finish) {
    return epilogue_row(y, n, bias, residual, addend, finish);
}

void ffp8_finish_codes_neon(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder) {
    ffp8_finish_in_two_passes(sums, finish, encoder, ffp8_epilogue_neon, ffp8_encode_neon);
}
