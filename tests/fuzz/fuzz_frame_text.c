/*
 * fuzz_frame_text.c - any bytes as a frame, shown as text
 *
 * The first byte says what the rest is: a frame, which is compared with itself, or two. Of any
 * frame the line and the values of fields are printable ASCII on one line, names are words, and the
 * line is no longer than the frame can justify. Two frames that differ do so in some field, as the
 * header promises, and the same two in none.
 */
#include "harness/report/frame_text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_FRAME_MAX 2048
#define FUZZ_CUT       1 /* of the first byte: the rest is two frames */
#define FUZZ_DIFFERENT 2 /* only what differs is shown */

/* More than any decoder makes of a byte: an option of DHCP that is a byte long, with its name. */
#define FUZZ_TEXT_MAX(len) (1024 + 64 * (len))

static void fuzz_check_printable(const char *text, size_t size)
{
    FUZZ_CHECK(strlen(text) == size && size > 0);
    for (size_t i = 0; i < size; i++) {
        FUZZ_CHECK(g_ascii_isprint(text[i]));
    }
}

static void fuzz_check_fields(const GPtrArray *fields, size_t len)
{
    FUZZ_CHECK(len == 0 || fields->len > 0);
    for (guint i = 0; i < fields->len; i++) {
        const struct frame_text_field *field = g_ptr_array_index(fields, i);
        fuzz_check_printable(field->name, strlen(field->name));
        fuzz_check_printable(field->value, strlen(field->value));
        FUZZ_CHECK(strchr(field->name, ' ') == NULL);
    }
}

static void fuzz_check_frame(const uint8_t *frame, size_t len)
{
    GString *line = g_string_new("in front");
    frame_text_append_line(line, frame, len);
    fuzz_check_printable(line->str, line->len);
    FUZZ_CHECK(g_str_has_prefix(line->str, "in front") && line->len <= FUZZ_TEXT_MAX(len));
    g_string_free(line, TRUE);
    GPtrArray *fields = frame_text_fields(frame, len);
    fuzz_check_fields(fields, len);
    g_ptr_array_unref(fields);
}

/* Lines of two blanks, a mark, a blank, a name and a value. True when one of them is marked. */
static bool fuzz_check_column(const GString *column)
{
    bool marked = false;
    char **lines = g_strsplit(column->str, "\n", -1);
    guint count = g_strv_length(lines);
    FUZZ_CHECK(count == 0 || lines[count - 1][0] == '\0');
    for (guint i = 0; i + 1 < count; i++) {
        fuzz_check_printable(lines[i], strlen(lines[i]));
        FUZZ_CHECK(strncmp(lines[i], "  * ", 4) == 0 || strncmp(lines[i], "    ", 4) == 0);
        marked = marked || lines[i][2] == '*';
    }
    g_strfreev(lines);
    return marked;
}

static void fuzz_compare(const struct frame_text_side *left, const struct frame_text_side *right,
                         bool only_different)
{
    GString *left_out = g_string_new(NULL), *right_out = g_string_new(NULL);
    frame_text_compare(left_out, left, right_out, right, only_different);
    bool left_marked = fuzz_check_column(left_out), right_marked = fuzz_check_column(right_out);
    bool same = left->len == right->len && left->is_out == right->is_out &&
                (left->len == 0 || memcmp(left->frame, right->frame, left->len) == 0);
    FUZZ_CHECK(same == !(left_marked || right_marked));
    g_string_free(left_out, TRUE);
    g_string_free(right_out, TRUE);
}

/* In a buffer of its own size, so that a read behind it is seen. */
static struct frame_text_side fuzz_side(const uint8_t *bytes, size_t len)
{
    const uint8_t *copy = g_memdup2(bytes, len);
    fuzz_check_frame(copy, len);
    return (struct frame_text_side){.frame = copy, .len = len};
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .size = size};
    uint8_t how = fuzz_u8(&input);
    bool only_different = (how & FUZZ_DIFFERENT) != 0;
    size_t got, cut = (how & FUZZ_CUT) != 0 ? fuzz_u16(&input) : FUZZ_FRAME_MAX;
    const uint8_t *bytes = fuzz_take(&input, FUZZ_FRAME_MAX, &got);
    cut = MIN(cut, got);
    struct frame_text_side left = fuzz_side(bytes, cut);
    if ((how & FUZZ_CUT) != 0) {
        struct frame_text_side right = fuzz_side(bytes + cut, got - cut);
        fuzz_compare(&left, &right, only_different);
        g_free((void *)right.frame);
    } else {
        fuzz_compare(&left, &left, only_different);
    }
    g_free((void *)left.frame);
}
