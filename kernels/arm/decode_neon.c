/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_neon.c - arrays of codes to elements, 16 at a time, as neon_decode.h says; of 16-bit tables only mirrored ones by TBL
 *
 * Bound: decode8 and decode16 mirrored: 4 TBLs; nibble: 11 instructions; decode32: 4 conversions, which give 4 elements each. Without a
 * short cut: loads and stores. Tails: the last 1..15 codes by the table.
 */
#include "arm_neon_kernels.h"
#include "neon_decode.h"

void ffp8_decode8_neon(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) vst1q_u8(dst + i, look_up(lut->plane[0], vld1q_u8(src + i), 256));
    for (; i < n; i++) dst[i] = lut->plane[0][src[i]];
}

static size_t decode_nibble_blocks(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    const struct decoder d = decoder_of(lut);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        int16x8x2_t y = decode_nibbles(vld1q_u8(src + i), &d);
        vst1q_u16(dst + i, vreinterpretq_u16_s16(y.val[0]));
        vst1q_u16(dst + i + 8, vreinterpretq_u16_s16(y.val[1]));
    }
    return i;
}

static size_t decode_mirrored_blocks(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        uint8x16x2_t y = decode_by_planes(vld1q_u8(src + i), lut, BY_MIRRORED_TABLE);
        vst1q_u16(dst + i, vreinterpretq_u16_u8(y.val[0]));
        vst1q_u16(dst + i + 8, vreinterpretq_u16_u8(y.val[1]));
    }
    return i;
}

void ffp8_decode16_neon(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    if (lut->kind == FFP8_LUT_NIBBLE)
        i = decode_nibble_blocks(src, dst, n, lut);
    else if (lut->mirrored)
        i = decode_mirrored_blocks(src, dst, n, lut);
    for (; i < n; i++) dst[i] = (uint16_t)lut->element[src[i]];
}

void ffp8_decode_pairs_neon(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    enum { CHUNK = 256 };
    uint16_t element[2][CHUNK] = {{0}, {0}};
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t count = ffp8_min_size(CHUNK, n - i);
        size_t j = 0;
        if (low) ffp8_decode16_neon(low + i, element[0], count, lut);
        if (high) ffp8_decode16_neon(high + i, element[1], count, lut);
        for (; j + 8 <= count; j += 8) {
            uint16x8x2_t words = {{vld1q_u16(element[0] + j), vld1q_u16(element[1] + j)}};
            vst2q_u16((uint16_t *)(dst + i + j), words);
        }
        for (; j < count; j++) dst[i + j] = element[0][j] | (uint32_t)element[1][j] << 16;
    }
}

static ALWAYS_INLINE size_t decode_half_blocks(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut,
                                               const enum decoding how) {
    const struct decoder d = decoder_of(lut);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        uint8x16_t c = vld1q_u8(src + i), zero = vdupq_n_u8(0);
        if (how == BY_HALF_WITH_SPECIALS && any_special(c, &d)) {
            for (size_t j = i; j < i + 16; j++) dst[j] = lut->element[src[j]];
            continue;
        }
        float32x4x2_t lo = decode_halves(vreinterpretq_s16_u8(vzip1q_u8(zero, c)), &d);
        float32x4x2_t hi = decode_halves(vreinterpretq_s16_u8(vzip2q_u8(zero, c)), &d);
        vst1q_u32(dst + i, vreinterpretq_u32_f32(lo.val[0]));
        vst1q_u32(dst + i + 4, vreinterpretq_u32_f32(lo.val[1]));
        vst1q_u32(dst + i + 8, vreinterpretq_u32_f32(hi.val[0]));
        vst1q_u32(dst + i + 12, vreinterpretq_u32_f32(hi.val[1]));
    }
    return i;
}

void ffp8_decode32_neon(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    size_t i = 0;
    switch (decoding_of(lut, FFP8_CLASS_F32)) {
    case BY_HALF: i = decode_half_blocks(src, dst, n, lut, BY_HALF); break;
    case BY_HALF_WITH_SPECIALS: i = decode_half_blocks(src, dst, n, lut, BY_HALF_WITH_SPECIALS); break;
    default: break;
    }
    for (; i < n; i++) dst[i] = lut->element[src[i]];
}
