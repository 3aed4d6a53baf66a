/*
 * fuzz_guest_frames.c - any frames at the reference guest's network stack
 *
 * The stack runs on the guest's own kernel, that on a fake hal. The input is a list of frames that
 * arrive, as they are or with good checksums, of virtual time, and of what a program with a ping
 * socket and a UDP socket on port 68 does. Whatever comes:
 *   - the guest does not panic, and what it sends are frames with valid checksums, few for each
 *     step;
 *   - every buffer is free again in the end;
 *   - all goes the same whatever bytes stand behind the frames in their buffers: it runs twice,
 *     with different ones.
 */
#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/netif.h"
#include "netstack/arp.h"
#include "netstack/interface.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "netstack/reassembly.h"

#include "emu/wire/wire_packets.h"
#include "tests/fuzz/fuzz_packet.h"

#include <string.h>

#define FUZZ_STEPS_MAX 64
#define FUZZ_MTU       1500
#define FUZZ_FRAME_MAX (14 + FUZZ_MTU) /* what the driver lets through */
/*
 * Sent in one step: the answer, perhaps in 45 fragments, what waited for ARP, a request for each
 * neighbour that is being discovered, an error for each datagram that stays incomplete.
 */
#define FUZZ_SENT_MAX (46 + ARP_WAITING_MAX + ARP_ENTRIES_MAX + REASSEMBLY_MAX)
#define FUZZ_UDP_PORT 68

enum fuzz_op {
    FUZZ_FRAME,
    FUZZ_FRAME_FIXED, /* with its checksums made right */
    FUZZ_PAUSE,
    FUZZ_PING,
    FUZZ_RECEIVE,
    FUZZ_UDP_SEND,
    FUZZ_UDP_RECEIVE,
    FUZZ_OPS,
};

struct fuzz_guest {
    struct netif netif;
    struct wait_queue wake;
    struct file *socket, *udp;
    const uint8_t *behind; /* eight bytes that stand behind each frame, again and again */
    unsigned sent;
    uint64_t transcript; /* of all that can be seen from outside */
};

static struct fuzz_guest fuzz_guest;

/* FNV-1a. */
static void fuzz_record(const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        fuzz_guest.transcript = (fuzz_guest.transcript ^ from[i]) * UINT64_C(0x100000001b3);
    }
    fuzz_guest.transcript = (fuzz_guest.transcript ^ size) * UINT64_C(0x100000001b3);
}

/* What the guest dropped, and why. */
static void fuzz_record_drops(void)
{
    for (const char *line = fake_log(); *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "drop ", 5) == 0) {
            fuzz_record(line, strcspn(line, "\n"));
        }
    }
    fake_log_clear();
}

/*
 * ---- the driver -------------------------------------------------------------------------------
 */

/*
 * The stack counts its packets from power-on, and is not switched off between two runs: the number
 * is left out.
 */
static void fuzz_record_frame(const uint8_t *frame, size_t len)
{
    uint8_t copy[FUZZ_FRAME_MAX];
    memcpy(copy, frame, len);
    if (packet_get(copy, 12, 2) == 0x0800) {
        packet_put(copy, 18, 2, 0); /* identification */
        packet_put(copy, 24, 2, 0); /* and the checksum that covers it */
    }
    fuzz_record(copy, len);
}

static int fuzz_transmit(struct netif *netif, struct nbuf *nbuf)
{
    FUZZ_CHECK(nbuf->len <= FUZZ_FRAME_MAX);
    fuzz_packet_check_frame(nbuf->data, nbuf->len, true);
    FUZZ_CHECK(memcmp(nbuf->data + 6, netif->mac, sizeof(netif->mac)) == 0);
    fuzz_record_frame(nbuf->data, nbuf->len);
    fuzz_guest.sent++;
    nbuf_free(nbuf);
    return 0;
}

static void fuzz_frame(struct fuzz_input *input, bool fixed)
{
    size_t len;
    const uint8_t *bytes = fuzz_take(input, fuzz_u16(input) % (FUZZ_FRAME_MAX + 1), &len);
    struct nbuf *nbuf = nbuf_alloc();
    FUZZ_CHECK(nbuf != NULL);
    for (size_t i = 0; i < nbuf_tailroom(nbuf); i++) {
        nbuf->data[i] = fuzz_guest.behind[i % 8];
    }
    uint8_t *frame = nbuf_put(nbuf, len);
    memcpy(frame, bytes, len);
    if (fixed) {
        packet_fix(frame, len);
    }
    netif_input(&fuzz_guest.netif, nbuf);
}

/*
 * ---- the program ------------------------------------------------------------------------------
 */

static void fuzz_ping(struct fuzz_input *input)
{
    static const uint8_t message[16] = {8, 0, 0, 0, 0, 0, 0, 1};
    size_t got;
    const uint8_t *address = fuzz_take(input, 4, &got);
    struct sockaddr_in to = {.sin_family = AF_INET};
    memcpy(&to.sin_addr, address, got);
    long result = socket_sendto(fuzz_guest.socket, message, sizeof(message), 0,
                                (const struct sockaddr *)(const void *)&to, sizeof(to));
    FUZZ_CHECK(result == sizeof(message) || result < 0);
    fuzz_record(&result, sizeof(result));
}

/* Two bytes of size, then address and port. */
static void fuzz_udp_send(struct fuzz_input *input)
{
    static const uint8_t data[2000];
    size_t got, size = fuzz_u16(input) % sizeof(data);
    const uint8_t *name = fuzz_take(input, 6, &got);
    struct sockaddr_in to = {.sin_family = AF_INET};
    memcpy(&to.sin_addr, name, got < 4 ? got : 4);
    if (got == 6) {
        memcpy(&to.sin_port, name + 4, 2);
    }
    long result = socket_sendto(fuzz_guest.udp, data, size, 0,
                                (const struct sockaddr *)(const void *)&to, sizeof(to));
    FUZZ_CHECK(result == (long)size || result < 0);
    fuzz_record(&result, sizeof(result));
}

static void fuzz_receive(struct file *socket)
{
    uint8_t message[64];
    struct sockaddr_in from;
    uint32_t from_size = sizeof(from);
    memset(message, 0, sizeof(message));
    memset(&from, 0, sizeof(from));
    long result = socket_recvfrom(socket, message, sizeof(message), MSG_DONTWAIT,
                                  (struct sockaddr *)(void *)&from, &from_size);
    FUZZ_CHECK(result <= (long)sizeof(message));
    fuzz_record(&result, sizeof(result));
    fuzz_record(message, sizeof(message));
    fuzz_record(&from, sizeof(from));
}

/*
 * ---- steps ------------------------------------------------------------------------------------
 */

static void fuzz_pause(struct fuzz_input *input)
{
    fake_now_ns += (uint64_t)fuzz_u16(input) * 1000000;
    uint64_t deadline_ns = netif_poll(clock_now_ns());
    FUZZ_CHECK(deadline_ns > clock_now_ns());
}

static void fuzz_step(struct fuzz_input *input)
{
    fuzz_guest.sent = 0;
    switch ((enum fuzz_op)(fuzz_u8(input) % FUZZ_OPS)) {
    case FUZZ_FRAME:
        fuzz_frame(input, false);
        break;
    case FUZZ_FRAME_FIXED:
        fuzz_frame(input, true);
        break;
    case FUZZ_PAUSE:
        fuzz_pause(input);
        break;
    case FUZZ_PING:
        fuzz_ping(input);
        break;
    case FUZZ_RECEIVE:
        fuzz_receive(fuzz_guest.socket);
        break;
    case FUZZ_UDP_SEND:
        fuzz_udp_send(input);
        break;
    case FUZZ_UDP_RECEIVE:
        fuzz_receive(fuzz_guest.udp);
        break;
    case FUZZ_OPS:
        break;
    }
    fake_run();
    FUZZ_CHECK(fuzz_guest.sent <= FUZZ_SENT_MAX);
    fuzz_record_drops();
}

static void fuzz_boot(const uint8_t behind[8])
{
    int error = 0;
    fake_boot();
    netstack_init();
    posix_init();
    fuzz_guest = (struct fuzz_guest){
        .netif = {.mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
                  .mtu = FUZZ_MTU,
                  .transmit = fuzz_transmit,
                  .wake = &fuzz_guest.wake},
        .behind = behind,
    };
    wait_queue_init(&fuzz_guest.wake);
    FUZZ_CHECK(netif_register(&fuzz_guest.netif) == 0);
    fuzz_guest.socket = socket_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, &error);
    FUZZ_CHECK(fuzz_guest.socket != NULL);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = GUINT16_TO_BE(FUZZ_UDP_PORT)};
    fuzz_guest.udp = socket_open(AF_INET, SOCK_DGRAM, IPPROTO_UDP, &error);
    FUZZ_CHECK(fuzz_guest.udp != NULL);
    FUZZ_CHECK(fuzz_guest.udp->ops->bind(
                   fuzz_guest.udp, (const struct sockaddr *)(const void *)&any, sizeof(any)) == 0);
    fake_log_clear();
}

static void fuzz_shut_down(void)
{
    file_release(fuzz_guest.socket);
    file_release(fuzz_guest.udp);
    netstack_lock();
    FUZZ_CHECK(interface_set_up(interface_of(&fuzz_guest.netif), false) == 0);
    netstack_unlock();
    FUZZ_CHECK(nbuf_free_count() == NBUF_COUNT);
}

static uint64_t fuzz_play(const uint8_t *data, size_t size, const uint8_t behind[8])
{
    struct fuzz_input input = {.data = data, .size = size};
    fuzz_boot(behind);
    for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&input); i++) {
        fuzz_step(&input);
    }
    fuzz_shut_down();
    return fuzz_guest.transcript;
}

/*
 * Behind a frame stands nothing, or what would be a request of the program's if it were looked at.
 * Packets begin 14 bytes into a frame and their parts at multiples of four, hence two of them.
 */
void fuzz_run(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[8] = {0};
    static const uint8_t request_at_2[8] = {0, 1, 8, 0, 0, 0, 0, 1};
    static const uint8_t request_at_6[8] = {0, 0, 0, 1, 0, 1, 8, 0};
    uint64_t transcript = fuzz_play(data, size, nothing);
    FUZZ_CHECK(fuzz_play(data, size, request_at_2) == transcript);
    FUZZ_CHECK(fuzz_play(data, size, request_at_6) == transcript);
}
