/*
 * p9_rig.h - a shared folder without a front, for tests: device, channel, client, scripted server
 *
 * While somebody sleeps or spins, the server answers and the interrupt comes; when there is nothing
 * to answer the time goes by until the deadline.
 */
#ifndef DRIVERS_P9_RIG_H
#define DRIVERS_P9_RIG_H

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/mock_device.h"
#include "drivers/mock_p9.h"
#include "drivers/p9_client.h"
#include "drivers/virtio_9p.h"
#include "drivers/virtio_mmio.h"
#include "drivers/virtio_regs.h"
#include "lib/errno.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define RIG_QUEUE   32
#define RIG_MSIZE   8192
#define RIG_TIMEOUT UINT64_C(30000000000)
#define RIG_ATTACH  "Tattach 0 4294967295 '' '' 0"

static struct virtio_mmio rig_mmio;
static struct virtio_9p rig_channel;
static struct p9_client rig_client;
static struct virtio_9p_options rig_options;
static bool rig_is_deaf; /* interrupts are lost */
static unsigned rig_sleeps;

static void rig_interrupt(void *arg, uint32_t reasons)
{
    virtio_9p_interrupted(arg, reasons);
}

static void rig_sleep(void)
{
    rig_sleeps++;
    bool any = mock_p9_serve();
    if (any && !rig_is_deaf)
        fake_kernel.handler(fake_kernel.handler_arg);
    else
        fake_kernel.now_ns = fake_kernel.slept_until_ns - 1000000000;
}

static void rig_relax(void)
{
    if (!mock_p9_serve())
        fake_kernel.now_ns += 1000000;
}

/* A machine with one device, before the driver comes. */
static void rig_reset(void)
{
    fake_hal_reset();
    fake_kernel_reset();
    mock_device_reset_share(RIG_QUEUE, "hostshare");
    fake_kernel.sleep = rig_sleep;
    fake_hal.relax = rig_relax;
    mock_p9 = (struct mock_p9){.steps = NULL};
    rig_is_deaf = false;
    rig_sleeps = 0;
    rig_options = (struct virtio_9p_options){
        .interrupt = rig_interrupt,
        .policy = V9P_INTERRUPT,
        .period_ns = 1000000,
        .timeout_ns = RIG_TIMEOUT,
        .msize = RIG_MSIZE,
    };
}

static int rig_open(void)
{
    int error;
    rig_mmio = (struct virtio_mmio){.base = MOCK_BASE, .intid = 48};
    CU_ASSERT_EQUAL_FATAL(virtio_mmio_identify(&rig_mmio), 0);
    virtio_9p_prepare(&rig_channel, &rig_mmio.device, &rig_options);
    const char *why = virtio_9p_open(&rig_channel, &error);
    if (why != NULL) {
        virtio_give_up(&rig_mmio.device, "virtio-9p", why);
        virtio_9p_close(&rig_channel);
        return error;
    }
    virtio_9p_start(&rig_channel);
    p9_client_init(&rig_client, &rig_channel, 0);
    return 0;
}

/* With a session, of which the root is fid 0, and messages of `msize` bytes. */
static inline void rig_connect(unsigned msize)
{
    char version[64];
    const struct mock_p9_step script[] = {
        {"Tversion 8192 '9P2000.L'", version}, {RIG_ATTACH, "Rattach Qd"}, {NULL, NULL}};
    rig_reset();
    snprintf(version, sizeof version, "Rversion d%u s:9P2000.L", msize);
    CU_ASSERT_EQUAL_FATAL(rig_open(), 0);
    mock_p9_script(script);
    CU_ASSERT_EQUAL_FATAL(p9_connect(&rig_client), 0);
    mock_p9_script(NULL);
}

/* Nothing is in flight, everything can be acquired, and all memory comes back. */
static inline void rig_check(void)
{
    mock_p9_check();
    CU_ASSERT_EQUAL(rig_channel.queue.chains, 0);
    for (unsigned i = 0; i < rig_channel.request_count; i++)
        CU_ASSERT_EQUAL(rig_channel.requests[i].state, V9P_FREE);
    CU_ASSERT_TRUE(virtio_9p_switch_off(&rig_channel));
    CU_ASSERT_EQUAL(fake_hal.dma_live, 1); /* the pool of network buffers */
}

#endif
