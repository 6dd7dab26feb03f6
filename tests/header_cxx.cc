/* SPDX-License-Identifier: Apache-2.0
 *
 * A public header is complete by itself, may be included twice, and is C++11 with C linkage.
 */
#include HEADER
#include HEADER
#include "ffp8/ffp8.h"

int main() {
    ffp8_gemm_args gemm = FFP8_GEMM_ARGS_INIT;
    ffp8_conv_args conv = FFP8_CONV_ARGS_INIT;
    ffp8_calibrator calibrator = FFP8_CALIBRATOR_INIT;
    if (calibrator.observed != 0 || gemm.struct_size != sizeof gemm || conv.struct_size != sizeof conv || gemm.m != 0 ||
        conv.threads != nullptr)
        return 2;
    return ffp8_version_number() == FFP8_VERSION_NUMBER ? 0 : 1;
}
