/*
 * virtio_9p_spec.h - numbers and layouts of the 9P transport
 *
 * [VIRTIO1.2] 5 reserves the number; the rest is what <linux/virtio_9p.h> says, which a test
 * compares.
 */
#ifndef EMU_VIRTIO_9P_VIRTIO_9P_SPEC_H
#define EMU_VIRTIO_9P_VIRTIO_9P_SPEC_H

#include <stdint.h>

#define V9P_DEVICE_ID 9

#define V9P_FEATURE_MOUNT_TAG 0 /* by number */

enum {
    V9P_QUEUE_REQUESTS = 0,
    V9P_QUEUE_COUNT = 1,
};

/* Configuration space: as long as the tag, which has no NUL behind it. */
struct v9p_config_space {
    uint16_t tag_len;
    uint8_t tag[];
};

#endif
