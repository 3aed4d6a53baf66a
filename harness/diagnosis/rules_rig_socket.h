/*
 * rules_rig_socket.h - for the tests of this folder: the calls of a program on a socket
 */
#ifndef HARNESS_DIAGNOSIS_RULES_RIG_SOCKET_H
#define HARNESS_DIAGNOSIS_RULES_RIG_SOCKET_H

#include "harness/diagnosis/rules_rig_wire.h"

#define RIG_CURL     "curl http://10.0.2.2/"
#define RIG_FD       3
#define RIG_OBJECT   0x77
#define RIG_NONBLOCK 04000
#define RIG_POLLIN   0x001
#define RIG_POLLOUT  0x004
#define RIG_POLLERR  0x008
#define RIG_POLLHUP  0x010
#define RIG_EDGE     (1U << 31)
#define RIG_ONESHOT  (1U << 30)

static inline void rig_enter(struct rig *rig, const char *call, uint64_t a0, uint64_t a1,
                             uint64_t a2, uint64_t a3)
{
    trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(RIG_PING));
    trace_emit(rig->trace, TRACE_CALL_ENTERED, TN(RIG_PING), TS(call), TN(a0), TN(a1), TN(a2),
               TN(a3));
}

static inline void rig_return(struct rig *rig, const char *call, int64_t result)
{
    trace_emit(rig->trace, TRACE_CALL_RETURNED, TN(RIG_PING), TS(call), TN(result));
}

static inline void rig_do(struct rig *rig, const char *call, uint64_t a1, uint64_t a2,
                          int64_t result)
{
    rig_enter(rig, call, RIG_FD, a1, a2, 0);
    rig_return(rig, call, result);
}

static inline void rig_sleep(struct rig *rig, const char *on, uint64_t deadline_ns)
{
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS(on), TN(9), TN(deadline_ns));
}

static inline void rig_wake(struct rig *rig)
{
    trace_emit(rig->trace, TRACE_TASK_WOKEN, TN(RIG_PING));
    trace_emit(rig->trace, TRACE_TASK_RUNNING, TN(RIG_PING));
}

static inline void rig_asked(struct rig *rig, int64_t descriptor, const char *what, uint64_t value)
{
    trace_emit(rig->trace, TRACE_CALL_ASKED, TN(RIG_PING), TN(descriptor), TS(what), TN(value));
}

static inline void rig_told(struct rig *rig, const char *what, uint64_t value)
{
    trace_emit(rig->trace, TRACE_CALL_TOLD, TN(RIG_PING), TN(RIG_FD), TS(what), TN(value));
}

/* ppoll() of the socket that ends at once; `told` 0: without having anything to say. */
static inline void rig_poll(struct rig *rig, unsigned asked, unsigned told)
{
    rig_enter(rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(rig, RIG_FD, "ready", asked);
    if (told != 0) {
        rig_told(rig, "ready", told);
    }
    rig_return(rig, "ppoll", told != 0);
}

/* The same, and it sleeps. */
static inline void rig_poll_sleeps(struct rig *rig, unsigned asked)
{
    rig_enter(rig, "ppoll", 0x1000, 1, 0, 0);
    rig_asked(rig, RIG_FD, "ready", asked);
    rig_sleep(rig, "poll", UINT64_MAX);
}

/* epoll_ctl(): the socket is in a set, with these events. */
static inline void rig_watch(struct rig *rig, unsigned events)
{
    rig_enter(rig, "epoll_ctl", 4, 1, RIG_FD, 0x1000);
    rig_asked(rig, RIG_FD, "watch", events);
    rig_return(rig, "epoll_ctl", 0);
}

/* epoll_pwait() that ends at once; `told` 0: without having anything to say. */
static inline void rig_epoll(struct rig *rig, unsigned told)
{
    rig_enter(rig, "epoll_pwait", 4, 0x1000, 8, 0);
    if (told != 0) {
        rig_told(rig, "ready", told);
    }
    rig_return(rig, "epoll_pwait", told != 0);
}

/* The same, and it sleeps. */
static inline void rig_epoll_sleeps(struct rig *rig)
{
    rig_enter(rig, "epoll_pwait", 4, 0x1000, 8, 0);
    rig_sleep(rig, "poll", UINT64_MAX);
}

static inline void rig_socket(struct rig *rig, unsigned type, unsigned protocol)
{
    rig_enter(rig, "socket", 2, type, protocol, 0);
    rig_told(rig, "socket", RIG_OBJECT);
    rig_return(rig, "socket", RIG_FD);
}

static inline void rig_name(struct rig *rig, unsigned protocol, uint32_t peer, unsigned peer_port)
{
    trace_emit(rig->trace, TRACE_SOCKET_NAMED, TN(RIG_OBJECT), TN(protocol), TN(RIG_SELF),
               TN(RIG_PORT), TN(peer), TN(peer_port));
}

/* A program that has called connect(), with its SYN at the peer; the call is not over. */
static inline void rig_connect(struct rig *rig, unsigned flags)
{
    rig_open(rig, RIG_CURL);
    rig_socket(rig, 1 | flags, 6);
    rig_enter(rig, "connect", RIG_FD, 0, 16, 0);
    rig_name(rig, 6, RIG_PEER, 80);
    rig_syn(rig);
}

/* The same as curl does it: EINPROGRESS. */
static inline void rig_begin(struct rig *rig)
{
    rig_connect(rig, RIG_NONBLOCK);
    rig_return(rig, "connect", -115);
}

/* And the handshake is done, and was told. */
static inline void rig_establish(struct rig *rig)
{
    rig_begin(rig);
    rig_syn_ack(rig);
    rig_poll(rig, RIG_POLLOUT, RIG_POLLOUT);
    rig_segment(rig, LEDGER_OUT, RIG_ACK, RIG_ISS + 1, RIG_IRS + 1, 0);
}

/* A connected UDP socket. */
static inline void rig_ask_udp(struct rig *rig)
{
    rig_open(rig, "nslookup name 10.0.2.2");
    rig_socket(rig, 2, 17);
    rig_enter(rig, "connect", RIG_FD, 0, 16, 0);
    rig_name(rig, 17, RIG_PEER, 53);
    rig_return(rig, "connect", 0);
}

#endif
