/*
 * wire_stations.h - which station is behind which port
 *
 * The switch's filtering database: the source address of each frame is learned ([802.1Q] 8.7), a
 * station that moves is learned anew, nothing ages. It has room for WIRE_STATIONS_MAX stations;
 * more are not learned, and frames to them are flooded, which is slower and never wrong.
 */
#ifndef EMU_WIRE_WIRE_STATIONS_H
#define EMU_WIRE_WIRE_STATIONS_H

#include "emu/wire/wire.h"

#define WIRE_STATIONS_MAX 256

/* Embedded; zero-initialised memory is an empty table. Members belong to wire_stations.c. */
struct wire_stations {
    struct wire_station {
        struct wire_port *port; /* NULL: the slot is free */
        uint64_t mac;
    } slots[2 * WIRE_STATIONS_MAX];
    unsigned count;
};

/* `mac`: six bytes. Group addresses are no station's and are not learned. */
void wire_stations_learn(struct wire_stations *stations, const uint8_t *mac,
                         struct wire_port *port);
/* NULL: unknown, or a group address. */
struct wire_port *wire_stations_find(const struct wire_stations *stations, const uint8_t *mac);

static inline bool wire_mac_is_group(const uint8_t *mac)
{
    return (mac[0] & 1) != 0;
}

#endif
