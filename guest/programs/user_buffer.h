/*
 * user_buffer.h - memory through which a program moves bytes: as large a piece as can be had
 *
 * Each call to read or write costs the same whatever it moves, and that of a file which a daemon
 * serves costs much. A stack has little room. So memory is asked of the kernel, and where it has
 * none the program goes on with a piece of its stack, in more calls.
 *
 *     char small[4096];
 *     struct user_buffer buffer;
 *     user_buffer_take(&buffer, USER_BUFFER_SIZE, small, sizeof small);
 *     ...buffer.bytes, buffer.size...
 *     user_buffer_give_back(&buffer);
 */
#ifndef PROGRAMS_USER_BUFFER_H
#define PROGRAMS_USER_BUFFER_H

#include <stddef.h>

#define USER_BUFFER_SIZE (256u << 10) /* beyond which it does not matter */

struct user_buffer {
    char *bytes;
    size_t size;
    size_t mapped; /* private */
};

/*
 * As many bytes of `wanted`, of its half, of its quarter and so on, as there are, not cleared; or
 * the caller's own, which it keeps. Never fewer than those.
 */
void user_buffer_take(struct user_buffer *buffer, size_t wanted, void *small, size_t small_size);
void user_buffer_give_back(struct user_buffer *buffer);

#endif
