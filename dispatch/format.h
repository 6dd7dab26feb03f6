/* SPDX-License-Identifier: Apache-2.0
 *
 * format.h - where the special values of a format lie
 */
#ifndef FFP8_FORMAT_H
#define FFP8_FORMAT_H

#include "../kernels/kernels.h"

/* Codes, or -1 where the format has no such value. */
struct ffp8_landmarks {
    int zero, minus_zero;
    int smallest; /* of the smallest magnitude, zero or not */
    int max, min; /* largest and smallest (most negative) finite value */
    int nan, pos_inf, neg_inf;
    bool any_special;
    /* As in struct ffp8_lut. A codebook's special codes lie anywhere: it claims none. */
    uint16_t special_lo;
    bool special_minus_zero;
};

/* The format has passed ffp8_format_check. */
void ffp8_format_landmarks(const ffp8_format *format, struct ffp8_landmarks *landmarks);

/* The formula's next magnitude after the largest finite one. Not for codebooks. */
double ffp8_format_beyond(const ffp8_format *format);

/* Whether FP16 holds all values, Inf and NaN too, with the bias that FP16 has: x <= 5, where the top exponent of x = 5 is Inf and NaN. */
bool ffp8_format_is_part_of_half(const ffp8_format *format);

/* The bits that the finite values occupy. */
struct ffp8_span {
    bool empty;          /* no value but zero; the rest is zero */
    int lowest_bit;      /* exponent of the lowest bit set in any value */
    int lowest, highest; /* exponents of the smallest and largest nonzero magnitude */
    int significant;     /* the most significant bits that any value has */
    float max, min;      /* largest and smallest value; zero if all lie on the other side of it */
};
void ffp8_format_span(const ffp8_format *format, struct ffp8_span *span);

/* The distinct finite values, ascending, and their codes (+0 for zero; the smallest code of a value that several share); returns their
 * count. */
uint32_t ffp8_sort_values(const float value[256], float sorted[256], uint8_t code[256]);

#endif
