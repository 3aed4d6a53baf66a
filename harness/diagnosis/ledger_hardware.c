/*
 * ledger_hardware.c - what the machine tells: interrupts, timers, queues, cards, faults
 */
#include "harness/diagnosis/ledger_priv.h"

#include "emu/virtio/virtio_spec.h"

#include <string.h>

/* ---- interrupts ------------------------------------------------------------------------------ */

/* How long the other one had to wait for its end. */
static uint64_t ledger_kept_ns(const struct ledger_hold *hold)
{
    return hold->kept != 0 ? hold->to.time_ns - hold->kept_since.time_ns : 0;
}

/* What became pending while this CPU was in another interrupt, and is taken when that is over. */
static void ledger_take(struct ledger *ledger, unsigned cpu, unsigned intid)
{
    struct ledger_hold *last = &ledger->last_hold[cpu];
    const struct ledger_mark *since = &ledger->irqs[intid].pended;
    if (last->task != 0 && since->sequence > last->from.sequence &&
        since->sequence < last->to.sequence && intid != last->intid) {
        last->kept = intid;
        last->kept_since = *since;
        if (ledger_kept_ns(last) > ledger_kept_ns(&ledger->hold)) {
            ledger->hold = *last;
        }
    }
    ledger->last_taken[cpu] = intid;
}

static void ledger_end(struct ledger *ledger, unsigned cpu, unsigned intid)
{
    const struct ledger_irq *irq = &ledger->irqs[intid];
    bool left = ledger->switched[cpu].sequence > irq->taken.sequence;
    ledger->last_hold[cpu] = (struct ledger_hold){
        .intid = intid,
        .from = irq->taken,
        .to = irq->ended,
        .task = left ? ledger->running[cpu] : 0,
    };
}

/* The CPU that a controller's event is about. */
static unsigned ledger_irq_cpu(const struct trace_event *event)
{
    return (unsigned)(event->fields[1].number % CPU_CORES_MAX);
}

/* ---- work that lay about --------------------------------------------------------------------- */

static bool ledger_is_own(const struct ledger_device *device, unsigned intid)
{
    return device->intid == intid || device->messages[intid];
}

/* An interrupt of the card: whoever has work in its rings is told. */
static void ledger_tell(struct ledger *ledger, unsigned intid)
{
    const struct ledger_irq *irq = &ledger->irqs[intid];
    for (unsigned i = 0; i < ledger->device_count; i++) {
        struct ledger_device *device = &ledger->devices[i];
        struct ledger_queue *queues[] = {&device->rx, &device->tx};
        for (size_t j = 0; j < G_N_ELEMENTS(queues) && ledger_is_own(device, intid); j++) {
            if (queues[j]->waits.sequence != 0 && queues[j]->told.sequence == 0) {
                queues[j]->told = irq->taken;
                queues[j]->told_pended = irq->pended;
                queues[j]->told_by = intid;
            }
        }
    }
}

/* Its last message, or else its line. */
static unsigned ledger_own_intid(const struct ledger_device *device)
{
    bool has_message = device->message.sequence != 0 && device->message_data < BOARD_IRQ_COUNT;
    return has_message ? (unsigned)device->message_data : device->intid;
}

/* The interrupt was there in time, and the finder slept on: it did not wake him. */
static bool ledger_slept_on(struct ledger_mark told, const struct ledger_task *finder)
{
    return finder != NULL && finder->woken.sequence > told.sequence &&
           finder->woken.time_ns - told.time_ns >= LEDGER_SETTLE_NS;
}

/* Whether the device gave its driver a reason to be told, for something else, right before then. */
static bool ledger_tells_of_other(const struct ledger_device *device, struct ledger_mark since,
                                  struct ledger_mark pended)
{
    const struct ledger_mark *uses[] = {&device->rx.used, &device->tx.used};
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        if (uses[i]->time_ns >= since.time_ns + LEDGER_SETTLE_NS &&
            uses[i]->time_ns <= pended.time_ns &&
            pended.time_ns - uses[i]->time_ns < LEDGER_SETTLE_NS) {
            return true;
        }
    }
    return false;
}

/* Somebody looks at a used ring: what lies in it since when, and who should have said so? */
void ledger_look(struct ledger *ledger, const struct ledger_device *device,
                 struct ledger_queue *queue, uint32_t task, struct ledger_mark now)
{
    struct ledger_mark since = queue->waits, told = queue->told;
    queue->waits = queue->told = (struct ledger_mark){0};
    if (since.sequence == 0 || now.time_ns - since.time_ns < LEDGER_SETTLE_NS) {
        return;
    }
    bool came = told.sequence != 0;
    bool in_time = came && queue->told_pended.time_ns < since.time_ns + LEDGER_SETTLE_NS;
    if (in_time && !ledger_slept_on(told, ledger_task_slot(ledger, task))) {
        return;
    }
    if (came && !in_time && !ledger_tells_of_other(device, since, queue->told_pended)) {
        return; /* it came late, by itself */
    }
    bool fits = ledger->taken.sequence > since.sequence &&
                now.time_ns - ledger->taken.time_ns < LEDGER_SETTLE_NS;
    ledger->finds[ledger->find_count++ % LEDGER_FINDS] = (struct ledger_find){
        .queue = queue->name,
        .since = since,
        .at = now,
        .task = task,
        .own = came ? queue->told_by : ledger_own_intid(device),
        .told = in_time ? told : (struct ledger_mark){0},
        .by = fits ? ledger->taken_intid : 0,
        .by_at = ledger->taken,
    };
}

/* A task that slept for a completion was woken. */
void ledger_look_at_sent(struct ledger *ledger, uint32_t task, struct ledger_mark now)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        ledger_look(ledger, &ledger->devices[i], &ledger->devices[i].tx, task, now);
    }
}

/* What comes while the interrupt is being handled may wait for the end of that. */
static bool ledger_is_handled(const struct ledger *ledger, const struct ledger_queue *queue)
{
    for (unsigned i = 0; i < ledger->device_count; i++) {
        const struct ledger_device *device = &ledger->devices[i];
        const struct ledger_irq *irq = &ledger->irqs[ledger_own_intid(device)];
        if (queue == &device->rx || queue == &device->tx) {
            return irq->taken.sequence > irq->ended.sequence;
        }
    }
    return false;
}

static void ledger_wait_begins(struct ledger *ledger, struct ledger_queue *queue)
{
    if (queue->waits.sequence == 0 &&
        (ledger->queue_sleepers > 0 || g_str_has_suffix(queue->name, ".rx")) &&
        !ledger_is_handled(ledger, queue)) {
        queue->waits = queue->used;
    }
}

/* ---- observing ------------------------------------------------------------------------------- */

static void ledger_observe_irq(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    uint64_t intid = event->fields[0].number;
    if (intid >= G_N_ELEMENTS(ledger->irqs)) {
        return;
    }
    struct ledger_irq *irq = &ledger->irqs[intid];
    bool on = event->fields[1].number != 0;
    struct ledger_mark mark = ledger_mark(event);
    switch (event->kind) {
    case TRACE_IRQ_LINE:
        *(on ? &irq->level_up : &irq->level_down) = mark;
        irq->taken_while_up = irq->unhandled_while_up = 0;
        break;
    case TRACE_IRQ_ENABLED:
        *(on ? &irq->enabled : &irq->disabled) = mark;
        break;
    case TRACE_IRQ_PENDING:
        irq->pended = on ? mark : irq->pended;
        break;
    case TRACE_IRQ_TAKEN:
        ledger->taken_intid = (unsigned)intid;
        ledger->taken = mark;
        irq->taken = mark;
        irq->taken_count++;
        irq->taken_while_up++;
        ledger_take(ledger, ledger_irq_cpu(event), (unsigned)intid);
        ledger_tell(ledger, (unsigned)intid);
        break;
    case TRACE_IRQ_EOI:
        irq->ended = mark;
        irq->ended_count++;
        ledger_end(ledger, ledger_irq_cpu(event), (unsigned)intid);
        break;
    default:
        g_assert_not_reached();
    }
}

static void ledger_observe_timer(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    static const char *const names[GTIMER_COUNT] = {
        [GTIMER_PHYSICAL] = "CNTP",
        [GTIMER_VIRTUAL] = "CNTV",
        [GTIMER_HYP_PHYSICAL] = "CNTHP",
        [GTIMER_HYP_VIRTUAL] = "CNTHV",
    };
    enum gtimer_id id = GTIMER_PHYSICAL;
    while (id + 1 < GTIMER_COUNT && strcmp(event->fields[0].string, names[id]) != 0) {
        id++;
    }
    const struct ledger_mark *last = &ledger->timer_fired[id];
    ledger->timer_period_ns = last->sequence != 0 ? event->time_ns - last->time_ns : 0;
    ledger->timer_fired[id] = ledger_mark(event);
}

static void ledger_observe_queue(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_queue *queue = ledger_queue(ledger, event->fields[0].string);
    /* A driver may repeat itself for ever: what says nothing new moves nothing. */
    bool repeats = event->kind == TRACE_VQ_KICK && queue != NULL && queue->kicks > 0 &&
                   queue->kick_avail == (uint16_t)event->fields[1].number;
    if (!repeats) {
        ledger_move(ledger, event);
    }
    if (queue == NULL) {
        return;
    }
    if (event->kind == TRACE_VQ_KICK) {
        queue->kick = ledger_mark(event);
        queue->kick_avail = (uint16_t)event->fields[1].number;
        queue->kicks++;
    } else if (event->kind == TRACE_VQ_POP) {
        queue->pop = ledger_mark(event);
        queue->pops++;
    } else {
        queue->used = ledger_mark(event);
        queue->used_head = (uint16_t)event->fields[1].number;
        queue->used_index = (uint16_t)event->fields[3].number;
        queue->used_count++;
        ledger_wait_begins(ledger, queue);
        if (event->fields[1].number >= queue->top_id) {
            queue->top_id = event->fields[1].number;
            queue->top = queue->used;
        }
    }
}

static void ledger_observe_device(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_device *device = ledger_device(ledger, event->fields[0].string);
    if (device == NULL) {
        return;
    }
    switch (event->kind) {
    case TRACE_ISR_SET:
        device->isr_set = ledger_mark(event);
        break;
    case TRACE_ISR_ACK:
        device->isr_ack = ledger_mark(event);
        break;
    case TRACE_PCI_MESSAGE:
        device->message = ledger_mark(event);
        device->message_data = event->fields[3].number;
        if (device->message_data < BOARD_IRQ_COUNT) {
            device->messages[device->message_data] = true;
        }
        break;
    case TRACE_FRAME_IN:
        device->frame_in = ledger_mark(event);
        device->frames_in++;
        ledger->received_by = device;
        break;
    case TRACE_FRAME_OUT:
        device->frame_out = ledger_mark(event);
        device->frames_out++;
        break;
    case TRACE_NET_DROPPED:
        device->dropped_by_device += event->fields[1].string[0] == 'i' ? 1 : 0;
        break;
    case TRACE_NET_LINK:
        device->link_down = event->fields[1].number == 0;
        device->link_changed = ledger_mark(event);
        break;
    case TRACE_VIRTIO_STATUS:
        if ((event->fields[1].number & VIRTIO_STATUS_DRIVER) != 0) {
            device->is_claimed = true;
            device->driver = ledger->running[ledger_cpu(event)];
        }
        break;
    case TRACE_VIRTIO_RESET:
        /* The driver's counters go on, those of the device begin anew, with no frame in it. */
        device->rx = (struct ledger_queue){.name = device->rx.name};
        device->tx = (struct ledger_queue){.name = device->tx.name};
        device->frames_in = 0;
        device->dropped_by_device = 0;
        device->merged = 0;
        device->taken_before = device->taken_frames + device->taken_dropped;
        device->reset = ledger_mark(event);
        break;
    case TRACE_NET_MERGED:
        device->merged += event->fields[1].number - 1;
        break;
    default:
        g_assert_not_reached();
    }
}

static void ledger_observe_fault(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    unsigned slot = ledger->fault_count++ % LEDGER_FAULTS_MAX;
    ledger->faults[slot] = (struct ledger_fault){
        .object = event->fields[0].string,
        .target = event->fields[1].string,
        .fault = event->fields[2].string,
        .at = ledger_mark(event),
    };
}

static void ledger_observe_rest(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->rested = event->sequence;
}

static void ledger_observe_breach(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->breach = ledger_mark(event);
    ledger->breach_intid = event->fields[2].number;
}

/* The CPU takes an interrupt, and so far it finds one. */
static void ledger_observe_exception(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    (void)event;
    ledger->spurious_count = 0;
}

static void ledger_observe_spurious(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->spurious_count++;
    ledger->spurious = ledger_mark(event);
}

static void ledger_observe_rtc(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    ledger->rtc_read = ledger_mark(event);
}

static void ledger_observe_move(void *opaque, const struct trace_event *event)
{
    ledger_move(opaque, event);
}

/* Where an event says several things, they are noted in this order. */
static const struct trace_listener ledger_listeners[] = {
    {TRACE_CPU_WFI, ledger_observe_rest},          {TRACE_IRQ_LINE, ledger_observe_irq},
    {TRACE_IRQ_PENDING, ledger_observe_irq},       {TRACE_IRQ_ENABLED, ledger_observe_irq},
    {TRACE_IRQ_TAKEN, ledger_observe_irq},         {TRACE_IRQ_EOI, ledger_observe_irq},
    {TRACE_CPU_IRQ, ledger_observe_exception},     {TRACE_IRQ_BREACH, ledger_observe_breach},
    {TRACE_IRQ_SPURIOUS, ledger_observe_spurious}, {TRACE_TIMER_FIRED, ledger_observe_timer},
    {TRACE_VQ_KICK, ledger_observe_queue},         {TRACE_VQ_POP, ledger_observe_queue},
    {TRACE_VQ_USED, ledger_observe_queue},         {TRACE_FRAME_IN, ledger_observe_move},
    {TRACE_FRAME_IN, ledger_observe_device},       {TRACE_FRAME_OUT, ledger_observe_move},
    {TRACE_FRAME_OUT, ledger_observe_device},      {TRACE_FRAME_DROPPED, ledger_observe_move},
    {TRACE_VQ_READY, ledger_observe_move},         {TRACE_ISR_SET, ledger_observe_device},
    {TRACE_ISR_ACK, ledger_observe_device},        {TRACE_PCI_MESSAGE, ledger_observe_device},
    {TRACE_NET_DROPPED, ledger_observe_device},    {TRACE_NET_LINK, ledger_observe_device},
    {TRACE_NET_MERGED, ledger_observe_device},     {TRACE_VIRTIO_RESET, ledger_observe_device},
    {TRACE_VIRTIO_STATUS, ledger_observe_device},  {TRACE_VIRTIO_STATUS, ledger_observe_move},
    {TRACE_RTC_READ, ledger_observe_rtc},          {TRACE_FAULT_APPLIED, ledger_observe_fault},
};

void ledger_listen_to_hardware(struct ledger *ledger)
{
    trace_listen(ledger->trace, ledger_listeners, G_N_ELEMENTS(ledger_listeners), ledger);
}
