/*
 * boot_data.c - what came with the boot information: parameters and configuration files
 *
 * Boot files are seen under their own paths by open(2), read-only, and by config_read() in the
 * kernel. Texts made at open time (/proc) are here too: both are bytes in memory with an offset.
 */
#include "kernel/boot_data.h"

#include "kernel/boot_directory.h"
#include "kernel/file.h"
#include "kernel/path.h"
#include "kernel/pool.h"
#include "kernel/stat.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/kassert.h"
#include "lib/string.h"

#include "ringside/hal.h"
#include "ringside/probe.h"

#define BOOT_PARAMETERS_MAX   32
#define BOOT_COMMAND_LINE_MAX 1024
#define TEXT_FILES_MAX        8
#define BOOT_FILE_DEVICE      3 /* st_dev */

/* The command line, with NUL behind each name and each value. */
static char boot_command_line[BOOT_COMMAND_LINE_MAX];
static struct {
    const char *name;
    const char *value;
} boot_parameters[BOOT_PARAMETERS_MAX];
static unsigned boot_parameter_count;

struct text_file {
    size_t size;
    char text[FILE_TEXT_MAX];
};
kstatic_assert(sizeof(struct text_file) % sizeof(void *) == 0, "text files lie in a pool");

static struct text_file text_file_objects[TEXT_FILES_MAX];
static struct pool text_file_pool;

/* ---- boot parameters ------------------------------------------------------------------------- */

/* Ends the word that begins here and returns the rest of the line. */
static char *boot_end_word(char *word)
{
    while (*word != '\0' && *word != ' ')
        word++;
    if (*word == ' ')
        *word++ = '\0';
    return word;
}

static void boot_add_parameter(char *word)
{
    if (boot_parameter_count == BOOT_PARAMETERS_MAX)
        kpanic("too many boot parameters");
    char *value = word;
    while (*value != '\0' && *value != '=')
        value++;
    if (*value == '=')
        *value++ = '\0';
    boot_parameters[boot_parameter_count].name = word;
    boot_parameters[boot_parameter_count].value = value;
    boot_parameter_count++;
}

static void boot_parse_command_line(const char *command_line)
{
    boot_parameter_count = 0;
    size_t length = kstrlcpy(boot_command_line, command_line, sizeof boot_command_line);
    if (length >= sizeof boot_command_line)
        kpanic("the boot command line is too long");
    char *rest = boot_command_line;
    while (*rest != '\0') {
        char *word = rest;
        rest = boot_end_word(word);
        if (*word != '\0')
            boot_add_parameter(word);
    }
}

const char *boot_parameter(const char *name)
{
    for (unsigned i = 0; i < boot_parameter_count; i++) {
        if (kstreq(boot_parameters[i].name, name))
            return boot_parameters[i].value;
    }
    return NULL;
}

/* ---- files that are bytes in memory ---------------------------------------------------------- */

static long memory_file_read(struct file *file, void *buffer, size_t size, const char *data,
                             size_t data_size)
{
    size_t left = file->offset < data_size ? data_size - file->offset : 0;
    size_t count = size < left ? size : left;
    if (count > 0)
        memcpy(buffer, data + file->offset, count);
    file->offset += count;
    return (long)count;
}

static long text_file_read(struct file *file, void *buffer, size_t size)
{
    const struct text_file *text = file->object;
    return memory_file_read(file, buffer, size, text->text, text->size);
}

static void text_file_close(struct file *file)
{
    pool_free(&text_file_pool, file->object);
}

static const struct file_ops text_file_ops = {
    .kind = "text",
    .read = text_file_read,
    .close = text_file_close,
};

struct file *file_from_text(const char *text, size_t size, int *error)
{
    struct text_file *object = pool_alloc(&text_file_pool);
    struct file *file = object != NULL ? file_alloc(&text_file_ops, object) : NULL;
    if (file == NULL) {
        if (object != NULL)
            pool_free(&text_file_pool, object);
        *error = -KENFILE;
        return NULL;
    }
    object->size = size < FILE_TEXT_MAX ? size : FILE_TEXT_MAX;
    memcpy(object->text, text, object->size);
    return file;
}

/* ---- files that are made when they are read -------------------------------------------------- */

struct piece_file {
    file_piece_fn *next;
    unsigned cursor;
    size_t used, taken; /* of the text */
    char text[FILE_PIECE_MAX];
};

static struct piece_file piece_file_objects[TEXT_FILES_MAX];
static struct pool piece_file_pool;

static long piece_file_read(struct file *file, void *buffer, size_t size)
{
    struct piece_file *pieces = file->object;
    size_t done = 0;
    while (done < size) {
        if (pieces->taken == pieces->used) {
            pieces->taken = 0;
            pieces->used = pieces->next(&pieces->cursor, pieces->text, sizeof pieces->text);
            kassert(pieces->used <= sizeof pieces->text);
        }
        if (pieces->used == 0)
            break;
        size_t left = pieces->used - pieces->taken;
        size_t count = size - done < left ? size - done : left;
        memcpy((char *)buffer + done, pieces->text + pieces->taken, count);
        pieces->taken += count;
        done += count;
    }
    return (long)done;
}

static void piece_file_close(struct file *file)
{
    pool_free(&piece_file_pool, file->object);
}

static const struct file_ops piece_file_ops = {
    .kind = "pieces",
    .read = piece_file_read,
    .close = piece_file_close,
};

struct file *file_from_pieces(file_piece_fn *next, int *error)
{
    struct piece_file *object = pool_alloc(&piece_file_pool);
    struct file *file = object != NULL ? file_alloc(&piece_file_ops, object) : NULL;
    if (file == NULL) {
        if (object != NULL)
            pool_free(&piece_file_pool, object);
        *error = -KENFILE;
        return NULL;
    }
    object->next = next;
    object->cursor = 0;
    object->used = 0;
    object->taken = 0;
    return file;
}

static long boot_file_read(struct file *file, void *buffer, size_t size)
{
    const struct hal_boot_file *boot_file = file->object;
    return memory_file_read(file, buffer, size, boot_file->data, boot_file->size);
}

static long boot_file_size(struct file *file)
{
    const struct hal_boot_file *boot_file = file->object;
    return (long)boot_file->size;
}

static int boot_file_stat(struct file *file, struct kernel_stat *stat)
{
    const struct hal_boot_file *boot_file = file->object;
    stat->st_dev = BOOT_FILE_DEVICE;
    stat->st_ino = (uint64_t)(boot_file - hal_boot_info()->files) + 1;
    stat->st_mode = S_IFREG | 0444;
    stat->st_nlink = 1;
    stat->st_size = (int64_t)boot_file->size;
    return 0;
}

static const struct file_ops boot_file_ops = {
    .kind = "boot file",
    .read = boot_file_read,
    .size = boot_file_size,
    .stat = boot_file_stat,
};

/* ---- boot files ------------------------------------------------------------------------------ */

static const struct hal_boot_file *boot_file_find(const char *path)
{
    const struct hal_boot *boot = hal_boot_info();
    for (size_t i = 0; i < boot->file_count; i++) {
        if (kstreq(boot->files[i].path, path))
            return &boot->files[i];
    }
    return NULL;
}

static struct file *boot_file_open(void *mount, const char *path, int flags, unsigned mode,
                                   int *error)
{
    const struct hal_boot_file *boot_file = boot_file_find(path - 1); /* with its slash */
    (void)mount;
    (void)mode;
    if (boot_file == NULL)
        return boot_directory_open(path - 1, flags, error);
    if ((flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0) {
        *error = -KEROFS;
        return NULL;
    }
    struct file *file = file_alloc(&boot_file_ops, (void *)(uintptr_t)boot_file);
    if (file == NULL)
        *error = -KENFILE;
    return file;
}

static const struct path_ops boot_file_paths = {.open = boot_file_open};

/* A daemon that configures itself is seen to have read the file, as if by open(2). */
static void config_tell(const char *path, int result)
{
    if (task_files() != NULL)
        probe_file_opened(task_number(task_current()), path, result);
}

long config_read(const char *path, char *buffer, size_t size)
{
    const struct hal_boot_file *boot_file = boot_file_find(path);
    config_tell(path, boot_file != NULL ? 0 : -KENOENT);
    if (boot_file == NULL)
        return -KENOENT;
    if (boot_file->size >= size)
        return -KE2BIG;
    memcpy(buffer, boot_file->data, boot_file->size);
    buffer[boot_file->size] = '\0';
    return (long)boot_file->size;
}

void boot_data_init(void)
{
    boot_parse_command_line(hal_boot_info()->command_line);
    pool_init(&text_file_pool, "text-files", text_file_objects, sizeof text_file_objects[0],
              TEXT_FILES_MAX);
    pool_init(&piece_file_pool, "piece-files", piece_file_objects, sizeof piece_file_objects[0],
              TEXT_FILES_MAX);
    path_mount("/", &boot_file_paths, NULL);
}
