/*
 * p9_files.c - files of a shared folder
 *
 * Opening. The path is walked first. What is there is opened with Tlopen, without the flags that
 * are about making it. What is not there is made in its directory with Tlcreate, whose fid is the
 * open file then. In between somebody else may have made it: then that is opened, unless O_EXCL,
 * which is passed on, says otherwise.
 *
 * Flags are translated bit by bit: those of the wire are Linux's generic ones, and O_DIRECTORY and
 * O_NOFOLLOW of arm64, which are settled here, have other numbers.
 *
 * DEVIATION: O_DIRECTORY with O_PATH opens files too. So programs ask what something is that say
 * that it is a directory, and look at the answer.
 */
#include "drivers/p9_files.h"

#include "drivers/p9_path.h"
#include "kernel/dirent.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

kstatic_assert((int)CHANGE_MODE == P9_SET_MODE && (int)CHANGE_UID == P9_SET_UID, "see setattr");
kstatic_assert((int)CHANGE_GID == P9_SET_GID && (int)CHANGE_SIZE == P9_SET_SIZE, "see setattr");
kstatic_assert((int)CHANGE_ATIME == P9_SET_ATIME && (int)CHANGE_MTIME == P9_SET_MTIME, "as above");
kstatic_assert((int)CHANGE_ATIME_SET == P9_SET_ATIME_SET, "as above");
kstatic_assert((int)CHANGE_MTIME_SET == P9_SET_MTIME_SET, "as above");

/* ---- opening --------------------------------------------------------------------------------- */

/* Those that say what becomes of a file that is there, or has just been made. */
static uint32_t p9_open_flags(int flags)
{
    uint32_t wire = P9_OPEN_RDONLY;
    if ((flags & O_ACCMODE) == O_WRONLY)
        wire = P9_OPEN_WRONLY;
    else if ((flags & O_ACCMODE) == O_RDWR)
        wire = P9_OPEN_RDWR;
    if ((flags & O_TRUNC) != 0)
        wire |= P9_OPEN_TRUNC;
    if ((flags & O_APPEND) != 0)
        wire |= P9_OPEN_APPEND;
    return wire;
}

static uint32_t p9_create_flags(int flags)
{
    return p9_open_flags(flags) | P9_OPEN_CREATE | ((flags & O_EXCL) != 0 ? P9_OPEN_EXCL : 0);
}

/* Why something that is there is not opened with these flags. */
static int p9_check_open(const struct p9_profile *profile, int flags, uint8_t type)
{
    if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
        return -KEEXIST;
    if ((type & P9_QID_SYMLINK) != 0 && (flags & (O_NOFOLLOW | O_PATH)) != (O_NOFOLLOW | O_PATH))
        return -KELOOP;
    if ((flags & (O_CREAT | O_PATH)) == O_CREAT && (type & P9_QID_DIRECTORY) != 0)
        return -KEISDIR; /* whatever it is opened for */
    bool is_strict = (flags & O_PATH) == 0 && !profile->lax_directory;
    if ((flags & O_DIRECTORY) != 0 && (type & P9_QID_DIRECTORY) == 0 && is_strict)
        return -KENOTDIR;
    return 0;
}

/* Takes the place, and its fid. */
static int p9_open_place(struct p9_client *client, const struct p9_profile *profile,
                         const struct p9_place *place, int flags, struct p9_file *file)
{
    *file = (struct p9_file){
        .client = client,
        .fid = place->fid,
        .flags = flags,
        .type = place->type,
    };
    int error = p9_check_open(profile, flags, place->type);
    if (error == 0 && (flags & O_PATH) == 0)
        error = p9_lopen(client, place->fid, p9_open_flags(flags), &file->io_max);
    if (error != 0)
        (void)p9_clunk(client, place->fid);
    return error;
}

static int p9_create(struct p9_client *client, const char *path, int flags, unsigned mode,
                     struct p9_file *file)
{
    struct p9_place parent;
    struct p9_name name;
    int error = p9_reach_parent(client, path, &parent, &name);
    if (error != 0)
        return error;
    *file = (struct p9_file){
        .client = client,
        .fid = parent.fid, /* which is the file's from now on */
        .flags = flags,
        .type = P9_QID_FILE,
    };
    error = p9_lcreate(client, parent.fid, name, p9_create_flags(flags),
                       S_IFREG | (mode & MODE_BITS), &file->io_max);
    if (error != 0)
        (void)p9_clunk(client, parent.fid);
    return error;
}

int p9_file_open(struct p9_client *client, const struct p9_profile *profile, const char *path,
                 int flags, unsigned mode, struct p9_file *file)
{
    struct p9_place place;
    if ((flags & O_PATH) != 0)
        flags &= ~(O_CREAT | O_EXCL | O_TRUNC);
    int error = p9_reach(client, path, kstrlen(path), &place);
    if (error == 0)
        return p9_open_place(client, profile, &place, flags, file);
    if (error != -KENOENT || (flags & O_CREAT) == 0)
        return error;
    return (flags & O_DIRECTORY) == 0 ? p9_create(client, path, flags, mode, file) : -KEINVAL;
}

void p9_file_close(struct p9_file *file)
{
    (void)p9_clunk(file->client, file->fid);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Of what one message may carry; 0: it is not open for this. */
static int p9_check_io(const struct p9_file *file, int not_with)
{
    if (file->io_max == 0 || (file->flags & O_ACCMODE) == not_with)
        return -KEBADF;
    return (file->type & P9_QID_DIRECTORY) != 0 ? -KEISDIR : 0;
}

static size_t p9_piece(const struct p9_file *file, size_t left)
{
    return left < file->io_max ? left : file->io_max;
}

long p9_file_read(const struct p9_file *file, uint64_t offset, void *buffer, size_t size)
{
    size_t done = 0;
    int error = p9_check_io(file, O_WRONLY);
    if (error != 0)
        return error;
    while (done < size) {
        size_t piece = p9_piece(file, size - done);
        long got = p9_read(file->client, file->fid, offset + done, (char *)buffer + done, piece);
        if (got < 0)
            return done > 0 ? (long)done : got;
        done += (size_t)got;
        if ((size_t)got < piece)
            break;
    }
    return (long)done;
}

/* Where a write begins. */
static int p9_find_end(const struct p9_file *file, uint64_t *offset)
{
    struct p9_attributes attributes;
    if ((file->flags & O_APPEND) == 0)
        return 0;
    int error = p9_getattr(file->client, file->fid, &attributes);
    if (error == 0)
        *offset = attributes.size;
    return error;
}

long p9_file_write(const struct p9_file *file, uint64_t *offset, const void *buffer, size_t size)
{
    size_t done = 0;
    int error = p9_check_io(file, O_RDONLY);
    if (error == 0 && size > 0)
        error = p9_find_end(file, offset);
    if (error != 0)
        return error;
    while (done < size) {
        long taken = p9_write(file->client, file->fid, *offset, (const char *)buffer + done,
                              p9_piece(file, size - done));
        if (taken == 0)
            taken = -KEIO; /* it would never end */
        if (taken < 0)
            return done > 0 ? (long)done : taken;
        done += (size_t)taken;
        *offset += (uint64_t)taken;
    }
    return (long)done;
}

int p9_file_sync(const struct p9_file *file)
{
    return file->io_max > 0 ? p9_fsync(file->client, file->fid) : -KEBADF;
}

/* ---- directories ----------------------------------------------------------------------------- */

struct p9_listing {
    struct dirent_list list;
    uint64_t offset;
    bool is_full; /* one that was there did not fit */
};

/* A name that could be none is passed over. */
static bool p9_take_entry(void *of, const struct p9_entry *entry)
{
    struct p9_listing *listing = of;
    char name[P9_NAME_MAX + 1];
    bool is_name = entry->name.length > 0 && entry->name.length <= P9_NAME_MAX;
    if (is_name) {
        memcpy(name, entry->name.text, entry->name.length);
        name[entry->name.length] = '\0';
        is_name = kstrlen(name) == entry->name.length && kstrchr(name, '/') == NULL;
    }
    listing->is_full =
        is_name && !dirent_add(&listing->list, entry->qid.path, entry->next, entry->type, name);
    if (!listing->is_full)
        listing->offset = entry->next;
    return !listing->is_full;
}

long p9_file_list(const struct p9_file *file, uint64_t *offset, void *buffer, size_t size)
{
    struct p9_listing listing = {.list = {.buffer = buffer, .size = size}, .offset = *offset};
    const size_t least = P9_DIRENT_HEAD + P9_NAME_MAX; /* so that there is one, if there is any */
    unsigned nameless = 0;
    long got;
    if (file->io_max == 0)
        return -KEBADF;
    if ((file->type & P9_QID_DIRECTORY) == 0)
        return -KENOTDIR;
    do
        got = p9_readdir(file->client, file->fid, listing.offset, size > least ? size : least,
                         p9_take_entry, &listing);
    while (got > 0 && listing.list.used == 0 && !listing.is_full && ++nameless < P9_NAMELESS_MAX);
    if (nameless == P9_NAMELESS_MAX)
        return -KEIO;
    if (got < 0)
        return got;
    *offset = listing.offset;
    return dirent_result(&listing.list, listing.is_full);
}

/* ---- attributes ------------------------------------------------------------------------------ */

static struct kernel_timespec p9_to_timespec(struct p9_time time)
{
    return (struct kernel_timespec){(int64_t)time.sec, (int64_t)time.nsec};
}

static struct p9_time p9_from_timespec(struct kernel_timespec time)
{
    return (struct p9_time){(uint64_t)time.tv_sec, (uint64_t)time.tv_nsec};
}

int p9_file_stat(const struct p9_file *file, struct kernel_stat *stat)
{
    struct p9_attributes attributes;
    int error = p9_getattr(file->client, file->fid, &attributes);
    if (error != 0)
        return error;
    *stat = (struct kernel_stat){
        .st_ino = attributes.qid.path,
        .st_mode = attributes.mode,
        .st_nlink = (uint32_t)attributes.links,
        .st_uid = attributes.uid,
        .st_gid = attributes.gid,
        .st_rdev = attributes.device,
        .st_size = (int64_t)attributes.size,
        .st_blksize = (int32_t)attributes.block_size,
        .st_blocks = (int64_t)attributes.blocks,
        .st_atim = p9_to_timespec(attributes.accessed),
        .st_mtim = p9_to_timespec(attributes.modified),
        .st_ctim = p9_to_timespec(attributes.changed),
    };
    return 0;
}

int p9_file_setattr(const struct p9_file *file, const struct file_change *change)
{
    const struct p9_changes changes = {
        .valid = change->valid, /* whose bits are those of the wire */
        .mode = change->mode,
        .uid = change->uid,
        .gid = change->gid,
        .size = change->size,
        .accessed = p9_from_timespec(change->atime),
        .modified = p9_from_timespec(change->mtime),
    };
    return p9_setattr(file->client, file->fid, &changes);
}

int p9_file_statfs(const struct p9_file *file, struct kernel_statfs *statfs)
{
    struct p9_filesystem filesystem;
    int error = p9_statfs(file->client, file->fid, &filesystem);
    if (error != 0)
        return error;
    *statfs = (struct kernel_statfs){
        .f_type = filesystem.type,
        .f_bsize = filesystem.block_size,
        .f_frsize = filesystem.block_size,
        .f_blocks = filesystem.blocks,
        .f_bfree = filesystem.blocks_free,
        .f_bavail = filesystem.blocks_available,
        .f_files = filesystem.files,
        .f_ffree = filesystem.files_free,
        .f_fsid = {(int32_t)filesystem.number, (int32_t)(filesystem.number >> 32)},
        .f_namelen = filesystem.name_max,
    };
    return 0;
}

long p9_file_readlink(const struct p9_file *file, char *target, size_t size)
{
    if ((file->type & P9_QID_SYMLINK) == 0)
        return -KEINVAL;
    return p9_readlink(file->client, file->fid, target, size);
}
