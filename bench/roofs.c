/* SPDX-License-Identifier: Apache-2.0
 *
 * roofs.c - loops that do nothing but multiply or move memory: see roofs.h
 *
 * Multipliers: independent accumulators, enough of them to hide the latency at two instructions a clock, on operands in registers. Each loop
 * is compiled for its instruction set, and the CPU is asked before one runs.
 */
#include "roofs.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffers.h"

enum { ZMM_CHAINS = 24, YMM_CHAINS = 12, NEON_CHAINS = 24, DOT_LOOPS = 2000 };

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

/* A loop over `chains` accumulators, two at a time. In `instructions` %0 and %1 are accumulators, %2 and %3 spare registers, %4 is both operands.
 * Assembly, because compilers move a multiplication out of the loop where the addition is an instruction of its own, and spill where they should
 * not; in pairs, because two multiplications and then two additions are scheduled better than the four in turn. */
#define DOT_LOOP(name, attribute, vector, chains, instructions)                                                                            \
    __attribute__((attribute)) static void name(size_t loops) {                                                                            \
        vector acc[chains], spare[2], x;                                                                                                   \
        memset(&x, 0x3F, sizeof x); /* a positive number in every type */                                                                  \
        UNROLL for (size_t i = 0; i < chains; i++) acc[i] = x;                                                                             \
        for (; loops > 0; loops--) {                                                                                                       \
            UNROLL for (size_t i = 0; i < chains; i += 2) __asm__ volatile(instructions : REGISTER(acc[i]), REGISTER(acc[i + 1]),          \
                                                                           FREE_REGISTER(spare[0]), FREE_REGISTER(spare[1]) : OPERAND(x)); \
        }                                                                                                                                  \
    }
/* One instruction for each accumulator, on the operands and into it; or a multiplication into a spare register and an addition. */
#define FUSED(dot) dot " %4, %4, %0\n\t" dot " %4, %4, %1"
#define APART(multiply, add) multiply " %4, %4, %2\n\t" multiply " %4, %4, %3\n\t" add " %2, %0, %0\n\t" add " %3, %1, %1"

struct dot_roof {
    void (*loop)(size_t loops);
    double work; /* of one loop */
    const char *name;
    ffp8_isa needs;
};

#if defined(__x86_64__)
#define REGISTER(v) "+v"(v)
#define FREE_REGISTER(v) "=&v"(v)
#define OPERAND(v) "v"(v)
typedef int32_t ymm __attribute__((vector_size(32)));
typedef int32_t zmm __attribute__((vector_size(64)));
DOT_LOOP(fma_ymm, target("avx2,fma"), ymm, YMM_CHAINS, FUSED("vfmadd231ps"))
DOT_LOOP(madd_ymm, target("avx2"), ymm, YMM_CHAINS, APART("vpmaddwd", "vpaddd"))
DOT_LOOP(dpwssd_ymm, target("avx2"), ymm, YMM_CHAINS, FUSED("%{vex%} vpdpwssd"))
DOT_LOOP(dpbusd_ymm, target("avx2"), ymm, YMM_CHAINS, FUSED("%{vex%} vpdpbusd"))
DOT_LOOP(fma_zmm, target("avx512f"), zmm, ZMM_CHAINS, FUSED("vfmadd231ps"))
DOT_LOOP(madd_zmm, target("avx512f,avx512bw"), zmm, ZMM_CHAINS, APART("vpmaddwd", "vpaddd"))
DOT_LOOP(dpwssd_zmm, target("avx512f"), zmm, ZMM_CHAINS, FUSED("vpdpwssd"))
DOT_LOOP(dpbusd_zmm, target("avx512f"), zmm, ZMM_CHAINS, FUSED("vpdpbusd"))
DOT_LOOP(dpbf16_zmm, target("avx512f"), zmm, ZMM_CHAINS, FUSED("vdpbf16ps"))

static const struct dot_roof avx2_f32 = {fma_ymm, YMM_CHAINS * 2 * 8, "vfmadd231ps ymm", FFP8_ISA_AVX2};
static const struct dot_roof avx2_i16 = {madd_ymm, YMM_CHAINS * 2 * 16, "vpmaddwd + vpaddd ymm", FFP8_ISA_AVX2};
static const struct dot_roof avxvnni_i16 = {dpwssd_ymm, YMM_CHAINS * 2 * 16, "vpdpwssd ymm", FFP8_ISA_AVXVNNI};
static const struct dot_roof avxvnni_i8 = {dpbusd_ymm, YMM_CHAINS * 2 * 32, "vpdpbusd ymm", FFP8_ISA_AVXVNNI};
static const struct dot_roof avx512_f32 = {fma_zmm, ZMM_CHAINS * 2 * 16, "vfmadd231ps zmm", FFP8_ISA_AVX512};
static const struct dot_roof avx512_i16 = {madd_zmm, ZMM_CHAINS * 2 * 32, "vpmaddwd + vpaddd zmm", FFP8_ISA_AVX512};
static const struct dot_roof vnni_i16 = {dpwssd_zmm, ZMM_CHAINS * 2 * 32, "vpdpwssd zmm", FFP8_ISA_AVX512VNNI};
static const struct dot_roof vnni_i8 = {dpbusd_zmm, ZMM_CHAINS * 2 * 64, "vpdpbusd zmm", FFP8_ISA_AVX512VNNI};
static const struct dot_roof bf16_bf16 = {dpbf16_zmm, ZMM_CHAINS * 2 * 32, "vdpbf16ps zmm", FFP8_ISA_AVX512BF16};

static const struct dot_roof *find(ffp8_isa isa, enum bench_dot dot) {
    static const struct dot_roof *const avx2[] = {&avx2_f32, &avx2_f32, &avx2_i16, &avx2_i16};
    static const struct dot_roof *const avxvnni[] = {&avx2_f32, &avx2_f32, &avxvnni_i16, &avxvnni_i8};
    static const struct dot_roof *const avx512[] = {&avx512_f32, &avx512_f32, &avx512_i16, &avx512_i16};
    static const struct dot_roof *const avx512vnni[] = {&avx512_f32, &avx512_f32, &vnni_i16, &vnni_i8};
    static const struct dot_roof *const avx512bf16[] = {&avx512_f32, &bf16_bf16, &vnni_i16, &vnni_i8};
    switch (isa) {
    case FFP8_ISA_AVX2: return avx2[dot];
    case FFP8_ISA_AVXVNNI: return avxvnni[dot];
    case FFP8_ISA_AVX512: return avx512[dot];
    case FFP8_ISA_AVX512VNNI: return avx512vnni[dot];
    case FFP8_ISA_AVX512BF16: return avx512bf16[dot];
    default: return NULL;
    }
}

#elif defined(__aarch64__)
#define REGISTER(v) "+w"(v)
#define FREE_REGISTER(v) "=&w"(v)
#define OPERAND(v) "w"(v)
typedef int32_t neon __attribute__((vector_size(16)));
DOT_LOOP(fmla_neon, noinline, neon, NEON_CHAINS, "fmla %0.4s, %4.4s, %4.4s\n\tfmla %1.4s, %4.4s, %4.4s")
DOT_LOOP(sdot_neon, target("arch=armv8.2-a+dotprod"), neon, NEON_CHAINS, "sdot %0.4s, %4.16b, %4.16b\n\tsdot %1.4s, %4.16b, %4.16b")
DOT_LOOP(bfmmla_neon, target("arch=armv8.2-a+bf16"), neon, NEON_CHAINS, "bfmmla %0.4s, %4.8h, %4.8h\n\tbfmmla %1.4s, %4.8h, %4.8h")
DOT_LOOP(smmla_neon, target("arch=armv8.2-a+i8mm"), neon, NEON_CHAINS, "smmla %0.4s, %4.16b, %4.16b\n\tsmmla %1.4s, %4.16b, %4.16b")
DOT_LOOP(smlal_neon, noinline, neon, NEON_CHAINS, "smlal %0.4s, %4.4h, %4.4h\n\tsmlal %1.4s, %4.4h, %4.4h")

static const struct dot_roof neon_f32 = {fmla_neon, NEON_CHAINS * 2 * 4, "fmla", FFP8_ISA_NEON};
static const struct dot_roof neon_i16 = {smlal_neon, NEON_CHAINS * 2 * 4, "smlal", FFP8_ISA_NEON};
static const struct dot_roof dotprod_i16 = {sdot_neon, NEON_CHAINS * 2 * 4, "4 sdot", FFP8_ISA_NEONDOTPROD};
static const struct dot_roof dotprod_i8 = {sdot_neon, NEON_CHAINS * 2 * 16, "sdot", FFP8_ISA_NEONDOTPROD};
static const struct dot_roof bf16_bf16 = {bfmmla_neon, NEON_CHAINS * 2 * 16, "bfmmla", FFP8_ISA_NEONBF16};
static const struct dot_roof bf16_i16 = {smmla_neon, NEON_CHAINS * 2 * 8, "4 smmla", FFP8_ISA_NEONBF16};
static const struct dot_roof bf16_i8 = {smmla_neon, NEON_CHAINS * 2 * 32, "smmla", FFP8_ISA_NEONBF16};

static const struct dot_roof *find(ffp8_isa isa, enum bench_dot dot) {
    static const struct dot_roof *const neon[] = {&neon_f32, &neon_f32, &neon_i16, &neon_i16};
    static const struct dot_roof *const dotprod[] = {&neon_f32, &neon_f32, &dotprod_i16, &dotprod_i8};
    static const struct dot_roof *const bf16[] = {&neon_f32, &bf16_bf16, &bf16_i16, &bf16_i8};
    if (isa < FFP8_ISA_NEON) return NULL;
    return (isa >= FFP8_ISA_NEONBF16 ? bf16 : isa >= FFP8_ISA_NEONDOTPROD ? dotprod : neon)[dot];
}

#else
static const struct dot_roof *find(ffp8_isa isa, enum bench_dot dot) {
    (void)isa, (void)dot;
    return NULL;
}
#endif

static double run_dot(void *context, size_t repeats) {
    const struct dot_roof *roof = context;
    double start = bench_clock(true);
    for (size_t i = 0; i < repeats; i++) roof->loop(DOT_LOOPS);
    return bench_clock(true) - start;
}

/* A tier that is not compiled in but whose instructions a higher, usable tier includes has its roof all the same. */
static bool usable(ffp8_isa needs) {
    if (ffp8_isa_supported(needs)) return true;
    return needs == FFP8_ISA_AVX512VNNI && ffp8_isa_supported(FFP8_ISA_AVX512BF16);
}

struct bench_contender bench_roof_dot(ffp8_isa isa, enum bench_dot dot) {
    const struct dot_roof *roof = find(isa, dot);
    if (!roof || !usable(roof->needs)) return (struct bench_contender){0};
    return (struct bench_contender){run_dot, (void *)roof, roof->work * DOT_LOOPS};
}

const char *bench_roof_dot_name(ffp8_isa isa, enum bench_dot dot) {
    const struct dot_roof *roof = find(isa, dot);
    return roof ? roof->name : "none";
}

/* ------------------------------------------------------------------------------------------------------------- memory */

typedef uint64_t block __attribute__((vector_size(64)));
enum { AT_ONCE = 4, MOST_PARTS = 64 };

#if defined(__x86_64__)
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDEST
#endif

struct bench_memory {
    block sink[MOST_PARTS];
    size_t source_blocks, target_blocks, ahead;
    size_t parts, part_blocks; /* one for each thread */
    block *source, *target;
    const ffp8_threads *threads;
    enum bench_traffic traffic;
    bool near; /* see read_blocks */
};

/* What is loaded `ahead` bytes later is prefetched, into L2 or, if `near`, into L1; ahead = 0: the hardware's own prefetch alone. */
WIDEST static void read_blocks(const block *source, size_t count, size_t ahead, bool near, block *sink) {
    block sum[AT_ONCE] = {{0}};
    for (size_t i = 0; i + AT_ONCE <= count; i += AT_ONCE) {
        const char *later = (const char *)(source + i) + ahead;
        if (ahead && near) {
            for (size_t u = 0; u < AT_ONCE; u++) __builtin_prefetch(later + u * sizeof(block), 0, 3);
        } else if (ahead) {
            for (size_t u = 0; u < AT_ONCE; u++) __builtin_prefetch(later + u * sizeof(block), 0, 2);
        }
        for (size_t u = 0; u < AT_ONCE; u++) sum[u] += source[i + u];
    }
    *sink = sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
}

/* Each block of the source is stored target_blocks / source_blocks times, or only each so-manieth is. */
WIDEST static void spread_blocks(const block *source, size_t source_count, block *target, size_t target_count) {
    if (target_count >= source_count) {
        const size_t times = target_count / source_count;
        for (size_t i = 0; i < source_count; i++) {
            block x = source[i];
            for (size_t t = 0; t < times; t++) {
                __asm__ volatile("" : : : "memory"); /* a loop of stores, not a call of memset */
                target[i * times + t] = x;
            }
        }
    } else {
        const size_t times = source_count / target_count;
        for (size_t i = 0; i < target_count; i++) {
            block x = source[i * times];
            for (size_t t = 1; t < times; t++) x ^= source[i * times + t];
            target[i] = x;
        }
    }
}

static void run_part(void *context, size_t part) {
    struct bench_memory *m = context;
    size_t first = part * m->part_blocks, end = part + 1 == m->parts ? m->source_blocks : first + m->part_blocks;
    if (m->traffic == BENCH_READ)
        read_blocks(m->source + first, end - first, m->ahead, m->near, &m->sink[part]);
    else if (m->traffic == BENCH_COPY)
        memcpy(m->target + first, m->source + first, (end - first) * sizeof(block));
    else
        spread_blocks(m->source, m->source_blocks, m->target, m->target_blocks);
}

static double run_memory(void *context, size_t repeats) {
    struct bench_memory *m = context;
    double start = bench_clock(m->parts == 1);
    for (size_t i = 0; i < repeats; i++) {
        if (m->parts > 1)
            m->threads->parallel_for(m->threads->pool, m->parts, run_part, m);
        else
            run_part(m, 0);
        __asm__ volatile("" : : "r"(m) : "memory");
    }
    return bench_clock(m->parts == 1) - start;
}

/* The way in which this machine reads fastest. */
static void choose_prefetch(struct bench_memory *m) {
    static const struct {
        size_t ahead;
        bool near;
    } ways[] = {{0, false}, {2048, false}, {4096, false}, {4096, true}};
    double best = INFINITY;
    size_t chosen = 0;
    run_memory(m, 1);
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
            m->ahead = ways[i].ahead;
            m->near = ways[i].near;
            double time = run_memory(m, 1);
            if (time >= best) continue;
            best = time;
            chosen = i;
        }
    }
    m->ahead = ways[chosen].ahead;
    m->near = ways[chosen].near;
}

struct bench_memory *bench_memory_create(enum bench_traffic traffic, size_t source_bytes, size_t target_bytes,
                                         const ffp8_threads *threads) {
    struct bench_memory *m = bench_alloc(sizeof *m);
    if (!m) return NULL;
    memset(m, 0, sizeof *m);
    m->traffic = traffic;
    m->source_blocks = source_bytes / sizeof(block);
    m->target_blocks = target_bytes / sizeof(block);
    m->threads = threads;
    m->parts = threads && threads->threads > 1 && traffic != BENCH_SPREAD ? threads->threads : 1;
    if (m->parts > MOST_PARTS) m->parts = MOST_PARTS;
    m->part_blocks = m->source_blocks / m->parts;
    m->source = bench_alloc(source_bytes);
    m->target = target_bytes ? bench_alloc(target_bytes) : NULL;
    if (!m->source || (target_bytes && !m->target)) {
        bench_memory_free(m);
        return NULL;
    }
    bench_fill_bytes((uint8_t *)m->source, m->source_blocks * sizeof(block), 1);
    if (m->target) memset(m->target, 0, m->target_blocks * sizeof(block));
    if (traffic == BENCH_READ && source_bytes > 4 * (size_t)BENCH_L2_BYTES) choose_prefetch(m);
    return m;
}

void bench_memory_free(struct bench_memory *memory) {
    if (!memory) return;
    free(memory->source);
    free(memory->target);
    free(memory);
}

struct bench_contender bench_memory_contender(struct bench_memory *memory) {
    size_t stored = memory->traffic == BENCH_READ ? 0 : memory->target_blocks;
    return (struct bench_contender){run_memory, memory, (double)((memory->source_blocks + stored) * sizeof(block))};
}
