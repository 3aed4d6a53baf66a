/*
 * fuzz_calls.c - system calls of a fuzzed program: arguments, and what the kernel may do with them
 */
#include "tests/fuzz/fuzz_calls.h"

#include "kernel/syscall.h"
#include "lib/errno.h"

#include <string.h>

struct fuzz_calls fuzz;

/* ---- arguments ------------------------------------------------------------------------------- */

bool fuzz_is_ram(long pointer, size_t size)
{
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)fuzz.bulk;
    return offset < FUZZ_BULK + FUZZ_MEMORY && size <= FUZZ_BULK + FUZZ_MEMORY - offset;
}

/* The program's memory, its end, what is in front, or none at all. */
long fuzz_pointer(size_t alignment)
{
    uint16_t how = fuzz_u16(&fuzz.input);
    uintptr_t base = (uintptr_t)fuzz.memory, end = base + FUZZ_MEMORY;
    const uintptr_t wild[] = {0, 8, end, end + 8, UINTPTR_MAX - 7, (uintptr_t)1 << 63};
    uintptr_t address = base + how % FUZZ_MEMORY;
    if (how >= 0xf000) {
        address = wild[how % FUZZ_COUNT(wild)];
    } else if (how >= 0xe000) {
        address = end - 1 - how % 256;
    } else if (how >= 0xd800) {
        address = (uintptr_t)fuzz.bulk + how % 64;
    }
    return (long)(address & ~(alignment - 1));
}

long fuzz_size(void)
{
    static const long extremes[] = {-1,        INT32_MIN, INT32_MAX,   UINT32_MAX,    INT64_MIN,
                                    INT64_MAX, 65536,     FUZZ_MEMORY, SOCK_NONBLOCK, 65507,
                                    65508,     65535,     1 << 17};
    uint16_t size = fuzz_u16(&fuzz.input);
    return size < 0xff00 ? size % 4096 : extremes[size % FUZZ_COUNT(extremes)];
}

/* Mostly one that is open. */
long fuzz_descriptor(void)
{
    uint8_t number = fuzz_u8(&fuzz.input);
    return number < 240 ? number % 6 : (long)(int8_t)number;
}

/* The call may read this much there; where it cannot, it fails. */
void fuzz_reads(long pointer, size_t size)
{
    fuzz.must_fail = fuzz.must_fail || !(size == 0 || fuzz_is_ram(pointer, size));
}

void fuzz_writes(long pointer, size_t size)
{
    fuzz_reads(pointer, size);
    FUZZ_CHECK(fuzz.writable_count < FUZZ_WRITABLE_MAX);
    fuzz.writable[fuzz.writable_count].at = (uintptr_t)pointer;
    fuzz.writable[fuzz.writable_count++].size = size;
}

/* What stands there, for a size that the call reads and writes. */
uint32_t fuzz_load(long pointer)
{
    uint32_t value = 0;
    if (fuzz_is_ram(pointer, sizeof(value))) {
        memcpy(&value, (const void *)pointer, sizeof(value));
    }
    return value;
}

long fuzz_place(void)
{
    return (long)(fuzz.memory + fuzz_u16(&fuzz.input) % (FUZZ_MEMORY / 64) * 64);
}

void fuzz_store(long at, const void *value, size_t size)
{
    size_t room = (size_t)((uintptr_t)fuzz.memory + FUZZ_MEMORY - (uintptr_t)at);
    memcpy((void *)at, value, FUZZ_MIN(size, room));
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* What the call may have written is as it is now; all else must be as it was. */
static void fuzz_check_memory(void)
{
    for (unsigned i = 0; i < fuzz.writable_count; i++) {
        size_t offset = fuzz.writable[i].at - (uintptr_t)fuzz.bulk, size = fuzz.writable[i].size;
        if (offset >= FUZZ_BULK + FUZZ_MEMORY) {
            continue;
        }
        size = FUZZ_MIN(size, FUZZ_BULK + FUZZ_MEMORY - offset);
        size_t skipped = FUZZ_MIN(offset < FUZZ_BULK ? FUZZ_BULK - offset : 0, size);
        if (size > skipped) {
            size_t at = offset + skipped - FUZZ_BULK;
            memcpy(fuzz.before + at, fuzz.memory + at, size - skipped);
        }
    }
    FUZZ_CHECK(memcmp(fuzz.memory, fuzz.before, FUZZ_MEMORY) == 0);
}

long fuzz_call(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
    memcpy(fuzz.before, fuzz.memory, FUZZ_MEMORY);
    long result = system_call(number, a0, a1, a2, a3, a4, a5);
    FUZZ_CHECK(result >= 0 || strcmp(errno_name(result), "E?") != 0);
    FUZZ_CHECK(!fuzz.must_fail || result < 0);
    fuzz_check_memory();
    return result;
}

void fuzz_check_count(long result, long asked)
{
    FUZZ_CHECK(asked < 0 || result <= asked);
}
