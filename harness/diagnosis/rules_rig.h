/*
 * rules_rig.h - for the tests of this folder: a machine without a guest, and what one would tell
 */
#ifndef HARNESS_DIAGNOSIS_RULES_RIG_H
#define HARNESS_DIAGNOSIS_RULES_RIG_H

#include "emu/virtio/virtio_spec.h"
#include "harness/diagnosis/diagnosis.h"
#include "tests/unit.h"

#include <string.h>

#define RIG_NETD 1
#define RIG_PING 2
#define RIG_PEER UINT32_C(0x0a000202) /* 10.0.2.2 */
#define RIG_MS   UINT64_C(1000000)

struct rig {
    struct board *board;
    struct trace *trace;
    struct ledger *ledger;
    const char *why; /* frames are dropped for this; NULL: just so */
};

/* The program's end. */
static inline void rig_exit(struct rig *rig, int status)
{
    trace_emit(rig->trace, TRACE_PROGRAM_EXITED, TN(1), TN(status));
}

/* A driver says that it knows how to drive the card. */
static inline void rig_claim(const struct rig *rig)
{
    trace_emit(rig->trace, TRACE_VIRTIO_STATUS, TS(trace_intern(rig->trace, "eth0")),
               TN(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER));
}

/*
 * A driver's task that waits for its interrupt, and a program that waits for a reply; with `cards`
 * 1, a card.
 */
static inline void rig_open_with(struct rig *rig, unsigned cards, const char *command)
{
    struct board_net_config net = {
        .device = {.name = "eth0", .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, .queue_size = 8},
    };
    struct board_config config;
    board_config_init(&config);
    config.nets = &net;
    config.net_count = cards;
    *rig = (struct rig){0};
    rig->board = board_new(&config, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->board);
    rig->trace = board_trace(rig->board);
    rig->ledger = ledger_new(rig->trace);
    if (cards > 0) {
        ledger_add_device(rig->ledger, "eth0", board_device_intid(rig->board, "eth0"));
    }
    ledger_add_program(rig->ledger, "ping", command);
    ledger_listen(rig->ledger);
    trace_emit(rig->trace, TRACE_TASK_CREATED, TN(RIG_NETD), TS("netd"), TN(0));
    trace_emit(rig->trace, TRACE_TASK_CREATED, TN(RIG_PING), TS("ping"), TN(0));
    trace_emit(rig->trace, TRACE_PROGRAM_STARTED, TN(1), TN(RIG_PING));
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(RIG_NETD), TS("irq"), TN(1), TN(UINT64_MAX));
    trace_emit(rig->trace, TRACE_TASK_BLOCKED, TN(RIG_PING), TS("socket"), TN(2), TN(UINT64_MAX));
}

static inline void rig_open_unclaimed(struct rig *rig, const char *command)
{
    rig_open_with(rig, 1, command);
}

static inline void rig_open(struct rig *rig, const char *command)
{
    rig_open_unclaimed(rig, command);
    rig_claim(rig);
}

static inline void rig_close(struct rig *rig)
{
    ledger_free(rig->ledger);
    board_free(rig->board);
}

static inline uint64_t rig_now_ns(const struct rig *rig)
{
    return vclock_now_ns(board_clock(rig->board));
}

static inline void rig_pass(struct rig *rig, uint64_t ns)
{
    vclock_advance(board_clock(rig->board), rig_now_ns(rig) + ns);
}

/* A frame passed or was dropped, and the trace told so. */
static inline void rig_tell(struct rig *rig, enum ledger_where where, const char *why,
                            const uint8_t *frame, size_t len)
{
    bool dropped = where == LEDGER_OUT_DROPPED || where == LEDGER_IN_DROPPED;
    const char *port = trace_intern(rig->trace, "eth0");
    uint64_t sequence =
        dropped ? trace_emit(rig->trace, TRACE_FRAME_DROPPED, TS(port), TS("out"), TS(why), TN(len))
                : trace_emit(rig->trace, where == LEDGER_IN ? TRACE_FRAME_IN : TRACE_FRAME_OUT,
                             TS(port), TN(len));
    struct ledger_mark mark = {.sequence = sequence, .time_ns = rig_now_ns(rig)};
    ledger_frame(rig->ledger, where, &mark, dropped ? why : NULL, frame, len);
}

#define RIG_FRAME 60

/* An ARP packet or an IPv4 packet, as far as the ledger looks at it. */
static inline void rig_frame(struct rig *rig, enum ledger_where where, bool arp, unsigned operation,
                             uint32_t source, uint32_t target)
{
    uint8_t frame[RIG_FRAME] = {[12] = 0x08, [13] = arp ? 0x06 : 0x00};
    uint8_t *at = frame + 14;
    unsigned sender_at = arp ? 14 : 12, target_at = arp ? 24 : 16;
    at[7] = arp ? (uint8_t)operation : 0;
    for (unsigned i = 0; i < 4; i++) {
        at[sender_at + i] = (uint8_t)(source >> (24 - 8 * i));
        at[target_at + i] = (uint8_t)(target >> (24 - 8 * i));
    }
    rig_tell(rig, where, rig->why != NULL ? rig->why : "told to", frame, sizeof frame);
}

#define RIG_SELF UINT32_C(0x0a00020f)
static inline void rig_arp_request(struct rig *rig, enum ledger_where where, uint32_t target)
{
    rig_frame(rig, where, true, 1, RIG_SELF, target);
}
static inline void rig_arp_reply(struct rig *rig, uint32_t sender)
{
    rig_frame(rig, LEDGER_IN, true, 2, sender, RIG_SELF);
}
static inline void rig_send(struct rig *rig, enum ledger_where where, uint32_t target)
{
    rig_frame(rig, where, false, 0, RIG_SELF, target);
}
static inline void rig_receive(struct rig *rig, enum ledger_where where, uint32_t source)
{
    rig_frame(rig, where, false, 0, source, RIG_SELF);
}

/* The cause, "" when there is none; with `task`, who pays. Closes the rig. */
static inline void rig_expect(struct rig *rig, bool hangs, const char *cause, const char *task)
{
    const struct diagnosis_question question = {
        .board = rig->board,
        .hangs = hangs,
        .program = ledger_program(rig->ledger, 1),
    };
    struct diagnosis *diagnosis = diagnosis_ask(rig->ledger, &question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause != NULL ? diagnosis->cause : "", cause);
    if (diagnosis->cause != NULL) {
        g_autoptr(GString) text = g_string_new(NULL);
        diagnosis_format(text, diagnosis);
        CU_ASSERT(g_str_has_prefix(text->str, cause));
        CU_ASSERT_PTR_NOT_NULL(strstr(text->str, diagnosis->link));
        CU_ASSERT_PTR_NOT_NULL_FATAL(diagnosis->task);
        CU_ASSERT_EQUAL(g_strcmp0(diagnosis->task->name, task), 0);
        CU_ASSERT_EQUAL(diagnosis->grade, DIAGNOSIS_DERIVED);
    }
    diagnosis_free(diagnosis);
    rig_close(rig);
}

#endif
