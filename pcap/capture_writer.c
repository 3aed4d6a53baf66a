/*
 * capture_writer.c - writes pcap files with nanosecond timestamps
 *
 * The file is what libpcap makes of (time, frame): nothing of the host gets into it, so the same
 * frames at the same times are the same bytes (on hosts of the same byte order: a pcap file has
 * that of its writer).
 *
 * libpcap's dumper does not report a failed write. The stream's error indicator is asked after each
 * frame, while errno still says why; the first failure is kept for capture_writer_close(), and
 * nothing is written after it.
 */
#include "pcap/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>

#define SNAPLEN  262144 /* libpcap's limit for Ethernet, and that of every reader */
#define NS_PER_S UINT64_C(1000000000)

struct capture_writer {
    char *path;
    pcap_t *handle;
    pcap_dumper_t *dumper;
    int failure; /* errno of the first write that failed, or 0 */
};

static void capture_writer_note_failure(struct capture_writer *writer)
{
    if (writer->failure == 0 && ferror(pcap_dump_file(writer->dumper))) {
        writer->failure = errno != 0 ? errno : EIO;
    }
}

struct capture_writer *capture_writer_open(const char *path, GError **error)
{
    FILE *file = fopen(path, "wbe");
    if (file == NULL) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: cannot be written: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    struct capture_writer *writer = g_new0(struct capture_writer, 1);
    writer->path = g_strdup(path);
    writer->handle =
        pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
    g_assert(writer->handle != NULL);
    errno = 0;
    writer->dumper = pcap_dump_fopen(writer->handle, file);
    if (writer->dumper == NULL) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_WRITE, "%s: %s", path,
                    pcap_geterr(writer->handle));
        fclose(file);
        pcap_close(writer->handle);
        g_free(writer->path);
        g_free(writer);
        return NULL;
    }
    capture_writer_note_failure(writer);
    return writer;
}

void capture_writer_add(struct capture_writer *writer, uint64_t time_ns, const uint8_t *frame,
                        size_t len)
{
    g_assert(len <= SNAPLEN);
    if (writer->failure != 0) {
        return;
    }
    /* With nanosecond precision, libpcap keeps nanoseconds in the field called tv_usec. */
    const struct pcap_pkthdr header = {
        .ts = {.tv_sec = (time_t)(time_ns / NS_PER_S),
               .tv_usec = (suseconds_t)(time_ns % NS_PER_S)},
        .caplen = (bpf_u_int32)len,
        .len = (bpf_u_int32)len,
    };
    errno = 0;
    pcap_dump((u_char *)writer->dumper, &header, frame);
    capture_writer_note_failure(writer);
}

bool capture_writer_close(struct capture_writer *writer, GError **error)
{
    errno = 0;
    if (pcap_dump_flush(writer->dumper) != 0 && writer->failure == 0) {
        writer->failure = errno != 0 ? errno : EIO;
    }
    bool is_complete = writer->failure == 0;
    if (!is_complete) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_WRITE, "%s: the capture is incomplete: %s",
                    writer->path, g_strerror(writer->failure));
    }
    pcap_dump_close(writer->dumper);
    pcap_close(writer->handle);
    g_free(writer->path);
    g_free(writer);
    return is_complete;
}
