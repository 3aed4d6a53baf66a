/*
 * access_subject.h - code for access_test.c, compiled as guests with INSTRUMENT accesses are
 */
#ifndef RUNTIME_ACCESS_SUBJECT_H
#define RUNTIME_ACCESS_SUBJECT_H

#include <stdint.h>

uint64_t access_load(uintptr_t at, unsigned size);
void access_store(uintptr_t at, unsigned size, uint64_t value);
/* |= 4, += 2, ^= 0x100, ++ of a register of four bytes. The value before the last. */
uint32_t access_modify(uintptr_t at);
/* Bits 4 to 11, a bit-field. */
void access_set_bits(uintptr_t at, uint32_t value);
/* Writes 7 and reads it back, without volatile. */
uint64_t access_plain(uintptr_t at);
/* All atomic operations on a word in memory: how many of them are wrong. */
uint64_t access_atomics(void *at);
void access_spin(const volatile uint16_t *index, uint16_t until);

#endif
