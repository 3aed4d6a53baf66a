/*
 * mem.c - the four functions that a C compiler may call in any program
 *
 * Every guest gets them, hidden: whatever goes wrong inside them has its PC in the guest's image.
 * They are not instrumented; each charges one tick for 16 bytes, which the next instrumented block
 * notices.
 *
 * The build keeps the compiler from recognising these loops as calls of the functions that they
 * implement.
 */
#include "ringside/hal.h"

#define MEM_HIDDEN __attribute__((visibility("hidden")))

MEM_HIDDEN void *memcpy(void *restrict to, const void *restrict from, size_t size);
MEM_HIDDEN void *memmove(void *to, const void *from, size_t size);
MEM_HIDDEN void *memset(void *to, int value, size_t size);
MEM_HIDDEN int memcmp(const void *left, const void *right, size_t size);

/* Sixteen bytes at any address, of any type: one vector register. */
typedef unsigned char mem_chunk __attribute__((vector_size(16), aligned(1), may_alias));

static inline void mem_charge(size_t size)
{
    ringside_ticks.left -= (int64_t)(size / sizeof(mem_chunk));
}

/*
 * Ascending: right for overlapping memory when `to` is below `from`, since each chunk is read
 * before it is written.
 */
static inline void mem_copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size >= sizeof(mem_chunk); size -= sizeof(mem_chunk)) {
        *(mem_chunk *)to = *(const mem_chunk *)from;
        to += sizeof(mem_chunk);
        from += sizeof(mem_chunk);
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

static inline void mem_copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    for (; size % sizeof(mem_chunk) != 0; size--) {
        to[size - 1] = from[size - 1];
    }
    for (; size > 0; size -= sizeof(mem_chunk)) {
        *(mem_chunk *)(to + size - sizeof(mem_chunk)) =
            *(const mem_chunk *)(from + size - sizeof(mem_chunk));
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    mem_charge(size);
    mem_copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    mem_charge(size);
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        mem_copy_up(to, from, size);
    } else {
        mem_copy_down(to, from, size);
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    unsigned char *at = to;
    mem_chunk chunk = (mem_chunk){0} + (unsigned char)value;
    mem_charge(size);
    for (; size >= sizeof(mem_chunk); size -= sizeof(mem_chunk)) {
        *(mem_chunk *)at = chunk;
        at += sizeof(mem_chunk);
    }
    for (; size > 0; size--) {
        *at++ = (unsigned char)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *a = left;
    const unsigned char *b = right;
    mem_charge(size);
    for (; size >= sizeof(uint64_t); size -= sizeof(uint64_t)) {
        uint64_t x, y;
        __builtin_memcpy(&x, a, sizeof(x));
        __builtin_memcpy(&y, b, sizeof(y));
        if (x != y) {
            break;
        }
        a += sizeof(uint64_t);
        b += sizeof(uint64_t);
    }
    for (; size > 0; size--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}
