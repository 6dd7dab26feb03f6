/* SPDX-License-Identifier: Apache-2.0
 *
 * status.c - version and status texts
 */
#include "ffp8/ffp8.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

uint32_t ffp8_version_number(void) { return FFP8_VERSION_NUMBER; }

const char *ffp8_version_string(void) { return TEXT(FFP8_VERSION_MAJOR) "." TEXT(FFP8_VERSION_MINOR) "." TEXT(FFP8_VERSION_PATCH); }

const char *ffp8_status_string(ffp8_status status) {
    switch (status) {
    case FFP8_OK: return "FFP8_OK: success";
    case FFP8_ERROR_NULL: return "FFP8_ERROR_NULL: a required pointer is NULL, or not exactly one of two is set";
    case FFP8_ERROR_STRUCT_SIZE: return "FFP8_ERROR_STRUCT_SIZE: struct_size is not one that this library knows";
    case FFP8_ERROR_ENUM: return "FFP8_ERROR_ENUM: an enum member, flag or 0/1 field has no meaning";
    case FFP8_ERROR_FORMAT: return "FFP8_ERROR_FORMAT: not a legal 8-bit format, or one whose values FP32 cannot hold";
    case FFP8_ERROR_NAME: return "FFP8_ERROR_NAME: a name that does not parse";
    case FFP8_ERROR_SHAPE: return "FFP8_ERROR_SHAPE: sizes contradict each other, or one must not be zero";
    case FFP8_ERROR_STRIDE: return "FFP8_ERROR_STRIDE: a leading dimension is smaller than the row that it separates";
    case FFP8_ERROR_SCALE: return "FFP8_ERROR_SCALE: a scale or magnitude is not usable, or a block size is not";
    case FFP8_ERROR_OVERFLOW: return "FFP8_ERROR_OVERFLOW: a size does not fit size_t";
    case FFP8_ERROR_BUFFER: return "FFP8_ERROR_BUFFER: a buffer is smaller than its size query says";
    case FFP8_ERROR_ALIGNMENT: return "FFP8_ERROR_ALIGNMENT: packed weights are not aligned to FFP8_PACKED_ALIGNMENT bytes";
    case FFP8_ERROR_PACKED: return "FFP8_ERROR_PACKED: not packed weights of this layout version, or damaged ones";
    case FFP8_ERROR_MISMATCH: return "FFP8_ERROR_MISMATCH: packed weights of another shape or kind than the call says";
    case FFP8_ERROR_NAN: return "FFP8_ERROR_NAN: the input holds a NaN, which the format cannot";
    case FFP8_ERROR_UNSUPPORTED: return "FFP8_ERROR_UNSUPPORTED: no tier of this version serves the request";
    case FFP8_ERROR_ISA: return "FFP8_ERROR_ISA: the tier is unknown, not compiled in, or not usable on this CPU";
    }
    return "unknown ffp8_status";
}
