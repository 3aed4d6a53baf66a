/* pcid_table.c - which daemon is for which device */
#include "drivers/pcid_table.h"

#include "lib/string.h"

/* A word of a line, without its end. */
struct pcid_word {
    const char *text;
    size_t length;
};

static bool pcid_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char *pcid_skip_blanks(const char *text)
{
    while (pcid_is_blank(*text))
        text++;
    return text;
}

static struct pcid_word pcid_take_word(const char **text)
{
    struct pcid_word word = {.text = pcid_skip_blanks(*text)};
    const char *end = word.text;
    while (*end != '\0' && *end != '\n' && !pcid_is_blank(*end))
        end++;
    word.length = (size_t)(end - word.text);
    *text = pcid_skip_blanks(end);
    return word;
}

static bool pcid_word_is(const struct pcid_word *word, const char *text)
{
    return word->length == kstrlen(text) && memcmp(word->text, text, word->length) == 0;
}

/* Digits of a number to a base up to 16, all of them. */
static bool pcid_parse_number(const char *text, size_t length, unsigned base, uint32_t max,
                              uint32_t *value)
{
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : base;
        number = number * base + digit;
        if (digit >= base || number > max)
            return false;
    }
    *value = (uint32_t)number;
    return length > 0;
}

/* "1af4:1041" */
static bool pcid_parse_function(const struct pcid_word *word, struct pcid_identity *identity)
{
    uint32_t vendor, device;
    size_t at = 0;
    while (at < word->length && word->text[at] != ':')
        at++;
    if (at == word->length || !pcid_parse_number(word->text, at, 16, UINT16_MAX, &vendor) ||
        !pcid_parse_number(word->text + at + 1, word->length - at - 1, 16, UINT16_MAX, &device))
        return false;
    identity->vendor = (uint16_t)vendor;
    identity->device = (uint16_t)device;
    return true;
}

/* The rest of the line, without blanks at its end. */
static bool pcid_take_command(const char **text, char command[PCID_COMMAND_MAX])
{
    const char *begin = *text;
    while (**text != '\0' && **text != '\n')
        ++*text;
    size_t length = (size_t)(*text - begin);
    while (length > 0 && pcid_is_blank(begin[length - 1]))
        length--;
    if (length == 0 || length >= PCID_COMMAND_MAX)
        return false;
    memcpy(command, begin, length);
    command[length] = '\0';
    return true;
}

static bool pcid_parse_row(const char **text, struct pcid_row *row)
{
    struct pcid_word bus = pcid_take_word(text);
    struct pcid_word identity = pcid_take_word(text);
    row->identity = (struct pcid_identity){.is_pci = pcid_word_is(&bus, "pci")};
    if (row->identity.is_pci) {
        if (!pcid_parse_function(&identity, &row->identity))
            return false;
    } else if (!pcid_word_is(&bus, "mmio") || !pcid_parse_number(identity.text, identity.length, 10,
                                                                 UINT32_MAX, &row->identity.type)) {
        return false;
    }
    return pcid_take_command(text, row->command);
}

static const char *pcid_next_line(const char *text)
{
    while (*text != '\0' && *text != '\n')
        text++;
    return *text == '\n' ? text + 1 : text;
}

unsigned pcid_table_parse(struct pcid_table *table, const char *text)
{
    table->count = 0;
    for (unsigned line = 1; *text != '\0'; line++) {
        const char *at = pcid_skip_blanks(text);
        if (*at != '\0' && *at != '\n' && *at != '#') {
            if (table->count == PCID_ROWS_MAX || !pcid_parse_row(&at, &table->rows[table->count]))
                return line;
            table->count++;
        }
        text = pcid_next_line(at);
    }
    return 0;
}

const struct pcid_row *pcid_table_find(const struct pcid_table *table,
                                       const struct pcid_identity *identity)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct pcid_identity *row = &table->rows[i].identity;
        if (row->is_pci == identity->is_pci && row->type == identity->type &&
            row->vendor == identity->vendor && row->device == identity->device)
            return &table->rows[i];
    }
    return NULL;
}
