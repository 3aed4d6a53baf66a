/*
 * causes_priv.h - the parts of the table of causes, in the order of the chain
 */
#ifndef HARNESS_DIAGNOSIS_CAUSES_PRIV_H
#define HARNESS_DIAGNOSIS_CAUSES_PRIV_H

#include "harness/diagnosis/causes.h"

#include <stddef.h>

struct causes_part {
    const struct cause *causes;
    size_t count;
};

extern const struct causes_part causes_machine, causes_shares, causes_programs, causes_network;

#endif
