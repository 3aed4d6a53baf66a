/*
 * irq_file.c - interrupts as files: "/scheme/irq/INTID"
 *
 * A line counts its interrupts; a file knows up to which count its driver has dealt with them. The
 * vector ends each interrupt itself, and the line is masked until all of its files have
 * acknowledged the count as it is. So a device that goes on asserting a level does not interrupt
 * again before its driver has looked at it, and a driver that is slow, or dead, holds up nobody of
 * another line.
 *
 *     vector:  count++, mask, wake the files
 *     read:    the count, once it is not the acknowledged one
 *     write:   the file is up to date; the last of the line unmasks it
 *
 * A file begins with the count as it is. When one is closed the others may all be up to date: then
 * the line is unmasked; with the last one its handler goes, and with that the enabling.
 */
#include "kernel/irq_file.h"

#include "kernel/event.h"
#include "kernel/file.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/pool.h"
#include "kernel/scheme.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define IRQ_PATH_MAX 16 /* "287/edge" */

struct irq_line {
    struct list files; /* struct irq_file.link */
    bool edge_triggered;
    uint64_t count;
};

struct irq_file {
    struct list link;
    uint32_t intid;
    uint64_t acknowledged;
    struct wait_queue readers;
    struct event_source source;
};

static struct {
    struct mutex
        attaching;        /* from the look at a line to its handler: of tasks that open and close */
    struct spinlock lock; /* of the lines and files */
    struct irq_line lines[IRQS_MAX];
} irq_files;

static struct irq_file irq_file_objects[IRQ_FILES_MAX];
static struct pool irq_file_pool;

/* ---- with the lock --------------------------------------------------------------------------- */

static bool irq_file_is_due(const struct irq_file *file)
{
    return file->acknowledged != irq_files.lines[file->intid].count;
}

static bool irq_line_is_due(const struct irq_line *line)
{
    const struct list *link;
    list_foreach (link, &line->files) {
        if (irq_file_is_due(list_entry(link, struct irq_file, link)))
            return true;
    }
    return false;
}

/* ---- the interrupt --------------------------------------------------------------------------- */

static bool irq_file_handle(void *arg)
{
    struct irq_line *line = arg;
    const struct list *link;
    spin_acquire(&irq_files.lock);
    line->count++;
    irq_mask((uint32_t)(line - irq_files.lines));
    list_foreach (link, &line->files) {
        struct irq_file *file = list_entry(link, struct irq_file, link);
        wait_wake_one(&file->readers);
        event_trigger(&file->source, EVENT_READ);
    }
    spin_release(&irq_files.lock);
    return true;
}

/* ---- operations ------------------------------------------------------------------------------ */

static bool irq_file_look(const struct irq_file *file, uint64_t *count)
{
    uint64_t daif = spin_lock(&irq_files.lock);
    *count = irq_files.lines[file->intid].count;
    bool is_due = irq_file_is_due(file);
    spin_unlock(&irq_files.lock, daif);
    return is_due;
}

static long irq_file_read(struct file *opened, void *buffer, size_t size)
{
    struct irq_file *file = opened->object;
    struct waiter waiter;
    uint64_t count;
    int error = 0;
    if (size < sizeof count)
        return -KEINVAL;
    for (;;) {
        wait_prepare(&file->readers, &waiter, "irq");
        if (irq_file_look(file, &count))
            break;
        error =
            (opened->flags & FILE_NONBLOCK) != 0 ? -KEAGAIN : wait_commit(&waiter, WAIT_FOREVER);
        if (error != 0)
            break;
    }
    wait_finish(&waiter);
    if (error != 0)
        return error;
    memcpy(buffer, &count, sizeof count);
    return sizeof count;
}

static int irq_file_acknowledge(struct irq_file *file, uint64_t count)
{
    struct irq_line *line = &irq_files.lines[file->intid];
    uint64_t daif = spin_lock(&irq_files.lock);
    int result = count == line->count ? 0 : -KESTALE;
    bool was_due = irq_file_is_due(file);
    if (result == 0)
        file->acknowledged = count;
    if (was_due && !irq_line_is_due(line))
        irq_unmask(file->intid);
    spin_unlock(&irq_files.lock, daif);
    return result;
}

static long irq_file_write(struct file *opened, const void *buffer, size_t size)
{
    struct irq_file *file = opened->object;
    uint64_t count;
    if (size != sizeof count)
        return -KEINVAL;
    memcpy(&count, buffer, sizeof count);
    int result = irq_file_acknowledge(file, count);
    probe_irq_acknowledged(task_number(task_current()), file->intid, count, result);
    return result == 0 ? (long)sizeof count : result;
}

static struct event_source *irq_file_source(struct file *opened)
{
    return &((struct irq_file *)opened->object)->source;
}

static long irq_file_watch(struct file *opened, unsigned events)
{
    uint64_t count;
    (void)events;
    return irq_file_look(opened->object, &count) ? EVENT_READ : 0;
}

/* Out of its line: true when it was the last. */
static bool irq_file_leave(struct irq_file *file)
{
    struct irq_line *line = &irq_files.lines[file->intid];
    uint64_t daif = spin_lock(&irq_files.lock);
    bool was_due = irq_file_is_due(file);
    list_remove(&file->link);
    bool was_last = list_is_empty(&line->files);
    if (was_due && !was_last && !irq_line_is_due(line))
        irq_unmask(file->intid);
    spin_unlock(&irq_files.lock, daif);
    return was_last;
}

static void irq_file_close(struct file *opened)
{
    struct irq_file *file = opened->object;
    if (file == NULL)
        return;
    struct irq_line *line = &irq_files.lines[file->intid];
    mutex_lock(&irq_files.attaching);
    if (irq_file_leave(file))
        (void)irq_detach(file->intid, irq_file_handle, line);
    mutex_unlock(&irq_files.attaching);
    event_source_fini(&file->source);
    pool_free(&irq_file_pool, file);
}

static const struct file_ops irq_file_ops = {
    .kind = "interrupt",
    .read = irq_file_read,
    .write = irq_file_write,
    .close = irq_file_close,
    .source = irq_file_source,
    .watch = irq_file_watch,
};

/* ---- opening --------------------------------------------------------------------------------- */

/* "INTID" or "INTID/edge". */
static int irq_path_parse(const char *path, uint32_t *intid, bool *edge_triggered)
{
    char number[IRQ_PATH_MAX];
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '/' && length < sizeof number - 1) {
        number[length] = path[length];
        length++;
    }
    number[length] = '\0';
    *edge_triggered = kstreq(path + length, "/edge");
    if (path[length] != '\0' && !*edge_triggered)
        return -KENOENT;
    if (!kparse_u32(number, IRQS_MAX - 1, intid) || *intid < IRQS_PRIVATE)
        return -KENOENT;
    return 0;
}

/* With the mutex. The file is in its line before the first interrupt can come. */
static int irq_file_join(struct irq_file *file, bool edge_triggered)
{
    struct irq_line *line = &irq_files.lines[file->intid];
    bool is_first = list_is_empty(&line->files);
    if (!is_first && line->edge_triggered != edge_triggered)
        return -KEBUSY;
    uint64_t daif = spin_lock(&irq_files.lock);
    line->edge_triggered = edge_triggered;
    file->acknowledged = line->count;
    list_add_tail(&line->files, &file->link);
    spin_unlock(&irq_files.lock, daif);
    int error = 0;
    if (is_first)
        error = irq_attach(file->intid, edge_triggered, irq_file_handle, line, "irq file");
    if (error != 0)
        (void)irq_file_leave(file);
    return error;
}

static struct file *irq_file_make(uint32_t intid, bool edge_triggered, int *error)
{
    struct irq_file *file = pool_alloc(&irq_file_pool);
    struct file *opened = file != NULL ? file_alloc(&irq_file_ops, file) : NULL;
    *error = opened != NULL ? 0 : -KENFILE;
    if (opened != NULL) {
        file->intid = intid;
        list_init(&file->link);
        wait_queue_init(&file->readers);
        event_source_init(&file->source, "irq", intid);
        mutex_lock(&irq_files.attaching);
        *error = irq_file_join(file, edge_triggered);
        mutex_unlock(&irq_files.attaching);
    }
    if (*error == 0)
        return opened;
    if (opened != NULL) {
        opened->object = NULL; /* it never was of its line */
        file_release(opened);
    }
    if (file != NULL)
        pool_free(&irq_file_pool, file);
    return NULL;
}

static struct file *irq_file_open(const char *path, int flags, int *error)
{
    uint32_t intid;
    bool edge_triggered;
    (void)flags;
    *error = irq_path_parse(path, &intid, &edge_triggered);
    return *error == 0 ? irq_file_make(intid, edge_triggered, error) : NULL;
}

void irq_file_init(void)
{
    irq_files.lock = (struct spinlock)SPINLOCK_INIT("irq files");
    mutex_init(&irq_files.attaching, "irq files");
    for (unsigned intid = 0; intid < IRQS_MAX; intid++) {
        list_init(&irq_files.lines[intid].files);
        irq_files.lines[intid].count = 0;
    }
    pool_init(&irq_file_pool, "irq-files", irq_file_objects, sizeof irq_file_objects[0],
              IRQ_FILES_MAX);
    scheme_register_kernel("irq", irq_file_open);
}
