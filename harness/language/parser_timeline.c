/*
 * parser_timeline.c - the statements of the timeline, except what is to come
 *
 * A statement is built in place and handed to the scenario before it is complete, so that a syntax
 * error leaves nothing behind that somebody would have to free.
 */
#include "harness/language/parser.h"
#include "harness/language/values.h"

#include <string.h>

#define TIMELINE_FRAMES_MAX 1000000
#define TIMELINE_SIGNAL_MAX 64

static const char *const timeline_program_verbs[] = {"exits", "prints", NULL};

/* The statement as it is written, from its first token to its last; of several lines the first. */
static char *timeline_text(const struct parser *parser)
{
    const struct lexer_line *line = parser->line;
    const struct lexer_token *end = &line->tokens[line->count - 1];
    unsigned from = line->tokens[0].column - 1;
    bool is_one = end->source.number == line->source.number; /* and not longer, by braces */
    size_t to = is_one ? end->column - 1 : line->source.size;
    return g_strndup(line->source.text + from, to - from);
}

static struct scenario_statement *timeline_add(struct parser *parser, enum scenario_verb verb,
                                               const struct scenario_time *at)
{
    struct scenario_statement *statement = scenario_statement_new(verb);
    statement->place = parser_place(parser, &parser->line->tokens[0]);
    statement->at = *at;
    statement->text = timeline_text(parser);
    bool is_final = verb == SCENARIO_FINALLY_QUEUE || verb == SCENARIO_FINALLY_COUNTER ||
                    verb == SCENARIO_FINALLY_CAPTURE || verb == SCENARIO_FINALLY_SHARE ||
                    verb == SCENARIO_FINALLY_FIDS;
    g_ptr_array_add(is_final ? parser->scenario->finals : parser->scenario->statements, statement);
    return statement;
}

struct scenario_statement *parser_add_statement(struct parser *parser, enum scenario_verb verb,
                                                const struct scenario_time *at)
{
    return timeline_add(parser, verb, at);
}

static bool timeline_take_within(struct parser *parser, uint64_t *within_ns)
{
    const struct lexer_token *token = parser_peek(parser);
    if (!parser_take_time(parser, within_ns)) {
        return false;
    }
    checker_within(parser, token, *within_ns);
    return true;
}

/* [within T] and the end of the statement. */
static bool timeline_take_tail(struct parser *parser, struct scenario_statement *statement)
{
    static const char *const words[] = {"within", NULL};
    if (parser_accept(parser, "within") && !timeline_take_within(parser, &statement->within_ns)) {
        return false;
    }
    const struct lexer_token *token = parser_peek(parser);
    if (token->kind == LEXER_WORD && statement->within_ns == SCENARIO_NO_TIME &&
        scenario_nearest_word(token->text, words) != NULL) {
        return parser_fail_expected(parser, "'within' or the end of the line", words);
    }
    return parser_take_end(parser);
}

bool parser_take_tail(struct parser *parser, struct scenario_statement *statement)
{
    return timeline_take_tail(parser, statement);
}

bool parser_parse_wait(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_WAIT_READY, at);
    if (!parser_take(parser, "ready")) {
        return false;
    }
    checker_ready(parser, word);
    return timeline_take_tail(parser, statement);
}

/* ---- programs -------------------------------------------------------------------------------- */

bool parser_parse_program(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at)
{
    bool runs = parser_token_is(word, "run");
    struct scenario_statement *statement =
        timeline_add(parser, runs ? SCENARIO_RUN : SCENARIO_START, at);
    const struct lexer_token *name, *command;
    if (parser_peek(parser)->kind == LEXER_STRING) {
        return parser_fail(parser, parser_peek(parser),
                           g_strdup_printf("such as: %s ping: \"ping -c 1 10.0.2.2\"", word->text),
                           "expected a name for the program and ':' before its command");
    }
    if (!parser_take_name(parser, "a name for the program", &name) || !parser_take(parser, ":") ||
        !parser_take_string(parser, "the program's command in quotes", &command)) {
        return false;
    }
    if (command->text[strspn(command->text, " \t\n\r")] == '\0') {
        return parser_fail(parser, command, NULL, "the command is empty");
    }
    checker_program_name(parser, name);
    statement->program = g_strdup(name->text);
    statement->command = g_strdup(command->text);
    if (!runs) {
        return parser_take_end(parser);
    }
    checker_asserts(parser);
    return timeline_take_tail(parser, statement);
}

bool parser_parse_kill(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at)
{
    (void)word;
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_KILL, at);
    const struct lexer_token *name;
    uint64_t number;
    if (!parser_take_name(parser, "the name of a program", &name) ||
        !parser_take_number(parser, 1, TIMELINE_SIGNAL_MAX, &number)) {
        return false;
    }
    checker_need(parser, CHECKER_PROGRAM, name, name->text);
    statement->program = g_strdup(name->text);
    statement->number = (int64_t)number;
    return parser_take_end(parser);
}

static bool timeline_parse_exits(struct parser *parser, struct scenario_statement *statement)
{
    statement->verb = SCENARIO_EXPECT_EXIT;
    statement->comparison = SCENARIO_EQ;
    if (parser_accept(parser, "nonzero")) {
        statement->comparison = SCENARIO_NE;
    } else {
        const struct lexer_token *token = parser_peek(parser);
        if (token->kind == LEXER_PUNCTUATION &&
            !parser_take_comparison(parser, false, &statement->comparison)) {
            return false;
        }
        if (parser_peek(parser)->kind != LEXER_WORD) {
            return parser_fail_expected(parser, "an exit status or 'nonzero'", NULL);
        }
        if (!parser_take_signed(parser, &statement->number)) {
            return false;
        }
    }
    return timeline_take_tail(parser, statement);
}

static bool timeline_parse_prints(struct parser *parser, struct scenario_statement *statement)
{
    statement->verb = SCENARIO_EXPECT_PRINTS;
    const struct lexer_token *text;
    if (!parser_take_string(parser, "a text in quotes", &text)) {
        return false;
    }
    if (text->text[0] == '\0') {
        parser_refuse(parser, text, NULL, "the text is empty: every line has it");
    }
    if (strpbrk(text->text, "\n\r") != NULL) {
        parser_refuse(parser, text, NULL, "the text is looked for in single lines");
    }
    statement->pattern = g_strdup(text->text);
    return timeline_take_tail(parser, statement);
}

static bool timeline_parse_expect_program(struct parser *parser, const struct scenario_time *at)
{
    const struct lexer_token *name;
    unsigned index;
    if (!parser_take_name(parser, "the name of a program", &name) ||
        !parser_take_choice(parser, timeline_program_verbs, &index)) {
        return false;
    }
    checker_need(parser, CHECKER_PROGRAM, name, name->text);
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_EXPECT_EXIT, at);
    statement->program = g_strdup(name->text);
    return index == 0 ? timeline_parse_exits(parser, statement)
                      : timeline_parse_prints(parser, statement);
}

/* ---- expect ---------------------------------------------------------------------------------- */

/* [within T] [as name], in either order. */
static bool timeline_take_frames_tail(struct parser *parser, struct scenario_statement *statement)
{
    static const char *const words[] = {"within", "as", NULL};
    while (parser_peek(parser)->kind != LEXER_END) {
        const struct lexer_token *token = parser_peek(parser);
        const struct lexer_token *label;
        bool again =
            (parser_token_is(token, "within") && statement->within_ns != SCENARIO_NO_TIME) ||
            (parser_token_is(token, "as") && statement->frames.label != NULL);
        if (again) {
            return parser_fail(parser, token, NULL, "'%s' is given twice", token->text);
        }
        if (parser_accept(parser, "within")) {
            if (!timeline_take_within(parser, &statement->within_ns)) {
                return false;
            }
        } else if (!parser_accept(parser, "as")) {
            return parser_fail_expected(parser, "'within', 'as' or the end of the line", words);
        } else if (!parser_take_name(parser, "a name for the frame", &label)) {
            return false;
        } else {
            checker_declare(parser, CHECKER_LABEL, label, label->text);
            statement->frames.label = g_strdup(label->text);
        }
    }
    return true;
}

static bool timeline_parse_expect_frames(struct parser *parser, const struct scenario_time *at)
{
    static const char *const words[] = {"frames", "frame", NULL};
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_EXPECT_FRAMES, at);
    struct scenario_frames *frames = &statement->frames;
    frames->count = 1;
    frames->exactly = parser_accept(parser, "exactly");
    if (!parser_at(parser, "frame") && !parser_at(parser, "frames")) {
        const struct lexer_token *token = parser_peek(parser);
        uint64_t count;
        if (!parser_take_number(parser, 0, TIMELINE_FRAMES_MAX, &count)) {
            return false;
        }
        if (count == 0) {
            parser_refuse(parser, token, g_strdup("that no frame comes is said with 'never frame'"),
                          frames->exactly ? "exactly 0 frames are not expected, but excluded"
                                          : "at least 0 frames: that is always so");
        }
        frames->count = (unsigned)count;
    }
    unsigned index;
    return parser_take_choice(parser, words, &index) && parser_parse_frames(parser, frames) &&
           timeline_take_frames_tail(parser, statement);
}

static bool timeline_parse_expect_event(struct parser *parser, const struct scenario_time *at)
{
    parser_next(parser);
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_EXPECT_EVENT, at);
    return parser_parse_event(parser, &statement->event) && timeline_take_tail(parser, statement);
}

static bool timeline_parse_expect_call(struct parser *parser, const struct scenario_time *at)
{
    parser_next(parser);
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_EXPECT_CALL, at);
    return parser_parse_call(parser, &statement->call) && timeline_take_tail(parser, statement);
}

static bool timeline_take_counter(struct parser *parser, struct scenario_statement *statement)
{
    const struct lexer_token *name;
    if (!parser_take_name(parser, "the name of a counter, such as eth0.rx.frames", &name)) {
        return false;
    }
    checker_counter(parser, name);
    statement->object = g_strdup(name->text);
    return parser_take_comparison(parser, false, &statement->comparison) &&
           parser_take_signed(parser, &statement->number);
}

static bool timeline_parse_expect_counter(struct parser *parser, const struct scenario_time *at)
{
    parser_next(parser);
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_EXPECT_COUNTER, at);
    return timeline_take_counter(parser, statement) && timeline_take_tail(parser, statement);
}

/* ---- expect hang, stall, cause --------------------------------------------------------------- */

static bool timeline_take_cause(struct parser *parser, struct scenario_statement *statement)
{
    const struct lexer_token *cause;
    if (!parser_take_name(parser, "a cause, such as irq.lost", &cause)) {
        return false;
    }
    checker_cause(parser, cause);
    statement->cause = g_strdup(cause->text);
    return true;
}

/* One of [within T] [cause ID] [task NAME]. */
static bool timeline_take_verdict_option(struct parser *parser,
                                         struct scenario_statement *statement)
{
    static const char *const words[] = {"within", "cause", "task", NULL};
    const struct lexer_token *token = parser_peek(parser), *task;
    bool again = (parser_token_is(token, "within") && statement->within_ns != SCENARIO_NO_TIME) ||
                 (parser_token_is(token, "cause") && statement->cause != NULL) ||
                 (parser_token_is(token, "task") && statement->task != NULL);
    if (again) {
        return parser_fail(parser, token, NULL, "'%s' is given twice", token->text);
    }
    if (parser_accept(parser, "within")) {
        return timeline_take_within(parser, &statement->within_ns);
    }
    if (parser_accept(parser, "cause")) {
        return timeline_take_cause(parser, statement);
    }
    if (!parser_accept(parser, "task")) {
        return parser_fail_expected(parser, "'within', 'cause', 'task' or the end of the line",
                                    words);
    }
    if (!parser_take_name(parser, "the name of a task", &task)) {
        return false;
    }
    statement->task = g_strdup(task->text);
    return true;
}

static bool timeline_parse_verdict(struct parser *parser, const struct scenario_time *at,
                                   enum scenario_verb verb)
{
    parser_next(parser);
    struct scenario_statement *statement = timeline_add(parser, verb, at);
    if (verb == SCENARIO_EXPECT_CAUSE && !timeline_take_cause(parser, statement)) {
        return false;
    }
    while (parser_peek(parser)->kind != LEXER_END) {
        if (!timeline_take_verdict_option(parser, statement)) {
            return false;
        }
    }
    return true;
}

static bool timeline_parse_expect_hang(struct parser *parser, const struct scenario_time *at)
{
    return timeline_parse_verdict(parser, at, SCENARIO_EXPECT_HANG);
}

static bool timeline_parse_expect_stall(struct parser *parser, const struct scenario_time *at)
{
    return timeline_parse_verdict(parser, at, SCENARIO_EXPECT_STALL);
}

static bool timeline_parse_expect_cause(struct parser *parser, const struct scenario_time *at)
{
    return timeline_parse_verdict(parser, at, SCENARIO_EXPECT_CAUSE);
}

struct timeline_expectation {
    const char *word;
    bool (*parse)(struct parser *parser, const struct scenario_time *at);
};

static const struct timeline_expectation timeline_expectations[] = {
    {"frame", timeline_parse_expect_frames},    {"frames", timeline_parse_expect_frames},
    {"exactly", timeline_parse_expect_frames},  {"event", timeline_parse_expect_event},
    {"counter", timeline_parse_expect_counter}, {"call", timeline_parse_expect_call},
    {"hang", timeline_parse_expect_hang},       {"stall", timeline_parse_expect_stall},
    {"cause", timeline_parse_expect_cause},     {"violation", parser_parse_expect_violation},
};

/*
 * Neither a kind of expectation nor followed by what a program does: the word itself must be wrong.
 */
static bool timeline_fail_expect(struct parser *parser)
{
    g_autofree const char **programs = checker_names(parser, CHECKER_PROGRAM);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(timeline_expectations); i++) {
        g_ptr_array_add(words, (gpointer)timeline_expectations[i].word);
    }
    for (size_t i = 0; programs[i] != NULL; i++) {
        g_ptr_array_add(words, (gpointer)programs[i]);
    }
    g_ptr_array_add(words, NULL);
    return parser_fail_expected(
        parser, "a number of frames, 'frame', 'event', 'counter', 'call' or the name of a program",
        (const char *const *)words->pdata);
}

bool parser_parse_expect(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at)
{
    (void)word;
    checker_asserts(parser);
    const struct lexer_token *token = parser_peek(parser), *behind = parser_ahead(parser, 1);
    if (token->kind == LEXER_WORD && g_ascii_isdigit(token->text[0])) {
        return timeline_parse_expect_frames(parser, at);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(timeline_expectations); i++) {
        if (parser_token_is(token, timeline_expectations[i].word)) {
            return timeline_expectations[i].parse(parser, at);
        }
    }
    bool program = checker_knows(parser, CHECKER_PROGRAM, token->text) ||
                   (behind->kind == LEXER_WORD &&
                    scenario_nearest_word(behind->text, timeline_program_verbs) != NULL);
    if (token->kind == LEXER_WORD && program) {
        return timeline_parse_expect_program(parser, at);
    }
    return timeline_fail_expect(parser);
}

/* ---- never ----------------------------------------------------------------------------------- */

static bool timeline_parse_matcher(struct parser *parser, struct scenario_matcher *matcher)
{
    static const char *const words[] = {"frame", "event", "call", NULL};
    unsigned index;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    switch (index) {
    case 0:
        matcher->kind = SCENARIO_MATCH_FRAMES;
        matcher->frames.count = 1;
        return parser_parse_frames(parser, &matcher->frames);
    case 1:
        matcher->kind = SCENARIO_MATCH_EVENT;
        return parser_parse_event(parser, &matcher->event);
    default:
        matcher->kind = SCENARIO_MATCH_CALL;
        return parser_parse_call(parser, &matcher->call);
    }
}

static bool timeline_parse_until(struct parser *parser, struct scenario_matcher *until)
{
    const struct lexer_token *token = parser_peek(parser);
    bool relative = token->text[0] == '+';
    if (token->kind != LEXER_WORD || !g_ascii_isdigit(token->text[relative ? 1 : 0])) {
        static const char *const words[] = {"frame", "event", "call", NULL};
        if (!parser_at(parser, "frame") && !parser_at(parser, "event") &&
            !parser_at(parser, "call")) {
            return parser_fail_expected(parser, "a time, 'frame', 'event' or 'call'", words);
        }
        return timeline_parse_matcher(parser, until);
    }
    until->kind = SCENARIO_MATCH_TIME;
    until->time.kind = relative ? SCENARIO_TIME_RELATIVE : SCENARIO_TIME_ABSOLUTE;
    char *message = values_time(token->text + (relative ? 1 : 0), &until->time.ns);
    if (!parser_pass(parser, token, message)) {
        return false;
    }
    parser_next(parser);
    checker_until(parser, token, &until->time);
    return true;
}

bool parser_parse_never(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at)
{
    static const char *const words[] = {"until", NULL};
    (void)word;
    checker_asserts(parser);
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_NEVER, at);
    if (!timeline_parse_matcher(parser, &statement->never)) {
        return false;
    }
    if (parser_peek(parser)->kind == LEXER_END) {
        return true;
    }
    if (!parser_accept(parser, "until")) {
        return parser_fail_expected(parser, "'until' or the end of the line", words);
    }
    return timeline_parse_until(parser, &statement->until) && parser_take_end(parser);
}

/* ---- finally --------------------------------------------------------------------------------- */

static bool timeline_parse_finally_queue(struct parser *parser)
{
    static const char *const properties[] = {"free", "avail", "used", "in-flight", NULL};
    static const struct scenario_time no_time = {.kind = SCENARIO_TIME_NONE};
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_FINALLY_QUEUE, &no_time);
    const struct lexer_token *name;
    unsigned index;
    if (!parser_take_name(parser, "the name of a queue, such as eth0.rx", &name) ||
        !parser_take_choice(parser, properties, &index)) {
        return false;
    }
    checker_queue(parser, name);
    statement->object = g_strdup(name->text);
    statement->property = g_strdup(properties[index]);
    return parser_take_comparison(parser, false, &statement->comparison) &&
           parser_take_signed(parser, &statement->number) && parser_take_end(parser);
}

static bool timeline_parse_finally_counter(struct parser *parser)
{
    static const struct scenario_time no_time = {.kind = SCENARIO_TIME_NONE};
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_FINALLY_COUNTER, &no_time);
    return timeline_take_counter(parser, statement) && parser_take_end(parser);
}

static bool timeline_parse_finally_capture(struct parser *parser)
{
    static const struct scenario_time no_time = {.kind = SCENARIO_TIME_NONE};
    struct scenario_statement *statement = timeline_add(parser, SCENARIO_FINALLY_CAPTURE, &no_time);
    const struct lexer_token *path;
    if (!parser_take(parser, "matches") || !parser_take_text(parser, "a path", &path)) {
        return false;
    }
    checker_golden(parser, path);
    statement->golden = g_strdup(path->text);
    return parser_take_end(parser);
}

static bool timeline_parse_finally_share(struct parser *parser)
{
    static const char *const words[] = {"matches", "fids", NULL};
    static const struct scenario_time no_time = {.kind = SCENARIO_TIME_NONE};
    const struct lexer_token *name, *path;
    unsigned index;
    if (!parser_take_name(parser, "the name of a share", &name) ||
        !parser_take_choice(parser, words, &index)) {
        return false;
    }
    checker_need(parser, CHECKER_SHARE, name, name->text);
    struct scenario_statement *statement =
        timeline_add(parser, index == 0 ? SCENARIO_FINALLY_SHARE : SCENARIO_FINALLY_FIDS, &no_time);
    statement->object = g_strdup(name->text);
    if (index == 1) {
        return parser_take_comparison(parser, false, &statement->comparison) &&
               parser_take_signed(parser, &statement->number) && parser_take_end(parser);
    }
    if (!parser_take_string(parser, "a folder in quotes", &path)) {
        return false;
    }
    checker_share_golden(parser, path);
    statement->golden = g_strdup(path->text);
    return parser_take_end(parser);
}

bool parser_parse_finally(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at)
{
    static const char *const words[] = {"vq", "counter", "capture", "share", NULL};
    unsigned index;
    checker_asserts(parser);
    if (at->kind != SCENARIO_TIME_NONE) {
        return parser_fail(parser, &parser->line->tokens[0], NULL,
                           "'finally' is judged at the end and takes no time");
    }
    (void)word;
    if (!parser_take_choice(parser, words, &index)) {
        return false;
    }
    switch (index) {
    case 0:
        return timeline_parse_finally_queue(parser);
    case 1:
        return timeline_parse_finally_counter(parser);
    case 2:
        return timeline_parse_finally_capture(parser);
    default:
        return timeline_parse_finally_share(parser);
    }
}
