/*
 * gmem_map.h - guest RAM in the address space of the process
 *
 * Maps RAM around a guest's image, and says which parts of the image a device could read or write
 * without a fault: an image has constant and executable segments, and holes. Part of gmem.
 */
#ifndef EMU_CORE_GMEM_MAP_H
#define EMU_CORE_GMEM_MAP_H

#include "emu/core/range_set.h"

/*
 * Maps [base, base + size) zeroed, readable and writable, except [image, image + image_size), which
 * must be mapped already and lie strictly inside. All in whole pages. False with a GError
 * (G_FILE_ERROR), and with nothing mapped, when the addresses are taken.
 */
bool gmem_map_ram(struct range ram, struct range image, GError **error);
void gmem_unmap_ram(struct range ram, struct range image);

/*
 * Adds what is readable in a range of addresses to a set, a range for each mapping of the process;
 * the tag is an enum gmem_access. False with a GError when the process's mappings cannot be read.
 */
bool gmem_list_mappings(struct range_set *set, struct range within, GError **error);

#endif
