/*
 * diagnosis.h - why nothing comes any more
 *
 * A ledger (ledger.h) is fed with every event of the trace and with the frames of the wire; asked,
 * it is walked along the causal chain
 *
 *     kick → pop → used → ISR → line → pending → enabled? → priority, active? → PSTATE.I? → IAR →
 *     handler → task wakes → used consumed → descriptor recycled → EOI → call returns
 *     timer armed → condition met → INTID pending → the INTID that the guest enabled? → IAR → task
 *     message of 9P sent → answered → taken by whoever waits → what the call returns
 *     event posted → read → request delivered → answered → call returns
 *
 * together with the state of the hardware at that moment. A rule is one function in a table
 * (rules.h) in the order of the chain; the first that holds names the first missing link. Nothing
 * here changes the machine.
 *
 * What was injected is the trigger; the cause is the obligation that the guest then did not meet.
 * Where the guest owes nothing, the cause is what the trigger did.
 */
#ifndef HARNESS_DIAGNOSIS_DIAGNOSIS_H
#define HARNESS_DIAGNOSIS_DIAGNOSIS_H

#include "harness/diagnosis/ledger.h"

enum diagnosis_grade {
    DIAGNOSIS_SUSPECT, /* the hardware's side alone, or one explanation of several */
    DIAGNOSIS_DERIVED, /* follows from the evidence */
    DIAGNOSIS_CAUSE,   /* proved: with this link repaired, the waiting task goes on */
};
/* "suspect", "derived", "cause" */
const char *diagnosis_grade_name(enum diagnosis_grade grade);

/* The one link that a proof repairs. */
enum diagnosis_repair {
    DIAGNOSIS_REPAIR_NONE,   /* a software link, or one that is not the hardware's to repair */
    DIAGNOSIS_REPAIR_ROUTE,  /* `intid` also raises `other_intid` */
    DIAGNOSIS_REPAIR_ENABLE, /* `intid` is enabled */
    DIAGNOSIS_REPAIR_RAISE,  /* `intid` is raised again */
    DIAGNOSIS_REPAIR_END,    /* `intid` is ended */
    DIAGNOSIS_REPAIR_KICK,   /* `queue` is notified */
};

struct diagnosis {
    const char *cause; /* an id of causes.h; NULL: no rule holds */
    enum diagnosis_grade grade;
    enum diagnosis_repair repair;
    unsigned intid, other_intid;
    unsigned cpu;       /* whose, where they are private to one */
    const char *queue;  /* of which it was; NULL: none. Borrowed from the trace */
    const char *device; /* whose driver's lines are of interest; NULL: none. Likewise */
    char *link;         /* the first missing link, a sentence */
    char *trigger;      /* NULL: nothing was injected */
    char *chain; /* of the task that pays, to whom it waits for; NULL: it waits for no other task */
    const struct ledger_task *task; /* who pays; NULL: nobody is known. Borrowed from the ledger */
    /* Who works for it, or has to act; NULL: not known. Likewise. */
    const struct ledger_task *driver;
    GPtrArray *evidence; /* char *, lines */
};

/* What the diagnosis is asked about. */
struct diagnosis_question {
    struct board *board;
    bool crashed;          /* the guest did: then nothing that it waits for is a cause */
    const char *exception; /* and what the CPU says of it, where it was an exception; or NULL */
    /* The guest executes and gets nowhere: where it is, NULL: unknown; and the steps so far. */
    bool spins;
    unsigned spins_on; /* this CPU */
    const char *spins_in;
    uint64_t steps;
    bool hangs;  /* nothing can happen any more: what is missing will not come late either */
    bool excess; /* nothing is missing: something happened that should not have */
    const char *fids_of; /* what is too much are the fids of this share; NULL: nothing of that */
    /* The program that waits or has failed, NULL: none. */
    const struct ledger_program *program;
};

struct diagnosis *diagnosis_ask(const struct ledger *ledger,
                                const struct diagnosis_question *question);
void diagnosis_free(struct diagnosis *diagnosis);
/* Appends the text of the report. */
void diagnosis_format(GString *out, const struct diagnosis *diagnosis);

#endif
