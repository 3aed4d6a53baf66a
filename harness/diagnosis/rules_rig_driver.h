/*
 * rules_rig_driver.h - for the tests of this folder: a card with a driver that does what it is told
 *
 * The rings are those of mock_driver.h, on the board's own bus. Frames pass the board's wire, so
 * that faults stand in their way as they do in a run.
 */
#ifndef HARNESS_DIAGNOSIS_RULES_RIG_DRIVER_H
#define HARNESS_DIAGNOSIS_RULES_RIG_DRIVER_H

#include "emu/virtio/mock_driver.h"
#include "harness/diagnosis/rules_rig.h"

#include <linux/virtio_ring.h>

#define RIG_RING   8
#define RIG_BUFFER 1526
#define RIG_INTID  BOARD_VIRTIO_MMIO_INTID
#define RIG_SETTLE UINT64_C(2000000)

struct rig_driver {
    struct rig rig;
    struct mock_machine machine; /* only what rings need of it */
    struct mock_ring rx, tx;
    uint16_t next_rx, next_tx; /* descriptors */
};

static inline void rig_driver_tap(void *opaque, enum wire_direction direction, uint64_t sequence,
                                  const uint8_t *frame, size_t len)
{
    struct rig *rig = opaque;
    struct ledger_mark at = {.sequence = sequence, .time_ns = rig_now_ns(rig)};
    ledger_frame(rig->ledger, direction == WIRE_OUT ? LEDGER_OUT : LEDGER_IN, &at, NULL, frame,
                 len);
}

static inline void rig_driver_open(struct rig_driver *driver, const char *command)
{
    *driver = (struct rig_driver){0};
    rig_open(&driver->rig, command);
    struct board *board = driver->rig.board;
    driver->machine = (struct mock_machine){
        .clock = board_clock(board),
        .trace = driver->rig.trace,
        .memory = board_memory(board),
        .bus = board_bus(board),
    };
    wire_port_add_tap(virtio_net_port(board_net(board, "eth0")), rig_driver_tap, &driver->rig);
    mock_driver_negotiate(&driver->machine, 0);
    mock_ring_init(&driver->rx, &driver->machine, 0, RIG_RING);
    mock_ring_init(&driver->tx, &driver->machine, 1, RIG_RING);
}

/* `buffers` to receive into, announced; then DRIVER_OK. */
static inline void rig_driver_give(struct rig_driver *driver, unsigned buffers)
{
    for (unsigned i = 0; i < buffers; i++) {
        gpa_t at = mock_machine_alloc(&driver->machine, RIG_BUFFER, NULL);
        mock_ring_desc(&driver->rx, driver->next_rx, at, RIG_BUFFER, VRING_DESC_F_WRITE, 0);
        mock_ring_offer(&driver->rx, driver->next_rx++);
    }
}

static inline void rig_driver_start(struct rig_driver *driver, unsigned buffers)
{
    rig_driver_give(driver, buffers);
    mock_driver_ok(&driver->machine);
    mock_ring_kick(&driver->rx);
}

/* Makes a frame to be sent available, without saying so. */
static inline void rig_driver_send(struct rig_driver *driver)
{
    gpa_t at = mock_machine_alloc(&driver->machine, 12 + RIG_FRAME, NULL);
    mock_ring_desc(&driver->tx, driver->next_tx, at, 12 + RIG_FRAME, 0, 0);
    mock_ring_offer(&driver->tx, driver->next_tx++);
}

/* Frames arrive at the card. */
static inline void rig_driver_receive(struct rig_driver *driver, unsigned frames)
{
    static const uint8_t frame[RIG_FRAME] = {[12] = 0x88, [13] = 0xb5};
    for (unsigned i = 0; i < frames; i++) {
        wire_port_deliver(virtio_net_port(board_net(driver->rig.board, "eth0")), frame,
                          sizeof frame);
    }
    rig_pass(&driver->rig, WIRE_LATENCY_NS);
}

/* What the driver says of a counter: "eth0.rx.frames". */
static inline void rig_driver_count(struct rig_driver *driver, const char *counter, uint64_t value)
{
    struct trace *trace = driver->rig.trace;
    trace_emit(trace, TRACE_COUNTER, TS(trace_intern(trace, counter)), TN(value));
}

static inline void rig_driver_acknowledge(struct rig_driver *driver)
{
    virtio_dev_isr_ack(virtio_net_dev(board_net(driver->rig.board, "eth0")), 1);
}

/* The driver's task sleeps for the completion of a queue. */
static inline void rig_driver_sleeps(struct rig_driver *driver)
{
    trace_emit(driver->rig.trace, TRACE_TASK_BLOCKED, TN(RIG_NETD), TS("queue"), TN(1),
               TN(UINT64_MAX));
}

/* Closes the rig. */
static inline void rig_driver_expect(struct rig_driver *driver, bool hangs, const char *cause,
                                     const char *task)
{
    rig_expect(&driver->rig, hangs, cause, task);
}

/* [GICv2] 4.1.2, 4.1.3 */
#define GICD_CTLR       (BOARD_GICD_BASE + 0x000)
#define GICD_ITARGETSR  (BOARD_GICD_BASE + 0x800)
#define GICD_IPRIORITYR (BOARD_GICD_BASE + 0x400)
#define GICC_CTLR       (BOARD_GICC_BASE + 0x0)
#define GICC_PMR        (BOARD_GICC_BASE + 0x4)
#define GICC_IAR        (BOARD_GICC_BASE + 0xc)
#define GICC_EOIR       (BOARD_GICC_BASE + 0x10)

/* A frame has been received, and the card wants an interrupt. */
static inline void rig_driver_wants_interrupt(struct rig_driver *driver)
{
    rig_driver_open(driver, "ping 10.0.2.2");
    rig_driver_start(driver, 4);
    rig_driver_count(driver, "eth0.rx.frames", 0);
    rig_driver_receive(driver, 1);
}

/* What a guest does that listens. */
static inline void rig_driver_listen(struct rig_driver *driver)
{
    struct mmio_bus *bus = board_bus(driver->rig.board);
    mmio_write(bus, GICD_ITARGETSR + RIG_INTID, 1, 1);
    mmio_write(bus, GICD_IPRIORITYR + RIG_INTID, 1, 0xa0);
    mmio_write(bus, GICC_PMR, 4, 0xff);
    mmio_write(bus, GICD_CTLR, 4, 1);
    mmio_write(bus, GICC_CTLR, 4, 1);
    gic_repair_enable(board_gic(driver->rig.board), 0, RIG_INTID);
}

static inline unsigned rig_driver_take(struct rig_driver *driver)
{
    return (unsigned)mmio_read(board_bus(driver->rig.board), GICC_IAR, 4);
}

#endif
