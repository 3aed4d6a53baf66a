/*
 * board_fault.c - where faults stand in the machine
 *
 *     queue ─[irq eth0.tx]─► device ─[irq eth0]─► window, or function and pin ─[irq 48]─► GIC
 *     queue ─[vq eth0.tx]─ device                            card ─[link eth0]─ switch
 *     timer ─[timer virtual]─[irq 27]─► GIC
 *
 * A device's own stage stands in front of its transport, so that of several on one line, or on one
 * pin of PCI, each can be hit by itself; that of the INTID hits them all. While a device sends
 * messages it has no line: then there are the queue's stage, and that of the message's INTID.
 *
 * Between a stage and its input of the GIC is a join, where lines that were routed away arrive. A
 * fault of INTID 49 is met by the source of 49 wherever it is led to, and not by those that are led
 * to 49. So two INTIDs can change places.
 *
 * A stage on a line costs a test while it has no fault, so the lines that something drives have
 * theirs from the beginning. A stage in a ring or on a cable costs more, and is put there when the
 * first fault needs it.
 */
#include "emu/board/board_priv.h"

#include <assert.h>

/* Inputs of a stage: what belongs to this INTID, the timers, virtio devices that may share it. */
#define BOARD_INPUT_DEVICE 0
#define BOARD_INPUT_TIMERS 1
#define BOARD_INPUT_WINDOW (BOARD_INPUT_TIMERS + GTIMER_COUNT)

static_assert(BOARD_INPUT_WINDOW + BOARD_DEVICES_MAX <= IRQ_FAULT_INPUTS, "each has an input");

/* One more line into the GIC's input for this INTID, as this CPU sees it. */
static struct irqline board_arrive(struct board *board, unsigned cpu, unsigned intid)
{
    struct board_faults *faults = board_faults(board);
    struct irq_join *join =
        intid < BOARD_INTID_SPI ? &faults->ppi_arrivals[cpu][intid] : &faults->spi_arrivals[intid];
    join->output = gic_input(board_gic(board), cpu, intid);
    return irq_join_add(join);
}

/* The stage in front of an INTID as this CPU sees it: SPIs have one, PPIs one for each CPU. */
static struct irq_fault *board_irq_stage(struct board *board, unsigned cpu, unsigned intid)
{
    g_assert(intid >= BOARD_INTID_MIN && intid < BOARD_IRQ_COUNT && cpu < board_cpus(board));
    struct board_faults *faults = board_faults(board);
    bool is_private = intid < BOARD_INTID_SPI;
    struct irq_fault **stage = is_private ? &faults->ppis[cpu][intid] : &faults->spis[intid];
    if (*stage == NULL) {
        g_autofree char *target = g_strdup_printf("%u", intid);
        *stage = irq_fault_new(board_clock(board), board_trace(board), "irq", target,
                               board_arrive(board, cpu, intid),
                               gic_pend_input(board_gic(board), cpu, intid));
    }
    return *stage;
}

struct irq_fault *board_irq_fault(struct board *board, unsigned intid)
{
    return board_irq_stage(board, 0, intid);
}

struct irq_fault *board_irq_fault_of(struct board *board, unsigned cpu, unsigned intid)
{
    return board_irq_stage(board, cpu, intid);
}

void board_route_irq(struct board *board, unsigned cpu, struct irq_fault *stage, unsigned intid)
{
    g_assert(intid >= BOARD_INTID_MIN && intid < BOARD_IRQ_COUNT && cpu < board_cpus(board));
    irq_fault_route(stage, "route", board_arrive(board, cpu, intid),
                    gic_pend_input(board_gic(board), cpu, intid));
}

void board_add_line(struct board *board, struct virtio_dev *dev)
{
    struct board_faults *faults = board_faults(board);
    unsigned intid = board_device_intid(board, dev->name);
    g_assert(faults->line_count < G_N_ELEMENTS(faults->lines));
    struct irq_fault *stage =
        irq_fault_new(board_clock(board), board_trace(board), "irq", dev->name,
                      virtio_dev_line(dev), gic_pend_input(board_gic(board), 0, intid));
    virtio_dev_set_line(dev, irq_fault_input(stage, BOARD_INPUT_DEVICE));
    faults->lines[faults->line_count].dev = dev;
    faults->lines[faults->line_count++].stage = stage;
}

struct irq_fault *board_line_fault(struct board *board, const char *device)
{
    const struct board_faults *faults = board_faults(board);
    const struct virtio_dev *dev = board_device(board, device);
    unsigned i = 0;
    while (i < faults->line_count && faults->lines[i].dev != dev) {
        i++;
    }
    g_assert(i < faults->line_count);
    return faults->lines[i].stage;
}

static unsigned board_fault_storms(const struct irq_fault *stage)
{
    return stage != NULL && irq_fault_is_storming(stage) ? 1 : 0;
}

unsigned board_storm_count(struct board *board)
{
    const struct board_faults *faults = board_faults(board);
    unsigned count = 0;
    for (unsigned i = 0; i < BOARD_IRQ_COUNT; i++) {
        count += board_fault_storms(faults->spis[i]);
    }
    for (unsigned i = 0; i < board_cpus(board) * BOARD_INTID_SPI; i++) {
        count += board_fault_storms(faults->ppis[i / BOARD_INTID_SPI][i % BOARD_INTID_SPI]);
    }
    for (unsigned i = 0; i < faults->line_count; i++) {
        count += board_fault_storms(faults->lines[i].stage);
    }
    for (unsigned i = 0; i < faults->queue_count; i++) {
        count += board_fault_storms(faults->queues[i].irq);
    }
    return count;
}

struct irqline board_device_line(struct board *board, unsigned intid)
{
    return irq_fault_input(board_irq_fault(board, intid), BOARD_INPUT_DEVICE);
}

struct irqline board_window_line(struct board *board, unsigned index, unsigned intid)
{
    return irq_fault_input(board_irq_fault(board, intid), BOARD_INPUT_WINDOW + index);
}

struct irqline board_timer_line(struct board *board, unsigned cpu, enum gtimer_id id,
                                unsigned intid)
{
    return irq_fault_input(board_irq_stage(board, cpu, intid), BOARD_INPUT_TIMERS + id);
}

struct irqline board_timer_output(struct board *board, unsigned cpu, enum gtimer_id id,
                                  unsigned intid)
{
    static const char *const names[GTIMER_COUNT] = {
        [GTIMER_PHYSICAL] = "physical",
        [GTIMER_VIRTUAL] = "virtual",
        [GTIMER_HYP_PHYSICAL] = "hyp-physical",
        [GTIMER_HYP_VIRTUAL] = "hyp-virtual",
    };
    static const struct irqline nothing = {.set = NULL};
    struct irq_fault **stage = &board_faults(board)->timers[cpu][id];
    g_assert(*stage == NULL);
    *stage = irq_fault_new(board_clock(board), board_trace(board), "timer", names[id],
                           board_timer_line(board, cpu, id, intid), nothing);
    return irq_fault_input(*stage, BOARD_INPUT_DEVICE);
}

struct irq_fault *board_timer_fault(struct board *board, unsigned cpu, enum gtimer_id id)
{
    g_assert(id < GTIMER_COUNT && cpu < board_cpus(board));
    return board_faults(board)->timers[cpu][id];
}

/* The index of a queue among those that have a stage. */
static unsigned board_fault_queue(struct board *board, const char *name)
{
    struct board_faults *faults = board_faults(board);
    struct virtqueue *queue = board_queue(board, name);
    g_assert(queue != NULL);
    for (unsigned i = 0; i < faults->queue_count; i++) {
        if (faults->queues[i].queue == queue) {
            return i;
        }
    }
    g_assert(faults->queue_count < G_N_ELEMENTS(faults->queues));
    faults->queues[faults->queue_count].queue = queue;
    return faults->queue_count++;
}

struct irq_fault *board_queue_irq_fault(struct board *board, const char *queue)
{
    static const struct irqline nothing = {.set = NULL};
    unsigned index = board_fault_queue(board, queue);
    struct irq_fault **stage = &board_faults(board)->queues[index].irq;
    if (*stage == NULL) {
        struct virtqueue *source = board_faults(board)->queues[index].queue;
        *stage = irq_fault_new(board_clock(board), board_trace(board), "irq", source->name,
                               virtqueue_interrupt_line(source), nothing);
        virtqueue_set_interrupt_line(source, irq_fault_input(*stage, BOARD_INPUT_DEVICE));
    }
    return *stage;
}

struct virtqueue_fault *board_queue_fault(struct board *board, const char *queue)
{
    unsigned index = board_fault_queue(board, queue);
    struct virtqueue_fault **stage = &board_faults(board)->queues[index].ring;
    if (*stage == NULL) {
        *stage = virtqueue_fault_new(board_faults(board)->queues[index].queue);
    }
    return *stage;
}

struct wire_fault *board_link_fault(struct board *board, const char *net)
{
    struct board_faults *faults = board_faults(board);
    struct wire_port *port = virtio_net_port(board_net(board, net));
    for (unsigned i = 0; i < faults->link_count; i++) {
        if (faults->links[i].port == port) {
            return faults->links[i].stage;
        }
    }
    g_assert(faults->link_count < G_N_ELEMENTS(faults->links));
    unsigned index = faults->link_count++;
    faults->links[index].port = port;
    faults->links[index].stage =
        wire_fault_new(port, board_clock(board), board_trace(board), faults->seed);
    return faults->links[index].stage;
}

void board_faults_fini(struct board_faults *faults)
{
    for (unsigned i = 0; i < BOARD_IRQ_COUNT; i++) {
        irq_fault_free(faults->spis[i]);
    }
    for (unsigned cpu = 0; cpu < CPU_CORES_MAX; cpu++) {
        for (unsigned i = 0; i < BOARD_INTID_SPI; i++) {
            irq_fault_free(faults->ppis[cpu][i]);
        }
        for (unsigned i = 0; i < GTIMER_COUNT; i++) {
            irq_fault_free(faults->timers[cpu][i]);
        }
    }
    for (unsigned i = 0; i < faults->line_count; i++) {
        irq_fault_free(faults->lines[i].stage);
    }
    for (unsigned i = 0; i < faults->queue_count; i++) {
        irq_fault_free(faults->queues[i].irq);
        virtqueue_fault_free(faults->queues[i].ring);
    }
    for (unsigned i = 0; i < faults->link_count; i++) {
        wire_fault_free(faults->links[i].stage);
    }
}
