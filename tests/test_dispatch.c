/* SPDX-License-Identifier: Apache-2.0
 *
 * test_dispatch.c - the choice of a tier: names, caps, the environment, explanations
 *
 * Criterion runs each test in a process of its own, so that each sees a library that has made no choice yet.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/cpu.h"
#include "dispatch/select.h"

static size_t count(void) { return ffp8_isa_list(0, NULL); }

static ffp8_isa at(size_t i) {
    ffp8_isa isa;
    cr_assert(i < ffp8_isa_list(i, &isa));
    return isa;
}

/* The best supported tier not above `cap`, found the slow way. */
static ffp8_isa best_below(ffp8_isa cap) {
    ffp8_isa best = FFP8_ISA_GENERIC;
    for (size_t i = 0; i < count(); i++)
        if (at(i) <= cap && ffp8_isa_supported(at(i))) best = at(i);
    return best;
}

static bool is_here(ffp8_isa isa) { return ffp8_set_max_isa(isa) == FFP8_OK; }

Test(dispatch, names_round_trip_and_are_ordered) {
    cr_assert_geq(count(), 10);
    for (size_t i = 0; i < count(); i++) {
        ffp8_isa isa;
        cr_assert_eq(ffp8_isa_from_name(ffp8_isa_name(at(i)), &isa), FFP8_OK);
        cr_assert_eq(isa, at(i));
        if (i) cr_assert_gt(at(i), at(i - 1));
    }
    ffp8_isa untouched = FFP8_ISA_NEON;
    cr_assert_eq(ffp8_isa_list(count(), &untouched), count());
    cr_assert_eq(untouched, FFP8_ISA_NEON);
    cr_assert_str_eq(ffp8_isa_name((ffp8_isa)17), "unknown");
    cr_assert_eq(ffp8_isa_from_name("AVX2", &untouched), FFP8_ERROR_NAME);
    cr_assert_eq(ffp8_isa_from_name("", &untouched), FFP8_ERROR_NAME);
    cr_assert_eq(ffp8_isa_from_name(NULL, &untouched), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_isa_from_name("avx2", NULL), FFP8_ERROR_NULL);
    cr_assert_eq(untouched, FFP8_ISA_NEON);
}

Test(dispatch, default_is_the_best) {
    unsetenv("FFP8_ISA");
    cr_assert_eq(ffp8_active_isa(), best_below(FFP8_ISA_NEONBF16));
    cr_assert_eq(ffp8_init(), FFP8_OK);
}

Test(dispatch, empty_environment_is_none) {
    setenv("FFP8_ISA", "", 1);
    cr_assert_eq(ffp8_init(), FFP8_OK);
    cr_assert_eq(ffp8_active_isa(), best_below(FFP8_ISA_NEONBF16));
}

Test(dispatch, environment_caps) {
    setenv("FFP8_ISA", "generic", 1);
    cr_assert_eq(ffp8_active_isa(), FFP8_ISA_GENERIC);
    cr_assert_eq(ffp8_init(), FFP8_OK);
    unsetenv("FFP8_ISA");
    cr_assert_eq(ffp8_active_isa(), FFP8_ISA_GENERIC); /* the choice has been made */
}

Test(dispatch, unknown_environment_is_ignored_and_told) {
    setenv("FFP8_ISA", "mmx", 1);
    cr_assert_eq(ffp8_init(), FFP8_ERROR_ISA);
    cr_assert_eq(ffp8_active_isa(), best_below(FFP8_ISA_NEONBF16));
}

Test(dispatch, environment_of_another_architecture) {
#ifdef __aarch64__
    setenv("FFP8_ISA", "avx2", 1);
#else
    setenv("FFP8_ISA", "neon", 1);
#endif
    cr_assert_eq(ffp8_init(), FFP8_ERROR_ISA);
    cr_assert_eq(ffp8_active_isa(), best_below(FFP8_ISA_NEONBF16));
}

Test(dispatch, init_keeps_an_earlier_choice) {
    cr_assert_eq(ffp8_set_max_isa(FFP8_ISA_GENERIC), FFP8_OK);
    unsetenv("FFP8_ISA");
    cr_assert_eq(ffp8_init(), FFP8_OK);
    cr_assert_eq(ffp8_active_isa(), FFP8_ISA_GENERIC);
}

Test(dispatch, call_beats_environment) {
    setenv("FFP8_ISA", "generic", 1);
    cr_assert_eq(ffp8_active_isa(), FFP8_ISA_GENERIC);
    for (size_t i = 0; i < count(); i++) {
        const ffp8_isa before = ffp8_active_isa();
        const ffp8_status status = ffp8_set_max_isa(at(i));
        cr_assert(status == FFP8_OK || status == FFP8_ERROR_ISA);
        cr_assert_eq(ffp8_active_isa(), status == FFP8_OK ? best_below(at(i)) : before, "%s", ffp8_isa_name(at(i)));
    }
    cr_assert_eq(ffp8_set_max_isa((ffp8_isa)17), FFP8_ERROR_ISA);
    cr_assert_eq(ffp8_set_max_isa((ffp8_isa)-1), FFP8_ERROR_ISA);
}

Test(dispatch, explanations) {
    char text[256];
    for (size_t i = 0; i < count(); i++) {
        cr_assert_eq(ffp8_isa_explain(at(i), text, sizeof text), FFP8_OK);
        const bool usable = strcmp(text, "usable") == 0;
        cr_assert_eq(usable, ffp8_isa_supported(at(i)), "%s: %s", ffp8_isa_name(at(i)), text);
        cr_assert_eq(strcmp(text, "not a tier of this CPU's architecture") != 0, is_here(at(i)), "%s: %s", ffp8_isa_name(at(i)), text);
        if (!usable && is_here(at(i))) cr_assert(strcmp(text, "not compiled in") == 0 || strncmp(text, "CPU lacks ", 10) == 0, "%s", text);
        /* Exactly as long as needed, and one byte less. */
        const size_t bytes = strlen(text) + 1;
        char small[256];
        memset(small, '?', sizeof small);
        cr_assert_eq(ffp8_isa_explain(at(i), small, bytes - 1), FFP8_ERROR_BUFFER);
        cr_assert_eq(small[0], '?');
        cr_assert_eq(ffp8_isa_explain(at(i), small, bytes), FFP8_OK);
        cr_assert(strcmp(small, text) == 0 && small[bytes] == '?');
    }
    cr_assert_eq(ffp8_isa_explain(FFP8_ISA_GENERIC, NULL, 10), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_isa_explain((ffp8_isa)17, text, sizeof text), FFP8_ERROR_ISA);
    cr_assert_eq(ffp8_isa_supported((ffp8_isa)17), 0);
}

Test(dispatch, tables_are_complete_and_ordered) {
    size_t tables = 0;
    cr_assert_eq(ffp8_kernels_list(0), &ffp8_kernels_generic);
    for (const struct ffp8_kernels *k; (k = ffp8_kernels_list(tables)) != NULL; tables++) {
        cr_assert_str_eq(k->name, ffp8_isa_name(k->isa));
        cr_assert_eq(ffp8_kernels_of(k->isa), k);
        cr_assert_eq(ffp8_kernels_usable(k), ffp8_isa_supported(k->isa) != 0);
        if (tables) cr_assert_gt(k->isa, ffp8_kernels_list(tables - 1)->isa);
        /* A higher tier needs all that the lower one of its family needs, so that a cap never costs a feature. */
        for (uint64_t rest = k->needs; rest; rest &= rest - 1) cr_assert_neq(ffp8_cpu_feature_name(rest & -rest), NULL);
    }
    cr_assert_eq(ffp8_kernels_list(tables + 5), NULL);
    cr_assert_eq(ffp8_kernels_of((ffp8_isa)17), NULL);
    cr_assert_eq(ffp8_cpu_feature_name(0), NULL);
    cr_assert_eq(ffp8_cpu_feature_name(3), NULL);
    char name[64] = "";
    ffp8_cpu_name(name, sizeof name);
    cr_assert_neq(name[0], 0);
}
