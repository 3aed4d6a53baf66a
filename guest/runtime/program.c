/*
 * program.c - programs that scenarios start, one after the other
 *
 * Each is a task of its own to the bench, with the program's number. The queue is filled by the
 * bench's call of runtime_start(), which comes like an interrupt, and emptied by runtime_run().
 */
#include "ringside/probe.h"
#include "runtime/priv.h"

struct runtime_job {
    uint32_t program;
    const char *arguments;
    const struct runtime_program *what;
    char line[RUNTIME_LINE_MAX];
};

static const struct runtime_program *runtime_programs;
static struct runtime_job runtime_jobs[RUNTIME_QUEUE];
static volatile unsigned runtime_jobs_queued, runtime_jobs_done; /* free-running */
static uint32_t runtime_running;

static const struct runtime_program *runtime_program_named(const char *line, size_t length)
{
    for (const struct runtime_program *at = runtime_programs; at->name != NULL; at++) {
        size_t i = 0;
        while (i < length && at->name[i] == line[i])
            i++;
        if (i == length && at->name[i] == '\0')
            return at;
    }
    return NULL;
}

int runtime_start(uint32_t program, const char *command_line)
{
    if (runtime_jobs_queued - runtime_jobs_done == RUNTIME_QUEUE)
        return -1;
    struct runtime_job *job = &runtime_jobs[runtime_jobs_queued % RUNTIME_QUEUE];
    size_t length = 0, name_length = 0;
    for (; command_line[length] != '\0'; length++) {
        if (length + 1 == RUNTIME_LINE_MAX)
            return -1;
        job->line[length] = command_line[length];
        if (name_length == length && command_line[length] != ' ')
            name_length++;
    }
    job->line[length] = '\0';
    job->what = runtime_program_named(job->line, name_length);
    if (job->what == NULL)
        return -1;
    job->program = program;
    job->arguments = job->line + name_length;
    while (*job->arguments == ' ')
        job->arguments++;
    probe_task_created(program, job->what->name, NULL);
    probe_program_started(program, program);
    runtime_jobs_queued = runtime_jobs_queued + 1;
    return 0;
}

void runtime_print(const char *format, ...)
{
    char text[RUNTIME_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    size_t length = runtime_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    probe_program_output(runtime_running, text, length);
}

_Noreturn void runtime_run(const struct runtime_program *programs)
{
    runtime_programs = programs;
    probe_ready();
    for (;;) {
        /* A program that is started in between ends the sleep at once. */
        uint64_t daif = hal_irq_save();
        if (runtime_jobs_queued == runtime_jobs_done)
            hal_wfi();
        hal_irq_restore(daif);
        if (runtime_jobs_queued == runtime_jobs_done)
            continue;
        const struct runtime_job *job = &runtime_jobs[runtime_jobs_done % RUNTIME_QUEUE];
        runtime_running = job->program;
        probe_task_running(runtime_running);
        int status = job->what->main(job->arguments);
        probe_program_exited(runtime_running, status);
        probe_task_exited(runtime_running);
        probe_task_running(0);
        runtime_jobs_done = runtime_jobs_done + 1;
    }
}
