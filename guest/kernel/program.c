/* program.c - programs: start, exit, signals */
#include "kernel/program.h"

#include "kernel/command_line.h"
#include "kernel/console.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/list.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define SIGNALS_MAX           64
#define PROGRAM_STATUS_MASK   0xff
#define PROGRAM_SIGNAL_STATUS 128 /* + the signal's number, as shells show it */

struct program {
    struct list link; /* of programs.running */
    uint32_t number;
    const struct program_entry *entry;
    struct task *task;
    struct file_table files;
    struct arguments arguments;
};

static struct {
    const struct program_entry *entries;
    size_t entry_count;
    struct spinlock lock; /* of the list */
    struct list running;
} programs;

static struct program program_objects[PROGRAMS_MAX];
static struct pool program_pool;

void program_init(const struct program_entry *entries, size_t count)
{
    programs.entries = entries;
    programs.entry_count = count;
    programs.lock = (struct spinlock)SPINLOCK_INIT("programs");
    list_init(&programs.running);
    pool_init(&program_pool, "programs", program_objects, sizeof program_objects[0], PROGRAMS_MAX);
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
        if (program->number == number)
            return program;
    }
    return NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* From here on the bench's number means nothing any more. */
static void program_forget(struct program *program)
{
    uint64_t daif = spin_lock(&programs.lock);
    list_remove(&program->link);
    spin_unlock(&programs.lock, daif);
    program->task->program = NULL;
    program->task->files = NULL;
    pool_free(&program_pool, program);
}

_Noreturn void program_exit(int status)
{
    struct program *program = sched_current()->program;
    kassert(program != NULL);
    file_table_close_all(&program->files);
    probe_program_exited(program->number, status & PROGRAM_STATUS_MASK);
    program_forget(program);
    task_exit();
}

void program_obey_signal(void)
{
    struct task *task = sched_current();
    if (task->program != NULL && task->signal != 0)
        program_exit(PROGRAM_SIGNAL_STATUS + task->signal);
}

int program_kill(uint32_t number, int signal_number)
{
    if (signal_number < 0 || signal_number > SIGNALS_MAX)
        return -KEINVAL;
    uint64_t daif = spin_lock(&programs.lock);
    struct program *program = program_find_running(number);
    if (program != NULL && signal_number != 0) /* 0 only asks whether it is there, kill(2) */
        task_signal(program->task, signal_number);
    spin_unlock(&programs.lock, daif);
    return program != NULL ? 0 : -KESRCH;
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
    struct file *file = console_file_make(program->number);
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

int program_start(uint32_t number, const char *command_line)
{
    struct program *program = pool_alloc(&program_pool);
    if (program == NULL) {
        console_printf("cannot start \"%s\": too many programs\n", command_line);
        return -KEAGAIN;
    }
    *program = (struct program){.number = number};
    list_init(&program->link);
    int error = program_prepare(program, command_line);
    if (error == 0) {
        program->task->program = program;
        program->task->files = &program->files;
        uint64_t daif = spin_lock(&programs.lock);
        list_add_tail(&programs.running, &program->link);
        spin_unlock(&programs.lock, daif);
        probe_program_started(number, task_number(program->task));
        task_start(program->task); /* it is complete */
    } else {
        pool_free(&program_pool, program);
    }
    return error;
}
