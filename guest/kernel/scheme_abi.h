/*
 * scheme_abi.h - the messages of the schemes face, as programs and daemons see them
 *
 * "/scheme/NAME/REST" names something that a provider serves. Some schemes are the kernel's
 * (`irq`, `event`, `time`); the others belong to daemons. A daemon makes one with
 * SYS_SCHEME_CREATE and gets its root file: reading it gives requests, writing to it gives answers
 * and events. What a caller does with a file of the scheme (open, read, …) becomes a request with a
 * tag of its own, and the caller waits until that tag is answered.
 *
 * The bytes of a request lie in memory of the kernel: what the caller writes is copied there
 * before, what it reads is copied from there behind the answer. So a caller may die at any time.
 *
 * A call that would have to wait is the provider's business: with O_NONBLOCK in the request's flags
 * it answers -KEAGAIN, otherwise it keeps the tag and answers later. When the caller gets a signal
 * meanwhile, the provider gets a SCHEME_CANCEL for the tag, and the caller goes on waiting for the
 * answer, which is -KEINTR as a rule. SIGKILL does not wait for anybody: then there is a
 * SCHEME_CANCEL that says so, also after another one, and the answer goes to nobody.
 *
 * The kernel counts where a file is: by what READ and WRITE gave, and by the last record of a LIST.
 * A provider that answers STAT has files with a place to go to; with others lseek(2), pread(2) and
 * pwrite(2) are -KESPIPE. Where a file of O_APPEND is written, the provider decides. What a
 * provider does not know it answers with -KEOPNOTSUPP. Symbolic links are as in path.h: a provider
 * that meets one answers -KELOOP, and the kernel follows it.
 */
#ifndef KERNEL_SCHEME_ABI_H
#define KERNEL_SCHEME_ABI_H

#include <stdint.h>

#define SCHEME_ROOT     "/scheme/"
#define SCHEME_NAME_MAX 64     /* with the NUL */
#define SCHEME_PATH_MAX 1024   /* of what follows the name; longer: -KENAMETOOLONG */
#define SCHEME_DATA_MIN 65536  /* bytes of one request for which there is memory, if for any */
#define SCHEME_DATA_MAX 262144 /* the same of a few; of more bytes, the first ones are meant */

/*
 * What is asked for. `data` and `size` are the bytes; `handle` is what the provider answered to
 * OPEN or DUP. The result is 0 or more, or a negative error.
 */
enum scheme_operation {
    SCHEME_OPEN = 1, /* data: the path behind the name and its slash. Result: a handle */
    SCHEME_DUP,      /* data: what to make of the handle; may be empty. Result: another handle */
    SCHEME_READ,     /* data: to be filled. Result: how many bytes; 0 is the end */
    SCHEME_WRITE,    /* Result: how many were taken */
    SCHEME_EVENTS,   /* somebody watches the handle for `flags` (EVENT_READ …) from now on; 0:
                        nobody. Result: which of them are true already */
    SCHEME_SYNC,
    SCHEME_CLOSE,  /* the last file of the handle is gone. Nobody waits for the answer */
    SCHEME_CANCEL, /* the caller of `tag` has a signal. No answer to this, but one to the tag.
                      flags: 0, or SCHEME_CANCEL_KILLED: nobody waits for that answer any more */

    /* Of a handle, also of one that was opened with O_PATH. */
    SCHEME_STAT,     /* data: a struct kernel_stat, all zero. Result: its size */
    SCHEME_SETATTR,  /* data: a struct file_change */
    SCHEME_STATFS,   /* data: a struct kernel_statfs, all zero. Result: its size */
    SCHEME_READLINK, /* data: to be filled with what a symbolic link says. Result: how many bytes */
    SCHEME_LIST,     /* data: to be filled with records of getdents64, from `offset` on, which is 0
                        or the d_off of one. Result: how many bytes; 0 is the end */

    /* Of paths; data: the path behind the name, or two of them with a NUL in between. */
    SCHEME_REMOVE,  /* flags: 0, or AT_REMOVEDIR for a directory */
    SCHEME_MKDIR,   /* with `mode` */
    SCHEME_RENAME,  /* from the first to the second; flags: 0, or RENAME_NOREPLACE */
    SCHEME_SYMLINK, /* first: what the link says, second: where it is to be */
    SCHEME_LINK,    /* another name, the second, for what has the first */
};

#define SCHEME_CANCEL_KILLED 1

struct scheme_request {
    uint64_t tag;
    uint32_t operation;
    uint32_t task; /* who calls */
    uint64_t handle;
    uint32_t flags; /* O_NONBLOCK and, of OPEN, the others of open(2); of EVENTS: events */
    uint32_t size;
    void *data;      /* valid until the answer */
    uint64_t offset; /* of READ, WRITE and LIST: where. Providers of streams do not look at it */
    uint32_t mode;   /* of what OPEN with O_CREAT, or MKDIR, makes */
    uint32_t unused;
};

/* What a daemon writes to its root file, one or several at once. */
struct scheme_answer {
    uint64_t tag;    /* 0: no answer, but events for `handle` */
    uint64_t handle; /* of events */
    int64_t result;  /* or EVENT_READ … that have become true */
};

/* ---- event queues: the file "/scheme/event" -------------------------------------------------- */

#define EVENT_READ  1
#define EVENT_WRITE 2

/*
 * Written: what is wanted of a descriptor (0: nothing any more), with a word and bits of the
 * program's own. Whatever is true already comes as an event at once. Read: what became true, one
 * entry for each time that it did; what is the program's own is as it was written last, and the
 * bits are 0 of what is not watched any more. A queue is watched by another one as any file is.
 */
#define EVENT_OWN       0xffff0000u /* bits of `events` */
#define EVENT_OWN_SHIFT 16

struct event_entry {
    int32_t descriptor;
    uint32_t events;
    uint64_t data;
};

/* ---- interrupts: "/scheme/irq/INTID", and "/scheme/irq/INTID/edge" --------------------------- */
/*
 * Of an SPI, level- or edge-triggered; all files of it have to agree (-KEBUSY).
 *
 * Reading eight bytes gives how often the interrupt came, once it came more often than this file
 * has acknowledged; before, it waits. Writing that number acknowledges. Any other number is stale:
 * -KESTALE, and the interrupt stays masked. The kernel ends each interrupt and masks it until all
 * files of it have acknowledged, so a slow driver holds up nobody else.
 */

/* ---- time: "/scheme/time/CLOCK", CLOCK_MONOTONIC or CLOCK_REALTIME --------------------------- */
/*
 * Reading gives struct kernel_timespec. Writing one sets a timeout, which is one event (EVENT_READ)
 * of this file at that time, at once if it is over; those that were set before stay. Whoever begins
 * to watch the file is told of those that have fired since it was read.
 */

#endif
