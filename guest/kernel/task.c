/* task.c - tasks: birth, death, names, signals */
#include "kernel/task.h"

#include "kernel/irq.h"
#include "kernel/pool.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/task_priv.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

static struct task task_objects[TASKS_MAX];
static struct pool task_pool;
static struct task task_idle;
static uint32_t task_last_number;

kstatic_assert(TASK_STACK_SIZE >= 4096, "a context needs a page of stack");

void task_init(void)
{
    pool_init(&task_pool, "tasks", task_objects, sizeof task_objects[0], TASKS_MAX);
    task_last_number = 0;
    task_idle = (struct task){.name = "idle"};
    list_init(&task_idle.link);
    sched_init(&task_idle);
}

/* Every task begins here, with interrupts open. */
static void task_enter(void *arg)
{
    struct task *task = arg;
    sched_begin_task();
    task->fn(task->arg);
    task_exit();
}

struct task *task_prepare(const char *name, task_fn *fn, void *arg)
{
    struct task *task = pool_alloc(&task_pool);
    if (task == NULL)
        return NULL;
    void *stack = hal_stack_alloc(TASK_STACK_SIZE);
    if (stack == NULL) {
        pool_free(&task_pool, task);
        return NULL;
    }
    *task = (struct task){.number = __atomic_add_fetch(&task_last_number, 1, __ATOMIC_RELAXED),
                          .fn = fn,
                          .arg = arg,
                          .stack = stack};
    list_init(&task->link);
    kstrlcpy(task->name, name, sizeof task->name);
    hal_context_init_masked(&task->context, task_enter, task, stack, TASK_STACK_SIZE);
    probe_task_created(task->number, task->name, &task->context);
    return task;
}

void task_start(struct task *task)
{
    uint64_t daif = sched_lock();
    sched_place(task);
    sched_make_ready(task);
    sched_unlock(daif);
}

struct task *task_create(const char *name, task_fn *fn, void *arg)
{
    struct task *task = task_prepare(name, fn, arg);
    if (task != NULL)
        task_start(task);
    return task;
}

void task_free(struct task *task)
{
    kassert(task->state == TASK_EXITED);
    hal_stack_free(task->stack, TASK_STACK_SIZE);
    pool_free(&task_pool, task);
}

struct task *task_current(void)
{
    return sched_current();
}

uint32_t task_number(const struct task *task)
{
    return task->number;
}

const char *task_name(const struct task *task)
{
    return task->name;
}

struct file_table *task_files(void)
{
    return sched_current()->files;
}

_Noreturn void task_exit(void)
{
    struct task *task = sched_current();
    kassert(task->number != 0);
    kassert(task->waiters == NULL);
    kassert(task->preempt_depth == 0);
    (void)sched_lock(); /* whoever runs next releases it */
    task->state = TASK_EXITED;
    probe_task_exited(task->number);
    sched_switch_for_good();
}

void task_yield(void)
{
    uint64_t daif = sched_lock();
    sched_switch();
    sched_unlock(daif);
}

void preempt_disable(void)
{
    sched_current()->preempt_depth++;
}

void preempt_enable(void)
{
    struct task *task = sched_current();
    kassert(task->preempt_depth > 0);
    uint64_t daif = hal_irq_save();
    task->preempt_depth--;
    /*
     * What an interrupt asked for meanwhile. Its own end does it when we are inside one; a masked
     * caller is not ready for it.
     */
    if (!irq_is_active() && (daif & HAL_DAIF_I) == 0)
        sched_preempt();
    hal_irq_restore(daif);
}

static uint64_t task_signal_bit(int number)
{
    return UINT64_C(1) << (number - 1);
}

void task_signal(struct task *task, int number)
{
    kassert(number > 0 && number <= SIGNALS_MAX);
    probe_task_signalled(task->number, (uint32_t)number);
    uint64_t daif = sched_lock();
    task->signals |= task_signal_bit(number);
    if (task->asleep_on != NULL && task->interruptible && task_pending_signal(task) != 0)
        wait_wake_task(task);
    sched_unlock(daif);
}

int task_pending_signal(const struct task *task)
{
    uint64_t pending = task->signals & ~task->signals_blocked;
    return pending != 0 ? __builtin_ctzll(pending) + 1 : 0;
}

int task_take_signal(void)
{
    uint64_t daif = sched_lock();
    struct task *task = sched_current();
    int number = task_pending_signal(task);
    if (number != 0)
        task->signals &= ~task_signal_bit(number);
    sched_unlock(daif);
    return number;
}

static uint64_t task_deadly_signals(void)
{
    return task_signal_bit(SIGKILL) | task_signal_bit(SIGSTOP);
}

bool task_is_dying(void)
{
    uint64_t daif = sched_lock();
    bool is = (sched_current()->signals & task_deadly_signals()) != 0;
    sched_unlock(daif);
    return is;
}

uint64_t task_block_signals(uint64_t mask)
{
    uint64_t daif = sched_lock();
    struct task *task = sched_current();
    uint64_t before = task->signals_blocked;
    task->signals_blocked = mask & ~task_deadly_signals();
    sched_unlock(daif);
    return before;
}

void task_swap_signals(uint64_t mask)
{
    struct task *task = sched_current();
    kassert(!task->signals_swapped);
    task->signals_saved = task_block_signals(mask);
    task->signals_swapped = true;
}

void task_unswap_signals(void)
{
    struct task *task = sched_current();
    if (task->signals_swapped)
        (void)task_block_signals(task->signals_saved);
    task->signals_swapped = false;
}
