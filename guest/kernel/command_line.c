/* command_line.c - words, quotes and backslashes */
#include "kernel/command_line.h"

#include "lib/errno.h"

#include <stdbool.h>

struct command_line_parser {
    const char *rest;
    struct arguments *arguments;
    size_t used; /* of arguments->text */
};

static bool command_line_is_space(char character)
{
    return character == ' ' || character == '\t';
}

static int command_line_put(struct command_line_parser *parser, char character)
{
    if (parser->used == COMMAND_LINE_MAX)
        return -KE2BIG;
    parser->arguments->text[parser->used++] = character;
    return 0;
}

/* One character of a word, or what opens or closes a quote. *quote is that quote, NUL outside. */
static int command_line_take(struct command_line_parser *parser, char *quote)
{
    char character = *parser->rest++;
    if (character == *quote) {
        *quote = '\0';
        return 0;
    }
    if (*quote == '\0' && (character == '"' || character == '\'')) {
        *quote = character;
        return 0;
    }
    if (character == '\\' && *quote != '\'') {
        if (*parser->rest == '\0')
            return -KEINVAL;
        character = *parser->rest++;
    }
    return command_line_put(parser, character);
}

static int command_line_take_word(struct command_line_parser *parser)
{
    struct arguments *arguments = parser->arguments;
    if (arguments->count == ARGUMENTS_MAX)
        return -KE2BIG;
    arguments->values[arguments->count++] = &arguments->text[parser->used];
    char quote = '\0';
    while (*parser->rest != '\0' && (quote != '\0' || !command_line_is_space(*parser->rest))) {
        int error = command_line_take(parser, &quote);
        if (error != 0)
            return error;
    }
    if (quote != '\0')
        return -KEINVAL;
    return command_line_put(parser, '\0');
}

int command_line_parse(struct arguments *arguments, const char *line)
{
    struct command_line_parser parser = {.rest = line, .arguments = arguments};
    arguments->count = 0;
    for (;;) {
        while (command_line_is_space(*parser.rest))
            parser.rest++;
        if (*parser.rest == '\0')
            break;
        int error = command_line_take_word(&parser);
        if (error != 0)
            return error;
    }
    arguments->values[arguments->count] = NULL;
    return 0;
}
