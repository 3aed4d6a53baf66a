/*
 * kill.c - kill [-s SIGNAL | -SIGNAL] PID…
 *
 * A signal by name or number, TERM unless another is named; 0 only asks whether the program is
 * there. The numbers of programs are those of their tasks.
 */
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

static const struct kill_signal {
    const char *name;
    int number;
} kill_signals[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"PIPE", SIGPIPE},
    {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},
};

static bool kill_parse_signal(const char *text, int *number)
{
    uint32_t value;
    if (kstr_has_prefix(text, "SIG"))
        text += 3;
    for (size_t i = 0; i < sizeof kill_signals / sizeof kill_signals[0]; i++) {
        if (kstreq(text, kill_signals[i].name)) {
            *number = kill_signals[i].number;
            return true;
        }
    }
    if (!kparse_u32(text, 64, &value))
        return false;
    *number = (int)value;
    return true;
}

static int kill_usage(void)
{
    user_error("kill", "usage: kill [-s SIGNAL | -SIGNAL] PID...");
    return USER_EXIT_USAGE;
}

int kill_main(int argc, char **argv)
{
    int number = SIGTERM, first = 1, status = 0;
    if (argc > 1 && argv[1][0] == '-') {
        bool apart = kstreq(argv[1], "-s");
        if (apart && argc < 3)
            return kill_usage();
        const char *name = apart ? argv[2] : argv[1] + 1;
        first = apart ? 3 : 2;
        if (!kill_parse_signal(name, &number)) {
            user_error("kill", "%s: invalid signal specification", name);
            return USER_EXIT_USAGE;
        }
    }
    if (first >= argc)
        return kill_usage();
    for (int i = first; i < argc; i++) {
        uint32_t pid;
        if (!kparse_u32(argv[i], INT32_MAX, &pid)) {
            user_error("kill", "%s: arguments must be process IDs", argv[i]);
            status = 1;
            continue;
        }
        long error = user_kill((int)pid, number);
        if (error != 0) {
            user_error("kill", "(%u): %s", (unsigned)pid, errno_text(error));
            status = 1;
        }
    }
    return status;
}
