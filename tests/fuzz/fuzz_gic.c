/*
 * fuzz_gic.c - any sequence of accesses to an interrupt controller with several CPUs
 *
 * The first byte chooses: a GICv2, one with the secure view, or a GICv3, with one to eight CPUs and
 * few INTIDs or all that there can be; the rest is a list of accesses to its windows and system
 * registers by any CPU, with inputs in between. Whatever comes:
 *   - each step says a bounded number of things, and a read gives no more than its size;
 *   - a CPU's interrupt input is up only when a read of the right IAR by it gives something that
 *     is then active, or 1022 where the reader must not take it;
 *   - INTID 0 with the highest priority, enabled, pending, not active and without an obstacle, is
 *     signalled to an idle CPU.
 */
#include "emu/gic-timer/gic.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define FUZZ_DIST            UINT64_C(0x08000000)
#define FUZZ_SECOND          UINT64_C(0x08100000) /* CPU interfaces, or redistributors */
#define FUZZ_IAR             0x0c
#define FUZZ_STEPS_MAX       512
#define FUZZ_SYSREGS         (GIC_ICC_IGRPEN1 + 1)
#define FUZZ_EVENTS_AN_INTID 4

enum fuzz_op {
    FUZZ_WRITE,
    FUZZ_READ,
    FUZZ_SYSREG_WRITE,
    FUZZ_SYSREG_READ,
    FUZZ_ACKNOWLEDGE,
    FUZZ_INPUT,
    FUZZ_CPU,
    FUZZ_OPS,
};

struct fuzz_gic {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct gic *gic;
    bool v3;
    unsigned cpus, irqs;
    unsigned accessing, events;
    bool nirq[GIC_CPUS_MAX];
};

static void fuzz_set_nirq(void *opaque, unsigned number, bool level)
{
    struct fuzz_gic *self = opaque;
    self->nirq[number] = level;
}

static void fuzz_count(void *opaque, const struct trace_event *event)
{
    struct fuzz_gic *self = opaque;
    (void)event;
    self->events++;
}

static void fuzz_setup(struct fuzz_gic *self, unsigned kind)
{
    static const unsigned irqs[] = {96, 64, 1024};
    struct irqline nirq[GIC_CPUS_MAX];
    *self = (struct fuzz_gic){
        .clock = vclock_new(),
        .v3 = kind % 3 == 2,
        .cpus = 1 + (kind / 3 + 2) % GIC_CPUS_MAX, /* three, where nothing else is said */
        .irqs = irqs[kind / (3 * GIC_CPUS_MAX) % G_N_ELEMENTS(irqs)],
    };
    self->trace = trace_new(self->clock);
    trace_add_observer(self->trace, fuzz_count, self);
    self->bus = mmio_bus_new(self->trace);
    for (unsigned cpu = 0; cpu < self->cpus; cpu++) {
        nirq[cpu] = (struct irqline){.set = fuzz_set_nirq, .opaque = self, .number = cpu};
    }
    self->gic = gic_new(self->trace, &(struct gic_config){.version = self->v3 ? GIC_V3 : GIC_V2,
                                                          .cpu_count = self->cpus,
                                                          .irq_count = self->irqs,
                                                          .nirq = nirq,
                                                          .accessing_cpu = &self->accessing,
                                                          .secure = kind % 3 == 1});
    gic_map(self->gic, self->bus, FUZZ_DIST, FUZZ_SECOND);
}

static void fuzz_teardown(struct fuzz_gic *self)
{
    mmio_bus_free(self->bus);
    gic_free(self->gic);
    trace_free(self->trace);
    vclock_free(self->clock);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static uint64_t fuzz_address(const struct fuzz_gic *self, struct fuzz_input *input)
{
    uint8_t window = fuzz_u8(input);
    uint32_t offset = fuzz_u16(input);
    if (window % 2 == 0) {
        return FUZZ_DIST + offset % (self->v3 ? GICV3_DIST_SIZE : GICV2_DIST_SIZE);
    }
    return FUZZ_SECOND + (self->v3 ? window / 2 % (2 * self->cpus) * UINT64_C(0x10000) + offset
                                   : offset % GICV2_CPU_SIZE);
}

static void fuzz_access(struct fuzz_gic *self, struct fuzz_input *input, bool writes)
{
    unsigned size = 1u << fuzz_u8(input) % 4;
    uint64_t address = fuzz_address(self, input);
    if (writes) {
        mmio_write(self->bus, address, size, fuzz_number(input, size));
    } else {
        uint64_t value = mmio_read(self->bus, address, size);
        FUZZ_CHECK(size == 8 || value >> 8 * size == 0);
    }
}

static void fuzz_sysreg(struct fuzz_gic *self, struct fuzz_input *input, bool writes)
{
    enum gic_sysreg reg = (enum gic_sysreg)(fuzz_u8(input) % FUZZ_SYSREGS);
    if (!self->v3) {
        return;
    }
    if (writes) {
        gic_sysreg_write(self->gic, self->accessing, reg, fuzz_number(input, 8));
    } else {
        (void)gic_sysreg_read(self->gic, self->accessing, reg);
    }
}

static void fuzz_acknowledge(struct fuzz_gic *self)
{
    bool signalled = self->nirq[self->accessing];
    uint64_t value = self->v3 ? gic_sysreg_read(self->gic, self->accessing, GIC_ICC_IAR1)
                              : mmio_read(self->bus, FUZZ_SECOND + FUZZ_IAR, 4);
    unsigned intid = (unsigned)value & 0x3ff;
    FUZZ_CHECK(!signalled || intid != GIC_SPURIOUS);
    bool exists = intid < MIN(self->irqs, GIC_IRQS_MAX);
    FUZZ_CHECK(exists || intid == GIC_SPURIOUS || (intid == 1022 && !self->v3));
    FUZZ_CHECK(!exists || gic_irq_state(self->gic, self->accessing, intid).active);
}

static void fuzz_input_line(struct fuzz_gic *self, struct fuzz_input *input)
{
    unsigned intid = 16 + fuzz_u8(input) % (self->irqs - 16);
    uint8_t how = fuzz_u8(input);
    unsigned cpu = how / 4 % self->cpus;
    struct irqline line =
        (how & 2) != 0 ? gic_pend_input(self->gic, cpu, intid) : gic_input(self->gic, cpu, intid);
    irqline_set(&line, (how & 1) != 0);
}

static void fuzz_step(struct fuzz_gic *self, struct fuzz_input *input)
{
    switch ((enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS)) {
    case FUZZ_WRITE:
        fuzz_access(self, input, true);
        break;
    case FUZZ_READ:
        fuzz_access(self, input, false);
        break;
    case FUZZ_SYSREG_WRITE:
        fuzz_sysreg(self, input, true);
        break;
    case FUZZ_SYSREG_READ:
        fuzz_sysreg(self, input, false);
        break;
    case FUZZ_ACKNOWLEDGE:
        fuzz_acknowledge(self);
        break;
    case FUZZ_INPUT:
        fuzz_input_line(self, input);
        break;
    case FUZZ_CPU:
        self->accessing = fuzz_u8(input) % self->cpus;
        break;
    case FUZZ_OPS:
        break;
    }
}

/* INTID 0 with the highest priority is never kept back by another one that is pending. */
static void fuzz_check_cpu(struct fuzz_gic *self, unsigned cpu)
{
    struct gic_irq_state state = gic_irq_state(self->gic, cpu, 0);
    if (state.priority == 0 && state.enabled && state.pending && !state.active &&
        gic_running_priority(self->gic, cpu) == 0xff &&
        gic_obstacle(self->gic, cpu, 0) == GIC_OBSTACLE_NONE) {
        FUZZ_CHECK(self->nirq[cpu]);
    }
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_gic self;
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_setup(&self, fuzz_u8(&input));
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        self.events = 0;
        fuzz_step(&self, &input);
        FUZZ_CHECK(self.events <= self.irqs * FUZZ_EVENTS_AN_INTID);
        for (unsigned cpu = 0; cpu < self.cpus; cpu++) {
            fuzz_check_cpu(&self, cpu);
        }
    }
    fuzz_teardown(&self);
}
