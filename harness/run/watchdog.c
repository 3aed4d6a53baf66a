/*
 * watchdog.c - samples the program counter in CPU time
 *
 * A sample counts against the guest when the program counter lies in its image and no tick came
 * since the last one. Copies and checksums without ticks take microseconds; three samples in a row
 * are another thing.
 */
#include "harness/run/watchdog.h"

#include "ringside/hal.h"

#include <glib.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

#define WATCHDOG_SAMPLE_MS 10
#define WATCHDOG_SAMPLES   (WATCHDOG_CPU_MS / WATCHDOG_SAMPLE_MS)

static struct {
    const struct guest_image *image;
    watchdog_fn *fn;
    void *opaque;
    int64_t ticks;
    unsigned samples;
} watchdog;

static uintptr_t watchdog_pc(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.pc;
#else
#error "where does this architecture keep the program counter?"
#endif
}

static void watchdog_handler(int number, siginfo_t *info, void *opaque)
{
    (void)number;
    (void)info;
    uintptr_t pc = watchdog_pc(opaque);
    if (!guest_image_contains(watchdog.image, pc) || ringside_ticks.left != watchdog.ticks) {
        watchdog.ticks = ringside_ticks.left;
        watchdog.samples = 0;
        return;
    }
    if (++watchdog.samples >= WATCHDOG_SAMPLES) {
        watchdog.fn(watchdog.opaque, pc);
    }
}

static void watchdog_set_timer(unsigned period_ms)
{
    const struct timeval period = {.tv_usec = (suseconds_t)period_ms * 1000};
    const struct itimerval timer = {.it_interval = period, .it_value = period};
    setitimer(ITIMER_PROF, &timer, NULL);
}

void watchdog_watch(const struct guest_image *image, watchdog_fn *fn, void *opaque)
{
    g_assert(watchdog.image == NULL);
    watchdog.image = image;
    watchdog.fn = fn;
    watchdog.opaque = opaque;
    watchdog.ticks = ringside_ticks.left;
    watchdog.samples = 0;
    struct sigaction action = {
        .sa_sigaction = watchdog_handler,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
    };
    sigemptyset(&action.sa_mask);
    sigaction(SIGPROF, &action, NULL);
    watchdog_set_timer(WATCHDOG_SAMPLE_MS);
}

void watchdog_unwatch(void)
{
    g_assert(watchdog.image != NULL);
    watchdog_set_timer(0);
    /* A signal may be on its way still, and the default is to end the program. */
    signal(SIGPROF, SIG_IGN);
    watchdog.image = NULL;
}
