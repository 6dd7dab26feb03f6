/* SPDX-License-Identifier: Apache-2.0
 *
 * mirrored_512.h - tables in registers of which the upper half is the lower with a sign
 *
 * Only the lower half, codes 0 to 127, is kept, less the code: element(c) - c. What is looked up by the code's low seven bits, plus the whole code, is
 * the element with its sign, for c | 0x80 is c + 0x80. That is one addition, where inserting the sign takes vpternlogd: instructions with three sources
 * hold up dots and look-ups on Zen 4, which have three, too.
 */
#ifndef FFP8_MIRRORED_512_H
#define FFP8_MIRRORED_512_H

#include <immintrin.h>

/* first, first + 1 .. first + 63 */
static inline __m512i ffp8_bytes_from(int first) {
    const __m512i from_0 = _mm512_setr_epi64(0x0706050403020100, 0x0F0E0D0C0B0A0908, 0x1716151413121110, 0x1F1E1D1C1B1A1918,
                                             0x2726252423222120, 0x2F2E2D2C2B2A2928, 0x3736353433323130, 0x3F3E3D3C3B3A3938);
    return _mm512_add_epi8(from_0, _mm512_set1_epi8((char)first));
}

/* The elements' top bytes, of codes from `first` on. */
static inline __m512i ffp8_less_codes_bytes(__m512i top, int first) { return _mm512_sub_epi8(top, ffp8_bytes_from(first)); }

/* The elements' top words, whose upper bytes are meant. */
static inline __m512i ffp8_less_codes_words(__m512i top, int first) {
    const __m512i code = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(ffp8_bytes_from(first)));
    return _mm512_sub_epi16(top, _mm512_slli_epi16(code, 8));
}

#endif
