/*
 * scheme_rig.h - unit tests of a scheme: the kernel is played here, the wire is that of dialogue.h
 *
 *     rig_begin(&icmp_scheme_protocol);
 *     uint64_t file = rig_open("echo/10.0.2.2");
 *     uint64_t tag = rig_ask(SCHEME_READ, file, buffer, sizeof buffer, 0);
 *     …                                            // something happens on the wire
 *     CU_ASSERT_EQUAL(rig_answer(tag), 10);
 *     rig_end();                                   // each request had one answer
 *
 * What a request asks for happens as in the daemon: under the lock, and what has changed is looked
 * at afterwards, which rig_work() does too.
 */
#ifndef NETSTACK_SCHEMES_SCHEME_RIG_H
#define NETSTACK_SCHEMES_SCHEME_RIG_H

#include "netstack/schemes/socket_scheme.h"

#define RIG_NOT_YET INT64_MIN

void rig_begin(const struct socket_protocol *protocol);
void rig_end(void);

/* Sends a request, and returns its tag. Borrows `data` until the answer. */
uint64_t rig_ask(enum scheme_operation operation, uint64_t handle, void *data, size_t size,
                 uint32_t flags);
/* RIG_NOT_YET, or the result. */
int64_t rig_answer(uint64_t tag);
/* Both at once. */
int64_t rig_call(enum scheme_operation operation, uint64_t handle, void *data, size_t size,
                 uint32_t flags);
/* With paths and numbers. */
int64_t rig_open(const char *path);
int64_t rig_dup(uint64_t handle, const char *path, uint32_t flags);
int64_t rig_set(uint64_t handle, const char *setting, int32_t number);
int64_t rig_get(uint64_t handle, const char *setting); /* the number, or an error */
/* One of other bytes: READ or WRITE, which never wait. */
int64_t rig_setting(enum scheme_operation operation, uint64_t handle, const char *setting,
                    void *value, size_t size);
int64_t rig_set_timeout(uint64_t handle, const char *setting, uint64_t timeout_ns);
void rig_cancel(uint64_t tag, uint64_t handle);
void rig_close(uint64_t handle);

/* The stack and the scheme do what is due. */
void rig_work(void);
void rig_wait_until(uint64_t time_ns);
/* How many events were posted for a handle since it was asked last, and which. */
unsigned rig_events(uint64_t handle, unsigned *events);

#endif
