/* wire.c - what lies between both ends */
#include "tests/differential/wire.h"

#include "tests/differential/watch.h"

#include <glib.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/*
 * Packets are sorted by when they are due. The list is as long as what is on the way, which is what
 * the windows of both ends allow; and nearly all go behind the last one.
 */
struct wire_list {
    struct wire_packet *first, *last;
};

static struct end *wire_ends[2];
static wire_fault_fn *wire_fault;
static struct wire_list wire_flying, wire_held;

uint64_t wire_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * WIRE_MS + (uint64_t)now.tv_nsec;
}

void wire_open(struct end *a, struct end *b)
{
    wire_ends[0] = a;
    wire_ends[1] = b;
}

void wire_set_fault(wire_fault_fn *fault)
{
    wire_fault = fault;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void wire_append(struct wire_list *list, struct wire_packet *packet)
{
    packet->next = NULL;
    if (list->last == NULL)
        list->first = packet;
    else
        list->last->next = packet;
    list->last = packet;
}

static struct wire_packet *wire_take_first(struct wire_list *list)
{
    struct wire_packet *packet = list->first;
    list->first = packet->next;
    if (list->first == NULL)
        list->last = NULL;
    return packet;
}

static void wire_insert(struct wire_list *list, struct wire_packet *packet)
{
    struct wire_packet **place = &list->first;
    if (list->last == NULL || list->last->due_ns <= packet->due_ns) {
        wire_append(list, packet);
        return;
    }
    while ((*place)->due_ns <= packet->due_ns)
        place = &(*place)->next;
    packet->next = *place;
    *place = packet;
}

void wire_release(void)
{
    while (wire_held.first != NULL) {
        struct wire_packet *packet = wire_take_first(&wire_held);
        packet->due_ns = wire_now_ns();
        wire_insert(&wire_flying, packet);
    }
}

/* ---- on the way ------------------------------------------------------------------------------ */

/* A Linux with a fresh device asks for routers and says what it listens to: that is not ours. */
static bool wire_is_ours(const uint8_t *packet, size_t size)
{
    return size >= 20 && packet[0] >> 4 == 4 && packet_header_size(packet) >= 20 &&
           packet_header_size(packet) <= size && packet_be16(packet + 2) == size &&
           packet_be32(packet + 12) == END_ADDRESS && packet_be32(packet + 16) == END_NEIGHBOUR;
}

static void wire_carry(unsigned from, const uint8_t *bytes, size_t size)
{
    struct segment segment;
    struct wire_packet *packet = g_new(struct wire_packet, 1);
    packet->from = from;
    packet->due_ns = wire_now_ns();
    packet->size = size;
    memcpy(packet->bytes, bytes, size);
    bool tcp = segment_read(packet->bytes, size, &segment);
    enum wire_verdict verdict =
        wire_fault == NULL ? WIRE_PASS : wire_fault(packet, tcp ? &segment : NULL);
    /* What a fault has altered counts as what was sent: options that it takes away are not due. */
    if (tcp && segment_read(packet->bytes, size, &segment))
        watch_segment(from, &segment);
    else
        watch_packet(from, packet->bytes, size);
    packet_exchange_addresses(packet->bytes, size);
    switch (verdict) {
    case WIRE_PASS:
        wire_insert(&wire_flying, packet);
        break;
    case WIRE_HOLD:
        wire_append(&wire_held, packet);
        break;
    case WIRE_DROP:
        g_free(packet);
        break;
    }
}

void wire_forge(unsigned to, const uint8_t *packet, size_t size)
{
    wire_ends[to]->ops->give(wire_ends[to], packet, size);
}

static bool wire_collect(void)
{
    uint8_t bytes[END_MTU];
    size_t size;
    bool moved = false;
    for (unsigned from = 0; from < 2; from++) {
        while (wire_ends[from]->ops->take(wire_ends[from], bytes, &size)) {
            if (wire_is_ours(bytes, size)) {
                wire_carry(from, bytes, size);
                moved = true;
            }
        }
    }
    return moved;
}

static bool wire_deliver(void)
{
    uint64_t now_ns = wire_now_ns();
    bool moved = false;
    while (wire_flying.first != NULL && wire_flying.first->due_ns <= now_ns) {
        struct wire_packet *packet = wire_take_first(&wire_flying);
        struct end *to = wire_ends[1 - packet->from];
        to->ops->give(to, packet->bytes, packet->size);
        g_free(packet);
        moved = true;
    }
    return moved;
}

bool wire_step(int wait_ms)
{
    struct pollfd fds[2];
    nfds_t count = 0;
    for (unsigned i = 0; i < 2; i++) {
        wire_ends[i]->ops->run(wire_ends[i], wire_now_ns());
        if (wire_ends[i]->fd >= 0)
            fds[count++] = (struct pollfd){.fd = wire_ends[i]->fd, .events = POLLIN};
    }
    bool moved = wire_collect();
    moved = wire_deliver() || moved;
    if (!moved)
        (void)poll(fds, count, wire_flying.first != NULL ? 1 : wait_ms);
    return moved || wire_flying.first != NULL;
}
