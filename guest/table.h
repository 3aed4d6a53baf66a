/*
 * table.h - which programs the image has
 */
#ifndef GUEST_TABLE_H
#define GUEST_TABLE_H

#include "kernel/syscall.h"

extern const struct program_entry program_table[];
extern const size_t program_table_count;
/* The names, ended by NULL; for the bench. */
extern const char *const program_names[];

#endif
