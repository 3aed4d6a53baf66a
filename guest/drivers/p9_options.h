/*
 * p9_options.h - what the boot parameters say about shared folders
 *
 *     9p=interrupt|poll|spin   what a task does until a reply is there; interrupt
 *     9p-poll=HZ               how often it looks, with `poll`; 1000
 *     9p-timeout=MS            until it goes on without; 30000
 *     9p-msize=BYTES           of a message, as the server is asked for; 131072
 *     9p-tag=NUMBER            of the first message; 0
 *     9p-odirectory=strict|lax `lax`: O_DIRECTORY opens files as well; strict
 *
 * The same on both faces, so daemons take them from there as well, and not from their arguments.
 */
#ifndef DRIVERS_P9_OPTIONS_H
#define DRIVERS_P9_OPTIONS_H

#include "drivers/p9_files.h"

#define P9_MSIZE_MAX (1u << 20)

struct p9_options {
    struct virtio_9p_options channel; /* but for what the front says */
    struct p9_profile profile;
    uint16_t first_tag;
};

/* NULL, or the parameter that is wrong. */
const char *p9_options_take(struct p9_options *options);

#endif
