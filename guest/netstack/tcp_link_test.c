/*
 * The whole of TCP over a bad link: packets are lost, late, doubled and overtake each other. Every
 * byte arrives in order, every connection ends, and nothing is left.
 *
 * The stack talks to itself by way of a link that exchanges the two addresses: what it sends to
 * 10.0.2.2 comes back from there, so that both ends are connections of its own. The link is a task
 * of the test, in virtual time; chance comes from a seed.
 */
#include "netstack/dialogue.h"
#include "netstack/dialogue_tcp.h"
#include "netstack/tcp.h"

#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS       24
#define PACKETS_MAX 400 /* on the link */
#define CONNECTIONS 3
#define BYTES_MAX   60000
#define STEP_NS     (5 * MS)
#define GIVE_UP_NS  (3600 * S)
#define END_NS      (200 * S) /* more than TIME_WAIT */
#define PORT        80

struct packet {
    uint64_t due_ns;
    size_t size;
    uint8_t bytes[DIALOGUE_FRAME_MAX];
};

/* In percent; times in the link's units. */
static struct {
    uint64_t state;
    unsigned loss, doubles;
    uint64_t delay_ns, jitter_ns;
    bool sack, timestamps; /* may the SYNs offer them */
} chance;

static struct packet packets[PACKETS_MAX];
static unsigned packet_count, packets_lost;
static struct wait_queue link_wake;

/* splitmix64, by Sebastiano Vigna */
static uint64_t chance_next(void)
{
    uint64_t z = (chance.state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool chance_of(unsigned percent)
{
    return chance_next() % 100 < percent;
}

/* ---- the link -------------------------------------------------------------------------------- */

static void link_add(const uint8_t *frame, size_t size, uint64_t delay_ns)
{
    if (packet_count == PACKETS_MAX) {
        packets_lost++;
        return;
    }
    struct packet *packet = &packets[packet_count++];
    packet->due_ns = clock_now_ns() + delay_ns;
    packet->size = size;
    memcpy(packet->bytes, frame, size);
    wait_wake_all(&link_wake);
}

static void link_answer_arp(uint8_t *frame, size_t size)
{
    uint8_t target[4];
    memcpy(target, frame + 38, 4);
    memcpy(frame, frame + 6, 6);
    dialogue_mac(GATEWAY, frame + 6);
    frame[21] = 2;
    memcpy(frame + 32, frame + 22, 10); /* the asker becomes the target */
    memcpy(frame + 22, frame + 6, 6);
    memcpy(frame + 28, target, 4);
    link_add(frame, size, MS);
}

/* The checksums do not change when two addresses change places. */
static void link_exchange(uint8_t *frame)
{
    uint8_t address[4];
    memcpy(frame, frame + 6, 6);
    dialogue_mac(GATEWAY, frame + 6);
    memcpy(address, frame + 26, 4);
    memcpy(frame + 26, frame + 30, 4);
    memcpy(frame + 30, address, 4);
}

/* Takes away what the seed does not want to be offered: its kind becomes one that nobody knows. */
static void link_edit_options(uint8_t *frame)
{
    uint8_t *tcp = frame + 34;
    if ((tcp[13] & 2) == 0)
        return;
    for (uint8_t *option = tcp + 20; option < tcp + (tcp[12] >> 4) * 4;
         option += *option == 1 ? 1 : option[1]) {
        if ((*option == 4 && !chance.sack) || (*option == 8 && !chance.timestamps)) {
            unsigned before = (unsigned)*option << 8 | option[1];
            unsigned sum = ((unsigned)tcp[16] << 8 | tcp[17]) + before;
            bool odd = (option - tcp) % 2 != 0;
            CU_ASSERT_FALSE_FATAL(odd);
            *option = 254;
            sum += 0xffff - (254u << 8 | option[1]);
            sum = (sum & 0xffff) + (sum >> 16);
            sum = (sum & 0xffff) + (sum >> 16);
            tcp[16] = (uint8_t)(sum >> 8);
            tcp[17] = (uint8_t)sum;
        }
    }
}

static int link_transmit(struct netif *netif, struct nbuf *nbuf)
{
    uint8_t frame[DIALOGUE_FRAME_MAX];
    size_t size = nbuf->len;
    (void)netif;
    memcpy(frame, nbuf->data, size);
    nbuf_free(nbuf);
    if (frame[13] == 0x06) {
        link_answer_arp(frame, size);
        return 0;
    }
    link_exchange(frame);
    link_edit_options(frame);
    if (chance_of(chance.loss)) {
        packets_lost++;
        return 0;
    }
    link_add(frame, size, chance.delay_ns + chance_next() % (chance.jitter_ns + 1));
    if (chance_of(chance.doubles))
        link_add(frame, size, chance.delay_ns + chance_next() % (2 * chance.jitter_ns + 1));
    return 0;
}

/* The earliest, of equals the one that was sent first. */
static unsigned link_first(void)
{
    unsigned first = 0;
    for (unsigned i = 1; i < packet_count; i++) {
        if (packets[i].due_ns < packets[first].due_ns)
            first = i;
    }
    return first;
}

static void link_deliver(unsigned index)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf != NULL) {
        memcpy(nbuf_put(nbuf, packets[index].size), packets[index].bytes, packets[index].size);
    }
    packet_count--;
    memmove(&packets[index], &packets[index + 1], (packet_count - index) * sizeof(packets[0]));
    if (nbuf != NULL)
        netif_input(dialogue_netif(0), nbuf);
}

static void link_task(void *arg)
{
    struct waiter waiter;
    (void)arg;
    for (;;) {
        wait_prepare(&link_wake, &waiter, "link");
        unsigned first = link_first();
        uint64_t due_ns = packet_count > 0 ? packets[first].due_ns : UINT64_MAX;
        if (due_ns > clock_now_ns())
            (void)wait_commit_uninterruptible(&waiter, due_ns);
        wait_finish(&waiter);
        if (packet_count > 0 && packets[first].due_ns <= clock_now_ns())
            link_deliver(link_first());
    }
}

/* ---- the programs ---------------------------------------------------------------------------- */

struct end {
    struct dialogue_socket socket;
    bool open, closed_half, read_all;
    uint32_t to_write, to_read; /* places behind the last byte */
};

static struct end clients[CONNECTIONS], servers[CONNECTIONS];
static struct dialogue_socket listener;
static unsigned accepted;

static void end_write(struct end *end)
{
    uint32_t left = end->to_write - end->socket.written;
    if (left == 0 || (dialogue_ready(&end->socket) & TCP_READY_OUT) == 0)
        return;
    uint32_t size = 1 + (uint32_t)(chance_next() % 9000);
    CU_ASSERT_TRUE(dialogue_write(&end->socket, size < left ? size : left) > 0);
}

static void end_read(struct end *end)
{
    if (end->read_all || (dialogue_ready(&end->socket) & TCP_READY_IN) == 0)
        return;
    long result = dialogue_read(&end->socket, 1 + chance_next() % 20000);
    if (result < 0)
        fprintf(stderr, "read: %ld\n", result);
    CU_ASSERT_TRUE_FATAL(result >= 0);
    end->read_all = result == 0;
    if (end->read_all)
        CU_ASSERT_EQUAL(end->socket.read, end->to_read);
}

static void end_step(struct end *end)
{
    if (!end->open || tcp_state(end->socket.connection) == TCP_SYN_SENT)
        return;
    end_write(end);
    end_read(end);
    if (!end->closed_half && end->socket.written == end->to_write) {
        CU_ASSERT_EQUAL(dialogue_shutdown(&end->socket, TCP_SHUT_WRITE), 0);
        end->closed_half = true;
    }
    if (end->closed_half && end->read_all) {
        dialogue_close(&end->socket);
        end->open = false;
    }
}

/* Which client it is stands in its port; the servers have the sizes the other way round. */
static void accept_all(void)
{
    static struct dialogue_socket sockets[CONNECTIONS];
    while (accepted < CONNECTIONS && dialogue_accept(&listener, &sockets[accepted])) {
        struct tcp_information information;
        tcp_inform(sockets[accepted].connection, &information);
        struct end *server = &servers[information.remote.port - 49152];
        uint32_t to_write = server->to_write, to_read = server->to_read;
        *server = (struct end){.socket = sockets[accepted], .open = true};
        server->to_write = to_write;
        server->to_read = to_read;
        accepted++;
    }
}

static void begin(uint64_t seed)
{
    packet_count = packets_lost = accepted = 0;
    chance.state = seed;
    chance.loss = (unsigned)(seed % 21);
    chance.doubles = (unsigned)(chance_next() % 6);
    chance.delay_ns = MS + chance_next() % (40 * MS);
    chance.jitter_ns = chance_next() % (30 * MS);
    chance.sack = chance_next() % 3 != 0;
    chance.timestamps = chance_next() % 3 != 0;
    dialogue_begin();
    wait_queue_init(&link_wake);
    CU_ASSERT_PTR_NOT_NULL_FATAL(task_create("link", link_task, NULL));
    dialogue_arp_reply(GATEWAY);
    dialogue_set_link(link_transmit);
    CU_ASSERT_EQUAL(dialogue_listen(&listener, 0, PORT, CONNECTIONS), 0);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        clients[i] = (struct end){.open = true};
        clients[i].to_write = servers[i].to_read = 1 + (uint32_t)(chance_next() % BYTES_MAX);
        clients[i].to_read = servers[i].to_write = 1 + (uint32_t)(chance_next() % BYTES_MAX);
        dialogue_open(&clients[i].socket);
        CU_ASSERT_EQUAL(dialogue_connect(&clients[i].socket, GATEWAY, PORT), 0);
    }
}

static bool is_over(void)
{
    bool over = accepted == CONNECTIONS;
    for (unsigned i = 0; i < CONNECTIONS; i++)
        over = over && !clients[i].open && !servers[i].open;
    return over;
}

static void run_seed(uint64_t seed)
{
    begin(seed);
    while (!is_over() && clock_now_ns() < GIVE_UP_NS) {
        fake_log_clear();
        accept_all();
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            end_step(&clients[i]);
            if (servers[i].open)
                end_step(&servers[i]);
        }
        dialogue_wait_until(clock_now_ns() + STEP_NS);
    }
    if (!is_over())
        fprintf(stderr, "seed %lu: not over after %lu s\n", (unsigned long)seed,
                (unsigned long)(clock_now_ns() / S));
    CU_ASSERT_TRUE(is_over());
    dialogue_close(&listener);
    fake_log_clear();
    dialogue_wait_until(clock_now_ns() + END_NS);
    CU_ASSERT_EQUAL(packet_count, 0);
    dialogue_tcp_end();
}

static uint64_t first_seed = 1, seed_count = SEEDS;

static void test_every_byte_arrives_and_every_connection_ends(void)
{
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++) {
        unsigned failures = CU_get_number_of_failures();
        run_seed(seed);
        if (CU_get_number_of_failures() != failures)
            fprintf(stderr, "seed %lu failed\n", (unsigned long)seed);
    }
}

/* Arguments: how many seeds, and the first one. */
int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {UNIT_TEST(test_every_byte_arrives_and_every_connection_ends),
                                  CU_TEST_INFO_NULL};
    static CU_SuiteInfo suites[] = {{.pName = "tcp_link", .pTests = tests}, CU_SUITE_INFO_NULL};
    if (argc > 1)
        seed_count = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoul(argv[2], NULL, 10);
    return unit_run(suites);
}
