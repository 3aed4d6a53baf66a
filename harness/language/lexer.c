/*
 * lexer.c - GScanner, a line at a time
 *
 * GScanner reads words (its identifiers, with a wide set of characters), strings and single
 * characters. It is given one line at a time, so that an error ends with its line. It does not tell
 * where a token begins; that follows from where the one before ended, as only blanks stand between
 * two tokens. While a brace is open, the tokens of the next line belong to the same statement.
 */
#include "harness/language/lexer.h"
#include "harness/language/diagnostic.h"
#include "harness/language/source.h"

#include <string.h>

#define LEXER_WORD_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-./$@%~"

static const GScannerConfig lexer_config = {
    .cset_skip_characters = " \t",
    .cset_identifier_first = LEXER_WORD_FIRST,
    .cset_identifier_nth = LEXER_WORD_FIRST ":",
    .cpair_comment_single = "#\n",
    .case_sensitive = 1,
    .skip_comment_single = 1,
    .scan_identifier = 1,
    .scan_identifier_1char = 1,
    .scan_string_dq = 1,
    .char_2_token = 1,
};

struct lexer {
    struct lexer_file *file;
    GScanner *scanner;
    GPtrArray *diagnostics;
    struct lexer_source line; /* the one at work */
    size_t at;                /* bytes of it that are behind us */
    GArray *tokens;           /* of the statement */
    unsigned depth;           /* braces that are open, and the place of the first of them */
    struct lexer_source open_line;
    size_t open_at;
    bool failed; /* a line of the statement cannot be read */
};

static struct scenario_place lexer_here(const struct lexer *lexer, size_t at)
{
    return (struct scenario_place){
        .file = lexer->file->path,
        .line = lexer->line.number,
        .column = (unsigned)at + 1,
    };
}

G_GNUC_PRINTF(3, 4)
static void lexer_fail(struct lexer *lexer, size_t at, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    diagnostic_add_list(lexer->diagnostics, lexer_here(lexer, at), lexer->line.text,
                        lexer->line.size, NULL, format, list);
    va_end(list);
}

static void lexer_add(struct lexer *lexer, enum lexer_kind kind, size_t size, const char *text,
                      size_t text_size)
{
    struct lexer_token token = {
        .kind = kind,
        .source = lexer->line,
        .column = (unsigned)lexer->at + 1,
        .size = (unsigned)size,
        .text = g_string_chunk_insert_len(lexer->file->texts, text, (gssize)text_size),
    };
    g_array_append_val(lexer->tokens, token);
    lexer->at += size;
}

static bool lexer_add_word(struct lexer *lexer, const char *word)
{
    size_t size = strlen(word);
    bool colon = word[size - 1] == ':'; /* `ping:` is a name and a colon, `host:tcp` a word */
    if (colon) {
        size--;
    }
    if (size > LEXER_WORD_MAX) {
        lexer_fail(lexer, lexer->at, "a word of %zu bytes: at most %d", size, LEXER_WORD_MAX);
        return false;
    }
    lexer_add(lexer, LEXER_WORD, size, word, size);
    if (colon) {
        lexer_add(lexer, LEXER_PUNCTUATION, 1, ":", 1);
    }
    return true;
}

/*
 * GScanner knows more escapes than the language has: octal numbers, and any character for itself.
 */
static bool lexer_add_string(struct lexer *lexer, const char *text)
{
    const char *source = lexer->line.text;
    size_t end = lexer->at + 1;
    for (; source[end] != '"'; end++) {
        if (source[end] != '\\') {
            continue;
        }
        end++;
        if (strchr("\\\"ntr", source[end]) == NULL) {
            lexer_fail(lexer, end - 1,
                       "unknown escape '\\%.*s' in a string: there are \\\\ \\\" \\n \\t \\r",
                       (int)(g_utf8_next_char(source + end) - (source + end)), source + end);
            return false;
        }
    }
    lexer_add(lexer, LEXER_STRING, end + 1 - lexer->at, text, strlen(text));
    return true;
}

static bool lexer_add_character(struct lexer *lexer)
{
    const char *source = lexer->line.text + lexer->at;
    bool doubled = lexer->at + 1 < lexer->line.size && source[1] == '=';
    if (strchr("=<>!", source[0]) != NULL && doubled) {
        g_scanner_get_next_token(lexer->scanner);
        lexer_add(lexer, LEXER_PUNCTUATION, 2, source, 2);
        return true;
    }
    if (source[0] == '{' && lexer->depth++ == 0) {
        lexer->open_line = lexer->line;
        lexer->open_at = lexer->at;
    } else if (source[0] == '}' && lexer->depth > 0) {
        lexer->depth--;
    }
    if (strchr("=<>:,{}", source[0]) != NULL) {
        lexer_add(lexer, LEXER_PUNCTUATION, 1, source, 1);
        return true;
    }
    lexer_fail(lexer, lexer->at, "unexpected character '%.*s'",
               (int)(g_utf8_next_char(source) - source), source);
    return false;
}

static bool lexer_add_token(struct lexer *lexer, GTokenType type)
{
    if (type == G_TOKEN_IDENTIFIER) {
        return lexer_add_word(lexer, lexer->scanner->value.v_identifier);
    }
    if (type == G_TOKEN_STRING) {
        return lexer_add_string(lexer, lexer->scanner->value.v_string);
    }
    if (type == G_TOKEN_ERROR) {
        lexer_fail(lexer, lexer->at, "the string does not end: its closing '\"' is missing");
        return false;
    }
    return lexer_add_character(lexer);
}

/* Adds the tokens of the line to those of the statement. */
static bool lexer_split(struct lexer *lexer)
{
    g_scanner_input_text(lexer->scanner, lexer->line.text, (guint)lexer->line.size);
    lexer->at = 0;
    GTokenType type;
    while ((type = g_scanner_get_next_token(lexer->scanner)) != G_TOKEN_EOF) {
        while (strchr(" \t", lexer->line.text[lexer->at]) != NULL) {
            lexer->at++;
        }
        if (!lexer_add_token(lexer, type)) {
            /*
             * New input makes GScanner forget its token's text; the end of this one makes it free
             * it.
             */
            while (g_scanner_get_next_token(lexer->scanner) != G_TOKEN_EOF) {
            }
            return false;
        }
    }
    return true;
}

/* The statement is complete. */
static void lexer_take_statement(struct lexer *lexer)
{
    if (lexer->tokens->len > 0 && !lexer->failed) {
        lexer_add(lexer, LEXER_END, 0, "", 0);
        struct lexer_line line = {
            .source = g_array_index(lexer->tokens, struct lexer_token, 0).source,
            .count = lexer->tokens->len,
        };
        line.tokens = g_memdup2(lexer->tokens->data, line.count * sizeof(struct lexer_token));
        g_array_append_val(lexer->file->lines, line);
        if (lexer->file->lines->len > LEXER_LINES_MAX) {
            lexer_fail(lexer, 0, "the file is too long: at most %d statements", LEXER_LINES_MAX);
        }
    }
    g_array_set_size(lexer->tokens, 0);
    lexer->failed = false;
}

static void lexer_take_line(struct lexer *lexer)
{
    const struct lexer_source *line = &lexer->line;
    bool usable =
        source_check_line(line->text, line->size, lexer_here(lexer, 0), lexer->diagnostics);
    lexer->failed = !usable || !lexer_split(lexer) || lexer->failed;
    if (lexer->depth == 0) {
        lexer_take_statement(lexer);
    }
}

/*
 * One diagnostic for all lines of a file that comes from another system; its lines are then read
 * without their CR.
 */
static void lexer_strip_return(struct lexer *lexer, bool *reported)
{
    struct lexer_source *line = &lexer->line;
    if (line->size == 0 || line->text[line->size - 1] != '\r') {
        return;
    }
    line->size--;
    if (!*reported) {
        lexer_fail(lexer, line->size, "the line ends in CR LF: a scenario has LF alone");
        *reported = true;
    }
}

static void lexer_run(struct lexer *lexer, const char *text, size_t size)
{
    bool reported = false;
    const char *end = text + size;
    while (text < end && lexer->diagnostics->len < DIAGNOSTIC_COUNT_MAX &&
           lexer->file->lines->len <= LEXER_LINES_MAX) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop == NULL ? end : stop;
        lexer->line.number++;
        lexer->line.text = text;
        lexer->line.size = (size_t)(stop - text);
        lexer_strip_return(lexer, &reported);
        if (lexer->line.size > 0) {
            lexer_take_line(lexer);
        }
        text = stop + 1;
    }
    if (lexer->depth > 0 && lexer->diagnostics->len < DIAGNOSTIC_COUNT_MAX) {
        lexer->line = lexer->open_line;
        lexer_fail(lexer, lexer->open_at, "the '{' is not closed: its '}' is missing");
    }
}

struct lexer_file *lexer_file_new(const char *text, size_t size, const char *path,
                                  GPtrArray *diagnostics)
{
    struct lexer_file *file = g_new0(struct lexer_file, 1);
    file->path = g_intern_string(path);
    file->lines = g_array_new(FALSE, FALSE, sizeof(struct lexer_line));
    file->texts = g_string_chunk_new(4096);
    if (!source_check_text(text, size, path, diagnostics)) {
        return file;
    }
    struct lexer lexer = {
        .file = file,
        .scanner = g_scanner_new(&lexer_config),
        .diagnostics = diagnostics,
        .tokens = g_array_new(FALSE, FALSE, sizeof(struct lexer_token)),
    };
    lexer_run(&lexer, text, size);
    g_array_free(lexer.tokens, TRUE);
    g_scanner_destroy(lexer.scanner);
    return file;
}

void lexer_file_free(struct lexer_file *file)
{
    if (file == NULL) {
        return;
    }
    for (guint i = 0; i < file->lines->len; i++) {
        g_free(g_array_index(file->lines, struct lexer_line, i).tokens);
    }
    g_array_free(file->lines, TRUE);
    g_string_chunk_free(file->texts);
    g_free(file);
}

struct scenario_place lexer_place(const struct lexer_file *file, const struct lexer_token *token)
{
    return (struct scenario_place){
        .file = file->path,
        .line = token->source.number,
        .column = token->column,
    };
}
