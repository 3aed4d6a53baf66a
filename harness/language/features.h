/*
 * features.h - names of the feature bits of a virtio network device
 */
#ifndef HARNESS_LANGUAGE_FEATURES_H
#define HARNESS_LANGUAGE_FEATURES_H

#include <stdbool.h>

/* The bit, or -1. *offered: the network device of this version can offer it. */
int features_bit(const char *name, bool *offered);
const char *const *features_names(void);

#endif
