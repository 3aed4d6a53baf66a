/*
 * abi_witness.h - what the host's own headers say about numbers and layouts that programs see
 *
 * Apart from the test, since those headers use the same names.
 */
#ifndef KERNEL_ABI_WITNESS_H
#define KERNEL_ABI_WITNESS_H

#include <stddef.h>

struct abi_number {
    const char *name;
    long value;
};
extern const struct abi_number abi_numbers[];
extern const size_t abi_number_count;

#endif
