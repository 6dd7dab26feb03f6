/* SPDX-License-Identifier: Apache-2.0
 *
 * select.h - which kernel table a call uses
 */
#ifndef FFP8_SELECT_H
#define FFP8_SELECT_H

#include "../kernels/kernels.h"

/* The table of the active tier. Entry points load it once per call and hand it down, so that tests can drive any table. */
const struct ffp8_kernels *ffp8_kernels_active(void);

/* The compiled-in tables from worst (generic) to best; NULL from the count on. */
const struct ffp8_kernels *ffp8_kernels_list(size_t i);
/* The compiled-in table of a tier, usable or not; NULL if there is none. */
const struct ffp8_kernels *ffp8_kernels_of(ffp8_isa isa);
/* Whether this CPU can run a table. */
bool ffp8_kernels_usable(const struct ffp8_kernels *kernels);

#endif
