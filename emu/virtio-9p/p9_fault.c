/*
 * p9_fault.c - faults of a share
 *
 * All that happens to a request is decided when it comes, so that an occurrence is counted once and
 * in the order in which requests come, whatever becomes of their answers.
 */
#include "emu/virtio-9p/p9_fault.h"

#include <string.h>

/* What a tag is changed by: one that a client which counts up is not likely to have. */
#define P9_FAULT_TAG_CHANGE 0x4000u
#define P9_FAULT_TAG_AT     5

struct p9_fault_entry {
    struct p9_fault_spec spec;
    struct fault fault;
};

struct p9_fault {
    struct fault_place place;
    unsigned count;
    struct p9_fault_entry entries[P9_FAULTS_MAX];
    uint8_t *again; /* the answer that comes once more; NULL: none */
    size_t again_size;
};

struct p9_fault *p9_fault_new(struct trace *trace, const char *target)
{
    struct p9_fault *stage = g_new0(struct p9_fault, 1);
    stage->place = (struct fault_place){.trace = trace, .object = "9p", .target = target};
    return stage;
}

void p9_fault_free(struct p9_fault *stage)
{
    if (stage == NULL) {
        return;
    }
    g_free(stage->again);
    g_free(stage);
}

unsigned p9_fault_room(const struct p9_fault *stage)
{
    return P9_FAULTS_MAX - stage->count;
}

void p9_fault_inject(struct p9_fault *stage, const struct p9_fault_spec *spec)
{
    static const char *const names[P9_FAULT_KIND_COUNT] = {
        [P9_FAULT_ERROR] = "error",
        [P9_FAULT_DELAY] = "delay",
        [P9_FAULT_SHORT_READ] = "short-read",
        [P9_FAULT_DROP] = "drop",
        [P9_FAULT_FOREIGN_TAG] = "foreign-tag",
        [P9_FAULT_DUPLICATE] = "duplicate",
        [P9_FAULT_BAD_SIZE] = "bad-size",
        [P9_FAULT_MSIZE] = "msize",
        [P9_FAULT_RESET] = "reset",
    };
    g_assert(p9_fault_room(stage) > 0 && spec->kind < P9_FAULT_KIND_COUNT);
    struct p9_fault_entry *entry = &stage->entries[stage->count++];
    entry->spec = *spec;
    if (spec->kind == P9_FAULT_SHORT_READ) {
        entry->spec.type = P9_TREAD;
    } else if (spec->kind == P9_FAULT_MSIZE) {
        entry->spec.type = P9_TVERSION;
    }
    entry->fault = fault_arm(&stage->place, names[spec->kind], spec->which);
}

void p9_fault_forget(struct p9_fault *stage)
{
    g_clear_pointer(&stage->again, g_free);
}

void p9_fault_restore(struct p9_fault *stage)
{
    stage->count = 0;
    p9_fault_forget(stage);
    fault_restore(&stage->place);
}

static void p9_fault_apply(const struct p9_fault_spec *spec, struct p9_request *request,
                           struct p9_fate *fate)
{
    switch (spec->kind) {
    case P9_FAULT_ERROR:
        fate->error = (uint32_t)spec->amount;
        return;
    case P9_FAULT_DELAY:
        fate->delay_ns += spec->amount;
        return;
    case P9_FAULT_SHORT_READ:
        request->count = (uint32_t)MIN(request->count, spec->amount);
        return;
    case P9_FAULT_DROP:
        fate->drop = true;
        return;
    case P9_FAULT_FOREIGN_TAG:
        fate->foreign_tag = true;
        return;
    case P9_FAULT_DUPLICATE:
        fate->duplicate = true;
        return;
    case P9_FAULT_BAD_SIZE:
        fate->bad_size = true;
        fate->size = (uint32_t)spec->amount;
        return;
    case P9_FAULT_MSIZE:
        request->msize = (uint32_t)MIN(request->msize, spec->amount);
        return;
    case P9_FAULT_RESET:
        fate->reset = true;
        return;
    case P9_FAULT_KIND_COUNT:
        break;
    }
    g_assert_not_reached();
}

struct p9_fate p9_fault_request(struct p9_fault *stage, struct p9_request *request)
{
    struct p9_fate fate = {.drop = false};
    for (unsigned i = 0; i < stage->count; i++) {
        struct p9_fault_entry *entry = &stage->entries[i];
        bool is_for_it = entry->spec.type == 0 || entry->spec.type == request->type;
        if (is_for_it && fault_strikes(&entry->fault, &stage->place)) {
            p9_fault_apply(&entry->spec, request, &fate);
        }
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < stage->count; i++) {
        if (!fault_is_used_up(&stage->entries[i].fault)) {
            stage->entries[kept++] = stage->entries[i];
        }
    }
    stage->count = kept;
    return fate;
}

size_t p9_fault_reply(struct p9_fault *stage, const struct p9_fate *fate, uint8_t *reply,
                      size_t size, size_t room)
{
    if (stage->again != NULL) {
        size = MIN(stage->again_size, room);
        memcpy(reply, stage->again, size);
        p9_fault_forget(stage);
    }
    if (fate->duplicate) {
        stage->again = g_memdup2(reply, size);
        stage->again_size = size;
    }
    if (fate->foreign_tag) {
        reply[P9_FAULT_TAG_AT + 1] ^= P9_FAULT_TAG_CHANGE >> 8;
    }
    if (fate->bad_size) {
        memcpy(reply, &fate->size, sizeof(fate->size));
    }
    return size;
}
