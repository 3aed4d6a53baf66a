/*
 * ledger_shares.c - what passed between the guest and its shares
 *
 * An answer goes to whoever waits for the chain that it comes back in, whatever its tag: of the
 * messages in a chain, to the newest. It is that message's if it has its tag as well.
 */
#include "harness/diagnosis/ledger_shares.h"

#include "emu/virtio-9p/p9_server.h"
#include "harness/diagnosis/ledger_priv.h"

#include <string.h>

#define SHARES_PERMISSIONS 07777u
#define SHARES_RWALK_SIZE  9u  /* of an Rwalk without qids, */
#define SHARES_QID_SIZE    13u /* and of each */
#define SHARES_EAGAIN      (-11)
#define SHARES_ETIMEDOUT   (-110)

struct ledger_shares *ledger_shares_new(void)
{
    return g_new0(struct ledger_shares, 1);
}

void ledger_shares_free(struct ledger_shares *shares)
{
    g_free(shares);
}

/* ---- finding --------------------------------------------------------------------------------- */

static struct ledger_p9_call *shares_call(struct ledger_shares *shares, uint32_t task)
{
    for (unsigned i = 0; i < LEDGER_P9_CALLS && task != 0; i++) {
        if (shares->calls[i].task == task) {
            return &shares->calls[i];
        }
    }
    return NULL;
}

/* The newest of the ring comes first. */
static struct ledger_p9_message *shares_newest(struct ledger_shares *shares, unsigned age)
{
    unsigned kept = MIN(shares->message_count, LEDGER_P9_MESSAGES);
    return age < kept ? &shares->messages[(shares->message_count - 1 - age) % LEDGER_P9_MESSAGES]
                      : NULL;
}

/* The message in a chain; NULL: none is known, or it has its answer. */
static struct ledger_p9_message *shares_in_chain(struct ledger_shares *shares, const char *share,
                                                 uint64_t head)
{
    struct ledger_p9_message *message;
    for (unsigned i = 0; (message = shares_newest(shares, i)) != NULL; i++) {
        if (message->share == share && message->head == head) {
            return message->answered.sequence == 0 ? message : NULL;
        }
    }
    return NULL;
}

const struct ledger_p9_message *ledger_p9_last(const struct ledger *ledger, uint32_t task)
{
    const struct ledger_p9_message *message;
    for (unsigned i = 0; (message = shares_newest(ledger->shares, i)) != NULL; i++) {
        if (message->task == task) {
            return message;
        }
    }
    return NULL;
}

bool ledger_p9_is_idle(const struct ledger *ledger, uint32_t task)
{
    const struct ledger_p9_message *last =
        ledger->shares != NULL ? ledger_p9_last(ledger, task) : NULL;
    return last != NULL && last->answered.sequence != 0;
}

static struct ledger_p9_fid *shares_fid(struct ledger_shares *shares, const char *share,
                                        uint64_t fid)
{
    for (unsigned i = 0; i < shares->fid_count; i++) {
        if (shares->fids[i].fid == fid && shares->fids[i].share == share) {
            return &shares->fids[i];
        }
    }
    return NULL;
}

/* In whose call it is: the task's own, or that of whom it serves. */
static uint32_t shares_owner(struct ledger_shares *shares, uint32_t task)
{
    if (shares_call(shares, task) != NULL) {
        return task;
    }
    for (unsigned i = 0; i < shares->daemon_count; i++) {
        if (shares->at_hand[i].daemon == task) {
            return shares->at_hand[i].caller != 0 ? shares->at_hand[i].caller : task;
        }
    }
    unsigned kept = MIN(shares->served_count, LEDGER_P9_SERVED);
    for (unsigned i = 1; i <= kept; i++) {
        unsigned at = (shares->served_count - i) % LEDGER_P9_SERVED;
        if (shares->served[at].provider == task && !shares->served[at].is_over) {
            return shares->served[at].caller;
        }
    }
    return task;
}

/* ---- fids ------------------------------------------------------------------------------------ */

static void shares_add_fid(struct ledger_shares *shares, const struct ledger_p9_message *message,
                           uint32_t number, bool is_root)
{
    struct ledger_p9_fid *fid = shares_fid(shares, message->share, number);
    if (fid == NULL && shares->fid_count == LEDGER_P9_FIDS) {
        return;
    }
    fid = fid != NULL ? fid : &shares->fids[shares->fid_count++];
    *fid = (struct ledger_p9_fid){
        .share = message->share,
        .name = message->name,
        .fid = number,
        .task = message->owner,
        .is_root = is_root,
        .since = message->answered,
    };
}

static void shares_remove_fid(struct ledger_shares *shares, const char *share, uint32_t number)
{
    struct ledger_p9_fid *fid = shares_fid(shares, share, number);
    if (fid != NULL) {
        *fid = shares->fids[--shares->fid_count];
    }
}

static void shares_end_session(struct ledger_shares *shares, const char *share)
{
    for (unsigned i = shares->fid_count; i > 0; i--) {
        if (shares->fids[i - 1].share == share) {
            shares->fids[i - 1] = shares->fids[--shares->fid_count];
        }
    }
}

/* A walk that got to its end: a partial one makes no fid. */
static bool shares_walked(const struct ledger_p9_message *message, uint64_t size)
{
    unsigned names = message->name[0] == '\0' ? 0 : 1;
    for (const char *at = message->name; *at != '\0'; at++) {
        names += *at == '/';
    }
    return size == SHARES_RWALK_SIZE + (uint64_t)names * SHARES_QID_SIZE;
}

static void shares_follow_fids(struct ledger_shares *shares,
                               const struct ledger_p9_message *message,
                               const struct trace_event *reply)
{
    const char *type = reply->fields[2].string;
    struct ledger_p9_fid *fid = shares_fid(shares, message->share, message->fid);
    if (strcmp(type, "Rversion") == 0) {
        shares_end_session(shares, message->share);
    } else if (strcmp(type, "Rattach") == 0) {
        shares_add_fid(shares, message, message->fid, true);
    } else if (strcmp(type, "Rwalk") == 0 && shares_walked(message, reply->fields[3].number)) {
        if (message->count != message->fid) {
            shares_add_fid(shares, message, message->count, false);
        }
    } else if (strcmp(type, "Rxattrwalk") == 0) {
        shares_add_fid(shares, message, message->count, false);
    } else if (strcmp(type, "Rclunk") == 0 || strcmp(message->type, "Tremove") == 0) {
        shares_remove_fid(shares, message->share, message->fid);
    } else if (fid != NULL && strcmp(type, "Rlopen") == 0) {
        fid->is_open = true;
    } else if (fid != NULL && strcmp(type, "Rlcreate") == 0) {
        fid->is_open = fid->is_created = true;
        fid->name = message->name;
    }
}

/* ---- breaches -------------------------------------------------------------------------------- */

typedef bool shares_breach_fn(const struct ledger_p9_breach *breach, const void *of);

static bool shares_is_of_message(const struct ledger_p9_breach *breach, const void *of)
{
    const struct ledger_p9_message *message = of;
    return breach->share == message->share && breach->head == message->head &&
           breach->at.sequence > message->sent.sequence;
}

static bool shares_is_of_call(const struct ledger_p9_breach *breach, const void *of)
{
    const struct ledger_p9_call *call = of;
    return breach->owner == call->task && breach->at.sequence > call->entered.sequence;
}

static void shares_forget_breaches(struct ledger_shares *shares, shares_breach_fn *is_over,
                                   const void *of)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < shares->breach_count; i++) {
        const struct ledger_p9_breach *breach = &shares->breaches[i];
        if (strcmp(breach->rule, P9_RULE_TAG_IN_USE) == 0 || !is_over(breach, of)) {
            shares->breaches[kept++] = *breach;
        }
    }
    shares->breach_count = kept;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* What the program asked for, when the message makes something in its call. */
static void shares_compare_mode(struct ledger_shares *shares,
                                const struct ledger_p9_message *message)
{
    bool makes_file = strcmp(message->type, "Tlcreate") == 0;
    const struct ledger_p9_call *call = shares_call(shares, message->owner);
    if (shares->mode.message.share != NULL || call == NULL ||
        strcmp(call->call, makes_file ? "openat" : "mkdirat") != 0 ||
        (!makes_file && strcmp(message->type, "Tmkdir") != 0)) {
        return;
    }
    uint32_t asked = (uint32_t)call->arguments[makes_file ? 3 : 2] & SHARES_PERMISSIONS;
    if (asked != (message->mode & SHARES_PERMISSIONS)) {
        shares->mode.message = *message;
        shares->mode.asked = asked;
        shares->mode.call = call->call;
    }
}

static void shares_observe_request(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    uint32_t task = ledger->running[ledger_cpu(event)];
    struct ledger_p9_message *message =
        &shares->messages[shares->message_count % LEDGER_P9_MESSAGES];
    shares->message_count++;
    *message = (struct ledger_p9_message){
        .share = event->fields[0].string,
        .tag = (uint16_t)event->fields[1].number,
        .type = event->fields[2].string,
        .fid = (uint32_t)event->fields[3].number,
        .name = event->fields[5].string,
        .mode = (uint32_t)event->fields[7].number,
        .count = (uint32_t)event->fields[9].number,
        .head = (uint16_t)event->fields[10].number,
        .task = task,
        .owner = shares_owner(shares, task),
        .sent = ledger_mark(event),
    };
    struct ledger_p9_call *call = shares_call(shares, message->owner);
    if (call != NULL) {
        call->sent++;
        call->share = message->share;
    }
    shares_compare_mode(shares, message);
}

static void shares_observe_reply(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    const char *share = event->fields[0].string;
    uint64_t tag = event->fields[1].number, error = event->fields[4].number;
    struct ledger_p9_message *message = shares_in_chain(shares, share, event->fields[6].number);
    struct ledger_p9_call *call = message != NULL ? shares_call(shares, message->owner) : NULL;
    if (message == NULL || message->is_damaged) {
        return; /* it is none to the message, which waits on */
    }
    if (message->tag != tag) { /* likewise */
        if (call != NULL) {
            call->was_fooled = true;
            call->wrong_tag = (uint16_t)tag;
            call->right_tag = message->tag;
            call->fooled_at = ledger_mark(event);
        }
        return;
    }
    message->answered = ledger_mark(event);
    if (error == 0) {
        shares_forget_breaches(shares, shares_is_of_message, message);
    }
    if (call != NULL) {
        call->answered++;
    }
    bool cleans_up = strcmp(message->type, "Tclunk") == 0 || strcmp(message->type, "Tflush") == 0;
    if (call != NULL && !cleans_up) {
        call->is_partial = strcmp(event->fields[2].string, "Rwalk") == 0 &&
                           !shares_walked(message, event->fields[3].number);
        call->refused = error != 0 ? message->type : NULL;
        call->error = (uint32_t)error;
        call->refused_at = message->answered;
    }
    shares_follow_fids(shares, message, event);
}

/* The answer to the request at hand will state a size that it does not have. */
static void shares_observe_fault(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_p9_message *message;
    if (strcmp(event->fields[0].string, "9p") != 0 ||
        strcmp(event->fields[2].string, "bad-size") != 0) {
        return;
    }
    for (unsigned i = 0; (message = shares_newest(ledger->shares, i)) != NULL; i++) {
        if (message->share == event->fields[1].string) {
            message->is_damaged = true;
            return;
        }
    }
}

/* For whom the message was sent that has the tag of this one; 0: none is known. */
static uint32_t shares_other_owner(struct ledger_shares *shares,
                                   const struct ledger_p9_message *message)
{
    const struct ledger_p9_message *other;
    for (unsigned i = 0; (other = shares_newest(shares, i)) != NULL; i++) {
        if (other != message && other->share == message->share && other->tag == message->tag) {
            return other->owner;
        }
    }
    return 0;
}

static void shares_observe_breach(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    const char *rule = event->fields[3].string;
    uint32_t task = ledger->running[ledger_cpu(event)], owner = shares_owner(shares, task);
    for (unsigned i = 0; i < shares->breach_count; i++) {
        if (strcmp(shares->breaches[i].rule, rule) == 0 && shares->breaches[i].owner == owner) {
            return;
        }
    }
    if (shares->breach_count == LEDGER_P9_BREACHES) {
        shares->breach_count--;
        memmove(&shares->breaches[0], &shares->breaches[1],
                shares->breach_count * sizeof(shares->breaches[0]));
    }
    const struct ledger_p9_message *message = ledger_p9_last(ledger, task);
    bool has_twin = message != NULL && strcmp(rule, P9_RULE_TAG_IN_USE) == 0;
    const struct ledger_p9_fid *fid =
        message != NULL ? shares_fid(shares, message->share, message->fid) : NULL;
    shares->breaches[shares->breach_count++] = (struct ledger_p9_breach){
        .share = event->fields[0].string,
        .type = event->fields[2].string,
        .rule = rule,
        .value = event->fields[4].number,
        .fid = message != NULL ? message->fid : 0,
        .owner = owner,
        .other = has_twin ? shares_other_owner(shares, message) : 0,
        .head = message != NULL ? message->head : 0,
        .is_created = fid != NULL && fid->is_created,
        .at = ledger_mark(event),
    };
}

static void shares_observe_reset(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    shares_end_session(ledger->shares, event->fields[0].string);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void shares_observe_entered(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    uint32_t task = (uint32_t)event->fields[0].number;
    struct ledger_p9_call *call = shares_call(shares, task);
    for (unsigned i = 0; i < LEDGER_P9_CALLS && call == NULL; i++) {
        call = shares->calls[i].task == 0 ? &shares->calls[i] : NULL;
    }
    if (call == NULL || task == 0) {
        return;
    }
    *call = (struct ledger_p9_call){
        .task = task,
        .call = event->fields[1].string,
        .entered = ledger_mark(event),
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(call->arguments); i++) {
        call->arguments[i] = event->fields[2 + i].number;
    }
}

/* Of the messages that this task has no answer to, the newest. */
static void shares_give_up(struct ledger_shares *shares, uint32_t owner)
{
    const struct ledger_p9_message *message;
    for (unsigned i = 0; (message = shares_newest(shares, i)) != NULL; i++) {
        if (message->owner == owner && message->answered.sequence == 0) {
            shares->given_up = *message;
            return;
        }
    }
}

/* An answer with a wrong tag was taken, when the call then succeeds. */
static void shares_keep_fooled(struct ledger_shares *shares, const struct ledger_p9_call *call)
{
    if (!call->was_fooled || shares->fooled_count == LEDGER_P9_FOOLED) {
        return;
    }
    for (unsigned i = 0; i < shares->fooled_count; i++) {
        if (shares->fooled[i].task == call->task) {
            return;
        }
    }
    shares->fooled[shares->fooled_count++] = *call;
}

static void shares_observe_returned(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    struct ledger_p9_call *call = shares_call(shares, (uint32_t)event->fields[0].number);
    if (call == NULL) {
        return;
    }
    call->result = (int64_t)event->fields[2].number;
    call->returned = ledger_mark(event);
    if (call->result >= 0) {
        shares_forget_breaches(shares, shares_is_of_call, call);
        shares_keep_fooled(shares, call);
    }
    if (call->result < 0 && call->answered < call->sent) {
        shares_give_up(shares, call->task);
    }
    bool is_whole = call->sent > 0 && call->answered == call->sent && !call->was_fooled;
    bool has_failed = is_whole && call->result < 0 && call->result != SHARES_EAGAIN;
    if (has_failed && call->result == SHARES_ETIMEDOUT && call->refused == NULL) {
        const struct ledger_device *device = ledger_device(ledger, call->share);
        shares->slept_over = *call;
        shares->slept_untold =
            device != NULL && device->isr_set.sequence > device->isr_ack.sequence;
        has_failed = false;
    }
    if (has_failed && call->refused != NULL && call->result != -(int64_t)call->error &&
        shares->changed.task == 0) {
        shares->changed = *call;
    }
    if (has_failed) {
        shares->failed = *call;
    }
    call->task = 0;
}

/* ---- who serves whom ------------------------------------------------------------------------- */

static void shares_observe_scheme(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    uint64_t tag = event->fields[0].number;
    if (event->kind == TRACE_REQUEST_SENT) {
        unsigned at = shares->served_count++ % LEDGER_P9_SERVED;
        shares->served[at].tag = tag;
        shares->served[at].caller = (uint32_t)event->fields[1].number;
        shares->served[at].provider = 0;
        shares->served[at].is_over = false;
        return;
    }
    unsigned kept = MIN(shares->served_count, LEDGER_P9_SERVED);
    for (unsigned i = 0; i < kept; i++) {
        if (shares->served[i].tag == tag && !shares->served[i].is_over) {
            shares->served[i].is_over = event->kind == TRACE_REQUEST_ANSWERED;
            if (event->kind == TRACE_REQUEST_DELIVERED) {
                shares->served[i].provider = (uint32_t)event->fields[1].number;
            }
        }
    }
}

static void shares_observe_served(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    struct ledger_shares *shares = ledger->shares;
    uint32_t daemon = (uint32_t)event->fields[1].number;
    unsigned slot = 0;
    while (slot < shares->daemon_count && shares->at_hand[slot].daemon != daemon) {
        slot++;
    }
    if (slot == LEDGER_P9_DAEMONS) {
        return;
    }
    shares->daemon_count = MAX(shares->daemon_count, slot + 1);
    shares->at_hand[slot].daemon = daemon;
    shares->at_hand[slot].caller = 0;
    for (unsigned i = 0; i < MIN(shares->served_count, LEDGER_P9_SERVED); i++) {
        if (shares->served[i].tag == event->fields[0].number) {
            shares->at_hand[slot].caller = shares->served[i].caller;
        }
    }
}

void ledger_listen_to_shares(struct ledger *ledger)
{
    static const struct trace_listener table[] = {
        {TRACE_P9_REQUEST, shares_observe_request},
        {TRACE_P9_REPLY, shares_observe_reply},
        {TRACE_P9_BREACH, shares_observe_breach},
        {TRACE_FAULT_APPLIED, shares_observe_fault},
        {TRACE_VIRTIO_RESET, shares_observe_reset},
        {TRACE_CALL_ENTERED, shares_observe_entered},
        {TRACE_CALL_RETURNED, shares_observe_returned},
        {TRACE_REQUEST_SENT, shares_observe_scheme},
        {TRACE_REQUEST_DELIVERED, shares_observe_scheme},
        {TRACE_REQUEST_SERVED, shares_observe_served},
        {TRACE_REQUEST_ANSWERED, shares_observe_scheme},
    };
    trace_listen(ledger->trace, table, G_N_ELEMENTS(table), ledger);
}
