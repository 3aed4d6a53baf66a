/*
 * wire_alias.h - another address in a TCP frame
 *
 * libslirp has no TCP services at its own addresses, but a name server answers by TCP as well. So
 * the bench gives it one at an address that nobody has, and puts that in the place of the name
 * server's on the way in, and back on the way out.
 */
#ifndef EMU_WIRE_WIRE_ALIAS_H
#define EMU_WIRE_WIRE_ALIAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_alias_end {
    WIRE_ALIAS_SOURCE,
    WIRE_ALIAS_DESTINATION,
};

/*
 * Where the frame is TCP over IPv4, not a fragment, and has the address `from` at that end, it gets
 * `to` there, and its two checksums follow [RFC1624] 3: one that was wrong stays wrong. Addresses
 * in host order. Any bytes. Returns whether it was changed.
 */
bool wire_alias_put(uint8_t *frame, size_t len, enum wire_alias_end end, uint32_t from,
                    uint32_t to);

#endif
