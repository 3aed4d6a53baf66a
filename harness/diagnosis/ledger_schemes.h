/*
 * ledger_schemes.h - programs that serve programs: schemes, requests, event queues, clocks
 *
 *     task ── request ──> scheme ── provider ──> task ── event queue ──> sources: requests, files,
 *                                                                       interrupts, clocks
 *
 * Kept from the probes of a guest that has them; in others all of it is empty. Things are found by
 * their numbers. What a guest says is bounded: of each kind of thing the first LEDGER_SCHEMES_KEPT
 * that exist at a time are kept.
 *
 * A source is what event queues watch. That it became ready is told for requests, interrupts,
 * clocks and files of schemes, and of names as long as there is one set of them; of the others it
 * is known only what was posted. Registrations are
 * told apart by queue and source: a queue that watches one source by two descriptors has one.
 */
#ifndef HARNESS_DIAGNOSIS_LEDGER_SCHEMES_H
#define HARNESS_DIAGNOSIS_LEDGER_SCHEMES_H

#include "harness/diagnosis/ledger.h"

#define LEDGER_SCHEMES_KEPT 4096

/* Something that a program provides. */
struct ledger_scheme {
    uint64_t number;
    const char *name;
    uint32_t provider; /* its task */
    struct ledger_mark registered, removed;
    struct ledger_mark opened; /* the last time that somebody asked to */
    uint64_t queued;           /* requests that the provider has not read */
};

/* What a task asks of a provider, until it has an answer. */
struct ledger_ask {
    uint64_t tag;
    uint32_t task;
    struct ledger_scheme *scheme;
    const char *operation;
    uint64_t handle, size; /* size: of the bytes that go with it, or may */
    uint64_t socket;       /* that it is about, as its provider says; 0: about none */
    struct ledger_mark sent, delivered;
    uint32_t reader;         /* who read it, once it is delivered */
    struct ledger_mark told; /* the provider hears that the caller has a signal */
};

struct ledger_watch;

struct ledger_source {
    const char *kind; /* interned: "scheme", "file", "irq", "time", … */
    uint64_t number, handle;
    struct ledger_mark ready; /* the last time that it became so; not kept of interrupts */
    unsigned events;          /* what it became then */
    struct ledger_mark found; /* a provider said, when asked, that something is true already: */
    unsigned found_events;
    struct ledger_mark settled; /* the last time that nothing of it was left */
    struct ledger_mark watched; /* the last time that a queue began to watch it */
    GPtrArray *watches;         /* struct ledger_watch, borrowed */
    uint32_t owner;             /* of a clock: who sets it; else 0 */
    uint64_t socket;            /* behind a file, as its provider says; 0: not known */
};

struct ledger_event_queue {
    uint64_t number;
    uint32_t task;            /* who reads it, or so far has written to it */
    uint64_t object;          /* what its reader blocks on; 0: not seen yet */
    uint64_t waiting;         /* events in it, */
    struct ledger_mark first; /* since when there are some */
    struct ledger_mark read;
    GPtrArray *watches; /* struct ledger_watch, owned */
};

/* A queue watches a source. */
struct ledger_watch {
    struct ledger_event_queue *queue;
    struct ledger_source *source;
    unsigned events; /* 1 reading, 2 writing */
    struct ledger_mark since, posted;
};

/* A single chain of timeouts never has so many of them armed. */
#define LEDGER_CLOCK_CROWD 8
#define LEDGER_CLOCK_FIRES 4

/* The file of a clock, and the timeouts that a program sets by it, one after the other. */
struct ledger_clock {
    uint64_t number;
    uint32_t task;
    unsigned armed; /* at this moment */
    uint64_t fired; /* ever, */
    struct ledger_mark last_fired;
    uint64_t fires_ns[LEDGER_CLOCK_FIRES]; /* the newest, a ring */
    unsigned row;        /* how often in a row it was set anew after it had fired */
    bool set_since;      /* since it fired last */
    unsigned round;      /* ends when most that were armed at its beginning are over; from 1 on */
    unsigned began, old; /* that many those were, and are left of them */
    unsigned peak;       /* the most that were armed in it */
    unsigned crowd;      /* how many rounds in a row had a crowd that did not shrink: */
    unsigned level;      /* with so many, at most */
};

/* One that is to fire. */
struct ledger_timeout {
    uint64_t number, deadline_ns; /* LEDGER_NO_TIME: not told */
    struct ledger_clock *clock;   /* that set it; NULL: the kernel, or a clock that is not kept */
    unsigned round;               /* of the clock, in which it was set */
};

/* A socket that a provider has, with the names and the timeouts that it is told to have. */
struct ledger_served {
    struct ledger_socket socket; /* of no task and no descriptor; LEDGER_NO_TIME: for ever */
    struct ledger_mark ended;    /* the first read of some bytes that was answered with none, */
    uint32_t ended_for;          /* this task's */
    uint32_t told_for;           /* who was told of socket.told_out and told_in */
    uint32_t user;               /* who asked about it last */
};

/*
 * A stack, and the time by which it does what is due. It began to lose time at `from` or later:
 * since it went back last it was never further ahead.
 */
struct ledger_stack {
    uint64_t task; /* in which it runs; 0: the kernel */
    struct ledger_mark from, last;
    uint64_t from_ns, last_ns; /* what its time was then */
    unsigned backwards;        /* how often it was less than before */
};

struct ledger_schemes {
    GHashTable *schemes;          /* number → struct ledger_scheme, also of those that are gone */
    GHashTable *asks;             /* tag → struct ledger_ask */
    GHashTable *waiting;          /* task → its struct ledger_ask, borrowed */
    GHashTable *sources;          /* struct ledger_source, by kind, number and handle */
    GHashTable *queues;           /* number → struct ledger_event_queue */
    GHashTable *clocks;           /* number → struct ledger_clock */
    GHashTable *timeouts;         /* number → struct ledger_timeout, of all of the guest */
    GPtrArray *spare;             /* struct ledger_timeout that are over: as many come as go */
    GHashTable *opened;           /* interned paths that somebody has opened, or tried to */
    GPtrArray *files;             /* interned paths of the files that the guest was given */
    GHashTable *served;           /* number of its socket → struct ledger_served */
    GHashTable *stacks;           /* task → struct ledger_stack */
    struct ledger_mark addressed; /* the last time that an interface got an address */
    const char *rejected; /* the last file of a configuration that could not be read; NULL: none */
    struct ledger_mark rejected_at;
    const char *guessed; /* one that could not, and the interface got an address all the same */
    const char *guessed_interface;
    struct ledger_mark guessed_at;
    uint32_t guessed_mask;
    const char *kind_scheme, *kind_file, *kind_irq, *kind_time, *kind_names, *on_event,
        *on_requests;
    struct ledger_mark acknowledged[BOARD_IRQ_COUNT]; /* by a program, the last time, */
    uint32_t acknowledged_by[BOARD_IRQ_COUNT];        /* and whose task it was; 0: none */
};

struct ledger_schemes *ledger_schemes_new(struct trace *trace);
void ledger_schemes_free(struct ledger_schemes *schemes);
void ledger_listen_to_schemes(struct ledger *ledger);

/* The guest is given a file of this path. */
void ledger_add_file(struct ledger *ledger, const char *path);

/* Whether the guest has told of any scheme, request or event queue. */
bool ledger_has_schemes(const struct ledger *ledger);
/* What a task waits for an answer to; NULL: nothing. */
const struct ledger_ask *ledger_ask_of(const struct ledger *ledger, const struct ledger_task *task);
/* The queue in which a task sleeps; NULL: it does not, or none is known. */
const struct ledger_event_queue *ledger_queue_of(const struct ledger *ledger,
                                                 const struct ledger_task *task);
/* NULL: its provider has not told of it. */
const struct ledger_served *ledger_served(const struct ledger *ledger, uint64_t socket);
const struct ledger_scheme *ledger_scheme(const struct ledger *ledger, uint64_t number);
/* NULL: the queue does not watch it. */
const struct ledger_watch *ledger_watch_of(const struct ledger_event_queue *queue,
                                           const struct ledger_source *source);
const struct ledger_source *ledger_source(const struct ledger *ledger, const char *kind,
                                          uint64_t number, uint64_t handle);
/* Schemes, clocks, queues by their numbers: no report depends on a hash. Gives the array. */
GPtrArray *ledger_sorted(GHashTable *by_number);
/* An interrupt that was taken, and that nobody has acknowledged. */
bool ledger_irq_is_owed(const struct ledger *ledger, unsigned intid);
/* How much less time has passed for it than has passed. */
uint64_t ledger_stack_lost_ns(const struct ledger_stack *stack);
/* The timeout that is overdue for longest; false: none. */
bool ledger_overdue(const struct ledger *ledger, uint64_t now_ns, uint64_t *timeout,
                    uint64_t *deadline_ns);

#endif
