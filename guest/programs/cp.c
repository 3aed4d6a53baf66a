/*
 * cp.c - cp [-r] SOURCE… TARGET
 *
 * Into the target, if that is a directory; -r copies directories with all that is in them, and
 * links as links.
 */
#include "lib/errno.h"
#include "programs/copy.h"
#include "programs/programs.h"
#include "programs/user_file.h"

int cp_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "r"};
    char path[USER_PATH_MAX];
    bool recursive = false;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 'r')
            return USER_EXIT_USAGE;
        recursive = true;
    }
    int count = options.operand_count - 1;
    if (count < 1) {
        user_error("cp", "usage: cp [-r] SOURCE... TARGET");
        return USER_EXIT_USAGE;
    }
    const char *target = options.operands[count];
    if (count > 1 && !user_is_directory(target))
        return user_fail("cp", target, -KENOTDIR);
    for (int i = 0; i < count; i++) {
        if (user_destination(path, options.operands[i], target))
            status |= copy_tree("cp", options.operands[i], path, recursive);
        else
            status = user_fail("cp", target, -KENAMETOOLONG);
    }
    return status;
}
