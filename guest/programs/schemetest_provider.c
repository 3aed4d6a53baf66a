/*
 * schemetest_provider.c - the provider that schemetest's checks are about
 *
 * Any path opens, but "none". Reading gives "0123456789" and then the end; below "dir" it is a
 * directory. It takes what is written, and knows DUP of "ok" only. What it does otherwise than it
 * should, it does when it is asked to read.
 */
#include "kernel/user_call.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "programs/schemetest.h"
#include "programs/user.h"

#define PROVIDER_HANDLES_MAX 32
#define PROVIDER_DIED        3

static const char provider_text[] = "0123456789";

struct provider {
    int root;
    const char *behaviour;
    int64_t last_handle;
    bool is_directory[PROVIDER_HANDLES_MAX];
    bool was_read[PROVIDER_HANDLES_MAX];
    bool failed; /* the kernel took a wrong answer */
};

static bool provider_is(const struct provider *provider, const char *behaviour)
{
    return kstreq(provider->behaviour, behaviour);
}

static bool provider_data_is(const struct scheme_request *request, const char *text)
{
    return request->size == kstrlen(text) && kmemeq(request->data, text, request->size);
}

static int64_t provider_add(struct provider *provider, bool is_directory)
{
    if (provider->last_handle == PROVIDER_HANDLES_MAX - 1)
        return -KENFILE;
    provider->is_directory[++provider->last_handle] = is_directory;
    return provider->last_handle;
}

static int64_t provider_read(struct provider *provider, const struct scheme_request *request)
{
    size_t length =
        request->size < sizeof provider_text - 1 ? request->size : sizeof provider_text - 1;
    if (provider->is_directory[request->handle])
        return -KEISDIR;
    if (provider->was_read[request->handle])
        return 0;
    provider->was_read[request->handle] = true;
    memcpy(request->data, provider_text, length);
    return (int64_t)length;
}

static int64_t provider_result(struct provider *provider, const struct scheme_request *request)
{
    switch (request->operation) {
    case SCHEME_OPEN:
        if (provider_data_is(request, "none"))
            return -KENOENT;
        return provider_add(provider, provider_data_is(request, "dir"));
    case SCHEME_DUP:
        return provider_data_is(request, "ok") ? provider_add(provider, false) : -KEINVAL;
    case SCHEME_READ:
        return provider_read(provider, request);
    case SCHEME_WRITE:
        return request->size;
    case SCHEME_EVENTS:
        return request->flags & EVENT_WRITE;
    case SCHEME_SYNC:
    case SCHEME_CLOSE:
        return 0;
    default:
        return -KEOPNOTSUPP;
    }
}

/* An answer that the kernel has to refuse. */
static void provider_answer_wrongly(struct provider *provider, uint64_t tag)
{
    long error = sys_answer(provider->root, tag, 0);
    if (error == -KEBADF)
        return;
    user_error("schemetest", "provider: answer to tag %lu: expected EBADF, got %ld",
               (unsigned long)tag, error);
    provider->failed = true;
}

/* False: it has to be answered. */
static bool provider_misbehaves(struct provider *provider, const struct scheme_request *request)
{
    if (provider_is(provider, "dies"))
        user_exit(PROVIDER_DIED);
    if (provider_is(provider, "never"))
        return true;
    if (provider_is(provider, "wrong-tag")) {
        provider_answer_wrongly(provider, request->tag + 1000);
    } else if (provider_is(provider, "twice")) {
        (void)sys_answer(provider->root, request->tag, 1);
        provider_answer_wrongly(provider, request->tag);
        return true;
    } else if (provider_is(provider, "too-long")) {
        (void)sys_answer(provider->root, request->tag, (int64_t)request->size + 1);
        return true;
    }
    return false;
}

int schemetest_provide(const char *name, const char *behaviour)
{
    struct provider provider = {.behaviour = behaviour};
    struct scheme_request request;
    provider.root = (int)sys_scheme_create(name, 0);
    if (provider.root < 0) {
        user_error("schemetest", "provider: %s: %s", name, errno_text(provider.root));
        return 1;
    }
    if (provider_is(&provider, "deaf"))
        (void)user_sleep_ns(UINT64_MAX / 2);
    while (sys_read(provider.root, &request, sizeof request) == sizeof request) {
        if (request.operation == SCHEME_CANCEL)
            (void)sys_answer(provider.root, request.tag, -KEINTR);
        else if (request.operation != SCHEME_READ || !provider_misbehaves(&provider, &request))
            (void)sys_answer(provider.root, request.tag, provider_result(&provider, &request));
        if (request.operation == SCHEME_CLOSE)
            break;
    }
    return provider.failed ? 1 : 0;
}
