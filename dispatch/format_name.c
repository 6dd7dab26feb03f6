/* SPDX-License-Identifier: Apache-2.0
 *
 * format_name.c - formats as text
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ffp8/ffp8.h"

struct preset {
    const char *name;
    ffp8_format format;
};

/* P3109: a signed format of precision p has 8 - p exponent bits, an unsigned one 9 - p; the bias is half the number of exponents. */
static const struct preset presets[] = {
    {"e4m3fn", {1, 4, 3, FFP8_SPECIALS_FN, 0, 7, NULL}},
    {"e5m2", {1, 5, 2, FFP8_SPECIALS_IEEE, 0, 15, NULL}},
    {"e4m3", {1, 4, 3, FFP8_SPECIALS_IEEE, 0, 7, NULL}},
    {"e3m4", {1, 3, 4, FFP8_SPECIALS_IEEE, 0, 3, NULL}},
    {"e3m4fn", {1, 3, 4, FFP8_SPECIALS_FN, 0, 3, NULL}},
    {"e4m3fnuz", {1, 4, 3, FFP8_SPECIALS_FNUZ, 0, 8, NULL}},
    {"e5m2fnuz", {1, 5, 2, FFP8_SPECIALS_FNUZ, 0, 16, NULL}},
    {"e4m3b11fnuz", {1, 4, 3, FFP8_SPECIALS_FNUZ, 0, 11, NULL}},
    {"e8m0", {0, 8, 0, FFP8_SPECIALS_FN, FFP8_NO_SUBNORMALS | FFP8_NO_ZERO, 127, NULL}},
    {"hfp8", {1, 4, 3, FFP8_SPECIALS_NONE, FFP8_NO_SUBNORMALS, 11, NULL}},
    {"binary8p1se", {1, 7, 0, FFP8_SPECIALS_P3109E, 0, 64, NULL}},
    {"binary8p1sf", {1, 7, 0, FFP8_SPECIALS_P3109F, 0, 64, NULL}},
    {"binary8p1ue", {0, 8, 0, FFP8_SPECIALS_P3109E, 0, 128, NULL}},
    {"binary8p1uf", {0, 8, 0, FFP8_SPECIALS_P3109F, 0, 128, NULL}},
    {"binary8p2se", {1, 6, 1, FFP8_SPECIALS_P3109E, 0, 32, NULL}},
    {"binary8p2sf", {1, 6, 1, FFP8_SPECIALS_P3109F, 0, 32, NULL}},
    {"binary8p2ue", {0, 7, 1, FFP8_SPECIALS_P3109E, 0, 64, NULL}},
    {"binary8p2uf", {0, 7, 1, FFP8_SPECIALS_P3109F, 0, 64, NULL}},
    {"binary8p3se", {1, 5, 2, FFP8_SPECIALS_P3109E, 0, 16, NULL}},
    {"binary8p3sf", {1, 5, 2, FFP8_SPECIALS_P3109F, 0, 16, NULL}},
    {"binary8p3ue", {0, 6, 2, FFP8_SPECIALS_P3109E, 0, 32, NULL}},
    {"binary8p3uf", {0, 6, 2, FFP8_SPECIALS_P3109F, 0, 32, NULL}},
    {"binary8p4se", {1, 4, 3, FFP8_SPECIALS_P3109E, 0, 8, NULL}},
    {"binary8p4sf", {1, 4, 3, FFP8_SPECIALS_P3109F, 0, 8, NULL}},
    {"binary8p4ue", {0, 5, 3, FFP8_SPECIALS_P3109E, 0, 16, NULL}},
    {"binary8p4uf", {0, 5, 3, FFP8_SPECIALS_P3109F, 0, 16, NULL}},
    {"binary8p5se", {1, 3, 4, FFP8_SPECIALS_P3109E, 0, 4, NULL}},
    {"binary8p5sf", {1, 3, 4, FFP8_SPECIALS_P3109F, 0, 4, NULL}},
    {"binary8p5ue", {0, 4, 4, FFP8_SPECIALS_P3109E, 0, 8, NULL}},
    {"binary8p5uf", {0, 4, 4, FFP8_SPECIALS_P3109F, 0, 8, NULL}},
    {"binary8p6se", {1, 2, 5, FFP8_SPECIALS_P3109E, 0, 2, NULL}},
    {"binary8p6sf", {1, 2, 5, FFP8_SPECIALS_P3109F, 0, 2, NULL}},
    {"binary8p6ue", {0, 3, 5, FFP8_SPECIALS_P3109E, 0, 4, NULL}},
    {"binary8p6uf", {0, 3, 5, FFP8_SPECIALS_P3109F, 0, 4, NULL}},
    {"binary8p7se", {1, 1, 6, FFP8_SPECIALS_P3109E, 0, 1, NULL}},
    {"binary8p7sf", {1, 1, 6, FFP8_SPECIALS_P3109F, 0, 1, NULL}},
    {"binary8p7ue", {0, 2, 6, FFP8_SPECIALS_P3109E, 0, 2, NULL}},
    {"binary8p7uf", {0, 2, 6, FFP8_SPECIALS_P3109F, 0, 2, NULL}},
    {"binary8p8ue", {0, 1, 7, FFP8_SPECIALS_P3109E, 0, 1, NULL}},
    {"binary8p8uf", {0, 1, 7, FFP8_SPECIALS_P3109F, 0, 1, NULL}},
    {"int8", {1, 1, 6, FFP8_SPECIALS_NONE, 0, -5, NULL}},
    {"uint8", {0, 1, 7, FFP8_SPECIALS_NONE, 0, -6, NULL}},
};
enum { PRESET_COUNT = sizeof presets / sizeof *presets };

/* Suffixes of the general form, in the order in which they are written. A policy is named by its enum value. */
static const char *const policy_suffix[] = {"", ":fn", ":ieee", ":fnuz", ":p3109f", ":p3109e"};
enum { POLICY_COUNT = sizeof policy_suffix / sizeof *policy_suffix };
static const struct {
    const char *text;
    uint32_t flag;
} flag_suffix[] = {{":nosub", FFP8_NO_SUBNORMALS}, {":nozero", FFP8_NO_ZERO}};
enum { FLAG_COUNT = sizeof flag_suffix / sizeof *flag_suffix };

const char *ffp8_format_preset(size_t i) { return i < PRESET_COUNT ? presets[i].name : NULL; }

/* The parsers take what they accept from the front of *text. */
static bool take(const char **text, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*text, word, length) != 0) return false;
    *text += length;
    return true;
}

static bool take_digit(const char **text, const char *letter, uint8_t *value) {
    if (!take(text, letter) || **text < '0' || **text > '9') return false;
    *value = (uint8_t)(*(*text)++ - '0');
    return true;
}

static bool take_int32(const char **text, int32_t *value) {
    bool negative = take(text, "-");
    int64_t sum = 0;
    if (**text < '0' || **text > '9') return false;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        sum = 10 * sum + (**text - '0');
        if (sum > (int64_t)INT32_MAX + negative) return false;
    }
    *value = (int32_t)(negative ? -sum : sum);
    return true;
}

/* A suffix ends where the text ends or the next one begins. */
static bool take_suffix(const char **text, const char *suffix) {
    const char *rest = *text;
    if (!take(&rest, suffix) || (*rest != ':' && *rest != '\0')) return false;
    *text = rest;
    return true;
}

static bool take_any_suffix(const char **text, ffp8_format *format) {
    for (int policy = 1; policy < POLICY_COUNT; policy++)
        if (format->specials == FFP8_SPECIALS_NONE && take_suffix(text, policy_suffix[policy])) {
            format->specials = (uint8_t)policy;
            return true;
        }
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (!(format->flags & flag_suffix[i].flag) && take_suffix(text, flag_suffix[i].text)) {
            format->flags |= flag_suffix[i].flag;
            return true;
        }
    return false;
}

static bool parse_general(const char *text, ffp8_format *format) {
    *format = (ffp8_format){0};
    if (!take(&text, "ffp8:") || !take_digit(&text, "s", &format->sign_bits) || !take_digit(&text, "x", &format->exponent_bits) ||
        !take_digit(&text, "y", &format->fraction_bits) || !take(&text, "b") || !take_int32(&text, &format->bias))
        return false;
    while (*text)
        if (!take_any_suffix(&text, format)) return false;
    return true;
}

ffp8_status ffp8_format_from_name(const char *name, ffp8_format *format) {
    if (!name || !format) return FFP8_ERROR_NULL;
    for (size_t i = 0; i < PRESET_COUNT; i++)
        if (strcmp(name, presets[i].name) == 0) {
            *format = presets[i].format;
            return FFP8_OK;
        }
    ffp8_format parsed;
    if (!parse_general(name, &parsed)) return FFP8_ERROR_NAME;
    ffp8_status status = ffp8_format_check(&parsed);
    if (status == FFP8_OK) *format = parsed;
    return status;
}

static bool is_same(const ffp8_format *a, const ffp8_format *b) {
    return a->sign_bits == b->sign_bits && a->exponent_bits == b->exponent_bits && a->fraction_bits == b->fraction_bits &&
           a->specials == b->specials && a->flags == b->flags && a->bias == b->bias;
}

ffp8_status ffp8_format_name(const ffp8_format *format, char *name, size_t bytes) {
    ffp8_status status = ffp8_format_check(format);
    if (status != FFP8_OK) return status;
    if (!name) return FFP8_ERROR_NULL;
    if (format->codebook) return FFP8_ERROR_UNSUPPORTED;

    char text[FFP8_FORMAT_NAME_BYTES];
    snprintf(text, sizeof text, "ffp8:s%dx%dy%db%d%s%s%s", format->sign_bits, format->exponent_bits, format->fraction_bits,
             (int)format->bias, policy_suffix[format->specials], format->flags & flag_suffix[0].flag ? flag_suffix[0].text : "",
             format->flags & flag_suffix[1].flag ? flag_suffix[1].text : "");
    const char *result = text;
    for (size_t i = 0; i < PRESET_COUNT; i++)
        if (is_same(format, &presets[i].format)) result = presets[i].name;
    size_t length = strlen(result) + 1;
    if (length > bytes) return FFP8_ERROR_BUFFER;
    memcpy(name, result, length);
    return FFP8_OK;
}
