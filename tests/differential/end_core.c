/*
 * end_core.c - the reference guest's stack and its sockets, on the machine of its unit tests
 *
 * The sockets are the operations that the guest's system calls end in, so that errors are compared
 * as programs get them. The machine's clock follows CLOCK_MONOTONIC; a task plays the driver, as in
 * netstack/dialogue.c, and there is a neighbour who answers ARP, which is not under test here.
 *
 * Two ends on one stack. A segment of TCP belongs to the end that has its source port: those of the
 * first are below CORE_SECOND_PORTS. Any other packet is sent while one of the two calls or is
 * given something, and is that one's.
 */
#include "kernel/clock.h"
#include "kernel/fake_hal.h"
#include "kernel/file.h"
#include "kernel/message.h"
#include "kernel/netif.h"
#include "kernel/poll.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include "lib/endian.h"
#include "lib/kassert.h"
#include "netstack/netstack.h"
#include "netstack/posix/posix.h"
#include "netstack/posix/stream_option.h"
#include "netstack/posix/stream_socket.h"
#include "netstack/tcp.h"
#include "tests/differential/end.h"
#include "tests/differential/talk_ports.h"

#include <string.h>

#define CORE_HANDLES_MAX 16
#define CORE_QUEUE_MAX   256 /* packets that wait for the wire; a power of two */
#define CORE_ETHERNET    14
#define CORE_IPV4        0x0800
#define CORE_ARP         0x0806

struct core_packet {
    size_t size;
    uint8_t bytes[END_MTU];
};

/* What the stack has sent for one of its ends. */
struct core_queue {
    unsigned first, count;
    struct core_packet packets[CORE_QUEUE_MAX];
};

static struct core_queue core_queues[2];
static unsigned core_ends; /* that were opened */
static unsigned core_served;
static struct file *core_files[CORE_HANDLES_MAX];
static struct netif core_netif;
static struct wait_queue core_wake;
static uint64_t core_epoch_ns; /* in the time of the machine */

static const uint8_t core_mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
static const uint8_t core_neighbour_mac[6] = {0x02, 0x00, 0x0a, 0x00, 0x02, 0x02};

/* ---- the driver ------------------------------------------------------------------------------ */

static unsigned core_be16(const uint8_t *from)
{
    return (unsigned)from[0] << 8 | from[1];
}

static void core_receive_frame(const uint8_t *frame, size_t size)
{
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL)
        return;
    memcpy(nbuf_put(nbuf, size), frame, size);
    netif_input(&core_netif, nbuf);
    netif_wake(&core_netif); /* a driver polls after what it has handed up */
}

/* The sender becomes the target; whatever was asked for is at the neighbour's. */
static void core_answer_arp(const uint8_t *request)
{
    uint8_t reply[60] = {0};
    memcpy(reply, core_mac, 6);
    memcpy(reply + 6, core_neighbour_mac, 6);
    memcpy(reply + 12, request + 12, 8);
    reply[21] = 2;
    memcpy(reply + 22, core_neighbour_mac, 6);
    memcpy(reply + 28, request + 38, 4);
    memcpy(reply + 32, request + 22, 10);
    core_receive_frame(reply, sizeof(reply));
}

static unsigned core_sender_of(const uint8_t *packet, size_t size)
{
    size_t header_size = (size_t)(packet[0] & 15) * 4;
    if (core_ends < 2 || packet[9] != IPPROTO_TCP || size < header_size + 2)
        return core_served;
    return core_be16(packet + header_size) >= TALK_PORTS_OF_B;
}

static uint8_t core_asked[64]; /* an ARP request that waits for its answer */
static bool core_has_asked;

/* From inside of the stack: an answer has to wait until it has come back. */
static int core_transmit(struct netif *netif, struct nbuf *nbuf)
{
    size_t size = nbuf->len - CORE_ETHERNET;
    const uint8_t *packet = nbuf->data + CORE_ETHERNET;
    unsigned type = core_be16(nbuf->data + 12);
    (void)netif;
    if (type == CORE_ARP && nbuf->len >= 42 && packet[7] == 1) {
        memcpy(core_asked, nbuf->data, 42);
        core_has_asked = true;
    } else if (type == CORE_IPV4 && size <= END_MTU) {
        struct core_queue *queue = &core_queues[core_sender_of(packet, size)];
        if (queue->count < CORE_QUEUE_MAX) {
            unsigned place = (queue->first + queue->count++) % CORE_QUEUE_MAX;
            queue->packets[place].size = size;
            memcpy(queue->packets[place].bytes, packet, size);
        }
    }
    nbuf_free(nbuf);
    return 0;
}

static void core_netd(void *arg)
{
    struct waiter waiter;
    (void)arg;
    for (;;) {
        wait_prepare(&core_wake, &waiter, "irq");
        uint64_t deadline_ns = netif_poll(clock_now_ns());
        (void)wait_commit_uninterruptible(&waiter, deadline_ns);
    }
}

/* Lets the stack do what is to be done now. */
static void core_settle(void)
{
    fake_run();
    if (core_has_asked) {
        core_has_asked = false;
        core_answer_arp(core_asked);
        fake_run();
    }
    fake_log_clear();
}

/* ---- the wire -------------------------------------------------------------------------------- */

static unsigned core_which(const struct end *end)
{
    return (unsigned)end->own;
}

static void core_give(struct end *end, const uint8_t *packet, size_t size)
{
    uint8_t frame[CORE_ETHERNET + END_MTU];
    memcpy(frame, core_mac, 6);
    memcpy(frame + 6, core_neighbour_mac, 6);
    frame[12] = CORE_IPV4 >> 8;
    frame[13] = CORE_IPV4 & 0xff;
    memcpy(frame + CORE_ETHERNET, packet, size);
    core_served = core_which(end);
    core_receive_frame(frame, CORE_ETHERNET + size);
    core_settle();
}

static bool core_take(struct end *end, uint8_t *packet, size_t *size)
{
    struct core_queue *queue = &core_queues[core_which(end)];
    if (queue->count == 0)
        return false;
    const struct core_packet *first = &queue->packets[queue->first];
    *size = first->size;
    memcpy(packet, first->bytes, first->size);
    queue->first = (queue->first + 1) % CORE_QUEUE_MAX;
    queue->count--;
    return true;
}

static void core_run(struct end *end, uint64_t now_ns)
{
    core_served = core_which(end);
    if (core_epoch_ns == 0)
        core_epoch_ns = now_ns - fake_now_ns;
    if (now_ns - core_epoch_ns > fake_now_ns)
        fake_run_until(now_ns - core_epoch_ns);
    core_settle();
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Whose call this is, and its file. */
static struct file *core_enter(struct end *end, int handle)
{
    core_served = core_which(end);
    return core_files[handle];
}

static long core_leave(long result)
{
    core_settle();
    return result;
}

static int core_add(struct file *file, int error)
{
    int handle = 0;
    if (file == NULL)
        return error;
    file->flags |= O_RDWR | FILE_NONBLOCK;
    while (core_files[handle] != NULL)
        handle++;
    kassert(handle < CORE_HANDLES_MAX);
    core_files[handle] = file;
    return handle;
}

static struct sockaddr_in core_address(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = host_to_net16(port), .sin_addr = host_to_net32(address)};
}

static int core_open(struct end *end, enum end_kind kind)
{
    int error = 0;
    core_served = core_which(end);
    struct file *file = socket_open(AF_INET, kind == END_STREAM ? SOCK_STREAM : SOCK_DGRAM,
                                    kind == END_PING ? IPPROTO_ICMP : 0, &error);
    return core_add(file, error);
}

static int core_bind(struct end *end, int handle, uint16_t port)
{
    struct file *file = core_enter(end, handle);
    struct sockaddr_in address = core_address(0, port);
    return (int)core_leave(file->ops->bind(file, (struct sockaddr *)&address, sizeof(address)));
}

static int core_connect(struct end *end, int handle, uint16_t port)
{
    struct file *file = core_enter(end, handle);
    struct sockaddr_in address = core_address(END_NEIGHBOUR, port);
    return (int)core_leave(file->ops->connect(file, (struct sockaddr *)&address, sizeof(address)));
}

static int core_listen(struct end *end, int handle, int backlog)
{
    struct file *file = core_enter(end, handle);
    return (int)core_leave(file->ops->listen(file, backlog));
}

static int core_accept(struct end *end, int handle)
{
    struct file *file = core_enter(end, handle);
    int error = 0;
    struct file *accepted = file->ops->accept(file, &error);
    return (int)core_leave(core_add(accepted, error));
}

static long core_send(struct end *end, int handle, const void *data, size_t size)
{
    struct file *file = core_enter(end, handle);
    return core_leave(socket_sendto(file, data, size, MSG_NOSIGNAL, NULL, 0));
}

static long core_receive(struct end *end, int handle, void *data, size_t size)
{
    struct file *file = core_enter(end, handle);
    return core_leave(socket_recvfrom(file, data, size, 0, NULL, NULL));
}

static int core_shutdown(struct end *end, int handle, int how)
{
    struct file *file = core_enter(end, handle);
    return (int)core_leave(file->ops->shutdown(file, how));
}

static int core_set(struct end *end, int handle, int level, int name, const void *value,
                    size_t size)
{
    struct file *file = core_enter(end, handle);
    return (int)core_leave(file->ops->setsockopt(file, level, name, value, size));
}

static int core_error(struct end *end, int handle)
{
    struct file *file = core_enter(end, handle);
    int32_t error = 0;
    uint32_t size = sizeof(error);
    long result = file->ops->getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
    return result == 0 ? error : (int)-result;
}

static unsigned core_ready(struct end *end, int handle)
{
    struct file *file = core_enter(end, handle);
    struct poll_table table = {.sleeper = NULL};
    return file->ops->poll(file, &table);
}

static int core_state(struct end *end, int handle)
{
    const struct stream_socket *socket = core_enter(end, handle)->object;
    return (int)tcp_state(socket->connection);
}

static void core_close(struct end *end, int handle)
{
    file_release(core_enter(end, handle));
    core_files[handle] = NULL;
    core_settle();
}

static const struct end_ops core_ops = {
    .name = "core",
    .give = core_give,
    .take = core_take,
    .run = core_run,
    .open = core_open,
    .bind = core_bind,
    .connect = core_connect,
    .listen = core_listen,
    .accept = core_accept,
    .send = core_send,
    .receive = core_receive,
    .shutdown = core_shutdown,
    .set = core_set,
    .error = core_error,
    .ready = core_ready,
    .state = core_state,
    .close = core_close,
};

/* ---- making it ------------------------------------------------------------------------------- */

static void core_boot(void)
{
    fake_boot();
    netstack_init();
    posix_init();
    wait_queue_init(&core_wake);
    core_netif = (struct netif){.mtu = END_MTU, .transmit = core_transmit, .wake = &core_wake};
    memcpy(core_netif.mac, core_mac, sizeof(core_mac));
    kassert(netif_register(&core_netif) == 0);
    kassert(task_create("netd", core_netd, &core_netif) != NULL);
    core_settle();
}

void end_core_open(struct end *end, unsigned which)
{
    if (core_ends++ == 0)
        core_boot();
    *end = (struct end){.ops = &core_ops, .fd = -1, .own = (int)which};
}
