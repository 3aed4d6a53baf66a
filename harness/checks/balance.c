/*
 * balance.c - what was begun has to end: interrupts, timeouts
 *
 * An interrupt that was acknowledged is active until it is ended. A timeout that was registered
 * fires or is cancelled, when its deadline is over soon. Both have the slack of the run: longer
 * than that is no scheduling any more.
 *
 * Timers that the scenario has broken fire late, and the guest is not to blame: while a fault of a
 * timer or of its INTID is armed nothing is overdue, and afterwards the time counts from the end of
 * the fault. The same holds for interrupts that keep the CPU busy for nothing, or that arrive where
 * a timer's do: a line that is stuck, that storms, or that is led elsewhere. A timeout is known by
 * its number; of more than BALANCE_TIMEOUTS_MAX the rest is not looked at.
 */
#include "harness/checks/checks_priv.h"

#include <stdlib.h>
#include <string.h>

#define BALANCE_TIMEOUTS_MAX 4096
#define BALANCE_PRIVATE_INTS                                                                       \
    32 /* [GICv2] 2.2.1: below are those of a CPU, the timers' among them */

struct balance_timeout {
    uint64_t number, deadline_ns;
};

/* A place where a fault stands that makes timers late. */
struct balance_fault {
    const char *object, *target; /* interned */
};

struct balance_active {
    unsigned intid, cpu;
    uint64_t since_ns;
};

struct balance_check {
    GArray *timeouts;    /* struct balance_timeout, those that are registered, */
    GHashTable *places;  /* and by their numbers where in it they stand, from 1 on */
    uint64_t next_ns;    /* no deadline is before this; UINT64_MAX: none at all */
    uint64_t excused_ns; /* until then timers were broken */
    GArray *faults;      /* struct balance_fault, those that are armed */
    GArray *active;      /* struct balance_active, in the order of their acknowledgement */
};

struct balance_check *balance_check_new(void)
{
    struct balance_check *balance = g_new0(struct balance_check, 1);
    balance->timeouts = g_array_new(FALSE, FALSE, sizeof(struct balance_timeout));
    balance->places = g_hash_table_new(NULL, NULL);
    balance->active = g_array_new(FALSE, FALSE, sizeof(struct balance_active));
    balance->faults = g_array_new(FALSE, FALSE, sizeof(struct balance_fault));
    balance->next_ns = UINT64_MAX;
    return balance;
}

void balance_check_free(struct balance_check *balance)
{
    g_array_unref(balance->timeouts);
    g_hash_table_unref(balance->places);
    g_array_unref(balance->active);
    g_array_unref(balance->faults);
    g_free(balance);
}

uint64_t balance_timeouts_live(const struct balance_check *balance)
{
    return balance->timeouts->len;
}

/* ---- timeouts -------------------------------------------------------------------------------- */

static void balance_note_place(struct balance_check *balance, guint index)
{
    uint64_t number = g_array_index(balance->timeouts, struct balance_timeout, index).number;
    g_hash_table_insert(balance->places, GSIZE_TO_POINTER(number), GUINT_TO_POINTER(index + 1));
}

/* NULL: it is not registered. */
static struct balance_timeout *balance_find_timeout(const struct balance_check *balance,
                                                    uint64_t number)
{
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(balance->places, GSIZE_TO_POINTER(number)));
    return place != 0 ? &g_array_index(balance->timeouts, struct balance_timeout, place - 1) : NULL;
}

/* The last one takes its place. */
static void balance_remove_timeout(struct balance_check *balance, uint64_t number)
{
    gpointer value;
    if (!g_hash_table_steal_extended(balance->places, GSIZE_TO_POINTER(number), NULL, &value)) {
        return;
    }
    guint place = GPOINTER_TO_UINT(value);
    g_array_remove_index_fast(balance->timeouts, place - 1);
    if (place <= balance->timeouts->len) {
        balance_note_place(balance, place - 1);
    }
}

static void balance_register(void *opaque, const struct trace_event *event)
{
    const struct checks *checks = opaque;
    struct balance_check *balance = checks->balance;
    uint64_t number = event->fields[0].number, deadline_ns = event->fields[1].number;
    struct balance_timeout *entry = balance_find_timeout(balance, number);
    if (entry != NULL) {
        entry->deadline_ns = deadline_ns; /* it was moved */
    } else if (balance->timeouts->len < BALANCE_TIMEOUTS_MAX) {
        struct balance_timeout fresh = {.number = number, .deadline_ns = deadline_ns};
        g_array_append_val(balance->timeouts, fresh);
        balance_note_place(balance, balance->timeouts->len - 1);
    }
    balance->next_ns = MIN(balance->next_ns, deadline_ns);
}

static void balance_accuse_timeout(struct checks *checks, const struct balance_timeout *timeout,
                                   unsigned overdue, uint64_t now_ns)
{
    GString *detail = g_string_new(NULL);
    g_string_append_printf(detail, "timeout 0x%" G_GINT64_MODIFIER "x was to fire at ",
                           timeout->number);
    checks_append_time(detail, timeout->deadline_ns);
    g_string_append_printf(
        detail, "; %u are registered, %u of them overdue, the oldest for %" G_GUINT64_FORMAT " us",
        checks->balance->timeouts->len, overdue, (now_ns - timeout->deadline_ns) / 1000);
    checks_report(checks, (struct finding){
                              .id = CHECK_TIMEOUT_OVERDUE,
                              .who = "timeouts",
                              .clause = "probe.h",
                              .rule = "a timeout fires soon after its deadline, or is cancelled "
                                      "before",
                              .detail = g_string_free(detail, FALSE),
                          });
}

/* Looks at all of them. Those that were accused are not looked at again. */
static void balance_find_overdue(struct checks *checks, uint64_t now_ns)
{
    struct balance_check *balance = checks->balance;
    uint64_t slack_ns = checks->config.slack_ns;
    struct balance_timeout oldest = {.deadline_ns = UINT64_MAX};
    unsigned overdue = 0;
    balance->next_ns = UINT64_MAX;
    for (guint i = 0; i < balance->timeouts->len; i++) {
        struct balance_timeout *timeout =
            &g_array_index(balance->timeouts, struct balance_timeout, i);
        uint64_t due_ns = MAX(timeout->deadline_ns, balance->excused_ns);
        if (now_ns > slack_ns && due_ns < now_ns - slack_ns) {
            oldest = timeout->deadline_ns < oldest.deadline_ns ? *timeout : oldest;
            timeout->deadline_ns = UINT64_MAX;
            overdue++;
        } else {
            balance->next_ns = MIN(balance->next_ns, due_ns);
        }
    }
    if (overdue > 0) {
        balance_accuse_timeout(checks, &oldest, overdue, now_ns);
    }
}

static void balance_look_at_timeouts(struct checks *checks, uint64_t now_ns)
{
    const struct balance_check *balance = checks->balance;
    bool is_time =
        now_ns > checks->config.slack_ns && balance->next_ns < now_ns - checks->config.slack_ns;
    if (is_time && balance->faults->len == 0) {
        balance_find_overdue(checks, now_ns);
    }
}

static void balance_unregister(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    balance_look_at_timeouts(checks, event->time_ns); /* this one may be what is late */
    balance_remove_timeout(checks->balance, event->fields[0].number);
}

/* Faults of a line, by the first word of their name, that keep the CPU from its timers. */
static bool balance_keeps_busy(const char *fault)
{
    static const char *const words[] = {"stuck", "storm", "route", "spurious"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(fault, words[i])) {
            return true;
        }
    }
    return false;
}

/* Whether a fault makes timers late: a timer's, a private interrupt's by its number, a line's. */
static bool balance_breaks_timers(const struct trace_event *event)
{
    const char *object = event->fields[0].string, *target = event->fields[1].string;
    return strcmp(object, "timer") == 0 ||
           (strcmp(object, "irq") == 0 &&
            ((g_ascii_isdigit(*target) && strtoul(target, NULL, 10) < BALANCE_PRIVATE_INTS) ||
             balance_keeps_busy(event->fields[2].string)));
}

static void balance_arm(void *opaque, const struct trace_event *event)
{
    struct balance_check *balance = ((const struct checks *)opaque)->balance;
    const struct balance_fault fault = {event->fields[0].string, event->fields[1].string};
    if (balance_breaks_timers(event) && balance->faults->len < BALANCE_TIMEOUTS_MAX) {
        g_array_append_val(balance->faults, fault);
    }
}

/* All faults of the place end. */
static void balance_restore(void *opaque, const struct trace_event *event)
{
    struct balance_check *balance = ((const struct checks *)opaque)->balance;
    const char *object = event->fields[0].string, *target = event->fields[1].string;
    for (guint i = balance->faults->len; i > 0; i--) {
        const struct balance_fault *fault =
            &g_array_index(balance->faults, struct balance_fault, i - 1);
        if (strcmp(fault->object, object) == 0 && strcmp(fault->target, target) == 0) {
            g_array_remove_index_fast(balance->faults, i - 1);
            balance->excused_ns = event->time_ns;
        }
    }
}

/* ---- interrupts ------------------------------------------------------------------------------ */

static void balance_begin(void *opaque, const struct trace_event *event)
{
    struct balance_check *balance = ((const struct checks *)opaque)->balance;
    struct balance_active active = {
        .intid = (unsigned)event->fields[0].number,
        .cpu = (unsigned)event->fields[1].number,
        .since_ns = event->time_ns,
    };
    if (balance->active->len < BALANCE_TIMEOUTS_MAX) {
        g_array_append_val(balance->active, active);
    }
}

static void balance_end(void *opaque, const struct trace_event *event)
{
    struct balance_check *balance = ((const struct checks *)opaque)->balance;
    for (guint i = balance->active->len; i > 0; i--) {
        const struct balance_active *active =
            &g_array_index(balance->active, struct balance_active, i - 1);
        if (active->intid == event->fields[0].number && active->cpu == event->fields[1].number) {
            g_array_remove_index(balance->active, i - 1);
            return;
        }
    }
}

static void balance_look_at_interrupts(struct checks *checks, uint64_t now_ns, uint64_t slack_ns)
{
    GArray *list = checks->balance->active;
    for (guint i = 0; i < list->len; i++) {
        struct balance_active *active = &g_array_index(list, struct balance_active, i);
        if (active->since_ns == UINT64_MAX ||
            (slack_ns > 0 && now_ns - active->since_ns <= slack_ns)) {
            continue;
        }
        g_autofree char *who = g_strdup_printf("INTID %u", active->intid);
        GString *detail = g_string_new("it has been active since ");
        checks_append_time(detail, active->since_ns);
        checks_report(checks,
                      (struct finding){
                          .id = CHECK_IRQ_UNENDED,
                          .who = trace_intern(checks->trace, who),
                          .clause = "[GICv2] 4.4.5",
                          .rule = "for every read of a valid interrupt ID from IAR there is a "
                                  "matching write to EOIR",
                          .detail = g_string_free(detail, FALSE),
                      });
        active->since_ns = UINT64_MAX; /* told once */
    }
}

/* ---- both ------------------------------------------------------------------------------------ */

void balance_look(struct checks *checks, bool is_still)
{
    uint64_t now_ns = checks_now_ns(checks);
    balance_look_at_timeouts(checks, now_ns);
    balance_look_at_interrupts(checks, now_ns, is_still ? 0 : checks->config.slack_ns);
}

static void balance_waits(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    balance_look_at_timeouts(checks, event->time_ns);
    balance_look_at_interrupts(checks, event->time_ns, checks->config.slack_ns);
}

void balance_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_TIMEOUT_REGISTERED, balance_register},
        {TRACE_TIMEOUT_FIRED, balance_unregister},
        {TRACE_TIMEOUT_CANCELLED, balance_unregister},
        {TRACE_IRQ_TAKEN, balance_begin},
        {TRACE_IRQ_EOI, balance_end},
        {TRACE_FAULT_INJECTED, balance_arm},
        {TRACE_FAULT_RESTORED, balance_restore},
        {TRACE_CPU_WFI, balance_waits},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
