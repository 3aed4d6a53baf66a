/*
 * hal_cpu.c - hal.h: ticks, MMIO, barriers, interrupts, system registers, waiting
 *
 * Each function that needs the bench has a body cpu_do_…(), which runs on the bench's stack; what
 * stands in the hal function itself runs on the guest's.
 *
 * An MMIO access happens at the guest's time, after all that is due by then, and takes mmio_ns
 * afterwards. Instructions that the instrumentation cannot see in an uninstrumented guest
 * (barriers, system registers, WFI, YIELD) cost one tick, so that a loop over any of them gets
 * somewhere.
 *
 * A loop that only polls the clock would take as many rounds as the time that it waits for has
 * ticks. So a read of the time takes longer when very many came before it in a row.
 */
#include "emu/cpu-stub/cpu_priv.h"

/* ---- ticks ----------------------------------------------------------------------------------- */

static void cpu_charge_ticks(const struct cpu *cpu, uint64_t ticks)
{
    uint64_t count = cpu_tick_count(cpu);
    uint64_t room = count < CPU_TICKS_MAX ? CPU_TICKS_MAX - count : 0;
    ringside_ticks.left -= (int64_t)(ticks < room ? ticks : room);
}

void hal_charge(uint64_t ticks)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_charge_ticks(cpu, ticks);
    cpu_settle_if_due(cpu);
}

/* An instruction that takes a tick and does nothing else that the bench could see. */
cpu_inline void cpu_spend_tick(void)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_charge_ticks(cpu, 1);
    cpu_settle_if_due(cpu);
}

/* Who spins waits for another core: those behind come first. */
void hal_relax(void)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_charge_ticks(cpu, 1);
    if (__builtin_expect(cpu->awake > 1, 0)) {
        cpu_give_way(cpu);
    }
    cpu_settle_if_due(cpu);
}

static void cpu_do_barrier(void *opaque)
{
    const struct cpu *cpu = cpu_active;
    bool *found = opaque;
    *found = cpu->config.ops->barrier(cpu->config.opaque);
}

static void cpu_do_tell(void *opaque)
{
    struct cpu *cpu = opaque;
    cpu_sync(cpu);
    cpu->config.ops->tell(cpu->config.opaque);
}

/*
 * Devices read guest memory on the CPU's own thread, in the order in which the guest stores. What
 * is left to do is to keep the compiler from moving accesses, which the call does, and to let those
 * look who know what has to be in memory by now. Looking is no call of a device: cores that are
 * behind stay so, and who polls the clock goes on polling it.
 */
static void cpu_order_stores(void)
{
    struct cpu *cpu = cpu_of_guest();
    bool found = false;
    if (cpu->config.ops->barrier != NULL) {
        cpu->side = CPU_SIDE_BENCH;
        stack_bench_call(&cpu->bench, cpu_do_barrier, &found);
        cpu->side = CPU_SIDE_GUEST;
    }
    if (__builtin_expect(found, 0)) {
        cpu_bench_visit(cpu, cpu_do_tell, cpu);
    }
}

void hal_mb(void)
{
    cpu_order_stores();
    cpu_spend_tick();
}

void hal_rmb(void)
{
    cpu_spend_tick();
}

void hal_wmb(void)
{
    cpu_order_stores();
    cpu_spend_tick();
}

/* ---- MMIO ------------------------------------------------------------------------------------ */

struct cpu_access {
    uint64_t pa;
    uint64_t value;
    unsigned size;
    bool done;
};

static void cpu_do_mmio_read(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        access->value = mmio_read(cpu->bus, access->pa, access->size);
        access->done = true;
        cpu_spend_ns(cpu, cpu->config.mmio_ns); /* what becomes due meanwhile runs at the end */
    }
}

static void cpu_do_mmio_write(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        mmio_write(cpu->bus, access->pa, access->size, access->value);
        access->done = true;
        cpu_spend_ns(cpu, cpu->config.mmio_ns); /* what becomes due meanwhile runs at the end */
    }
}

cpu_inline uint64_t cpu_access(context_fn *fn, uintptr_t pa, unsigned size, uint64_t value)
{
    struct cpu *cpu = cpu_of_guest();
    struct cpu_access access = {.pa = pa, .size = size, .value = value};
    do {
        cpu_bench_call(cpu, fn, &access);
    } while (!access.done);
    cpu_settle_if_due(cpu);
    return access.value;
}

uint8_t hal_mmio_read8(uintptr_t pa)
{
    return (uint8_t)cpu_access(cpu_do_mmio_read, pa, 1, 0);
}

uint16_t hal_mmio_read16(uintptr_t pa)
{
    return (uint16_t)cpu_access(cpu_do_mmio_read, pa, 2, 0);
}

uint32_t hal_mmio_read32(uintptr_t pa)
{
    return (uint32_t)cpu_access(cpu_do_mmio_read, pa, 4, 0);
}

uint64_t hal_mmio_read64(uintptr_t pa)
{
    return cpu_access(cpu_do_mmio_read, pa, 8, 0);
}

void hal_mmio_write8(uintptr_t pa, uint8_t value)
{
    cpu_access(cpu_do_mmio_write, pa, 1, value);
}

void hal_mmio_write16(uintptr_t pa, uint16_t value)
{
    cpu_access(cpu_do_mmio_write, pa, 2, value);
}

void hal_mmio_write32(uintptr_t pa, uint32_t value)
{
    cpu_access(cpu_do_mmio_write, pa, 4, value);
}

void hal_mmio_write64(uintptr_t pa, uint64_t value)
{
    cpu_access(cpu_do_mmio_write, pa, 8, value);
}

/* ---- interrupt mask and vector --------------------------------------------------------------- */

cpu_inline void cpu_set_daif(struct cpu *cpu, uint64_t daif)
{
    uint64_t changed = cpu->core->daif ^ daif;
    cpu->core->daif = daif & CPU_DAIF_MASK;
    if ((changed & HAL_DAIF_I) != 0) { /* locks are taken inside of locks */
        cpu_mask_changed(cpu);
    }
    cpu_settle_if_due(cpu);
}

uint64_t hal_irq_save(void)
{
    struct cpu *cpu = cpu_of_guest();
    uint64_t before = cpu->core->daif;
    cpu_set_daif(cpu, before | HAL_DAIF_I);
    return before;
}

void hal_irq_restore(uint64_t daif)
{
    cpu_set_daif(cpu_of_guest(), daif);
}

uint64_t hal_irq_flags(void)
{
    struct cpu *cpu = cpu_of_guest();
    cpu_settle_if_due(cpu);
    return cpu->core->daif;
}

void hal_irq_set_vector(void (*entry)(void))
{
    struct cpu *cpu = cpu_of_guest();
    cpu->core->vector = entry;
    cpu_mask_changed(cpu);
    cpu_settle_if_due(cpu);
}

/* ---- system registers ------------------------------------------------------------------------ */

struct cpu_sysreg_access {
    enum hal_sysreg reg;
    uint64_t value;
    bool done;
};

static bool cpu_check_sysreg(struct cpu *cpu, const char *function, enum hal_sysreg reg)
{
    if ((unsigned)reg >= HAL_SYSREG_COUNT) {
        cpu_violation(cpu, function, "a system register is one that hal.h names", (unsigned)reg);
        return false;
    }
    const struct cpu_ops *ops = cpu->config.ops;
    const char *rule =
        ops->sysreg_absent == NULL ? NULL : ops->sysreg_absent(cpu->config.opaque, reg);
    if (rule != NULL) {
        cpu_violation(cpu, function, rule, (unsigned)reg);
    }
    return rule == NULL;
}

static bool cpu_sysreg_is_writable(enum hal_sysreg reg)
{
    switch (reg) {
    case HAL_CNTP_CTL_EL0:
    case HAL_CNTP_CVAL_EL0:
    case HAL_CNTP_TVAL_EL0:
    case HAL_CNTV_CTL_EL0:
    case HAL_CNTV_CVAL_EL0:
    case HAL_CNTV_TVAL_EL0:
    case HAL_CNTHP_CTL_EL2:
    case HAL_CNTHP_CVAL_EL2:
    case HAL_CNTHP_TVAL_EL2:
    case HAL_CNTHV_CTL_EL2:
    case HAL_CNTHV_CVAL_EL2:
    case HAL_CNTHV_TVAL_EL2:
    case HAL_ICC_PMR_EL1:
    case HAL_ICC_EOIR0_EL1:
    case HAL_ICC_BPR0_EL1:
    case HAL_ICC_AP0R0_EL1:
    case HAL_ICC_AP1R0_EL1:
    case HAL_ICC_DIR_EL1:
    case HAL_ICC_SGI1R_EL1:
    case HAL_ICC_EOIR1_EL1:
    case HAL_ICC_BPR1_EL1:
    case HAL_ICC_CTLR_EL1:
    case HAL_ICC_IGRPEN0_EL1:
    case HAL_ICC_IGRPEN1_EL1:
        return true;
    case HAL_CNTFRQ_EL0:
    case HAL_CNTPCT_EL0:
    case HAL_CNTVCT_EL0:
    case HAL_MPIDR_EL1:
    case HAL_ID_AA64MMFR1_EL1:
    case HAL_CURRENT_EL:
    case HAL_ICC_IAR0_EL1:
    case HAL_ICC_HPPIR0_EL1:
    case HAL_ICC_RPR_EL1:
    case HAL_ICC_IAR1_EL1:
    case HAL_ICC_HPPIR1_EL1:
    case HAL_ICC_SRE_EL1:
    case HAL_SYSREG_COUNT:
        break;
    }
    return false;
}

/* What a read of a register says about its reader. */
enum cpu_reader {
    CPU_READER_POLLS,     /* it looks at the time: the count, or whether a comparator's has come */
    CPU_READER_LOOKS_UP,  /* it looks up a constant, as the conversion of a count does */
    CPU_READER_DOES_MORE, /* anything else */
};

static enum cpu_reader cpu_reader_of(enum hal_sysreg reg)
{
    switch (reg) {
    case HAL_CNTPCT_EL0:
    case HAL_CNTVCT_EL0:
    case HAL_CNTP_CTL_EL0:
    case HAL_CNTP_TVAL_EL0:
    case HAL_CNTV_CTL_EL0:
    case HAL_CNTV_TVAL_EL0:
    case HAL_CNTHP_CTL_EL2:
    case HAL_CNTHP_TVAL_EL2:
    case HAL_CNTHV_CTL_EL2:
    case HAL_CNTHV_TVAL_EL2:
        return CPU_READER_POLLS;
    case HAL_CNTFRQ_EL0:
    case HAL_CNTP_CVAL_EL0:
    case HAL_CNTV_CVAL_EL0:
    case HAL_CNTHP_CVAL_EL2:
    case HAL_CNTHV_CVAL_EL2:
    case HAL_MPIDR_EL1:
    case HAL_ID_AA64MMFR1_EL1:
    case HAL_CURRENT_EL:
        return CPU_READER_LOOKS_UP;
    default:
        return CPU_READER_DOES_MORE;
    }
}

/* Lets a read of the time that comes after very many take its part of the time polled so far. */
static void cpu_pay_for_polling(struct cpu *cpu)
{
    const struct cpu_core *core = cpu->core;
    uint64_t cost_ns = (core->guest_ns - core->clock_first_ns) / CPU_POLL_PART;
    cost_ns = MIN(cost_ns, CPU_POLL_MAX_NS);
    if (cost_ns > cpu->config.step_ns) {
        cpu_spend_ns(cpu, cost_ns - cpu->config.step_ns);
    }
}

/* Counts the reads of the time in a row. */
static void cpu_count_clock_read(struct cpu *cpu, enum cpu_reader reader)
{
    struct cpu_core *core = cpu->core;
    if (reader == CPU_READER_LOOKS_UP) {
        return;
    }
    if (reader == CPU_READER_DOES_MORE ||
        core->guest_ns - core->clock_last_ns > CPU_POLL_TICKS * cpu->config.step_ns) {
        core->clock_reads = 0;
    }
    if (reader == CPU_READER_POLLS) {
        cpu->clock_reads_ever++;
        if (core->clock_reads == 0) {
            core->clock_first_ns = core->guest_ns;
        }
        if (core->clock_reads < CPU_POLL_READS) {
            core->clock_reads++;
        } else {
            cpu_pay_for_polling(cpu);
        }
        core->clock_last_ns = core->guest_ns;
    }
}

static void cpu_do_sysreg_read(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_sysreg_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        access->value = cpu->config.ops->sysreg_read(cpu->config.opaque, cpu->running, access->reg);
        access->done = true;
        cpu_count_clock_read(cpu, cpu_reader_of(access->reg));
    }
}

static void cpu_do_sysreg_write(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_sysreg_access *access = opaque;
    if (cpu_catch_up(cpu)) {
        cpu->config.ops->sysreg_write(cpu->config.opaque, cpu->running, access->reg, access->value);
        access->done = true;
    }
}

uint64_t hal_sysreg_read(enum hal_sysreg reg)
{
    struct cpu *cpu = cpu_of_guest();
    struct cpu_sysreg_access access = {.reg = reg, .value = 0, .done = false};
    cpu_charge_ticks(cpu, 1);
    if (cpu_check_sysreg(cpu, __func__, reg)) {
        do {
            cpu_bench_visit(cpu, cpu_do_sysreg_read, &access);
        } while (!access.done);
    }
    cpu_settle_if_due(cpu);
    return access.value;
}

void hal_sysreg_write(enum hal_sysreg reg, uint64_t value)
{
    struct cpu *cpu = cpu_of_guest();
    struct cpu_sysreg_access access = {.reg = reg, .value = value, .done = false};
    cpu_charge_ticks(cpu, 1);
    if (cpu_check_sysreg(cpu, __func__, reg) && cpu_sysreg_is_writable(reg)) {
        do {
            cpu_bench_call(cpu, cpu_do_sysreg_write, &access);
        } while (!access.done);
    }
    cpu_settle_if_due(cpu);
}

/* ---- WFI ------------------------------------------------------------------------------------- */

struct cpu_wait {
    bool announced;
    bool quiescent; /* nothing can wake the CPU */
    bool done;
};

/*
 * Nothing but housekeeping is left: asks the board. False when it neither armed anything nor woke
 * a core.
 */
static bool cpu_ask_when_quiescent(struct cpu *cpu)
{
    cpu->config.ops->quiescent(cpu->config.opaque);
    return cpu_wake_cores(cpu) || !vclock_is_quiescent(cpu->clock) || cpu->stop_requested;
}

/* False when there is something to wake for already, or what is due comes first. */
static bool cpu_begin_wait(struct cpu *cpu, struct cpu_wait *wait)
{
    if (!cpu_catch_up(cpu)) {
        return false;
    }
    if (cpu_has_wakeup(cpu, cpu->core)) {
        wait->done = true;
        return false;
    }
    if (!wait->announced) {
        wait->announced = true;
        trace_emit_plain(cpu->trace, TRACE_CPU_WFI);
    }
    cpu->core->state = CPU_CORE_WAITING;
    cpu->awake--;
    return true;
}

/* With all cores asleep the clock jumps, from one event to the next, until one wakes. */
static void cpu_do_wait(void *opaque)
{
    struct cpu *cpu = cpu_active;
    struct cpu_wait *wait = opaque;
    if (cpu->core->state == CPU_CORE_AWAKE && !cpu_begin_wait(cpu, wait)) {
        return;
    }
    cpu_wake_cores(cpu); /* after a stop */
    while (cpu->awake == 0) {
        if (cpu->stop_requested) {
            return;
        }
        if (!vclock_is_quiescent(cpu->clock)) {
            cpu_run_next_event(cpu);
        } else if (!cpu_ask_when_quiescent(cpu)) {
            wait->quiescent = true;
            return;
        }
    }
    cpu->deadline_stale = true;
    wait->done = cpu->core->state == CPU_CORE_AWAKE;
}

void hal_wfi(void)
{
    struct cpu *cpu = cpu_of_guest();
    struct cpu_wait wait = {.announced = false};
    cpu_charge_ticks(cpu, 1);
    while (!wait.done) {
        cpu_bench_call(cpu, cpu_do_wait, &wait);
        if (wait.quiescent) {
            wait.quiescent = false;
            cpu_leave(cpu, CPU_STOP_QUIESCENT);
        } else if (cpu->core->state == CPU_CORE_WAITING && cpu->awake > 0) {
            cpu_switch_core(cpu, cpu_slowest(cpu, NULL));
        }
    }
    cpu_settle_if_due(cpu);
}
