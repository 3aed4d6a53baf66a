/*
 * replay_main.c - runs a fuzz target over files, where there is no libFuzzer
 *
 *     fuzz_TARGET FILE-OR-FOLDER…
 *
 * Files of a folder run in the order of their names; hidden ones do not. A file that breaks
 * something ends the program; its name was printed before. No file at all is a failure too: a
 * regression test that tests nothing.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned replay_count;

static _Noreturn void replay_die(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

static void replay_file(const char *path, size_t size)
{
    printf("%s\n", path);
    fflush(stdout);
    FILE *file = fopen(path, "rbe");
    /*
     * No more and no less than the input, so that the address sanitizer sees a read behind its
     * end.
     */
    uint8_t *data = malloc(size);
    if (file == NULL || (data == NULL && size > 0)) {
        replay_die(path);
    }
    if (fread(data, 1, size, file) != size) {
        replay_die(path);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replay_count++;
}

static int replay_is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_path(const char *path);

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, replay_is_visible, alphasort);
    if (count < 0) {
        replay_die(path);
    }
    for (int i = 0; i < count; i++) {
        char name[4096];
        int length = snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof(name)) {
            errno = ENAMETOOLONG;
            replay_die(path);
        }
        replay_path(name);
        free(entries[i]);
    }
    free(entries);
}

static void replay_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        replay_die(path);
    }
    if (S_ISDIR(status.st_mode)) {
        replay_folder(path);
    } else {
        replay_file(path, (size_t)status.st_size);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        replay_path(argv[i]);
    }
    printf("%u files\n", replay_count);
    return replay_count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
