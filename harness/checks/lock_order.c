/*
 * lock_order.c - classes of locks, and what was learned of each
 */
#include "harness/checks/lock_order.h"

void lock_classes_fini(struct lock_classes *classes)
{
    for (unsigned i = 0; i < classes->count; i++) {
        g_free(classes->all[i].edges);
    }
}

unsigned lock_class_of(struct lock_classes *classes, const char *name)
{
    for (unsigned i = 0; i < classes->count; i++) {
        if (classes->all[i].name == name) {
            return i;
        }
    }
    if (classes->count < LOCK_CLASSES_MAX) {
        classes->all[classes->count].name = name;
        return classes->count++;
    }
    return LOCK_CLASSES_MAX;
}

/* ---- messages -------------------------------------------------------------------------------- */

void lock_append_witness(const struct checks *checks, GString *out,
                         const struct lock_witness *witness)
{
    g_string_append_printf(out, "by task %u", witness->task);
    if (board_cpus(checks->board) > 1) {
        g_string_append_printf(out, " on CPU %u", witness->cpu);
    }
    g_string_append(out, witness->in_irq ? ", in an interrupt, at " : " at ");
    checks_append_time(out, witness->time_ns);
}

static void lock_append_taken(const struct checks *checks, GString *out,
                              const struct lock_class *first, const struct lock_class *then,
                              const struct lock_witness *witness)
{
    g_string_append_printf(out, "'%s' was taken with '%s' held, ", then->name, first->name);
    lock_append_witness(checks, out, witness);
}

void lock_report(struct checks *checks, enum check_id id, uint64_t time_ns, const char *who,
                 const char *rule, GString *detail)
{
    checks_report(checks, (struct finding){
                              .id = id,
                              .time_ns = time_ns,
                              .who = who,
                              .clause = "probe.h",
                              .rule = rule,
                              .detail = g_string_free(detail, FALSE),
                          });
}

/* ---- order ----------------------------------------------------------------------------------- */

/* From which class each was reached on the way from `start`; LOCK_CLASSES_MAX: not at all. */
static void lock_search(const struct lock_classes *classes, unsigned start,
                        unsigned from[static LOCK_CLASSES_MAX])
{
    unsigned queue[LOCK_CLASSES_MAX] = {start}, count = 1;
    for (unsigned i = 0; i < LOCK_CLASSES_MAX; i++) {
        from[i] = LOCK_CLASSES_MAX;
    }
    from[start] = start;
    for (unsigned i = 0; i < count; i++) {
        for (uint64_t rest = classes->all[queue[i]].after; rest != 0; rest &= rest - 1) {
            unsigned next = (unsigned)__builtin_ctzll(rest);
            if (from[next] == LOCK_CLASSES_MAX) {
                from[next] = queue[i];
                queue[count++] = next;
            }
        }
    }
}

/* `first` is held and `then` is taken: is there a way back? */
static void lock_check_circle(struct checks *checks, const struct lock_classes *known,
                              unsigned first, unsigned then, const struct lock_witness *witness)
{
    const struct lock_class *classes = known->all;
    unsigned from[LOCK_CLASSES_MAX];
    lock_search(known, then, from);
    if (from[first] == LOCK_CLASSES_MAX) {
        return;
    }
    GString *detail = g_string_new(NULL);
    lock_append_taken(checks, detail, &classes[first], &classes[then], witness);
    for (unsigned at = first; at != then; at = from[at]) {
        g_string_append_c(detail, '\n');
        lock_append_taken(checks, detail, &classes[from[at]], &classes[at],
                          &classes[from[at]].edges[at]);
    }
    g_autofree char *who = g_strdup_printf("%s and %s", classes[first].name, classes[then].name);
    lock_report(checks, CHECK_LOCK_ORDER, witness->time_ns, trace_intern(checks->trace, who),
                "locks are taken in one order by everybody", detail);
}

void lock_add_edge(struct checks *checks, struct lock_classes *classes, unsigned first,
                   unsigned then, const struct lock_witness *witness)
{
    struct lock_class *class = &classes->all[first];
    uint64_t bit = UINT64_C(1) << then;
    if (first == then || (class->after & bit) != 0) {
        return;
    }
    if (checks_wants(checks, CHECK_LOCK_ORDER)) {
        lock_check_circle(checks, classes, first, then, witness);
    }
    if (class->edges == NULL) {
        class->edges = g_new0(struct lock_witness, LOCK_CLASSES_MAX);
    }
    class->after |= bit;
    class->edges[then] = *witness;
}

/* ---- interrupts ------------------------------------------------------------------------------ */

bool lock_irqs_are_noted(const struct lock_class *class, bool in_irq, bool masked)
{
    return in_irq ? class->in_irq.time_ns != 0 : masked || class->with_irqs_on.time_ns != 0;
}

void lock_note_irqs(struct checks *checks, struct lock_classes *classes, unsigned index,
                    const struct lock_witness *witness, bool masked)
{
    struct lock_class *class = &classes->all[index];
    if (lock_irqs_are_noted(class, witness->in_irq, masked)) {
        return;
    }
    *(witness->in_irq ? &class->in_irq : &class->with_irqs_on) = *witness;
    if (class->in_irq.time_ns != 0 && class->with_irqs_on.time_ns != 0) {
        GString *detail = g_string_new("taken ");
        lock_append_witness(checks, detail, &class->in_irq);
        g_string_append(detail, "\ntaken with interrupts on ");
        lock_append_witness(checks, detail, &class->with_irqs_on);
        lock_report(checks, CHECK_LOCK_IRQ, witness->time_ns, class->name,
                    "a lock that is taken in interrupts is held with interrupts masked everywhere",
                    detail);
    }
}
