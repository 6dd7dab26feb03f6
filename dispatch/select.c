/* SPDX-License-Identifier: Apache-2.0
 *
 * select.c - the tiers: names, what is compiled in, what is usable, and which one is active
 *
 * The active table is one atomic pointer, NULL until the first use. Whoever finds NULL makes the default choice and publishes it by
 * compare-and-swap, so that a concurrent ffp8_set_max_isa is never overwritten by it. Tables are constants: relaxed order is enough.
 */
#include "select.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "explain.h"

enum architecture { EVERY, X86, ARM };

#if defined(__x86_64__) || defined(__i386__)
static const enum architecture here = X86;
#elif defined(__aarch64__)
static const enum architecture here = ARM;
#else
static const enum architecture here = EVERY;
#endif

struct tier {
    ffp8_isa isa;
    enum architecture architecture;
    const char *name;
};

static const struct tier tiers[] = {
    /* worst to best */
    {FFP8_ISA_GENERIC, EVERY, "generic"},
    {FFP8_ISA_AVX2, X86, "avx2"},
    {FFP8_ISA_AVXVNNI, X86, "avxvnni"},
    {FFP8_ISA_AVX512, X86, "avx512"},
    {FFP8_ISA_AVX512VNNI, X86, "avx512vnni"},
    {FFP8_ISA_AVX512BF16, X86, "avx512bf16"},
    {FFP8_ISA_NEON, ARM, "neon"},
    {FFP8_ISA_NEONFP16, ARM, "neonfp16"},
    {FFP8_ISA_NEONDOTPROD, ARM, "neondotprod"},
    {FFP8_ISA_NEONBF16, ARM, "neonbf16"},
};
enum { TIER_COUNT = sizeof tiers / sizeof *tiers };

/* The build defines FFP8_HAVE_<TIER> for each tier that it compiles. */
static const struct ffp8_kernels *const tables[] = {
    &ffp8_kernels_generic,
#ifdef FFP8_HAVE_AVX2
    &ffp8_kernels_avx2,
#endif
#ifdef FFP8_HAVE_AVXVNNI
    &ffp8_kernels_avxvnni,
#endif
#ifdef FFP8_HAVE_AVX512
    &ffp8_kernels_avx512,
#endif
#ifdef FFP8_HAVE_AVX512VNNI
    &ffp8_kernels_avx512vnni,
#endif
#ifdef FFP8_HAVE_AVX512BF16
    &ffp8_kernels_avx512bf16,
#endif
#ifdef FFP8_HAVE_NEON
    &ffp8_kernels_neon,
#endif
#ifdef FFP8_HAVE_NEONFP16
    &ffp8_kernels_neonfp16,
#endif
#ifdef FFP8_HAVE_NEONDOTPROD
    &ffp8_kernels_neondotprod,
#endif
#ifdef FFP8_HAVE_NEONBF16
    &ffp8_kernels_neonbf16,
#endif
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

static _Atomic(const struct ffp8_kernels *) active;

static const struct tier *find_tier(ffp8_isa isa) {
    for (size_t i = 0; i < TIER_COUNT; i++)
        if (tiers[i].isa == isa) return &tiers[i];
    return NULL;
}

static bool is_here(const struct tier *tier) { return tier && (tier->architecture == EVERY || tier->architecture == here); }

static const struct ffp8_kernels *best_table(ffp8_isa cap) {
    const uint64_t features = ffp8_cpu_features();
    size_t i = TABLE_COUNT;
    while (--i > 0)
        if (tables[i]->isa <= cap && (tables[i]->needs & ~features) == 0) break;
    return tables[i];
}

/* The default: the best usable tier under the environment's cap. *known: the environment sets no cap or a meaningful one. */
static const struct ffp8_kernels *default_table(bool *known) {
    const char *name = getenv("FFP8_ISA");
    ffp8_isa cap = tiers[TIER_COUNT - 1].isa;
    *known = true;
    if (name && *name) {
        ffp8_isa named;
        *known = ffp8_isa_from_name(name, &named) == FFP8_OK && is_here(find_tier(named));
        if (*known) cap = named;
    }
    return best_table(cap);
}

static const struct ffp8_kernels *publish_default(bool *known) {
    const struct ffp8_kernels *expected = NULL, *choice = default_table(known);
    if (atomic_compare_exchange_strong_explicit(&active, &expected, choice, memory_order_relaxed, memory_order_relaxed)) return choice;
    return expected;
}

const struct ffp8_kernels *ffp8_kernels_active(void) {
    const struct ffp8_kernels *kernels = atomic_load_explicit(&active, memory_order_relaxed);
    bool known;
    return kernels ? kernels : publish_default(&known);
}

const struct ffp8_kernels *ffp8_kernels_list(size_t i) { return i < TABLE_COUNT ? tables[i] : NULL; }

const struct ffp8_kernels *ffp8_kernels_of(ffp8_isa isa) {
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (tables[i]->isa == isa) return tables[i];
    return NULL;
}

bool ffp8_kernels_usable(const struct ffp8_kernels *kernels) { return (kernels->needs & ~ffp8_cpu_features()) == 0; }

ffp8_isa ffp8_active_isa(void) { return ffp8_kernels_active()->isa; }

ffp8_status ffp8_init(void) {
    bool known;
    publish_default(&known);
    return known ? FFP8_OK : FFP8_ERROR_ISA;
}

ffp8_status ffp8_set_max_isa(ffp8_isa isa) {
    if (!is_here(find_tier(isa))) return FFP8_ERROR_ISA;
    atomic_store_explicit(&active, best_table(isa), memory_order_relaxed);
    return FFP8_OK;
}

int ffp8_isa_supported(ffp8_isa isa) {
    const struct ffp8_kernels *kernels = ffp8_kernels_of(isa);
    return kernels && ffp8_kernels_usable(kernels);
}

const char *ffp8_isa_name(ffp8_isa isa) {
    const struct tier *tier = find_tier(isa);
    return tier ? tier->name : "unknown";
}

ffp8_status ffp8_isa_from_name(const char *name, ffp8_isa *isa) {
    if (!name || !isa) return FFP8_ERROR_NULL;
    for (size_t i = 0; i < TIER_COUNT; i++)
        if (strcmp(name, tiers[i].name) == 0) {
            *isa = tiers[i].isa;
            return FFP8_OK;
        }
    return FFP8_ERROR_NAME;
}

size_t ffp8_isa_list(size_t i, ffp8_isa *isa) {
    if (isa && i < TIER_COUNT) *isa = tiers[i].isa;
    return TIER_COUNT;
}

ffp8_status ffp8_isa_explain(ffp8_isa isa, char *text, size_t bytes) {
    const struct tier *tier = find_tier(isa);
    if (!text) return FFP8_ERROR_NULL;
    if (!tier) return FFP8_ERROR_ISA;
    const struct ffp8_kernels *kernels = ffp8_kernels_of(isa);
    if (!is_here(tier)) return ffp8_explain(text, bytes, "not a tier of this CPU's architecture");
    if (!kernels) return ffp8_explain(text, bytes, "not compiled in");
    const uint64_t missing = kernels->needs & ~ffp8_cpu_features();
    if (!missing) return ffp8_explain(text, bytes, "usable");
    char list[256];
    size_t used = 0;
    for (uint64_t rest = missing; rest; rest &= rest - 1) {
        const char *name = ffp8_cpu_feature_name(rest & -rest);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", name ? name : "an unnamed feature");
        if (used >= sizeof list) break;
    }
    return ffp8_explain(text, bytes, "CPU lacks %s", list);
}
