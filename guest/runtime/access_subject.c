/*
 * access_subject.c - code for access_test.c, compiled as guests with INSTRUMENT accesses are
 */
#include "runtime/access_subject.h"

#define AT(type, address) (*(volatile type *)(address))

uint64_t access_load(uintptr_t at, unsigned size)
{
    switch (size) {
    case 1:
        return AT(uint8_t, at);
    case 2:
        return AT(uint16_t, at);
    case 4:
        return AT(uint32_t, at);
    default:
        return AT(uint64_t, at);
    }
}

void access_store(uintptr_t at, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        AT(uint8_t, at) = (uint8_t)value;
        break;
    case 2:
        AT(uint16_t, at) = (uint16_t)value;
        break;
    case 4:
        AT(uint32_t, at) = (uint32_t)value;
        break;
    default:
        AT(uint64_t, at) = value;
        break;
    }
}

uint32_t access_modify(uintptr_t at)
{
    AT(uint32_t, at) |= 4;
    AT(uint32_t, at) += 2;
    AT(uint32_t, at) ^= 0x100;
    return AT(uint32_t, at)++;
}

struct access_bits {
    uint32_t low : 4, middle : 8, high : 20;
};

void access_set_bits(uintptr_t at, uint32_t value)
{
    AT(struct access_bits, at).middle = value & 0xff;
}

uint64_t access_plain(uintptr_t at)
{
    uint32_t *plain = (uint32_t *)at;
    *plain = 7;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return *plain;
}

uint64_t access_atomics(void *at)
{
    uint32_t *word = at;
    uint32_t expected = 99;
    uint64_t wrong = 0;
    __atomic_store_n(word, 10, __ATOMIC_RELEASE);
    wrong += __atomic_load_n(word, __ATOMIC_ACQUIRE) != 10;
    wrong += __atomic_fetch_add(word, 5, __ATOMIC_RELAXED) != 10;
    wrong += __atomic_fetch_sub(word, 1, __ATOMIC_RELAXED) != 15;
    wrong += __atomic_fetch_or(word, 0x10, __ATOMIC_RELAXED) != 14;
    wrong += __atomic_fetch_and(word, 0x1c, __ATOMIC_RELAXED) != 0x1e;
    wrong += __atomic_fetch_xor(word, 0x3, __ATOMIC_RELAXED) != 0x1c;
    wrong += __atomic_exchange_n(word, 50, __ATOMIC_SEQ_CST) != 0x1f;
    wrong += __atomic_compare_exchange_n(word, &expected, 60, 0, __ATOMIC_SEQ_CST,
                                         __ATOMIC_RELAXED) != 0;
    wrong += expected != 50;
    wrong += __atomic_compare_exchange_n(word, &expected, 60, 1, __ATOMIC_SEQ_CST,
                                         __ATOMIC_RELAXED) != 1;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    wrong += *word != 60;
    return wrong;
}

void access_spin(const volatile uint16_t *index, uint16_t until)
{
    while (*index != until) {
    }
}
