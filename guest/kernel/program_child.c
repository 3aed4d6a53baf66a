/*
 * program_child.c - programs that programs start, and their ends
 *
 * What a parent has of a child is a record that stays until the parent has asked for its end, or
 * has ended itself. "/scheme/child" gives the ends as a file, so that a parent can watch for them
 * along with other things.
 */
#include "kernel/pool.h"
#include "kernel/program_priv.h"
#include "kernel/sched.h"
#include "kernel/scheme.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define CHILDREN_MAX (2 * PROGRAMS_MORE_MAX) /* that run, or whose end nobody has asked for */

struct program_child {
    struct list link;
    struct program *parent;
    struct program *program; /* NULL: it has ended */
    uint32_t task;
    int status;
    bool is_ready; /* it has said so */
};

static struct program_child child_objects[CHILDREN_MAX];
static struct pool child_pool;

void program_child_reset(void)
{
    pool_init(&child_pool, "children", child_objects, sizeof child_objects[0], CHILDREN_MAX);
}

/* ---- with the lock --------------------------------------------------------------------------- */

static void child_add(struct program *parent, struct program *program, struct program_child *child)
{
    *child = (struct program_child){
        .parent = parent, .program = program, .task = task_number(program->task)};
    list_init(&child->link);
    list_add_tail(&parent->children, &child->link);
    program->as_child = child;
}

void program_child_end(struct program *program, int status)
{
    struct program_child *child = program->as_child;
    struct list *link;
    if (child != NULL) {
        child->program = NULL;
        child->status = status;
        wait_wake_all(&child->parent->child_ended);
        event_trigger(&child->parent->child_source, EVENT_READ);
        program_signal(child->parent, SIGCHLD);
    }
    while ((link = list_pop(&program->children)) != NULL) {
        child = list_entry(link, struct program_child, link);
        if (child->program != NULL)
            child->program->as_child = NULL;
        pool_free(&child_pool, child);
    }
}

int program_child_say_ready(struct program *program)
{
    uint64_t daif = spin_lock(&programs.lock);
    struct program_child *child = program->as_child;
    if (child != NULL) {
        child->is_ready = true;
        wait_wake_all(&child->parent->child_ended);
    }
    spin_unlock(&programs.lock, daif);
    return child != NULL ? 0 : -KEPERM;
}

static bool child_is_ready(const struct program *parent, uint32_t task)
{
    const struct list *link;
    list_foreach (link, &parent->children) {
        const struct program_child *child = list_entry(link, struct program_child, link);
        if ((task == 0 || child->task == task) && child->is_ready)
            return true;
    }
    return false;
}

/* One that has ended goes, and is told. As program_wait(), without waiting. */
static long child_take(struct program *parent, uint32_t task, int *status)
{
    struct list *link;
    long found = -KECHILD;
    list_foreach (link, &parent->children) {
        struct program_child *child = list_entry(link, struct program_child, link);
        if (task != 0 && child->task != task)
            continue;
        found = 0;
        if (child->program == NULL) {
            found = child->task;
            *status = child->status;
            list_remove(&child->link);
            pool_free(&child_pool, child);
            break;
        }
    }
    return found;
}

/* ---- calls ----------------------------------------------------------------------------------- */

long program_spawn(const char *command_line)
{
    struct program *parent = sched_current()->program;
    struct program_child *child = pool_alloc(&child_pool);
    int error;
    if (child == NULL)
        return -KEAGAIN;
    struct program *program = program_make(0, parent->console, command_line, &error);
    if (program == NULL) {
        pool_free(&child_pool, child);
        return error;
    }
    long task = task_number(program->task); /* it may have ended before this call does */
    program->namespace = parent->namespace;
    uint64_t daif = spin_lock(&programs.lock);
    child_add(parent, program, child);
    spin_unlock(&programs.lock, daif);
    program_run(program);
    return task;
}

/* Whether there is something to tell, as the flags have it. */
static bool child_take_unlocked(uint32_t task, unsigned flags, int *status, long *found)
{
    struct program *parent = sched_current()->program;
    uint64_t daif = spin_lock(&programs.lock);
    *found = child_take(parent, task, status);
    bool is_ready = (flags & WREADY) != 0 && child_is_ready(parent, task);
    spin_unlock(&programs.lock, daif);
    return *found != 0 || is_ready || (flags & WNOHANG) != 0;
}

long program_wait(uint32_t task, unsigned flags, int *status)
{
    struct waiter waiter;
    long found;
    for (;;) {
        wait_prepare(&sched_current()->program->child_ended, &waiter, "child");
        if (child_take_unlocked(task, flags, status, &found))
            break;
        found = wait_commit(&waiter, WAIT_FOREVER);
        if (found != 0)
            break;
    }
    wait_finish(&waiter);
    return found;
}

/* ---- "/scheme/child" ------------------------------------------------------------------------- */

static long child_file_read(struct file *file, void *buffer, size_t size)
{
    unsigned flags = (file->flags & FILE_NONBLOCK) != 0 ? WNOHANG : 0;
    struct child_end end;
    int status = 0;
    if (size < sizeof end)
        return -KEINVAL;
    long task = program_wait(0, flags, &status);
    if (task <= 0)
        return task == 0 ? -KEAGAIN : task;
    end = (struct child_end){.task = (uint32_t)task, .status = status};
    memcpy(buffer, &end, sizeof end);
    return sizeof end;
}

static struct event_source *child_file_source(struct file *file)
{
    return &((struct program *)file->object)->child_source;
}

static long child_file_watch(struct file *file, unsigned events)
{
    const struct program *parent = file->object;
    const struct list *link;
    long ready = 0;
    (void)events;
    uint64_t daif = spin_lock(&programs.lock);
    list_foreach (link, &parent->children) {
        if (list_entry(link, struct program_child, link)->program == NULL)
            ready = EVENT_READ;
    }
    spin_unlock(&programs.lock, daif);
    return ready;
}

static const struct file_ops child_file_ops = {
    .kind = "children",
    .read = child_file_read,
    .source = child_file_source,
    .watch = child_file_watch,
};

static struct file *child_file_open(const char *path, int flags, int *error)
{
    (void)flags;
    *error = path[0] == '\0' ? -KENFILE : -KENOENT;
    return path[0] == '\0' ? file_alloc(&child_file_ops, sched_current()->program) : NULL;
}

void program_child_init(void)
{
    scheme_register_kernel("child", child_file_open);
}
