/*
 * crash.c - tells a crash of the guest from one of ours
 *
 * The handler has a stack of its own, so that a guest that ran out of its stack is caught too.
 * Guest code never runs inside malloc or GLib: when the program counter is in the image, nothing of
 * the bench was interrupted, and the handler may use all of it.
 */
#include "harness/run/crash.h"

#include <glib.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CRASH_STACK_SIZE (256 * 1024)

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

static uintptr_t crash_program_counter(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.pc;
#else
#error "where does this architecture keep the program counter?"
#endif
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

static void crash_handler(int number, siginfo_t *info, void *opaque)
{
    uintptr_t pc = crash_program_counter(opaque);
    if (guest_image_contains(crash.image, pc)) {
        GString *what = g_string_new(crash_signal_text(number));
        if (number == SIGSEGV || number == SIGBUS) {
            g_string_append_printf(what, " at address 0x%" G_GINTPTR_MODIFIER "x",
                                   (uintptr_t)info->si_addr);
        }
        g_string_append_printf(what,
                               ", program counter 0x%" G_GINTPTR_MODIFIER
                               "x (addr2line -f -e %s 0x%" G_GINTPTR_MODIFIER "x)",
                               pc, crash.path, pc);
        crash.fn(crash.opaque, what->str);
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
