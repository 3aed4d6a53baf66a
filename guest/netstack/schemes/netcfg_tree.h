/*
 * netcfg_tree.h - what stands in the files of the scheme netcfg
 */
#ifndef NETSTACK_SCHEMES_NETCFG_TREE_H
#define NETSTACK_SCHEMES_NETCFG_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct interface;

/* NULL: a directory has neither, and some files can only be read, or only written. */
struct netcfg_node {
    const char *path; /* "ifaces/" and a star: of each interface */
    /* Writes its text, of `size` bytes at most, and returns how long it is. */
    size_t (*show)(const struct interface *interface, char *text, size_t size);
    /* Does what a line says. 0, or an error. */
    int (*apply)(struct interface *interface, char *line);
};

/* What the path names, and in `*interface` of which interface it is. NULL: nothing. */
const struct netcfg_node *netcfg_find(const char *path, struct interface **interface);
bool netcfg_is_directory(const struct netcfg_node *node);
/* The names in a directory, a line each. Returns how long they are. */
size_t netcfg_list(const struct netcfg_node *directory, char *text, size_t size);

/* Reads the address of the name server from its file. */
void netcfg_read_nameserver(const char *path);

#endif
