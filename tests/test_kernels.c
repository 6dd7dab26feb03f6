/* SPDX-License-Identifier: Apache-2.0
 *
 * test_kernels.c - the engine under Criterion: one parameter is one (table, slot)
 *
 * A parameter reaches the test in another process image: it may hold indices, no pointers. A tier that this CPU lacks is skipped by name; one that
 * FFP8_EXPECT_ISA names must run. FFP8_SEED sets the seed, which is drawn once, before the tests are started.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <inttypes.h>

#include "check/check.h"

struct kernel_case {
    size_t table, slot;
    uint64_t seed;
};

ParameterizedTestParameters(kernels, right) {
    size_t tables = 0;
    while (ffp8_kernels_list(tables)) tables++;
    const size_t count = tables * check_slot_count();
    struct kernel_case *cases = cr_malloc(count * sizeof *cases);
    const uint64_t seed = check_default_seed();
    for (size_t i = 0; i < count; i++) cases[i] = (struct kernel_case){i / check_slot_count(), i % check_slot_count(), seed};
    return cr_make_param_array(struct kernel_case, cases, count, NULL);
}

ParameterizedTest(struct kernel_case *p, kernels, right) {
    const struct ffp8_kernels *kernels = ffp8_kernels_list(p->table), *lower;
    const struct check_slot *slot = check_slot_at(p->slot);
    struct check_result result;
    char why[256];
    if (!ffp8_kernels_usable(kernels)) {
        check_explain(kernels, why, sizeof why);
        cr_assert(!check_expected(kernels->name), "FFP8_EXPECT_ISA names %s, but: %s", kernels->name, why);
        cr_skip_test("%s %s: %s", kernels->name, slot->name, why);
    }
    if ((lower = check_inherited(kernels, slot))) cr_skip_test("%s %s is that of %s", kernels->name, slot->name, lower->name);
    check_case(kernels, slot, p->seed, &result);
    cr_assert(result.kind == CHECK_PASSED, "%s", result.message);
    cr_log_info("%s %s: %" PRIu64 " calls, %" PRIu64 " values, worst error %.3f of the bound, seed %" PRIu64, kernels->name, slot->name,
                result.calls, result.comparisons, result.worst, p->seed);
}

Test(kernels, expected_tiers_exist) {
    char name[64];
    cr_assert(!check_expected_missing(name, sizeof name), "FFP8_EXPECT_ISA names %s, which is not compiled in", name);
}
