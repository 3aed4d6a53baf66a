/*
 * fuzz_device.c - the reference guest's network driver on a hostile device
 *
 * The device is played here, by the input: what its registers say, what it writes into the rings
 * and the buffers, when it interrupts. It writes only where a device could: into the rings and
 * into buffers that it was given for writing. In between the driver's task runs and frames are
 * sent. Whatever the device does:
 *   - the driver neither panics nor spins, and follows the steps that a driver must follow;
 *   - what it makes available lies in its own memory: the address sanitizer sees the device's
 *     accesses;
 *   - what it hands up is a frame of a possible length, and each buffer is somewhere: none is
 *     lost, none is twice.
 *
 * The device stands in one of a few windows of the machine; what the others say of themselves is
 * up to the input as well. Nothing is ever written there. It is a modern device or a legacy one,
 * and is written to as what it has said last that it is.
 *
 * Driver and transport are included, not linked: their tables of interfaces and devices only grow,
 * and each run needs them empty.
 */
#include "drivers/virtio_mmio.c"
#include "drivers/virtio_netif.c"

#include "drivers/fake_hal.h"
#include "drivers/fake_kernel.h"
#include "drivers/virtio_mmio.h"
#include "tests/fuzz/fuzz.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define FUZZ_BASE    0x0a000000
#define FUZZ_WINDOW  0x200
#define FUZZ_WINDOWS 4 /* at most; the device is in the last */
#define FUZZ_QUEUES  2
/* Takes the heap of the address sanitizer to where a page number of a legacy device leads. */
#define FUZZ_OFFSET    (UINT64_C(0x100000) - UINT64_C(0x600000000000))
#define FUZZ_STEPS_MAX 256
#define FUZZ_LIE       0xf0 /* bytes from here on are lies, where registers are read */

enum fuzz_op {
    FUZZ_COMPLETE, /* the next available chain, as it should be */
    FUZZ_USED,     /* any element */
    FUZZ_USED_INDEX,
    FUZZ_USED_FLAGS,
    FUZZ_SCRIBBLE, /* into any part of a ring */
    FUZZ_INTERRUPT,
    FUZZ_TASK,
    FUZZ_SEND,
    FUZZ_STATUS,
    FUZZ_SWITCH, /* the interface off or on */
    FUZZ_OPS,
};

struct fuzz_queue {
    uint32_t size;
    uint64_t desc, avail, used; /* physical */
    uint32_t alignment;         /* legacy */
    uint16_t taken;             /* of the available ring */
    bool ready;
};

struct fuzz_device {
    struct fuzz_input input;
    bool lies;           /* registers may say anything */
    bool is_legacy;      /* in truth, */
    bool is_told_legacy; /* and as it has said */
    uint32_t page_size;  /* legacy */
    unsigned windows;
    uint32_t status, interrupts, selected, features_selected;
    uint64_t offered;
    uint8_t mac[6];
    uint16_t link;
    struct fuzz_queue queues[FUZZ_QUEUES];
};

static struct fuzz_device fuzz_device;

/*
 * ---- registers --------------------------------------------------------------------------------
 */

static struct fuzz_queue *fuzz_selected(void)
{
    return fuzz_device.selected < FUZZ_QUEUES ? &fuzz_device.queues[fuzz_device.selected] : NULL;
}

static uint32_t fuzz_honest_read(uint32_t offset)
{
    switch (offset) {
    case VIRTIO_MMIO_MAGIC_VALUE:
        return 0x74726976;
    case VIRTIO_MMIO_VERSION:
        return fuzz_device.is_legacy ? 1 : 2;
    case VIRTIO_MMIO_DEVICE_ID:
        return 1;
    case VIRTIO_MMIO_DEVICE_FEATURES:
        return (uint32_t)(fuzz_device.offered >> 32 * (fuzz_device.features_selected & 1));
    case VIRTIO_MMIO_QUEUE_NUM_MAX:
        return 4;
    case VIRTIO_MMIO_INTERRUPT_STATUS:
        return fuzz_device.interrupts;
    case VIRTIO_MMIO_STATUS:
        return fuzz_device.status;
    case VIRTIO_MMIO_CONFIG + 6:
        return fuzz_device.link;
    default:
        return offset >= VIRTIO_MMIO_CONFIG && offset < VIRTIO_MMIO_CONFIG + 6
                   ? fuzz_device.mac[offset - VIRTIO_MMIO_CONFIG]
                   : 0;
    }
}

/* Another window: empty, or with a device of another type or version. It has three registers. */
static uint32_t fuzz_read_other(uint32_t offset, unsigned size)
{
    FUZZ_CHECK(size == 4 && offset <= VIRTIO_MMIO_DEVICE_ID);
    uint8_t value = fuzz_u8(&fuzz_device.input);
    if (offset == VIRTIO_MMIO_DEVICE_ID) {
        return value == 1 ? 2 : value;
    }
    return value < FUZZ_LIE ? fuzz_honest_read(offset) : value;
}

static uint32_t fuzz_read(void *opaque, uint32_t offset, unsigned size)
{
    (void)opaque;
    if (offset / FUZZ_WINDOW + 1 < fuzz_device.windows) {
        return fuzz_read_other(offset % FUZZ_WINDOW, size);
    }
    offset %= FUZZ_WINDOW;
    uint32_t value = fuzz_honest_read(offset);
    if (fuzz_device.lies && fuzz_u8(&fuzz_device.input) >= FUZZ_LIE) {
        value = (uint32_t)fuzz_number(&fuzz_device.input, size);
    }
    if (offset == VIRTIO_MMIO_VERSION) {
        fuzz_device.is_told_legacy = value == 1;
    }
    return value;
}

static void fuzz_write_half(uint64_t *whole, uint32_t value, bool high)
{
    unsigned shift = high ? 32 : 0;
    *whole = (*whole & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

/* [VIRTIO1.2] 2.7: a power of two, and aligned parts. */
static void fuzz_enable_queue(struct fuzz_queue *queue)
{
    FUZZ_CHECK(queue->size > 0 && (queue->size & (queue->size - 1)) == 0);
    FUZZ_CHECK(queue->desc % 16 == 0 && queue->avail % 2 == 0 && queue->used % 4 == 0);
    FUZZ_CHECK(queue->desc != 0 && queue->avail != 0 && queue->used != 0);
    queue->ready = true;
    queue->taken = 0;
}

/* [VIRTIO1.2] 2.7.2: the parts of a legacy queue follow one another, the used ring aligned. */
static void fuzz_give_page(struct fuzz_queue *queue, uint32_t page)
{
    FUZZ_CHECK(page != 0 && fuzz_device.page_size == 4096 && queue->alignment == 4096);
    queue->desc = (uint64_t)page * fuzz_device.page_size;
    queue->avail = queue->desc + sizeof(struct vring_desc) * queue->size;
    uint64_t end = queue->avail + sizeof(uint16_t) * (3 + (uint64_t)queue->size);
    queue->used = (end + queue->alignment - 1) / queue->alignment * queue->alignment;
    fuzz_enable_queue(queue);
}

static void fuzz_write_legacy_queue(struct fuzz_queue *queue, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM:
        queue->size = value;
        break;
    case VIRTIO_MMIO_QUEUE_ALIGN:
        queue->alignment = value;
        break;
    case VIRTIO_MMIO_QUEUE_PFN:
        fuzz_give_page(queue, value);
        break;
    default:
        fuzz_fail("the driver writes only registers of a legacy device", __FILE__, __LINE__);
    }
}

static void fuzz_write_queue(struct fuzz_queue *queue, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case VIRTIO_MMIO_QUEUE_NUM:
        queue->size = value;
        break;
    case VIRTIO_MMIO_QUEUE_READY:
        FUZZ_CHECK(value == 1);
        fuzz_enable_queue(queue);
        break;
    case VIRTIO_MMIO_QUEUE_DESC_LOW:
    case VIRTIO_MMIO_QUEUE_DESC_HIGH:
        fuzz_write_half(&queue->desc, value, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH);
        break;
    case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
    case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
        fuzz_write_half(&queue->avail, value, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
        break;
    case VIRTIO_MMIO_QUEUE_USED_LOW:
    case VIRTIO_MMIO_QUEUE_USED_HIGH:
        fuzz_write_half(&queue->used, value, offset == VIRTIO_MMIO_QUEUE_USED_HIGH);
        break;
    default:
        fuzz_fail("the driver writes only registers that it may write", __FILE__, __LINE__);
    }
}

static void fuzz_write(void *opaque, uint32_t offset, uint32_t value)
{
    (void)opaque;
    FUZZ_CHECK(offset / FUZZ_WINDOW + 1 == fuzz_device.windows);
    offset %= FUZZ_WINDOW;
    switch (offset) {
    case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
        fuzz_device.features_selected = value;
        break;
    case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
    case VIRTIO_MMIO_DRIVER_FEATURES:
        break;
    case VIRTIO_MMIO_QUEUE_SEL:
        FUZZ_CHECK(value < FUZZ_QUEUES);
        fuzz_device.selected = value;
        break;
    case VIRTIO_MMIO_QUEUE_NOTIFY:
        FUZZ_CHECK(value < FUZZ_QUEUES && fuzz_device.queues[value].ready);
        break;
    case VIRTIO_MMIO_INTERRUPT_ACK:
        fuzz_device.interrupts &= ~value;
        break;
    case VIRTIO_MMIO_STATUS:
        fuzz_device.status = value;
        if (value == 0) {
            fuzz_device.queues[0].ready = fuzz_device.queues[1].ready = false;
        }
        break;
    case VIRTIO_MMIO_GUEST_PAGE_SIZE:
        FUZZ_CHECK(fuzz_device.is_told_legacy);
        fuzz_device.page_size = value;
        break;
    default:
        (fuzz_device.is_told_legacy ? fuzz_write_legacy_queue : fuzz_write_queue)(fuzz_selected(),
                                                                                  offset, value);
    }
}

/*
 * ---- rings ------------------------------------------------------------------------------------
 */

static void *fuzz_pointer(uint64_t physical)
{
    return (void *)(uintptr_t)(physical - fake_hal_offset);
}

/* The next operand chooses a queue; NULL: it is not there. */
static struct fuzz_queue *fuzz_choose_queue(void)
{
    struct fuzz_queue *queue = &fuzz_device.queues[fuzz_u8(&fuzz_device.input) % FUZZ_QUEUES];
    return queue->ready ? queue : NULL;
}

static void fuzz_add_used(const struct fuzz_queue *queue, uint32_t id, uint32_t len)
{
    struct vring_used *used = fuzz_pointer(queue->used);
    used->ring[used->idx % queue->size] = (struct vring_used_elem){.id = id, .len = len};
    used->idx++;
}

/* Reads a buffer that the driver gave, and writes to it when it may. */
static void fuzz_use(const struct vring_desc *desc, uint16_t len)
{
    uint8_t *buffer = fuzz_pointer(desc->addr);
    unsigned sum = 0;
    for (uint32_t i = 0; i < desc->len; i++) {
        sum += buffer[i];
    }
    FUZZ_CHECK(sum <= desc->len * 255);
    if ((desc->flags & VRING_DESC_F_WRITE) != 0) {
        memset(buffer, len & 0xff, len < desc->len ? len : desc->len);
        buffer[10] = (uint8_t)(len % 5); /* of a header: num_buffers */
        buffer[11] = 0;
    }
}

/*
 * Takes a chain, reads or writes its buffer, and returns it. The bytes that were written may be
 * fewer than is said.
 */
static void fuzz_complete(struct fuzz_queue *queue)
{
    const struct vring_avail *avail = fuzz_pointer(queue->avail);
    const struct vring_desc *table = fuzz_pointer(queue->desc);
    uint16_t len = fuzz_u16(&fuzz_device.input) % 2048;
    if (queue->taken == avail->idx) {
        return;
    }
    uint16_t head = avail->ring[queue->taken++ % queue->size];
    if (head >= queue->size) {
        return; /* something else was written there before */
    }
    const struct vring_desc *desc = &table[head];
    unsigned count = 1;
    if ((desc->flags & VRING_DESC_F_INDIRECT) != 0) {
        FUZZ_CHECK(desc->len % sizeof(*desc) == 0 && desc->len > 0);
        count = (unsigned)(desc->len / sizeof(*desc));
        desc = fuzz_pointer(desc->addr);
    }
    for (unsigned i = 0; i < count; i++) {
        fuzz_use(&desc[i], len);
    }
    fuzz_add_used(queue, head, len);
}

/*
 * The rings belong to the driver as much as to the device: a device that writes where it must only
 * read.
 */
static void fuzz_scribble(const struct fuzz_queue *queue)
{
    struct fuzz_input *input = &fuzz_device.input;
    uint8_t part = fuzz_u8(input) % 2;
    size_t size = part == 0 ? 6 + 2 * (size_t)queue->size : 6 + 8 * (size_t)queue->size;
    uint8_t *memory = fuzz_pointer(part == 0 ? queue->avail : queue->used);
    size_t offset = fuzz_u8(input) % size;
    memory[offset] = fuzz_u8(input);
}

static void fuzz_ring_step(enum fuzz_op op)
{
    struct fuzz_input *input = &fuzz_device.input;
    struct fuzz_queue *queue = fuzz_choose_queue();
    if (queue == NULL) {
        return;
    }
    struct vring_used *used = fuzz_pointer(queue->used);
    if (op == FUZZ_COMPLETE) {
        fuzz_complete(queue);
    } else if (op == FUZZ_USED) {
        uint32_t id = fuzz_u8(input);
        uint32_t len = fuzz_u16(input);
        fuzz_add_used(queue, id < FUZZ_LIE ? id % 8 : id << 24 | id, len);
    } else if (op == FUZZ_USED_INDEX) {
        used->idx = (uint16_t)(used->idx + (int8_t)fuzz_u8(input));
    } else if (op == FUZZ_USED_FLAGS) {
        used->flags = fuzz_u16(input);
    } else {
        fuzz_scribble(queue);
    }
}

/*
 * ---- the driver's side ------------------------------------------------------------------------
 */

static void fuzz_interrupt(void)
{
    fuzz_device.interrupts = fuzz_u8(&fuzz_device.input);
    if (fake_kernel.handler != NULL) {
        fake_kernel.handler(fake_kernel.handler_arg);
    }
}

static void fuzz_task(void)
{
    if (fake_kernel.task != NULL) {
        fake_kernel_run_task(1);
    }
}

static void fuzz_send(void)
{
    size_t len = VNET_ETHERNET_SIZE + fuzz_u16(&fuzz_device.input) % (VNET_MTU + 1);
    struct netif *netif = netif_by_index(0);
    struct nbuf *nbuf = netif == NULL ? NULL : nbuf_alloc();
    if (nbuf == NULL) {
        return;
    }
    memset(nbuf_put(nbuf, len), 0x55, len);
    int error = netif->transmit(netif, nbuf);
    FUZZ_CHECK(error == 0 || error == -KEAGAIN);
}

/* While somebody sleeps: the task switches the device, which may be what he waits for. */
static void fuzz_sleep(void)
{
    for (unsigned i = 0; i < virtio_netif_count; i++) {
        virtio_netif_switch(&virtio_netifs[i]);
    }
}

static void fuzz_switch(void)
{
    struct netif *netif = netif_by_index(0);
    fake_kernel.sleep = fuzz_sleep;
    int error = netif->set_up(netif, fuzz_u8(&fuzz_device.input) % 2 == 1);
    FUZZ_CHECK(error == 0 || error == -KEIO);
    fake_kernel.sleep = NULL;
}

static void fuzz_step(void)
{
    enum fuzz_op op = (enum fuzz_op)(fuzz_u8(&fuzz_device.input) % FUZZ_OPS);
    switch (op) {
    case FUZZ_COMPLETE:
    case FUZZ_USED:
    case FUZZ_USED_INDEX:
    case FUZZ_USED_FLAGS:
    case FUZZ_SCRIBBLE:
        fuzz_ring_step(op);
        break;
    case FUZZ_INTERRUPT:
        fuzz_interrupt();
        break;
    case FUZZ_TASK:
        fuzz_task();
        break;
    case FUZZ_SEND:
        fuzz_send();
        break;
    case FUZZ_STATUS:
        fuzz_device.status = fuzz_u8(&fuzz_device.input);
        break;
    case FUZZ_SWITCH:
        fuzz_switch();
        break;
    case FUZZ_OPS:
        break;
    }
}

/*
 * ---- the stack --------------------------------------------------------------------------------
 */

static void fuzz_attached(struct netif *netif)
{
    FUZZ_CHECK(netif->transmit != NULL && netif->wake != NULL);
}

static void fuzz_input(struct netif *netif, struct nbuf *nbuf)
{
    FUZZ_CHECK(nbuf->netif == netif);
    FUZZ_CHECK(nbuf->len >= VNET_ETHERNET_SIZE && nbuf->len <= VNET_FRAME_MAX);
    FUZZ_CHECK(nbuf->data >= nbuf->memory && nbuf->data + nbuf->len <= nbuf->memory + NBUF_SIZE);
    nbuf_free(nbuf);
}

static uint64_t fuzz_poll(uint64_t now_ns)
{
    (void)now_ns;
    return UINT64_MAX;
}

static const struct netif_stack fuzz_stack = {
    .attached = fuzz_attached,
    .input = fuzz_input,
    .poll = fuzz_poll,
};

/*
 * ---- a run ------------------------------------------------------------------------------------
 */

/* The fake machine and its pool of buffers are made once: each run leaves them as they were. */
static void fuzz_boot_kernel(void)
{
    static bool has_machine;
    if (!has_machine) {
        fake_hal_reset();
        fake_hal_offset = FUZZ_OFFSET;
        nbuf_init();
        has_machine = true;
    }
    FUZZ_CHECK(fake_hal.dma_live == 1 && nbuf_free_count() == NBUF_COUNT);
    fake_kernel = (struct fake_kernel){.poll_result = UINT64_MAX};
    netif_init();
    netif_set_stack(&fuzz_stack);
    virtio_netif_count = 0;
    virtio_mmio_count = 0;
}

static void fuzz_boot(const uint8_t *data, size_t size)
{
    fuzz_device = (struct fuzz_device){
        .input = {.data = data, .size = size},
        .offered = UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_NET_F_MAC,
        .mac = {0x52, 0x54, 0x00, 0xaa, 0xbb, 0xcc},
    };
    static const unsigned bits[] = {VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX,
                                    VIRTIO_NET_F_MRG_RXBUF, VIRTIO_F_IN_ORDER, VIRTIO_NET_F_STATUS};
    uint8_t kind = fuzz_u8(&fuzz_device.input);
    fuzz_device.lies = (kind & 1) != 0;
    for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        fuzz_device.offered |= (kind & 2u << i) != 0 ? UINT64_C(1) << bits[i] : 0;
    }
    fuzz_device.link = (kind & 0x40) == 0;
    /* A link that is down without a status says nothing, and IN_ORDER is no feature of the old. */
    if ((kind & 0x70) == 0x50) {
        fuzz_device.is_legacy = true;
        fuzz_device.offered &= UINT32_MAX;
        fuzz_device.offered |= UINT64_C(1) << VIRTIO_F_ANY_LAYOUT; /* the driver insists */
    }
    fuzz_device.windows = 1 + kind / 2 % FUZZ_WINDOWS; /* the bits of two features serve twice */
    fuzz_boot_kernel();
    fake_kernel.parameters[0][0] = "tx";
    fake_kernel.parameters[0][1] = (kind & 0x80) != 0 ? "spin" : "forget";
    fake_kernel.parameters[1][0] = "rx-buffer";
    fake_kernel.parameters[1][1] = "300";
    fake_kernel.now_step_ns = VIRTIO_RESET_NS / 8; /* whoever waits, waits not for long */
    fake_hal.mmio_base = FUZZ_BASE;
    fake_hal.mmio_size = fuzz_device.windows * FUZZ_WINDOW;
    fake_hal.mmio_read = fuzz_read;
    fake_hal.mmio_write = fuzz_write;
}

static void fuzz_each_window(const struct platform *platform, platform_window_fn *fn, void *opaque)
{
    (void)platform;
    for (unsigned i = 0; i < fuzz_device.windows; i++) {
        const struct platform_window window = {
            .base = FUZZ_BASE + i * FUZZ_WINDOW,
            .interrupt = {.intid = 48 + i},
        };
        if (!fn(&window, opaque)) {
            return;
        }
    }
}

/* True when the driver has taken the device. */
static bool fuzz_scan(void)
{
    static const struct platform_ops ops = {.each_window = fuzz_each_window};
    static const struct platform platform = {.ops = &ops};
    static const struct virtio_driver driver = {"virtio-net", VDEVICE_NET, virtio_netif_probe};
    static const struct virtio_drivers drivers = {.table = &driver, .count = 1};
    virtio_mmio_scan(&platform, &drivers);
    FUZZ_CHECK(virtio_mmio_count <= 1 && virtio_mmio_count == virtio_netif_count);
    return virtio_mmio_count == 1;
}

/*
 * Takes the driver down as it does itself when it gives up, and looks whether anything is missing.
 */
static void fuzz_check_memory(void)
{
    for (unsigned i = 0; i < virtio_netif_count; i++) {
        virtio_net_close(&virtio_netifs[i].net);
    }
    FUZZ_CHECK(nbuf_free_count() == NBUF_COUNT);
    FUZZ_CHECK(fake_hal.dma_live == 1); /* the pool of buffers */
}

void fuzz_run(const uint8_t *data, size_t size)
{
    fuzz_boot(data, size);
    if (fuzz_scan()) {
        FUZZ_CHECK((fuzz_device.status & VIRTIO_CONFIG_S_DRIVER_OK) != 0);
        FUZZ_CHECK(fuzz_device.queues[0].ready && fuzz_device.queues[1].ready);
        for (unsigned i = 0; i < FUZZ_STEPS_MAX && !fuzz_is_empty(&fuzz_device.input); i++) {
            fuzz_step();
        }
    }
    fuzz_check_memory();
}
