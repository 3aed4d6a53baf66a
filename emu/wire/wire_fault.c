/*
 * wire_fault.c - faults of a cable: a stage on a port
 *
 * A frame is copied only when it is to be corrupted, or held. While nothing is armed the stage
 * costs a test.
 *
 * A link with a rate sends one bit after the other, so a frame is on its way for as long as its
 * bits take, with the 24 bytes of preamble, check sequence and gap that Ethernet puts around it
 * ([802.3] 3.1.1, 4.4.2), and begins when the one before it is through. What has not begun yet is
 * the queue.
 */
#include "emu/wire/wire_fault.h"

#include "emu/core/prng.h"
#include "emu/wire/wire_stage.h"

#include <string.h>

#define WIRE_FAULT_FRAMING 24 /* bytes */
#define NS_PER_S           UINT64_C(1000000000)

struct wire_fault_entry {
    struct fault fault;
    struct wire_fault_spec spec;
    struct prng prng;
    uint64_t free_ns[2]; /* of a rate: when the last frame of a direction is through */
};

/* A frame that others overtake. */
struct wire_fault_held {
    enum wire_direction direction;
    uint64_t left; /* frames that are still to pass before it */
    uint64_t due_ns;
    size_t len;
    uint64_t delay_ns;
    uint8_t *data;
};

struct wire_fault {
    struct fault_place place;
    struct vclock *clock;
    struct wire_stage *stage;
    uint64_t seed;
    unsigned injected; /* so far: names the streams of random numbers */
    unsigned count;
    struct wire_fault_entry entries[WIRE_FAULTS_MAX];
    unsigned held_count;
    struct wire_fault_held held[WIRE_FAULT_HELD_MAX]; /* in the order in which they came */
    struct vevent overdue;
};

const char *wire_fault_name(enum wire_fault_kind kind)
{
    static const char *const names[WIRE_FAULT_KIND_COUNT] = {
        [WIRE_FAULT_DROP] = "drop",           [WIRE_FAULT_DELAY] = "delay",
        [WIRE_FAULT_DUPLICATE] = "duplicate", [WIRE_FAULT_CORRUPT] = "corrupt",
        [WIRE_FAULT_TRUNCATE] = "truncate",   [WIRE_FAULT_REORDER] = "reorder",
        [WIRE_FAULT_RATE] = "rate",           [WIRE_FAULT_PARTITION] = "partition",
    };
    g_assert((unsigned)kind < WIRE_FAULT_KIND_COUNT);
    return names[kind];
}

/* Is this frame an occurrence? */
static bool wire_fault_looks_at(struct wire_fault_entry *entry, enum wire_direction direction,
                                const struct wire_frame *frame)
{
    const struct wire_fault_spec *spec = &entry->spec;
    bool cuts = spec->kind == WIRE_FAULT_CORRUPT || spec->kind == WIRE_FAULT_TRUNCATE;
    if (!(direction == WIRE_IN ? spec->in : spec->out) || (cuts && frame->len <= spec->amount)) {
        return false;
    }
    if (spec->matches != NULL && !spec->matches(spec->opaque, frame->data, frame->len)) {
        return false;
    }
    return spec->chance_ppm == 0 || prng_below(&entry->prng, WIRE_FAULT_CERTAIN) < spec->chance_ppm;
}

/* What the faults made of a frame so far. */
struct wire_fault_outcome {
    enum wire_direction direction;
    struct wire_frame frame;
    uint8_t *copy; /* of its bytes, or NULL */
    unsigned copies;
    const char *why; /* it is dropped; NULL: it is not */
};

static void wire_fault_drop(struct wire_fault_outcome *outcome, const char *why)
{
    outcome->copies = 0;
    outcome->why = why;
}

static void wire_fault_corrupt(struct wire_fault_outcome *outcome, size_t at)
{
    if (outcome->copy == NULL) {
        outcome->copy = g_memdup2(outcome->frame.data, outcome->frame.len);
        outcome->frame.data = outcome->copy;
    }
    outcome->copy[at] ^= 0xff;
}

static uint64_t wire_fault_bytes_ns(uint64_t bytes, uint64_t rate)
{
    return (uint64_t)((unsigned __int128)bytes * 8 * NS_PER_S / rate);
}

static void wire_fault_limit(struct wire_fault *fault, struct wire_fault_entry *entry,
                             struct wire_fault_outcome *outcome)
{
    uint64_t now_ns = vclock_now_ns(fault->clock), rate = entry->spec.amount;
    uint64_t *free_ns = &entry->free_ns[outcome->direction];
    uint64_t begin_ns = MAX(*free_ns, now_ns);
    if (begin_ns - now_ns > wire_fault_bytes_ns(entry->spec.queue, rate)) {
        wire_fault_drop(outcome, "the queue of the link is full");
        return;
    }
    *free_ns = begin_ns + wire_fault_bytes_ns(outcome->frame.len + WIRE_FAULT_FRAMING, rate);
    outcome->frame.delay_ns += *free_ns - now_ns;
}

/* ---- frames that are held -------------------------------------------------------------------- */

static void wire_fault_arm(struct wire_fault *fault)
{
    vclock_arm(fault->clock, &fault->overdue,
               fault->held_count == 0 ? VCLOCK_NEVER : fault->held[0].due_ns);
}

static void wire_fault_hold(struct wire_fault *fault, struct wire_fault_outcome *outcome,
                            uint64_t frames)
{
    if (fault->held_count == WIRE_FAULT_HELD_MAX) {
        return;
    }
    fault->held[fault->held_count++] = (struct wire_fault_held){
        .direction = outcome->direction,
        .left = frames,
        .due_ns = vclock_now_ns(fault->clock) + WIRE_FAULT_REORDER_NS,
        .len = outcome->frame.len,
        .delay_ns = outcome->frame.delay_ns,
        .data = g_memdup2(outcome->frame.data, outcome->frame.len),
    };
    outcome->copies = 0;
    wire_fault_arm(fault);
}

static void wire_fault_release(struct wire_fault *fault, unsigned index)
{
    struct wire_fault_held held = fault->held[index];
    fault->held_count--;
    for (unsigned i = index; i < fault->held_count; i++) {
        fault->held[i] = fault->held[i + 1];
    }
    wire_stage_next(fault->stage, held.direction,
                    &(struct wire_frame){held.data, held.len, held.delay_ns});
    g_free(held.data);
    wire_fault_arm(fault);
}

/* A frame of this direction passed: some have been overtaken often enough. */
static void wire_fault_overtake(struct wire_fault *fault, enum wire_direction direction)
{
    for (unsigned i = 0; i < fault->held_count;) {
        struct wire_fault_held *held = &fault->held[i];
        if (held->direction == direction && --held->left == 0) {
            wire_fault_release(fault, i);
        } else {
            i++;
        }
    }
}

static void wire_fault_release_overdue(void *opaque)
{
    struct wire_fault *fault = opaque;
    while (fault->held_count > 0 && fault->held[0].due_ns <= vclock_now_ns(fault->clock)) {
        wire_fault_release(fault, 0);
    }
}

/* ---- the stage ------------------------------------------------------------------------------- */

static void wire_fault_apply(struct wire_fault *fault, struct wire_fault_entry *entry,
                             struct wire_fault_outcome *outcome)
{
    const struct wire_fault_spec *spec = &entry->spec;
    struct wire_frame *frame = &outcome->frame;
    switch (spec->kind) {
    case WIRE_FAULT_DROP:
    case WIRE_FAULT_PARTITION:
        wire_fault_drop(outcome, "an injected fault");
        break;
    case WIRE_FAULT_DELAY:
        frame->delay_ns += spec->amount;
        frame->delay_ns += spec->jitter_ns == 0 ? 0 : prng_below(&entry->prng, spec->jitter_ns + 1);
        break;
    case WIRE_FAULT_DUPLICATE:
        outcome->copies *= 2;
        break;
    case WIRE_FAULT_CORRUPT:
        wire_fault_corrupt(outcome, spec->amount);
        break;
    case WIRE_FAULT_TRUNCATE:
        frame->len = spec->amount;
        break;
    case WIRE_FAULT_REORDER:
        wire_fault_hold(fault, outcome, spec->amount);
        break;
    case WIRE_FAULT_RATE:
        wire_fault_limit(fault, entry, outcome);
        break;
    case WIRE_FAULT_KIND_COUNT:
        g_assert_not_reached();
    }
}

/* The entry strikes, or not; a used-up one leaves the list, and its place to the next. */
static bool wire_fault_meet(struct wire_fault *fault, unsigned index,
                            struct wire_fault_outcome *outcome)
{
    struct wire_fault_entry *entry = &fault->entries[index];
    if (wire_fault_looks_at(entry, outcome->direction, &outcome->frame) &&
        fault_strikes(&entry->fault, &fault->place)) {
        wire_fault_apply(fault, entry, outcome);
    }
    if (!fault_is_used_up(&entry->fault)) {
        return true;
    }
    fault->count--;
    for (unsigned i = index; i < fault->count; i++) {
        fault->entries[i] = fault->entries[i + 1];
    }
    return false;
}

static void wire_fault_pass(void *opaque, struct wire_stage *stage, enum wire_direction direction,
                            const struct wire_frame *frame)
{
    struct wire_fault *fault = opaque;
    if (fault->count == 0 && fault->held_count == 0) {
        wire_stage_next(stage, direction, frame);
        return;
    }
    struct wire_fault_outcome outcome = {.direction = direction, .frame = *frame, .copies = 1};
    for (unsigned i = 0; i < fault->count && outcome.copies > 0;) {
        i += wire_fault_meet(fault, i, &outcome) ? 1 : 0;
    }
    if (outcome.why != NULL) {
        wire_port_drop(wire_stage_port(stage), direction, outcome.why, outcome.frame.data,
                       outcome.frame.len);
    }
    for (unsigned i = 0; i < outcome.copies; i++) {
        wire_stage_next(stage, direction, &outcome.frame);
    }
    g_free(outcome.copy);
    if (outcome.copies > 0) {
        wire_fault_overtake(fault, direction);
    }
}

static const struct wire_stage_ops wire_fault_ops = {
    .pass = wire_fault_pass,
};

void wire_fault_inject(struct wire_fault *stage, const struct wire_fault_spec *spec)
{
    g_assert(wire_fault_room(stage) > 0);
    g_assert(spec->in || spec->out);
    g_assert(spec->chance_ppm <= WIRE_FAULT_CERTAIN);
    g_assert((spec->kind != WIRE_FAULT_RATE && spec->kind != WIRE_FAULT_REORDER) ||
             spec->amount > 0);
    struct wire_fault_entry *entry = &stage->entries[stage->count++];
    *entry = (struct wire_fault_entry){
        .fault = fault_arm(&stage->place, wire_fault_name(spec->kind), spec->which),
        .spec = *spec,
    };
    g_autofree char *stream = g_strdup_printf("link %s %u", stage->place.target, ++stage->injected);
    prng_init(&entry->prng, stage->seed, stream);
}

unsigned wire_fault_room(const struct wire_fault *stage)
{
    return WIRE_FAULTS_MAX - stage->count;
}

void wire_fault_restore(struct wire_fault *stage)
{
    fault_restore(&stage->place);
    stage->count = 0;
    while (stage->held_count > 0) {
        wire_fault_release(stage, 0);
    }
}

struct wire_fault *wire_fault_new(struct wire_port *port, struct vclock *clock, struct trace *trace,
                                  uint64_t seed)
{
    struct wire_fault *stage = g_new0(struct wire_fault, 1);
    stage->place = (struct fault_place){
        .trace = trace,
        .object = "link",
        .target = wire_port_name(port),
    };
    stage->clock = clock;
    stage->seed = seed;
    vevent_init(&stage->overdue, VEVENT_MACHINE, "held frame", wire_fault_release_overdue, stage);
    stage->stage = wire_port_add_stage(port, &wire_fault_ops, stage);
    return stage;
}

void wire_fault_free(struct wire_fault *stage)
{
    if (stage == NULL) {
        return;
    }
    vclock_disarm(stage->clock, &stage->overdue);
    for (unsigned i = 0; i < stage->held_count; i++) {
        g_free(stage->held[i].data);
    }
    g_free(stage);
}
