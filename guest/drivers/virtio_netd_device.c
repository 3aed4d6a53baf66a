/* virtio_netd_device.c - a daemon's network card: what it raises, its frames */
#include "drivers/virtio_netd_priv.h"

#include "drivers/virtio_regs.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

/* ---- interrupts ------------------------------------------------------------------------------ */

void virtio_netd_take_interrupt(struct virtio_netd *netd, unsigned index)
{
    uint32_t reasons = virtio_daemon_take_interrupt(&netd->daemon, index);
    if ((reasons & VIRQ_CONFIG_CHANGE) != 0)
        netd->net.config_changed = true;
}

/* ---- frames ---------------------------------------------------------------------------------- */

void virtio_netd_look(struct virtio_netd *netd)
{
    netd->has_frames = virtio_net_has_frames(&netd->net);
}

static bool virtio_netd_can_read(void *driver)
{
    return ((struct virtio_netd *)driver)->has_frames;
}

/* A frame that does not fit into the reader's memory is not cut: it would be of no use. */
static long virtio_netd_copy(struct virtio_net *net, struct nbuf *nbuf, void *buffer, size_t size)
{
    size_t len = nbuf->len;
    if (len > size) {
        virtio_net_refuse(net, nbuf, "longer than the reader's memory");
        return -KEAGAIN;
    }
    memcpy(buffer, nbuf->data, len);
    nbuf_free(nbuf);
    return (long)len;
}

static long virtio_netd_read(void *driver, void *buffer, size_t size)
{
    struct virtio_netd *netd = driver;
    unsigned budget = netd->net.rx.size;
    struct nbuf *nbuf;
    long result = -KEAGAIN;
    if (!netd->has_frames)
        return result;
    while (result == -KEAGAIN && (nbuf = virtio_net_receive(&netd->net, &budget)) != NULL)
        result = virtio_netd_copy(&netd->net, nbuf, buffer, size);
    virtio_net_kick_receive(&netd->net);
    if (!virtqueue_has_used(&netd->net.rx))
        virtio_netd_look(netd);
    return result;
}

static bool virtio_netd_can_write(void *driver)
{
    struct virtio_netd *netd = driver;
    return virtio_net_has_room(&netd->net);
}

static struct nbuf *virtio_netd_frame(const struct scheme_request *request)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf != NULL)
        memcpy(nbuf_put(nbuf, request->size), request->data, request->size);
    return nbuf;
}

/*
 * With the policy `block` the writer waits, unless it said that it does not; never the daemon,
 * which has others to serve.
 */
static long virtio_netd_write(void *driver, struct network_operation *operation)
{
    struct virtio_netd *netd = driver;
    const struct scheme_request *request = &operation->request;
    bool blocks = netd->net.options.policy == VNET_TX_BLOCK;
    bool waits = blocks && (request->flags & O_NONBLOCK) == 0;
    if (operation->is_sent)
        return operation->pending.done ? (long)request->size : -KEAGAIN;
    if (request->size < VNET_ETHERNET_SIZE || request->size > VNET_FRAME_MAX)
        return -KEMSGSIZE;
    if (!virtio_net_has_room(&netd->net))
        return -KEAGAIN;
    struct nbuf *nbuf = virtio_netd_frame(request);
    if (nbuf == NULL)
        return -KENOBUFS;
    int error = blocks ? virtio_net_send(&netd->net, nbuf, waits ? &operation->pending : NULL)
                       : virtio_net_transmit(&netd->net, nbuf);
    if (error != 0)
        return -KENETDOWN;
    operation->is_sent = waits;
    return waits && !operation->pending.done ? -KEAGAIN : (long)request->size;
}

static void virtio_netd_forget(void *driver, struct network_operation *operation)
{
    struct virtio_netd *netd = driver;
    if (operation->is_sent)
        virtio_net_forget(&netd->net, &operation->pending);
}

const struct network_ops virtio_netd_ops = {
    .can_read = virtio_netd_can_read,
    .read = virtio_netd_read,
    .can_write = virtio_netd_can_write,
    .write = virtio_netd_write,
    .forget = virtio_netd_forget,
};
