/*
 * scheme.h - the registry of schemes, namespaces, and requests to their providers
 *
 * Names belong to a namespace. A program sees the names of its own; SYS_SCHEME_NAMESPACE makes a
 * new one with some of them, or none, for itself and what it starts from then on. What it has open
 * it keeps. The names of the kernel are in all of them. A namespace ends with the last program and
 * the last open directory in it; what was registered in it goes on for those who have it open.
 *
 * The life of a request:
 *
 *     QUEUED      in the provider's queue; a signal takes it back: -KEINTR
 *     DELIVERED   the provider has read it; a signal sends SCHEME_CANCEL after it, once, and
 *                 SIGKILL once more
 *     ORPHANED    its caller is gone, killed, or never waited; the answer is thrown away, and what
 *                 it would have opened is closed
 *     ANSWERED    the caller is woken
 *
 * Tags are never 0 and are not used again. An answer to a tag that is not DELIVERED or ORPHANED at
 * this provider is counted (scheme.wrong-answers) and refused with -KEBADF; a result that cannot be
 * one of what was asked for, because it is longer, is counted (scheme.bad-results) and becomes
 * -KEIO. When a provider's root file is closed, all its requests are answered with -KENODEV, its
 * files fail with that from then on, their watchers get all events, and the name is free again.
 */
#ifndef KERNEL_SCHEME_H
#define KERNEL_SCHEME_H

#include "kernel/event.h"
#include "kernel/scheme_abi.h"

#include <stddef.h>
#include <stdint.h>

#define SCHEMES_MAX           64
#define SCHEME_NAMESPACES_MAX 16
#define SCHEME_HANDLES_MAX    2048 /* that programs have open, or whose CLOSE has no answer yet */
#define SCHEME_REQUESTS_MAX   1024 /* in flight, without CLOSE; more: -KEAGAIN */

struct file;

/* Empties the registry; registers "/scheme/" with the paths. The root lists its names, a line each,
 * and is ready (EVENT_READ) whenever a name comes or goes. */
void scheme_init(void);

/*
 * Takes memory for the bytes of requests from what the machine has. At boot, where programs are
 * going to serve others: without it nobody can.
 */
void scheme_reserve_memory(void);

/* A scheme of the kernel: in all namespaces. Keeps both. `open` gets what follows the name. */
typedef struct file *scheme_open_fn(const char *path, int flags, int *error);
void scheme_register_kernel(const char *name, scheme_open_fn *open);

/*
 * The running program becomes the provider of a name: its root file. NULL with -KEEXIST (somebody
 * provides it), -KEINVAL (not a name), -KENOSPC, -KENOSYS (no memory was reserved).
 */
struct file *scheme_create(const char *name, int *error);

/*
 * A namespace with these names of the running program's, which is in it from now on. Its number, or
 * -KENOENT, -KENOSPC.
 */
int scheme_namespace_make(const char *const *names, size_t count);
/* For programs: one more is in it, or one less. */
void scheme_namespace_keep(unsigned number);
void scheme_namespace_release(unsigned number);

#endif
