/*
 * rules_irq_end.c - interrupts that the CPU has taken: what IAR answered, and the end
 *
 * [GICv2] 3.2.
 */
#include "harness/diagnosis/rules_irq_source.h"

/* The first INTID that can be somebody's: below are those that CPUs send each other. */
#define RULES_PRIVATE_FIRST 16

/* ---- acknowledged ---------------------------------------------------------------------------- */

/* A vector that understands the answer leaves at the first one. */
#define RULES_SPURIOUS_MANY 16
#define RULES_ANSWERS       1020 /* from here on IAR answers something else, [GICv2] 3.2.5 */

/* ", and ends 511": what it wrote to EOIR since, when that was no INTID that it had been given. */
static const char *rules_ended_instead(const struct rules_case *c, char text[static 32])
{
    const struct ledger *ledger = c->ledger;
    text[0] = '\0';
    if (ledger->breach.sequence != 0 && ledger->breach_intid < RULES_ANSWERS) {
        g_snprintf(text, 32, ", and ends %u", (unsigned)ledger->breach_intid);
    }
    return text;
}

bool rule_irq_spurious_served(struct rules_case *c)
{
    const struct ledger *ledger = c->ledger;
    if (ledger->spurious_count < RULES_SPURIOUS_MANY) {
        return false;
    }
    char at[32], ended[32];
    rules_evidence(c,
                   "irq.spurious: %" G_GUINT64_FORMAT " times since the last cpu.irq, last at %s",
                   ledger->spurious_count, rules_time(at, ledger->spurious.time_ns));
    rules_evidence(c, "DAIF = 0x%x", (unsigned)cpu_view(board_cpu(c->board), c->cpu).daif);
    return rules_found(c, "irq.spurious-served",
                       "IAR answered that there is no interrupt, and the guest did not leave its "
                       "vector: it takes the answer for an INTID%s. Compare all ten bits: 1020 to "
                       "1023 end the vector, without a handler and without a write to EOIR",
                       rules_ended_instead(c, ended));
}

/* ---- ended ----------------------------------------------------------------------------------- */

/* Whose an INTID is: a timer's or a card's; NULL: neither. */
static const char *rules_owner(const struct rules_case *c, unsigned intid)
{
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        if (source.intid == intid) {
            return source.name;
        }
    }
    return NULL;
}

/* The INTID that was taken and not ended, and has been so for long; 0: none. */
static unsigned rules_find_active(const struct rules_case *c)
{
    for (unsigned intid = RULES_PRIVATE_FIRST; intid < G_N_ELEMENTS(c->ledger->irqs); intid++) {
        if (c->ledger->irqs[intid].taken_count > 0 && rules_irq(c, intid).active &&
            rules_is_settled(c, &c->ledger->irqs[intid].taken)) {
            return intid;
        }
    }
    return 0;
}

bool rule_irq_never_eoi(struct rules_case *c)
{
    unsigned active = rules_find_active(c);
    if (active == 0 || (active == c->ledger->hold.intid && !c->question->hangs)) {
        return false; /* or it is ended late, as it was before */
    }
    /* It is the missing link only when it keeps something back. */
    for (unsigned i = 0; i < rules_source_count(c); i++) {
        struct rules_source source = rules_source(c, i);
        struct gic_irq_state state = rules_irq(c, source.intid);
        bool kept_back = rules_source_waits(c, &source) && rules_is_asserted(&state) &&
                         state.enabled &&
                         state.priority >= gic_running_priority(board_gic(c->board),
                                                                rules_cpu_of(c, source.intid));
        if (!kept_back && !(source.intid == active && rules_source_waits(c, &source))) {
            continue;
        }
        c->diagnosis->repair = DIAGNOSIS_REPAIR_END;
        c->diagnosis->intid = active;
        char at[32];
        const char *owner = rules_owner(c, active);
        rules_evidence_source(c, &source);
        if (active != source.intid) {
            rules_evidence_irq(c, active);
        }
        return rules_found(c, "irq.never-eoi",
                           "the guest took INTID %u (%s) at %s and never ended it, which keeps "
                           "%s's INTID %u from the CPU",
                           active, owner != NULL ? owner : "nobody's",
                           rules_time(at, c->ledger->irqs[active].taken.time_ns), source.name,
                           source.intid);
    }
    return false;
}

/* ---- ended late ------------------------------------------------------------------------------ */

/* Longer than any other interrupt may be kept waiting by one whose handler has done its work. */
#define RULES_HELD_NS UINT64_C(1000000)

/* Whether the program lived while it was so. */
static bool rules_held_during(const struct rules_case *c, const struct ledger_hold *hold)
{
    const struct ledger_program *program = c->question->program;
    return program == NULL || !program->exited || program->exited_at.sequence > hold->from.sequence;
}

bool rule_irq_ended_late(struct rules_case *c)
{
    const struct ledger_hold *hold = &c->ledger->hold;
    uint64_t waited_ns = hold->kept != 0 ? hold->to.time_ns - hold->kept_since.time_ns : 0;
    if (waited_ns < RULES_HELD_NS || !rules_held_during(c, hold)) {
        return false;
    }
    const struct ledger_task *task = ledger_task(c->ledger, hold->task);
    char from[32], to[32], since[32];
    rules_evidence(c, "INTID %u: active from %s to %s; before its end the CPU ran task %s",
                   hold->intid, rules_time(from, hold->from.time_ns),
                   rules_time(to, hold->to.time_ns),
                   task != NULL && task->name != NULL ? task->name : "?");
    rules_evidence(c, "INTID %u: pending from %s on, taken only behind that end", hold->kept,
                   rules_time(since, hold->kept_since.time_ns));
    rules_evidence_irq(c, hold->kept);
    c->diagnosis->intid = hold->intid;
    return rules_found(c, "irq.ended-late",
                       "the guest took INTID %u at %s, left its vector and ended it only at %s; "
                       "until then its priority kept INTID %u from the CPU, which had to wait "
                       "for %" G_GUINT64_FORMAT " us",
                       hold->intid, rules_time(from, hold->from.time_ns),
                       rules_time(to, hold->to.time_ns), hold->kept, waited_ns / 1000);
}
