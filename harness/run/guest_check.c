/* guest_check.c - does the scenario ask for what the guest offers? */
#include "harness/run/guest_check.h"

#include <string.h>

/* "'pingg': did you mean 'ping'?", or the list. */
static void guest_check_refuse(GError **error, const char *what, const char *word,
                               const char *const *words)
{
    const char *near = scenario_nearest_word(word, words);
    g_autofree char *list = g_strjoinv(", ", (char **)words);
    if (near != NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s '%s': did you mean '%s'?", what,
                    word, near);
    } else {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s '%s'; it has: %s", what, word,
                    *list != '\0' ? list : "none");
    }
}

static bool guest_check_program(const struct scenario_statement *statement,
                                const struct ringside_guest *guest, GError **error)
{
    if (guest->start == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "the guest '%s' offers no programs",
                    guest->name);
        return false;
    }
    if (guest->programs == NULL) {
        return true; /* it does not say; it will refuse by itself */
    }
    const char *word = statement->command + strspn(statement->command, " ");
    g_autofree char *program = g_strndup(word, strcspn(word, " "));
    if (g_strv_contains(guest->programs, program)) {
        return true;
    }
    g_autofree char *what = g_strdup_printf("the guest '%s' has no program", guest->name);
    guest_check_refuse(error, what, program, guest->programs);
    return false;
}

static bool guest_check_face(const struct scenario *scenario, const struct ringside_guest *guest,
                             GError **error)
{
    static const char key[] = "face=";
    g_auto(GStrv) options = g_strsplit(scenario->guest_options, " ", -1);
    for (char **option = options; *option != NULL; option++) {
        const char *face = *option + strlen(key);
        if (!g_str_has_prefix(*option, key) || guest->faces == NULL ||
            g_strv_contains(guest->faces, face)) {
            continue;
        }
        g_autofree char *what = g_strdup_printf("the guest '%s' has no face", guest->name);
        guest_check_refuse(error, what, face, guest->faces);
        return false;
    }
    return true;
}

bool guest_check(const struct scenario *scenario, const struct ringside_guest *guest,
                 struct scenario_place *place, GError **error)
{
    *place = scenario->guest_place;
    if (!guest_check_face(scenario, guest, error)) {
        return false;
    }
    for (guint i = 0; i < scenario->statements->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->statements, i);
        *place = statement->place;
        bool starts = statement->verb == SCENARIO_START || statement->verb == SCENARIO_RUN;
        if (starts && !guest_check_program(statement, guest, error)) {
            return false;
        }
        if (statement->verb == SCENARIO_KILL && guest->kill == NULL) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "the guest '%s' knows no signals",
                        guest->name);
            return false;
        }
    }
    return true;
}
