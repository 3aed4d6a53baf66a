/*
 * virtio_9p.h - the virtio device of a shared folder
 *
 * [VIRTIO1.2] 5 has its number, 9, and no more of it: "9P transport" is what Linux and QEMU make of
 * it. One queue, NAME.requests: a chain is a message to the server, followed by room for the reply.
 * With VIRTIO_9P_MOUNT_TAG the configuration space holds the mount tag, the device's name.
 *
 * Behind the queue stands a server of 9P2000.L (p9_server.h) on a tree that somebody else owns, and
 * between both the faults of p9_fault.h.
 */
#ifndef EMU_VIRTIO_9P_VIRTIO_9P_H
#define EMU_VIRTIO_9P_VIRTIO_9P_H

#include "emu/virtio-9p/p9_fault.h"
#include "emu/virtio/virtio.h"

#define VIRTIO_9P_TAG_MAX   31 /* bytes of a mount tag */
#define VIRTIO_9P_MSIZE_MIN 4096u
#define VIRTIO_9P_MSIZE_MAX (1u << 20)

struct p9_server;
struct p9_tree;

struct virtio_9p_config {
    const char *name;     /* "hostshare": the device's, and the mount tag */
    struct p9_tree *tree; /* what is served; kept */
    unsigned queue_size;  /* maximum */
    uint64_t latency_ns;  /* completion latency: usually VIRTQUEUE_LATENCY_NS */
    struct virtqueue_style style;
    uint64_t reset_ns;  /* how long a reset takes */
    uint32_t msize_max; /* the longest message that the server agrees to */
    bool read_only;
};

struct virtio_9p;

struct virtio_9p *virtio_9p_new(const struct virtio_env *env, const struct virtio_9p_config *config,
                                struct irqline line);
void virtio_9p_free(struct virtio_9p *share);

struct virtio_dev *virtio_9p_dev(struct virtio_9p *share);
/* Where its faults stand. */
struct p9_fault *virtio_9p_fault(struct virtio_9p *share);

struct virtio_9p_counters {
    uint64_t requests; /* messages that could be decoded */
    uint64_t replies;  /* that went back */
    uint64_t errors;   /* Rlerror among them */
    uint64_t breaches; /* of the protocol */
};
struct virtio_9p_counters virtio_9p_counters(const struct virtio_9p *share);
/* What serves its messages. For tests, which ask it for more than messages tell. */
struct p9_server *virtio_9p_server(struct virtio_9p *share);
/* Fids that the client has not clunked. */
unsigned virtio_9p_fid_count(const struct virtio_9p *share);

#endif
