/*
 * copy.h - copying and removing files and whole trees, for cp, mv and rm
 *
 * Results are exit statuses: 0, or 1 when the program has said what was wrong; the rest of a tree
 * is gone through all the same.
 */
#ifndef PROGRAMS_COPY_H
#define PROGRAMS_COPY_H

#include <stdbool.h>

/*
 * A file, to a path of its own. With `recursive` a directory with all that is in it, and links as
 * links; without, what a link stands for. Modes go along.
 */
int copy_tree(const char *program, const char *from, const char *to, bool recursive);
int copy_remove_tree(const char *program, const char *path);

#endif
