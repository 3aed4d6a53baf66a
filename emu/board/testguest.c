/*
 * testguest.c - the guest of board_test.c
 *
 * It knows nothing of the board: frames, windows and INTIDs come from the device tree. What it does
 * is the first word of its command line; it ends with status 0, or with the number of the first
 * check that failed.
 *     timer    checks what firmware hands over, arms CNTV, takes its interrupt
 *     link     brings up the device in window 1, waits for a configuration interrupt
 *     sleep    waits for an interrupt that nothing can cause
 *     masked   the same, with CNTV armed and IMASK set
 */
#include "ringside/hal.h"

#define FDT_MAGIC      0xd00dfeedu
#define FDT_BEGIN_NODE 1u
#define FDT_END_NODE   2u
#define FDT_PROP       3u
#define FDT_NOP        4u
#define TREE_TOKENS    4096 /* more than there are */

#define GICD_CTLR      0x000u
#define GICD_ISENABLER 0x100u
#define GICC_CTLR      0x00u
#define GICC_PMR       0x04u
#define GICC_IAR       0x0cu
#define GICC_EOIR      0x10u
#define SPURIOUS       1023u

#define VIRTIO_MAGIC           0x000u
#define VIRTIO_DEVICE_ID       0x008u
#define VIRTIO_DRIVER_FEATURES 0x020u
#define VIRTIO_DRIVER_SELECT   0x024u
#define VIRTIO_ISR             0x060u
#define VIRTIO_ISR_ACK         0x064u
#define VIRTIO_STATUS          0x070u

#define CTL_ENABLE UINT64_C(1)
#define CTL_IMASK  UINT64_C(2)

static uintptr_t gicd, gicc, window0, window1;
static uint32_t timer_intid, window0_intid, window1_intid;
static volatile uint32_t taken_intid;
static volatile uint32_t taken_isr;

static void check(bool holds, int number)
{
    if (!holds) {
        hal_power_off(number);
    }
}

static bool same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool starts_with(const char *text, const char *word)
{
    while (*word != '\0' && *text == *word) {
        text++;
        word++;
    }
    return *word == '\0';
}

/* ---- device tree ----------------------------------------------------------------------------- */

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static size_t length(const char *text)
{
    size_t count = 0;
    while (text[count] != '\0') {
        count++;
    }
    return count;
}

/* A property of the first node of that name; powers off with 9 when there is none. */
static const uint8_t *tree_property(const char *node, const char *property)
{
    const uint8_t *blob = hal_boot_info()->device_tree;
    const uint8_t *at = blob + be32(blob + 8);
    const char *strings = (const char *)blob + be32(blob + 12);
    bool inside = false;
    for (int i = 0; i < TREE_TOKENS; i++) {
        uint32_t token = be32(at);
        at += 4;
        if (token == FDT_BEGIN_NODE) {
            inside = same((const char *)at, node);
            at += (length((const char *)at) + 4) & ~(size_t)3;
        } else if (token == FDT_PROP) {
            const uint8_t *value = at + 8;
            if (inside && same(strings + be32(at + 4), property)) {
                return value;
            }
            at = value + ((be32(at) + 3) & ~3u);
        } else if (token != FDT_END_NODE && token != FDT_NOP) {
            break;
        }
    }
    hal_power_off(9);
}

/* The n-th pair of a reg with two cells each; the base. */
static uintptr_t tree_reg(const char *node, unsigned index)
{
    const uint8_t *reg = tree_property(node, "reg") + (size_t)index * 16;
    return (uintptr_t)((uint64_t)be32(reg) << 32 | be32(reg + 4));
}

static uint32_t tree_intid(const char *node, unsigned index)
{
    const uint8_t *interrupt = tree_property(node, "interrupts") + (size_t)index * 12;
    return be32(interrupt + 4) + (be32(interrupt) == 0 ? 32 : 16);
}

static void read_tree(void)
{
    const struct hal_boot *boot = hal_boot_info();
    const uint8_t *blob = boot->device_tree;
    check(blob != NULL && be32(blob) == FDT_MAGIC, 1);
    check(be32(blob + 4) == boot->device_tree_size, 2);
    check(same((const char *)tree_property("chosen", "bootargs"), boot->command_line), 3);
    gicd = tree_reg("intc@8000000", 0);
    gicc = tree_reg("intc@8000000", 1);
    timer_intid = tree_intid("timer", 2); /* the virtual timer's place in the binding */
    window0 = tree_reg("virtio_mmio@a000000", 0);
    window0_intid = tree_intid("virtio_mmio@a000000", 0);
    window1 = tree_reg("virtio_mmio@a000200", 0);
    window1_intid = tree_intid("virtio_mmio@a000200", 0);
}

static void check_memory(void)
{
    static int witness;
    const struct hal_boot *boot = hal_boot_info();
    uint64_t here = hal_virt_to_phys(&witness);
    check(here >= boot->ram_base && here < boot->ram_base + boot->ram_size, 10);
    check(boot->free_base > here && boot->free_size > 0, 11);
    check(boot->free_base + boot->free_size <= boot->ram_base + boot->ram_size, 12);
    check(hal_phys_to_virt(here) == &witness, 13);
    check(hal_virt_to_phys(boot) != UINT64_MAX, 14);
    check(boot->acpi_rsdp == 0, 15);
    check(boot->file_count == 1 && same(boot->files[0].path, "/etc/net/ip"), 16);
    check(boot->files[0].size == 9 && starts_with(boot->files[0].data, "10.0.2.15"), 17);
}

static void check_registers(void)
{
    bool vhe = starts_with(hal_boot_info()->command_line, "timer vhe");
    check(hal_sysreg_read(HAL_MPIDR_EL1) == 0x80000000u, 20);
    check(hal_sysreg_read(HAL_CURRENT_EL) == (vhe ? 8 : 4), 21);
    check((hal_sysreg_read(HAL_ID_AA64MMFR1_EL1) >> 8 & 0xf) == (vhe ? 1 : 0), 22);
    check(hal_sysreg_read(HAL_CNTFRQ_EL0) == 62500000, 23);
    uint64_t physical = hal_sysreg_read(HAL_CNTPCT_EL0);
    check(physical >= 62500000 && hal_sysreg_read(HAL_CNTVCT_EL0) >= physical, 24);
    hal_sysreg_write(HAL_CNTP_CVAL_EL0, 1234);
    hal_sysreg_write(HAL_CNTV_CVAL_EL0, 5678);
    check(hal_sysreg_read(HAL_CNTP_CVAL_EL0) == 1234, 25);
    check(hal_sysreg_read(HAL_CNTV_CVAL_EL0) == 5678, 26);
    hal_sysreg_write(HAL_CNTP_TVAL_EL0, 100000);
    check(hal_sysreg_read(HAL_CNTP_TVAL_EL0) - 1 < 100000, 27);
    hal_sysreg_write(HAL_CNTV_TVAL_EL0, 100000);
    check(hal_sysreg_read(HAL_CNTV_TVAL_EL0) - 1 < 100000, 18);
    hal_sysreg_write(HAL_CNTP_CTL_EL0, CTL_IMASK);
    check(hal_sysreg_read(HAL_CNTP_CTL_EL0) == CTL_IMASK, 28);
    check(hal_sysreg_read(HAL_CNTV_CTL_EL0) == 0, 29);
}

/* They are there at EL2, and are others than those of EL1; elsewhere they read as 0. */
static void check_el2_timers(bool vhe)
{
    hal_sysreg_write(HAL_CNTHP_CVAL_EL2, 4321);
    hal_sysreg_write(HAL_CNTHV_CVAL_EL2, 8765);
    check(hal_sysreg_read(HAL_CNTHP_CVAL_EL2) == (vhe ? 4321 : 0), 70);
    check(hal_sysreg_read(HAL_CNTHV_CVAL_EL2) == (vhe ? 8765 : 0), 71);
    hal_sysreg_write(HAL_CNTHP_TVAL_EL2, 100000);
    hal_sysreg_write(HAL_CNTHV_CTL_EL2, CTL_IMASK);
    check(hal_sysreg_read(HAL_CNTHP_TVAL_EL2) - (vhe ? 1 : 0) < 100000, 72);
    check(hal_sysreg_read(HAL_CNTHV_CTL_EL2) == (vhe ? CTL_IMASK : 0), 73);
    check(hal_sysreg_read(HAL_CNTHP_CTL_EL2) == 0, 74);
    check(hal_sysreg_read(HAL_CNTP_CVAL_EL0) != 4321, 75);
}

static void check_windows(void)
{
    check(hal_mmio_read32(window0 + VIRTIO_MAGIC) == 0x74726976, 30);
    check(hal_mmio_read32(window0 + VIRTIO_DEVICE_ID) == 1, 31);
    check(hal_mmio_read32(window1 + VIRTIO_DEVICE_ID) == 1, 32);
    check(hal_mmio_read32(tree_reg("virtio_mmio@a000400", 0) + VIRTIO_DEVICE_ID) == 0, 33);
    check(hal_mmio_read32(tree_reg("virtio_mmio@a003e00", 0) + VIRTIO_DEVICE_ID) == 0, 34);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void vector(void)
{
    uint32_t intid = hal_mmio_read32(gicc + GICC_IAR) & 0x3ff;
    if (intid == SPURIOUS) {
        return;
    }
    taken_intid = intid;
    if (intid == timer_intid) {
        hal_sysreg_write(HAL_CNTV_CTL_EL0, 0);
    } else {
        taken_isr = hal_mmio_read32(window1 + VIRTIO_ISR);
        hal_mmio_write32(window1 + VIRTIO_ISR_ACK, taken_isr);
    }
    hal_mmio_write32(gicc + GICC_EOIR, intid);
}

static void open_interrupt(uint32_t intid)
{
    hal_irq_set_vector(vector);
    hal_mmio_write32(gicd + GICD_ISENABLER + (uintptr_t)(intid / 32) * 4, 1u << intid % 32);
    hal_mmio_write32(gicd + GICD_CTLR, 1);
    hal_mmio_write32(gicc + GICC_PMR, 0xff);
    hal_mmio_write32(gicc + GICC_CTLR, 1);
    hal_irq_restore(0);
}

static void run_timer(void)
{
    check_memory();
    check_registers();
    if (starts_with(hal_boot_info()->command_line, "timer vhe")) {
        check_el2_timers(true);
    }
    check_windows();
    open_interrupt(timer_intid);
    hal_sysreg_write(HAL_CNTV_TVAL_EL0, 62500); /* 1 ms */
    hal_sysreg_write(HAL_CNTV_CTL_EL0, CTL_ENABLE);
    uint64_t deadline = hal_sysreg_read(HAL_CNTV_CVAL_EL0);
    while (taken_intid == 0) {
        hal_wfi();
    }
    check(taken_intid == 27, 40);
    check(hal_sysreg_read(HAL_CNTVCT_EL0) >= deadline, 41);
}

static void run_link(void)
{
    open_interrupt(window1_intid);
    hal_mmio_write32(window1 + VIRTIO_STATUS, 1 | 2);
    hal_mmio_write32(window1 + VIRTIO_DRIVER_SELECT, 1);
    hal_mmio_write32(window1 + VIRTIO_DRIVER_FEATURES, 1);
    hal_mmio_write32(window1 + VIRTIO_DRIVER_SELECT, 0);
    hal_mmio_write32(window1 + VIRTIO_DRIVER_FEATURES, 1u << 16 | 1u << 5);
    hal_mmio_write32(window1 + VIRTIO_STATUS, 1 | 2 | 8);
    check(hal_mmio_read32(window1 + VIRTIO_STATUS) == (1 | 2 | 8), 50);
    hal_mmio_write32(window1 + VIRTIO_STATUS, 1 | 2 | 8 | 4);
    while (taken_intid == 0) {
        hal_wfi();
    }
    check(taken_intid == window1_intid && window1_intid == window0_intid + 1, 51);
    check(taken_isr == 2, 52);
}

static void sleep_for_ever(void)
{
    for (;;) {
        hal_wfi();
    }
}

static void boot(void)
{
    const char *command_line = hal_boot_info()->command_line;
    read_tree();
    if (starts_with(command_line, "timer")) {
        run_timer();
    } else if (starts_with(command_line, "no el2")) {
        check_el2_timers(false);
    } else if (starts_with(command_line, "link")) {
        run_link();
    } else if (starts_with(command_line, "masked")) {
        open_interrupt(timer_intid);
        hal_sysreg_write(HAL_CNTV_TVAL_EL0, 62500);
        hal_sysreg_write(HAL_CNTV_CTL_EL0, CTL_ENABLE | CTL_IMASK);
        sleep_for_ever();
    } else {
        check(starts_with(command_line, "sleep"), 60);
        open_interrupt(timer_intid);
        sleep_for_ever();
    }
    hal_power_off(0);
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "boardtest",
    .boot = boot,
};
