/* rm.c - rm [-rf] PATH…: -r with all that is in directories, -f whether it is there or not */
#include "lib/errno.h"
#include "programs/copy.h"
#include "programs/programs.h"
#include "programs/user_file.h"

static int rm_one(const char *path, bool recursive, bool force)
{
    struct kernel_stat stat;
    long error = recursive ? user_stat(path, false, &stat) : user_remove(path, false);
    if (recursive && error == 0)
        return copy_remove_tree("rm", path);
    if (error == 0 || (error == -KENOENT && force))
        return 0;
    return user_fail("rm", path, error);
}

int rm_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "rf"};
    bool recursive = false, force = false;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return USER_EXIT_USAGE;
        recursive = recursive || option == 'r';
        force = force || option == 'f';
    }
    if (options.operand_count == 0 && !force) {
        user_error("rm", "usage: rm [-rf] PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++)
        status |= rm_one(options.operands[i], recursive, force);
    return status;
}
