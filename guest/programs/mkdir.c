/* mkdir.c - mkdir [-p] PATH…, rmdir PATH…: -p also those above, and those that are there already */
#include "lib/errno.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user_file.h"

#define MKDIR_MODE 0755

/* Each directory on the way. */
static long mkdir_all(const char *path)
{
    char part[USER_PATH_MAX];
    long error = 0;
    if (kstrlcpy(part, path, sizeof part) >= sizeof part)
        return -KENAMETOOLONG;
    for (size_t at = 1; error == 0 && part[at - 1] != '\0'; at++) {
        char end = part[at];
        if (end != '/' && end != '\0')
            continue;
        part[at] = '\0';
        error = user_mkdir(part, MKDIR_MODE);
        if (error != 0 && user_is_directory(part))
            error = 0;
        part[at] = end;
    }
    return error;
}

int mkdir_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "p"};
    bool parents = false;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option != 'p')
            return USER_EXIT_USAGE;
        parents = true;
    }
    if (options.operand_count == 0) {
        user_error("mkdir", "usage: mkdir [-p] PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++) {
        const char *path = options.operands[i];
        long error = parents ? mkdir_all(path) : user_mkdir(path, MKDIR_MODE);
        if (error != 0)
            status = user_fail("mkdir", path, error);
    }
    return status;
}

int rmdir_main(int argc, char **argv)
{
    int status = 0;
    if (argc < 2) {
        user_error("rmdir", "usage: rmdir PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        long error = user_remove(argv[i], true);
        if (error != 0)
            status = user_fail("rmdir", argv[i], error);
    }
    return status;
}
