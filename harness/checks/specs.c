/*
 * specs.c - rules whose breach a device, the bus or the hal sees itself
 *
 * They tell it as an event, with the clause. Here it becomes a violation under the name of the
 * check.
 */
#include "harness/checks/checks_priv.h"

#include <string.h>

static void specs_virtio(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    const char *clause = event->fields[1].string;
    /* The device went on to say the same of an address that it was refused: one mistake, one name.
     */
    if (checks->refused_access != 0 && checks->refused_access + 1 == event->sequence) {
        return;
    }
    /* The device has nothing else to say of these clauses. */
    bool owned = strcmp(clause, "2.7.13") == 0 || strcmp(clause, "3.3.1") == 0;
    bool ordered = strcmp(clause, "2.7.13.3.1") == 0 || strcmp(clause, "2.7.13.4.1") == 0;
    const struct trace_kind_info *info = trace_kind_info(event->kind);
    checks_report(checks,
                  (struct finding){
                      .id = owned     ? CHECK_VQ_OWNERSHIP
                            : ordered ? CHECK_VQ_BARRIER
                                      : CHECK_VIRTIO_BREACH,
                      .who = event->fields[0].string,
                      .clause = clause,
                      .rule = event->fields[2].string,
                      .detail = g_strdup_printf("%s: 0x%" G_GINT64_MODIFIER "x",
                                                info->fields[3].meaning, event->fields[3].number),
                  });
}

static void specs_share(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    checks_report(checks, (struct finding){
                              .id = CHECK_P9_BREACH,
                              .who = event->fields[0].string,
                              .clause = "[9P2000.L]",
                              .rule = event->fields[3].string,
                              .detail = g_strdup_printf(
                                  "%s, tag %u: %" G_GUINT64_FORMAT, event->fields[2].string,
                                  (unsigned)event->fields[1].number, event->fields[4].number),
                          });
}

static void specs_access(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    bool unmapped = event->kind == TRACE_MMIO_UNMAPPED;
    g_autofree char *who = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", event->fields[0].number);
    checks_report(
        checks, (struct finding){
                    .id = unmapped ? CHECK_MMIO_UNMAPPED : CHECK_MMIO_REFUSED,
                    .who = trace_intern(checks->trace, who),
                    .clause = "hal.h",
                    .rule = unmapped ? "registers are accessed where a device is"
                                     : "registers are accessed naturally aligned, with a size that "
                                       "they have",
                    .detail = g_strdup_printf("a %s of %u bytes", event->fields[2].string,
                                              (unsigned)event->fields[1].number),
                });
}

static void specs_irq(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    checks_report(checks,
                  (struct finding){
                      .id = CHECK_IRQ_BREACH,
                      .who = "GIC",
                      .clause = event->fields[0].string,
                      .rule = event->fields[1].string,
                      .detail = g_strdup_printf("INTID %u", (unsigned)event->fields[2].number),
                  });
}

static void specs_hal(void *opaque, const struct trace_event *event)
{
    struct checks *checks = opaque;
    checks_report(checks, (struct finding){
                              .id = CHECK_HAL_MISUSE,
                              .who = event->fields[0].string,
                              .clause = "hal.h",
                              .rule = event->fields[1].string,
                              .detail = g_strdup_printf("it was given 0x%" G_GINT64_MODIFIER "x",
                                                        event->fields[2].number),
                          });
}

void specs_listen(struct checks *checks)
{
    static const struct trace_listener table[] = {
        {TRACE_VIRTIO_BREACH, specs_virtio}, {TRACE_IRQ_BREACH, specs_irq},
        {TRACE_P9_BREACH, specs_share},      {TRACE_MMIO_UNMAPPED, specs_access},
        {TRACE_MMIO_REFUSED, specs_access},  {TRACE_GUEST_VIOLATION, specs_hal},
    };
    trace_listen(checks->trace, table, G_N_ELEMENTS(table), checks);
}
