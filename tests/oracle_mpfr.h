/* SPDX-License-Identifier: Apache-2.0
 *
 * oracle_mpfr.h - what a format's codes mean and what encoding must give, from the definitions, in exact arithmetic
 *
 * Nothing here calls the library. Values come from the formula with ldexp; encoding rounds v / unit with MPFR's integer roundings and
 * then looks the rounded value up among the values.
 */
#ifndef FFP8_ORACLE_MPFR_H
#define FFP8_ORACLE_MPFR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffp8/ffp8.h"

/* The value of a code: NaN, Inf, or exact if within double's range (else Inf or 0, which no legal format has for a finite code). */
double oracle_value(const ffp8_format *format, unsigned code);
/* Whether the policy makes the code NaN or Inf. */
bool oracle_is_special(const ffp8_format *format, unsigned code);
/* Legal by definition: rules of the widths and policies, and each finite value exact in FP32. */
bool oracle_is_legal(const ffp8_format *format);

struct oracle {
    ffp8_format format;
    ffp8_encoding how;
    double value[256];
    bool special[256];
    unsigned count; /* distinct finite values, ascending */
    double sorted[256];
    uint8_t code[256];
};
void oracle_init(struct oracle *oracle, const ffp8_format *format, const ffp8_encoding *how);
/* The code of v; `random` are the 32 bits of stochastic rounding. */
uint8_t oracle_encode(const struct oracle *oracle, float v, uint32_t random);

/* v rounded to nearest even into BF16 or F16 bits, NaN to the positive quiet one. */
uint16_t oracle_narrow(double v, ffp8_dtype type);

/* Every legal parametric format but for its bias: the i-th, or false from the count on. */
bool oracle_format(size_t i, ffp8_format *format);

/* Places where encoding decides: all values, midpoints, quarter points, each with its FP32 neighbours, overflow thresholds, both signs,
 * zeros, denormals, Inf, NaN. Returns the number, at most ORACLE_POINTS. */
enum { ORACLE_POINTS = 256 * 2 * 9 + 64 };
size_t oracle_points(const struct oracle *oracle, float points[ORACLE_POINTS]);

#endif
