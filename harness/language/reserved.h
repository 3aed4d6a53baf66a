/*
 * reserved.h - what is in the language, but not in this version
 */
#ifndef HARNESS_LANGUAGE_RESERVED_H
#define HARNESS_LANGUAGE_RESERVED_H

#include "harness/language/parser.h"

/* Why something of the language is not available in this version, or NULL when it is. */
const char *reserved_reason(const char *what);

/*
 * Refuses `what` at the token when it is reserved; `shown` is what the message calls it. The
 * statement goes on: whether there are syntax errors behind it is still to be found out.
 */
void reserved_check(struct parser *parser, const struct lexer_token *token, const char *what,
                    const char *shown);

/* Every entry of the list, NULL-terminated: for the test that each has its refusal. */
const char *const *reserved_list(void);

#endif
