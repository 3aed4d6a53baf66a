/*
 * stat.c - stat [-L] PATH…, stat -f PATH…
 *
 * What is known of a file, all that stat(2) says: of a link itself, or, with -L, of what it stands
 * for. With -f, of what serves it.
 */
#include "programs/programs.h"
#include "programs/user_file.h"

static const char *stat_kind(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symbolic link";
    case S_IFSOCK:
        return "socket";
    case S_IFIFO:
        return "pipe";
    case S_IFCHR:
        return "device";
    default:
        return "of no known kind";
    }
}

static void stat_print_time(struct user_output *output, const char *name,
                            const struct kernel_timespec *time)
{
    char text[USER_TIME_MAX];
    user_format_time(text, time);
    user_print(output, "  %s %s.%09ld\n", name, text, (long)time->tv_nsec);
}

static long stat_file(const char *path, bool follow)
{
    struct user_output output = {.used = 0};
    struct kernel_stat stat;
    long error = user_stat(path, follow, &stat);
    if (error != 0)
        return error;
    unsigned mode = stat.st_mode & MODE_BITS;
    user_print_text(&output, path);
    user_print(&output, ": %s\n", stat_kind(stat.st_mode));
    user_print(&output, "  size %ld blocks %ld of 512, links %u\n", (long)stat.st_size,
               (long)stat.st_blocks, stat.st_nlink);
    user_print(&output, "  device %lu inode %lu\n", (unsigned long)stat.st_dev,
               (unsigned long)stat.st_ino);
    user_print(&output, "  mode %u%u%u%u uid %u gid %u\n", mode >> 9, mode >> 6 & 7, mode >> 3 & 7,
               mode & 7, stat.st_uid, stat.st_gid);
    stat_print_time(&output, "accessed", &stat.st_atim);
    stat_print_time(&output, "modified", &stat.st_mtim);
    stat_print_time(&output, "changed ", &stat.st_ctim);
    return 0;
}

static long stat_mount(const char *path)
{
    struct user_output output = {.used = 0};
    struct kernel_statfs statfs;
    long error = user_statfs(path, &statfs);
    if (error != 0)
        return error;
    user_print_text(&output, path);
    user_print(&output, ": type %lx, names to %lu bytes\n", (unsigned long)statfs.f_type,
               (unsigned long)statfs.f_namelen);
    user_print(&output, "  blocks %lu of %lu bytes, free %lu\n", (unsigned long)statfs.f_blocks,
               (unsigned long)statfs.f_bsize, (unsigned long)statfs.f_bfree);
    return 0;
}

int stat_main(int argc, char **argv)
{
    struct user_options options = {.argc = argc, .argv = argv, .known = "Lf"};
    bool follow = false, mount = false;
    int option, status = 0;
    while ((option = user_next_option(&options)) != 0) {
        if (option == '?')
            return USER_EXIT_USAGE;
        follow = follow || option == 'L';
        mount = mount || option == 'f';
    }
    if (options.operand_count == 0) {
        user_error("stat", "usage: stat [-L] PATH..., or stat -f PATH...");
        return USER_EXIT_USAGE;
    }
    for (int i = 0; i < options.operand_count; i++) {
        const char *path = options.operands[i];
        long error = mount ? stat_mount(path) : stat_file(path, follow);
        if (error != 0)
            status = user_fail("stat", path, error);
    }
    return status;
}
