/* user.c - what the programs have instead of a C library */
#include "programs/user.h"

#include "lib/endian.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"
#include "programs/user_schemes.h"

#include <stdarg.h>

/* ---- system calls ---------------------------------------------------------------------------- */

long user_open(const char *path, int flags)
{
    /* On the stack it lies in RAM also where the program's constants do not, as in unit tests. */
    char copy[USER_PATH_MAX];
    if (!system_has_sockets())
        path = user_scheme_path(path, copy);
    if (path != copy && kstrlcpy(copy, path, sizeof copy) >= sizeof copy)
        return -KENAMETOOLONG;
    return system_call(SYS_OPENAT, AT_FDCWD, (long)copy, flags, 0644, 0, 0);
}

long user_read(int descriptor, void *buffer, size_t size)
{
    return system_call(SYS_READ, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

long user_write(int descriptor, const void *buffer, size_t size)
{
    return system_call(SYS_WRITE, descriptor, (long)buffer, (long)size, 0, 0, 0);
}

long user_close(int descriptor)
{
    return system_call(SYS_CLOSE, descriptor, 0, 0, 0, 0, 0);
}

long user_ioctl(int descriptor, unsigned long request, void *argument)
{
    if (!system_has_sockets())
        return user_scheme_ioctl(descriptor, request, argument);
    return system_call(SYS_IOCTL, descriptor, (long)request, (long)argument, 0, 0, 0);
}

/* A kernel without sockets has schemes in their place. */

long user_socket(int family, int type, int protocol)
{
    if (!system_has_sockets())
        return user_scheme_socket(family, type, protocol);
    return system_call(SYS_SOCKET, family, type, protocol, 0, 0, 0);
}

long user_bind(int descriptor, const struct sockaddr_in *address)
{
    if (!system_has_sockets())
        return user_scheme_bind(descriptor, address);
    return system_call(SYS_BIND, descriptor, (long)address, sizeof(struct sockaddr_in), 0, 0, 0);
}

long user_sendto(int descriptor, const void *buffer, size_t size, const struct sockaddr_in *to)
{
    if (!system_has_sockets())
        return user_scheme_send(descriptor, buffer, size, 0, to);
    return system_call(SYS_SENDTO, descriptor, (long)buffer, (long)size, 0, (long)to,
                       sizeof(struct sockaddr_in));
}

long user_recvfrom(int descriptor, void *buffer, size_t size, struct sockaddr_in *from)
{
    uint32_t from_size = sizeof *from;
    if (!system_has_sockets())
        return user_scheme_recv(descriptor, buffer, size, 0, from);
    return system_call(SYS_RECVFROM, descriptor, (long)buffer, (long)size, 0, (long)from,
                       (long)&from_size);
}

long user_setsockopt(int descriptor, int level, int name, const void *value, size_t size)
{
    if (!system_has_sockets())
        return user_scheme_setsockopt(descriptor, level, name, value, size);
    return system_call(SYS_SETSOCKOPT, descriptor, level, name, (long)value, (long)size, 0);
}

long user_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size)
{
    if (!system_has_sockets())
        return user_scheme_getsockopt(descriptor, level, name, value, size);
    return system_call(SYS_GETSOCKOPT, descriptor, level, name, (long)value, (long)size, 0);
}

long user_connect(int descriptor, const struct sockaddr_in *address)
{
    if (!system_has_sockets())
        return user_scheme_connect(descriptor, address);
    return system_call(SYS_CONNECT, descriptor, (long)address, sizeof(struct sockaddr_in), 0, 0, 0);
}

long user_listen(int descriptor, int backlog)
{
    if (!system_has_sockets())
        return user_scheme_listen(descriptor, backlog);
    return system_call(SYS_LISTEN, descriptor, backlog, 0, 0, 0, 0);
}

long user_accept(int descriptor, struct sockaddr_in *from, int flags)
{
    uint32_t from_size = sizeof *from;
    if (!system_has_sockets())
        return user_scheme_accept(descriptor, from, flags);
    return system_call(SYS_ACCEPT4, descriptor, (long)from, (long)&from_size, flags, 0, 0);
}

long user_send(int descriptor, const void *buffer, size_t size, int flags)
{
    if (!system_has_sockets())
        return user_scheme_send(descriptor, buffer, size, flags, NULL);
    return system_call(SYS_SENDTO, descriptor, (long)buffer, (long)size, flags, 0, 0);
}

long user_recv(int descriptor, void *buffer, size_t size, int flags)
{
    if (!system_has_sockets())
        return user_scheme_recv(descriptor, buffer, size, flags, NULL);
    return system_call(SYS_RECVFROM, descriptor, (long)buffer, (long)size, flags, 0, 0);
}

long user_sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    if (!system_has_sockets())
        return user_scheme_sendmsg(descriptor, message, flags);
    return system_call(SYS_SENDMSG, descriptor, (long)message, flags, 0, 0, 0);
}

long user_recvmsg(int descriptor, struct msghdr *message, int flags)
{
    if (!system_has_sockets())
        return user_scheme_recvmsg(descriptor, message, flags);
    return system_call(SYS_RECVMSG, descriptor, (long)message, flags, 0, 0, 0);
}

long user_shutdown(int descriptor, int how)
{
    if (!system_has_sockets())
        return user_scheme_shutdown(descriptor, how);
    return system_call(SYS_SHUTDOWN, descriptor, how, 0, 0, 0, 0);
}

long user_getsockname(int descriptor, struct sockaddr_in *name)
{
    uint32_t size = sizeof *name;
    if (!system_has_sockets())
        return user_scheme_getname(descriptor, false, name);
    return system_call(SYS_GETSOCKNAME, descriptor, (long)name, (long)&size, 0, 0, 0);
}

static struct kernel_timespec user_timespec(uint64_t ns)
{
    return (struct kernel_timespec){
        .tv_sec = (int64_t)(ns / USER_NS_PER_S),
        .tv_nsec = (int64_t)(ns % USER_NS_PER_S),
    };
}

long user_poll(struct pollfd *entries, size_t count, uint64_t timeout_ns)
{
    struct kernel_timespec timeout = user_timespec(timeout_ns);
    if (!system_has_sockets())
        return user_scheme_poll(entries, count, timeout_ns);
    return system_call(SYS_PPOLL, (long)entries, (long)count,
                       timeout_ns != UINT64_MAX ? (long)&timeout : 0, 0, SIGSET_SIZE, 0);
}

long user_eventfd(uint32_t count, int flags)
{
    return system_call(SYS_EVENTFD2, count, flags, 0, 0, 0, 0);
}

long user_epoll_create(void)
{
    if (!system_has_sockets())
        return user_scheme_epoll_create();
    return system_call(SYS_EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0);
}

long user_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events, uint64_t data)
{
    struct epoll_event event = {events, data};
    if (!system_has_sockets())
        return user_scheme_epoll_ctl(epoll, operation, descriptor, events, data);
    return system_call(SYS_EPOLL_CTL, epoll, operation, descriptor, (long)&event, 0, 0);
}

long user_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
    if (!system_has_sockets())
        return user_scheme_epoll_wait(epoll, events, max, timeout_ms);
    return system_call(SYS_EPOLL_PWAIT, epoll, (long)events, max, timeout_ms, 0, SIGSET_SIZE);
}

long user_seek(int descriptor, int64_t offset, int from)
{
    return system_call(SYS_LSEEK, descriptor, offset, from, 0, 0, 0);
}

long user_kill(int pid, int number)
{
    return system_call(SYS_KILL, pid, number, 0, 0, 0, 0);
}

long user_on_signal(int number, signal_handler_fn *handler)
{
    struct kernel_sigaction action = {.sa_handler = handler};
    return system_call(SYS_RT_SIGACTION, number, (long)&action, 0, SIGSET_SIZE, 0, 0);
}

long user_alarm(uint64_t after_ns)
{
    struct kernel_itimerval value = {
        .it_value = {(int64_t)(after_ns / USER_NS_PER_S),
                     (int64_t)(after_ns % USER_NS_PER_S / USER_NS_PER_US)},
    };
    return system_call(SYS_SETITIMER, ITIMER_REAL, (long)&value, 0, 0, 0, 0);
}

void user_exit(int status)
{
    (void)system_call(SYS_EXIT, status, 0, 0, 0, 0, 0);
}

long user_write_all(int descriptor, const void *buffer, size_t size)
{
    for (size_t done = 0; done < size;) {
        long result = user_write(descriptor, (const char *)buffer + done, size - done);
        if (result < 0)
            return result;
        done += (size_t)result;
    }
    return 0;
}

long user_sleep_ns(uint64_t duration_ns)
{
    struct kernel_timespec duration = user_timespec(duration_ns);
    return system_call(SYS_NANOSLEEP, (long)&duration, 0, 0, 0, 0, 0);
}

static uint64_t user_clock_ns(long clock)
{
    struct kernel_timespec now = {0};
    (void)system_call(SYS_CLOCK_GETTIME, clock, (long)&now, 0, 0, 0, 0);
    return (uint64_t)now.tv_sec * USER_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t user_now_ns(void)
{
    return user_clock_ns(CLOCK_MONOTONIC);
}

uint64_t user_realtime_ns(void)
{
    return user_clock_ns(CLOCK_REALTIME);
}

long user_random(void *buffer, size_t size)
{
    return system_call(SYS_GETRANDOM, (long)buffer, (long)size, 0, 0, 0, 0);
}

struct sockaddr_in user_address(uint32_t address)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = host_to_net32(address)};
}

struct sockaddr_in user_endpoint(uint32_t address, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = host_to_net16(port),
        .sin_addr = host_to_net32(address),
    };
}

/* ---- output ---------------------------------------------------------------------------------- */

static void user_flush(struct user_output *output)
{
    (void)user_write(1, output->line, output->used); /* there is nowhere to complain */
    output->used = 0;
}

static void user_put(struct user_output *output, char character)
{
    output->line[output->used++] = character;
    if (character == '\n' || output->used == sizeof output->line)
        user_flush(output);
}

void user_print_text(struct user_output *output, const char *text)
{
    for (const char *rest = text; *rest != '\0'; rest++)
        user_put(output, *rest);
}

void user_print(struct user_output *output, const char *format, ...)
{
    char text[USER_LINE_MAX];
    va_list args;
    va_start(args, format);
    kvsnprintf(text, sizeof text, format, args);
    va_end(args);
    user_print_text(output, text);
}

void user_error(const char *program, const char *format, ...)
{
    char line[USER_LINE_MAX];
    size_t used = ksnprintf(line, sizeof line, "%s: ", program);
    va_list args;
    va_start(args, format);
    used += kvsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    if (used > sizeof line - 1)
        used = sizeof line - 1;
    line[used] = '\n'; /* over the NUL */
    (void)user_write(2, line, used + 1);
}

int user_fail(const char *program, const char *what, long error)
{
    user_error(program, "%s: %s", what, errno_text(error));
    return 1;
}

/* ---- options --------------------------------------------------------------------------------- */

/*
 * Goes to the argument that holds the next option; operands on the way are gathered at the front.
 * False at the end.
 */
static bool user_find_option(struct user_options *options)
{
    for (options->index++; options->index < options->argc; options->index++) {
        char *argument = options->argv[options->index];
        if (!options->only_operands && kstreq(argument, "--")) {
            options->only_operands = true;
        } else if (!options->only_operands && argument[0] == '-' && argument[1] != '\0') {
            options->cluster = argument + 1;
            return true;
        } else {
            options->operands[options->operand_count++] = argument;
        }
    }
    return false;
}

/* The value of an option: the rest of its argument, or the next one. */
static int user_take_value(struct user_options *options, int letter)
{
    const char *program = options->argv[0];
    if (*options->cluster != '\0') {
        options->value = options->cluster;
    } else if (options->index + 1 < options->argc) {
        options->value = options->argv[++options->index];
    } else {
        user_error(program, "option requires an argument -- '%c'", letter);
        return '?';
    }
    options->cluster = NULL;
    return letter;
}

/* "--name", "--name value" or "--name=value": the letter behind it. */
static int user_take_long(struct user_options *options)
{
    const char *name = options->cluster + 1;
    const char *equals = kstrchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : kstrlen(name);
    const struct user_long_option *known = options->long_known;
    while (known != NULL && known->name != NULL &&
           (kstrlen(known->name) != length || kstrncmp(known->name, name, length) != 0))
        known++;
    if (known == NULL || known->name == NULL) {
        user_error(options->argv[0], "unrecognized option '-%s'", options->cluster);
        return '?';
    }
    const char *letter = kstrchr(options->known, known->letter);
    options->cluster = "";
    if (letter != NULL && letter[1] == ':') {
        options->cluster = equals != NULL ? equals + 1 : "";
        return user_take_value(options, known->letter);
    }
    return known->letter;
}

int user_next_option(struct user_options *options)
{
    if (options->index == 0)
        options->operands = options->argv + 1;
    if (options->cluster == NULL || *options->cluster == '\0') {
        if (!user_find_option(options))
            return 0;
        if (options->cluster[0] == '-')
            return user_take_long(options);
    }
    char letter = *options->cluster++;
    const char *known = letter != ':' ? kstrchr(options->known, letter) : NULL;
    if (known == NULL) {
        user_error(options->argv[0], "invalid option -- '%c'", letter);
        return '?';
    }
    return known[1] == ':' ? user_take_value(options, letter) : letter;
}
