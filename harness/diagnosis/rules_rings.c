/*
 * rules_rings.c - a driver that ends: its descriptors, or itself
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

/* ---- the guest gave up ----------------------------------------------------------------------- */

static const struct ledger_task *rules_running_task(const struct ledger *ledger)
{
    for (guint i = 1; i < ledger->tasks->len; i++) {
        const struct ledger_task *task = g_ptr_array_index(ledger->tasks, i);
        if (task != NULL && task->state == LEDGER_TASK_RUNNING) {
            return task;
        }
    }
    return NULL;
}

/* What devices said last, which is what a driver was looking at. */
static void rules_evidence_last_used(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (device->rx.used_count > 0) {
            rules_evidence_queue(c, &device->rx);
        }
        if (device->tx.used_count > 0) {
            rules_evidence_queue(c, &device->tx);
        }
    }
}

bool rule_guest_panic(struct rules_case *c)
{
    const struct ledger *ledger = c->ledger;
    if (ledger->panicked.sequence == 0) {
        return false;
    }
    char at[32];
    const struct ledger_task *running = rules_running_task(ledger);
    if (running != NULL) {
        c->diagnosis->task = running;
    }
    rules_evidence_last_used(c);
    return rules_found(c, "guest.panic", "the guest gave up at %s, in %s: %s",
                       rules_time(at, ledger->panicked.time_ns),
                       running != NULL ? running->name : "none of its tasks", ledger->panic_why);
}

/* Only asked of a guest that has crashed. */
bool rule_guest_exception(struct rules_case *c)
{
    if (c->question->exception == NULL) {
        return false;
    }
    const struct ledger_task *running = rules_running_task(c->ledger);
    if (running != NULL) {
        c->diagnosis->task = running;
    }
    rules_evidence_last_used(c);
    return rules_found(c, "guest.exception",
                       "an exception of the CPU, for which the guest has no handler, while it ran "
                       "%s: %s",
                       running != NULL ? running->name : "none of its tasks",
                       c->question->exception);
}

/* ---- a device that returns nonsense ---------------------------------------------------------- */

static bool rules_used_wrong(struct rules_case *c, const struct ledger_queue *queue)
{
    const struct virtqueue *vq = rules_queue(c, queue);
    if (vq == NULL || vq->size == 0 || queue->top_id < vq->size ||
        !rules_is_settled(c, &queue->top)) {
        return false;
    }
    char at[32];
    c->diagnosis->queue = queue->name;
    rules_evidence_queue(c, queue);
    return rules_found(c, "vq.used-wrong",
                       "the device returned a chain %" G_GUINT64_FORMAT " in %s at %s, and the "
                       "queue has %u entries: no driver can tell what that was",
                       queue->top_id, queue->name, rules_time(at, queue->top.time_ns), vq->size);
}

bool rule_vq_used_wrong(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        if (rules_is_running(c, device) &&
            (rules_used_wrong(c, &device->rx) || rules_used_wrong(c, &device->tx))) {
            return true;
        }
    }
    return false;
}

/* ---- descriptors that are not taken back ----------------------------------------------------- */

/* The words of probe_drop() for a queue that has no descriptor left. */
static bool rules_is_full(const char *why)
{
    static const char *const words[] = {"full", "descriptor", "no room", "no space"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(why, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

bool rule_vq_tx_exhausted(struct rules_case *c)
{
    for (unsigned i = 0; i < c->ledger->device_count; i++) {
        const struct ledger_device *device = &c->ledger->devices[i];
        const struct ledger_queue *tx = &device->tx;
        if (!rules_is_running(c, device) || tx->drops == 0 || !rules_is_full(tx->dropped_why) ||
            tx->used_count == 0 || tx->used.sequence > tx->dropped.sequence) {
            continue; /* or it has descriptors again */
        }
        struct virtqueue *vq = rules_queue(c, tx);
        if (virtqueue_avail_count(vq) > 0 || virtqueue_in_flight(vq) > 0) {
            continue; /* the device has them */
        }
        char at[32];
        c->diagnosis->device = device->name;
        rules_evidence_queue(c, tx);
        rules_evidence(c, "%s: %" G_GUINT64_FORMAT " packets discarded, the last at %s: %s",
                       tx->name, tx->drops, rules_time(at, tx->dropped.time_ns), tx->dropped_why);
        return rules_found(c, "vq.tx-exhausted",
                           "the driver has no descriptor of %s for another frame, and the device "
                           "has none of them: it returned all %" G_GUINT64_FORMAT " chains",
                           tx->name, tx->used_count);
    }
    return false;
}
