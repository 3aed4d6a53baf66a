/*
 * fuzz_capture.c - any bytes as a capture, any text as a filter
 *
 * The first byte chooses. Either the rest is a file: reading it comes to an end, each frame is
 * there and makes sense, and damage has a message. Or the rest is a filter, up to a NUL, and
 * behind it a frame to match: a filter is refused with a message or gives one answer. Neither
 * looks anything up.
 */
#include "pcap/capture.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUZZ_FRAME_MAX 262144 /* the most that libpcap takes as one frame */

static void fuzz_check_error(GError *error)
{
    FUZZ_CHECK(error != NULL && error->domain == CAPTURE_ERROR);
    FUZZ_CHECK(error->message != NULL && error->message[0] != '\0');
    g_error_free(error);
}

static void fuzz_check_frame(const struct capture_frame *frame)
{
    unsigned sum = 0;
    FUZZ_CHECK(frame->len <= frame->original_len && frame->len <= FUZZ_FRAME_MAX);
    for (size_t i = 0; i < frame->len; i++) {
        sum += frame->data[i]; /* each byte is read, for the address sanitizer */
    }
    FUZZ_CHECK(sum <= 255 * frame->len);
}

static void fuzz_read_capture(const char *path)
{
    GError *error = NULL;
    struct capture_reader *reader = capture_reader_open(path, &error);
    if (reader == NULL) {
        fuzz_check_error(error);
        return;
    }
    FUZZ_CHECK(error == NULL);
    struct capture_frame frame;
    int result;
    while ((result = capture_reader_next(reader, &frame, &error)) == 1) {
        fuzz_check_frame(&frame);
        FUZZ_CHECK(error == NULL);
    }
    FUZZ_CHECK(result == 0 || result == -1);
    if (result == -1) {
        fuzz_check_error(error);
    }
    capture_reader_free(reader);
}

/* A file without a name in any folder. */
static void fuzz_run_reader(const uint8_t *data, size_t size)
{
    int fd = memfd_create("capture", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0);
    FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
    char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    fuzz_read_capture(path);
    g_free(path);
    close(fd);
}

static void fuzz_run_filter(const uint8_t *data, size_t size)
{
    char *text = g_strndup((const char *)data, size);
    size_t used = strlen(text) < size ? strlen(text) + 1 : size;
    GError *error = NULL;
    struct capture_filter *filter = capture_filter_new(text, &error);
    g_free(text);
    if (filter == NULL) {
        fuzz_check_error(error);
        return;
    }
    FUZZ_CHECK(error == NULL);
    size_t len = MIN(size - used, FUZZ_FRAME_MAX);
    bool first = capture_filter_matches(filter, data + used, len);
    FUZZ_CHECK(capture_filter_matches(filter, data + used, len) == first);
    capture_filter_free(filter);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return;
    }
    if (data[0] % 2 == 0) {
        fuzz_run_reader(data + 1, size - 1);
    } else {
        fuzz_run_filter(data + 1, size - 1);
    }
}
