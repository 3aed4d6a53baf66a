/* file.c - files, descriptor tables, and the families of sockets */
#include "kernel/file.h"

#include "kernel/epoll.h"
#include "kernel/pool.h"
#include "lib/errno.h"
#include "lib/kassert.h"

#define SOCKET_FAMILIES_MAX 4

static struct file file_objects[FILES_MAX];
static struct pool file_pool;

static struct {
    int family;
    socket_make_fn *make;
} file_families[SOCKET_FAMILIES_MAX];
static unsigned file_family_count;

void file_init(void)
{
    pool_init(&file_pool, "files", file_objects, sizeof file_objects[0], FILES_MAX);
    file_family_count = 0;
}

/* ---- files ----------------------------------------------------------------------------------- */

struct file *file_alloc(const struct file_ops *ops, void *object)
{
    kassert(ops->kind != NULL);
    struct file *file = pool_alloc(&file_pool);
    if (file == NULL)
        return NULL;
    *file = (struct file){.ops = ops, .references = 1, .object = object};
    list_init(&file->epoll_items);
    return file;
}

void file_release(struct file *file)
{
    kassert(file->references > 0);
    if (--file->references > 0)
        return;
    epoll_forget_file(file);
    if (file->ops->close != NULL)
        file->ops->close(file);
    pool_free(&file_pool, file);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

void file_table_init(struct file_table *table)
{
    for (int descriptor = 0; descriptor < table->end; descriptor++)
        table->files[descriptor] = NULL;
    table->lowest = 0;
    table->end = 0;
}

static void file_table_put(struct file_table *table, int descriptor, struct file *file)
{
    table->files[descriptor] = file;
    table->close_on_exec[descriptor] = false;
    if (descriptor >= table->end)
        table->end = descriptor + 1;
}

int file_table_add_from(struct file_table *table, struct file *file, int first)
{
    for (int descriptor = first; descriptor < DESCRIPTORS_MAX; descriptor++) {
        if (table->files[descriptor] == NULL) {
            file_table_put(table, descriptor, file);
            return descriptor;
        }
    }
    return -KEMFILE;
}

int file_table_add(struct file_table *table, struct file *file)
{
    int descriptor = file_table_add_from(table, file, table->lowest);
    table->lowest = descriptor >= 0 ? descriptor + 1 : DESCRIPTORS_MAX;
    return descriptor;
}

void file_table_set(struct file_table *table, int descriptor, struct file *file)
{
    kassert(descriptor >= 0 && descriptor < DESCRIPTORS_MAX);
    (void)file_table_close(table, descriptor);
    file_table_put(table, descriptor, file);
}

struct file *file_table_get(struct file_table *table, int descriptor)
{
    if (descriptor < 0 || descriptor >= DESCRIPTORS_MAX)
        return NULL;
    return table->files[descriptor];
}

int file_table_close(struct file_table *table, int descriptor)
{
    struct file *file = file_table_get(table, descriptor);
    if (file == NULL)
        return -KEBADF;
    table->files[descriptor] = NULL;
    if (descriptor < table->lowest)
        table->lowest = descriptor;
    file_release(file);
    return 0;
}

void file_table_close_all(struct file_table *table)
{
    for (int descriptor = 0; descriptor < table->end; descriptor++)
        (void)file_table_close(table, descriptor); /* a hole is no error here */
    file_table_init(table);
}

/* ---- socket families ------------------------------------------------------------------------- */

void socket_family_register(int family, socket_make_fn *make)
{
    kassert(file_family_count < SOCKET_FAMILIES_MAX);
    file_families[file_family_count].family = family;
    file_families[file_family_count].make = make;
    file_family_count++;
}

struct file *socket_open(int family, int type, int protocol, int *error)
{
    for (unsigned i = 0; i < file_family_count; i++) {
        if (file_families[i].family == family)
            return file_families[i].make(type, protocol, error);
    }
    *error = -KEAFNOSUPPORT;
    return NULL;
}

bool socket_has_families(void)
{
    return file_family_count > 0;
}
