/*
 * scenario.h - a scenario file, parsed and checked
 *
 * One file gives one or more tests: one for each value of its `param`, and for each of its `guards`
 * one more with the guest that carries the bug. All of them are fully expanded here, so that
 * whoever runs a test sees plain values only.
 *
 * Everything that can be known without running is checked here: words, units, names, filters,
 * events and their fields. What is in the language but not in this version is refused with that
 * reason, so that a scenario never passes because a statement did nothing.
 */
#ifndef HARNESS_LANGUAGE_SCENARIO_H
#define HARNESS_LANGUAGE_SCENARIO_H

#include "emu/core/trace.h"
#include "emu/virtio/virtqueue.h"
#include "emu/wire/serve.h"
#include "emu/wire/serve_dns.h"
#include "harness/checks/catalogue.h"
#include "pcap/capture.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SCENARIO_DEFAULT_LIMIT_NS (UINT64_C(60) * 1000000000)
#define SCENARIO_DEFAULT_TIMER_HZ UINT64_C(62500000)
#define SCENARIO_DEFAULT_RTC_S    UINT32_C(1767000000) /* 2025-12-29 09:20:00 UTC */
#define SCENARIO_NO_TIME          UINT64_MAX
#define SCENARIO_NETS_MAX         8
#define SCENARIO_SHARES_MAX       8
#define SCENARIO_SHARE_FILES_MAX  256 /* that are written out */
#define SCENARIO_HOSTS_MAX        16
#define SCENARIO_ALLOC_TARGET     "memory" /* of the only place where allocations fail */
#define SCENARIO_FAULTS_MAX       16       /* `inject` statements of an object */
#define SCENARIO_FILES_MAX        64
#define SCENARIO_RECORDS_MAX      256
#define SCENARIO_GUARDS_MAX       32
#define SCENARIO_PATH_MAX         255 /* bytes in the path of a file */

struct scenario_place {
    const char *file;      /* as given on the command line; interned for the process */
    unsigned line, column; /* from 1; a column counts bytes */
};

/* ---- set-up ---------------------------------------------------------------------------------- */

enum scenario_boot {
    SCENARIO_BOOT_FDT,
    SCENARIO_BOOT_ACPI,
};

struct scenario_machine {
    uint64_t ram_size;
    uint64_t step_ns, mmio_ns;
    unsigned gic, cpus;
    enum scenario_boot boot;
    bool vhe, secure;
    bool msi_none; /* no controller takes messages of devices */
    uint64_t pa_offset;
    uint64_t timer_hz, timer_delay_ns;
    uint32_t rtc_s; /* the real-time clock at power-on, in seconds since 1970 */
    /* Where they are said. */
    struct scenario_place secure_at, pa_offset_at, msi_at;
};

enum scenario_backend {
    SCENARIO_BACKEND_NONE,
    SCENARIO_BACKEND_SLIRP,
};

enum scenario_transport {
    SCENARIO_TRANSPORT_MMIO,
    SCENARIO_TRANSPORT_MMIO_LEGACY,
    SCENARIO_TRANSPORT_PCI,
};

enum scenario_msix {
    SCENARIO_MSIX_UNSAID, /* as SCENARIO_MSIX_ALL */
    SCENARIO_MSIX_ALL,    /* a vector for each queue and one for the configuration */
    SCENARIO_MSIX_ONE,
    SCENARIO_MSIX_NO,
};

/* What network cards and shares have in common: a place in the machine, and rings. */
struct scenario_device {
    struct scenario_place place;
    char *name;
    enum scenario_transport transport;
    unsigned slot;                                    /* on PCI; 0: the next that is free */
    enum scenario_msix msix;                          /* on PCI */
    unsigned intid;                                   /* of its line, not on PCI; 0: its window's */
    struct scenario_place slot_at, msix_at, intid_at; /* where they are said */
    unsigned queue_size;
    uint64_t latency_ns;
    struct virtqueue_style style; /* batch 0: not given */
    uint64_t reset_ns;
};

struct scenario_net {
    struct scenario_device device;
    uint8_t mac[6];
    GArray *features_on, *features_off; /* int: bit numbers */
    enum scenario_backend backend;
};

/* A folder that the guest sees over virtio-9p. */
struct scenario_share {
    struct scenario_device device;
    char *folder; /* of the host, as a path from here; NULL: the files below, in memory */
    struct scenario_place folder_at;
    GPtrArray *files; /* struct scenario_file; paths are relative */
    uint32_t msize;   /* the longest message that the server agrees to */
    bool read_only;
};

/* A scripted host on the wire. */
struct scenario_host {
    struct scenario_place place;
    char *name;
    uint8_t mac[6]; /* without mac=: 52:55 and the address, as libslirp does it */
    uint8_t ip[4];
};

/* A service on the wire. The endpoint points to the rest. */
struct scenario_service {
    struct scenario_place place;
    struct serve_endpoint endpoint;
    char *folder;  /* of http, or NULL */
    GArray *steps; /* struct serve_step: of a script */
};

/* A record of the name server. */
struct scenario_record {
    char *name, *alias; /* alias: or NULL */
    struct serve_dns_name row;
};

struct scenario_file {
    struct scenario_place place;
    char *path;
    char *content;
    size_t size;
};

/* ---- the timeline ---------------------------------------------------------------------------- */

enum scenario_verb {
    SCENARIO_WAIT_READY,
    SCENARIO_START,
    SCENARIO_RUN,
    SCENARIO_KILL,
    SCENARIO_INJECT,
    SCENARIO_RESTORE,
    SCENARIO_SEND,
    SCENARIO_EXPECT_FRAMES,
    SCENARIO_EXPECT_EXIT,
    SCENARIO_EXPECT_PRINTS,
    SCENARIO_EXPECT_EVENT,
    SCENARIO_EXPECT_COUNTER,
    SCENARIO_EXPECT_CALL,
    SCENARIO_EXPECT_HANG,  /* a stall will do, */
    SCENARIO_EXPECT_STALL, /* or nothing else */
    SCENARIO_EXPECT_CAUSE,
    SCENARIO_NEVER,
    SCENARIO_FINALLY_QUEUE,
    SCENARIO_FINALLY_COUNTER,
    SCENARIO_FINALLY_CAPTURE,
    SCENARIO_FINALLY_SHARE,
    SCENARIO_FINALLY_FIDS,
    SCENARIO_VERB_COUNT,
};
const char *scenario_verb_name(enum scenario_verb verb); /* as it is written: "expect frames" */

/* `10ms` is absolute since power-on, `+70ms` relative to the later of now and the last match. */
enum scenario_time_kind {
    SCENARIO_TIME_NONE,
    SCENARIO_TIME_ABSOLUTE,
    SCENARIO_TIME_RELATIVE,
};
struct scenario_time {
    enum scenario_time_kind kind;
    uint64_t ns;
};

enum scenario_comparison {
    SCENARIO_EQ,
    SCENARIO_NE,
    SCENARIO_LT,
    SCENARIO_LE,
    SCENARIO_GT,
    SCENARIO_GE,
    SCENARIO_COMPARISON_COUNT,
};
bool scenario_compare(enum scenario_comparison comparison, int64_t left, int64_t right);
const char *scenario_comparison_text(enum scenario_comparison comparison);

enum scenario_where {
    SCENARIO_WHERE_ANY, /* arrived at either end of the guest's cable */
    SCENARIO_WHERE_IN,
    SCENARIO_WHERE_OUT,
    SCENARIO_WHERE_DROPPED,
};

/* Frames: at least `count` of them, or exactly. */
struct scenario_frames {
    unsigned count;
    bool exactly;
    enum scenario_where where;
    char *net; /* NULL: any */
    char *filter_text;
    struct capture_filter *filter;
    char *label; /* `as syn`, or NULL */
};

/* An event by kind and field values. A string field is compared as text, others as numbers. */
struct scenario_field {
    unsigned index;
    char *string;
    uint64_t number;
};
struct scenario_event {
    enum trace_kind kind;
    GArray *fields; /* struct scenario_field */
};

/* A system call of a program that returned: name, and result or argument values. */
struct scenario_call {
    char *program;
    char *call;
    enum scenario_comparison comparison;
    int64_t result; /* names such as EINPROGRESS are their negated numbers */
};

/* A fault, or with RESTORE the end of all faults of an object. */
enum scenario_fault_object {
    SCENARIO_FAULT_IRQ,   /* `target` is an INTID, a card or a queue */
    SCENARIO_FAULT_TIMER, /* `target` is virtual or physical */
    SCENARIO_FAULT_VQ,    /* `target` is a queue */
    SCENARIO_FAULT_LINK,  /* `target` is a card; frames.filter says which frames, NULL: all */
    SCENARIO_FAULT_ALLOC, /* `target` is "memory" */
    SCENARIO_FAULT_9P,    /* `target` is a share */
    SCENARIO_FAULT_OBJECT_COUNT,
};
enum scenario_fault_kind {
    SCENARIO_IRQ_LOSE,
    SCENARIO_IRQ_DELAY,
    SCENARIO_IRQ_SPURIOUS,
    SCENARIO_IRQ_STUCK,
    SCENARIO_IRQ_STORM,
    SCENARIO_IRQ_ROUTE,
    SCENARIO_IRQ_EDGE,
    SCENARIO_TIMER_DEAD,
    SCENARIO_TIMER_LATE,
    SCENARIO_TIMER_INTID,
    SCENARIO_TIMER_DRIFT,
    SCENARIO_VQ_LATENCY,
    SCENARIO_VQ_HOLD,
    SCENARIO_VQ_WITHHOLD,
    SCENARIO_VQ_OUT_OF_ORDER,
    SCENARIO_VQ_USED_LEN,
    SCENARIO_VQ_BAD_ID,
    SCENARIO_VQ_NO_IRQ,
    SCENARIO_VQ_NO_KICK,
    SCENARIO_LINK_DROP,
    SCENARIO_LINK_DELAY,
    SCENARIO_LINK_DUPLICATE,
    SCENARIO_LINK_CORRUPT,
    SCENARIO_LINK_TRUNCATE,
    SCENARIO_LINK_REORDER,
    SCENARIO_LINK_RATE,
    SCENARIO_LINK_PARTITION,
    SCENARIO_LINK_DOWN,
    SCENARIO_ALLOC_FAIL,
    SCENARIO_9P_ERROR, /* `number` is an errno value */
    SCENARIO_9P_DELAY,
    SCENARIO_9P_SHORT_READ,
    SCENARIO_9P_DROP,
    SCENARIO_9P_FOREIGN_TAG,
    SCENARIO_9P_DUPLICATE,
    SCENARIO_9P_BAD_SIZE,
    SCENARIO_9P_MSIZE,
    SCENARIO_9P_RESET,
};
struct scenario_fault {
    enum scenario_fault_object object;
    char *target;
    enum scenario_fault_kind kind; /* of INJECT */
    uint64_t time_ns;              /* of those that take a time, */
    uint64_t number;               /* of those that take a number, */
    int ppm;                       /* of a drift */
    uint64_t jitter_ns, queue;     /* of a delay; of a rate, in bytes */
    uint32_t chance_ppm;           /* how likely each is an occurrence; 0: certain */
    unsigned message;              /* of 9P: for requests of this type; 0: of any */
    uint64_t skip, count;          /* which occurrences; count UINT64_MAX: all behind skip */
};

/* A frame that is put on the wire. */
enum scenario_send_kind {
    SCENARIO_SEND_ARP_REQUEST, /* who-has `target` tell `source` */
    SCENARIO_SEND_ARP_REPLY,   /* reply `source` is-at `mac` */
    SCENARIO_SEND_ECHO_REQUEST,
    SCENARIO_SEND_ECHO_REPLY,
    SCENARIO_SEND_BYTES,
    SCENARIO_SEND_TCP,
    SCENARIO_SEND_UDP,
};

/* A number, or with a label the field of a frame that got this name, and the number is added. */
enum scenario_frame_field {
    SCENARIO_FIELD_SEQ,
    SCENARIO_FIELD_ACK,
    SCENARIO_FIELD_NEXT, /* the sequence number behind it */
    SCENARIO_FIELD_LEN,  /* of its data */
    SCENARIO_FIELD_WIN,
    SCENARIO_FIELD_SPORT,
    SCENARIO_FIELD_DPORT,
    SCENARIO_FIELD_COUNT,
};
struct scenario_value {
    char *label; /* or NULL */
    enum scenario_frame_field field;
    int64_t number;
};

/* Address and port, or with a label those of a frame. */
struct scenario_peer {
    char *label; /* or NULL */
    bool is_dst; /* its destination, not its source */
    uint32_t address;
    uint16_t port;
};

/* A segment of TCP; of UDP the peers and the data. */
struct scenario_segment {
    struct scenario_peer from, to;
    uint8_t flags;
    struct scenario_value seq, ack, win;
    uint16_t mss; /* 0: the option is not there */
    GBytes *data; /* NULL: none */
};
struct scenario_send {
    char *from; /* a card, to which it goes, or a host, from which it comes */
    enum scenario_send_kind kind;
    uint32_t source, target; /* IPv4 addresses */
    uint8_t mac[6];
    uint16_t id, sequence;
    unsigned len;  /* of the ICMP message */
    GBytes *bytes; /* SEND_BYTES: the frame */
    struct scenario_segment segment;
};

/* What `never` watches for and what ends the watch. */
enum scenario_matcher_kind {
    SCENARIO_MATCH_FRAMES,
    SCENARIO_MATCH_EVENT,
    SCENARIO_MATCH_CALL,
    SCENARIO_MATCH_TIME, /* only as an end */
};
struct scenario_matcher {
    enum scenario_matcher_kind kind;
    struct scenario_frames frames;
    struct scenario_event event;
    struct scenario_call call;
    struct scenario_time time;
};

struct scenario_statement {
    struct scenario_place place;
    struct scenario_time at;
    enum scenario_verb verb;
    uint64_t within_ns; /* SCENARIO_NO_TIME: until the scenario's limit */
    char *text;         /* the statement as written, without comment, for messages */

    char *program;  /* START, RUN, KILL, EXPECT_EXIT, EXPECT_PRINTS: its name */
    char *command;  /* START, RUN */
    char *pattern;  /* EXPECT_PRINTS: text to be found in a line */
    char *object;   /* counter, queue or share: "eth0.rx.frames", "eth0.rx", "hostshare" */
    char *property; /* FINALLY_QUEUE: "free", "avail", "used", "in-flight" */
    /* FINALLY_CAPTURE, FINALLY_SHARE: a path, relative to the folder of the scenario */
    char *golden;
    /* EXPECT_HANG, EXPECT_STALL, EXPECT_CAUSE: what the diagnosis must name; NULL: anything */
    char *cause, *task;
    int64_t number;                      /* exit status, signal, value */
    enum scenario_comparison comparison; /* EXPECT_EXIT, counters, queues */
    struct scenario_frames frames;
    struct scenario_event event;
    struct scenario_call call;
    struct scenario_fault fault;          /* INJECT, RESTORE */
    struct scenario_send send;            /* SEND */
    struct scenario_matcher never, until; /* NEVER; without `until` its end is VCLOCK_NEVER */
};

/* ---- bugs ------------------------------------------------------------------------------------ */

/* A bug that is put back into the guest: the test must then fail, for this cause. */
struct scenario_guard {
    struct scenario_place place;
    char *patch; /* "timer-wrong-gsiv.patch", beside the scenario */
    char *bug;   /* "timer-wrong-gsiv": names the mutant */
    char *cause; /* an id of harness/diagnosis/causes.h, or the name of a check */
    char *task;  /* who has to pay; NULL: anybody */
};

/* ---- a test ---------------------------------------------------------------------------------- */

struct scenario {
    char *file; /* the path as given */
    /*
     * "icmp/gateway", "icmp/burst[burst=8]": the folder and the name of the file, without .scn;
     * "icmp/gateway!bug" for a mutant.
     */
    char *name;
    char *title; /* NULL: none */
    char **tags; /* NULL-terminated */
    uint64_t limit_ns;
    struct scenario_machine machine;
    struct scenario_place guest_place;
    char *guest; /* name or path */
    /* "face=posix tick=100": becomes part of the boot command line; "" when none. */
    char *guest_options;
    enum check_severity checks[CHECK_COUNT];
    GPtrArray *nets;       /* struct scenario_net */
    GPtrArray *shares;     /* struct scenario_share */
    GPtrArray *hosts;      /* struct scenario_host */
    GPtrArray *services;   /* struct scenario_service */
    GPtrArray *records;    /* struct scenario_record */
    uint32_t dns;          /* where names are asked for; 0: nowhere */
    bool requires_live;    /* makes sense with the services of the host only */
    GPtrArray *inputs;     /* char *: files that it names and that are read, as it writes them */
    GPtrArray *files;      /* struct scenario_file */
    GPtrArray *statements; /* struct scenario_statement: the timeline, in order */
    GPtrArray *finals;     /* struct scenario_statement: judged at the end */
    GPtrArray *guards;     /* struct scenario_guard: those of this test, by its parameters */
    /* The one of them that this test is for, run on its mutant. NULL: the guest as it is. */
    const struct scenario_guard *guard;
    /*
     * `inject alloc fail each`: this test counts the allocations, and whoever runs it makes one
     * more for each, with the number of the one that fails there.
     */
    bool alloc_each;
    unsigned alloc;
    const struct scenario *base; /* whose parts this one shares; NULL: it has its own */
};

/* For the parser: with the defaults of the language, and everything else empty. */
void scenario_init(struct scenario *scenario);
struct scenario_net *scenario_net_new(struct scenario_place place, const char *name);
struct scenario_share *scenario_share_new(struct scenario_place place, const char *name);
struct scenario_service *scenario_service_new(void);
struct scenario_statement *scenario_statement_new(enum scenario_verb verb);

/* ---- loading --------------------------------------------------------------------------------- */

struct scenario_diagnostic {
    struct scenario_place place; /* line 0: the file as a whole */
    char *message;               /* "unknown word 'expct'" */
    char *hint;                  /* "did you mean 'expect'?", or NULL */
    char *source;                /* the offending line, cut to a screen's width, or NULL */
    unsigned caret;              /* column in `source`, from 1 */
};

/*
 * Loads a file: its tests (struct scenario, freed by the array) or, when there is anything wrong
 * with it, NULL with at least one struct scenario_diagnostic appended to `diagnostics`. `name` is
 * what the tests are called after. Nothing but the file and what it refers to is read.
 */
GPtrArray *scenario_load(const char *path, const char *name, GPtrArray *diagnostics);
/* The same from memory: `size` bytes of anything. Messages name `path`. */
GPtrArray *scenario_load_text(const char *text, size_t size, const char *path, const char *name,
                              GPtrArray *diagnostics);
void scenario_free(struct scenario *scenario);
/*
 * The test of a scenario with `alloc fail each` in which this allocation fails, called
 * NAME[alloc=3]. It shares the scenario's parts, which must outlive it.
 */
struct scenario *scenario_with_alloc(const struct scenario *scenario, unsigned number);
/* Cards and shares as the machine numbers them: first the cards. */
unsigned scenario_device_count(const struct scenario *scenario);
const struct scenario_device *scenario_device(const struct scenario *scenario, unsigned index);
/* Where the golden capture of a FINALLY_CAPTURE, or the folder of a FINALLY_SHARE, lies. Gives. */
char *scenario_golden_path(const struct scenario *scenario,
                           const struct scenario_statement *statement);
GPtrArray *scenario_diagnostics_new(void);

/*
 * Appends `file:line:col: error: …`, the line, the caret and the hint. `color`: with ANSI colours.
 */
void scenario_diagnostic_format(GString *out, const struct scenario_diagnostic *diagnostic,
                                bool color);

/* The nearest of `words` (NULL-terminated) to a misspelt one, or NULL when none is near. */
const char *scenario_nearest_word(const char *word, const char *const *words);

#endif
