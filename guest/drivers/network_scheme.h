/*
 * network_scheme.h - the scheme of a network card, as its driver's daemon serves it
 *
 *     ""       frames: a read gives one, from the Ethernet header on; a write sends one
 *     "mac"    the six bytes of the address
 *
 * Operations that have to wait are kept, and tried again in the order in which they came whenever
 * the daemon says that something may have changed. A read that came later never overtakes an
 * earlier one, nor a write another. Cancelled ones are answered with -KEINTR.
 *
 * A file that is watched gets one event when it becomes ready, and the next one when it is ready
 * after somebody has tried to read from it, or to write to it.
 */
#ifndef DRIVERS_NETWORK_SCHEME_H
#define DRIVERS_NETWORK_SCHEME_H

#include "drivers/virtqueue.h"
#include "kernel/scheme_abi.h"
#include "lib/list.h"

#define NETWORK_HANDLES_MAX    32
#define NETWORK_OPERATIONS_MAX 64 /* that wait; more are answered with -KEAGAIN */

/* An operation that waits, or is being tried. */
struct network_operation {
    struct list link;
    struct scheme_request request;
    bool is_sent;                     /* the frame is on its way; what is waited for is: */
    struct virtqueue_pending pending; /* that the device is done with it */
};

/* What the driver does. `driver` is that of the scheme. */
struct network_ops {
    bool (*can_read)(void *driver);
    /* One frame: its size. -KEAGAIN: there is none. */
    long (*read)(void *driver, void *buffer, size_t size);
    /* False: whoever is served will be told when there is room. */
    bool (*can_write)(void *driver);
    /*
     * Sends one: its size. -KEAGAIN: it has to be tried again, until which the operation may be
     * changed, and stays where it is.
     */
    long (*write)(void *driver, struct network_operation *operation);
    /* Nobody tries this operation again. */
    void (*forget)(void *driver, struct network_operation *operation);
};

struct network_handle {
    enum {
        NETWORK_FREE,
        NETWORK_DATA,
        NETWORK_MAC
    } kind;
    uint32_t offset;  /* MAC */
    uint32_t watched; /* EVENT_READ … */
    uint32_t told;    /* which of them, since somebody has tried */
};

struct network_scheme {
    const struct network_ops *ops;
    void *driver;
    int root;
    uint8_t mac[6];
    struct network_handle handles[NETWORK_HANDLES_MAX]; /* numbered from 1 on */
    struct network_operation operations[NETWORK_OPERATIONS_MAX];
    struct list free, waiting;
    unsigned reads_waiting, writes_waiting; /* not those that are sent */
};

/* Nobody has it open. Keeps all but the address; `root` gives -KEAGAIN when it has no request. */
void network_scheme_init(struct network_scheme *scheme, int root, const uint8_t mac[6],
                         const struct network_ops *ops, void *driver);

/*
 * Tries what waits, takes requests until there is none, and tells those who watch. 0, or an error
 * of the root file, after which there is nothing to serve.
 */
int network_scheme_tick(struct network_scheme *scheme);

#endif
