/*
 * checker.h - what a scenario means, as far as that can be judged without running it
 *
 * Called by the parser while it reads, in the order of the file: names have to be declared before
 * they are used. Each finding is a refusal (parser_refuse) at the token in question.
 */
#ifndef HARNESS_LANGUAGE_CHECKER_H
#define HARNESS_LANGUAGE_CHECKER_H

#include "harness/language/lexer.h"
#include "harness/language/scenario.h"

struct parser;
struct parser_statement;

/* Part of struct parser; members are private to checker.c. */
struct checker {
    GArray *names;             /* struct checker_name */
    unsigned timeline_line;    /* the first statement of the timeline; 0: none yet */
    struct scenario_time last; /* the latest absolute time, */
    unsigned last_line;        /* and where it stands */
    bool asserts;              /* something that can fail stands in the timeline */
    bool ready;                /* `wait ready` has been seen */
};

void checker_begin(struct parser *parser);
void checker_fini(struct parser *parser);
/* After the last statement: what concerns the whole file. */
void checker_finish(struct parser *parser);

/* A finding at a place that is not at hand as a token. Borrows the hint, which may be NULL. */
void checker_finding_at(struct parser *parser, struct scenario_place place, const char *hint,
                        const char *message);

/* Names. Each kind is a name space of its own. */
enum checker_kind {
    CHECKER_STATEMENT, /* statements that may stand only once */
    CHECKER_NET,
    CHECKER_PROGRAM,
    CHECKER_LABEL, /* of a frame */
    CHECKER_FILE,
    CHECKER_SHARE,
    CHECKER_HOST,
    CHECKER_MAC,
    CHECKER_TAG,
    CHECKER_OPTION, /* of the guest */
    CHECKER_PATCH,
};
/* Declares a name, or refuses it as a duplicate. */
void checker_declare(struct parser *parser, enum checker_kind kind, const struct lexer_token *token,
                     const char *name);
bool checker_knows(const struct parser *parser, enum checker_kind kind, const char *name);
/* Refuses a name that was not declared, with the nearest that was. */
void checker_need(struct parser *parser, enum checker_kind kind, const struct lexer_token *token,
                  const char *name);
/* The names of a kind, NULL-terminated, borrowed; the array is the caller's to free. */
const char **checker_names(const struct parser *parser, enum checker_kind kind);

/* A statement begins: its order among the others. */
void checker_statement(struct parser *parser, const struct lexer_token *word,
                       const struct parser_statement *statement);
/* A leading time, and `until 10ms`. */
void checker_time(struct parser *parser, const struct lexer_token *token,
                  const struct scenario_time *time);
void checker_until(struct parser *parser, const struct lexer_token *token,
                   const struct scenario_time *until);
void checker_within(struct parser *parser, const struct lexer_token *token, uint64_t within_ns);
void checker_ready(struct parser *parser, const struct lexer_token *token);
void checker_asserts(struct parser *parser);

/* Set-up. */
/* The keys of `machine` against each other; then what needs the cards and the guest's options. */
void checker_machine(struct parser *parser);
void checker_board(struct parser *parser);
/* A card that cannot tell its address has none to be given. */
void checker_address(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_net *net);
/* A number of an event's field that no machine, or not this one, can have. */
void checker_event_number(struct parser *parser, const char *field, const struct lexer_token *value,
                          uint64_t number);
void checker_ram(struct parser *parser, const struct lexer_token *token, uint64_t size);
void checker_guest_option(struct parser *parser, const struct lexer_token *key,
                          const struct lexer_token *value);
void checker_net_name(struct parser *parser, const struct lexer_token *token);
void checker_queue_size(struct parser *parser, const struct lexer_token *token, uint64_t size);
/* `+mtu`: stores the bit in the net, or refuses it. */
void checker_feature(struct parser *parser, const struct lexer_token *token,
                     struct scenario_net *net);
void checker_backend(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_net *net);
/*
 * Of the whole file: lines that devices were given are there, nobody else's but of those that were
 * given the same one, and can be told.
 */
void checker_lines(struct parser *parser);
/* Slot and MSI-X belong to PCI, and in a slot is one device. */
void checker_bus(struct parser *parser, const struct scenario_device *device);
/*
 * What a device says about its rings, when it is complete: nothing that contradicts itself.
 * `in_order`: it offers that.
 */
void checker_rings(struct parser *parser, const struct lexer_token *token,
                   const struct scenario_device *device, bool in_order);
/* An option of the reference guest that concerns rings; false: it is another one. */
bool checker_ring_option(struct parser *parser, const struct lexer_token *key,
                         const struct lexer_token *value);
/* Of the whole file: guest and cards agree on where indices begin. */
void checker_ring_starts(struct parser *parser);
/* Whether the card offers a feature that it has only when asked for. */
bool checker_asks_for(const struct scenario_net *net, const char *feature);
/* The features of a card with a legacy transport. */
void checker_legacy(struct parser *parser, const struct lexer_token *token,
                    const struct scenario_net *net);
/* Another port of the wire, when it is complete. */
void checker_host(struct parser *parser, const struct lexer_token *name,
                  const struct scenario_host *host);
/* A service of the wire, when it is complete; where names are asked for (0: the default). */
void checker_service(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_service *service);
void checker_dns(struct parser *parser, const struct lexer_token *token, uint32_t at);
/* Of the whole file: there is a network for them. */
void checker_services(struct parser *parser);
/* A name; a file of the memory, which is not in the share yet; a counter of a share. */
void checker_share_name(struct parser *parser, const struct lexer_token *token);
void checker_share_file(struct parser *parser, const struct lexer_token *token,
                        const struct scenario_share *share);
void checker_share_counter(struct parser *parser, const struct lexer_token *token,
                           const char *share);
/* An option of the reference guest that concerns shares; false: it is another one. */
bool checker_share_option(struct parser *parser, const struct lexer_token *key,
                          const struct lexer_token *value);
/* Of the whole file: a file that is a folder as well, a name that is a parameter's. */
void checker_shares(struct parser *parser);
/*
 * Where the guest finds a share, for `$NAME` and `$share` (the only one): "/mnt/NAME". Gives; NULL:
 * there is no such share.
 */
char *checker_share_path(const struct parser *parser, const char *name);
/* The folder that a share has to be like at the end. */
void checker_share_golden(struct parser *parser, const struct lexer_token *token);
/* No component is empty, '.' or '..'. */
bool checker_is_plain_path(const char *path);
void checker_file_path(struct parser *parser, const struct lexer_token *token);

/* Timeline. */
void checker_program_name(struct parser *parser, const struct lexer_token *token);
void checker_filter(struct parser *parser, const struct lexer_token *token,
                    struct scenario_frames *frames);
/* The path of a golden capture. */
void checker_golden(struct parser *parser, const struct lexer_token *token);
/* The kind by name, TRACE_KIND_COUNT when it is refused. */
enum trace_kind checker_event(struct parser *parser, const struct lexer_token *token);
/* One field of an event: appended to the event, or refused. */
void checker_event_field(struct parser *parser, const struct lexer_token *name,
                         const struct lexer_token *value, struct scenario_event *event);
void checker_counter(struct parser *parser, const struct lexer_token *token);
/* The id of a cause that a diagnosis can name. */
void checker_cause(struct parser *parser, const struct lexer_token *token);
/* A queue by its full name, which finally and the fields of events use. */
void checker_queue(struct parser *parser, const struct lexer_token *token);
/* A card; a queue is a slip that has its own hint. */
void checker_card(struct parser *parser, const struct lexer_token *token);
/* A queue or a card. */
void checker_device(struct parser *parser, const struct lexer_token *token);
/* Where a frame is sent: a card, or a host. */
void checker_station(struct parser *parser, const struct lexer_token *token);
/* The statement's fault, when it is complete: `word` is that of the statement. */
void checker_inject(struct parser *parser, const struct lexer_token *word,
                    const struct scenario_fault *fault);
/* There has to be something to restore. */
void checker_restore(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_fault *fault);

#endif
