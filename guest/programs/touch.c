/*
 * touch.c - touch [-c] PATH…, truncate -s SIZE PATH…, sync [PATH…]
 *
 * The first sets the times of files to now and makes those that are not there (-c: it does not);
 * the second cuts files off, or makes them longer, by zeros; the third ends when what was written,
 * to all files or to these, is where it should be.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_file.h"

#define TOUCH_MODE 0644

static long touch_make(const char *path)
{
    long file = user_create(path, O_WRONLY, TOUCH_MODE);
    if (file < 0)
        return file;
    return user_close((int)file);
}

int touch_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "c"};
    bool make = true;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 'c')
            return USER_EXIT_USAGE;
        make = false;
    }
    if (options.operand_count == 0) {
        user_error("touch", "usage: touch [-c] PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++) {
        long error = user_touch(options.operands[i]);
        if (error == -KENOENT)
            error = make ? touch_make(options.operands[i]) : 0;
        if (error != 0)
            status = user_fail("touch", options.operands[i], error);
    }
    return status;
}

/* Also of a file that is not there yet. */
static long truncate_one(const char *path, uint64_t size)
{
    long error = user_truncate(path, (int64_t)size);
    if (error == -KENOENT)
        error = touch_make(path);
    else
        return error;
    return error == 0 ? user_truncate(path, (int64_t)size) : error;
}

int truncate_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "s:"};
    uint64_t size = UINT64_MAX;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 's' || !kparse_u64(options.value, &size) || size > INT64_MAX) {
            user_error("truncate", "-s takes a number of bytes");
            return USER_EXIT_USAGE;
        }
    }
    if (size == UINT64_MAX || options.operand_count == 0) {
        user_error("truncate", "usage: truncate -s SIZE PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++) {
        long error = truncate_one(options.operands[i], size);
        if (error != 0)
            status = user_fail("truncate", options.operands[i], error);
    }
    return status;
}

static long sync_one(const char *path)
{
    long file = user_open(path, O_RDONLY);
    if (file < 0)
        return file;
    long error = user_fsync((int)file);
    (void)user_close((int)file);
    return error;
}

int sync_main(int argc, char **argv)
{
    int status = 0;
    if (argc == 1)
        return user_sync() != 0;
    for (int i = 1; i < argc; i++) {
        long error = sync_one(argv[i]);
        if (error != 0)
            status = user_fail("sync", argv[i], error);
    }
    return status;
}
