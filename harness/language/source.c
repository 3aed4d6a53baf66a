/*
 * source.c - reads a scenario file and refuses what is no text
 *
 * A scenario is UTF-8 with LF. What does not show is refused, since a reader could not see it:
 * control characters, and the marks that change the direction of writing.
 */
#include "harness/language/source.h"
#include "harness/language/diagnostic.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scenario_place source_whole(const char *path)
{
    return (struct scenario_place){.file = g_intern_string(path)};
}

static const char *source_kind(mode_t mode)
{
    return S_ISDIR(mode)    ? "a directory"
           : S_ISFIFO(mode) ? "a pipe"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

/*
 * Opens without waiting for the other end of a pipe, and without becoming the owner of a terminal.
 */
static int source_open(const char *path, GPtrArray *diagnostics)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        diagnostic_add(diagnostics, source_whole(path), NULL, 0, NULL, "cannot be opened: %s",
                       g_strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        diagnostic_add(diagnostics, source_whole(path), NULL, 0, NULL,
                       "this is %s: a scenario is a file", source_kind(status.st_mode));
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

char *source_read(const char *path, size_t *size, GPtrArray *diagnostics)
{
    int fd = source_open(path, diagnostics);
    if (fd < 0) {
        return NULL;
    }
    GByteArray *bytes = g_byte_array_new();
    guint8 buffer[65536];
    ssize_t got;
    do {
        got = read(fd, buffer, sizeof(buffer));
        if (got > 0) {
            g_byte_array_append(bytes, buffer, (guint)got);
        }
    } while ((got > 0 && bytes->len <= SOURCE_SIZE_MAX) || (got < 0 && errno == EINTR));
    int reason = errno;
    close(fd);
    *size = bytes->len;
    if (got >= 0 && bytes->len <= SOURCE_SIZE_MAX) {
        g_byte_array_append(bytes, (const guint8 *)"", 1);
        return (char *)g_byte_array_free(bytes, FALSE);
    }
    if (got >= 0) {
        source_check_text((const char *)bytes->data, bytes->len, path, diagnostics);
    } else {
        diagnostic_add(diagnostics, source_whole(path), NULL, 0, NULL, "cannot be read: %s",
                       g_strerror(reason));
    }
    g_byte_array_free(bytes, TRUE);
    return NULL;
}

bool source_check_text(const char *text, size_t size, const char *path, GPtrArray *diagnostics)
{
    struct scenario_place place = source_whole(path);
    if (size > SOURCE_SIZE_MAX) {
        diagnostic_add(diagnostics, place, NULL, 0, NULL,
                       "the file is too large: a scenario has at most %d MiB",
                       SOURCE_SIZE_MAX >> 20);
        return false;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        place.line = place.column = 1;
        diagnostic_add(diagnostics, place, NULL, 0, NULL,
                       "the file begins with a byte order mark: a scenario is plain UTF-8");
        return false;
    }
    const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
    if (nul == NULL) {
        return true;
    }
    place.line = 1;
    const char *line = text, *end;
    while ((end = memchr(line, '\n', (size_t)(nul - line))) != NULL) {
        line = end + 1;
        place.line++;
    }
    place.column = (unsigned)(nul - line) + 1;
    diagnostic_add(diagnostics, place, NULL, 0, NULL, "NUL byte: this is not a text file");
    return false;
}

static bool source_is_hidden(gunichar c)
{
    bool directional = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return (g_unichar_iscntrl(c) && c != '\t') || directional;
}

bool source_check_line(const char *line, size_t size, struct scenario_place place,
                       GPtrArray *diagnostics)
{
    place.column = 1;
    if (size > SOURCE_LINE_MAX) {
        diagnostic_add(diagnostics, place, line, size, NULL,
                       "the line is too long: %zu bytes, at most %d", size, SOURCE_LINE_MAX);
        return false;
    }
    const char *end;
    bool valid = g_utf8_validate_len(line, size, &end);
    for (const char *at = line; at < end; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (source_is_hidden(c)) {
            place.column = (unsigned)(at - line) + 1;
            diagnostic_add(diagnostics, place, line, size, NULL,
                           "control character U+%04X: a scenario has only text that shows", c);
            return false;
        }
    }
    if (!valid) {
        place.column = (unsigned)(end - line) + 1;
        diagnostic_add(diagnostics, place, line, size, NULL, "byte 0x%02x is not UTF-8",
                       (unsigned char)*end);
    }
    return valid;
}
