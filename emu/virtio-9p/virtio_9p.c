/*
 * virtio_9p.c - the virtio device of a shared folder
 *
 *     driver ── NAME.requests ──► virtio_9p: gather, decode, tell ──► p9_fault ──► p9_server
 *                    ▲                                                               │
 *                    └── completion latency ◄── push, tell ◄── p9_fault ◄────────────┘
 *
 * A request is served when its chain is popped, and the answer is written into the chain at once;
 * the chain comes back after the queue's completion latency, and later when a fault delays it.
 * Where one segment holds a message, it is read, or written, where it lies.
 *
 * A chain without room for an error is the end of its request: it comes back empty, and p9.breach
 * says why. A message that is no request is answered by EINVAL, or where no msize could be that
 * large by EMSGSIZE, when it has a header at least.
 *
 * Tflush. A request that a fault holds back is never answered after it was flushed: its chain comes
 * back empty, before the Rflush.
 *
 * A tag is in use until the driver can see the answer. That is found out when the next request
 * comes: nobody but a client's next request asks for it.
 */
#include "emu/virtio-9p/virtio_9p.h"

#include "emu/virtio-9p/p9_server.h"
#include "emu/virtio-9p/virtio_9p_spec.h"
#include "emu/virtio/virtio_spec.h"

#include <errno.h>
#include <string.h>

static_assert(VIRTIO_9P_MSIZE_MIN == P9_MSIZE_MIN && VIRTIO_9P_MSIZE_MAX == P9_MSIZE_MAX,
              "the bounds are the server's");

#define SHARE_NAMES_MAX   (8u << 20) /* bytes of all names that are told; of others, "…" is */
#define SHARE_RULE_ROOM   "the buffer has room for an error"
#define SHARE_RULE_HEADER "a message begins with size, type and tag"

/* An answer as it is told. */
struct share_answer {
    uint16_t tag;
    const char *type;
    uint32_t size;
    uint32_t error, count;
};

/* An answer that a fault holds back, or the chain of one that never comes. */
struct share_held {
    uint16_t head, tag;
    uint64_t when_ns; /* VCLOCK_NEVER: never */
    struct share_answer answer;
};

/* The request of a chain that the driver cannot see as used yet. */
struct share_flight {
    uint16_t head, tag;
};

struct virtio_9p {
    struct virtio_dev dev;
    struct p9_server *server;
    struct p9_fault *fault;
    struct virtio_9p_counters counters;
    GArray *held;      /* struct share_held, at most one a chain of the queue */
    GArray *flights;   /* struct share_flight, likewise */
    GHashTable *names; /* that were told: set of const char *, interned */
    size_t names_size; /* in bytes */
    struct vevent due;
    struct virtqueue_chain chain; /* the one at hand; nothing of it is used later */
    uint8_t *request, *reply;     /* for messages in pieces; VIRTIO_9P_MSIZE_MAX bytes each */
};

static struct virtio_9p *share_of(struct virtio_dev *dev)
{
    return (struct virtio_9p *)((char *)dev - offsetof(struct virtio_9p, dev));
}

static struct virtqueue *share_queue(struct virtio_9p *share)
{
    return virtio_dev_queue(&share->dev, V9P_QUEUE_REQUESTS);
}

/* ---- telling --------------------------------------------------------------------------------- */

static const char *share_type_name(struct virtio_9p *share, unsigned type)
{
    const char *name = p9_type_name(type);
    if (name != NULL) {
        return name;
    }
    char number[sizeof("255")];
    g_snprintf(number, sizeof(number), "%u", type & 0xff);
    return trace_intern(share->dev.env.trace, number);
}

static void share_breach(void *opaque, const struct p9_request *request, const char *rule,
                         uint64_t value)
{
    struct virtio_9p *share = opaque;
    share->counters.breaches++;
    trace_emit(share->dev.env.trace, TRACE_P9_BREACH, TS(share->dev.name), TN(request->tag),
               TS(share_type_name(share, request->type)), TS(rule), TN(value));
}

/* What is told stays as long as the trace: the client may make up as many names as it likes. */
static const char *share_keep_name(struct virtio_9p *share, const char *name)
{
    const char *kept = g_hash_table_lookup(share->names, name);
    size_t size = strlen(name) + 1;
    if (kept != NULL) {
        return kept;
    }
    if (size > SHARE_NAMES_MAX - share->names_size) {
        return "…";
    }
    share->names_size += size;
    kept = trace_intern(share->dev.env.trace, name);
    g_hash_table_add(share->names, (gpointer)kept);
    return kept;
}

/* The names of a request with slashes between them, or its text. */
static const char *share_names(struct virtio_9p *share, const struct p9_request *request)
{
    if (request->name_count == 0 && request->text.len == 0) {
        return "";
    }
    g_autoptr(GString) names = g_string_new(NULL);
    for (unsigned i = 0; i < request->name_count; i++) {
        g_string_append_printf(names, "%s%.*s", i > 0 ? "/" : "", request->names[i].len,
                               request->names[i].bytes);
    }
    if (request->name_count == 0) {
        g_string_append_len(names, request->text.bytes, request->text.len);
    }
    g_autofree char *shown = g_utf8_make_valid(names->str, (gssize)names->len);
    return share_keep_name(share, shown);
}

/* What stands in `count`: of a message there is no more than one of them. */
static uint64_t share_number(const struct p9_request *request)
{
    switch (request->type) {
    case P9_TVERSION:
        return request->msize;
    case P9_TFLUSH:
        return request->oldtag;
    case P9_TWALK:
    case P9_TXATTRWALK:
    case P9_TATTACH:
    case P9_TLINK:
    case P9_TRENAME:
    case P9_TRENAMEAT:
        return request->newfid;
    default:
        return request->count;
    }
}

static void share_tell_request(struct virtio_9p *share, const struct p9_request *request)
{
    uint64_t count = share_number(request);
    share->counters.requests++;
    trace_emit(share->dev.env.trace, TRACE_P9_REQUEST, TS(share->dev.name), TN(request->tag),
               TS(share_type_name(share, request->type)), TN(request->fid), TN(request->size),
               TS(share_names(share, request)), TN(request->flags), TN(request->mode),
               TN(request->offset), TN(count), TN(share->chain.head));
}

static void share_tell_reply(struct virtio_9p *share, uint16_t head,
                             const struct share_answer *answer)
{
    share->counters.replies++;
    share->counters.errors += answer->error != 0;
    trace_emit(share->dev.env.trace, TRACE_P9_REPLY, TS(share->dev.name), TN(answer->tag),
               TS(answer->type), TN(answer->size), TN(answer->error), TN(answer->count), TN(head));
}

/* The four bytes behind an answer's header, where they are a number worth telling. */
static struct share_answer share_read_answer(struct virtio_9p *share, const uint8_t *reply,
                                             size_t size)
{
    uint16_t tag;
    uint32_t number = 0;
    unsigned type = reply[4];
    memcpy(&tag, reply + 5, sizeof(tag));
    if (size >= P9_HEADER_SIZE + sizeof(number)) {
        memcpy(&number, reply + P9_HEADER_SIZE, sizeof(number));
    }
    bool counts = type == P9_REPLY(P9_TREAD) || type == P9_REPLY(P9_TWRITE) ||
                  type == P9_REPLY(P9_TREADDIR) || type == P9_REPLY(P9_TVERSION);
    return (struct share_answer){
        .tag = tag,
        .type = share_type_name(share, type),
        .size = (uint32_t)size,
        .error = type == P9_RLERROR ? number : 0,
        .count = counts ? number : 0,
    };
}

/* ---- tags ------------------------------------------------------------------------------------ */

/* Chains that have come back since release their tags; so does `head`, which was popped again. */
static void share_release_tags(struct virtio_9p *share, uint16_t head)
{
    for (guint i = share->flights->len; i > 0; i--) {
        struct share_flight flight = g_array_index(share->flights, struct share_flight, i - 1);
        if (flight.head == head || !virtqueue_is_in_flight(share_queue(share), flight.head)) {
            p9_server_release_tag(share->server, flight.tag);
            g_array_remove_index_fast(share->flights, i - 1);
        }
    }
}

static void share_take_tag(struct virtio_9p *share, const struct p9_request *request)
{
    share_release_tags(share, share->chain.head);
    if (p9_server_take_tag(share->server, request)) {
        struct share_flight flight = {.head = share->chain.head, .tag = request->tag};
        g_array_append_val(share->flights, flight);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void share_push(struct virtio_9p *share, uint16_t head, const struct share_answer *answer)
{
    share_tell_reply(share, head, answer);
    virtqueue_push(share_queue(share), head, answer->size);
}

static void share_arm_due(struct virtio_9p *share)
{
    uint64_t first_ns = VCLOCK_NEVER;
    for (guint i = 0; i < share->held->len; i++) {
        first_ns = MIN(first_ns, g_array_index(share->held, struct share_held, i).when_ns);
    }
    if (first_ns != VCLOCK_NEVER) {
        vclock_arm(share->dev.env.clock, &share->due, first_ns);
    } else {
        vclock_disarm(share->dev.env.clock, &share->due);
    }
}

static void share_hold(struct virtio_9p *share, uint16_t tag, uint64_t when_ns,
                       const struct share_answer *answer)
{
    struct share_held held = {.head = share->chain.head, .tag = tag, .when_ns = when_ns};
    if (answer != NULL) {
        held.answer = *answer;
    }
    g_array_append_val(share->held, held);
    share_arm_due(share);
}

/* Answers whose time has come, in the order in which they were held back. */
static void share_release_due(void *opaque)
{
    struct virtio_9p *share = opaque;
    uint64_t now_ns = vclock_now_ns(share->dev.env.clock);
    for (guint i = 0; i < share->held->len;) {
        struct share_held held = g_array_index(share->held, struct share_held, i);
        if (held.when_ns > now_ns) {
            i++;
            continue;
        }
        g_array_remove_index(share->held, i);
        share_push(share, held.head, &held.answer);
    }
    share_arm_due(share);
}

/* Whoever is flushed is not answered any more. */
static void share_flush(struct virtio_9p *share, uint16_t tag)
{
    for (guint i = 0; i < share->held->len; i++) {
        const struct share_held *held = &g_array_index(share->held, struct share_held, i);
        if (held->tag == tag) {
            uint16_t head = held->head;
            g_array_remove_index(share->held, i);
            virtqueue_push(share_queue(share), head, 0);
            share_arm_due(share);
            return;
        }
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Device and driver see the same memory in both: then the answer must not be written there. */
static bool share_overlaps(const struct virtqueue_chain *chain)
{
    const struct virtqueue_segment *from = &chain->segments[0];
    for (unsigned i = 0; i < chain->writable_count; i++) {
        const struct virtqueue_segment *to = &chain->segments[chain->readable_count + i];
        if (from->at.value < to->at.value + to->size &&
            to->at.value < from->at.value + from->size) {
            return true;
        }
    }
    return false;
}

/* The message at hand, of `size` bytes; where it lies, unless it is in pieces. */
static const uint8_t *share_gather(struct virtio_9p *share, size_t size)
{
    const uint8_t *bytes = share_overlaps(&share->chain)
                               ? NULL
                               : virtqueue_chain_readable(share_queue(share), &share->chain);
    if (bytes != NULL) {
        return bytes;
    }
    if (share->request == NULL) {
        share->request = g_malloc(VIRTIO_9P_MSIZE_MAX);
    }
    virtqueue_chain_read(share_queue(share), &share->chain, 0, share->request, size);
    return share->request;
}

/* Where the answer is made; share_scatter() puts it into its pieces. */
static uint8_t *share_room(struct virtio_9p *share)
{
    uint8_t *bytes = virtqueue_chain_writable(share_queue(share), &share->chain);
    if (bytes == NULL && share->reply == NULL) {
        share->reply = g_malloc(VIRTIO_9P_MSIZE_MAX);
    }
    return bytes != NULL ? bytes : share->reply;
}

static void share_scatter(struct virtio_9p *share, const uint8_t *reply, size_t size)
{
    if (reply == share->reply) {
        virtqueue_chain_write(share_queue(share), &share->chain, 0, reply, size);
    }
}

/* The answer is made: it goes, now or later. */
static void share_reply(struct virtio_9p *share, const struct p9_request *request,
                        const struct p9_fate *fate, uint8_t *reply, size_t size, size_t room)
{
    size = p9_fault_reply(share->fault, fate, reply, size, room);
    share_scatter(share, reply, size);
    struct share_answer answer = share_read_answer(share, reply, size);
    if (fate->delay_ns > 0) {
        uint64_t when_ns = vclock_now_ns(share->dev.env.clock) + fate->delay_ns;
        share_hold(share, request->tag, when_ns, &answer);
    } else {
        share_push(share, share->chain.head, &answer);
    }
}

static void share_serve(struct virtio_9p *share, struct p9_request *request)
{
    uint32_t room = MIN(share->chain.writable_size, VIRTIO_9P_MSIZE_MAX);
    share_tell_request(share, request);
    share_take_tag(share, request);
    struct p9_fate fate = p9_fault_request(share->fault, request);
    if (fate.reset) {
        virtio_dev_break(&share->dev);
        return;
    }
    if (fate.drop) {
        share_hold(share, request->tag, VCLOCK_NEVER, NULL);
        return;
    }
    if (request->type == P9_TFLUSH) {
        share_flush(share, request->oldtag);
    }
    uint8_t *reply = share_room(share);
    size_t size = fate.error != 0 ? p9_reply_error(reply, room, request->tag, fate.error)
                                  : p9_server_serve(share->server, request, reply, room);
    share_reply(share, request, &fate, reply, size, room);
}

/* No request: tells why, and answers with the error. 0: it comes back empty. */
static void share_refuse(struct virtio_9p *share, const struct p9_request *request,
                         const char *rule, uint64_t value, uint32_t error)
{
    struct share_answer answer = {.tag = request->tag};
    share_breach(share, request, rule, value);
    if (error == 0) {
        virtqueue_push(share_queue(share), share->chain.head, 0);
        return;
    }
    uint8_t *reply = share_room(share);
    size_t size = p9_reply_error(reply, P9_RLERROR_SIZE, request->tag, error);
    share_scatter(share, reply, size);
    answer = share_read_answer(share, reply, size);
    share_push(share, share->chain.head, &answer);
}

/* The chain at hand. */
static void share_take_chain(struct virtio_9p *share)
{
    struct p9_request request = {.type = 0};
    uint32_t size = share->chain.readable_size;
    const char *why;
    size_t gathered = MIN(size, VIRTIO_9P_MSIZE_MAX);
    const uint8_t *bytes = share_gather(share, gathered);
    bool is_request = p9_decode(bytes, gathered, &request, &why);
    if (share->chain.writable_size < P9_RLERROR_SIZE) {
        share_refuse(share, &request, SHARE_RULE_ROOM, share->chain.writable_size, 0);
    } else if (size < P9_HEADER_SIZE) {
        share_refuse(share, &request, SHARE_RULE_HEADER, size, 0);
    } else if (size > VIRTIO_9P_MSIZE_MAX) {
        share_refuse(share, &request, P9_RULE_MSIZE, size, EMSGSIZE);
    } else if (!is_request) {
        share_refuse(share, &request, why, size, EINVAL);
    } else {
        share_serve(share, &request);
    }
}

/* ---- device ---------------------------------------------------------------------------------- */

static void share_kicked(struct virtio_dev *dev, unsigned queue)
{
    struct virtio_9p *share = share_of(dev);
    struct virtqueue *requests = virtio_dev_queue(dev, queue);
    do {
        while (virtio_dev_is_running(dev) && virtqueue_pop(requests, &share->chain)) {
            share_take_chain(share);
        }
    } while (virtio_dev_is_running(dev) && virtqueue_want_kicks(requests, true));
}

static void share_reset(struct virtio_dev *dev)
{
    struct virtio_9p *share = share_of(dev);
    g_array_set_size(share->held, 0);
    g_array_set_size(share->flights, 0);
    share_arm_due(share);
    p9_fault_forget(share->fault);
    p9_server_reset(share->server);
}

static void share_config_read(struct virtio_dev *dev, size_t offset, void *buffer, size_t size)
{
    struct {
        uint16_t tag_len;
        uint8_t tag[VIRTIO_9P_TAG_MAX];
    } space = {.tag_len = (uint16_t)strlen(dev->name)};
    bool is_length = offset < offsetof(struct v9p_config_space, tag);
    if (!dev->legacy && size != (is_length ? sizeof(space.tag_len) : sizeof(space.tag[0]))) {
        virtio_dev_breach(dev, dev->name, "4.2.2.2",
                          "the driver MUST use 8 bit wide accesses for 8 bit wide fields, 16 bit "
                          "wide and aligned accesses for 16 bit wide fields",
                          offset);
    }
    memcpy(space.tag, dev->name, space.tag_len);
    memcpy(buffer, (const uint8_t *)&space + offset, size);
}

static const char *const share_queue_names[V9P_QUEUE_COUNT] = {
    [V9P_QUEUE_REQUESTS] = "requests",
};

static const struct virtio_dev_ops share_ops = {
    .device_id = V9P_DEVICE_ID,
    .queue_count = V9P_QUEUE_COUNT,
    .queue_names = share_queue_names,
    .config_size = sizeof(struct v9p_config_space) + VIRTIO_9P_TAG_MAX,
    .config_read = share_config_read,
    .kicked = share_kicked,
    .reset = share_reset,
};

struct virtio_9p *virtio_9p_new(const struct virtio_env *env, const struct virtio_9p_config *config,
                                struct irqline line)
{
    g_assert(strlen(config->name) <= VIRTIO_9P_TAG_MAX);
    struct virtio_9p *share = g_new0(struct virtio_9p, 1);
    virtio_dev_init(&share->dev, &share_ops, env, config->name,
                    VIRTIO_FEATURE_MASK(V9P_FEATURE_MOUNT_TAG), config->queue_size, line);
    virtio_dev_set_reset_time(&share->dev, config->reset_ns);
    virtqueue_set_latency(share_queue(share), config->latency_ns);
    virtqueue_set_style(share_queue(share), &config->style);
    share->held = g_array_new(FALSE, FALSE, sizeof(struct share_held));
    share->flights = g_array_new(FALSE, FALSE, sizeof(struct share_flight));
    share->names = g_hash_table_new(g_str_hash, g_str_equal);
    share->fault = p9_fault_new(env->trace, share->dev.name);
    const struct p9_server_config server = {
        .msize_max = config->msize_max,
        .read_only = config->read_only,
        .breach = share_breach,
        .opaque = share,
    };
    share->server = p9_server_new(config->tree, &server);
    vevent_init(&share->due, VEVENT_MACHINE, "9p answer", share_release_due, share);
    return share;
}

void virtio_9p_free(struct virtio_9p *share)
{
    if (share == NULL) {
        return;
    }
    vclock_disarm(share->dev.env.clock, &share->due);
    virtio_dev_fini(&share->dev);
    p9_server_free(share->server);
    p9_fault_free(share->fault);
    g_array_free(share->held, TRUE);
    g_array_free(share->flights, TRUE);
    g_hash_table_unref(share->names);
    g_free(share->request);
    g_free(share->reply);
    g_free(share);
}

struct virtio_dev *virtio_9p_dev(struct virtio_9p *share)
{
    return &share->dev;
}

struct p9_fault *virtio_9p_fault(struct virtio_9p *share)
{
    return share->fault;
}

struct virtio_9p_counters virtio_9p_counters(const struct virtio_9p *share)
{
    return share->counters;
}

struct p9_server *virtio_9p_server(struct virtio_9p *share)
{
    return share->server;
}

unsigned virtio_9p_fid_count(const struct virtio_9p *share)
{
    return p9_server_fid_count(share->server);
}
