/*
 * shares.c - the trees behind a scenario's shares
 *
 * A share outlives no machine, but is there before it: that a folder cannot be read is an error of
 * the scenario, not of the run.
 */
#include "harness/run/shares.h"

#include <string.h>

#define SHARES_NS_PER_S UINT64_C(1000000000)

struct shares {
    const struct scenario *scenario;
    const struct vclock *clock; /* NULL: none yet */
    struct p9_tree *trees[SCENARIO_SHARES_MAX];
};

/* What the guest's real-time clock shows, if nobody sets it. */
static uint64_t shares_now_ns(void *opaque)
{
    const struct shares *shares = opaque;
    uint64_t since_ns =
        shares->clock != NULL ? vclock_now_ns(shares->clock) - VCLOCK_POWER_ON_NS : 0;
    return shares->scenario->machine.rtc_s * SHARES_NS_PER_S + since_ns;
}

static struct p9_tree *shares_open(struct shares *shares, const struct scenario_share *share,
                                   GError **error)
{
    const struct p9_tree_config config = {.now_ns = shares_now_ns, .opaque = shares};
    if (share->folder != NULL) {
        return p9_tree_new_folder(&config, share->folder, error);
    }
    struct p9_tree *tree = p9_tree_new_memory(&config);
    for (guint i = 0; i < share->files->len; i++) {
        const struct scenario_file *file = g_ptr_array_index(share->files, i);
        int refused = p9_tree_add_file(tree, file->path, file->content, file->size);
        if (refused != 0) {
            g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(refused),
                        "the share '%s' cannot have the file '%s': %s", share->device.name,
                        file->path, g_strerror(refused));
            p9_tree_free(tree);
            return NULL;
        }
    }
    return tree;
}

struct shares *shares_new(const struct scenario *scenario, struct scenario_place *place,
                          GError **error)
{
    struct shares *shares = g_new0(struct shares, 1);
    shares->scenario = scenario;
    for (guint i = 0; i < scenario->shares->len; i++) {
        const struct scenario_share *share = g_ptr_array_index(scenario->shares, i);
        shares->trees[i] = shares_open(shares, share, error);
        if (shares->trees[i] == NULL) {
            *place = share->folder != NULL ? share->folder_at : share->device.place;
            shares_free(shares);
            return NULL;
        }
    }
    return shares;
}

void shares_free(struct shares *shares)
{
    if (shares == NULL) {
        return;
    }
    shares->clock = NULL; /* gone with the machine */
    for (guint i = 0; i < SCENARIO_SHARES_MAX; i++) {
        p9_tree_free(shares->trees[i]);
    }
    g_free(shares);
}

void shares_set_clock(struct shares *shares, const struct vclock *clock)
{
    shares->clock = clock;
}

struct p9_tree *shares_tree(const struct shares *shares, unsigned index)
{
    g_assert(index < shares->scenario->shares->len);
    return shares->trees[index];
}

struct p9_tree *shares_tree_by_name(const struct shares *shares, const char *name)
{
    for (guint i = 0; i < shares->scenario->shares->len; i++) {
        const struct scenario_share *share = g_ptr_array_index(shares->scenario->shares, i);
        if (strcmp(share->device.name, name) == 0) {
            return shares->trees[i];
        }
    }
    g_assert_not_reached();
}
