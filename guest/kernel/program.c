/* program.c - programs: start, exit, signals */
#include "kernel/program_priv.h"

#include "kernel/boot.h"
#include "kernel/boot_memory.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/scheme.h"
#include "kernel/task.h"
#include "kernel/task_priv.h"
#include "kernel/user_map.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/list.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define PROGRAM_STATUS_MASK   0xff
#define PROGRAM_REASON_MAX    96
#define PROGRAM_SIGNAL_STATUS 128 /* + the signal's number, as shells show it */

struct program_registry programs;

static struct program program_objects[PROGRAMS_MAX];
static struct pool program_pool;

void program_init(const struct program_entry *entries, size_t count)
{
    programs.entries = entries;
    programs.entry_count = count;
    programs.lock = (struct spinlock)SPINLOCK_INIT("programs");
    list_init(&programs.running);
    programs.first = NULL;
    program_child_reset();
    pool_init(&program_pool, "programs", program_objects, sizeof program_objects[0], PROGRAMS_MAX);
}

void program_reserve_memory(void)
{
    if (boot_memory_left() / BOOT_MEMORY_SHARE < PROGRAMS_MORE_MAX * sizeof(struct program))
        return;
    boot_memory_init_pool(&program_pool, "programs", sizeof(struct program), PROGRAMS_MORE_MAX);
}

static const struct program_entry *program_find_entry(const char *name)
{
    for (size_t i = 0; i < programs.entry_count; i++) {
        if (kstreq(programs.entries[i].name, name))
            return &programs.entries[i];
    }
    return NULL;
}

static struct program *program_find_running(uint32_t number)
{
    struct list *link;
    list_foreach (link, &programs.running) {
        struct program *program = list_entry(link, struct program, link);
        if (number != 0 && program->number == number)
            return program;
    }
    return NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* From here on the bench's number means nothing any more. */
static void program_forget(struct program *program, int status)
{
    uint64_t daif = spin_lock(&programs.lock);
    list_remove(&program->link);
    timeout_cancel(&program->alarm_timeout);
    program_child_end(program, status);
    spin_unlock(&programs.lock, daif);
    event_source_fini(&program->child_source);
    scheme_namespace_release(program->namespace);
    program->task->program = NULL;
    program->task->files = NULL;
    pool_free(&program_pool, program);
}

static void program_end_first(const struct program *program, int status)
{
    char why[PROGRAM_REASON_MAX];
    if (program != programs.first)
        return;
    (void)ksnprintf(why, sizeof why, "%s ended with status %d before all was up",
                    program->entry->name, status);
    kpanic(why);
}

_Noreturn void program_exit(int status)
{
    struct program *program = sched_current()->program;
    kassert(program != NULL);
    program->task->files = NULL; /* who closes a file sees that it has nobody to wait for */
    status &= PROGRAM_STATUS_MASK;
    file_table_close_all(&program->files);
    user_map_give_back_all(task_number(program->task));
    program_end_first(program, status);
    if (program->number != 0)
        probe_program_exited(program->number, status);
    program_forget(program, status);
    task_exit();
}

/* ---- signals --------------------------------------------------------------------------------- */

static bool program_ignores(const struct program *program, int number)
{
    const struct kernel_sigaction *action = &program->actions[number - 1];
    if (action->sa_handler != SIGNAL_DEFAULT)
        return action->sa_handler == SIGNAL_IGNORE;
    return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

void program_signal(struct program *program, int number)
{
    if (number != 0 && !program_ignores(program, number))
        task_signal(program->task, number);
}

/*
 * While a handler runs, its own signal waits. After one that came in a wait with other signals
 * blocked, what was blocked before the wait is so again.
 */
static void program_call_handler(const struct kernel_sigaction *action, int number)
{
    struct task *task = sched_current();
    uint64_t also = action->sa_mask;
    if ((action->sa_flags & SA_NODEFER) == 0)
        also |= UINT64_C(1) << (number - 1);
    uint64_t before = task_block_signals(task->signals_blocked | also);
    if (task->signals_swapped)
        before = task->signals_saved;
    task->signals_swapped = false;
    action->sa_handler(number);
    (void)task_block_signals(before);
}

/* Returns whether a handler was called, and sets *action to what was set for the signal. */
static bool program_act(struct program *program, int number, struct kernel_sigaction *action)
{
    uint64_t daif = spin_lock(&programs.lock);
    *action = program->actions[number - 1];
    bool ignored = program_ignores(program, number);
    if ((action->sa_flags & SA_RESETHAND) != 0)
        program->actions[number - 1].sa_handler = SIGNAL_DEFAULT;
    spin_unlock(&programs.lock, daif);
    if (ignored)
        return false;
    if (action->sa_handler == SIGNAL_DEFAULT)
        program_exit(PROGRAM_SIGNAL_STATUS + number);
    program_call_handler(action, number);
    return true;
}

bool program_obey_signal(void)
{
    const struct task *task = sched_current();
    bool handled = false, restarts = true;
    if (task->program == NULL)
        return restarts;
    while (task_pending_signal(task) != 0) {
        struct kernel_sigaction action;
        int number = task_take_signal();
        if (number == 0 || !program_act(task->program, number, &action) || handled)
            continue;
        handled = true;
        restarts = (action.sa_flags & SA_RESTART) != 0;
    }
    task_unswap_signals();
    return restarts;
}

int program_kill(uint32_t number, int signal_number)
{
    if (signal_number < 0 || signal_number > SIGNALS_MAX)
        return -KEINVAL;
    uint64_t daif = spin_lock(&programs.lock);
    struct program *program = program_find_running(number);
    if (program != NULL)
        program_signal(program, signal_number);
    spin_unlock(&programs.lock, daif);
    return program != NULL ? 0 : -KESRCH;
}

int program_kill_task(uint32_t task, int signal_number)
{
    int error = -KESRCH;
    struct list *link;
    if (signal_number < 0 || signal_number > SIGNALS_MAX)
        return -KEINVAL;
    uint64_t daif = spin_lock(&programs.lock);
    list_foreach (link, &programs.running) {
        struct program *program = list_entry(link, struct program, link);
        if (task_number(program->task) == task) {
            program_signal(program, signal_number);
            error = 0;
        }
    }
    spin_unlock(&programs.lock, daif);
    return error;
}

void program_raise(int signal_number)
{
    struct program *program = sched_current()->program;
    kassert(signal_number > 0 && signal_number <= SIGNALS_MAX);
    if (program == NULL)
        return;
    uint64_t daif = spin_lock(&programs.lock);
    program_signal(program, signal_number);
    spin_unlock(&programs.lock, daif);
}

int program_set_action(int signal_number, const struct kernel_sigaction *action,
                       struct kernel_sigaction *before)
{
    struct program *program = sched_current()->program;
    if (signal_number <= 0 || signal_number > SIGNALS_MAX)
        return -KEINVAL;
    if (action != NULL && (signal_number == SIGKILL || signal_number == SIGSTOP))
        return -KEINVAL;
    uint64_t daif = spin_lock(&programs.lock);
    struct kernel_sigaction *place = &program->actions[signal_number - 1];
    struct kernel_sigaction old = *place;
    if (action != NULL)
        *place = *action;
    if (before != NULL)
        *before = old;
    spin_unlock(&programs.lock, daif);
    return 0;
}

/* ---- the alarm ------------------------------------------------------------------------------- */

/* From the timer's interrupt, perhaps while another CPU ends the program. */
static void program_ring(void *arg)
{
    struct program *program = arg;
    uint64_t now_ns = clock_now_ns();
    uint64_t daif = spin_lock(&programs.lock);
    if (list_is_linked(&program->link) && program->alarm.deadline_ns <= now_ns) {
        uint64_t interval_ns = program->alarm.interval_ns;
        program_signal(program, SIGALRM);
        /* One beyond the end of time is none. */
        if (interval_ns != 0 && interval_ns < WAIT_FOREVER - now_ns) {
            program->alarm.deadline_ns = now_ns + interval_ns;
            timeout_arm(&program->alarm_timeout, program->alarm.deadline_ns);
        } else {
            program->alarm.deadline_ns = WAIT_FOREVER;
        }
    }
    spin_unlock(&programs.lock, daif);
}

struct program_alarm program_get_alarm(void)
{
    const struct program *program = sched_current()->program;
    uint64_t daif = spin_lock(&programs.lock);
    struct program_alarm alarm = program->alarm;
    spin_unlock(&programs.lock, daif);
    return alarm;
}

void program_set_alarm(const struct program_alarm *alarm)
{
    struct program *program = sched_current()->program;
    uint64_t daif = spin_lock(&programs.lock);
    program->alarm = *alarm;
    timeout_cancel(&program->alarm_timeout);
    if (alarm->deadline_ns != WAIT_FOREVER)
        timeout_arm(&program->alarm_timeout, alarm->deadline_ns);
    spin_unlock(&programs.lock, daif);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void program_main(void *arg)
{
    struct program *program = arg;
    program_exit(program->entry->main(program->arguments.count, program->arguments.values));
}

/* One file, three descriptors. */
static int program_open_console(struct program *program)
{
    struct file *file = console_file_make(program->console);
    if (file == NULL)
        return -KENFILE;
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        if (descriptor > 0)
            file->references++;
        int added = file_table_add(&program->files, file);
        kassert(added == descriptor);
    }
    return 0;
}

static int program_choose_entry(struct program *program, const char *command_line)
{
    int error = command_line_parse(&program->arguments, command_line);
    if (error != 0) {
        console_printf("cannot start \"%s\": %s\n", command_line,
                       error == -KE2BIG ? "too long" : "a quote or a backslash without its end");
        return error;
    }
    const char *name = program->arguments.count > 0 ? program->arguments.values[0] : "";
    program->entry = program_find_entry(name);
    if (program->entry == NULL) {
        console_printf("cannot start \"%s\": no such program\n", name);
        return -KENOENT;
    }
    return 0;
}

static int program_prepare(struct program *program, const char *command_line)
{
    int error = program_choose_entry(program, command_line);
    if (error != 0)
        return error;
    error = program_open_console(program);
    if (error == 0) {
        program->task = task_prepare(program->entry->name, program_main, program);
        error = program->task != NULL ? 0 : -KEAGAIN;
    }
    if (error != 0) {
        file_table_close_all(&program->files);
        console_printf("cannot start \"%s\": %s\n", command_line, errno_text(error));
    }
    return error;
}

static void program_clear(struct program *program)
{
    file_table_init(&program->files);
    program->number = 0;
    program->console = 0;
    program->namespace = 0;
    program->alarm = (struct program_alarm){.deadline_ns = WAIT_FOREVER};
    memset(program->actions, 0, sizeof program->actions);
    list_init(&program->link);
    list_init(&program->children);
    wait_queue_init(&program->child_ended);
    event_source_init(&program->child_source, "child", 0);
    program->as_child = NULL;
    timeout_init(&program->alarm_timeout, program_ring, program);
}

struct program *program_make(uint32_t number, uint32_t console, const char *command_line,
                             int *error)
{
    struct program *program = pool_alloc(&program_pool);
    *error = -KEAGAIN;
    if (program == NULL) {
        console_printf("cannot start \"%s\": too many programs\n", command_line);
        return NULL;
    }
    program_clear(program);
    program->number = number;
    program->console = console;
    *error = program_prepare(program, command_line);
    if (*error != 0) {
        pool_free(&program_pool, program);
        return NULL;
    }
    program->child_source.number = task_number(program->task);
    program->task->program = program;
    program->task->files = &program->files;
    return program;
}

void program_run(struct program *program)
{
    scheme_namespace_keep(program->namespace);
    uint64_t daif = spin_lock(&programs.lock);
    list_add_tail(&programs.running, &program->link);
    spin_unlock(&programs.lock, daif);
    if (program->number != 0)
        probe_program_started(program->number, task_number(program->task));
    task_start(program->task); /* it is complete */
}

int program_start(uint32_t number, const char *command_line)
{
    int error;
    struct program *program = program_make(number, number, command_line, &error);
    if (program != NULL)
        program_run(program);
    return error;
}

/* ---- the first program ----------------------------------------------------------------------- */

int program_start_first(const char *command_line)
{
    int error;
    programs.first = program_make(0, 0, command_line, &error);
    if (programs.first != NULL)
        program_run(programs.first);
    return error;
}

int program_say_ready(void)
{
    struct program *program = sched_current()->program;
    if (programs.first == NULL || program != programs.first)
        return program_child_say_ready(program);
    programs.first = NULL;
    boot_say_ready();
    return 0;
}

/* ---- namespaces ------------------------------------------------------------------------------ */

unsigned program_namespace(void)
{
    const struct program *program = sched_current()->program;
    return program != NULL ? program->namespace : 0;
}

void program_enter_namespace(unsigned number)
{
    struct program *program = sched_current()->program;
    kassert(program != NULL);
    scheme_namespace_release(program->namespace);
    program->namespace = number;
}
