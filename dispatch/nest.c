/* SPDX-License-Identifier: Apache-2.0
 *
 * nest.c - cuts k into pieces, keeps the panels of a block of columns expanded, and calls the micro-kernels
 *
 * A piece is a run of words within one segment and one scale group, short enough for exact_terms and for the table's K block; it has one
 * expanded panel per 32 columns. A call of the micro-kernel takes one piece, or a batch of whole segments. A chunk is the pieces whose panels
 * are kept expanded at once. A series is the calls whose exact sum is formed before it is scaled: those of one scale group.
 *
 * Integer classes: the calls of a series hand their sum on in int32, or in two where it does not fit; the last one scales it. Float classes:
 * each call scales its sum and adds it into c, as the calls of later groups do in every class.
 */
#include "nest.h"

#include <string.h>

#include "../kernels/kernel_util.h"

enum {
    MAX_PIECES = 128,   /* of a chunk: k = 4096 in groups of 32 is one, so that a panel of lines is read in one go */
    MOST_COLUMNS = 256, /* of a block that is wider than the table says */
    LONG_SUM = 256      /* words: a panel's share of such a call takes much longer than what a kernel does from panel to panel */
};

struct cut {
    bool integer;
    size_t piece_words; /* the longest piece */
    size_t group_words; /* of a scale group; the whole segment without groups */
    size_t pieces_per_group, pieces_per_segment, pieces;
    size_t batch;        /* most pieces in a call: more than one only for whole segments, or for whole scale groups */
    bool each;           /* which are scaled one by one */
    size_t carry_words;  /* integer: whose sum is exact in int32 */
    size_t chunk_pieces; /* most pieces in a chunk */
    size_t panel_bytes;  /* of the longest piece */
    size_t block_columns;
    enum {
        PARTS_NONE,
        PARTS_TILE,
        PARTS_BLOCK
    } parts;       /* where a series' sums wait: nowhere, for one tile, or for a block of rows and columns */
    size_t planes; /* of int32 that they take: two where one does not hold them */
};

struct piece {
    size_t segment, word, words, group;
};

/* Of the longest exact sum. */
static size_t series_words(const struct ffp8_nest *nest) {
    size_t words;
    if (nest->group_words) return ffp8_min_size(nest->group_words, nest->segment_words);
    return __builtin_mul_overflow(nest->segments, nest->segment_words, &words) ? SIZE_MAX : words;
}

bool ffp8_nest_sums_fit(const struct ffp8_nest *nest) {
    const size_t words = nest->exact_terms / ffp8_class_elements(nest->class_of);
    return nest->class_of > FFP8_CLASS_I16 || series_words(nest) / FFP8_MOST_CARRIES < words;
}

static struct cut make_cut(const struct ffp8_nest *nest) {
    const ffp8_class class_of = nest->class_of;
    const size_t align = class_of == FFP8_CLASS_F32 ? 2 : 1; /* words that begin at a whole line */
    const size_t block_words = (nest->chunk_bytes ? nest->chunk_bytes : nest->kernels->kc_bytes) / FFP8_WORD_BYTES;
    struct cut cut = {.integer = class_of <= FFP8_CLASS_I16, .block_columns = nest->kernels->nc_columns};
    cut.group_words = nest->group_words ? ffp8_min_size(nest->group_words, nest->segment_words) : nest->segment_words;

    size_t most = cut.group_words, exact_words = SIZE_MAX; /* in one call */
    if (!nest->fused) most = ffp8_min_size(most, block_words);
    if (cut.integer) {
        cut.carry_words = nest->exact_terms / ffp8_class_elements(class_of);
        const size_t times = nest->plain_k ? FFP8_DIRECT_SPREAD : class_of == FFP8_CLASS_I16 ? FFP8_MOST_CARRIES : 1;
        if (__builtin_mul_overflow(cut.carry_words, times, &exact_words)) exact_words = SIZE_MAX;
        most = ffp8_min_size(most, exact_words);
    }
    if (cut.group_words == 0) return cut; /* k = 0: nothing to cut */
    const size_t even = ffp8_ceil_div(cut.group_words, ffp8_ceil_div(cut.group_words, most));
    cut.piece_words = ffp8_ceil_div(even, align) * align;
    cut.pieces_per_group = ffp8_ceil_div(cut.group_words, cut.piece_words);
    cut.pieces_per_segment = ffp8_ceil_div(nest->segment_words, cut.group_words) * cut.pieces_per_group;
    cut.pieces = nest->segments * cut.pieces_per_segment;

    cut.batch = 1;
    cut.each = nest->group_words && cut.pieces_per_group == 1 && !nest->plain_k;
    if (cut.pieces_per_segment == 1) cut.batch = exact_words / cut.piece_words;
    if (cut.each) cut.batch = SIZE_MAX;
    cut.chunk_pieces = nest->fused ? MAX_PIECES : ffp8_min_size(MAX_PIECES, block_words / cut.piece_words);
    if (cut.chunk_pieces == 0) cut.chunk_pieces = 1;
    if (cut.pieces > 0)
        cut.chunk_pieces = ffp8_ceil_div(cut.pieces, ffp8_ceil_div(cut.pieces, cut.chunk_pieces)); /* of about the same length */
    cut.batch = ffp8_min_size(cut.batch, cut.chunk_pieces);
    cut.panel_bytes = ffp8_panel_bytes(class_of, cut.piece_words);
    /* Short columns leave room for more of them, whose sums are finished in longer runs; long ones for fewer. */
    if (!nest->fused) {
        const size_t room = (size_t)nest->kernels->kc_bytes * nest->kernels->nc_columns;
        const size_t panels = ffp8_min_size(room / (cut.chunk_pieces * cut.piece_words * FFP8_STEP_BYTES), MOST_COLUMNS / FFP8_NR);
        if (cut.pieces <= cut.chunk_pieces || panels * FFP8_NR < cut.block_columns)
            cut.block_columns = panels > 0 ? panels * FFP8_NR : FFP8_NR;
    }

    const size_t series = nest->group_words ? cut.pieces_per_group : cut.pieces; /* pieces in one */
    if (cut.integer && series > cut.batch) cut.parts = cut.pieces <= cut.chunk_pieces ? PARTS_TILE : PARTS_BLOCK;
    cut.planes = series_words(nest) > cut.carry_words ? 2 : 1;
    return cut;
}

static struct piece get_piece(const struct ffp8_nest *nest, const struct cut *cut, size_t i) {
    if (cut->pieces_per_segment == 1) return (struct piece){.segment = i, .words = nest->segment_words}; /* convolution: no divisions */
    const size_t in_segment = i % cut->pieces_per_segment;
    const size_t group = in_segment / cut->pieces_per_group, in_group = in_segment % cut->pieces_per_group;
    const size_t word = group * cut->group_words + in_group * cut->piece_words;
    const size_t end = ffp8_min_size(nest->segment_words, (group + 1) * cut->group_words);
    return (struct piece){
        .segment = i / cut->pieces_per_segment,
        .word = word,
        .words = word < end ? ffp8_min_size(cut->piece_words, end - word) : 0, /* a short last group leaves its last pieces empty */
        .group = nest->group_words ? group : 0,
    };
}

static size_t block_columns(const struct ffp8_nest *nest, const struct cut *cut) {
    return ffp8_min_size(cut->block_columns, nest->column_end - nest->column_begin);
}

size_t ffp8_nest_columns(const struct ffp8_nest *nest) {
    const struct cut cut = make_cut(nest);
    return block_columns(nest, &cut);
}

bool ffp8_nest_keeps_panels(const struct ffp8_nest *nest) {
    const struct cut cut = make_cut(nest);
    return !nest->fused && cut.pieces <= cut.chunk_pieces && block_columns(nest, &cut) == nest->column_end - nest->column_begin;
}

/* Bytes of the panels and of each plane of parts behind them. False: overflow. */
static bool scratch_sizes(const struct ffp8_nest *nest, const struct cut *cut, size_t *panels, size_t *parts) {
    const size_t columns = ffp8_ceil_div(block_columns(nest, cut), FFP8_NR) * FFP8_NR;
    *panels = *parts = 0;
    if (!nest->fused && (__builtin_mul_overflow(columns / FFP8_NR * cut->chunk_pieces, cut->panel_bytes, panels))) return false;
    if (cut->parts == PARTS_TILE) *parts = FFP8_MAX_MR * FFP8_NR * sizeof(int32_t);
    if (cut->parts == PARTS_BLOCK && __builtin_mul_overflow(columns * sizeof(int32_t), nest->rows, parts)) return false;
    return true;
}

size_t ffp8_nest_scratch(const struct ffp8_nest *nest) {
    const struct cut cut = make_cut(nest);
    size_t panels, parts, bytes;
    const bool ok = scratch_sizes(nest, &cut, &panels, &parts) && !__builtin_mul_overflow(parts, cut.planes, &parts);
    return ok && !__builtin_add_overflow(panels, parts, &bytes) ? bytes : SIZE_MAX;
}

/* One block of columns in progress. */
struct block {
    const struct ffp8_nest *nest;
    const struct cut *cut;
    size_t column, columns;
    bool at_top;      /* the rows in progress always lie at c's top */
    size_t row, left; /* row that lies at c's top; column, counted from the block's first, at its left */
    float *c;
    size_t ldc;
    uint8_t *panels;     /* [panel][chunk_pieces][panel_bytes] */
    int32_t *low, *high; /* parts; high: or NULL */
    size_t ld_part;
};

/* Bytes between the lines of two panels, and of a piece's first line. */
static size_t lines_stride(const struct ffp8_nest *nest) { return nest->segments * nest->segment_lines * FFP8_LINE_BYTES; }
static size_t lines_at(const struct ffp8_nest *nest, const struct piece *piece) {
    const size_t word_bytes = FFP8_LINE_BYTES * 2 / (nest->class_of == FFP8_CLASS_I8 ? 1 : nest->class_of == FFP8_CLASS_F32 ? 4 : 2);
    return piece->segment * nest->segment_lines * FFP8_LINE_BYTES + piece->word * word_bytes;
}
static const uint8_t *first_lines(const struct block *b) { return b->nest->lines + b->column / FFP8_NR * lines_stride(b->nest); }

static size_t panels_stride(const struct cut *cut) { return cut->chunk_pieces * cut->panel_bytes; }

static void expand_chunk(const struct block *b, size_t begin, size_t end) {
    const struct ffp8_nest *nest = b->nest;
    const uint8_t *lines = first_lines(b);
    uint8_t *to = b->panels;
    for (size_t column = 0; column < b->columns; column += FFP8_NR, lines += lines_stride(nest), to += panels_stride(b->cut))
        for (size_t i = begin; i < end; i++) {
            const struct piece piece = get_piece(nest, b->cut, i);
            if (piece.words)
                nest->kernels->expand[nest->class_of](lines + lines_at(nest, &piece), to + (i - begin) * b->cut->panel_bytes, piece.words,
                                                      nest->lut);
        }
}

/* The tile's first piece that is not before i. */
static size_t own_piece(const struct block *b, const struct ffp8_tile *tile, size_t i) {
    const size_t per_segment = b->cut->pieces_per_segment, across = b->nest->segments_across;
    if (tile->across_end - tile->across_begin == across) return i;
    const size_t segment = i / per_segment, at = segment % across;
    if (at < tile->across_begin) return (segment + tile->across_begin - at) * per_segment;
    return at < tile->across_end ? i : (segment + across - at + tile->across_begin) * per_segment;
}

/* The calls that a tile makes for a panel of a chunk. */
struct calls {
    const struct ffp8_tile *tile; /* NULL: none yet */
    size_t column;                /* of the block: where the panel begins */
    size_t count, pieces;
    struct call {
        size_t first, count; /* of the pieces below */
        size_t words, terms, group;
        uint32_t flags;
    } call[MAX_PIECES];
    const void *a[MAX_PIECES];
    const uint8_t *b[MAX_PIECES];
};

/* Bytes from a panel of the block to the next. */
static size_t b_stride(const struct block *b) {
    const struct ffp8_nest *nest = b->nest;
    return nest->plain ? FFP8_NR * nest->plain_ld : nest->fused ? lines_stride(nest) : panels_stride(b->cut);
}

/* Where a piece of B begins in the block's first panel; of plain weights, how many terms it has. */
static const uint8_t *first_b(const struct block *b, const struct piece *piece, size_t in_chunk, size_t *terms) {
    const struct ffp8_nest *nest = b->nest;
    if (nest->plain) {
        const size_t elements = ffp8_class_elements(nest->class_of), k = piece->word * elements;
        *terms = ffp8_min_size(piece->words * elements, nest->plain_k - k);
        return nest->plain + b->column * nest->plain_ld + k;
    }
    return nest->fused ? first_lines(b) + lines_at(nest, piece) : b->panels + in_chunk * b->cut->panel_bytes;
}

/* What a call does with its sum, which is of the pieces i.. and followed by the piece `next`; the tile has [first, last). */
static uint32_t call_flags(const struct ffp8_nest *nest, const struct cut *cut, size_t group, size_t i, size_t next, size_t first,
                           size_t last) {
    const uint32_t add = i > first ? FFP8_DOT_ADD : 0;
    if (cut->each) return add | FFP8_DOT_EACH;
    if (!cut->integer) return add;
    size_t series_first = first, series_last = last;
    if (nest->group_words) {
        const size_t words = ffp8_min_size(cut->group_words, nest->segment_words - group * cut->group_words);
        series_first = group * cut->pieces_per_group;
        series_last = series_first + ffp8_ceil_div(words, cut->piece_words);
    }
    return (i > series_first ? FFP8_DOT_PART_IN : 0u) | (next < series_last ? FFP8_DOT_PART_OUT : 0u) |
           (series_first > first ? FFP8_DOT_ADD : 0u);
}

/* The pieces [begin, end) of a chunk for one tile and the panel at `column` of the block. Which of them share a call does not depend on the
 * tile: neither does a sum. */
static void plan_calls(struct calls *calls, const struct block *b, const struct ffp8_tile *tile, size_t column, size_t begin, size_t end) {
    const struct ffp8_nest *nest = b->nest;
    const struct cut *cut = b->cut;
    const size_t panel_at = column / FFP8_NR * b_stride(b);
    /* The tile's own pieces, of which this chunk has some. */
    const size_t first = tile->segment_begin * cut->pieces_per_segment, last = tile->segment_end * cut->pieces_per_segment;
    const size_t from = first > begin ? first : begin, to = ffp8_min_size(last, end);
    calls->count = calls->pieces = 0;
    for (size_t i = own_piece(b, tile, from), next; i < to; i = next) {
        const struct piece piece = get_piece(nest, cut, i);
        const size_t batch_end = ffp8_min_size(to, begin + ((i - begin) / cut->batch + 1) * cut->batch);
        struct call *call = &calls->call[calls->count];
        *call = (struct call){.first = calls->pieces, .words = piece.words, .group = piece.group};
        for (next = i; next < batch_end; next = own_piece(b, tile, next + 1)) {
            const struct piece p = get_piece(nest, cut, next);
            if (p.words != call->words) break; /* a short last group */
            const size_t at = calls->pieces++;
            calls->a[at] = tile->a + (nest->segment_offset ? nest->segment_offset[p.segment] : 0) + p.word * FFP8_WORD_BYTES;
            calls->b[at] = first_b(b, &p, next - begin, &call->terms) + panel_at;
        }
        call->count = calls->pieces - call->first;
        call->flags = call_flags(nest, cut, piece.group, i, next, first, last);
        if (call->words) calls->count++; /* of a short last group the last pieces may be empty */
    }
}

static bool same_taps(const struct ffp8_tile *a, const struct ffp8_tile *b) {
    return a->segment_begin == b->segment_begin && a->segment_end == b->segment_end && a->across_begin == b->across_begin &&
           a->across_end == b->across_end;
}

/* The same calls for another tile with the same taps, and another panel. */
static void move_calls(struct calls *calls, const struct block *b, const struct ffp8_tile *tile, size_t column) {
    const ptrdiff_t rows = tile->a - calls->tile->a;
    const ptrdiff_t panels = ((ptrdiff_t)column - (ptrdiff_t)calls->column) / FFP8_NR * (ptrdiff_t)b_stride(b);
    for (size_t i = 0; i < calls->pieces; i++) {
        calls->a[i] = (const uint8_t *)calls->a[i] + rows;
        calls->b[i] += panels;
    }
    calls->tile = tile;
    calls->column = column;
}

/* Calls of the chunk in progress: planned anew where taps differ. */
static void aim_calls(struct calls *calls, const struct block *b, const struct ffp8_tile *tile, size_t column, size_t begin, size_t end) {
    if (calls->tile && same_taps(calls->tile, tile)) {
        move_calls(calls, b, tile, column);
    } else {
        plan_calls(calls, b, tile, column, begin, end);
        calls->tile = tile;
        calls->column = column;
    }
}

/* What kernels are to fetch into L2 while they multiply: with a tile's first panels the next tile's rows of A, with the others lines that the
 * next chunk will expand. Steps: bytes for four words of a call, as in struct ffp8_dot; 0: there is nothing left. */
struct ahead {
    size_t row_columns; /* a tile's columns with which rows are fetched */
    const uint8_t *rows;
    size_t row_step;
    const uint8_t *lines; /* of the first panel */
    size_t stride, bytes; /* of a panel */
    size_t panels, panel, at;
    size_t line_step;
};

/* So many times four words are multiplied with one panel. */
static size_t fetch_steps(const struct cut *cut) { return cut->chunk_pieces * ffp8_ceil_div(cut->piece_words, 4); }

/* Rows are worth it, where the caller wants them, if a chunk reads them from end to end: they lie far from each other else. */
static struct ahead look_ahead(const struct block *b, size_t end, bool rows) {
    const struct ffp8_nest *nest = b->nest;
    const struct cut *cut = b->cut;
    size_t column = b->column;
    struct ahead ahead = {0};
    if (cut->pieces == 0) return ahead;
    if (end == cut->pieces) end = 0, column += cut->block_columns;
    if (column < nest->column_end) {
        const struct piece first = get_piece(nest, cut, end);
        const struct piece last = get_piece(nest, cut, ffp8_min_size(cut->pieces, end + cut->chunk_pieces) - 1);
        ahead.stride = lines_stride(nest);
        ahead.lines = nest->lines + column / FFP8_NR * ahead.stride + lines_at(nest, &first);
        ahead.bytes = lines_at(nest, &last) + last.words * FFP8_LINE_BYTES - lines_at(nest, &first);
        ahead.panels = ffp8_ceil_div(ffp8_min_size(cut->block_columns, nest->column_end - column), FFP8_NR);
    }
    const size_t panels = ffp8_ceil_div(b->columns, FFP8_NR), per_tile = ffp8_ceil_div(ahead.panels * ahead.bytes, nest->tile_count);
    size_t line_panels = panels;
    if (rows && nest->segments == 1 && cut->pieces == cut->chunk_pieces)
        line_panels = ffp8_min_size(panels, ffp8_ceil_div(per_tile, fetch_steps(cut) * FFP8_LINE_BYTES));
    ahead.row_columns = (panels - line_panels) * FFP8_NR;
    if (line_panels > 0) ahead.line_step = ffp8_ceil_div(per_tile, line_panels * fetch_steps(cut));
    return ahead;
}

/* The rows to fetch with the tile before this one; NULL: there is none. */
static void look_at_rows(struct ahead *ahead, const struct cut *cut, const struct ffp8_tile *tile) {
    ahead->row_step = 0;
    if (!tile || ahead->row_columns == 0) return;
    ahead->rows = tile->a;
    ahead->row_step = tile->rows * tile->a_step / (ahead->row_columns / FFP8_NR * fetch_steps(cut));
}

/* What a call is to fetch that begins at this column. Where that is nothing, something that lies in L1: the call. */
static void fetch_share(struct ahead *ahead, size_t column, struct ffp8_dot *d) {
    const bool rows = column < ahead->row_columns;
    d->fetch = (const uint8_t *)d;
    d->fetch_step = rows ? ahead->row_step : ahead->line_step;
    if (d->fetch_step == 0) return;
    const size_t bytes = ffp8_ceil_div(d->cols, FFP8_NR) * d->count * (d->words / 4) * d->fetch_step;
    if (rows) {
        d->fetch = ahead->rows;
        ahead->rows += bytes;
        return;
    }
    d->fetch = ahead->lines + ahead->panel * ahead->stride + ahead->at;
    ahead->at += bytes;
    if (ahead->at < ahead->bytes) return;
    ahead->at = 0;
    if (++ahead->panel >= ahead->panels) ahead->line_step = 0;
}

/* The tile that calls are planned for and the panels of the block's columns [begin, end). */
static void run_tile(const struct block *b, struct calls *calls, size_t begin, size_t end, struct ahead *ahead) {
    const struct ffp8_nest *nest = b->nest;
    ffp8_dot_fn *const *const kind = nest->plain ? nest->kernels->direct : nest->fused ? nest->kernels->fused : nest->kernels->dot;
    ffp8_dot_fn *const dot = kind[nest->class_of];
    const struct ffp8_tile *tile = calls->tile;
    const size_t scale_bytes = nest->col_e8m0 ? 1 : sizeof(float), scales_at = nest->scale_block ? 0 : b->column;
    const bool in_block = b->cut->parts == PARTS_BLOCK;
    const uint32_t flags = (nest->col_e8m0 ? FFP8_DOT_E8M0 : 0u) | (b->at_top ? 0u : FFP8_DOT_FAR);
    struct ffp8_dot d; /* each member is set, here or below: to clear it first takes as long as a short sum's start */
    d.lda_bytes = tile->a_step;
    d.rows = tile->rows;
    d.ldc = tile->c_step * b->ldc;
    d.ld_part = in_block ? tile->c_step * b->ld_part : b->ld_part;
    d.lut = nest->lut;
    d.a_offset = nest->a_offset;
    d.ldb = nest->plain_ld;
    d.pad_code = nest->pad_code;
    d.ld_row_scale = nest->ld_row_scale;
    d.ld_col_scale = nest->ld_col_scale;
    d.carry_words = b->cut->carry_words;
    d.b_step = b_stride(b);
    d.b_at = 0;
    for (size_t column = begin, columns; column < end; column += columns) {
        /* A call that is the tile's only one takes all panels that fetch the same, if that is worth it. */
        columns = column < ahead->row_columns ? ahead->row_columns - column : end - column;
        if (calls->count != 1 || calls->call[0].count * calls->call[0].words < LONG_SUM) columns = FFP8_NR;
        if (column != calls->column) move_calls(calls, b, tile, column);
        d.cols = ffp8_min_size(columns, b->columns - column);
        d.c = b->c + (tile->row - b->row) * b->ldc + (column - b->left);
        const size_t part_at = in_block ? tile->row * b->ld_part + column : 0;
        d.low = b->low + part_at;
        d.high = b->high ? b->high + part_at : NULL;
        for (size_t i = 0; i < calls->count; i++) {
            const struct call *call = &calls->call[i];
            d.a = calls->a + call->first;
            d.b = (const void *const *)calls->b + call->first;
            d.count = call->count;
            d.words = call->words;
            d.terms = call->terms;
            d.flags = call->flags | flags;
            d.col_scale = (const uint8_t *)nest->col_scale + (call->group * nest->ld_col_scale + scales_at + column) * scale_bytes;
            d.row_scale = nest->row_scale ? nest->row_scale + call->group * nest->ld_row_scale + tile->row : NULL;
            fetch_share(ahead, column, &d);
            dot(&d);
        }
    }
}

/* Where no tap lies inside, sums are zero: of `columns` columns, from the left on. */
static void zero_tile(const struct block *b, const struct ffp8_tile *tile, size_t begin, size_t end, size_t columns) {
    if (begin > 0 || (end > 0 && tile->segment_begin < tile->segment_end)) return;
    for (size_t r = 0; r < tile->rows; r++) memset(b->c + (tile->row - b->row + r * tile->c_step) * b->ldc, 0, columns * sizeof(float));
}

/* Expanded panels: all of them with each tile, which lies in L1. */
static void run_tiles(struct block *b, size_t begin, size_t end) {
    const struct ffp8_nest *nest = b->nest;
    const bool last = end == b->cut->pieces;
    b->at_top = begin == 0 && last && nest->finish && !nest->direct;
    struct calls calls;
    calls.tile = NULL;
    struct ahead ahead = look_ahead(b, end, true);
    size_t row = 0; /* the first that is not finished */
    for (size_t t = 0; t < nest->tile_count; t++) {
        const struct ffp8_tile *tile = &nest->tiles[t];
        b->row = b->at_top ? row : 0;
        zero_tile(b, tile, begin, end, b->columns);
        aim_calls(&calls, b, tile, 0, begin, end);
        look_at_rows(&ahead, b->cut, t + 1 < nest->tile_count ? tile + 1 : NULL);
        run_tile(b, &calls, 0, b->columns, &ahead);
        const size_t next = t + 1 < nest->tile_count ? tile->row + tile->rows : nest->rows;
        if (!last || !nest->finish || (t + 1 < nest->tile_count && (nest->finish_rows == SIZE_MAX || next - row < nest->finish_rows)))
            continue;
        nest->finish(nest->context, row, next - row, b->column, b->columns, b->c + (row - b->row) * b->ldc, b->ldc);
        row = next;
    }
}

/* The same, and each tile is finished a strip of columns at a time. */
static void run_strips(struct block *b, size_t begin, size_t end) {
    const struct ffp8_nest *nest = b->nest;
    struct calls calls;
    calls.tile = NULL;
    struct ahead ahead = look_ahead(b, end, false);
    b->at_top = true;
    b->ldc = nest->finish_columns;
    for (size_t t = 0; t < nest->tile_count; t++) {
        const struct ffp8_tile *tile = &nest->tiles[t];
        b->row = tile->row;
        aim_calls(&calls, b, tile, 0, begin, end);
        for (b->left = 0; b->left < b->columns; b->left += b->ldc) {
            const size_t columns = ffp8_min_size(b->ldc, b->columns - b->left);
            zero_tile(b, tile, begin, end, columns);
            run_tile(b, &calls, b->left, b->left + columns, &ahead);
            nest->finish(nest->context, tile->row, tile->rows, b->column + b->left, columns, b->c, b->ldc);
        }
    }
}

/* Lines and plain weights: all tiles with each panel, which is read from memory once and then lies in L2; one tile with all panels. */
static void run_panels(struct block *b, size_t begin, size_t end) {
    const struct ffp8_nest *nest = b->nest;
    struct calls calls;
    calls.tile = NULL;
    struct ahead none = {0};
    const size_t columns = nest->tile_count > 1 ? FFP8_NR : b->columns;
    for (size_t column = 0; column < b->columns; column += columns)
        for (size_t t = 0; t < nest->tile_count; t++) {
            const struct ffp8_tile *tile = &nest->tiles[t];
            if (column == 0) zero_tile(b, tile, begin, end, b->columns);
            aim_calls(&calls, b, tile, column, begin, end);
            run_tile(b, &calls, column, column + columns, &none);
        }
    if (end == b->cut->pieces && nest->finish) nest->finish(nest->context, 0, nest->rows, b->column, b->columns, b->c, b->ldc);
}

static void run_block(struct block *b) {
    const struct ffp8_nest *nest = b->nest;
    const struct cut *cut = b->cut;
    const bool narrow = nest->finish && !nest->direct && nest->finish_columns > 0 && nest->finish_columns < b->columns;
    size_t begin = 0, end;
    if (nest->scale_block) nest->scale_block(nest->context, b->column, b->columns);
    do {
        end = ffp8_min_size(cut->pieces, begin + cut->chunk_pieces);
        if (!nest->fused && !nest->panels_ready) expand_chunk(b, begin, end);
        if (nest->fused)
            run_panels(b, begin, end);
        else if (narrow && begin == 0 && end == cut->pieces)
            run_strips(b, begin, end);
        else
            run_tiles(b, begin, end);
        begin = end;
    } while (end < cut->pieces);
}

void ffp8_nest_run(const struct ffp8_nest *nest) {
    const struct cut cut = make_cut(nest);
    size_t panel_bytes, part_bytes;
    if (!scratch_sizes(nest, &cut, &panel_bytes, &part_bytes)) return; /* ffp8_nest_scratch has refused this */
    for (size_t column = nest->column_begin; column < nest->column_end; column += cut.block_columns) {
        const size_t columns = ffp8_min_size(cut.block_columns, nest->column_end - column);
        struct block block = {
            .nest = nest,
            .cut = &cut,
            .column = column,
            .columns = columns,
            .c = nest->c + (nest->direct ? column : 0),
            .ldc = nest->ldc,
            .panels = nest->scratch,
            .low = (int32_t *)(void *)((uint8_t *)nest->scratch + panel_bytes),
            .high = cut.planes == 2 ? (int32_t *)(void *)((uint8_t *)nest->scratch + panel_bytes + part_bytes) : NULL,
            .ld_part = cut.parts == PARTS_TILE ? FFP8_NR : ffp8_ceil_div(columns, FFP8_NR) * FFP8_NR,
        };
        run_block(&block);
    }
}
