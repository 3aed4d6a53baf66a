/*
 * ledger_shares.h - what passed between the guest and its shares, message by message
 *
 * A message belongs to the task that runs when it reaches the device, and is sent for the task in
 * whose call that is: the same one where the kernel has the client, or where a daemon has it the
 * caller of the request for which the daemon says that it works, or that it was given last.
 *
 * A breach stays as long as it may be why something fails: not when the message was answered as if
 * nothing were, and not when its call got over it. A tag that is in use is another matter: whose
 * answer is taken for whose shows in neither.
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_SHARES_H
#define HARNESS_DIAGNOSIS_LEDGER_SHARES_H

#include "harness/diagnosis/ledger.h"

#define LEDGER_P9_MESSAGES 64  /* the newest, of all shares */
#define LEDGER_P9_FIDS     256 /* that live at once; more are not kept */
#define LEDGER_P9_BREACHES 64  /* the newest, of different rules or tasks */
#define LEDGER_P9_CALLS    64  /* tasks in a call about a share, at once */
#define LEDGER_P9_FOOLED   16  /* tasks that took an answer to another message for theirs */
#define LEDGER_P9_SERVED   64  /* the newest requests of schemes */
#define LEDGER_P9_DAEMONS  16  /* that say for which request they work */

struct ledger_p9_message {
    const char *share, *type, *name; /* interned */
    uint16_t tag, head;              /* as in p9.request */
    uint32_t fid, count;             /* likewise */
    uint32_t mode;
    bool is_damaged;                   /* its answer will be none, by a fault */
    uint32_t task, owner;              /* who sent it, and for whom; 0: not known */
    struct ledger_mark sent, answered; /* answered: the device had made the answer */
};

struct ledger_p9_fid {
    const char *share, *name;
    uint32_t fid, task;
    bool is_root, is_open, is_created; /* created: open since Tlcreate */
    struct ledger_mark since;
};

struct ledger_p9_breach {
    const char *share, *type, *rule;
    uint64_t value;
    uint32_t fid, owner;
    uint32_t other;  /* of a tag in use: for whom the message was sent that has it; 0: not known */
    uint16_t head;   /* of its message */
    bool is_created; /* the fid was opened by Tlcreate */
    struct ledger_mark at;
};

/* What a call about a share came to. */
struct ledger_p9_call {
    uint32_t task;            /* 0: the slot is free */
    const char *call, *share; /* share: of its last message */
    uint64_t arguments[4];
    struct ledger_mark entered;
    uint64_t sent, answered; /* messages for it */
    const char *refused;     /* the type of the last one, if Rlerror answered it; NULL: otherwise */
    uint32_t error; /* and the error; those that clean up, Tclunk and Tflush, do not count */
    struct ledger_mark refused_at;
    bool is_partial; /* the last one was a walk that did not get to its end */
    bool was_fooled; /* an answer came with the tag of no message that was under way */
    uint16_t wrong_tag, right_tag;
    struct ledger_mark fooled_at;
    int64_t result;
    struct ledger_mark returned;
};

struct ledger_shares {
    struct ledger_p9_message messages[LEDGER_P9_MESSAGES]; /* a ring */
    unsigned message_count;                                /* ever */
    struct ledger_p9_message given_up; /* the last one whose call failed before its answer came */
    struct ledger_p9_fid fids[LEDGER_P9_FIDS];
    unsigned fid_count;
    /* In their order; of those of one rule and owner, the first. */
    struct ledger_p9_breach breaches[LEDGER_P9_BREACHES];
    unsigned breach_count;
    struct ledger_p9_call calls[LEDGER_P9_CALLS]; /* at hand */
    struct {
        uint64_t tag;
        uint32_t caller, provider;
        bool is_over;
    } served[LEDGER_P9_SERVED]; /* a ring */
    unsigned served_count;
    struct {
        uint32_t daemon, caller; /* caller 0: not known */
    } at_hand[LEDGER_P9_DAEMONS];
    unsigned daemon_count;
    /* Calls that took an answer with a wrong tag for their own: the first of each task. */
    struct ledger_p9_call fooled[LEDGER_P9_FOOLED];
    unsigned fooled_count;
    /* The first that returned another error than its last answer had, */
    struct ledger_p9_call changed;
    /* and the last that failed, of any task, after messages that were all answered. */
    struct ledger_p9_call failed;
    /* The last that gave up, with ETIMEDOUT, when all had been answered, */
    struct ledger_p9_call slept_over;
    bool slept_untold; /* and the interrupt that should have told was not acknowledged */
    struct {
        struct ledger_p9_message message; /* share NULL: none */
        uint32_t asked;
        const char *call;
    } mode; /* the first file that was made with another mode than the program asked for */
};

struct ledger_shares *ledger_shares_new(void);
void ledger_shares_free(struct ledger_shares *shares);
void ledger_listen_to_shares(struct ledger *ledger);

/* Whether a task has sent messages, and all of them have their answers. */
bool ledger_p9_is_idle(const struct ledger *ledger, uint32_t task);
/* The newest message of a task; NULL: none that is known. */
const struct ledger_p9_message *ledger_p9_last(const struct ledger *ledger, uint32_t task);

#endif
