/*
 * bench.c - the measurements, and the bounds that they must keep
 *
 * Machines differ and are noisy, so a figure is a ratio of two things measured in turns in the same
 * run, each the median of several samples, wherever there is something to compare with. Where the
 * bound is a time, the least sample counts: what others do on the machine only ever adds to it. The
 * exit status is 1 when a bound is missed.
 */
#include "tests/bench/bench.h"

#include "tests/bench/shares.h"
#include "tests/bench/slirp_alone.h"

#include <glib.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES          31
#define PAIRS            31
#define PINGS            20000
#define VOLLEY           3000 /* of volley.scn */
#define FACES_RATIO      16   /* a round trip is some seventy system calls there */
#define LOAD_RATIO       1.3  /* at ten times the count */
#define TICKS_A_SECOND   10000
#define TICKS_MORE       (20 * TICKS_A_SECOND)
#define CALLS            UINT64_C(100000000)
#define MEMORY_MIB       32
#define HANDSHAKES       1000 /* of connections.scn */
#define HANDSHAKES_RATIO 0.05
#define CONNECTION_KIB   64
#define BULK_BYTES       20e6 /* of the scenarios */
#define BULK_SEGMENTS    UINT64_C(40000)
#define BULK_SEGMENT     UINT64_C(1460)
#define VERDICT_MS       100
#define VERDICT_SAMPLES  7
#define DIAGNOSIS_MS     20

extern char **environ;

static uint64_t bench_time_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int bench_compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double bench_median(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, bench_compare);
    return samples[count / 2];
}

/* CPU time of the last program that was run, and of its children. */
static double bench_cpu_seconds;

static double bench_seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/*
 * Runs a program with its output thrown away; it must end with this exit status. Returns wall
 * seconds, and its peak memory in KiB.
 */
static double bench_run(char *const argv[], int expected, long *peak_kib)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
    uint64_t start_ns = bench_time_ns(CLOCK_MONOTONIC);
    pid_t pid;
    int error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    struct rusage usage = {0};
    if (error != 0 || wait4(pid, &status, 0, &usage) < 0 || !WIFEXITED(status) ||
        WEXITSTATUS(status) != expected) {
        fprintf(stderr, "ringside-bench: %s failed (%s)\n", argv[0],
                error != 0 ? strerror(error) : "see its own message");
        exit(2);
    }
    if (peak_kib != NULL) {
        *peak_kib = usage.ru_maxrss;
    }
    /* The kernel splits the two by sampling; their sum is exact. */
    bench_cpu_seconds = bench_seconds(usage.ru_utime) + bench_seconds(usage.ru_stime);
    return (double)(bench_time_ns(CLOCK_MONOTONIC) - start_ns) * 1e-9;
}

static char *bench_ringside;

/* Of a scenario with parameters, the test that the pattern selects. */
static double bench_scenario_filtered(const char *name, const char *pattern, long *peak_kib)
{
    bool is_built = g_str_has_suffix(name, "-plain") || g_str_has_prefix(name, "share-");
    const char *folder = is_built ? BENCH_BUILT : BENCH_SCENARIOS;
    g_autofree char *path = g_strconcat(folder, "/", name, ".scn", NULL);
    g_autofree char *filter = g_strconcat("--filter=", pattern, NULL);
    char *argv[] = {bench_ringside, (char *)"run", (char *)"-q", filter, path, NULL};
    return bench_run(argv, EXIT_SUCCESS, peak_kib);
}

static double bench_scenario(const char *name, long *peak_kib)
{
    return bench_scenario_filtered(name, "*", peak_kib);
}

static double bench_cpu(const char *scenario)
{
    bench_scenario(scenario, NULL);
    return bench_cpu_seconds;
}

double bench_cpu_filtered(const char *scenario, const char *pattern)
{
    bench_scenario_filtered(scenario, pattern, NULL);
    return bench_cpu_seconds;
}

static double bench_true(void)
{
    char *argv[] = {(char *)"/bin/true", NULL};
    return bench_run(argv, EXIT_SUCCESS, NULL);
}

/* ---- the measurements ------------------------------------------------------------------------ */

static unsigned bench_missed;

void bench_report(const char *what, double value, const char *unit, const char *sense, double bound,
                  const char *detail)
{
    bool missed = *sense == '<' ? value > bound : value < bound;
    bench_missed += missed;
    printf("%-4s %-58s %9.4g%s   (%s= %g%s)   %s\n", missed ? "MISS" : "ok", what, value, unit,
           sense, bound, unit, detail);
    fflush(stdout);
}

static void bench_process(const char *scenario, const char *what)
{
    double ours[SAMPLES], base[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        ours[i] = bench_scenario(scenario, NULL);
        base[i] = bench_true();
    }
    double a = bench_median(ours, SAMPLES), b = bench_median(base, SAMPLES);
    g_autofree char *detail = g_strdup_printf("%.2f ms against %.2f ms", a * 1e3, b * 1e3);
    bench_report(what, a / b, "x", "<", 15, detail);
}

static void bench_whole_process(void)
{
    bench_process("ping", "a ping scenario as a whole process, against /bin/true");
}

static void bench_handshake_process(void)
{
    bench_process("handshake", "a handshake as a whole process, against /bin/true");
}

static void bench_idle_hour(void)
{
    double hour[SAMPLES], second[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++) {
        hour[i] = bench_scenario("idle-hour", NULL);
        second[i] = bench_scenario("idle-second", NULL);
    }
    double a = bench_median(hour, SAMPLES), b = bench_median(second, SAMPLES);
    g_autofree char *detail = g_strdup_printf("%.2f ms against %.2f ms", a * 1e3, b * 1e3);
    bench_report("an idle hour of virtual time, against an idle second", a / b, "x", "<", 1.2,
                 detail);
}

struct bench_pair bench_pairs(bench_measure_fn *one, const void *one_opaque,
                              bench_measure_fn *other, const void *other_opaque)
{
    double ones[PAIRS], others[PAIRS], ratios[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        ones[i] = one(one_opaque);
        others[i] = other(other_opaque);
        ratios[i] = ones[i] / others[i];
    }
    return (struct bench_pair){
        .one = bench_median(ones, PAIRS),
        .other = bench_median(others, PAIRS),
        .ratio = bench_median(ratios, PAIRS),
    };
}

static double bench_measure_scenario(const void *name)
{
    return bench_cpu(name);
}

/* Without its start-up: a scenario with a single ping. */
static double bench_measure_pings(const void *name)
{
    return bench_cpu(name) - bench_cpu("ping");
}

/* As long as that, about. */
#define ALONE_PINGS (UINT64_C(80) * PINGS)

static double bench_measure_slirp(const void *opaque)
{
    (void)opaque;
    uint64_t start_ns = bench_time_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (slirp_alone_ping(ALONE_PINGS) != ALONE_PINGS) {
        fprintf(stderr, "ringside-bench: libslirp lost replies\n");
        exit(2);
    }
    return (double)(bench_time_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns) * 1e-9;
}

static void bench_round_trips(void)
{
    struct bench_pair pair = bench_pairs(bench_measure_slirp, NULL, bench_measure_pings, "flood");
    double ratio = pair.ratio * PINGS / (double)ALONE_PINGS;
    g_autofree char *detail =
        g_strdup_printf("%.0f against %.0f a second: 1/%.1f", PINGS / pair.other,
                        (double)ALONE_PINGS / pair.one, 1 / ratio);
    bench_report("ping round trips a second, against libslirp alone", ratio, "x", ">", 0.01,
                 detail);
}

/* ---- schemes --------------------------------------------------------------------------------- */

/* What schemetest does, with so many at once: COUNT * ROUNDS is the same for both of a kind. */
struct bench_load {
    const char *what;
    unsigned count, rounds;
};

static double bench_cpu_of_load(const char *what, unsigned count, unsigned rounds)
{
    g_autofree char *pattern = g_strdup_printf("*load=%s_%u_%u]", what, count, rounds);
    return bench_cpu_filtered("schemes-load", pattern);
}

/* Without its start-up, and without that of its programs and files. */
static double bench_measure_load(const void *opaque)
{
    const struct bench_load *load = opaque;
    return bench_cpu_of_load(load->what, load->count, load->rounds) -
           bench_cpu_of_load(load->what, load->count, 0);
}

static void bench_loads(void)
{
    static const struct {
        const char *title;
        struct bench_load many, few;
    } loads[] = {
        {"a request of 200 tasks at once, against 20", {"tasks", 200, 100}, {"tasks", 20, 1000}},
        {"a request with 1,000 in flight, against 100",
         {"requests", 1000, 20},
         {"requests", 100, 200}},
        {"an event of 1,000 at once, against 100", {"events", 1000, 200}, {"events", 100, 2000}},
        {"a timeout of 10,000 at once, against 1,000",
         {"timeouts", 10000, 3},
         {"timeouts", 1000, 30}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
        struct bench_pair pair =
            bench_pairs(bench_measure_load, &loads[i].many, bench_measure_load, &loads[i].few);
        double units = (double)loads[i].many.count * loads[i].many.rounds;
        g_autofree char *detail = g_strdup_printf("%.2f us against %.2f us of CPU time",
                                                  pair.one / units * 1e6, pair.other / units * 1e6);
        bench_report(loads[i].title, pair.ratio, "x", "<", LOAD_RATIO, detail);
    }
}

static double bench_measure_volley(const void *face)
{
    g_autofree char *ping = g_strconcat("ping", (const char *)face, NULL);
    g_autofree char *volley = g_strconcat("volley", (const char *)face, NULL);
    return bench_cpu(volley) - bench_cpu(ping);
}

static void bench_faces(void)
{
    struct bench_pair pair =
        bench_pairs(bench_measure_volley, "-schemes", bench_measure_volley, "");
    g_autofree char *detail = g_strdup_printf("%.1f us against %.1f us of CPU time",
                                              pair.one / VOLLEY * 1e6, pair.other / VOLLEY * 1e6);
    bench_report("a round trip with face=schemes, against face=posix", pair.ratio, "x", "<",
                 FACES_RATIO, detail);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static uint64_t bench_begin_ns;

void bench_begin(void)
{
    bench_begin_ns = bench_time_ns(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_since(void)
{
    return (double)(bench_time_ns(CLOCK_PROCESS_CPUTIME_ID) - bench_begin_ns) * 1e-9;
}

static double bench_check_moved(uint64_t bytes)
{
    double seconds = bench_since();
    if (bytes < BULK_SEGMENTS * BULK_SEGMENT) {
        fprintf(stderr, "ringside-bench: libslirp moved %" G_GUINT64_FORMAT " bytes only\n", bytes);
        exit(2);
    }
    return seconds;
}

static double bench_measure_discard(const void *opaque)
{
    (void)opaque;
    return bench_check_moved(slirp_alone_discard(BULK_SEGMENTS, bench_begin));
}

static double bench_measure_chargen(const void *opaque)
{
    (void)opaque;
    return bench_check_moved(slirp_alone_chargen(BULK_SEGMENTS * BULK_SEGMENT, bench_begin));
}

static void bench_bulk_way(bench_measure_fn *alone, const char *scenario, double bound,
                           const char *what)
{
    struct bench_pair pair = bench_pairs(alone, NULL, bench_measure_pings, scenario);
    double alone_bytes = BULK_SEGMENTS * BULK_SEGMENT;
    double ratio = pair.ratio * BULK_BYTES / alone_bytes;
    g_autofree char *detail =
        g_strdup_printf("%.0f against %.0f MB a second: 1/%.1f", BULK_BYTES / pair.other * 1e-6,
                        alone_bytes / pair.one * 1e-6, 1 / ratio);
    bench_report(what, ratio, "x", ">", bound, detail);
}

static void bench_bulk(void)
{
    bench_bulk_way(bench_measure_discard, "bulk-out", 1.0 / 25,
                   "bulk TCP from the guest, against libslirp alone");
    bench_bulk_way(bench_measure_chargen, "bulk-in", 1.0 / 25,
                   "bulk TCP to the guest, against libslirp alone");
    bench_bulk_way(bench_measure_discard, "bulk-out-plain", 1.0 / 8,
                   "bulk TCP from a guest without instrumentation");
    bench_bulk_way(bench_measure_chargen, "bulk-in-plain", 1.0 / 8,
                   "bulk TCP to a guest without instrumentation");
}

/* Of so many handshakes with libslirp alone. */
static struct bench_handshakes {
    double seconds, kib;
} bench_handshakes_alone;

double bench_resident_kib(void)
{
    unsigned long all = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%lu %lu", &all, &resident) != 2) {
        fprintf(stderr, "ringside-bench: no /proc/self/statm\n");
        exit(2);
    }
    fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static void bench_begin_handshakes(void)
{
    bench_handshakes_alone.kib = bench_resident_kib();
    bench_begin();
}

static void bench_end_handshakes(void)
{
    bench_handshakes_alone.seconds = bench_since();
    bench_handshakes_alone.kib = bench_resident_kib() - bench_handshakes_alone.kib;
}

bool bench_apart(bench_apart_fn *work, void *result, size_t size)
{
    int ends[2], status = 0;
    pid_t pid = pipe(ends) == 0 ? fork() : -1;
    if (pid == 0) {
        bool complete = work(result);
        ssize_t put = write(ends[1], result, size);
        _exit(complete && put == (ssize_t)size ? 0 : 1);
    }
    close(ends[1]);
    bool got = pid > 0 && read(ends[0], result, size) == (ssize_t)size;
    close(ends[0]);
    return got && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool bench_open_handshakes(void *result)
{
    bool complete = slirp_alone_handshakes(HANDSHAKES, bench_begin_handshakes,
                                           bench_end_handshakes) == HANDSHAKES;
    *(struct bench_handshakes *)result = bench_handshakes_alone;
    return complete;
}

static struct bench_handshakes bench_handshakes_apart(void)
{
    struct bench_handshakes result;
    if (!bench_apart(bench_open_handshakes, &result, sizeof result)) {
        fprintf(stderr, "ringside-bench: libslirp lost handshakes\n");
        exit(2);
    }
    return result;
}

static double bench_measure_handshakes(const void *opaque)
{
    (void)opaque;
    return bench_handshakes_apart().seconds;
}

/* The connections of connections.scn, all at once, without the start-up. */
static double bench_measure_connections(const void *opaque)
{
    (void)opaque;
    return bench_cpu("connections") - bench_cpu("handshake");
}

static void bench_handshakes(void)
{
    struct bench_pair pair =
        bench_pairs(bench_measure_handshakes, NULL, bench_measure_connections, NULL);
    g_autofree char *detail =
        g_strdup_printf("%.0f against %.0f a second: 1/%.1f", HANDSHAKES / pair.other,
                        HANDSHAKES / pair.one, 1 / pair.ratio);
    bench_report("handshakes a second, 1,000 at once, against libslirp alone", pair.ratio, "x", ">",
                 HANDSHAKES_RATIO, detail);
}

static void bench_connection_memory(void)
{
    long one_kib = 0, all_kib = 0;
    bench_scenario("handshake", &one_kib);
    bench_scenario("connections", &all_kib);
    double each = (double)(all_kib - one_kib) / (HANDSHAKES - 1);
    g_autofree char *detail = g_strdup_printf("of which libslirp has %.1f KiB alone",
                                              bench_handshakes_apart().kib / HANDSHAKES);
    bench_report("memory of each of 1,000 connections at once", each, " KiB", "<", CONNECTION_KIB,
                 detail);
}

static uint64_t bench_calls;

static void bench_count_call(void)
{
    bench_calls++;
}

/* CPU seconds of a plain call: what an interrupt would cost if there were no hardware in it. */
static double bench_plain_call(void)
{
    void (*volatile callee)(void) = bench_count_call;
    uint64_t start_ns = bench_time_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (uint64_t i = 0; i < CALLS; i++) {
        callee();
    }
    return (double)(bench_time_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns) * 1e-9 / (double)CALLS;
}

static unsigned bench_count_words(const char *text, const char *word)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word)) {
        count++;
    }
    return count;
}

/* That each tick of the scenario is an interrupt which the guest takes and ends. */
static void bench_check_ticks(void)
{
    g_autofree char *folder = g_dir_make_tmp("ringside-bench-XXXXXX", NULL);
    g_autofree char *log = g_build_filename(folder, "ticks.events", NULL);
    char *argv[] = {bench_ringside,
                    (char *)"run",
                    (char *)"-q",
                    (char *)"--events",
                    log,
                    (char *)BENCH_SCENARIOS "/ticks-second.scn",
                    NULL};
    bench_run(argv, EXIT_SUCCESS, NULL);
    g_autofree char *text = NULL;
    g_file_get_contents(log, &text, NULL, NULL);
    unsigned taken = bench_count_words(text != NULL ? text : "", " irq.taken ");
    unsigned ended = bench_count_words(text != NULL ? text : "", " irq.eoi ");
    unlink(log);
    rmdir(folder);
    if (taken < TICKS_A_SECOND || ended != taken) {
        fprintf(stderr, "ringside-bench: %u interrupts taken and %u ended in a second\n", taken,
                ended);
        exit(2);
    }
}

static double bench_measure_calls(const void *opaque)
{
    (void)opaque;
    return bench_plain_call();
}

/* CPU seconds of an interrupt: many more of them in the same second. */
static double bench_measure_ticks(const void *opaque)
{
    (void)opaque;
    return (bench_cpu("ticks") - bench_cpu("ticks-second")) / TICKS_MORE;
}

static void bench_interrupts(void)
{
    bench_check_ticks();
    struct bench_pair pair = bench_pairs(bench_measure_calls, NULL, bench_measure_ticks, NULL);
    g_autofree char *detail = g_strdup_printf("%.0f against %.0f a second: 1/%.0f", 1 / pair.other,
                                              1 / pair.one, 1 / pair.ratio);
    bench_report("interrupts a second, against plain calls", pair.ratio, "x", ">", 0.0004, detail);
}

static void bench_checkers(void)
{
    struct bench_pair pair =
        bench_pairs(bench_measure_scenario, "flood", bench_measure_scenario, "flood-unchecked");
    g_autofree char *detail =
        g_strdup_printf("%.2f ms against %.2f ms of CPU time", pair.one * 1e3, pair.other * 1e3);
    bench_report("round trips with checkers, against none", pair.ratio, "x", "<", 1.25, detail);
}

/*
 * What a volley of pings costs with and without faults, start-up apart, which is longer by what it
 * takes to compile the fault's filter. The bound is narrower than
 * what a busy machine does to any single run, so neighbours are compared: two runs of either kind
 * in the order none, armed, armed, none have the same machine and cancel its drift. Their ratios
 * are taken until the median of all is known well enough: between the order statistics that hold it
 * with 95 %, lies no more than PRECISION.
 */
#define QUADS_MIN 41
#define QUADS_MAX 401
#define PRECISION 0.01

/* Sorts the samples. The width of the interval that holds their median with 95 %. */
static double bench_uncertainty(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, bench_compare);
    size_t half = (size_t)(0.98 * sqrt((double)count));
    return samples[count / 2 + half] - samples[count / 2 - half];
}

static void bench_idle_faults(void)
{
    double start[SAMPLES], start_armed[SAMPLES], ratios[QUADS_MAX];
    for (size_t i = 0; i < SAMPLES; i++) {
        start[i] = bench_cpu("ping");
        start_armed[i] = bench_cpu("ping-armed");
    }
    double none_start = bench_median(start, SAMPLES), uncertainty = 1;
    double armed_start = bench_median(start_armed, SAMPLES);
    size_t count = 0;
    while (count < QUADS_MAX && (count < QUADS_MIN || uncertainty > PRECISION)) {
        double none = bench_cpu("volley"), armed = bench_cpu("volley-armed");
        armed += bench_cpu("volley-armed");
        none += bench_cpu("volley");
        ratios[count++] = (armed - 2 * armed_start) / (none - 2 * none_start);
        uncertainty = count < QUADS_MIN ? 1 : bench_uncertainty(ratios, count);
    }
    g_autofree char *detail =
        g_strdup_printf("CPU time; median of %zu, within ± %.3f", count, uncertainty / 2);
    bench_report("round trips past an armed idle fault, against none", bench_median(ratios, count),
                 "x", "<", 1.02, detail);
}

/*
 * From the last moment of a run to the printed cause: a second of sleep that ends with a hang, less
 * one that ends well.
 */
static void bench_diagnosis(void)
{
    double hang = G_MAXDOUBLE, none = G_MAXDOUBLE;
    for (size_t i = 0; i < SAMPLES; i++) {
        hang = MIN(hang, bench_scenario("hang", NULL));
        none = MIN(none, bench_scenario("idle-second", NULL));
    }
    g_autofree char *detail =
        g_strdup_printf("%.2f ms against %.2f ms without a hang", hang * 1e3, none * 1e3);
    bench_report("a diagnosis, with its proof and source lines", (hang - none) * 1e3, " ms", "<",
                 DIAGNOSIS_MS, detail);
}

/* One run of every kind of verdict, as whole processes; the slowest counts. */
static void bench_verdicts(void)
{
    static const struct {
        const char *name;
        int status;
    } verdicts[] = {
        {"hang", 3},
        {"stall", 3},
        {"livelock", 3},
        {"storm", 3},
        {"limit", 3},
        {"freeze", 3},
        {"poll-clock-for-ever", 3},
        {"wild-pointer", 4},
        {"recurse", 4},
    };
    double slowest = 0;
    const char *which = "";
    for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        g_autofree char *path = g_strconcat(BENCH_VERDICTS "/", verdicts[i].name, ".scn", NULL);
        char *argv[] = {bench_ringside, (char *)"run", (char *)"-q", path, NULL};
        double least = G_MAXDOUBLE;
        for (size_t j = 0; j < VERDICT_SAMPLES; j++) {
            least = MIN(least, bench_run(argv, verdicts[i].status, NULL));
        }
        if (least > slowest) {
            slowest = least;
            which = verdicts[i].name;
        }
    }
    g_autofree char *detail =
        g_strdup_printf("of %zu, whole processes: %s", G_N_ELEMENTS(verdicts), which);
    bench_report("the slowest verdict", slowest * 1e3, " ms", "<", VERDICT_MS, detail);
}

static void bench_second_cpu(void)
{
    struct bench_pair pair =
        bench_pairs(bench_measure_scenario, "flood-two-cpus", bench_measure_scenario, "flood");
    g_autofree char *detail =
        g_strdup_printf("%.2f ms against %.2f ms of CPU time", pair.one * 1e3, pair.other * 1e3);
    bench_report("round trips on a second CPU, against one", pair.ratio, "x", "<", 2.5, detail);
}

static void bench_memory(void)
{
    long peak_kib = 0;
    bench_scenario("ping", &peak_kib);
    bench_report("peak resident memory of a ping run", (double)peak_kib / 1024, " MiB", "<",
                 MEMORY_MIB, "largest process of the run");
}

static const struct bench_measurement {
    const char *name;
    void (*measure)(void);
} bench_measurements[] = {
    {"process", bench_whole_process},
    {"idle-hour", bench_idle_hour},
    {"round-trips", bench_round_trips},
    {"interrupts", bench_interrupts},
    {"idle-fault", bench_idle_faults},
    {"checkers", bench_checkers},
    {"second-cpu", bench_second_cpu},
    {"diagnosis", bench_diagnosis},
    {"verdicts", bench_verdicts},
    {"memory", bench_memory},
    {"connection-memory", bench_connection_memory},
    {"bulk", bench_bulk},
    {"loads", bench_loads},
    {"faces", bench_faces},
    {"shares", bench_shares},
    {"handshake", bench_handshake_process},
    {"handshakes", bench_handshakes},
};

static bool bench_is_wanted(const char *name, char **wanted)
{
    return wanted == NULL || g_strv_contains((const char *const *)wanted, name);
}

/* Exits with 2, naming those that there are, where a name is of none. */
static void bench_check_names(char **wanted)
{
    for (char **name = wanted; name != NULL && *name != NULL; name++) {
        bool is_known = false;
        for (size_t i = 0; i < G_N_ELEMENTS(bench_measurements); i++) {
            is_known |= g_str_equal(*name, bench_measurements[i].name);
        }
        if (!is_known) {
            fprintf(stderr, "ringside-bench: no measurement '%s'; there are:", *name);
            for (size_t i = 0; i < G_N_ELEMENTS(bench_measurements); i++) {
                fprintf(stderr, " %s", bench_measurements[i].name);
            }
            fputc('\n', stderr);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    g_auto(GStrv) wanted = NULL;
    const GOptionEntry entries[] = {
        {.long_name = G_OPTION_REMAINING,
         .arg = G_OPTION_ARG_STRING_ARRAY,
         .arg_data = &wanted,
         .arg_description = "[NAME…]"},
        {.long_name = NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "Measures all, or what is named; exits with 1 when a bound is missed.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "ringside-bench: %s\n", error->message);
        return 2;
    }
    bench_check_names(wanted);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(self != NULL ? self : ".");
    bench_ringside = g_build_filename(folder, "ringside", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bench_measurements); i++) {
        if (bench_is_wanted(bench_measurements[i].name, wanted)) {
            bench_measurements[i].measure();
        }
    }
    g_free(bench_ringside);
    if (bench_missed > 0) {
        fprintf(stderr, "ringside-bench: %u bounds missed\n", bench_missed);
    }
    return bench_missed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
