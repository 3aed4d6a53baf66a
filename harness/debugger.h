/*
 * debugger.h - `ringside run --gdb`: the same command once more, under gdb
 */
#ifndef HARNESS_DEBUGGER_H
#define HARNESS_DEBUGGER_H

#include <glib.h>

/*
 * Replaces this process by gdb, which loads the project's commands (tools/gdb/ringside.py) and runs
 * the same command line with --no-fork in place of --gdb. Returns only when that failed: the
 * GError says why.
 */
void debugger_exec(int argc, char **argv, GError **error);

#endif
