/*
 * table.h - which programs there are
 */
#ifndef PROGRAMS_TABLE_H
#define PROGRAMS_TABLE_H

#include "kernel/syscall.h"

extern const struct program_entry program_table[];
extern const size_t program_table_count;
/* The names, ended by NULL; for the bench. */
extern const char *const program_names[];

#endif
