/*
 * user_names.h - the names of a directory in order, and trees of directories
 *
 * They need no memory but the stack. So of a large directory a window of names is held, those that
 * follow a given one, and the directory is read again for the next window; a walk through a tree
 * knows where it is by its path alone. What comes and goes meanwhile may be met or not; all else is
 * met once.
 */
#ifndef PROGRAMS_USER_NAMES_H
#define PROGRAMS_USER_NAMES_H

#include "programs/user_file.h"

#define USER_NAMES_MAX  192  /* of a window */
#define USER_NAMES_TEXT 4096 /* their bytes; at least one name fits */

struct user_names {
    unsigned count;
    bool are_more;                   /* from `end` on */
    char end[NAME_MAX + 1];          /* the first name that was left out */
    uint16_t starts[USER_NAMES_MAX]; /* in the text, sorted by name */
    uint8_t types[USER_NAMES_MAX];   /* DT_… */
    size_t used;
    char text[USER_NAMES_TEXT]; /* names and NULs in the order in which they came */
};

/* The first names behind `after`; "" is before all. Not "." and "..". 0, or an error. */
long user_names_read(struct user_names *names, const char *directory, const char *after);
const char *user_name(const struct user_names *names, unsigned index);

/* ---- trees ----------------------------------------------------------------------------------- */

enum user_tree_event {
    USER_TREE_END,
    USER_TREE_FILE,  /* all that is no directory: links too, which are not followed */
    USER_TREE_ENTER, /* a directory, before what is in it */
    USER_TREE_LEAVE, /* and behind it */
    USER_TREE_ERROR, /* `error` about the path: it is not there, or, in place of LEAVE, is a
                        directory whose list has ended with that */
};

struct user_tree {
    char path[USER_PATH_MAX]; /* what the event is about */
    size_t root_length;       /* of the path where the tree begins */
    long error;
    bool is_new; /* there was no event yet */
    enum user_tree_event last;
    unsigned next;       /* in the window */
    bool window_is_here; /* it is of the directory that the path is in */
    struct user_names names;
};

/* A tree that begins at this path, which is a directory or a single file. */
void user_tree_begin(struct user_tree *tree, const char *path);
enum user_tree_event user_tree_next(struct user_tree *tree);
/* Behind ENTER: there will be no event of this directory any more, nor of what is in it. */
void user_tree_skip(struct user_tree *tree);

#endif
