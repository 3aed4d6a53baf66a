/*
 * causes.c - finding causes, and the texts that are made from their table
 */
#include "harness/diagnosis/causes.h"

#include "harness/diagnosis/causes_priv.h"
#include "harness/text/paragraph.h"

#include <stdbool.h>
#include <string.h>

static const struct causes_part *const causes_parts[] = {&causes_machine, &causes_shares,
                                                         &causes_programs, &causes_network};
#define CAUSES_MAX 128

const struct cause *causes_get(guint index)
{
    for (size_t i = 0; i < G_N_ELEMENTS(causes_parts); i++) {
        if (index < causes_parts[i]->count) {
            return &causes_parts[i]->causes[index];
        }
        index -= (guint)causes_parts[i]->count;
    }
    return NULL;
}

const struct cause *causes_find(const char *id)
{
    const struct cause *cause;
    for (guint i = 0; (cause = causes_get(i)) != NULL; i++) {
        if (strcmp(cause->id, id) == 0) {
            return cause;
        }
    }
    return NULL;
}

const char *const *causes_ids(void)
{
    static const char *ids[CAUSES_MAX + 1];
    for (guint i = 0; causes_get(i) != NULL; i++) {
        g_assert(i < CAUSES_MAX);
        ids[i] = causes_get(i)->id;
    }
    return ids;
}

void causes_write_list(GString *out)
{
    for (guint i = 0; causes_get(i) != NULL; i++) {
        g_string_append_printf(out, "%-28s%s\n", causes_get(i)->id, causes_get(i)->meaning);
    }
}

void causes_write_explanation(GString *out, const struct cause *cause)
{
    g_string_append_printf(out, "%s\n", cause->id);
    paragraph_append(out, "What it means", cause->meaning);
    paragraph_append(out, "How it looks", cause->looks);
    paragraph_append(out, "What the diagnosis looks at", cause->evidence);
    paragraph_append(out, "How it usually comes about", cause->mistakes);
    paragraph_append(out, "What to do", cause->mend);
    paragraph_append(out, "What looks the same", cause->near);
    g_auto(GStrv) lines = g_strsplit(cause->scenario, "\n", -1);
    g_string_append(out, "\nA scenario\n");
    for (char **line = lines; *line != NULL; line++) {
        g_string_append_printf(out, "  %s\n", *line);
    }
}

void causes_write_page(GString *out)
{
    g_string_append(
        out,
        "# Causes\n\n"
        "What the diagnosis can name, in the order in which it looks: along the chain from the\n"
        "device to the program, the first missing link. Made from the table in\n"
        "`harness/diagnosis/causes_*.c`; `ringside causes` and `ringside explain NAME` print the "
        "same.\n\n"
        "A cause has a grade. `cause`: proved, because with that one link repaired, from that\n"
        "moment on, the waiting task goes on. `derived`: it follows from the evidence, and there is "
        "no\nproof to be had. `suspect`: one explanation of several. In scenarios, `cause ID` "
        "accepts the\nfirst two.\n");
    for (guint i = 0; causes_get(i) != NULL; i++) {
        const struct cause *cause = causes_get(i);
        g_string_append_printf(out, "\n## `%s`\n\n%s\n\n", cause->id, cause->meaning);
        g_string_append_printf(out, "- **How it looks.** %s\n", cause->looks);
        g_string_append_printf(out, "- **Evidence.** %s\n", cause->evidence);
        g_string_append_printf(out, "- **How it usually comes about.** %s\n", cause->mistakes);
        g_string_append_printf(out, "- **What to do.** %s\n", cause->mend);
        g_string_append_printf(out, "- **What looks the same.** %s\n\n```\n%s\n```\n", cause->near,
                               cause->scenario);
    }
}
