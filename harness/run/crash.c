/*
 * crash.c - tells a crash of the guest from one of ours
 *
 * The handler has a stack of its own, so that a guest that ran out of its stack is caught too.
 * Guest code never runs inside malloc or GLib: when the program counter is in the image, nothing of
 * the bench was interrupted, and the handler may use all of it.
 */
#include "harness/run/crash.h"

#include "emu/core/gmem.h"

#include <glib.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CRASH_STACK_SIZE (256 * 1024)
#define CRASH_FRAME_MAX  ((uintptr_t)64 * 1024) /* a function's frame is smaller */
#define CRASH_FRAMES_MAX 16                     /* of ours above the guest's last one */

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};

static struct {
    const struct guest_image *image;
    const char *path;
    crash_fn *fn;
    void *opaque;
    void *stack;
    stack_t old_stack;
    struct sigaction old[G_N_ELEMENTS(crash_signals)];
} crash;

struct crash_registers {
    uintptr_t pc, sp, fp;
};

static struct crash_registers crash_read_registers(const ucontext_t *context)
{
#if defined(__x86_64__)
    const greg_t *registers = context->uc_mcontext.gregs;
    return (struct crash_registers){
        .pc = (uintptr_t)registers[REG_RIP],
        .sp = (uintptr_t)registers[REG_RSP],
        .fp = (uintptr_t)registers[REG_RBP],
    };
#elif defined(__aarch64__)
    return (struct crash_registers){
        .pc = (uintptr_t)context->uc_mcontext.pc,
        .sp = (uintptr_t)context->uc_mcontext.sp,
        .fp = (uintptr_t)context->uc_mcontext.regs[29],
    };
#else
#error "where does this architecture keep the program counter?"
#endif
}

/* Guest RAM holds the guests' stacks and none of ours. */
static bool crash_is_guest_ram(uintptr_t address)
{
    return address >= GMEM_BASE && address < GMEM_BASE + GMEM_SIZE_MAX;
}

/* An access close to the stack pointer: a fault there means that the stack has come to its end. */
static bool crash_is_at_stack(uintptr_t sp, uintptr_t address)
{
    uintptr_t distance = address > sp ? address - sp : sp - address;
    return crash_is_guest_ram(sp) && crash_is_guest_ram(address) && distance < CRASH_FRAME_MAX;
}

static bool crash_is_guests(const struct crash_registers *registers, int number, uintptr_t address)
{
    if (guest_image_contains(crash.image, registers->pc)) {
        return true;
    }
    bool is_access = number == SIGSEGV || number == SIGBUS;
    bool is_jump = registers->pc == address && crash_is_guest_ram(registers->sp);
    return is_access && (is_jump || crash_is_at_stack(registers->sp, address));
}

/*
 * Where in the image it happened, or from where the image called what faulted; 0: cannot be told.
 * Both sides keep frame pointers: below each lies the caller's, and above it the return address. A
 * jump to nowhere has made no frame yet.
 */
static uintptr_t crash_guest_address(const struct crash_registers *registers)
{
    if (guest_image_contains(crash.image, registers->pc)) {
        return registers->pc;
    }
    if (registers->pc < GMEM_PAGE && registers->sp % sizeof(uintptr_t) == 0) {
        uintptr_t caller = *(const uintptr_t *)registers->sp;
        if (guest_image_contains(crash.image, caller)) {
            return caller;
        }
    }
    uintptr_t fp = registers->fp;
    for (unsigned i = 0; i < CRASH_FRAMES_MAX; i++) {
        bool is_frame = fp >= registers->sp && crash_is_at_stack(registers->sp, fp) &&
                        fp % sizeof(uintptr_t) == 0;
        if (!is_frame) {
            break;
        }
        const uintptr_t *frame = (const uintptr_t *)fp;
        if (guest_image_contains(crash.image, frame[1])) {
            return frame[1];
        }
        fp = frame[0];
    }
    return 0;
}

static const char *crash_signal_text(int number)
{
    switch (number) {
    case SIGSEGV:
        return "invalid memory access (SIGSEGV)";
    case SIGBUS:
        return "bus error (SIGBUS)";
    case SIGILL:
        return "illegal instruction (SIGILL)";
    case SIGFPE:
        return "arithmetic exception (SIGFPE)";
    default:
        g_assert_not_reached();
    }
}

static GString *crash_describe(const struct crash_registers *registers, int number, int code,
                               uintptr_t address, uintptr_t guest_address)
{
    GString *what = g_string_new(crash_signal_text(number));
    bool is_access = number == SIGSEGV || number == SIGBUS;
    if (is_access && code == SI_KERNEL) {
        /* The processor does not tell which. */
        g_string_append(what, " at an address that is not canonical");
    } else if (is_access) {
        g_string_append_printf(what, " at address 0x%" G_GINTPTR_MODIFIER "x%s", address,
                               crash_is_at_stack(registers->sp, address) ? ", where the stack ends"
                                                                         : "");
    }
    if (guest_address == registers->pc || registers->pc == address) {
        g_string_append_printf(what, ", program counter 0x%" G_GINTPTR_MODIFIER "x", registers->pc);
    } else {
        /* The bench lies somewhere else in every run. */
        g_string_append(what, ", in a function of hal.h or probe.h");
    }
    if (guest_address != registers->pc && guest_address != 0) {
        g_string_append_printf(what, ", called from 0x%" G_GINTPTR_MODIFIER "x", guest_address);
    }
    if (guest_address != 0) {
        g_string_append_printf(what, " (addr2line -f -e %s 0x%" G_GINTPTR_MODIFIER "x)", crash.path,
                               guest_address);
    }
    return what;
}

static void crash_handler(int number, siginfo_t *info, void *opaque)
{
    const struct crash_registers registers = crash_read_registers(opaque);
    uintptr_t address = (uintptr_t)info->si_addr;
    if (crash_is_guests(&registers, number, address)) {
        uintptr_t place = crash_guest_address(&registers);
        GString *what = crash_describe(&registers, number, info->si_code, address, place);
        /* A return address belongs to the call before it. */
        bool is_return = place != 0 && place != registers.pc;
        crash.fn(crash.opaque, what->str, is_return ? place - 1 : place);
    }
    /* Ours: returning repeats the fault, under the handler from before. */
    for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++) {
        if (crash_signals[i] == number) {
            sigaction(number, &crash.old[i], NULL);
        }
    }
}

void crash_watch(const struct guest_image *image, const char *path, crash_fn *fn, void *opaque)
{
    g_assert(crash.image == NULL);
    crash.image = image;
    crash.path = path;
    crash.fn = fn;
    crash.opaque = opaque;
    crash.stack =
        mmap(NULL, CRASH_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert(crash.stack != MAP_FAILED);
    stack_t stack = {.ss_sp = crash.stack, .ss_size = CRASH_STACK_SIZE};
    sigaltstack(&stack, &crash.old_stack);
    struct sigaction action = {.sa_sigaction = crash_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++) {
        sigaction(crash_signals[i], &action, &crash.old[i]);
    }
}

void crash_unwatch(void)
{
    g_assert(crash.image != NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++) {
        sigaction(crash_signals[i], &crash.old[i], NULL);
    }
    sigaltstack(&crash.old_stack, NULL);
    munmap(crash.stack, CRASH_STACK_SIZE);
    crash.image = NULL;
}
