/* SPDX-License-Identifier: Apache-2.0
 *
 * A public header is complete by itself, may be included twice, and is strict C11.
 */
#include HEADER
#include HEADER
#include "ffp8/ffp8.h"

int main(void) { return ffp8_version_number() == FFP8_VERSION_NUMBER ? 0 : 1; }
