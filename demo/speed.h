/* SPDX-License-Identifier: Apache-2.0
 *
 * speed.h - the demo's short GEMM and GEMV table
 */
#ifndef FFP8_DEMO_SPEED_H
#define FFP8_DEMO_SPEED_H

struct cJSON;

/* Prints the table and adds it to json. One thread, interleaved with OpenBLAS where that is present. */
void speed_report(struct cJSON *json);

#endif
