/*
 * causes.h - the causes that a diagnosis can name
 *
 * One table: `ringside causes` and `ringside explain`, docs/causes.md and the checker of scenarios
 * read it. An id never changes its meaning, because scenarios assert it.
 */
#ifndef HARNESS_DIAGNOSIS_CAUSES_H
#define HARNESS_DIAGNOSIS_CAUSES_H

#include <glib.h>

struct cause {
    const char *id;       /* "irq.never-eoi" */
    const char *meaning;  /* the first missing link, in a sentence */
    const char *looks;    /* what one sees from outside */
    const char *evidence; /* what the diagnosis looks at */
    const char *mistakes; /* how it usually comes about */
    const char *mend;     /* what to do about it */
    const char *near;     /* what looks the same and is another cause */
    const char *scenario; /* lines of a timeline that show it */
};

/* NULL when there is no such cause. */
const struct cause *causes_find(const char *id);
/* In the order of the table, NULL-terminated. */
const char *const *causes_ids(void);
const struct cause *causes_get(guint index);

/* Appends what `ringside causes` prints: a line a cause. */
void causes_write_list(GString *out);
/* Appends what `ringside explain NAME` prints. */
void causes_write_explanation(GString *out, const struct cause *cause);
/* Appends docs/causes.md. */
void causes_write_page(GString *out);

#endif
