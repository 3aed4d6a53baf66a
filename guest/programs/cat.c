/* cat.c - cat PATH…: the bytes of files, one after the other, to standard output */
#include "programs/programs.h"
#include "programs/user.h"
#include "programs/user_buffer.h"

#define CAT_CHUNK_SIZE 4096 /* where there is no memory for more */

static long cat_copy(int from, const struct user_buffer *buffer)
{
    long length;
    while ((length = user_read(from, buffer->bytes, buffer->size)) > 0) {
        long error = user_write_all(1, buffer->bytes, (size_t)length);
        if (error != 0)
            return error;
    }
    return length;
}

int cat_main(int argc, char **argv)
{
    char chunk[CAT_CHUNK_SIZE];
    struct user_buffer buffer;
    int status = 0;
    if (argc < 2) {
        user_error("cat", "usage: cat PATH...");
        return USER_EXIT_USAGE;
    }
    user_buffer_take(&buffer, USER_BUFFER_SIZE, chunk, sizeof chunk);
    for (int i = 1; i < argc; i++) {
        long file = user_open(argv[i], O_RDONLY);
        long error = file < 0 ? file : cat_copy((int)file, &buffer);
        if (file >= 0)
            (void)user_close((int)file);
        if (error != 0)
            status = user_fail("cat", argv[i], error);
    }
    user_buffer_give_back(&buffer);
    return status;
}
