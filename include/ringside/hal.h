/*
 * hal.h - the boundary between a guest and the simulated hardware
 *
 * This is the only header through which guest code meets Ringside (probe.h, which is optional,
 * tells the bench what the guest is doing). It is a hardware interface: registers, memory,
 * interrupts, CPUs. Whoever implements the hypervisor side must implement every function with
 * the contract written here; whoever writes a guest may rely on it and on nothing else.
 *
 * The machine is modelled on the Arm "virt" board: identity-mapped memory and devices, a GIC, the
 * generic timer, virtio devices. Physical addresses are what stands in rings and registers.
 *
 * Time. Virtual nanoseconds pass only when the guest executes: one `step` for each instrumented
 * basic block (see ringside_tick_state), a larger cost for each MMIO access, and whatever
 * hal_wfi() has to wait. Barriers, system register accesses and taking an interrupt cost one tick,
 * so that a loop without instrumented blocks makes progress too. Every hal function is also a point
 * where time may pass: events that have become due are processed before it returns.
 *
 * Who waits by polling the clock sees it run in larger steps after a while. From the 4097th read
 * in a row on, each read of the time takes, instead of a tick, a 4096th of the time since the first
 * one; 4 us at most, a tick at least. So a deadline that is polled for is missed by as little.
 * Reads of the time are those of CNT{P,V}CT, CNT{P,V}_TVAL and CNT{P,V}_CTL. They are in a row
 * while at most 256 ticks lie between two of them, and of hal.h nothing but barriers, hal_relax(),
 * PSTATE, hal_percpu_get() and reads of constant registers; a register of a device, a write of a
 * system register, a probe, WFI and taking an interrupt are something else.
 *
 * Interrupts. When PSTATE.I is clear, an interrupt may be taken at every instrumented basic block
 * and at the end of every hal function: the vector is called as a plain C function on the stack of
 * the running context, with PSTATE.I set. When it returns, PSTATE is as it was. No interrupt is
 * ever taken in the middle of an MMIO access.
 *
 * CPUs. The guest boots on one CPU; it may start others (hal_cpu_start). They share RAM and
 * devices. Each has its own PSTATE, vector, running context, interrupt input and timers, and all
 * that is said of "the CPU" here holds for the one that calls. Accesses to devices by several CPUs
 * happen one after the other, in the order of time. Stores to RAM are seen in one order by all
 * CPUs; how they interleave with what another CPU computes is fixed for a run, but as arbitrary as
 * on hardware: a lock is needed wherever hardware needs one.
 *
 * Errors. A hal function that is handed nonsense (an address outside memory, a size of zero, a
 * context that was never initialised) reports a violation by the guest, as a trace event that names
 * the rule, and either fails as documented or ends the guest. It never crashes the bench.
 *
 * Context. Unless it says otherwise, a function may be called from tasks and from the interrupt
 * vector.
 */
#ifndef RINGSIDE_HAL_H
#define RINGSIDE_HAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of everything in this file and in probe.h. A guest with another one is refused. */
#define RINGSIDE_ABI_VERSION 2

/* ---- the guest image ------------------------------------------------------------------------ */

/*
 * A guest is a shared object with one exported symbol, `ringside_guest`, of this type. Define it
 * with RINGSIDE_GUEST. All pointers are to constant data of the image.
 */
struct ringside_guest {
    uint32_t abi_version; /* RINGSIDE_ABI_VERSION; first, in every version */
    uint32_t reserved;    /* 0 */
    const char *name;     /* as scenarios and messages call it */

    /*
     * Entry after power-on, on the boot stack (64 KiB), PSTATE.I set, no vector. Must not return.
     */
    void (*boot)(void);

    /*
     * Starts a program. The bench calls it the way it delivers an interrupt: on the running
     * context's stack, at a moment when PSTATE.I is clear, with PSTATE.I set during the call, only
     * after probe_ready(). It must not block. `program` is a number chosen by the bench, never 0,
     * by which probe_program_*() will speak of it; the command line is borrowed. Returns 0, or a
     * negative number when it cannot start (the reason goes to the console). NULL: no programs.
     */
    int (*start)(uint32_t program, const char *command_line);

    /*
     * Delivers a signal (Linux numbers) to a started program, in the same context. NULL: no
     * signals.
     */
    int (*kill)(uint32_t program, int signal_number);

    /* Names of the programs that start() knows, ended by NULL; NULL where there is no start(). */
    const char *const *programs;

    /*
     * Values that the boot parameter `face` may take, ended by NULL; NULL: the guest has no faces.
     */
    const char *const *faces;
};

#define RINGSIDE_GUEST                                                                             \
    __attribute__((visibility("default"), used)) const struct ringside_guest ringside_guest

/* ---- ticks: how time passes while the guest executes ---------------------------------------- */

/*
 * The hook that the build links into every guest takes 1 from `left` at each instrumented basic
 * block and calls ringside_tick() when that makes it negative. Guest code does not touch this
 * object.
 */
struct ringside_tick_state {
    int64_t left; /* ticks of which the bench need not know */
};
extern struct ringside_tick_state ringside_ticks;
void ringside_tick(void);

/*
 * Code that only walks a buffer (copy, checksum) may opt out of instrumentation with HAL_NO_TICKS
 * and charge what it did in one call: one tick for each 16 bytes is the custom.
 */
#if defined(__clang__)
#define HAL_NO_TICKS __attribute__((no_sanitize("coverage")))
#else
#define HAL_NO_TICKS __attribute__((no_sanitize_coverage))
#endif
void hal_charge(uint64_t ticks);

/* ---- MMIO ------------------------------------------------------------------------------------ */

/*
 * Device registers by physical address, little-endian, naturally aligned. An access where nothing
 * is mapped reads as all ones, or is ignored, and is reported as `mmio.unmapped`.
 */
uint8_t hal_mmio_read8(uintptr_t pa);
uint16_t hal_mmio_read16(uintptr_t pa);
uint32_t hal_mmio_read32(uintptr_t pa);
uint64_t hal_mmio_read64(uintptr_t pa);
void hal_mmio_write8(uintptr_t pa, uint8_t value);
void hal_mmio_write16(uintptr_t pa, uint16_t value);
void hal_mmio_write32(uintptr_t pa, uint32_t value);
void hal_mmio_write64(uintptr_t pa, uint64_t value);

/*
 * Registers as memory, for guests that dereference pointers to them. Guest code does not call
 * these: the build's option INSTRUMENT accesses makes the compiler call hooks around every access
 * to memory, which do for those that lie in [HAL_RAW_BASE, HAL_RAW_BASE + HAL_RAW_SIZE).
 *
 * hal_raw_read comes before a load: it reads the register and leaves the value at its address.
 * hal_raw_write comes before a store: the register is written with what stands at its address at
 * the next tick or call of a hal function, before anything else happens. The first call makes the
 * addresses accessible; until then, and in guests without such hooks, touching one is a crash.
 */
#define HAL_RAW_BASE ((uintptr_t)0x08000000)
#define HAL_RAW_SIZE ((uintptr_t)0x08000000)
void hal_raw_read(uintptr_t pa, unsigned size);
void hal_raw_write(uintptr_t pa, unsigned size);

/* ---- memory ---------------------------------------------------------------------------------- */

/*
 * DMA memory: zeroed, physically contiguous, open to every device until it is freed. `align` is a
 * power of two, at least 1; the result is aligned to max(align, 16). Returns NULL when memory is
 * exhausted; *pa is written only on success. hal_dma_free takes the pointer and the size of the
 * allocation; the memory is then filled with 0xDB and closed to devices. NULL is fine.
 */
void *hal_dma_alloc(size_t size, size_t align, uint64_t *pa);
void hal_dma_free(void *va, size_t size);

/*
 * Opens memory that did not come from hal_dma_alloc (statics, stacks, the guest's own heap) to
 * devices. Windows may be of any size and alignment and may not overlap. Returns 0, or -1 when [va,
 * va + size) is not guest RAM or overlaps an open range. The drop takes exactly what was opened.
 */
enum hal_dma_access {
    HAL_DMA_DEVICE_READS = 1,
    HAL_DMA_DEVICE_WRITES = 2,
    HAL_DMA_BOTH = 3,
};
int hal_dma_window(void *va, size_t size, enum hal_dma_access access);
int hal_dma_window_drop(void *va, size_t size);

/*
 * A stack with an inaccessible guard page below it, rounded up to whole pages. Returns its lowest
 * usable address, or NULL. Not open to devices; open a window for DMA from it.
 */
void *hal_stack_alloc(size_t size);
void hal_stack_free(void *stack, size_t size);

/* Between pointers and physical addresses. Outside guest RAM: UINT64_MAX, or NULL. */
uint64_t hal_virt_to_phys(const volatile void *va);
void *hal_phys_to_virt(uint64_t pa);

/*
 * Barriers, as the architecture's dmb/dsb: full, loads before loads, stores before stores. Devices
 * and the CPU are ordered by them and by nothing else.
 */
void hal_mb(void);
void hal_rmb(void);
void hal_wmb(void);

/* ---- interrupts and system registers --------------------------------------------------------- */

#define HAL_DAIF_I (UINT64_C(1) << 7) /* PSTATE.I, as MRS DAIF shows it */

/* Sets PSTATE.I and returns the DAIF from before; restore puts that value back. */
uint64_t hal_irq_save(void);
void hal_irq_restore(uint64_t daif);
/* The current DAIF. */
uint64_t hal_irq_flags(void);

/* The IRQ vector, called as described above. NULL: interrupts stay pending. */
void hal_irq_set_vector(void (*entry)(void));

/* System registers, with the architecture's layouts. Those marked RO ignore writes. */
enum hal_sysreg {
    HAL_CNTFRQ_EL0, /* RO here: counter frequency in Hz */
    HAL_CNTPCT_EL0, /* RO: physical count */
    HAL_CNTVCT_EL0, /* RO: virtual count */
    HAL_CNTP_CTL_EL0,
    HAL_CNTP_CVAL_EL0,
    HAL_CNTP_TVAL_EL0,
    HAL_CNTV_CTL_EL0,
    HAL_CNTV_CVAL_EL0,
    HAL_CNTV_TVAL_EL0,
    HAL_MPIDR_EL1,        /* RO */
    HAL_ID_AA64MMFR1_EL1, /* RO: VH, bits 11:8, says whether VHE is there */
    HAL_CURRENT_EL,       /* RO: the exception level in bits 3:2 */

    /*
     * The CPU interface of a GICv3. In a machine with a GICv2 they are not there: an access is a
     * violation, reads as 0 and is ignored as a write. Reads of IAR0 and IAR1 acknowledge. WO reads
     * as 0.
     */
    HAL_ICC_PMR_EL1,
    HAL_ICC_IAR0_EL1,   /* RO */
    HAL_ICC_EOIR0_EL1,  /* WO */
    HAL_ICC_HPPIR0_EL1, /* RO */
    HAL_ICC_BPR0_EL1,
    HAL_ICC_AP0R0_EL1,
    HAL_ICC_AP1R0_EL1,
    HAL_ICC_DIR_EL1,    /* WO */
    HAL_ICC_RPR_EL1,    /* RO */
    HAL_ICC_SGI1R_EL1,  /* WO */
    HAL_ICC_IAR1_EL1,   /* RO */
    HAL_ICC_EOIR1_EL1,  /* WO */
    HAL_ICC_HPPIR1_EL1, /* RO */
    HAL_ICC_BPR1_EL1,
    HAL_ICC_CTLR_EL1,
    HAL_ICC_SRE_EL1, /* RO here: 7, system registers and nothing else */
    HAL_ICC_IGRPEN0_EL1,
    HAL_ICC_IGRPEN1_EL1,

    /*
     * The timers of EL2, physical and virtual; their counts are CNTPCT and CNTVCT. Only in a
     * machine whose guest runs at EL2 with VHE are they there; elsewhere an access is a violation,
     * as above. CNTP and CNTV are those of EL1 and EL0 at either level: HCR_EL2.E2H, which makes
     * them other names of these, is 0.
     */
    HAL_CNTHP_CTL_EL2,
    HAL_CNTHP_CVAL_EL2,
    HAL_CNTHP_TVAL_EL2,
    HAL_CNTHV_CTL_EL2,
    HAL_CNTHV_CVAL_EL2,
    HAL_CNTHV_TVAL_EL2,
    HAL_SYSREG_COUNT,
};
uint64_t hal_sysreg_read(enum hal_sysreg reg);
void hal_sysreg_write(enum hal_sysreg reg, uint64_t value);

/*
 * Waits for an interrupt. Returns when one is pending for this CPU, whether or not PSTATE.I lets it
 * be taken, as WFI does; with PSTATE.I clear it has been taken by then. May return early. When
 * nothing is pending, the clock jumps to the next event; when no event is left, the machine can
 * never move again.
 */
void hal_wfi(void);

/*
 * The CPU's spin hint (YIELD): costs one tick. Belongs into every loop that waits for another CPU.
 */
void hal_relax(void);

/* ---- several CPUs ---------------------------------------------------------------------------- */

/* What hal_cpu_start() returns; the numbers are those of PSCI's CPU_ON. */
enum hal_cpu_status {
    HAL_CPU_SUCCESS = 0,
    HAL_CPU_INVALID_PARAMETERS = -2, /* there is no CPU with this affinity */
    HAL_CPU_ALREADY_ON = -4,
    HAL_CPU_INVALID_ADDRESS = -9, /* entry or stack: also a violation */
};

/*
 * Starts another CPU, as PSCI's CPU_ON does: it calls entry(argument) on [stack, stack +
 * stack_size) with PSTATE.I set, without a vector, its register for the guest's own use 0. The
 * entry must not return. `mpidr` is its affinity, which is what MPIDR_EL1 will read there in bits
 * 39:32 and 23:0, and what device tree and ACPI tables say; other bits are 0. The stack is at least
 * 4 KiB, in guest RAM, and stays.
 */
int hal_cpu_start(uint64_t mpidr, void (*entry)(uint64_t argument), void *stack, size_t stack_size,
                  uint64_t argument);

/*
 * TPIDR_EL1: a register of each CPU for the guest's own use, 0 in the beginning. It costs no tick,
 * and belongs to the CPU: a switch of contexts leaves it alone.
 */
uint64_t hal_percpu_get(void);
void hal_percpu_set(uint64_t value);

/* ---- contexts -------------------------------------------------------------------------------- */

/*
 * A suspended thread of execution. All members belong to the bench; the guest provides the storage
 * and the stack, and keeps both in place for the context's life. PSTATE.I is part of a context: a
 * switch saves it and restores that of the target.
 */
struct hal_context {
    void *sp;
    void *stack;
    size_t stack_size;
    uint64_t daif;
    void *bench[4];
};

/*
 * Prepares a context that calls entry(arg) on [stack, stack + size) with PSTATE.I clear when it is
 * first switched to. The entry must not return. The size is at least 4 KiB, in guest RAM.
 */
void hal_context_init(struct hal_context *context, void (*entry)(void *), void *arg, void *stack,
                      size_t size);

/* The same, with PSTATE.I set: for a kernel whose tasks begin with a lock held. */
void hal_context_init_masked(struct hal_context *context, void (*entry)(void *), void *arg,
                             void *stack, size_t size);

/*
 * Suspends the running context into *from and resumes *to. The first call out of the boot code, or
 * out of the entry of another CPU, fills *from. A context may go on on another CPU than before, but
 * not while it still runs on the first. May be called from the vector: the interrupted code goes on
 * when its context is resumed.
 */
void hal_context_switch(struct hal_context *from, struct hal_context *to);

/* As above, for a context that never comes back; its memory may be freed once another one runs. */
_Noreturn void hal_context_exit(struct hal_context *from, struct hal_context *to);

/* ---- the machine ----------------------------------------------------------------------------- */

struct hal_boot_file {
    const char *path; /* absolute */
    const void *data;
    size_t size;
};

/*
 * What firmware hands over. The structure and all that it points to stay valid and lie in guest
 * RAM.
 */
struct hal_boot {
    uint64_t ram_base, ram_size;   /* all of RAM, physical */
    uint64_t free_base, free_size; /* the part that the guest may manage as it likes */
    const void *device_tree;       /* flattened, or NULL */
    size_t device_tree_size;
    uint64_t acpi_rsdp;                /* physical, or 0 */
    const char *command_line;          /* key=value words, separated by spaces */
    const struct hal_boot_file *files; /* configuration, as an initial RAM disk would bring it */
    size_t file_count;
};
const struct hal_boot *hal_boot_info(void);

/* Text for the console: `size` bytes, any bytes. */
void hal_console_write(const char *text, size_t size);

/* Entropy, from the run's seed. */
void hal_random(void *buffer, size_t size);

/* The end: a kernel panic, with the reason, or an orderly power-off. */
_Noreturn void hal_panic(const char *why);
_Noreturn void hal_power_off(int status);

#endif
