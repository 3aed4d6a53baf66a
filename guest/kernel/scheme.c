/*
 * scheme.c - the registry of schemes, namespaces, and the directory "/scheme/"
 *
 * A scheme has a bit for each namespace in which it is seen, so that a namespace with some names of
 * another one costs a bit each. A program may leave a namespace in which it has registered names:
 * the others find them there as before.
 */
#include "kernel/scheme.h"

#include "kernel/dirent.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/pool.h"
#include "kernel/program.h"
#include "kernel/scheme_priv.h"
#include "kernel/spinlock.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/probe.h"

#define SCHEME_ALL_NAMESPACES UINT32_MAX

kstatic_assert(SCHEME_NAMESPACES_MAX <= 32, "a bit for each");

static struct {
    struct spinlock lock;
    struct list registered; /* struct scheme.link, in order of registration */
    uint64_t last_number;
    struct {
        unsigned references;       /* programs and open directories; the first has one more */
        struct event_source names; /* ready when one comes or goes */
    } namespaces[SCHEME_NAMESPACES_MAX];
} schemes;

static struct scheme scheme_objects[SCHEMES_MAX];
static struct pool scheme_pool;

uint64_t scheme_lock(void)
{
    return spin_lock(&schemes.lock);
}

void scheme_unlock(uint64_t daif)
{
    spin_unlock(&schemes.lock, daif);
}

/* ---- with the lock: the registry ------------------------------------------------------------- */

static bool scheme_is_in(const struct scheme *scheme, unsigned namespace)
{
    return (scheme->namespaces >> namespace & 1) != 0;
}

static struct scheme *scheme_find(const char *name, unsigned namespace)
{
    const struct list *link;
    list_foreach (link, &schemes.registered) {
        struct scheme *scheme = list_entry(link, struct scheme, link);
        if (scheme_is_in(scheme, namespace) && kstreq(scheme->name, name))
            return scheme;
    }
    return NULL;
}

/* Whoever watches the names of the namespaces in which this one is seen. */
static void scheme_tell_names(const struct scheme *scheme)
{
    for (unsigned i = 0; i < SCHEME_NAMESPACES_MAX; i++) {
        if (scheme_is_in(scheme, i))
            event_trigger(&schemes.namespaces[i].names, EVENT_READ);
    }
}

static void scheme_add(struct scheme *scheme, const char *name, uint32_t namespaces)
{
    *scheme = (struct scheme){
        .number = ++schemes.last_number,
        .namespaces = namespaces,
        .references = 1,
    };
    (void)kstrlcpy(scheme->name, name, sizeof scheme->name);
    list_init(&scheme->link);
    list_init(&scheme->to_deliver);
    list_init(&scheme->in_flight);
    list_init(&scheme->handles);
    wait_queue_init(&scheme->reads);
    event_source_init(&scheme->source, "scheme", scheme->number);
    list_add_tail(&schemes.registered, &scheme->link);
}

void scheme_remove(struct scheme *scheme)
{
    scheme->gone = true;
    list_remove(&scheme->link);
    probe_scheme_removed(scheme->number, scheme->name);
    scheme_tell_names(scheme);
}

void scheme_release(struct scheme *scheme)
{
    kassert(scheme->references > 0);
    if (--scheme->references == 0)
        pool_free(&scheme_pool, scheme);
}

/* ---- registering ----------------------------------------------------------------------------- */

void scheme_register_kernel(const char *name, scheme_open_fn *open)
{
    struct scheme *scheme = pool_alloc(&scheme_pool);
    kassert(scheme != NULL);
    uint64_t daif = scheme_lock();
    scheme_add(scheme, name, SCHEME_ALL_NAMESPACES);
    scheme->kernel = open;
    scheme_unlock(daif);
}

/* What fits on a line of the directory and in a path. */
static bool scheme_is_name(const char *name)
{
    size_t length = 0;
    for (; name[length] != '\0'; length++) {
        if (name[length] <= ' ' || name[length] == '/' || name[length] > '~')
            return false;
    }
    return length > 0 && length < SCHEME_NAME_MAX;
}

static int scheme_register(struct scheme *scheme, const char *name)
{
    unsigned namespace = program_namespace();
    int error = 0;
    uint64_t daif = scheme_lock();
    if (scheme_find(name, namespace) == NULL) {
        scheme_add(scheme, name, UINT32_C(1) << namespace);
        scheme->provider = task_number(task_current());
        probe_scheme_registered(scheme->provider, scheme->number, scheme->name);
        scheme_tell_names(scheme);
    } else {
        error = -KEEXIST;
    }
    scheme_unlock(daif);
    return error;
}

struct file *scheme_create(const char *name, int *error)
{
    *error = scheme_request_is_possible() ? -KEINVAL : -KENOSYS;
    if (*error == -KENOSYS || !scheme_is_name(name))
        return NULL;
    struct scheme *scheme = pool_alloc(&scheme_pool);
    struct file *file = scheme != NULL ? scheme_root_make(scheme) : NULL;
    *error = scheme == NULL ? -KENOSPC : file == NULL ? -KENFILE : scheme_register(scheme, name);
    if (*error == 0)
        return file;
    if (file != NULL) {
        file->object = NULL; /* its end is nobody's */
        file_release(file);
    }
    if (scheme != NULL)
        pool_free(&scheme_pool, scheme);
    return NULL;
}

/* ---- namespaces ------------------------------------------------------------------------------ */

void scheme_namespace_keep(unsigned number)
{
    uint64_t daif = scheme_lock();
    schemes.namespaces[number].references++;
    scheme_unlock(daif);
}

void scheme_namespace_release(unsigned number)
{
    struct list *link;
    uint64_t daif = scheme_lock();
    kassert(schemes.namespaces[number].references > 0);
    if (--schemes.namespaces[number].references == 0) {
        list_foreach (link, &schemes.registered) {
            struct scheme *scheme = list_entry(link, struct scheme, link);
            if (scheme->kernel == NULL)
                scheme->namespaces &= ~(UINT32_C(1) << number);
        }
    }
    scheme_unlock(daif);
}

/* With the lock: its number, or an error. */
static int scheme_namespace_fill(const char *const *names, size_t count)
{
    unsigned from = program_namespace(), to = 0;
    while (to < SCHEME_NAMESPACES_MAX && schemes.namespaces[to].references > 0)
        to++;
    if (to == SCHEME_NAMESPACES_MAX)
        return -KENOSPC;
    for (size_t i = 0; i < count; i++) {
        if (scheme_find(names[i], from) == NULL)
            return -KENOENT;
    }
    for (size_t i = 0; i < count; i++)
        scheme_find(names[i], from)->namespaces |= UINT32_C(1) << to;
    schemes.namespaces[to].references = 1;
    return (int)to;
}

int scheme_namespace_make(const char *const *names, size_t count)
{
    uint64_t daif = scheme_lock();
    int number = scheme_namespace_fill(names, count);
    scheme_unlock(daif);
    if (number >= 0)
        program_enter_namespace((unsigned)number);
    return number;
}

/* ---- the directory --------------------------------------------------------------------------- */

static unsigned scheme_names_namespace(const struct file *file)
{
    return (unsigned)(uintptr_t)file->object;
}

/* The part of `text`, which stands at `*at` of the whole, that lies behind the file's offset. */
static size_t scheme_names_copy(const struct file *file, uint64_t *at, const char *text,
                                char *buffer, size_t size)
{
    size_t length = kstrlen(text), done = 0;
    for (size_t i = 0; i < length && done < size; i++) {
        if (*at + i >= file->offset)
            buffer[done++] = text[i];
    }
    *at += length;
    return done;
}

/* As it is now: who wants all of it as it was at one moment reads it at once. */
static long scheme_names_read(struct file *file, void *buffer, size_t size)
{
    const struct list *link;
    uint64_t at = 0;
    size_t done = 0;
    uint64_t daif = scheme_lock();
    list_foreach (link, &schemes.registered) {
        const struct scheme *scheme = list_entry(link, struct scheme, link);
        if (!scheme_is_in(scheme, scheme_names_namespace(file)))
            continue;
        done += scheme_names_copy(file, &at, scheme->name, (char *)buffer + done, size - done);
        done += scheme_names_copy(file, &at, "\n", (char *)buffer + done, size - done);
    }
    scheme_unlock(daif);
    file->offset += done;
    return (long)done;
}

static long scheme_names_size(struct file *file)
{
    const struct list *link;
    long size = 0;
    uint64_t daif = scheme_lock();
    list_foreach (link, &schemes.registered) {
        const struct scheme *scheme = list_entry(link, struct scheme, link);
        if (scheme_is_in(scheme, scheme_names_namespace(file)))
            size += (long)kstrlen(scheme->name) + 1;
    }
    scheme_unlock(daif);
    return size;
}

static struct event_source *scheme_names_source(struct file *file)
{
    return &schemes.namespaces[scheme_names_namespace(file)].names;
}

/* There are names: at least those of the kernel. */
static long scheme_names_watch(struct file *file, unsigned events)
{
    (void)file;
    (void)events;
    return EVENT_READ;
}

/* Where a name begins in the text is where the list goes on from it. */
static long scheme_names_list(struct file *file, void *buffer, size_t size)
{
    struct dirent_list names = {.buffer = buffer, .size = size};
    const struct list *link;
    uint64_t at = 0;
    bool fits = true;
    uint64_t daif = scheme_lock();
    list_foreach (link, &schemes.registered) {
        const struct scheme *scheme = list_entry(link, struct scheme, link);
        if (!scheme_is_in(scheme, scheme_names_namespace(file)))
            continue;
        uint64_t begin = at;
        at += kstrlen(scheme->name) + 1;
        if (begin < file->offset)
            continue;
        fits = dirent_add(&names, scheme->number, at, DT_UNKNOWN, scheme->name);
        if (!fits)
            break;
        file->offset = at;
    }
    scheme_unlock(daif);
    return dirent_result(&names, !fits);
}

static void scheme_names_close(struct file *file)
{
    scheme_namespace_release(scheme_names_namespace(file));
}

static const struct file_ops scheme_names_ops = {
    .kind = "scheme names",
    .read = scheme_names_read,
    .size = scheme_names_size,
    .close = scheme_names_close,
    .source = scheme_names_source,
    .watch = scheme_names_watch,
    .list = scheme_names_list,
};

struct file *scheme_names_open(int flags, int *error)
{
    unsigned namespace = program_namespace();
    *error = -KEISDIR;
    if ((flags & O_ACCMODE) != O_RDONLY)
        return NULL;
    struct file *file = file_alloc(&scheme_names_ops, (void *)(uintptr_t) namespace);
    if (file != NULL)
        scheme_namespace_keep(namespace);
    *error = -KENFILE;
    return file;
}

struct scheme *scheme_get(const char *name)
{
    uint64_t daif = scheme_lock();
    struct scheme *scheme = scheme_find(name, program_namespace());
    if (scheme != NULL && scheme->kernel == NULL)
        scheme->references++;
    scheme_unlock(daif);
    return scheme;
}

void scheme_init(void)
{
    schemes.lock = (struct spinlock)SPINLOCK_INIT("schemes");
    schemes.last_number = 0;
    list_init(&schemes.registered);
    for (unsigned i = 0; i < SCHEME_NAMESPACES_MAX; i++) {
        schemes.namespaces[i].references = i == 0;
        event_source_init(&schemes.namespaces[i].names, "names", i);
    }
    pool_init(&scheme_pool, "schemes", scheme_objects, sizeof scheme_objects[0], SCHEMES_MAX);
    scheme_request_init();
    scheme_file_init();
    path_mount("/scheme", &scheme_path_ops, NULL);
}
