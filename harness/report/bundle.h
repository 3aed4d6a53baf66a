/*
 * bundle.h - all that is known of a failed test, in a folder
 *
 *     DIR/NAME/
 *         SUBJECT/FILE.scn …  the scenario, and the files and folders that it names
 *         repro.sh            runs it again, with $RINGSIDE or the ringside of the path
 *         run.txt             verdict, seed, version, guest and its checksum
 *         report.txt          the block of the report
 *         capture.pcap        the frames, and
 *         events.txt          the events, and
 *         waits.dot           who waits for whom at the verdict, of a second run, which is the same
 *                             as the first
 */
#ifndef HARNESS_REPORT_BUNDLE_H
#define HARNESS_REPORT_BUNDLE_H

#include "harness/language/scenario.h"
#include "harness/run/result.h"

#define BUNDLE_FOLDER_BYTES_MAX (UINT64_C(64) << 20) /* of a folder's files: it is left out else */

#define BUNDLE_CAPTURE "capture.pcap"
#define BUNDLE_EVENTS  "events.txt"
#define BUNDLE_WAITS   "waits.dot"

/* What goes into a bundle. All borrowed. */
struct bundle_source {
    const char *name, *file;
    const struct scenario *scenario; /* NULL: the file has errors */
    const char *guest_path;          /* NULL: there is none */
    uint64_t seed;
    bool live;
    enum run_status status;
    const char *report;
};

/* Makes the folder for all bundles and makes sure that files can be made in it. */
bool bundle_prepare(const char *folder, GError **error);
/* Makes the folder of one test, and gives its path. */
char *bundle_make_folder(const char *folder, const char *name, GError **error);
/* Writes everything but the capture, the events and the graph. */
bool bundle_write(const char *test_folder, const struct bundle_source *source, GError **error);

#endif
