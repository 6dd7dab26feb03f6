/* SPDX-License-Identifier: Apache-2.0
 *
 * kernels.h - the contract between dispatch/ (which decides) and kernels/ (which computes)
 *
 * Every kernel's signature and meaning stands here once. A tier is one complete const table of them. The generic table is the
 * specification: the tests walk all tables and compare every kernel with the generic one of the same slot.
 *
 * Rules for every kernel:
 *   - no over-read and no over-write, not even by one byte; any alignment of user data (panels and luts are 64-byte aligned);
 *   - no allocation, no branch on the CPU, MXCSR / FPCR unchanged, no dependence on FTZ/DAZ being on;
 *   - "exact" slots are bitwise equal to generic; the others obey docs/numerics.md.
 *
 * Formats do not reach kernels; arithmetic classes do (ffp8_class). An operand's value is element * 2^shift, the element being exact in
 * its class: int8, int16, BF16, FP16 or FP32. The power of two leaves with the scales.
 */
#ifndef FFP8_KERNELS_H
#define FFP8_KERNELS_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffp8/ffp8.h"

enum {
    FFP8_CLASS_COUNT = 5,
    FFP8_NR = 32,                                /* columns of a panel */
    FFP8_WORD_BYTES = 4,                         /* one k-step of a lane: 4 int8, 2 int16, 2 bf16, 2 f16 or 1 f32 */
    FFP8_LINE_BYTES = 64,                        /* packed weights: 32 columns times one pair of k */
    FFP8_STEP_BYTES = FFP8_NR * FFP8_WORD_BYTES, /* expanded panel: 32 words, one a column */
    FFP8_MAX_MR = 16,                            /* no tier's row tile is larger */
    FFP8_MOST_CARRIES = 512,                     /* of a sum: so many that its upper half is exact in FP32 */
    FFP8_DIRECT_SPREAD = 8,                      /* direct kernels spread a column's terms over at least twice so many int32 sums */
    FFP8_I16_LIMIT = 4095                        /* largest magnitude of an I16 element: 4032 is what E3M5 needs */
};

static inline const char *ffp8_class_name(ffp8_class c) {
    static const char *const names[FFP8_CLASS_COUNT] = {"i8", "i16", "bf16", "f32", "f16"};
    return names[c];
}

/* Elements in a word, by class, and back. */
static inline size_t ffp8_class_elements(ffp8_class c) { return c == FFP8_CLASS_I8 ? 4 : c == FFP8_CLASS_F32 ? 1 : 2; }
static inline size_t ffp8_class_bytes(ffp8_class c) { return FFP8_WORD_BYTES / ffp8_class_elements(c); }
static inline size_t ffp8_class_words(ffp8_class c, size_t k) {
    size_t e = ffp8_class_elements(c);
    return (k + e - 1) / e;
}

/* ---------------------------------------------------------------------------------------------------------------
 * Look-up table: all that a kernel knows of a format. Built by dispatch/lut.c.
 *
 * element[c] is the whole truth: the element of code c in the class that the lut was built for, zero-extended. plane[j][c] is its byte j.
 * The arithmetic descriptions are short cuts that agree with element[] for every code below special_lo (after masking); the builder
 * sets one only if that holds.
 */
enum ffp8_lut_kind {
    FFP8_LUT_TABLE, /* nothing but the table is known */
    FFP8_LUT_HALF,  /* F32: element = half_to_float((c & sign_mask) << 8 | (c & magnitude_mask) << half_shift): exact for x <= 5 with
                        the shift chosen as 15 - bias. F16: the half itself. BF16 and ffp8_decode's tables are not of this kind. */
    FFP8_LUT_FLOAT, /* F32, where HALF does not serve: with m = c & magnitude_mask, element = u << 16, u = ((c & sign_mask) << 8 |
                        m << (half_shift - 3)) + float_base + (m < 16 ? float_fix[0][m] | float_fix[1][m] << 8 : 0) modulo 2^16. What
                        is fixed are subnormals: up to 16 of a sign. */
    FFP8_LUT_NIBBLE /* I8, I16: element = step[c >> 4] * (offset[c >> 4] + (c & 15)): exact for x <= 3; I8: modulo 256 */
};

struct ffp8_lut {
    alignas(64) uint32_t element[256];
    alignas(64) uint8_t plane[4][256];
    ffp8_class class_of;
    int shift; /* value = element * 2^shift */
    enum ffp8_lut_kind kind;
    bool mirrored;           /* BF16, F16, F32 (element bytes): element[c | 0x80] == element[c] with the top bit set, for all c < 128 */
    bool negated;            /* I8, I16: element[c | 0x80] == -element[c] for all c < 128 */
    bool same;               /* I8: element[c] == c: UINT8 and two's complement */
    bool special_minus_zero; /* code 0x80 is NaN (FNUZ, P3109 signed) */
    uint8_t sign_mask;       /* 0x80, or 0 for unsigned formats */
    uint8_t magnitude_mask;  /* 0x7F, or 0xFF for unsigned formats */
    uint16_t special_lo;     /* codes with (c & magnitude_mask) >= special_lo are Inf or NaN; 256: there are none */
    uint8_t half_shift;      /* 10 - fraction_bits */
    alignas(16) int8_t step[16];
    alignas(16) uint8_t offset[16];
    alignas(16) uint8_t float_fix[2][16];
    uint16_t float_base;
};

/* Array decode: dst[i] = element[src[i]] as 1, 2 or 4 bytes. Exact. decode8 serves I8 staging, decode16 I16, BF16 and F16 (any lut whose
 * element[] holds 16-bit results), decode32 F32. kind is a hint that a kernel may ignore. */
typedef void ffp8_decode8_fn(const uint8_t *src, uint8_t *dst, size_t n, const struct ffp8_lut *lut);
typedef void ffp8_decode16_fn(const uint8_t *src, uint16_t *dst, size_t n, const struct ffp8_lut *lut);
typedef void ffp8_decode32_fn(const uint8_t *src, uint32_t *dst, size_t n, const struct ffp8_lut *lut);
/* Two arrays to words of two elements: dst[i] = element[low[i]] | element[high[i]] << 16; elements of an array that is NULL are 0. Exact.
 * For I16 and BF16 luts. */
typedef void ffp8_decode_pairs_fn(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut);

/* Transpose: dst[j * ld_dst + i] = src[i * ld_src + j] for i < rows, j < columns, in elements of 8, 16 or 32 bits at any address. Exact. */
typedef void ffp8_transpose_fn(const void *src, size_t ld_src, void *dst, size_t ld_dst, size_t rows, size_t columns);

/* ---------------------------------------------------------------------------------------------------------------
 * Encode. Exact.
 *
 * v = src[i] * scale (one FP32 rounding). With m * 2^(E - 23) = |v| (m the 24-bit significand, E its exponent, -126 for denormals) and
 * e = max(E, lowest_exponent): shift = 23 - fraction_bits + e - E (may exceed 32), q = m >> shift, rest32 = the 32 bits of m that follow q
 * (bits below them are dropped: they cannot decide), base = (e - lowest_exponent) << fraction_bits.
 *   NEAREST_EVEN : up = rest32 > 2^31 || (rest32 == 2^31 && (base + q) odd)
 *   NEAREST_AWAY : up = rest32 >= 2^31      TOWARD_ZERO : up = 0      STOCHASTIC : up = ffp8_random32(key, index + i) < rest32
 * code = base + q + up. Then, with s the sign of v: NaN -> nan; |v| = Inf -> infinity[s]; code > max_code -> overflow[s];
 * code == 0 -> zero[s]; else s && !sign_bits -> negative; else code | s << 7.
 * The builder guarantees that infinity[1], overflow[1] already hold `negative` for unsigned formats, and lowest_exponent >= -126: formats
 * that reach further down, where |v| has no normal form, are encoded by table.
 */
struct ffp8_encoder {
    float scale;
    uint32_t sign_bits, fraction_bits;
    int32_t lowest_exponent; /* 1 - bias */
    uint32_t max_code;       /* largest finite magnitude code */
    uint8_t overflow[2], infinity[2], zero[2], negative, nan;
    ffp8_rounding rounding;
    uint64_t seed;
    /* Codebooks, formats without subnormals and formats with a bias above 127 are encoded by search (encode_table): the distinct finite
     * values, ascending, and their codes (+0 for zero; the smallest code of a value that several share). What rounds to beyond[0] (one
     * step above the largest) or beyond[1] (one below the smallest) overflows: the formula's next value, or a codebook's last gap once
     * more. */
    bool by_table;
    uint32_t count;
    double beyond[2];
    float value[256];
    uint8_t code[256];
};
typedef void ffp8_encode_fn(const float *src, uint8_t *dst, size_t n, const struct ffp8_encoder *encoder, uint64_t index);

/* Array conversions between FP32 and 16-bit floats; exact or rounded to nearest even as IEEE 754 says, denormals kept, a NaN stays a quiet
 * NaN with the top bits of its payload (as F16C does). */
typedef void ffp8_widen_fn(const uint16_t *src, float *dst, size_t n);
typedef void ffp8_narrow_fn(const float *src, uint16_t *dst, size_t n);

/* In place, of BF16 (rescale16) or FP32 elements (rescale32): element[i] * 2^(e8m0[i / block] - 127 + shift). Exact: the driver knows that all but
 * zeros, Inf and NaN, which stay, are in the normal range before and after. block is 1 or more. */
typedef void ffp8_rescale_fn(void *elements, size_t n, size_t block, const uint8_t *e8m0, int shift);

/* max |x[i]|, or NaN if any is NaN; 0 for n = 0. Exact. */
typedef float ffp8_amax_fn(const float *x, size_t n);

/* ---------------------------------------------------------------------------------------------------------------
 * Packed weights -> expanded panel. Exact.
 *
 * A packed line (64 bytes) holds 32 columns times k, k+1: in 16-byte group g = 0..3, bytes 0..7 are columns 4g..4g+3 and bytes 8..15
 * columns 16+4g..16+4g+3, each as (k, k+1): an unpack of (low bytes, high bytes) lands 16-bit elements in column order.
 * expand: `words` k-steps of class c, from lines to [words][32 columns] words. One word takes 2 lines (I8), 1 line (I16, BF16, F16), or half
 * a line (F32: even k, then odd k; `words` may be odd). An I8 panel starts with one step of int32: -128 times the sum of the column's
 * elements in this block, which the dot kernel adds when A is offset by 128.
 */
enum ffp8_panel {
    FFP8_PANEL_STEPS,
    FFP8_PANEL_UNZIPPED, /* F16: [words][4][2][8] elements: the first ones of 8 columns' words, then their second ones */
    /* Of tiers whose instructions multiply matrices; steps that are left over follow as above. */
    FFP8_PANEL_PAIRED, /* [words / 2][32 columns][2] words */
    FFP8_PANEL_SPLIT /* I16: [words / 4][16][2][2][8] bytes: 8 elements of two columns, element = low + 256 high, low from -128 to 127; both
                          columns' low bytes, then their high ones */
};
typedef void ffp8_expand_fn(const uint8_t *lines, void *panel, size_t words, const struct ffp8_lut *lut);
static inline size_t ffp8_panel_bytes(ffp8_class c, size_t words) { return (words + (c == FFP8_CLASS_I8)) * FFP8_STEP_BYTES; }

/* ---------------------------------------------------------------------------------------------------------------
 * The micro-kernel: batch-reduce. For r < rows, j < cols:
 *     sum[r][j] = sum over i < count, w < words of  a[i](row r, word w) . b[i](word w, column j)       (. = dot of the words' elements)
 * a[i] points to row 0 of the tile in segment i, rows lie lda_bytes apart, words in a row are contiguous, alignment is 1.
 * b[i] + b_at points to an expanded panel (dot) or to packed lines (fused, which decodes with `lut` in registers) of 32 columns, those of the
 * next 32 lie b_step bytes on.
 * direct takes plain weights: count is 1, words is not looked at, b[0] + b_at points to `cols` rows of `terms` codes, ldb bytes apart, a[0] to rows
 * of `terms` elements, whole words or not. Neither is read beyond that. Code that stands for what is not there: pad_code, a finite element. sum is exact
 * up to FFP8_DIRECT_SPREAD times as many terms as int32 holds.
 * Then, with col_scale as FP32 and s = row_scale ? row_scale[r] * col_scale[j] : col_scale[j]:
 *     t = sum (+ part[r][j] if PART_IN);   PART_OUT: part[r][j] = t;   else c[r][j] = ADD ? fma(f32(t), s, c[r][j]) : f32(t) * s.
 * Only I8 and I16 know PART_*: there sums are exact, and f32() rounds once. I8: sum is exact in int32, with room for 16 bits more, for the driver
 * keeps count * words below the limit. I16: int32 holds carry_words words (1 or more), with the same room; before it overflows, dot and fused
 * carry its upper half on.
 * part is low + 65536 high, low from 0 to 65535; or low alone, any int32, where high is NULL: then the sum of all calls that pass it on fits.
 * The driver keeps all that is summed below FFP8_MOST_CARRIES * carry_words words, so that both halves are exact floats.
 * BF16, F16 and F32: f32() is the identity; the order of summation is the tier's, documented beside the kernel, and depends on nothing but words and
 * count.
 * EACH: segment i is a sum of its own, with col_scale + i * ld_col_scale and row_scale + i * ld_row_scale; those after the first are added to
 * c whether ADD is set or not. Not with PART_*, not for direct. count is 1 or more.
 * I8: a holds uint8 = element + a_offset, b int8; each b panel's head makes up for a_offset = 128. (a_offset = 0: the head is ignored.)
 */
enum {
    FFP8_DOT_ADD = 1,
    FFP8_DOT_PART_IN = 2,
    FFP8_DOT_PART_OUT = 4,
    FFP8_DOT_EACH = 8,
    FFP8_DOT_E8M0 = 16,
    FFP8_DOT_FAR = 32 /* c's places are hardly in L1: kernels had better fetch them before they sum */
};
struct ffp8_dot {
    const void *const *a;
    const void *const *b;
    size_t b_at, b_step; /* bytes; b_step: looked at only where cols exceeds 32 */
    size_t count, words;
    size_t lda_bytes;
    size_t rows; /* 1..mr of the class (dot), 1..fused_rows (fused), 1..direct_rows (direct) */
    size_t cols; /* 1 or more */
    float *c;
    size_t ldc;          /* elements */
    int32_t *low, *high; /* looked at only with PART_*; whole panels can be read and written */
    size_t ld_part;
    const float *row_scale;            /* rows, or NULL */
    const void *col_scale;             /* float; E8M0: uint8_t codes. Readable up to a multiple of 32 */
    size_t ld_row_scale, ld_col_scale; /* EACH only */
    size_t carry_words;                /* I16, not direct */
    const struct ffp8_lut *lut;        /* fused, direct: the weights' lut */
    size_t terms, ldb;                 /* direct only */
    uint8_t pad_code;                  /* direct only */
    uint32_t flags;
    uint8_t a_offset; /* I8 only: 128 or 0 */
    /* dot: what will be wanted next. Kernels may fetch the line at fetch + i * fetch_step into L2 with the i-th four words that they multiply. */
    const uint8_t *fetch;
    size_t fetch_step;
};
typedef void ffp8_dot_fn(const struct ffp8_dot *d);

/* A call for `most` columns from `column` on, or as many as there are: d itself where it has no more, for a copy waits for the stores that made
 * the original, longer than short sums take. */
static inline const struct ffp8_dot *ffp8_dot_columns(const struct ffp8_dot *d, size_t column, size_t most, struct ffp8_dot *copy) {
    const size_t i = column / FFP8_NR;
    if (d->cols <= most) return d;
    *copy = *d;
    copy->cols = d->cols - column < most ? d->cols - column : most;
    copy->b_at += i * d->b_step;
    copy->c += column;
    if (d->flags & (FFP8_DOT_PART_IN | FFP8_DOT_PART_OUT)) {
        copy->low += column;
        if (d->high) copy->high += column;
    }
    copy->col_scale = (const uint8_t *)d->col_scale + column * (d->flags & FFP8_DOT_E8M0 ? 1 : sizeof(float));
    copy->fetch += i * (d->count * (d->words / 4) * d->fetch_step);
    return copy;
}

static inline const struct ffp8_dot *ffp8_dot_panel(const struct ffp8_dot *d, size_t column, struct ffp8_dot *copy) {
    return ffp8_dot_columns(d, column, FFP8_NR, copy);
}

/* Kernels that compute a panel at a time. */
typedef void ffp8_dot_panel_fn(const struct ffp8_dot *panel, ffp8_class c);
static inline __attribute__((always_inline)) void ffp8_dot_panels(const struct ffp8_dot *d, ffp8_class c, ffp8_dot_panel_fn *compute) {
    struct ffp8_dot copy;
    for (size_t column = 0; column < d->cols; column += FFP8_NR) compute(ffp8_dot_panel(d, column, &copy), c);
}

/* The sum of an element of C that is whole in int64, for kernels that pass parts on one by one: adds what came in, and hands it on if it is to. */
static inline float ffp8_dot_pass_part(const struct ffp8_dot *d, size_t r, size_t j, int64_t sum) {
    const size_t at = r * d->ld_part + j;
    if (d->flags & FFP8_DOT_PART_IN) sum += d->low[at] + (d->high ? d->high[at] * INT64_C(65536) : 0);
    if (d->flags & FFP8_DOT_PART_OUT) {
        d->low[at] = (int32_t)(d->high ? sum & 0xFFFF : sum);
        if (d->high) d->high[at] = (int32_t)(sum >> 16);
    }
    return (float)sum;
}

/* Segment i of B. */
static inline const uint8_t *ffp8_dot_b(const struct ffp8_dot *d, size_t i) { return (const uint8_t *)d->b[i] + d->b_at; }

/* How segment i's sum is scaled, or that of all segments (i = 0). */
struct ffp8_dot_scale {
    const float *row;
    const void *col;
    bool e8m0, add;
};
static inline struct ffp8_dot_scale ffp8_dot_scale_of(const struct ffp8_dot *d, size_t i) {
    const bool e8m0 = d->flags & FFP8_DOT_E8M0;
    return (struct ffp8_dot_scale){d->row_scale ? d->row_scale + i * d->ld_row_scale : NULL,
                                   (const uint8_t *)d->col_scale + i * d->ld_col_scale * (e8m0 ? 1 : sizeof(float)), e8m0,
                                   d->flags & FFP8_DOT_ADD || i > 0};
}

/* ---------------------------------------------------------------------------------------------------------------
 * Depthwise, and groups of a few channels: output channels in lanes. For r < rows, p < pixels, ch < channels:
 *     c[r][p][ch] = f32(sum over t < taps of  x[t][(first + p) * ldx + (lane ? lane[ch] : ch)] . w[r * taps + t][ch]) * scale[ch]
 * (. = dot of the words' elements) where x[t] and w[t] point to words: two I16 or BF16 elements, or one F32. lane[] never falls.
 * I16: exact in int32 (the driver checks taps), rounded once. BF16, F32: into one sum from 0 in increasing t; F32 by FMA, exact; BF16 in the
 * order within a word that is the tier's.
 */
enum {
    FFP8_LANES_ROWS = 2,
    FFP8_LANES_TILE = 14 /* pixels of all rows together that are a good tile: maps of networks are multiples of 7 wide */
};
struct ffp8_depthwise {
    const void *const *x; /* [taps]: first pixel's first word under tap t */
    const void *const *w; /* [rows * taps] */
    size_t taps, rows;    /* 1 or 2 rows of outputs that see the same words of x */
    size_t first, pixels, channels;
    size_t ldx;           /* words from a pixel to the next */
    const uint32_t *lane; /* [channels]: the word of a pixel that a channel sees; NULL: its own */
    float *c;
    size_t ldc, row_stride; /* elements from a pixel to the next, and from one row to the other */
    const float *scale;     /* [channels] */
};
typedef void ffp8_depthwise_fn(const struct ffp8_depthwise *d);

/* ---------------------------------------------------------------------------------------------------------------
 * Epilogue of one row, in place: y = activation(((y + bias) + residual) + addend), each of the three skipped when NULL.
 * Returns max |y| as ffp8_amax_fn does. NONE, RELU, CLIP: exact. The rest: see docs/numerics.md.
 */
struct ffp8_finish {
    ffp8_activation activation;
    float clip_min, clip_max;
};
typedef float ffp8_epilogue_fn(float *y, size_t n, const float *bias, const float *residual, const float *addend,
                               const struct ffp8_finish *finish);

/* Epilogue and encoding in one pass: dst[r * ld_dst + i] is what encode makes of the epilogue's y[r * ld_y + i] at index + r * ld_dst + i, bit
 * for bit. y may be overwritten, with anything. The encoder's scale is positive. */
struct ffp8_sums {
    float *y;
    uint8_t *dst;
    size_t rows, n, ld_y, ld_dst;
    const float *bias;              /* [n], of each row, or NULL */
    const float *residual, *addend; /* [n] or NULL; rows is 1 where there are any */
    uint64_t index;
};
typedef void ffp8_finish_codes_fn(const struct ffp8_sums *sums, const struct ffp8_finish *finish, const struct ffp8_encoder *encoder);
static inline void ffp8_finish_in_two_passes(const struct ffp8_sums *s, const struct ffp8_finish *finish,
                                             const struct ffp8_encoder *encoder, ffp8_epilogue_fn *epilogue, ffp8_encode_fn *encode) {
    for (size_t r = 0; r < s->rows; r++) {
        float *y = s->y + r * s->ld_y;
        epilogue(y, s->n, s->bias, s->residual, s->addend, finish);
        encode(y, s->dst + r * s->ld_dst, s->n, encoder, s->index + r * s->ld_dst);
    }
}

/* ---------------------------------------------------------------------------------------------------------------
 * The table of a tier. Nothing is NULL: what a tier does not speed up it names from a lower tier or from generic.
 */
struct ffp8_kernels {
    const char *name;
    ffp8_isa isa;
    uint64_t needs; /* FFP8_CPU_* bits of dispatch/cpu.h, all of which must be present */

    /* Class that this tier computes a product's class in, e.g. avx2: { I16, I16, F32, F32, F32 }. F16: itself where BF16 and F32 products of halves
     * run in it, else F32. */
    ffp8_class runs_as[FFP8_CLASS_COUNT];
    uint8_t mr[FFP8_CLASS_COUNT];                    /* rows of the dot kernels' tile */
    uint8_t panel[FFP8_CLASS_COUNT];                 /* enum ffp8_panel: what expand writes and dot reads */
    uint8_t fused_rows;                              /* rows of the fused kernels' tile */
    uint8_t direct_rows;                             /* rows of the direct kernels' tile */
    uint8_t most_direct_rows[FFP8_CLASS_COUNT];      /* up to so many rows of A, direct beats packing first; at most those that are fused */
    uint8_t most_fused_rows[FFP8_CLASS_COUNT];       /* up to so many rows of A, fused beats expand and dot ... */
    uint8_t most_fused_rows_short[FFP8_CLASS_COUNT]; /* ... where a scale serves but a few words, and fused pays for it once in each tile */
    uint32_t kc_bytes;                               /* K block: expanded bytes of one column */
    uint32_t nc_columns; /* N block: columns whose expanded K block is kept (L2), or more that are shorter; a multiple of 32 */
    uint32_t mc_rows;    /* M block: rows of A that are staged at once */

    ffp8_decode8_fn *decode8;
    ffp8_decode16_fn *decode16;
    ffp8_decode32_fn *decode32;
    ffp8_decode_pairs_fn *decode_pairs;
    ffp8_transpose_fn *transpose8, *transpose16, *transpose32;
    ffp8_encode_fn *encode;
    ffp8_encode_fn *encode_table;
    ffp8_widen_fn *widen_bf16, *widen_f16;
    ffp8_narrow_fn *narrow_bf16, *narrow_f16;
    ffp8_rescale_fn *rescale16, *rescale32;
    ffp8_amax_fn *amax;
    ffp8_expand_fn *expand[FFP8_CLASS_COUNT];
    ffp8_dot_fn *dot[FFP8_CLASS_COUNT];
    ffp8_dot_fn *fused[FFP8_CLASS_COUNT];
    ffp8_dot_fn *direct[FFP8_CLASS_COUNT];
    ffp8_depthwise_fn *depthwise_i16, *depthwise_bf16, *depthwise_f32;
    ffp8_epilogue_fn *epilogue;
    ffp8_finish_codes_fn *finish_codes;
};

/* The slot that serves an encoder. */
static inline ffp8_encode_fn *ffp8_encode_of(const struct ffp8_kernels *kernels, const struct ffp8_encoder *encoder) {
    return encoder->by_table ? kernels->encode_table : kernels->encode;
}

extern const struct ffp8_kernels ffp8_kernels_generic;
extern const struct ffp8_kernels ffp8_kernels_avx2;
extern const struct ffp8_kernels ffp8_kernels_avxvnni;
extern const struct ffp8_kernels ffp8_kernels_avx512;
extern const struct ffp8_kernels ffp8_kernels_avx512vnni;
extern const struct ffp8_kernels ffp8_kernels_avx512bf16;
extern const struct ffp8_kernels ffp8_kernels_neon;
extern const struct ffp8_kernels ffp8_kernels_neonfp16;
extern const struct ffp8_kernels ffp8_kernels_neondotprod;
extern const struct ffp8_kernels ffp8_kernels_neonbf16;

#endif
