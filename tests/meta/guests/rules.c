/*
 * rules.c - a guest that breaks one rule, and is otherwise well
 *
 * The boot parameter `does` says which. Its only program ends with status 0 whatever was done
 * before, so that nothing but the checkers can fail a test. `does=right` breaks none: it does the
 * same things as they have to be done.
 */
#include "ringside/hal.h"
#include "ringside/probe.h"

#define MS UINT64_C(1000000)

enum {
    GICD = 0x08000000,
    GICD_CTLR = GICD,
    GICC = 0x08010000,
    GICC_CTLR = GICC,
    GICC_PMR = GICC + 4,
    GICC_IAR = GICC + 0xc,
    GICC_EOIR = GICC + 0x10,
    SGI = 5,
};
enum {
    CARD = 0x0a000000,
    SHARE = 0x0a000200, /* where there is one */
    DEVICE_ID = 0x08,
    FEATURES = 0x20,
    FEATURES_SEL = 0x24,
    QUEUE_SEL = 0x30,
    QUEUE_NUM = 0x38,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    STATUS = 0x70,
    QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    QUEUE_SIZE = 4,
    RING_SIZE = 256,
    ID_9P = 9,
};
enum {
    TASK = 1,
    OTHER_TASK = 2,
    LOCK_A = 0xa,
    LOCK_B = 0xb,
    TIMEOUT = 0x70,
};

static volatile uint32_t the_program;

static bool is_told_to(const char *word)
{
    for (const char *text = hal_boot_info()->command_line; *text != '\0'; text++) {
        size_t length = 0;
        while (word[length] != '\0' && text[length] == word[length]) {
            length++;
        }
        if (word[length] == '\0' && (text[length] == '\0' || text[length] == ' ')) {
            return true;
        }
    }
    return false;
}

static uint64_t now_ns(void)
{
    return hal_sysreg_read(HAL_CNTVCT_EL0) * 16;
}

/* Time passes, without an interrupt; another task sleeps and wakes meanwhile. */
static void pass(uint64_t time_ns)
{
    for (uint64_t passed_ns = 0; passed_ns < time_ns; passed_ns += MS) {
        hal_charge(MS);
        probe_task_blocked(OTHER_TASK, "timeout", 1, passed_ns);
        probe_task_woken(OTHER_TASK);
    }
}

/* ---- locks ----------------------------------------------------------------------------------- */

static void take_both(const char *first, const char *second)
{
    uint64_t first_lock = *first == 'a' ? LOCK_A : LOCK_B;
    uint64_t second_lock = *second == 'a' ? LOCK_A : LOCK_B;
    probe_spin_taken(first_lock, first);
    probe_spin_taken(second_lock, second);
    probe_spin_released(second_lock);
    probe_spin_released(first_lock);
}

static void use_locks(void)
{
    take_both("a", "b");
    probe_task_running(OTHER_TASK);
    if (is_told_to("does=lock-order")) {
        take_both("b", "a");
    } else {
        take_both("a", "b");
    }
    probe_task_running(TASK);
    uint64_t daif = hal_irq_save();
    if (is_told_to("does=lock-irq")) {
        hal_irq_restore(daif);
    }
    probe_spin_taken(0xc, "irq's");
    probe_spin_released(0xc);
    hal_irq_restore(daif);
    if (is_told_to("does=lock-self")) {
        probe_lock_taken(0xd, "self");
        probe_task_blocked(TASK, "lock", 0xd, UINT64_MAX);
        probe_task_woken(TASK);
        probe_lock_released(0xd);
    }
    if (is_told_to("does=lock-sleep")) {
        probe_spin_taken(LOCK_A, "a");
    }
    probe_lock_taken(0xe, "mutex");
    probe_lock_released(0xe);
    if (is_told_to("does=lock-sleep")) {
        probe_spin_released(LOCK_A);
    }
}

/* ---- interrupts and timeouts ----------------------------------------------------------------- */

static void vector(void)
{
    uint32_t intid = hal_mmio_read32(GICC_IAR);
    probe_spin_taken(0xc, "irq's");
    probe_spin_released(0xc);
    if (!is_told_to("does=irq-unended")) {
        hal_mmio_write32(GICC_EOIR, intid);
    }
    if (is_told_to("does=irq-breach")) {
        hal_mmio_write32(GICC_EOIR, intid);
    }
}

static void use_interrupts(void)
{
    hal_mmio_write32(GICC_PMR, 0xff);
    hal_mmio_write32(GICC_CTLR, 1);
    hal_mmio_write32(GICD_CTLR, 1);
    hal_irq_set_vector(vector);
    hal_mmio_write32(GICD + 0xf00, UINT32_C(2) << 24 | SGI); /* to this CPU */
    hal_irq_restore(0);
}

static void use_timeouts(void)
{
    probe_timeout_registered(TIMEOUT, now_ns() + 5 * MS);
    pass(is_told_to("does=timeout-overdue") ? 40 * MS : 6 * MS);
    probe_timeout_fired(TIMEOUT);
}

/* What polls do that end early: each has a clock of its own, which an event queue watches. */
static void use_clocks(void)
{
    for (uint64_t clock = 1; clock <= 20; clock++) {
        uint64_t timeout = TIMEOUT + clock;
        probe_event_watched(1, "time", clock, 0, 1);
        probe_time_set(TASK, clock, timeout, UINT64_MAX);
        if (!is_told_to("does=timeout-leaked")) {
            probe_timeout_cancelled(timeout);
        }
        probe_event_watched(1, "time", clock, 0, 0);
    }
}

/* ---- memory and registers -------------------------------------------------------------------- */

static void enable_queue(uint64_t device, uint64_t ring)
{
    hal_mmio_write32(device + STATUS, 0);
    hal_mmio_write32(device + STATUS, 1);
    hal_mmio_write32(device + STATUS, 3);
    hal_mmio_write32(device + FEATURES_SEL, 1);
    hal_mmio_write32(device + FEATURES, 1); /* VERSION_1 */
    hal_mmio_write32(device + STATUS, 3 | 8);
    hal_mmio_write32(device + QUEUE_SEL, 0);
    hal_mmio_write32(device + QUEUE_NUM, QUEUE_SIZE);
    hal_mmio_write32(device + QUEUE_DESC, (uint32_t)ring);
    hal_mmio_write32(device + QUEUE_DRIVER, (uint32_t)ring + 64);
    hal_mmio_write32(device + QUEUE_DEVICE, (uint32_t)ring + 128);
    hal_mmio_write32(device + QUEUE_READY, 1);
}

/* Gives the queue a buffer, which lies behind its rings. */
static void offer(volatile uint8_t *ring, uint64_t physical)
{
    volatile uint64_t *desc = (volatile uint64_t *)ring;
    volatile uint16_t *avail = (volatile uint16_t *)(ring + 64);
    desc[0] = physical + 192;
    if (is_told_to("does=vq-barrier")) {
        hal_wmb();
    }
    desc[1] = UINT64_C(2) << 32 | 64; /* the device writes 64 bytes */
    avail[2] = 0;
    if (!is_told_to("does=vq-barrier")) {
        hal_wmb();
    }
    avail[1] = 1;
    hal_mb();
}

static void use_memory(void)
{
    uint64_t first_ring, second_ring;
    void *first = hal_dma_alloc(RING_SIZE, 16, &first_ring);
    void *second = hal_dma_alloc(RING_SIZE, 16, &second_ring);
    enable_queue(CARD, is_told_to("does=dma-unregistered") ? (uintptr_t)&the_program & ~UINT64_C(15)
                                                           : first_ring);
    if (is_told_to("does=dma-freed")) {
        hal_dma_free(first, RING_SIZE);
        first = NULL;
    }
    enable_queue(CARD, second_ring);
    offer(second, second_ring);
    if (!is_told_to("does=dma-leaked")) {
        hal_dma_free(first, RING_SIZE);
    }
    hal_mmio_write32(CARD + STATUS, 0);
    hal_dma_free(second, is_told_to("does=hal-misuse") ? 1 : RING_SIZE);
}

/* ---- a share --------------------------------------------------------------------------------- */

/* The first message of a session, and its answer in the same buffer, behind the rings. */
static void use_share(void)
{
    static const uint8_t version[] = {21, 0, 0,   0,   100, 0xff, 0xff, 0,   0x20, 0,  0,
                                      8,  0, '9', 'P', '2', '0',  '0',  '0', '.',  'L'};
    if (hal_mmio_read32(SHARE + DEVICE_ID) != ID_9P) {
        return;
    }
    uint64_t physical;
    volatile uint8_t *ring = hal_dma_alloc(RING_SIZE, 16, &physical);
    volatile uint64_t *desc = (volatile uint64_t *)ring;
    enable_queue(SHARE, physical);
    hal_mmio_write32(SHARE + STATUS, 3 | 8 | 4);
    for (size_t i = 0; i < sizeof(version); i++) {
        ring[192 + i] = version[i];
    }
    if (is_told_to("does=p9-breach")) {
        ring[192 + 5] = 1; /* a tag like any other */
    }
    desc[0] = physical + 192;
    desc[1] = UINT64_C(1) << 48 | UINT64_C(1) << 32 | sizeof(version); /* and descriptor 1 */
    desc[2] = physical + 224;
    desc[3] = UINT64_C(2) << 32 | 32;
    hal_wmb();
    ((volatile uint16_t *)(ring + 64))[1] = 1;
    hal_mb();
    hal_mmio_write32(SHARE + QUEUE_NOTIFY, 0);
    pass(MS);
    hal_mmio_write32(SHARE + STATUS, 0);
    hal_dma_free((void *)ring, RING_SIZE);
}

static void use_registers(void)
{
    hal_mmio_read32(is_told_to("does=mmio-unmapped") ? CARD - 8 : CARD);
    hal_mmio_read32(is_told_to("does=mmio-refused") ? CARD + 2 : CARD);
}

/* ---- the guest ------------------------------------------------------------------------------- */

static int rules_start(uint32_t program, const char *command_line)
{
    (void)command_line;
    the_program = program;
    probe_program_started(program, TASK);
    return 0;
}

static void rules_boot(void)
{
    probe_task_created(TASK, "task", NULL);
    probe_task_created(OTHER_TASK, "other", NULL);
    probe_task_running(TASK);
    probe_ready();
    hal_irq_restore(0);
    while (the_program == 0) {
        hal_wfi();
    }
    use_locks();
    use_interrupts();
    use_timeouts();
    use_clocks();
    use_memory();
    use_share();
    use_registers();
    pass(20 * MS);
    probe_program_exited(the_program, 0);
    for (;;) {
        hal_wfi();
    }
}

static const char *const rules_programs[] = {"go", NULL};

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "rules",
    .boot = rules_boot,
    .start = rules_start,
    .programs = rules_programs,
};
