/* user.c - what the programs have instead of a C library */
#include "programs/user.h"

#include "lib/endian.h"
#include "lib/format.h"
#include "lib/string.h"

#include <stdarg.h>

/* ---- system calls ---------------------------------------------------------------------------- */

long user_open(const char *path, int flags)
{
    return system_call(SYS_OPENAT, AT_FDCWD, (long)path, flags, 0, 0, 0);
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
    return system_call(SYS_IOCTL, descriptor, (long)request, (long)argument, 0, 0, 0);
}

long user_socket(int family, int type, int protocol)
{
    return system_call(SYS_SOCKET, family, type, protocol, 0, 0, 0);
}

long user_bind(int descriptor, const struct sockaddr_in *address)
{
    return system_call(SYS_BIND, descriptor, (long)address, sizeof(struct sockaddr_in), 0, 0, 0);
}

long user_sendto(int descriptor, const void *buffer, size_t size, const struct sockaddr_in *to)
{
    return system_call(SYS_SENDTO, descriptor, (long)buffer, (long)size, 0, (long)to,
                       sizeof(struct sockaddr_in));
}

long user_recvfrom(int descriptor, void *buffer, size_t size, struct sockaddr_in *from)
{
    uint32_t from_size = sizeof *from;
    return system_call(SYS_RECVFROM, descriptor, (long)buffer, (long)size, 0, (long)from,
                       (long)&from_size);
}

long user_setsockopt(int descriptor, int level, int name, const void *value, size_t size)
{
    return system_call(SYS_SETSOCKOPT, descriptor, level, name, (long)value, (long)size, 0);
}

long user_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size)
{
    return system_call(SYS_GETSOCKOPT, descriptor, level, name, (long)value, (long)size, 0);
}

long user_sleep_ns(uint64_t duration_ns)
{
    struct kernel_timespec duration = {
        .tv_sec = (int64_t)(duration_ns / USER_NS_PER_S),
        .tv_nsec = (int64_t)(duration_ns % USER_NS_PER_S),
    };
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

void user_print(struct user_output *output, const char *format, ...)
{
    char text[USER_LINE_MAX];
    va_list args;
    va_start(args, format);
    kvsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (const char *rest = text; *rest != '\0'; rest++)
        user_put(output, *rest);
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

int user_next_option(struct user_options *options)
{
    if (options->index == 0)
        options->operands = options->argv + 1;
    if (options->cluster == NULL || *options->cluster == '\0') {
        if (!user_find_option(options))
            return 0;
    }
    char letter = *options->cluster++;
    const char *known = letter != ':' ? kstrchr(options->known, letter) : NULL;
    if (known == NULL) {
        user_error(options->argv[0], "invalid option -- '%c'", letter);
        return '?';
    }
    return known[1] == ':' ? user_take_value(options, letter) : letter;
}
