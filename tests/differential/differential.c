/*
 * differential.c - the reference guest's TCP/IP against this machine's Linux
 *
 *     differential [-v] [--must-differ] [CONVERSATION...]
 *
 * Each conversation is held four times: by Linux with itself, which is the reference, by either
 * stack with the other, and by the guest's with itself. What programs see of it, and what TCP
 * prescribes on the wire, must be the same in all of them. The guest's own unit tests say what its
 * authors have read in the RFCs; here an implementation answers that nobody of them wrote.
 *
 * Both ends are 10.0.2.15 and know the other as 10.0.2.2: the wire exchanges the two. So there is
 * nothing that tells one combination from another, and one copy of the guest's stack, whose state
 * is static, can be at both ends.
 *
 *     program                     program
 *     sockets (end.h)             sockets
 *     core, or Linux + TUN        core, or Linux + TUN
 *     a ------------- wire.c ------------- b
 *                     watch.c looks, a fault of the conversation drops, holds, alters
 *
 * Every conversation in every combination has a process of its own, with a fresh stack or namespace
 * at each end: nothing is left of the one before, none waits for another's timers, and one that
 * crashes or hangs fails alone. In a process there is one thread, which is program, wire and
 * driver; time is real, since Linux has no other, and nearly all of it is waited for. What a
 * transcript says must not depend on it, see talk.h and watch.h.
 *
 * What differs by choice is left out, each where it is said why: windows and scales, how streams
 * are cut, which kind of probe (watch.c), states after the end (talk.c).
 *
 * Where the machine does not allow network namespaces or TUN devices: exit status 77, and why.
 * --must-differ is for a guest with a planted defect (planted/): the status is 0 when the guest
 * differs from the reference in each of these conversations, and 1 when one of them saw nothing.
 */
#include "tests/differential/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_SKIPPED     77
#define COMBINATIONS     4
#define TRANSCRIPT_SIZE  16384
#define PROCESSES        16 /* at once; they wait most of their time */
#define CONVERSATION_S   60 /* then it hangs */
#define SAME_LINES_SHOWN 3  /* in front of a difference */
#define LINES_AHEAD      16 /* among which a line is looked for that both have again */

/* Of one combination; shared with its process. */
struct held {
    pid_t process;
    bool failed;
    char text[TRANSCRIPT_SIZE];
};

static const char *const combination_names[COMBINATIONS] = {"linux-linux", "linux-core",
                                                            "core-linux", "core-core"};
static const bool combination_core[COMBINATIONS][2] = {
    {false, false}, {false, true}, {true, false}, {true, true}};

static const struct talk *const all_talks[] = {talks_opening, talks_data,   talks_loss,
                                               talks_closing, talks_forged, talks_datagram};

/* ---- holding them ---------------------------------------------------------------------------- */

static void hold(const struct talk *talk, unsigned combination, struct held *held)
{
    struct end ends[2];
    char reason[200];
    FILE *transcript = fmemopen(held->text, sizeof(held->text), "w");
    g_assert(transcript != NULL);
    setvbuf(transcript, NULL, _IONBF, 0); /* it is there also when the process crashes */
    alarm(CONVERSATION_S);
    for (unsigned i = 0; i < 2; i++) {
        if (combination_core[combination][i]) {
            end_core_open(&ends[i], i);
        } else if (!end_linux_open(&ends[i], reason, sizeof(reason))) {
            fprintf(stderr, "%s: %s\n", talk->name, reason);
            _exit(EXIT_FAILURE);
        }
    }
    talk_begin(&ends[0], &ends[1], transcript);
    talk->run();
    talk_record(false);
    watch_describe(transcript);
    if (ferror(transcript) != 0) {
        fprintf(stderr, "%s: the transcript is too long\n", talk->name);
        _exit(EXIT_FAILURE);
    }
    /* Sockets, stacks and memory go with the process. */
    _exit(EXIT_SUCCESS);
}

/* Waits for one of the processes. */
static void reap(struct held *all, unsigned count)
{
    int status;
    pid_t process = wait(&status);
    for (unsigned i = 0; i < count; i++) {
        if (all[i].process == process)
            all[i].failed = !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
    }
}

static void hold_all(const GPtrArray *chosen, struct held *all)
{
    unsigned running = 0, begun = 0, count = chosen->len * COMBINATIONS;
    while (begun < count || running > 0) {
        if (begun == count || running == PROCESSES) {
            reap(all, begun);
            running--;
            continue;
        }
        pid_t process = fork();
        if (process == 0)
            hold(chosen->pdata[begun / COMBINATIONS], begun % COMBINATIONS, &all[begun]);
        g_assert(process > 0);
        all[begun++].process = process;
        running++;
    }
}

/* In a process of its own, so that this one stays where it is. */
static bool linux_is_allowed(void)
{
    pid_t process = fork();
    int status = 0;
    if (process == 0) {
        struct end end;
        char reason[200];
        if (end_linux_open(&end, reason, sizeof(reason)))
            _exit(EXIT_SUCCESS);
        printf("skipped, this machine does not give %s\n", reason);
        fflush(stdout);
        _exit(EXIT_SKIPPED);
    }
    return process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* ---- comparing them -------------------------------------------------------------------------- */

static void print_lines(char mark, char **lines, unsigned begin, unsigned end)
{
    for (unsigned i = begin; i < end; i++)
        printf("  %c %s\n", mark, lines[i]);
}

/* Where both go on with the same line, as near as possible; if nowhere near, behind the last. */
static void find_next_same(char **old, char **new, unsigned *at_old, unsigned *at_new)
{
    unsigned old_left = g_strv_length(old + *at_old), new_left = g_strv_length(new + *at_new);
    for (unsigned ahead = 1; ahead <= LINES_AHEAD; ahead++) {
        for (unsigned of_old = 0; of_old <= ahead; of_old++) {
            unsigned of_new = ahead - of_old;
            if (of_old < old_left && of_new < new_left &&
                strcmp(old[*at_old + of_old], new[*at_new + of_new]) == 0) {
                *at_old += of_old;
                *at_new += of_new;
                return;
            }
        }
    }
    *at_old += old_left;
    *at_new += new_left;
}

static void print_difference(const char *expected, const char *got)
{
    g_auto(GStrv) old = g_strsplit(expected, "\n", -1);
    g_auto(GStrv) new = g_strsplit(got, "\n", -1);
    unsigned i = 0, j = 0, shown = 0;
    while (old[i] != NULL || new[j] != NULL) {
        unsigned next_old = i, next_new = j;
        if (old[i] != NULL && new[j] != NULL && strcmp(old[i], new[j]) == 0) {
            i++;
            j++;
            continue;
        }
        find_next_same(old, new, &next_old, &next_new);
        print_lines(' ', old, i - shown > SAME_LINES_SHOWN ? i - SAME_LINES_SHOWN : shown, i);
        print_lines('-', old, i, next_old);
        print_lines('+', new, j, next_new);
        i = shown = next_old;
        j = next_new;
    }
}

/* How many of the combinations differ from the reference, or came to nothing. */
static unsigned compare(const struct talk *talk, const struct held *held)
{
    unsigned differ = 0;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        const char *name = combination_names[i];
        if (held[i].failed) {
            printf("FAIL  %s, %s: the process came to nothing, after\n%s", talk->name, name,
                   held[i].text);
            differ++;
        } else if (i > 0 && !held[0].failed && strcmp(held[0].text, held[i].text) != 0) {
            printf("FAIL  %s, %s (+) is not as %s (-):\n", talk->name, name, combination_names[0]);
            print_difference(held[0].text, held[i].text);
            differ++;
        }
    }
    return differ;
}

/* A reference that breaks rules is none. */
static bool reference_is_sound(const struct talk *talk, const struct held *held)
{
    if (!held->failed && strstr(held->text, "BREACH") == NULL)
        return true;
    printf("FAIL  %s: the reference is not sound\n%s", talk->name, held->text);
    return false;
}

/* ---- the command ----------------------------------------------------------------------------- */

static GPtrArray *choose(char **names)
{
    GPtrArray *chosen = g_ptr_array_new();
    for (unsigned i = 0; i < G_N_ELEMENTS(all_talks); i++) {
        for (const struct talk *talk = all_talks[i]; talk->name != NULL; talk++) {
            if (*names == NULL || g_strv_contains((const char *const *)names, talk->name))
                g_ptr_array_add(chosen, (void *)talk);
        }
    }
    return chosen;
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    char **names = argv + 1 + verbose;
    bool must_differ = *names != NULL && strcmp(*names, "--must-differ") == 0;
    names += must_differ;
    g_autoptr(GPtrArray) chosen = choose(names);
    if (chosen->len == 0 || (*names != NULL && chosen->len < g_strv_length(names))) {
        fprintf(stderr, "differential: no such conversation\n");
        return EXIT_FAILURE;
    }
    if (!linux_is_allowed())
        return EXIT_SKIPPED;
    size_t size = chosen->len * COMBINATIONS * sizeof(struct held);
    struct held *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert(all != MAP_FAILED);
    hold_all(chosen, all);
    unsigned differ = 0, noticed = 0, sound = 0;
    for (unsigned i = 0; i < chosen->len; i++) {
        const struct held *held = &all[i * COMBINATIONS];
        const struct talk *talk = chosen->pdata[i];
        if (verbose)
            printf("----  %s\n%s", talk->name, held->text);
        sound += reference_is_sound(talk, held);
        unsigned here = compare(talk, held);
        differ += here;
        noticed += here > 0;
    }
    printf("%u conversations, each in %d combinations: %u differ\n", chosen->len, COMBINATIONS,
           differ);
    munmap(all, size);
    bool well = sound == chosen->len && noticed == (must_differ ? chosen->len : 0);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
