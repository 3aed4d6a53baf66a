/*
 * about_causes.c - `ringside causes` and `ringside explain`
 *
 * They take no scenarios and no options, so they stand beside the commands that do.
 */
#include "harness/about_causes.h"

#include "harness/checks/catalogue.h"
#include "harness/diagnosis/causes.h"
#include "harness/language/scenario.h"

#include <string.h>

static const struct about_command {
    const char *name, *arguments, *summary;
} about_commands[ABOUT_CAUSES_COMMANDS] = {
    {"causes", "", "list the causes that a diagnosis can name"},
    {"explain", " NAME", "say what a cause or a check means and how it comes about"},
};

void about_causes_names(const char *names[static ABOUT_CAUSES_COMMANDS])
{
    for (size_t i = 0; i < ABOUT_CAUSES_COMMANDS; i++) {
        names[i] = about_commands[i].name;
    }
}

void about_causes_print_usage(FILE *out)
{
    for (size_t i = 0; i < ABOUT_CAUSES_COMMANDS; i++) {
        fprintf(out, "  %-8s %s\n", about_commands[i].name, about_commands[i].summary);
    }
}

static enum options_outcome about_print(const GString *text)
{
    fputs(text->str, stdout);
    return OPTIONS_DONE;
}

static enum options_outcome about_list(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    causes_write_list(text);
    return about_print(text);
}

static enum options_outcome about_explain(const char *id)
{
    const struct cause *cause = causes_find(id);
    enum check_id check = catalogue_find(id);
    if (cause == NULL && check == CHECK_COUNT) {
        const char *near = scenario_nearest_word(id, causes_ids());
        if (near == NULL) {
            near = scenario_nearest_word(id, catalogue_names());
        }
        fprintf(stderr, "ringside: no cause and no check is called '%s'%s%s%s\n", id,
                near != NULL ? ": did you mean '" : "; 'ringside causes' lists them",
                near != NULL ? near : "", near != NULL ? "'?" : "");
        return OPTIONS_WRONG;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    if (cause != NULL) {
        causes_write_explanation(text, cause);
    }
    if (cause != NULL && check != CHECK_COUNT) {
        g_string_append(text, "\nThere is a check of this name, too.\n\n");
    }
    if (check != CHECK_COUNT) {
        catalogue_write_explanation(text, catalogue_get(check));
    }
    return about_print(text);
}

bool about_causes_run(int argc, char **argv, enum options_outcome *outcome)
{
    unsigned index = 0;
    while (index < ABOUT_CAUSES_COMMANDS && strcmp(argv[1], about_commands[index].name) != 0) {
        index++;
    }
    if (index == ABOUT_CAUSES_COMMANDS) {
        return false;
    }
    const struct about_command *command = &about_commands[index];
    bool wants_help = argc == 3 && strcmp(argv[2], "--help") == 0;
    int wanted = *command->arguments == '\0' ? 2 : 3;
    if (wants_help || argc != wanted) {
        fprintf(wants_help ? stdout : stderr, "usage: ringside %s%s\n", command->name,
                command->arguments);
        *outcome = wants_help ? OPTIONS_DONE : OPTIONS_WRONG;
    } else {
        *outcome = index == 0 ? about_list() : about_explain(argv[2]);
    }
    return true;
}
