/*
 * gic_rig.h - a GIC on a bus with a recorder, for the tests of this folder
 *
 * Every test states all events since its last look, in order: what it does not name did not happen.
 */
#ifndef EMU_GIC_TIMER_GIC_RIG_H
#define EMU_GIC_TIMER_GIC_RIG_H

#include "emu/gic-timer/gic.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define RIG_GICD      UINT64_C(0x08000000)
#define RIG_GICC      UINT64_C(0x08010000)
#define RIG_IRQ_COUNT 96

/* registers, as [GICv2] 4.1.2 and 4.1.3 list them */
#define RIG_GICD_CTLR       0x000
#define RIG_GICD_TYPER      0x004
#define RIG_GICD_IGROUPR    0x080
#define RIG_GICD_ISENABLER  0x100
#define RIG_GICD_ICENABLER  0x180
#define RIG_GICD_ISPENDR    0x200
#define RIG_GICD_ICPENDR    0x280
#define RIG_GICD_ISACTIVER  0x300
#define RIG_GICD_ICACTIVER  0x380
#define RIG_GICD_IPRIORITYR 0x400
#define RIG_GICD_ITARGETSR  0x800
#define RIG_GICD_ICFGR      0xc00
#define RIG_GICD_SGIR       0xf00
#define RIG_GICD_CPENDSGIR  0xf10
#define RIG_GICD_SPENDSGIR  0xf20
#define RIG_GICC_CTLR       0x0000
#define RIG_GICC_PMR        0x0004
#define RIG_GICC_BPR        0x0008
#define RIG_GICC_IAR        0x000c
#define RIG_GICC_EOIR       0x0010
#define RIG_GICC_RPR        0x0014
#define RIG_GICC_HPPIR      0x0018
#define RIG_GICC_ABPR       0x001c
#define RIG_GICC_AIAR       0x0020
#define RIG_GICC_AEOIR      0x0024
#define RIG_GICC_AHPPIR     0x0028
#define RIG_GICC_APR        0x00d0
#define RIG_GICC_NSAPR      0x00e0
#define RIG_GICC_DIR        0x1000

struct rig {
    struct vclock *clock;
    struct trace *trace;
    struct mmio_bus *bus;
    struct gic *gic;
    GString *events;
    unsigned accessing; /* the CPU that reads and writes */
    bool nirqs[GIC_CPUS_MAX];
    bool nirq; /* of CPU 0 */
    unsigned nirq_changes;
};

static inline void rig_set_nirq(void *opaque, unsigned number, bool level)
{
    struct rig *rig = opaque;
    rig->nirqs[number] = level;
    rig->nirq = rig->nirqs[0];
    rig->nirq_changes++;
}

static inline void rig_record(void *opaque, const struct trace_event *event)
{
    struct rig *rig = opaque;
    trace_format_fields(rig->events, event);
    g_string_append_c(rig->events, '\n');
}

/* `like` says all but the lines and who accesses. */
static inline void rig_init_like(struct rig *rig, struct gic_config like)
{
    struct irqline nirq[GIC_CPUS_MAX];
    for (unsigned cpu = 0; cpu < GIC_CPUS_MAX; cpu++) {
        nirq[cpu] = (struct irqline){.set = rig_set_nirq, .opaque = rig, .number = cpu};
    }
    like.nirq = nirq;
    like.accessing_cpu = &rig->accessing;
    *rig = (struct rig){.clock = vclock_new()};
    rig->trace = trace_new(rig->clock);
    rig->events = g_string_new(NULL);
    trace_add_observer(rig->trace, rig_record, rig);
    rig->bus = mmio_bus_new(rig->trace);
    rig->gic = gic_new(rig->trace, &like);
    gic_map(rig->gic, rig->bus, RIG_GICD, RIG_GICC);
}

static inline void rig_init(struct rig *rig, unsigned irq_count)
{
    rig_init_like(rig,
                  (struct gic_config){.version = GIC_V2, .cpu_count = 1, .irq_count = irq_count});
}

static inline void rig_fini(struct rig *rig)
{
    CU_ASSERT_STRING_EQUAL(rig->events->str, "");
    mmio_bus_free(rig->bus);
    gic_free(rig->gic);
    trace_free(rig->trace);
    vclock_free(rig->clock);
    g_string_free(rig->events, TRUE);
}

/* Exactly these events, one a line, happened since the last call. */
static inline void rig_expect(struct rig *rig, const char *events)
{
    CU_ASSERT_STRING_EQUAL(rig->events->str, events);
    if (strcmp(rig->events->str, events) != 0) {
        printf("\nexpected:\n%sgot:\n%s", events, rig->events->str);
    }
    g_string_truncate(rig->events, 0);
}

static inline void rig_forget(struct rig *rig)
{
    g_string_truncate(rig->events, 0);
    rig->nirq_changes = 0;
}

static inline uint32_t rig_dist_read(struct rig *rig, uint64_t offset)
{
    return (uint32_t)mmio_read(rig->bus, RIG_GICD + offset, 4);
}

static inline void rig_dist_write(struct rig *rig, uint64_t offset, uint32_t value)
{
    mmio_write(rig->bus, RIG_GICD + offset, 4, value);
}

static inline uint32_t rig_cpu_read(struct rig *rig, uint64_t offset)
{
    return (uint32_t)mmio_read(rig->bus, RIG_GICC + offset, 4);
}

static inline void rig_cpu_write(struct rig *rig, uint64_t offset, uint32_t value)
{
    mmio_write(rig->bus, RIG_GICC + offset, 4, value);
}

static inline void rig_line(struct rig *rig, unsigned intid, bool level)
{
    struct irqline line = gic_input(rig->gic, 0, intid);
    irqline_set(&line, level);
}

static inline void rig_enable(struct rig *rig, unsigned intid)
{
    rig_dist_write(rig, RIG_GICD_ISENABLER + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

static inline void rig_set_priority(struct rig *rig, unsigned intid, uint8_t priority)
{
    mmio_write(rig->bus, RIG_GICD + RIG_GICD_IPRIORITYR + intid, 1, priority);
}

/* Edge-triggered where `edge` says so; while disabled. */
static inline void rig_configure(struct rig *rig, unsigned intid, bool edge)
{
    uint64_t offset = RIG_GICD_ICFGR + intid / 16 * 4;
    uint32_t bit = UINT32_C(2) << intid % 16 * 2;
    uint32_t value = rig_dist_read(rig, offset);
    rig_dist_write(rig, offset, edge ? value | bit : value & ~bit);
}

/* Distributor and CPU interface on, nothing masked. */
static inline void rig_open(struct rig *rig)
{
    rig_dist_write(rig, RIG_GICD_CTLR, 1);
    rig_cpu_write(rig, RIG_GICC_PMR, 0xff);
    rig_cpu_write(rig, RIG_GICC_CTLR, 1);
}

/* A rig in which some level-sensitive SPIs are ready to be taken, with nothing recorded. */
static inline void rig_init_open(struct rig *rig)
{
    rig_init(rig, RIG_IRQ_COUNT);
    rig_open(rig);
    for (unsigned intid = 40; intid < 44; intid++) {
        rig_enable(rig, intid);
        rig_set_priority(rig, intid, 0xa0);
    }
    rig_forget(rig);
}

#endif
