/* SPDX-License-Identifier: Apache-2.0
 *
 * ffp8.h - inference kernels for any 8-bit floating-point format
 *
 * Rules that hold for every function, so that they need not be repeated:
 *   - Thread-safe and re-entrant. The only global state is the chosen ISA tier (section 3).
 *   - No function allocates memory, starts a thread, prints, or changes the floating-point environment.
 *     The caller's rounding mode must be to-nearest; denormals must not be flushed (FTZ/DAZ off).
 *   - Memory belongs to the caller. Pointers are read during the call only, unless a line says otherwise.
 *   - Outputs must not overlap inputs or workspace. No byte outside the described arrays is read or written.
 *   - Sizes and strides are in elements unless a name ends in _bytes. No alignment is required of user arrays
 *     beyond that of their element type, except where a line says otherwise.
 *   - Every function that can fail returns an ffp8_status. On any status but FFP8_OK nothing has been written.
 *   - A size of zero is valid and does what the formula says (an empty sum is zero).
 *   - Structs named *_args start with struct_size; set it with the matching *_ARGS_INIT. Members are only ever added
 *     at the end, so that a program compiled against an older header keeps working.
 */
#ifndef FFP8_FFP8_H
#define FFP8_FFP8_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(FFP8_BUILDING_SHARED)
#define FFP8_API __attribute__((visibility("default")))
#else
#define FFP8_API
#endif

/* ---------------------------------------------------------------------------------------------------------------
 * 1. Version. CMakeLists.txt reads these three lines: they are the only place where the version is written.
 */
#define FFP8_VERSION_MAJOR 0
#define FFP8_VERSION_MINOR 1
#define FFP8_VERSION_PATCH 0
#define FFP8_VERSION_NUMBER (FFP8_VERSION_MAJOR * 10000 + FFP8_VERSION_MINOR * 100 + FFP8_VERSION_PATCH)

/* The version of the library that is linked, which may differ from that of this header. */
FFP8_API uint32_t ffp8_version_number(void);
FFP8_API const char *ffp8_version_string(void);

/* ---------------------------------------------------------------------------------------------------------------
 * 2. Status. The values are ABI and are never renumbered.
 */
typedef enum ffp8_status {
    FFP8_OK = 0,
    FFP8_ERROR_NULL = 1,         /* a required pointer is NULL, or exactly one of two was required */
    FFP8_ERROR_STRUCT_SIZE = 2,  /* struct_size is not one that this library knows */
    FFP8_ERROR_ENUM = 3,         /* an enum member, flag or 0/1 field has no meaning */
    FFP8_ERROR_FORMAT = 4,       /* widths do not sum to 8, a policy that the widths do not allow, or a value outside FP32 */
    FFP8_ERROR_NAME = 5,         /* a name that does not parse */
    FFP8_ERROR_SHAPE = 6,        /* sizes that contradict each other or that must not be zero */
    FFP8_ERROR_STRIDE = 7,       /* a leading dimension smaller than the row that it separates */
    FFP8_ERROR_SCALE = 8,        /* a scale that is not finite and positive where the call needs one, or a bad block size */
    FFP8_ERROR_OVERFLOW = 9,     /* a size does not fit size_t */
    FFP8_ERROR_BUFFER = 10,      /* a buffer (packed weights, workspace, text) is smaller than its size query says */
    FFP8_ERROR_ALIGNMENT = 11,   /* packed weights are not aligned to FFP8_PACKED_ALIGNMENT bytes */
    FFP8_ERROR_PACKED = 12,      /* the blob is not packed weights of this layout version, or is damaged */
    FFP8_ERROR_MISMATCH = 13,    /* packed weights of another shape or kind than the call says */
    FFP8_ERROR_NAN = 14,         /* FFP8_NAN_ERROR was asked for and the input holds a NaN that the format cannot */
    FFP8_ERROR_UNSUPPORTED = 15, /* a meaningful request that this version does not serve on any tier */
    FFP8_ERROR_ISA = 16          /* the tier is unknown, not compiled in, or not usable on this CPU */
} ffp8_status;

/* A static string such as "FFP8_ERROR_NULL: a required pointer is NULL". Never NULL, also for unknown values. */
FFP8_API const char *ffp8_status_string(ffp8_status status);

/* ---------------------------------------------------------------------------------------------------------------
 * 3. ISA tiers. A tier is a bundle of CPU features; its name is spelled the same in files, symbols, this enum,
 * the environment variable, benchmarks and docs. Gaps are left for tiers to come.
 */
typedef enum ffp8_isa {
    FFP8_ISA_GENERIC = 0,       /* plain C: the specification */
    FFP8_ISA_AVX2 = 16,         /* AVX2, FMA, F16C */
    FFP8_ISA_AVXVNNI = 24,      /* avx2 and AVX-VNNI */
    FFP8_ISA_AVX512 = 32,       /* AVX-512 F, BW, DQ, VL */
    FFP8_ISA_AVX512VNNI = 40,   /* avx512 and VNNI */
    FFP8_ISA_AVX512BF16 = 48,   /* avx512 and VBMI, VNNI, BF16 */
    FFP8_ISA_NEON = 256,        /* Armv8.0-A Advanced SIMD */
    FFP8_ISA_NEONFP16 = 264,    /* neon and FP16, FHM */
    FFP8_ISA_NEONDOTPROD = 272, /* neon and DotProd */
    FFP8_ISA_NEONBF16 = 280     /* neon and DotProd, I8MM, BF16 */
} ffp8_isa;

/* The tier that calls use now. Chosen at first use: the best usable one, capped by the environment variable FFP8_ISA
 * (a tier's name) and by ffp8_set_max_isa. An unknown name in FFP8_ISA is ignored; ffp8_init tells. */
FFP8_API ffp8_isa ffp8_active_isa(void);
/* Makes the choice now. FFP8_ERROR_ISA: FFP8_ISA names no tier of this CPU's architecture; the default is used all the same. */
FFP8_API ffp8_status ffp8_init(void);
/* Caps the choice at the best usable tier not above `isa`; beats the environment. Any later call sees it.
 * Calls that run meanwhile finish on the tier they began with. FFP8_ERROR_ISA: not a tier of this architecture. */
FFP8_API ffp8_status ffp8_set_max_isa(ffp8_isa isa);
/* 1: compiled in and usable on this CPU and operating system; else 0. */
FFP8_API int ffp8_isa_supported(ffp8_isa isa);
/* "avx2"; "unknown" for a value outside the enum. */
FFP8_API const char *ffp8_isa_name(ffp8_isa isa);
/* FFP8_ERROR_NAME: no tier has that name. */
FFP8_API ffp8_status ffp8_isa_from_name(const char *name, ffp8_isa *isa);
/* The i-th known tier from worst to best, for i in 0..count-1; returns the count. `isa` may be NULL. */
FFP8_API size_t ffp8_isa_list(size_t i, ffp8_isa *isa);
/* Why a tier can or cannot be used, as a sentence: "usable", "not compiled in", "CPU lacks avx512_bf16", ...
 * At most `bytes` bytes are written, the terminating zero among them. FFP8_ERROR_BUFFER: too small. */
FFP8_API ffp8_status ffp8_isa_explain(ffp8_isa isa, char *text, size_t bytes);

/* ---------------------------------------------------------------------------------------------------------------
 * 4. Formats
 *
 * A code c splits into sign s (sign_bits), exponent e (exponent_bits) and fraction f (fraction_bits = y) from its top.
 *     e > 0 :  (-1)^s * 2^(e - bias) * (1 + f / 2^y)
 *     e = 0 :  (-1)^s * 2^(1 - bias) * (f / 2^y)              (zero and subnormals)
 * The specials policy takes codes out of that scheme. Every finite value must be exact in FP32, else FFP8_ERROR_FORMAT.
 */
typedef enum ffp8_specials {
    FFP8_SPECIALS_NONE = 0,   /* FFP8 itself: every code is finite; 0x80 is -0 when signed */
    FFP8_SPECIALS_FN = 1,     /* all exponent and fraction bits set is NaN; no Inf (OCP E4M3) */
    FFP8_SPECIALS_IEEE = 2,   /* top exponent: fraction 0 is Inf, else NaN (OCP E5M2); needs exponent_bits >= 1 */
    FFP8_SPECIALS_FNUZ = 3,   /* 0x80 is NaN, no -0, no Inf; signed only */
    FFP8_SPECIALS_P3109F = 4, /* IEEE P3109 finite: NaN is 0x80 (signed) or 0xFF (unsigned) */
    FFP8_SPECIALS_P3109E = 5  /* IEEE P3109 extended: as P3109F, and Inf is 0x7F, -Inf 0xFF (signed), Inf is 0xFE (unsigned) */
} ffp8_specials;

enum {
    FFP8_NO_SUBNORMALS = 1, /* e = 0, f > 0 is a normal binade, 2^-bias * (1 + f / 2^y), as in HFP8 */
    FFP8_NO_ZERO = 2        /* with FFP8_NO_SUBNORMALS: e = 0, f = 0 is 2^-bias too, as in OCP E8M0 */
};

/* A plain value: copy it freely. With `codebook` set (256 floats, NaN and Inf allowed, which must live as long as the
 * format is used) every other member must be zero: code c then means codebook[c]. */
typedef struct ffp8_format {
    uint8_t sign_bits;     /* 0 or 1 */
    uint8_t exponent_bits; /* 0..8 */
    uint8_t fraction_bits; /* sign + exponent + fraction bits = 8 */
    uint8_t specials;      /* ffp8_specials */
    uint32_t flags;        /* FFP8_NO_SUBNORMALS | FFP8_NO_ZERO */
    int32_t bias;
    const float *codebook; /* NULL: the formula above */
} ffp8_format;

/* FFP8_OK or FFP8_ERROR_NULL, FFP8_ERROR_FORMAT. All other functions that take a format make the same check. */
FFP8_API ffp8_status ffp8_format_check(const ffp8_format *format);

/* Names: presets (`e4m3fn`, `e5m2`, `e4m3`, `e3m4`, `e3m4fn`, `e4m3fnuz`, `e5m2fnuz`, `e4m3b11fnuz`, `e8m0`, `hfp8`,
 * `binary8p<1..7>{s,u}{e,f}` and `binary8p8u{e,f}`, `int8`, `uint8`) or the general form `ffp8:s1x3y4b7` with any of the suffixes
 * `:fn :ieee :fnuz :p3109f :p3109e :nosub :nozero`. `e3m4` is the IEEE-style one of ml_dtypes (largest 15.5), `e3m4fn` Intel's (30).
 * `int8` is sign and magnitude (E1M6 with unit 1: -127..127), as every FFP8 format; two's complement bytes are
 * ffp8_codebook_int8. FFP8_ERROR_NAME: does not parse; FFP8_ERROR_FORMAT: parses but is no legal format. */
FFP8_API ffp8_status ffp8_format_from_name(const char *name, ffp8_format *format);
/* The preset's name where one matches, else the general form; parsing it gives the same format back.
 * FFP8_ERROR_UNSUPPORTED: a codebook has no name. FFP8_ERROR_BUFFER: FFP8_FORMAT_NAME_BYTES is always enough. */
#define FFP8_FORMAT_NAME_BYTES 48
FFP8_API ffp8_status ffp8_format_name(const ffp8_format *format, char *name, size_t bytes);
/* Enumerates the presets: name of the i-th, or NULL from the count on. */
FFP8_API const char *ffp8_format_preset(size_t i);

/* The narrowest arithmetic in which all finite values of a format are exact after one power of two is taken out. */
typedef enum ffp8_class {
    FFP8_CLASS_I8 = 0,   /* 8-bit integers (x <= 1): products and sums are exact */
    FFP8_CLASS_I16 = 1,  /* integers of magnitude <= 4095 (x <= 3): products and sums are exact */
    FFP8_CLASS_BF16 = 2, /* 8 significant bits within BF16's normal range: products are exact in FP32 */
    FFP8_CLASS_F32 = 3,  /* FP32: products round */
    FFP8_CLASS_F16 = 4   /* FP16: no format's class, but what a tier may compute BF16 and F32 products of halves in, to the same bits */
} ffp8_class;

typedef struct ffp8_format_info {
    float max;               /* largest finite value */
    float min;               /* smallest (most negative) finite value */
    float min_normal;        /* smallest positive normal value; 0 if there is none (codebooks: smallest positive value) */
    float min_subnormal;     /* smallest positive subnormal value; 0 if there is none */
    int16_t zero_code;       /* code of +0, or -1 */
    int16_t nan_code;        /* code that a NaN is encoded to, or -1 */
    int16_t pos_inf_code;    /* or -1 */
    int16_t neg_inf_code;    /* or -1 */
    uint16_t finite_count;   /* distinct finite values; +0 and -0 count once */
    uint16_t distinct_count; /* the same with +Inf, -Inf and NaN counting once each */
    uint8_t exact_i8;        /* 1: all finite values are exact in that arithmetic, up to one power of two */
    uint8_t exact_i16;
    uint8_t exact_bf16;
    uint8_t exact_f16;
    ffp8_class arithmetic; /* class that kernels use for activations of this format: Inf and NaN codes exclude the integer ones */
} ffp8_format_info;
FFP8_API ffp8_status ffp8_format_query(const ffp8_format *format, ffp8_format_info *info);

/* Codebooks for well-known formats that the formula does not cover. Each writes 256 floats; the caller then sets
 * format.codebook. posit: es in 0..4 (FFP8_ERROR_FORMAT else), code 0x80 (NaR) is NaN. s2fp8: |x| = (2^-beta * |y|)^(1/alpha) with y an
 * E5M2 number, rounded to FP32; alpha > 0. sfp: gemma.cpp's switching float. int8: two's complement -128..127. */
FFP8_API ffp8_status ffp8_codebook_posit8(int es, float values[256]);
FFP8_API ffp8_status ffp8_codebook_hifloat8(float values[256]);
FFP8_API ffp8_status ffp8_codebook_s2fp8(float alpha, float beta, float values[256]);
FFP8_API ffp8_status ffp8_codebook_sfp(float values[256]);
FFP8_API ffp8_status ffp8_codebook_int8(float values[256]);

/* ---------------------------------------------------------------------------------------------------------------
 * 5. Conversion. Bitwise the same on every tier.
 */
typedef enum ffp8_dtype {
    FFP8_TYPE_F32 = 0,  /* float */
    FFP8_TYPE_BF16 = 1, /* uint16_t, bfloat16 bits */
    FFP8_TYPE_F16 = 2,  /* uint16_t, IEEE binary16 bits */
    FFP8_TYPE_FFP8 = 3  /* uint8_t codes of an ffp8_format */
} ffp8_dtype;

typedef enum ffp8_rounding {
    FFP8_ROUND_NEAREST_EVEN =
        0, /* a tie goes to the even code (a codebook: to the even one of the two codes, else the smaller magnitude) */
    FFP8_ROUND_NEAREST_AWAY = 1, /* a tie goes away from zero */
    FFP8_ROUND_TOWARD_ZERO = 2,
    FFP8_ROUND_STOCHASTIC = 3 /* up with probability (distance to lower) / (gap), from a hash of (seed, element index) */
} ffp8_rounding;

typedef enum ffp8_overflow {
    FFP8_OVERFLOW_SATURATE = 0, /* beyond the largest value, and +-Inf: the largest; negative into unsigned: zero */
    FFP8_OVERFLOW_SPECIAL = 1   /* Inf where the format has it, else NaN where it has it, else saturate; negative into
                                   unsigned (after rounding): NaN where it has it, else zero */
} ffp8_overflow;

typedef enum ffp8_nan {
    FFP8_NAN_ZERO = 0, /* NaN into a format without NaN gives zero (the smallest magnitude if there is no zero) */
    FFP8_NAN_MAX = 1,  /* ... the largest value */
    FFP8_NAN_ERROR = 2 /* ... FFP8_ERROR_NAN, and nothing is written */
} ffp8_nan;

typedef struct ffp8_encoding { /* all zero: nearest-even, saturate, NaN to zero */
    ffp8_rounding rounding;
    ffp8_overflow overflow;
    ffp8_nan nan;  /* formats with a NaN code keep NaN whatever this says */
    uint64_t seed; /* stochastic rounding only */
} ffp8_encoding;

/* dst[i] = decode(src[i]) * scale, computed in FP32 and rounded to nearest even into dst_type (F32, BF16, F16). Exact when scale
 * is a power of two and the value lies in the target's range. NaN codes give the quiet NaN 0x7FC00000 (or its 16-bit top).
 * FFP8_ERROR_ENUM: dst_type is FFP8. FFP8_ERROR_SCALE: scale is not finite or is zero (1 means none). */
FFP8_API ffp8_status ffp8_decode(const ffp8_format *format, const uint8_t *src, float scale, void *dst, ffp8_dtype dst_type, size_t n);

/* dst[i] = encode(src[i] * scale): src_type F32, BF16 or F16; the product is rounded to FP32, then once to the format. scale as above
 * (pass the reciprocal of the scale that decode uses). encoding == NULL means all zero.
 * FFP8_ERROR_NAN: see ffp8_nan. */
FFP8_API ffp8_status ffp8_encode(const ffp8_format *format, const void *src, ffp8_dtype src_type, float scale, uint8_t *dst, size_t n,
                                 const ffp8_encoding *encoding);

/* Quantizes each row of an m x k matrix with its own scale: scales[i] = amax(row i) / (largest value of the format), never below 2^-126, or 1 where amax is
 * zero or not finite; dst = encode(src * (1 / scales[i])). What FFP8_ERROR_* says of ffp8_encode holds here too. Strides in elements. */
FFP8_API ffp8_status ffp8_quantize_rows(const ffp8_format *format, const void *src, ffp8_dtype src_type, size_t ld_src, size_t m, size_t k,
                                        uint8_t *dst, size_t ld_dst, float *scales, const ffp8_encoding *encoding);

/* ---------------------------------------------------------------------------------------------------------------
 * 6. Choosing a format (the FFP8 method: sign dropped where values are never negative, bias from the largest magnitude,
 * widths by least squared error). For one tensor: ffp8_format_choose. For batches that never lie in memory together: a calibrator,
 * first shown all data by ffp8_calibrator_observe (range), then all data again by ffp8_calibrator_measure (errors).
 */
typedef struct ffp8_choice {
    ffp8_format format;
    double mean_square;       /* of the data */
    double mean_square_error; /* of the data encoded (nearest-even, saturating) and decoded */
    double snr_db;            /* 10 log10(mean_square / mean_square_error); +infinity when there is no error */
} ffp8_choice;

#define FFP8_CALIBRATOR_CANDIDATES 16
typedef struct ffp8_calibrator { /* start with FFP8_CALIBRATOR_INIT or all zero; read it, do not write it */
    float min, max;              /* of the finite values observed */
    uint64_t observed, measured;
    double sum_square;
    size_t candidate_count; /* set by the first measure */
    ffp8_format candidates[FFP8_CALIBRATOR_CANDIDATES];
    double sum_square_error[FFP8_CALIBRATOR_CANDIDATES];
    uint32_t min_exponent_bits, max_exponent_bits; /* 0, 0: 1..6; may be set before the first observe */
} ffp8_calibrator;
#ifdef __cplusplus
#define FFP8_CALIBRATOR_INIT \
    {}
#else
#define FFP8_CALIBRATOR_INIT \
    { 0 }
#endif

FFP8_API ffp8_status ffp8_calibrator_observe(ffp8_calibrator *calibrator, const float *x, size_t n);
FFP8_API ffp8_status ffp8_calibrator_measure(ffp8_calibrator *calibrator, const float *x, size_t n);
/* FFP8_ERROR_SHAPE: nothing has been measured. */
FFP8_API ffp8_status ffp8_calibrator_choose(const ffp8_calibrator *calibrator, ffp8_choice *choice);
FFP8_API ffp8_status ffp8_format_choose(const float *x, size_t n, ffp8_choice *choice);
/* The same with a scale of its own for each row of a rows x k matrix, ld elements apart (weights: rows are output channels):
 * scales[r] = amax(row r) / largest value, so that the format's bias does not matter (amax 1 is used); sign and widths by least squared error
 * over all rows. Encode row r with 1 / scales[r]. Rows of zeros get scale 1. FFP8_ERROR_SCALE: w holds Inf or NaN; FFP8_ERROR_SHAPE: no
 * element. */
FFP8_API ffp8_status ffp8_format_choose_rows(const float *w, size_t ld, size_t rows, size_t k, ffp8_choice *choice, float *scales);
/* The format of given sign and widths whose top binade holds `amax` (b = 2^x - 1 - floor(log2 amax), one more when that rounds
 * past the top): the method's bias rule. amax = 0 gives bias 0. FFP8_ERROR_SCALE: amax negative or not finite. */
FFP8_API ffp8_status ffp8_format_for_range(int sign_bits, int exponent_bits, float amax, ffp8_format *format);

/* ---------------------------------------------------------------------------------------------------------------
 * 7. Scales. A tensor's real value is its stored value times a scale. For a matrix of `rows` x k (weights: rows are output channels;
 * activations: rows are rows of A) element (r, i) has scale data[(r / block_rows) * ld + i / block_k].
 *     one scale:            block_rows = 0, block_k = 0        (0 means: the whole extent)
 *     per output channel:   block_rows = 1, block_k = 0, ld = 1
 *     K-groups of 128:      block_rows = 1, block_k = 128, ld >= ceil(k / 128)
 *     128 x 128 blocks:     block_rows = 128, block_k = 128
 *     MX:                   block_rows = 1, block_k = 32, type FFP8_SCALE_E8M0
 */
typedef enum ffp8_scale_type {
    FFP8_SCALE_F32 = 0, /* float, finite */
    FFP8_SCALE_E8M0 = 1 /* uint8_t, 2^(code - 127); 0xFF is NaN and makes its block NaN */
} ffp8_scale_type;

typedef struct ffp8_scales { /* all zero (data NULL): every scale is 1 */
    const void *data;
    ffp8_scale_type type;
    size_t block_rows;
    size_t block_k; /* a multiple of 4, or 0 */
    size_t ld;      /* elements between rows of blocks; >= number of blocks along k */
} ffp8_scales;

/* ---------------------------------------------------------------------------------------------------------------
 * 8. Weights
 */
typedef enum ffp8_order {
    FFP8_ORDER_NK = 0, /* n rows of k (a PyTorch Linear); ld >= k */
    FFP8_ORDER_KN = 1  /* k rows of n (an ONNX MatMul); ld >= n */
} ffp8_order;

typedef struct ffp8_weights { /* plain weights of a GEMM, one byte each */
    const uint8_t *data;
    size_t ld;
    ffp8_order order;
    ffp8_format format;
    ffp8_scales scales; /* rows are the n output channels, whatever the order */
} ffp8_weights;

typedef enum ffp8_filter_order {
    FFP8_ORDER_OHWI = 0, /* [c_out][kh][kw][c_in / groups] */
    FFP8_ORDER_OIHW = 1  /* [c_out][c_in / groups][kh][kw] (PyTorch, ONNX) */
} ffp8_filter_order;

typedef struct ffp8_filter { /* plain weights of a convolution, dense */
    const uint8_t *data;
    ffp8_filter_order order;
    ffp8_format format;
    ffp8_scales scales; /* rows are the c_out channels; block_k must be 0 */
} ffp8_filter;

/* Packed weights: one byte a weight, padded to whole panels of 32 columns, behind a versioned header. The bytes are the same whatever
 * tier packed them (little-endian), and hold no pointer: they may be written to a file and mapped on another machine.
 * Begin at a multiple of FFP8_PACKED_ALIGNMENT bytes. Read by any number of threads. */
#define FFP8_PACKED_ALIGNMENT 64

typedef struct ffp8_packed {
    const void *data;
    size_t bytes;
} ffp8_packed;

/* Size query, then pack. `bytes` is the size of the buffer at `packed`. FFP8_ERROR_BUFFER, FFP8_ERROR_ALIGNMENT as they say. */
FFP8_API ffp8_status ffp8_gemm_packed_size(size_t n, size_t k, const ffp8_weights *weights, size_t *bytes);
FFP8_API ffp8_status ffp8_gemm_pack(size_t n, size_t k, const ffp8_weights *weights, void *packed, size_t bytes);

/* What a blob says of itself, after a full check of it: header, sizes, checksum. Call it once on a blob from a file. Every operator checks
 * the header again (not the checksum), so that no operator reads outside `bytes`. FFP8_ERROR_PACKED: damaged or of another layout version. */
typedef struct ffp8_packed_info {
    uint32_t layout_version;
    size_t n, k;                       /* GEMM: as packed. Convolution: c_out, and c_in / groups * kh * kw */
    size_t groups, kernel_h, kernel_w; /* GEMM: 1, 1, 1 */
    ffp8_format format;    /* a codebook's values lie in the blob: format.codebook points into it (not aligned data is refused before) */
    ffp8_class arithmetic; /* class of the weights that were packed: unused Inf and NaN codes do not count */
} ffp8_packed_info;
FFP8_API ffp8_status ffp8_packed_check(ffp8_packed packed, ffp8_packed_info *info);

/* ---------------------------------------------------------------------------------------------------------------
 * 9. What operators share
 */
/* The caller's threads. parallel_for must run task(task_context, i) for each i in 0..count-1, in any order and on any threads, and
 * return when all are done. `threads` bounds how many pieces a call is cut into; workspace grows with it. Results are bit for bit
 * the same for any number of threads. A NULL pointer in the args means: one thread, the caller's. include/ffp8/pthreadpool.h adapts a pthreadpool. */
typedef void ffp8_task(void *task_context, size_t index);
typedef struct ffp8_threads {
    void (*parallel_for)(void *pool, size_t count, ffp8_task *task, void *task_context);
    void *pool;
    size_t threads;
} ffp8_threads;

typedef enum ffp8_accuracy {
    FFP8_ACCURACY_STRICT = 0, /* f32 and f16 activations keep their value; products and sums in f32 */
    FFP8_ACCURACY_BF16 = 1    /* f32 and f16 activations are rounded once to BF16, nearest-even */
} ffp8_accuracy;

typedef enum ffp8_activation {
    FFP8_ACTIVATION_NONE = 0,
    FFP8_ACTIVATION_RELU = 1, /* max(x, 0); NaN stays */
    FFP8_ACTIVATION_CLIP = 2, /* min(max(x, clip_min), clip_max); NaN stays */
    FFP8_ACTIVATION_SIGMOID = 3,
    FFP8_ACTIVATION_TANH = 4,
    FFP8_ACTIVATION_SILU = 5,     /* x * sigmoid(x) */
    FFP8_ACTIVATION_GELU_ERF = 6, /* x / 2 * (1 + erf(x / sqrt(2))) */
    FFP8_ACTIVATION_GELU_TANH = 7 /* x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) */
} ffp8_activation;

/* y = activation(sum * scales + bias + residual [+ C]), then C = convert(y / c_scale).
 * All zero is the plain product. Each step rounds to FP32 once. Activations from sigmoid on are within 4 ulp of the exact function
 * on SIMD tiers (they stand on SLEEF's 1.0-ulp exp) and equal among SIMD tiers. */
typedef struct ffp8_epilogue {
    const float *bias;    /* one per output channel, or NULL */
    const void *residual; /* same shape and layout as C, or NULL */
    size_t ld_residual;   /* GEMM: elements between rows; convolution: 0 (dense) */
    ffp8_dtype residual_type;
    ffp8_format residual_format; /* FFP8 residuals */
    float residual_scale;        /* its stored values are multiplied by it; 0 means 1 */
    ffp8_activation activation;
    float clip_min, clip_max;
    float *amax; /* or NULL: receives the largest |y| of the call, before c_scale; NaN if any y is */
} ffp8_epilogue;

/* The start of every *_args struct: all zero but its size. Clean at -Wextra, which has it name the member in C and call a function in C++. */
#ifdef __cplusplus
#define FFP8_ARGS_INIT(type) ffp8_args_init<type>()
#else
#define FFP8_ARGS_INIT(type) \
    { .struct_size = sizeof(type) }
#endif

/* ---------------------------------------------------------------------------------------------------------------
 * 10. GEMM and GEMV: C[m][n] = A[m][k] * W[n][k]^T, with the epilogue above.
 *
 * Numerics. The class of the product is the wider of both operands' classes (F32 for f32 and f16 activations in strict mode, BF16 for bf16
 * ones). I8 and I16: each sum over k is exact and rounded once to FP32: the correctly rounded dot product, bitwise the same on every tier.
 * BF16: products are exact, sums in FP32 in the tier's documented order; a BF16 activation that is denormal counts as zero.
 * F32: products and sums in FP32 with FMA. Bounds: docs/numerics.md. With scale blocks along k each block's sum p is formed as above and
 * acc = fma(p, scale, acc) in increasing k. The product of both operands' scales is rounded to FP32 first.
 */
typedef struct ffp8_gemm_args {
    size_t struct_size;
    size_t m, n, k;

    const void *a; /* m rows of k; lda >= k */
    size_t lda;
    ffp8_dtype a_type;
    ffp8_format a_format; /* FFP8 activations, or the target of a_quantize */
    ffp8_scales a_scales; /* rows are the m rows; e.g. one scale, or block_rows = 1 with the scales of ffp8_quantize_rows */
    int a_quantize;       /* 1: f32, bf16, f16 activations are first quantized row by row as ffp8_quantize_rows does (nearest-even,
                              saturating) to a_format; a_scales.data must be NULL */

    ffp8_packed packed; /* exactly one of packed.data and weights.data is set */
    ffp8_weights weights;

    void *c; /* m rows of n; ldc >= n */
    size_t ldc;
    ffp8_dtype c_type;
    ffp8_format c_format;     /* FFP8 output */
    float c_scale;            /* C's real values are its stored ones times c_scale; 0 means 1. The library multiplies by 1.0f / c_scale */
    ffp8_encoding c_encoding; /* FFP8 output; FFP8_NAN_ERROR is FFP8_ERROR_ENUM here */
    int accumulate;           /* 1: C's old real value is added before the activation; 0: C is not read */

    ffp8_epilogue epilogue;
    ffp8_accuracy accuracy;
    const ffp8_threads *threads; /* or NULL */
    void *workspace;             /* of at least the queried size; any alignment */
    size_t workspace_bytes;
} ffp8_gemm_args;
#define FFP8_GEMM_ARGS_INIT FFP8_ARGS_INIT(ffp8_gemm_args)

/* The workspace that ffp8_gemm with these args needs. Pointers other than packed.data may still be NULL. */
FFP8_API ffp8_status ffp8_gemm_workspace(const ffp8_gemm_args *args, size_t *bytes);
FFP8_API ffp8_status ffp8_gemm(const ffp8_gemm_args *args);
/* ffp8_gemm for m == 1; FFP8_ERROR_SHAPE for another m. */
FFP8_API ffp8_status ffp8_gemv(const ffp8_gemm_args *args);
/* How ffp8_gemm would compute this: "avx512bf16: i16 packed", "generic: <why the tier does not serve it>". As ffp8_isa_explain. */
FFP8_API ffp8_status ffp8_gemm_explain(const ffp8_gemm_args *args, char *text, size_t bytes);

/* ---------------------------------------------------------------------------------------------------------------
 * 11. Convolution in two dimensions
 *
 * y[b][p][q][o] = sum over i, j, c of x[b][p * stride_h + i * dilation_h - pad_top][q * stride_w + j * dilation_w - pad_left][c] * w[o][i][j][c],
 * values outside the image being zero; c runs over the input channels of o's group. Numerics, scales (one or per output channel for
 * the weights, one for the activations) and epilogue as for GEMM. Depthwise is groups == c_in.
 */
typedef enum ffp8_layout { FFP8_LAYOUT_NHWC = 0, FFP8_LAYOUT_NCHW = 1 } ffp8_layout;

typedef struct ffp8_conv_shape {
    size_t batch, in_h, in_w, c_in, c_out;
    size_t kernel_h, kernel_w;
    size_t stride_h, stride_w;     /* 0 means 1 */
    size_t dilation_h, dilation_w; /* 0 means 1 */
    size_t pad_top, pad_left, pad_bottom, pad_right;
    size_t groups; /* 0 means 1; divides c_in and c_out */
} ffp8_conv_shape;

/* FFP8_ERROR_SHAPE: kernel sizes or channels are zero, groups does not divide, or the dilated kernel is larger than the padded image. */
FFP8_API ffp8_status ffp8_conv_output_size(const ffp8_conv_shape *shape, size_t *out_h, size_t *out_w);

/* Only c_in, c_out, kernel_h, kernel_w, dilation_w, groups of the shape count for packing. */
FFP8_API ffp8_status ffp8_conv_packed_size(const ffp8_conv_shape *shape, const ffp8_filter *filter, size_t *bytes);
FFP8_API ffp8_status ffp8_conv_pack(const ffp8_conv_shape *shape, const ffp8_filter *filter, void *packed, size_t bytes);

typedef struct ffp8_conv_args {
    size_t struct_size;
    ffp8_conv_shape shape;
    ffp8_layout layout; /* of x, y and the residual; all dense */

    const void *x;
    ffp8_dtype x_type;
    ffp8_format x_format;
    float x_scale; /* 0 means 1 */

    ffp8_packed packed; /* exactly one of packed.data and filter.data is set */
    ffp8_filter filter;

    void *y;
    ffp8_dtype y_type;
    ffp8_format y_format;
    float y_scale; /* as c_scale */
    ffp8_encoding y_encoding;
    int accumulate;

    ffp8_epilogue epilogue;
    ffp8_accuracy accuracy;
    const ffp8_threads *threads;
    void *workspace;
    size_t workspace_bytes;
} ffp8_conv_args;
#define FFP8_CONV_ARGS_INIT FFP8_ARGS_INIT(ffp8_conv_args)

FFP8_API ffp8_status ffp8_conv_workspace(const ffp8_conv_args *args, size_t *bytes);
FFP8_API ffp8_status ffp8_conv(const ffp8_conv_args *args);
FFP8_API ffp8_status ffp8_conv_explain(const ffp8_conv_args *args, char *text, size_t bytes);

#ifdef __cplusplus
}

template <class Args> inline Args ffp8_args_init() {
    Args args = Args();
    args.struct_size = sizeof(Args);
    return args;
}
#endif

#endif
