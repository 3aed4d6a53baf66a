/*
 * final_share.c - `finally share NAME matches "FOLDER"` and `fids`
 *
 * A golden folder that is missing is told before the run, as a golden capture is, and so is a share
 * whose folder cannot be read. With --update a golden folder that differs is made like the share.
 */
#include "harness/run/final_share.h"

#include "harness/run/folder.h"
#include "harness/run/session_priv.h"
#include "harness/run/shares.h"

static bool final_share_find_goldens(const struct scenario *scenario, struct scenario_place *place,
                                     GError **error)
{
    for (guint i = 0; i < scenario->finals->len; i++) {
        const struct scenario_statement *statement = g_ptr_array_index(scenario->finals, i);
        if (statement->verb != SCENARIO_FINALLY_SHARE) {
            continue;
        }
        g_autofree char *path = scenario_golden_path(scenario, statement);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
            *place = statement->place;
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                        "there is no golden folder %s; run it once with --update to write it",
                        path);
            return false;
        }
    }
    return true;
}

bool final_share_check(const struct scenario *scenario, struct scenario_place *place,
                       GError **error)
{
    struct shares *shares = shares_new(scenario, place, error);
    bool good = shares != NULL && final_share_find_goldens(scenario, place, error);
    shares_free(shares);
    return good;
}

bool final_share_prepare(struct session *session, struct scenario_place *place, GError **error)
{
    session->shares = shares_new(session->scenario, place, error);
    return session->shares != NULL &&
           (session_updates(session) || final_share_find_goldens(session->scenario, place, error));
}

bool final_share_judge(struct session *session, const struct scenario_statement *statement)
{
    if (session_updates(session)) {
        return true;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = scenario_golden_path(session->scenario, statement);
    GString *got = g_string_new(NULL);
    int count =
        folder_compare(shares_tree_by_name(session->shares, statement->object), path, got, &error);
    if (count == 0) {
        g_string_free(got, TRUE);
        return true;
    }
    if (count < 0) {
        g_string_assign(got, error->message);
    }
    session_finish(session, count < 0 ? RUN_ERROR : RUN_FAILED, statement,
                   g_strdup_printf("the share '%s' is not like %s (--update would write it anew)",
                                   statement->object, path),
                   g_strdup(statement->text), g_string_free(got, FALSE));
    return false;
}

bool final_share_update(struct session *session)
{
    for (guint i = 0; session_updates(session) && i < session->scenario->finals->len; i++) {
        const struct scenario_statement *statement =
            g_ptr_array_index(session->scenario->finals, i);
        if (statement->verb != SCENARIO_FINALLY_SHARE) {
            continue;
        }
        g_autofree char *path = scenario_golden_path(session->scenario, statement);
        g_autoptr(GString) difference = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        struct p9_tree *tree = shares_tree_by_name(session->shares, statement->object);
        bool is_there = g_file_test(path, G_FILE_TEST_IS_DIR);
        int count = is_there ? folder_compare(tree, path, difference, &error) : 1;
        if (count == 0) {
            continue;
        }
        if (count < 0 || !folder_write(tree, path, &error)) {
            session_finish(session, RUN_ERROR, statement, g_strdup(error->message), NULL, NULL);
            return false;
        }
        session_note_written(session, path);
    }
    return true;
}
