/*
 * stat.h - what is known of files: the structures of stat(2), statfs(2) and getdents64(2) of arm64
 * Linux, and what of a file can be changed
 */
#ifndef KERNEL_STAT_H
#define KERNEL_STAT_H

#include "kernel/syscall.h"

#define S_IFMT    0170000
#define S_IFSOCK  0140000
#define S_IFLNK   0120000
#define S_IFREG   0100000
#define S_IFDIR   0040000
#define S_IFCHR   0020000
#define S_IFIFO   0010000
#define MODE_BITS 07777 /* of a mode, what chmod(2) can change */

/* Linux calls it stat. */
struct kernel_stat {
    uint64_t st_dev, st_ino;
    uint32_t st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev, unused;
    int64_t st_size;
    int32_t st_blksize, unused_int;
    int64_t st_blocks; /* of 512 bytes */
    struct kernel_timespec st_atim, st_mtim, st_ctim;
    uint32_t reserved[2];
};

struct kernel_statfs {
    uint64_t f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
    int32_t f_fsid[2];
    uint64_t f_namelen, f_frsize, f_flags, f_spare[4];
};

/*
 * A record of getdents64: the name, with its NUL, stands at DIRENT_NAME_AT. The next record is at
 * d_reclen, a multiple of 8. d_off is where the directory goes on behind this one.
 */
struct kernel_dirent64 {
    uint64_t d_ino;
    int64_t d_off;
    uint16_t d_reclen;
    uint8_t d_type;
    char d_name[5]; /* or more, or less */
};
#define DIRENT_NAME_AT 19
#define NAME_MAX       255 /* bytes of one name, without its NUL */

#define DT_UNKNOWN 0
#define DT_DIR     4
#define DT_REG     8
#define DT_LNK     10

/* What is to be changed of a file. */
struct file_change {
    uint32_t valid; /* CHANGE_MODE …: which of these mean something */
    uint32_t mode;  /* MODE_BITS */
    uint32_t uid, gid;
    uint64_t size; /* larger than before: zeros */
    struct kernel_timespec atime, mtime;
};

/* The bits of 9P's Tsetattr. Without …_SET the time is what it is now. */
#define CHANGE_MODE      0x001
#define CHANGE_UID       0x002
#define CHANGE_GID       0x004
#define CHANGE_SIZE      0x008
#define CHANGE_ATIME     0x010
#define CHANGE_MTIME     0x020
#define CHANGE_ATIME_SET 0x080
#define CHANGE_MTIME_SET 0x100

#endif
