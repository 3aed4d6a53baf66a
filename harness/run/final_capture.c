/*
 * final_capture.c - `finally capture matches "FILE"`
 *
 * The golden captures are read before the run, so that a missing one is told at once. The run's
 * frames are kept from power-on, those that arrived at either end, as in a capture. At the end they
 * are compared; with --update a golden capture that differs is written instead, and one that does
 * not is left alone, so that only what changed changes on disk.
 */
#include "harness/run/final_capture.h"

#include "harness/run/golden.h"
#include "harness/run/session_priv.h"

#include <assert.h>
#include <string.h>

/* A golden capture of the scenario. */
struct session_golden {
    const struct scenario_statement *statement;
    char *path;
    struct golden *frames; /* NULL: there is no such file yet */
};

static void final_free_golden(void *opaque)
{
    struct session_golden *golden = opaque;
    golden_free(golden->frames);
    g_free(golden->path);
    g_free(golden);
}

static struct golden *final_new_frames(const struct scenario *scenario)
{
    uint8_t macs[BOARD_NETS_MAX * GOLDEN_MAC_SIZE];
    for (guint i = 0; i < scenario->nets->len; i++) {
        const struct scenario_net *net = g_ptr_array_index(scenario->nets, i);
        static_assert(sizeof net->mac == GOLDEN_MAC_SIZE, "an Ethernet address has six bytes");
        memcpy(macs + i * GOLDEN_MAC_SIZE, net->mac, GOLDEN_MAC_SIZE);
    }
    return golden_new(macs, scenario->nets->len);
}

/* Gives the golden frames, or NULL with a GError. */
static struct golden *final_load(const struct scenario *scenario, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "there is no golden capture %s; run it once with --update to write it", path);
        return NULL;
    }
    struct golden *frames = final_new_frames(scenario);
    if (!golden_load(frames, path, error)) {
        g_clear_pointer(&frames, golden_free);
    }
    return frames;
}

bool final_capture_check(const struct scenario *scenario,
                         const struct scenario_statement *statement, GError **error)
{
    g_autofree char *path = scenario_golden_path(scenario, statement);
    struct golden *frames = final_load(scenario, path, error);
    bool good = frames != NULL;
    golden_free(frames);
    return good;
}

bool final_capture_prepare(struct session *session, struct scenario_place *place, GError **error)
{
    session->goldens = g_ptr_array_new_with_free_func(final_free_golden);
    for (guint i = 0; i < session->scenario->finals->len; i++) {
        const struct scenario_statement *statement =
            g_ptr_array_index(session->scenario->finals, i);
        if (statement->verb != SCENARIO_FINALLY_CAPTURE) {
            continue;
        }
        struct session_golden *golden = g_new0(struct session_golden, 1);
        golden->statement = statement;
        golden->path = scenario_golden_path(session->scenario, statement);
        g_ptr_array_add(session->goldens, golden);
        g_autoptr(GError) refused = NULL;
        golden->frames = final_load(session->scenario, golden->path, &refused);
        /* With --update what is missing or damaged is written anew. */
        if (golden->frames == NULL && !session_updates(session)) {
            g_propagate_error(error, g_steal_pointer(&refused));
            *place = statement->place;
            return false;
        }
    }
    if (session->goldens->len > 0) {
        session->recorded = final_new_frames(session->scenario);
    }
    return true;
}

void final_capture_free(struct session *session)
{
    if (session->goldens != NULL) {
        g_ptr_array_unref(session->goldens);
    }
    golden_free(session->recorded);
    if (session->written != NULL) {
        g_string_free(session->written, TRUE);
    }
}

void final_capture_record(struct session *session, enum wire_direction direction,
                          const uint8_t *frame, size_t len)
{
    if (session->recorded != NULL) {
        golden_add(session->recorded, direction == WIRE_OUT, session_now_ns(session), frame, len);
    }
}

static struct session_golden *final_find(const struct session *session,
                                         const struct scenario_statement *statement)
{
    for (guint i = 0; i < session->goldens->len; i++) {
        struct session_golden *golden = g_ptr_array_index(session->goldens, i);
        if (golden->statement == statement) {
            return golden;
        }
    }
    g_assert_not_reached();
}

bool final_capture_judge(struct session *session, const struct scenario_statement *statement)
{
    const struct session_golden *golden = final_find(session, statement);
    if (session_updates(session)) {
        return true;
    }
    struct golden_difference difference;
    if (session->options->live || golden_compare(golden->frames, session->recorded, &difference)) {
        return true;
    }
    session_finish(session, RUN_FAILED, statement,
                   g_strdup_printf("the run's frames are not those of %s: %u different, %u "
                                   "missing, %u more than there (--update would write it anew)",
                                   golden->path, difference.different, difference.missing,
                                   difference.extra),
                   difference.expected, difference.got);
    return false;
}

bool final_capture_update(struct session *session)
{
    for (guint i = 0; session_updates(session) && i < session->goldens->len; i++) {
        const struct session_golden *golden = g_ptr_array_index(session->goldens, i);
        struct golden_difference difference = {0};
        bool is_same = golden->frames != NULL &&
                       golden_compare(golden->frames, session->recorded, &difference);
        golden_difference_clear(&difference);
        if (is_same) {
            continue;
        }
        g_autoptr(GError) error = NULL;
        if (!golden_save(session->recorded, golden->path, &error)) {
            session_finish(session, RUN_ERROR, golden->statement, g_strdup(error->message), NULL,
                           NULL);
            return false;
        }
        session_note_written(session, golden->path);
    }
    return true;
}
