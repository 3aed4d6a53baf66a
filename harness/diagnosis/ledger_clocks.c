/*
 * ledger_clocks.c - what the probes say of timeouts, and of clocks by which programs set them
 */
#include "harness/diagnosis/ledger_priv.h"
#include "harness/diagnosis/ledger_schemes_priv.h"

/* One in so many timeouts of a crowd says nothing of it. */
#define LEDGER_CLOCK_FEW 4

bool ledger_overdue(const struct ledger *ledger, uint64_t now_ns, uint64_t *timeout,
                    uint64_t *deadline_ns)
{
    GHashTableIter each;
    gpointer value;
    *deadline_ns = now_ns;
    g_hash_table_iter_init(&each, ledger->schemes->timeouts);
    while (g_hash_table_iter_next(&each, NULL, &value)) {
        const struct ledger_timeout *one = value;
        if (one->deadline_ns < *deadline_ns ||
            (one->deadline_ns == *deadline_ns && one->number < *timeout)) {
            *timeout = one->number;
            *deadline_ns = one->deadline_ns;
        }
    }
    return *deadline_ns < now_ns;
}

/* ---- clocks and timeouts --------------------------------------------------------------------- */

/* The one of this number, made when there is none; NULL: there are too many. */
static struct ledger_timeout *ledger_need_timeout(struct ledger_schemes *schemes, uint64_t number)
{
    struct ledger_timeout *timeout = g_hash_table_lookup(schemes->timeouts, &number);
    if (timeout == NULL && ledger_has_room(schemes->timeouts)) {
        timeout = schemes->spare->len > 0
                      ? g_ptr_array_steal_index_fast(schemes->spare, schemes->spare->len - 1)
                      : g_new(struct ledger_timeout, 1);
        *timeout = (struct ledger_timeout){.number = number, .deadline_ns = LEDGER_NO_TIME};
        g_hash_table_insert(schemes->timeouts, &timeout->number, timeout);
    }
    return timeout;
}

/* It has fired, was cancelled, or is set anew. */
static void ledger_clock_disarm(struct ledger_timeout *timeout)
{
    struct ledger_clock *clock = timeout->clock;
    if (clock != NULL) {
        clock->armed--;
        clock->old -= timeout->round < clock->round ? 1 : 0;
        timeout->clock = NULL;
    }
}

static void ledger_clock_arm(struct ledger_clock *clock, struct ledger_timeout *timeout)
{
    ledger_clock_disarm(timeout);
    timeout->clock = clock;
    timeout->round = clock->round;
    clock->armed++;
    if (clock->fired > 0 && !clock->set_since) {
        clock->row++;
    }
    clock->set_since = true;
}

static void ledger_observe_time_set(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t number = event->fields[1].number;
    struct ledger_clock *clock = g_hash_table_lookup(schemes->clocks, &number);
    struct ledger_source *source = ledger_need_source(schemes, schemes->kind_time, number, 0);
    if (clock == NULL && ledger_has_room(schemes->clocks)) {
        clock = g_new0(struct ledger_clock, 1);
        clock->number = number;
        g_hash_table_insert(schemes->clocks, &clock->number, clock);
    }
    struct ledger_timeout *timeout =
        clock != NULL ? ledger_need_timeout(schemes, event->fields[2].number) : NULL;
    if (timeout == NULL) {
        return;
    }
    clock->task = (uint32_t)event->fields[0].number;
    if (source != NULL) {
        source->owner = clock->task;
    }
    ledger_clock_arm(clock, timeout);
}

/*
 * The next round, when a quarter is left of those with which this one began: some have more time.
 * Timeouts that nobody sets again do not come in a second round, and those that do not fire keep
 * theirs from ending. When many fire together they are set again together, so that the most that
 * were armed in a round count; fewer by a quarter are as many.
 */
static void ledger_clock_turn(struct ledger_clock *clock)
{
    clock->peak = MAX(clock->peak, clock->armed);
    if (clock->old > clock->began / LEDGER_CLOCK_FEW) {
        return;
    }
    bool is_crowd = clock->peak >= LEDGER_CLOCK_CROWD;
    bool has_shrunk = clock->peak < clock->level - clock->level / LEDGER_CLOCK_FEW;
    clock->crowd = is_crowd && !has_shrunk ? clock->crowd + 1 : is_crowd;
    clock->level = is_crowd && !has_shrunk ? MAX(clock->level, clock->peak) : clock->peak;
    clock->old = clock->began = clock->peak = clock->armed;
    clock->round++;
}

static void ledger_clock_fires(struct ledger_schemes *schemes, struct ledger_timeout *timeout,
                               const struct trace_event *event)
{
    struct ledger_clock *clock = timeout->clock;
    ledger_clock_turn(clock);
    ledger_clock_disarm(timeout);
    if (clock->fired > 0 && !clock->set_since) {
        clock->row = 0;
    }
    clock->fires_ns[clock->fired++ % LEDGER_CLOCK_FIRES] = event->time_ns;
    clock->set_since = false;
    clock->last_fired = ledger_mark(event);
    ledger_source_ready(ledger_find_source(schemes, schemes->kind_time, clock->number, 0), 1,
                        event);
}

static void ledger_observe_registered(void *opaque, const struct trace_event *event)
{
    struct ledger_timeout *timeout =
        ledger_need_timeout(((struct ledger *)opaque)->schemes, event->fields[0].number);
    if (timeout != NULL) {
        timeout->deadline_ns = event->fields[1].number;
    }
}

static void ledger_observe_timeout(void *opaque, const struct trace_event *event)
{
    struct ledger_schemes *schemes = ((struct ledger *)opaque)->schemes;
    uint64_t number = event->fields[0].number;
    gpointer value;
    if (!g_hash_table_steal_extended(schemes->timeouts, &number, NULL, &value)) {
        return;
    }
    struct ledger_timeout *timeout = value;
    if (timeout->clock != NULL && event->kind == TRACE_TIMEOUT_FIRED) {
        ledger_clock_fires(schemes, timeout, event);
    } else {
        ledger_clock_disarm(timeout);
    }
    g_ptr_array_add(schemes->spare, timeout);
}

/* ---- the time of stacks ---------------------------------------------------------------------- */

static void ledger_observe_polled(void *opaque, const struct trace_event *event)
{
    struct ledger *ledger = opaque;
    GHashTable *stacks = ledger->schemes->stacks;
    uint64_t task = ledger->running[ledger_cpu(event)], now_ns = event->fields[0].number;
    struct ledger_stack *stack = g_hash_table_lookup(stacks, &task);
    bool is_first = stack == NULL;
    if (is_first && !ledger_has_room(stacks)) {
        return;
    }
    if (is_first) {
        stack = g_new0(struct ledger_stack, 1);
        stack->task = task;
        g_hash_table_insert(stacks, &stack->task, stack);
    }
    bool is_back = !is_first && now_ns < stack->last_ns;
    stack->backwards += is_back;
    stack->last = ledger_mark(event);
    stack->last_ns = now_ns;
    bool is_ahead = !is_first && now_ns > stack->from_ns &&
                    now_ns - stack->from_ns >= event->time_ns - stack->from.time_ns;
    if (is_first || is_back || is_ahead) {
        stack->from = stack->last;
        stack->from_ns = now_ns;
    }
}

uint64_t ledger_stack_lost_ns(const struct ledger_stack *stack)
{
    uint64_t passed_ns = stack->last.time_ns - stack->from.time_ns;
    return passed_ns - (stack->last_ns - stack->from_ns);
}

/* ---- what is told ---------------------------------------------------------------------------- */

/* One that is not set either is most likely closed. */
void ledger_clock_unwatched(struct ledger_schemes *schemes, uint64_t number)
{
    const struct ledger_clock *clock = g_hash_table_lookup(schemes->clocks, &number);
    if (clock != NULL && clock->armed == 0) {
        g_hash_table_remove(schemes->clocks, &number);
    }
}

static const struct trace_listener clocks_listeners[] = {
    {TRACE_TIME_SET, ledger_observe_time_set},
    {TRACE_TIMEOUT_REGISTERED, ledger_observe_registered},
    {TRACE_TIMEOUT_FIRED, ledger_observe_timeout},
    {TRACE_TIMEOUT_CANCELLED, ledger_observe_timeout},
    {TRACE_STACK_POLLED, ledger_observe_polled},
};

void ledger_listen_to_clocks(struct ledger *ledger)
{
    trace_listen(ledger->trace, clocks_listeners, G_N_ELEMENTS(clocks_listeners), ledger);
}
