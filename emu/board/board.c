/*
 * board.c - a machine, put together
 *
 * Who is built after whom: clock, trace, memory, boot area, bus, CPU, GIC (it drives the CPU's
 * input), timers and real-time clock (they drive the GIC's), PCI bus, wire, libslirp, network
 * devices, shares, virtio-mmio windows. Torn down in reverse. Nothing looks anything up: each part
 * is handed the lines, the bus and the wire that it is connected to.
 *
 * Between a device or a timer and its input of the GIC stands a stage for faults: board_fault.c.
 *
 * With VHE the guest runs at EL2, ID_AA64MMFR1_EL1.VH says so, and there are two timers more, those
 * of EL2; which of the four it takes is its own matter.
 */
#include "emu/board/board.h"

#include "emu/board/board_priv.h"

#include <assert.h>
#include <string.h>

#define BOARD_MMFR1_VH (UINT64_C(1) << 8)
#define BOARD_EL_SHIFT 2

static_assert(BOARD_GICD_BASE + GICV2_DIST_SIZE <= BOARD_GICC_BASE, "the frames are disjoint");
static_assert(BOARD_GICD_BASE + GICV3_DIST_SIZE <= BOARD_GICR_BASE, "the frames are disjoint");

struct board {
    const struct guest_image *image;
    unsigned cpus;
    bool vhe;
    uint64_t timer_hz;
    bool started;
    board_quiescent_fn *quiescent;
    void *quiescent_opaque;

    /* owned, in the order of construction */
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
    struct mmio_bus *bus;
    struct cpu *cpu;
    struct gic *gic;
    struct gtimer *timers[CPU_CORES_MAX]; /* of each CPU */
    struct pl031 *rtc;
    struct alloc_fault *alloc_fault;
    struct board_pci pci;
    struct wire *wire;
    struct wire_slirp *slirp;
    struct board_devices devices;
    struct board_faults faults;
    unsigned host_count;
    struct wire_host *hosts[BOARD_HOSTS_MAX];
};

/* ---- what the CPU asks of the machine -------------------------------------------------------- */

static const enum gic_sysreg board_icc[] = {
    [HAL_ICC_PMR_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_PMR,
    [HAL_ICC_IAR0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_IAR0,
    [HAL_ICC_EOIR0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_EOIR0,
    [HAL_ICC_HPPIR0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_HPPIR0,
    [HAL_ICC_BPR0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_BPR0,
    [HAL_ICC_AP0R0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_AP0R0,
    [HAL_ICC_AP1R0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_AP1R0,
    [HAL_ICC_DIR_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_DIR,
    [HAL_ICC_RPR_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_RPR,
    [HAL_ICC_SGI1R_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_SGI1R,
    [HAL_ICC_IAR1_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_IAR1,
    [HAL_ICC_EOIR1_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_EOIR1,
    [HAL_ICC_HPPIR1_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_HPPIR1,
    [HAL_ICC_BPR1_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_BPR1,
    [HAL_ICC_CTLR_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_CTLR,
    [HAL_ICC_SRE_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_SRE,
    [HAL_ICC_IGRPEN0_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_IGRPEN0,
    [HAL_ICC_IGRPEN1_EL1 - HAL_ICC_PMR_EL1] = GIC_ICC_IGRPEN1,
};

static bool board_is_icc(enum hal_sysreg reg)
{
    return reg >= HAL_ICC_PMR_EL1 && reg - HAL_ICC_PMR_EL1 < G_N_ELEMENTS(board_icc);
}

/* Registers of a timer stand one behind the other, as those of enum gtimer_register do. */
static bool board_is_el2_timer(enum hal_sysreg reg)
{
    return reg >= HAL_CNTHP_CTL_EL2 && reg <= HAL_CNTHV_TVAL_EL2;
}

static enum gtimer_id board_el2_timer(enum hal_sysreg reg, enum gtimer_register *which)
{
    static const enum gtimer_register registers[] = {GTIMER_CTL, GTIMER_CVAL, GTIMER_TVAL};
    unsigned index = reg - HAL_CNTHP_CTL_EL2;
    *which = registers[index % G_N_ELEMENTS(registers)];
    return index < G_N_ELEMENTS(registers) ? GTIMER_HYP_PHYSICAL : GTIMER_HYP_VIRTUAL;
}

static const char *board_sysreg_absent(void *opaque, enum hal_sysreg reg)
{
    const struct board *board = opaque;
    if (board_is_el2_timer(reg) && !board->vhe) {
        return "the timers of EL2 are not there for a guest at EL1";
    }
    return board_is_icc(reg) && gic_version(board->gic) != GIC_V3
               ? "a GICv2 has no ICC system registers: its CPU interface is memory-mapped"
               : NULL;
}

static uint64_t board_sysreg_read(void *opaque, unsigned cpu, enum hal_sysreg reg)
{
    const struct board *board = opaque;
    const struct gtimer *timer = board->timers[cpu];
    if (board_is_icc(reg)) {
        return gic_sysreg_read(board->gic, cpu, board_icc[reg - HAL_ICC_PMR_EL1]);
    }
    if (board_is_el2_timer(reg)) {
        enum gtimer_register which;
        enum gtimer_id id = board_el2_timer(reg, &which);
        return gtimer_read(timer, id, which);
    }
    switch (reg) {
    case HAL_CNTFRQ_EL0:
        return board->timer_hz;
    case HAL_CNTPCT_EL0:
        return gtimer_count(timer, GTIMER_PHYSICAL);
    case HAL_CNTVCT_EL0: /* CNTVOFF_EL2 is 0 */
        return gtimer_count(timer, GTIMER_VIRTUAL);
    case HAL_CNTP_CTL_EL0:
        return gtimer_read(timer, GTIMER_PHYSICAL, GTIMER_CTL);
    case HAL_CNTP_CVAL_EL0:
        return gtimer_read(timer, GTIMER_PHYSICAL, GTIMER_CVAL);
    case HAL_CNTP_TVAL_EL0:
        return gtimer_read(timer, GTIMER_PHYSICAL, GTIMER_TVAL);
    case HAL_CNTV_CTL_EL0:
        return gtimer_read(timer, GTIMER_VIRTUAL, GTIMER_CTL);
    case HAL_CNTV_CVAL_EL0:
        return gtimer_read(timer, GTIMER_VIRTUAL, GTIMER_CVAL);
    case HAL_CNTV_TVAL_EL0:
        return gtimer_read(timer, GTIMER_VIRTUAL, GTIMER_TVAL);
    case HAL_MPIDR_EL1:
        return BOARD_MPIDR | cpu;
    case HAL_ID_AA64MMFR1_EL1:
        return board->vhe ? BOARD_MMFR1_VH : 0;
    case HAL_CURRENT_EL:
        return (board->vhe ? UINT64_C(2) : UINT64_C(1)) << BOARD_EL_SHIFT;
    default: /* the ICC registers and timers of EL2, above */
        break;
    }
    g_assert_not_reached();
}

static void board_sysreg_write(void *opaque, unsigned cpu, enum hal_sysreg reg, uint64_t value)
{
    struct board *board = opaque;
    struct gtimer *timer = board->timers[cpu];
    if (board_is_icc(reg)) {
        gic_sysreg_write(board->gic, cpu, board_icc[reg - HAL_ICC_PMR_EL1], value);
        return;
    }
    if (board_is_el2_timer(reg)) {
        enum gtimer_register which;
        enum gtimer_id id = board_el2_timer(reg, &which);
        gtimer_write(timer, id, which, value);
        return;
    }
    switch (reg) {
    case HAL_CNTP_CTL_EL0:
        gtimer_write(timer, GTIMER_PHYSICAL, GTIMER_CTL, value);
        return;
    case HAL_CNTP_CVAL_EL0:
        gtimer_write(timer, GTIMER_PHYSICAL, GTIMER_CVAL, value);
        return;
    case HAL_CNTP_TVAL_EL0:
        gtimer_write(timer, GTIMER_PHYSICAL, GTIMER_TVAL, value);
        return;
    case HAL_CNTV_CTL_EL0:
        gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CTL, value);
        return;
    case HAL_CNTV_CVAL_EL0:
        gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_CVAL, value);
        return;
    case HAL_CNTV_TVAL_EL0:
        gtimer_write(timer, GTIMER_VIRTUAL, GTIMER_TVAL, value);
        return;
    case HAL_CNTFRQ_EL0:
    case HAL_CNTPCT_EL0:
    case HAL_CNTVCT_EL0:
    case HAL_MPIDR_EL1:
    case HAL_ID_AA64MMFR1_EL1:
    case HAL_CURRENT_EL:
        return; /* read-only, and the CPU lets no write through */
    default:    /* the ICC registers and timers of EL2, above */
        break;
    }
    g_assert_not_reached();
}

static void board_cpu_quiescent(void *opaque)
{
    struct board *board = opaque;
    if (board->quiescent != NULL) {
        board->quiescent(board->quiescent_opaque);
    }
}

static bool board_alloc_fails(void *opaque)
{
    const struct board *board = opaque;
    return alloc_fault_strikes(board->alloc_fault);
}

static bool board_barrier(void *opaque)
{
    return board_devices_barrier(board_devices(opaque));
}

static void board_tell(void *opaque)
{
    board_devices_tell(board_devices(opaque));
}

static const struct cpu_ops board_cpu_ops = {
    .sysreg_read = board_sysreg_read,
    .sysreg_write = board_sysreg_write,
    .sysreg_absent = board_sysreg_absent,
    .quiescent = board_cpu_quiescent,
    .alloc_fails = board_alloc_fails,
    .barrier = board_barrier,
    .tell = board_tell,
};

/* ---- construction ---------------------------------------------------------------------------- */

static bool board_build_cpu(struct board *board, const struct board_config *config, GError **error)
{
    board->clock = vclock_new();
    board->trace = trace_new(board->clock);
    board->alloc_fault = alloc_fault_new(board->trace);
    struct gmem_config memory = {
        .size = config->ram_size,
        .image_size = board->image == NULL ? 0 : guest_image_size(board->image),
        .pa_offset = config->pa_offset,
    };
    board->memory = gmem_new(board->trace, &memory, error);
    if (board->memory == NULL) {
        return false;
    }
    const struct hal_boot *boot = board_boot_write(board->memory, config, error);
    if (boot == NULL) {
        return false;
    }
    board->bus = mmio_bus_new(board->trace);
    struct cpu_config cpu = {
        .cores = config->cpus,
        .step_ns = config->step_ns,
        .mmio_ns = config->mmio_ns,
        .seed = config->seed,
        .boot = boot,
        .ops = &board_cpu_ops,
        .opaque = board,
    };
    board->cpu = cpu_new(board->clock, board->trace, board->memory, board->bus, &cpu, error);
    return board->cpu != NULL;
}

static void board_build_interrupts(struct board *board, const struct board_config *config)
{
    struct irqline nirq[CPU_CORES_MAX];
    for (unsigned cpu = 0; cpu < board->cpus; cpu++) {
        nirq[cpu] = cpu_irq_input(board->cpu, cpu);
    }
    const struct gic_config gic = {
        .version = config->gic,
        .cpu_count = board->cpus,
        .irq_count = BOARD_IRQ_COUNT,
        .nirq = nirq,
        .accessing_cpu = cpu_accessing(board->cpu),
        .secure = config->secure,
    };
    board->gic = gic_new(board->trace, &gic);
    gic_map(board->gic, board->bus, BOARD_GICD_BASE,
            config->gic == GIC_V3 ? BOARD_GICR_BASE : BOARD_GICC_BASE);
    for (unsigned cpu = 0; cpu < board->cpus; cpu++) {
        const struct gtimer_config timer = {
            .outputs =
                {
                    [GTIMER_PHYSICAL] =
                        board_timer_output(board, cpu, GTIMER_PHYSICAL, BOARD_TIMER_PHYS_INTID),
                    [GTIMER_VIRTUAL] =
                        board_timer_output(board, cpu, GTIMER_VIRTUAL, BOARD_TIMER_VIRT_INTID),
                    [GTIMER_HYP_PHYSICAL] =
                        board_timer_output(board, cpu, GTIMER_HYP_PHYSICAL, BOARD_TIMER_HYP_INTID),
                    [GTIMER_HYP_VIRTUAL] =
                        board_timer_output(board, cpu, GTIMER_HYP_VIRTUAL, BOARD_TIMER_HYPV_INTID),
                },
            .frequency_hz = config->timer_hz,
            .delay_ns = config->timer_delay_ns,
        };
        board->timers[cpu] = gtimer_new(board->clock, board->trace, &timer);
    }
    board->rtc = pl031_new(board->clock, board->trace, config->rtc_s,
                           board_device_line(board, BOARD_RTC_INTID));
    pl031_map(board->rtc, board->bus, BOARD_RTC_BASE);
}

static bool board_build_wire(struct board *board, const struct board_config *config, GError **error)
{
    board->wire = wire_new(board->clock, board->trace);
    for (unsigned i = 0; i < config->net_count; i++) {
        if (config->nets[i].backend != BOARD_BACKEND_SLIRP) {
            continue;
        }
        board->slirp = wire_slirp_new(board->wire, board->clock, board->trace, BOARD_SLIRP_PORT,
                                      config->services, error);
        return board->slirp != NULL;
    }
    return true;
}

struct board *board_new(const struct board_config *config, const struct guest_image *image,
                        GError **error)
{
    if (!board_config_check(config, error)) {
        return NULL;
    }
    struct board *board = g_new0(struct board, 1);
    board->image = image;
    board->cpus = config->cpus;
    board->vhe = config->vhe;
    board->timer_hz = config->timer_hz;
    board->faults.seed = config->seed;
    if (!board_build_cpu(board, config, error)) {
        board_free(board);
        return NULL;
    }
    board_build_interrupts(board, config);
    board_pci_build(board, board->bus, config);
    if (!board_build_wire(board, config, error)) {
        board_free(board);
        return NULL;
    }
    board_devices_build(board, config);
    return board;
}

void board_free(struct board *board)
{
    if (board == NULL) {
        return;
    }
    board_devices_fini(&board->devices);
    board_pci_fini(&board->pci);
    wire_slirp_free(board->slirp);
    wire_free(board->wire);
    while (board->host_count > 0) {
        wire_host_free(board->hosts[--board->host_count]);
    }
    for (unsigned cpu = 0; cpu < board->cpus; cpu++) {
        gtimer_free(board->timers[cpu]);
    }
    pl031_free(board->rtc);
    board_faults_fini(&board->faults);
    gic_free(board->gic);
    cpu_free(board->cpu);
    mmio_bus_free(board->bus);
    gmem_free(board->memory);
    alloc_fault_free(board->alloc_fault);
    trace_free(board->trace);
    vclock_free(board->clock);
    g_free(board);
}

/* ---- running and looking --------------------------------------------------------------------- */

void board_set_quiescent(struct board *board, board_quiescent_fn *fn, void *opaque)
{
    board->quiescent = fn;
    board->quiescent_opaque = opaque;
}

enum cpu_stop board_run(struct board *board)
{
    g_assert(board->image != NULL);
    if (board->started) {
        return cpu_resume(board->cpu);
    }
    board->started = true;
    return cpu_run(board->cpu, guest_image_descriptor(board->image));
}

void board_stop(struct board *board)
{
    cpu_stop(board->cpu);
}

struct vclock *board_clock(struct board *board)
{
    return board->clock;
}

struct trace *board_trace(struct board *board)
{
    return board->trace;
}

struct gmem *board_memory(struct board *board)
{
    return board->memory;
}

struct cpu *board_cpu(struct board *board)
{
    return board->cpu;
}

struct gic *board_gic(struct board *board)
{
    return board->gic;
}

unsigned board_cpus(const struct board *board)
{
    return board->cpus;
}

struct gtimer *board_timer(struct board *board, unsigned cpu)
{
    g_assert(cpu < board->cpus);
    return board->timers[cpu];
}

struct pl031 *board_rtc(struct board *board)
{
    return board->rtc;
}

struct alloc_fault *board_alloc_fault(struct board *board)
{
    return board->alloc_fault;
}

struct wire *board_wire(struct board *board)
{
    return board->wire;
}

struct mmio_bus *board_bus(struct board *board)
{
    return board->bus;
}

struct board_devices *board_devices(struct board *board)
{
    return &board->devices;
}

struct board_pci *board_pci(struct board *board)
{
    return &board->pci;
}

struct wire_host *board_host(struct board *board, const char *name)
{
    for (unsigned i = 0; i < board->host_count; i++) {
        if (strcmp(wire_port_name(wire_host_port(board->hosts[i])), name) == 0) {
            return board->hosts[i];
        }
    }
    g_assert_not_reached();
}

bool board_separate(struct board *board)
{
    return board->slirp == NULL || wire_slirp_separate(board->slirp);
}

struct wire_host *board_add_host(struct board *board, const char *name, const uint8_t mac[6],
                                 const uint8_t ip[4])
{
    g_assert(board->host_count < BOARD_HOSTS_MAX);
    struct wire_host *host = wire_host_new(board->wire, name, mac, ip);
    board->hosts[board->host_count++] = host;
    return host;
}

struct board_faults *board_faults(struct board *board)
{
    return &board->faults;
}
