/*
 * file.h - descriptors and what stands behind them
 *
 * A file is an object with operations; a program's table maps small numbers to files. Sockets are
 * files: the socket part of the operations is NULL for others (then the call gives -KENOTSOCK).
 * Blocking is the operation's business: `file->flags` has FILE_NONBLOCK. Paths are served by
 * filesystems that register a prefix.
 */
#ifndef KERNEL_FILE_H
#define KERNEL_FILE_H

#include <stddef.h>
#include <stdint.h>

#define FILES_MAX       64 /* in all */
#define DESCRIPTORS_MAX 16 /* a program */
#define FILE_NONBLOCK   04000

struct file;
struct sockaddr;

struct file_ops {
    const char *kind; /* "console", "socket", "boot file" */
    long (*read)(struct file *file, void *buffer, size_t size);
    long (*write)(struct file *file, const void *buffer, size_t size);
    long (*ioctl)(struct file *file, unsigned long request, void *argument);
    void (*close)(struct file *file); /* the last reference is gone */

    long (*bind)(struct file *file, const struct sockaddr *address, size_t size);
    long (*connect)(struct file *file, const struct sockaddr *address, size_t size);
    long (*sendto)(struct file *file, const void *buffer, size_t size, int flags,
                   const struct sockaddr *to, size_t to_size);
    long (*recvfrom)(struct file *file, void *buffer, size_t size, int flags, struct sockaddr *from,
                     uint32_t *from_size);
    long (*setsockopt)(struct file *file, int level, int name, const void *value, size_t size);
    long (*getsockopt)(struct file *file, int level, int name, void *value, uint32_t *size);
};

struct file {
    const struct file_ops *ops;
    unsigned references;
    unsigned flags;
    uint64_t offset;
    void *object;
};

/* Empties the pool, and forgets families and prefixes. */
void file_init(void);

/* A file with one reference. NULL when the pool is empty. */
struct file *file_alloc(const struct file_ops *ops, void *object);
void file_release(struct file *file);

struct file_table {
    struct file *files[DESCRIPTORS_MAX];
};

/* Takes the reference on success: the lowest free descriptor, or -KEMFILE. */
int file_table_add(struct file_table *table, struct file *file);
struct file *file_table_get(struct file_table *table, int descriptor); /* NULL: -KEBADF */
int file_table_close(struct file_table *table, int descriptor);
void file_table_close_all(struct file_table *table);

/* socket(2) for an address family. `make` gives a file, or an error in *error. */
typedef struct file *socket_make_fn(int type, int protocol, int *error);
void socket_family_register(int family, socket_make_fn *make);
struct file *socket_open(int family, int type, int protocol, int *error);

/* open(2) below a prefix ("/proc/net/"). The longest prefix wins. */
typedef struct file *path_open_fn(const char *path, int flags, int *error);
void path_register(const char *prefix, path_open_fn *open);
struct file *path_open(const char *path, int flags, int *error);

/* A read-only file with text made at open time; for /proc. Copies up to FILE_TEXT_MAX of it. */
#define FILE_TEXT_MAX 2048
struct file *file_from_text(const char *text, size_t size, int *error);

/*
 * A configuration file that came with the boot information: a NUL-terminated copy in `buffer`,
 * its length, or -KENOENT; -KE2BIG when it does not fit.
 */
long config_read(const char *path, char *buffer, size_t size);

/* A boot parameter's value ("face"), or NULL. */
const char *boot_parameter(const char *name);

#endif
