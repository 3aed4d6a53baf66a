/* cat.c - cat PATH…: the bytes of files, one after the other, to standard output */
#include "programs/programs.h"
#include "programs/user.h"

#define CAT_CHUNK_SIZE 4096

static long cat_copy(int from)
{
    char chunk[CAT_CHUNK_SIZE];
    long length;
    while ((length = user_read(from, chunk, sizeof chunk)) > 0) {
        long error = user_write_all(1, chunk, (size_t)length);
        if (error != 0)
            return error;
    }
    return length;
}

int cat_main(int argc, char **argv)
{
    int status = 0;
    if (argc < 2) {
        user_error("cat", "usage: cat PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        long file = user_open(argv[i], O_RDONLY);
        long error = file < 0 ? file : cat_copy((int)file);
        if (file >= 0)
            (void)user_close((int)file);
        if (error != 0)
            status = user_fail("cat", argv[i], error);
    }
    return status;
}
