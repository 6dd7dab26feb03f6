/* SPDX-License-Identifier: Apache-2.0
 *
 * describe.h - formats in the messages of tests, and values compared with their zeros' signs
 */
#ifndef FFP8_TESTS_DESCRIBE_H
#define FFP8_TESTS_DESCRIBE_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "ffp8/ffp8.h"

static inline bool same_value(double a, double b) { return isnan(a) ? isnan(b) : a == b && !signbit(a) == !signbit(b); }

/* Valid until the next call. */
static inline const char *describe(const ffp8_format *f) {
    static char text[80];
    snprintf(text, sizeof text, "s%d x%d y%d specials %d flags %u bias %d", f->sign_bits, f->exponent_bits, f->fraction_bits, f->specials,
             (unsigned)f->flags, (int)f->bias);
    return text;
}

#endif
