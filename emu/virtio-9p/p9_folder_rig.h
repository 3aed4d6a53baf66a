/*
 * p9_folder_rig.h - a folder of the host, and a server on it, for the tests of folders
 *
 * The folder is `share` in a temporary folder of its own, beside a file that nobody may see, and a
 * folder with another.
 */
#ifndef EMU_VIRTIO_9P_P9_FOLDER_RIG_H
#define EMU_VIRTIO_9P_P9_FOLDER_RIG_H

#include "emu/virtio-9p/p9_server_rig.h"

#define FOLDER_SECRET "nobody may see this"

struct folder {
    char *top, *share;
    struct p9_rig rig;
};

/* Makes the folders; nothing is served yet. */
void folder_init(struct folder *folder);
/* A session on the folder as it is now. */
void folder_serve(struct folder *folder);
/* Ends the session and removes all. */
void folder_fini(struct folder *folder);

/* Of a name in the temporary folder: its path, which is given; or what is done with it. */
char *folder_path(const struct folder *folder, const char *name);
void folder_put(const struct folder *folder, const char *name, const char *text);
void folder_make(const struct folder *folder, const char *name);
void folder_link(const struct folder *folder, const char *name, const char *target);
void folder_take(const struct folder *folder, const char *name);
void folder_move(const struct folder *folder, const char *from, const char *to);

/* Of a file by its path in the share: its bytes are these; or an error, which is returned. */
uint32_t folder_holds(struct folder *folder, const char *path, const char *wanted);
/* For p9_tree_visit(): a path, with "/", "@target" or, of what can be executed, "*" behind it. */
int folder_append_path(void *opaque, const char *path, struct p9_node *node);
/* All paths that there are. */
void folder_shows(struct folder *folder, const char *wanted);

#endif
