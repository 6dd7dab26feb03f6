/* SPDX-License-Identifier: Apache-2.0
 *
 * check_buf.c - buffers that bite
 *
 *     [ guard ][ canary | row | canary | row ... row | canary ][ guard ]
 *
 * At the end: the last row's last byte is the last one before a page that faults; at the start: the first byte is the first one after such a
 * page; inside: at a chosen misalignment, canaries on both sides. The memory is mapped twice: a kernel gets its inputs through the
 * mapping that is read-only. Canaries are position-dependent, so that a kernel that copies or clears them is noticed as well.
 */
#define _GNU_SOURCE
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARD_BYTES = 1 << 16, MARGIN_BYTES = 1024 };

static void out_of_memory(void) {
    perror("ffp8 check engine: cannot map test buffers");
    exit(2);
}

static uint8_t *map_between_guards(int fd, size_t capacity, int protection) {
    uint8_t *whole = mmap(NULL, capacity + 2 * GUARD_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) out_of_memory();
    if (mmap(whole + GUARD_BYTES, capacity, protection, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) out_of_memory();
    return whole + GUARD_BYTES;
}

static void unmap(struct check_buffer *buffer) {
    if (!buffer->region) return;
    munmap(buffer->region - GUARD_BYTES, buffer->capacity + 2 * GUARD_BYTES);
    munmap(buffer->alias - GUARD_BYTES, buffer->capacity + 2 * GUARD_BYTES);
    buffer->region = buffer->alias = NULL;
}

static void reserve(struct check_buffer *buffer, size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (buffer->region && buffer->capacity >= bytes) return;
    unmap(buffer);
    buffer->capacity = (bytes + bytes / 2 + page) / page * page;
    int fd = memfd_create("ffp8-check", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)buffer->capacity)) out_of_memory();
    buffer->region = map_between_guards(fd, buffer->capacity, PROT_READ | PROT_WRITE);
    buffer->alias = map_between_guards(fd, buffer->capacity, PROT_READ);
    close(fd);
}

static uint8_t canary(size_t position) { return (uint8_t)(0x99 ^ position * 29 ^ position >> 8); }

/* Calls f on every canary byte range near the buffer: before, between rows, after. Positions count from the region's start. */
struct range {
    size_t begin, end;
    enum check_kind kind;
};
static size_t canary_range(const struct check_buffer *buffer, size_t i, struct range *range) {
    const size_t start = (size_t)((uint8_t *)buffer->data - buffer->region), end = start + buffer->bytes;
    const size_t gaps = buffer->bytes && buffer->rows > 1 && buffer->stride_bytes > buffer->row_bytes ? buffer->rows - 1 : 0;
    if (i == 0) {
        *range = (struct range){start - ffp8_min_size(start, MARGIN_BYTES), start, CHECK_WRITES_BEFORE};
    } else if (i == 1) {
        *range = (struct range){end, ffp8_min_size(buffer->capacity, end + MARGIN_BYTES), CHECK_WRITES_AFTER};
    } else if (i < 2 + gaps) {
        const size_t row = start + (i - 2) * buffer->stride_bytes;
        *range = (struct range){row + buffer->row_bytes, row + buffer->stride_bytes, CHECK_WRITES_BETWEEN};
    }
    return 2 + gaps;
}

static void set_canaries(struct check_buffer *buffer) {
    struct range range;
    for (size_t i = 0; i < canary_range(buffer, i, &range); i++)
        for (size_t p = range.begin; p < range.end; p++) buffer->region[p] = canary(p);
}

void check_begin(struct check_run *run) {
    run->used = 0;
    run->place = (enum check_place)check_below(&run->rand, CHECK_PLACES);
    run->misalign = (unsigned)check_below(&run->rand, 16);
    run->poison = (unsigned)check_below(&run->rand, 2);
    run->shape[0] = 0;
}

struct check_buffer *check_buffer(struct check_run *run, const char *name, enum check_role role, size_t rows, size_t row_bytes,
                                  size_t stride_bytes, size_t alignment) {
    if (run->used == CHECK_BUFFERS) abort();
    struct check_buffer *b = &run->buffers[run->used++];
    b->name = name;
    b->role = role;
    b->rows = rows;
    b->row_bytes = row_bytes;
    b->stride_bytes = stride_bytes;
    b->bytes = rows && row_bytes ? (rows - 1) * stride_bytes + row_bytes : 0;
    reserve(b, b->bytes + alignment + 64);
    size_t start = 0;
    if (run->place == CHECK_AT_END) start = (b->capacity - b->bytes) / alignment * alignment;
    if (run->place == CHECK_INSIDE)
        start = ffp8_min_size(run->misalign * (alignment > 16 ? alignment : 1), b->capacity - b->bytes) / alignment * alignment;
    b->data = b->region + start;
    b->kernel = role == CHECK_IN ? b->alias + start : b->data;
    set_canaries(b);
    return b;
}

/* Signalling NaNs as floats, so that arithmetic on them leaves another pattern than a missing store does; two, so that they can be told
 * from a result. */
void check_poison(struct check_run *run) {
    static const uint8_t pattern[2][4] = {{0xA5, 0xA5, 0xA5, 0x7F}, {0x5A, 0x5A, 0x9A, 0xFF}};
    for (size_t i = 0; i < run->used; i++) {
        struct check_buffer *b = &run->buffers[i];
        if (b->role != CHECK_OUT && b->role != CHECK_SCRATCH) continue;
        for (size_t r = 0; r < b->rows; r++) {
            uint8_t *row = (uint8_t *)b->data + r * b->stride_bytes;
            for (size_t j = 0; j < b->row_bytes; j++) row[j] = pattern[run->poison][j & 3];
        }
    }
}

void check_save(struct check_run *run) {
    for (size_t i = 0; i < run->used; i++) {
        struct check_buffer *b = &run->buffers[i];
        if (b->role != CHECK_INOUT) continue;
        if (b->saved_capacity < b->bytes) {
            free(b->saved);
            b->saved_capacity = b->bytes * 2;
            if (!(b->saved = malloc(b->saved_capacity))) out_of_memory();
        }
        if (b->bytes) memcpy(b->saved, b->data, b->bytes);
    }
}

void check_restore(struct check_run *run) {
    for (size_t i = 0; i < run->used; i++)
        if (run->buffers[i].role == CHECK_INOUT && run->buffers[i].bytes)
            memcpy(run->buffers[i].data, run->buffers[i].saved, run->buffers[i].bytes);
}

bool check_canaries(struct check_run *run) {
    for (size_t i = 0; i < run->used; i++) {
        const struct check_buffer *b = &run->buffers[i];
        if (b->role == CHECK_IN) continue;
        struct range range;
        for (size_t j = 0; j < canary_range(b, j, &range); j++)
            for (size_t p = range.begin; p < range.end; p++) {
                if (b->region[p] == canary(p)) continue;
                const size_t start = (size_t)((uint8_t *)b->data - b->region);
                if (range.kind == CHECK_WRITES_BEFORE)
                    check_fail(run, range.kind, "%s: byte %zu before its start was overwritten", b->name, start - p);
                else if (range.kind == CHECK_WRITES_AFTER)
                    check_fail(run, range.kind, "%s: byte %zu after its end was overwritten", b->name, p - start - b->bytes);
                else
                    check_fail(run, range.kind, "%s: byte %zu of the gap after row %zu was overwritten", b->name, p - range.begin, j - 2);
                return false;
            }
    }
    return true;
}

bool check_blame(struct check_run *run, const void *address) {
    const uint8_t *p = address;
    for (size_t i = 0; i < run->used; i++) {
        const struct check_buffer *b = &run->buffers[i];
        const uint8_t *first = b->role == CHECK_IN ? b->alias : b->region;
        if (p < first - GUARD_BYTES || p >= first + b->capacity + GUARD_BYTES) continue;
        const uint8_t *kernel = b->kernel;
        if (p < kernel) {
            check_fail(run, b->role == CHECK_IN ? CHECK_READS_BEFORE : CHECK_WRITES_BEFORE, "%s: fault %zu bytes before its start", b->name,
                       (size_t)(kernel - p));
        } else if (p >= kernel + b->bytes) {
            check_fail(run, b->role == CHECK_IN ? CHECK_READS_AFTER : CHECK_WRITES_AFTER, "%s: fault at byte %zu after its end", b->name,
                       (size_t)(p - kernel) - b->bytes);
        } else {
            check_fail(run, CHECK_WRITES_INPUT, "%s: byte %zu of this input was written", b->name, (size_t)(p - kernel));
        }
        return true;
    }
    return false;
}

void check_release(struct check_run *run) {
    for (size_t i = 0; i < CHECK_BUFFERS; i++) {
        unmap(&run->buffers[i]);
        free(run->buffers[i].saved);
    }
}
