/*
 * fuzz_calls_memory.c - steps of a fuzzed program: memory that it asks for and gives back
 *
 * All pages that programs can have are those of the bulk, and all of them are asked for here. So it
 * is known whose each is, and with that what a call has to come to.
 */
#include "kernel/syscall.h"
#include "kernel/user_map.h"
#include "lib/errno.h"
#include "tests/fuzz/fuzz_calls.h"

#include <string.h>

#define FUZZ_PAGES (FUZZ_BULK / USER_PAGE_SIZE)

_Static_assert(FUZZ_PAGES <= 8 * sizeof(fuzz.mapped), "a bit for each page");

static uint32_t fuzz_page_bits(size_t first, size_t count)
{
    return (uint32_t)(((UINT64_C(1) << count) - 1) << first);
}

static size_t fuzz_page_count(long size)
{
    return ((size_t)size + USER_PAGE_SIZE - 1) / USER_PAGE_SIZE;
}

/* Bytes in pages, a few more or less; or any. */
static long fuzz_size_in_pages(void)
{
    uint8_t how = fuzz_u8(&fuzz.input);
    return how < 0xf0 ? how / 12 * USER_PAGE_SIZE + how % 3 - 1 : fuzz_size();
}

/* ---- taking ---------------------------------------------------------------------------------- */

static bool fuzz_is_room(size_t count)
{
    for (size_t first = 0; first + count <= FUZZ_PAGES; first++) {
        if ((fuzz.mapped & fuzz_page_bits(first, count)) == 0) {
            return true;
        }
    }
    return false;
}

/* A mapping: of pages that were nobody's, zero, and dirty from now on. */
static void fuzz_take_pages(long at, size_t count)
{
    size_t offset = (uintptr_t)at - (uintptr_t)fuzz.bulk;
    FUZZ_CHECK(offset % USER_PAGE_SIZE == 0 && offset / USER_PAGE_SIZE + count <= FUZZ_PAGES);
    uint32_t bits = fuzz_page_bits(offset / USER_PAGE_SIZE, count);
    FUZZ_CHECK((fuzz.mapped & bits) == 0);
    fuzz.mapped |= bits;
    for (size_t i = 0; i < count * USER_PAGE_SIZE; i++) {
        FUZZ_CHECK(fuzz.bulk[offset + i] == 0);
    }
    memset(fuzz.bulk + offset, 0xa5, count * USER_PAGE_SIZE);
}

void fuzz_map(void)
{
    static const long flags[] = {MAP_PRIVATE | MAP_ANONYMOUS,
                                 MAP_SHARED | MAP_ANONYMOUS,
                                 MAP_PRIVATE | MAP_ANONYMOUS,
                                 MAP_ANONYMOUS,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                                 MAP_PRIVATE};
    uint8_t what = fuzz_u8(&fuzz.input);
    long size = fuzz_size_in_pages(), offset = what < 0xf0 ? 0 : fuzz_size();
    long protection = what % 8, flag = flags[what / 8 % FUZZ_COUNT(flags)];
    bool is_sound = (flag == flags[0] || flag == flags[1]) && (protection & PROT_EXEC) == 0 &&
                    size != 0 && offset % USER_PAGE_SIZE == 0;
    fuzz.must_fail = !is_sound;
    long result = fuzz_call(SYS_MMAP, 0, size, protection, flag, fuzz_descriptor(), offset);
    if (!is_sound) {
        return;
    }
    bool is_room = size > 0 && size <= FUZZ_BULK && fuzz_is_room(fuzz_page_count(size));
    FUZZ_CHECK((result == -KENOMEM) == !is_room);
    if (is_room) {
        fuzz_take_pages(result, fuzz_page_count(size));
    }
}

/* ---- giving back ----------------------------------------------------------------------------- */

/* Whether all pages of the range are the program's. */
static bool fuzz_is_mapped(size_t offset, long size, uint32_t *bits)
{
    if (offset % USER_PAGE_SIZE != 0 || offset >= FUZZ_BULK || size <= 0 ||
        (size_t)size > FUZZ_BULK - offset) {
        return false;
    }
    *bits = fuzz_page_bits(offset / USER_PAGE_SIZE, fuzz_page_count(size));
    return (fuzz.mapped & *bits) == *bits;
}

void fuzz_unmap(void)
{
    uint8_t what = fuzz_u8(&fuzz.input);
    long at = what < 0xf0 ? (long)fuzz.bulk + what % 20 * USER_PAGE_SIZE : fuzz_pointer(1);
    long size = fuzz_size_in_pages();
    uint32_t bits = 0;
    bool is_mapped = fuzz_is_mapped((uintptr_t)at - (uintptr_t)fuzz.bulk, size, &bits);
    long result = fuzz_call(SYS_MUNMAP, at, size, 0, 0, 0, 0);
    FUZZ_CHECK(result == (is_mapped ? 0 : -KEINVAL));
    if (is_mapped) {
        fuzz.mapped &= ~bits;
    }
}
