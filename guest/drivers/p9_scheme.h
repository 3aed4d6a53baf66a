/*
 * p9_scheme.h - the scheme of a shared folder: requests become operations on files (p9_files.h)
 *
 * Several at once, as whoever calls may be put aside in the middle of one (virtio_9p.h). But those
 * for one handle come one after the other, and only one begins a session: p9_jobs.h sees to it.
 */
#ifndef DRIVERS_P9_SCHEME_H
#define DRIVERS_P9_SCHEME_H

#include "drivers/p9_files.h"
#include "kernel/scheme_abi.h"

#define P9_SCHEME_HANDLES_MAX 512

/* Private. */
struct p9_scheme {
    struct p9_client *client;
    struct p9_profile profile;
    struct {
        bool is_open;
        uint16_t next_free; /* a handle, while it is not */
        struct p9_file file;
    } handles[P9_SCHEME_HANDLES_MAX + 1]; /* from 1 on */
    uint16_t free;                        /* 0: none */
};

/* Nobody has anything open. Keeps the client. */
void p9_scheme_init(struct p9_scheme *scheme, struct p9_client *client,
                    const struct p9_profile *profile);
/* What a request is to be answered with; it is none to SCHEME_CANCEL. */
long p9_scheme_serve(struct p9_scheme *scheme, const struct scheme_request *request);

#endif
