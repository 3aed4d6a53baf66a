/*
 * message.h - what one call sends or receives: bytes in pieces, an address, control messages
 *
 * All calls that send are one operation of sockets, and so are all that receive: write(), send()
 * and writev() are messages without an address. The pieces and the address lie in RAM, checked by
 * the system call.
 */
#ifndef KERNEL_MESSAGE_H
#define KERNEL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_PARTS_MAX 64

struct file;
struct iovec;
struct sockaddr;

struct message {
    const struct iovec *parts;
    unsigned part_count;
    size_t size; /* of all parts */
    int flags;   /* MSG_DONTWAIT and so on, as the program gave them */

    /* To: NULL is nobody in particular. From: room for `name_size` bytes, or NULL. */
    struct sockaddr *name;
    uint32_t name_size; /* after receiving: of the whole address, 0 when there is none */

    void *control;
    size_t control_size;
    size_t control_used; /* after receiving: how much of it was written */
    int received_flags;  /* MSG_TRUNC, MSG_CTRUNC */
};

/* Copies from or to the bytes from `offset` on, as many as there are; returns how many. */
size_t message_get(const struct message *message, size_t offset, void *to, size_t size);
size_t message_put(const struct message *message, size_t offset, const void *from, size_t size);
/* The address of a sender, cut to the room that there is. */
void message_put_name(struct message *message, const void *name, size_t size);
/* A control message more; without room for it there is MSG_CTRUNC instead. */
void message_put_control(struct message *message, int level, int type, const void *data,
                         size_t size);

/* Whether this call may sleep. */
bool message_may_wait(const struct file *file, const struct message *message);

/* The calls of one piece, for sockets: `read` and `write` of files, and others with an address. */
long socket_read(struct file *file, void *buffer, size_t size);
long socket_write(struct file *file, const void *buffer, size_t size);
long socket_sendto(struct file *file, const void *buffer, size_t size, int flags,
                   const struct sockaddr *to, size_t to_size);
long socket_recvfrom(struct file *file, void *buffer, size_t size, int flags, struct sockaddr *from,
                     uint32_t *from_size);

#endif
