/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_gemv.c - one row times a matrix: weights that lie in a cache, and weights that come from memory as in a decoder's next token
 */
#include "shapes.h"
#include "suite.h"

void bench_register_gemv(void) {
    static const char *const pairs[][2] = {{"e4m3", "e4m3"}, {"e3m4", "e3m4"}, {"bf16", "e4m3"}, {"f32", "e4m3"}};
    ffp8_isa isa;
    for (size_t s = 0; s < BENCH_COUNT(bench_gemv_shapes); s++) {
        const struct bench_gemm_shape *shape = &bench_gemv_shapes[s];
        for (int cold = 0; cold < 2; cold++) {
            for (size_t tier = 0; bench_tier(tier, &isa); tier++) {
                for (size_t p = 0; p < BENCH_COUNT(pairs); p++) {
                    bench_add_gemm(&(struct bench_gemm_spec){
                        .isa = isa, .m = 1, .n = shape->n, .k = shape->k, .a = pairs[p][0], .w = pairs[p][1], .cold = cold});
                }
            }
            bench_add_gemm_peer("openblas_sgemv", BENCH_PEER_SGEMM, 1, shape->n, shape->k, cold);
            bench_add_gemm_peer("onednn_u8s8", BENCH_PEER_DNNL_U8S8, 1, shape->n, shape->k, cold);
        }
    }
}
