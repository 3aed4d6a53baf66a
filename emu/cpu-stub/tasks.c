/*
 * tasks.c - see tasks.h
 *
 * Guests have a dozen tasks and look-ups are as rare as probes of tasks: a walk will do.
 */
#include "emu/cpu-stub/tasks.h"

#include <string.h>

static struct cpu_task *cpu_tasks_find(struct cpu_tasks *tasks, uint64_t number)
{
    for (unsigned i = 0; i < tasks->count; i++) {
        if (tasks->entries[i].number == number) {
            return &tasks->entries[i];
        }
    }
    return NULL;
}

/* A number that is used again means another task, whether or not the guest told of the end. */
static void cpu_tasks_add(struct cpu_tasks *tasks, const struct trace_argument *arguments,
                          uint64_t now_ns)
{
    struct cpu_task *task = cpu_tasks_find(tasks, arguments[0].value.number);
    if (task == NULL && tasks->count == CPU_TASKS_MAX) {
        tasks->left_out++;
        return;
    }
    if (task == NULL) {
        task = &tasks->entries[tasks->count++];
    }
    *task = (struct cpu_task){
        .number = (uint32_t)arguments[0].value.number,
        .name = arguments[1].value.string,
        .context = arguments[2].value.number,
        .since_ns = now_ns,
    };
}

static void cpu_tasks_remove(struct cpu_tasks *tasks, struct cpu_task *task)
{
    size_t after = (size_t)(&tasks->entries[--tasks->count] - task);
    memmove(task, task + 1, after * sizeof *task);
}

void cpu_tasks_note(struct cpu_tasks *tasks, enum trace_kind kind,
                    const struct trace_argument *arguments, uint64_t now_ns)
{
    if (kind == TRACE_TASK_CREATED) {
        cpu_tasks_add(tasks, arguments, now_ns);
        return;
    }
    bool is_known = kind == TRACE_TASK_EXITED || kind == TRACE_TASK_BLOCKED ||
                    kind == TRACE_TASK_WOKEN || kind == TRACE_CALL_ENTERED ||
                    kind == TRACE_CALL_RETURNED;
    struct cpu_task *task = is_known ? cpu_tasks_find(tasks, arguments[0].value.number) : NULL;
    if (task == NULL) {
        return;
    }
    if (kind == TRACE_TASK_EXITED) {
        cpu_tasks_remove(tasks, task);
    } else if (kind == TRACE_TASK_BLOCKED) {
        task->blocked_on = arguments[1].value.string;
        task->object = arguments[2].value.number;
        task->deadline_ns = arguments[3].value.number;
        task->since_ns = now_ns;
    } else if (kind == TRACE_TASK_WOKEN) {
        task->blocked_on = NULL;
        task->since_ns = now_ns;
    } else {
        task->call = kind == TRACE_CALL_ENTERED ? arguments[1].value.string : NULL;
    }
}
