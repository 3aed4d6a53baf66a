/*
 * schemetest.c - schemetest CHECK, or provide NAME BEHAVIOUR, or load WHAT COUNT ROUNDS
 *
 * Checks one promise of schemes, as socktest does of sockets. Each check starts a provider that
 * behaves as it says, and looks at what a caller of it sees. Without a difference it prints
 * "schemetest: CHECK: ok"; otherwise which call was to do what, and what it did instead. Exit status:
 * 0; 1 there is a difference; 2 the command line is wrong.
 */
#include "programs/schemetest.h"

#include "kernel/user_call.h"
#include "lib/checksum.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define SCHEMETEST_NAME      "test"
#define SCHEMETEST_ROOT      SCHEME_ROOT SCHEMETEST_NAME
#define SCHEMETEST_VALUE_MAX 32
#define SCHEMETEST_LINE_MAX  64
#define SCHEMETEST_LONG_PATH 4096
#define SCHEMETEST_DIFFERENT 1
#define SCHEMETEST_KILLED    137

struct schemetest {
    const char *check;
    bool different;
    uint32_t provider;
};

static void schemetest_format(long value, char *text, size_t size)
{
    if (value < 0 && value >= -KERRNO_MAX)
        (void)ksnprintf(text, size, "%s", errno_name(value));
    else
        (void)ksnprintf(text, size, "%ld", value);
}

static void schemetest_result(struct schemetest *test, const char *call, long wanted, long got)
{
    char expected[SCHEMETEST_VALUE_MAX], is[SCHEMETEST_VALUE_MAX];
    if (got == wanted)
        return;
    schemetest_format(wanted, expected, sizeof expected);
    schemetest_format(got, is, sizeof is);
    user_error("schemetest", "%s: %s: expected %s, got %s", test->check, call, expected, is);
    test->different = true;
}

/* ---- providers ------------------------------------------------------------------------------- */

static uint32_t schemetest_spawn(struct schemetest *test, const char *format, const char *behaviour)
{
    char line[SCHEMETEST_LINE_MAX];
    (void)ksnprintf(line, sizeof line, format, behaviour);
    long task = sys_spawn(line);
    if (task < 0)
        schemetest_result(test, "spawn", 1, task);
    return task > 0 ? (uint32_t)task : 0;
}

static bool schemetest_has_line(const char *names, const char *name)
{
    size_t length = kstrlen(name);
    for (const char *at = names; *at != '\0'; at = kstrchr(at, '\n') + 1) {
        if (kstrncmp(at, name, length) == 0 && at[length] == '\n')
            return true;
    }
    return false;
}

void schemetest_await_name(const char *name, bool wanted)
{
    struct event_entry entry;
    char names[SCHEME_NAME_MAX * 16];
    int queue = (int)user_open("/scheme/event", O_RDWR), list = (int)user_open(SCHEME_ROOT, 0);
    bool is = !wanted;
    (void)sys_watch(queue, list, EVENT_READ, 0);
    while (is != wanted && user_read(queue, &entry, sizeof entry) > 0) {
        (void)user_seek(list, 0, SEEK_SET);
        long length = user_read(list, names, sizeof names - 1);
        names[length > 0 ? length : 0] = '\0';
        is = schemetest_has_line(names, name);
    }
    (void)user_close(list);
    (void)user_close(queue);
}

static void schemetest_provider(struct schemetest *test, const char *behaviour)
{
    test->provider = schemetest_spawn(test, "schemetest provide " SCHEMETEST_NAME " %s", behaviour);
    schemetest_await_name(SCHEMETEST_NAME, true);
}

static int schemetest_open(struct schemetest *test, const char *path)
{
    int file = (int)user_open(path, O_RDWR);
    if (file < 0)
        schemetest_result(test, "open", 3, file);
    return file;
}

static void schemetest_status(struct schemetest *test, uint32_t task, const char *what, int wanted)
{
    int status = -1;
    schemetest_result(test, "wait", (long)task, sys_wait(task, &status, 0));
    schemetest_result(test, what, wanted, status);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static void schemetest_well(struct schemetest *test)
{
    char text[16];
    struct event_entry entry = {0};
    schemetest_provider(test, "well");
    int file = schemetest_open(test, SCHEMETEST_ROOT "/some/file");
    int queue = (int)user_open("/scheme/event", O_RDWR);
    schemetest_result(test, "open of what is not there", -KENOENT,
                      user_open(SCHEMETEST_ROOT "/none", O_RDWR));
    schemetest_result(test, "read", 10, user_read(file, text, sizeof text));
    schemetest_result(test, "read at the end", 0, user_read(file, text, sizeof text));
    schemetest_result(test, "write", 4, user_write(file, text, 4));
    schemetest_result(test, "fsync", 0, sys_fsync(file));
    schemetest_result(test, "dup of what it knows", 5, sys_dup_path(file, "ok", 2));
    schemetest_result(test, "watch", 0, sys_watch(queue, file, EVENT_READ | EVENT_WRITE, 7));
    (void)user_read(queue, &entry, sizeof entry);
    schemetest_result(test, "event", EVENT_WRITE, entry.events);
    (void)user_close(file);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_reads(struct schemetest *test, const char *behaviour, long wanted)
{
    char text[16];
    schemetest_provider(test, behaviour);
    int file = schemetest_open(test, SCHEMETEST_ROOT);
    schemetest_result(test, "read", wanted, user_read(file, text, sizeof text));
    (void)user_close(file);
}

static void schemetest_wrong_tag(struct schemetest *test)
{
    schemetest_reads(test, test->check, 10);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_twice(struct schemetest *test)
{
    schemetest_reads(test, test->check, 1);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_too_long(struct schemetest *test)
{
    schemetest_reads(test, test->check, -KEIO);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_dies(struct schemetest *test)
{
    schemetest_reads(test, test->check, -KENODEV);
    schemetest_status(test, test->provider, "status of the provider", 3);
    schemetest_provider(test, "well");
    (void)user_close(schemetest_open(test, SCHEMETEST_ROOT));
    schemetest_status(test, test->provider, "status of the next provider", 0);
}

static void schemetest_wake(int number)
{
    (void)number;
}

static void schemetest_never(struct schemetest *test)
{
    (void)user_on_signal(SIGALRM, schemetest_wake);
    (void)user_alarm(100 * USER_NS_PER_MS);
    schemetest_reads(test, test->check, -KEINTR);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

/* Nobody who is killed waits for a provider, whether it has the request or not. */
static void schemetest_kill_caller(struct schemetest *test, const char *behaviour)
{
    schemetest_provider(test, behaviour);
    uint32_t caller = schemetest_spawn(test, "cat %s", SCHEMETEST_ROOT);
    (void)user_sleep_ns(10 * USER_NS_PER_MS);
    uint64_t before_ns = user_now_ns();
    schemetest_result(test, "kill", 0, user_kill((int)caller, SIGKILL));
    schemetest_status(test, caller, "status of the caller", SCHEMETEST_KILLED);
    if (user_now_ns() - before_ns > USER_NS_PER_MS)
        schemetest_result(test, "ms until the caller has ended", 0,
                          (long)((user_now_ns() - before_ns) / USER_NS_PER_MS));
}

static void schemetest_kill_delivered(struct schemetest *test)
{
    schemetest_kill_caller(test, "never");
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_kill_queued(struct schemetest *test)
{
    schemetest_kill_caller(test, "deaf");
    schemetest_result(test, "kill", 0, user_kill((int)test->provider, SIGKILL));
    schemetest_status(test, test->provider, "status of the provider", SCHEMETEST_KILLED);
    schemetest_await_name(SCHEMETEST_NAME, false);
}

static void schemetest_two(struct schemetest *test)
{
    schemetest_provider(test, "well");
    schemetest_result(test, "create", -KEEXIST, sys_scheme_create(SCHEMETEST_NAME, 0));
    (void)user_close(schemetest_open(test, SCHEMETEST_ROOT));
    schemetest_status(test, test->provider, "status of the provider", 0);
    long root = sys_scheme_create(SCHEMETEST_NAME, 0);
    schemetest_result(test, "create when it is free", 3, root);
    schemetest_result(test, "open of one's own", -KEDEADLK, user_open(SCHEMETEST_ROOT, O_RDWR));
    (void)user_close((int)root);
}

static void schemetest_paths(struct schemetest *test)
{
    char path[SCHEMETEST_LONG_PATH + 1];
    memset(path, 'x', sizeof path);
    path[SCHEMETEST_LONG_PATH] = '\0';
    schemetest_provider(test, "well");
    memcpy(path, SCHEME_ROOT, sizeof SCHEME_ROOT - 1);
    schemetest_result(test, "open of a name of 4088", -KENAMETOOLONG, sys_open(path, O_RDWR));
    memcpy(path, SCHEMETEST_ROOT "/", sizeof SCHEMETEST_ROOT);
    schemetest_result(test, "open of a path of 4096", -KENAMETOOLONG, sys_open(path, O_RDWR));
    path[sizeof SCHEMETEST_ROOT + SCHEME_PATH_MAX + 1] = '\0';
    schemetest_result(test, "open of a path of 1025", -KENAMETOOLONG, sys_open(path, O_RDWR));
    path[sizeof SCHEMETEST_ROOT + SCHEME_PATH_MAX] = '\0';
    long file = sys_open(path, O_RDWR);
    schemetest_result(test, "open of a path of 1024", 3, file);
    (void)user_close((int)file);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_directories(struct schemetest *test)
{
    char text[16];
    schemetest_provider(test, "well");
    int directory = schemetest_open(test, SCHEMETEST_ROOT "/dir");
    schemetest_result(test, "read of a directory", -KEISDIR, user_read(directory, text, 16));
    schemetest_result(test, "open of the root for writing", -KEISDIR,
                      user_open(SCHEME_ROOT, O_RDWR));
    long root = user_open(SCHEME_ROOT, O_RDONLY);
    schemetest_result(test, "read of the root", 6, user_read((int)root, text, 6));
    schemetest_result(test, "write to the root", -KEINVAL, user_write((int)root, text, 1));
    schemetest_result(test, "open of no scheme", -KENOENT, user_open(SCHEME_ROOT "no/x", O_RDWR));
    (void)user_close(directory);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_unknown(struct schemetest *test)
{
    int number = 0;
    schemetest_provider(test, "well");
    int file = schemetest_open(test, SCHEMETEST_ROOT);
    schemetest_result(test, "dup", -KEINVAL, sys_dup_path(file, "what", 4));
    schemetest_result(test, "dup of the console", -KEOPNOTSUPP, sys_dup_path(1, "ok", 2));
    schemetest_result(test, "seek", -KESPIPE, user_seek(file, 0, SEEK_SET));
    schemetest_result(test, "ioctl", -KENOTTY, user_ioctl(file, 0x1234, &number));
    schemetest_result(test, "listen", -KENOTSOCK, user_listen(file, 1));
    schemetest_result(test, "call 1099", -KENOSYS, system_call(1099, 0, 0, 0, 0, 0, 0));
    schemetest_result(test, "interrupt 5", -KENOENT, user_open("/scheme/irq/5", O_RDWR));
    schemetest_result(test, "interrupt 288", -KENOENT, user_open("/scheme/irq/288", O_RDWR));
    schemetest_result(test, "clock 7", -KENOENT, user_open("/scheme/time/7", O_RDWR));
    (void)user_close(file);
    schemetest_status(test, test->provider, "status of the provider", 0);
}

static void schemetest_timeouts(struct schemetest *test)
{
    struct kernel_timespec now;
    struct event_entry entry = {0};
    int queue = (int)user_open("/scheme/event", O_RDWR);
    int clock = (int)user_open("/scheme/time/1", O_RDWR);
    schemetest_result(test, "watch", 0, sys_watch(queue, clock, EVENT_READ, 1));
    schemetest_result(test, "read", sizeof now, user_read(clock, &now, sizeof now));
    for (int i = 3; i > 0; i--) {
        struct kernel_timespec then = {now.tv_sec + i, now.tv_nsec};
        schemetest_result(test, "write", sizeof then, user_write(clock, &then, sizeof then));
    }
    for (int64_t i = 1; i <= 3; i++) {
        struct kernel_timespec then = {0, 0};
        schemetest_result(test, "event", sizeof entry, user_read(queue, &entry, sizeof entry));
        (void)user_read(clock, &then, sizeof then);
        long seconds = then.tv_sec - now.tv_sec - (then.tv_nsec < now.tv_nsec);
        schemetest_result(test, "s until the event", i, seconds);
    }
}

/* An echo request to the gateway as a whole packet, and the reply as one. */
static void schemetest_raw(struct schemetest *test)
{
    /* version and header size, ..., time to live, protocol, checksum, source, destination */
    uint8_t request[] = {0x45, 0, 0, 0, 0, 0, 0, 0, 9,    1, 0,    0, 0, 0, 0, 0,
                         10,   0, 2, 2, 8, 0, 0, 0, 0x12, 0, 0x34, 0, 0, 0, 0, 0};
    uint8_t reply[64] = {0};
    uint16_t sum = checksum_of(request + 20, 12);
    request[22] = (uint8_t)(sum >> 8);
    request[23] = (uint8_t)sum;
    int file = schemetest_open(test, SCHEME_ROOT "ip/1");
    schemetest_result(test, "write", sizeof request, user_write(file, request, sizeof request));
    schemetest_result(test, "read", sizeof request, user_read(file, reply, sizeof reply));
    schemetest_result(test, "protocol", 1, reply[9]);
    schemetest_result(test, "source", 2, reply[15]);
    schemetest_result(test, "type of the reply", 0, reply[20]);
    schemetest_result(test, "identifier", 0x12, reply[24]);
    request[9] = 6;
    schemetest_result(test, "write of another protocol", -KEINVAL,
                      user_write(file, request, sizeof request));
    (void)user_close(file);
}

/* ---- the command ----------------------------------------------------------------------------- */

static const struct schemetest_entry {
    const char *name;
    void (*run)(struct schemetest *test);
} schemetest_checks[] = {
    {"well", schemetest_well},
    {"wrong-tag", schemetest_wrong_tag},
    {"twice", schemetest_twice},
    {"too-long", schemetest_too_long},
    {"never", schemetest_never},
    {"dies", schemetest_dies},
    {"kill-delivered", schemetest_kill_delivered},
    {"kill-queued", schemetest_kill_queued},
    {"two", schemetest_two},
    {"paths", schemetest_paths},
    {"directories", schemetest_directories},
    {"unknown", schemetest_unknown},
    {"timeouts", schemetest_timeouts},
    {"raw", schemetest_raw},
};

static int schemetest_usage(void)
{
    struct user_output output = {.used = 0};
    user_error("schemetest",
               "usage: schemetest CHECK | provide NAME BEHAVIOUR | load WHAT COUNT ROUNDS");
    for (size_t i = 0; i < sizeof schemetest_checks / sizeof schemetest_checks[0]; i++)
        user_print(&output, "  %s\n", schemetest_checks[i].name);
    return USER_EXIT_USAGE;
}

int schemetest_main(int argc, char **argv)
{
    struct user_output output = {.used = 0};
    if (argc == 4 && kstreq(argv[1], "provide"))
        return schemetest_provide(argv[2], argv[3]);
    if (argc == 5 && kstreq(argv[1], "load"))
        return schemetest_load(argv[2], argv[3], argv[4]);
    if (argc != 2)
        return schemetest_usage();
    for (size_t i = 0; i < sizeof schemetest_checks / sizeof schemetest_checks[0]; i++) {
        struct schemetest test = {.check = schemetest_checks[i].name};
        if (!kstreq(argv[1], test.check))
            continue;
        schemetest_checks[i].run(&test);
        if (!test.different)
            user_print(&output, "schemetest: %s: ok\n", test.check);
        return test.different ? SCHEMETEST_DIFFERENT : 0;
    }
    return schemetest_usage();
}
