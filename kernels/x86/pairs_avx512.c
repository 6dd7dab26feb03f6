/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs_avx512.c - two arrays of codes to words of two elements: decoded some at a time, then interleaved by unpacks
 *
 * Unpacks work within 128-bit lanes; the elements' quarters are permuted first, so that the words come out in order. Bound by the decoder.
 * Tails: masks.
 */
#include "x86_convert.h"
#include "x86_util.h"

enum { CHUNK = 256, STEP = 32 };

static ALWAYS_INLINE __m512i load(const uint16_t *p) {
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), _mm512_loadu_si512(p));
}

void ffp8_decode_pairs_avx512(const uint8_t *low, const uint8_t *high, uint32_t *dst, size_t n, const struct ffp8_lut *lut) {
    uint16_t element[2][CHUNK] = {{0}, {0}};
    const uint8_t *const src[2] = {low, high};
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t count = ffp8_min_size(CHUNK, n - i);
        for (size_t h = 0; h < 2; h++)
            if (src[h]) ffp8_decode16_avx512(src[h] + i, element[h], count, lut);
        for (size_t j = 0; j < count; j += STEP) {
            const __m512i a = load(element[0] + j), b = load(element[1] + j);
            const uint32_t live = count - j >= STEP ? ~0u : (1u << (count - j)) - 1;
            _mm512_mask_storeu_epi32(dst + i + j, (__mmask16)live, _mm512_unpacklo_epi16(a, b));
            if (live >> 16) _mm512_mask_storeu_epi32(dst + i + j + 16, (__mmask16)(live >> 16), _mm512_unpackhi_epi16(a, b));
        }
    }
}
