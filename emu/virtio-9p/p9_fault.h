/*
 * p9_fault.h - faults of a share: middleware between the device and its server
 *
 *   error        the server never sees the request, and it is answered by this error
 *   delay        the answer comes later
 *   short-read   no more than so many bytes are read at a time
 *   drop         the server never sees the request, and it is not answered
 *   foreign-tag  the answer has a tag that no request had
 *   duplicate    the answer comes once more, in the buffer of the next request, whose own is lost
 *   bad-size     the answer states a size that is not its own
 *   msize        the server agrees to no more than this
 *   reset        the device needs a reset when the request comes, which is not answered
 *
 * An occurrence is a request, of one type where a fault is for one. All may be armed at once, and
 * several times; they are asked in the order in which they were armed.
 */
#ifndef EMU_VIRTIO_9P_P9_FAULT_H
#define EMU_VIRTIO_9P_P9_FAULT_H

#include "emu/core/fault.h"
#include "emu/virtio-9p/p9_message.h"

#define P9_FAULTS_MAX 16 /* at once at a share */

enum p9_fault_kind {
    P9_FAULT_ERROR,
    P9_FAULT_DELAY,
    P9_FAULT_SHORT_READ, /* of Tread, whatever the specification says */
    P9_FAULT_DROP,
    P9_FAULT_FOREIGN_TAG,
    P9_FAULT_DUPLICATE,
    P9_FAULT_BAD_SIZE,
    P9_FAULT_MSIZE, /* of Tversion, likewise */
    P9_FAULT_RESET,
    P9_FAULT_KIND_COUNT,
};

struct p9_fault_spec {
    enum p9_fault_kind kind;
    unsigned type;   /* of the requests that it is for; 0: any */
    uint64_t amount; /* errno value, ns, bytes */
    struct fault_which which;
};

struct p9_fault;

/* `target` is the share's name, interned. */
struct p9_fault *p9_fault_new(struct trace *trace, const char *target);
void p9_fault_free(struct p9_fault *stage);

void p9_fault_inject(struct p9_fault *stage, const struct p9_fault_spec *spec);
/* How many faults may still be armed. */
unsigned p9_fault_room(const struct p9_fault *stage);
/* Ends all faults. What they have done stays: an answer that is late comes when it was to. */
void p9_fault_restore(struct p9_fault *stage);
/* The session is over: an answer that was to come once more does not. */
void p9_fault_forget(struct p9_fault *stage);

/* What is to become of a request. */
struct p9_fate {
    bool reset, drop;
    uint32_t error; /* 0: the server is asked */
    uint64_t delay_ns;
    bool foreign_tag, duplicate, bad_size;
    uint32_t size; /* the bad one */
};

/* A request comes. Short reads and msize change it. */
struct p9_fate p9_fault_request(struct p9_fault *stage, struct p9_request *request);

/* Its answer goes: changes it where it lies, in `room` bytes, and returns its size. */
size_t p9_fault_reply(struct p9_fault *stage, const struct p9_fate *fate, uint8_t *reply,
                      size_t size, size_t room);

#endif
