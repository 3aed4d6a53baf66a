/*
 * fake_kernel.c - what drivers need of the kernel, for their unit tests
 */
#include "drivers/fake_kernel.h"

#include "kernel/console.h"
#include "kernel/file.h"
#include "kernel/lock.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/task_priv.h"
#include "lib/errno.h"
#include "lib/kassert.h"

#include "ringside/hal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct fake_kernel fake_kernel;
static jmp_buf fake_task_left;
static struct task fake_task; /* that runs */

static void fake_attached(struct netif *netif)
{
    kassert(netif->transmit != NULL);
}

static void fake_input(struct netif *netif, struct nbuf *nbuf)
{
    kassert(nbuf->netif == netif && fake_kernel.received_count < FAKE_RECEIVED_MAX);
    fake_kernel.received[fake_kernel.received_count++] = nbuf;
}

static uint64_t fake_poll(uint64_t now_ns)
{
    (void)now_ns;
    fake_kernel.polls++;
    return fake_kernel.poll_result;
}

static const struct netif_stack fake_stack = {
    .attached = fake_attached,
    .input = fake_input,
    .poll = fake_poll,
};

void fake_kernel_reset(void)
{
    fake_kernel = (struct fake_kernel){.poll_result = UINT64_MAX};
    fake_task = (struct task){.number = 1};
    nbuf_init();
    netif_init();
    netif_set_stack(&fake_stack);
}

void fake_kernel_set_stack(const struct netif_stack *stack, struct netif *netif)
{
    netif_init();
    netif_set_stack(stack);
    kassert(netif_register(netif) == 0);
}

void fake_kernel_free_received(void)
{
    for (unsigned i = 0; i < fake_kernel.received_count; i++)
        nbuf_free(fake_kernel.received[i]);
    fake_kernel.received_count = 0;
}

/* ---- interrupts and clock -------------------------------------------------------------------- */

void irq_register_chip(const struct irq_chip *chip)
{
    fake_kernel.chip = chip;
}

int irq_attach(uint32_t intid, bool edge_triggered, irq_handler_fn *fn, void *arg, const char *name)
{
    kassert(name != NULL);
    if (fake_kernel.attach_result != 0)
        return fake_kernel.attach_result;
    fake_kernel.intid = intid;
    fake_kernel.edge_triggered = edge_triggered;
    fake_kernel.handler = fn;
    fake_kernel.handler_arg = arg;
    return 0;
}

int irq_detach(uint32_t intid, irq_handler_fn *fn, void *arg)
{
    if (fake_kernel.intid != intid || fake_kernel.handler != fn || fake_kernel.handler_arg != arg)
        return -KENOENT;
    fake_kernel.intid = 0;
    fake_kernel.handler = NULL;
    fake_kernel.handler_arg = NULL;
    return 0;
}

void clock_register(const struct clock_driver *driver)
{
    fake_kernel.clock = driver;
}

void clock_interrupt(void)
{
    fake_kernel.clock_interrupts++;
}

void clock_set_realtime(uint64_t realtime_ns)
{
    fake_kernel.realtime_ns = realtime_ns;
}

uint64_t clock_now_ns(void)
{
    fake_kernel.now_ns += fake_kernel.now_step_ns;
    return 1000000000 + fake_kernel.now_ns;
}

/* ---- tasks, locks, waiting ------------------------------------------------------------------- */

/* Of which the kernel's headers make the running task. */
uint64_t hal_percpu_get(void)
{
    return (uintptr_t)&fake_task;
}

struct task *task_current(void)
{
    return &fake_task;
}

uint32_t task_number(const struct task *task)
{
    return task->number;
}

struct task *task_create(const char *name, task_fn *fn, void *arg)
{
    static char task;
    if (fake_kernel.task_fails)
        return NULL;
    fake_kernel.task = fn;
    fake_kernel.task_arg = arg;
    snprintf(fake_kernel.task_name, sizeof(fake_kernel.task_name), "%s", name);
    return (struct task *)(void *)&task;
}

void fake_kernel_run_task(unsigned rounds)
{
    fake_kernel.rounds = rounds;
    if (setjmp(fake_task_left) == 0)
        fake_kernel.task(fake_kernel.task_arg);
}

uint64_t smp_affinity(unsigned cpu)
{
    kassert(cpu < FAKE_CPUS);
    return fake_kernel.affinities[cpu];
}

unsigned smp_this_cpu(void)
{
    return 0;
}

uint64_t spin_lock(struct spinlock *lock)
{
    kassert(lock->next++ == lock->serving);
    return hal_irq_save();
}

void spin_unlock(struct spinlock *lock, uint64_t daif)
{
    kassert(++lock->serving == lock->next);
    hal_irq_restore(daif);
}

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

void wait_prepare(struct wait_queue *queue, struct waiter *waiter, const char *kind)
{
    waiter->queue = queue;
    waiter->kind = kind;
    waiter->woken = false;
    list_init(&waiter->link);
    list_init(&queue->waiters);
    list_add_tail(&queue->waiters, &waiter->link);
}

/* A waiter that was woken since wait_prepare() does not sleep. */
int wait_commit_uninterruptible(struct waiter *waiter, uint64_t deadline_ns)
{
    if (waiter->woken)
        return 0;
    fake_kernel.slept_until_ns = deadline_ns;
    if (fake_kernel.sleep != NULL) {
        fake_kernel.sleep();
        return waiter->woken || clock_now_ns() < deadline_ns ? 0 : -KETIMEDOUT;
    }
    kassert(fake_kernel.rounds > 0);
    if (--fake_kernel.rounds == 0) {
        list_init(&waiter->queue->waiters);
        longjmp(fake_task_left, 1);
    }
    return 0;
}

void wait_finish(struct waiter *waiter)
{
    list_init(&waiter->queue->waiters);
}

/* ---- files, mutexes -------------------------------------------------------------------------- */

#define FAKE_FILES_MAX 8

static struct file fake_files[FAKE_FILES_MAX];

struct file *file_alloc(const struct file_ops *ops, void *object)
{
    unsigned i = 0;
    while (i < FAKE_FILES_MAX && fake_files[i].references > 0)
        i++;
    kassert(i < FAKE_FILES_MAX);
    fake_files[i] = (struct file){.ops = ops, .object = object, .references = 1};
    return &fake_files[i];
}

void file_release(struct file *file)
{
    kassert(file->references == 1);
    file->references = 0;
    if (file->ops->close != NULL)
        file->ops->close(file);
}

/* One task runs: who finds a mutex taken would wait for ever. */
void mutex_init(struct mutex *mutex, const char *name)
{
    mutex->name = name;
    mutex->owner = NULL;
}

void mutex_lock(struct mutex *mutex)
{
    kassert(mutex->owner == NULL);
    mutex->owner = (struct task *)(void *)mutex;
}

void mutex_unlock(struct mutex *mutex)
{
    kassert(mutex->owner != NULL);
    mutex->owner = NULL;
}

const char *boot_parameter(const char *name)
{
    for (unsigned i = 0; i < sizeof(fake_kernel.parameters) / sizeof(fake_kernel.parameters[0]);
         i++) {
        const char *const *parameter = fake_kernel.parameters[i];
        if (parameter[0] != NULL && strcmp(parameter[0], name) == 0)
            return parameter[1];
    }
    return NULL;
}

void wait_wake_all(struct wait_queue *queue)
{
    struct list *link;
    fake_kernel.wakes++;
    list_foreach (link, &queue->waiters)
        list_entry(link, struct waiter, link)->woken = true;
}

void console_printf(const char *format, ...)
{
    char line[CONSOLE_LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    hal_console_write(line, strlen(line));
}
