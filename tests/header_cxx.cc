/* SPDX-License-Identifier: Apache-2.0
 *
 * A public header is complete by itself, may be included twice, and is C++11 with C linkage.
 */
#include HEADER
#include HEADER
#include "ffp8/ffp8.h"

int main() { return ffp8_version_number() == FFP8_VERSION_NUMBER ? 0 : 1; }
