/* p9_options.c - what the boot parameters say about shared folders */
#include "drivers/p9_options.h"

#include "kernel/file.h"
#include "lib/string.h"

#define P9_POLL_HZ_MAX    10000
#define P9_TIMEOUT_MS_MAX 600000
#define P9_NS_PER_S       UINT64_C(1000000000)
#define P9_NS_PER_MS      UINT64_C(1000000)

/* False: it is not a number of this range. */
static bool p9_take_number(const char *name, uint32_t least, uint32_t most, uint32_t *value)
{
    const char *text = boot_parameter(name);
    return text == NULL || (kparse_u32(text, most, value) && *value >= least);
}

static bool p9_take_policy(enum virtio_9p_policy *policy)
{
    static const char *const names[] = {"interrupt", "poll", "spin"};
    const char *text = boot_parameter("9p");
    if (text == NULL)
        return true;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (kstreq(text, names[i])) {
            *policy = (enum virtio_9p_policy)i;
            return true;
        }
    }
    return false;
}

const char *p9_options_take(struct p9_options *options)
{
    uint32_t hz = 1000, timeout_ms = 30000, msize = 131072, tag = 0;
    const char *directory = boot_parameter("9p-odirectory");
    bool is_lax = directory != NULL && kstreq(directory, "lax");
    *options = (struct p9_options){.profile = {.lax_directory = is_lax}};
    if (directory != NULL && !is_lax && !kstreq(directory, "strict"))
        return "9p-odirectory";
    if (!p9_take_policy(&options->channel.policy))
        return "9p";
    if (!p9_take_number("9p-poll", 1, P9_POLL_HZ_MAX, &hz))
        return "9p-poll";
    if (!p9_take_number("9p-timeout", 1, P9_TIMEOUT_MS_MAX, &timeout_ms))
        return "9p-timeout";
    if (!p9_take_number("9p-msize", P9_MSIZE_MIN, P9_MSIZE_MAX, &msize))
        return "9p-msize";
    if (!p9_take_number("9p-tag", 0, UINT16_MAX, &tag))
        return "9p-tag";
    options->channel.period_ns = P9_NS_PER_S / hz;
    options->channel.timeout_ns = timeout_ms * P9_NS_PER_MS;
    options->channel.msize = msize;
    options->first_tag = (uint16_t)tag;
    return NULL;
}
