/*
 * capture.h - captures and filters, through libpcap
 *
 * Files are pcap with nanosecond timestamps in virtual time and link type Ethernet: the same run
 * gives the same bytes. This folder knows nothing of the bench; time and frames are parameters.
 */
#ifndef PCAP_CAPTURE_H
#define PCAP_CAPTURE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPTURE_ERROR capture_error_quark()
GQuark capture_error_quark(void);

enum capture_error {
    CAPTURE_ERROR_OPEN,   /* cannot be opened or created */
    CAPTURE_ERROR_WRITE,  /* the disk is full, or the like */
    CAPTURE_ERROR_FORMAT, /* not a capture of Ethernet frames, or damaged */
    CAPTURE_ERROR_FILTER, /* libpcap does not understand the filter */
};

struct capture_writer;

/* Creates the file, or truncates it. NULL with a GError that names the file. */
struct capture_writer *capture_writer_open(const char *path, GError **error);
void capture_writer_add(struct capture_writer *writer, uint64_t time_ns, const uint8_t *frame,
                        size_t len);
/* Writes out, closes and frees. False with a GError when any byte did not reach the file. */
bool capture_writer_close(struct capture_writer *writer, GError **error);

struct capture_frame {
    uint64_t time_ns;
    const uint8_t *data;
    size_t len;          /* bytes present */
    size_t original_len; /* bytes on the wire */
};

struct capture_reader;

/* Opens a pcap or pcapng file of Ethernet frames with any timestamp resolution. */
struct capture_reader *capture_reader_open(const char *path, GError **error);
/* The next frame, borrowed until the next call: 1; at the end: 0; damaged: -1 with a GError. */
int capture_reader_next(struct capture_reader *reader, struct capture_frame *frame, GError **error);
void capture_reader_free(struct capture_reader *reader);

/* A compiled libpcap filter expression, matched in process on Ethernet frames. */
struct capture_filter;
struct capture_filter *capture_filter_new(const char *expression, GError **error);
bool capture_filter_matches(const struct capture_filter *filter, const uint8_t *frame, size_t len);
void capture_filter_free(struct capture_filter *filter);

#endif
