/* SPDX-License-Identifier: Apache-2.0
 *
 * neon_finish.h - from a tile's sums to C: the second half of struct ffp8_dot's formula, shared by dot, fused and direct kernels
 *
 * Sums pass through a small array: 8 stores and 8 loads a row, which a tile of usual depth does not notice, and one code for all column
 * tails.
 */
#ifndef FFP8_NEON_FINISH_H
#define FFP8_NEON_FINISH_H

#include "arm_neon_kernels.h"
#include "neon_util.h"

/* Column scales j..j+3. */
static ALWAYS_INLINE float32x4_t column_scales(const struct ffp8_dot_scale *s, size_t j) {
    if (!s->e8m0) return vld1q_f32((const float *)s->col + j);
    uint32_t codes;
    memcpy(&codes, (const uint8_t *)s->col + j, sizeof codes);
    const uint32x4_t code = vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(codes))));
    const uint32x4_t bits = vmaxq_u32(vshlq_n_u32(code, 23), vdupq_n_u32(0x00400000)); /* code 0 is denormal */
    return vreinterpretq_f32_u32(vbslq_u32(vceqq_u32(code, vdupq_n_u32(255)), vdupq_n_u32(0x7FC00000), bits));
}

static ALWAYS_INLINE void finish_row(const struct ffp8_dot *d, const struct ffp8_dot_scale *s, size_t r, const float sum[FFP8_NR]) {
    for (size_t j = 0; j < d->cols; j += 4) {
        const size_t n = ffp8_min_size(4, d->cols - j);
        float *c = d->c + r * d->ldc + j, part[4] = {0}, *at = n == 4 ? c : part;
        float32x4_t scale = column_scales(s, j), y = vld1q_f32(sum + j);
        if (s->row) scale = vmulq_n_f32(scale, s->row[r]);
        if (s->add && n < 4) memcpy(part, c, n * sizeof *c);
        vst1q_f32(at, s->add ? vfmaq_f32(vld1q_f32(at), y, scale) : vmulq_f32(y, scale));
        if (n < 4) memcpy(c, part, n * sizeof *c);
    }
}

/* A tile's sums: int32, or the bits of FP32. I16: int32 lanes that would overflow carry their upper halves on. */
struct sums {
    int32_t low[NEON_MR][FFP8_NR], high[NEON_MR][FFP8_NR];
    bool carried; /* high is in use */
};

/* Before segments of `words` words in all are summed. */
static ALWAYS_INLINE void sums_begin(struct sums *sums, const struct ffp8_dot *d, size_t words, const ffp8_class c) {
    sums->carried = c == FFP8_CLASS_I16 && words > d->carry_words;
    if (sums->carried) memset(sums->high, 0, d->rows * sizeof *sums->high);
}

static ALWAYS_INLINE int32x4_t carry(int32x4_t low, int32_t *high) {
    vst1q_s32(high, vsraq_n_s32(vld1q_s32(high), low, 16));
    return vandq_s32(low, vdupq_n_s32(0xFFFF));
}

/* Parts of a row's sums, going on or coming from another call. */
static ALWAYS_INLINE void pass_parts(const struct ffp8_dot *d, const struct sums *sums, size_t r, float rounded[FFP8_NR]) {
    for (size_t j = 0; j < d->cols; j++)
        rounded[j] = ffp8_dot_pass_part(d, r, j, sums->low[r][j] + (sums->carried ? sums->high[r][j] * INT64_C(65536) : 0));
}

/* Four exact sums, rounded to FP32 once: both halves are exact floats. */
static ALWAYS_INLINE float32x4_t rounded_4(struct sums *sums, size_t r, size_t j) {
    int32x4_t low = vld1q_s32(sums->low[r] + j);
    if (!sums->carried) return vcvtq_f32_s32(low);
    low = carry(low, sums->high[r] + j);
    return vfmaq_n_f32(vcvtq_f32_s32(low), vcvtq_f32_s32(vld1q_s32(sums->high[r] + j)), 65536);
}

/* The sums of segment i, or of all (i = 0). */
static ALWAYS_INLINE void sums_finish(const struct ffp8_dot *d, size_t i, struct sums *sums, const ffp8_class c) {
    const struct ffp8_dot_scale scale = ffp8_dot_scale_of(d, i);
    for (size_t r = 0; r < d->rows; r++) {
        float sum[FFP8_NR] = {0};
        if (c >= FFP8_CLASS_BF16) {
            memcpy(sum, sums->low[r], sizeof sum);
        } else if (d->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT)) {
            pass_parts(d, sums, r, sum);
            if (d->flags & FFP8_DOT_PART_OUT) continue;
        } else {
            for (size_t j = 0; j < d->cols; j += 4) vst1q_f32(sum + j, rounded_4(sums, r, j));
        }
        finish_row(d, &scale, r, sum);
    }
}

#endif
