/*
 * file.h - descriptors and what stands behind them
 *
 * A file is an object with operations; a program's table maps small numbers to files. Sockets are
 * files: the socket part of the operations is NULL for others (then the call gives -KENOTSOCK).
 * Blocking is the operation's business: `file->flags` has FILE_NONBLOCK; it is of the open file,
 * and all descriptors of that share it. Who opens files by their paths is in path.h.
 */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H

#include "lib/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_MAX       2560 /* in all */
#define DESCRIPTORS_MAX 1024 /* a program */
#define FILE_NONBLOCK   04000

struct event_source;
struct file;
struct file_change;
struct kernel_stat;
struct kernel_statfs;
struct message;
struct poll_table;
struct sockaddr;

struct file_ops {
    const char *kind; /* "console", "socket", "boot file" */
    long (*read)(struct file *file, void *buffer, size_t size);
    long (*write)(struct file *file, const void *buffer, size_t size);
    long (*ioctl)(struct file *file, unsigned long request, void *argument);
    /* How long it is. NULL, or -KESPIPE: it has no size, and no place to go to. */
    long (*size)(struct file *file);
    void (*close)(struct file *file); /* the last reference is gone */
    /* What it is ready for: POLLIN and so on (poll.h). NULL: always for reading and writing. */
    unsigned (*poll)(struct file *file, struct poll_table *table);

    /* What event queues (event.h) watch it by. NULL: none can. */
    struct event_source *(*source)(struct file *file);
    /*
     * In pieces, of which the file makes one operation. NULL: they are read and written in turn,
     * or, of a socket, received and sent.
     */
    long (*readv)(struct file *file, const struct message *message);
    long (*writev)(struct file *file, const struct message *message);
    /* It is watched for these (EVENT_READ …) from now on. Which are true already, or an error. */
    long (*watch)(struct file *file, unsigned events);
    /* Another file, made of this one and of some bytes. NULL: -KEOPNOTSUPP. */
    struct file *(*dup)(struct file *file, const void *bytes, size_t size, int *error);
    int (*sync)(struct file *file); /* NULL: there is nothing to do */

    /* These serve files of O_PATH too (path.h). `stat` is all zero before. NULL: made up. */
    int (*stat)(struct file *file, struct kernel_stat *stat);
    int (*setattr)(struct file *file, const struct file_change *change); /* NULL: -KEROFS */
    int (*statfs)(struct file *file, struct kernel_statfs *statfs);      /* NULL: -KENOSYS */
    /* What a symbolic link says: without NUL, cut off where it is longer. NULL: it is none. */
    long (*readlink)(struct file *file, char *target, size_t size);
    /*
     * Of a directory: as many records (stat.h) from file->offset on as fit, after which the offset
     * is where it goes on. 0: the end; -KEINVAL: the next one does not fit. NULL: -KENOTDIR.
     */
    long (*list)(struct file *file, void *buffer, size_t size);
    /* "/scheme/udp": what a program has opened, as text of `size` bytes with its NUL. NULL: no path
     * is known. Its length, or -KENAMETOOLONG. */
    long (*path)(struct file *file, char *text, size_t size);

    long (*bind)(struct file *file, const struct sockaddr *address, size_t size);
    long (*connect)(struct file *file, const struct sockaddr *address, size_t size);
    int (*listen)(struct file *file, int backlog);
    struct file *(*accept)(struct file *file, int *error);
    long (*sendmsg)(struct file *file, const struct message *message);
    long (*recvmsg)(struct file *file, struct message *message);
    int (*shutdown)(struct file *file, int how);
    /* Its own name, or its peer's: as much as *size has room for; *size is the whole then. */
    int (*getname)(struct file *file, bool peer, struct sockaddr *name, uint32_t *size);
    long (*setsockopt)(struct file *file, int level, int name, const void *value, size_t size);
    long (*getsockopt)(struct file *file, int level, int name, void *value, uint32_t *size);
};

struct file {
    const struct file_ops *ops;
    unsigned references;
    unsigned flags;
    uint64_t offset;
    bool has_offset; /* it was asked whether it has a place to go to, and it has */
    void *object;
    struct list epoll_items; /* that look at it (epoll.c) */
};

/* Empties the pool, and forgets the families. */
void file_init(void);

/* A file with one reference. NULL when the pool is empty. */
struct file *file_alloc(const struct file_ops *ops, void *object);
void file_release(struct file *file);

/* All zero is an empty one. */
struct file_table {
    struct file *files[DESCRIPTORS_MAX];
    bool close_on_exec[DESCRIPTORS_MAX]; /* remembered, though nothing is ever executed */
    int lowest;                          /* none below is free */
    int end;                             /* none from here on is in use */
};

/* Empties one that nobody will close; so it touches only what was in use. */
void file_table_init(struct file_table *table);

/* Takes the reference on success: the lowest free descriptor, or -KEMFILE. */
int file_table_add(struct file_table *table, struct file *file);
/* The same from `first` on. */
int file_table_add_from(struct file_table *table, struct file *file, int first);
/* Takes the reference; whatever had the descriptor is closed. It must be a valid number. */
void file_table_set(struct file_table *table, int descriptor, struct file *file);
struct file *file_table_get(struct file_table *table, int descriptor); /* NULL: -KEBADF */
int file_table_close(struct file_table *table, int descriptor);
void file_table_close_all(struct file_table *table);

/* socket(2) for an address family. `make` gives a file, or an error in *error. */
typedef struct file *socket_make_fn(int type, int protocol, int *error);
void socket_family_register(int family, socket_make_fn *make);
struct file *socket_open(int family, int type, int protocol, int *error);
bool socket_has_families(void);

/* A read-only file with text made at open time; for /proc. Copies up to FILE_TEXT_MAX of it. */
#define FILE_TEXT_MAX 4096
struct file *file_from_text(const char *text, size_t size, int *error);

/*
 * The same for text that is longer: it is made in pieces of whole lines when it is read. `next`
 * begins with a cursor of 0 and says how long a piece is; 0: the end.
 */
#define FILE_PIECE_MAX 8192
typedef size_t file_piece_fn(unsigned *cursor, char *text, size_t size);
struct file *file_from_pieces(file_piece_fn *next, int *error);

/*
 * A configuration file that came with the boot information: a NUL-terminated copy in `buffer`,
 * its length, or -KENOENT; -KE2BIG when it does not fit.
 */
long config_read(const char *path, char *buffer, size_t size);

/* A boot parameter's value ("face"), or NULL. */
const char *boot_parameter(const char *name);

#endif
