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

#define USER_PATH_MAX  1024
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
long user_connect(int descriptor, const struct sockaddr_in *address);
long user_listen(int descriptor, int backlog);
long user_accept(int descriptor, struct sockaddr_in *from, int flags);
long user_send(int descriptor, const void *buffer, size_t size, int flags);
long user_recv(int descriptor, void *buffer, size_t size, int flags);
long user_sendmsg(int descriptor, const struct msghdr *message, int flags);
long user_recvmsg(int descriptor, struct msghdr *message, int flags);
long user_shutdown(int descriptor, int how);
long user_getsockname(int descriptor, struct sockaddr_in *name);
/* UINT64_MAX: without a timeout. */
long user_poll(struct pollfd *entries, size_t count, uint64_t timeout_ns);
long user_eventfd(uint32_t count, int flags);
long user_epoll_create(void);
long user_epoll_ctl(int epoll, int operation, int descriptor, uint32_t events, uint64_t data);
long user_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms);
long user_seek(int descriptor, int64_t offset, int from);
long user_kill(int pid, int number);
long user_on_signal(int number, signal_handler_fn *handler);
long user_alarm(uint64_t after_ns); /* 0: none any more */
void user_exit(int status);
/* Writes all of it: 0, or the error. */
long user_write_all(int descriptor, const void *buffer, size_t size);
long user_sleep_ns(uint64_t duration_ns);
uint64_t user_now_ns(void);
uint64_t user_realtime_ns(void); /* since 1970, in UTC */
long user_random(void *buffer, size_t size);

/* An address in host order, and with a port as well. */
struct sockaddr_in user_address(uint32_t address);
struct sockaddr_in user_endpoint(uint32_t address, uint16_t port);

/* ---- output: a line is one write ------------------------------------------------------------- */

#define USER_LINE_MAX 256

struct user_output {
    size_t used;
    char line[USER_LINE_MAX];
};

/* To standard output. What is printed stays here until its line ends. */
void user_print(struct user_output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of a text as it is, however long. */
void user_print_text(struct user_output *output, const char *text);
/* To standard error, at once: "PROGRAM: …", with the end of the line. */
void user_error(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same of what failed, and the error's name: 1, for an exit status. */
int user_fail(const char *program, const char *what, long error);

/* ---- options, as getopt(3) ------------------------------------------------------------------- */

/*
 *     struct user_options options = {.argc = argc, .argv = argv, .known = "c:q"};
 *     int option;
 *     while ((option = user_next_option(&options)) != 0)      -- a letter, or '?' after a message
 *
 * Afterwards the operands are options.operands[0 .. operand_count - 1], wherever they stood. "--"
 * ends the options.
 */
struct user_long_option {
    const char *name;
    char letter; /* in `known`; need not be one that can be typed */
};

struct user_options {
    int argc;
    char **argv;       /* is reordered */
    const char *known; /* letters; a colon behind one that takes a value */
    const char *value; /* of the option that was returned */
    /* Long names, ended by one that is NULL: "--max-time" is the option with this letter. */
    const struct user_long_option *long_known;

    int index;           /* of the argument that is looked at; 0 before the first */
    const char *cluster; /* rest of "-qc3" */
    bool only_operands;  /* behind "--" */
    char **operands;
    int operand_count;
};

int user_next_option(struct user_options *options);

#endif
