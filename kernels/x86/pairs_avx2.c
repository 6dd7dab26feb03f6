/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs_avx2.c - two arrays of codes to words of two elements: decoded some at a time, then interleaved by unpacks
 *
 * Unpacks work within 128-bit lanes; the elements' quarters are permuted first, so that the words come out in order. Bound by the decoder.
 * Tails: a buffer.
 */
#include "x86_convert.h"
#include "x86_util.h"

enum { CHUNK = 256, STEP = 16 };

static ALWAYS_INLINE __m256i load(const uint16_t *p) { return _mm256_permute4x64_epi64(_mm256_loadu_si256((const __m256i *)p), 0xD8); }

void ffp8_decode_pairs_avx2(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    uint16_t element[2][CHUNK] = {{0}, {0}};
    const uint8_t *const src[2] = {low, high};
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t count = ffp8_min_size(CHUNK, n - i);
        for (size_t h = 0; h < 2; h++)
            if (src[h]) ffp8_decode16_avx2(src[h] + i, element[h], count, lut);
        for (size_t j = 0; j < count; j += STEP) {
            const __m256i a = load(element[0] + j), b = load(element[1] + j);
            const __m256i first = _mm256_unpacklo_epi16(a, b), second = _mm256_unpackhi_epi16(a, b);
            if (count - j >= STEP) {
                _mm256_storeu_si256((__m256i *)(dst + i + j), first);
                _mm256_storeu_si256((__m256i *)(dst + i + j + STEP / 2), second);
            } else {
                __m256i rest[2] = {first, second};
                memcpy(dst + i + j, rest, (count - j) * sizeof *dst);
            }
        }
    }
}
