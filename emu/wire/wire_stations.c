/*
 * wire_stations.c - which station is behind which port
 *
 * Open addressing with linear probing. The table is never more than half full, so a probe ends;
 * nothing is removed, so there are no tombstones; its order is never seen by anybody.
 */
#include "emu/wire/wire_stations.h"

#include "emu/core/spread.h"

#include <assert.h>

#define SLOT_BITS 9

static_assert(1 << SLOT_BITS == 2 * WIRE_STATIONS_MAX, "the hash must cover the table");

static uint64_t wire_stations_key(const uint8_t *mac)
{
    uint64_t key = 0;
    for (unsigned i = 0; i < 6; i++) {
        key = key << 8 | mac[i];
    }
    return key;
}

static unsigned wire_stations_slot(const struct wire_stations *stations, uint64_t key)
{
    unsigned slot = spread(key, SLOT_BITS);
    while (stations->slots[slot].port != NULL && stations->slots[slot].mac != key) {
        slot = (slot + 1) % G_N_ELEMENTS(stations->slots);
    }
    return slot;
}

void wire_stations_learn(struct wire_stations *stations, const uint8_t *mac, struct wire_port *port)
{
    g_assert(port != NULL);
    if (wire_mac_is_group(mac)) {
        return;
    }
    uint64_t key = wire_stations_key(mac);
    struct wire_station *station = &stations->slots[wire_stations_slot(stations, key)];
    if (station->port == NULL) {
        if (stations->count == WIRE_STATIONS_MAX) {
            return;
        }
        stations->count++;
        station->mac = key;
    }
    station->port = port;
}

struct wire_port *wire_stations_find(const struct wire_stations *stations, const uint8_t *mac)
{
    if (wire_mac_is_group(mac)) {
        return NULL;
    }
    return stations->slots[wire_stations_slot(stations, wire_stations_key(mac))].port;
}
