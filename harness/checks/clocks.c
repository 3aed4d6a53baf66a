/*
 * clocks.c - timeouts that programs set by the files of clocks
 *
 *     time.set     the file has one more timeout; numbers of timeouts are used again, those of
 *                  files are not
 *     watched      by which queues; when it was watched and is not any more, the file is left
 *     fired, cancelled
 *
 * A file without timeouts is forgotten. Those that are left and have some are kept in the order in
 * which they were left, so that only the oldest can have become a violation.
 */
#include "harness/checks/checks_priv.h"

#include <string.h>

#define CLOCKS_FILES_MAX 4096
#define CLOCKS_LEFT_MAX  16

struct clock_file {
    uint64_t number;
    uint32_t task;
    unsigned timeouts;
    GArray *queues; /* uint64_t, those that watch it */
    uint64_t left_ns;
    GList *left; /* where it is in that queue; NULL: it is not left */
    bool is_old; /* and was so for longer than the slack */
};

struct clock_check {
    GHashTable *files;    /* number → struct clock_file */
    GHashTable *timeouts; /* number → the struct clock_file that it was set by, borrowed */
    GQueue left;          /* struct clock_file, borrowed, the first that was left first */
    GList *young;         /* in it: the first that is not old; NULL: none */
    GHashTable *old;      /* task → how many of its files are old */
};

static void clocks_free_file(gpointer opaque)
{
    struct clock_file *file = opaque;
    g_array_unref(file->queues);
    g_free(file);
}

struct clock_check *clock_check_new(void)
{
    struct clock_check *clocks = g_new0(struct clock_check, 1);
    clocks->files = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, clocks_free_file);
    clocks->timeouts = g_hash_table_new(NULL, NULL);
    clocks->old = g_hash_table_new(NULL, NULL);
    g_queue_init(&clocks->left);
    return clocks;
}

void clock_check_free(struct clock_check *clocks)
{
    g_queue_clear(&clocks->left);
    g_hash_table_unref(clocks->old);
    g_hash_table_unref(clocks->timeouts);
    g_hash_table_unref(clocks->files);
    g_free(clocks);
}

/* ---- files that are left --------------------------------------------------------------------- */

static guint clocks_count_old(struct clock_check *clocks, uint32_t task, int change)
{
    gpointer key = GUINT_TO_POINTER(task);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(clocks->old, key)) + (guint)change;
    g_hash_table_insert(clocks->old, key, GUINT_TO_POINTER(count));
    return count;
}

static void clocks_leave(struct clock_check *clocks, struct clock_file *file, uint64_t now_ns)
{
    file->left_ns = now_ns;
    g_queue_push_tail(&clocks->left, file);
    file->left = clocks->left.tail;
    clocks->young = clocks->young != NULL ? clocks->young : file->left;
}

static void clocks_return(struct clock_check *clocks, struct clock_file *file)
{
    if (file->left == NULL) {
        return;
    }
    if (file->is_old) {
        (void)clocks_count_old(clocks, file->task, -1);
    }
    clocks->young = clocks->young == file->left ? file->left->next : clocks->young;
    g_queue_delete_link(&clocks->left, file->left);
    file->left = NULL;
    file->is_old = false;
}

static void clocks_accuse(struct checks *checks, const struct clock_file *file, guint count)
{
    g_autofree char *who = g_strdup_printf("task %u", file->task);
    GString *detail = g_string_new(NULL);
    g_string_append_printf(
        detail,
        "%u clocks that nobody watches any more have timeouts; the last, %" G_GUINT64_FORMAT
        ", since ",
        count, file->number);
    checks_append_time(detail, file->left_ns);
    checks_report(checks, (struct finding){
                              .id = CHECK_TIMEOUT_LEAKED,
                              .who = trace_intern(checks->trace, who),
                              .clause = "probe.h",
                              .rule = "timeouts that were set by the file of a clock go with it",
                              .detail = g_string_free(detail, FALSE),
                          });
}

static void clocks_look_at(struct checks *checks, uint64_t now_ns)
{
    struct clock_check *clocks = checks->clocks;
    for (; clocks->young != NULL; clocks->young = clocks->young->next) {
        struct clock_file *file = clocks->young->data;
        if (now_ns - file->left_ns <= checks->config.slack_ns) {
            return;
        }
        file->is_old = true;
        guint count = clocks_count_old(clocks, file->task, 1);
        if (count >= CLOCKS_LEFT_MAX) {
            clocks_accuse(checks, file, count);
        }
    }
}

void clocks_look(struct checks *checks)
{
    clocks_look_at(checks, checks_now_ns(checks));
}

static void clocks_waits(void *opaque, const struct trace_event *event)
{
    clocks_look_at(opaque, event->time_ns);
}

/* ---- timeouts -------------------------------------------------------------------------------- */

static void clocks_end_timeout(struct clock_check *clocks, uint64_t timeout)
{
    struct clock_file *file = g_hash_table_lookup(clocks->timeouts, GSIZE_TO_POINTER(timeout));
    if (file == NULL) {
        return;
    }
    g_hash_table_remove(clocks->timeouts, GSIZE_TO_POINTER(timeout));
    if (--file->timeouts == 0 && file->queues->len == 0) {
        clocks_return(clocks, file);
        g_hash_table_remove(clocks->files, &file->number);
    }
}

static void clocks_ends(void *opaque, const struct trace_event *event)
{
    clocks_end_timeout(((struct checks *)opaque)->clocks, event->fields[0].number);
}

/* NULL: there are too many. */
static struct clock_file *clocks_need_file(struct clock_check *clocks, uint64_t number)
{
    struct clock_file *file = g_hash_table_lookup(clocks->files, &number);
    if (file == NULL && g_hash_table_size(clocks->files) < CLOCKS_FILES_MAX) {
        file = g_new0(struct clock_file, 1);
        file->number = number;
        file->queues = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        g_hash_table_insert(clocks->files, &file->number, file);
    }
    return file;
}

static void clocks_set(void *opaque, const struct trace_event *event)
{
    struct clock_check *clocks = ((struct checks *)opaque)->clocks;
    uint64_t timeout = event->fields[2].number;
    clocks_end_timeout(clocks, timeout);
    struct clock_file *file = clocks_need_file(clocks, event->fields[1].number);
    if (file == NULL) {
        return;
    }
    file->task = (uint32_t)event->fields[0].number;
    file->timeouts++;
    g_hash_table_insert(clocks->timeouts, GSIZE_TO_POINTER(timeout), file);
}

static void clocks_begin_watch(struct clock_check *clocks, uint64_t number, uint64_t queue)
{
    struct clock_file *file = clocks_need_file(clocks, number);
    for (guint i = 0; file != NULL && i < file->queues->len; i++) {
        if (g_array_index(file->queues, uint64_t, i) == queue) {
            return;
        }
    }
    if (file != NULL) {
        g_array_append_val(file->queues, queue);
        clocks_return(clocks, file);
    }
}

static void clocks_end_watch(struct clock_check *clocks, uint64_t number, uint64_t queue,
                             uint64_t now_ns)
{
    struct clock_file *file = g_hash_table_lookup(clocks->files, &number);
    for (guint i = 0; file != NULL && i < file->queues->len; i++) {
        if (g_array_index(file->queues, uint64_t, i) != queue) {
            continue;
        }
        g_array_remove_index_fast(file->queues, i);
        if (file->queues->len == 0 && file->timeouts > 0) {
            clocks_leave(clocks, file, now_ns);
        } else if (file->queues->len == 0) {
            g_hash_table_remove(clocks->files, &number);
        }
        return;
    }
}

static void clocks_watched(void *opaque, const struct trace_event *event)
{
    struct clock_check *clocks = ((struct checks *)opaque)->clocks;
    uint64_t queue = event->fields[0].number, number = event->fields[2].number;
    if (strcmp(event->fields[1].string, "time") != 0) {
        return;
    }
    if (event->fields[4].number != 0) {
        clocks_begin_watch(clocks, number, queue);
    } else {
        clocks_end_watch(clocks, number, queue, event->time_ns);
    }
}

void clocks_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_TIME_SET, clocks_set},       {TRACE_EVENT_WATCHED, clocks_watched},
        {TRACE_TIMEOUT_FIRED, clocks_ends}, {TRACE_TIMEOUT_CANCELLED, clocks_ends},
        {TRACE_CPU_WFI, clocks_waits},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
