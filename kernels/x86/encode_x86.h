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

/* What is encoded, and where to: y itself, or what the epilogue makes of it. Members as in struct ffp8_sums. */
struct source {
    const float *y;
    uint8_t *dst;
    size_t rows, n, ld_y, ld_dst;
    const float *bias, *residual, *addend;
    uint64_t index;
    ffp8_activation activation; /* NONE, RELU or CLIP */
    float clip_min, clip_max;
};

INLINE void encode_run(const struct source *src, const struct ffp8_encoder *e, struct way way);

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

INLINE void encode_signs(const struct source *src, const struct ffp8_encoder *e, ffp8_rounding rounding, enum path path, enum signs sign) {
    if (path == BY_ADDITION && is_simple(e, sign))
        encode_run(src, e, (struct way){rounding, path, sign, true});
    else
        encode_run(src, e, (struct way){rounding, path, sign, false});
}

INLINE void encode_rounding(const struct source *src, const struct ffp8_encoder *e, ffp8_rounding rounding, enum path path) {
    if (e->sign_bits)
        encode_signs(src, e, rounding, path, SIGNED);
    else
        encode_signs(src, e, rounding, path, UNSIGNED);
}

INLINE void encode(const float *y, uint8_t *dst, size_t n, const struct ffp8_encoder *e, uint64_t index) {
    struct source src = {.y = y, .dst = dst, .rows = 1, .n = n, .index = index, .activation = FFP8_ACTIVATION_NONE};
    switch (e->rounding) {
    case FFP8_ROUND_NEAREST_EVEN:
        if (additions_serve(e))
            encode_rounding(&src, e, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION);
        else
            encode_rounding(&src, e, FFP8_ROUND_NEAREST_EVEN, BY_SHIFTS);
        break;
    case FFP8_ROUND_NEAREST_AWAY: encode_rounding(&src, e, FFP8_ROUND_NEAREST_AWAY, BY_SHIFTS); break;
    case FFP8_ROUND_TOWARD_ZERO: encode_rounding(&src, e, FFP8_ROUND_TOWARD_ZERO, BY_SHIFTS); break;
    case FFP8_ROUND_STOCHASTIC:
        /* A key serves as many elements as have the same upper half of the index. */
        for (; n; n -= src.n, src.y += src.n, src.dst += src.n, src.index += src.n) {
            src.n = ffp8_min_size(n, 0x100000000u - (uint32_t)src.index);
            encode_rounding(&src, e, FFP8_ROUND_STOCHASTIC, BY_SHIFTS);
        }
        break;
    }
}

/* One pass serves where the epilogue is a few instructions and rounding is by addition. */
INLINE bool one_pass_serves(const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    return e->rounding == FFP8_ROUND_NEAREST_EVEN && additions_serve(e) && finish->activation <= FFP8_ACTIVATION_CLIP;
}

INLINE void finish_terms(struct source src, const struct ffp8_encoder *e) {
    if (src.activation == FFP8_ACTIVATION_RELU)
        encode_signs(&src, e, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION, NOT_NEGATIVE);
    else
        encode_rounding(&src, e, FFP8_ROUND_NEAREST_EVEN, BY_ADDITION);
}

/* What is added most often, bias or nothing, has loops of its own, which need not ask: that took a fifth of their instructions. */
INLINE void finish_run(struct source src, const struct ffp8_encoder *e, ffp8_activation activation) {
    src.activation = activation;
    if (src.residual || src.addend || activation == FFP8_ACTIVATION_CLIP) {
        finish_terms(src, e);
        return;
    }
    src.residual = src.addend = NULL; /* says it to the compiler */
    if (src.bias)
        finish_terms(src, e);
    else
        finish_terms(src, e);
}

INLINE void finish_codes(const struct ffp8_sums *s, const struct ffp8_finish *finish, const struct ffp8_encoder *e) {
    const struct source src = {s->y,
                               s->dst,
                               s->rows,
                               s->n,
                               s->ld_y,
                               s->ld_dst,
                               s->bias,
                               s->residual,
                               s->addend,
                               s->index,
                               FFP8_ACTIVATION_NONE,
                               finish->clip_min,
                               finish->clip_max};
    switch (finish->activation) {
    case FFP8_ACTIVATION_RELU: finish_run(src, e, FFP8_ACTIVATION_RELU); break;
    case FFP8_ACTIVATION_CLIP: finish_run(src, e, FFP8_ACTIVATION_CLIP); break;
    default: finish_run(src, e, FFP8_ACTIVATION_NONE); break;
    }
}

#endif
