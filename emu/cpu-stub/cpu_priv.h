/*
 * cpu_priv.h - what the files of the CPU share
 *
 * Three sides, each with functions of its own:
 *     host side    cpu_run() and its neighbours: on the stack of whoever owns the machine.
 *     guest side   hal_*.c, probe.c and execute.c: on the guest's stack, which is small. These
 *                  files are compiled without AddressSanitizer, so that no poison of ours stays
 *                  behind in guest RAM, and call nothing but each other and stack.h.
 *     bench side   functions passed to cpu_bench_call(): on the bench's stack. Only here the clock
 *                  moves, events run, devices are accessed, the trace grows and memory is
 *                  allocated.
 *
 * The time of the core that runs is its `guest_ns` at tick `synced_count`, plus step_ns for each
 * tick since. The clock is brought there on each call of the bench; it stays behind only when a
 * stop comes between two events that are due.
 *
 * Several cores share the one thread, each with a time of its own. One of them runs; the others
 * stand on their guest stacks, in cpu_switch_core(). A core that enters the bench must be the
 * slowest of those that are awake (cpu_give_way()), so the clock never passes a core, and whatever
 * one does to a device is done in the order of time. Between two calls of the bench a core is at
 * most CPU_QUANTUM_TICKS ahead of the slowest. Of equal times, the lower index goes first.
 */
#ifndef EMU_CPU_STUB_CPU_PRIV_H
#define EMU_CPU_STUB_CPU_PRIV_H

#include "emu/core/prng.h"
#include "emu/cpu-stub/cpu.h"
#include "emu/cpu-stub/stack.h"
#include "emu/cpu-stub/tasks.h"

#define CPU_BOOT_STACK_SIZE  (UINT64_C(64) << 10) /* as hal.h says */
#define CPU_TIME_MAX_NS      (VCLOCK_NEVER - 1)
#define CPU_TICKS_MAX        (UINT64_C(1) << 62) /* hal_charge() saturates: no overflow follows */
#define CPU_TICKS_NEVER      ((uint64_t)INT64_MAX)
#define CPU_CONSOLE_LINE_MAX 4096U
#define CPU_GUEST_STRING_MAX 1024U /* of a name; longer ones are cut */
#define CPU_DAIF_MASK        UINT64_C(0x3c0)
/* How far a core that only computes may be ahead of the slowest: what RAM shows of others is so old
 * or so new at most. */
#define CPU_QUANTUM_TICKS 1000U
/*
 * A core polls the clock when it has read the time so often in a row, with no more than some ticks
 * between two reads and nothing else that reaches the bench. Each further read takes this part of
 * the time since the first one, up to a limit.
 */
#define CPU_POLL_READS  4096U
#define CPU_POLL_TICKS  256U
#define CPU_POLL_PART   4096U
#define CPU_POLL_MAX_NS UINT64_C(4000)
/* What start() is said to return when no RAM is left to pass the command line. */
#define CPU_COMMAND_REFUSED (-12)

/* A queued call of the guest's start() or kill(). */
struct cpu_upcall {
    uint32_t program;
    int signal_number;  /* of kill(); 0 for start() */
    char *command_line; /* owned; NULL for kill() */
    char *line_in_ram;  /* its copy in guest RAM, while start() runs */
    cpu_started_fn *started;
    void *opaque;
    int result;
};

#define CPU_SPINS_MAX 64U

#define CPU_NAMES_LOG2 6U

/* A string that the guest has shown before, with its NUL; all of it lies in RAM. */
struct cpu_name {
    const char *guest; /* NULL: none */
    const char *copy;  /* the trace's */
    size_t size;
};

/* Whose code runs: the host's, the guest's, or the bench's on behalf of the guest. */
enum cpu_side {
    CPU_SIDE_HOST,
    CPU_SIDE_GUEST,
    CPU_SIDE_BENCH,
};

/* A spinlock was taken, or released. */
struct cpu_spin_note {
    struct cpu_spin spin;
    bool taken;
};

/*
 * A core is off until hal_cpu_start(), then awake; in WFI it waits, and is awake again when its
 * line is up, or, for core 0, an upcall is there.
 */
enum cpu_core_state {
    CPU_CORE_OFF,
    CPU_CORE_AWAKE,
    CPU_CORE_WAITING,
};

struct cpu_core {
    unsigned index;
    enum cpu_core_state state;
    uint64_t guest_ns; /* its time, at synced_count when it runs */
    uint64_t tpidr;
    unsigned clock_reads;    /* in a row, no more than are counted */
    uint64_t clock_first_ns; /* when the first of them was made, */
    uint64_t clock_last_ns;  /* and the last one was over */

    /* what decides whether the running code can be interrupted */
    uint64_t daif;
    void (*vector)(void);
    bool line;

    /* contexts */
    struct hal_context *context; /* the running one; NULL: boot code, until its first switch */
    struct stack_bounds running;
    uint32_t task;          /* as the guest says; 0: the kernel */
    unsigned dead_stack_id; /* of the context that exited into the running one; 0: none */
    struct stack_bounds dead_stack;

    /* its first stack: of core 0 our own, of others the guest's */
    const void *boot_stack; /* NULL: none yet */
    unsigned boot_stack_id;
    void (*entry)(uint64_t argument); /* of hal_cpu_start() */
    uint64_t argument;

    void *guest_sp, *guest_fake; /* while it does not run */
};

struct cpu {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
    struct mmio_bus *bus;
    struct cpu_config config;
    const struct ringside_guest *guest; /* NULL until cpu_run() */
    struct prng entropy;
    uintptr_t ram_low, ram_high; /* guest RAM as pointers */

    /* cores */
    struct cpu_core cores[CPU_CORES_MAX]; /* as many as the configuration says */
    struct cpu_core *core;                /* the one that runs */
    unsigned running;                     /* its index */
    unsigned acting; /* 1 + that; TRACE_NO_CPU while an event of the clock runs */
    unsigned awake;  /* how many cores are */

    /* time */
    uint64_t synced_count;
    uint64_t clock_reads_ever;
    uint64_t last_tick;      /* the count of ticks at which none is left */
    uint64_t event_deadline; /* in ticks, without regard to interrupts */
    bool deadline_stale;     /* the next event, an input line or a core may have changed */

    bool ready;
    GQueue upcalls;        /* struct cpu_upcall: queued */
    GPtrArray *delivering; /* struct cpu_upcall: inside start() or kill() */

    const struct cpu_spin_listener *spin_listener; /* NULL: none */
    void *spin_opaque;
    struct cpu_spin_note spins[CPU_SPINS_MAX]; /* that it has not been told of */
    unsigned spin_count;
    struct cpu_tasks tasks; /* for whoever looks at a stopped machine */

    /* stacks and stopping */
    struct stack_bench bench;
    struct stack_bounds host;
    void *host_sp, *host_fake;
    enum cpu_side side;
    uintptr_t call_frame; /* of the call that the bench serves */
    bool stop_requested;
    enum cpu_stop stop;

    /* registers as memory, hal_raw.c */
    bool raw_mapped;
    unsigned raw_size; /* of a store whose value is still to be taken to its register; 0: none */
    uintptr_t raw_at;

    struct cpu_name names[1 << CPU_NAMES_LOG2]; /* by address */
    GString *console;                           /* the line so far */
    int power_off_status;
    char *panic_reason;
};

/* The one complex of cores; NULL between cpu_free() and cpu_new(). */
extern struct cpu *cpu_active;

/* ---- bench side (cpu.c) ---------------------------------------------------------------------- */

/*
 * Brings the clock to the guest's time, or to the next event if that is earlier: for time stamps.
 */
void cpu_sync(struct cpu *cpu);
/*
 * Brings the clock to the guest's time, running what is due. False when a stop was requested in
 * between, or another core woke, which has to go on first: to be called again.
 */
bool cpu_catch_up(struct cpu *cpu);
/* Runs the first event of the clock. True when it woke a core. */
bool cpu_run_next_event(struct cpu *cpu);
/* Wakes the cores in WFI that have something to wake for, at the clock's time. True: there were. */
bool cpu_wake_cores(struct cpu *cpu);
/* Tells the listener of the spinlocks that were written down. */
void cpu_tell_spins(struct cpu *cpu);
/* Lets the guest's time pass. */
void cpu_spend_ns(struct cpu *cpu, uint64_t ns);

/* Reports that the guest broke a rule of hal.h. */
void cpu_report(struct cpu *cpu, const char *function, const char *rule, uint64_t value);
/*
 * A copy, owned by the trace, of a string of the guest; reports, and returns "?", when it is none.
 */
const char *cpu_guest_string(struct cpu *cpu, const char *function, const char *string);
void cpu_console_put(struct cpu *cpu, char c);
void cpu_flush_console(struct cpu *cpu);

/* Something that WFI waits for: the line, or an upcall. */
bool cpu_has_wakeup(const struct cpu *cpu, const struct cpu_core *core);
struct cpu_upcall *cpu_begin_upcall(struct cpu *cpu);
void cpu_end_upcall(struct cpu *cpu, struct cpu_upcall *upcall);

/* ---- either side ----------------------------------------------------------------------------- */

/*
 * Recomputes the tick deadline: from the clock, or only for a change of PSTATE.I, vector, line or
 * upcalls.
 */
void cpu_set_deadline(struct cpu *cpu);

/* Programs are started and killed on core 0. */
static inline bool cpu_has_upcall(const struct cpu *cpu, const struct cpu_core *core)
{
    return cpu->upcalls.length > 0 && cpu->ready && core->index == 0;
}

static inline bool cpu_can_deliver(const struct cpu *cpu)
{
    const struct cpu_core *core = cpu->core;
    return (core->daif & HAL_DAIF_I) == 0 &&
           ((core->line && core->vector != NULL) || cpu_has_upcall(cpu, core));
}

/* The ticks so far. The guest may have spoilt them. */
static inline uint64_t cpu_tick_count(const struct cpu *cpu)
{
    return cpu->last_tick - (uint64_t)ringside_ticks.left;
}

static inline void cpu_set_tick_deadline(struct cpu *cpu, uint64_t deadline)
{
    uint64_t last = deadline - 1;
    ringside_ticks.left = (int64_t)(last - cpu_tick_count(cpu));
    cpu->last_tick = last;
}

static inline void cpu_mask_changed(struct cpu *cpu)
{
    cpu_set_tick_deadline(cpu, cpu_can_deliver(cpu) ? 0 : cpu->event_deadline);
}

/* The running core's time. The guest may have spoilt the count, and then it is a little behind. */
static inline uint64_t cpu_guest_time_ns(const struct cpu *cpu)
{
    uint64_t count = cpu_tick_count(cpu);
    uint64_t ticks = count > cpu->synced_count ? count - cpu->synced_count : 0;
    return cpu->core->guest_ns + ticks * cpu->config.step_ns;
}

/* Adds the ticks since the last time, of which there are some, to the running core's time. */
void cpu_count_ticks(struct cpu *cpu);

/* The core that comes next: the slowest of those awake; NULL when none is. `except` is left out. */
struct cpu_core *cpu_slowest(struct cpu *cpu, const struct cpu_core *except);

/* Some core runs this context, or stands on this stack. */
bool cpu_is_running_context(const struct cpu *cpu, const struct hal_context *context);
bool cpu_is_running_stack(const struct cpu *cpu, const void *stack);

static inline bool cpu_in_ram(const struct cpu *cpu, const volatile void *pointer, size_t size)
{
    uintptr_t at = (uintptr_t)pointer;
    return at >= cpu->ram_low && at < cpu->ram_high && size <= cpu->ram_high - at;
}

/* ---- guest side (execute.c) ------------------------------------------------------------------ */

/* Takes the value of a store to a register there (hal_raw.c); and gives its addresses back. */
void cpu_commit_raw(struct cpu *cpu);
void cpu_unmap_raw(struct cpu *cpu);

/*
 * The CPU, for a call of the guest. Asserts that it comes from the guest. A store that the guest
 * has done before happens before whatever it asks for now.
 */
static inline struct cpu *cpu_of_guest(void)
{
    struct cpu *cpu = cpu_active;
    g_assert(cpu != NULL);
    g_assert(cpu->side == CPU_SIDE_GUEST);
    if (__builtin_expect(cpu->raw_size != 0, 0)) {
        cpu_commit_raw(cpu);
    }
    return cpu;
}

/*
 * Runs a function on the bench's stack. When a stop was requested meanwhile, returns after
 * cpu_resume(). A core that polls the clock has done something else with that; with
 * cpu_bench_visit() it has not.
 */
void cpu_bench_call(struct cpu *cpu, context_fn *fn, void *arg);
void cpu_bench_visit(struct cpu *cpu, context_fn *fn, void *arg);

/*
 * Where the guest's frames end and ours begin: the frame of the hal function that the guest called.
 * What of the guest runs above our frames, an interrupt or a new context's entry, starts
 * CPU_FRAME_GAP below that, so that its addresses do not depend on how large the compiler made our
 * frames: they differ between builds of the bench, and the guest may show them.
 */
#define CPU_FRAME_GAP     1024
#define cpu_guest_frame() ((char *)__builtin_frame_address(0))
#define cpu_inline        __attribute__((always_inline)) static inline

/*
 * Lets another core run, which must be awake; returns when this one is chosen again.
 */
void cpu_switch_core(struct cpu *cpu, struct cpu_core *to);
/* Lets the slowest core run when that is another one; true when it was. */
bool cpu_give_way(struct cpu *cpu);

/* Brings time up to the ticks, then takes interrupts and upcalls while there are any. */
void cpu_settle(struct cpu *cpu, char *guest_frame);

/* The end of each hal function; inlined into it, with all that leads here. */
cpu_inline void cpu_settle_if_due(struct cpu *cpu)
{
    if (__builtin_expect(ringside_ticks.left < 0, 0)) {
        cpu_settle(cpu, cpu_guest_frame());
    }
}

/* Calls guest code on the guest's stack, below the gap. */
uintptr_t cpu_call_guest(char *guest_frame, void (*fn)(void), void *arg, uintptr_t second);

/* Back to the host; returns after cpu_resume(). */
void cpu_leave(struct cpu *cpu, enum cpu_stop stop);
_Noreturn void cpu_leave_for_good(struct cpu *cpu, enum cpu_stop stop);

/* cpu_report() from the guest's side; and for a rule that the guest cannot survive. */
void cpu_violation(struct cpu *cpu, const char *function, const char *rule, uint64_t value);
_Noreturn void cpu_fatal(struct cpu *cpu, const char *function, const char *rule, uint64_t value);

/* The first function on the boot stack, and on that of another core. */
void cpu_boot_entry(void *opaque);
void cpu_secondary_entry(void *opaque);

#endif
