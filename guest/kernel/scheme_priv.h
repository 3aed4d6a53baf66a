/*
 * scheme_priv.h - what a scheme, a request and a file of a scheme are; for scheme*.c
 *
 * All of it is protected by one spinlock. Under it events are told and tasks are woken, nobody
 * sleeps, and bytes of callers are not touched.
 */
#ifndef KERNEL_SCHEME_PRIV_H
#define KERNEL_SCHEME_PRIV_H

#include "kernel/scheme.h"
#include "kernel/wait.h"

#include <stdbool.h>

struct scheme {
    struct list link; /* of the registry; in none when the provider is gone */
    char name[SCHEME_NAME_MAX];
    uint64_t number;
    uint32_t namespaces;    /* bit n: it is seen in namespace n */
    scheme_open_fn *kernel; /* NULL: a program provides it */
    uint32_t provider;      /* its task */
    bool gone;
    unsigned references;     /* the root file, and each handle */
    struct list to_deliver;  /* struct request.of_queue: requests, and cancellations */
    struct list in_flight;   /* struct request.of_scheme: all that have no answer */
    struct list handles;     /* struct scheme_handle.of_scheme */
    struct wait_queue reads; /* of the root file */
    struct event_source source;
};

enum request_state {
    REQUEST_QUEUED,
    REQUEST_DELIVERED,
    REQUEST_ORPHANED,
    REQUEST_ANSWERED,
};

struct request {
    enum request_state state;
    struct scheme *scheme;
    struct scheme_request message; /* as the provider gets it; `tag` is the request's */
    struct scheme_handle *handle;  /* OPEN, DUP: which it is to be; CLOSE: which ends */
    struct list of_queue, of_scheme;
    struct request *next_of_tag; /* in its bucket */
    bool cancel_sent;
    struct wait_queue answered;
    long result;
};

/* What a file of a scheme is for the kernel, from before OPEN until after CLOSE. */
struct scheme_handle {
    struct scheme *scheme;
    struct list of_scheme;
    struct scheme_handle *next_of_number; /* in its bucket, while it is open */
    bool is_open;                         /* the provider knows it, by this: */
    uint64_t number;
    struct event_source source;
    struct request close; /* so that closing cannot fail */
};

/* What a caller wants of a provider. */
struct scheme_call {
    struct scheme *scheme;
    enum scheme_operation operation;
    uint64_t handle;
    unsigned flags, mode;
    uint64_t offset;
    size_t size;
    const void *from;             /* bytes that go with the request, or NULL */
    void *to;                     /* where those of the answer go, or NULL */
    const struct message *pieces; /* READ, WRITE: instead of both; or NULL */
    struct scheme_handle *opened; /* OPEN, DUP */
    bool abandoned; /* the caller is being killed: `opened` belongs to the request now */
};

/* ---- scheme.c -------------------------------------------------------------------------------- */

uint64_t scheme_lock(void);
void scheme_unlock(uint64_t daif);
/* With the lock. */
void scheme_release(struct scheme *scheme);
/*
 * What the running program sees by this name, or NULL. It has one reference more, unless it is the
 * kernel's.
 */
struct scheme *scheme_get(const char *name);
/* The directory of names: "/scheme". */
struct file *scheme_names_open(int flags, int *error);

/* ---- scheme_path.c --------------------------------------------------------------------------- */

extern const struct path_ops scheme_path_ops;

/* ---- scheme_request.c ------------------------------------------------------------------------ */

void scheme_request_init(void);
/* Whether there is memory for requests. */
bool scheme_request_is_possible(void);
/* Asks and waits: the result, of which the bytes are where they should be. */
long scheme_request_call(struct scheme_call *call);
/* With the lock: for which nobody waits; the handle ends with it. */
void scheme_request_close(struct scheme_handle *handle);
/* With the lock: what the provider reads next. False: nothing. */
bool scheme_request_deliver(struct scheme *scheme, struct scheme_request *to);
/* 0, or -KEBADF. */
int scheme_request_answer(struct scheme *scheme, const struct scheme_answer *answer);
/* With the lock: the provider is gone. */
void scheme_request_end_all(struct scheme *scheme);

/* ---- scheme_file.c --------------------------------------------------------------------------- */

void scheme_file_init(void);
/* Takes a reference of the scheme's. */
struct file *scheme_file_open(struct scheme *scheme, const char *path, int flags, unsigned mode,
                              int *error);
/* With the lock: the provider knows it by this number; or it was never one, or is one no more. */
void scheme_handle_opened(struct scheme_handle *handle, uint64_t number);
void scheme_handle_free(struct scheme_handle *handle);
/* With the lock: something became true of the files with this number. */
void scheme_handle_trigger(const struct scheme *scheme, uint64_t number, unsigned events);

/* ---- scheme_root.c --------------------------------------------------------------------------- */

/* Takes a reference of the scheme's. NULL: there are too many files. */
struct file *scheme_root_make(struct scheme *scheme);
/* The provider is gone: out of the registry (scheme.c). With the lock. */
void scheme_remove(struct scheme *scheme);

#endif
