/*
 * guests.h - finding a guest by name or path
 */
#ifndef HARNESS_RUN_GUESTS_H
#define HARNESS_RUN_GUESTS_H

#include <glib.h>

/*
 * A name ("reference") is looked for in the folder `guests` beside the folder of the ringside
 * program; anything with a slash is a path, from the folder of the scenario file. Gives the path,
 * or NULL with a GError that names the guests that there are.
 */
char *guests_find(const char *guest, const char *scenario_file, GError **error);

#endif
