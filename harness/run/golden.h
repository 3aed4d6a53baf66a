/*
 * golden.h - sequences of frames, and how a run's differs from a golden one
 *
 * Compared are bytes, direction and order, not times. A pcap file has no directions: in a file that
 * is read, a frame whose source is one of the machine's own addresses went out, every other one
 * came in.
 */
#ifndef HARNESS_RUN_GOLDEN_H
#define HARNESS_RUN_GOLDEN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GOLDEN_FRAMES_MAX 65536
#define GOLDEN_MAC_SIZE   6

#define GOLDEN_ERROR golden_error_quark()
GQuark golden_error_quark(void);

enum golden_error {
    GOLDEN_ERROR_TOO_LONG,  /* more than GOLDEN_FRAMES_MAX frames */
    GOLDEN_ERROR_DIRECTION, /* a frame's direction is not that of its source address */
};

struct golden;

/* Keeps copies of the addresses, GOLDEN_MAC_SIZE bytes each. */
struct golden *golden_new(const uint8_t *macs, size_t mac_count);
void golden_free(struct golden *golden);
/* Copies the frame. Frames beyond GOLDEN_FRAMES_MAX are counted only. */
void golden_add(struct golden *golden, bool is_out, uint64_t time_ns, const uint8_t *frame,
                size_t len);
size_t golden_count(const struct golden *golden);

/* Fills in an empty one from a capture. False with a GError that names the file. */
bool golden_load(struct golden *golden, const char *path, GError **error);
/*
 * Writes it, by way of a file beside it, so that `path` is the old one or the new one at any time.
 * Makes the folder. False with a GError when that fails, or when a file cannot say this.
 */
bool golden_save(const struct golden *golden, const char *path, GError **error);

/* A difference as two texts in the same notation, and the number of frames of each kind. */
struct golden_difference {
    unsigned different, missing, extra;
    char *expected, *got; /* NULL when there is no difference */
};
/* True when a run's frames are the golden ones. Gives the texts. */
bool golden_compare(const struct golden *wanted, const struct golden *run,
                    struct golden_difference *difference);
void golden_difference_clear(struct golden_difference *difference);

#endif
