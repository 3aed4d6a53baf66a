/* each.c - one test for every allocation */
#include "harness/run/each.h"

#include "harness/run/mutant.h"
#include "harness/run/pool.h"
#include "harness/run/select.h"

#include <stdio.h>

/* A test that asks for others. */
struct each_base {
    GPtrArray *tests; /* of its file */
    const struct scenario *scenario;
};

static GArray *each_find(const GPtrArray *files)
{
    GArray *bases = g_array_new(FALSE, FALSE, sizeof(struct each_base));
    for (guint i = 0; i < files->len; i++) {
        const struct selected_file *file = g_ptr_array_index(files, i);
        for (guint j = 0; file->tests != NULL && j < file->tests->len; j++) {
            struct each_base base = {file->tests, g_ptr_array_index(file->tests, j)};
            if (base.scenario->alloc_each) {
                g_array_append_val(bases, base);
            }
        }
    }
    return bases;
}

static void each_done(void *opaque, size_t index, struct pool_job *job)
{
    (void)opaque, (void)index, (void)job;
}

static void each_progress(void *opaque, size_t finished, size_t total)
{
    (void)opaque, (void)finished, (void)total;
}

static void each_prepare(struct pool_job *job, const struct scenario *scenario, uint64_t seed)
{
    struct scenario_place place;
    run_result_init(&job->result);
    job->options.seed = seed;
    job->options.guest_path = mutant_find_guest(scenario, &place, NULL);
    job->scenario = job->options.guest_path != NULL ? scenario : NULL;
}

static void each_add(const struct each_base *base, uint64_t allocations)
{
    if (allocations > EACH_TESTS_MAX) {
        fprintf(stderr,
                "ringside: %s: of %" G_GUINT64_FORMAT " allocations only the first %d fail\n",
                base->scenario->name, allocations, EACH_TESTS_MAX);
        allocations = EACH_TESTS_MAX;
    }
    guint at;
    gboolean found = g_ptr_array_find(base->tests, base->scenario, &at);
    g_assert(found);
    for (unsigned number = 1; number <= allocations; number++) {
        g_ptr_array_insert(base->tests, (gint)(at + number),
                           scenario_with_alloc(base->scenario, number));
    }
}

void each_expand(GPtrArray *files, uint64_t seed, unsigned parallel)
{
    g_autoptr(GArray) bases = each_find(files);
    struct pool_job *jobs = g_new0(struct pool_job, bases->len);
    for (guint i = 0; i < bases->len; i++) {
        each_prepare(&jobs[i], g_array_index(bases, struct each_base, i).scenario, seed);
    }
    pool_run(jobs, bases->len, parallel, each_done, each_progress, NULL);
    for (guint i = 0; i < bases->len; i++) {
        if (jobs[i].scenario != NULL && jobs[i].result.status == RUN_PASSED) {
            each_add(&g_array_index(bases, struct each_base, i), jobs[i].result.allocations);
        }
        g_free((char *)jobs[i].options.guest_path);
        run_result_clear(&jobs[i].result);
    }
    g_free(jobs);
}
