/*
 * rules_slow.c - a wait that has ended, and only because somebody happened to look
 *
 * Whatever was waited for lay in a used ring, and its interrupt did not come or woke nobody. Then a
 * timer's tick, another interrupt or another task made the driver look. Nothing hangs: everything
 * is slow, by as much as the tick is long, and a guest without a tick would have hung.
 *
 * Of frames only those count which answer the program, of completions those for which its task
 * slept. Where the interrupt was there in time and woke the finder, the driver was slow by itself;
 * where the program had given up before, it is reply.late.
 */
#include "harness/diagnosis/rules.h"

#include <string.h>

static bool slow_is_within(const struct ledger_program *program, const struct ledger_mark *mark)
{
    return mark->sequence > program->started_at.sequence &&
           (!program->exited || mark->sequence < program->exited_at.sequence);
}

/* Whether what was found then is an answer to a request of the program's time. */
static bool slow_is_answer(const struct rules_case *c, const struct ledger_program *program,
                           const struct ledger_find *find)
{
    const struct ledger *ledger = c->ledger;
    unsigned kept = MIN(ledger->request_count, LEDGER_REQUESTS);
    for (unsigned i = 1; i <= kept; i++) {
        const struct ledger_request *request =
            &ledger->requests[(ledger->request_count - i) % LEDGER_REQUESTS];
        const struct ledger_device *device = request->device;
        if (request->answered.sequence != 0 && device != NULL && device->rx.name == find->queue &&
            ledger_taken(device, request->frame).sequence == find->at.sequence &&
            slow_is_within(program, &request->sent)) {
            return true;
        }
    }
    return false;
}

/* The longest of those that the program had to wait for. */
static const struct ledger_find *slow_find(const struct rules_case *c,
                                           const struct ledger_program *program)
{
    const struct ledger *ledger = c->ledger;
    const struct ledger_find *longest = NULL;
    unsigned kept = MIN(ledger->find_count, LEDGER_FINDS);
    for (unsigned i = 1; i <= kept; i++) {
        const struct ledger_find *find = &ledger->finds[(ledger->find_count - i) % LEDGER_FINDS];
        bool is_rx = g_str_has_suffix(find->queue, ".rx");
        bool concerns = is_rx ? slow_is_answer(c, program, find) : find->task == program->task;
        bool is_longer = longest == NULL || find->at.time_ns - find->since.time_ns >
                                                longest->at.time_ns - longest->since.time_ns;
        longest = concerns && slow_is_within(program, &find->at) && is_longer ? find : longest;
    }
    return longest;
}

static const char *slow_timer_name(unsigned intid)
{
    return intid == BOARD_TIMER_VIRT_INTID   ? ", the timer CNTV"
           : intid == BOARD_TIMER_PHYS_INTID ? ", the timer CNTP"
                                             : "";
}

/* What made somebody look. Gives the text. */
static char *slow_finder(const struct rules_case *c, const struct ledger_find *find)
{
    const struct ledger_task *task = ledger_task(c->ledger, find->task);
    const char *name = task != NULL ? task->name : "somebody";
    char at[32];
    return find->by == 0
               ? g_strdup_printf("task %s looked by itself", name)
               : g_strdup_printf("task %s looked after INTID %u%s at %s%s", name, find->by,
                                 slow_timer_name(find->by), rules_time(at, find->by_at.time_ns),
                                 find->by == find->own ? ", which told of something else" : "");
}

/* What the interrupt of the device did. Gives the text. */
static char *slow_interrupt(const struct ledger_find *find)
{
    char at[32];
    return find->told.sequence != 0 ? g_strdup_printf("INTID %u, taken at %s, woke nobody for it",
                                                      find->own, rules_time(at, find->told.time_ns))
                                    : g_strdup_printf("INTID %u did not say so", find->own);
}

static bool slow_has_waited(struct rules_case *c, const struct ledger_program *program)
{
    const struct ledger_find *find = slow_find(c, program);
    if (find == NULL) {
        return false;
    }
    char since[32], found[32], time[32];
    g_autofree char *finder = slow_finder(c, find), *interrupt = slow_interrupt(find);
    const struct ledger_task *task = ledger_task(c->ledger, program->task);
    c->diagnosis->task = task != NULL ? task : c->diagnosis->task;
    c->diagnosis->queue = find->queue;
    rules_evidence(c, "%s: used at %s, found at %s: %s later", find->queue,
                   rules_time(since, find->since.time_ns), rules_time(found, find->at.time_ns),
                   rules_time(time, find->at.time_ns - find->since.time_ns));
    rules_evidence_irq(c, find->own);
    return rules_found(c, "wait.polled",
                       "what %s waited for was in %s at %s, and %s: it was found at %s, when %s",
                       program->name, find->queue, rules_time(since, find->since.time_ns),
                       interrupt, rules_time(found, find->at.time_ns), finder);
}

/* Nothing need be wrong with the program: where none has failed, each of them may have waited. */
bool rule_wait_polled(struct rules_case *c)
{
    if (c->question->program != NULL) {
        return slow_has_waited(c, c->question->program);
    }
    for (guint i = 0; i < c->ledger->programs->len; i++) {
        const struct ledger_program *program = g_ptr_array_index(c->ledger->programs, i);
        if (slow_has_waited(c, program)) {
            return true;
        }
    }
    return false;
}
