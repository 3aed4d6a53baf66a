/*
 * fuzz_machine.c - any sequence of accesses to all windows of a whole machine, by any of its CPUs
 *
 * A board as a scenario builds one, without a guest. The first bytes choose the machine: GICv2,
 * with Security Extensions or without, or GICv3, one to eight CPUs, who takes messages, and for
 * each of two cards whether it is on virtio-mmio, legacy virtio-mmio or PCI. The rest is a list of
 * accesses: to windows and to PCI where its BARs are at the time, to the system registers of the
 * interrupt controller and the timers of any CPU; with virtual time and cables that are pulled in
 * between.
 * Whatever comes:
 *   - each step comes to an end, and says a bounded number of things;
 *   - a read gives no more than its size;
 *   - the timers of each CPU, and nobody else, drive that CPU's private inputs, exactly while they
 *     are enabled, not masked, and their time has come;
 *   - the line of a card without messages is up exactly while its interrupt status says so, and the
 *     clock's while its own does;
 *   - what identifies a function on PCI stays as it was.
 */
#include "emu/board/board.h"
#include "emu/virtio/virtio_mmio.h"
#include "tests/fuzz/fuzz.h"

#include <linux/pci_regs.h>

#define FUZZ_CARDS      2
#define FUZZ_STEPS_MAX  256
#define FUZZ_EVENTS_MAX 2048 /* a word of INTIDs changes, for eight CPUs, and all timers fire */
#define FUZZ_SYSREGS    (GIC_ICC_IGRPEN1 + 1)
#define FUZZ_RTC_MIS    0x18

enum fuzz_op {
    FUZZ_WRITE,
    FUZZ_READ,
    FUZZ_SYSREG_WRITE,
    FUZZ_SYSREG_READ,
    FUZZ_TIMER_WRITE,
    FUZZ_TIMER_READ,
    FUZZ_CPU,
    FUZZ_LINK,
    FUZZ_PAUSE,
    FUZZ_OPS,
};

enum fuzz_window {
    FUZZ_DISTRIBUTOR,
    FUZZ_INTERFACE, /* of a CPU, or redistributors */
    FUZZ_FRAME,
    FUZZ_CLOCK,
    FUZZ_FIRST_SLOTS,
    FUZZ_ANY_SLOT,
    FUZZ_CONFIG,
    FUZZ_BAR,
    FUZZ_ANY,
    FUZZ_WINDOWS,
};

struct fuzz_machine {
    struct board *board;
    struct board_net_config nets[FUZZ_CARDS];
    bool v3;
    unsigned cpu, events;
};

static const char *const fuzz_names[FUZZ_CARDS] = {"eth0", "eth1"};

static void fuzz_count(void *opaque, const struct trace_event *event)
{
    struct fuzz_machine *self = opaque;
    (void)event;
    self->events++;
}

static void fuzz_setup(struct fuzz_machine *self, struct fuzz_input *input)
{
    static const enum board_transport transports[] = {
        BOARD_TRANSPORT_MMIO, BOARD_TRANSPORT_MMIO_LEGACY, BOARD_TRANSPORT_PCI};
    uint8_t kind = fuzz_u8(input), cards = fuzz_u8(input);
    struct board_config config;
    board_config_init(&config);
    config.ram_size = GMEM_SIZE_MIN;
    config.cpus = 1 + kind / 4 % CPU_CORES_MAX;
    config.gic = kind % 4 < 2 ? GIC_V2 : GIC_V3;
    config.secure = kind % 4 == 1;
    config.msi = (kind & 0x80) != 0 ? BOARD_MSI_NONE : BOARD_MSI_V2M;
    *self = (struct fuzz_machine){.v3 = config.gic == GIC_V3};
    for (unsigned i = 0; i < FUZZ_CARDS; i++, cards /= 9) {
        self->nets[i] = (struct board_net_config){
            .device = {.name = fuzz_names[i],
                       .mac = {0x52, 0x54, 0, 0, 0, (uint8_t)i},
                       .queue_size = 16,
                       .latency_ns = VIRTQUEUE_LATENCY_NS},
            .seat = {.transport = transports[cards % G_N_ELEMENTS(transports)],
                     .msix = (enum board_msix)(cards / 3 % 3)},
        };
    }
    config.nets = self->nets;
    config.net_count = FUZZ_CARDS;
    self->board = board_new(&config, NULL, NULL);
    FUZZ_CHECK(self->board != NULL);
    trace_add_observer(board_trace(self->board), fuzz_count, self);
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool fuzz_is_on_pci(const struct fuzz_machine *self, unsigned card)
{
    return self->nets[card].seat.transport == BOARD_TRANSPORT_PCI;
}

/* Cards get the slots from 1 on, in their order. */
static uint64_t fuzz_config_at(const struct fuzz_machine *self, unsigned card, unsigned offset)
{
    unsigned slot = card == 1 && fuzz_is_on_pci(self, 0) ? 2 : 1;
    return BOARD_PCI_ECAM_BASE + ((uint64_t)slot << 15) + offset;
}

static uint64_t fuzz_bar_address(struct fuzz_machine *self, uint8_t which, uint16_t offset)
{
    unsigned bar = (which & 1) != 0 ? PCI_BASE_ADDRESS_1 : PCI_BASE_ADDRESS_4;
    uint64_t at = fuzz_config_at(self, which >> 1 & 1, bar);
    return (mmio_read(board_bus(self->board), at, 4) & ~UINT64_C(0xf)) + offset % 0x4000u;
}

static uint64_t fuzz_address(struct fuzz_machine *self, struct fuzz_input *input)
{
    uint8_t window = fuzz_u8(input), which = window / FUZZ_WINDOWS;
    uint16_t offset = fuzz_u16(input);
    switch ((enum fuzz_window)(window % FUZZ_WINDOWS)) {
    case FUZZ_DISTRIBUTOR:
        return BOARD_GICD_BASE + offset;
    case FUZZ_INTERFACE: /* one redistributor too many is none */
        return self->v3 ? BOARD_GICR_BASE + which % 18 * UINT64_C(0x10000) + offset
                        : BOARD_GICC_BASE + offset % (GICV2_CPU_SIZE + 8);
    case FUZZ_FRAME:
        return BOARD_GICV2M_BASE + offset % (GICV2M_SIZE + 8);
    case FUZZ_CLOCK:
        return BOARD_RTC_BASE + offset % (PL031_SIZE + 8);
    case FUZZ_FIRST_SLOTS:
        return BOARD_VIRTIO_MMIO_BASE + offset % (2 * VIRTIO_MMIO_WINDOW);
    case FUZZ_ANY_SLOT:
        return BOARD_VIRTIO_MMIO_BASE + offset;
    case FUZZ_CONFIG:
        return fuzz_config_at(self, which & 1,
                              (which & 2) != 0 ? offset : offset % PCI_CFG_SPACE_SIZE);
    case FUZZ_BAR:
        return fuzz_bar_address(self, which, offset);
    case FUZZ_ANY:
    case FUZZ_WINDOWS:
        break;
    }
    return fuzz_number(input, 8);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void fuzz_access(struct fuzz_machine *self, struct fuzz_input *input, bool writes)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t address = fuzz_address(self, input);
    if (writes) {
        mmio_write(board_bus(self->board), address, size, fuzz_number(input, size));
    } else {
        uint64_t value = mmio_read(board_bus(self->board), address, size);
        FUZZ_CHECK(size == 8 || value >> 8 * size == 0);
    }
}

static void fuzz_sysreg(struct fuzz_machine *self, struct fuzz_input *input, bool writes)
{
    enum gic_sysreg reg = (enum gic_sysreg)(fuzz_u8(input) % FUZZ_SYSREGS);
    if (!self->v3) {
        return;
    }
    if (writes) {
        gic_sysreg_write(board_gic(self->board), self->cpu, reg, fuzz_number(input, 8));
    } else {
        (void)gic_sysreg_read(board_gic(self->board), self->cpu, reg);
    }
}

static void fuzz_timer(struct fuzz_machine *self, struct fuzz_input *input, bool writes)
{
    uint8_t which = fuzz_u8(input);
    enum gtimer_id id = which % 2 == 0 ? GTIMER_PHYSICAL : GTIMER_VIRTUAL;
    enum gtimer_register reg = (enum gtimer_register)(which / 2 % 3);
    struct gtimer *timer = board_timer(self->board, self->cpu);
    if (writes) {
        gtimer_write(timer, id, reg, fuzz_number(input, (which & 0x80) != 0 ? 8 : 4));
    } else {
        (void)gtimer_read(timer, id, reg);
    }
}

static void fuzz_step(struct fuzz_machine *self, struct fuzz_input *input)
{
    enum fuzz_op op = (enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS);
    uint8_t link;
    switch (op) {
    case FUZZ_WRITE:
    case FUZZ_READ:
        fuzz_access(self, input, op == FUZZ_WRITE);
        break;
    case FUZZ_SYSREG_WRITE:
    case FUZZ_SYSREG_READ:
        fuzz_sysreg(self, input, op == FUZZ_SYSREG_WRITE);
        break;
    case FUZZ_TIMER_WRITE:
    case FUZZ_TIMER_READ:
        fuzz_timer(self, input, op == FUZZ_TIMER_WRITE);
        break;
    case FUZZ_CPU:
        self->cpu = fuzz_u8(input) % board_cpus(self->board);
        cpu_access_as(board_cpu(self->board), self->cpu);
        break;
    case FUZZ_LINK:
        link = fuzz_u8(input);
        virtio_net_set_link(board_net(self->board, fuzz_names[link & 1]), (link & 2) != 0);
        break;
    case FUZZ_PAUSE:
        vclock_advance(board_clock(self->board),
                       vclock_now_ns(board_clock(self->board)) + fuzz_number(input, 3));
        break;
    case FUZZ_OPS:
        break;
    }
}

/* ---- what must hold -------------------------------------------------------------------------- */

/* [ARM] D11.2.4: the condition is met when the count, less CVAL, is not negative. */
static void fuzz_check_timer(struct fuzz_machine *self, unsigned cpu, enum gtimer_id id)
{
    struct gtimer *timer = board_timer(self->board, cpu);
    uint64_t control = gtimer_read(timer, id, GTIMER_CTL) & (GTIMER_CTL_ENABLE | GTIMER_CTL_IMASK);
    bool is_met = gtimer_count(timer, id) >= gtimer_read(timer, id, GTIMER_CVAL);
    unsigned intid = id == GTIMER_PHYSICAL ? BOARD_TIMER_PHYS_INTID : BOARD_TIMER_VIRT_INTID;
    bool is_up = gic_irq_state(board_gic(self->board), cpu, intid).level;
    FUZZ_CHECK(is_up == (control == GTIMER_CTL_ENABLE && is_met));
}

static void fuzz_check_card(struct fuzz_machine *self, unsigned card)
{
    struct mmio_bus *bus = board_bus(self->board);
    const struct virtio_dev *dev = virtio_net_dev(board_net(self->board, fuzz_names[card]));
    if (fuzz_is_on_pci(self, card)) {
        FUZZ_CHECK(mmio_read(bus, fuzz_config_at(self, card, PCI_VENDOR_ID), 4) == 0x10411af4);
        return;
    }
    bool is_up = gic_irq_state(board_gic(self->board), 0, BOARD_VIRTIO_MMIO_INTID + card).level;
    FUZZ_CHECK(is_up == (dev->isr != 0));
}

static void fuzz_check(struct fuzz_machine *self)
{
    FUZZ_CHECK(self->events <= FUZZ_EVENTS_MAX);
    for (unsigned cpu = 0; cpu < board_cpus(self->board); cpu++) {
        fuzz_check_timer(self, cpu, GTIMER_PHYSICAL);
        fuzz_check_timer(self, cpu, GTIMER_VIRTUAL);
    }
    for (unsigned card = 0; card < FUZZ_CARDS; card++) {
        fuzz_check_card(self, card);
    }
    bool alarm = mmio_read(board_bus(self->board), BOARD_RTC_BASE + FUZZ_RTC_MIS, 4) != 0;
    FUZZ_CHECK(gic_irq_state(board_gic(self->board), 0, BOARD_RTC_INTID).level == alarm);
    self->events = 0;
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_machine self;
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_setup(&self, &input);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&self, &input);
        fuzz_check(&self);
    }
    board_free(self.board);
}
