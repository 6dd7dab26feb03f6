/* SPDX-License-Identifier: Apache-2.0
 *
 * progress.c - a progress bar on stderr
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void progress(const char *what, size_t done, size_t total) {
    enum { WIDTH = 40 };
    char bar[WIDTH + 1];
    size_t filled = total ? done * WIDTH / total : WIDTH;
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled);
    bar[WIDTH] = 0;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%-28s [%s] %3zu %%%s", what, bar, total ? done * 100 / total : 100, done == total ? "\n" : "");
    else if (done == total)
        fprintf(stderr, "%-28s [%s] 100 %%\n", what, bar);
}
