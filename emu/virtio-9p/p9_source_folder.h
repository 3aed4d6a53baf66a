/*
 * p9_source_folder.h - a folder of the host as a source of a tree
 *
 * Regular files, directories and symbolic links; the latter as links, which nobody follows. What
 * else is there (devices, FIFOs, sockets) is not shown, and never opened.
 */
#ifndef EMU_VIRTIO_9P_P9_SOURCE_FOLDER_H
#define EMU_VIRTIO_9P_P9_SOURCE_FOLDER_H

#include "emu/virtio-9p/p9_source.h"

#include <glib.h>

/* Descriptors of the host that a folder keeps open for reading, besides its root. */
#define P9_FOLDER_FILES_MAX 16

/*
 * Gives a source for p9_source_folder_ops, and what its root is. NULL: there is no such folder, or
 * this host's kernel cannot open a file below a folder and nowhere else.
 */
void *p9_source_folder_new(const char *path, struct p9_stamp *root, GError **error);
extern const struct p9_source_ops p9_source_folder_ops;

#endif
