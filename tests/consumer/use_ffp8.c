/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest use of an installed FFP8: encode, multiply, look at the result. 2 x 3 + 4 x -1 = 2.
 */
#include <ffp8/ffp8.h>
#include <stdio.h>

int main(void) {
    ffp8_format format;
    if (ffp8_version_number() != FFP8_VERSION_NUMBER || ffp8_format_from_name("e4m3fn", &format) != FFP8_OK) return 1;

    const float weights[2] = {3.0f, -1.0f}, x[2] = {2.0f, 4.0f};
    uint8_t codes[2];
    float back[2], y = 0.0f;
    if (ffp8_encode(&format, weights, FFP8_TYPE_F32, 1.0f, codes, 2, NULL) != FFP8_OK) return 2;
    if (ffp8_decode(&format, codes, 1.0f, back, FFP8_TYPE_F32, 2) != FFP8_OK || back[0] != 3.0f || back[1] != -1.0f) return 3;
    for (int i = 0; i < 2; i++) y += x[i] * back[i];
    printf("ffp8 %s on %s: %g\n", ffp8_version_string(), ffp8_isa_name(ffp8_active_isa()), y);
    return y == 2.0f ? 0 : 4;
}
