/*
 * fuzz_mmio.c - any sequence of accesses to all registers of the machine
 *
 * A bus with the GIC, the real-time clock, two virtio network devices, the second legacy, and an
 * empty slot, and the timers beside it, wired as on the board. No memory is open to devices. The
 * input is a list of accesses, with virtual time and interrupt inputs in between. Whatever comes:
 *   - each step comes to an end, and says a bounded number of things;
 *   - a read gives no more than its size, and RAM is never touched;
 *   - the CPU's interrupt input is up exactly when a read of IAR gives an INTID, which then
 *     exists, or says that there is one of the other group; FIQs apart;
 *   - a timer's output is up exactly when it is enabled, not masked, and its time has come;
 *   - the clock's line is up exactly when its masked interrupt status says so.
 */
#include "emu/gic-timer/gic.h"
#include "emu/gic-timer/gtimer.h"
#include "emu/gic-timer/pl031.h"
#include "emu/virtio-net/virtio_net.h"
#include "emu/virtio/mock_driver.h"
#include "emu/virtio/virtio_mmio_legacy.h"
#include "tests/fuzz/fuzz_memory.h"

#include <string.h>

#define FUZZ_GICD        UINT64_C(0x08000000)
#define FUZZ_GICC        UINT64_C(0x08010000)
#define FUZZ_RTC         UINT64_C(0x09010000)
#define FUZZ_EMPTY       (MOCK_MMIO_BASE + VIRTIO_MMIO_WINDOW)
#define FUZZ_LEGACY      (FUZZ_EMPTY + VIRTIO_MMIO_WINDOW)
#define FUZZ_IRQ_COUNT   96
#define FUZZ_INTID_NET   48
#define FUZZ_INTID_RTC   34
#define FUZZ_INTID_NET1  49
#define FUZZ_INTID_CNTP  30
#define FUZZ_INTID_CNTV  27
#define FUZZ_GICC_IAR    0x0c
#define FUZZ_OTHER_GROUP 1022 /* an interrupt of the group that this read does not take */
#define FUZZ_FIQ_ENABLED 8    /* GICC_CTLR.FIQEn */
#define FUZZ_GICC_EOIR   0x10
#define FUZZ_RTC_MIS     0x18
#define FUZZ_STEPS_MAX   512
/* A word of 32 INTIDs that all change, a timer, and the queues that cannot work here. */
#define FUZZ_EVENTS_MAX 256

enum fuzz_op {
    FUZZ_WRITE,
    FUZZ_READ,
    FUZZ_ACKNOWLEDGE,
    FUZZ_END,
    FUZZ_TIMER_WRITE,
    FUZZ_TIMER_READ,
    FUZZ_INPUT,
    FUZZ_PAUSE,
    FUZZ_OPS,
};

struct fuzz_mmio {
    struct mock_machine machine;
    struct fuzz_memory memory;
    struct wire *wire;
    struct virtio_net *net;
    struct virtio_mmio *slots[2];
    struct virtio_net *legacy_net;
    struct virtio_mmio_legacy *legacy;
    unsigned accessing_cpu;
    struct gic *gic;
    struct gtimer *timer;
    struct pl031 *rtc;
    bool nirq;
    bool output[GTIMER_COUNT];
    uint32_t taken; /* what IAR gave last */
};

static void fuzz_set_nirq(void *opaque, unsigned number, bool level)
{
    struct fuzz_mmio *self = opaque;
    (void)number;
    self->nirq = level;
}

/* Between a timer and the GIC. */
static void fuzz_set_output(void *opaque, unsigned number, bool level)
{
    struct fuzz_mmio *self = opaque;
    self->output[number] = level;
    struct irqline line =
        gic_input(self->gic, 0, number == GTIMER_PHYSICAL ? FUZZ_INTID_CNTP : FUZZ_INTID_CNTV);
    irqline_set(&line, level);
}

static void fuzz_setup(struct fuzz_mmio *self)
{
    memset(self, 0, sizeof(*self));
    mock_machine_init(&self->machine);
    fuzz_memory_init(&self->memory, self->machine.memory);
    struct trace *trace = self->machine.trace;
    const struct irqline nirq = {.set = fuzz_set_nirq, .opaque = self};
    self->gic = gic_new(trace, &(struct gic_config){.version = GIC_V2,
                                                    .cpu_count = 1,
                                                    .irq_count = FUZZ_IRQ_COUNT,
                                                    .nirq = &nirq,
                                                    .accessing_cpu = &self->accessing_cpu});
    gic_map(self->gic, self->machine.bus, FUZZ_GICD, FUZZ_GICC);
    struct gtimer_config timer = {.frequency_hz = GTIMER_FREQUENCY_HZ};
    for (unsigned i = 0; i < GTIMER_COUNT; i++) {
        timer.outputs[i] = (struct irqline){.set = fuzz_set_output, .opaque = self, .number = i};
    }
    self->timer = gtimer_new(self->machine.clock, trace, &timer);
    self->rtc = pl031_new(self->machine.clock, trace, UINT32_MAX - 1,
                          gic_input(self->gic, 0, FUZZ_INTID_RTC));
    pl031_map(self->rtc, self->machine.bus, FUZZ_RTC);
    self->wire = wire_new(self->machine.clock, trace);
    const struct virtio_net_config config = {
        .name = "eth0", .queue_size = 16, .latency_ns = VIRTQUEUE_LATENCY_NS};
    self->net = virtio_net_new(&self->machine.env, &config, self->wire,
                               gic_input(self->gic, 0, FUZZ_INTID_NET));
    self->slots[0] =
        virtio_mmio_new(self->machine.bus, "slot0", MOCK_MMIO_BASE, virtio_net_dev(self->net));
    self->slots[1] = virtio_mmio_new(self->machine.bus, "slot1", FUZZ_EMPTY, NULL);
    const struct virtio_net_config old = {
        .name = "eth1", .queue_size = 16, .latency_ns = VIRTQUEUE_LATENCY_NS};
    self->legacy_net = virtio_net_new(&self->machine.env, &old, self->wire,
                                      gic_input(self->gic, 0, FUZZ_INTID_NET1));
    self->legacy = virtio_mmio_legacy_new(self->machine.bus, "slot2", FUZZ_LEGACY,
                                          virtio_net_dev(self->legacy_net));
    self->taken = GIC_SPURIOUS;
}

static void fuzz_teardown(struct fuzz_mmio *self)
{
    virtio_net_free(self->net);
    virtio_net_free(self->legacy_net);
    wire_free(self->wire);
    pl031_free(self->rtc);
    gtimer_free(self->timer);
    mock_machine_fini(&self->machine);
    gic_free(self->gic);
    virtio_mmio_free(self->slots[0]);
    virtio_mmio_free(self->slots[1]);
    virtio_mmio_legacy_free(self->legacy);
}

/*
 * ---- steps ------------------------------------------------------------------------------------
 */

static uint64_t fuzz_address(struct fuzz_input *input)
{
    uint8_t window = fuzz_u8(input) % 6;
    uint16_t offset = fuzz_u16(input);
    switch (window) {
    case 0:
        return FUZZ_GICD + offset % (GICV2_DIST_SIZE + 8);
    case 1:
        return FUZZ_GICC + offset % (GICV2_CPU_SIZE + 8);
    case 2:
        return MOCK_MMIO_BASE + offset % VIRTIO_MMIO_WINDOW;
    case 3: /* beyond the empty slot is the legacy device */
        return FUZZ_EMPTY + offset % (2 * VIRTIO_MMIO_WINDOW + 8);
    case 4:
        return fuzz_number(input, 8);
    default:
        return FUZZ_RTC + offset % (PL031_SIZE + 8);
    }
}

static void fuzz_read(struct fuzz_mmio *self, struct fuzz_input *input)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t value = mmio_read(self->machine.bus, fuzz_address(input), size);
    FUZZ_CHECK(size == 8 || value >> 8 * size == 0);
}

static void fuzz_write(struct fuzz_mmio *self, struct fuzz_input *input)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t address = fuzz_address(input);
    mmio_write(self->machine.bus, address, size, fuzz_number(input, size));
}

static void fuzz_acknowledge(struct fuzz_mmio *self)
{
    bool signalled = self->nirq;
    uint64_t control = mmio_read(self->machine.bus, FUZZ_GICC, 4);
    self->taken = (uint32_t)mmio_read(self->machine.bus, FUZZ_GICC + FUZZ_GICC_IAR, 4);
    uint32_t intid = self->taken & 0x3ff;
    if (intid >= FUZZ_OTHER_GROUP) {
        FUZZ_CHECK(intid <= GIC_SPURIOUS && signalled == (intid == FUZZ_OTHER_GROUP));
        return;
    }
    FUZZ_CHECK(intid < FUZZ_IRQ_COUNT);
    /* [GICv2] 2.3.2: with FIQEn those of Group 0 are not on nIRQ, and still read here. */
    struct gic_irq_state state = gic_irq_state(self->gic, 0, intid);
    bool is_fiq = (control & FUZZ_FIQ_ENABLED) != 0 && state.group == 0;
    FUZZ_CHECK(signalled == !is_fiq);
    FUZZ_CHECK(state.active);
}

static void fuzz_timer(struct fuzz_mmio *self, struct fuzz_input *input, bool writes)
{
    uint8_t which = fuzz_u8(input);
    enum gtimer_id id = which % 2 == 0 ? GTIMER_PHYSICAL : GTIMER_VIRTUAL;
    enum gtimer_register reg = (enum gtimer_register)(which / 2 % 3);
    if (writes) {
        gtimer_write(self->timer, id, reg, fuzz_number(input, (which & 0x80) != 0 ? 8 : 4));
    } else {
        gtimer_read(self->timer, id, reg);
    }
}

static void fuzz_step(struct fuzz_mmio *self, struct fuzz_input *input)
{
    struct irqline line;
    switch ((enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS)) {
    case FUZZ_WRITE:
        fuzz_write(self, input);
        break;
    case FUZZ_READ:
        fuzz_read(self, input);
        break;
    case FUZZ_ACKNOWLEDGE:
        fuzz_acknowledge(self);
        break;
    case FUZZ_END:
        mmio_write(self->machine.bus, FUZZ_GICC + FUZZ_GICC_EOIR, 4, self->taken);
        break;
    case FUZZ_TIMER_WRITE:
        fuzz_timer(self, input, true);
        break;
    case FUZZ_TIMER_READ:
        fuzz_timer(self, input, false);
        break;
    case FUZZ_INPUT:
        /* SPIs that nothing else drives. */
        line = gic_input(self->gic, 0, 64 + fuzz_u8(input) % 32);
        irqline_set(&line, fuzz_u8(input) % 2 == 1);
        break;
    case FUZZ_PAUSE:
        mock_machine_run(&self->machine, fuzz_number(input, 3));
        break;
    case FUZZ_OPS:
        break;
    }
}

static void fuzz_check_timer(struct fuzz_mmio *self, enum gtimer_id id)
{
    uint64_t control = gtimer_read(self->timer, id, GTIMER_CTL);
    uint64_t when = gtimer_read(self->timer, id, GTIMER_CVAL);
    /* [ARM] D11.2.4: the condition is met when the count, less CVAL, is not negative. */
    bool is_met = gtimer_count(self->timer, id) >= when;
    if ((control & GTIMER_CTL_ENABLE) != 0) {
        FUZZ_CHECK(((control & GTIMER_CTL_ISTATUS) != 0) == is_met);
    }
    bool expected =
        (control & GTIMER_CTL_ENABLE) != 0 && (control & GTIMER_CTL_IMASK) == 0 && is_met;
    FUZZ_CHECK(self->output[id] == expected);
    unsigned intid = id == GTIMER_PHYSICAL ? FUZZ_INTID_CNTP : FUZZ_INTID_CNTV;
    FUZZ_CHECK(gic_irq_state(self->gic, 0, intid).level == expected);
}

static void fuzz_check(struct fuzz_mmio *self)
{
    fuzz_check_timer(self, GTIMER_PHYSICAL);
    fuzz_check_timer(self, GTIMER_VIRTUAL);
    bool alarm = mmio_read(self->machine.bus, FUZZ_RTC + FUZZ_RTC_MIS, 4) != 0;
    FUZZ_CHECK(gic_irq_state(self->gic, 0, FUZZ_INTID_RTC).level == alarm);
    const struct virtio_dev *dev = virtio_net_dev(self->net);
    FUZZ_CHECK(gic_irq_state(self->gic, 0, FUZZ_INTID_NET).level == (dev->isr != 0));
    const struct virtio_dev *legacy = virtio_net_dev(self->legacy_net);
    FUZZ_CHECK(gic_irq_state(self->gic, 0, FUZZ_INTID_NET1).level == (legacy->isr != 0));
    FUZZ_CHECK(self->machine.events <= FUZZ_EVENTS_MAX);
    mock_machine_forget(&self->machine);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    static struct fuzz_mmio self;
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_setup(&self);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&self, &input);
        fuzz_check(&self);
    }
    fuzz_memory_check(&self.memory);
    fuzz_teardown(&self);
}
