/* SPDX-License-Identifier: Apache-2.0
 *
 * peers.h - the libraries that FFP8 is measured against, all in one form, free or held to AVX2
 *
 * OpenBLAS and oneDNN choose their kernels once a process. What is held to AVX2 therefore runs in a process of its own, which does its
 * slice of work on request and answers with the time that it took: turns are kept, and one of both always sleeps.
 */
#ifndef FFP8_BENCH_PEERS_H
#define FFP8_BENCH_PEERS_H

#include "ffp8/ffp8.h"
#include "measure.h"

enum bench_peer_kind {
    BENCH_PEER_SGEMM,    /* OpenBLAS; sgemv where m = 1 */
    BENCH_PEER_DNNL_F32, /* oneDNN: matrix product, or convolution where m = 0 */
    BENCH_PEER_DNNL_BF16,
    BENCH_PEER_DNNL_U8S8,
    BENCH_PEER_XNN_F32,      /* XNNPACK: convolution */
    BENCH_PEER_NUMKONG_E4M3, /* NumKong: matrix product of E4M3 or E5M2 with weights of the same format */
    BENCH_PEER_NUMKONG_E5M2
};

struct bench_peer_spec {
    enum bench_peer_kind kind;
    bool avx2; /* held to it */
    size_t m, n, k;
    bool cold;   /* weights are rotated over more than any cache holds */
    int threads; /* OpenBLAS only: 1 or 2, 0 means 1 */
    ffp8_conv_shape conv;
};

/* First of all, before the program has threads: loads OpenBLAS and starts the process that is held to AVX2. */
void bench_peers_start(void);

struct bench_peer;
struct bench_peer *bench_peer_create(const struct bench_peer_spec *spec); /* NULL: the library is not here, or does not serve this */
void bench_peer_free(struct bench_peer *peer);
struct bench_contender bench_peer_contender(struct bench_peer *peer, double work);
/* "OpenBLAS sgemm (SkylakeX)", "oneDNN bf16 (brg:avx512_core_bf16)" */
const char *bench_peer_name(const struct bench_peer *peer);

#endif
