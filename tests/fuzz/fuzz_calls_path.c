/*
 * fuzz_calls_path.c - steps of a fuzzed program: names of files, what files are, and directories
 */
#include "kernel/stat.h"
#include "tests/fuzz/fuzz_calls.h"

#include <string.h>

/* A path among those that other steps use, and links, directories and what stands in them. */
void fuzz_store_name(void)
{
    static const char *const names[] = {
        "/tmp/d", "/tmp/d/a",       "/tmp/d/d",     "/tmp/d/../l",
        "/tmp/l", "/tmp/l/a",       "../a",         "/tmp/m",
        "m",      "/tmp/./d/",      "tmp/a",        "/scheme",
        "/etc",   "/scheme/time/1", "/proc",        "",
        "/..",    "/tmp/d/e",       "/scheme/none", "l/l/l/l",
    };
    long at = fuzz_place();
    const char *name = names[fuzz_u8(&fuzz.input) % FUZZ_COUNT(names)];
    fuzz_store(at, name, strlen(name) + 1);
}

static long fuzz_path(void)
{
    long path = fuzz_pointer(1);
    fuzz_reads(path, 1);
    return path;
}

void fuzz_change_name(void)
{
    uint8_t what = fuzz_u8(&fuzz.input);
    long first = fuzz_path(), second, more = fuzz_u8(&fuzz.input);
    switch (what % 6) {
    case 0:
        fuzz_call(SYS_MKDIRAT, AT_FDCWD, first, more, 0, 0, 0);
        return;
    case 1:
        fuzz_call(SYS_UNLINKAT, AT_FDCWD, first, AT_REMOVEDIR, 0, 0, 0);
        return;
    case 2:
        second = fuzz_path();
        fuzz_call(SYS_SYMLINKAT, first, AT_FDCWD, second, 0, 0, 0);
        return;
    case 3:
        second = fuzz_path();
        fuzz_call(SYS_LINKAT, AT_FDCWD, first, AT_FDCWD, second, more % 3 == 0 ? 0x400 : 0, 0);
        return;
    case 4:
        second = fuzz_path();
        fuzz_call(SYS_RENAMEAT, AT_FDCWD, first, AT_FDCWD, second, 0, 0);
        return;
    default:
        second = fuzz_path();
        fuzz_call(SYS_RENAMEAT2, AT_FDCWD, first, AT_FDCWD, second, more % 3, 0);
        return;
    }
}

/* What a file is, by its path or, with flag 0x1000 and an empty one, by its descriptor. */
void fuzz_stat(void)
{
    static const long flags[] = {0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW};
    uint8_t what = fuzz_u8(&fuzz.input);
    long file = what < 0xc0 ? AT_FDCWD : fuzz_descriptor();
    long path = fuzz_path(), to = fuzz_pointer(8), size;
    switch (what % 4) {
    case 0:
        fuzz_writes(to, sizeof(struct kernel_stat));
        fuzz_call(SYS_NEWFSTATAT, file, path, to, flags[what / 4 % FUZZ_COUNT(flags)], 0, 0);
        return;
    case 1:
        fuzz_writes(to, sizeof(struct kernel_statfs));
        fuzz_call(SYS_STATFS, path, to, 0, 0, 0, 0);
        return;
    case 2:
        size = fuzz_size();
        fuzz_writes(to, (int)size > 0 ? (size_t)size : 0);
        fuzz_check_count(fuzz_call(SYS_READLINKAT, file, path, to, size, 0, 0), size);
        return;
    default:
        fuzz_call(SYS_FACCESSAT, file, path, what / 4 % 9, 0, 0, 0);
        return;
    }
}

static void fuzz_set_times(long file, long path)
{
    static const int64_t fractions[] = {0, 999999999, 1000000000, UTIME_NOW, UTIME_OMIT, -1};
    long at = fuzz_pointer(8);
    uint8_t what = fuzz_u8(&fuzz.input);
    struct kernel_timespec times[2] = {
        {.tv_sec = what, .tv_nsec = fractions[what % FUZZ_COUNT(fractions)]},
        {.tv_sec = INT64_MAX, .tv_nsec = fractions[what / 6 % FUZZ_COUNT(fractions)]},
    };
    if (fuzz_is_ram(at, sizeof(times))) {
        memcpy((void *)at, times, sizeof(times));
    }
    fuzz_reads(at, at != 0 ? sizeof(times) : 0);
    fuzz_call(SYS_UTIMENSAT, file, path, at, 0, 0, 0);
}

/* What of a file can be changed. */
void fuzz_set(void)
{
    uint8_t what = fuzz_u8(&fuzz.input);
    long file = fuzz_descriptor(), size = fuzz_size();
    switch (what % 6) {
    case 0:
        fuzz_call(SYS_TRUNCATE, fuzz_path(), size, 0, 0, 0, 0);
        return;
    case 1:
        fuzz_call(SYS_FTRUNCATE, file, size, 0, 0, 0, 0);
        return;
    case 2:
        fuzz_call(SYS_FCHMODAT, AT_FDCWD, fuzz_path(), size, 0, 0, 0);
        return;
    case 3:
        fuzz_call(SYS_FCHMOD, file, size, 0, 0, 0, 0);
        return;
    case 4:
        fuzz_set_times(AT_FDCWD, fuzz_path());
        return;
    default:
        fuzz_set_times(file, 0);
        return;
    }
}

/* Of an open file: what it is, lists, and has elsewhere. */
void fuzz_look(void)
{
    uint8_t what = fuzz_u8(&fuzz.input);
    long file = fuzz_descriptor(), at = fuzz_pointer(8), size;
    switch (what % 6) {
    case 0:
        fuzz_writes(at, sizeof(struct kernel_stat));
        fuzz_call(SYS_FSTAT, file, at, 0, 0, 0, 0);
        return;
    case 1:
        fuzz_writes(at, sizeof(struct kernel_statfs));
        fuzz_call(SYS_FSTATFS, file, at, 0, 0, 0, 0);
        return;
    case 2:
        size = fuzz_size();
        fuzz_writes(at, (size_t)size);
        fuzz_check_count(fuzz_call(SYS_GETDENTS64, file, at, size, 0, 0, 0), size);
        return;
    case 3:
        size = fuzz_size();
        fuzz_writes(at, (size_t)size);
        fuzz_check_count(fuzz_call(SYS_PREAD64, file, at, size, fuzz_size(), 0, 0), size);
        return;
    case 4:
        size = fuzz_size();
        fuzz_reads(at, (size_t)size);
        fuzz_check_count(fuzz_call(SYS_PWRITE64, file, at, size, fuzz_size(), 0, 0), size);
        return;
    default:
        fuzz.must_fail = true;
        fuzz_call(SYS_MMAP, at, fuzz_size(), 3, what / 6 % 2 == 0 ? MAP_SHARED : MAP_PRIVATE, file,
                  0);
        return;
    }
}

void fuzz_sync(void)
{
    static const long calls[] = {SYS_FSYNC, SYS_FDATASYNC, SYS_SYNC};
    long call = calls[fuzz_u8(&fuzz.input) % FUZZ_COUNT(calls)];
    fuzz_call(call, fuzz_descriptor(), 0, 0, 0, 0, 0);
}
