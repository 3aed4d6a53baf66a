/* message.c - what one call sends or receives */
#include "kernel/message.h"

#include "kernel/file.h"
#include "kernel/syscall.h"
#include "lib/string.h"

/* ---- bytes in pieces ------------------------------------------------------------------------- */

/* One direction or the other: a byte of the message and one of the memory. */
static size_t message_copy(const struct message *message, size_t offset, uint8_t *memory,
                           size_t size, bool out)
{
    size_t done = 0;
    for (unsigned i = 0; i < message->part_count && done < size; i++) {
        const struct iovec *part = &message->parts[i];
        if (offset >= part->iov_len) {
            offset -= part->iov_len;
            continue;
        }
        size_t left = part->iov_len - offset;
        size_t count = size - done < left ? size - done : left;
        uint8_t *at = (uint8_t *)part->iov_base + offset;
        if (out)
            memcpy(memory + done, at, count);
        else
            memcpy(at, memory + done, count);
        done += count;
        offset = 0;
    }
    return done;
}

size_t message_get(const struct message *message, size_t offset, void *to, size_t size)
{
    return message_copy(message, offset, to, size, true);
}

size_t message_put(const struct message *message, size_t offset, const void *from, size_t size)
{
    return message_copy(message, offset, (uint8_t *)(uintptr_t)from, size, false);
}

/* ---- what comes with them -------------------------------------------------------------------- */

void message_put_name(struct message *message, const void *name, size_t size)
{
    if (message->name == NULL)
        return;
    if (size > 0)
        memcpy(message->name, name, size < message->name_size ? size : message->name_size);
    message->name_size = (uint32_t)size;
}

void message_put_control(struct message *message, int level, int type, const void *data,
                         size_t size)
{
    const struct cmsghdr header = {
        .cmsg_len = sizeof header + size,
        .cmsg_level = level,
        .cmsg_type = type,
    };
    size_t room = message->control_size - message->control_used;
    size_t space = CMSG_ALIGN(header.cmsg_len);
    if (message->control == NULL || room < header.cmsg_len) {
        message->received_flags |= MSG_CTRUNC;
        return;
    }
    uint8_t *at = (uint8_t *)message->control + message->control_used;
    memcpy(at, &header, sizeof header);
    memcpy(at + sizeof header, data, size);
    message->control_used += space < room ? space : room;
}

bool message_may_wait(const struct file *file, const struct message *message)
{
    return (file->flags & FILE_NONBLOCK) == 0 && (message->flags & MSG_DONTWAIT) == 0;
}

/* ---- calls of one piece ---------------------------------------------------------------------- */

long socket_sendto(struct file *file, const void *buffer, size_t size, int flags,
                   const struct sockaddr *to, size_t to_size)
{
    const struct iovec part = {(void *)(uintptr_t)buffer, size};
    const struct message message = {
        .parts = &part,
        .part_count = 1,
        .size = size,
        .flags = flags,
        .name = (struct sockaddr *)(uintptr_t)to,
        .name_size = (uint32_t)to_size,
    };
    return file->ops->sendmsg(file, &message);
}

long socket_recvfrom(struct file *file, void *buffer, size_t size, int flags, struct sockaddr *from,
                     uint32_t *from_size)
{
    const struct iovec part = {buffer, size};
    struct message message = {
        .parts = &part,
        .part_count = 1,
        .size = size,
        .flags = flags,
        .name = from_size != NULL ? from : NULL,
        .name_size = from_size != NULL ? *from_size : 0,
    };
    long result = file->ops->recvmsg(file, &message);
    if (result >= 0 && from_size != NULL)
        *from_size = message.name_size;
    return result;
}

long socket_read(struct file *file, void *buffer, size_t size)
{
    return socket_recvfrom(file, buffer, size, 0, NULL, NULL);
}

long socket_write(struct file *file, const void *buffer, size_t size)
{
    return socket_sendto(file, buffer, size, 0, NULL, 0);
}
