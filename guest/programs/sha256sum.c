/*
 * sha256sum.c - sha256sum FILE…
 *
 * The SHA-256 digests of files [FIPS180-4] 6.2, in the format of coreutils, so that they can be
 * compared with those of the host.
 */
#include "lib/errno.h"
#include "lib/sha256.h"
#include "programs/programs.h"
#include "programs/user.h"

static long sha256_read(struct sha256 *sha, const char *path)
{
    uint8_t buffer[4096];
    long file = user_open(path, O_RDONLY), size;
    if (file < 0)
        return file;
    sha256_begin(sha);
    while ((size = user_read((int)file, buffer, sizeof buffer)) > 0)
        sha256_add(sha, buffer, (size_t)size);
    (void)user_close((int)file);
    sha256_end(sha);
    return size;
}

int sha256sum_main(int argc, char **argv)
{
    struct user_output output = {.used = 0};
    struct sha256 sha;
    int status = 0;
    if (argc < 2) {
        user_error("sha256sum", "usage: sha256sum FILE...");
        return USER_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        long error = sha256_read(&sha, argv[i]);
        if (error != 0) {
            user_error("sha256sum", "%s: %s", argv[i], errno_text(error));
            status = 1;
            continue;
        }
        for (unsigned word = 0; word < SHA256_WORDS; word++)
            user_print(&output, "%08x", (unsigned)sha.state[word]);
        user_print(&output, "  %s\n", argv[i]);
    }
    return status;
}
