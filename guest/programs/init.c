/*
 * init.c - init: starts the services of the machine, in their order
 *
 * The first program, and the only one that the kernel starts by itself. It reads /etc/init, or what
 * is built in, a line each:
 *
 *     service NAME [oneshot] [provides SCHEME,…] [after NAME,…] run COMMAND…
 *
 * A service is started when those that it comes after are up. It is up when all schemes that it
 * provides are registered, the last character of one standing for anything if it is '*'; one that
 * is oneshot when it has ended with status 0; any other one as soon as it runs. When all are up,
 * the machine is. A service that ends before, or is not up after INIT_PATIENCE_S, is the end: init
 * says who waits for what and ends itself, and with it the machine. Afterwards it says which
 * services end.
 */
#include "kernel/user_call.h"
#include "lib/string.h"
#include "programs/programs.h"
#include "programs/user.h"

#define INIT_FILE         "/etc/init"
#define INIT_TEXT_MAX     4096
#define INIT_NAMES_MAX    4224 /* of the directory of schemes: 64 names */
#define INIT_SERVICES_MAX 16
#define INIT_WORD_MAX     128
#define INIT_COMMAND_MAX  256
#define INIT_PATIENCE_S   10

static const char init_default[] = "";

struct init_service {
    char name[INIT_WORD_MAX];
    char provides[INIT_WORD_MAX]; /* separated by commas, as the next */
    char after[INIT_WORD_MAX];
    char command[INIT_COMMAND_MAX];
    bool oneshot;
    bool up;
    uint32_t task; /* 0: it does not run */
    bool ended;
};

struct init {
    struct init_service services[INIT_SERVICES_MAX];
    unsigned count;
    bool ready;
    int names, queue, clock;
};

/* ---- words ----------------------------------------------------------------------------------- */

/* The next word, up to a separator or the end. False: there is none, or it is too long. */
static bool init_next_word(const char **text, char separator, char *word, size_t size)
{
    size_t length = 0;
    while (**text == separator)
        (*text)++;
    while ((*text)[length] != '\0' && (*text)[length] != separator)
        length++;
    if (length == 0 || length >= size)
        return false;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length;
    return true;
}

static bool init_word_matches(const char *pattern, const char *word)
{
    size_t length = kstrlen(pattern);
    if (length > 0 && pattern[length - 1] == '*')
        return kstrncmp(pattern, word, length - 1) == 0;
    return kstreq(pattern, word);
}

/* ---- the list of services -------------------------------------------------------------------- */

static struct init_service *init_find(struct init *init, const char *name)
{
    for (unsigned i = 0; i < init->count; i++) {
        if (kstreq(init->services[i].name, name))
            return &init->services[i];
    }
    return NULL;
}

/* What stands between the name and the command. */
static bool init_parse_options(struct init_service *service, const char **text)
{
    char word[INIT_WORD_MAX];
    while (init_next_word(text, ' ', word, sizeof word)) {
        if (kstreq(word, "run"))
            return true;
        bool known = true;
        if (kstreq(word, "oneshot"))
            service->oneshot = true;
        else if (kstreq(word, "provides"))
            known = init_next_word(text, ' ', service->provides, sizeof service->provides);
        else if (kstreq(word, "after"))
            known = init_next_word(text, ' ', service->after, sizeof service->after);
        else
            known = false;
        if (!known)
            return false;
    }
    return false;
}

static bool init_parse_line(struct init *init, const char *line)
{
    char word[INIT_WORD_MAX];
    if (line[0] == '\0' || line[0] == '#')
        return true;
    struct init_service *service = &init->services[init->count];
    if (init->count == INIT_SERVICES_MAX)
        return false;
    memset(service, 0, sizeof *service);
    if (!init_next_word(&line, ' ', word, sizeof word) || !kstreq(word, "service") ||
        !init_next_word(&line, ' ', service->name, sizeof service->name) ||
        init_find(init, service->name) != NULL || !init_parse_options(service, &line))
        return false;
    while (*line == ' ')
        line++;
    if (*line == '\0' ||
        kstrlcpy(service->command, line, sizeof service->command) >= sizeof service->command)
        return false;
    init->count++;
    return true;
}

/* Whoever one comes after has to stand before it: so there are no circles. */
static bool init_check_order(struct init *init, const struct init_service *service)
{
    char name[INIT_WORD_MAX];
    const char *after = service->after;
    while (init_next_word(&after, ',', name, sizeof name)) {
        const struct init_service *other = init_find(init, name);
        if (other == NULL || other >= service) {
            user_error("init", "%s comes after %s, which does not stand before it", service->name,
                       name);
            return false;
        }
    }
    return true;
}

static bool init_parse(struct init *init, char *text)
{
    unsigned number = 1;
    for (char *line = text; *line != '\0'; number++) {
        char *end = line;
        while (*end != '\0' && *end != '\n')
            end++;
        char *following = *end == '\n' ? end + 1 : end;
        *end = '\0';
        if (!init_parse_line(init, line)) {
            user_error("init", INIT_FILE ":%u: '%s' is no service", number, line);
            return false;
        }
        if (init->count > 0 && !init_check_order(init, &init->services[init->count - 1]))
            return false;
        line = following;
    }
    return true;
}

static bool init_read_services(struct init *init)
{
    char text[INIT_TEXT_MAX];
    long file = user_open(INIT_FILE, O_RDONLY);
    long length = file >= 0 ? user_read((int)file, text, sizeof text - 1) : 0;
    if (file < 0)
        (void)kstrlcpy(text, init_default, sizeof text);
    else
        text[length > 0 ? length : 0] = '\0';
    if (file >= 0)
        (void)user_close((int)file);
    return init_parse(init, text);
}

/* ---- what they wait for ---------------------------------------------------------------------- */

/* Whether a scheme is registered, by its name or pattern. */
static bool init_is_registered(const char *names, const char *pattern)
{
    char name[SCHEME_NAME_MAX];
    while (init_next_word(&names, '\n', name, sizeof name)) {
        if (init_word_matches(pattern, name))
            return true;
    }
    return false;
}

/* The first that is missing; false: none. */
static bool init_find_missing(const struct init_service *service, const char *names, char *missing,
                              size_t size)
{
    const char *provides = service->provides;
    while (init_next_word(&provides, ',', missing, size)) {
        if (!init_is_registered(names, missing))
            return true;
    }
    return false;
}

/* The first before it that is not up; NULL: it may start. */
static const struct init_service *init_find_blocker(struct init *init,
                                                    const struct init_service *service)
{
    char name[INIT_WORD_MAX];
    const char *after = service->after;
    while (init_next_word(&after, ',', name, sizeof name)) {
        const struct init_service *other = init_find(init, name);
        if (!other->up)
            return other;
    }
    return NULL;
}

static void init_read_names(const struct init *init, char *names, size_t size)
{
    long length = user_seek(init->names, 0, SEEK_SET);
    if (length == 0)
        length = user_read(init->names, names, size - 1);
    names[length > 0 ? length : 0] = '\0';
}

static void init_say_what_is_missing(struct init *init, const char *names)
{
    char missing[INIT_WORD_MAX];
    for (unsigned i = 0; i < init->count; i++) {
        const struct init_service *service = &init->services[i];
        const struct init_service *blocker = init_find_blocker(init, service);
        if (service->up)
            continue;
        if (blocker != NULL)
            user_error("init", "%s waits for %s", service->name, blocker->name);
        else if (init_find_missing(service, names, missing, sizeof missing))
            user_error("init", "%s has not registered %s", service->name, missing);
        else
            user_error("init", "%s has not ended", service->name);
    }
}

/* ---- starting and ending --------------------------------------------------------------------- */

static bool init_start(struct init_service *service)
{
    struct user_output output = {.used = 0};
    long task = sys_spawn(service->command);
    if (task < 0) {
        user_error("init", "%s cannot be started: %s", service->name, errno_text(task));
        return false;
    }
    service->task = (uint32_t)task;
    user_print(&output, "init: %s: %s\n", service->name, service->command);
    return true;
}

/* One pass over all, in order: whoever is up lets those behind it start. */
static bool init_advance(struct init *init, const char *names)
{
    char missing[INIT_WORD_MAX];
    for (unsigned i = 0; i < init->count; i++) {
        struct init_service *service = &init->services[i];
        if (!service->ended && service->task == 0 && init_find_blocker(init, service) == NULL &&
            !init_start(service))
            return false;
        if (service->task != 0 && !service->oneshot && !service->up)
            service->up = !init_find_missing(service, names, missing, sizeof missing);
    }
    return true;
}

/* A service has ended: whether that is as it should be. */
static bool init_end(struct init *init, uint32_t task, int status)
{
    for (unsigned i = 0; i < init->count; i++) {
        struct init_service *service = &init->services[i];
        if (service->task != task)
            continue;
        service->task = 0;
        service->ended = true;
        if (service->oneshot && status == 0) {
            service->up = true;
            return true;
        }
        user_error("init", "%s ended with status %d", service->name, status);
        return init->ready;
    }
    return true;
}

static bool init_reap(struct init *init)
{
    int status;
    long task;
    while ((task = sys_wait(0, &status, WNOHANG)) > 0) {
        if (!init_end(init, (uint32_t)task, status))
            return false;
    }
    return true;
}

static bool init_is_complete(const struct init *init)
{
    for (unsigned i = 0; i < init->count; i++) {
        if (!init->services[i].up)
            return false;
    }
    return true;
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Names that come and go, children that end, and patience that does. */
static bool init_open(struct init *init)
{
    struct kernel_timespec deadline;
    init->queue = (int)user_open("/scheme/event", O_RDWR);
    init->names = (int)user_open(SCHEME_ROOT, O_RDONLY);
    init->clock = (int)user_open("/scheme/time/1", O_RDWR);
    int children = (int)user_open("/scheme/child", O_RDONLY);
    (void)user_read(init->clock, &deadline, sizeof deadline);
    deadline.tv_sec += INIT_PATIENCE_S;
    long error = user_write(init->clock, &deadline, sizeof deadline);
    if (error > 0)
        error = sys_watch(init->queue, init->names, EVENT_READ, (uint64_t)init->names);
    if (error == 0)
        error = sys_watch(init->queue, children, EVENT_READ, (uint64_t)children);
    if (error == 0)
        error = sys_watch(init->queue, init->clock, EVENT_READ, (uint64_t)init->clock);
    if (error != 0)
        user_error("init", "cannot watch the machine: %s", errno_text(error));
    return error == 0;
}

/* Until something happens: false when that is the end of patience. */
static bool init_wait(struct init *init)
{
    struct event_entry entry;
    if (user_read(init->queue, &entry, sizeof entry) != sizeof entry)
        return false;
    return entry.data != (uint64_t)init->clock;
}

static bool init_step(struct init *init)
{
    char names[INIT_NAMES_MAX];
    init_read_names(init, names, sizeof names);
    if (!init_reap(init) || !init_advance(init, names))
        return false;
    if (!init->ready && init_is_complete(init)) {
        init->ready = true;
        (void)sys_watch(init->queue, init->clock, 0, 0);
        (void)user_close(init->clock);
        (void)sys_ready();
    }
    if (init_wait(init) || init->ready)
        return true;
    init_read_names(init, names, sizeof names);
    user_error("init", "after %d s not all is up", INIT_PATIENCE_S);
    init_say_what_is_missing(init, names);
    return false;
}

int init_main(int argc, char **argv)
{
    struct init init = {.count = 0};
    (void)argv;
    if (argc != 1) {
        user_error("init", "usage: init");
        return USER_EXIT_USAGE;
    }
    if (!init_read_services(&init) || !init_open(&init))
        return 1;
    while (init_step(&init))
        continue;
    return 1;
}
