/*
 * user.h - what the programs have instead of a C library
 *
 * Wrappers of the system calls that they use, output by lines, options. Several programs run in
 * one image, perhaps the same one twice: everything lives on the caller's stack, nothing is
 * static.
 */
#ifndef PROGRAMS_USER_H
#define PROGRAMS_USER_H

#include "kernel/syscall.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_NS_PER_S  UINT64_C(1000000000)
#define USER_NS_PER_MS UINT64_C(1000000)
#define USER_NS_PER_US UINT64_C(1000)

/* Exit statuses that all programs share. */
#define USER_EXIT_USAGE 2

/* ---- system calls: results as the kernel gives them, errors negated -------------------------- */

long user_open(const char *path, int flags);
long user_read(int descriptor, void *buffer, size_t size);
long user_write(int descriptor, const void *buffer, size_t size);
long user_close(int descriptor);
long user_ioctl(int descriptor, unsigned long request, void *argument);
long user_socket(int family, int type, int protocol);
long user_bind(int descriptor, const struct sockaddr_in *address);
long user_sendto(int descriptor, const void *buffer, size_t size, const struct sockaddr_in *to);
long user_recvfrom(int descriptor, void *buffer, size_t size, struct sockaddr_in *from);
long user_setsockopt(int descriptor, int level, int name, const void *value, size_t size);
long user_getsockopt(int descriptor, int level, int name, void *value, uint32_t *size);
long user_sleep_ns(uint64_t duration_ns);
uint64_t user_now_ns(void);
uint64_t user_realtime_ns(void); /* since 1970, in UTC */
long user_random(void *buffer, size_t size);

/* An address in host order. */
struct sockaddr_in user_address(uint32_t address);

/* ---- output: a line is one write ------------------------------------------------------------- */

#define USER_LINE_MAX 256

struct user_output {
    size_t used;
    char line[USER_LINE_MAX];
};

/* To standard output. What is printed stays here until its line ends. */
void user_print(struct user_output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* To standard error, at once: "PROGRAM: …", with the end of the line. */
void user_error(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- options, as getopt(3) ------------------------------------------------------------------- */

/*
 *     struct user_options options = {.argc = argc, .argv = argv, .known = "c:q"};
 *     int option;
 *     while ((option = user_next_option(&options)) != 0)      -- a letter, or '?' after a message
 *
 * Afterwards the operands are options.operands[0 .. operand_count - 1], wherever they stood. "--"
 * ends the options.
 */
struct user_options {
    int argc;
    char **argv;       /* is reordered */
    const char *known; /* letters; a colon behind one that takes a value */
    const char *value; /* of the option that was returned */

    int index;           /* of the argument that is looked at; 0 before the first */
    const char *cluster; /* rest of "-qc3" */
    bool only_operands;  /* behind "--" */
    char **operands;
    int operand_count;
};

int user_next_option(struct user_options *options);

#endif
