/*
 * wire_fault.c - faults of a cable: a stage on a port
 *
 * A frame is copied only when it is to be corrupted. While nothing is armed the stage costs a test.
 */
#include "emu/wire/wire_fault.h"

#include "emu/wire/wire_stage.h"

#include <string.h>

struct wire_fault_entry {
    struct fault fault;
    struct wire_fault_spec spec;
};

struct wire_fault {
    struct fault_place place;
    unsigned count;
    struct wire_fault_entry entries[WIRE_FAULTS_MAX];
};

const char *wire_fault_name(enum wire_fault_kind kind)
{
    static const char *const names[WIRE_FAULT_KIND_COUNT] = {
        [WIRE_FAULT_DROP] = "drop",           [WIRE_FAULT_DELAY] = "delay",
        [WIRE_FAULT_DUPLICATE] = "duplicate", [WIRE_FAULT_CORRUPT] = "corrupt",
        [WIRE_FAULT_TRUNCATE] = "truncate",
    };
    g_assert((unsigned)kind < WIRE_FAULT_KIND_COUNT);
    return names[kind];
}

/* Is this frame an occurrence? */
static bool wire_fault_looks_at(const struct wire_fault_spec *spec, enum wire_direction direction,
                                const struct wire_frame *frame)
{
    bool cuts = spec->kind == WIRE_FAULT_CORRUPT || spec->kind == WIRE_FAULT_TRUNCATE;
    if (!(direction == WIRE_IN ? spec->in : spec->out) || (cuts && frame->len <= spec->amount)) {
        return false;
    }
    return spec->matches == NULL || spec->matches(spec->opaque, frame->data, frame->len);
}

/* What the faults made of a frame so far. */
struct wire_fault_outcome {
    struct wire_frame frame;
    uint8_t *copy; /* of its bytes, or NULL */
    unsigned copies;
};

static void wire_fault_apply(const struct wire_fault_spec *spec, struct wire_fault_outcome *outcome)
{
    struct wire_frame *frame = &outcome->frame;
    switch (spec->kind) {
    case WIRE_FAULT_DROP:
        outcome->copies = 0;
        break;
    case WIRE_FAULT_DELAY:
        frame->delay_ns += spec->amount;
        break;
    case WIRE_FAULT_DUPLICATE:
        outcome->copies *= 2;
        break;
    case WIRE_FAULT_CORRUPT:
        if (outcome->copy == NULL) {
            outcome->copy = g_memdup2(frame->data, frame->len);
            frame->data = outcome->copy;
        }
        outcome->copy[spec->amount] ^= 0xff;
        break;
    case WIRE_FAULT_TRUNCATE:
        frame->len = spec->amount;
        break;
    case WIRE_FAULT_KIND_COUNT:
        g_assert_not_reached();
    }
}

/* The entry strikes, or not; a used-up one leaves the list, and its place to the next. */
static bool wire_fault_meet(struct wire_fault *fault, unsigned index, enum wire_direction direction,
                            struct wire_fault_outcome *outcome)
{
    struct wire_fault_entry *entry = &fault->entries[index];
    if (wire_fault_looks_at(&entry->spec, direction, &outcome->frame) &&
        fault_strikes(&entry->fault, &fault->place)) {
        wire_fault_apply(&entry->spec, outcome);
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
    if (fault->count == 0) {
        wire_stage_next(stage, direction, frame);
        return;
    }
    struct wire_fault_outcome outcome = {.frame = *frame, .copies = 1};
    for (unsigned i = 0; i < fault->count && outcome.copies > 0;) {
        i += wire_fault_meet(fault, i, direction, &outcome) ? 1 : 0;
    }
    if (outcome.copies == 0) {
        wire_port_drop(wire_stage_port(stage), direction, "an injected fault", outcome.frame.data,
                       outcome.frame.len);
    }
    for (unsigned i = 0; i < outcome.copies; i++) {
        wire_stage_next(stage, direction, &outcome.frame);
    }
    g_free(outcome.copy);
}

static const struct wire_stage_ops wire_fault_ops = {
    .pass = wire_fault_pass,
};

void wire_fault_inject(struct wire_fault *stage, const struct wire_fault_spec *spec)
{
    g_assert(wire_fault_room(stage) > 0);
    g_assert(spec->in || spec->out);
    stage->entries[stage->count++] = (struct wire_fault_entry){
        .fault = fault_arm(&stage->place, wire_fault_name(spec->kind), spec->which),
        .spec = *spec,
    };
}

unsigned wire_fault_room(const struct wire_fault *stage)
{
    return WIRE_FAULTS_MAX - stage->count;
}

void wire_fault_restore(struct wire_fault *stage)
{
    fault_restore(&stage->place);
    stage->count = 0;
}

struct wire_fault *wire_fault_new(struct wire_port *port, struct trace *trace)
{
    struct wire_fault *stage = g_new0(struct wire_fault, 1);
    stage->place = (struct fault_place){
        .trace = trace,
        .object = "link",
        .target = wire_port_name(port),
    };
    wire_port_add_stage(port, &wire_fault_ops, stage);
    return stage;
}

void wire_fault_free(struct wire_fault *stage)
{
    g_free(stage);
}
