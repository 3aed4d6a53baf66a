/*
 * params.h - parameters of a scenario: `param burst in 1, 7, 8`, `param gic cpus in 2 1, 3 2`
 */
#ifndef HARNESS_LANGUAGE_PARAMS_H
#define HARNESS_LANGUAGE_PARAMS_H

#include "harness/language/parser.h"

#define PARAMS_TESTS_MAX 1000 /* tests that a file may give */

/* Reads all `param` lines of the file. */
void params_read(struct parser *parser);
/* As a statement it has been read already. */
bool params_skip(struct parser *parser, const struct lexer_token *word,
                 const struct scenario_time *at);

/* Puts the current values into the line's tokens. False when that failed. */
bool params_substitute(struct parser *parser);

/* Goes to the next combination of values, the last parameter fastest. False: that was the last. */
bool params_advance(struct parser *parser);

/* "name[burst=8,size=64]", or just the name. Given. */
char *params_test_name(const struct parser *parser, const char *name);
/* "burst=8,size=64", or NULL without parameters. Given. */
char *params_describe(const struct parser *parser);

#endif
