/*
 * golden.c - golden captures: reading, writing, comparing
 *
 * Two sequences are aligned by the longest common subsequence of what lies between their common
 * beginning and end. What is left between two matches is paired where two frames are alike (same
 * direction, same protocol): they are shown field by field. The rest is missing or extra.
 *
 * With one machine card, a frame's direction and its source address must agree, or a file could not
 * be compared with the run that it was made of. With several cards a frame of one can arrive at
 * another, so that their direction is taken from the source in the run too.
 */
#include "harness/run/golden.h"

#include "harness/report/frame_text.h"
#include "pcap/capture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define GOLDEN_CELLS_MAX (1024 * 1024) /* of the alignment's table; beyond, frames pair in order */
#define GOLDEN_SHOWN_MAX 4             /* differences in a report */

G_DEFINE_QUARK(ringside - golden - error - quark, golden_error)

struct golden_frame {
    uint64_t time_ns;
    size_t offset, len;
    bool is_out;
};

struct golden {
    uint8_t *macs;
    size_t mac_count;
    GByteArray *bytes;
    GArray *frames; /* struct golden_frame */
    bool is_too_long;
};

struct golden *golden_new(const uint8_t *macs, size_t mac_count)
{
    struct golden *golden = g_new0(struct golden, 1);
    golden->macs = g_memdup2(macs, mac_count * GOLDEN_MAC_SIZE);
    golden->mac_count = mac_count;
    golden->bytes = g_byte_array_new();
    golden->frames = g_array_new(FALSE, FALSE, sizeof(struct golden_frame));
    return golden;
}

void golden_free(struct golden *golden)
{
    if (golden == NULL) {
        return;
    }
    g_free(golden->macs);
    g_byte_array_unref(golden->bytes);
    g_array_unref(golden->frames);
    g_free(golden);
}

static const struct golden_frame *golden_frame(const struct golden *golden, size_t index)
{
    return &g_array_index(golden->frames, struct golden_frame, index);
}

static const uint8_t *golden_data(const struct golden *golden, const struct golden_frame *frame)
{
    return golden->bytes->data + frame->offset;
}

size_t golden_count(const struct golden *golden)
{
    return golden->frames->len;
}

/* Whether the source address is the machine's own. */
static bool golden_is_own(const struct golden *golden, const uint8_t *frame, size_t len)
{
    for (size_t i = 0; len >= 2 * (size_t)GOLDEN_MAC_SIZE && i < golden->mac_count; i++) {
        if (memcmp(frame + GOLDEN_MAC_SIZE, golden->macs + i * GOLDEN_MAC_SIZE, GOLDEN_MAC_SIZE) ==
            0) {
            return true;
        }
    }
    return false;
}

void golden_add(struct golden *golden, bool is_out, uint64_t time_ns, const uint8_t *frame,
                size_t len)
{
    if (golden->frames->len == GOLDEN_FRAMES_MAX) {
        golden->is_too_long = true;
        return;
    }
    const struct golden_frame entry = {
        .time_ns = time_ns,
        .offset = golden->bytes->len,
        .len = len,
        .is_out = golden->mac_count > 1 ? golden_is_own(golden, frame, len) : is_out,
    };
    g_byte_array_append(golden->bytes, frame, (guint)len);
    g_array_append_val(golden->frames, entry);
}

/* ---- files ----------------------------------------------------------------------------------- */

bool golden_load(struct golden *golden, const char *path, GError **error)
{
    struct capture_reader *reader = capture_reader_open(path, error);
    struct capture_frame frame;
    int more = reader == NULL ? -1 : 1;
    while (more == 1 && (more = capture_reader_next(reader, &frame, error)) == 1) {
        golden_add(golden, golden_is_own(golden, frame.data, frame.len), frame.time_ns, frame.data,
                   frame.len);
    }
    capture_reader_free(reader);
    if (more == 0 && golden->is_too_long) {
        g_set_error(error, GOLDEN_ERROR, GOLDEN_ERROR_TOO_LONG,
                    "%s: a golden capture has at most %d frames", path, GOLDEN_FRAMES_MAX);
        return false;
    }
    return more == 0;
}

/* What a file cannot say. */
static bool golden_check(const struct golden *golden, const char *path, GError **error)
{
    if (golden->is_too_long) {
        g_set_error(error, GOLDEN_ERROR, GOLDEN_ERROR_TOO_LONG,
                    "%s: not written: the run has more than %d frames, the most that a golden "
                    "capture has",
                    path, GOLDEN_FRAMES_MAX);
        return false;
    }
    for (size_t i = 0; i < golden->frames->len; i++) {
        const struct golden_frame *frame = golden_frame(golden, i);
        if (frame->is_out != golden_is_own(golden, golden_data(golden, frame), frame->len)) {
            g_set_error(error, GOLDEN_ERROR, GOLDEN_ERROR_DIRECTION,
                        "%s: not written: frame %zu %s; a capture has no directions, so a golden "
                        "one cannot hold this run",
                        path, i + 1,
                        frame->is_out ? "left the card with another's source address"
                                      : "came in with the card's own source address");
            return false;
        }
    }
    return true;
}

static bool golden_write(const struct golden *golden, const char *path, GError **error)
{
    struct capture_writer *writer = capture_writer_open(path, error);
    if (writer == NULL) {
        return false;
    }
    for (size_t i = 0; i < golden->frames->len; i++) {
        const struct golden_frame *frame = golden_frame(golden, i);
        capture_writer_add(writer, frame->time_ns, golden_data(golden, frame), frame->len);
    }
    return capture_writer_close(writer, error);
}

bool golden_save(const struct golden *golden, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *beside = g_strconcat(path, ".new", NULL);
    if (!golden_check(golden, path, error)) {
        return false;
    }
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot make %s: %s",
                    folder, g_strerror(errno));
        return false;
    }
    if (!golden_write(golden, beside, error)) {
        g_unlink(beside);
        return false;
    }
    if (g_rename(beside, path) != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot write %s: %s",
                    path, g_strerror(errno));
        g_unlink(beside);
        return false;
    }
    return true;
}

/* ---- comparing ------------------------------------------------------------------------------- */

#define GOLDEN_NONE SIZE_MAX

/* One difference: a frame of either side, or of both. */
struct golden_pair {
    size_t wanted, got; /* indices, or GOLDEN_NONE */
};

struct golden_alignment {
    const struct golden *wanted, *run;
    GArray *pairs; /* struct golden_pair */
};

static bool golden_is_same(const struct golden_alignment *alignment, size_t wanted, size_t got)
{
    const struct golden_frame *a = golden_frame(alignment->wanted, wanted);
    const struct golden_frame *b = golden_frame(alignment->run, got);
    return a->is_out == b->is_out && a->len == b->len &&
           memcmp(golden_data(alignment->wanted, a), golden_data(alignment->run, b), a->len) == 0;
}

/* The type of an Ethernet frame, and below IPv4 the protocol. */
static unsigned golden_protocol(const uint8_t *frame, size_t len)
{
    if (len < 14) {
        return 0;
    }
    unsigned type = (unsigned)frame[12] << 8 | frame[13];
    return type == 0x0800 && len >= 24 ? type << 8 | frame[23] : type << 8;
}

/* Whether two frames are so alike that one can be shown as a changed form of the other. */
static bool golden_is_alike(const struct golden_alignment *alignment, size_t wanted, size_t got)
{
    const struct golden_frame *a = golden_frame(alignment->wanted, wanted);
    const struct golden_frame *b = golden_frame(alignment->run, got);
    const uint8_t *a_data = golden_data(alignment->wanted, a);
    const uint8_t *b_data = golden_data(alignment->run, b);
    bool same_bytes = a->len == b->len && memcmp(a_data, b_data, a->len) == 0;
    return same_bytes || (a->is_out == b->is_out &&
                          golden_protocol(a_data, a->len) == golden_protocol(b_data, b->len));
}

/* Between two matches: frames [wanted, wanted_end) stand against [got, got_end). */
static void golden_pair_gap(struct golden_alignment *alignment, size_t wanted, size_t wanted_end,
                            size_t got, size_t got_end)
{
    while (wanted < wanted_end || got < got_end) {
        struct golden_pair pair = {.wanted = GOLDEN_NONE, .got = GOLDEN_NONE};
        if (wanted == wanted_end) {
            pair.got = got++;
        } else if (got == got_end) {
            pair.wanted = wanted++;
        } else {
            size_t alike = got;
            while (alike < got_end && !golden_is_alike(alignment, wanted, alike)) {
                alike++;
            }
            for (; alike < got_end && got < alike; got++) {
                const struct golden_pair extra = {.wanted = GOLDEN_NONE, .got = got};
                g_array_append_val(alignment->pairs, extra);
            }
            pair.wanted = wanted++;
            pair.got = alike < got_end ? got++ : GOLDEN_NONE;
        }
        g_array_append_val(alignment->pairs, pair);
    }
}

/* Lengths of common subsequences of what begins at [i][j], in a table of `columns` columns. */
static uint32_t *golden_table(const struct golden_alignment *alignment, size_t from, size_t rows,
                              size_t columns)
{
    uint32_t *table = g_new0(uint32_t, (rows + 1) * (columns + 1));
    for (size_t i = rows; i-- > 0;) {
        for (size_t j = columns; j-- > 0;) {
            const uint32_t *below = &table[(i + 1) * (columns + 1)];
            table[i * (columns + 1) + j] = golden_is_same(alignment, from + i, from + j)
                                               ? below[j + 1] + 1
                                               : MAX(below[j], table[i * (columns + 1) + j + 1]);
        }
    }
    return table;
}

/* Both sides begin to differ at `from`; their ends differ at wanted_end and got_end. */
static void golden_align(struct golden_alignment *alignment, size_t from, size_t wanted_end,
                         size_t got_end)
{
    size_t rows = wanted_end - from, columns = got_end - from;
    if (rows == 0 || columns == 0 || rows > GOLDEN_CELLS_MAX / columns) {
        golden_pair_gap(alignment, from, wanted_end, from, got_end);
        return;
    }
    g_autofree uint32_t *table = golden_table(alignment, from, rows, columns);
    size_t i = 0, j = 0, gap_i = 0, gap_j = 0;
    while (i < rows && j < columns) {
        if (golden_is_same(alignment, from + i, from + j)) {
            golden_pair_gap(alignment, from + gap_i, from + i, from + gap_j, from + j);
            gap_i = ++i;
            gap_j = ++j;
        } else if (table[(i + 1) * (columns + 1) + j] >= table[i * (columns + 1) + j + 1]) {
            i++;
        } else {
            j++;
        }
    }
    golden_pair_gap(alignment, from + gap_i, wanted_end, from + gap_j, got_end);
}

/* `frame 2 in: ARP, Reply …`. */
static void golden_append_line(GString *out, const struct golden *golden, size_t index)
{
    const struct golden_frame *frame = golden_frame(golden, index);
    g_string_append_printf(out, "frame %zu %s: ", index + 1, frame->is_out ? "out" : "in");
    frame_text_append_line(out, golden_data(golden, frame), frame->len);
    g_string_append_c(out, '\n');
}

static struct frame_text_side golden_side(const struct golden *golden, size_t index)
{
    const struct golden_frame *frame = golden_frame(golden, index);
    return (struct frame_text_side){golden_data(golden, frame), frame->len, frame->is_out};
}

/* The first difference is shown with all its fields, those behind it with what differs. */
static void golden_show(const struct golden_alignment *alignment, GString *expected, GString *got)
{
    guint shown = MIN(alignment->pairs->len, GOLDEN_SHOWN_MAX);
    for (guint i = 0; i < shown; i++) {
        const struct golden_pair *pair = &g_array_index(alignment->pairs, struct golden_pair, i);
        if (pair->wanted == GOLDEN_NONE) {
            g_string_append(expected, "no such frame\n");
            golden_append_line(got, alignment->run, pair->got);
            continue;
        }
        golden_append_line(expected, alignment->wanted, pair->wanted);
        if (pair->got == GOLDEN_NONE) {
            g_string_append(got, "no such frame\n");
            continue;
        }
        golden_append_line(got, alignment->run, pair->got);
        const struct frame_text_side left = golden_side(alignment->wanted, pair->wanted);
        const struct frame_text_side right = golden_side(alignment->run, pair->got);
        frame_text_compare(expected, &left, got, &right, i > 0);
    }
    if (shown < alignment->pairs->len) {
        g_string_append_printf(expected, "and %u more differences\n",
                               alignment->pairs->len - shown);
    }
}

static void golden_count_pairs(const GArray *pairs, struct golden_difference *difference)
{
    for (guint i = 0; i < pairs->len; i++) {
        const struct golden_pair *pair = &g_array_index(pairs, struct golden_pair, i);
        if (pair->wanted == GOLDEN_NONE) {
            difference->extra++;
        } else if (pair->got == GOLDEN_NONE) {
            difference->missing++;
        } else {
            difference->different++;
        }
    }
}

bool golden_compare(const struct golden *wanted, const struct golden *run,
                    struct golden_difference *difference)
{
    struct golden_alignment alignment = {
        .wanted = wanted,
        .run = run,
        .pairs = g_array_new(FALSE, FALSE, sizeof(struct golden_pair)),
    };
    size_t from = 0, wanted_end = golden_count(wanted), got_end = golden_count(run);
    while (from < wanted_end && from < got_end && golden_is_same(&alignment, from, from)) {
        from++;
    }
    while (wanted_end > from && got_end > from &&
           golden_is_same(&alignment, wanted_end - 1, got_end - 1)) {
        wanted_end--;
        got_end--;
    }
    *difference = (struct golden_difference){0};
    golden_align(&alignment, from, wanted_end, got_end);
    bool is_same = alignment.pairs->len == 0 && !run->is_too_long;
    if (!is_same) {
        g_autoptr(GString) expected = g_string_new(NULL);
        g_autoptr(GString) got = g_string_new(NULL);
        golden_count_pairs(alignment.pairs, difference);
        golden_show(&alignment, expected, got);
        if (run->is_too_long) {
            g_string_append_printf(got, "more than %d frames\n", GOLDEN_FRAMES_MAX);
        }
        difference->expected = g_strchomp(g_strdup(expected->str));
        difference->got = g_strchomp(g_strdup(got->str));
    }
    g_array_unref(alignment.pairs);
    return is_same;
}

void golden_difference_clear(struct golden_difference *difference)
{
    g_free(difference->expected);
    g_free(difference->got);
    *difference = (struct golden_difference){0};
}
