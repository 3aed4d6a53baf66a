/* syscall_signal.c - system calls of signals and of the alarm */
#include "kernel/clock.h"
#include "kernel/program.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "kernel/user_memory.h"
#include "kernel/wait.h"
#include "lib/errno.h"

#define SYSCALL_NS_PER_US 1000u
#define SYSCALL_US_PER_S  1000000

/*
 * DEVIATION: there are no groups of processes, so a number that is not positive names nobody.
 */
long syscall_kill(const long a[6])
{
    int pid = (int)a[0];
    return pid > 0 ? program_kill_task((uint32_t)pid, (int)a[1]) : -KESRCH;
}

/*
 * DEVIATION: flags that would need more than is here are refused, and so is a handler that is no
 * code, which Linux finds out when it is called.
 */
static long syscall_check_action(const struct kernel_sigaction *action)
{
    uint64_t known = SA_RESTORER | SA_RESTART | SA_NODEFER | SA_RESETHAND;
    if ((action->sa_flags & ~known) != 0)
        return -KEINVAL;
    if (action->sa_handler == SIGNAL_DEFAULT || action->sa_handler == SIGNAL_IGNORE)
        return 0;
    return user_is_code((const void *)(uintptr_t)action->sa_handler) ? 0 : -KEFAULT;
}

long syscall_rt_sigaction(const long a[6])
{
    struct kernel_sigaction action, before;
    bool changes = a[1] != 0;
    if (a[3] != SIGSET_SIZE)
        return -KEINVAL;
    if ((changes && !syscall_is_ram(a[1], sizeof action)) ||
        (a[2] != 0 && !syscall_is_ram(a[2], sizeof before)))
        return -KEFAULT;
    if (changes) {
        action = *(const struct kernel_sigaction *)syscall_pointer(a[1]);
        long refused = syscall_check_action(&action);
        if (refused != 0)
            return refused;
    }
    int error = program_set_action((int)a[0], changes ? &action : NULL, &before);
    if (error == 0 && a[2] != 0)
        *(struct kernel_sigaction *)syscall_pointer(a[2]) = before;
    return error;
}

long syscall_rt_sigprocmask(const long a[6])
{
    if (a[3] != SIGSET_SIZE)
        return -KEINVAL;
    if ((a[1] != 0 && !syscall_is_ram(a[1], SIGSET_SIZE)) ||
        (a[2] != 0 && !syscall_is_ram(a[2], SIGSET_SIZE)))
        return -KEFAULT;
    if (a[1] != 0 && a[0] != SIG_BLOCK && a[0] != SIG_UNBLOCK && a[0] != SIG_SETMASK)
        return -KEINVAL;
    uint64_t before = task_block_signals(0);
    uint64_t set = a[1] != 0 ? *(const uint64_t *)syscall_pointer(a[1]) : 0;
    uint64_t after = before;
    if (a[1] != 0)
        after = a[0] == SIG_BLOCK ? before | set : a[0] == SIG_UNBLOCK ? before & ~set : set;
    (void)task_block_signals(after);
    if (a[2] != 0)
        *(uint64_t *)syscall_pointer(a[2]) = before;
    return 0;
}

/* ---- the alarm ------------------------------------------------------------------------------- */

static struct kernel_timeval syscall_timeval(uint64_t ns)
{
    uint64_t us = (ns + SYSCALL_NS_PER_US - 1) / SYSCALL_NS_PER_US;
    return (struct kernel_timeval){(int64_t)(us / SYSCALL_US_PER_S),
                                   (int64_t)(us % SYSCALL_US_PER_S)};
}

/* WAIT_FOREVER for what is too long; false for what is no time. */
static bool syscall_timeval_ns(const struct kernel_timeval *time, uint64_t *ns)
{
    if (time->tv_sec < 0 || time->tv_usec < 0 || time->tv_usec >= SYSCALL_US_PER_S)
        return false;
    if ((uint64_t)time->tv_sec >= WAIT_FOREVER / SYSCALL_NS_PER_S)
        *ns = WAIT_FOREVER;
    else
        *ns =
            (uint64_t)time->tv_sec * SYSCALL_NS_PER_S + (uint64_t)time->tv_usec * SYSCALL_NS_PER_US;
    return true;
}

static struct kernel_itimerval syscall_alarm(void)
{
    struct program_alarm alarm = program_get_alarm();
    struct kernel_itimerval value = {.it_interval = syscall_timeval(alarm.interval_ns)};
    uint64_t now_ns = clock_now_ns();
    if (alarm.deadline_ns != WAIT_FOREVER)
        value.it_value = syscall_timeval(alarm.deadline_ns > now_ns ? alarm.deadline_ns - now_ns
                                                                    : SYSCALL_NS_PER_US);
    return value;
}

long syscall_getitimer(const long a[6])
{
    if (a[0] != ITIMER_REAL)
        return -KEINVAL;
    if (!syscall_is_ram(a[1], sizeof(struct kernel_itimerval)))
        return -KEFAULT;
    *(struct kernel_itimerval *)syscall_pointer(a[1]) = syscall_alarm();
    return 0;
}

long syscall_setitimer(const long a[6])
{
    struct kernel_itimerval value = {{0, 0}, {0, 0}};
    struct program_alarm alarm;
    uint64_t first_ns;
    if (a[0] != ITIMER_REAL)
        return -KEINVAL;
    if ((a[1] != 0 && !syscall_is_ram(a[1], sizeof value)) ||
        (a[2] != 0 && !syscall_is_ram(a[2], sizeof value)))
        return -KEFAULT;
    if (a[1] != 0)
        value = *(const struct kernel_itimerval *)syscall_pointer(a[1]);
    if (!syscall_timeval_ns(&value.it_value, &first_ns) ||
        !syscall_timeval_ns(&value.it_interval, &alarm.interval_ns))
        return -KEINVAL;
    struct kernel_itimerval before = syscall_alarm();
    if (first_ns == 0 || __builtin_add_overflow(first_ns, clock_now_ns(), &alarm.deadline_ns))
        alarm.deadline_ns = WAIT_FOREVER;
    program_set_alarm(&alarm);
    if (a[2] != 0)
        *(struct kernel_itimerval *)syscall_pointer(a[2]) = before;
    return 0;
}
