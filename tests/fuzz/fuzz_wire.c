/*
 * fuzz_wire.c - any frames at the egress filter, the switch and libslirp
 *
 * The input is a list of frames that a guest sends, either as they are or as one of some good
 * frames with bytes changed, its checksums made right again or not; and of virtual time. Whatever
 * is sent: no socket of the host is opened (fuzz_host.c, and wire_slirp.c asserts it), the answers
 * are few, and each is a frame with valid checksums.
 */
#include "emu/wire/wire_packets.h"
#include "emu/wire/wire_slirp.h"
#include "tests/fuzz/fuzz_packet.h"

#define FUZZ_STEPS_MAX   64
#define FUZZ_CHANGES_MAX 8
/*
 * To one frame: its answer, perhaps after an ARP request. Answers to earlier frames may have
 * waited for that.
 */
#define FUZZ_ANSWERS_MAX 2

enum fuzz_op {
    FUZZ_RAW,
    FUZZ_CHANGED,       /* a good frame with some bytes changed */
    FUZZ_CHANGED_FIXED, /* the same with good checksums */
    FUZZ_PAUSE,
    FUZZ_OPS,
};

struct fuzz_wire {
    struct vclock *clock;
    struct trace *trace;
    struct wire *wire;
    struct wire_slirp *slirp;
    struct wire_port *guest;
    unsigned sent, answers;
};

static void fuzz_guest_receive(void *opaque, const uint8_t *frame, size_t len)
{
    struct fuzz_wire *self = opaque;
    FUZZ_CHECK(len >= WIRE_FRAME_MIN && len <= WIRE_FRAME_MAX);
    fuzz_packet_check(frame, len);
    self->answers++;
}

static void fuzz_run_events(struct fuzz_wire *self)
{
    while (!vclock_is_quiescent(self->clock)) {
        vclock_run_next(self->clock);
    }
    FUZZ_CHECK(self->answers <= self->sent * FUZZ_ANSWERS_MAX);
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
    case FUZZ_OPS:
        break;
    }
    fuzz_run_events(self);
}

void fuzz_run(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .size = size};
    struct fuzz_wire self = {.clock = vclock_new()};
    self.trace = trace_new(self.clock);
    self.wire = wire_new(self.clock, self.trace);
    self.slirp = wire_slirp_new(self.wire, self.clock, "slirp", NULL);
    FUZZ_CHECK(self.slirp != NULL);
    self.guest = wire_add_port(self.wire, "guest", true, fuzz_guest_receive, &self);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&self, &input);
    }
    wire_slirp_free(self.slirp);
    wire_free(self.wire);
    trace_free(self.trace);
    vclock_free(self.clock);
}
