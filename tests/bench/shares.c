/*
 * shares.c - shared folders against the same calls on the host
 *
 * A program of the guest reads and writes a file through a share whose messages may have 1 MiB, in
 * calls of 256 KiB, as cp does, and of 16 KiB; it is measured against read(2) and write(2) in calls
 * of that size, on the same file, which is in the host's cache. A call is one message, or four
 * where the bytes pass through a scheme, which takes 64 KiB at a time: so small calls show what a
 * message costs, and large ones what bytes cost. What latency there is, is virtual. CPU time
 * counts, that of a run that does next to nothing taken off.
 *
 * Memory is measured at the server: a guest's client has fewer files than a session may.
 */
#include "tests/bench/shares.h"

#include "emu/virtio-9p/p9_server.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES      65536000u /* of share-read.scn and share-write.scn */
#define CALL_LARGE 262144u
#define CALL_SMALL 16384u
#define STATS      3000 /* of share-stat.scn */
#define HOST_STATS (100 * STATS)
#define FIDS       10000
#define FOLDER     BENCH_BUILT "/share"
#define FILE_READ  FOLDER "/bulk"
#define FILE_WRITE FOLDER "/written"
#define BULK_RATIO 0.1
#define STAT_RATIO 0.02 /* three messages against a system call */
#define FIDS_KIB   2048
/* Each message is a request to a daemon there, which makes system calls of its own. */
#define SCHEMES_STAT_RATIO       0.01
#define SCHEMES_SMALL_READ_RATIO 0.04

static void shares_fail(const char *what)
{
    fprintf(stderr, "ringside-bench: %s: %s\n", FOLDER, what);
    exit(2);
}

/* ---- on the host ----------------------------------------------------------------------------- */

/* What is compared: a scenario, its variant, and how large the calls in it are. */
struct shares_run {
    const char *scenario, *variant; /* the latter as a pattern */
    unsigned call_bytes;
};

/* CPU seconds. */
static double shares_write_file(const char *path, unsigned call_bytes)
{
    static uint8_t block[CALL_LARGE] = {1};
    bench_begin();
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    for (unsigned i = 0; i < BYTES / call_bytes; i++) {
        if (file < 0 || write(file, block, call_bytes) != call_bytes) {
            shares_fail("cannot be written to");
        }
    }
    close(file);
    return bench_since();
}

static double shares_measure_write(const void *opaque)
{
    const struct shares_run *run = opaque;
    double seconds = shares_write_file(FILE_WRITE, run->call_bytes);
    unlink(FILE_WRITE);
    return seconds;
}

static double shares_measure_read(const void *opaque)
{
    const struct shares_run *run = opaque;
    static uint8_t block[CALL_LARGE];
    bench_begin();
    int file = open(FILE_READ, O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < BYTES / run->call_bytes; i++) {
        if (file < 0 || read(file, block, run->call_bytes) != run->call_bytes) {
            shares_fail("cannot be read");
        }
    }
    close(file);
    return bench_since();
}

static double shares_measure_stat(const void *opaque)
{
    (void)opaque;
    struct stat status;
    bench_begin();
    for (unsigned i = 0; i < HOST_STATS; i++) {
        if (lstat(FILE_READ, &status) != 0) {
            shares_fail("cannot be asked for attributes");
        }
    }
    return bench_since() / HOST_STATS * STATS;
}

/* ---- through a share ------------------------------------------------------------------------- */

static double shares_measure_run(const void *opaque)
{
    const struct shares_run *run = opaque;
    bool is_posix = strstr(run->variant, "face=posix") != NULL;
    return bench_cpu_filtered(run->scenario, run->variant) -
           bench_cpu_filtered("share-start", is_posix ? "*face=posix*" : "*face=schemes*");
}

static void shares_compare(const char *what, const struct shares_run *run, bench_measure_fn *host,
                           double units, const char *unit, double bound)
{
    struct bench_pair pair = bench_pairs(host, run, shares_measure_run, run);
    g_autofree char *detail =
        g_strdup_printf("%.0f against %.0f %s a second: 1/%.1f", units / pair.other,
                        units / pair.one, unit, 1 / pair.ratio);
    bench_report(what, pair.ratio, "x", ">", bound, detail);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void shares_serve(struct p9_server *server, const struct p9_request *request)
{
    static uint8_t reply[P9_MSIZE_MAX];
    p9_server_serve(server, request, reply, sizeof reply);
    if (reply[4] != P9_REPLY(request->type)) {
        shares_fail("a request was refused");
    }
}

/* KiB that a server needs for so many files being open, each another one. */
static bool shares_open_fids(void *result)
{
    const struct p9_server_config config = {0};
    struct p9_tree *tree = p9_tree_new_memory(&(struct p9_tree_config){0});
    struct p9_server *server = p9_server_new(tree, &config);
    char name[sizeof("10000")];
    for (unsigned i = 0; i < FIDS; i++) {
        g_snprintf(name, sizeof(name), "%u", i);
        p9_tree_add_file(tree, name, name, sizeof(name));
    }
    shares_serve(server, &(struct p9_request){.type = P9_TVERSION,
                                              .tag = P9_NOTAG,
                                              .msize = P9_MSIZE_MAX,
                                              .text = {P9_VERSION, sizeof(P9_VERSION) - 1}});
    shares_serve(server, &(struct p9_request){.type = P9_TATTACH, .newfid = P9_NOFID});
    double before_kib = bench_resident_kib();
    for (unsigned i = 0; i < FIDS; i++) {
        g_snprintf(name, sizeof(name), "%u", i);
        struct p9_request walk = {.type = P9_TWALK, .newfid = i + 1, .name_count = 1};
        walk.names[0] = (struct p9_string){name, (uint16_t)strlen(name)};
        shares_serve(server, &walk);
        shares_serve(server, &(struct p9_request){.type = P9_TLOPEN, .fid = i + 1});
    }
    *(double *)result = bench_resident_kib() - before_kib;
    return p9_server_fid_count(server) == FIDS + 1;
}

static void shares_memory(void)
{
    double kib;
    if (!bench_apart(shares_open_fids, &kib, sizeof kib)) {
        shares_fail("fids were not opened");
    }
    g_autofree char *detail = g_strdup_printf("%.0f bytes each", kib * 1024 / FIDS);
    bench_report("memory of a server for 10,000 open fids", kib, " KiB", "<", FIDS_KIB, detail);
}

static void shares_bytes(void)
{
    static const struct {
        const char *what;
        struct shares_run run;
        double bound;
    } rows[] = {
        {"bytes out of a share, against read(2)",
         {"share-read", "*face=posix,size=262144*", CALL_LARGE},
         BULK_RATIO},
        {"bytes into a share, against write(2)",
         {"share-write", "*face=posix,size=262144*", CALL_LARGE},
         BULK_RATIO},
        {"bytes out of a share with face=schemes",
         {"share-read", "*face=schemes,size=262144*", CALL_LARGE},
         BULK_RATIO},
        {"bytes into a share with face=schemes",
         {"share-write", "*face=schemes,size=262144*", CALL_LARGE},
         BULK_RATIO},
        {"bytes out of a share, in calls of 16 KiB",
         {"share-read", "*face=posix,size=16384*", CALL_SMALL},
         BULK_RATIO},
        {"bytes into a share, in calls of 16 KiB",
         {"share-write", "*face=posix,size=16384*", CALL_SMALL},
         BULK_RATIO},
        {"bytes out, in calls of 16 KiB, with face=schemes",
         {"share-read", "*face=schemes,size=16384*", CALL_SMALL},
         SCHEMES_SMALL_READ_RATIO},
        {"bytes in, in calls of 16 KiB, with face=schemes",
         {"share-write", "*face=schemes,size=16384*", CALL_SMALL},
         BULK_RATIO},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool is_read = g_str_equal(rows[i].run.scenario, "share-read");
        shares_compare(rows[i].what, &rows[i].run,
                       is_read ? shares_measure_read : shares_measure_write, BYTES * 1e-6, "MB",
                       rows[i].bound);
    }
}

void bench_shares(void)
{
    static const struct shares_run posix_stat = {"share-stat", "*face=posix*", 0},
                                   schemes_stat = {"share-stat", "*face=schemes*", 0};
    if (g_mkdir_with_parents(FOLDER, 0755) != 0) {
        shares_fail("cannot be made");
    }
    shares_write_file(FILE_READ, CALL_LARGE);
    shares_bytes();
    shares_compare("stats of a file of a share, against lstat(2)", &posix_stat, shares_measure_stat,
                   STATS, "stats", STAT_RATIO);
    shares_compare("stats with face=schemes", &schemes_stat, shares_measure_stat, STATS, "stats",
                   SCHEMES_STAT_RATIO);
    shares_memory();
    unlink(FILE_READ);
    rmdir(FOLDER);
}
