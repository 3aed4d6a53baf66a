/*
 * trace_doc.h - the table of events as a page of documentation
 */
#ifndef EMU_CORE_TRACE_DOC_H
#define EMU_CORE_TRACE_DOC_H

#include <glib.h>

/* Appends docs/events.md: a section for each group, in it each event with its fields. */
void trace_write_table(GString *out);

#endif
