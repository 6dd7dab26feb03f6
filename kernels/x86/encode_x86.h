/* SPDX-License-Identifier: Apache-2.0
 *
 * encode_x86.h - what encode_avx2.c and encode_avx512.c share: which loop a format, a rounding and an epilogue take
 *
 * The including file defines encode_run(), the loop, of which encode() and finish_codes() make an instance for each way.
 */
#ifndef FFP8_ENCODE_X86_H
#define FFP8_ENCODE_X86_H

#include "../kernel_util.h"
#include "../kernels.h"

#define INLINE static inline __attribute__((always_inline))

enum path { BY_ADDITION, BY_SHIFTS };
enum signs { SIGNED, UNSIGNED, NOT_NEGATIVE /* signs of zeros and NaNs mean nothing */ };

/* What one instance of the loop is made for. SIMPLE: no code but the formula's is wanted for overflow, zeros and negative values. */
struct way {
    ffp8_rounding rounding;
    enum path path;
    enum signs sign;
    bool simple;
};

/* What is encoded: y itself, or what the epilogue makes of it. NULL: none. */
struct source {
    const float *y, *bias, *residual, *addend;
    ffp8_activation activation; /* NONE, RELU or CLIP */
    float clip_min, clip_max;
};

INLINE void encode_run(const struct source *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index, struct way way);

/* Additions need sums that are finite, for all finite values of the format, codes that are even where significands are, and that bytes
 * overflow where codes do. */
INLINE bool additions_serve(const struct ffp8_encoder *e) {
    const int rows = (int)(e->max_code >> e->fraction_bits), shift = 23 - (int)e->fraction_bits;
    return e->fraction_bits > 0 && e->fraction_bits < 8 && e->lowest_exponent + rows + shift <= 127;
}

INLINE bool is_simple(const struct ffp8_encoder *e, enum signs sign) {
    const uint32_t minus = sign == SIGNED ? 0x80 : 0, largest = sign == SIGNED ? e->max_code | minus : 0;
    const bool positive = e->overflow[0] == e->max_code && e->zero[0] == 0;
    if (sign == NOT_NEGATIVE) return positive;
    return positive && e->zero[1] == minus && e->overflow[1] == largest && (sign == SIGNED || e->negative == 0);
}

INLINE void encode_signs(const struct source *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index,
                         ffp8_rounding rounding, enum path path, enum signs sign) {
    if (path == BY_ADDITION && is_simple(e, sign))
        encode_run(src, dst, n, e, index, (struct way){rounding, path, sign, true});
    else
        encode_run(src, dst, n, e, index, (struct way){rounding, path, sign, false});
}

INLINE void encode_rounding(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index, ffp8_rounding rounding,
                            enum path path) {
    const struct source plain = {.y = src, .activation = FFP8_ACTIVATION_NONE};
    if (e->sign_bits)
        encode_signs(&plain, dst, n, e, index, rounding, path, SIGNED);
    else
        encode_signs(&plain, dst, n, e, index, rounding, path, UNSIGNED);
}

INLINE void encode(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    switch (e->rounding) {
    case FFP8_ROUND_NEAREST_EVEN:
        if (additions_serve(e))
            encode_rounding(src, dst, n, e, index, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION);
        else
            encode_rounding(src, dst, n, e, index, FFP8_ROUND_NEAREST_EVEN, BY_SHIFTS);
        break;
    case FFP8_ROUND_NEAREST_AWAY: encode_rounding(src, dst, n, e, index, FFP8_ROUND_NEAREST_AWAY, BY_SHIFTS); break;
    case FFP8_ROUND_TOWARD_ZERO: encode_rounding(src, dst, n, e, index, FFP8_ROUND_TOWARD_ZERO, BY_SHIFTS); break;
    case FFP8_ROUND_STOCHASTIC:
        /* A key serves as many elements as have the same upper half of the index. */
        while (n) {
            size_t run = ffp8_min_size(n, 0x100000000u - (uint32_t)index);
            encode_rounding(src, dst, run, e, index, FFP8_ROUND_STOCHASTIC, BY_SHIFTS);
            src += run, dst += run, n -= run, index += run;
        }
        break;
    }
}

/* One pass serves where the epilogue is a few instructions and rounding is by addition. */
INLINE bool one_pass_serves(const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    return e->rounding == FFP8_ROUND_NEAREST_EVEN && additions_serve(e) && finish->activation <= FFP8_ACTIVATION_CLIP;
}

INLINE void finish_run(struct source src, uint8_t *dst, size_t n, const struct ffp8_encoder *e, ffp8_activation activation) {
    src.activation = activation;
    if (activation == FFP8_ACTIVATION_RELU)
        encode_signs(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, NOT_NEGATIVE);
    else if (e->sign_bits)
        encode_signs(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, SIGNED);
    else
        encode_signs(&src, dst, n, e, 0, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, UNSIGNED);
}

INLINE void finish_codes(const float *y, uint8_t *dst, size_t n, const float *bias, const float *residual, const float *addend,
                         const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    const struct source src = {y, bias, residual, addend, FFP8_ACTIVATION_NONE, finish->clip_min, finish->clip_max};
    switch (finish->activation) {
    case FFP8_ACTIVATION_RELU: finish_run(src, dst, n, e, FFP8_ACTIVATION_RELU); break;
    case FFP8_ACTIVATION_CLIP: finish_run(src, dst, n, e, FFP8_ACTIVATION_CLIP); break;
    default: finish_run(src, dst, n, e, FFP8_ACTIVATION_NONE); break;
    }
}

#endif
