/*
 * stuck.c - a guest whose only task waits for a timer, with one link missing
 *
 * The boot parameter `does` says which. It has an interrupt controller, a timer and a program that
 * sleeps, and nothing else: each verdict and each cause of the interrupt path is shown here with
 * nothing around it. `does=right` misses nothing.
 */
#include "ringside/hal.h"
#include "ringside/probe.h"

#define TASK       1
#define STACK_SIZE 16384
#define MS         UINT64_C(1000000)
#define COUNT_NS   16
#define NOINLINE   __attribute__((noinline)) /* reports name the function */

enum {
    GICD = 0x08000000,
    GICD_CTLR = GICD,
    GICD_ISENABLER = GICD + 0x100,
    GICD_IPRIORITYR = GICD + 0x400,
    GICC = 0x08010000,
    GICC_CTLR = GICC,
    GICC_PMR = GICC + 4,
    GICC_IAR = GICC + 0xc,
    GICC_EOIR = GICC + 0x10,
};
enum {
    TIMER_VIRTUAL = 27,
    TIMER_PHYSICAL = 30,
    IRQ_SPECIAL = 1020,
};

static struct hal_context idle_context, task_context;
static volatile bool is_asleep, has_command;
static volatile uint32_t the_program, sink;
static volatile uint64_t spins_left = UINT64_MAX;

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
    return hal_sysreg_read(HAL_CNTVCT_EL0) * COUNT_NS;
}

static void arm(uint64_t at_ns)
{
    hal_sysreg_write(HAL_CNTV_CVAL_EL0, at_ns / COUNT_NS);
    hal_sysreg_write(HAL_CNTV_CTL_EL0, is_told_to("does=imask") ? 3 : 1);
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void wake(void)
{
    if (is_asleep) {
        is_asleep = false;
        probe_task_woken(TASK);
    }
}

static void take(uint32_t intid)
{
    (void)intid;
    if (is_told_to("does=tick")) {
        arm(now_ns() + 10 * MS);
        return;
    }
    if (is_told_to("does=storm")) {
        return; /* the timer's condition stays, and with it the line */
    }
    hal_sysreg_write(HAL_CNTV_CTL_EL0, 0);
    wake();
}

static void vector(void)
{
    uint32_t intid;
    while ((intid = hal_mmio_read32(GICC_IAR) & 0x3ff) < IRQ_SPECIAL) {
        take(intid);
        if (is_told_to("does=never-eoi")) {
            return;
        }
        hal_mmio_write32(GICC_EOIR, intid);
    }
}

static void enable(void)
{
    uint32_t intid = is_told_to("does=wrong-intid") ? TIMER_PHYSICAL : TIMER_VIRTUAL;
    if (!is_told_to("does=not-enabled")) {
        hal_mmio_write32(GICD_ISENABLER, UINT32_C(1) << intid);
    }
    for (uint32_t reg = 0; reg < 32; reg += 4) {
        hal_mmio_write32(GICD_IPRIORITYR + reg, 0xa0a0a0a0);
    }
    hal_mmio_write32(GICC_PMR, is_told_to("does=mask-priority") ? 0 : 0xff);
    hal_mmio_write32(GICC_CTLR, 1);
    hal_mmio_write32(GICD_CTLR, is_told_to("does=switch-off") ? 0 : 1);
    hal_irq_set_vector(vector);
}

/* ---- the program ----------------------------------------------------------------------------- */

NOINLINE static void sleep_until(uint64_t deadline_ns)
{
    is_asleep = true;
    probe_task_blocked(TASK, "timeout", 1, deadline_ns);
    if (deadline_ns != UINT64_MAX) {
        arm(deadline_ns);
    }
    while (is_asleep) {
        hal_context_switch(&task_context, &idle_context);
    }
    probe_task_running(TASK);
}

/* For something that does not come. */
NOINLINE static void look_again(uint64_t times, uint64_t every_ns)
{
    for (uint64_t i = 0; i < times; i++) {
        sleep_until(now_ns() + every_ns);
    }
}

NOINLINE static HAL_NO_TICKS void freeze(void)
{
    while (spins_left != 0) {
        sink = sink + 1;
    }
}

NOINLINE static void spin(void)
{
    while (spins_left != 0) {
        sink = sink + 1;
    }
}

NOINLINE static void poll_clock(uint64_t time_ns)
{
    uint64_t end_ns = time_ns == UINT64_MAX ? UINT64_MAX : now_ns() + time_ns;
    while (now_ns() < end_ns) {
        hal_relax();
    }
}

NOINLINE static void run_program(void)
{
    if (is_told_to("does=freeze")) {
        freeze();
    } else if (is_told_to("does=spin")) {
        spin();
    } else if (is_told_to("does=poll-clock")) {
        poll_clock(1000 * MS);
    } else if (is_told_to("does=poll-clock-for-ever")) {
        poll_clock(UINT64_MAX);
    } else if (is_told_to("does=wild-pointer")) {
        sink = *(volatile uint32_t *)0x0a000000; /* a register, without hal_mmio_read32() */
    } else if (is_told_to("does=tick")) {
        arm(now_ns() + 10 * MS);
        sleep_until(UINT64_MAX);
    } else if (is_told_to("does=wake-a-second")) {
        look_again(500, 2 * MS);
    } else if (is_told_to("does=wake-for-ever")) {
        look_again(UINT64_MAX, 10 * MS);
    } else {
        sleep_until(now_ns() + 5 * MS);
        if (is_told_to("does=never-eoi")) {
            sleep_until(now_ns() + 5 * MS);
        }
    }
}

static void task_main(void *arg)
{
    (void)arg;
    hal_irq_restore(0);
    run_program();
    has_command = false;
    probe_program_exited(the_program, 0);
    probe_task_exited(TASK);
    for (;;) {
        hal_context_switch(&task_context, &idle_context);
    }
}

static int stuck_start(uint32_t program, const char *command_line)
{
    (void)command_line;
    the_program = program;
    has_command = true;
    probe_program_started(program, TASK);
    probe_task_running(TASK);
    return 0;
}

static void stuck_boot(void)
{
    enable();
    void *stack = hal_stack_alloc(STACK_SIZE);
    hal_context_init(&task_context, task_main, NULL, stack, STACK_SIZE);
    probe_task_created(TASK, "sleeper", &task_context);
    probe_ready();
    for (;;) {
        hal_irq_restore(0);
        if (has_command && !is_asleep) {
            hal_context_switch(&idle_context, &task_context);
        }
        uint64_t daif = hal_irq_save();
        if (!has_command || is_asleep) {
            hal_wfi();
        }
        if (!is_told_to("does=mask-cpu") || !is_asleep) {
            hal_irq_restore(daif);
        }
        while (is_told_to("does=mask-cpu") && is_asleep) {
            hal_wfi();
        }
    }
}

static const char *const stuck_programs[] = {"sleeper", NULL};

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "stuck",
    .boot = stuck_boot,
    .start = stuck_start,
    .programs = stuck_programs,
};
