/*
 * p9_proto.h - the numbers of 9P2000.L, client side
 *
 * A transcription of its own: messages and their fields as diod's protocol.md has them, those of
 * plain 9P2000 as section 5 of the Plan 9 manual. It shares nothing with any server.
 *
 * A message is size[4] type[1] tag[2], then its fields; little-endian; a string is its length in
 * two bytes and no NUL. A request of type T is answered by T + 1, or by Rlerror with an error
 * number of Linux.
 */
#ifndef DRIVERS_P9_PROTO_H
#define DRIVERS_P9_PROTO_H

#include <stdint.h>

enum p9_type {
    P9_RLERROR = 7,
    P9_TSTATFS = 8,
    P9_TLOPEN = 12,
    P9_TLCREATE = 14,
    P9_TSYMLINK = 16,
    P9_TREADLINK = 22,
    P9_TGETATTR = 24,
    P9_TSETATTR = 26,
    P9_TREADDIR = 40,
    P9_TFSYNC = 50,
    P9_TLINK = 70,
    P9_TMKDIR = 72,
    P9_TRENAMEAT = 74,
    P9_TUNLINKAT = 76,
    P9_TVERSION = 100,
    P9_TATTACH = 104,
    P9_TFLUSH = 108,
    P9_TWALK = 110,
    P9_TREAD = 116,
    P9_TWRITE = 118,
    P9_TCLUNK = 120,
};

#define P9_VERSION "9P2000.L"
#define P9_NOTAG   UINT16_MAX /* of Tversion, and of nothing else */
#define P9_NOFID   UINT32_MAX
#define P9_NONUID  UINT32_MAX /* Tattach: the user is given as a name only */

#define P9_HEADER_SIZE 7  /* size, type, tag */
#define P9_IO_HEADER   24 /* that a message has at the most beside the bytes it carries */
#define P9_WALK_MAX    16 /* names in one Twalk */
#define P9_NAME_MAX    255
#define P9_MSIZE_MIN   4096
#define P9_DIRENT_HEAD 24 /* of an entry of Rreaddir, beside its name */

/* What kind of thing a qid names. */
enum {
    P9_QID_FILE = 0x00,
    P9_QID_SYMLINK = 0x02,
    P9_QID_DIRECTORY = 0x80,
};

/* Flags of Tlopen and Tlcreate: Linux's generic numbers, which are not those of every CPU. */
enum {
    P9_OPEN_RDONLY = 0,
    P9_OPEN_WRONLY = 01,
    P9_OPEN_RDWR = 02,
    P9_OPEN_CREATE = 0100,
    P9_OPEN_EXCL = 0200,
    P9_OPEN_TRUNC = 01000,
    P9_OPEN_APPEND = 02000,
    P9_OPEN_DIRECTORY = 0200000,
    P9_OPEN_NOFOLLOW = 0400000,
};

#define P9_GETATTR_BASIC 0x7ff
#define P9_REMOVE_DIR    0x200 /* Tunlinkat */

/* Which fields of a Tsetattr count. Without the _SET the server takes its own time. */
enum {
    P9_SET_MODE = 0x1,
    P9_SET_UID = 0x2,
    P9_SET_GID = 0x4,
    P9_SET_SIZE = 0x8,
    P9_SET_ATIME = 0x10,
    P9_SET_MTIME = 0x20,
    P9_SET_CTIME = 0x40,
    P9_SET_ATIME_SET = 0x80,
    P9_SET_MTIME_SET = 0x100,
};

struct p9_qid {
    uint8_t type;
    uint32_t version;
    uint64_t path;
};

struct p9_time {
    uint64_t sec, nsec;
};

/* Of an Rgetattr, what there are numbers for here. */
struct p9_attributes {
    uint64_t valid;
    struct p9_qid qid;
    uint32_t mode, uid, gid;
    uint64_t links, device, size, block_size, blocks;
    struct p9_time accessed, modified, changed;
};

struct p9_changes {
    uint32_t valid; /* P9_SET_… */
    uint32_t mode, uid, gid;
    uint64_t size;
    struct p9_time accessed, modified;
};

struct p9_filesystem {
    uint32_t type, block_size;
    uint64_t blocks, blocks_free, blocks_available, files, files_free, number;
    uint32_t name_max;
};

#endif
