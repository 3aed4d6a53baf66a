/*
 * mock_device.h - a virtio-mmio device that can be told to misbehave: a network card, or a share
 *
 * The registers of one window, and both rings read and written where the driver says that they are.
 * With version 1 it is a legacy device up to its queues, which cannot be enabled: the physical
 * addresses of the fake hal are beyond its page numbers.
 *
 * It works with numbers of its own, from the system's headers, and knows nothing of the driver.
 */
#ifndef DRIVERS_MOCK_DEVICE_H
#define DRIVERS_MOCK_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vring_desc;

#define MOCK_BASE       0x0a000000
#define MOCK_WINDOW     0x200
#define MOCK_STATUS_LOG 16
#define MOCK_QUEUES     2
#define MOCK_RX         0
#define MOCK_TX         1
#define MOCK_SHARE      0

struct mock_queue {
    uint32_t size_max, size;
    uint32_t ready;
    uint64_t desc, avail, used; /* physical */
    uint16_t last_avail;
    unsigned kicks;
};

struct mock_device {
    /* how it is, and how it misbehaves */
    uint32_t magic, version, device_id;
    uint64_t offered;
    uint8_t mac[6];
    uint16_t link;             /* the status field of the configuration */
    const char *tag;           /* of a shared folder, whose configuration that is then; or NULL */
    unsigned reset_reads;      /* so many reads of the status until a reset is over */
    bool never_resets;         /* the status does not become 0 */
    bool refuses_features;     /* FEATURES_OK does not stick */
    bool config_never_settles; /* the generation changes with every read */
    bool receives_at_once;     /* with DRIVER_OK there is a frame, before any interrupt */

    /* what the driver did */
    uint32_t status;
    uint32_t status_log[MOCK_STATUS_LOG]; /* every write */
    unsigned status_writes;
    unsigned writes; /* of any register */
    uint64_t accepted;
    uint32_t feature_select, queue_select;
    uint32_t page_size; /* version 1 */
    unsigned resetting;
    uint32_t interrupts; /* InterruptStatus */
    uint32_t generation;
    uint16_t rx_posted_at_driver_ok;
    struct mock_queue queues[MOCK_QUEUES];
};
extern struct mock_device mock_device;

/* A good device behind the fake hal's window. */
void mock_device_reset(unsigned queue_size);
/* The same, as a shared folder with this tag. Keeps the text. */
void mock_device_reset_share(unsigned queue_size, const char *tag);

/* Descriptors that the driver has made available and the device has not taken. */
uint16_t mock_avail_count(unsigned queue);
/* Takes the next available chain: its head. Fails the test when there is none. */
uint16_t mock_take(unsigned queue);
/* The descriptor of a chain's part `index`, in its indirect table when it has one. */
const struct vring_desc *mock_part(unsigned queue, uint16_t head, unsigned index);
/* What the head's descriptor points to. */
uint8_t *mock_buffer(unsigned queue, uint16_t head);
uint32_t mock_buffer_size(unsigned queue, uint16_t head);
bool mock_buffer_is_writable(unsigned queue, uint16_t head);
/* Returns a chain, whatever id and length; and moves the used index alone. Neither interrupts. */
void mock_complete(unsigned queue, uint32_t id, uint32_t len);
void mock_move_used(unsigned queue, uint16_t by);
/* Moves the indices of both rings, and where the device stands: as after as many frames. */
void mock_advance_indices(unsigned queue, uint16_t by);
void mock_set_used_flags(unsigned queue, uint16_t flags);
uint16_t mock_avail_flags(unsigned queue);
/* The event indices: what the driver wants, and what the device wants. */
uint16_t mock_used_event(unsigned queue);
void mock_set_avail_event(unsigned queue, uint16_t event);
/* A frame for the driver: takes a buffer, fills it, completes it. */
void mock_receive(const void *frame, size_t size);

#endif
