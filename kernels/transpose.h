/* SPDX-License-Identifier: Apache-2.0
 *
 * transpose.h - matrices of bytes, 16- and 32-bit words turned on their side, written once for all vector tiers
 *
 * Tiles of n x n elements, n = 16 / bytes, a row in a vector of 16 bytes: log2(n) times all rows of the upper half are zipped with those of
 * the lower half. Bound by the zips, two or one a cycle. At the edges a last tile overlaps the one before. A few rows are tiles whose missing
 * rows are zero, and of which each column's store is run over by the next one's.
 */
#ifndef FFP8_TRANSPOSE_H
#define FFP8_TRANSPOSE_H

#include "kernel_util.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    TILE_BYTES = 16,
    FULL_LINE = 4 /* tiles below each other fill cache lines of the result before the next ones are begun */
};

typedef uint8_t v16 __attribute__((vector_size(TILE_BYTES)));
typedef uint16_t v8 __attribute__((vector_size(TILE_BYTES)));
typedef uint32_t v4 __attribute__((vector_size(TILE_BYTES)));

INLINE v16 load_row(const uint8_t *p) {
    v16 x;
    memcpy(&x, p, sizeof x);
    return x;
}
INLINE void store_row(uint8_t *p, v16 x) { memcpy(p, &x, sizeof x); }

/* The elements of both in turn, of which this is the first half ... */
INLINE v16 zip_low(v16 a, v16 b, size_t bytes) {
    if (bytes == 4) return (v16)__builtin_shufflevector((v4)a, (v4)b, 0, 4, 1, 5);
    if (bytes == 2) return (v16)__builtin_shufflevector((v8)a, (v8)b, 0, 8, 1, 9, 2, 10, 3, 11);
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
/* ... and this the second. */
INLINE v16 zip_high(v16 a, v16 b, size_t bytes) {
    if (bytes == 4) return (v16)__builtin_shufflevector((v4)a, (v4)b, 2, 6, 3, 7);
    if (bytes == 2) return (v16)__builtin_shufflevector((v8)a, (v8)b, 4, 12, 5, 13, 6, 14, 7, 15);
    return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/* Up to n rows, ld bytes apart, as n columns. */
INLINE void zip_tile(const uint8_t *src, size_t ld, size_t rows, size_t bytes, v16 x[TILE_BYTES]) {
    const size_t n = TILE_BYTES / bytes;
    v16 half[TILE_BYTES];
#pragma GCC unroll 16
    for (size_t i = 0; i < n; i++) x[i] = i < rows ? load_row(src + i * ld) : (v16){0};
#pragma GCC unroll 4
    for (size_t step = 1; step < n; step *= 2) {
#pragma GCC unroll 8
        for (size_t i = 0; i < n / 2; i++) {
            half[2 * i] = zip_low(x[i], x[i + n / 2], bytes);
            half[2 * i + 1] = zip_high(x[i], x[i + n / 2], bytes);
        }
#pragma GCC unroll 16
        for (size_t i = 0; i < n; i++) x[i] = half[i];
    }
}

INLINE void store_tile(uint8_t *dst, size_t ld, size_t bytes, const v16 x[TILE_BYTES]) {
    const size_t n = TILE_BYTES / bytes;
#pragma GCC unroll 16
    for (size_t i = 0; i < n; i++) store_row(dst + i * ld, x[i]);
}

/* Three rows of bytes, the planes of an image: four columns a store, which its successor runs over by 4 bytes. */
INLINE void store_triples(const uint8_t *src, size_t ld, uint8_t *dst) {
    const v16 a = load_row(src), b = load_row(src + ld), c = load_row(src + 2 * ld), none = {0};
    const v16 low = zip_low(a, c, 1), high = zip_high(a, c, 1), low_b = zip_low(b, none, 1), high_b = zip_high(b, none, 1);
    const v16 four[] = {zip_low(low, low_b, 1), zip_high(low, low_b, 1), zip_low(high, high_b, 1), zip_high(high, high_b, 1)};
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        store_row(dst + 12 * i, __builtin_shufflevector(four[i], none, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 16, 16, 16));
}

/* Strides in bytes here. */
INLINE void transpose_scalar(const uint8_t *src, size_t ld_src, uint8_t *dst, size_t ld_dst, size_t rows, size_t columns, size_t bytes) {
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < rows; i++) memcpy(dst + j * ld_dst + i * bytes, src + i * ld_src + j * bytes, bytes);
}

INLINE void transpose(const void *source, size_t ld_src, void *destination, size_t ld_dst, size_t rows, size_t columns, size_t bytes) {
    const size_t n = TILE_BYTES / bytes;
    const uint8_t *src = source;
    uint8_t *dst = destination;
    v16 x[TILE_BYTES];
    ld_src *= bytes;
    ld_dst *= bytes;
    size_t j = 0;
    if (rows >= n && columns >= n) {
        for (size_t block = 0; block < rows; block += FULL_LINE * n)
            for (j = 0; j < columns; j += n)
                for (size_t i = block; i < ffp8_min_size(rows, block + FULL_LINE * n); i += n) {
                    const size_t row = ffp8_min_size(i, rows - n), column = ffp8_min_size(j, columns - n);
                    zip_tile(src + row * ld_src + column * bytes, ld_src, n, bytes, x);
                    store_tile(dst + column * ld_dst + row * bytes, ld_dst, bytes, x);
                }
    } else if (rows < n && ld_dst == rows * bytes) { /* as long as the last store stays inside */
        for (; j + n <= columns && (j + n - 1) * ld_dst + TILE_BYTES <= columns * ld_dst; j += n) {
            if (bytes == 1 && rows == 3) {
                store_triples(src + j, ld_src, dst + j * ld_dst);
            } else {
                zip_tile(src + j * bytes, ld_src, rows, bytes, x);
                store_tile(dst + j * ld_dst, ld_dst, bytes, x);
            }
        }
    }
    if (j < columns) transpose_scalar(src + j * bytes, ld_src, dst + j * ld_dst, ld_dst, rows, columns - j, bytes);
}

#undef INLINE

#endif
