/*
 * p9_source.h - where a tree has its first content from
 *
 * A tree asks for a directory when somebody first looks into it, and for bytes of a file when they
 * are read; it never tells a source to change anything. What a file was when its directory was
 * listed is kept as a stamp: a file that is another by the time its bytes are read gives none any
 * more. So a guest never sees half of one version and half of the next.
 */
#ifndef EMU_VIRTIO_9P_P9_SOURCE_H
#define EMU_VIRTIO_9P_P9_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum p9_kind {
    P9_KIND_DIRECTORY,
    P9_KIND_FILE,
    P9_KIND_SYMLINK,
};

/* What tells one file from another, and from what it was. */
struct p9_stamp {
    uint64_t device, inode, size;
    int64_t mtime_sec, mtime_nsec;
};

struct p9_source_entry {
    const char *name;
    enum p9_kind kind;
    bool is_executable;
    const char *target; /* of a symbolic link, as it stands there */
    struct p9_stamp stamp;
};

/* Called for each entry, in the order of the names' bytes. Returns 0, or an errno to end it. */
typedef int p9_source_found_fn(void *opaque, const struct p9_source_entry *entry);

/* Paths are relative to the root of the source, which is ".". */
struct p9_source_ops {
    /* Lists a directory, without "." and "..". Returns 0 or an errno. */
    int (*list)(void *source, const char *path, const struct p9_stamp *stamp,
                p9_source_found_fn *found, void *opaque);
    /* Reads exactly that many bytes of a file, or fails. Returns 0 or an errno. */
    int (*read)(void *source, const char *path, const struct p9_stamp *stamp, uint64_t offset,
                uint8_t *bytes, size_t count);
    void (*free)(void *source);
};

#endif
