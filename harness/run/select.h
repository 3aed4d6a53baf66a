/*
 * select.h - from paths on the command line to tests
 *
 * A path is a scenario file, or a folder that is searched for *.scn. A test is called after its
 * file's folder and name: scenarios/icmp/gateway.scn holds icmp/gateway, from wherever one looks at
 * it.
 */
#ifndef HARNESS_RUN_SELECT_H
#define HARNESS_RUN_SELECT_H

#include "harness/language/scenario.h"

struct selected_file {
    char *path;
    char *name;
    GPtrArray *tests;       /* struct scenario; NULL when there is an error in the file */
    GPtrArray *diagnostics; /* struct scenario_diagnostic */
};

/*
 * Finds and loads the files, sorted within each folder, each once. Tests whose name does not match
 * `filter` (with * and ?; NULL: all) are left out, but for those that make others, whose names
 * could match: see each.h. A path that is not there, or holds no scenario, is a file with that
 * error: it does not keep the others from being run.
 */
GPtrArray *select_files(char **paths, const char *filter);

#endif
