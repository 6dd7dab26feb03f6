/* SPDX-License-Identifier: Apache-2.0
 *
 * packed.h - the blob of packed weights: header, layout, checks
 *
 *     header    128 bytes
 *     weights   [blocks][segments][segment_lines][64 bytes]
 *     scales    [k blocks][row blocks, a multiple of 32], so that kernels can read those of a panel where they lie; absent when every scale is 1
 *     codebook  256 floats; absent for formats that the formula describes
 *
 * GEMM and convolution: a block is a panel of 32 output columns of one group (blocks = groups * ceil(n / groups / 32)), a segment a run of k
 * that activations hold contiguously (GEMM: all of k; convolution: a tap or a row of taps), a line 32 columns times one pair of k (byte order:
 * kernels.h). segment_lines = 2 * ceil(segment_k / 4): a segment is whole words of every class. What is padding, in columns or in k, holds
 * `pad_code`: a finite code, that of zero where there is one, so that zeros in A make padded products zero.
 * Depthwise, and groups of a few channels: one block, a segment is a tap and an input channel of the group and holds one byte for each output
 * channel: [taps][c_in / groups][ceil(n / 64)][64 bytes].
 *
 * Everything begins at a multiple of 64 bytes. The header stores what was packed; where things lie follows from that: each reader lays the
 * blob out anew and compares the size, so that no damaged header can lead an operator outside.
 */
#ifndef FFP8_PACKED_H
#define FFP8_PACKED_H

#include "../kernels/kernels.h"
#include "scales.h"

enum ffp8_packed_kind { FFP8_PACKED_GEMM = 0, FFP8_PACKED_CONV = 1, FFP8_PACKED_DEPTHWISE = 2 };
enum { FFP8_PACKED_VERSION = 3 };

struct ffp8_packed_header { /* little-endian; no byte of it is without a meaning */
    uint8_t magic[8];
    uint16_t layout_version;
    uint16_t kind;
    uint8_t sign_bits, exponent_bits, fraction_bits, specials;
    uint64_t n; /* output channels, all groups together */
    uint64_t k; /* terms of one output: GEMM: k; convolution: c_in / groups * kernel_h * kernel_w */
    uint64_t groups, kernel_h, kernel_w;
    uint64_t segments, segment_k;
    uint64_t scale_block_rows, scale_block_k; /* as given */

    uint32_t format_flags;
    int32_t bias;
    uint16_t scale_type;
    uint8_t has_scales, has_codebook;

    /* Measured */
    uint32_t densest;     /* I16: the largest sum of |integers| that a column has in a block (packed.c); else 0 */
    uint16_t classes;     /* of the codes that occur: bits 1 << ffp8_class */
    uint8_t special_used; /* 1: an Inf or NaN code occurs */
    uint8_t pad_code;
    int16_t scale_low, scale_high; /* struct ffp8_exponents of the scales */

    uint64_t bytes;    /* of the blob: follows from the members before the measured ones */
    uint64_t checksum; /* of the whole blob with this member zero */
};
_Static_assert(sizeof(struct ffp8_packed_header) == 128, "the header's size is part of the layout version");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packed weights are little-endian");

/* What follows from a header and is not stored. */
struct ffp8_packed_places {
    uint64_t segment_lines, blocks;
    uint64_t scale_blocks, scale_ld;         /* blocks along k; along n, rounded up */
    uint64_t scales_offset, codebook_offset; /* 0: absent */
};

/* Fills all members but the measured ones and the checksum. FFP8_ERROR_OVERFLOW. Arguments have been validated; `scales` have block_k 0 or a multiple of 4. */
ffp8_status ffp8_packed_layout(struct ffp8_packed_header *header, struct ffp8_packed_places *places, enum ffp8_packed_kind kind, size_t n,
                               size_t k, size_t groups, size_t kernel_h, size_t kernel_w, size_t segments, size_t segment_k,
                               const ffp8_format *format, const ffp8_scales *scales);

/* Terms that an int32 sum of products has room for, besides 16 bits of what was carried on: any terms that follow each other, whole segments
 * left out or not, if |A's integers| are at most a_most. By what the weights are, which is more than their format promises; at least `least`, which
 * is what that allows. */
size_t ffp8_packed_exact_terms(const struct ffp8_packed_header *header, double a_most, size_t least);

/* Sets the measured members from the codes that occur (256 flags) and from the scales, but for ... */
void ffp8_packed_measure(struct ffp8_packed_header *header, const ffp8_format *format, const struct ffp8_scale_grid *scales,
                         const bool used[256]);

/* Writes header, scales and codebook to the blob, and the pad code all over the weights. Then the packer writes the weights ... */
void ffp8_packed_open(void *blob, const struct ffp8_packed_header *header, const struct ffp8_packed_places *places,
                      const ffp8_format *format, const ffp8_scales *scales);
/* ... sets `densest` by them ... */
void ffp8_packed_weigh(void *blob, const struct ffp8_packed_places *places, const ffp8_format *format);
/* ... and seals the blob with its checksum. */
void ffp8_packed_seal(void *blob);

/* What the packers check of their buffer: FFP8_ERROR_NULL, FFP8_ERROR_ALIGNMENT, FFP8_ERROR_BUFFER. */
ffp8_status ffp8_packed_buffer_check(const void *blob, size_t bytes, const struct ffp8_packed_header *header);

/* The operators' check: everything but the checksum and the measured facts. *header points into the blob.
 * FFP8_ERROR_NULL, FFP8_ERROR_ALIGNMENT, FFP8_ERROR_PACKED; FFP8_ERROR_BUFFER: `bytes` is less than the header says. */
ffp8_status ffp8_packed_header_check(ffp8_packed packed, const struct ffp8_packed_header **header, struct ffp8_packed_places *places);

/* Views into a checked blob. */
static inline const uint8_t *ffp8_packed_lines(const struct ffp8_packed_header *header) { return (const uint8_t *)(header + 1); }
ffp8_format ffp8_packed_format(const struct ffp8_packed_header *header, const struct ffp8_packed_places *places);
struct ffp8_scale_grid ffp8_packed_scales(const struct ffp8_packed_header *header, const struct ffp8_packed_places *places);

/* Byte of (column 0..31, k parity) within a line. */
static inline size_t ffp8_line_byte(size_t column, size_t odd) { return (column & 15) / 4 * 16 + column / 16 * 8 + column % 4 * 2 + odd; }

/* used[c] = true for each code c that occurs. */
void ffp8_mark_codes(const uint8_t *codes, size_t n, bool used[256]);

/* Writes the lines of one segment of one panel: code (column, i) is src[column * column_stride + i * k_stride]. Columns from `columns` on
 * and k beyond `k` get pad_code. */
void ffp8_pack_segment(const struct ffp8_kernels *kernels, uint8_t *lines, const uint8_t *src, size_t column_stride, size_t k_stride,
                       size_t columns, size_t k, uint8_t pad_code);

/* The lines of one segment of all columns, panel after panel. */
void ffp8_pack_panels(const struct ffp8_kernels *kernels, uint8_t *lines, const uint8_t *src, size_t column_stride, size_t k_stride,
                      size_t columns, size_t k, uint8_t pad_code);

#endif
