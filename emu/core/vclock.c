/*
 * vclock.c - the virtual clock's event queue
 *
 * A binary heap of pointers to the armed events, ordered by time and, at equal times, by the order
 * of arming. Every event knows its place in the heap, so that it is moved or taken out without a
 * search. A count of armed events for each class answers the question of quiescence in constant
 * time.
 */
#include "emu/core/vclock.h"

#include <glib.h>

#define VCLOCK_ROOM_MIN 16U

struct vclock {
    uint64_t now_ns;
    uint64_t next_ns; /* of the first event; VCLOCK_NEVER: none */
    uint64_t order;   /* of the event that was armed last */
    struct vevent **heap;
    size_t count, room; /* of the heap */
    size_t armed[VEVENT_CLASS_COUNT];
    vevent_fn *listener;
    void *listener_opaque;
};

static bool vclock_runs_before(const struct vevent *a, const struct vevent *b)
{
    return a->when_ns != b->when_ns ? a->when_ns < b->when_ns : a->order < b->order;
}

static void vclock_place(struct vclock *clock, struct vevent *event, size_t position)
{
    clock->heap[position - 1] = event;
    event->position = position;
}

static struct vevent *vclock_at(const struct vclock *clock, size_t position)
{
    return clock->heap[position - 1];
}

/* Moves an event towards the root as far as it belongs; what it passes moves down. */
static void vclock_sift_up(struct vclock *clock, struct vevent *event)
{
    size_t position = event->position;
    while (position > 1 && vclock_runs_before(event, vclock_at(clock, position / 2))) {
        vclock_place(clock, vclock_at(clock, position / 2), position);
        position /= 2;
    }
    vclock_place(clock, event, position);
}

static void vclock_sift_down(struct vclock *clock, struct vevent *event)
{
    size_t count = clock->count;
    size_t position = event->position;
    for (;;) {
        size_t child = 2 * position;
        if (child < count &&
            vclock_runs_before(vclock_at(clock, child + 1), vclock_at(clock, child))) {
            child++;
        }
        if (child > count || !vclock_runs_before(vclock_at(clock, child), event)) {
            break;
        }
        vclock_place(clock, vclock_at(clock, child), position);
        position = child;
    }
    vclock_place(clock, event, position);
}

static void vclock_insert(struct vclock *clock, struct vevent *event)
{
    if (clock->count == clock->room) {
        clock->room = MAX(2 * clock->room, VCLOCK_ROOM_MIN);
        clock->heap = g_renew(struct vevent *, clock->heap, clock->room);
    }
    event->position = ++clock->count;
    clock->armed[event->class]++;
    vclock_sift_up(clock, event);
}

static void vclock_remove(struct vclock *clock, struct vevent *event)
{
    g_assert(event->position <= clock->count);
    g_assert(vclock_at(clock, event->position) == event);
    g_assert(clock->armed[event->class] > 0);
    struct vevent *last = vclock_at(clock, clock->count--);
    if (last != event) {
        vclock_place(clock, last, event->position);
        vclock_sift_up(clock, last);
        vclock_sift_down(clock, last);
    }
    event->position = 0;
    clock->armed[event->class]--;
}

/* After a change of the heap. */
static void vclock_find_next(struct vclock *clock)
{
    uint64_t before_ns = clock->next_ns;
    clock->next_ns = clock->count == 0 ? VCLOCK_NEVER : vclock_at(clock, 1)->when_ns;
    if (clock->listener != NULL && clock->next_ns != before_ns) {
        clock->listener(clock->listener_opaque);
    }
}

struct vclock *vclock_new(void)
{
    struct vclock *clock = g_new0(struct vclock, 1);
    clock->now_ns = VCLOCK_POWER_ON_NS;
    clock->next_ns = VCLOCK_NEVER;
    return clock;
}

void vclock_free(struct vclock *clock)
{
    if (clock == NULL) {
        return;
    }
    for (size_t position = 1; position <= clock->count; position++) {
        vclock_at(clock, position)->position = 0;
    }
    g_free(clock->heap);
    g_free(clock);
}

uint64_t vclock_now_ns(const struct vclock *clock)
{
    return clock->now_ns;
}

void vevent_init(struct vevent *event, enum vevent_class class, const char *name, vevent_fn *fn,
                 void *opaque)
{
    g_assert(class < VEVENT_CLASS_COUNT);
    g_assert(fn != NULL);
    *event = (struct vevent){.class = class, .name = name, .fn = fn, .opaque = opaque};
}

void vclock_arm(struct vclock *clock, struct vevent *event, uint64_t when_ns)
{
    g_assert(event->fn != NULL);
    if (when_ns == VCLOCK_NEVER) {
        vclock_disarm(clock, event);
        return;
    }
    if (event->position != 0) {
        vclock_remove(clock, event);
    }
    event->when_ns = MAX(when_ns, clock->now_ns);
    event->order = ++clock->order;
    vclock_insert(clock, event);
    vclock_find_next(clock);
}

void vclock_disarm(struct vclock *clock, struct vevent *event)
{
    if (event->position == 0) {
        return;
    }
    vclock_remove(clock, event);
    vclock_find_next(clock);
}

uint64_t vclock_next_ns(const struct vclock *clock)
{
    return clock->next_ns;
}

size_t vclock_count(const struct vclock *clock, enum vevent_class event_class)
{
    g_assert(event_class < VEVENT_CLASS_COUNT);
    return clock->armed[event_class];
}

bool vclock_is_quiescent(const struct vclock *clock)
{
    return clock->armed[VEVENT_MACHINE] == 0 && clock->armed[VEVENT_SCRIPT] == 0;
}

void vclock_run_next(struct vclock *clock)
{
    g_assert(clock->count > 0);
    struct vevent *event = vclock_at(clock, 1);
    g_assert(event->when_ns >= clock->now_ns);
    clock->now_ns = event->when_ns;
    vclock_disarm(clock, event);
    event->fn(event->opaque);
}

void vclock_pass(struct vclock *clock, uint64_t to_ns)
{
    g_assert(to_ns >= clock->now_ns);
    g_assert(to_ns <= vclock_next_ns(clock));
    clock->now_ns = to_ns;
}

void vclock_advance(struct vclock *clock, uint64_t to_ns)
{
    g_assert(to_ns >= clock->now_ns);
    g_assert(to_ns != VCLOCK_NEVER);
    while (vclock_next_ns(clock) <= to_ns) {
        vclock_run_next(clock);
    }
    vclock_pass(clock, to_ns);
}

void vclock_set_listener(struct vclock *clock, vevent_fn *fn, void *opaque)
{
    clock->listener = fn;
    clock->listener_opaque = opaque;
}
