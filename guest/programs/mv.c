/*
 * mv.c - mv SOURCE… TARGET
 *
 * Into the target, if that is a directory. From one mount to another it is copied, and removed when
 * all of it is there.
 */
#include "lib/errno.h"
#include "programs/copy.h"
#include "programs/programs.h"
#include "programs/user_file.h"

static int mv_one(const char *from, const char *target)
{
    char path[USER_PATH_MAX];
    long error = user_destination(path, from, target) ? user_rename(from, path) : -KENAMETOOLONG;
    if (error == -KEXDEV) {
        int status = copy_tree("mv", from, path, true);
        return status == 0 ? copy_remove_tree("mv", from) : status;
    }
    if (error != 0)
        user_error("mv", "%s to %s: %s", from, target, errno_text(error));
    return error != 0;
}

int mv_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = ""};
    int status = 0;
    if (user_next_option(&options) != 0)
        return USER_EXIT_USAGE;
    int count = options.operand_count - 1;
    if (count < 1) {
        user_error("mv", "usage: mv SOURCE... TARGET");
        return USER_EXIT_USAGE;
    }
    const char *target = options.operands[count];
    if (count > 1 && !user_is_directory(target))
        return user_fail("mv", target, -KENOTDIR);
    for (int i = 0; i < count; i++)
        status |= mv_one(options.operands[i], target);
    return status;
}
