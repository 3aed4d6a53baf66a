/*
 * virtio_netd_device.c - a daemon's device: where it is, what it raises, its frames
 *
 * Interrupts are files. An interrupt that came is read as a count, taken from the device, which
 * takes its line down, and acknowledged with that count, upon which the kernel unmasks it: in this
 * order, as a line that is still up would come again at once. When it came again meanwhile (over a
 * line that others share, or triggered by edges), the count is stale, and all begins anew.
 */
#include "drivers/virtio_netd_priv.h"

#include "drivers/virtio_regs.h"
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_NETD_PATH_MAX 32

/* ---- where it is ----------------------------------------------------------------------------- */

struct virtio_netd_search {
    uintptr_t base;
    bool found;
};

static bool virtio_netd_is_window(const struct platform_window *window, void *opaque)
{
    struct virtio_netd_search *search = opaque;
    search->found = window->base == search->base;
    return !search->found;
}

static const char *virtio_netd_find_window(struct virtio_netd *netd,
                                           const struct virtio_netd_arguments *arguments)
{
    struct virtio_netd_search search = {.base = arguments->place.base};
    platform_each_window(platform_current(), virtio_netd_is_window, &search);
    netd->mmio = (struct virtio_mmio){
        .base = search.base,
        .intid = arguments->interrupt.intid,
        .edge_triggered = arguments->interrupt.edge_triggered,
    };
    if (!search.found || virtio_mmio_identify(&netd->mmio) != 0)
        return "there is no such device";
    netd->device = &netd->mmio.device;
    return NULL;
}

static const char *virtio_netd_find_function(struct virtio_netd *netd,
                                             const struct virtio_netd_arguments *arguments)
{
    const struct device_name *place = &arguments->place;
    struct pci_device function;
    if (pci_find(platform_current(), place->slot, place->function, &function) != 0)
        return "there is no such device";
    function.has_interrupt = true;
    function.interrupt = (struct platform_interrupt){
        .intid = arguments->interrupt.intid,
        .edge_triggered = arguments->interrupt.edge_triggered,
    };
    if (virtio_pci_identify(&netd->pci, &function) != 0)
        return "no modern virtio device";
    netd->device = &netd->pci.device;
    return NULL;
}

const char *virtio_netd_find(struct virtio_netd *netd,
                             const struct virtio_netd_arguments *arguments)
{
    const char *why = NULL;
    if (netd->device == NULL)
        why = arguments->place.is_pci ? virtio_netd_find_function(netd, arguments)
                                      : virtio_netd_find_window(netd, arguments);
    if (why == NULL && netd->device->device_id != VDEVICE_NET) {
        netd->device = NULL;
        why = "no network device";
    }
    return why;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

const char *virtio_netd_open_interrupts(struct virtio_netd *netd)
{
    struct virtio_interrupt list[VIRTIO_INTERRUPTS_MAX];
    netd->interrupt_count = virtio_interrupts(netd->device, list);
    for (unsigned i = 0; i < netd->interrupt_count; i++) {
        char path[VIRTIO_NETD_PATH_MAX];
        ksnprintf(path, sizeof path, SCHEME_ROOT "irq/%u%s", list[i].intid,
                  list[i].edge_triggered ? "/edge" : "");
        long file = sys_open(path, O_RDWR | O_NONBLOCK);
        if (file < 0)
            return "no file for its interrupt";
        netd->interrupts[i] = (int)file;
        if (sys_watch(netd->queue, (int)file, EVENT_READ, VIRTIO_NETD_INTERRUPT + i) != 0)
            return "its interrupt cannot be watched";
    }
    return netd->interrupt_count > 0 ? NULL : "no interrupt";
}

void virtio_netd_take_interrupt(struct virtio_netd *netd, unsigned index)
{
    int file = netd->interrupts[index];
    uint64_t count;
    do {
        if (sys_read(file, &count, sizeof count) != sizeof count)
            return;
        uint32_t reasons = virtio_take_reasons(netd->device, index);
        if ((reasons & VIRQ_CONFIG_CHANGE) != 0)
            netd->net.config_changed = true;
    } while (sys_write(file, &count, sizeof count) == -KESTALE);
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
