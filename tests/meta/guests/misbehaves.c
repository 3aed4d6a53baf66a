/*
 * misbehaves.c - a guest that does what its boot parameter `does` says
 *
 * For scenarios that must fail. It has no kernel and no drivers. Before it misbehaves it says that
 * it is ready, so that the scenario's timeline runs. With `when=program` it waits and misbehaves
 * when a program is started, on whatever stack the bench interrupted.
 */
#include "ringside/hal.h"
#include "ringside/probe.h"

#define STACK_SIZE 16384
#define TASK       1

static struct hal_context boot_context, other_context;
static const uint32_t constant = 5;
static volatile uint32_t zero;
static volatile uint32_t sink;

/* ---- the command line ------------------------------------------------------------------------ */

static size_t length_of_prefix(const char *text, const char *prefix)
{
    size_t length = 0;
    while (prefix[length] != '\0' && text[length] == prefix[length]) {
        length++;
    }
    return prefix[length] == '\0' ? length : 0;
}

/* Whether the word is there, such as "does=divide". */
static bool is_told_to(const char *word)
{
    for (const char *text = hal_boot_info()->command_line; *text != '\0'; text++) {
        size_t length = length_of_prefix(text, word);
        if (length > 0 && (text[length] == '\0' || text[length] == ' ')) {
            return true;
        }
    }
    return false;
}

/* ---- deeds ----------------------------------------------------------------------------------- */

static void read_null(void)
{
    sink = *(volatile uint32_t *)(uintptr_t)zero;
}

/* No address that 48-bit processors have: bit 47 and those above it differ. */
static void read_not_canonical(void)
{
    sink = *(volatile uint32_t *)(uintptr_t)(UINT64_C(0x5a5a800000000000) + zero);
}

static void write_constant(void)
{
    *(volatile uint32_t *)(uintptr_t)&constant = 6;
}

static void call_null(void)
{
    void (*volatile nowhere)(void) = NULL;
    nowhere();
}

static void divide(void)
{
    sink = sink / zero;
}

static void trap(void)
{
    __builtin_trap();
}

/* `zero` is read only to hide from the compiler that there is no end. */
static uint32_t recurse(uint32_t depth)
{
    volatile uint32_t frame[16] = {depth};
    return zero != 0 ? 0 : recurse(depth + 1) + frame[depth % 16];
}

static void recurse_for_ever(void)
{
    sink = recurse(0);
}

/* What runs out of the stack here is as likely a hal function as the guest's own. */
static uint32_t recurse_with_hal(uint32_t depth)
{
    volatile uint32_t small[2] = {depth};
    hal_relax();
    return zero != 0 ? 0 : recurse_with_hal(depth + 1) + small[depth % 2];
}

static void recurse_in_hal(void)
{
    sink = recurse_with_hal(0);
}

static void recurse_in_context(void *arg)
{
    (void)arg;
    recurse_for_ever();
}

static void recurse_on_other_stack(void)
{
    void *stack = hal_stack_alloc(STACK_SIZE);
    hal_context_init(&other_context, recurse_in_context, NULL, stack, STACK_SIZE);
    hal_context_switch(&boot_context, &other_context);
}

static void panic(void)
{
    hal_panic("told to");
}

static void power_off(void)
{
    hal_power_off(7);
}

static void spin(void)
{
    while (zero == 0) {
        sink = sink + 1;
    }
}

/* No tick, so that no virtual time passes: only the host's time ends it. */
static HAL_NO_TICKS void freeze(void)
{
    while (zero == 0) {
        sink = sink + 1;
    }
}

static void print_bytes(void)
{
    static const char bytes[] = "bytes: \xff\x1b[31m\x01 end\n";
    hal_console_write(bytes, sizeof bytes - 1);
    hal_panic("\xfe\x1b[0m");
}

/* A gigabyte of guest memory that is not there. */
static void print_nowhere(void)
{
    hal_console_write((const char *)(uintptr_t)zero, (size_t)1 << 30);
}

static void nothing(void)
{
}

static const struct deed {
    const char *word;
    void (*fn)(void);
} deeds[] = {
    {"does=read-null", read_null},
    {"does=read-not-canonical", read_not_canonical},
    {"does=write-constant", write_constant},
    {"does=call-null", call_null},
    {"does=divide", divide},
    {"does=trap", trap},
    {"does=recurse", recurse_for_ever},
    {"does=recurse-in-hal", recurse_in_hal},
    {"does=recurse-on-other-stack", recurse_on_other_stack},
    {"does=panic", panic},
    {"does=power-off", power_off},
    {"does=spin", spin},
    {"does=freeze", freeze},
    {"does=print-bytes", print_bytes},
    {"does=print-nowhere", print_nowhere},
    {"does=return", nothing},
};

static void misbehave(void)
{
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (is_told_to(deeds[i].word)) {
            deeds[i].fn();
        }
    }
}

/* A program that is nothing but what the bench is told about it. */
static int misbehaves_start(uint32_t program, const char *command_line)
{
    (void)command_line;
    if (is_told_to("does=refuse")) {
        return -13;
    }
    if (is_told_to("does=wait")) {
        probe_program_started(program, TASK);
        probe_call_entered(TASK, "read", 0, 0, 0, 0);
        probe_task_blocked(TASK, "queue", 1, UINT64_MAX);
    }
    if (is_told_to("when=program")) {
        misbehave();
    }
    return 0;
}

static void misbehaves_boot(void)
{
    if (!is_told_to("does=never-ready")) {
        probe_ready();
    }
    hal_irq_restore(0);
    if (!is_told_to("when=program")) {
        misbehave();
    }
    while (!is_told_to("does=return")) {
        hal_wfi();
    }
}

RINGSIDE_GUEST = {
    .abi_version = RINGSIDE_ABI_VERSION,
    .name = "misbehaves",
    .boot = misbehaves_boot,
    .start = misbehaves_start,
};
