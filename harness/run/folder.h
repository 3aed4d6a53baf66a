/*
 * folder.h - folders and shares: how the files of a share differ from a golden folder, how they
 * become one, and how a folder is copied
 *
 * Compared are names, kinds, bytes, targets of symbolic links and whether a file can be executed.
 * Other permissions, owners and times are not, and neither are folders in which nothing is: what
 * keeps golden folders, such as git, does not know of them. A copy has them.
 */
#ifndef HARNESS_RUN_FOLDER_H
#define HARNESS_RUN_FOLDER_H

#include "emu/virtio-9p/p9_tree.h"

#define FOLDER_TOLD_MAX 20 /* differences that are listed */

/*
 * Appends a line for each difference, "a.txt: missing", and returns how many there are; -1 with a
 * GError when either cannot be read.
 */
int folder_compare(struct p9_tree *tree, const char *path, GString *out, GError **error);

/*
 * Makes the folder like the tree; what is the same already is not touched, what is more there is
 * removed. False with a GError, and then it is neither.
 */
bool folder_write(struct p9_tree *tree, const char *path, GError **error);

/*
 * The folder as a share of it shows it, to be copied: regular files, folders, symbolic links as
 * they stand. NULL with a GError that says why it cannot be copied: some of it cannot be read, or
 * its files have more than so many bytes.
 */
struct p9_tree *folder_read(const char *path, uint64_t bytes_max, GError **error);
/* Likewise folder_write(), and makes the folders in which nothing is. */
bool folder_write_all(struct p9_tree *tree, const char *path, GError **error);

#endif
