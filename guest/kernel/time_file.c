/*
 * time_file.c - clocks as files: "/scheme/time/CLOCK"
 *
 * Each timeout that is set is an object of its own in the timeout registry, and belongs to the file
 * until it fires or the file is closed. It fires in the timer's interrupt, without the registry's
 * lock (timeout.c): an event is told under no lock that somebody holds who sets a timeout.
 *
 *     time files -> timeouts      a timeout is set, or cancelled with its file
 *     time files -> events        it has fired
 *
 * On another CPU a file may be closed after its timeout was taken off the registry and before that
 * has called back. So the callback trusts only what it finds under the lock: an object without a
 * file has nothing to tell, and one that is armed belongs to somebody else by now.
 */
#include "kernel/time_file.h"

#include "kernel/boot_memory.h"
#include "kernel/clock.h"
#include "kernel/event.h"
#include "kernel/file.h"
#include "kernel/pool.h"
#include "kernel/scheme.h"
#include "kernel/spinlock.h"
#include "kernel/syscall_priv.h"
#include "kernel/task.h"
#include "kernel/timeout.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/string.h"

#include "ringside/probe.h"

struct time_file {
    int clock;
    struct list timeouts; /* struct time_timeout.link */
    uint64_t fired;       /* how many, since it was read */
    struct event_source source;
};

struct time_timeout {
    struct list link;
    struct timeout timeout;
    struct time_file *file; /* NULL: free */
};

static struct {
    struct spinlock lock;
    uint64_t last_number;
} time_files;

static struct time_file time_file_objects[TIME_FILES_MAX];
static struct pool time_file_pool;
static struct pool time_timeout_pool;

static uint64_t time_file_now_ns(const struct time_file *file)
{
    return file->clock == CLOCK_REALTIME ? clock_realtime_ns() : clock_now_ns();
}

/* ---- timeouts: with the lock ----------------------------------------------------------------- */

static void time_timeout_free(struct time_timeout *timeout)
{
    list_remove(&timeout->link);
    timeout->file = NULL;
    pool_free(&time_timeout_pool, timeout);
}

static void time_timeout_fire(void *arg)
{
    struct time_timeout *timeout = arg;
    uint64_t daif = spin_lock(&time_files.lock);
    struct time_file *file = timeout->file;
    if (file != NULL && !timeout->timeout.armed) {
        time_timeout_free(timeout);
        file->fired++;
        event_trigger(&file->source, EVENT_READ);
    }
    spin_unlock(&time_files.lock, daif);
}

/* ---- operations ------------------------------------------------------------------------------ */

static long time_file_read(struct file *opened, void *buffer, size_t size)
{
    struct time_file *file = opened->object;
    if (size < sizeof(struct kernel_timespec))
        return -KEINVAL;
    uint64_t daif = spin_lock(&time_files.lock);
    file->fired = 0;
    spin_unlock(&time_files.lock, daif);
    struct kernel_timespec now = syscall_timespec(time_file_now_ns(file));
    memcpy(buffer, &now, sizeof now);
    return sizeof now;
}

/* On the clock of timeouts; what is over is due now. */
static uint64_t time_file_deadline_ns(const struct time_file *file,
                                      const struct kernel_timespec *time)
{
    uint64_t deadline_ns = syscall_deadline_ns(0, time);
    if (file->clock == CLOCK_REALTIME && deadline_ns != WAIT_FOREVER)
        deadline_ns = clock_of_realtime_ns(deadline_ns);
    uint64_t now_ns = clock_now_ns();
    return deadline_ns > now_ns ? deadline_ns : now_ns;
}

static long time_file_write(struct file *opened, const void *buffer, size_t size)
{
    struct time_file *file = opened->object;
    struct kernel_timespec time;
    if (size != sizeof time)
        return -KEINVAL;
    memcpy(&time, buffer, sizeof time);
    if (!syscall_is_duration(&time))
        return -KEINVAL;
    uint64_t deadline_ns = time_file_deadline_ns(file, &time);
    struct time_timeout *timeout = pool_alloc(&time_timeout_pool);
    if (timeout == NULL)
        return -KENOMEM;
    uint64_t daif = spin_lock(&time_files.lock);
    timeout->file = file;
    list_init(&timeout->link);
    list_add_tail(&file->timeouts, &timeout->link);
    timeout_init(&timeout->timeout, time_timeout_fire, timeout);
    timeout_arm(&timeout->timeout, deadline_ns);
    probe_time_set(task_number(task_current()), file->source.number, (uintptr_t)&timeout->timeout,
                   deadline_ns);
    spin_unlock(&time_files.lock, daif);
    return sizeof time;
}

static struct event_source *time_file_source(struct file *opened)
{
    return &((struct time_file *)opened->object)->source;
}

static long time_file_watch(struct file *opened, unsigned events)
{
    const struct time_file *file = opened->object;
    (void)events;
    uint64_t daif = spin_lock(&time_files.lock);
    long ready = file->fired > 0 ? EVENT_READ : 0;
    spin_unlock(&time_files.lock, daif);
    return ready;
}

static void time_file_close(struct file *opened)
{
    struct time_file *file = opened->object;
    struct list *first;
    uint64_t daif = spin_lock(&time_files.lock);
    while ((first = list_first(&file->timeouts)) != NULL) {
        struct time_timeout *timeout = list_entry(first, struct time_timeout, link);
        timeout_cancel(&timeout->timeout);
        time_timeout_free(timeout);
    }
    spin_unlock(&time_files.lock, daif);
    event_source_fini(&file->source);
    pool_free(&time_file_pool, file);
}

static const struct file_ops time_file_ops = {
    .kind = "clock",
    .read = time_file_read,
    .write = time_file_write,
    .close = time_file_close,
    .source = time_file_source,
    .watch = time_file_watch,
};

/* ---- opening --------------------------------------------------------------------------------- */

static struct file *time_file_open(const char *path, int flags, int *error)
{
    uint32_t clock;
    (void)flags;
    *error = -KENOENT;
    if (!kparse_u32(path, CLOCK_MONOTONIC, &clock))
        return NULL;
    struct time_file *file = pool_alloc(&time_file_pool);
    struct file *opened = file != NULL ? file_alloc(&time_file_ops, file) : NULL;
    *error = -KENFILE;
    if (opened == NULL) {
        if (file != NULL)
            pool_free(&time_file_pool, file);
        return NULL;
    }
    *file = (struct time_file){.clock = (int)clock};
    list_init(&file->timeouts);
    event_source_init(&file->source, "time",
                      __atomic_add_fetch(&time_files.last_number, 1, __ATOMIC_RELAXED));
    return opened;
}

void time_file_init(void)
{
    time_files.lock = (struct spinlock)SPINLOCK_INIT("time files");
    time_files.last_number = 0;
    pool_init(&time_file_pool, "time-files", time_file_objects, sizeof time_file_objects[0],
              TIME_FILES_MAX);
    boot_memory_init_pool(&time_timeout_pool, "time-timeouts", sizeof(struct time_timeout),
                          TIME_TIMEOUTS_MAX);
    scheme_register_kernel("time", time_file_open);
}
