/*
 * features.c - feature bits by name
 *
 * [VIRTIO1.2] 5.1.3 (network device) and 6 (reserved bits); names are those of the specification in
 * small letters with dashes. What the device can offer has to agree with
 * virtio_net_feature_by_name(); a test compares the two.
 */
#include "harness/language/features.h"

#include <glib.h>
#include <string.h>

struct feature {
    int bit;
    bool offered;
};

#define FEATURES(X)                                                                                \
    X("csum", 0, false)                                                                            \
    X("guest-csum", 1, false)                                                                      \
    X("ctrl-guest-offloads", 2, false)                                                             \
    X("mtu", 3, true)                                                                              \
    X("mac", 5, true)                                                                              \
    X("guest-tso4", 7, false)                                                                      \
    X("guest-tso6", 8, false)                                                                      \
    X("guest-ecn", 9, false)                                                                       \
    X("guest-ufo", 10, false)                                                                      \
    X("host-tso4", 11, false)                                                                      \
    X("host-tso6", 12, false)                                                                      \
    X("host-ecn", 13, false)                                                                       \
    X("host-ufo", 14, false)                                                                       \
    X("mrg-rxbuf", 15, true)                                                                       \
    X("status", 16, true)                                                                          \
    X("ctrl-vq", 17, false)                                                                        \
    X("ctrl-rx", 18, false)                                                                        \
    X("ctrl-vlan", 19, false)                                                                      \
    X("guest-announce", 21, false)                                                                 \
    X("mq", 22, false)                                                                             \
    X("ctrl-mac-addr", 23, false)                                                                  \
    X("indirect-desc", 28, true)                                                                   \
    X("event-idx", 29, true)                                                                       \
    X("version-1", 32, true)                                                                       \
    X("access-platform", 33, false)                                                                \
    X("ring-packed", 34, false)                                                                    \
    X("in-order", 35, true)                                                                        \
    X("order-platform", 36, false)                                                                 \
    X("sr-iov", 37, false)                                                                         \
    X("notification-data", 38, false)                                                              \
    X("notif-config-data", 39, false)                                                              \
    X("ring-reset", 40, false)                                                                     \
    X("guest-uso4", 54, false)                                                                     \
    X("guest-uso6", 55, false)                                                                     \
    X("host-uso", 56, false)                                                                       \
    X("hash-report", 57, false)                                                                    \
    X("guest-hdrlen", 59, false)                                                                   \
    X("rss", 60, false)                                                                            \
    X("rsc-ext", 61, false)                                                                        \
    X("standby", 62, false)                                                                        \
    X("speed-duplex", 63, false)

#define FEATURES_NAME(name, bit, offered) name,
static const char *const features_name_list[] = {FEATURES(FEATURES_NAME) NULL};

#define FEATURES_BIT(name, bit, offered) {bit, offered},
static const struct feature features_list[] = {FEATURES(FEATURES_BIT)};

int features_bit(const char *name, bool *offered)
{
    for (size_t i = 0; i < G_N_ELEMENTS(features_list); i++) {
        if (strcmp(features_name_list[i], name) == 0) {
            *offered = features_list[i].offered;
            return features_list[i].bit;
        }
    }
    return -1;
}

const char *const *features_names(void)
{
    return features_name_list;
}
