/* repro.c - the command that runs a test again */
#include "harness/report/repro.h"

#include <glib.h>
#include <string.h>

char *repro_shell_word(const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:@,";
    return word[strspn(word, plain)] == '\0' && *word != '\0' ? g_strdup(word)
                                                              : g_shell_quote(word);
}

char *repro_arguments(const char *name, const char *file, uint64_t seed, bool live)
{
    g_autofree char *path = repro_shell_word(file);
    /* Only a name with an expansion is one of several in its file. */
    g_autofree char *filter = strpbrk(name, "[!") != NULL ? g_shell_quote(name) : NULL;
    return g_strdup_printf("run %s%s%s --seed %" G_GUINT64_FORMAT "%s", path,
                           filter != NULL ? " --filter " : "", filter != NULL ? filter : "", seed,
                           live ? " --live" : "");
}
