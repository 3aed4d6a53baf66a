/*
 * syscall_socket.c - system calls of sockets
 *
 * Operations find pointers that lie in RAM and sizes that fit; what a size means to them (an
 * address of 3 bytes) is their own business. What the kernel reads and writes back, it fetches
 * once.
 */
#include "kernel/clock.h"
#include "kernel/file.h"
#include "kernel/syscall_priv.h"
#include "kernel/wait.h"
#include "lib/errno.h"
#include "lib/string.h"

#define SYSCALL_SOCKET_FLAGS  (SOCK_NONBLOCK | SOCK_CLOEXEC)
#define SYSCALL_MESSAGES_MAX  1024 /* in one call, as Linux has it */
#define SYSCALL_CONTROL_MAX   65536
#define SYSCALL_NAME_SIZE_MAX INT32_MAX
#define SYSCALL_NAME_WORDS    16 /* of an address that is given: 128 bytes, as Linux has it */

static bool syscall_is_socket(const struct file *file)
{
    return file->ops->sendmsg != NULL || file->ops->recvmsg != NULL || file->ops->bind != NULL;
}

/*
 * The file of a socket call, or why there is none. What a socket cannot do is -KEOPNOTSUPP, at
 * the call.
 */
static struct file *syscall_socket_file(long descriptor, long *error)
{
    struct file *file = syscall_file(descriptor);
    *error = file == NULL ? -KEBADF : -KENOTSOCK;
    return file != NULL && syscall_is_socket(file) ? file : NULL;
}

long syscall_make_socket(const long a[6])
{
    int error = 0;
    int type = (int)a[1] & ~SYSCALL_SOCKET_FLAGS;
    struct file *file = socket_open((int)a[0], type, (int)a[2], &error);
    if (file != NULL)
        file->flags |= O_RDWR | ((unsigned)a[1] & SOCK_NONBLOCK);
    return syscall_install(file, error, ((int)a[1] & SOCK_CLOEXEC) != 0);
}

/* ---- addresses ------------------------------------------------------------------------------- */

/* An address that is given, wherever it lies, becomes one that is aligned. */
struct syscall_name {
    uint64_t words[SYSCALL_NAME_WORDS];
};

/* 0, or why it cannot be one. */
static long syscall_fetch_name(long pointer, long size, struct syscall_name *name)
{
    if ((int)size < 0 || (size_t)(int)size > sizeof(*name))
        return -KEINVAL;
    if (!syscall_is_ram(pointer, (size_t)(int)size))
        return -KEFAULT;
    memcpy(name, syscall_pointer(pointer), (size_t)(int)size);
    return 0;
}

/* The socket a[0], when a[2] bytes at a[1] can hold an address; NULL with an error. */
static struct file *syscall_addressed_socket(const long a[6], struct syscall_name *name,
                                             long *error)
{
    struct file *file = syscall_socket_file(a[0], error);
    if (file != NULL)
        *error = syscall_fetch_name(a[1], a[2], name);
    return *error == 0 ? file : NULL;
}

long syscall_bind(const long a[6])
{
    long error;
    struct syscall_name name;
    struct file *file = syscall_addressed_socket(a, &name, &error);
    if (file == NULL)
        return error;
    if (file->ops->bind == NULL)
        return -KEOPNOTSUPP;
    return file->ops->bind(file, (const struct sockaddr *)&name, (size_t)(int)a[2]);
}

long syscall_connect(const long a[6])
{
    long error;
    struct syscall_name name;
    struct file *file = syscall_addressed_socket(a, &name, &error);
    if (file == NULL)
        return error;
    if (file->ops->connect == NULL)
        return -KEOPNOTSUPP;
    return file->ops->connect(file, (const struct sockaddr *)&name, (size_t)(int)a[2]);
}

/*
 * A size that the call reads and writes back is fetched once. It may lie in the buffer of the same
 * call, whose new bytes would be a size that nobody has checked.
 */
static long syscall_fetch_size(long pointer, uint32_t limit, uint32_t *size)
{
    if (!syscall_is_ram(pointer, sizeof(*size)))
        return -KEFAULT;
    *size = *(const uint32_t *)syscall_pointer(pointer);
    return *size <= limit ? 0 : -KEINVAL;
}

static void syscall_store_size(long pointer, uint32_t size)
{
    *(uint32_t *)syscall_pointer(pointer) = size;
}

/* Where a call stores an address: both pointers, or none. */
static long syscall_fetch_room(long name, long name_size, uint32_t *size)
{
    *size = 0;
    if (name == 0)
        return 0;
    long error = syscall_fetch_size(name_size, SYSCALL_NAME_SIZE_MAX, size);
    if (error != 0)
        return error;
    return syscall_is_buffer(name, *size) ? 0 : -KEFAULT;
}

static long syscall_getname(const long a[6], bool peer)
{
    long error;
    uint32_t size;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    error = syscall_fetch_size(a[2], SYSCALL_NAME_SIZE_MAX, &size);
    if (error != 0)
        return error;
    if (!syscall_is_buffer(a[1], size))
        return -KEFAULT;
    if (file->ops->getname == NULL)
        return -KEOPNOTSUPP;
    error = file->ops->getname(file, peer, syscall_pointer(a[1]), &size);
    if (error == 0)
        syscall_store_size(a[2], size);
    return error;
}

long syscall_getsockname(const long a[6])
{
    return syscall_getname(a, false);
}

long syscall_getpeername(const long a[6])
{
    return syscall_getname(a, true);
}

/* ---- connections ----------------------------------------------------------------------------- */

long syscall_listen(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    return file->ops->listen != NULL ? file->ops->listen(file, (int)a[1]) : -KEOPNOTSUPP;
}

static long syscall_accept_with(const long a[6], int flags)
{
    long refused;
    uint32_t size;
    int error = 0;
    struct file *file = syscall_socket_file(a[0], &refused);
    if (file == NULL)
        return refused;
    if ((flags & ~SYSCALL_SOCKET_FLAGS) != 0)
        return -KEINVAL;
    refused = syscall_fetch_room(a[1], a[2], &size);
    if (refused != 0)
        return refused;
    if (file->ops->accept == NULL)
        return -KEOPNOTSUPP;
    struct file *accepted = file->ops->accept(file, &error);
    if (accepted == NULL)
        return error;
    accepted->flags |= O_RDWR | ((unsigned)flags & SOCK_NONBLOCK);
    /* Who has gone already has no name any more. */
    if (a[1] != 0 && accepted->ops->getname(accepted, true, syscall_pointer(a[1]), &size) != 0)
        size = 0;
    long descriptor = syscall_install(accepted, 0, (flags & SOCK_CLOEXEC) != 0);
    if (descriptor >= 0 && a[1] != 0)
        syscall_store_size(a[2], size);
    return descriptor;
}

long syscall_accept(const long a[6])
{
    return syscall_accept_with(a, 0);
}

long syscall_accept4(const long a[6])
{
    return syscall_accept_with(a, (int)a[3]);
}

long syscall_shutdown(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    if ((int)a[1] < SHUT_RD || (int)a[1] > SHUT_RDWR)
        return -KEINVAL;
    return file->ops->shutdown != NULL ? file->ops->shutdown(file, (int)a[1]) : -KEOPNOTSUPP;
}

/* ---- one piece ------------------------------------------------------------------------------- */

long syscall_sendto(const long a[6])
{
    long error;
    struct syscall_name name;
    struct file *file = syscall_socket_file(a[0], &error);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return error;
    error = a[4] != 0 ? syscall_fetch_name(a[4], a[5], &name) : 0;
    if (error != 0)
        return error;
    if (!syscall_is_buffer(a[1], count))
        return -KEFAULT;
    if (file->ops->sendmsg == NULL)
        return -KEOPNOTSUPP;
    return socket_sendto(file, syscall_pointer(a[1]), count, (int)a[3],
                         a[4] != 0 ? (const struct sockaddr *)&name : NULL,
                         a[4] != 0 ? (size_t)(int)a[5] : 0);
}

long syscall_recvfrom(const long a[6])
{
    long error;
    uint32_t size;
    struct file *file = syscall_socket_file(a[0], &error);
    size_t count = syscall_clamp_count(a[2]);
    if (file == NULL)
        return error;
    if (!syscall_is_buffer(a[1], count))
        return -KEFAULT;
    error = syscall_fetch_room(a[4], a[5], &size);
    if (error != 0)
        return error;
    if (file->ops->recvmsg == NULL)
        return -KEOPNOTSUPP;
    long result = socket_recvfrom(file, syscall_pointer(a[1]), count, (int)a[3],
                                  syscall_pointer(a[4]), a[4] != 0 ? &size : NULL);
    if (result >= 0 && a[4] != 0)
        syscall_store_size(a[5], size);
    return result;
}

/* ---- messages -------------------------------------------------------------------------------- */

long syscall_fetch_parts(long pointer, size_t count, struct iovec *parts, struct message *message)
{
    if (count > MESSAGE_PARTS_MAX)
        return -KEINVAL;
    if (!syscall_is_buffer(pointer, count * sizeof(*parts)))
        return -KEFAULT;
    message->part_count = (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        memcpy(&parts[i], (const uint8_t *)syscall_pointer(pointer) + i * sizeof(*parts),
               sizeof(*parts));
        if (parts[i].iov_len > SYSCALL_COUNT_MAX - message->size)
            return -KEINVAL;
        if (!syscall_is_buffer((long)parts[i].iov_base, parts[i].iov_len))
            return -KEFAULT;
        message->size += parts[i].iov_len;
    }
    return 0;
}

/* What a msghdr says; its address and control messages are where they are. */
static long syscall_fetch_message(const struct msghdr *header, struct iovec *parts,
                                  struct message *message)
{
    *message = (struct message){.parts = parts};
    long error = syscall_fetch_parts((long)header->msg_iov, header->msg_iovlen, parts, message);
    if (error != 0)
        return error;
    if (header->msg_name != NULL) {
        if (header->msg_namelen > SYSCALL_NAME_SIZE_MAX)
            return -KEINVAL;
        if (!syscall_is_buffer((long)header->msg_name, header->msg_namelen))
            return -KEFAULT;
        message->name = header->msg_name;
        message->name_size = header->msg_namelen;
    }
    if (header->msg_control != NULL) {
        if (header->msg_controllen > SYSCALL_CONTROL_MAX)
            return -KENOBUFS;
        if (!syscall_is_buffer((long)header->msg_control, header->msg_controllen))
            return -KEFAULT;
        message->control = header->msg_control;
        message->control_size = header->msg_controllen;
    }
    return 0;
}

static long syscall_send_message(struct file *file, const struct msghdr *header, int flags)
{
    struct iovec parts[MESSAGE_PARTS_MAX];
    struct message message;
    struct syscall_name name;
    long error = syscall_fetch_message(header, parts, &message);
    if (error != 0)
        return error;
    if (message.name != NULL) { /* the end of a longer one belongs to no address: as on Linux */
        if (message.name_size > sizeof(name))
            message.name_size = sizeof(name);
        memcpy(&name, message.name, message.name_size);
        message.name = (struct sockaddr *)&name;
    }
    message.flags = flags;
    return file->ops->sendmsg(file, &message);
}

/*
 * What is told back goes into the program's header: the whole size of the address, how much of the
 * control buffer was written, which may be nothing, and flags.
 */
static long syscall_receive_message(struct file *file, struct msghdr *header, int flags)
{
    struct iovec parts[MESSAGE_PARTS_MAX];
    struct message message;
    long result = syscall_fetch_message(header, parts, &message);
    if (result != 0)
        return result;
    message.flags = flags;
    result = file->ops->recvmsg(file, &message);
    if (result < 0)
        return result;
    if (header->msg_name != NULL)
        header->msg_namelen = message.name_size;
    header->msg_controllen = message.control_used;
    header->msg_flags = (uint32_t)message.received_flags;
    return result;
}

long syscall_sendmsg(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    if (!syscall_is_ram(a[1], sizeof(struct msghdr)))
        return -KEFAULT;
    if (file->ops->sendmsg == NULL)
        return -KEOPNOTSUPP;
    struct msghdr header = *(const struct msghdr *)syscall_pointer(a[1]);
    return syscall_send_message(file, &header, (int)a[2]);
}

long syscall_recvmsg(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    if (!syscall_is_ram(a[1], sizeof(struct msghdr)))
        return -KEFAULT;
    if (file->ops->recvmsg == NULL)
        return -KEOPNOTSUPP;
    struct msghdr header = *(const struct msghdr *)syscall_pointer(a[1]);
    long result = syscall_receive_message(file, &header, (int)a[2]);
    if (result >= 0)
        *(struct msghdr *)syscall_pointer(a[1]) = header;
    return result;
}

/* Several messages: an error counts only when it hits the first. */
static struct mmsghdr *syscall_fetch_messages(const long a[6], struct file **file, unsigned *count,
                                              long *error)
{
    *file = syscall_socket_file(a[0], error);
    *count = (unsigned)a[2] < SYSCALL_MESSAGES_MAX ? (unsigned)a[2] : SYSCALL_MESSAGES_MAX;
    if (*file == NULL)
        return NULL;
    *error = -KEFAULT;
    return syscall_is_buffer(a[1], *count * sizeof(struct mmsghdr)) ? syscall_pointer(a[1]) : NULL;
}

long syscall_sendmmsg(const long a[6])
{
    long error;
    unsigned count, done = 0;
    struct file *file;
    struct mmsghdr *messages = syscall_fetch_messages(a, &file, &count, &error);
    if (messages == NULL)
        return count == 0 && file != NULL ? 0 : error;
    if (file->ops->sendmsg == NULL)
        return -KEOPNOTSUPP;
    for (; done < count; done++) {
        struct msghdr header = messages[done].msg_hdr;
        long result = syscall_send_message(file, &header, (int)a[3]);
        if (result < 0)
            return done > 0 ? (long)done : result;
        messages[done].msg_len = (uint32_t)result;
    }
    return done;
}

/*
 * The timeout is looked at between messages, as recvmmsg(2) says: it does not end a wait.
 */
long syscall_recvmmsg(const long a[6])
{
    long error;
    unsigned count, done = 0;
    struct file *file;
    uint64_t deadline_ns = WAIT_FOREVER;
    int flags = (int)a[3] & ~MSG_WAITFORONE;
    struct mmsghdr *messages = syscall_fetch_messages(a, &file, &count, &error);
    if (messages == NULL)
        return count == 0 && file != NULL ? 0 : error;
    if (file->ops->recvmsg == NULL)
        return -KEOPNOTSUPP;
    if (a[4] != 0) {
        if (!syscall_is_ram(a[4], sizeof(struct kernel_timespec)))
            return -KEFAULT;
        struct kernel_timespec duration = *(const struct kernel_timespec *)syscall_pointer(a[4]);
        if (!syscall_is_duration(&duration))
            return -KEINVAL;
        deadline_ns = syscall_deadline_ns(clock_now_ns(), &duration);
    }
    while (done < count && (done == 0 || clock_now_ns() < deadline_ns)) {
        struct msghdr header = messages[done].msg_hdr;
        long result = syscall_receive_message(file, &header, flags);
        if (result < 0)
            return done > 0 ? (long)done : result;
        messages[done].msg_hdr = header;
        messages[done++].msg_len = (uint32_t)result;
        if (((int)a[3] & MSG_WAITFORONE) != 0)
            flags |= MSG_DONTWAIT;
    }
    return done;
}

/* ---- options --------------------------------------------------------------------------------- */

long syscall_setsockopt(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    if ((int)a[4] < 0 || (int)a[4] > SYSCALL_OPTION_MAX)
        return -KEINVAL;
    if (!syscall_is_buffer(a[3], (size_t)(int)a[4]))
        return -KEFAULT;
    if (file->ops->setsockopt == NULL)
        return -KEOPNOTSUPP;
    return file->ops->setsockopt(file, (int)a[1], (int)a[2], syscall_pointer(a[3]),
                                 (size_t)(int)a[4]);
}

long syscall_getsockopt(const long a[6])
{
    long error;
    struct file *file = syscall_socket_file(a[0], &error);
    if (file == NULL)
        return error;
    uint32_t size;
    error = syscall_fetch_size(a[4], SYSCALL_OPTION_MAX, &size);
    if (error != 0)
        return error;
    if (!syscall_is_ram(a[3], size))
        return -KEFAULT;
    if (file->ops->getsockopt == NULL)
        return -KEOPNOTSUPP;
    long result = file->ops->getsockopt(file, (int)a[1], (int)a[2], syscall_pointer(a[3]), &size);
    if (result >= 0)
        syscall_store_size(a[4], size);
    return result;
}
