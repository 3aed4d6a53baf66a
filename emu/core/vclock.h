/*
 * vclock.h - the virtual clock and its event queue
 *
 * The only time there is: unsigned nanoseconds, 1 s at power-on (libslirp takes 0 for "never"). The
 * clock moves only when its owner, the CPU stub, moves it. Events are due at a time; those due at
 * the same time run in the order in which they were armed. An event belongs to whoever embeds it
 * and is armed at most once.
 */
#ifndef EMU_CORE_VCLOCK_H
#define EMU_CORE_VCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCLOCK_POWER_ON_NS UINT64_C(1000000000)
#define VCLOCK_NEVER       UINT64_MAX

/*
 * What an event may do decides whether the machine can still move:
 *   MACHINE       hardware and wire: it may change what the guest sees.
 *   SCRIPT        the scenario will act on the machine at this time.
 *   HOUSEKEEPING  upkeep, deadlines and limits: the guest never notices. A machine with nothing but
 *                 housekeeping left, and a CPU in WFI, is quiescent for ever.
 */
enum vevent_class {
    VEVENT_MACHINE,
    VEVENT_SCRIPT,
    VEVENT_HOUSEKEEPING,
    VEVENT_CLASS_COUNT,
};

typedef void vevent_fn(void *opaque);

/*
 * Embedded by its owner; members belong to vclock.c. Zero-initialised memory is a disarmed event.
 */
struct vevent {
    uint64_t when_ns;
    uint64_t order;
    size_t position; /* 1-based place in the heap; 0 when disarmed */
    enum vevent_class class;
    const char *name;
    vevent_fn *fn;
    void *opaque;
};

struct vclock;

struct vclock *vclock_new(void);
/* NULL is fine. Events that are still armed are disarmed. */
void vclock_free(struct vclock *clock);

uint64_t vclock_now_ns(const struct vclock *clock);

/*
 * Prepares an event; keeps `name` (static). `fn` runs inside vclock_run_next() and may arm and
 * disarm any event.
 */
void vevent_init(struct vevent *event, enum vevent_class class, const char *name, vevent_fn *fn,
                 void *opaque);

/*
 * Arms an event, or moves one that is armed (it then counts as armed now). A time in the past means
 * now; VCLOCK_NEVER disarms it.
 */
void vclock_arm(struct vclock *clock, struct vevent *event, uint64_t when_ns);
void vclock_disarm(struct vclock *clock, struct vevent *event);

static inline bool vevent_is_armed(const struct vevent *event)
{
    return event->position != 0;
}

/* When the first event is due, or VCLOCK_NEVER. */
uint64_t vclock_next_ns(const struct vclock *clock);

/* True when nothing but housekeeping is armed. Constant time. */
bool vclock_is_quiescent(const struct vclock *clock);

/* How many events of a class are armed. Constant time. */
size_t vclock_count(const struct vclock *clock, enum vevent_class event_class);

/*
 * Moves the clock to the first event's time, disarms the event and runs it. The queue must not be
 * empty.
 */
void vclock_run_next(struct vclock *clock);

/* Moves the clock to `to_ns`, which must be neither in the past nor after the first event. */
void vclock_pass(struct vclock *clock, uint64_t to_ns);

/* Runs all that is due up to `to_ns` in order, then moves the clock there. */
void vclock_advance(struct vclock *clock, uint64_t to_ns);

/*
 * Called whenever vclock_next_ns() may have changed, so that the CPU can move its tick deadline.
 * One listener.
 */
void vclock_set_listener(struct vclock *clock, vevent_fn *fn, void *opaque);

#endif
