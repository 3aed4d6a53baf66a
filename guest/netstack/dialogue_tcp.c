/*
 * dialogue_tcp.c - dialogues of TCP segments
 */
#include "netstack/dialogue_tcp.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "netstack/dialogue.h"
#include "netstack/netstack.h"
#include "netstack/tcp.h"
#include "netstack/tcp_buffer.h"
#include "tests/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FLOWS_MAX 16

struct flow {
    uint16_t port, peer_port;
    uint32_t peer;
    bool begun; /* our SYN was seen */
    uint32_t initial, timestamp;
};

static struct flow flows[FLOWS_MAX];
static unsigned flow_count;
static struct flow *current;

/* A segment as text has it: numbers as on the wire. */
struct words {
    uint8_t flags;
    uint32_t sequence, acknowledgement, window, size;
    unsigned option_size;
    uint8_t options[40];
};

enum {
    FIN = 1,
    SYN = 2,
    RST = 4,
    PSH = 8,
    ACK = 16,
    URG = 32
};

static unsigned get_be16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

static uint32_t get_be32(const uint8_t *from)
{
    return (uint32_t)get_be16(from) << 16 | get_be16(from + 2);
}

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

uint8_t dialogue_tcp_byte(uint32_t place)
{
    return (uint8_t)(place * 31 + (place >> 8) * 17 + (place >> 16));
}

static unsigned sum_of(const uint8_t *from, size_t size, uint32_t sum)
{
    for (size_t i = 0; i < size; i++)
        sum += i % 2 == 0 ? (uint32_t)from[i] << 8 : from[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* With the pseudo-header; `ip` has addresses, which is all that is needed of it. */
static unsigned segment_sum(const uint8_t *ip, const uint8_t *tcp, size_t size)
{
    return sum_of(tcp, size, sum_of(ip + 12, 8, 6 + (uint32_t)size));
}

/* ---- who speaks ------------------------------------------------------------------------------ */

static struct flow *find_flow(uint16_t port, uint16_t peer_port)
{
    for (unsigned i = flow_count; i > 0; i--) {
        if (flows[i - 1].port == port && flows[i - 1].peer_port == peer_port)
            return &flows[i - 1];
    }
    return NULL;
}

void dialogue_tcp_begin(uint16_t port, uint32_t peer, uint16_t peer_port)
{
    current = find_flow(port, peer_port);
    if (current == NULL)
        current = &flows[flow_count++ % FLOWS_MAX];
    if (flow_count > FLOWS_MAX)
        flow_count = FLOWS_MAX;
    *current = (struct flow){.port = port, .peer = peer, .peer_port = peer_port};
}

void dialogue_tcp_switch(uint16_t port, uint16_t peer_port)
{
    current = find_flow(port, peer_port);
    CU_ASSERT_PTR_NOT_NULL_FATAL(current);
}

/* ---- describing ------------------------------------------------------------------------------ */

/* Appends; what does not fit is cut off. */
#define SAY(...)                                                                                   \
    at += (size_t)snprintf(text + (at < room ? at : room), at < room ? room - at : 0, __VA_ARGS__)

static size_t describe_option(const struct flow *flow, const uint8_t *option, char *text,
                              size_t room, bool syn)
{
    size_t at = 0;
    if (option[0] == 2)
        SAY(" mss %u", get_be16(option + 2));
    else if (option[0] == 3)
        SAY(" wscale %u", option[2]);
    else if (option[0] == 4)
        SAY(" sackok");
    else if (option[0] == 8 && syn)
        SAY(" ts");
    else if (option[0] == 8)
        SAY(" ts %u %u", get_be32(option + 2) - flow->timestamp, get_be32(option + 6));
    else if (option[0] == 5)
        SAY(" sack");
    else
        SAY(" option %u", option[0]);
    for (unsigned i = 2; option[0] == 5 && i + 8 <= option[1]; i += 8)
        SAY(" %u:%u", get_be32(option + i) - DIALOGUE_TCP_INITIAL,
            get_be32(option + i + 4) - DIALOGUE_TCP_INITIAL);
    return at;
}

static void find_timestamp(struct flow *flow, const uint8_t *options, size_t size)
{
    for (size_t i = 0; i + 10 <= size; i += options[i] == 1 ? 1 : options[i + 1]) {
        if (options[i] == 8)
            flow->timestamp = get_be32(options + i + 2);
    }
}

static bool data_follow_pattern(uint32_t place, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != dialogue_tcp_byte(place + (uint32_t)i))
            return false;
    }
    return true;
}

static void describe_flags(unsigned flags, char text[8])
{
    static const char letters[] = "SFRPU.";
    static const uint8_t bits[] = {SYN, FIN, RST, PSH, URG, ACK};
    size_t at = 0;
    for (unsigned i = 0; i < sizeof(bits); i++) {
        if ((flags & bits[i]) != 0)
            text[at++] = letters[i];
    }
    text[at] = '\0';
}

void dialogue_tcp_describe(const uint8_t *ip, size_t size, char *text, size_t room)
{
    const uint8_t *tcp = ip + 20;
    size_t offset = size >= 40 ? (size_t)(tcp[12] >> 4) * 4 : 0;
    if (offset < 20 || 20 + offset > size || segment_sum(ip, tcp, size - 20) != 0xffff) {
        snprintf(text, room, "bad tcp");
        return;
    }
    struct flow unknown = {0};
    struct flow *flow = find_flow((uint16_t)get_be16(tcp), (uint16_t)get_be16(tcp + 2));
    unsigned flags = tcp[13];
    size_t at = 0, data_size = size - 20 - offset;
    char flag_text[8];
    if (flow == NULL)
        flow = &unknown;
    if ((flags & SYN) != 0 && !flow->begun) {
        flow->begun = true;
        flow->initial = get_be32(tcp + 4);
        find_timestamp(flow, tcp + 20, offset - 20);
    }
    uint32_t sequence = get_be32(tcp + 4) - flow->initial;
    describe_flags(flags, flag_text);
    SAY("%u.%u.%u.%u:%u > %u.%u.%u.%u:%u %s seq %u", ip[12], ip[13], ip[14], ip[15], get_be16(tcp),
        ip[16], ip[17], ip[18], ip[19], get_be16(tcp + 2), flag_text, sequence);
    if (data_size > 0)
        SAY(":%u", sequence + (uint32_t)data_size);
    if ((flags & ACK) != 0)
        SAY(" ack %u", get_be32(tcp + 8) - DIALOGUE_TCP_INITIAL);
    SAY(" win %u", get_be16(tcp + 14));
    for (size_t i = 20; i < offset && tcp[i] != 0; i += tcp[i] == 1 ? 1 : tcp[i + 1]) {
        if (tcp[i] != 1)
            at += describe_option(flow, tcp + i, text + at, room - at, (flags & SYN) != 0);
    }
    if (!data_follow_pattern(sequence, tcp + offset, data_size))
        SAY(" other data");
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint8_t read_flags(const char *text)
{
    uint8_t flags = 0;
    for (; *text != ' ' && *text != '\0'; text++)
        flags |= *text == 'S'   ? SYN
                 : *text == 'F' ? FIN
                 : *text == 'R' ? RST
                 : *text == 'P' ? PSH
                 : *text == 'U' ? URG
                                : ACK;
    return flags;
}

static void add_option(struct words *words, uint8_t kind, unsigned size)
{
    uint8_t *to = words->options + words->option_size;
    CU_ASSERT_TRUE_FATAL(words->option_size + size <= sizeof(words->options));
    to[0] = kind;
    to[1] = (uint8_t)size;
    words->option_size += size;
}

static void add_block(struct words *words, uint32_t begin, uint32_t end)
{
    add_option(words, 5, 10);
    put_be32(words->options + words->option_size - 8, begin + current->initial);
    put_be32(words->options + words->option_size - 4, end + current->initial);
}

/* One word with its numbers. Blocks of "sack" are each an option of their own. */
static void read_word(struct words *words, const char *word, uint32_t a, uint32_t b, bool has_b)
{
    uint8_t *options = words->options;
    if (strcmp(word, "seq") == 0) {
        words->sequence = a;
        words->size = has_b ? b - a : 0;
    } else if (strcmp(word, "ack") == 0) {
        words->acknowledgement = a;
    } else if (strcmp(word, "win") == 0) {
        words->window = a;
    } else if (strcmp(word, "mss") == 0) {
        add_option(words, 2, 4);
        put_be16(options + words->option_size - 2, a);
    } else if (strcmp(word, "wscale") == 0) {
        add_option(words, 3, 3);
        options[words->option_size - 1] = (uint8_t)a;
    } else if (strcmp(word, "sackok") == 0) {
        add_option(words, 4, 2);
    } else if (strcmp(word, "ts") == 0) {
        add_option(words, 8, 10);
        put_be32(options + words->option_size - 8, a);
        put_be32(options + words->option_size - 4, b + current->timestamp);
    } else if (strcmp(word, "sack") == 0) {
        add_block(words, a, b);
    } else {
        fprintf(stderr, "no such word in a segment: %s\n", word);
        CU_FAIL_FATAL("a segment as tcpdump writes it");
    }
}

static struct words read_segment(const char *text)
{
    struct words words = {.flags = read_flags(text)};
    const char *at = text + strcspn(text, " ");
    char word[16];
    int length = 0;
    while (sscanf(at, " %15s%n", word, &length) == 1) {
        unsigned a = 0, b = 0;
        at += length;
        bool has_b = sscanf(at, " %u:%u%n", &a, &b, &length) == 2;
        bool has_a = has_b || sscanf(at, " %u%n", &a, &length) == 1;
        if (has_a)
            at += length;
        if (strcmp(word, "ts") == 0 && has_a && sscanf(at, " %u%n", &b, &length) == 1)
            at += length;
        read_word(&words, word, a, b, has_b);
    }
    while (words.option_size % 4 != 0)
        words.options[words.option_size++] = 1;
    return words;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* A segment from one end to the other; returns its size. */
static size_t build_segment(const struct words *words, uint8_t *tcp, uint32_t source,
                            uint16_t source_port, uint32_t destination, uint16_t destination_port)
{
    uint8_t ip[20] = {0};
    size_t offset = 20 + words->option_size;
    put_be32(ip + 12, source);
    put_be32(ip + 16, destination);
    memset(tcp, 0, 20);
    put_be16(tcp, source_port);
    put_be16(tcp + 2, destination_port);
    put_be32(tcp + 4, words->sequence);
    put_be32(tcp + 8, (words->flags & ACK) != 0 ? words->acknowledgement : 0);
    tcp[12] = (uint8_t)(offset / 4 << 4);
    tcp[13] = words->flags;
    put_be16(tcp + 14, words->window);
    memcpy(tcp + 20, words->options, words->option_size);
    for (uint32_t i = 0; i < words->size; i++)
        tcp[offset + i] = dialogue_tcp_byte(words->sequence - DIALOGUE_TCP_INITIAL + i);
    put_be16(tcp + 16, ~segment_sum(ip, tcp, offset + words->size) & 0xffff);
    return offset + words->size;
}

static void send_segment(const char *text, uint8_t damage)
{
    struct words words = read_segment(text);
    uint8_t tcp[1500];
    words.sequence += DIALOGUE_TCP_INITIAL;
    words.acknowledgement += current->initial;
    size_t size =
        build_segment(&words, tcp, current->peer, current->peer_port, OUR_ADDRESS, current->port);
    tcp[size - 1] ^= damage;
    dialogue_send_ip(&(struct dialogue_ip){.source = current->peer, .protocol = 6}, tcp, size);
}

void dialogue_tcp_in(const char *segment)
{
    send_segment(segment, 0);
}

void dialogue_tcp_in_broken(const char *segment)
{
    send_segment(segment, 1);
}

size_t dialogue_tcp_quote(const char *segment, uint8_t *packet)
{
    struct words words = read_segment(segment);
    uint8_t frame[DIALOGUE_FRAME_MAX], tcp[1500];
    words.sequence += current->initial;
    words.acknowledgement += DIALOGUE_TCP_INITIAL;
    size_t size =
        build_segment(&words, tcp, OUR_ADDRESS, current->port, current->peer, current->peer_port);
    struct dialogue_ip ip = {
        .source = OUR_ADDRESS, .destination = current->peer, .protocol = 6, .fragment = 0x4000};
    size_t frame_size = dialogue_build(frame, &ip, tcp, size);
    memcpy(packet, frame + 14, frame_size - 14);
    return frame_size - 14;
}

void dialogue_icmp_error(uint32_t source, uint8_t type, uint8_t code, uint32_t rest,
                         const uint8_t *packet, size_t size)
{
    uint8_t message[8 + 1500] = {type, code};
    put_be32(message + 4, rest);
    memcpy(message + 8, packet, size);
    put_be16(message + 2, ~sum_of(message, 8 + size, 0) & 0xffff);
    dialogue_send_ip(&(struct dialogue_ip){.source = source}, message, 8 + size);
}

void dialogue_tcp_out(const char *segment)
{
    char text[200];
    snprintf(text, sizeof(text), "10.0.2.15:%u > %u.%u.%u.%u:%u %s", current->port,
             current->peer >> 24, current->peer >> 16 & 0xff, current->peer >> 8 & 0xff,
             current->peer & 0xff, current->peer_port, segment);
    dialogue_expect(text);
}

/* ---- a program ------------------------------------------------------------------------------- */

/* Whatever its options are: the numbers count from it. */
static void take_syn(void)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    char text[200];
    size_t size = 0;
    CU_ASSERT_TRUE_FATAL(dialogue_take(frame, &size));
    dialogue_tcp_describe(frame + 14, size - 14, text, sizeof(text));
    CU_ASSERT_TRUE(current->begun);
}

static void socket_changed(void *owner, unsigned ready)
{
    struct dialogue_socket *socket = owner;
    socket->told |= ready;
}

void dialogue_open(struct dialogue_socket *socket)
{
    *socket = (struct dialogue_socket){.written = 1, .read = 1};
    netstack_lock();
    socket->connection = tcp_open(socket_changed, socket);
    netstack_unlock();
    CU_ASSERT_PTR_NOT_NULL_FATAL(socket->connection);
}

int dialogue_connect(struct dialogue_socket *socket, uint32_t address, uint16_t port)
{
    netstack_lock();
    int result = tcp_connect(socket->connection, address, port, clock_now_ns());
    netstack_unlock();
    fake_run();
    return result;
}

int dialogue_listen(struct dialogue_socket *socket, uint32_t address, uint16_t port,
                    unsigned backlog)
{
    dialogue_open(socket);
    netstack_lock();
    int result = tcp_bind(socket->connection, address, port);
    if (result == 0)
        result = tcp_listen(socket->connection, backlog);
    netstack_unlock();
    return result;
}

bool dialogue_accept(struct dialogue_socket *listener, struct dialogue_socket *socket)
{
    *socket = (struct dialogue_socket){.written = 1, .read = 1};
    netstack_lock();
    socket->connection = tcp_accept(listener->connection, socket_changed, socket);
    netstack_unlock();
    return socket->connection != NULL;
}

long dialogue_write(struct dialogue_socket *socket, size_t size)
{
    static uint8_t data[TCP_BUFFER_MAX];
    CU_ASSERT_TRUE_FATAL(size <= sizeof(data));
    for (size_t i = 0; i < size; i++)
        data[i] = dialogue_tcp_byte(socket->written + (uint32_t)i);
    netstack_lock();
    long result = tcp_send(socket->connection, data, size, clock_now_ns());
    netstack_unlock();
    if (result > 0)
        socket->written += (uint32_t)result;
    fake_run();
    return result;
}

long dialogue_read(struct dialogue_socket *socket, size_t size)
{
    static uint8_t data[TCP_BUFFER_MAX];
    netstack_lock();
    long result = tcp_receive(socket->connection, data, size < sizeof(data) ? size : sizeof(data),
                              false, clock_now_ns());
    netstack_unlock();
    if (result > 0) {
        CU_ASSERT_TRUE(data_follow_pattern(socket->read, data, (size_t)result));
        socket->read += (uint32_t)result;
    }
    fake_run();
    return result;
}

int dialogue_shutdown(struct dialogue_socket *socket, unsigned what)
{
    netstack_lock();
    int result = tcp_shutdown(socket->connection, what, clock_now_ns());
    netstack_unlock();
    fake_run();
    return result;
}

void dialogue_close(struct dialogue_socket *socket)
{
    netstack_lock();
    tcp_close(socket->connection, clock_now_ns());
    netstack_unlock();
    socket->connection = NULL;
    fake_run();
}

void dialogue_abort(struct dialogue_socket *socket)
{
    netstack_lock();
    tcp_abort(socket->connection, clock_now_ns());
    netstack_unlock();
    socket->connection = NULL;
    fake_run();
}

int dialogue_take_error(struct dialogue_socket *socket)
{
    return tcp_take_error(socket->connection);
}

unsigned dialogue_ready(const struct dialogue_socket *socket)
{
    return tcp_readiness(socket->connection);
}

unsigned dialogue_told(struct dialogue_socket *socket)
{
    unsigned told = socket->told;
    socket->told = 0;
    return told;
}

void dialogue_begin_connected(struct dialogue_socket *socket, const char *words)
{
    char answer[120];
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size = 0;
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(49152, GATEWAY, 80);
    dialogue_open(socket);
    CU_ASSERT_EQUAL(dialogue_connect(socket, GATEWAY, 80), 0);
    dialogue_tcp_out("S seq 0 win 65535 mss 1460 sackok ts wscale 1");
    snprintf(answer, sizeof(answer), "S. seq 0 ack 1 %s", words);
    dialogue_tcp_in(answer);
    CU_ASSERT_EQUAL(tcp_state(socket->connection), TCP_ESTABLISHED);
    CU_ASSERT_TRUE(dialogue_take(frame, &size)); /* the third segment of the handshake */
    dialogue_expect_silence();
    CU_ASSERT_EQUAL(dialogue_told(socket), TCP_READY_OUT);
}

void dialogue_begin_accepted(struct dialogue_socket *listener, struct dialogue_socket *socket,
                             const char *words)
{
    char line[120];
    dialogue_begin();
    dialogue_arp_reply(GATEWAY);
    dialogue_tcp_begin(80, GATEWAY, 5000);
    CU_ASSERT_EQUAL(dialogue_listen(listener, 0, 80, 5), 0);
    snprintf(line, sizeof(line), "S seq 0 %s", words);
    dialogue_tcp_in(line);
    take_syn();
    dialogue_tcp_in(". seq 1 ack 1 win 5000");
    CU_ASSERT_EQUAL(dialogue_told(listener), TCP_READY_IN);
    CU_ASSERT_TRUE_FATAL(dialogue_accept(listener, socket));
    CU_ASSERT_EQUAL(tcp_state(socket->connection), TCP_ESTABLISHED);
    dialogue_expect_silence();
}

void dialogue_tcp_end(void)
{
    CU_ASSERT_PTR_NULL(tcp_next(NULL));
    CU_ASSERT_EQUAL(tcp_deadline_ns(), UINT64_MAX);
    CU_ASSERT_EQUAL(tcp_blocks_used(), 0);
    dialogue_end();
}

void dialogue_tcp_end_by_reset(struct dialogue_socket *socket, const char *reset)
{
    dialogue_abort(socket);
    dialogue_tcp_out(reset);
    dialogue_tcp_end();
}
