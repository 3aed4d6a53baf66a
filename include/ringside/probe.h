/*
 * probe.h - what only the guest knows, told to the bench
 *
 * Optional: a guest without probes runs as well, but its hangs are then explained from the hardware
 * side alone. Each call becomes one event of the trace, under the name given here. Probes take no
 * virtual time, never switch context and never take an interrupt. Build with RINGSIDE_NO_PROBES
 * (real hardware, another emulator) and they cost nothing.
 *
 * Strings are copied. Objects (what a task waits for, locks, timeouts) are named by any number that
 * is stable across runs, such as an index or an address in guest RAM; 0 means none. Tasks are
 * numbered by the guest from 1; 0 is the kernel outside of any task (boot, interrupts). Times are
 * nanoseconds of the machine's own clock, as the guest derives it from the counter; UINT64_MAX is
 * "no deadline".
 */
#ifndef RINGSIDE_PROBE_H
#define RINGSIDE_PROBE_H

#include <stddef.h>
#include <stdint.h>

#ifndef RINGSIDE_NO_PROBES
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a prototype does not stand in parentheses */
#define RINGSIDE_PROBE(prototype) void prototype;
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define RINGSIDE_PROBE(prototype)                                                                  \
    static inline void prototype                                                                   \
    {                                                                                              \
    }
#endif

/* The guest is up: programs may be started. Once. */
RINGSIDE_PROBE(probe_ready(void))

/* ---- tasks ----------------------------------------------------------------------------------- */
RINGSIDE_PROBE(probe_task_created(uint32_t task, const char *name, const void *context))
RINGSIDE_PROBE(probe_task_exited(uint32_t task))
/* `kind` is a word for what it waits on: irq, queue, timeout, lock, socket, task … */
RINGSIDE_PROBE(probe_task_blocked(uint32_t task, const char *kind, uint64_t object,
                                  uint64_t deadline_ns))
RINGSIDE_PROBE(probe_task_woken(uint32_t task))
RINGSIDE_PROBE(probe_task_running(uint32_t task))
/* A task gets a signal, which it may not look at before long. Signals have their POSIX numbers. */
RINGSIDE_PROBE(probe_task_signalled(uint32_t task, uint32_t signal))

/* ---- locks and timeouts ---------------------------------------------------------------------- */
/* Locks for which one sleeps: of tasks only. Locks of a name are ordered alike everywhere. */
RINGSIDE_PROBE(probe_lock_taken(uint64_t lock, const char *name))
RINGSIDE_PROBE(probe_lock_released(uint64_t lock))
/*
 * Locks for which one spins. They are taken too often for an event each: only checkers hear of
 * them. Called with the lock held. The name is a constant of the guest's image.
 */
RINGSIDE_PROBE(probe_spin_taken(uint64_t lock, const char *name))
RINGSIDE_PROBE(probe_spin_released(uint64_t lock))
RINGSIDE_PROBE(probe_timeout_registered(uint64_t timeout, uint64_t deadline_ns))
RINGSIDE_PROBE(probe_timeout_fired(uint64_t timeout))
RINGSIDE_PROBE(probe_timeout_cancelled(uint64_t timeout))

/* ---- system calls ---------------------------------------------------------------------------- */
/* The four first arguments, as registers would hold them. */
RINGSIDE_PROBE(probe_call_entered(uint32_t task, const char *call, uint64_t a0, uint64_t a1,
                                  uint64_t a2, uint64_t a3))
RINGSIDE_PROBE(probe_call_returned(uint32_t task, const char *call, int64_t result))

/*
 * What a call finds in the program's memory, told before it does anything; and what it left there,
 * told before it returns. `descriptor` is the file in question, -1 where it is the call itself.
 * `what` and `value` are, asked: "ready" events of poll(2) to wait for; "watch" those of an epoll
 * set from now on, with EPOLLET and EPOLLONESHOT, 0 when it is in none any more; "timeout" ns, of the call;
 * "receive-timeout" and "send-timeout" ns, 0 is for ever; "peer" address << 16 | port to connect
 * to; "system-file" 1, when what is opened lies below /proc/net, which programs take for granted.
 * Told: "socket" the object behind a new descriptor, as in probe_socket_named(), "file" of a file
 * with places; "ready" events; "error" SO_ERROR; "source" address << 16 | port of who sent, 0 when
 * none was written; "control" bytes of control messages, UINT64_MAX when they are none.
 */
RINGSIDE_PROBE(probe_call_asked(uint32_t task, int descriptor, const char *what, uint64_t value))
RINGSIDE_PROBE(probe_call_told(uint32_t task, int descriptor, const char *what, uint64_t value))
/* A socket has a name now: IP protocol, and IPv4 addresses and ports in host order, 0 for none. */
RINGSIDE_PROBE(probe_socket_named(uint64_t object, uint32_t protocol, uint32_t address,
                                  uint16_t port, uint32_t peer, uint16_t peer_port))

/*
 * A program configures itself by files: one of them cannot be read as what it should be; and an
 * interface has an address by them, in host order.
 */
RINGSIDE_PROBE(probe_config_rejected(const char *path))
RINGSIDE_PROBE(probe_config_applied(const char *interface, uint32_t address, uint32_t mask))

/*
 * Of a guest with two tables of routes: the one says that a destination can be reached, and the
 * other one, by which packets are sent, knows no way. In host order.
 */
RINGSIDE_PROBE(probe_route_disagreed(uint32_t address))

/* A program opened what an absolute path names: 0, or a negative error. */
RINGSIDE_PROBE(probe_file_opened(uint32_t task, const char *path, int result))

/* ---- schemes, requests, events --------------------------------------------------------------- */
/*
 * For guests in which one program serves another: a provider registers a scheme, under a name, and
 * what is asked of it are requests, each with a tag that is not used again. `operation` is a word:
 * open, dup, read, write, events, sync, close. `size` is that of its bytes. An answer is a result
 * or a negative error. `how` a request was cancelled: "taken-back" before the provider had it,
 * "told" when it was told that the caller has a signal, "abandoned" when the caller was killed, and
 * "ended" when the provider went away. A provider that works for several requests at once says for
 * which one whenever it goes on with another.
 */
RINGSIDE_PROBE(probe_scheme_registered(uint32_t task, uint64_t scheme, const char *name))
RINGSIDE_PROBE(probe_scheme_removed(uint64_t scheme, const char *name))
RINGSIDE_PROBE(probe_request_sent(uint64_t tag, uint32_t task, uint64_t scheme,
                                  const char *operation, uint64_t handle, uint64_t size))
RINGSIDE_PROBE(probe_request_delivered(uint64_t tag, uint32_t task))
RINGSIDE_PROBE(probe_request_served(uint64_t tag, uint32_t task))
RINGSIDE_PROBE(probe_request_answered(uint64_t tag, int64_t result))
RINGSIDE_PROBE(probe_request_cancelled(uint64_t tag, const char *how))
/*
 * Of sockets that a provider has: which one a request is about that reads, writes, watches or the
 * like, as in probe_socket_named(), told before it is answered; how long who waits for it may, in
 * ns, UINT64_MAX for ever, told of a new one and whenever that changes; and what the task that asks
 * is told that it is ready for, by Linux' numbers (POLLIN …).
 */
RINGSIDE_PROBE(probe_request_about(uint64_t tag, uint64_t object))
RINGSIDE_PROBE(probe_socket_timeouts(uint64_t object, uint64_t receive_ns, uint64_t send_ns))
RINGSIDE_PROBE(probe_socket_ready(uint64_t object, uint32_t task, uint32_t events))
/*
 * Event queues. `kind` and `number` name what is watched: "scheme", the requests to its provider;
 * "file" of the scheme with this number, which the provider calls `handle`; "irq" and the INTID;
 * "time", "queue", "names", "child". `events` 1: can be read, 2: can be written, 0: is not watched
 * any more. Reading takes `count` events and leaves `left`.
 */
RINGSIDE_PROBE(probe_event_watched(uint32_t queue, const char *kind, uint64_t number,
                                   uint64_t handle, uint32_t events))
RINGSIDE_PROBE(probe_event_posted(uint32_t queue, const char *kind, uint64_t number,
                                  uint64_t handle, uint32_t events))
RINGSIDE_PROBE(probe_event_read(uint32_t task, uint32_t queue, uint32_t count, uint32_t left))
/* A provider says what has become true of its file `handle`, before anybody is told of it. */
RINGSIDE_PROBE(probe_file_ready(uint64_t scheme, uint64_t handle, uint32_t events))
/* A program set a timeout by a clock's file; `timeout` as in probe_timeout_fired(). */
RINGSIDE_PROBE(probe_time_set(uint32_t task, uint64_t file, uint64_t timeout, uint64_t deadline_ns))
/*
 * A stack does what is due by now, by the time that it is given: ns since a beginning that stays.
 * Told by the program or the kernel in which it runs, each time.
 */
RINGSIDE_PROBE(probe_stack_polled(uint64_t stack_ns))
/* A program acknowledged an interrupt by the count that it knew; 0 or a negative error. */
RINGSIDE_PROBE(probe_irq_acknowledged(uint32_t task, uint32_t intid, uint64_t count, int result))

/* ---- counters and drops ---------------------------------------------------------------------- */
/* A counter's new value, under a name that scenarios use: `expect counter eth0.rx.frames == 3`. */
RINGSIDE_PROBE(probe_counter(const char *name, uint64_t value))
/* A packet or frame was discarded by the guest: where, and why. */
RINGSIDE_PROBE(probe_drop(const char *where, const char *why))

/* ---- programs, by the number that start() was given ------------------------------------------ */
RINGSIDE_PROBE(probe_program_started(uint32_t program, uint32_t task))
RINGSIDE_PROBE(probe_program_output(uint32_t program, const char *text, size_t size))
RINGSIDE_PROBE(probe_program_exited(uint32_t program, int status))

#undef RINGSIDE_PROBE
#ifdef RINGSIDE_NO_PROBES
#pragma GCC diagnostic pop
#endif
#endif
