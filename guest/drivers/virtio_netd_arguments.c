/* virtio_netd_arguments.c - the command line of the daemon of a virtio network device */
#include "drivers/virtio_netd_priv.h"

#include "lib/format.h"
#include "lib/string.h"

#define VIRTIO_NETD_HZ_MAX 10000

static bool virtio_netd_parse_policy(const char *text, enum virtio_net_policy *policy)
{
    static const char *const names[] = {"forget", "block", "spin"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (kstreq(text, names[i])) {
            *policy = (enum virtio_net_policy)i;
            return true;
        }
    }
    return false;
}

static bool virtio_netd_parse_option(struct virtio_netd_arguments *arguments, char letter,
                                     const char *value)
{
    switch (letter) {
    case 'n':
        arguments->name = value;
        return kstrlen(value) < NETIF_NAME_MAX;
    case 't':
        return virtio_netd_parse_policy(value, &arguments->policy);
    case 'p':
        return kparse_u32(value, VIRTIO_NETD_HZ_MAX, &arguments->poll_hz);
    case 'b':
        return kparse_u32(value, VNET_BUFFER_MAX, &arguments->rx_buffer) &&
               arguments->rx_buffer >= VNET_BUFFER_MIN;
    default:
        return false;
    }
}

bool virtio_netd_parse(struct virtio_netd_arguments *arguments, int argc, char **argv)
{
    int at = 1;
    *arguments = (struct virtio_netd_arguments){.rx_buffer = VNET_BUFFER_MAX};
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (argv[at][1] == '\0' || argv[at][2] != '\0' ||
            !virtio_netd_parse_option(arguments, argv[at][1], argv[at + 1])) {
            virtio_daemon_say("virtio-netd", argv[at], "no such option, or not a value for it");
            return false;
        }
    }
    if (argc - at != 2 || !virtio_daemon_parse(&arguments->place, argv[at], argv[at + 1])) {
        virtio_daemon_say("virtio-netd", "usage",
                          "[-n NAME] [-t POLICY] [-p HZ] [-b BYTES] DEVICE INTERRUPT");
        return false;
    }
    return true;
}
