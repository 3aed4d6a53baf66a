/* ln.c - ln [-s] TARGET PATH: another name for a file, or, with -s, a symbolic link that says it */
#include "lib/errno.h"
#include "programs/programs.h"
#include "programs/user_file.h"

int ln_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "s"};
    char path[USER_PATH_MAX];
    bool symbolic = false;
    int option;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 's')
            return USER_EXIT_USAGE;
        symbolic = true;
    }
    if (options.operand_count != 2) {
        user_error("ln", "usage: ln [-s] TARGET PATH");
        return USER_EXIT_USAGE;
    }
    const char *target = options.operands[0];
    long error = -KENAMETOOLONG;
    if (user_destination(path, target, options.operands[1]))
        error = symbolic ? user_symlink(target, path) : user_link(target, path);
    return error != 0 ? user_fail("ln", options.operands[1], error) : 0;
}
