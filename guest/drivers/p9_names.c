/*
 * p9_names.c - a shared folder's names: made, removed, given to something else
 *
 * Each of these reaches the directory of the name, asks for one thing there, and clunks what it has
 * reached, whatever came of it.
 */
#include "drivers/p9_files.h"

#include "drivers/p9_path.h"
#include "lib/errno.h"
#include "lib/string.h"

int p9_path_remove(struct p9_client *client, const char *path, bool directory)
{
    struct p9_place parent;
    struct p9_name name;
    int error = p9_reach_parent(client, path, &parent, &name);
    if (error != 0)
        return error;
    error = p9_unlinkat(client, parent.fid, name, directory ? P9_REMOVE_DIR : 0);
    (void)p9_clunk(client, parent.fid);
    return error;
}

int p9_path_mkdir(struct p9_client *client, const char *path, unsigned mode)
{
    struct p9_place parent;
    struct p9_name name;
    int error = p9_reach_parent(client, path, &parent, &name);
    if (error != 0)
        return error == -KEBUSY ? -KEEXIST : error;
    error = p9_mkdir(client, parent.fid, name, S_IFDIR | (mode & MODE_BITS));
    (void)p9_clunk(client, parent.fid);
    return error;
}

int p9_path_symlink(struct p9_client *client, const char *target, const char *path)
{
    const struct p9_name text = {target, kstrlen(target)};
    struct p9_place parent;
    struct p9_name name;
    int error = p9_reach_parent(client, path, &parent, &name);
    if (error != 0)
        return error == -KEBUSY ? -KEEXIST : error;
    error = p9_symlink(client, parent.fid, name, text);
    (void)p9_clunk(client, parent.fid);
    return error;
}

int p9_path_rename(struct p9_client *client, const char *from, const char *to, unsigned flags)
{
    struct p9_place parent, new_parent;
    struct p9_name name, new_name;
    if (flags != 0)
        return -KEINVAL;
    int error = p9_reach_parent(client, from, &parent, &name);
    if (error != 0)
        return error;
    error = p9_reach_parent(client, to, &new_parent, &new_name);
    if (error == 0) {
        error = p9_renameat(client, parent.fid, name, new_parent.fid, new_name);
        (void)p9_clunk(client, new_parent.fid);
    }
    (void)p9_clunk(client, parent.fid);
    return error;
}

int p9_path_link(struct p9_client *client, const char *from, const char *to)
{
    struct p9_place place, parent;
    struct p9_name name;
    int error = p9_reach(client, from, kstrlen(from), &place);
    if (error != 0)
        return error;
    error = p9_reach_parent(client, to, &parent, &name);
    if (error == 0) {
        error = p9_link(client, parent.fid, place.fid, name);
        (void)p9_clunk(client, parent.fid);
    }
    (void)p9_clunk(client, place.fid);
    return error;
}
