/* SPDX-License-Identifier: Apache-2.0
 *
 * on_tier - runs a program on one tier: on_tier TIER PROGRAM [ARG ...]
 *
 * FFP8_ISA is only a cap: a program started with it could run on a lower tier and prove nothing. Status 77: the tier cannot be used here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ffp8/ffp8.h"

int main(int argc, char **argv) {
    ffp8_isa isa;
    if (argc < 3 || ffp8_isa_from_name(argv[1], &isa) != FFP8_OK) {
        fprintf(stderr, "usage: on_tier TIER PROGRAM [ARG ...]\n");
        return 2;
    }
    if (!ffp8_isa_supported(isa)) {
        char why[256] = "no reason known";
        ffp8_isa_explain(isa, why, sizeof why);
        printf("skipped: tier %s: %s\n", argv[1], why);
        return 77;
    }
    setenv("FFP8_ISA", argv[1], 1);
    if (ffp8_active_isa() != isa) {
        fprintf(stderr, "FFP8_ISA=%s gives tier %s\n", argv[1], ffp8_isa_name(ffp8_active_isa()));
        return 1;
    }
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 1;
}
