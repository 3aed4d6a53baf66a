/*
 * cpu_testbed.h - a machine for the CPU's tests: clock, trace, RAM, a bus with one device, a CPU
 *
 * The guest is a function of the test. It is not instrumented, so it ticks by guest_ticks(); its
 * strings and contexts must lie in guest RAM, where testbed_ram() and testbed_string() put them.
 * testbed_run() makes the machine, runs the guest until it stops, and leaves the machine for
 * questions until the next run; testbed_fini() takes it down.
 */
#ifndef EMU_CPU_STUB_CPU_TESTBED_H
#define EMU_CPU_STUB_CPU_TESTBED_H

#include "emu/cpu-stub/cpu.h"
#include "ringside/probe.h"
#include "tests/unit.h"

/* The device's registers. */
#define DEVICE_BASE        UINT64_C(0x0a000000)
#define DEVICE_NOW         (DEVICE_BASE + 0x00) /* read: virtual time since power-on */
#define DEVICE_LEVEL       (DEVICE_BASE + 0x08) /* write: the level of the CPU's input */
#define DEVICE_ARM         (DEVICE_BASE + 0x10) /* write: the input rises so many ns later */
#define DEVICE_STOP        (DEVICE_BASE + 0x18) /* either: asks the CPU to stop; reads as 77 */
#define DEVICE_CALL        (DEVICE_BASE + 0x20) /* write: calls testbed.on_device */
#define DEVICE_LEVEL1      (DEVICE_BASE + 0x28) /* write: the level of core 1's input */
#define DEVICE_STOPS_VALUE 77U

#define TESTBED_MMIO_NS 100U
#define TESTBED_SEED    42U

struct testbed {
    struct vclock *clock;
    struct trace *trace;
    struct gmem *memory;
    struct mmio_bus *bus;
    struct cpu *cpu;
    struct irqline input; /* of core 0 */
    struct irqline inputs[CPU_CORES_MAX];
    struct vevent rise; /* raises the input */
    GString *events;    /* a line each: name and fields */
    uint64_t ram_used;

    /* Hooks of a test; NULL: none. They run in bench context. */
    void (*on_device)(void);
    void (*on_quiescent)(void);
    unsigned allocations_fail; /* so many of the next ones */
    unsigned barriers_find;    /* so many of the next barriers have something to tell */
    enum trace_kind stop_at; /* an observer stops the CPU at this event; TRACE_KIND_COUNT: never */
    unsigned quiescent_calls;
    unsigned barriers, tellings; /* of the CPU, so far */
    uint64_t told_ns;            /* when the last of these was */

    bool has_no_icc; /* this machine has no register of the ICC_ kind */
    enum hal_sysreg sysreg_written;
    uint64_t sysreg_value;
    unsigned sysreg_cpu;
};
extern struct testbed testbed;

/* Makes the machine, with this time for a tick. */
void testbed_init(uint64_t step_ns);
void testbed_init_cores(uint64_t step_ns, unsigned cores);
void testbed_fini(void);
/* testbed_init(1) unless it was called, then runs a guest. */
enum cpu_stop testbed_run(void (*boot)(void));

/* For a guest with programs, in place of testbed_run(). */
enum cpu_stop testbed_run_guest(const struct ringside_guest *guest);

/* Zeroed memory in guest RAM; a copy of a string there. From any side. */
void *testbed_ram(size_t size);
char *testbed_string(const char *string);

/* Events so far that contain this text; since power-on, in ns. */
unsigned testbed_count(const char *text);
uint64_t testbed_now(void);

/* What the instrumentation does at `count` basic blocks. */
static inline void guest_ticks(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (--ringside_ticks.left < 0) {
            ringside_tick();
        }
    }
}

/* A violation of this function was reported once, and no other. */
#define ASSERT_ONE_VIOLATION(function)                                                             \
    do {                                                                                           \
        CU_ASSERT_EQUAL(testbed_count("guest.violation"), 1);                                      \
        CU_ASSERT_EQUAL(testbed_count("guest.violation function=" function " "), 1);               \
    } while (0)

#endif
