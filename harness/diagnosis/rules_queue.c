/*
 * rules_queue.c - the links between a driver and its rings
 *
 * What the driver has taken cannot be seen in the rings of [VIRTIO1.2] 2.7: its place is its own.
 * Reference points are its counters (eth0.rx.frames, eth0.rx.dropped), its waits, and what the
 * device still holds.
 */
#include "harness/diagnosis/rules.h"

#define RULES_ENETUNREACH (-101)

/* Frames that reached the card and stay there, for want of a buffer or of a notification. */
static uint64_t rules_frames_held(const struct ledger_device *device)
{
    uint64_t done = device->rx.pops - device->merged + device->dropped_by_device;
    return device->frames_in > done ? device->frames_in - done : 0;
}

/* An injected fault kept the last notification from the device. */
static bool rules_kick_was_lost(const struct rules_case *c, const struct ledger_queue *queue)
{
    const struct ledger_fault *fault;
    for (unsigned i = 0; (fault = ledger_fault(c->ledger, i)) != NULL; i++) {
        if (g_str_equal(fault->target, queue->name) && g_str_equal(fault->fault, "no-kick") &&
            fault->at.time_ns >= queue->kick.time_ns) {
            return true;
        }
    }
    return false;
}

/* The driver's available index, as far as the device could see it at the last notification. */
static bool rules_was_notified(const struct rules_case *c, const struct ledger_queue *queue)
{
    struct virtqueue *vq = rules_queue(c, queue);
    uint16_t index = (uint16_t)(vq->last_avail + virtqueue_avail_count(vq));
    return queue->kicks > 0 && queue->kick_avail == index && !rules_kick_was_lost(c, queue);
}

static bool rules_kick_missed(struct rules_case *c, const struct ledger_queue *queue,
                              const char *what)
{
    struct virtqueue *vq = rules_queue(c, queue);
    unsigned avail = virtqueue_avail_count(vq);
    if (avail == 0 || rules_was_notified(c, queue)) {
        return false;
    }
    char at[32];
    c->diagnosis->repair = DIAGNOSIS_REPAIR_KICK;
    c->diagnosis->queue = queue->name;
    rules_evidence_queue(c, queue);
    if (queue->kicks > 0) {
        rules_evidence(c, "%s: %" G_GUINT64_FORMAT " notifications, the last at %s with index %u",
                       queue->name, queue->kicks, rules_time(at, queue->kick.time_ns),
                       queue->kick_avail);
    } else {
        rules_evidence(c, "%s: never notified", queue->name);
    }
    return rules_found(c, "vq.kick-missed",
                       "the driver made %u buffers of %s available, up to index %u, and the device "
                       "was not notified%s",
                       avail, queue->name, (unsigned)(uint16_t)(vq->last_avail + avail), what);
}

bool rule_vq_kick_missed(struct rules_case *c)
{
    /* A driver that runs may be about to do it. */
    if (!c->question->hangs && c->ledger->woken.sequence != 0 &&
        c->now_ns - c->ledger->woken.time_ns < RULES_SETTLE_NS &&
        c->ledger->moved.time_ns + RULES_SETTLE_NS > c->now_ns) {
        return false;
    }
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (!rules_is_running(c, device)) {
            continue;
        }
        if (rules_kick_missed(c, &device->tx, "") ||
            (rules_frames_held(device) > 0 &&
             rules_kick_missed(c, &device->rx, ", which holds frames for them"))) {
            return true;
        }
    }
    return false;
}

/* Whether the device took something and keeps it, longer than it should. */
static bool rules_is_kept(const struct rules_case *c, const struct ledger_queue *queue)
{
    return virtqueue_in_flight(rules_queue(c, queue)) > 0 && rules_is_settled(c, &queue->pop);
}

/* Whether the driver can send no more: no entry is left, or it said that it could not send. */
static bool rules_cannot_send(const struct rules_case *c, const struct ledger_device *device)
{
    struct virtqueue *tx = rules_queue(c, &device->tx);
    return virtqueue_in_flight(tx) + virtqueue_avail_count(tx) >= tx->size ||
           device->sent_drop.sequence > device->tx.used.sequence;
}

/* Whether what the program waits for can lie in a receive buffer: it came as far as the card. */
static bool rules_came_to_the_card(const struct rules_case *c)
{
    const struct ledger_program *program = c->question->program;
    const struct ledger_peer *peer = rules_program_suffers(c) ? rules_peer(c) : NULL;
    return rules_program_suffers(c) && !rules_misses_packets(c, peer) &&
           !(program->unreachable && program->unreachable_result == RULES_ENETUNREACH);
}

static bool rules_not_completed(struct rules_case *c, const struct ledger_queue *queue)
{
    char at[32];
    unsigned kept = virtqueue_in_flight(rules_queue(c, queue));
    c->diagnosis->queue = queue->name;
    rules_evidence_queue(c, queue);
    rules_evidence(c,
                   "%s: the device took %" G_GUINT64_FORMAT
                   " buffers and returned %" G_GUINT64_FORMAT
                   "; it is in order for a driver to wait for the others",
                   queue->name, queue->pops, queue->used_count);
    return rules_found(c, "vq.not-completed",
                       "the device owes %u of the buffers of %s that it took, the last at %s: it "
                       "has not returned them",
                       kept, queue->name, rules_time(at, queue->pop.time_ns));
}

bool rule_vq_not_completed(struct rules_case *c)
{
    const struct ledger_task *waiter = rules_queue_waiter(c);
    for (unsigned i = 0; i < c->ledger->card_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (!rules_is_running(c, device)) {
            continue;
        }
        if (rules_is_kept(c, &device->tx) && waiter != NULL) {
            c->diagnosis->task = waiter;
            return rules_not_completed(c, &device->tx);
        }
        if (rules_is_kept(c, &device->rx) && rules_came_to_the_card(c)) {
            return rules_not_completed(c, &device->rx);
        }
        if (rules_is_kept(c, &device->tx) && rules_cannot_send(c, device) &&
            rules_program_suffers(c)) {
            rules_evidence(c, "%s.tx.dropped = %" G_GUINT64_FORMAT, device->name,
                           device->sent_dropped);
            return rules_not_completed(c, &device->tx);
        }
    }
    return false;
}

/* A task that sleeps for a completion, with nothing left that could complete. */
static bool rules_completion_is_there(struct rules_case *c, const struct ledger_task *waiter,
                                      const struct ledger_device *device)
{
    const struct ledger_queue *queue = &device->tx;
    struct virtqueue *vq = rules_queue(c, queue);
    if (queue->used_count == 0 || virtqueue_avail_count(vq) > 0 || virtqueue_in_flight(vq) > 0) {
        return false;
    }
    char used[32], since[32];
    c->diagnosis->task = waiter;
    c->diagnosis->device = device->name;
    rules_evidence_queue(c, queue);
    rules_evidence(c, "%s sleeps since %s", waiter->name, rules_time(since, waiter->since.time_ns));
    for (guint i = 1; i < c->ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(c->ledger->tasks, i);
        if (task != NULL && task != waiter && task->state == LEDGER_TASK_BLOCKED &&
            task->since.sequence > queue->used.sequence) {
            c->diagnosis->driver = task;
            rules_evidence(c, "%s ran after the completion, and sleeps on %s since %s", task->name,
                           task->on, rules_time(since, task->since.time_ns));
        }
    }
    return rules_found(
        c, "vq.used-not-consumed",
        "task %s waits for a completion of %s; the used index moved to %u with head "
        "%u at %s, nothing else is in flight, and the task did not get it: it did not look, "
        "looked at another entry, or somebody took it and did not tell",
        waiter->name, queue->name, queue->used_index, queue->used_head,
        rules_time(used, queue->used.time_ns));
}

/* When the driver has heard of an interrupt last: a message is heard of when its INTID is ended. */
static uint64_t rules_heard(const struct rules_case *c, const struct ledger_device *device)
{
    const struct ledger *ledger = c->ledger;
    if (device->message.sequence == 0 || device->message_data >= G_N_ELEMENTS(ledger->irqs)) {
        return device->isr_ack.sequence;
    }
    return MAX(device->isr_ack.sequence, ledger->irqs[device->message_data].ended.sequence);
}

/* Where the driver is a program that was told of its interrupt and does not come to read that. */
static void rules_evidence_elsewhere(struct rules_case *c, unsigned intid)
{
    const struct ledger_task *task = rules_sleeps_elsewhere(c, intid);
    char since[32];
    if (task != NULL) {
        c->diagnosis->driver = task;
        rules_evidence(c, "%s was told of INTID %u and has not read that: it sleeps on %s since %s",
                       waits_name(task).text, intid, task->on,
                       rules_time(since, task->since.time_ns));
    }
}

static bool rules_frames_left(struct rules_case *c, const struct ledger_device *device)
{
    if (!device->counts && rules_heard(c, device) < device->rx.used.sequence) {
        return false; /* it has not acknowledged the interrupt: that is another link */
    }
    uint64_t taken = device->taken_frames + device->taken_dropped - device->taken_before;
    if (!rules_rx_unconsumed(c, device)) {
        return false;
    }
    char at[32];
    c->diagnosis->device = device->name;
    rules_evidence_queue(c, &device->rx);
    rules_evidence(c, "%s = %" G_GUINT64_FORMAT ", %s = %" G_GUINT64_FORMAT, device->counter_frames,
                   device->taken_frames, device->counter_dropped, device->taken_dropped);
    rules_evidence_irq(c, board_device_intid(c->board, device->name));
    rules_evidence_elsewhere(c, board_device_intid(c->board, device->name));
    return rules_found(c, "vq.used-not-consumed",
                       "the device returned %" G_GUINT64_FORMAT " frames in %s, the last at %s, "
                       "and the driver took %" G_GUINT64_FORMAT,
                       device->rx.used_count - device->merged, device->rx.name,
                       rules_time(at, device->rx.used.time_ns), taken);
}

bool rule_vq_used_not_consumed(struct rules_case *c)
{
    const struct ledger_task *waiter = rules_queue_waiter(c);
    for (unsigned i = 0; i < c->ledger->card_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (!rules_is_running(c, device)) {
            continue;
        }
        if (waiter != NULL && rules_completion_is_there(c, waiter, device)) {
            return true;
        }
        if (rules_frames_left(c, device)) {
            return true;
        }
    }
    return false;
}

bool rule_vq_rx_starved(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->card_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (!rules_is_running(c, device) || !rules_is_settled(c, &device->frame_in)) {
            continue;
        }
        struct virtqueue *rx = rules_queue(c, &device->rx);
        uint64_t held = rules_frames_held(device);
        bool empty = virtqueue_avail_count(rx) == 0 && virtqueue_in_flight(rx) == 0;
        if (!empty || held + device->dropped_by_device == 0) {
            continue;
        }
        char at[32];
        c->diagnosis->device = device->name;
        rules_evidence_queue(c, &device->rx);
        rules_evidence(c,
                       "%s: %" G_GUINT64_FORMAT
                       " frames arrived, the last at %s; %" G_GUINT64_FORMAT
                       " were put into buffers",
                       device->name, device->frames_in, rules_time(at, device->frame_in.time_ns),
                       device->rx.pops);
        return rules_found(c, "vq.rx-starved",
                           "%s holds %" G_GUINT64_FORMAT " received frames and has no buffer: of "
                           "the %u entries of %s none is available, and the driver gave none back",
                           device->name, held, rx->size, device->rx.name);
    }
    return false;
}
