/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8_info.c - the command ffp8-info: what the library sees of this machine and which kernels it takes; or, given a format's name, the format
 */
#include <argtable2.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "dispatch/cpu.h"

/* The lowest table that has the same kernel, if that is not the table itself. Unlike check_inherited it does not matter whether it can run here. */
static const struct ffp8_kernels *origin(const struct ffp8_kernels *kernels, const struct check_slot *slot) {
    const char *pointer = (const char *)kernels + slot->offset;
    for (size_t i = 0; ffp8_kernels_list(i) && ffp8_kernels_list(i) != kernels; i++)
        if (!memcmp((const char *)ffp8_kernels_list(i) + slot->offset, pointer, sizeof(void (*)(void)))) return ffp8_kernels_list(i);
    return NULL;
}

/* ---------------------------------------------------------------------------------------------------------------
 * The machine
 */
static cJSON *tier_object(ffp8_isa isa) {
    const struct ffp8_kernels *k = ffp8_kernels_of(isa);
    cJSON *tier = cJSON_CreateObject();
    char why[256];
    if (ffp8_isa_explain(isa, why, sizeof why) != FFP8_OK) snprintf(why, sizeof why, "not usable");
    cJSON_AddStringToObject(tier, "isa", ffp8_isa_name(isa));
    cJSON_AddBoolToObject(tier, "compiled", k != NULL);
    cJSON_AddBoolToObject(tier, "usable", ffp8_isa_supported(isa));
    cJSON_AddStringToObject(tier, "why", why);
    if (!k) return tier;
    cJSON *classes = cJSON_AddObjectToObject(tier, "classes");
    for (int c = 0; c < FFP8_CLASS_COUNT; c++) {
        cJSON *entry = cJSON_AddObjectToObject(classes, ffp8_class_name(c));
        cJSON_AddStringToObject(entry, "runs_as", ffp8_class_name(k->runs_as[c]));
        cJSON_AddNumberToObject(entry, "rows", k->mr[k->runs_as[c]]);
    }
    cJSON_AddNumberToObject(tier, "fused_rows", k->fused_rows);
    cJSON_AddNumberToObject(tier, "direct_rows", k->direct_rows);
    cJSON_AddNumberToObject(tier, "kc_bytes", k->kc_bytes);
    cJSON_AddNumberToObject(tier, "nc_columns", k->nc_columns);
    cJSON_AddNumberToObject(tier, "mc_rows", k->mc_rows);
    cJSON *inherited = cJSON_AddObjectToObject(tier, "inherited");
    for (size_t s = 0; s < check_slot_count(); s++) {
        const struct check_slot *slot = check_slot_at(s);
        const struct ffp8_kernels *from = slot->offset == SIZE_MAX ? NULL : origin(k, slot);
        if (from) cJSON_AddStringToObject(inherited, slot->name, from->name);
    }
    return tier;
}

static cJSON *machine_object(void) {
    cJSON *root = cJSON_CreateObject();
    char text[256];
    const char *wish = getenv("FFP8_ISA");
    cJSON_AddStringToObject(root, "version", ffp8_version_string());
    ffp8_cpu_name(text, sizeof text);
    cJSON_AddStringToObject(root, "cpu", text);
    cJSON *features = cJSON_AddArrayToObject(root, "features");
    const uint64_t present = ffp8_cpu_features();
    for (int bit = 0; bit < 64; bit++) {
        const char *name = present >> bit & 1 ? ffp8_cpu_feature_name(1ull << bit) : NULL;
        if (name) cJSON_AddItemToArray(features, cJSON_CreateString(name));
    }
    const ffp8_status status = ffp8_init();
    if (wish)
        cJSON_AddStringToObject(root, "FFP8_ISA", wish);
    else
        cJSON_AddNullToObject(root, "FFP8_ISA");
    cJSON_AddBoolToObject(root, "FFP8_ISA_known", status == FFP8_OK);
    cJSON_AddStringToObject(root, "active", ffp8_isa_name(ffp8_active_isa()));
    cJSON *tiers = cJSON_AddArrayToObject(root, "tiers");
    ffp8_isa isa;
    for (size_t i = 0; i < ffp8_isa_list(0, NULL); i++) {
        ffp8_isa_list(i, &isa);
        cJSON_AddItemToArray(tiers, tier_object(isa));
    }
    return root;
}

static const char *string_of(const cJSON *object, const char *name) { return cJSON_GetStringValue(cJSON_GetObjectItem(object, name)); }
static int number_of(const cJSON *object, const char *name) { return cJSON_GetObjectItem(object, name)->valueint; }

static void print_tier(const cJSON *tier) {
    const cJSON *item;
    printf("  %-12s %s\n", string_of(tier, "isa"), string_of(tier, "why"));
    if (!cJSON_IsTrue(cJSON_GetObjectItem(tier, "compiled"))) return;
    printf("    tile rows:");
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(tier, "classes")) {
        printf(" %s %d", item->string, number_of(item, "rows"));
        if (strcmp(item->string, string_of(item, "runs_as"))) printf(" (as %s)", string_of(item, "runs_as"));
    }
    printf("; fused %d, direct %d\n    blocks: k %d bytes a column, n %d columns, m %d rows\n", number_of(tier, "fused_rows"),
           number_of(tier, "direct_rows"), number_of(tier, "kc_bytes"), number_of(tier, "nc_columns"), number_of(tier, "mc_rows"));
    /* Grouped by where they come from. */
    for (size_t i = 0; ffp8_kernels_list(i); i++) {
        const char *from = ffp8_kernels_list(i)->name;
        bool any = false;
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(tier, "inherited")) {
            if (strcmp(item->valuestring, from)) continue;
            printf(any ? " %s" : "    from %s: %s", any ? item->string : from, item->string);
            any = true;
        }
        if (any) printf("\n");
    }
}

static void print_machine(const cJSON *root) {
    const cJSON *item, *wish = cJSON_GetObjectItem(root, "FFP8_ISA");
    printf("ffp8 %s\nCPU: %s\nfeatures:", string_of(root, "version"), string_of(root, "cpu"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "features")) printf(" %s", item->valuestring);
    printf("\nFFP8_ISA: %s%s\nactive tier: %s\ntiers, from worst to best:\n", cJSON_IsNull(wish) ? "not set" : wish->valuestring,
           cJSON_IsTrue(cJSON_GetObjectItem(root, "FFP8_ISA_known")) ? "" : " (no tier of this architecture: ignored)",
           string_of(root, "active"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "tiers")) print_tier(item);
}

/* ---------------------------------------------------------------------------------------------------------------
 * A format
 */
static void add_code(cJSON *object, const char *name, int code) {
    if (code < 0)
        cJSON_AddNullToObject(object, name);
    else
        cJSON_AddNumberToObject(object, name, code);
}

static cJSON *format_object(const ffp8_format *format, const ffp8_format_info *info) {
    cJSON *root = cJSON_CreateObject();
    char name[FFP8_FORMAT_NAME_BYTES];
    if (ffp8_format_name(format, name, sizeof name) == FFP8_OK) cJSON_AddStringToObject(root, "name", name);
    cJSON_AddNumberToObject(root, "sign_bits", format->sign_bits);
    cJSON_AddNumberToObject(root, "exponent_bits", format->exponent_bits);
    cJSON_AddNumberToObject(root, "fraction_bits", format->fraction_bits);
    cJSON_AddNumberToObject(root, "bias", format->bias);
    cJSON_AddNumberToObject(root, "max", info->max);
    cJSON_AddNumberToObject(root, "min", info->min);
    cJSON_AddNumberToObject(root, "min_normal", info->min_normal);
    cJSON_AddNumberToObject(root, "min_subnormal", info->min_subnormal);
    add_code(root, "zero_code", info->zero_code);
    add_code(root, "nan_code", info->nan_code);
    add_code(root, "pos_inf_code", info->pos_inf_code);
    add_code(root, "neg_inf_code", info->neg_inf_code);
    cJSON_AddNumberToObject(root, "finite_count", info->finite_count);
    cJSON_AddNumberToObject(root, "distinct_count", info->distinct_count);
    cJSON_AddBoolToObject(root, "exact_i8", info->exact_i8);
    cJSON_AddBoolToObject(root, "exact_i16", info->exact_i16);
    cJSON_AddBoolToObject(root, "exact_bf16", info->exact_bf16);
    cJSON_AddBoolToObject(root, "exact_f16", info->exact_f16);
    cJSON_AddStringToObject(root, "arithmetic", ffp8_class_name(info->arithmetic));
    return root;
}

/* JSON has no Inf and NaN: those values are strings. */
static void add_values(cJSON *root, const float value[256]) {
    cJSON *list = cJSON_AddArrayToObject(root, "values");
    for (int c = 0; c < 256; c++)
        cJSON_AddItemToArray(list, isfinite(value[c]) ? cJSON_CreateNumber(value[c])
                                                      : cJSON_CreateString(isnan(value[c]) ? "NaN"
                                                                           : value[c] > 0  ? "Infinity"
                                                                                           : "-Infinity"));
}

static void print_format(const cJSON *root, const float value[256]) {
    const cJSON *item;
    cJSON_ArrayForEach(item, root) {
        printf("%-16s", item->string);
        if (cJSON_IsString(item))
            printf("%s\n", item->valuestring);
        else if (cJSON_IsNull(item))
            printf("none\n");
        else if (cJSON_IsBool(item))
            printf("%s\n", cJSON_IsTrue(item) ? "yes" : "no");
        else if (strstr(item->string, "_code"))
            printf("0x%02x\n", item->valueint);
        else
            printf("%.9g\n", item->valuedouble);
    }
    for (int c = 0; c < 256; c++) printf("%s0x%02x %-14.8g", c % 4 ? "  " : "\n", c, (double)value[c]);
    printf("\n");
}

/* 0, or 1: no such format. */
static int show_format(const char *name, bool json) {
    ffp8_format format;
    ffp8_format_info info;
    float value[256];
    uint8_t code[256];
    ffp8_status status = ffp8_format_from_name(name, &format);
    for (int c = 0; c < 256; c++) code[c] = (uint8_t)c;
    if (status == FFP8_OK) status = ffp8_format_query(&format, &info);
    if (status == FFP8_OK) status = ffp8_decode(&format, code, 1.0f, value, FFP8_TYPE_F32, 256);
    if (status != FFP8_OK) {
        fprintf(stderr, "ffp8-info: %s: %s\nknown names:", name, ffp8_status_string(status));
        for (size_t i = 0; ffp8_format_preset(i); i++) fprintf(stderr, " %s", ffp8_format_preset(i));
        fprintf(stderr, ", and ffp8:s1x3y4b7 with :fn :ieee :fnuz :p3109f :p3109e :nosub :nozero\n");
        return 1;
    }
    cJSON *root = format_object(&format, &info);
    if (json) {
        add_values(root, value);
        char *text = cJSON_Print(root);
        puts(text ? text : "{}");
        cJSON_free(text);
    } else {
        print_format(root, value);
    }
    cJSON_Delete(root);
    return 0;
}

int main(int argc, char **argv) {
    struct arg_lit *json = arg_lit0(NULL, "json", "print one JSON object"), *help = arg_lit0("h", "help", "print this text");
    struct arg_str *format = arg_str0(NULL, NULL, "FORMAT", "show this format, e.g. e4m3fn or ffp8:s0x3y5b2, instead of the machine");
    struct arg_end *end = arg_end(4);
    void *table[] = {json, help, format, end};
    int status = 2;
    if (arg_nullcheck(table)) {
        fputs("ffp8-info: out of memory\n", stderr);
        return 2;
    }
    const int errors = arg_parse(argc, argv, table);
    if (help->count) {
        printf("usage: ffp8-info");
        arg_print_syntax(stdout, table, "\n");
        arg_print_glossary(stdout, table, "  %-12s %s\n");
        printf("Exit status: 0 done, 1 no such format, 2 wrong usage.\n");
        status = 0;
    } else if (errors) {
        arg_print_errors(stderr, end, "ffp8-info");
    } else if (format->count) {
        status = show_format(format->sval[0], json->count > 0);
    } else {
        cJSON *root = machine_object();
        if (json->count) {
            char *text = cJSON_Print(root);
            puts(text ? text : "{}");
            cJSON_free(text);
        } else {
            print_machine(root);
        }
        cJSON_Delete(root);
        status = 0;
    }
    arg_freetable(table, sizeof table / sizeof *table);
    return status;
}
