/*
 * p9_files.h - files of a shared folder, by paths and flags of system calls
 *
 * What both fronts do with a session: open(2) and its like become messages here, so that a face
 * makes no difference on the wire. Paths are plain ones, behind the mount's point ("a/b"; "" is the
 * folder itself). A symbolic link in a path is -KELOOP, for the kernel to follow (kernel/path.h).
 *
 * A file has one fid, which is clunked when it is closed. There is no cache: each function asks the
 * server, and what it says is how things are. There is a session, which the caller has seen to
 * (p9_connect()).
 */
#ifndef DRIVERS_P9_FILES_H
#define DRIVERS_P9_FILES_H

#include "drivers/p9_client.h"
#include "kernel/stat.h"

/* Replies of a directory, one after the other, that may be without a name that could be one. */
#define P9_NAMELESS_MAX 16

/* Private. */
struct p9_file {
    struct p9_client *client;
    uint32_t fid;
    uint32_t io_max; /* bytes of one message; 0: it is not open, but can be asked about (O_PATH) */
    int flags;
    uint8_t type; /* P9_QID_… */
};

/* What there is to choose. */
struct p9_profile {
    bool lax_directory; /* O_DIRECTORY opens files as well, for programs that mean no harm by it */
};

/* `flags` as open(2) has them, `mode` as that of what is made. 0, or an error. */
int p9_file_open(struct p9_client *client, const struct p9_profile *profile, const char *path,
                 int flags, unsigned mode, struct p9_file *file);
/* The fid is gone, whatever comes of it. */
void p9_file_close(struct p9_file *file);

/* As much as there is, in as many messages as it takes; a reply that is short is the last one. */
long p9_file_read(const struct p9_file *file, uint64_t offset, void *buffer, size_t size);
/*
 * From *offset on, or behind the end with O_APPEND; *offset is behind what was written then. All of
 * it, or as much as went before an error.
 */
long p9_file_write(const struct p9_file *file, uint64_t *offset, const void *buffer, size_t size);
int p9_file_sync(const struct p9_file *file);
/* Records of getdents64 from *offset on, as many as fit, as file_ops has it. -KEIO: no names. */
long p9_file_list(const struct p9_file *file, uint64_t *offset, void *buffer, size_t size);

int p9_file_stat(const struct p9_file *file, struct kernel_stat *stat);
int p9_file_setattr(const struct p9_file *file, const struct file_change *change);
int p9_file_statfs(const struct p9_file *file, struct kernel_statfs *statfs);
long p9_file_readlink(const struct p9_file *file, char *target, size_t size);

int p9_path_remove(struct p9_client *client, const char *path, bool directory);
int p9_path_mkdir(struct p9_client *client, const char *path, unsigned mode);
/* RENAME_NOREPLACE is -KEINVAL: 9P cannot say it. */
int p9_path_rename(struct p9_client *client, const char *from, const char *to, unsigned flags);
int p9_path_symlink(struct p9_client *client, const char *target, const char *path);
int p9_path_link(struct p9_client *client, const char *from, const char *to);

#endif
