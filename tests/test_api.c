/* SPDX-License-Identifier: Apache-2.0
 *
 * test_api.c - every misuse of the matrix product and of its packers: the status that ffp8.h names, and nothing written
 *
 * A good call is spoilt in one member at a time. Outputs, workspace and blobs are full of a pattern that must survive.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/packed.h"
#include "ffp8/ffp8.h"

enum { M = 5, N = 37, K = 24, PATTERN = 0xC3 };

static ffp8_format format_named(const char *name) {
    ffp8_format format;
    cr_assert_eq(ffp8_format_from_name(name, &format), FFP8_OK);
    return format;
}

static bool is_pattern(const void *data, size_t bytes) {
    const uint8_t *p = data;
    for (size_t i = 0; i < bytes; i++)
        if (p[i] != PATTERN) return false;
    return true;
}

/* A good call and the memory behind it. */
struct call {
    ffp8_gemm_args args;
    uint8_t a[M * K * 4], w[N * K];
    float a_scales[M], w_scales[N], bias[N], residual[M * N], c[M * N], amax;
    uint8_t *workspace, *blob;
    size_t workspace_bytes, blob_bytes;
};

static struct call *call_new(void) {
    struct call *call = calloc(1, sizeof *call);
    ffp8_gemm_args *g = &call->args;
    *g = (ffp8_gemm_args)FFP8_GEMM_ARGS_INIT;
    for (size_t i = 0; i < N * K; i++) call->w[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < N; i++) call->w_scales[i] = 1.0f + (float)i / 16;
    for (size_t i = 0; i < M; i++) call->a_scales[i] = 1.0f;
    g->m = M;
    g->n = N;
    g->k = K;
    g->a = call->a;
    g->lda = K;
    g->a_type = FFP8_TYPE_FFP8;
    g->a_format = format_named("ffp8:s1x3y4b3");
    g->a_scales = (ffp8_scales){.data = call->a_scales, .block_rows = 1, .ld = 1};
    g->weights = (ffp8_weights){
        .data = call->w, .ld = K, .format = g->a_format, .scales = {.data = call->w_scales, .block_rows = 1, .ld = 1}};
    g->c = call->c;
    g->ldc = N;
    g->c_format = g->a_format;
    g->epilogue.bias = call->bias;
    g->epilogue.residual = call->residual;
    g->epilogue.ld_residual = N;
    g->epilogue.amax = &call->amax;
    cr_assert_eq(ffp8_gemm_workspace(g, &call->workspace_bytes), FFP8_OK);
    call->workspace = malloc(call->workspace_bytes);
    g->workspace = call->workspace;
    g->workspace_bytes = call->workspace_bytes;

    cr_assert_eq(ffp8_gemm_packed_size(N, K, &g->weights, &call->blob_bytes), FFP8_OK);
    call->blob = aligned_alloc(FFP8_PACKED_ALIGNMENT, call->blob_bytes + FFP8_PACKED_ALIGNMENT);
    cr_assert_eq(ffp8_gemm_pack(N, K, &g->weights, call->blob, call->blob_bytes), FFP8_OK);

    memset(call->c, PATTERN, sizeof call->c);
    memset(&call->amax, PATTERN, sizeof call->amax);
    memset(call->workspace, PATTERN, call->workspace_bytes);
    return call;
}

static void call_free(struct call *call) {
    free(call->workspace);
    free(call->blob);
    free(call);
}

static void use_blob(struct call *call) {
    call->args.packed = (ffp8_packed){call->blob, call->blob_bytes};
    call->args.weights = (ffp8_weights){0};
}

/* ffp8_gemm refuses and writes nothing; so do the query and the explanation if `query`. */
static void expect_refusal(struct call *call, ffp8_status want, bool query, const char *what) {
    size_t bytes = 12345;
    char text[64];
    memset(text, PATTERN, sizeof text);
    cr_assert_eq(ffp8_gemm(&call->args), want, "%s: %s", what, ffp8_status_string(ffp8_gemm(&call->args)));
    cr_assert(is_pattern(call->c, sizeof call->c) && is_pattern(&call->amax, sizeof call->amax) &&
                  is_pattern(call->workspace, call->workspace_bytes),
              "%s: something was written", what);
    if (query) {
        cr_assert_eq(ffp8_gemm_workspace(&call->args, &bytes), want, "%s: %s", what,
                     ffp8_status_string(ffp8_gemm_workspace(&call->args, &bytes)));
        cr_assert_eq(bytes, 12345);
        cr_assert_eq(ffp8_gemm_explain(&call->args, text, sizeof text), want, "%s", what);
        cr_assert(is_pattern(text, sizeof text));
    }
    call_free(call);
}

#define REFUSED(want, query, change)                \
    do {                                            \
        struct call *call = call_new();             \
        ffp8_gemm_args *g = &call->args;            \
        (void)g;                                    \
        change;                                     \
        expect_refusal(call, want, query, #change); \
    } while (0)

Test(api, the_good_call) {
    struct call *call = call_new();
    cr_assert_eq(ffp8_gemm(&call->args), FFP8_OK);
    cr_assert(!is_pattern(call->c, sizeof call->c) && !is_pattern(&call->amax, sizeof call->amax));
    use_blob(call);
    cr_assert_eq(ffp8_gemm(&call->args), FFP8_OK);
    call_free(call);
}

Test(api, null_pointers) {
    size_t bytes;
    char text[8];
    cr_assert_eq(ffp8_gemm(NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemv(NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemm_workspace(NULL, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemm_explain(NULL, text, sizeof text), FFP8_ERROR_NULL);
    struct call *call = call_new();
    cr_assert_eq(ffp8_gemm_workspace(&call->args, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemm_explain(&call->args, NULL, 8), FFP8_ERROR_NULL);
    call_free(call);
}

Test(api, missing_operands) {
    REFUSED(FFP8_ERROR_NULL, false, g->a = NULL);
    REFUSED(FFP8_ERROR_NULL, false, g->c = NULL);
    REFUSED(FFP8_ERROR_NULL, false, g->weights.data = NULL);
    REFUSED(FFP8_ERROR_NULL, false, g->workspace = NULL);
    REFUSED(FFP8_ERROR_NULL, true, (g->packed = (ffp8_packed){call->blob, call->blob_bytes})); /* and plain weights too */
}

Test(api, struct_size) {
    REFUSED(FFP8_ERROR_STRUCT_SIZE, true, g->struct_size = 0);
    REFUSED(FFP8_ERROR_STRUCT_SIZE, true, g->struct_size--);
    REFUSED(FFP8_ERROR_STRUCT_SIZE, true, g->struct_size++);
}

Test(api, enums) {
    REFUSED(FFP8_ERROR_ENUM, true, g->a_type = (ffp8_dtype)4);
    REFUSED(FFP8_ERROR_ENUM, true, g->a_type = (ffp8_dtype)-1);
    REFUSED(FFP8_ERROR_ENUM, true, g->c_type = (ffp8_dtype)4);
    REFUSED(FFP8_ERROR_ENUM, true, g->accumulate = 2);
    REFUSED(FFP8_ERROR_ENUM, true, g->a_quantize = -1);
    REFUSED(FFP8_ERROR_ENUM, true, (g->a_quantize = 1, g->a_scales.data = NULL)); /* FFP8 activations are quantized already */
    REFUSED(FFP8_ERROR_ENUM, true, g->accuracy = (ffp8_accuracy)2);
    REFUSED(FFP8_ERROR_ENUM, true, g->epilogue.activation = (ffp8_activation)8);
    REFUSED(FFP8_ERROR_ENUM, true, g->epilogue.residual_type = (ffp8_dtype)4);
    REFUSED(FFP8_ERROR_ENUM, true, g->weights.order = (ffp8_order)2);
    REFUSED(FFP8_ERROR_ENUM, true, g->a_scales.type = (ffp8_scale_type)2);
    REFUSED(FFP8_ERROR_ENUM, true, g->weights.scales.type = (ffp8_scale_type)2);
    REFUSED(FFP8_ERROR_ENUM, true, (g->c_type = FFP8_TYPE_FFP8, g->c_encoding.rounding = (ffp8_rounding)4));
    REFUSED(FFP8_ERROR_ENUM, true, (g->c_type = FFP8_TYPE_FFP8, g->c_encoding.overflow = (ffp8_overflow)2));
    REFUSED(FFP8_ERROR_ENUM, true, (g->c_type = FFP8_TYPE_FFP8, g->c_encoding.nan = FFP8_NAN_ERROR));
    REFUSED(FFP8_ERROR_ENUM, true, (g->c_type = FFP8_TYPE_FFP8, g->c_encoding.nan = (ffp8_nan)3));
}

Test(api, formats) {
    REFUSED(FFP8_ERROR_FORMAT, true, g->a_format.exponent_bits = 7);
    REFUSED(FFP8_ERROR_FORMAT, true, (g->c_type = FFP8_TYPE_FFP8, g->c_format.sign_bits = 2));
    REFUSED(FFP8_ERROR_FORMAT, true, (g->epilogue.residual_type = FFP8_TYPE_FFP8, g->epilogue.residual_format = (ffp8_format){0}));
    REFUSED(FFP8_ERROR_FORMAT, true, g->weights.format.bias = 100000);
    REFUSED(FFP8_ERROR_FORMAT, true, (g->a_type = FFP8_TYPE_F32, g->a_quantize = 1, g->a_scales.data = NULL, g->a_format.flags = 8));
}

Test(api, strides) {
    REFUSED(FFP8_ERROR_STRIDE, true, g->lda = K - 1);
    REFUSED(FFP8_ERROR_STRIDE, true, g->ldc = N - 1);
    REFUSED(FFP8_ERROR_STRIDE, true, g->epilogue.ld_residual = N - 1);
    REFUSED(FFP8_ERROR_STRIDE, true, g->weights.ld = K - 1);
    REFUSED(FFP8_ERROR_STRIDE, true, (g->weights.order = FFP8_ORDER_KN, g->weights.ld = N - 1));
    REFUSED(FFP8_ERROR_STRIDE, true, g->a_scales.ld = 0);
    REFUSED(FFP8_ERROR_STRIDE, true, (g->weights.scales.block_k = 8, g->weights.scales.ld = 2)); /* three blocks */
}

Test(api, scales) {
    REFUSED(FFP8_ERROR_SCALE, true, g->a_scales.block_k = 6);
    REFUSED(FFP8_ERROR_SCALE, true, g->weights.scales.block_k = 2);
    REFUSED(FFP8_ERROR_SCALE, true, g->c_scale = -1);
    REFUSED(FFP8_ERROR_SCALE, true, g->c_scale = NAN);
    REFUSED(FFP8_ERROR_SCALE, true, g->c_scale = INFINITY);
    REFUSED(FFP8_ERROR_SCALE, true, g->c_scale = 0x1p-140f); /* no reciprocal */
    REFUSED(FFP8_ERROR_SCALE, true, g->epilogue.residual_scale = NAN);
    REFUSED(FFP8_ERROR_SCALE, true, (g->a_type = FFP8_TYPE_F32, g->a_quantize = 1)); /* and a_scales too */
    REFUSED(FFP8_ERROR_SCALE, false, call->a_scales[M - 1] = INFINITY);
    REFUSED(FFP8_ERROR_SCALE, false, call->w_scales[N - 1] = NAN);
}

Test(api, overflow) {
    const size_t huge = SIZE_MAX / 2;
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->lda = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->ldc = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->epilogue.ld_residual = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->weights.ld = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->a_scales.ld = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->weights.scales.ld = huge);
    REFUSED(FFP8_ERROR_OVERFLOW, true, g->m = SIZE_MAX);
    REFUSED(FFP8_ERROR_OVERFLOW, true, (g->k = g->lda = g->weights.ld = SIZE_MAX));
    REFUSED(FFP8_ERROR_OVERFLOW, true, (g->n = g->ldc = g->epilogue.ld_residual = SIZE_MAX));
    /* Every array fits on its own, the workspace does not. */
    REFUSED(FFP8_ERROR_OVERFLOW, true,
            (g->m = 1, g->n = 1, g->k = g->lda = g->weights.ld = SIZE_MAX / 2 - 8, g->a_scales.data = NULL, g->weights.scales.data = NULL,
             g->ldc = 1, g->epilogue.ld_residual = 1));
}

Test(api, shape_of_gemv) {
    struct call *call = call_new();
    cr_assert_eq(ffp8_gemv(&call->args), FFP8_ERROR_SHAPE);
    call->args.struct_size = 1;
    cr_assert_eq(ffp8_gemv(&call->args), FFP8_ERROR_STRUCT_SIZE);
    cr_assert(is_pattern(call->c, sizeof call->c));
    call->args.struct_size = sizeof call->args;
    call->args.m = 1;
    cr_assert_eq(ffp8_gemv(&call->args), FFP8_OK);
    call_free(call);
}

Test(api, threads_without_a_function) {
    struct call *call = call_new();
    const ffp8_threads threads = {.threads = 4}; /* no parallel_for: one thread */
    call->args.threads = &threads;
    cr_assert_eq(ffp8_gemm(&call->args), FFP8_OK);
    call_free(call);
}

Test(api, workspace_too_small) {
    REFUSED(FFP8_ERROR_BUFFER, false, g->workspace_bytes = 100);
    REFUSED(FFP8_ERROR_BUFFER, false, g->workspace_bytes = 0);
}

/* ------------------------------------------------------------------------------------------------- packed weights */
#define REFUSED_BLOB(want, change)                 \
    do {                                           \
        struct call *call = call_new();            \
        ffp8_gemm_args *g = &call->args;           \
        use_blob(call);                            \
        (void)g;                                   \
        change;                                    \
        expect_refusal(call, want, true, #change); \
    } while (0)

Test(api, blobs) {
    REFUSED_BLOB(FFP8_ERROR_ALIGNMENT, g->packed.data = call->blob + 32);
    REFUSED_BLOB(FFP8_ERROR_BUFFER, g->packed.bytes = 10);
    REFUSED_BLOB(FFP8_ERROR_BUFFER, g->packed.bytes--);
    REFUSED_BLOB(FFP8_ERROR_MISMATCH, (g->k = K - 1));
    REFUSED_BLOB(FFP8_ERROR_MISMATCH, g->n = N - 1);
    REFUSED_BLOB(FFP8_ERROR_PACKED, call->blob[0] ^= 1);  /* not a blob */
    REFUSED_BLOB(FFP8_ERROR_PACKED, call->blob[8] ^= 2);  /* another layout version */
    REFUSED_BLOB(FFP8_ERROR_PACKED, call->blob[12] = 77); /* no kind */
}

/* One bit of a blob flipped, every byte in turn: the full check finds each, and no operator reads outside. */
Test(api, damaged_blobs) {
    struct call *call = call_new();
    use_blob(call);
    ffp8_packed_info info;
    cr_assert_eq(ffp8_packed_check(call->args.packed, &info), FFP8_OK);
    cr_assert(info.n == N && info.k == K && info.groups == 1 && info.kernel_h == 1 && info.kernel_w == 1);
    cr_assert_eq(info.arithmetic, FFP8_CLASS_I16);
    for (size_t i = 0; i < call->blob_bytes; i++) {
        memset(&info, PATTERN, sizeof info);
        call->blob[i] ^= (uint8_t)(1 << i % 8);
        const ffp8_status status = ffp8_packed_check(call->args.packed, &info);
        cr_assert(status == FFP8_ERROR_PACKED || status == FFP8_ERROR_BUFFER, "byte %zu: %s", i, ffp8_status_string(status));
        cr_assert(is_pattern(&info, sizeof info));
        if (i < sizeof(struct ffp8_packed_header)) (void)ffp8_gemm(&call->args); /* refused or not: within its bounds, as sanitizers see */
        call->blob[i] ^= (uint8_t)(1 << i % 8);
    }
    cr_assert_eq(ffp8_packed_check(call->args.packed, NULL), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_packed_check((ffp8_packed){NULL, 100}, &info), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_packed_check((ffp8_packed){call->blob + 8, 100}, &info), FFP8_ERROR_ALIGNMENT);
    for (size_t bytes = 0; bytes < call->blob_bytes; bytes++) {
        /* A copy that ends where `bytes` says: a read behind it is seen by sanitizers. */
        uint8_t *copy = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
        memcpy(copy, call->blob, bytes);
        cr_assert_eq(ffp8_packed_check((ffp8_packed){copy, bytes}, &info), FFP8_ERROR_BUFFER);
        free(copy);
    }
    call_free(call);
}

/* Forged headers with a right checksum: sizes, facts and scales are checked for their own sake. */
Test(api, forged_blobs) {
#define MEMBER(name) \
    { offsetof(struct ffp8_packed_header, name), sizeof(((struct ffp8_packed_header *)NULL)->name) }
    static const struct {
        size_t at, bytes;
    } members[] = {MEMBER(kind),
                   MEMBER(n),
                   MEMBER(k),
                   MEMBER(groups),
                   MEMBER(kernel_h),
                   MEMBER(kernel_w),
                   MEMBER(segments),
                   MEMBER(segment_k),
                   MEMBER(exponent_bits),
                   MEMBER(scale_type),
                   MEMBER(has_codebook),
                   MEMBER(has_scales),
                   MEMBER(scale_block_rows),
                   MEMBER(scale_block_k),
                   MEMBER(densest),
                   MEMBER(classes),
                   MEMBER(special_used),
                   MEMBER(pad_code),
                   MEMBER(scale_low),
                   MEMBER(scale_high),
                   MEMBER(bytes)};
#undef MEMBER
    static const uint64_t values[] = {
        0, 1, 2, 3, 64, 1000, UINT64_C(1) << 31, UINT64_C(1) << 33, UINT64_C(1) << 62, UINT64_MAX - 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            struct call *call = call_new();
            uint8_t before[8], *member = call->blob + members[i].at;
            ffp8_packed_info info;
            use_blob(call);
            memcpy(before, member, members[i].bytes);
            memcpy(member, &values[v], members[i].bytes); /* its low bytes */
            const bool changed = memcmp(before, member, members[i].bytes) != 0;
            const struct ffp8_packed_header *header = (const struct ffp8_packed_header *)call->blob;
            if (header->bytes == call->blob_bytes) ffp8_packed_seal(call->blob);
            const ffp8_status status = ffp8_packed_check(call->args.packed, &info);
            /* Some changes make another legal blob: of a 1 x 1 convolution, of padding as columns, of other formats or scale blocks. */
            cr_assert((status != FFP8_OK) == changed || members[i].at == offsetof(struct ffp8_packed_header, kind) ||
                          members[i].at == offsetof(struct ffp8_packed_header, n) ||
                          members[i].at == offsetof(struct ffp8_packed_header, scale_block_rows) ||
                          members[i].at == offsetof(struct ffp8_packed_header, scale_block_k) ||
                          members[i].at == offsetof(struct ffp8_packed_header, exponent_bits),
                      "member at %zu, value %llx: %s", members[i].at, (unsigned long long)values[v], ffp8_status_string(status));
            (void)ffp8_gemm(&call->args);
            call_free(call);
        }
    struct call *call = call_new();
    ffp8_packed_info info;
    const struct ffp8_packed_header *header;
    struct ffp8_packed_places places;
    cr_assert_eq(ffp8_packed_header_check((ffp8_packed){call->blob, call->blob_bytes}, &header, &places), FFP8_OK);
    ((float *)(call->blob + places.scales_offset))[3] = NAN;
    ffp8_packed_seal(call->blob);
    cr_assert_eq(ffp8_packed_check((ffp8_packed){call->blob, call->blob_bytes}, &info), FFP8_ERROR_PACKED);
    call_free(call);
}

static void expect_pack_refusal(size_t n, size_t k, const ffp8_weights *weights, void *blob, size_t bytes, ffp8_status want) {
    static uint8_t *memory;
    if (!memory) memory = aligned_alloc(64, 65536);
    memset(memory, PATTERN, 65536);
    cr_assert_eq(ffp8_gemm_pack(n, k, weights, blob ? memory + ((uintptr_t)blob & 63) : NULL, bytes), want, "%s",
                 ffp8_status_string(ffp8_gemm_pack(n, k, weights, blob ? memory + ((uintptr_t)blob & 63) : NULL, bytes)));
    cr_assert(is_pattern(memory, 65536));
}

Test(api, packing) {
    struct call *call = call_new();
    const ffp8_weights good = call->args.weights;
    ffp8_weights w;
    size_t bytes = 12345;
    const size_t enough = call->blob_bytes;
    cr_assert_eq(ffp8_gemm_packed_size(N, K, NULL, &bytes), FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemm_packed_size(N, K, &good, NULL), FFP8_ERROR_NULL);
    expect_pack_refusal(N, K, NULL, call->blob, enough, FFP8_ERROR_NULL);
    expect_pack_refusal(N, K, &good, NULL, enough, FFP8_ERROR_NULL);
    expect_pack_refusal(N, K, &good, call->blob, enough - 1, FFP8_ERROR_BUFFER);
    expect_pack_refusal(N, K, &good, call->blob + 4, enough, FFP8_ERROR_ALIGNMENT);
    w = good, w.data = NULL;
    expect_pack_refusal(N, K, &w, call->blob, enough, FFP8_ERROR_NULL);
    cr_assert_eq(ffp8_gemm_packed_size(N, K, &w, &bytes), FFP8_OK);
    cr_assert_eq(bytes, enough);
    bytes = 12345;

    static const struct {
        ffp8_status status;
        size_t offset;
        uint64_t value;
        size_t size;
    } spoilt[] = {
        {FFP8_ERROR_ENUM, offsetof(ffp8_weights, order), 2, 4},
        {FFP8_ERROR_FORMAT, offsetof(ffp8_weights, format) + offsetof(ffp8_format, sign_bits), 2, 1},
        {FFP8_ERROR_STRIDE, offsetof(ffp8_weights, ld), K - 1, 8},
        {FFP8_ERROR_OVERFLOW, offsetof(ffp8_weights, ld), SIZE_MAX / 2, 8},
        {FFP8_ERROR_ENUM, offsetof(ffp8_weights, scales) + offsetof(ffp8_scales, type), 2, 4},
        {FFP8_ERROR_SCALE, offsetof(ffp8_weights, scales) + offsetof(ffp8_scales, block_k), 3, 8},
        {FFP8_ERROR_STRIDE, offsetof(ffp8_weights, scales) + offsetof(ffp8_scales, ld), 0, 8},
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        w = good;
        memcpy((uint8_t *)&w + spoilt[i].offset, &spoilt[i].value, spoilt[i].size);
        expect_pack_refusal(N, K, &w, call->blob, enough, spoilt[i].status);
        cr_assert_eq(ffp8_gemm_packed_size(N, K, &w, &bytes), spoilt[i].status);
        cr_assert_eq(bytes, 12345);
    }
    call->w_scales[0] = INFINITY;
    expect_pack_refusal(N, K, &good, call->blob, enough, FFP8_ERROR_SCALE);
    /* The matrix could be addressed, padded panels could not. */
    w = good, w.ld = SIZE_MAX / 2, w.scales.data = NULL;
    cr_assert_eq(ffp8_gemm_packed_size(1, SIZE_MAX / 2, &w, &bytes), FFP8_ERROR_OVERFLOW);
    call_free(call);
}

/* A size of zero is valid: an empty sum is zero, and an empty output is nothing at all. */
Test(api, sizes_of_zero) {
    for (int empty = 0; empty < 3; empty++)
        for (int packed = 0; packed < 2; packed++) {
            struct call *call = call_new();
            ffp8_gemm_args *g = &call->args;
            size_t bytes;
            if (empty == 0) g->m = 0, g->a = NULL, g->c = NULL;
            if (empty == 1) g->n = 0, g->c = NULL;
            if (empty == 2) g->k = 0, g->a = NULL;
            if (packed) {
                cr_assert_eq(ffp8_gemm_packed_size(g->n, g->k, &g->weights, &bytes), FFP8_OK);
                free(call->blob);
                call->blob = aligned_alloc(64, bytes);
                cr_assert_eq(ffp8_gemm_pack(g->n, g->k, &g->weights, call->blob, bytes), FFP8_OK);
                ffp8_packed_info info;
                cr_assert_eq(ffp8_packed_check((ffp8_packed){call->blob, bytes}, &info), FFP8_OK);
                g->packed = (ffp8_packed){call->blob, bytes};
                g->weights = (ffp8_weights){0};
            } else if (empty) {
                g->weights.data = NULL;
            }
            for (size_t i = 0; i < N; i++) call->bias[i] = (float)i - 3;
            cr_assert_eq(ffp8_gemm(g), FFP8_OK, "%d %d", empty, packed);
            cr_assert_eq(call->amax, empty == 2 ? (float)N - 4 : 0);
            if (empty < 2)
                cr_assert(is_pattern(call->c, sizeof call->c));
            else
                for (size_t i = 0; i < M * N; i++) cr_assert_eq(call->c[i], (float)(i % N) - 3);
            call_free(call);
        }
}
