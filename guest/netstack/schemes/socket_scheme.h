/*
 * socket_scheme.h - what the schemes ip, icmp, udp and tcp have in common
 *
 * A scheme has files, which the kernel calls by the numbers of their handles; several of them may
 * be of one socket, which lives as long as they do. What a socket can do is a table of its
 * protocol's. Here are: the life of files, names and settings, operations that have to wait, and
 * readiness.
 *
 * Waiting. An operation of the protocol says -KEAGAIN when it can do nothing now. Then the request
 * is kept, behind those of its socket that came before, and is tried again when the socket has
 * changed, until it has an answer; -KEAGAIN at its deadline; -KEINTR when the caller has a signal.
 *
 * Readiness is told on edges, for each file on its own:
 *
 *     not watched --EVENTS--> watched, armed --it is ready: an event--> told
 *     told --I/O that succeeded, EVENTS, or it is ready no longer--> armed
 *
 * Settings are no I/O: who only asks is told nothing by it.
 *
 * Whoever lets the stack work calls socket_scheme_notify() afterwards: only then are those that
 * wait tried again, and events posted. It visits the sockets that have changed, not all of them.
 * Under the lock of the stack.
 */
#ifndef NETSTACK_SCHEMES_SOCKET_SCHEME_H
#define NETSTACK_SCHEMES_SOCKET_SCHEME_H

#include "kernel/scheme_net.h"
#include "lib/list.h"
#include "netstack/schemes/provider.h"

#include <stdbool.h>
#include <stddef.h>

#define SOCKET_FILES_MAX   2048
#define SOCKET_WAITERS_MAX 512 /* operations that wait, in all schemes; more: -KENOBUFS */

struct interface;
struct socket_scheme;

/* A protocol's socket begins with it. */
struct net_socket {
    struct socket_scheme *scheme;
    unsigned file_count;
    struct list files;   /* struct socket_file.of_socket */
    struct list waiters; /* struct socket_waiter.of_socket, the oldest first */
    struct list changed; /* of the scheme's, while it is in there */
    uint64_t read_timeout_ns, write_timeout_ns; /* WAIT_FOREVER: none */
};

enum socket_file_kind {
    SOCKET_FILE_PLAIN,
    SOCKET_FILE_PEEK,    /* reads take nothing away */
    SOCKET_FILE_SETTING, /* is the value of a setting */
};

struct socket_file {
    struct list of_socket;
    struct net_socket *socket; /* NULL: not in use */
    enum socket_file_kind kind;
    enum net_setting setting;
    struct net_name remote; /* where writes go, if that is not the socket's business */
    unsigned watched;       /* EVENT_READ … */
    unsigned told;
};

/*
 * Results are bytes, or 0, or a negative error; of reading and writing -KEAGAIN means: not now.
 * Data are borrowed.
 */
struct socket_protocol {
    const char *scheme; /* its name */
    /* A socket without a name. NULL: there are too many. The base is filled in by the caller. */
    struct net_socket *(*open)(void);
    void (*close)(struct net_socket *socket, uint64_t now_ns);
    /* Gives the socket of the file a name, or the file a remote one. `connect`: opens with it. */
    int (*name)(struct socket_file *file, const char *path, bool connect, uint64_t now_ns);
    /* NULL: nothing to accept. */
    struct net_socket *(*accept)(struct net_socket *listener, int *error);
    /* Of one that was accepted, to the bench. NULL: no such thing. */
    void (*tell_name)(const struct net_socket *socket);
    long (*read)(struct socket_file *file, void *data, size_t size, uint64_t now_ns);
    long (*write)(struct socket_file *file, const void *data, size_t size, uint64_t now_ns);
    /* 0: what was begun is done. NULL: it always is. */
    int (*settle)(struct net_socket *socket);
    unsigned (*readiness)(const struct net_socket *socket); /* POLLIN and so on (syscall.h) */
    long (*get)(struct net_socket *socket, enum net_setting setting, void *value, size_t size);
    long (*set)(struct net_socket *socket, enum net_setting setting, const void *value, size_t size,
                uint64_t now_ns);
};

struct socket_scheme {
    const struct socket_protocol *protocol;
    struct provider_port *port;
    struct list changed;   /* struct net_socket.changed */
    struct list deadlines; /* struct socket_waiter.of_deadlines, the earliest first */
};

/* Once, before the first scheme: empties the pools. */
void socket_schemes_init(void);
/* Keeps both. */
void socket_scheme_init(struct socket_scheme *scheme, const struct socket_protocol *protocol,
                        struct provider_port *port);

/* A request that was read. */
void socket_scheme_request(struct socket_scheme *scheme, const struct scheme_request *request,
                           uint64_t now_ns);
/*
 * Tries those that wait for what has changed, ends those that have waited long enough, posts
 * events.
 */
void socket_scheme_notify(struct socket_scheme *scheme, uint64_t now_ns);
/* When it has to be called for a timeout; WAIT_FOREVER: never. */
uint64_t socket_scheme_deadline_ns(const struct socket_scheme *scheme);

/* ---- for protocols --------------------------------------------------------------------------- */

/* From the stack's hooks: those who wait for the socket may have waited long enough. */
void net_socket_changed(struct net_socket *socket);

/* A value of four bytes. */
long net_setting_put(void *value, size_t size, int32_t number);
long net_setting_get(const void *value, size_t size, int32_t *number);
/* The name of an interface; NULL is any. */
long net_setting_put_device(void *value, size_t size, const struct interface *device);

/* "10.0.2.2:53"; an address or a port that is missing is 0. False: it is neither. */
bool net_name_parse(const char *text, size_t length, struct net_name *name);
/* "REMOTE/LOCAL", "REMOTE" or "/LOCAL". */
bool net_names_parse(const char *path, struct net_names *names);

#endif
