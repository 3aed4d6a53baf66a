/*
 * rules_share_test.c - what is wrong between a program and a shared folder
 */
#include "emu/virtio-9p/p9_server.h"
#include "emu/virtio-9p/p9_tree.h"
#include "harness/diagnosis/ledger_shares.h"
#include "harness/diagnosis/rules_rig.h"

#define RIG_DAEMON 3 /* virtio-9pd */
#define RIG_CP     4 /* the other program */
#define RIG_MS     UINT64_C(1000000)

static struct rig rig;
static struct p9_tree *tree;
static const char *box;
static uint32_t caller; /* the task that runs */

static void block(uint32_t task, const char *on, uint64_t deadline_ns)
{
    trace_emit(rig.trace, TRACE_TASK_BLOCKED, TN(task), TS(trace_intern(rig.trace, on)), TN(1),
               TN(deadline_ns));
}

static void emit_share(enum trace_kind kind, uint16_t tag, const char *type, const char *rule,
                       uint64_t value)
{
    g_assert(kind == TRACE_P9_BREACH);
    trace_emit(rig.trace, TRACE_P9_BREACH, TS(box), TN(tag), TS(type), TS(rule), TN(value));
}

static void run(uint32_t task)
{
    caller = task;
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(task));
}

/* A machine with one share, and programs "cat", which runs, and "cp". */
static void begin(void)
{
    static const struct p9_tree_config plain = {.now_ns = NULL};
    tree = p9_tree_new_memory(&plain);
    struct board_share_config share = {
        .device = {.name = "box", .tree = tree, .queue_size = 8, .msize_max = 8192},
    };
    struct board_config config;
    board_config_init(&config);
    config.shares = &share;
    config.share_count = 1;
    rig = (struct rig){0};
    rig.board = board_new(&config, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig.board);
    rig.trace = board_trace(rig.board);
    rig.ledger = ledger_new(rig.trace);
    box = trace_intern(rig.trace, "box");
    ledger_add_share(rig.ledger, "box", board_device_intid(rig.board, "box"));
    ledger_add_program(rig.ledger, "cat", "cat /mnt/box/a");
    ledger_add_program(rig.ledger, "cp", "cp /mnt/box/a /mnt/box/b");
    ledger_listen(rig.ledger);
    trace_emit(rig.trace, TRACE_TASK_CREATED, TN(RIG_DAEMON), TS("virtio-9pd"), TN(0));
    trace_emit(rig.trace, TRACE_TASK_CREATED, TN(RIG_PING), TS("cat"), TN(0));
    trace_emit(rig.trace, TRACE_TASK_CREATED, TN(RIG_CP), TS("cp"), TN(0));
    trace_emit(rig.trace, TRACE_PROGRAM_STARTED, TN(1), TN(RIG_PING));
    run(RIG_PING);
}

static void start_cp(void)
{
    trace_emit(rig.trace, TRACE_PROGRAM_STARTED, TN(2), TN(RIG_CP));
    run(RIG_CP);
}

static void call(const char *name, uint64_t a2, uint64_t a3)
{
    trace_emit(rig.trace, TRACE_CALL_ENTERED, TN(caller), TS(trace_intern(rig.trace, name)), TN(0),
               TN(0), TN(a2), TN(a3));
}

static void returns(const char *name, int64_t result)
{
    trace_emit(rig.trace, TRACE_CALL_RETURNED, TN(caller), TS(trace_intern(rig.trace, name)),
               TN(result));
}

/* The chain of a message, and of its answer where no other one is named: by the tag. */
static uint16_t chain_of(uint16_t tag)
{
    return tag & 0xff;
}

/* From whichever task runs. */
static void send_with(uint16_t tag, const char *type, uint32_t fid, const char *name, uint32_t mode,
                      uint32_t count)
{
    trace_emit(rig.trace, TRACE_P9_REQUEST, TS(box), TN(tag), TS(trace_intern(rig.trace, type)),
               TN(fid), TN(30), TS(trace_intern(rig.trace, name)), TN(0), TN(mode), TN(0),
               TN(count), TN(chain_of(tag)));
}

static void send(uint16_t tag, const char *type, uint32_t fid)
{
    send_with(tag, type, fid, "", 0, 0);
}

static void answer_in(uint16_t head, uint16_t tag, const char *type, uint32_t size, uint32_t error)
{
    trace_emit(rig.trace, TRACE_P9_REPLY, TS(box), TN(tag), TS(trace_intern(rig.trace, type)),
               TN(size), TN(error), TN(0), TN(head));
}

static void answer_with(uint16_t tag, const char *type, uint32_t size, uint32_t error)
{
    answer_in(chain_of(tag), tag, type, size, error);
}

static void answer(uint16_t tag, const char *type)
{
    answer_with(tag, type, 20, 0);
}

static void refuse(uint16_t tag, uint32_t error)
{
    answer_with(tag, "Rlerror", 11, error);
}

/* The driver can see it. */
static void show(void)
{
    static unsigned used;
    trace_emit(rig.trace, TRACE_VQ_USED, TS(trace_intern(rig.trace, "box.requests")), TN(0), TN(20),
               TN(++used));
}

static void ask(const struct diagnosis_question *question, const char *cause)
{
    struct diagnosis *diagnosis = diagnosis_ask(rig.ledger, question);
    CU_ASSERT_STRING_EQUAL(diagnosis->cause != NULL ? diagnosis->cause : "", cause);
    diagnosis_free(diagnosis);
}

/* What is said of program 1, or 2; "" when that is nothing. */
static void ask_about(unsigned program, const char *cause)
{
    const struct diagnosis_question question = {
        .board = rig.board,
        .program = ledger_program(rig.ledger, program),
    };
    rig_pass(&rig, 10 * RIG_MS);
    ask(&question, cause);
}

static void end(void)
{
    rig_close(&rig);
    p9_tree_free(tree);
}

/* The cause, "" when there is none. Ends the rig. */
static void expect_of(const char *cause, const char *fids_of, bool spins)
{
    const struct diagnosis_question question = {
        .board = rig.board,
        .program = ledger_program(rig.ledger, 1),
        .fids_of = fids_of,
        .spins = spins,
    };
    rig_pass(&rig, 10 * RIG_MS);
    ask(&question, cause);
    end();
}

static void expect(const char *cause)
{
    expect_of(cause, NULL, false);
}

/* ---- fids ------------------------------------------------------------------------------------ */

/* Root 0; 1 walked to `a`. */
static void walk(void)
{
    begin();
    send(1, "Tattach", 0);
    answer(1, "Rattach");
    call("openat", 0, 0);
    send_with(2, "Twalk", 0, "a", 0, 1);
    answer_with(2, "Rwalk", 9 + 13, 0);
}

static void test_a_fid_that_was_walked_to_and_not_clunked_is_a_leak(void)
{
    walk();
    returns("openat", -13);
    expect_of("p9.fid-leak", "box", false);
}

static void test_a_fid_that_was_clunked_or_never_made_is_none(void)
{
    walk();
    send(3, "Tclunk", 1);
    answer(3, "Rclunk");
    send_with(4, "Twalk", 0, "d/b", 0, 2); /* partial: one qid of two */
    answer_with(4, "Rwalk", 9 + 13, 0);
    returns("openat", 3);
    expect_of("", "box", false);
}

static void test_a_file_that_a_program_has_open_is_no_leak(void)
{
    walk();
    send(3, "Tlopen", 1);
    answer(3, "Rlopen");
    returns("openat", 3);
    expect_of("", "box", false);
    walk();
    send(3, "Tlopen", 1);
    answer(3, "Rlopen");
    returns("openat", 3);
    rig_exit(&rig, 0);
    expect_of("p9.fid-leak", "box", false);
}

static void test_fids_are_no_cause_where_nobody_asks(void)
{
    walk();
    returns("openat", 3);
    expect("");
}

static void test_a_new_session_has_no_fids_of_the_old_one(void)
{
    walk();
    returns("openat", 3);
    send(0xffff, "Tversion", 0);
    answer(0xffff, "Rversion");
    expect_of("", "box", false);
}

/* ---- rules of the protocol ------------------------------------------------------------------- */

static void check_breach(const char *rule, const char *cause)
{
    walk();
    send(3, "Tlopen", 1);
    emit_share(TRACE_P9_BREACH, 3, "Tlopen", rule, 1);
    refuse(3, 22);
    returns("openat", -22);
    rig_exit(&rig, 1);
    expect(cause);
}

static void test_breaches_have_their_causes(void)
{
    check_breach(P9_RULE_MSIZE, "p9.msize-exceeded");
    check_breach(P9_RULE_COUNT, "p9.msize-exceeded");
    check_breach(P9_RULE_CREATE_FLAGS, "p9.create-flags-in-open");
    check_breach(P9_RULE_OPEN_TWICE, "p9.fid-misused");
    check_breach(P9_RULE_UNKNOWN_FID, "p9.fid-misused");
    check_breach(P9_RULE_TAG_IN_USE, "p9.tag-mismatch");
    check_breach(P9_RULE_NOTAG, "p9.tag-mismatch");
    check_breach(P9_RULE_ROOM, "p9.refused"); /* no cause of its own */
}

static void test_open_behind_create_is_told_from_a_second_open(void)
{
    walk();
    send_with(3, "Tlcreate", 1, "new", 0100644, 0);
    answer(3, "Rlcreate");
    send(4, "Tlopen", 1);
    emit_share(TRACE_P9_BREACH, 4, "Tlopen", P9_RULE_OPEN_TWICE, 1);
    refuse(4, 22);
    returns("openat", -22);
    expect("p9.open-after-create");
}

/* The call at hand sends an open that breaks a rule, which the server refuses or not. */
static void break_rule(uint16_t tag, const char *rule, bool is_refused)
{
    send(tag, "Tlopen", 1);
    emit_share(TRACE_P9_BREACH, tag, "Tlopen", rule, 1);
    if (is_refused) {
        refuse(tag, 22);
    } else {
        answer(tag, "Rlopen");
    }
}

/* cat fails for a reason of its own. */
static void fail_of_a_refusal(void)
{
    run(RIG_PING);
    call("openat", 0, 0);
    send(9, "Tlopen", 1);
    refuse(9, 13);
    returns("openat", -13);
    rig_exit(&rig, 1);
}

static void test_a_breach_of_another_program_is_not_in_the_chain(void)
{
    walk();
    returns("openat", 3);
    start_cp();
    call("openat", 0, 0);
    break_rule(3, P9_RULE_CREATE_FLAGS, true);
    returns("openat", -22);
    fail_of_a_refusal();
    ask_about(1, "p9.refused");
    ask_about(2, "p9.create-flags-in-open");
    end();
}

/* Of one rule both are kept: that of the other one came first. */
static void test_a_breach_of_another_program_does_not_hide_ones_own(void)
{
    walk();
    start_cp();
    call("openat", 0, 0);
    break_rule(3, P9_RULE_CREATE_FLAGS, true);
    run(RIG_PING);
    break_rule(4, P9_RULE_CREATE_FLAGS, true);
    returns("openat", -22);
    rig_exit(&rig, 1);
    expect("p9.create-flags-in-open");
}

static void test_a_breach_of_the_mount_that_the_server_took_is_no_cause(void)
{
    begin();
    call("openat", 0, 0);
    send(5, "Tversion", 0);
    emit_share(TRACE_P9_BREACH, 5, "Tversion", P9_RULE_VERSION_TAG, 5);
    answer(5, "Rversion");
    send(6, "Tlopen", 1);
    refuse(6, 13);
    returns("openat", -13);
    rig_exit(&rig, 1);
    expect("p9.refused");
}

static void test_a_breach_that_the_call_got_over_is_no_cause(void)
{
    walk();
    break_rule(3, P9_RULE_CREATE_FLAGS, true);
    send(4, "Tlcreate", 1);
    answer(4, "Rlcreate");
    returns("openat", 3);
    fail_of_a_refusal();
    expect("p9.refused");
}

/* For nobody's call; a program that sleeps until its mount is there waits for it. */
static void check_breach_of_a_daemon(bool waits, const char *cause)
{
    begin();
    trace_emit(rig.trace, TRACE_SCHEME_REGISTERED, TN(RIG_DAEMON), TN(1), TS("9p.box"));
    run(RIG_DAEMON);
    break_rule(2, P9_RULE_NOFID, true);
    run(RIG_PING);
    if (waits) {
        call("openat", 0, 0);
        trace_emit(rig.trace, TRACE_REQUEST_SENT, TN(7), TN(RIG_PING), TN(1), TS("open"), TN(0),
                   TN(4));
        trace_emit(rig.trace, TRACE_REQUEST_DELIVERED, TN(7), TN(RIG_DAEMON));
        block(RIG_PING, "scheme", UINT64_MAX);
        block(RIG_DAEMON, "sleep", UINT64_MAX);
    } else {
        fail_of_a_refusal();
    }
    expect(cause);
}

static void test_a_breach_of_the_mount_is_in_the_chain_of_whoever_waits_for_it(void)
{
    check_breach_of_a_daemon(true, "p9.fid-misused");
    check_breach_of_a_daemon(false, "p9.refused");
}

static void test_a_tag_that_is_in_use_concerns_both(void)
{
    walk();
    send(3, "Tread", 1);
    start_cp();
    call("read", 0, 0);
    trace_emit(rig.trace, TRACE_P9_REQUEST, TS(box), TN(3), TS("Tread"), TN(2), TN(30), TS(""),
               TN(0), TN(0), TN(0), TN(8), TN(40));
    emit_share(TRACE_P9_BREACH, 3, "Tread", P9_RULE_TAG_IN_USE, 3);
    answer_in(40, 3, "Rread", 20, 0);
    returns("read", 8);
    run(RIG_PING);
    answer_in(3, 3, "Rread", 20, 0);
    returns("read", 8);
    ask_about(1, "p9.tag-mismatch");
    ask_about(2, "p9.tag-mismatch");
    end();
}

/* ---- answers that nobody takes, or that do not come ------------------------------------------ */

static void test_an_answer_that_is_there_and_not_looked_at(void)
{
    walk();
    send(3, "Tlopen", 1);
    block(RIG_PING, "9p", UINT64_MAX);
    answer(3, "Rlopen");
    show();
    expect("p9.second-transaction");
}

static void test_an_answer_that_was_there_before_the_task_slept(void)
{
    walk();
    send(3, "Tlopen", 1);
    answer(3, "Rlopen");
    show();
    block(RIG_PING, "9p", UINT64_MAX);
    expect("p9.second-transaction");
}

static void test_a_daemon_that_sleeps_over_an_answer_is_the_driver(void)
{
    begin();
    call("openat", 0, 0);
    trace_emit(rig.trace, TRACE_REQUEST_SENT, TN(7), TN(RIG_PING), TN(1), TS("open"), TN(0), TN(4));
    trace_emit(rig.trace, TRACE_REQUEST_DELIVERED, TN(7), TN(RIG_DAEMON));
    block(RIG_PING, "scheme", UINT64_MAX);
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_DAEMON));
    send(3, "Tlopen", 1);
    block(RIG_DAEMON, "event", UINT64_MAX);
    answer(3, "Rlopen");
    show();
    CU_ASSERT_EQUAL(ledger_p9_last(rig.ledger, RIG_DAEMON)->owner, RIG_PING);
    expect("p9.second-transaction");
}

/* Which of two requests a message is for says the daemon; else it is taken for the newer one's. */
static void test_a_daemon_says_for_which_request_a_message_is(void)
{
    begin();
    call("openat", 0, 0);
    trace_emit(rig.trace, TRACE_REQUEST_SENT, TN(7), TN(RIG_PING), TN(1), TS("open"), TN(0), TN(4));
    trace_emit(rig.trace, TRACE_REQUEST_SENT, TN(8), TN(RIG_NETD), TN(1), TS("open"), TN(0), TN(4));
    trace_emit(rig.trace, TRACE_REQUEST_DELIVERED, TN(7), TN(RIG_DAEMON));
    trace_emit(rig.trace, TRACE_REQUEST_DELIVERED, TN(8), TN(RIG_DAEMON));
    trace_emit(rig.trace, TRACE_TASK_RUNNING, TN(RIG_DAEMON));
    send(3, "Tlopen", 1);
    CU_ASSERT_EQUAL(ledger_p9_last(rig.ledger, RIG_DAEMON)->owner, RIG_NETD);
    trace_emit(rig.trace, TRACE_REQUEST_SERVED, TN(7), TN(RIG_DAEMON));
    send(4, "Tlopen", 2);
    CU_ASSERT_EQUAL(ledger_p9_last(rig.ledger, RIG_DAEMON)->owner, RIG_PING);
    trace_emit(rig.trace, TRACE_REQUEST_SERVED, TN(8), TN(RIG_DAEMON));
    send(5, "Tlopen", 3);
    CU_ASSERT_EQUAL(ledger_p9_last(rig.ledger, RIG_DAEMON)->owner, RIG_NETD);
    trace_emit(rig.trace, TRACE_REQUEST_SERVED, TN(99), TN(RIG_DAEMON)); /* of nobody known */
    send(6, "Tlopen", 4);
    CU_ASSERT_EQUAL(ledger_p9_last(rig.ledger, RIG_DAEMON)->owner, RIG_DAEMON);
    block(RIG_PING, "scheme", UINT64_MAX);
    block(RIG_DAEMON, "event", rig_now_ns(&rig) + 30000 * RIG_MS);
    expect("p9.unanswered");
}

static void test_a_task_that_sleeps_for_something_else_has_taken_its_answer(void)
{
    walk();
    send(3, "Tlopen", 1);
    answer(3, "Rlopen");
    show();
    returns("openat", 3);
    call("nanosleep", 0, 0);
    block(RIG_PING, "sleep", UINT64_MAX);
    expect("");
}

static void test_a_message_without_an_answer_is_the_servers(void)
{
    walk();
    send(3, "Tlopen", 1);
    block(RIG_PING, "9p", rig_now_ns(&rig) + 30000 * RIG_MS);
    expect("p9.unanswered");
}

static void test_one_that_was_given_up_is_the_servers_as_well(void)
{
    walk();
    send(3, "Tlopen", 1);
    rig_pass(&rig, 30000 * RIG_MS);
    returns("openat", -110);
    rig_exit(&rig, 1);
    expect("p9.unanswered");
}

static void test_sleeping_without_a_deadline_for_it_is_the_guests(void)
{
    walk();
    send(3, "Tlopen", 1);
    block(RIG_PING, "9p", UINT64_MAX);
    expect("p9.wait-unbounded");
}

static void test_spinning_for_it_is_the_guests(void)
{
    walk();
    send(3, "Tlopen", 1);
    expect_of("p9.wait-unbounded", NULL, true);
}

static void check_slept_over(uint32_t isr_ack, const char *cause)
{
    walk();
    send(3, "Tlopen", 1);
    answer(3, "Rlopen");
    show();
    trace_emit(rig.trace, TRACE_ISR_SET, TS(box), TN(1));
    if (isr_ack != 0) {
        trace_emit(rig.trace, TRACE_ISR_ACK, TS(box), TN(isr_ack));
    }
    rig_pass(&rig, 30000 * RIG_MS);
    returns("openat", -110);
    rig_exit(&rig, 1);
    expect(cause);
}

static void test_an_answer_that_was_slept_over_until_the_end(void)
{
    check_slept_over(1, "p9.second-transaction");
    check_slept_over(0, "irq.lost");
}

/* ---- what becomes of an answer --------------------------------------------------------------- */

static void test_an_answer_with_a_foreign_tag_that_was_taken(void)
{
    walk();
    send(3, "Tlopen", 1);
    answer(0x4003, "Rlopen");
    returns("openat", 3);
    expect("p9.tag-mismatch");
}

/* Of several that wait only the chain tells who was hit: here not the oldest. */
static void test_an_answer_with_a_foreign_tag_is_that_of_its_chain(void)
{
    walk();
    send(3, "Tread", 1);
    start_cp();
    call("read", 0, 0);
    send(4, "Tread", 2);
    answer_in(4, 0x4004, "Rread", 20, 0);
    returns("read", 8);
    run(RIG_PING);
    answer(3, "Rread");
    returns("openat", 3);
    ask_about(1, "");
    ask_about(2, "p9.tag-mismatch");
    end();
}

/* The answer of one comes once more, in the chain of the other, which has none then. */
static void test_an_answer_with_the_tag_of_another_is_taken_by_neither(void)
{
    walk();
    send(3, "Tread", 1);
    start_cp();
    call("read", 0, 0);
    send(4, "Tread", 2);
    answer_in(4, 3, "Rread", 20, 0);
    returns("read", -5);
    run(RIG_PING);
    answer(3, "Rread");
    returns("openat", 3);
    ask_about(1, "");
    ask_about(2, "p9.unanswered");
    end();
}

static void test_an_answer_of_another_size_is_none(void)
{
    walk();
    send(3, "Tlopen", 1);
    trace_emit(rig.trace, TRACE_FAULT_APPLIED, TS("9p"), TS(box), TS("bad-size"), TN(1));
    answer(3, "Rlopen");
    returns("openat", -5);
    rig_exit(&rig, 1);
    expect("p9.unanswered");
}

static void test_an_answer_with_a_foreign_tag_that_was_rejected(void)
{
    walk();
    send(3, "Tlopen", 1);
    answer(0x4003, "Rlopen");
    returns("openat", -5);
    expect("p9.unanswered");
}

static void check_mode(const char *name, const char *type, uint32_t asked, uint32_t mode,
                       const char *cause)
{
    begin();
    call(name, asked, asked);
    send_with(3, type, 1, "new", mode, 0);
    answer(3, "Rlcreate");
    returns(name, 3);
    expect(cause);
}

static void test_mode_is_that_of_the_call(void)
{
    check_mode("openat", "Tlcreate", 0644, 0100644, "");
    check_mode("openat", "Tlcreate", 0644, 0100101, "p9.mode-lost");
    check_mode("mkdirat", "Tmkdir", 0755, 040755, "");
    check_mode("mkdirat", "Tmkdir", 0755, 0, "p9.mode-lost");
    check_mode("renameat", "Tmkdir", 0755, 0, ""); /* another call's business */
}

static void check_error(uint32_t error, int64_t result, const char *cause)
{
    walk();
    send(3, "Tlopen", 1);
    refuse(3, error);
    send(4, "Tclunk", 1); /* which comes behind, and does not count */
    answer(4, "Rclunk");
    returns("openat", result);
    rig_exit(&rig, 1);
    expect(cause);
}

static void test_errors_are_handed_on(void)
{
    check_error(13, -13, "p9.refused");
    check_error(13, -5, "p9.error-changed");
}

static void test_a_refusal_that_the_program_copes_with_is_none(void)
{
    walk();
    send(3, "Tlopen", 1);
    refuse(3, 13);
    send(4, "Tclunk", 1);
    answer(4, "Rclunk");
    returns("openat", -13);
    rig_exit(&rig, 0);
    expect("");
}

/* ENOENT of a walk is how a client finds out that it has to create. */
static void test_an_error_that_is_not_the_last_answer_is_none(void)
{
    walk();
    send(3, "Twalk", 0);
    refuse(3, 2);
    send(4, "Tlcreate", 0);
    answer(4, "Rlcreate");
    returns("openat", 3);
    expect("");
}

static void test_a_walk_that_ends_early_is_a_refusal(void)
{
    begin();
    call("openat", 0, 0);
    send_with(2, "Twalk", 0, "d/b", 0, 1);
    answer_with(2, "Rwalk", 9 + 13, 0);
    returns("openat", -2);
    rig_exit(&rig, 1);
    expect("p9.refused");
}

static void test_a_refusal_without_the_server_is_the_guests(void)
{
    walk();
    returns("openat", -20);
    rig_exit(&rig, 1);
    expect("p9.refused-by-guest");
}

UNIT_SUITE("rules_share", UNIT_TEST(test_a_fid_that_was_walked_to_and_not_clunked_is_a_leak),
           UNIT_TEST(test_a_fid_that_was_clunked_or_never_made_is_none),
           UNIT_TEST(test_a_file_that_a_program_has_open_is_no_leak),
           UNIT_TEST(test_fids_are_no_cause_where_nobody_asks),
           UNIT_TEST(test_a_new_session_has_no_fids_of_the_old_one),
           UNIT_TEST(test_breaches_have_their_causes),
           UNIT_TEST(test_open_behind_create_is_told_from_a_second_open),
           UNIT_TEST(test_a_breach_of_another_program_is_not_in_the_chain),
           UNIT_TEST(test_a_breach_of_another_program_does_not_hide_ones_own),
           UNIT_TEST(test_a_breach_of_the_mount_that_the_server_took_is_no_cause),
           UNIT_TEST(test_a_breach_that_the_call_got_over_is_no_cause),
           UNIT_TEST(test_a_breach_of_the_mount_is_in_the_chain_of_whoever_waits_for_it),
           UNIT_TEST(test_a_tag_that_is_in_use_concerns_both),
           UNIT_TEST(test_an_answer_that_is_there_and_not_looked_at),
           UNIT_TEST(test_an_answer_that_was_there_before_the_task_slept),
           UNIT_TEST(test_a_daemon_that_sleeps_over_an_answer_is_the_driver),
           UNIT_TEST(test_a_daemon_says_for_which_request_a_message_is),
           UNIT_TEST(test_a_task_that_sleeps_for_something_else_has_taken_its_answer),
           UNIT_TEST(test_a_message_without_an_answer_is_the_servers),
           UNIT_TEST(test_one_that_was_given_up_is_the_servers_as_well),
           UNIT_TEST(test_sleeping_without_a_deadline_for_it_is_the_guests),
           UNIT_TEST(test_spinning_for_it_is_the_guests),
           UNIT_TEST(test_an_answer_that_was_slept_over_until_the_end),
           UNIT_TEST(test_an_answer_with_a_foreign_tag_that_was_taken),
           UNIT_TEST(test_an_answer_with_a_foreign_tag_is_that_of_its_chain),
           UNIT_TEST(test_an_answer_with_the_tag_of_another_is_taken_by_neither),
           UNIT_TEST(test_an_answer_of_another_size_is_none),
           UNIT_TEST(test_an_answer_with_a_foreign_tag_that_was_rejected),
           UNIT_TEST(test_mode_is_that_of_the_call), UNIT_TEST(test_errors_are_handed_on),
           UNIT_TEST(test_a_refusal_that_the_program_copes_with_is_none),
           UNIT_TEST(test_an_error_that_is_not_the_last_answer_is_none),
           UNIT_TEST(test_a_walk_that_ends_early_is_a_refusal),
           UNIT_TEST(test_a_refusal_without_the_server_is_the_guests))
