/* SPDX-License-Identifier: Apache-2.0
 *
 * encoder.c - from a format and the wanted rounding to the constants of the encode kernels
 */
#include "format.h"
#include "lut.h"

/* From 128 on the lowest row of codes lies among FP32's denormals. */
enum { HIGHEST_BIAS = 127 };

/* The first of several codes that the format has. */
static uint8_t first_code(int a, int b, int c) { return (uint8_t)(a >= 0 ? a : b >= 0 ? b : c); }

static void set_table(struct ffp8_encoder *encoder, const ffp8_format *format) {
    float value[256];
    ffp8_format_values(format, value);
    encoder->count = ffp8_sort_values(value, encoder->value, encoder->code);
    if (format->codebook) {
        double first = encoder->value[0], last = encoder->value[encoder->count - 1];
        uint32_t inner = encoder->count > 1;
        encoder->beyond[0] = last + (last - encoder->value[encoder->count - 1 - inner]);
        encoder->beyond[1] = first - (encoder->value[inner] - first);
    } else {
        encoder->beyond[0] = ffp8_format_beyond(format);
        encoder->beyond[1] = -encoder->beyond[0];
    }
}

void ffp8_encoder_init(struct ffp8_encoder *encoder, const ffp8_format *format, float scale, const ffp8_encoding *encoding) {
    ffp8_encoding how = encoding ? *encoding : (ffp8_encoding){0};
    bool special = how.overflow == FFP8_OVERFLOW_SPECIAL;
    struct ffp8_landmarks mark;
    ffp8_format_landmarks(format, &mark);
    bool negative_values = format->codebook ? format->codebook[mark.min] < 0 : format->sign_bits != 0;
    int any_zero = mark.zero >= 0 ? mark.zero : mark.minus_zero;

    encoder->scale = scale;
    encoder->sign_bits = negative_values;
    encoder->fraction_bits = format->fraction_bits;
    encoder->lowest_exponent = 1 - format->bias;
    encoder->max_code = (uint32_t)mark.max;
    encoder->rounding = how.rounding;
    encoder->seed = how.seed;

    encoder->zero[0] = first_code(any_zero, -1, mark.smallest);
    encoder->zero[1] = first_code(mark.minus_zero, any_zero, mark.smallest);
    encoder->nan = first_code(mark.nan, how.nan == FFP8_NAN_MAX ? mark.max : -1, mark.smallest);
    encoder->negative = first_code(special ? mark.nan : -1, -1, mark.smallest);
    encoder->infinity[0] = special ? first_code(mark.pos_inf, mark.nan, mark.max) : (uint8_t)mark.max;
    encoder->infinity[1] = special ? first_code(mark.neg_inf, mark.nan, mark.min) : (uint8_t)mark.min;
    if (!negative_values) encoder->infinity[1] = encoder->negative;
    /* Toward zero a finite value never passes the largest one. */
    bool stays_finite = how.rounding == FFP8_ROUND_TOWARD_ZERO;
    encoder->overflow[0] = stays_finite ? (uint8_t)mark.max : encoder->infinity[0];
    encoder->overflow[1] = stays_finite && negative_values ? (uint8_t)mark.min : encoder->infinity[1];

    encoder->by_table = format->codebook || format->flags & FFP8_NO_SUBNORMALS || format->bias > HIGHEST_BIAS;
    encoder->count = 0;
    if (encoder->by_table) set_table(encoder, format);
}
