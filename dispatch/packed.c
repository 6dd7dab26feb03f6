/* SPDX-License-Identifier: Apache-2.0
 *
 * packed.c - lays out, writes and checks the blob of packed weights
 */
#include "packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../kernels/kernel_util.h"
#include "format.h"
#include "lut.h"
#include "scales.h"

static const uint8_t magic[8] = {'F', 'F', 'P', '8', 'P', 'A', 'C', 'K'};

/* *sum = *sum rounded up to 64, plus a * b. False: overflow. */
static bool grow(uint64_t *sum, uint64_t a, uint64_t b) {
    uint64_t area;
    if (__builtin_mul_overflow(a, b, &area) || __builtin_add_overflow(*sum, UINT64_C(63), sum)) return false;
    *sum &= ~UINT64_C(63);
    return !__builtin_add_overflow(*sum, area, sum);
}

/* Where things lie, and their bytes. False: overflow. */
static bool lay_out(const struct ffp8_packed_header *h, struct ffp8_packed_places *places, uint64_t *bytes) {
    struct ffp8_packed_places p = {0};
    uint64_t lines, total = sizeof *h;
    if (h->kind == FFP8_PACKED_DEPTHWISE) {
        p.blocks = 1;
        p.segment_lines = ffp8_ceil_div(h->n, FFP8_LINE_BYTES);
    } else {
        p.blocks = h->groups * ffp8_ceil_div(h->n / h->groups, FFP8_NR); /* <= n, or groups where that does not divide: checked before */
        p.segment_lines = ffp8_ceil_div(h->segment_k, 4);
        if (__builtin_mul_overflow(p.segment_lines, UINT64_C(2), &p.segment_lines)) return false;
    }
    if (__builtin_mul_overflow(p.blocks, h->segments, &lines) || __builtin_mul_overflow(lines, p.segment_lines, &lines)) return false;
    if (!grow(&total, lines, FFP8_LINE_BYTES)) return false;
    if (h->has_scales) {
        uint64_t count;
        p.scale_blocks = ffp8_scale_blocks(h->k, h->scale_block_k);
        p.scale_ld = ffp8_ceil_div(ffp8_scale_blocks(h->n, h->scale_block_rows), FFP8_NR);
        if (__builtin_mul_overflow(p.scale_ld, (uint64_t)FFP8_NR, &p.scale_ld)) return false;
        if (__builtin_mul_overflow(p.scale_blocks, p.scale_ld, &count)) return false;
        p.scales_offset = total; /* behind lines of 64 bytes */
        if (!grow(&total, count, h->scale_type == FFP8_SCALE_F32 ? sizeof(float) : 1)) return false;
    }
    if (h->has_codebook) {
        if (!grow(&total, 0, 0)) return false;
        p.codebook_offset = total;
        if (!grow(&total, 256, sizeof(float))) return false;
    }
    if (!grow(&total, 0, 0)) return false;
    *places = p;
    *bytes = total;
    return total <= SIZE_MAX / 2; /* so that differences of pointers into it are defined */
}

ffp8_status ffp8_packed_layout(struct ffp8_packed_header *header, struct ffp8_packed_places *places, enum ffp8_packed_kind kind, size_t n,
                               size_t k, size_t groups, size_t kernel_h, size_t kernel_w, size_t segments, size_t segment_k,
                               const ffp8_format *format, const ffp8_scales *scales) {
    *header = (struct ffp8_packed_header){
        .layout_version = FFP8_PACKED_VERSION,
        .kind = kind,
        .n = n,
        .k = k,
        .groups = groups,
        .kernel_h = kernel_h,
        .kernel_w = kernel_w,
        .segments = segments,
        .segment_k = segment_k,
        .sign_bits = format->sign_bits,
        .exponent_bits = format->exponent_bits,
        .fraction_bits = format->fraction_bits,
        .specials = format->specials,
        .format_flags = format->flags,
        .bias = format->bias,
        .has_codebook = format->codebook != NULL,
        .has_scales = scales->data != NULL,
    };
    memcpy(header->magic, magic, sizeof magic);
    if (scales->data) {
        header->scale_type = (uint16_t)scales->type;
        header->scale_block_rows = scales->block_rows;
        header->scale_block_k = scales->block_k;
    }
    return lay_out(header, places, &header->bytes) ? FFP8_OK : FFP8_ERROR_OVERFLOW;
}

void ffp8_packed_measure(struct ffp8_packed_header *header, const ffp8_format *format, const struct ffp8_scale_grid *scales,
                         const bool used[256]) {
    const struct ffp8_exponents exponents = ffp8_scales_exponents(scales, header->n, header->k);
    float value[256];
    bool counted[256]; /* finite codes do whether they occur or not: luts are built for all of them */
    struct ffp8_landmarks marks;
    ffp8_format_values(format, value);
    ffp8_format_landmarks(format, &marks);
    header->special_used = 0;
    for (int c = 0; c < 256; c++) {
        counted[c] = used[c] || isfinite(value[c]);
        if (!isfinite(value[c])) header->special_used |= used[c];
    }
    header->classes = (uint16_t)ffp8_format_classes(format, counted);
    header->pad_code = (uint8_t)(marks.zero >= 0 ? marks.zero : marks.smallest);
    header->scale_low = (int16_t)exponents.low;
    header->scale_high = (int16_t)exponents.high;
}

void ffp8_packed_open(void *blob, const struct ffp8_packed_header *header, const struct ffp8_packed_places *places,
                      const ffp8_format *format, const ffp8_scales *scales) {
    uint8_t *bytes = blob;
    const size_t weights_end = sizeof *header + places->blocks * header->segments * places->segment_lines * FFP8_LINE_BYTES;
    memcpy(bytes, header, sizeof *header);
    memset(bytes + sizeof *header, header->pad_code, weights_end - sizeof *header);
    memset(bytes + weights_end, 0, header->bytes - weights_end);
    if (header->has_scales) {
        const size_t size = ffp8_scale_bytes(scales->type), rows = ffp8_scale_blocks(header->n, header->scale_block_rows);
        for (size_t b = 0; b < places->scale_blocks; b++)
            for (size_t r = 0; r < rows; r++)
                memcpy(bytes + places->scales_offset + (b * places->scale_ld + r) * size,
                       (const uint8_t *)scales->data + (r * scales->ld + b) * size, size);
    }
    if (header->has_codebook) memcpy(bytes + places->codebook_offset, format->codebook, 256 * sizeof(float));
}

/* A segment's words of two terms, which are a line each, and the blocks of about equal length that they are cut into for `densest`. */
struct blocks {
    size_t words, count, length, last_length;
};
static struct blocks cut_segment(const struct ffp8_packed_header *h) {
    enum { MOST = 128 };
    const size_t words = ffp8_ceil_div(h->segment_k, 2);
    if (words == 0) return (struct blocks){0};
    const size_t length = ffp8_ceil_div(words, ffp8_ceil_div(words, MOST)), count = ffp8_ceil_div(words, length);
    return (struct blocks){words, count, length, words - (count - 1) * length};
}

/* Sums of a block's magnitudes, side by side as bytes lie in a line. */
static uint32_t heaviest_column(const uint8_t *lines, size_t count, const uint16_t magnitude[256]) {
    uint32_t sum[FFP8_LINE_BYTES] = {0}, most = 0;
    for (size_t i = 0; i < count; i++, lines += FFP8_LINE_BYTES)
        for (size_t b = 0; b < FFP8_LINE_BYTES; b++) sum[b] += magnitude[lines[b]];
    for (size_t b = 0; b < FFP8_LINE_BYTES; b += 2) { /* k and k + 1 */
        const uint32_t column = sum[b] + sum[b + 1];
        if (column > most) most = column;
    }
    return most;
}

static uint32_t densest(const struct ffp8_packed_header *h, const struct ffp8_packed_places *places, const ffp8_format *format) {
    if (h->kind == FFP8_PACKED_DEPTHWISE || !(h->classes >> FFP8_CLASS_I16 & 1)) return 0;
    struct ffp8_lut lut;
    uint16_t magnitude[256];
    ffp8_lut_init(&lut, format, FFP8_CLASS_I16, true);
    for (int c = 0; c < 256; c++) magnitude[c] = (uint16_t)abs((int16_t)lut.element[c]);
    const struct blocks blocks = cut_segment(h);
    const uint8_t *lines = ffp8_packed_lines(h);
    uint32_t most = 0;
    for (uint64_t s = 0; s < places->blocks * h->segments; s++, lines += places->segment_lines * FFP8_LINE_BYTES)
        for (size_t w = 0; w < blocks.words; w += blocks.length) {
            const uint32_t sum = heaviest_column(lines + w * FFP8_LINE_BYTES, ffp8_min_size(blocks.length, blocks.words - w), magnitude);
            if (sum > most) most = sum;
        }
    return most;
}

void ffp8_packed_weigh(void *blob, const struct ffp8_packed_places *places, const ffp8_format *format) {
    struct ffp8_packed_header *header = blob;
    header->densest = densest(header, places, format);
}

size_t ffp8_packed_exact_terms(const struct ffp8_packed_header *header, double a_most, size_t least) {
    if (header->densest == 0 || a_most == 0) return least;
    const struct blocks blocks = cut_segment(header);
    const double fitting = floor((INT32_MAX - UINT16_MAX) / (a_most * header->densest));
    size_t terms = 0;
    if (fitting >= (double)blocks.count * (double)header->segments)
        terms = INT32_MAX; /* all blocks */
    else if (fitting >= 2) /* those that fill one block less, all as short as the last, touch no more, wherever they begin */
        terms = 2 * ((size_t)fitting - 1) * blocks.last_length;
    return terms > least ? terms : least;
}

/* FNV-1a over 64-bit words instead of bytes, with the high half folded down at each step. */
static uint64_t checksum(const uint8_t *blob, size_t bytes) {
    const size_t hole = offsetof(struct ffp8_packed_header, checksum);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t word;
        memcpy(&word, blob + i, 8);
        hash = (hash ^ (i == hole ? 0 : word)) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
    }
    return hash;
}

void ffp8_packed_seal(void *blob) {
    struct ffp8_packed_header *header = blob;
    header->checksum = checksum(blob, header->bytes);
}

ffp8_status ffp8_packed_buffer_check(const void *blob, size_t bytes, const struct ffp8_packed_header *header) {
    if (!blob) return FFP8_ERROR_NULL;
    if ((uintptr_t)blob % FFP8_PACKED_ALIGNMENT) return FFP8_ERROR_ALIGNMENT;
    return bytes < header->bytes ? FFP8_ERROR_BUFFER : FFP8_OK;
}

/* First members that ffp8_packed_layout could have written. */
static bool is_plausible(const struct ffp8_packed_header *h) {
    if (h->kind > FFP8_PACKED_DEPTHWISE || h->has_codebook > 1 || h->has_scales > 1) return false;
    if (h->groups == 0 || h->n % h->groups != 0) return false;
    if (h->scale_type > (h->has_scales ? FFP8_SCALE_E8M0 : 0) || h->scale_block_k % 4 != 0) return false;
    if (!h->has_scales && (h->scale_block_rows || h->scale_block_k)) return false;
    uint64_t terms, taps;
    if (__builtin_mul_overflow(h->segments, h->segment_k, &terms) || terms != h->k) return false;
    if (__builtin_mul_overflow(h->kernel_h, h->kernel_w, &taps)) return false;
    switch (h->kind) {
    case FFP8_PACKED_GEMM: return h->groups == 1 && taps == 1 && h->segments == 1;
    case FFP8_PACKED_CONV: return taps && h->segments && taps % h->segments == 0 && h->segment_k % (taps / h->segments) == 0;
    default: return taps && h->segments == h->k && h->segments % taps == 0 && h->segment_k == 1 && h->n;
    }
}

/* With class bits that the format cannot have at all, luts would be nonsense: F32 always is, and wider classes follow narrower ones. */
static bool are_facts_plausible(const struct ffp8_packed_header *h) {
    return h->classes >> FFP8_CLASS_COUNT == 0 && (h->classes >> FFP8_CLASS_F32 & 1) && h->special_used <= 1;
}

ffp8_status ffp8_packed_header_check(ffp8_packed packed, const struct ffp8_packed_header **header, struct ffp8_packed_places *places) {
    if (!packed.data) return FFP8_ERROR_NULL;
    if ((uintptr_t)packed.data % FFP8_PACKED_ALIGNMENT) return FFP8_ERROR_ALIGNMENT;
    const struct ffp8_packed_header *h = packed.data;
    if (packed.bytes < sizeof *h) return FFP8_ERROR_BUFFER;
    if (memcmp(h->magic, magic, sizeof magic) != 0 || h->layout_version != FFP8_PACKED_VERSION) return FFP8_ERROR_PACKED;
    if (!is_plausible(h) || !are_facts_plausible(h)) return FFP8_ERROR_PACKED;
    uint64_t bytes;
    if (!lay_out(h, places, &bytes) || bytes != h->bytes) return FFP8_ERROR_PACKED;
    if (packed.bytes < h->bytes) return FFP8_ERROR_BUFFER;
    const ffp8_format format = ffp8_packed_format(h, places);
    if (ffp8_format_check(&format) != FFP8_OK) return FFP8_ERROR_PACKED;
    *header = h;
    return FFP8_OK;
}

ffp8_format ffp8_packed_format(const struct ffp8_packed_header *header, const struct ffp8_packed_places *places) {
    return (ffp8_format){
        .sign_bits = header->sign_bits,
        .exponent_bits = header->exponent_bits,
        .fraction_bits = header->fraction_bits,
        .specials = header->specials,
        .flags = header->format_flags,
        .bias = header->bias,
        .codebook = header->has_codebook ? (const float *)((const uint8_t *)header + places->codebook_offset) : NULL,
    };
}

struct ffp8_scale_grid ffp8_packed_scales(const struct ffp8_packed_header *header, const struct ffp8_packed_places *places) {
    return (struct ffp8_scale_grid){
        .data = header->has_scales ? (const uint8_t *)header + places->scales_offset : NULL,
        .type = (ffp8_scale_type)header->scale_type,
        .block_rows = header->scale_block_rows,
        .block_k = header->scale_block_k,
        .row_step = 1,
        .k_step = places->scale_ld,
    };
}

void ffp8_mark_codes(const uint8_t *codes, size_t n, bool used[256]) {
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, codes + i, sizeof eight);
        for (size_t byte = 0; byte < sizeof eight; byte++) used[eight >> 8 * byte & 255] = true;
    }
    for (; i < n; i++) used[codes[i]] = true;
}

/* k and k + 1 of some columns. */
static inline void pack_line(uint8_t *line, const uint8_t *src, size_t column_stride, size_t k_stride, size_t columns, size_t k) {
    for (size_t j = 0; j < columns; j++) {
        const uint8_t *p = src + j * column_stride;
        uint8_t *q = line + ffp8_line_byte(j, 0);
        q[0] = p[0];
        if (k > 1) q[1] = p[k_stride];
    }
}

/* Weights along k in memory, an even number of them: lines are the columns' pairs on their side. Rows of weights lie far apart, so that nobody but
 * us knows what is wanted next: the same columns further on, or else those of the next panel. */
static void pack_along_k(const struct ffp8_kernels *kernels, uint8_t *lines, const uint8_t *src, size_t column_stride, size_t columns,
                         size_t k, uint8_t pad_code) {
    enum { BLOCK = 256, CHUNK = FFP8_LINE_BYTES };
    uint8_t pairs[FFP8_NR][BLOCK]; /* of columns in the order of a line */
    if (columns < FFP8_NR) memset(pairs, pad_code, sizeof pairs);
    for (size_t i = 0; i < k; i += BLOCK) {
        const size_t count = ffp8_min_size(BLOCK, k - i);
        for (size_t j = 0; j < columns; j++) {
            const uint8_t *from = src + j * column_stride + i;
            uint8_t *to = pairs[ffp8_line_byte(j, 0) / 2];
            const uintptr_t next = (uintptr_t)from + (i + BLOCK < k ? BLOCK : FFP8_NR * column_stride - i);
            size_t at = 0;
            for (; at + CHUNK <= count; at += CHUNK) {
                __builtin_prefetch((const void *)(next + at), 0, 2);
                memcpy(to + at, from + at, CHUNK);
            }
            memcpy(to + at, from + at, count - at);
        }
        kernels->transpose16(pairs, BLOCK / 2, lines + i / 2 * FFP8_LINE_BYTES, FFP8_LINE_BYTES / 2, FFP8_NR, count / 2);
    }
}

/* The bytes of four columns, each followed by a zero. */
static inline uint64_t spread(const uint8_t *four) {
    uint32_t bytes;
    memcpy(&bytes, four, sizeof bytes);
    const uint64_t pairs = (bytes | (uint64_t)bytes << 16) & 0x0000FFFF0000FFFF;
    return (pairs | pairs << 8) & 0x00FF00FF00FF00FF;
}

/* All columns of a panel, side by side in memory; k even. */
static void pack_along_columns(uint8_t *lines, const uint8_t *src, size_t k_stride, size_t k) {
    enum { AHEAD = 32 };
    for (size_t i = 0; i < k; i += 2, lines += FFP8_LINE_BYTES) {
        const uint8_t *row = src + i * k_stride, *next = row + k_stride;
        const uintptr_t ahead = (uintptr_t)row + AHEAD * k_stride;
        __builtin_prefetch((const void *)ahead, 0, 2);
        __builtin_prefetch((const void *)(ahead + k_stride), 0, 2);
        for (size_t j = 0; j < FFP8_NR; j += 4) {
            const uint64_t pairs = spread(row + j) | spread(next + j) << 8;
            memcpy(lines + ffp8_line_byte(j, 0), &pairs, sizeof pairs);
        }
    }
}

void ffp8_pack_segment(const struct ffp8_kernels *kernels, uint8_t *lines, const uint8_t *src, size_t column_stride, size_t k_stride,
                       size_t columns, size_t k, uint8_t pad_code) {
    const size_t line_count = 2 * ffp8_ceil_div(k, 4), even = k & ~(size_t)1;
    size_t i = 0;
    if (k_stride == 1) {
        pack_along_k(kernels, lines, src, column_stride, columns, even, pad_code);
        i = even;
    } else if (column_stride == 1 && columns == FFP8_NR) {
        pack_along_columns(lines, src, k_stride, even);
        i = even;
    }
    for (; i < 2 * line_count; i += 2) {
        uint8_t *line = lines + i / 2 * FFP8_LINE_BYTES;
        memset(line, pad_code, FFP8_LINE_BYTES);
        if (i < k) pack_line(line, src + i * k_stride, column_stride, k_stride, columns, ffp8_min_size(2, k - i));
    }
}

void ffp8_pack_panels(const struct ffp8_kernels *kernels, uint8_t *lines, const uint8_t *src, size_t column_stride, size_t k_stride,
                      size_t columns, size_t k, uint8_t pad_code) {
    enum { ROWS = 128 }; /* of columns side by side: two panels share their cache lines, which so wait in L2 for the second */
    const size_t step = k_stride == 1 ? k : ROWS, panel_bytes = 2 * ffp8_ceil_div(k, 4) * FFP8_LINE_BYTES;
    for (size_t first = 0; first < columns; first += 2 * FFP8_NR) {
        const size_t end = ffp8_min_size(columns, first + 2 * FFP8_NR);
        for (size_t i = 0; i < k; i += step)
            for (size_t j = first; j < end; j += FFP8_NR)
                ffp8_pack_segment(kernels, lines + j / FFP8_NR * panel_bytes + i / 2 * FFP8_LINE_BYTES,
                                  src + j * column_stride + i * k_stride, column_stride, k_stride, ffp8_min_size(FFP8_NR, columns - j),
                                  ffp8_min_size(step, k - i), pad_code);
    }
}

/* Whether the measured members say of the blob's codes what measuring them says. */
static bool are_facts_true(const struct ffp8_packed_header *h, const struct ffp8_packed_places *places, const ffp8_format *format,
                           const struct ffp8_scale_grid *scales) {
    bool used[256] = {false};
    struct ffp8_packed_header measured = *h;
    const uint8_t *lines = ffp8_packed_lines(h);
    const bool depthwise = h->kind == FFP8_PACKED_DEPTHWISE;
    const size_t columns = h->n / h->groups, panels = depthwise ? 1 : places->blocks / h->groups;
    for (size_t block = 0; block < places->blocks; block++)
        for (size_t s = 0; s < h->segments; s++, lines += places->segment_lines * FFP8_LINE_BYTES) {
            if (depthwise) {
                ffp8_mark_codes(lines, h->n, used);
                continue;
            }
            const size_t first = block % panels * FFP8_NR, count = ffp8_min_size(FFP8_NR, columns - first);
            for (size_t i = 0; i < h->segment_k; i++)
                for (size_t j = 0; j < count; j++) used[lines[i / 2 * FFP8_LINE_BYTES + ffp8_line_byte(j, i & 1)]] = true;
        }
    ffp8_packed_measure(&measured, format, scales, used);
    measured.densest = densest(h, places, format);
    return memcmp(&measured, h, sizeof measured) == 0;
}

ffp8_status ffp8_packed_check(ffp8_packed packed, ffp8_packed_info *info) {
    const struct ffp8_packed_header *h;
    struct ffp8_packed_places places;
    if (!info) return FFP8_ERROR_NULL;
    const ffp8_status status = ffp8_packed_header_check(packed, &h, &places);
    if (status != FFP8_OK) return status;
    if (checksum(packed.data, h->bytes) != h->checksum) return FFP8_ERROR_PACKED;
    const ffp8_format format = ffp8_packed_format(h, &places);
    const struct ffp8_scale_grid scales = ffp8_packed_scales(h, &places);
    if (!are_facts_true(h, &places, &format, &scales) || ffp8_scale_grid_check(&scales, h->n, h->k) != FFP8_OK) return FFP8_ERROR_PACKED;
    *info = (ffp8_packed_info){
        .layout_version = h->layout_version,
        .n = h->n,
        .k = h->k,
        .groups = h->groups,
        .kernel_h = h->kernel_h,
        .kernel_w = h->kernel_w,
        .format = format,
        .arithmetic = ffp8_class_of_product(h->classes, h->classes),
    };
    return FFP8_OK;
}
