/*
 * p9_path.c - from paths to fids
 *
 * A path of more than P9_WALK_MAX names is walked in several messages, each from the fid of the one
 * before it, which is clunked behind it whatever came of it. A walk that stops on its way has made
 * no fid; how far it came says why.
 */
#include "drivers/p9_path.h"

#include "lib/errno.h"
#include "lib/string.h"

/* What is left of a path. */
struct p9_rest {
    const char *text;
    size_t length;
};

/* The next names of a path. Their count, or -KENAMETOOLONG. */
static int p9_split(struct p9_rest *rest, struct p9_name names[P9_WALK_MAX])
{
    int count = 0;
    while (rest->length > 0 && count < P9_WALK_MAX) {
        size_t length = 0;
        while (length < rest->length && rest->text[length] != '/')
            length++;
        if (length > P9_NAME_MAX)
            return -KENAMETOOLONG;
        names[count++] = (struct p9_name){rest->text, length};
        length += length < rest->length ? 1 : 0;
        rest->text += length;
        rest->length -= length;
    }
    return count;
}

/* Why it does not go on behind something of this type. */
static int p9_stopped_at(uint8_t type)
{
    if ((type & P9_QID_SYMLINK) != 0)
        return -KELOOP;
    return (type & P9_QID_DIRECTORY) != 0 ? -KENOENT : -KENOTDIR;
}

/* One message, from one place to another. */
static int p9_step(struct p9_client *client, const struct p9_place *from,
                   const struct p9_name *names, unsigned count, struct p9_place *to)
{
    struct p9_qid qids[P9_WALK_MAX];
    unsigned walked;
    if (count > 0 && (from->type & P9_QID_DIRECTORY) == 0)
        return p9_stopped_at(from->type);
    int error = p9_walk(client, from->fid, names, count, qids, &walked, &to->fid);
    if (error != 0)
        return error;
    to->type = walked > 0 ? qids[walked - 1].type : from->type;
    return walked < count ? p9_stopped_at(to->type) : 0;
}

int p9_reach(struct p9_client *client, const char *path, size_t length, struct p9_place *place)
{
    struct p9_place from = {p9_root(client), P9_QID_DIRECTORY};
    struct p9_rest rest = {path, length};
    struct p9_name names[P9_WALK_MAX];
    for (;;) {
        int count = p9_split(&rest, names);
        int error = count < 0 ? count : p9_step(client, &from, names, (unsigned)count, place);
        if (from.fid != p9_root(client))
            (void)p9_clunk(client, from.fid);
        if (error != 0 || rest.length == 0)
            return error;
        from = *place;
    }
}

int p9_reach_parent(struct p9_client *client, const char *path, struct p9_place *place,
                    struct p9_name *name)
{
    size_t length = kstrlen(path), at = length;
    while (at > 0 && path[at - 1] != '/')
        at--;
    *name = (struct p9_name){path + at, length - at};
    if (name->length == 0)
        return -KEBUSY;
    if (name->length > P9_NAME_MAX)
        return -KENAMETOOLONG;
    int error = p9_reach(client, path, at > 0 ? at - 1 : 0, place);
    if (error != 0 || (place->type & P9_QID_DIRECTORY) != 0)
        return error;
    (void)p9_clunk(client, place->fid);
    return (place->type & P9_QID_SYMLINK) != 0 ? -KELOOP : -KENOTDIR;
}
