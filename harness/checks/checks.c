/*
 * checks.c - records what the checkers find
 */
#include "harness/checks/checks_priv.h"

#include <string.h>

const char *const checks_counter_names[] = {"dma.bytes", "dma.live", "timeouts.live", NULL};

static void violation_free(void *opaque)
{
    struct violation *violation = opaque;
    g_free(violation->detail);
    g_strfreev(violation->context);
    g_free(violation);
}

struct checks *checks_new(struct board *board, const struct checks_config *config)
{
    struct checks *checks = g_new0(struct checks, 1);
    checks->board = board;
    checks->trace = board_trace(board);
    checks->config = *config;
    checks->violations = g_ptr_array_new_with_free_func(violation_free);
    checks->dma = dma_check_new();
    checks->balance = balance_check_new();
    checks->buffers = buffer_check_new();
    checks->locks = lock_check_new();
    checks->clocks = clock_check_new();
    return checks;
}

void checks_free(struct checks *checks)
{
    if (checks == NULL) {
        return;
    }
    g_ptr_array_unref(checks->violations);
    dma_check_free(checks->dma);
    balance_check_free(checks->balance);
    buffer_check_free(checks->buffers);
    lock_check_free(checks->locks);
    clock_check_free(checks->clocks);
    g_free(checks);
}

void checks_add_queue(struct checks *checks, struct virtqueue *queue)
{
    g_assert(checks->queue_count < CHECKS_QUEUES_MAX);
    checks->queues[checks->queue_count++] = queue;
}

uint64_t checks_now_ns(const struct checks *checks)
{
    return vclock_now_ns(board_clock(checks->board));
}

void checks_append_time(GString *out, uint64_t time_ns)
{
    trace_format_time(out, time_ns);
    g_string_append(out, " s");
}

/* ---- recording ------------------------------------------------------------------------------- */

static char **checks_context(const struct checks *checks)
{
    GPtrArray *lines = g_ptr_array_new();
    uint64_t last = trace_last(checks->trace), count = checks->config.context_events;
    uint64_t first = MAX(trace_first(checks->trace), last >= count ? last - count + 1 : 1);
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        GString *line = g_string_new(NULL);
        trace_format_line(line, trace_get(checks->trace, sequence));
        g_ptr_array_add(lines, g_string_free(line, FALSE));
    }
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}

static struct violation *checks_find(const struct checks *checks, const struct finding *finding)
{
    for (guint i = 0; i < checks->violations->len; i++) {
        struct violation *violation = g_ptr_array_index(checks->violations, i);
        if (violation->id == finding->id && g_str_equal(violation->who, finding->who) &&
            g_str_equal(violation->clause, finding->clause) &&
            g_str_equal(violation->rule, finding->rule)) {
            return violation;
        }
    }
    return NULL;
}

void checks_report(struct checks *checks, struct finding finding)
{
    struct violation *same = checks_find(checks, &finding);
    if (same != NULL) {
        same->count++;
    }
    bool is_full = checks->violations->len == CHECKS_VIOLATIONS_MAX;
    if (same != NULL || is_full || !checks_wants(checks, finding.id)) {
        g_free(finding.detail);
        return;
    }
    struct violation *violation = g_new(struct violation, 1);
    *violation = (struct violation){
        .id = finding.id,
        .who = finding.who,
        .clause = finding.clause,
        .rule = finding.rule,
        .sequence = trace_telling(checks->trace),
        .time_ns = finding.time_ns != 0 ? finding.time_ns : checks_now_ns(checks),
        .count = 1,
        .detail = finding.detail,
        .context = checks_context(checks),
    };
    g_ptr_array_add(checks->violations, violation);
}

void checks_listen(struct checks *checks)
{
    balance_listen(checks);
    specs_listen(checks);
    dma_listen(checks);
    buffers_listen(checks);
    lock_listen(checks);
    clocks_listen(checks);
}

void checks_look(struct checks *checks, bool is_still)
{
    balance_look(checks, is_still);
    dma_look(checks);
    clocks_look(checks);
}

/* ---- asking ---------------------------------------------------------------------------------- */

unsigned checks_count(const struct checks *checks)
{
    return checks->violations->len;
}

const struct violation *checks_get(const struct checks *checks, unsigned index)
{
    return g_ptr_array_index(checks->violations, index);
}

enum check_severity checks_severity(const struct checks *checks, enum check_id id)
{
    return checks->config.severity[id];
}

const struct violation *checks_first_strict(const struct checks *checks)
{
    for (guint i = 0; i < checks->violations->len; i++) {
        const struct violation *violation = g_ptr_array_index(checks->violations, i);
        if (checks->config.severity[violation->id] == CHECK_STRICT) {
            return violation;
        }
    }
    return NULL;
}

bool checks_counter(const struct checks *checks, const char *name, uint64_t *value)
{
    if (strcmp(name, "dma.live") == 0) {
        *value = dma_live_count(checks->dma);
    } else if (strcmp(name, "dma.bytes") == 0) {
        *value = dma_live_bytes(checks->dma);
    } else if (strcmp(name, "timeouts.live") == 0) {
        *value = balance_timeouts_live(checks->balance);
    } else {
        return false;
    }
    return true;
}

static void violation_append_count(GString *out, const struct violation *violation)
{
    if (violation->count > 1) {
        g_string_append_printf(out, " (%" G_GUINT64_FORMAT " times)", violation->count);
    }
}

char *violation_clause(const struct violation *violation)
{
    bool is_number = g_ascii_isdigit(*violation->clause);
    return g_strconcat(!is_number                          ? ""
                       : violation->id == CHECK_IRQ_BREACH ? "[GICv2] "
                                                           : "[VIRTIO1.2] ",
                       violation->clause, NULL);
}

char *violation_summary(const struct violation *violation)
{
    GString *out = g_string_new(catalogue_get(violation->id)->name);
    g_string_append_printf(out, ": %s at ", violation->who);
    checks_append_time(out, violation->time_ns);
    violation_append_count(out, violation);
    g_autofree char *clause = violation_clause(violation);
    g_string_append_printf(out, ": %s: %s", clause, violation->rule);
    return g_string_free(out, FALSE);
}

char *violation_describe(const struct violation *violation)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s, at ", violation->who);
    checks_append_time(out, violation->time_ns);
    violation_append_count(out, violation);
    if (violation->detail != NULL) {
        g_string_append_printf(out, "\n%s", violation->detail);
    }
    return g_string_free(out, FALSE);
}
