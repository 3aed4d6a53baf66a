/*
 * parser.h - what the parts of the parser share
 *
 * A statement is parsed from left to right by functions that return false after they have reported
 * what is wrong; the rest of the line is then skipped. Two kinds of findings are kept apart. A
 * syntax error says that the text is none of the language's. A refusal (parser_refuse) says that it
 * is, but makes no sense or is not available; refusals are shown only when the whole file is free
 * of syntax errors, as a statement that could not be read would make others look wrong.
 */
#ifndef HARNESS_LANGUAGE_PARSER_H
#define HARNESS_LANGUAGE_PARSER_H

#include "harness/language/checker.h"
#include "harness/language/lexer.h"
#include "harness/language/scenario.h"

struct parser_param {
    const char *name;
    const struct lexer_line *line;
    unsigned column;
    GArray *values; /* struct lexer_token */
    guint current;
    bool follows; /* goes from row to row with the one before it */
    bool used;
};

struct parser {
    const struct lexer_file *file;
    GArray *params; /* struct parser_param */
    GPtrArray *syntax, *refusals;
    struct scenario *scenario;
    struct checker checker;
    const struct lexer_line *line; /* the statement at work, */
    GArray *tokens;                /* its tokens with the parameters' values put in, */
    guint next;                    /* the one to look at, */
    bool substituted;              /* whether there was any parameter */
    bool stopped;                  /* the rest of the file is in a language that we do not know */
    GStringChunk *texts;
};

/* Reads the `param` lines of a file. Findings go to syntax and refusals. */
void parser_init(struct parser *parser, const struct lexer_file *file);
void parser_fini(struct parser *parser);

/*
 * Parses the file once, with the parameters' current values. Gives; meaningless when there are
 * findings.
 */
struct scenario *parser_run(struct parser *parser);

/* ---- findings -------------------------------------------------------------------------------- */

/* Adds a syntax error and returns false. `hint` is taken. */
bool parser_fail(struct parser *parser, const struct lexer_token *token, char *hint,
                 const char *format, ...) G_GNUC_PRINTF(4, 5);
/* Fails with a message, which is taken, or passes when it is NULL. */
bool parser_pass(struct parser *parser, const struct lexer_token *token, char *message);
/* "expected WHAT, not 'x'", with the nearest of `words` (may be NULL) as the hint. */
bool parser_fail_expected(struct parser *parser, const char *what, const char *const *words);
void parser_refuse(struct parser *parser, const struct lexer_token *token, char *hint,
                   const char *format, ...) G_GNUC_PRINTF(4, 5);
/* As a message shows it: quoted and cut. Lives as long as the parser. */
const char *parser_shown(struct parser *parser, const struct lexer_token *token);

/* ---- tokens ---------------------------------------------------------------------------------- */

const struct lexer_token *parser_peek(const struct parser *parser);
const struct lexer_token *parser_ahead(const struct parser *parser, guint count);
const struct lexer_token *parser_next(struct parser *parser); /* never beyond the end */
struct scenario_place parser_place(const struct parser *parser, const struct lexer_token *token);

bool parser_token_is(const struct lexer_token *token, const char *word);
bool parser_at(const struct parser *parser, const char *word); /* a word, or punctuation */
bool parser_accept(struct parser *parser, const char *word);
bool parser_take(struct parser *parser, const char *word);
bool parser_take_end(struct parser *parser);
/* A word of any kind, a string, one of the two; `what` is what the message calls it. */
bool parser_take_word(struct parser *parser, const char *what, const struct lexer_token **token);
bool parser_take_string(struct parser *parser, const char *what, const struct lexer_token **token);
bool parser_take_text(struct parser *parser, const char *what, const struct lexer_token **token);
bool parser_take_name(struct parser *parser, const char *what, const struct lexer_token **token);
bool parser_take_number(struct parser *parser, uint64_t min, uint64_t max, uint64_t *value);
bool parser_take_signed(struct parser *parser, int64_t *value);
bool parser_take_time(struct parser *parser, uint64_t *value_ns);
/* The same; refused when it is out of range. */
bool parser_take_short_time(struct parser *parser, uint64_t min_ns, uint64_t max_ns,
                            uint64_t *value_ns);
/* A comparison; with `or_equals` a single '=' means ==. */
bool parser_take_comparison(struct parser *parser, bool or_equals,
                            enum scenario_comparison *comparison);
/* One of the words (NULL-terminated): its index. */
bool parser_take_choice(struct parser *parser, const char *const *words, unsigned *index);

/* `gic=2 boot=fdt`, to the end of the line. */
struct parser_key {
    const char *name;
    bool (*parse)(struct parser *parser, void *target);
};
#define PARSER_KEYS_MAX 16
bool parser_take_keys(struct parser *parser, const struct parser_key *keys, size_t count,
                      void *target);

/* ---- statements ------------------------------------------------------------------------------ */

enum parser_part {
    PARSER_SETUP,
    PARSER_TIMELINE,
};

struct parser_statement {
    const char *word;
    enum parser_part part;
    bool once; /* at most one in a file */
    /* `word` is the statement's first token; a leading time has been read before it. */
    bool (*parse)(struct parser *parser, const struct lexer_token *word,
                  const struct scenario_time *at);
};

bool parser_parse_version(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at);
bool parser_parse_title(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_tags(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
bool parser_parse_limit(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_machine(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at);
bool parser_parse_guest(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_net(struct parser *parser, const struct lexer_token *word,
                      const struct scenario_time *at);
bool parser_parse_share(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_file(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
bool parser_parse_guards(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at);
bool parser_parse_check(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_wait(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
bool parser_parse_program(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at);
bool parser_parse_kill(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
bool parser_parse_expect(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at);
bool parser_parse_never(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_finally(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at);
bool parser_parse_host(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
bool parser_parse_serve(struct parser *parser, const struct lexer_token *word,
                        const struct scenario_time *at);
bool parser_parse_requires(struct parser *parser, const struct lexer_token *word,
                           const struct scenario_time *at);
bool parser_parse_inject(struct parser *parser, const struct lexer_token *word,
                         const struct scenario_time *at);
bool parser_parse_restore(struct parser *parser, const struct lexer_token *word,
                          const struct scenario_time *at);
/* "irq", "link": as statements write it. */
const char *parser_fault_object_name(enum scenario_fault_object object);
/* The words behind `inject 9p`, NULL-terminated: a share cannot be called so. */
const char *const *parser_p9_faults(void);
bool parser_parse_send(struct parser *parser, const struct lexer_token *word,
                       const struct scenario_time *at);
/* Behind `tcp` or `udp`, and behind `pcap`, to the end of the line. */
bool parser_take_segment(struct parser *parser, bool tcp, struct scenario_send *send);
bool parser_take_captured(struct parser *parser, struct scenario_send *send);
/*
 * A path as a scenario writes it, relative to its folder, as a path from here. Gives; noted as an
 * input.
 */
char *parser_path(const struct parser *parser, const char *path);
/* Adds a statement of the timeline to the scenario, to be filled in. */
struct scenario_statement *parser_add_statement(struct parser *parser, enum scenario_verb verb,
                                                const struct scenario_time *at);
/* Any statement that is to come: its grammar is checked, then it is refused. */
bool parser_parse_reserved(struct parser *parser, const struct lexer_token *word,
                           const struct scenario_time *at);

/* What `expect` and `never` share. The word that names the kind has been read. */
bool parser_parse_frames(struct parser *parser, struct scenario_frames *frames);
bool parser_parse_event(struct parser *parser, struct scenario_event *event);
bool parser_parse_call(struct parser *parser, struct scenario_call *call);
/* The name of a check; CHECK_COUNT, with the refusal, when there is none. */
enum check_id parser_check_name(struct parser *parser, const struct lexer_token *token);
/* `expect violation NAME`: what is expected does not fail the test. `violation` is next. */
bool parser_parse_expect_violation(struct parser *parser, const struct scenario_time *at);
/* [within T] and the end of the statement. */
bool parser_take_tail(struct parser *parser, struct scenario_statement *statement);
/* A string that is a filter, compiled; or refused with libpcap's reason. */
bool parser_parse_filter(struct parser *parser, struct scenario_frames *frames);

#endif
