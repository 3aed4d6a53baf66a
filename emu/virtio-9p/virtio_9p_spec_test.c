/*
 * virtio_9p_spec_test.c - the numbers of the transport against those of Linux
 */
#include "emu/virtio-9p/virtio_9p_spec.h"
#include "tests/unit.h"

#include <linux/virtio_9p.h>
#include <linux/virtio_ids.h>
#include <stddef.h>

static void test_numbers_are_those_of_linux(void)
{
    CU_ASSERT_EQUAL(V9P_DEVICE_ID, VIRTIO_ID_9P);
    CU_ASSERT_EQUAL(V9P_FEATURE_MOUNT_TAG, VIRTIO_9P_MOUNT_TAG);
    CU_ASSERT_EQUAL(offsetof(struct v9p_config_space, tag_len),
                    offsetof(struct virtio_9p_config, tag_len));
    CU_ASSERT_EQUAL(offsetof(struct v9p_config_space, tag), offsetof(struct virtio_9p_config, tag));
}

UNIT_SUITE("virtio_9p_spec", UNIT_TEST(test_numbers_are_those_of_linux))
