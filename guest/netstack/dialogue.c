/*
 * dialogue.c - unit tests of the network stack as dialogues on the wire
 */
#include "netstack/dialogue.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/task.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/icmp.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

#define SENT_MAX  64
#define FILES_MAX 4
#define TEXT_MAX  240

struct sent_frame {
    unsigned interface;
    size_t size;
    uint8_t bytes[DIALOGUE_FRAME_MAX];
};

static struct sent_frame sent[SENT_MAX]; /* a ring */
static unsigned sent_first, sent_count;
static struct netif netifs[NETIFS_MAX];
static struct wait_queue wakes[NETIFS_MAX];
static struct hal_boot_file files[FILES_MAX];
static struct icmp_endpoint endpoint;
static const struct program_entry *programs;
static size_t program_count;
static unsigned replies;
static int error;
static uint16_t sequence;
static dialogue_link_fn *link_transmit;

/* ---- the driver ------------------------------------------------------------------------------ */

static int dialogue_transmit(struct netif *netif, struct nbuf *nbuf)
{
    if (link_transmit != NULL)
        return link_transmit(netif, nbuf);
    CU_ASSERT_TRUE_FATAL(sent_count < SENT_MAX);
    struct sent_frame *frame = &sent[(sent_first + sent_count++) % SENT_MAX];
    frame->interface = netif->index;
    frame->size = nbuf->len;
    CU_ASSERT_TRUE_FATAL(nbuf->len <= sizeof(frame->bytes));
    memcpy(frame->bytes, nbuf->data, nbuf->len);
    nbuf_free(nbuf);
    return 0;
}

static void dialogue_netd(void *arg)
{
    struct netif *netif = arg;
    struct waiter waiter;
    for (;;) {
        wait_prepare(netif->wake, &waiter, "irq");
        uint64_t deadline_ns = netif_poll(clock_now_ns());
        (void)wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

static void dialogue_add_interface(unsigned index)
{
    struct netif *netif = &netifs[index];
    *netif = (struct netif){
        .mac = {0x52, 0x54, 0x00, 0x12, 0x34, (uint8_t)(0x56 + index)},
        .mtu = 1500,
        .transmit = dialogue_transmit,
        .wake = &wakes[index],
    };
    wait_queue_init(&wakes[index]);
    CU_ASSERT_EQUAL_FATAL(netif_register(netif), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task_create("netd", dialogue_netd, netif));
}

/* ---- begin and end --------------------------------------------------------------------------- */

static void dialogue_deliver(struct icmp_endpoint *to, struct nbuf *nbuf, uint32_t source)
{
    (void)source;
    CU_ASSERT_PTR_EQUAL(to, &endpoint);
    replies++;
    nbuf_free(nbuf);
}

static void dialogue_fail(struct icmp_endpoint *to, uint32_t destination, int why)
{
    (void)destination;
    CU_ASSERT_PTR_EQUAL(to, &endpoint);
    error = why;
}

static void dialogue_set_files(const char *const *texts)
{
    fake_file_count = 0;
    fake_files = files;
    for (unsigned i = 0; texts != NULL && texts[i] != NULL; i += 2) {
        files[fake_file_count++] = (struct hal_boot_file){
            .path = texts[i], .data = texts[i + 1], .size = strlen(texts[i + 1])};
    }
}

void dialogue_set_programs(const struct program_entry *entries, size_t count)
{
    programs = entries;
    program_count = count;
}

void dialogue_begin_with(const char *const *texts, unsigned interfaces)
{
    sent_first = sent_count = replies = 0;
    error = 0;
    sequence = 0;
    link_transmit = NULL;
    dialogue_set_files(texts);
    fake_boot_with(programs, program_count);
    netstack_init();
    posix_init();
    for (unsigned i = 0; i < interfaces; i++)
        dialogue_add_interface(i);
    fake_run();
    endpoint = (struct icmp_endpoint){.deliver = dialogue_deliver, .fail = dialogue_fail};
    CU_ASSERT_EQUAL(icmp_bind(&endpoint, 0), 0);
}

void dialogue_begin(void)
{
    dialogue_begin_with(NULL, 1);
}

void dialogue_end(void)
{
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(nbuf_free_count(), NBUF_COUNT);
}

void dialogue_set_link(dialogue_link_fn *transmit)
{
    link_transmit = transmit;
}

struct netif *dialogue_netif(unsigned index)
{
    return &netifs[index];
}

void dialogue_wait_until(uint64_t time_ns)
{
    fake_run_until(time_ns);
}

unsigned dialogue_drops(const char *where_and_why)
{
    char line[TEXT_MAX];
    snprintf(line, sizeof(line), "drop %s\n", where_and_why);
    return fake_log_count(line);
}

unsigned dialogue_all_drops(void)
{
    return fake_log_count("drop ");
}

unsigned dialogue_console_lines(void)
{
    return fake_log_count("console ");
}

/* ---- describing frames ----------------------------------------------------------------------- */

static unsigned text_be16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

/* The plain sum of [RFC1071], which is 0xffff over data with a right checksum. */
static unsigned text_sum(const uint8_t *from, size_t size)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (uint32_t)from[i] << 8 : from[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void text_address(const uint8_t *from, char text[16])
{
    snprintf(text, 16, "%u.%u.%u.%u", from[0], from[1], from[2], from[3]);
}

static void text_arp(const uint8_t *arp, size_t size, char *text, size_t room)
{
    static const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};
    char sender[16], target[16];
    text_address(arp + 14, sender);
    text_address(arp + 24, target);
    if (size != 28 || memcmp(arp, fixed, 6) != 0)
        snprintf(text, room, "bad arp");
    else if (text_be16(arp + 6) == 1)
        snprintf(text, room, "arp who-has %s tell %s", target, sender);
    else
        snprintf(text, room, "arp reply %s is-at %02x:%02x:%02x:%02x:%02x:%02x to %s", sender,
                 arp[8], arp[9], arp[10], arp[11], arp[12], arp[13], target);
}

static void text_icmp(const uint8_t *ip, size_t size, char *text, size_t room)
{
    char source[16], destination[16];
    const uint8_t *icmp = ip + 20;
    text_address(ip + 12, source);
    text_address(ip + 16, destination);
    if (ip[9] != 1 || text_sum(icmp, size - 20) != 0xffff)
        snprintf(text, room, "bad icmp");
    else if (icmp[0] == 3 || icmp[0] == 11)
        snprintf(text, room, "%s %u %s > %s quotes %zu",
                 icmp[0] == 3 ? "unreachable" : "time-exceeded", icmp[1], source, destination,
                 size - 28);
    else
        snprintf(text, room, "%s %s > %s id %u seq %u size %zu",
                 icmp[0] == 8   ? "echo-request"
                 : icmp[0] == 0 ? "echo-reply"
                                : "icmp",
                 source, destination, text_be16(icmp + 4), text_be16(icmp + 6), size - 20);
}

/* What UDP sums up: the pseudo-header, and header and data; 0xffff with a right checksum. */
static unsigned text_udp_sum(const uint8_t *ip, size_t size)
{
    uint8_t all[12 + NBUF_SIZE] = {0};
    memcpy(all, ip + 12, 8);
    all[9] = 17;
    all[10] = (uint8_t)((size - 20) >> 8);
    all[11] = (uint8_t)(size - 20);
    memcpy(all + 12, ip + 20, size - 20);
    return text_sum(all, 12 + size - 20);
}

static void text_udp(const uint8_t *ip, size_t size, char *text, size_t room)
{
    char source[16], destination[16];
    const uint8_t *udp = ip + 20;
    text_address(ip + 12, source);
    text_address(ip + 16, destination);
    if (text_be16(udp + 4) != size - 20 || text_be16(udp + 6) == 0 ||
        text_udp_sum(ip, size) != 0xffff)
        snprintf(text, room, "bad udp");
    else
        snprintf(text, room, "udp %s:%u > %s:%u size %zu", source, text_be16(udp), destination,
                 text_be16(udp + 2), size - 28);
}

static void text_ip(const uint8_t *ip, size_t size, char *text, size_t room)
{
    char source[16], destination[16];
    text_address(ip + 12, source);
    text_address(ip + 16, destination);
    if (size < 20 || ip[0] != 0x45 || text_be16(ip + 2) != size || text_sum(ip, 20) != 0xffff)
        snprintf(text, room, "bad ip");
    else if ((text_be16(ip + 6) & 0x3fff) != 0)
        snprintf(text, room, "fragment %s > %s protocol %u at %u size %zu%s", source, destination,
                 ip[9], (text_be16(ip + 6) & 0x1fff) * 8, size - 20,
                 (ip[6] & 0x20) != 0 ? " more" : "");
    else if (size < 28)
        snprintf(text, room, "short packet");
    else if (ip[9] == 6)
        dialogue_tcp_describe(ip, size, text, room);
    else if (ip[9] == 17)
        text_udp(ip, size, text, room);
    else
        text_icmp(ip, size, text, room);
}

/*
 * A frame to a neighbour must have its address; only ARP requests and broadcasts go to everybody.
 */
static void text_frame(const struct sent_frame *frame, char *text, size_t room)
{
    const uint8_t *payload = frame->bytes + 14;
    size_t size = frame->size - 14;
    if (frame->size < 14 + 20)
        snprintf(text, room, "short frame");
    else if (memcmp(frame->bytes + 6, netifs[frame->interface].mac, 6) != 0)
        snprintf(text, room, "wrong source address");
    else if (text_be16(frame->bytes + 12) == 0x0806)
        text_arp(payload, size, text, room);
    else if (text_be16(frame->bytes + 12) == 0x0800)
        text_ip(payload, size, text, room);
    else
        snprintf(text, room, "unknown type");
}

void dialogue_expect_on(unsigned interface, const char *description)
{
    char text[TEXT_MAX];
    CU_ASSERT_TRUE(sent_count > 0);
    if (sent_count == 0) {
        fprintf(stderr, "expected \"%s\", got silence\n", description);
        return;
    }
    const struct sent_frame *frame = &sent[sent_first];
    text_frame(frame, text, sizeof(text));
    if (strcmp(text, description) != 0)
        fprintf(stderr, "expected \"%s\", got \"%s\"\n", description, text);
    CU_ASSERT_STRING_EQUAL(text, description);
    CU_ASSERT_EQUAL(frame->interface, interface);
    sent_first = (sent_first + 1) % SENT_MAX;
    sent_count--;
}

void dialogue_expect(const char *description)
{
    dialogue_expect_on(0, description);
}

void dialogue_expect_silence(void)
{
    char text[TEXT_MAX];
    if (sent_count > 0) {
        text_frame(&sent[sent_first], text, sizeof(text));
        fprintf(stderr, "expected silence, got \"%s\"\n", text);
    }
    CU_ASSERT_EQUAL(sent_count, 0);
}

bool dialogue_is_silent(void)
{
    return sent_count == 0;
}

bool dialogue_take(uint8_t *frame, size_t *size)
{
    if (sent_count == 0)
        return false;
    *size = sent[sent_first].size;
    memcpy(frame, sent[sent_first].bytes, *size);
    sent_first = (sent_first + 1) % SENT_MAX;
    sent_count--;
    return true;
}

/* ---- sending --------------------------------------------------------------------------------- */

int dialogue_ping(uint32_t destination)
{
    struct ipv4_path path;
    uint8_t message[16] = {8};
    message[7] = (uint8_t)++sequence;
    netstack_lock();
    int result = ipv4_find_path(destination, &path);
    if (result == 0) {
        struct nbuf *nbuf = nbuf_alloc();
        CU_ASSERT_PTR_NOT_NULL_FATAL(nbuf);
        memcpy(nbuf_put(nbuf, sizeof(message)), message, sizeof(message));
        result = icmp_send_request(&endpoint, nbuf, &path, destination, clock_now_ns());
    }
    netstack_unlock();
    fake_run();
    return result;
}

unsigned dialogue_replies(void)
{
    unsigned count = replies;
    replies = 0;
    return count;
}

int dialogue_error(void)
{
    int why = error;
    error = 0;
    return why;
}

/* ---- the other side -------------------------------------------------------------------------- */

static void put_be16(uint8_t *to, unsigned value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put_be32(uint8_t *to, uint32_t value)
{
    put_be16(to, value >> 16);
    put_be16(to + 2, value & 0xffff);
}

void dialogue_mac(uint32_t address, uint8_t mac[6])
{
    put_be16(mac, 0x0200);
    put_be32(mac + 2, address);
}

void dialogue_send_frame(const void *frame, size_t size)
{
    struct nbuf *nbuf = nbuf_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(nbuf);
    memcpy(nbuf_put(nbuf, size), frame, size);
    netif_input(&netifs[0], nbuf);
    netif_wake(&netifs[0]); /* a driver polls after what it has handed up */
    fake_run();
}

void dialogue_send_arp(const struct dialogue_arp *arp)
{
    static const uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};
    uint8_t frame[60] = {0};
    memset(frame, 0xff, 6);
    dialogue_mac(arp->sender_mac_of != 0 ? arp->sender_mac_of : arp->sender, frame + 6);
    put_be16(frame + 12, 0x0806);
    memcpy(frame + 14, fixed, 6);
    put_be16(frame + 20, arp->operation);
    memcpy(frame + 22, frame + 6, 6);
    put_be32(frame + 28, arp->sender);
    put_be32(frame + 38, arp->target);
    dialogue_send_frame(frame, sizeof(frame));
}

void dialogue_arp_reply(uint32_t sender)
{
    dialogue_send_arp(
        &(struct dialogue_arp){.operation = 2, .sender = sender, .target = OUR_ADDRESS});
}

size_t dialogue_build(uint8_t frame[DIALOGUE_FRAME_MAX], const struct dialogue_ip *ip,
                      const void *payload, size_t size)
{
    uint8_t *header = frame + 14;
    size_t header_size = 20 + 4 * (size_t)ip->options;
    uint32_t source = ip->source != 0 ? ip->source : GATEWAY;
    memset(frame, 0, DIALOGUE_FRAME_MAX);
    memcpy(frame, netifs[0].mac, 6);
    dialogue_mac(source, frame + 6);
    put_be16(frame + 12, 0x0800);
    header[0] = ip->version_length != 0 ? ip->version_length : (uint8_t)(0x45 + ip->options);
    put_be16(header + 2, ip->total_size != 0 ? ip->total_size : (unsigned)(header_size + size));
    put_be16(header + 4, ip->identification);
    put_be16(header + 6, ip->fragment);
    header[8] = ip->ttl != 0 ? ip->ttl : 64;
    header[9] = ip->protocol != 0 ? ip->protocol : 1;
    put_be32(header + 12, source);
    put_be32(header + 16, ip->destination != 0 ? ip->destination : OUR_ADDRESS);
    put_be16(header + 10, ip->checksum != 0 ? ip->checksum : ~text_sum(header, header_size));
    if (size > 0)
        memcpy(header + header_size, payload, size);
    return 14 + header_size + size + ip->padding;
}

void dialogue_send_ip(const struct dialogue_ip *ip, const void *payload, size_t size)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t frame_size = dialogue_build(frame, ip, payload, size);
    dialogue_send_frame(frame, frame_size);
}

size_t dialogue_build_icmp(uint8_t *message, uint8_t type, uint8_t code, uint16_t identifier,
                           uint16_t number, size_t size)
{
    for (size_t i = 8; i < size; i++)
        message[i] = (uint8_t)i;
    message[0] = type;
    message[1] = code;
    put_be16(message + 2, 0);
    put_be16(message + 4, identifier);
    put_be16(message + 6, number);
    put_be16(message + 2, ~text_sum(message, size));
    return size;
}

void dialogue_send_icmp(uint32_t source, uint8_t type, uint16_t identifier, uint16_t number,
                        size_t size)
{
    uint8_t message[1500];
    dialogue_build_icmp(message, type, 0, identifier, number, size);
    dialogue_send_ip(&(struct dialogue_ip){.source = source}, message, size);
}

size_t dialogue_build_udp(uint8_t *datagram, const struct dialogue_udp *udp, const void *data,
                          size_t size)
{
    uint8_t ip[20 + NBUF_SIZE] = {0};
    put_be16(datagram, udp->source_port);
    put_be16(datagram + 2, udp->destination_port);
    put_be16(datagram + 4, (unsigned)size + 8);
    put_be16(datagram + 6, 0);
    if (size > 0)
        memcpy(datagram + 8, data, size);
    put_be32(ip + 12, udp->source != 0 ? udp->source : GATEWAY);
    put_be32(ip + 16, udp->destination != 0 ? udp->destination : OUR_ADDRESS);
    memcpy(ip + 20, datagram, size + 8);
    unsigned checksum = ~text_udp_sum(ip, 28 + size) & 0xffff;
    put_be16(datagram + 6, checksum != 0 ? checksum : 0xffff);
    return size + 8;
}

void dialogue_send_udp(const struct dialogue_udp *udp, const void *data, size_t size)
{
    uint8_t datagram[1500];
    struct dialogue_ip ip = {
        .source = udp->source, .destination = udp->destination, .protocol = 17};
    dialogue_build_udp(datagram, udp, data, size);
    dialogue_send_ip(&ip, datagram, size + 8);
}
