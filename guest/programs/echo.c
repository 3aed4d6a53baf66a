/*
 * echo.c - echo [-n] [-o PATH] [-a PATH] [WORD…]
 *
 * The words, with a space in between and the end of a line behind them (-n: without), to standard
 * output, into a file, or (-a) to its end, in one write. There is no shell that could lead the
 * output elsewhere.
 */
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define ECHO_TEXT_MAX 512 /* a command line */

static long echo_write(const char *path, int how, const char *text)
{
    long file = path != NULL ? user_open(path, O_WRONLY | O_CREAT | how) : 1;
    if (file < 0)
        return file;
    long error = user_write_all((int)file, text, kstrlen(text));
    if (path == NULL)
        return error;
    long sync_error = system_call(SYS_FSYNC, file, 0, 0, 0, 0, 0);
    (void)user_close((int)file);
    return error != 0 ? error : sync_error;
}

int echo_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "no:a:"};
    const char *path = NULL, *end = "\n";
    char text[ECHO_TEXT_MAX + 1] = "";
    int option, how = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option == 'n')
            end = "";
        else if (option == 'o' || option == 'a')
            path = options.value;
        else
            return USER_EXIT_USAGE;
        how = option == 'a' ? O_APPEND : option == 'o' ? O_TRUNC : how;
    }
    for (int i = 0; i < options.operand_count; i++) {
        if (i > 0)
            (void)kstrlcat(text, " ", sizeof text);
        (void)kstrlcat(text, options.operands[i], sizeof text);
    }
    (void)kstrlcat(text, end, sizeof text);
    long error = echo_write(path, how, text);
    return error != 0 ? user_fail("echo", path != NULL ? path : "output", error) : 0;
}
