/*
 * virtio_net_rig.h - the device's part of the network driver without a front, for its tests
 *
 * One device, and what a front does with it. Frames that were received lie in fake_kernel.received.
 */
#ifndef DRIVERS_VIRTIO_NET_RIG_H
#define DRIVERS_VIRTIO_NET_RIG_H

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/mock_device.h"
#include "drivers/virtio_mmio.h"
#include "drivers/virtio_net.h"
#include "drivers/virtio_regs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "ringside/hal.h"
#include "tests/unit.h"

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define QUEUE_SIZE 4
#define INTID      48
#define HEADER     12

static struct virtio_mmio net_mmio;
static struct virtio_net net;
static struct netif_counters net_counters;
static struct virtio_net_options net_options;

static void net_interrupt(void *arg, uint32_t reasons)
{
    struct virtio_net *interrupted = arg;
    interrupted->config_changed = (reasons & VIRQ_CONFIG_CHANGE) != 0;
}

/* A machine with one device, before the driver comes. */
static void net_reset(unsigned queue_size)
{
    fake_hal_reset();
    fake_kernel_reset();
    mock_device_reset(queue_size);
    net_counters = (struct netif_counters){.rx_frames = 0};
    net_options = (struct virtio_net_options){
        .interrupt = net_interrupt,
        .counters = &net_counters,
        .rx_buffer = VNET_BUFFER_MAX,
    };
}

static int net_open(void)
{
    net_mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = INTID};
    int error = virtio_mmio_identify(&net_mmio);
    if (error != 0)
        return error;
    virtio_net_prepare(&net, &net_mmio.device, &net_options);
    const char *why = virtio_net_open(&net, &error);
    if (why != NULL) {
        virtio_give_up(&net_mmio.device, "virtio-net", why);
        virtio_net_close(&net);
        return error;
    }
    virtio_net_set_name(&net, "eth0");
    virtio_net_start(&net);
    return 0;
}

/* One round of a front. */
static void net_run(void)
{
    unsigned budget = net.rx.size;
    struct nbuf *nbuf;
    virtio_net_check_config(&net);
    virtio_net_reclaim(&net);
    while ((nbuf = virtio_net_receive(&net, &budget)) != NULL)
        fake_kernel.received[fake_kernel.received_count++] = nbuf;
    if (budget < net.rx.size)
        virtio_net_kick_receive(&net);
    virtio_net_has_work(&net);
}

static struct nbuf *net_frame(size_t size)
{
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(nbuf);
    memset(nbuf->memory, 0xff, NBUF_SIZE); /* buffers are not empty when they are new */
    memset(nbuf_put(nbuf, size), 0x5a, size);
    return nbuf;
}

/* Everything that is not in a ring is free: nothing leaks. */
static void net_check_buffers(unsigned in_rings)
{
    fake_kernel_free_received();
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT - in_rings);
}

#endif
