/*
 * lexer.h - a scenario's text as lines of words
 *
 * A line is a statement, which goes on over the end of the line inside braces. Its tokens are
 * words, strings in double quotes, and punctuation; a comment runs from '#' to the end of the line.
 * Words take in everything that has no blank inside it: names, numbers with units, addresses,
 * paths, `$name`. What a word means is for the parser to say.
 */
#ifndef HARNESS_LANGUAGE_LEXER_H
#define HARNESS_LANGUAGE_LEXER_H

#include "harness/language/scenario.h"

#define LEXER_WORD_MAX  255   /* bytes in a word */
#define LEXER_LINES_MAX 10000 /* statements in a file */

enum lexer_kind {
    LEXER_WORD,
    LEXER_STRING,
    LEXER_PUNCTUATION, /* = == != < <= > >= : , { } */
    LEXER_END,         /* of the line */
};

/* A line of the file. */
struct lexer_source {
    unsigned number;
    const char *text; /* borrowed, `size` bytes, without the end of line */
    size_t size;
};

struct lexer_token {
    enum lexer_kind kind;
    struct lexer_source source; /* the line that it is on */
    unsigned column;            /* of its first byte, from 1 */
    unsigned size;              /* bytes in the file */
    const char *text;           /* a string's without quotes and escapes */
};

struct lexer_line {
    struct lexer_source source; /* the first one, when there are several */
    struct lexer_token *tokens; /* the last is LEXER_END */
    unsigned count;             /* with it */
};

struct lexer_file {
    const char *path; /* interned */
    GArray *lines;    /* struct lexer_line: those that are a statement */
    GStringChunk *texts;
};

/*
 * Splits a text, which has to outlive the result. Lines with an error are left out and have a
 * diagnostic; after DIAGNOSTIC_COUNT_MAX of them it stops.
 */
struct lexer_file *lexer_file_new(const char *text, size_t size, const char *path,
                                  GPtrArray *diagnostics);
void lexer_file_free(struct lexer_file *file);

struct scenario_place lexer_place(const struct lexer_file *file, const struct lexer_token *token);

#endif
