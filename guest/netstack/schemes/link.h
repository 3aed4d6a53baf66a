/*
 * link.h - network cards as the network daemon has them: files of the schemes "network.…"
 *
 * A card is a scheme whose name begins with "network."; its file gives a frame for each read and
 * takes one with each write, and "mac" below it is its address. Each becomes an interface of the
 * stack, in the order in which they are found: eth0, eth1, …. When its driver goes away the
 * interface stays, without a carrier, and is that of the next card of the same name.
 */
#ifndef NETSTACK_SCHEMES_LINK_H
#define NETSTACK_SCHEMES_LINK_H

#include "kernel/netif.h"

#define LINK_NAME_PREFIX "network."

/* Forgets all links. */
void links_init(void);

/*
 * Looks for cards among the names of the schemes, and opens those that are new. A new link's file
 * is watched in `queue`, with a word of `first_word` and the number of the link. Returns how many
 * links have a file now, or an error: the names cannot be read.
 */
long links_detect(int names, int queue, uint64_t first_word);

/* An event of a link: it has frames, or its driver is gone. */
void link_has_frames(unsigned number);
/*
 * Hands the frames of links that have some to the stack. One for which there is no buffer stays
 * where it is, and its link has frames until the next call.
 */
void links_receive(void);

#endif
