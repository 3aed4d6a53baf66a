/*
 * pool.c - children and their pipes
 *
 * A child inherits the parsed scenario, runs it, writes its encoded result into a pipe and leaves
 * without running exit handlers. A child that ends in another way has no result: the parent says
 * how it ended.
 */
#include "harness/run/pool.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct pool_child {
    size_t job;
    pid_t pid;
    int fd;
    GByteArray *bytes;
};

/* ---- in the child ---------------------------------------------------------------------------- */

static bool child_send(int fd, const struct run_result *result)
{
    g_autoptr(GBytes) bytes = run_result_encode(result);
    size_t size;
    const uint8_t *data = g_bytes_get_data(bytes, &size);
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return true;
}

static void child_crashed(void *opaque, struct run_result *result)
{
    const int *fd = opaque;
    _exit(child_send(*fd, result) ? 0 : RUN_FAULT);
}

/* POOL_CPU_SECONDS, or less where the user's own limit is lower. */
static rlim_t pool_cpu_limit(void)
{
    struct rlimit limit;
    bool is_lower = getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur < POOL_CPU_SECONDS;
    return is_lower ? limit.rlim_cur : POOL_CPU_SECONDS;
}

static G_NORETURN void child_main(const struct pool_job *job, int fd)
{
    /*
     * The kernel's signal ends a guest that never gives up the CPU; a second one would kill without
     * a name.
     */
    rlim_t seconds = pool_cpu_limit();
    const struct rlimit cpu = {.rlim_cur = seconds, .rlim_max = seconds + 5};
    setrlimit(RLIMIT_CPU, &cpu);
    struct session_options options = job->options;
    options.crashed = child_crashed;
    options.opaque = &fd;
    struct run_result result;
    run_result_init(&result);
    session_run(job->scenario, &options, &result);
    _exit(child_send(fd, &result) ? 0 : RUN_FAULT);
}

/* ---- in the parent --------------------------------------------------------------------------- */

static void pool_set_verdict(struct run_result *result, enum run_status status, char *what)
{
    result->status = status;
    g_free(result->what);
    result->what = what;
}

static bool pool_spawn(struct pool_job *job, struct pool_child *child)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) {
        pool_set_verdict(&job->result, RUN_FAULT,
                         g_strdup_printf("cannot make a pipe: %s", g_strerror(errno)));
        return false;
    }
    /* What is printed already must not stand in the child's buffer too, for however it ends. */
    fflush(stdout);
    child->pid = fork();
    if (child->pid == 0) {
        close(fds[0]);
        child_main(job, fds[1]);
    }
    close(fds[1]);
    if (child->pid < 0) {
        close(fds[0]);
        pool_set_verdict(&job->result, RUN_FAULT,
                         g_strdup_printf("cannot fork: %s", g_strerror(errno)));
        return false;
    }
    child->fd = fds[0];
    child->bytes = g_byte_array_new();
    return true;
}

/* How a child without a result ended. */
static void pool_judge_end(struct pool_job *job, int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
        pool_set_verdict(&job->result, RUN_STUCK,
                         g_strdup_printf("the test used %lu s of CPU time without an end: the "
                                         "guest spins",
                                         (unsigned long)pool_cpu_limit()));
    } else if (WIFSIGNALED(status)) {
        pool_set_verdict(
            &job->result, RUN_FAULT,
            g_strdup_printf("ringside itself was ended by signal %d (%s); please report "
                            "this",
                            WTERMSIG(status), g_strsignal(WTERMSIG(status))));
    } else {
        pool_set_verdict(
            &job->result, RUN_FAULT,
            g_strdup_printf("ringside itself failed with status %d; please report this",
                            WEXITSTATUS(status)));
    }
}

/* Reads what is there. True when the child has closed its end. */
static bool pool_read(struct pool_child *child)
{
    uint8_t buffer[16384];
    ssize_t size = read(child->fd, buffer, sizeof buffer);
    if (size > 0) {
        g_byte_array_append(child->bytes, buffer, (guint)size);
    }
    return size == 0 || (size < 0 && errno != EINTR);
}

static void pool_reap(struct pool_job *job, struct pool_child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(child->fd);
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(child->bytes);
    bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ended_well || !run_result_decode(&job->result, bytes)) {
        pool_judge_end(job, status);
    }
}

/* Waits until some child has something to say, and takes it. Returns how many have ended. */
static size_t pool_wait(struct pool_job *jobs, bool *finished, GArray *children)
{
    g_autofree struct pollfd *fds = g_new0(struct pollfd, children->len);
    for (guint i = 0; i < children->len; i++) {
        fds[i] = (struct pollfd){g_array_index(children, struct pool_child, i).fd, POLLIN, 0};
    }
    if (poll(fds, children->len, -1) < 0) {
        g_assert(errno == EINTR);
        return 0;
    }
    size_t ended = 0;
    for (guint i = children->len; i > 0; i--) {
        struct pool_child *child = &g_array_index(children, struct pool_child, i - 1);
        if (fds[i - 1].revents != 0 && pool_read(child)) {
            pool_reap(&jobs[child->job], child);
            finished[child->job] = true;
            g_array_remove_index(children, i - 1);
            ended++;
        }
    }
    return ended;
}

void pool_run(struct pool_job *jobs, size_t count, unsigned parallel, pool_done_fn *done,
              pool_progress_fn *progress, void *opaque)
{
    g_assert(parallel > 0);
    g_autoptr(GArray) children = g_array_new(FALSE, TRUE, sizeof(struct pool_child));
    g_autofree bool *finished = g_new0(bool, count);
    size_t started = 0, handed_over = 0, ended = 0;
    while (handed_over < count) {
        while (started < count && children->len < parallel) {
            struct pool_child child = {.job = started};
            struct pool_job *job = &jobs[started];
            if (job->scenario != NULL && pool_spawn(job, &child)) {
                g_array_append_val(children, child);
            } else {
                finished[started] = true;
                ended++;
            }
            started++;
        }
        if (!finished[handed_over]) {
            ended += pool_wait(jobs, finished, children);
        }
        while (handed_over < count && finished[handed_over]) {
            done(opaque, handed_over, &jobs[handed_over]);
            handed_over++;
        }
        progress(opaque, ended, count);
    }
}

static void pool_crashed_here(void *opaque, struct run_result *result)
{
    (void)opaque;
    fprintf(stderr, "ringside: %s\n", result->what);
    _exit(RUN_CRASHED);
}

void pool_run_here(struct pool_job *job)
{
    job->options.crashed = pool_crashed_here;
    session_run(job->scenario, &job->options, &job->result);
    run_result_make_printable(&job->result);
}
