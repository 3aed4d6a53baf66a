/*
 * mock_driver.h - the other side of a virtio device, for tests
 *
 * A driver that does nothing by itself: it builds rings in guest memory by hand, and can make every
 * mistake. Numbers and layouts come from <linux/virtio_*.h>, so that they are not those of the
 * device under test.
 *
 *     mock_machine_init(&machine);             clock, trace, memory, bus, one interrupt line
 *     … a device, at MOCK_MMIO_BASE …
 *     mock_driver_negotiate(&machine, features);
 *     mock_ring_init(&ring, &machine, 0, 8);
 *     mock_driver_ok(&machine);
 *     mock_ring_desc(&ring, 0, buffer, 64, VRING_DESC_F_WRITE, 0);
 *     mock_ring_offer(&ring, 0);
 *     mock_ring_kick(&ring);
 *
 * The machine counts the events of each kind, which is how a test asserts that nothing else
 * happened.
 */
#ifndef EMU_VIRTIO_MOCK_DRIVER_H
#define EMU_VIRTIO_MOCK_DRIVER_H

#include "emu/core/gmem.h"
#include "emu/virtio/virtio.h"
#include "emu/virtio/virtio_mmio.h"

#define MOCK_MMIO_BASE UINT64_C(0x0a000000)

struct mock_machine {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
    struct mmio_bus *bus;
    struct virtio_env env;
    struct irqline line; /* to give to the device */
    bool line_level;
    unsigned line_changes;
    uint64_t counts[TRACE_KIND_COUNT]; /* events since mock_machine_forget() */
    uint64_t events;                   /* all of them but those of memory */
    struct trace_event last[TRACE_KIND_COUNT];
};

void mock_machine_init(struct mock_machine *machine);
void mock_machine_fini(struct mock_machine *machine);

/* Sets the counters to zero: what comes now is what the test is about. */
void mock_machine_forget(struct mock_machine *machine);
/* Lets virtual time pass, with all that is due. */
void mock_machine_run(struct mock_machine *machine, uint64_t ns);
/* True when exactly one breach was recorded, and it is this one. */
bool mock_machine_saw_breach(const struct mock_machine *machine, const char *who,
                             const char *clause);
/* Memory that is open to devices; freed with the machine. `host` may be NULL. */
gpa_t mock_machine_alloc(struct mock_machine *machine, size_t size, void *host);
/* An address in RAM that is not open to devices. */
gpa_t mock_machine_closed_memory(struct mock_machine *machine);

uint32_t mock_reg_read(struct mock_machine *machine, uint64_t offset);
void mock_reg_write(struct mock_machine *machine, uint64_t offset, uint32_t value);

/*
 * Reset, ACKNOWLEDGE, DRIVER, the features (and VERSION_1), FEATURES_OK. Returns the status as it
 * reads then.
 */
uint32_t mock_driver_negotiate(struct mock_machine *machine, uint64_t features);
void mock_driver_ok(struct mock_machine *machine);
void mock_driver_reset(struct mock_machine *machine);

struct mock_ring {
    struct mock_machine *machine;
    unsigned index, size;
    gpa_t desc, avail, used; /* where the device is told that they are */
    uint8_t *desc_host, *avail_host, *used_host;
    uint16_t avail_index;
};

/* Allocates zeroed rings; mock_ring_enable() tells the device, and init does both. */
void mock_ring_alloc(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                     unsigned size);
void mock_ring_enable(struct mock_ring *ring);
void mock_ring_disable(struct mock_ring *ring);
void mock_ring_init(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                    unsigned size);

/* The legacy interface: one area, of pages of 4096 bytes, given to the device as such. */
#define MOCK_PAGE 4096
void mock_driver_start_legacy(struct mock_machine *machine, uint32_t features);
void mock_ring_alloc_legacy(struct mock_ring *ring, struct mock_machine *machine, unsigned index,
                            unsigned size, unsigned align);
void mock_ring_enable_legacy(struct mock_ring *ring, unsigned align);

void mock_ring_desc(struct mock_ring *ring, unsigned entry, gpa_t at, uint32_t len, unsigned flags,
                    unsigned next);
/* The next available entry, and the index after it. */
void mock_ring_offer(struct mock_ring *ring, uint16_t head);
void mock_ring_set_avail_index(struct mock_ring *ring, uint16_t index);
void mock_ring_set_avail_flags(struct mock_ring *ring, uint16_t flags);
/* used_event: the element of which the driver wants to hear. */
void mock_ring_set_used_event(struct mock_ring *ring, uint16_t event);
void mock_ring_kick(struct mock_ring *ring);
/* What the device says about the driver's notifications. */
uint16_t mock_ring_avail_event(const struct mock_ring *ring);
uint16_t mock_ring_used_flags(const struct mock_ring *ring);

uint16_t mock_ring_used_index(const struct mock_ring *ring);
/* The used element that was written when the used index was `index`. */
uint32_t mock_ring_used_id(const struct mock_ring *ring, uint16_t index);
uint32_t mock_ring_used_len(const struct mock_ring *ring, uint16_t index);

#endif
