/*
 * filetest.c - one promise of the calls about files, for scenarios
 *
 *     filetest open WORD,… PATH    opens with these flags (read, write, both, create, exclusive,
 *                                  truncate, append, directory, path, nofollow), and says what came
 *                                  of it: "opened", or an error's name
 *     filetest list SIZE PATH      reads a directory by records in SIZE bytes, and once more in
 *                                  many: how many names there are, and whether it is the same
 *     filetest write SIZE PATH     writes so many bytes in one call, and reads them in one: whether
 *                                  all were taken, and are the same
 *     filetest mmap PATH           asks for a file's bytes as memory, and says what came of it
 *     filetest create COUNT PATH   tries to make so many files there, none of which can be made
 *     filetest stat COUNT PATH     asks so often for attributes: whether they stay the same
 *
 * Exit status: 0; 1 a call failed, or a promise is not kept; 2 the command line is wrong.
 */
#include "kernel/dirent.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_file.h"

#define FILETEST_BUFFER 4096
#define FILETEST_BYTES  16384 /* half of a stack */

static const struct {
    const char *word;
    int flags;
} filetest_flags[] = {
    {"read", O_RDONLY},         {"write", O_WRONLY},      {"both", O_RDWR},     {"create", O_CREAT},
    {"exclusive", O_EXCL},      {"truncate", O_TRUNC},    {"append", O_APPEND}, {"path", O_PATH},
    {"directory", O_DIRECTORY}, {"nofollow", O_NOFOLLOW},
};

static int filetest_say(const char *what, long result, const char *good)
{
    struct user_output output = {.used = 0};
    user_print(&output, "%s: %s\n", what, result < 0 ? errno_name(result) : good);
    return result < 0 ? 1 : 0;
}

/* False: one of the words is none. */
static bool filetest_parse_flags(const char *text, int *flags)
{
    *flags = 0;
    while (*text != '\0') {
        bool found = false;
        size_t length = 0;
        while (text[length] != '\0' && text[length] != ',')
            length++;
        for (size_t i = 0; i < sizeof filetest_flags / sizeof filetest_flags[0]; i++) {
            const char *word = filetest_flags[i].word;
            if (kstrlen(word) == length && kstrncmp(word, text, length) == 0) {
                *flags |= filetest_flags[i].flags;
                found = true;
            }
        }
        if (!found)
            return false;
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return true;
}

static int filetest_open(const char *words, const char *path)
{
    int flags;
    if (!filetest_parse_flags(words, &flags))
        return USER_EXIT_USAGE;
    long file = user_open(path, flags);
    if (file >= 0)
        (void)user_close((int)file);
    return filetest_say("open", file, "opened");
}

/* ---- directories ----------------------------------------------------------------------------- */

/* What a reading has found: the sum does not depend on an order, and changes when a name does. */
struct filetest_names {
    unsigned count;
    uint64_t sum;
};

static void filetest_take(struct filetest_names *names, const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    names->count++;
    names->sum += hash;
}

static long filetest_read_names(const char *path, size_t size, struct filetest_names *names)
{
    char buffer[FILETEST_BUFFER];
    struct kernel_dirent64 record;
    const char *name;
    long got;
    *names = (struct filetest_names){.count = 0};
    long file = user_open(path, O_RDONLY | O_DIRECTORY);
    if (file < 0)
        return file;
    while ((got = user_getdents((int)file, buffer, size)) > 0) {
        size_t at = 0;
        while ((name = dirent_next(buffer, (size_t)got, &at, &record)) != NULL)
            filetest_take(names, name);
    }
    (void)user_close((int)file);
    return got;
}

static int filetest_list(const char *size_text, const char *path)
{
    struct user_output output = {.used = 0};
    struct filetest_names few, many;
    uint32_t size;
    if (!kparse_u32(size_text, FILETEST_BUFFER, &size))
        return USER_EXIT_USAGE;
    long error = filetest_read_names(path, size, &few);
    if (error == 0)
        error = filetest_read_names(path, FILETEST_BUFFER, &many);
    if (error != 0)
        return filetest_say("list", error, "");
    bool same = few.count == many.count && few.sum == many.sum;
    user_print(&output, "list: %u names%s\n", few.count, same ? "" : ", and not the same");
    return same ? 0 : 1;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static uint8_t filetest_byte(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

/* How many were taken and came back as they were, or an error. */
static long filetest_exchange(int file, size_t size)
{
    uint8_t bytes[FILETEST_BYTES]; /* on the stack: programs run side by side */
    long same = 0;
    for (size_t i = 0; i < size; i++)
        bytes[i] = filetest_byte(i);
    long got = user_write(file, bytes, size);
    memset(bytes, 0, size);
    if (got >= 0 && user_seek(file, 0, SEEK_SET) == 0)
        got = user_read(file, bytes, (size_t)got);
    while (same < got && same < (long)size && bytes[same] == filetest_byte((size_t)same))
        same++;
    return got < 0 ? got : same;
}

static int filetest_write(const char *size_text, const char *path)
{
    struct user_output output = {.used = 0};
    uint32_t size;
    if (!kparse_u32(size_text, FILETEST_BYTES, &size))
        return USER_EXIT_USAGE;
    long file = user_create(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (file < 0)
        return filetest_say("open", file, "");
    long same = filetest_exchange((int)file, size);
    (void)user_close((int)file);
    if (same < 0)
        return filetest_say("write", same, "");
    user_print(&output, "write: %ld of %u\n", same, size);
    return same == (long)size ? 0 : 1;
}

/* ---- others ---------------------------------------------------------------------------------- */

static int filetest_mmap(const char *path)
{
    const long read = 1, shared = 1;
    long file = user_open(path, O_RDONLY);
    if (file < 0)
        return filetest_say("open", file, "");
    long result = system_call(SYS_MMAP, 0, FILETEST_BUFFER, read, shared, file, 0);
    (void)user_close((int)file);
    return filetest_say("mmap", result, "mapped");
}

static int filetest_create(const char *count_text, const char *path)
{
    struct user_output output = {.used = 0};
    uint32_t count, made = 0;
    if (!kparse_u32(count_text, UINT16_MAX, &count))
        return USER_EXIT_USAGE;
    for (uint32_t i = 0; i < count; i++) {
        long file = user_create(path, O_WRONLY | O_CREAT, 0644);
        made += file >= 0 ? 1 : 0;
        if (file >= 0)
            (void)user_close((int)file);
    }
    user_print(&output, "create: %u of %u\n", made, count);
    return made > 0 ? 1 : 0;
}

static int filetest_stat(const char *count_text, const char *path)
{
    struct user_output output = {.used = 0};
    struct kernel_stat first, stat;
    uint32_t count, same = 0;
    if (!kparse_u32(count_text, UINT16_MAX, &count))
        return USER_EXIT_USAGE;
    long error = user_stat(path, true, &first);
    while (error == 0 && same < count) {
        error = user_stat(path, true, &stat);
        if (error != 0 || memcmp(&stat, &first, sizeof stat) != 0)
            break;
        same++;
    }
    if (error != 0)
        return filetest_say("stat", error, "");
    user_print(&output, "stat: %u of %u\n", same, count);
    return same == count ? 0 : 1;
}

int filetest_main(int argc, char **argv)
{
    int status = USER_EXIT_USAGE;
    if (argc == 4 && kstreq(argv[1], "open"))
        status = filetest_open(argv[2], argv[3]);
    else if (argc == 4 && kstreq(argv[1], "list"))
        status = filetest_list(argv[2], argv[3]);
    else if (argc == 4 && kstreq(argv[1], "write"))
        status = filetest_write(argv[2], argv[3]);
    else if (argc == 4 && kstreq(argv[1], "create"))
        status = filetest_create(argv[2], argv[3]);
    else if (argc == 4 && kstreq(argv[1], "stat"))
        status = filetest_stat(argv[2], argv[3]);
    else if (argc == 3 && kstreq(argv[1], "mmap"))
        status = filetest_mmap(argv[2]);
    if (status == USER_EXIT_USAGE)
        user_error("filetest", "usage: filetest open FLAGS PATH, list SIZE PATH, write SIZE PATH, "
                               "mmap PATH, create COUNT PATH, or stat COUNT PATH");
    return status;
}
