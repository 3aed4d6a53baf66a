/*
 * debugger.c - see debugger.h
 *
 * The script lies beside the program, in PRESET/share/gdb; it sets the breakpoints. gdb reads the
 * user's own settings, and commands from stdin, as always.
 */
#include "harness/debugger.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#define DEBUGGER_SCRIPT "share/gdb/ringside.py"

/* The program itself, and the script that was built with it. */
static bool debugger_find_files(char **program, char **script, GError **error)
{
    *program = g_file_read_link("/proc/self/exe", error);
    if (*program == NULL) {
        return false;
    }
    g_autofree char *bin = g_path_get_dirname(*program);
    g_autofree char *root = g_path_get_dirname(bin);
    *script = g_build_filename(root, DEBUGGER_SCRIPT, NULL);
    if (!g_file_test(*script, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "--gdb needs %s, which is not there",
                    *script);
        return false;
    }
    return true;
}

/*
 * LeakSanitizer stops the program at its exit, as with a crash, when a debugger is attached. A
 * build without sanitizers does not look at the variable.
 */
static void debugger_set_sanitizer_options(void)
{
    const char *given = g_getenv("ASAN_OPTIONS");
    g_autofree char *options =
        g_strconcat(given != NULL ? given : "", given != NULL ? ":" : "", "detect_leaks=0", NULL);
    g_setenv("ASAN_OPTIONS", options, TRUE);
}

void debugger_exec(int argc, char **argv, GError **error)
{
    g_autofree char *gdb = g_find_program_in_path("gdb");
    g_autofree char *program = NULL, *script = NULL;
    if (gdb == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "--gdb needs gdb, which is not in PATH (Debian: apt-get install gdb)");
        return;
    }
    if (!debugger_find_files(&program, &script, error)) {
        return;
    }
    debugger_set_sanitizer_options();
    g_autofree char *source = g_strconcat("source ", script, NULL);
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const char *const first[] = {gdb,   "-q",  "-ex",    source,  "-ex", "ringside setup",
                                 "-ex", "run", "--args", program, "run", "--no-fork"};
    for (size_t i = 0; i < G_N_ELEMENTS(first); i++) {
        g_ptr_array_add(words, (gpointer)first[i]);
    }
    bool options_over = false;
    for (int i = 2; i < argc; i++) {
        options_over = options_over || g_str_equal(argv[i], "--");
        if (options_over || !g_str_equal(argv[i], "--gdb")) {
            g_ptr_array_add(words, argv[i]);
        }
    }
    g_ptr_array_add(words, NULL);
    execv(gdb, (char *const *)words->pdata);
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "cannot start %s: %s",
                gdb, g_strerror(errno));
}
