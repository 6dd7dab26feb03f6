/* SPDX-License-Identifier: Apache-2.0
 *
 * check.h - the test engine: every kernel of every table against an independent oracle
 *
 * A slot is one member of struct ffp8_kernels, or an operator driven by a table. A case is one (table, slot). A case makes many calls;
 * each call gets fresh buffers that bite: guard pages flush against them, canaries around and between rows, poisoned outputs, inputs mapped
 * read-only. The first failure ends the case with its kind, the shape, the first difference and a command that reproduces it.
 *
 * No test framework is inside: ffp8_check.c (a command) and test_kernels.c (Criterion) are two front ends of the same registry, and
 * test_engine.c plants broken kernels to see that each kind of fault is found.
 */
#ifndef FFP8_CHECK_H
#define FFP8_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dispatch/lut.h"
#include "dispatch/select.h"
#include "ffp8/ffp8.h"
#include "kernels/kernel_util.h"
#include "kernels/kernels.h"

/* ---------------------------------------------------------------------------------------------------------------
 * What can be wrong with a kernel
 */
enum check_kind {
    CHECK_PASSED,
    CHECK_WRONG_VALUE,
    CHECK_NOT_WRITTEN,    /* an output element still holds the poison that was there before */
    CHECK_READS_OUTPUT,   /* the result depends on what an output held before */
    CHECK_WRITES_AFTER,   /* ... the last byte of an output */
    CHECK_WRITES_BEFORE,  /* ... the first byte of an output */
    CHECK_WRITES_BETWEEN, /* in the gap between two rows of an output */
    CHECK_READS_AFTER,    /* ... the last byte of an input */
    CHECK_READS_BEFORE,
    CHECK_WRITES_INPUT,
    CHECK_ENVIRONMENT, /* left another rounding mode or flush mode behind */
    CHECK_ILLEGAL_INSTRUCTION,
    CHECK_CRASH,
    CHECK_BAD_TABLE,     /* a table's own numbers contradict the contract */
    CHECK_NO_ITERATIONS, /* nothing was tested: the case itself is broken */
    CHECK_KIND_COUNT
};
const char *check_kind_name(enum check_kind kind);

struct check_result {
    enum check_kind kind;
    uint64_t calls;       /* kernel calls under guard */
    uint64_t comparisons; /* output elements compared */
    double worst;         /* largest error / bound where a bound applies, else 0 */
    double seconds;
    char message[1536]; /* empty when passed */
};

/* ---------------------------------------------------------------------------------------------------------------
 * Registry and running (check.c)
 */
struct check_run;
struct check_slot {
    const char *name; /* "decode8", "dot.i8", "gemm" */
    size_t offset;    /* of the pointer in struct ffp8_kernels; SIZE_MAX for operators */
    void (*body)(struct check_run *run);
    int parameter; /* the body's: a class or a type */
};
size_t check_slot_count(void);
const struct check_slot *check_slot_at(size_t i);

/* The lower table from which this table's kernel is inherited (same pointer, same row tile), or NULL. Such a case is tested there. */
const struct ffp8_kernels *check_inherited(const struct ffp8_kernels *kernels, const struct check_slot *slot);

/* Runs one case. The seed of its random numbers is a hash of (seed, table, slot), so that it does not matter what ran before. */
void check_case(const struct ffp8_kernels *kernels, const struct check_slot *slot, uint64_t seed, struct check_result *result);

/* FFP8_SEED, or the clock. */
uint64_t check_default_seed(void);
/* Whether FFP8_EXPECT_ISA (names with commas) demands that this tier runs. */
bool check_expected(const char *tier);
/* A name in FFP8_EXPECT_ISA that is not a compiled-in table, copied to text; false when there is none. */
bool check_expected_missing(char *text, size_t bytes);
/* Why a table cannot run here, for skip messages. */
void check_explain(const struct ffp8_kernels *kernels, char *text, size_t bytes);

/* ---------------------------------------------------------------------------------------------------------------
 * Random numbers (check_rand.c): SplitMix64
 */
struct check_rand {
    uint64_t state;
};
uint64_t check_mix64(uint64_t x);
uint64_t check_random(struct check_rand *rand);
size_t check_below(struct check_rand *rand, size_t n); /* 0..n-1 */
bool check_chance(struct check_rand *rand, unsigned one_in);
float check_uniform(struct check_rand *rand); /* (-1, 1), 24 bits */
float check_normal(struct check_rand *rand);  /* about N(0, 1) */

/* Fills in runs of random length, each run of one pattern: zeros, -0, largest, smallest, alternating +-largest, random, normals, and
 * NaN or Inf sprinkled in when `specials`. */
void check_fill_bytes(struct check_rand *rand, void *dst, size_t n);
void check_fill_codes(struct check_rand *rand, uint8_t *dst, size_t n, const ffp8_format *format, bool specials);
void check_fill_f32(struct check_rand *rand, float *dst, size_t n, bool specials);
/* Elements of a class as their bits, |integer| <= limit. `exact`: small integers whose products and sums have few bits. */
void check_fill_elements(struct check_rand *rand, uint32_t *dst, size_t n, ffp8_class c, int limit, bool exact, bool specials);

/* All legal formats of signs, widths, specials, flags and a set of biases; the i-th, false from the count on. */
bool check_format_at(size_t i, ffp8_format *format);
size_t check_format_count(void);
/* A random one, sometimes a codebook (whose values lie in run-owned memory that the next call may overwrite). */
void check_random_format(struct check_run *run, ffp8_format *format);
/* A random one whose lut can be of class c, without the codes in need of excluding; false: none found. */
bool check_random_format_of(struct check_run *run, ffp8_class c, ffp8_format *format);

/* ---------------------------------------------------------------------------------------------------------------
 * Independent truth (check_exact.c)
 */
double check_decode(const ffp8_format *format, uint8_t code); /* by ldexp from the formula; the library's tables are not asked */

/* The exact sum of products of floats: a fixed-point number of 704 bits from 2^-320 up, in 32-bit limbs with deferred carries. */
enum { CHECK_LIMBS = 22 };
struct check_sum {
    int64_t limb[CHECK_LIMBS];
    bool nan, plus_infinity, minus_infinity;
};
void check_sum_clear(struct check_sum *sum);
void check_sum_add(struct check_sum *sum, float a, float b);
double check_sum_value(const struct check_sum *sum); /* rounded to double; NaN, +-Inf as IEEE arithmetic gives in any order */

/* gamma(n) = n u / (1 - n u), u = 2^-24: the relative error of n roundings in FP32. */
double check_gamma(double n);
/* The n of a sum of k products of a class in one go: k roundings of at most u, or, where Arm's dot instruction rounds the sum of a BF16 word's
 * two products and what it adds to to odd, at most 2 u for each word. */
double check_roundings(ffp8_class c, size_t k);
/* The most that one of them loses besides to underflow: BF16 dot products flush, FMA has denormals. Elements are values times 2^-shift. */
double check_underflow(ffp8_class c, int shift);

/* ---------------------------------------------------------------------------------------------------------------
 * Buffers (check_buf.c)
 */
enum check_role { CHECK_IN, CHECK_OUT, CHECK_INOUT, CHECK_SCRATCH };
enum check_place { CHECK_AT_END, CHECK_AT_START, CHECK_INSIDE, CHECK_PLACES };

struct check_buffer {
    const char *name;
    enum check_role role;
    size_t rows, row_bytes, stride_bytes, bytes; /* bytes: from the first row's first to the last row's last */
    void *data;                                  /* for the case to fill and read */
    void *kernel;                                /* for the kernel: the same memory, an input through a read-only mapping */
    uint8_t *region, *alias;                     /* both mappings, between guards */
    size_t capacity;
    uint8_t *saved; /* INOUT: content before the call */
    size_t saved_capacity;
};
enum { CHECK_BUFFERS = 16 };

struct check_run {
    const struct ffp8_kernels *kernels;
    const struct check_slot *slot;
    struct check_rand rand;
    uint64_t seed;
    struct check_result *result;
    char shape[512];
    enum check_place place;
    unsigned misalign; /* 0..15, for CHECK_INSIDE */
    unsigned poison;   /* 0 or 1 */
    struct check_buffer buffers[CHECK_BUFFERS];
    size_t used;
    void (*invoke)(void *argument);
    void *argument;
    float codebook[256];
};

/* Starts a new call: gives all buffers back and draws a placement. */
void check_begin(struct check_run *run);
/* `rows` rows of row_bytes, stride_bytes apart, placed flush against a guard page or amid canaries. The start is a multiple of alignment. */
struct check_buffer *check_buffer(struct check_run *run, const char *name, enum check_role role, size_t rows, size_t row_bytes,
                                  size_t stride_bytes, size_t alignment);
static inline struct check_buffer *check_array(struct check_run *run, const char *name, enum check_role role, size_t n,
                                               size_t element_bytes) {
    return check_buffer(run, name, role, 1, n * element_bytes, n * element_bytes, element_bytes);
}
void check_poison(struct check_run *run);                     /* fills all pure outputs */
void check_save(struct check_run *run);                       /* keeps, or */
void check_restore(struct check_run *run);                    /* gives back what INOUT buffers held */
bool check_canaries(struct check_run *run);                   /* false: fails the run */
bool check_blame(struct check_run *run, const void *address); /* a fault at an address inside a guard or an input: fails the run */
void check_release(struct check_run *run);

/* The words of the shape and data of the call to come, for messages. */
void check_describe(struct check_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Calls invoke(argument) under guard: faults, environment, canaries. False when the case has failed. */
bool check_call(struct check_run *run, void (*invoke)(void *argument), void *argument);
void check_fail(struct check_run *run, enum check_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline bool check_failed(const struct check_run *run) { return run->result->kind != CHECK_PASSED; }

/* ---------------------------------------------------------------------------------------------------------------
 * Comparators (check_cmp.c). All return false when the case has failed, and count what they compare.
 */
enum check_type { CHECK_U8, CHECK_U16, CHECK_BF16, CHECK_F16, CHECK_I32, CHECK_F32, CHECK_F64 };
enum { CHECK_ANY_NAN = 1 }; /* one NaN is as good as another: for results of arithmetic, whose payload IEEE 754 leaves open */
/* rows x cols elements of buffer `got` (its own stride) against want[row * ld_want + col]. */
bool check_bits(struct check_run *run, const struct check_buffer *got, const void *want, size_t ld_want, enum check_type type,
                unsigned flags);
/* One returned value. */
bool check_float(struct check_run *run, const char *name, float got, float want);
/* |got - want| <= bound; NaN and Inf must agree. An infinite bound: any value goes. */
bool check_within(struct check_run *run, const struct check_buffer *buffer, size_t row, size_t col, double got, double want, double bound);
/* Within `ulp` units in the last place of FP32 of want. */
bool check_ulp(struct check_run *run, const struct check_buffer *buffer, size_t col, float got, double want, double ulp);
/* After a wrong value: calls again on other poison to tell wrong, not written and reads-its-output apart. */
enum check_kind check_classify(struct check_run *run, const struct check_buffer *got, size_t offset, size_t element_bytes);

/* ---------------------------------------------------------------------------------------------------------------
 * Cases (tests/cases)
 */
void check_table_body(struct check_run *run);
void check_decode_body(struct check_run *run);
void check_decode_pairs_body(struct check_run *run);
void check_transpose_body(struct check_run *run);
void check_encode_body(struct check_run *run);
void check_widen_body(struct check_run *run);
void check_rescale_body(struct check_run *run);
void check_narrow_body(struct check_run *run);
void check_amax_body(struct check_run *run);
void check_expand_body(struct check_run *run);
void check_dot_body(struct check_run *run);
void check_fused_body(struct check_run *run);
void check_direct_body(struct check_run *run);
void check_depthwise_body(struct check_run *run);
void check_epilogue_body(struct check_run *run);
void check_finish_codes_body(struct check_run *run);
void check_gemm_body(struct check_run *run);
void check_conv_body(struct check_run *run);

#endif
