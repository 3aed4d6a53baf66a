/*
 * user_file.h - what programs do with files besides their bytes: names, attributes, directories
 *
 * System calls of user.h's kind: results as the kernel gives them, errors negated. Paths are copied
 * to the stack, as those of user_open() are.
 */
#ifndef PROGRAMS_USER_FILE_H
#define PROGRAMS_USER_FILE_H

#include "kernel/stat.h"
#include "programs/user.h"

#define USER_TIME_MAX 24 /* "2026-11-22 07:30:00", with its NUL */

/* O_CREAT makes a file of this mode, which user_open() makes with 0644. */
long user_create(const char *path, int flags, unsigned mode);
/* Of what a link stands for, or, without `follow`, of itself. */
long user_stat(const char *path, bool follow, struct kernel_stat *stat);
/* Whether it leads to a directory, also over links. */
bool user_is_directory(const char *path);
long user_statfs(const char *path, struct kernel_statfs *statfs);
long user_getdents(int descriptor, void *buffer, size_t size);
long user_mkdir(const char *path, unsigned mode);
/* A directory has to be empty. */
long user_remove(const char *path, bool directory);
long user_rename(const char *from, const char *to);
long user_symlink(const char *target, const char *path);
long user_link(const char *from, const char *to);
/* With a NUL, cut off where it is longer. */
long user_readlink(const char *path, char *target, size_t size);
long user_truncate(const char *path, int64_t size);
long user_chmod(const char *path, unsigned mode);
/* To what it is now. */
long user_touch(const char *path);
long user_fsync(int descriptor);
long user_sync(void);

/* ---- paths and texts ------------------------------------------------------------------------- */

/* What stands behind the last slash that is none at the end: "b/" of "/a/b/". */
const char *user_last_name(const char *path);
/* "directory/name", without a slash at the end of either. False: it is too long. */
bool user_join(char path[USER_PATH_MAX], const char *directory, const char *name);
/*
 * Where something is to go: into `to`, under its own last name, if that is a directory; otherwise
 * to `to` itself. False: the path is too long.
 */
bool user_destination(char path[USER_PATH_MAX], const char *from, const char *to);
/* "2026-11-22 07:30:00", in UTC. */
void user_format_time(char text[USER_TIME_MAX], const struct kernel_timespec *time);

#endif
