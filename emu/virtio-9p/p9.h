/*
 * p9.h - the numbers of 9P2000.L
 *
 * [9P2000.L], and [9P2000] for what it takes over. A message is size[4] type[1] tag[2] and what its
 * type says, all of it little-endian, without padding. Open flags, modes and errors are those of
 * Linux, the generic ones: those of 64-bit Arm and x86 differ from them in nothing but a few open
 * flags, and clients translate these.
 *
 * This is the server's transcription; a guest's driver has one of its own.
 */
#ifndef EMU_VIRTIO_9P_P9_H
#define EMU_VIRTIO_9P_P9_H

#define P9_VERSION         "9P2000.L"
#define P9_VERSION_UNKNOWN "unknown" /* [9P2000] version(5) */

#define P9_NOTAG      0xffffu
#define P9_NOFID      0xffffffffu
#define P9_NONUNAME   0xffffffffu /* no numeric user in Tattach */
#define P9_REPLY(t)   ((t) + 1u)  /* the type of the answer to a request */
#define P9_TYPE_COUNT 256

enum p9_type {
    P9_RLERROR = 7,
    P9_TSTATFS = 8,
    P9_TLOPEN = 12,
    P9_TLCREATE = 14,
    P9_TSYMLINK = 16,
    P9_TMKNOD = 18,
    P9_TRENAME = 20,
    P9_TREADLINK = 22,
    P9_TGETATTR = 24,
    P9_TSETATTR = 26,
    P9_TXATTRWALK = 30,
    P9_TXATTRCREATE = 32,
    P9_TREADDIR = 40,
    P9_TFSYNC = 50,
    P9_TLOCK = 52,
    P9_TGETLOCK = 54,
    P9_TLINK = 70,
    P9_TMKDIR = 72,
    P9_TRENAMEAT = 74,
    P9_TUNLINKAT = 76,
    P9_TVERSION = 100,
    P9_TAUTH = 102,
    P9_TATTACH = 104,
    P9_RERROR = 107, /* of 9P2000; never sent by a server of 9P2000.L */
    P9_TFLUSH = 108,
    P9_TWALK = 110,
    P9_TOPEN = 112, /* this and those below that are not 9P2000.L: named, not served */
    P9_TCREATE = 114,
    P9_TREAD = 116,
    P9_TWRITE = 118,
    P9_TCLUNK = 120,
    P9_TREMOVE = 122,
    P9_TSTAT = 124,
    P9_TWSTAT = 126,
};

/* Sizes on the wire. */
#define P9_HEADER_SIZE       7u                    /* size[4] type[1] tag[2] */
#define P9_RLERROR_SIZE      (P9_HEADER_SIZE + 4u) /* the smallest room that any answer fits into */
#define P9_READ_HEADER_SIZE  (P9_HEADER_SIZE + 4u) /* of Rread and Rreaddir, in front of data */
#define P9_WRITE_HEADER_SIZE (P9_HEADER_SIZE + 16u) /* of Twrite, in front of data */
#define P9_IO_HEADER_SIZE    24u /* what is taken off msize for the iounit of Rlopen */
#define P9_QID_SIZE          13u /* type[1] version[4] path[8] */
#define P9_DIRENT_SIZE       (P9_QID_SIZE + 11u) /* qid offset[8] type[1] and the name's length */
#define P9_RGETATTR_SIZE     160u

/* Limits. */
#define P9_WALK_MAX     16u /* names in a Twalk: [9P2000] walk(5), MAXWELEM */
#define P9_NAME_MAX     255u
#define P9_MSIZE_MIN    4096u
#define P9_MSIZE_MAX    (1u << 20)
#define P9_TARGET_MAX   4095u /* bytes of a symbolic link */
#define P9_XATTR_MAX    65536u
#define P9_OFFSET_MAX   0x7fffffffffffffffu /* of the bytes of a file, as loff_t */
#define P9_BLOCK_SIZE   4096u
#define P9_STATFS_MAGIC 0x01021997u

/* Types of a qid. */
#define P9_QTDIR     0x80u
#define P9_QTSYMLINK 0x02u
#define P9_QTFILE    0x00u

/* The kind in a mode, and in an entry of Rreaddir. */
#define P9_S_IFMT  0170000u
#define P9_S_IFDIR 0040000u
#define P9_S_IFREG 0100000u
#define P9_S_IFLNK 0120000u
#define P9_DT_DIR  4u
#define P9_DT_REG  8u
#define P9_DT_LNK  10u

/* Flags of Tlopen and Tlcreate. */
#define P9_O_RDONLY    00000000u
#define P9_O_WRONLY    00000001u
#define P9_O_RDWR      00000002u
#define P9_O_ACCMODE   00000003u
#define P9_O_CREAT     00000100u
#define P9_O_EXCL      00000200u
#define P9_O_TRUNC     00001000u
#define P9_O_APPEND    00002000u
#define P9_O_DIRECTORY 00200000u
#define P9_O_NOFOLLOW  00400000u

#define P9_AT_REMOVEDIR 0x200u /* of Tunlinkat */

/* What Tgetattr asks for, and what Rgetattr has. */
#define P9_GETATTR_MODE   0x001u
#define P9_GETATTR_NLINK  0x002u
#define P9_GETATTR_UID    0x004u
#define P9_GETATTR_GID    0x008u
#define P9_GETATTR_RDEV   0x010u
#define P9_GETATTR_ATIME  0x020u
#define P9_GETATTR_MTIME  0x040u
#define P9_GETATTR_CTIME  0x080u
#define P9_GETATTR_INO    0x100u
#define P9_GETATTR_SIZE   0x200u
#define P9_GETATTR_BLOCKS 0x400u
#define P9_GETATTR_BASIC  0x7ffu

/* What Tsetattr sets. ATIME and MTIME without their _SET mean: now. */
#define P9_SETATTR_MODE      0x001u
#define P9_SETATTR_UID       0x002u
#define P9_SETATTR_GID       0x004u
#define P9_SETATTR_SIZE      0x008u
#define P9_SETATTR_ATIME     0x010u
#define P9_SETATTR_MTIME     0x020u
#define P9_SETATTR_CTIME     0x040u
#define P9_SETATTR_ATIME_SET 0x080u
#define P9_SETATTR_MTIME_SET 0x100u
#define P9_SETATTR_ALL       0x1ffu

/* Flags of Txattrcreate. */
#define P9_XATTR_CREATE  1u
#define P9_XATTR_REPLACE 2u

/* Of Tlock and Rlock, Tgetlock and Rgetlock. */
#define P9_LOCK_TYPE_RDLCK    0u
#define P9_LOCK_TYPE_WRLCK    1u
#define P9_LOCK_TYPE_UNLCK    2u
#define P9_LOCK_SUCCESS       0u
#define P9_LOCK_BLOCKED       1u
#define P9_LOCK_FLAGS_BLOCK   1u
#define P9_LOCK_FLAGS_RECLAIM 2u

#endif
