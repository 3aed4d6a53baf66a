/*
 * p9_direct_rig.c - the client of the tests of the server, without a device in between
 */
#include "emu/virtio-9p/p9_server_rig.h"

#include "tests/unit.h"

static void rig_breach(void *opaque, const struct p9_request *request, const char *rule,
                       uint64_t value)
{
    struct p9_rig *rig = opaque;
    (void)request;
    rig->breaches++;
    rig->rule = rule;
    rig->value = value;
}

void rig_carrier_init(struct p9_rig *rig, const struct p9_server_config *config)
{
    struct p9_server_config with = *config;
    with.breach = rig_breach;
    with.opaque = rig;
    rig->server = p9_server_new(rig->tree, &with);
}

void rig_carrier_fini(struct p9_rig *rig)
{
    p9_server_free(rig->server);
}

void rig_carry(struct p9_rig *rig)
{
    struct p9_request request;
    const char *why;
    CU_ASSERT_TRUE_FATAL(p9_decode(rig->message->data, rig->message->len, &request, &why));
    rig->reply_size = p9_server_serve(rig->server, &request, rig->reply, rig->room);
}
