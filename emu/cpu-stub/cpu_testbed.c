/*
 * cpu_testbed.c - see cpu_testbed.h
 */
#include "emu/cpu-stub/cpu_testbed.h"

#include <string.h>

struct testbed testbed;

/* ---- the device ------------------------------------------------------------------------------ */

static uint64_t testbed_device_read(void *opaque, uint64_t offset, unsigned size)
{
    (void)opaque;
    (void)size;
    if (DEVICE_BASE + offset == DEVICE_STOP) {
        cpu_stop(testbed.cpu);
        return DEVICE_STOPS_VALUE;
    }
    return testbed_now();
}

static void testbed_device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque;
    (void)size;
    switch (DEVICE_BASE + offset) {
    case DEVICE_LEVEL:
        irqline_set(&testbed.input, value != 0);
        break;
    case DEVICE_LEVEL1:
        irqline_set(&testbed.inputs[1], value != 0);
        break;
    case DEVICE_ARM:
        vclock_arm(testbed.clock, &testbed.rise, vclock_now_ns(testbed.clock) + value);
        break;
    case DEVICE_STOP:
        cpu_stop(testbed.cpu);
        break;
    case DEVICE_CALL:
        testbed.on_device();
        break;
    default:
        g_assert_not_reached();
    }
}

static const struct mmio_ops testbed_device_ops = {
    .read = testbed_device_read,
    .write = testbed_device_write,
    .sizes = 1 | 2 | 4 | 8,
};

/* ---- what the CPU asks for ------------------------------------------------------------------- */

static uint64_t testbed_sysreg_read(void *opaque, unsigned cpu, enum hal_sysreg reg)
{
    (void)opaque;
    if (reg == HAL_MPIDR_EL1) {
        return 100 + (uint64_t)reg + 1000 * cpu;
    }
    return reg == HAL_CNTVCT_EL0 ? testbed_now() : 100 + (uint64_t)reg;
}

static const char *testbed_sysreg_absent(void *opaque, enum hal_sysreg reg)
{
    (void)opaque;
    return testbed.has_no_icc && reg >= HAL_ICC_PMR_EL1 ? "there is no such register here" : NULL;
}

static void testbed_sysreg_write(void *opaque, unsigned cpu, enum hal_sysreg reg, uint64_t value)
{
    (void)opaque;
    testbed.sysreg_cpu = cpu;
    testbed.sysreg_written = reg;
    testbed.sysreg_value = value;
}

static void testbed_quiescent(void *opaque)
{
    (void)opaque;
    testbed.quiescent_calls++;
    if (testbed.on_quiescent != NULL) {
        testbed.on_quiescent();
    }
}

static bool testbed_alloc_fails(void *opaque)
{
    (void)opaque;
    bool fails = testbed.allocations_fail > 0;
    testbed.allocations_fail -= fails ? 1 : 0;
    return fails;
}

static bool testbed_barrier(void *opaque)
{
    (void)opaque;
    bool finds = testbed.barriers_find > 0;
    testbed.barriers++;
    testbed.barriers_find -= finds ? 1 : 0;
    return finds;
}

static void testbed_tell(void *opaque)
{
    (void)opaque;
    testbed.tellings++;
    testbed.told_ns = testbed_now();
}

static const struct cpu_ops testbed_ops = {
    .sysreg_read = testbed_sysreg_read,
    .sysreg_write = testbed_sysreg_write,
    .sysreg_absent = testbed_sysreg_absent,
    .quiescent = testbed_quiescent,
    .alloc_fails = testbed_alloc_fails,
    .barrier = testbed_barrier,
    .tell = testbed_tell,
};

/* ---- the machine ----------------------------------------------------------------------------- */

static void testbed_raise(void *opaque)
{
    (void)opaque;
    irqline_set(&testbed.input, true);
}

static void testbed_observe(void *opaque, const struct trace_event *event)
{
    (void)opaque;
    trace_format_fields(testbed.events, event);
    g_string_append_c(testbed.events, '\n');
    if (event->kind == testbed.stop_at) {
        cpu_stop(testbed.cpu);
    }
}

void testbed_init(uint64_t step_ns)
{
    testbed_init_cores(step_ns, 1);
}

void testbed_init_cores(uint64_t step_ns, unsigned cores)
{
    testbed_fini();
    testbed.clock = vclock_new();
    testbed.trace = trace_new(testbed.clock);
    testbed.bus = mmio_bus_new(testbed.trace);
    testbed.events = g_string_new(NULL);
    trace_add_observer(testbed.trace, testbed_observe, NULL);
    mmio_map(testbed.bus, "device", DEVICE_BASE, 0x1000, &testbed_device_ops, NULL);
    struct gmem_config memory_config = {.size = GMEM_SIZE_MIN};
    testbed.memory = gmem_new(testbed.trace, &memory_config, NULL);
    g_assert(testbed.memory != NULL);
    struct cpu_config config = {
        .cores = cores,
        .step_ns = step_ns,
        .mmio_ns = TESTBED_MMIO_NS,
        .seed = TESTBED_SEED,
        .boot = testbed_ram(sizeof(struct hal_boot)),
        .ops = &testbed_ops,
    };
    testbed.cpu = cpu_new(testbed.clock, testbed.trace, testbed.memory, testbed.bus, &config, NULL);
    g_assert(testbed.cpu != NULL);
    for (unsigned i = 0; i < cores; i++) {
        testbed.inputs[i] = cpu_irq_input(testbed.cpu, i);
    }
    testbed.input = testbed.inputs[0];
    vevent_init(&testbed.rise, VEVENT_MACHINE, "rise", testbed_raise, NULL);
}

void testbed_fini(void)
{
    cpu_free(testbed.cpu);
    if (testbed.trace != NULL) {
        gmem_free(testbed.memory);
        mmio_bus_free(testbed.bus);
        trace_free(testbed.trace);
        vclock_free(testbed.clock);
        g_string_free(testbed.events, TRUE);
    }
    testbed = (struct testbed){.stop_at = TRACE_KIND_COUNT};
}

enum cpu_stop testbed_run_guest(const struct ringside_guest *guest)
{
    if (testbed.cpu == NULL) {
        testbed_init(1);
    }
    return cpu_run(testbed.cpu, guest);
}

enum cpu_stop testbed_run(void (*boot)(void))
{
    static struct ringside_guest guest = {.abi_version = RINGSIDE_ABI_VERSION, .name = "test"};
    guest.boot = boot;
    return testbed_run_guest(&guest);
}

void *testbed_ram(size_t size)
{
    uint64_t base, free_size;
    gmem_free_range(testbed.memory, &base, &free_size);
    char *memory = gmem_host(testbed.memory, gpa(base + testbed.ram_used), size);
    testbed.ram_used += (size + 15) & ~(size_t)15;
    g_assert(memory != NULL && testbed.ram_used <= free_size);
    return memory;
}

char *testbed_string(const char *string)
{
    size_t size = strlen(string) + 1;
    return memcpy(testbed_ram(size), string, size);
}

unsigned testbed_count(const char *text)
{
    unsigned count = 0;
    char **lines = g_strsplit(testbed.events->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *padded = g_strconcat(*line, " ", NULL);
        count += strstr(padded, text) != NULL;
    }
    g_strfreev(lines);
    return count;
}

uint64_t testbed_now(void)
{
    return vclock_now_ns(testbed.clock) - VCLOCK_POWER_ON_NS;
}
