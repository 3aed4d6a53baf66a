/*
 * parser_faults.c - inject and restore
 *
 *     inject  irq TARGET lose [WHICH] | delay TIME [WHICH] | storm [WHICH] | edge [WHICH]
 *     inject  irq TARGET spurious N | stuck | route N
 *     inject  timer virtual|physical dead | late TIME | intid N | drift Nppm
 *     inject  vq QUEUE latency TIME | hold | withhold N | out-of-order [WHICH] | used-len N [WHICH]
 *             | bad-id [WHICH] | no-irq [WHICH] | no-kick [WHICH]
 *     inject  link CARD [in|out] drop | delay TIME [jitter TIME] | duplicate | corrupt N | truncate
 *     N
 *             | reorder N, then [CHANCE%] [WHICH] ["FILTER"]
 *     inject  link CARD [in|out] rate RATE [queue SIZE] | partition, then ["FILTER"]
 *     inject  link CARD down
 *     inject  alloc fail N | each
 *     inject  9p [SHARE] error MESSAGE ERRNO [WHICH] | short-read N [WHICH] | msize N [WHICH]
 *     inject  9p [SHARE] delay TIME | drop | foreign-tag | duplicate | bad-size N | reset, then
 *             [of MESSAGE] [WHICH]
 *     restore irq TARGET | timer virtual|physical | vq QUEUE | link CARD | alloc | 9p [SHARE]
 *
 * WHICH says which occurrences: `3` (the first three), `all`, `skip 2` (all but the first two),
 * `skip 2 3` (three behind the first two). Without it: all. MESSAGE is the type of a request, such
 * as Tlopen; SHARE may be left out when there is only one.
 */
#include "emu/board/board.h"
#include "emu/virtio-9p/p9_message.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <assert.h>
#include <string.h>

#define FAULTS_SPURIOUS_MAX 1000
#define FAULTS_DRIFT_MAX    50000 /* ppm; all that there can be of them leave a rate above 0 */
#define FAULTS_ALLOC_MAX    1000000
#define FAULTS_REORDER_MAX  1000
#define FAULTS_QUEUE_SIZE   UINT64_C(262144) /* bytes that wait for a link with a rate */
#define FAULTS_DELAY_MAX_NS (UINT64_C(3600) * 1000000000)

static const char *const faults_objects[] = {"irq", "timer", "vq", "link", "alloc", "9p", NULL};

static_assert(G_N_ELEMENTS(faults_objects) == SCENARIO_FAULT_OBJECT_COUNT + 1, "a word for each");

enum faults_argument {
    FAULTS_NOTHING,
    FAULTS_TIME,    /* at least 1 ns */
    FAULTS_LATENCY, /* may be 0 */
    FAULTS_NUMBER,  /* within the row's bounds */
    FAULTS_EACH,    /* the same, or 'each', which is 0 */
    FAULTS_PPM,     /* from -max to max, and not 0 */
    FAULTS_RATE,    /* bits a second */
    FAULTS_ERRNO,   /* the type of a message, and the name of an error */
};

struct faults_row {
    enum scenario_fault_object object;
    const char *word;
    enum scenario_fault_kind kind;
    bool occurrences;
    enum faults_argument argument;
    uint64_t min, max; /* of a number */
};

static const struct faults_row faults_rows[] = {
    {SCENARIO_FAULT_IRQ, "lose", SCENARIO_IRQ_LOSE, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_IRQ, "delay", SCENARIO_IRQ_DELAY, true, FAULTS_TIME, 0, 0},
    {SCENARIO_FAULT_IRQ, "spurious", SCENARIO_IRQ_SPURIOUS, false, FAULTS_NUMBER, 1,
     FAULTS_SPURIOUS_MAX},
    {SCENARIO_FAULT_IRQ, "stuck", SCENARIO_IRQ_STUCK, false, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_IRQ, "storm", SCENARIO_IRQ_STORM, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_IRQ, "route", SCENARIO_IRQ_ROUTE, false, FAULTS_NUMBER, BOARD_INTID_MIN,
     BOARD_IRQ_COUNT - 1},
    {SCENARIO_FAULT_IRQ, "edge", SCENARIO_IRQ_EDGE, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_TIMER, "dead", SCENARIO_TIMER_DEAD, false, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_TIMER, "late", SCENARIO_TIMER_LATE, false, FAULTS_TIME, 0, 0},
    {SCENARIO_FAULT_TIMER, "intid", SCENARIO_TIMER_INTID, false, FAULTS_NUMBER, BOARD_INTID_MIN,
     BOARD_IRQ_COUNT - 1},
    {SCENARIO_FAULT_TIMER, "drift", SCENARIO_TIMER_DRIFT, false, FAULTS_PPM, 1, FAULTS_DRIFT_MAX},
    {SCENARIO_FAULT_VQ, "latency", SCENARIO_VQ_LATENCY, false, FAULTS_LATENCY, 0, 0},
    {SCENARIO_FAULT_VQ, "hold", SCENARIO_VQ_HOLD, false, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_VQ, "withhold", SCENARIO_VQ_WITHHOLD, false, FAULTS_NUMBER, 1,
     VIRTQUEUE_SIZE_MAX},
    {SCENARIO_FAULT_VQ, "out-of-order", SCENARIO_VQ_OUT_OF_ORDER, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_VQ, "used-len", SCENARIO_VQ_USED_LEN, true, FAULTS_NUMBER, 0, UINT32_MAX},
    {SCENARIO_FAULT_VQ, "bad-id", SCENARIO_VQ_BAD_ID, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_VQ, "no-irq", SCENARIO_VQ_NO_IRQ, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_VQ, "no-kick", SCENARIO_VQ_NO_KICK, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_LINK, "drop", SCENARIO_LINK_DROP, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_LINK, "delay", SCENARIO_LINK_DELAY, true, FAULTS_TIME, 0, 0},
    {SCENARIO_FAULT_LINK, "duplicate", SCENARIO_LINK_DUPLICATE, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_LINK, "corrupt", SCENARIO_LINK_CORRUPT, true, FAULTS_NUMBER, 0,
     WIRE_FRAME_MAX - 1},
    {SCENARIO_FAULT_LINK, "truncate", SCENARIO_LINK_TRUNCATE, true, FAULTS_NUMBER, 1,
     WIRE_FRAME_MAX - 1},
    {SCENARIO_FAULT_LINK, "reorder", SCENARIO_LINK_REORDER, true, FAULTS_NUMBER, 1,
     FAULTS_REORDER_MAX},
    {SCENARIO_FAULT_LINK, "rate", SCENARIO_LINK_RATE, false, FAULTS_RATE, 0, 0},
    {SCENARIO_FAULT_LINK, "partition", SCENARIO_LINK_PARTITION, false, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_LINK, "down", SCENARIO_LINK_DOWN, false, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_ALLOC, "fail", SCENARIO_ALLOC_FAIL, false, FAULTS_EACH, 1, FAULTS_ALLOC_MAX},
    {SCENARIO_FAULT_9P, "error", SCENARIO_9P_ERROR, true, FAULTS_ERRNO, 0, 0},
    {SCENARIO_FAULT_9P, "delay", SCENARIO_9P_DELAY, true, FAULTS_TIME, 0, 0},
    {SCENARIO_FAULT_9P, "short-read", SCENARIO_9P_SHORT_READ, true, FAULTS_NUMBER, 0,
     VIRTIO_9P_MSIZE_MAX},
    {SCENARIO_FAULT_9P, "drop", SCENARIO_9P_DROP, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_9P, "foreign-tag", SCENARIO_9P_FOREIGN_TAG, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_9P, "duplicate", SCENARIO_9P_DUPLICATE, true, FAULTS_NOTHING, 0, 0},
    {SCENARIO_FAULT_9P, "bad-size", SCENARIO_9P_BAD_SIZE, true, FAULTS_NUMBER, 0, UINT32_MAX},
    {SCENARIO_FAULT_9P, "msize", SCENARIO_9P_MSIZE, true, FAULTS_NUMBER, VIRTIO_9P_MSIZE_MIN,
     VIRTIO_9P_MSIZE_MAX},
    {SCENARIO_FAULT_9P, "reset", SCENARIO_9P_RESET, true, FAULTS_NOTHING, 0, 0},
};

/* Those of 9P that look at one type of message by themselves, or are told which. */
static bool faults_is_for_any_message(enum scenario_fault_kind kind)
{
    return kind != SCENARIO_9P_ERROR && kind != SCENARIO_9P_SHORT_READ && kind != SCENARIO_9P_MSIZE;
}

const char *const *parser_p9_faults(void)
{
    static const char *words[G_N_ELEMENTS(faults_rows) + 1];
    unsigned count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(faults_rows); i++) {
        if (faults_rows[i].object == SCENARIO_FAULT_9P) {
            words[count++] = faults_rows[i].word;
        }
    }
    return words;
}

/* ---- where ----------------------------------------------------------------------------------- */

static bool faults_take_irq(struct parser *parser, const struct lexer_token **target, char **name)
{
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind == LEXER_WORD && g_ascii_isdigit(token->text[0])) {
        uint64_t intid = 0;
        *target = token;
        bool taken = parser_take_number(parser, BOARD_INTID_MIN, BOARD_IRQ_COUNT - 1, &intid);
        *name = g_strdup_printf("%u", (unsigned)intid); /* however it was written */
        return taken;
    }
    if (!parser_take_name(parser, "an INTID, a network card or a queue such as eth0.tx", target)) {
        return false;
    }
    checker_device(parser, *target);
    *name = g_strdup((*target)->text);
    return true;
}

/* [SHARE]: the only one, when it is left out. */
static bool faults_take_share(struct parser *parser, const struct lexer_token **target, char **name)
{
    const GPtrArray *shares = parser->scenario->shares;
    const struct lexer_token *token = parser_peek(parser);
    bool is_left_out =
        token->kind != LEXER_WORD || g_strv_contains(parser_p9_faults(), token->text);
    if (!is_left_out) {
        if (!parser_take_name(parser, "a share, or what shall happen", target)) {
            return false;
        }
        checker_need(parser, CHECKER_SHARE, *target, (*target)->text);
        *name = g_strdup((*target)->text);
        return true;
    }
    if (shares->len == 0) {
        parser_refuse(parser, token, g_strdup("add 'share NAME …' to the set-up"),
                      "the scenario has no share");
    } else if (shares->len > 1) {
        parser_refuse(parser, token, g_strdup("name it behind '9p'"), "which of the shares?");
    }
    const struct scenario_share *only = shares->len > 0 ? shares->pdata[0] : NULL;
    *name = g_strdup(only != NULL ? only->device.name : "");
    return true;
}

static bool faults_take_target(struct parser *parser, struct scenario_fault *fault,
                               const struct lexer_token **target)
{
    static const char *const timers[] = {"virtual", "physical", "hyp-virtual", "hyp-physical",
                                         NULL};
    unsigned index;
    *target = parser_peek(parser);
    switch (fault->object) {
    case SCENARIO_FAULT_IRQ:
        return faults_take_irq(parser, target, &fault->target);
    case SCENARIO_FAULT_TIMER:
        if (!parser_take_choice(parser, timers, &index)) {
            return false;
        }
        if (g_str_has_prefix(timers[index], "hyp-") && !parser->scenario->machine.vhe) {
            parser_refuse(parser, *target, g_strdup("write 'machine virt vhe=yes'"),
                          "the timers of EL2 are there with vhe=yes");
        }
        break;
    case SCENARIO_FAULT_VQ:
        if (!parser_take_name(parser, "a queue such as eth0.tx", target)) {
            return false;
        }
        checker_queue(parser, *target);
        break;
    case SCENARIO_FAULT_LINK:
        if (!parser_take_name(parser, "a network card", target)) {
            return false;
        }
        checker_card(parser, *target);
        break;
    case SCENARIO_FAULT_ALLOC:
        fault->target = g_strdup(SCENARIO_ALLOC_TARGET);
        return true;
    case SCENARIO_FAULT_9P:
        return faults_take_share(parser, target, &fault->target);
    case SCENARIO_FAULT_OBJECT_COUNT:
        g_assert_not_reached();
    }
    fault->target = g_strdup((*target)->text);
    return true;
}

static bool faults_take_object(struct parser *parser, struct scenario_fault *fault)
{
    unsigned index;
    if (!parser_take_choice(parser, faults_objects, &index)) {
        return false;
    }
    fault->object = (enum scenario_fault_object)index;
    return true;
}

/* ---- what ------------------------------------------------------------------------------------ */

/* `or_direction`: a direction was not taken, and could have stood here as well. */
static const struct faults_row *
faults_take_word(struct parser *parser, enum scenario_fault_object object, bool or_direction)
{
    const struct faults_row *rows[G_N_ELEMENTS(faults_rows) + 2] = {NULL};
    const char *words[G_N_ELEMENTS(faults_rows) + 3] = {"in", "out"};
    unsigned count = or_direction ? 2 : 0, index;
    for (size_t i = 0; i < G_N_ELEMENTS(faults_rows); i++) {
        if (faults_rows[i].object == object) {
            rows[count] = &faults_rows[i];
            words[count++] = faults_rows[i].word;
        }
    }
    words[count] = NULL;
    return parser_take_choice(parser, words, &index) ? rows[index] : NULL;
}

/* The type of a request: "Tlopen". */
static bool faults_take_message(struct parser *parser, unsigned *type)
{
    const struct lexer_token *token;
    if (!parser_take_word(parser, "the type of a message, such as Tlopen", &token)) {
        return false;
    }
    int number = p9_type_by_name(token->text);
    if (number < 0 || token->text[0] != 'T') {
        const char *names[P9_TYPE_COUNT + 1] = {NULL};
        unsigned count = 0;
        for (unsigned i = 0; i < P9_TYPE_COUNT; i++) {
            const char *name = p9_type_name(i);
            if (name != NULL && name[0] == 'T') {
                names[count++] = name;
            }
        }
        return parser_fail(parser, token, diagnostic_hint_nearest(token->text, names),
                           "no request of 9P is called %s", parser_shown(parser, token));
    }
    *type = (unsigned)number;
    return true;
}

static bool faults_take_errno(struct parser *parser, struct scenario_fault *fault)
{
    const struct lexer_token *token;
    if (!faults_take_message(parser, &fault->message) ||
        !parser_take_word(parser, "the name of an error, such as EACCES", &token)) {
        return false;
    }
    fault->number = (uint64_t)values_errno(token->text);
    if (fault->number == 0) {
        return parser_fail(parser, token,
                           diagnostic_hint_nearest(token->text, values_errno_names()),
                           "no error is called %s", parser_shown(parser, token));
    }
    return true;
}

static bool faults_take_argument(struct parser *parser, const struct faults_row *row,
                                 struct scenario_fault *fault)
{
    static const char *const each[] = {"each", NULL};
    const struct lexer_token *token = parser_peek(parser);
    switch (row->argument) {
    case FAULTS_NOTHING:
        return true;
    case FAULTS_EACH:
        if (parser_accept(parser, "each")) {
            fault->number = 0;
            return true;
        }
        if (token->kind != LEXER_WORD || !g_ascii_isdigit(token->text[0])) {
            return parser_fail_expected(parser, "a number or 'each'", each);
        }
        return parser_take_number(parser, row->min, row->max, &fault->number);
    case FAULTS_NUMBER:
        return parser_take_number(parser, row->min, row->max, &fault->number);
    case FAULTS_PPM:
        return parser_take_word(parser, "a rate such as 100ppm", &token) &&
               parser_pass(parser, token, values_ppm(token->text, (int)row->max, &fault->ppm));
    case FAULTS_RATE:
        return parser_take_word(parser, "a rate such as 10Mbit/s", &token) &&
               parser_pass(parser, token, values_bit_rate(token->text, &fault->number));
    case FAULTS_ERRNO:
        return faults_take_errno(parser, fault);
    case FAULTS_TIME:
    case FAULTS_LATENCY:
        break;
    }
    if (!parser_take_time(parser, &fault->time_ns)) {
        return false;
    }
    if (fault->time_ns == 0 && row->argument == FAULTS_TIME) {
        parser_refuse(parser, token, NULL, "%s %s is no fault", row->word, token->text);
    }
    if (fault->time_ns > FAULTS_DELAY_MAX_NS) {
        parser_refuse(parser, token, NULL, "%s is too long: at most 1h", token->text);
    }
    return true;
}

/*
 * What may follow the argument: of a fault of a link [jitter TIME], [queue SIZE], [CHANCE%]; of one
 * of 9P [of MESSAGE].
 */
static bool faults_take_more(struct parser *parser, const struct faults_row *row,
                             struct scenario_fault *fault)
{
    const struct lexer_token *token;
    fault->queue = FAULTS_QUEUE_SIZE;
    if (row->kind == SCENARIO_LINK_DELAY && parser_accept(parser, "jitter")) {
        token = parser_peek(parser);
        if (!parser_take_time(parser, &fault->jitter_ns)) {
            return false;
        }
        if (fault->jitter_ns > FAULTS_DELAY_MAX_NS) {
            parser_refuse(parser, token, NULL, "%s is too long: at most 1h", token->text);
        }
    }
    if (row->kind == SCENARIO_LINK_RATE && parser_accept(parser, "queue")) {
        return parser_take_word(parser, "a size such as 64K", &token) &&
               parser_pass(parser, token, values_size(token->text, &fault->queue));
    }
    if (row->object == SCENARIO_FAULT_9P) {
        return !faults_is_for_any_message(row->kind) || !parser_accept(parser, "of") ||
               faults_take_message(parser, &fault->message);
    }
    token = parser_peek(parser);
    if (row->object == SCENARIO_FAULT_LINK && row->occurrences && token->kind == LEXER_WORD &&
        g_str_has_suffix(token->text, "%")) {
        parser_next(parser);
        return parser_pass(parser, token, values_chance(token->text, &fault->chance_ppm));
    }
    return true;
}

static bool faults_take_occurrences(struct parser *parser, struct scenario_fault *fault)
{
    static const char *const words[] = {"all", "skip", NULL};
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind != LEXER_WORD || parser_accept(parser, "all")) {
        return true;
    }
    if (g_ascii_isdigit(token->text[0])) {
        return parser_take_number(parser, 1, UINT32_MAX, &fault->count);
    }
    if (!parser_accept(parser, "skip")) {
        return parser_fail_expected(parser, "a number, 'all', 'skip' or the end of the line",
                                    words);
    }
    return parser_take_number(parser, 1, UINT32_MAX, &fault->skip) &&
           (parser_peek(parser)->kind != LEXER_WORD ||
            parser_take_number(parser, 1, UINT32_MAX, &fault->count));
}

/* [in|out] of a link. */
static void faults_take_direction(struct parser *parser, struct scenario_statement *statement)
{
    if (parser_accept(parser, "in")) {
        statement->frames.where = SCENARIO_WHERE_IN;
    } else if (parser_accept(parser, "out")) {
        statement->frames.where = SCENARIO_WHERE_OUT;
    }
}

static bool faults_take_filter(struct parser *parser, struct scenario_statement *statement)
{
    return parser_peek(parser)->kind != LEXER_STRING ||
           parser_parse_filter(parser, &statement->frames);
}

const char *parser_fault_object_name(enum scenario_fault_object object)
{
    g_assert(object < SCENARIO_FAULT_OBJECT_COUNT);
    return faults_objects[object];
}

bool parser_parse_inject(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at)
{
    struct scenario_statement *statement = parser_add_statement(parser, SCENARIO_INJECT, at);
    struct scenario_fault *fault = &statement->fault;
    const struct lexer_token *target;
    fault->count = FAULT_ALL;
    if (!faults_take_object(parser, fault) || !faults_take_target(parser, fault, &target)) {
        return false;
    }
    bool link = fault->object == SCENARIO_FAULT_LINK;
    if (link) {
        faults_take_direction(parser, statement);
    }
    const struct lexer_token *what = parser_peek(parser);
    bool or_direction = link && statement->frames.where == SCENARIO_WHERE_ANY;
    const struct faults_row *row = faults_take_word(parser, fault->object, or_direction);
    if (row == NULL || !faults_take_argument(parser, row, fault) ||
        !faults_take_more(parser, row, fault) ||
        (row->occurrences && !faults_take_occurrences(parser, fault)) ||
        (link && row->kind != SCENARIO_LINK_DOWN && !faults_take_filter(parser, statement)) ||
        !parser_take_end(parser)) {
        return false;
    }
    fault->kind = row->kind;
    if (row->kind == SCENARIO_LINK_DOWN && statement->frames.where != SCENARIO_WHERE_ANY) {
        parser_refuse(parser, what, NULL, "a link is down in both directions");
    }
    checker_inject(parser, word, fault);
    return true;
}

bool parser_parse_restore(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at)
{
    (void)word;
    struct scenario_statement *statement = parser_add_statement(parser, SCENARIO_RESTORE, at);
    const struct lexer_token *target, *object = parser_peek(parser);
    guint refusals = parser->refusals->len;
    if (!faults_take_object(parser, &statement->fault) ||
        !faults_take_target(parser, &statement->fault, &target) || !parser_take_end(parser)) {
        return false;
    }
    if (target->kind == LEXER_END) {
        target = object; /* it is all that there is of a target */
    }
    if (parser->refusals->len == refusals) {
        checker_restore(parser, target, &statement->fault);
    }
    return true;
}
