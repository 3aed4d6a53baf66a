/* user_buffer.c - memory through which a program moves bytes */
#include "programs/user_buffer.h"

#include "kernel/syscall.h"

void user_buffer_take(struct user_buffer *buffer, size_t wanted, void *small, size_t small_size)
{
    *buffer = (struct user_buffer){.bytes = small, .size = small_size};
    for (size_t size = wanted; size > small_size; size /= 2) {
        long at = system_call(SYS_MMAP, 0, (long)size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at > 0) {
            *buffer = (struct user_buffer){.bytes = (char *)at, .size = size, .mapped = size};
            return;
        }
    }
}

void user_buffer_give_back(struct user_buffer *buffer)
{
    if (buffer->mapped > 0)
        (void)system_call(SYS_MUNMAP, (long)buffer->bytes, (long)buffer->mapped, 0, 0, 0, 0);
    buffer->mapped = 0;
}
