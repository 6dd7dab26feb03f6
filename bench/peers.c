/* SPDX-License-Identifier: Apache-2.0
 *
 * peers.c - see peers.h
 */
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "numkong.h"
#include "onednn.h"
#include "openblas.h"
#include "operands.h"
#include "xnnpack.h"

enum { NAME_BYTES = 96, MOST_THREADS = 2, MOST_REMOTE = 16 };

struct bench_peer {
    bench_run *run;
    void *object;
    void (*free_object)(void *object);
    int remote; /* its number in the other process */
    char name[NAME_BYTES];
};

/* ------------------------------------------------------------------------------------------------- in this process */

static void free_sgemm(void *object) { bench_sgemm_free(object); }

static bool create_sgemm(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    const size_t copies = spec->cold ? bench_cold_copies(spec->n * spec->k * sizeof(float)) : 1;
    peer->object = bench_sgemm_create(spec->m, spec->n, spec->k, copies, spec->threads ? spec->threads : 1);
    peer->run = bench_sgemm_run;
    peer->free_object = free_sgemm;
    snprintf(peer->name, sizeof peer->name, "OpenBLAS %s (%s)", spec->m == 1 ? "sgemv" : "sgemm", bench_openblas_core());
    return peer->object != NULL;
}

#ifdef FFP8_HAVE_DNNL
static void free_dnnl(void *object) { bench_dnnl_free(object); }

static bool create_dnnl(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    static const struct {
        enum bench_dnnl_type type;
        size_t weight_bytes;
        const char *name;
    } kinds[] = {
        [BENCH_PEER_DNNL_F32] = {BENCH_DNNL_F32, 4, "f32"},
        [BENCH_PEER_DNNL_BF16] = {BENCH_DNNL_BF16, 2, "bf16"},
        [BENCH_PEER_DNNL_U8S8] = {BENCH_DNNL_U8S8, 1, "u8s8"},
    };
    const enum bench_dnnl_type type = kinds[spec->kind].type;
    const size_t copies = spec->cold ? bench_cold_copies(spec->n * spec->k * kinds[spec->kind].weight_bytes) : 1;
    struct bench_dnnl *dnnl = spec->m ? bench_dnnl_matmul_create(type, spec->m, spec->n, spec->k, copies)
                                      : bench_dnnl_conv_create(type, &spec->conv);
    peer->object = dnnl;
    peer->run = bench_dnnl_run;
    peer->free_object = free_dnnl;
    if (dnnl) snprintf(peer->name, sizeof peer->name, "oneDNN %s (%s)", kinds[spec->kind].name, bench_dnnl_kernel(dnnl));
    return dnnl != NULL;
}
#else
static bool create_dnnl(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    (void)peer, (void)spec;
    return false;
}
#endif

#ifdef FFP8_HAVE_XNNPACK
static void free_xnn(void *object) { bench_xnn_free(object); }

static bool create_xnn(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    peer->object = bench_xnn_conv_create(&spec->conv);
    peer->run = bench_xnn_run;
    peer->free_object = free_xnn;
    snprintf(peer->name, sizeof peer->name, "XNNPACK f32");
    return peer->object != NULL;
}
#else
static bool create_xnn(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    (void)peer, (void)spec;
    return false;
}
#endif

static void free_numkong(void *object) { bench_worker_free(object); }

static bool create_numkong(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    const char *type = spec->kind == BENCH_PEER_NUMKONG_E4M3 ? "e4m3" : "e5m2";
    peer->object = bench_numkong_create(type, spec->m, spec->n, spec->k);
    peer->run = bench_worker_run;
    peer->free_object = free_numkong;
    snprintf(peer->name, sizeof peer->name, "NumKong %s", type);
    return peer->object != NULL;
}

static bool create_here(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    if (spec->kind == BENCH_PEER_SGEMM) return create_sgemm(peer, spec);
    if (spec->kind == BENCH_PEER_XNN_F32) return create_xnn(peer, spec);
    if (spec->kind == BENCH_PEER_NUMKONG_E4M3 || spec->kind == BENCH_PEER_NUMKONG_E5M2) return create_numkong(peer, spec);
    return create_dnnl(peer, spec);
}

static void free_here(struct bench_peer *peer) {
    if (peer->object) peer->free_object(peer->object);
}

/* ------------------------------------------------------------------------------------------------ in the other process */

struct request {
    enum { CREATE, RUN, FREE } what;
    int remote;
    size_t repeats;
    struct bench_peer_spec spec;
};

struct reply {
    int remote; /* negative: not created */
    double seconds;
    char name[NAME_BYTES];
};

static int worker = -1; /* our end of the socket */

/* The other process: until the socket closes. */
_Noreturn static void serve(int socket) {
    static struct bench_peer peers[MOST_REMOTE];
    struct request request;
    while (read(socket, &request, sizeof request) == (ssize_t)sizeof request) {
        struct reply reply = {.remote = -1};
        struct bench_peer *peer = &peers[request.remote];
        if (request.what == CREATE) {
            for (int i = 0; i < MOST_REMOTE && reply.remote < 0; i++) {
                if (!peers[i].object) reply.remote = i;
            }
            peer = &peers[reply.remote < 0 ? 0 : reply.remote];
            if (reply.remote >= 0 && create_here(peer, &request.spec))
                snprintf(reply.name, sizeof reply.name, "%s", peer->name);
            else
                reply.remote = -1;
        } else if (request.what == RUN) {
            reply.seconds = peer->run(peer->object, request.repeats);
        } else {
            free_here(peer);
            peer->object = NULL;
        }
        if (write(socket, &reply, sizeof reply) != (ssize_t)sizeof reply) break;
    }
    _exit(0);
}

static bool ask(const struct request *request, struct reply *reply) {
    return worker >= 0 && write(worker, request, sizeof *request) == (ssize_t)sizeof *request &&
           read(worker, reply, sizeof *reply) == (ssize_t)sizeof *reply;
}

static double run_there(void *context, size_t repeats) {
    const struct bench_peer *peer = context;
    const struct request request = {.what = RUN, .remote = peer->remote, .repeats = repeats};
    struct reply reply;
    return ask(&request, &reply) ? reply.seconds : -1;
}

static bool create_there(struct bench_peer *peer, const struct bench_peer_spec *spec) {
    const struct request request = {.what = CREATE, .spec = *spec};
    struct reply reply;
    if (!ask(&request, &reply) || reply.remote < 0) return false;
    peer->remote = reply.remote;
    snprintf(peer->name, sizeof peer->name, "%s", reply.name);
    return true;
}

static void free_there(const struct bench_peer *peer) {
    const struct request request = {.what = FREE, .remote = peer->remote};
    struct reply reply;
    ask(&request, &reply);
}

void bench_peers_start(void) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) == 0) {
        pid_t child = fork();
        if (child == 0) {
            close(sockets[0]);
            bench_openblas_load("Haswell", MOST_THREADS);
#ifdef FFP8_HAVE_DNNL
            if (!bench_dnnl_hold_to_avx2()) _exit(1);
#endif
            serve(sockets[1]);
        }
        close(sockets[1]);
        if (child > 0)
            worker = sockets[0];
        else
            close(sockets[0]);
    }
    bench_openblas_load(NULL, MOST_THREADS);
}

struct bench_peer *bench_peer_create(const struct bench_peer_spec *spec) {
    struct bench_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->remote = -1;
    if (spec->avx2 ? create_there(peer, spec) : create_here(peer, spec)) return peer;
    free(peer);
    return NULL;
}

void bench_peer_free(struct bench_peer *peer) {
    if (!peer) return;
    if (peer->remote >= 0)
        free_there(peer);
    else
        free_here(peer);
    free(peer);
}

struct bench_contender bench_peer_contender(struct bench_peer *peer, double work) {
    if (peer->remote >= 0) return (struct bench_contender){run_there, peer, work};
    return (struct bench_contender){peer->run, peer->object, work};
}

const char *bench_peer_name(const struct bench_peer *peer) { return peer->name; }
