/*
 * cpu.h - the CPU: runs a guest's contexts, implements hal.h
 *
 * One at a time in a process (the guest's calls carry no handle), with one core or several, which
 * share the thread: what hal.h calls a CPU is a core here. The guest runs on its own stacks.
 * Whatever it asks of a device runs on the bench's stack, which lies at lower addresses than guest
 * RAM, so that a debugger unwinds from a device model through the hal into the driver.
 *
 * Time. now = time of the last synchronisation + ticks since then * step. The tick deadline stands
 * at the next event, or at the next tick when an interrupt could be taken; no work is done a tick
 * otherwise. Each core has a time of its own, and what they do to devices is done in the order of
 * time; see cpu_priv.h.
 *
 * Events of the clock, the device models that they call and all callbacks below run on the bench's
 * stack, never inside each other, and must not call the hal.
 */
#ifndef EMU_CPU_STUB_CPU_H
#define EMU_CPU_STUB_CPU_H

#include "emu/core/gmem.h"
#include "emu/core/irqline.h"
#include "emu/core/mmio.h"
#include "emu/core/trace.h"
#include "emu/core/vclock.h"
#include "ringside/hal.h"

#define CPU_CORES_MAX 8

/*
 * What the CPU needs of the rest of the machine. The board fills it in. Required are
 * those that do not say otherwise.
 */
struct cpu_ops {
    /* Of core `cpu`. */
    uint64_t (*sysreg_read)(void *opaque, unsigned cpu, enum hal_sysreg reg);
    void (*sysreg_write)(void *opaque, unsigned cpu, enum hal_sysreg reg, uint64_t value);
    /* Why this machine does not have a register of hal.h, as a rule; NULL: it does. Optional. */
    const char *(*sysreg_absent)(void *opaque, enum hal_sysreg reg);
    /*
     * All cores that are on wait for an interrupt, and nothing but housekeeping is left: this can
     * never change by itself. The callee arms something, or stops the CPU (cpu_stop); when it does
     * neither, the CPU stops with CPU_STOP_QUIESCENT.
     */
    void (*quiescent)(void *opaque);
    /* The guest allocates DMA memory or a stack. True: there is none for it. */
    bool (*alloc_fails)(void *opaque);
    /*
     * The guest performs a barrier that orders its stores. Must neither emit nor take the time:
     * other cores may be behind. True: there is something to tell, and tell() comes next, where it
     * may do both. Optional, both or none.
     */
    bool (*barrier)(void *opaque);
    void (*tell)(void *opaque);
};

struct cpu_config {
    unsigned cores;   /* 1 to CPU_CORES_MAX; core 0 boots, with affinity 0.0.0.0, and so on */
    uint64_t step_ns; /* a tick; at least 1 */
    uint64_t mmio_ns; /* an MMIO access */
    uint64_t seed;    /* for hal_random */
    const struct hal_boot *boot;
    const struct cpu_ops *ops;
    void *opaque;
};

enum cpu_stop {
    CPU_STOP_POWER_OFF, /* the guest called hal_power_off */
    CPU_STOP_PANIC,     /* the guest called hal_panic, or broke a rule that it cannot survive */
    CPU_STOP_QUIESCENT, /* nothing can happen any more */
    CPU_STOP_REQUESTED, /* cpu_stop() */
};

struct cpu;

/* Borrows everything. NULL with a GError when the bench's stack cannot be mapped. */
struct cpu *cpu_new(struct vclock *clock, struct trace *trace, struct gmem *memory,
                    struct mmio_bus *bus, const struct cpu_config *config, GError **error);
void cpu_free(struct cpu *cpu);

/* A core's interrupt input (nIRQ). */
struct irqline cpu_irq_input(struct cpu *cpu, unsigned core);

/* The core on whose behalf registers are accessed: for parts that are banked. Lives as long. */
const unsigned *cpu_accessing(const struct cpu *cpu);
/* That is this one now, for who accesses registers while no guest runs. */
void cpu_access_as(struct cpu *cpu, unsigned core);

/* Runs the guest from its boot entry until it stops. Once in a CPU's life. */
enum cpu_stop cpu_run(struct cpu *cpu, const struct ringside_guest *guest);
/* Goes on after CPU_STOP_REQUESTED or CPU_STOP_QUIESCENT. */
enum cpu_stop cpu_resume(struct cpu *cpu);

/* Asks the CPU to stop as soon as the current event or access is over. From bench context. */
void cpu_stop(struct cpu *cpu);

/*
 * Queues a command for the guest's start(), or a signal for its kill(), to be delivered like an
 * interrupt. The guest must offer it and be ready. The return value of start() is in the callback.
 * Copies the string.
 */
typedef void cpu_started_fn(void *opaque, uint32_t program, int result);
void cpu_start_program(struct cpu *cpu, uint32_t program, const char *command_line,
                       cpu_started_fn *started, void *opaque);
void cpu_kill_program(struct cpu *cpu, uint32_t program, int signal_number);

/*
 * Who wants to hear of spinlocks: they are no events of the trace, there are too many. In bench
 * context, like an observer of the trace, in order, and before the next event of the core: not at
 * once while no other core is awake, and never when the guest crashes before that. taken() returns
 * false when it does not know this lock with this name yet; it is told the text, interned, and
 * asked once more. What was released before anything else was done is told as one. NULL: nobody
 * listens. Keeps both.
 */
struct cpu_spin {
    uint64_t lock, name; /* the guest's own numbers */
    uint64_t time_ns;    /* when it was taken */
    unsigned cpu;        /* from 0 */
    bool masked;         /* PSTATE.I is set */
    bool released;       /* again, at once */
};
struct cpu_spin_listener {
    bool (*taken)(void *opaque, const struct cpu_spin *spin);
    void (*named)(void *opaque, const struct cpu_spin *spin, const char *text);
    void (*released)(void *opaque, uint64_t lock);
};
void cpu_listen_to_spinlocks(struct cpu *cpu, const struct cpu_spin_listener *listener,
                             void *opaque);

bool cpu_guest_is_ready(const struct cpu *cpu); /* probe_ready() was called */
int cpu_power_off_status(const struct cpu *cpu);
const char *cpu_panic_reason(const struct cpu *cpu); /* NULL when there was none */
uint64_t cpu_ticks(const struct cpu *cpu);           /* since the boot entry */
unsigned cpu_cores(const struct cpu *cpu);
unsigned cpu_running(const struct cpu *cpu); /* the core that runs, or ran last */
bool cpu_wakes(const struct cpu *cpu);       /* WFI would return on some core */
/* Of all cores: who polls the clock does many of them. */
uint64_t cpu_clock_reads(const struct cpu *cpu);

/* What a report shows of a core. */
struct cpu_view {
    bool on;       /* hal_cpu_start() was called for it */
    bool waits;    /* it is in WFI */
    uint64_t daif; /* of the code that runs */
    bool irq_line; /* nIRQ is asserted */
    bool wakes;    /* WFI would return: an interrupt, or a program to start or to kill */
    uintptr_t stack_low, stack_high; /* of the code that runs */
};
struct cpu_view cpu_view(const struct cpu *cpu, unsigned core);

/*
 * In bench context: the frame, as __builtin_frame_address() has it, from which the guest's call
 * goes on to the bench. The guest's own frames are among its callers. Elsewhere 0.
 */
uintptr_t cpu_call_frame(const struct cpu *cpu);

#endif
