/*
 * p9_mount.c - a shared folder as part of the kernel's tree
 *
 * A session is begun by the first operation on a path, and anew by the next one when the device has
 * failed: files that were open before stay so, and every use of them is an error. Tasks work side
 * by side; the mutex of the mount keeps two from beginning a session at once, and that of an open
 * file two from moving its offset.
 */
#include "drivers/p9_mount.h"

#include "drivers/p9_files.h"
#include "drivers/p9_options.h"
#include "kernel/boot_memory.h"
#include "kernel/file.h"
#include "kernel/lock.h"
#include "kernel/path.h"
#include "kernel/pool.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kassert.h"
#include "lib/string.h"

#define P9_MOUNT_FILES_MAX 512

struct p9_mount {
    struct virtio_9p channel;
    struct p9_client client;
    struct p9_profile profile;
    struct mutex lock; /* of the beginning of a session */
    char point[V9P_NAME_MAX];
};

/* An open file. */
struct p9_opened {
    struct mutex lock; /* of the offset */
    struct p9_file file;
};

static struct p9_mount *p9_mounts[V9P_DEVICES_MAX];
static unsigned p9_mount_count;
static struct pool p9_opened_pool;

/* ---- open files ------------------------------------------------------------------------------ */

static struct p9_file *p9_mount_file(struct file *opened)
{
    return &((struct p9_opened *)opened->object)->file;
}

static long p9_mount_read(struct file *opened, void *buffer, size_t size)
{
    struct p9_opened *object = opened->object;
    mutex_lock(&object->lock);
    long result = p9_file_read(&object->file, opened->offset, buffer, size);
    if (result > 0)
        opened->offset += (uint64_t)result;
    mutex_unlock(&object->lock);
    return result;
}

static long p9_mount_write(struct file *opened, const void *buffer, size_t size)
{
    struct p9_opened *object = opened->object;
    mutex_lock(&object->lock);
    long result = p9_file_write(&object->file, &opened->offset, buffer, size);
    mutex_unlock(&object->lock);
    return result;
}

static long p9_mount_list(struct file *opened, void *buffer, size_t size)
{
    struct p9_opened *object = opened->object;
    mutex_lock(&object->lock);
    long result = p9_file_list(&object->file, &opened->offset, buffer, size);
    mutex_unlock(&object->lock);
    return result;
}

static int p9_mount_stat(struct file *opened, struct kernel_stat *stat)
{
    return p9_file_stat(p9_mount_file(opened), stat);
}

static long p9_mount_size(struct file *opened)
{
    struct kernel_stat stat;
    int error = p9_mount_stat(opened, &stat);
    return error != 0 ? error : (long)stat.st_size;
}

static int p9_mount_setattr(struct file *opened, const struct file_change *change)
{
    return p9_file_setattr(p9_mount_file(opened), change);
}

static int p9_mount_statfs(struct file *opened, struct kernel_statfs *statfs)
{
    return p9_file_statfs(p9_mount_file(opened), statfs);
}

static long p9_mount_readlink(struct file *opened, char *target, size_t size)
{
    return p9_file_readlink(p9_mount_file(opened), target, size);
}

static int p9_mount_sync(struct file *opened)
{
    return p9_file_sync(p9_mount_file(opened));
}

static void p9_mount_close(struct file *opened)
{
    p9_file_close(p9_mount_file(opened));
    pool_free(&p9_opened_pool, opened->object);
}

static const struct file_ops p9_mount_file_ops = {
    .kind = "9p",
    .read = p9_mount_read,
    .write = p9_mount_write,
    .size = p9_mount_size,
    .close = p9_mount_close,
    .sync = p9_mount_sync,
    .stat = p9_mount_stat,
    .setattr = p9_mount_setattr,
    .statfs = p9_mount_statfs,
    .readlink = p9_mount_readlink,
    .list = p9_mount_list,
};

/* ---- paths ----------------------------------------------------------------------------------- */

static int p9_mount_connect(struct p9_mount *mount)
{
    mutex_lock(&mount->lock);
    int error = p9_connect(&mount->client);
    mutex_unlock(&mount->lock);
    return error;
}

/* What the kernel needs for an open file, before the server is asked for it. */
static struct file *p9_mount_alloc(void)
{
    struct p9_opened *object = pool_alloc(&p9_opened_pool);
    struct file *opened = object != NULL ? file_alloc(&p9_mount_file_ops, object) : NULL;
    if (opened == NULL && object != NULL)
        pool_free(&p9_opened_pool, object);
    if (opened != NULL)
        mutex_init(&object->lock, "9p file");
    return opened;
}

/* The file was never open. */
static void p9_mount_discard(struct file *opened)
{
    static const struct file_ops none = {.kind = "9p"};
    pool_free(&p9_opened_pool, opened->object);
    opened->ops = &none;
    file_release(opened);
}

static struct file *p9_mount_open(void *of, const char *path, int flags, unsigned mode, int *error)
{
    struct p9_mount *mount = of;
    *error = p9_mount_connect(mount);
    if (*error != 0)
        return NULL;
    struct file *opened = p9_mount_alloc();
    if (opened == NULL) {
        *error = -KENFILE;
        return NULL;
    }
    *error =
        p9_file_open(&mount->client, &mount->profile, path, flags, mode, p9_mount_file(opened));
    if (*error == 0)
        return opened;
    p9_mount_discard(opened);
    return NULL;
}

static int p9_mount_remove(void *of, const char *path, bool directory)
{
    struct p9_mount *mount = of;
    int error = p9_mount_connect(mount);
    return error != 0 ? error : p9_path_remove(&mount->client, path, directory);
}

static int p9_mount_mkdir(void *of, const char *path, unsigned mode)
{
    struct p9_mount *mount = of;
    int error = p9_mount_connect(mount);
    return error != 0 ? error : p9_path_mkdir(&mount->client, path, mode);
}

static int p9_mount_rename(void *of, const char *from, const char *to, unsigned flags)
{
    struct p9_mount *mount = of;
    int error = p9_mount_connect(mount);
    return error != 0 ? error : p9_path_rename(&mount->client, from, to, flags);
}

static int p9_mount_symlink(void *of, const char *target, const char *path)
{
    struct p9_mount *mount = of;
    int error = p9_mount_connect(mount);
    return error != 0 ? error : p9_path_symlink(&mount->client, target, path);
}

static int p9_mount_link(void *of, const char *from, const char *to)
{
    struct p9_mount *mount = of;
    int error = p9_mount_connect(mount);
    return error != 0 ? error : p9_path_link(&mount->client, from, to);
}

static const struct path_ops p9_mount_path_ops = {
    .open = p9_mount_open,
    .remove = p9_mount_remove,
    .mkdir = p9_mount_mkdir,
    .rename = p9_mount_rename,
    .symlink = p9_mount_symlink,
    .link = p9_mount_link,
};

/* ---- the first time -------------------------------------------------------------------------- */

static void p9_mount_interrupt(void *arg, uint32_t reasons)
{
    virtio_9p_interrupted(arg, reasons);
}

/* NULL, or the step that failed, with the error. */
static const char *p9_mount_bring_up(struct p9_mount *mount, struct virtio_device *device,
                                     int *error)
{
    struct p9_options options;
    const char *wrong = p9_options_take(&options);
    if (wrong != NULL)
        kpanic("a boot parameter of shared folders makes no sense");
    options.channel.interrupt = p9_mount_interrupt;
    virtio_9p_prepare(&mount->channel, device, &options.channel);
    const char *why = virtio_9p_open(&mount->channel, error);
    if (why != NULL)
        return why;
    for (unsigned i = 0; i < p9_mount_count; i++) {
        *error = -KEEXIST;
        if (kstreq(p9_mounts[i]->channel.tag, mount->channel.tag))
            return "there is a folder with its mount tag";
    }
    p9_client_init(&mount->client, &mount->channel, options.first_tag);
    mount->profile = options.profile;
    return NULL;
}

/* For the next one. One that failed has left its place. NULL: there is none. */
static struct p9_mount *p9_mount_place(void)
{
    if (p9_mount_count == V9P_DEVICES_MAX)
        return NULL;
    struct p9_mount **place = &p9_mounts[p9_mount_count];
    if (*place == NULL)
        *place = boot_memory_take_clear(sizeof **place);
    return *place;
}

int p9_mount_probe(struct virtio_device *device)
{
    int error;
    struct p9_mount *mount = p9_mount_place();
    if (mount == NULL) {
        virtio_give_up(device, "virtio-9p", "there is no place for one more");
        return -KENOSPC;
    }
    const char *why = p9_mount_bring_up(mount, device, &error);
    if (why != NULL) {
        virtio_give_up(device, "virtio-9p", why);
        virtio_9p_close(&mount->channel);
        return error;
    }
    if (p9_mount_count++ == 0)
        boot_memory_init_pool(&p9_opened_pool, "9p-files", sizeof(struct p9_opened),
                              P9_MOUNT_FILES_MAX);
    mutex_init(&mount->lock, "9p session");
    virtio_9p_start(&mount->channel);
    ksnprintf(mount->point, sizeof mount->point, "/mnt/%s", mount->channel.tag);
    path_mount(mount->point, &p9_mount_path_ops, mount);
    return 0;
}
