/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.h - a progress bar on stderr: redrawn in place on a terminal, one line when done elsewhere
 */
#ifndef FFP8_DEMO_PROGRESS_H
#define FFP8_DEMO_PROGRESS_H

#include <stddef.h>

void progress(const char *what, size_t done, size_t total);

#endif
