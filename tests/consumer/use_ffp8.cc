/* SPDX-License-Identifier: Apache-2.0
 *
 * The same from C++.
 */
#include <ffp8/ffp8.h>

#include <iostream>
#include <vector>

int main() {
    ffp8_format format;
    if (ffp8_version_number() != FFP8_VERSION_NUMBER || ffp8_format_from_name("ffp8:s1x3y4b3", &format) != FFP8_OK) return 1;

    const std::vector<float> values = {0.5f, -1.0f, 3.0f};
    std::vector<uint8_t> codes(values.size());
    std::vector<float> back(values.size());
    if (ffp8_encode(&format, values.data(), FFP8_TYPE_F32, 1.0f, codes.data(), codes.size(), nullptr) != FFP8_OK) return 2;
    if (ffp8_decode(&format, codes.data(), 1.0f, back.data(), FFP8_TYPE_F32, codes.size()) != FFP8_OK) return 3;
    std::cout << "ffp8 " << ffp8_version_string() << " on " << ffp8_isa_name(ffp8_active_isa()) << "\n";
    return back == values ? 0 : 4;
}
