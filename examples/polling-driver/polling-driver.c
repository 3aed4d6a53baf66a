/*
 * polling-driver.c - a network driver without a kernel, in the style of a boot loader's
 *
 * Registers are dereferenced, rings and buffers are variables on the stack, and completions are
 * waited for in loops that look at memory. It resolves the gateway and pings it once, over
 * virtio-mmio of version 2 or 1, [VIRTIO1.2] 4.2.
 *
 * Each ring has two descriptors and so one chain at a time: the header, then the frame.
 */
#include "frames.h"
#include "registers.h"
#include "ringside/hal.h"
#include "runtime/runtime.h"

#define REG(card, offset)  (*(volatile uint32_t *)((card)->where.base + (offset)))
#define REG8(card, offset) (*(volatile uint8_t *)((card)->where.base + (offset)))

#define FRAME_SIZE 1514
#define SPINS      200000 /* of a loop that waits: some milliseconds */

/* All of it on the stack. */
struct card {
    struct ring rings[QUEUES];
    uint8_t headers[QUEUES][12];
    uint8_t frames[QUEUES][FRAME_SIZE];
    uint8_t mac[6];
    uint16_t seen[QUEUES]; /* of the used index */
    struct runtime_virtio where;
};

/* ---- the card -------------------------------------------------------------------------------- */

static void card_set_address(struct card *card, uint32_t reg, const volatile void *at)
{
    uint64_t address = hal_virt_to_phys(at);
    REG(card, reg) = (uint32_t)address;
    REG(card, reg + 4) = (uint32_t)(address >> 32);
}

static void card_open_ring(struct card *card, uint32_t queue)
{
    struct ring *ring = &card->rings[queue];
    ring->avail.flags = NO_INTERRUPT;
    REG(card, QUEUE_SEL) = queue;
    REG(card, QUEUE_NUM) = RING;
    if (card->where.version == 1) {
        REG(card, QUEUE_ALIGN) = PAGE;
        REG(card, QUEUE_PFN) = (uint32_t)(hal_virt_to_phys(ring) / PAGE);
        return;
    }
    card_set_address(card, QUEUE_DESC, ring->desc);
    card_set_address(card, QUEUE_AVAIL, &ring->avail);
    card_set_address(card, QUEUE_USED, &ring->used);
    REG(card, QUEUE_READY) = 1;
}

/* False: the card does not want us. */
static bool card_open(struct card *card)
{
    REG(card, STATUS) = 0;
    REG(card, STATUS) = ACKNOWLEDGE;
    REG(card, STATUS) |= DRIVER;
    REG(card, FEATURES_SEL) = 0;
    REG(card, FEATURES) = FEATURE_MAC;
    if (card->where.version == 1) {
        REG(card, PAGE_SIZE) = PAGE;
    } else {
        REG(card, FEATURES_SEL) = 1;
        REG(card, FEATURES) = VERSION_1;
        REG(card, STATUS) |= FEATURES_OK;
        if ((REG(card, STATUS) & FEATURES_OK) == 0)
            return false;
    }
    for (unsigned i = 0; i < 6; i++)
        card->mac[i] = REG8(card, CONFIG_MAC + i);
    card_open_ring(card, RX);
    card_open_ring(card, TX);
    REG(card, STATUS) |= DRIVER_OK;
    return true;
}

/* Gives the card the header and the frame of a queue. */
static void card_give(struct card *card, uint32_t queue, uint32_t size)
{
    struct ring *ring = &card->rings[queue];
    uint16_t write = queue == RX ? DESC_WRITE : 0;
    ring->desc[0].address = hal_virt_to_phys(card->headers[queue]);
    ring->desc[0].size = card->where.version == 1 ? 10 : 12;
    ring->desc[0].flags = DESC_NEXT | write;
    ring->desc[0].next = 1;
    ring->desc[1].address = hal_virt_to_phys(card->frames[queue]);
    ring->desc[1].size = size;
    ring->desc[1].flags = write;
    ring->avail.ring[ring->avail.index % RING] = 0;
    hal_wmb();
    ring->avail.index++;
    hal_mb();
    REG(card, NOTIFY) = queue;
}

/* Spins until the card has given it back. False: it does not. */
static bool card_wait(struct card *card, uint32_t queue)
{
    for (unsigned i = 0; i < SPINS; i++) {
        if (card->rings[queue].used.index != card->seen[queue]) {
            card->seen[queue]++;
            hal_rmb();
            return true;
        }
    }
    return false;
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Sends what is in the frame, and waits for the first frame of which `type` is at `offset`. */
static bool ask(struct card *card, uint32_t size, unsigned offset, const void *type,
                size_t type_size)
{
    card_give(card, TX, size);
    if (!card_wait(card, TX))
        return false;
    do {
        card_give(card, RX, FRAME_SIZE);
        if (!card_wait(card, RX))
            return false;
    } while (!equal(card->frames[RX] + offset, type, type_size));
    return true;
}

static int ping_with(struct card *card)
{
    if (!card_open(card)) {
        runtime_print("the card refuses\n");
        return 1;
    }
    runtime_print("virtio-mmio version %u, MAC %02x:%02x:%02x:%02x:%02x:%02x\n",
                  card->where.version, card->mac[0], card->mac[1], card->mac[2], card->mac[3],
                  card->mac[4], card->mac[5]);
    if (!ask(card, make_arp_request(card->frames[TX], card->mac), 20, "\0\2\0", 2)) {
        runtime_print("nobody has the address of the gateway\n");
        return 1;
    }
    uint8_t gateway[6];
    put(gateway, card->frames[RX] + 22, 6);
    if (!ask(card, make_echo_request(card->frames[TX], card->mac, gateway), 34, "\0", 1) ||
        !equal(card->frames[RX] + 38, card->frames[TX] + 38, 12)) {
        runtime_print("no echo\n");
        return 1;
    }
    runtime_print("the gateway answers\n");
    return 0;
}

static int ping(const char *arguments)
{
    (void)arguments;
    struct card card = {.seen = {0}};
    if (!runtime_find_virtio(NET, 0, &card.where)) {
        runtime_print("no network card\n");
        return 1;
    }
    if (hal_dma_window(&card, sizeof(card), HAL_DMA_BOTH) != 0)
        return 1;
    int status = ping_with(&card);
    REG(&card, STATUS) = 0; /* what is on the stack is nobody's business any more */
    hal_dma_window_drop(&card, sizeof(card));
    return status;
}

static const struct runtime_program programs[] = {{"ping", ping}, {NULL, NULL}};
static const char *const program_names[] = {"ping", NULL};

static void boot(void)
{
    runtime_init();
    runtime_log("polling-driver: ready at %u ns", (unsigned)runtime_now_ns());
    runtime_run(programs);
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "polling-driver",
    .boot = boot,
    .start = runtime_start,
    .programs = program_names,
};
