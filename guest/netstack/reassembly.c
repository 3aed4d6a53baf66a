/*
 * reassembly.c - datagrams that came in fragments
 *
 * A datagram is put together in a buffer of its own. The header of the first fragment goes in front
 * of it, into the headroom, where it stands in a packet that came whole: so both look the same to
 * whoever quotes them in an error message.
 */
#include "netstack/reassembly.h"

#include "kernel/netif.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "netstack/drop.h"
#include "netstack/icmp.h"
#include "netstack/interface.h"

#define REASSEMBLY_UNIT  8 /* bytes: what offsets count */
#define REASSEMBLY_UNITS ((REASSEMBLY_SIZE_MAX + REASSEMBLY_UNIT - 1) / REASSEMBLY_UNIT)

kstatic_assert(REASSEMBLY_SIZE_MAX <= NBUF_LARGE_SIZE - NBUF_HEADROOM, "it fits into a buffer");
kstatic_assert(IPV4_HEADER_SIZE_MAX <= NBUF_HEADROOM, "the header fits in front of the data");

struct reassembly {
    struct nbuf *nbuf;     /* NULL: not in use */
    struct ipv4_info info; /* of the fragment that came first, whose header is gone */
    uint8_t protocol;
    uint16_t identification;
    uint64_t drop_at_ns;
    size_t size;        /* of all the data; 0: the last fragment is not there */
    size_t end;         /* of the data that are there */
    size_t header_size; /* of the first fragment; 0: it is not there */
    unsigned missing;   /* units before `end` */
    bool there[REASSEMBLY_UNITS];
};

static struct reassembly reassemblies[REASSEMBLY_MAX];
static unsigned reassembly_count; /* in use */

void reassembly_init(void)
{
    memset(reassemblies, 0, sizeof(reassemblies));
    reassembly_count = 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

static void reassembly_drop(struct reassembly *datagram, const char *why)
{
    net_drop(datagram->nbuf, "reassembly", why);
    datagram->nbuf = NULL;
    reassembly_count--;
}

/* "The internet identification field, source, destination and protocol" belong together. */
static struct reassembly *reassembly_find(const struct reassembly_fragment *fragment,
                                          const struct ipv4_info *info)
{
    for (unsigned i = 0; i < REASSEMBLY_MAX; i++) {
        struct reassembly *datagram = &reassemblies[i];
        if (datagram->nbuf != NULL && datagram->identification == fragment->identification &&
            datagram->protocol == fragment->protocol && datagram->info.source == info->source &&
            datagram->info.destination == info->destination &&
            datagram->info.interface == info->interface)
            return datagram;
    }
    return NULL;
}

/* A free place, or that of the oldest. */
static struct reassembly *reassembly_place(void)
{
    struct reassembly *oldest = &reassemblies[0];
    for (unsigned i = 0; i < REASSEMBLY_MAX; i++) {
        if (reassemblies[i].nbuf == NULL)
            return &reassemblies[i];
        if (reassemblies[i].drop_at_ns < oldest->drop_at_ns)
            oldest = &reassemblies[i];
    }
    reassembly_drop(oldest, "too many datagrams, the oldest goes");
    return oldest;
}

/* The first gives the stack a deadline that the driver's task does not know of. */
static struct reassembly *reassembly_make(const struct reassembly_fragment *fragment,
                                          const struct ipv4_info *info, uint64_t now_ns)
{
    struct netif *netif = netif_by_index(0);
    if (reassembly_count == 0 && netif != NULL)
        netif_wake(netif);
    struct reassembly *datagram = reassembly_place();
    struct nbuf *nbuf = nbuf_alloc();
    if (nbuf == NULL)
        return NULL;
    reassembly_count++;
    *datagram = (struct reassembly){
        .nbuf = nbuf,
        .info = *info,
        .protocol = fragment->protocol,
        .identification = fragment->identification,
        .drop_at_ns = now_ns + REASSEMBLY_TIMEOUT_NS,
    };
    return datagram;
}

/* ---- one datagram ---------------------------------------------------------------------------- */

static size_t reassembly_units(size_t bytes)
{
    return (bytes + REASSEMBLY_UNIT - 1) / REASSEMBLY_UNIT;
}

/* How many of the fragment's units are there already. */
static size_t reassembly_count_there(const struct reassembly *datagram, size_t first, size_t end)
{
    size_t count = 0;
    for (size_t i = first; i < end; i++)
        count += datagram->there[i] ? 1 : 0;
    return count;
}

/* What a fragment says of the datagram's end, against what is known of it. */
static bool reassembly_end_is_consistent(const struct reassembly *datagram,
                                         const struct reassembly_fragment *fragment, size_t end)
{
    if (datagram->size != 0)
        return fragment->last ? end == datagram->size : end <= datagram->size;
    return !fragment->last || end >= datagram->end;
}

static void reassembly_copy(struct reassembly *datagram, const struct nbuf *nbuf,
                            const struct reassembly_fragment *fragment,
                            const struct ipv4_info *info)
{
    size_t first = fragment->offset / REASSEMBLY_UNIT;
    size_t end = fragment->offset + nbuf->len;
    memcpy(datagram->nbuf->data + fragment->offset, nbuf->data, nbuf->len);
    memset(&datagram->there[first], true, reassembly_units(end) - first);
    datagram->missing -= (unsigned)(reassembly_units(end) - first);
    if (fragment->last)
        datagram->size = end;
    if (fragment->offset == 0) {
        datagram->header_size = (size_t)(nbuf->data - info->header);
        memcpy(datagram->nbuf->data - datagram->header_size, info->header, datagram->header_size);
    }
}

/* What is wrong with a fragment in itself; NULL: nothing. */
static const char *reassembly_malformed(const struct nbuf *nbuf,
                                        const struct reassembly_fragment *fragment)
{
    if (nbuf->len == 0)
        return "fragment without data";
    /* "Fragments are counted in units of 8 octets": only the last one may end elsewhere. */
    if (!fragment->last && nbuf->len % REASSEMBLY_UNIT != 0)
        return "fragment ends within a unit";
    if (fragment->offset + nbuf->len > REASSEMBLY_SIZE_MAX)
        return "fragment beyond the longest packet";
    return NULL;
}

/* Adds a fragment. NULL, or why it is dropped; *fatal: and its datagram with it. */
static const char *reassembly_add(struct reassembly *datagram, const struct nbuf *nbuf,
                                  const struct reassembly_fragment *fragment,
                                  const struct ipv4_info *info, bool *fatal)
{
    size_t end = fragment->offset + nbuf->len;
    size_t first_unit = fragment->offset / REASSEMBLY_UNIT;
    size_t end_unit = reassembly_units(end);
    *fatal = true;
    if (!reassembly_end_is_consistent(datagram, fragment, end))
        return "fragments disagree on the end";
    size_t there = reassembly_count_there(datagram, first_unit, end_unit);
    if (there == end_unit - first_unit) {
        *fatal = false;
        return "repeated fragment";
    }
    if (there > 0)
        return "overlapping fragments";
    if (end > nbuf_tailroom(datagram->nbuf) && !nbuf_enlarge(datagram->nbuf))
        return "no large buffer for a datagram";
    if (end > datagram->end) {
        datagram->missing += (unsigned)(end_unit - reassembly_units(datagram->end));
        datagram->end = end;
    }
    reassembly_copy(datagram, nbuf, fragment, info);
    return NULL;
}

/* The buffer, no longer ours, when everything is there. */
static struct nbuf *reassembly_finish(struct reassembly *datagram, struct ipv4_info *info)
{
    if (datagram->size == 0 || datagram->missing > 0)
        return NULL;
    struct nbuf *whole = datagram->nbuf;
    nbuf_put(whole, datagram->size);
    info->header = whole->data - datagram->header_size;
    info->group = datagram->info.group;
    datagram->nbuf = NULL;
    reassembly_count--;
    return whole;
}

struct nbuf *reassembly_input(struct nbuf *nbuf, const struct reassembly_fragment *fragment,
                              struct ipv4_info *info, uint64_t now_ns)
{
    bool fatal = false;
    const char *why = reassembly_malformed(nbuf, fragment);
    if (why != NULL) {
        net_drop(nbuf, "reassembly", why);
        return NULL;
    }
    struct reassembly *datagram = reassembly_find(fragment, info);
    if (datagram == NULL)
        datagram = reassembly_make(fragment, info, now_ns);
    if (datagram == NULL) {
        net_drop(nbuf, "reassembly", "no buffer for a datagram");
        return NULL;
    }
    why = reassembly_add(datagram, nbuf, fragment, info, &fatal);
    if (why != NULL) {
        net_drop(nbuf, "reassembly", why);
        if (fatal)
            reassembly_drop(datagram, "datagram of bad fragments");
        return NULL;
    }
    nbuf_free(nbuf);
    return reassembly_finish(datagram, info);
}

/* ---- time ------------------------------------------------------------------------------------ */

/*
 * "If fragment zero has been received", an ICMP Time Exceeded message is sent [RFC1122] 3.3.2; a
 * quotation needs its header and its beginning.
 */
static void reassembly_time_out(struct reassembly *datagram, uint64_t now_ns)
{
    if (datagram->header_size != 0)
        icmp_send_error(ICMP_ERROR_REASSEMBLY, datagram->nbuf->data - datagram->header_size,
                        datagram->header_size + REASSEMBLY_UNIT, &datagram->info, now_ns);
    reassembly_drop(datagram, "time is over");
}

uint64_t reassembly_poll(uint64_t now_ns)
{
    uint64_t next_ns = UINT64_MAX;
    for (unsigned i = 0; i < REASSEMBLY_MAX && reassembly_count > 0; i++) {
        struct reassembly *datagram = &reassemblies[i];
        if (datagram->nbuf == NULL)
            continue;
        if (datagram->drop_at_ns <= now_ns)
            reassembly_time_out(datagram, now_ns);
        else if (datagram->drop_at_ns < next_ns)
            next_ns = datagram->drop_at_ns;
    }
    return next_ns;
}

void reassembly_flush(const struct interface *interface)
{
    for (unsigned i = 0; i < REASSEMBLY_MAX; i++) {
        if (reassemblies[i].nbuf != NULL && reassemblies[i].info.interface == interface)
            reassembly_drop(&reassemblies[i], "its interface went");
    }
}
