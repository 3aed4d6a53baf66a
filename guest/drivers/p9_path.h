/*
 * p9_path.h - from paths to fids; for p9_*.c
 */
#ifndef DRIVERS_P9_PATH_H
#define DRIVERS_P9_PATH_H

#include "drivers/p9_client.h"

/* What a path has led to. The fid is the caller's. */
struct p9_place {
    uint32_t fid;
    uint8_t type; /* P9_QID_… */
};

/*
 * Walks a plain path of so many bytes. 0; -KENOENT; -KENOTDIR; -KELOOP: a symbolic link stands in
 * the middle; or another error. Without success there is no fid left.
 */
int p9_reach(struct p9_client *client, const char *path, size_t length, struct p9_place *place);
/* The directory of a path's last name, and that name. -KEBUSY: it has none, as it is the root. */
int p9_reach_parent(struct p9_client *client, const char *path, struct p9_place *place,
                    struct p9_name *name);

#endif
