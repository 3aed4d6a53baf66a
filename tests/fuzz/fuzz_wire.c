/*
 * fuzz_wire.c - any frames at the egress filter, the switch and libslirp
 *
 * The input is a list of frames that a guest sends, either as they are or as one of some good
 * frames with bytes changed, its checksums made right again or not; of frames put on the guest's
 * cable; of faults of that cable; and of virtual time. Whatever is sent: no socket of the host is
 * opened (fuzz_host.c, and wire_slirp.c asserts it), what arrives at the guest are few frames, and
 * as long as neither a fault nor the input changed one on its way in, each has valid checksums.
 */
#include "emu/wire/wire_fault.h"
#include "emu/wire/wire_packets.h"
#include "emu/wire/wire_slirp.h"
#include "tests/fuzz/fuzz_packet.h"

#define FUZZ_STEPS_MAX   64
#define FUZZ_CHANGES_MAX 8
/*
 * To one frame: its answer, perhaps after an ARP request. Answers to earlier frames may have
 * waited for that.
 */
#define FUZZ_ANSWERS_MAX    2
#define FUZZ_DUPLICATES_MAX 3 /* faults: each doubles what the others make */

enum fuzz_op {
    FUZZ_RAW,
    FUZZ_CHANGED,       /* a good frame with some bytes changed */
    FUZZ_CHANGED_FIXED, /* the same with good checksums */
    FUZZ_PAUSE,
    FUZZ_FAULT,
    FUZZ_RESTORE, /* all faults end */
    FUZZ_DELIVER, /* as a scripted sender does */
    FUZZ_OPS,
};

struct fuzz_wire {
    struct vclock *clock;
    struct trace *trace;
    struct wire *wire;
    struct wire_slirp *slirp;
    struct wire_port *guest;
    struct wire_fault *fault;
    unsigned sent, answers;
    unsigned duplicates; /* faults of that kind so far */
    bool is_strange;     /* what arrives need not be a frame any more */
};

static void fuzz_guest_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct fuzz_wire *self = opaque;
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += frame[i]; /* each byte is read, for the address sanitizer */
    }
    FUZZ_CHECK(len <= WIRE_FRAME_MAX && sum <= 255 * len);
    if (!self->is_strange) {
        FUZZ_CHECK(len >= WIRE_FRAME_MIN);
        fuzz_packet_check(frame, len);
    }
    self->answers++;
}

static void fuzz_run_events(struct fuzz_wire *self)
{
    while (!vclock_is_quiescent(self->clock)) {
        vclock_run_next(self->clock);
    }
    /* Duplicates in one direction double what is sent, in the other what arrives, or both. */
    FUZZ_CHECK(self->answers <= self->sent * FUZZ_ANSWERS_MAX << 2 * self->duplicates);
}

/* One of the good frames, in a buffer with room behind it; returns its length. */
static size_t fuzz_template(uint8_t which, uint8_t frame[PACKET_DHCP_SIZE])
{
    static const struct {
        const uint8_t *bytes;
        size_t size;
    } frames[] = {
        {packet_arp, sizeof(packet_arp)},
        {packet_echo, sizeof(packet_echo)},
        {packet_syn, sizeof(packet_syn)},
        {packet_udp, sizeof(packet_udp)},
    };
    size_t index = which % (G_N_ELEMENTS(frames) + 1);
    if (index == G_N_ELEMENTS(frames)) {
        packet_build_dhcp_discover(frame);
        return PACKET_DHCP_SIZE;
    }
    memset(frame, 0, PACKET_DHCP_SIZE);
    memcpy(frame, frames[index].bytes, frames[index].size);
    return frames[index].size;
}

static void fuzz_send_changed(struct fuzz_wire *self, struct fuzz_input *input, bool fixed)
{
    uint8_t frame[PACKET_DHCP_SIZE];
    size_t len = fuzz_template(fuzz_u8(input), frame);
    unsigned changes = fuzz_u8(input) % FUZZ_CHANGES_MAX;
    for (unsigned i = 0; i < changes; i++) {
        uint16_t change = fuzz_u16(input);
        frame[change % len] = fuzz_u8(input);
    }
    /* Sometimes longer or shorter than the frame was. */
    uint8_t more = fuzz_u8(input);
    len = more < 128 ? MIN(len + more % 64, sizeof(frame)) : len - MIN(len, more % 64u);
    if (fixed) {
        packet_fix(frame, len);
    }
    self->sent++;
    wire_port_send(self->guest, frame, len);
}

static void fuzz_send_raw(struct fuzz_wire *self, struct fuzz_input *input)
{
    size_t got;
    const uint8_t *bytes = fuzz_take(input, fuzz_u16(input) % 2048, &got);
    self->sent++;
    wire_port_send(self->guest, bytes, got);
}

static void fuzz_deliver(struct fuzz_wire *self, struct fuzz_input *input)
{
    size_t got;
    const uint8_t *bytes = fuzz_take(input, fuzz_u16(input) % 2048, &got);
    self->sent++;
    self->is_strange = true;
    wire_port_deliver(self->guest, bytes, got);
}

/* For frames with an odd byte in the middle. */
static bool fuzz_matches(const void *opaque, const uint8_t *frame, size_t len)
{
    (void)opaque;
    return len > 0 && frame[len / 2] % 2 == 1;
}

/* A byte each: the kind, directions and filter, skip, count (0: for ever); then an amount. */
static void fuzz_inject(struct fuzz_wire *self, struct fuzz_input *input)
{
    enum wire_fault_kind kind = (enum wire_fault_kind)(fuzz_u8(input) % WIRE_FAULT_KIND_COUNT);
    uint8_t where = fuzz_u8(input), skip = fuzz_u8(input), count = fuzz_u8(input);
    uint32_t amount = fuzz_u32(input);
    if (wire_fault_room(self->fault) == 0 ||
        (kind == WIRE_FAULT_DUPLICATE && self->duplicates == FUZZ_DUPLICATES_MAX)) {
        return;
    }
    const struct wire_fault_spec spec = {
        .kind = kind,
        .in = where % 2 == 0,
        .out = where % 3 == 0 || where % 2 == 1,
        /* A rate and an overtaking of nothing are none. */
        .amount = kind == WIRE_FAULT_DELAY || kind == WIRE_FAULT_RATE ? MAX(amount, 1)
                                                                      : MAX(amount % 2048, 1),
        .jitter_ns = amount % 3 == 0 ? amount : 0,
        .queue = amount % 4096,
        .chance_ppm = amount % 5 == 0 ? 500000 : 0,
        .which = {.skip = skip, .count = count == 0 ? FAULT_ALL : count},
        .matches = where >= 128 ? fuzz_matches : NULL,
    };
    wire_fault_inject(self->fault, &spec);
    self->duplicates += kind == WIRE_FAULT_DUPLICATE;
    self->is_strange = self->is_strange ||
                       (spec.in && (kind == WIRE_FAULT_CORRUPT || kind == WIRE_FAULT_TRUNCATE));
}

static void fuzz_step(struct fuzz_wire *self, struct fuzz_input *input)
{
    switch ((enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS)) {
    case FUZZ_RAW:
        fuzz_send_raw(self, input);
        break;
    case FUZZ_CHANGED:
        fuzz_send_changed(self, input, false);
        break;
    case FUZZ_CHANGED_FIXED:
        fuzz_send_changed(self, input, true);
        break;
    case FUZZ_PAUSE:
        vclock_advance(self->clock, vclock_now_ns(self->clock) + fuzz_u32(input));
        break;
    case FUZZ_FAULT:
        fuzz_inject(self, input);
        break;
    case FUZZ_RESTORE:
        wire_fault_restore(self->fault);
        FUZZ_CHECK(wire_fault_room(self->fault) == WIRE_FAULTS_MAX);
        break;
    case FUZZ_DELIVER:
        fuzz_deliver(self, input);
        break;
    case FUZZ_OPS:
        break;
    }
    fuzz_run_events(self);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    /* TCP to services needs sockets, which no target may have: serve_tcp_test.c has it. */
    static const struct serve_endpoint echo = {
        .udp = true, .address = WIRE_EGRESS_GATEWAY, .port = 7, .kind = SERVE_ECHO};
    static const struct serve_endpoint refused = {
        .address = 0x0a000264, .port = 80, .kind = SERVE_REFUSED};
    static const struct serve_endpoint *const list[] = {&echo, &refused};
    static const struct serve_dns_name name = {.name = "a.test", .kind = SERVE_DNS_A};
    static const struct wire_services services = {
        .rules = {.endpoints = list, .count = G_N_ELEMENTS(list), .dns = WIRE_EGRESS_DNS},
        .names = &name,
        .name_count = 1,
    };
    struct fuzz_input input = {.data = data, .size = size};
    struct fuzz_wire self = {.clock = vclock_new()};
    self.trace = trace_new(self.clock);
    self.wire = wire_new(self.clock, self.trace);
    self.slirp = wire_slirp_new(self.wire, self.clock, self.trace, "slirp", &services, NULL);
    FUZZ_CHECK(self.slirp != NULL);
    self.guest = wire_add_port(self.wire, "guest", true, fuzz_guest_receive, &self);
    self.fault = wire_fault_new(self.guest, self.clock, self.trace, 1);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&self, &input);
    }
    wire_slirp_free(self.slirp);
    wire_free(self.wire);
    wire_fault_free(self.fault);
    trace_free(self.trace);
    vclock_free(self.clock);
}
