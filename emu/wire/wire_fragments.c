/*
 * wire_fragments.c - datagrams that are longer than a frame
 *
 * A datagram has a buffer of its full length and a mark for each eight bytes, the unit in which
 * fragments are placed. It is whole when its end is known and nothing in front of that is missing.
 * Where fragments overlap the later one counts: guests that send such are not judged here.
 */
#include "emu/wire/wire_fragments.h"

#include "emu/wire/checksum.h"
#include "emu/wire/wire_bytes.h"

#include <string.h>

#define FRAGMENT_ETHERNET 14
#define FRAGMENT_IPV4     20
#define FRAGMENT_HEAD     (FRAGMENT_ETHERNET + FRAGMENT_IPV4)
#define FRAGMENT_MORE     0x2000
#define FRAGMENT_OFFSET   0x1fff
#define FRAGMENT_UNIT     8
#define FRAGMENT_DATA_MAX (65535 - FRAGMENT_IPV4)
#define FRAGMENT_UNITS    ((FRAGMENT_DATA_MAX + FRAGMENT_UNIT - 1) / FRAGMENT_UNIT)
/* Data of each frame but the last. */
#define FRAGMENT_PIECE ((WIRE_FRAGMENTS_MTU - FRAGMENT_IPV4) / FRAGMENT_UNIT * FRAGMENT_UNIT)

/* One that is not whole. */
struct fragment_datagram {
    bool is_used;
    uint32_t source, destination;
    uint16_t identification;
    uint8_t protocol;
    uint64_t since_ns;
    size_t end; /* of the data; 0: not known */
    size_t units;
    bool has[FRAGMENT_UNITS];
    uint8_t frame[FRAGMENT_HEAD + FRAGMENT_DATA_MAX];
};

struct wire_fragments {
    uint16_t identification; /* of what was cut last */
    struct fragment_datagram datagrams[WIRE_FRAGMENTS_MAX];
};

struct wire_fragments *wire_fragments_new(void)
{
    return g_new0(struct wire_fragments, 1);
}

void wire_fragments_free(struct wire_fragments *fragments)
{
    g_free(fragments);
}

/* ---- putting together ------------------------------------------------------------------------ */

static size_t fragment_header_size(const uint8_t *frame)
{
    return (size_t)(frame[FRAGMENT_ETHERNET] & 0x0f) * 4;
}

bool wire_fragments_is(const uint8_t *frame, size_t len, uint32_t *destination)
{
    const uint8_t *ip = frame + FRAGMENT_ETHERNET;
    if (len < FRAGMENT_HEAD || wire_get16(frame + 12) != 0x0800 || ip[0] >> 4 != 4 ||
        (wire_get16(ip + 6) & (FRAGMENT_MORE | FRAGMENT_OFFSET)) == 0) {
        return false;
    }
    *destination = wire_get32(ip + 16);
    return true;
}

/* The one that a fragment is of, or a place for a new one: a free one, or that of the oldest. */
static struct fragment_datagram *fragment_find(struct wire_fragments *fragments, const uint8_t *ip,
                                               uint64_t now_ns)
{
    struct fragment_datagram *place = &fragments->datagrams[0];
    for (unsigned i = 0; i < WIRE_FRAGMENTS_MAX; i++) {
        struct fragment_datagram *it = &fragments->datagrams[i];
        it->is_used = it->is_used && now_ns - it->since_ns < WIRE_FRAGMENTS_LIFE_NS;
        if (it->is_used && it->source == wire_get32(ip + 12) &&
            it->destination == wire_get32(ip + 16) && it->protocol == ip[9] &&
            it->identification == wire_get16(ip + 4)) {
            return it;
        }
        if (place->is_used && (!it->is_used || it->since_ns < place->since_ns)) {
            place = it;
        }
    }
    memset(place, 0, sizeof(*place));
    place->is_used = true;
    place->source = wire_get32(ip + 12);
    place->destination = wire_get32(ip + 16);
    place->protocol = ip[9];
    place->identification = wire_get16(ip + 4);
    place->since_ns = now_ns;
    return place;
}

static bool fragment_is_whole(const struct fragment_datagram *it)
{
    return it->end != 0 && it->units == (it->end + FRAGMENT_UNIT - 1) / FRAGMENT_UNIT;
}

/* The header of the last fragment that came, for the whole. */
static GBytes *fragment_finish(struct fragment_datagram *it, const uint8_t *frame)
{
    uint8_t *ip = it->frame + FRAGMENT_ETHERNET;
    memcpy(it->frame, frame, FRAGMENT_HEAD);
    ip[0] = 0x45;
    wire_put16(ip + 2, (unsigned)(FRAGMENT_IPV4 + it->end));
    wire_put16(ip + 6, 0);
    wire_put16(ip + 10, 0);
    wire_put16(ip + 10, checksum_finish(checksum_add(0, ip, FRAGMENT_IPV4)));
    it->is_used = false;
    return g_bytes_new(it->frame, FRAGMENT_HEAD + it->end);
}

GBytes *wire_fragments_take(struct wire_fragments *fragments, const uint8_t *frame, size_t len,
                            uint64_t now_ns)
{
    const uint8_t *ip = frame + FRAGMENT_ETHERNET;
    size_t header = fragment_header_size(frame), total = wire_get16(ip + 2);
    size_t offset = (size_t)(wire_get16(ip + 6) & FRAGMENT_OFFSET) * FRAGMENT_UNIT;
    bool more = (wire_get16(ip + 6) & FRAGMENT_MORE) != 0;
    if (header < FRAGMENT_IPV4 || total <= header || total > len - FRAGMENT_ETHERNET ||
        checksum_finish(checksum_add(0, ip, header)) != 0) {
        return NULL;
    }
    size_t size = total - header;
    if (offset + size > FRAGMENT_DATA_MAX || (more && size % FRAGMENT_UNIT != 0)) {
        return NULL;
    }
    struct fragment_datagram *it = fragment_find(fragments, ip, now_ns);
    memcpy(it->frame + FRAGMENT_HEAD + offset, ip + header, size);
    for (size_t at = offset; at < offset + size; at += FRAGMENT_UNIT) {
        it->units += it->has[at / FRAGMENT_UNIT] ? 0 : 1;
        it->has[at / FRAGMENT_UNIT] = true;
    }
    it->end = more ? it->end : offset + size;
    return fragment_is_whole(it) ? fragment_finish(it, frame) : NULL;
}

/* ---- cutting --------------------------------------------------------------------------------- */

void wire_fragments_cut(struct wire_fragments *fragments, const uint8_t *frame, size_t len,
                        wire_fragments_fn *send, void *opaque)
{
    if (len <= FRAGMENT_ETHERNET + WIRE_FRAGMENTS_MTU) {
        send(opaque, frame, len);
        return;
    }
    uint8_t piece[FRAGMENT_HEAD + FRAGMENT_PIECE];
    uint8_t *ip = piece + FRAGMENT_ETHERNET;
    size_t data = len - FRAGMENT_HEAD;
    memcpy(piece, frame, FRAGMENT_HEAD);
    fragments->identification++;
    for (size_t offset = 0; offset < data; offset += FRAGMENT_PIECE) {
        size_t size = MIN(data - offset, FRAGMENT_PIECE);
        bool more = offset + size < data;
        memcpy(piece + FRAGMENT_HEAD, frame + FRAGMENT_HEAD + offset, size);
        wire_put16(ip + 2, (unsigned)(FRAGMENT_IPV4 + size));
        wire_put16(ip + 4, fragments->identification);
        wire_put16(ip + 6, (unsigned)(offset / FRAGMENT_UNIT) | (more ? FRAGMENT_MORE : 0));
        wire_put16(ip + 10, 0);
        wire_put16(ip + 10, checksum_finish(checksum_add(0, ip, FRAGMENT_IPV4)));
        send(opaque, piece, FRAGMENT_HEAD + size);
    }
}
