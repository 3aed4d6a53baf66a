/*
 * gmem_copy.c - memcpy and memset, or what stands for them under AddressSanitizer
 */
#include "emu/core/gmem_copy.h"

#if defined(__SANITIZE_ADDRESS__)
#define GMEM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GMEM_ASAN 1
#endif
#endif

#ifdef GMEM_ASAN

#include <glib.h>
#include <sanitizer/asan_interface.h>

#define GMEM_UNCHECKED __attribute__((no_sanitize("address", "undefined"), noinline))

struct gmem_word {
    uint64_t value;
} __attribute__((packed, may_alias));

/* Keeps the compiler from making a loop a call of memcpy or memset, which would be intercepted. */
#define GMEM_NO_IDIOM() __asm__ volatile("" ::: "memory")

GMEM_UNCHECKED static void gmem_copy_unchecked(void *to, const void *from, size_t size)
{
    size_t done = 0;
    for (; size - done >= sizeof(struct gmem_word); done += sizeof(struct gmem_word)) {
        struct gmem_word *word = (struct gmem_word *)((char *)to + done);
        *word = *(const struct gmem_word *)((const char *)from + done);
        GMEM_NO_IDIOM();
    }
    for (; done < size; done++) {
        ((char *)to)[done] = ((const char *)from)[done];
        GMEM_NO_IDIOM();
    }
}

void gmem_copy_in(void *bench, const void *guest, size_t size)
{
    g_assert(__asan_region_is_poisoned(bench, size) == NULL);
    gmem_copy_unchecked(bench, guest, size);
}

void gmem_copy_out(void *guest, const void *bench, size_t size)
{
    g_assert(__asan_region_is_poisoned((void *)(uintptr_t)bench, size) == NULL);
    gmem_copy_unchecked(guest, bench, size);
}

GMEM_UNCHECKED void gmem_fill(void *guest, uint8_t byte, size_t size)
{
    const struct gmem_word word = {.value = byte * (UINT64_MAX / UINT8_MAX)};
    size_t done = 0;
    for (; size - done >= sizeof(word); done += sizeof(word)) {
        *(struct gmem_word *)((char *)guest + done) = word;
        GMEM_NO_IDIOM();
    }
    for (; done < size; done++) {
        ((uint8_t *)guest)[done] = byte;
        GMEM_NO_IDIOM();
    }
}

#else

#include <string.h>

void gmem_copy_in(void *bench, const void *guest, size_t size)
{
    memcpy(bench, guest, size);
}

void gmem_copy_out(void *guest, const void *bench, size_t size)
{
    memcpy(guest, bench, size);
}

void gmem_fill(void *guest, uint8_t byte, size_t size)
{
    memset(guest, byte, size);
}

#endif
