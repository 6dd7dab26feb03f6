/* SPDX-License-Identifier: Apache-2.0
 *
 * explain.h - how the ..._explain functions write their sentence
 */
#ifndef FFP8_EXPLAIN_H
#define FFP8_EXPLAIN_H

#include <stdarg.h>
#include <stdio.h>

#include "ffp8/ffp8.h"

/* Formats into text[bytes], or leaves it alone: FFP8_ERROR_BUFFER when the sentence and its terminating zero do not fit. */
__attribute__((format(printf, 3, 4))) static inline ffp8_status ffp8_explain(char *text, size_t bytes, const char *format, ...) {
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof sentence || (size_t)length >= bytes) return FFP8_ERROR_BUFFER;
    for (int i = 0; i <= length; i++) text[i] = sentence[i];
    return FFP8_OK;
}

#endif
