/*
 * catalogue.h - the checks: their names, and what they mean
 *
 * One table: the language, `ringside explain` and docs/checks.md read it. A name never changes its
 * meaning, because scenarios have it in their `check`, `expect violation` and `guards` lines. It is
 * none of a cause (harness/diagnosis/causes.h).
 */
#ifndef HARNESS_CHECKS_CATALOGUE_H
#define HARNESS_CHECKS_CATALOGUE_H

#include <glib.h>

enum check_id {
    CHECK_VIRTIO_BREACH,
    CHECK_P9_BREACH,
    CHECK_VQ_OWNERSHIP,
    CHECK_VQ_BARRIER,
    CHECK_DMA_FREED,
    CHECK_DMA_UNREGISTERED,
    CHECK_DMA_LEAKED,
    CHECK_IRQ_BREACH,
    CHECK_IRQ_UNENDED,
    CHECK_MMIO_UNMAPPED,
    CHECK_MMIO_REFUSED,
    CHECK_HAL_MISUSE,
    CHECK_LOCK_ORDER,
    CHECK_LOCK_IRQ,
    CHECK_LOCK_SELF,
    CHECK_LOCK_SLEEP,
    CHECK_TIMEOUT_OVERDUE,
    CHECK_TIMEOUT_LEAKED,
    CHECK_COUNT,
};

/* What a violation does to a test. */
enum check_severity {
    CHECK_STRICT,  /* it fails; the default */
    CHECK_LENIENT, /* it is counted and told */
    CHECK_OFF,     /* nobody looks */
};

struct check {
    const char *name;     /* "dma.freed" */
    const char *rule;     /* in a sentence */
    const char *clause;   /* where it comes from */
    const char *looks;    /* how it is found */
    const char *mistakes; /* how it usually comes about */
    const char *limits;   /* what it does not find, and when it keeps quiet */
};

const struct check *catalogue_get(enum check_id id);
/* CHECK_COUNT when there is none. */
enum check_id catalogue_find(const char *name);
/* In the order of the table, NULL-terminated. */
const char *const *catalogue_names(void);

/* Appends what `ringside explain NAME` prints. */
void catalogue_write_explanation(GString *out, const struct check *check);
/* Appends docs/checks.md. */
void catalogue_write_page(GString *out);

#endif
