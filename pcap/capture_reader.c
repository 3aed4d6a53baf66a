/*
 * capture_reader.c - reads captures of Ethernet frames
 *
 * pcap and pcapng, either byte order, any timestamp resolution: libpcap scales to nanoseconds.
 * Files come from anywhere; what libpcap accepts and cannot be true (a time before 1970, a frame of
 * which more was kept than there was) is damage too.
 */
#include "pcap/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <sys/stat.h>

#define NS_PER_S UINT64_C(1000000000)

struct capture_reader {
    char *path;
    pcap_t *handle;
    uint64_t frames; /* read so far */
};

static FILE *capture_reader_open_file(const char *path, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: cannot be read: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    struct stat status;
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: cannot be read: %s", path,
                    g_strerror(EISDIR));
        fclose(file);
        return NULL;
    }
    return file;
}

struct capture_reader *capture_reader_open(const char *path, GError **error)
{
    FILE *file = capture_reader_open_file(path, error);
    if (file == NULL) {
        return NULL;
    }
    char message[PCAP_ERRBUF_SIZE] = "";
    pcap_t *handle =
        pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, message);
    if (handle == NULL) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT, "%s: not a capture: %s", path,
                    message);
        fclose(file);
        return NULL;
    }
    int link_type = pcap_datalink(handle);
    if (link_type != DLT_EN10MB) {
        const char *name = pcap_datalink_val_to_name(link_type);
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT,
                    "%s: not a capture of Ethernet frames: its link type is %d (%s)", path,
                    link_type, name != NULL ? name : "unknown");
        pcap_close(handle);
        return NULL;
    }
    struct capture_reader *reader = g_new0(struct capture_reader, 1);
    reader->path = g_strdup(path);
    reader->handle = handle;
    return reader;
}

static int capture_reader_fail(const struct capture_reader *reader, const char *why, GError **error)
{
    g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT,
                "%s: damaged at frame %" G_GUINT64_FORMAT ": %s", reader->path, reader->frames + 1,
                why);
    return -1;
}

int capture_reader_next(struct capture_reader *reader, struct capture_frame *frame, GError **error)
{
    struct pcap_pkthdr *header = NULL;
    const u_char *data = NULL;
    int result = pcap_next_ex(reader->handle, &header, &data);
    if (result == PCAP_ERROR_BREAK) {
        return 0;
    }
    if (result != 1) {
        return capture_reader_fail(reader, pcap_geterr(reader->handle), error);
    }
    if (header->ts.tv_sec < 0 || header->ts.tv_usec < 0 ||
        (uint64_t)header->ts.tv_sec >= UINT64_MAX / NS_PER_S ||
        (uint64_t)header->ts.tv_usec >= NS_PER_S) {
        return capture_reader_fail(reader, "impossible timestamp", error);
    }
    if (header->caplen > header->len) {
        return capture_reader_fail(reader, "more bytes than the frame had", error);
    }
    reader->frames++;
    *frame = (struct capture_frame){
        .time_ns = (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec,
        .data = data,
        .len = header->caplen,
        .original_len = header->len,
    };
    return 1;
}

void capture_reader_free(struct capture_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    pcap_close(reader->handle);
    g_free(reader->path);
    g_free(reader);
}
