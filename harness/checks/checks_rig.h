/*
 * checks_rig.h - for the tests of this folder: a machine without a guest, and what one would do
 */
#ifndef HARNESS_CHECKS_CHECKS_RIG_H
#define HARNESS_CHECKS_CHECKS_RIG_H

#include "harness/checks/checks.h"
#include "tests/unit.h"

#include <string.h>

#define RIG_SLACK_NS UINT64_C(10000000)
#define RIG_MS       UINT64_C(1000000)

struct rig {
    struct board *board;
    struct trace *trace;
    struct gmem *memory;
    struct checks *checks;
};

static inline void rig_open_with(struct rig *rig, const struct checks_config *config)
{
    struct board_net_config net = {
        .device = {.name = "eth0", .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, .queue_size = 8},
    };
    struct board_config board_config;
    board_config_init(&board_config);
    board_config.nets = &net;
    board_config.net_count = 1;
    rig->board = board_new(&board_config, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->board);
    rig->trace = board_trace(rig->board);
    rig->memory = board_memory(rig->board);
    rig->checks = checks_new(rig->board, config);
    checks_add_queue(rig->checks, board_queue(rig->board, "eth0.rx"));
    checks_add_queue(rig->checks, board_queue(rig->board, "eth0.tx"));
    checks_listen(rig->checks);
}

static inline void rig_open(struct rig *rig)
{
    const struct checks_config config = {.slack_ns = RIG_SLACK_NS, .context_events = 3};
    rig_open_with(rig, &config);
}

static inline void rig_close(struct rig *rig)
{
    checks_free(rig->checks);
    board_free(rig->board);
}

static inline void rig_pass(const struct rig *rig, uint64_t time_ns)
{
    struct vclock *clock = board_clock(rig->board);
    vclock_advance(clock, vclock_now_ns(clock) + time_ns);
}

/* The one violation that there is: its check, and who; the text, for more. Closes the rig. */
static inline void rig_expect(struct rig *rig, const char *name, const char *who,
                              const char *in_detail)
{
    checks_look(rig->checks, false);
    CU_ASSERT_EQUAL(checks_count(rig->checks), 1);
    if (checks_count(rig->checks) == 1) {
        const struct violation *violation = checks_get(rig->checks, 0);
        CU_ASSERT_STRING_EQUAL(catalogue_get(violation->id)->name, name);
        CU_ASSERT_STRING_EQUAL(violation->who, who);
        g_autofree char *text = violation_describe(violation);
        bool is_in = strstr(text, in_detail) != NULL;
        CU_ASSERT_TRUE(is_in);
        if (!is_in) {
            printf("\nnot in it: %s\n%s\n", in_detail, text);
        }
        CU_ASSERT_PTR_EQUAL(checks_first_strict(rig->checks), violation);
    }
    rig_close(rig);
}

/* There is none. Closes the rig. */
static inline void rig_expect_none(struct rig *rig)
{
    checks_look(rig->checks, false);
    for (unsigned i = 0; i < checks_count(rig->checks); i++) {
        g_autofree char *text = violation_summary(checks_get(rig->checks, i));
        printf("\n%s\n", text);
    }
    CU_ASSERT_EQUAL(checks_count(rig->checks), 0);
    CU_ASSERT_PTR_NULL(checks_first_strict(rig->checks));
    rig_close(rig);
}

#endif
